"""Make the README's pictures anew: `tools/pictures.py [BASE]` writes docs/pictures/*.png from a demonstration."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Final

from pages import PLACES, chromium, open_place, platform, visitor
from PIL import Image
from playwright.sync_api import Browser

OUT: Final = Path(__file__).resolve().parent.parent / "docs" / "pictures"
WIDTH: Final = 1000
#: File → place, as a large screen shows it.
SCREENS: Final = {"home": "home", "search": "search_word", "organization": "organization"}
#: Place, mode and language of the three telephones beside each other.
PHONES: Final = (("home", "light", "zh"), ("organization", "dark", "en"), ("home", "elder", "zh"))
GAP: Final = 17


def photograph(
    browser: Browser, server: str, name: str, mode: str, language: str, size: tuple[int, int]
) -> Image.Image:
    """What fits on the screen at first."""
    context = visitor(browser, server, mode=mode, width=size[0], height=size[1])
    page = context.new_page()
    place = next(one for one in PLACES if one.name == name)
    if not open_place(page, server, place, language):
        raise RuntimeError(f"{name} is not there")
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    context.close()
    return picture


def save(picture: Image.Image, name: str) -> None:
    """Small enough for a README: 1000 pixels wide, 256 colours."""
    height = round(picture.height * WIDTH / picture.width)
    small = picture.resize((WIDTH, height), Image.Resampling.LANCZOS).quantize(256)
    small.save(OUT / f"{name}.png", optimize=True)
    print(f"{name}.png {(OUT / f'{name}.png').stat().st_size // 1024} KB")


def main(arguments: list[str]) -> int:
    """Every picture."""
    with platform(arguments) as server, chromium() as browser:
        for name, place in SCREENS.items():
            save(photograph(browser, server, place, "light", "zh", (1440, 1300)), name)
        phones = [photograph(browser, server, *one, (390, 844)) for one in PHONES]
        wide = Image.new("RGB", (sum(one.width for one in phones) + GAP * (len(phones) - 1), phones[0].height), "white")
        for at, one in enumerate(phones):
            wide.paste(one, (at * (one.width + GAP), 0))
        save(wide, "phone")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
