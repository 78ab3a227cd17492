"""Hold every page of a running server against axe-core's rules and against sideways scrolling.

Every page in three modes and three widths, and in the second language. Writes var/axe.json `{pages, runs, violations, …}` and
fails when one rule is broken or one page is wider than its window. What axe cannot decide is listed, not counted.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pages import LANGUAGES, MODES, VAR, chromium, open_place, places, platform, sign_in, visitor

ROOT = Path(__file__).resolve().parent.parent
AXE = next((ROOT / "tools" / "vendor_dev").glob("axe-core-*/axe.min.js"))
SIZES = ((1440, 900), (390, 844), (320, 640))
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def judged(page: Any) -> tuple[list[dict[str, Any]], list[str], int]:
    """(broken rules, undecided rules, pixels of sideways scroll) of the page as it stands."""
    # evaluate, not a script tag: the page's own policy would stop an inline script, and should.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    broken = [
        {"rule": rule["id"], "count": len(rule["nodes"]), "first": rule["nodes"][0]["html"][:160]}
        | {"why": (rule["nodes"][0].get("any") or [{}])[0].get("message", "")}
        for rule in result["violations"]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return broken, [rule["id"] for rule in result["incomplete"]], int(wide)


def look(server: str, wanted: set[str]) -> int:
    """Run everything; print what is wrong and write the summary."""
    chosen = [place for place in places() if not wanted or place.name in wanted]
    faults: list[dict[str, Any]] = []
    undecided: dict[str, int] = {}
    seen: set[str] = set()
    runs = 0
    with chromium() as browser:
        for width, height in SIZES:
            for mode in MODES:
                context = visitor(browser, server, mode=mode, width=width, height=height)
                role = ""
                for place in chosen:
                    if place.staff and place.role != role:
                        role = place.role
                        sign_in(context, server, role)
                    # Colours do not depend on the words: the second language is checked in the light mode alone.
                    for language in LANGUAGES if mode == "light" else ["zh"]:
                        page = context.new_page()
                        if not open_place(page, server, place, language):
                            page.close()
                            continue
                        broken, open_rules, wide = judged(page)
                        page.close()
                        runs += 1
                        seen.add(place.name)
                        for rule in open_rules:
                            undecided[rule] = undecided.get(rule, 0) + 1
                        where = f"{place.name} {width} {mode} {language}"
                        if wide > 0:
                            broken.append({"rule": "sideways-scroll", "count": wide, "first": "", "why": "pixels"})
                        for one in broken:
                            faults.append({"where": where, **one})
                            print(f"{where}: {one['rule']} x{one['count']} {one['why']} {one['first']}")
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
    """`[ADDRESS] [PAGE …]`: every page, or the named ones."""
    with platform(arguments) as server:
        return look(server, {word for word in arguments if "://" not in word})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
