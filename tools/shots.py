"""Photograph every page of a running server: var/shots/PAGE_WIDTH_MODE_LANGUAGE.png.

`tools/shots.py [BASE] [PAGE ...]`: with names, only those pages.
"""

from __future__ import annotations

import sys

from pages import LANGUAGES, MODES, VAR, chromium, open_place, places, platform, sign_in, visitor

OUT = VAR / "shots"
SIZES = ((1440, 900), (390, 844))


def look(server: str, wanted: set[str]) -> int:
    """Take every picture; the number of files is printed."""
    OUT.mkdir(parents=True, exist_ok=True)
    chosen = [place for place in places() if not wanted or place.name in wanted]
    taken = 0
    with chromium() as browser:
        for width, height in SIZES:
            for mode in MODES:
                context = visitor(browser, server, mode=mode, width=width, height=height)
                role = ""
                for place in chosen:
                    if place.staff and place.role != role:
                        role = place.role
                        sign_in(context, server, role)
                    for language in LANGUAGES:
                        page = context.new_page()
                        if open_place(page, server, place, language):
                            name = f"{place.name}_{width}_{mode}_{language}.png"
                            page.screenshot(path=OUT / name, full_page=True)
                            taken += 1
                        page.close()
                context.close()
    print(f"{taken} pictures in {OUT}")
    return 0


def main(arguments: list[str]) -> int:
    """`[ADDRESS] [PAGE …]`: every page, or the named ones."""
    with platform(arguments) as server:
        return look(server, {word for word in arguments if "://" not in word})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
