"""Notices the register sends."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from gongzhi.notify.contracts import NoticeKind

LIST_IMPORTED = NoticeKind(
    code="registry.list_imported",
    label=_("A list was taken in"),
    purpose=_("Tells the officer who loaded a list what came of it."),
    subject=_("List no. %(number)s: %(created)s new, %(changed)s changed"),
    text=_(
        "List no. %(number)s was taken into the register: %(created)s organizations are new, %(changed)s changed,"
        " %(flagged)s rows hold values that wait for a person, %(rejected)s rows were not taken in."
        " The workbench shows each of them."
    ),
    params=frozenset({"number", "created", "changed", "flagged", "rejected"}),
)
