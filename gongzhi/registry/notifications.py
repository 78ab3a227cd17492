"""Notices the register sends."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from gongzhi.notify.contracts import NoticeKind
from gongzhi.notify.enums import Audience, Category

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
    audience=Audience.OFFICE,
)

OBJECTION_RAISED = NoticeKind(
    code="registry.objection_raised",
    label=_("An objection came in"),
    purpose=_("Tells registry officers that somebody says an entry of their register is wrong."),
    subject=_("Objection %(number)s came in"),
    text=_(
        "Somebody says that an entry of your register is wrong: objection %(number)s. The workbench shows it; it waits for"
        " an answer."
    ),
    params=frozenset({"number"}),
    category=Category.DEADLINE,
    audience=Audience.OFFICE,
)

OBJECTION_ANSWERED = NoticeKind(
    code="registry.objection_answered",
    label=_("An objection was answered"),
    purpose=_("Tells whoever raised an objection what the registration authority answered."),
    subject=_("Your objection %(number)s was answered"),
    text=_(
        "The registration authority has answered your objection %(number)s. The answer stands on its page and on the"
        " page of the organization."
    ),
    params=frozenset({"number"}),
)
