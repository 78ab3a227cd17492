"""Drawings made on the server: the wave pattern, the mark, small charts. They print and need no script."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

#: Scales of the wave that stand out: mostly light blue, now and then cinnabar, gold, pine.
_ACCENTS = ("#5fa3dc", "#b8391f", "#5fa3dc", "#e6a93a", "#5fa3dc", "#2f8f6b")
_DIAMETER = 46
_ROW = _DIAMETER * 0.52

#: Width, height, first and last column that may hold accents, how many of them, and the direction of the fade.
_SHAPES = {
    "slim": (760, 170, 5, 17, 24, 'x2="1"'),
    "hero": (760, 380, 5, 17, 46, 'x2="1"'),
    "tall": (336, 720, 0, 8, 30, 'x2="0" y2="1"'),
}


def _scale(fill: str, opacity: str, rings: str) -> str:
    radius = _DIAMETER / 2
    return (
        f'<circle r="{radius:g}" fill="{fill}" fill-opacity="{opacity}" stroke="#8fc1f0" stroke-opacity=".34"/>'
        f'<circle r="{radius * 0.68:.1f}" fill="none" stroke="#cfe4f7" stroke-opacity="{rings}"/>'
        f'<circle r="{radius * 0.36:.1f}" fill="none" stroke="#cfe4f7" stroke-opacity="{rings}"/>'
    )


@lru_cache(maxsize=len(_SHAPES))
def wave(shape: str = "slim") -> SafeString:
    """The wave scales (青海波): one repeated tile and a few accents, the same every time. One of a shape a page."""
    width, height, first, last, count, fade = _SHAPES[shape]
    ids = f"w-{shape}"

    def use(x: float, y: float) -> str:
        return f'<use href="#{ids}" xlink:href="#{ids}" transform="translate({x:g} {y:.2f})"/>'

    tile = "".join(
        use(x, row * _ROW)
        for row in range(-1, 5)
        for x in ((0, _DIAMETER) if row % 2 == 0 else (_DIAMETER / 2, -_DIAMETER / 2, _DIAMETER * 1.5))
    )
    dice = random.Random(5)
    rows = int(height / _ROW) + 2
    cells = sorted({(dice.randrange(rows), dice.randrange(first, last)) for _ in range(count)})
    lit = {cell: _ACCENTS[at % len(_ACCENTS)] for at, cell in enumerate(cells)}
    accents = []
    # Row by row, and the plain scales below an accent again, so that each row covers the one above like real scales.
    for row in range(rows + 2):
        for column in range(first - 1, last + 1):
            x, y = column * _DIAMETER + (_DIAMETER / 2 if row % 2 else 0), row * _ROW
            above = [(row - 1, column + step) for step in ((-1, 0) if row % 2 == 0 else (0, 1))] + [(row - 2, column)]
            if (row, column) in lit:
                drawn = _scale(lit[row, column], ".85", ".5")
                accents.append(f'<g transform="translate({x:g} {y:.2f})">{drawn}</g>')
            elif any(cell in lit for cell in above):
                accents.append(use(x, y))
    return mark_safe(
        f'<svg class="pat" viewBox="0 0 {width} {height}" preserveAspectRatio="xMaxYMid slice" aria-hidden="true"'
        f' focusable="false" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><defs>'
        f'<g id="{ids}">{_scale("#10528b", ".55", ".24")}</g>'
        f'<pattern id="{ids}-p" width="{_DIAMETER}" height="{2 * _ROW:.2f}" patternUnits="userSpaceOnUse">{tile}</pattern>'
        f'<linearGradient id="{ids}-f" x1="0" {fade}><stop offset="0" stop-color="#000"/>'
        f'<stop offset=".6" stop-color="#777"/><stop offset="1" stop-color="#fff"/></linearGradient>'
        f'<mask id="{ids}-m"><rect width="{width}" height="{height}" fill="url(#{ids}-f)"/></mask></defs>'
        f'<g mask="url(#{ids}-m)"><rect width="{width}" height="{height}" fill="url(#{ids}-p)"/>{"".join(accents)}</g>'
        f"</svg>"
    )


#: Three strokes of 人 that form 众, and a seal's dot. Works in one colour at 16 px.
MARK = mark_safe(
    '<svg viewBox="0 0 48 48" aria-hidden="true" focusable="false"><rect width="48" height="48" rx="12" fill="#0f4c81"/>'
    '<g fill="none" stroke="#fff" stroke-width="3.6" stroke-linecap="round">'
    '<path d="M24 9.5c-.6 6.6-4 11-8.6 13.4"/><path d="M24 9.5c.6 6.6 4 11 8.6 13.4"/>'
    '<path d="M15.5 26.5c-.3 5.6-2.8 9.3-6.3 11.5"/><path d="M15.5 26.5c.3 5.6 2.6 9 5.6 11.1"/>'
    '<path d="M32.5 26.5c-.3 5.6-2.6 9-5.6 11.1"/><path d="M32.5 26.5c.3 5.6 2.8 9.3 6.3 11.5"/></g>'
    '<circle cx="24" cy="24.6" r="2.9" fill="#ff8f70"/></svg>'
)

_WIDTH = 200


def spark_line(values: Sequence[float], tone: str = "") -> SafeString:
    """A line without axes. Decoration only: the figures stand in the table beside it. Under two values: nothing."""
    if len(values) < 2:
        return mark_safe("")
    height, low, high = 34, min(values), max(values)
    reach = (high - low) or 1
    step = _WIDTH / (len(values) - 1)
    points = " ".join(
        f"{at * step:.1f},{height - 4 - (value - low) / reach * (height - 10):.1f}" for at, value in enumerate(values)
    )
    return format_html(
        '<svg class="spark {}" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<polygon points="0,{} {} {},{}"/><polyline points="{}" vector-effect="non-scaling-stroke"/></svg>',
        tone, _WIDTH, height, height, points, _WIDTH, height, points,
    )  # fmt: skip


def bar_columns(values: Sequence[float]) -> SafeString:
    """Columns from zero. Decoration only: the figures stand in the table beside it."""
    if not values:
        return mark_safe("")
    height, top = 96, max(values) or 1
    step = _WIDTH / len(values)
    rects = [
        f'<rect x="{at * step + step * 0.12:.1f}" y="{height - value / top * (height - 2):.1f}"'
        f' width="{step * 0.76:.1f}" height="{value / top * (height - 2):.1f}"/>'
        for at, value in enumerate(values)
    ]
    return format_html(
        '<svg class="barchart" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true" focusable="false">{}</svg>',
        _WIDTH, height, mark_safe("".join(rects)),
    )  # fmt: skip


def bar_line(part: float, whole: float) -> SafeString:
    """A thin bar of how much of the whole is done. The words beside it say the same."""
    share = 0.0 if whole <= 0 else max(0.0, min(1.0, part / whole))
    return format_html(
        '<svg class="barline" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="all" width="100" height="6"/><rect class="part" width="{}" height="6"/></svg>',
        f"{share * 100:.1f}",
    )
