"""Hold every page of a running server against axe-core's rules and against sideways scrolling.

Every page in three modes and three widths, and in the second language. Writes var/axe.json `{pages, runs, violations, …}` and
fails when one rule is broken or one page is wider than its window. What axe cannot decide is listed, not counted.

A page is opened once for each look of it (mode and language) and then made wider and narrower, as by a person who turns a
phone. Each look is held against the rules that can come out differently in it: the first against all of them, the dark one
against those of colour, the narrowest window against those of size.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pages import VAR, chromium, open_place, places, platform, sign_in, visitor
from playwright.sync_api import ViewportSize

ROOT = Path(__file__).resolve().parent.parent
AXE = next((ROOT / "tools" / "vendor_dev").glob("axe-core-*/axe.min.js"))
#: The window a page is opened in comes first: the phone, where most goes wrong.
SIZES = ((390, 844), (1440, 900), (320, 640))
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
ROOM = {"type": "rule", "values": ["target-size", "scrollable-region-focusable", "color-contrast"]}
#: (mode, language) → width → the rules that can come out differently there. A width that is not named is only measured.
LOOKS: dict[tuple[str, str], dict[int, dict[str, Any]]] = {
    ("light", "zh"): {390: RULES, 1440: RULES, 320: ROOM},
    ("light", "en"): {390: RULES, 1440: RULES},
    ("dark", "zh"): {390: COLOURS, 1440: COLOURS},
    ("elder", "zh"): {390: RULES, 1440: RULES, 320: ROOM},
}


def judged(page: Any, rules: dict[str, Any]) -> tuple[list[dict[str, Any]], list[str]]:
    """(broken rules, undecided rules) of the page as it stands; axe is already in it."""
    result = page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations', 'incomplete']})", rules
    )
    broken = [
        {"rule": rule["id"], "count": len(rule["nodes"]), "first": rule["nodes"][0]["html"][:160]}
        | {"why": (rule["nodes"][0].get("any") or [{}])[0].get("message", "")}
        for rule in result["violations"]
    ]
    return broken, [rule["id"] for rule in result["incomplete"]]


def too_wide(page: Any) -> list[dict[str, Any]]:
    """The fault of a page that has to be moved sideways to be read; empty where it fits."""
    wide = int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
    return [{"rule": "sideways-scroll", "count": wide, "first": "", "why": "pixels"}] if wide > 0 else []


def look(server: str, wanted: set[str], part: slice) -> int:
    """Run everything; print what is wrong and write the summary."""
    chosen = [place for place in places() if not wanted or place.name in wanted][part]
    faults: list[dict[str, Any]] = []
    undecided: dict[str, int] = {}
    seen: set[str] = set()
    runs = 0
    script = AXE.read_text(encoding="utf-8")
    with chromium() as browser:
        for (mode, language), widths in LOOKS.items():
            context = visitor(browser, server, mode=mode, width=SIZES[0][0], height=SIZES[0][1])
            role = ""
            for place in chosen:
                if place.staff and place.role != role:
                    role = place.role
                    sign_in(context, server, role)
                page = context.new_page()
                if not open_place(page, server, place, language):
                    page.close()
                    continue
                seen.add(place.name)
                # evaluate, not a script tag: the page's own policy would stop an inline script, and should.
                page.evaluate(script)
                for width, height in SIZES:
                    page.set_viewport_size(ViewportSize(width=width, height=height))
                    broken = too_wide(page)
                    if width in widths:
                        against, open_rules = judged(page, widths[width])
                        broken += against
                        for rule in open_rules:
                            undecided[rule] = undecided.get(rule, 0) + 1
                    runs += 1
                    where = f"{place.name} {width} {mode} {language}"
                    for one in broken:
                        faults.append({"where": where, **one})
                        print(f"{where}: {one['rule']} x{one['count']} {one['why']} {one['first']}", flush=True)
                page.close()
            context.close()
    summary = {
        "pages": len(seen),
        "runs": runs,
        "violations": len(faults),
        "undecided": undecided,
        "faults": faults,
    }
    out = VAR / "axe.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(summary, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{len(seen)} pages, {runs} runs, {len(faults)} violations")
    return 1 if faults or not runs else 0


def main(arguments: list[str]) -> int:
    """`[ADDRESS] [K/N] [PAGE …]`: every page, or the named ones; with K/N every N-th page, beginning with the K-th."""
    part = next((word for word in arguments if word.replace("/", "", 1).isdigit() and "/" in word), "1/1")
    first, step = (int(number) for number in part.split("/"))
    with platform(arguments) as server:
        named = {word for word in arguments if "://" not in word and word != part}
        return look(server, named, slice(first - 1, None, step))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
