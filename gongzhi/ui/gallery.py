"""What the gallery shows: one small template a component, rendered beside its own source. All names are invented."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

FOLDER: Final = Path(__file__).resolve().parent / "templates" / "ui" / "gallery"

#: The order of the shelves: file name and heading.
SHELVES: Final[tuple[tuple[str, str | Promise], ...]] = (
    ("buttons", _("Buttons")),
    ("tags", _("Tags")),
    ("icons", _("Icons")),
    ("flags", _("Sentences to notice")),
    ("seals", _("Kind seals and codes")),
    ("dates", _("Dates, numbers, found words")),
    ("boxes", _("Cards and panels")),
    ("figures", _("Figures and charts")),
    ("tabs", _("Tabs, chips, order")),
    ("marks", _("Marks")),
    ("facts", _("Register table")),
    ("timeline", _("Timeline with two dates")),
    ("paging", _("Paging")),
    ("empty", _("Nothing there")),
    ("crumbs", _("Breadcrumbs")),
    ("band", _("Head band")),
)


@dataclass(frozen=True, slots=True)
class Shelf:
    """One component: its name, what it renders to, and the source a template author writes."""

    name: str
    heading: str | Promise
    shown: SafeString
    source: str


def sample() -> dict[str, Any]:
    """Invented data that reaches every state of every component."""
    day = dt.date
    return {
        "standings": [
            ("normal", _("Registered")),
            ("limited", _("Activity suspended")),
            ("liquidation", _("In liquidation")),
            ("cancelled", _("Cancelled")),
        ],
        "kinds": ["social_group", "service", "foundation", "overseas_office", "community_group"],
        "day": day(2026, 5, 12),
        "moment": dt.datetime(2026, 5, 19, 6, 32, tzinfo=dt.UTC),
        "hostile": '<script>alert("助老")</script>',
        "years": [("2021", 18), ("2022", 24), ("2023", 21), ("2024", 33), ("2025", 41)],
        "moves": [18, 24, 21, 33, 41, 47],
        "views": [
            {"label": _("All"), "url": "#tabs", "current": True, "count": 44},
            {"label": _("In liquidation"), "url": "#tabs", "current": False, "count": 3},
            {"label": _("History"), "url": "#tabs", "current": False},
        ],
        "conditions": [{"label": "示例市", "url": "#tabs"}, {"label": "2010–2026", "url": "#tabs"}],
        "marks": [
            {"label": _("Standing"), "value": _("Registered"), "tone": "good", "since": day(2012, 3, 19)},
            {
                "label": _("Charity"),
                "value": _("Recognized"),
                "tone": "good",
                "since": day(2021, 3, 18),
                "note": "示例市民政局",
            },
            {"label": _("Abnormal activity list"), "value": _("Listed"), "tone": "wait", "since": day(2025, 8, 4)},
            {"label": _("Grade"), "value": _("Not on record"), "note": _("as known today")},
        ],
        "rows": [
            {
                "label": _("Name"),
                "value": "示例市××助老基金会",
                "since": day(2021, 6, 2),
                "source": _("change of registration"),
                "confirmed_on": day(2026, 5, 12),
            },
            {
                "label": _("Legal representative"),
                "value": "刘××",
                "now": "王××",
                "since": day(2015, 11, 18),
                "source": _("official list"),
                "confirmed_on": day(2020, 12, 28),
            },
            {"label": _("Telephone"), "value": "", "since": None, "source": ""},
        ],
        "history": [
            {
                "title": _("Change of address"),
                "old": "城北区东风路 ×× 号",
                "new": "城北区文化路 ×× 号 3 楼",
                "valid_from": day(2026, 3, 16),
                "known_from": dt.datetime(2026, 6, 7, 1, 0, tzinfo=dt.UTC),
                "source": "DJ-2026-000318",
                "late_days": 83,
            },
            {
                "title": _("Correction of the registration date"),
                "old": "1900-01-01",
                "new": "2012-03-19",
                "valid_from": day(2012, 3, 19),
                "known_from": dt.datetime(2024, 2, 1, 1, 0, tzinfo=dt.UTC),
                "is_correction": True,
            },
            {
                "title": _("Founding registration"),
                "text": "示例市民政局",
                "valid_from": day(2012, 3, 19),
                "known_from": dt.datetime(2012, 3, 19, 1, 0, tzinfo=dt.UTC),
                "is_first": True,
            },
        ],
    }


def shelves(request: HttpRequest) -> list[Shelf]:
    """Every component with what it renders to and its source."""
    data = sample()
    return [
        Shelf(
            name=name,
            heading=heading,
            shown=render_to_string(f"ui/gallery/{name}.html", data, request=request),
            source=(FOLDER / f"{name}.html").read_text(encoding="utf-8").strip(),
        )
        for name, heading in SHELVES
    ]
