"""Notices about personal data. They hold codes and days only; the pages hold the rest."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from gongzhi.notify.contracts import NoticeKind

QUESTION_ASKED: Final = NoticeKind(
    code="privacy.question_asked",
    label=_("Somebody asks why your office looked"),
    purpose=_("Tells the office that looked at somebody's data that an answer is due."),
    subject=_("Question %(number)s: why did your office look? Answer by %(day)s"),
    text=_(
        "Somebody whose data your office looked at asks why: question %(number)s. The workbench shows it. It has to be"
        " answered by %(day)s."
    ),
    params=frozenset({"number", "day"}),
)

QUESTION_ANSWERED: Final = NoticeKind(
    code="privacy.question_answered",
    label=_("Your question why somebody looked was answered"),
    purpose=_("Tells you what the office that looked at your data answered."),
    subject=_("Your question %(number)s was answered"),
    text=_(
        "The office that looked at your data has answered your question %(number)s. The answer stands on your page."
    ),
    params=frozenset({"number"}),
)

QUESTION_OVERDUE: Final = NoticeKind(
    code="privacy.question_overdue",
    label=_("An answer why somebody looked is overdue"),
    purpose=_("Tells you and the office that the day for an answer has passed."),
    subject=_("Question %(number)s was not answered by %(day)s"),
    text=_(
        "The question %(number)s why an office looked at personal data was not answered by %(day)s. Both sides and the"
        " higher office see that it is overdue."
    ),
    params=frozenset({"number", "day"}),
)

MONTHLY: Final = NoticeKind(
    code="privacy.monthly",
    label=_("Who looked at your data last month"),
    purpose=_("Tells you every month by itself how often others looked at your data."),
    subject=_("Your data in %(month)s: seen %(seen)s, exported %(export)s, refused %(refused)s"),
    text=_(
        "In %(month)s others saw your data %(seen)s times, exported them %(export)s times and were refused %(refused)s"
        " times. %(held)s looks cannot be shown yet. Your page names each office and its purpose, and there you can ask"
        " why."
    ),
    params=frozenset({"month", "seen", "export", "refused", "held"}),
)

EMERGENCY_OPENED: Final = NoticeKind(
    code="privacy.emergency_opened",
    label=_("Your record was opened by emergency access"),
    purpose=_("Tells you at once that an official outside your division opened your record, and why."),
    subject=_("Your record was opened by emergency access (%(number)s)"),
    text=_(
        "An official who is not in charge of your division has opened your record, for an emergency (%(number)s)."
        " Your page names the office and the reason. An administrator will judge whether it was in order."
    ),
    params=frozenset({"number"}),
    may_be_switched_off=False,
)

EMERGENCY_REVIEWED: Final = NoticeKind(
    code="privacy.emergency_reviewed",
    label=_("An emergency access was judged"),
    purpose=_("Tells the person and the official what the administrator found."),
    subject=_("The emergency access %(number)s was judged"),
    text=_("An administrator has judged the emergency access %(number)s. The result stands beside it."),
    params=frozenset({"number"}),
    may_be_switched_off=False,
)

EXPORT_READY: Final = NoticeKind(
    code="privacy.export_ready",
    label=_("Your list of people is ready"),
    purpose=_("Tells the official who asked for a list that it was made."),
    subject=_("List %(number)s is ready: %(people)s people"),
    text=_("The list %(number)s with %(people)s people is ready on the workbench and will be removed after 7 days."),
    params=frozenset({"number", "people"}),
)

HOLD_OVER: Final = NoticeKind(
    code="privacy.hold_over",
    label=_("Looks that were held back are shown now"),
    purpose=_("Tells you that an investigation has ended and that its looks at your data stand on your page."),
    subject=_("Looks at your data that were held back are shown now"),
    text=_(
        "An investigation has ended, or its last day has passed. Looks at your data that could not be shown before stand"
        " on your page now, and you can ask why."
    ),
    may_be_switched_off=False,
)

REQUEST_MADE: Final = NoticeKind(
    code="privacy.request_made",
    label=_("Somebody asks about their own data"),
    purpose=_("Tells the operator that a request about personal data waits for a decision."),
    subject=_("Request %(number)s about personal data, to be decided by %(day)s"),
    text=_("A person asks about their own data: request %(number)s. It has to be decided by %(day)s."),
    params=frozenset({"number", "day"}),
)

REQUEST_DECIDED: Final = NoticeKind(
    code="privacy.request_decided",
    label=_("Your request about your data was decided"),
    purpose=_("Tells you what became of a request about your own data."),
    subject=_("Your request %(number)s about your data was decided"),
    text=_("Your request %(number)s about your own data was decided. The decision and its reason stand on your page."),
    params=frozenset({"number"}),
    may_be_switched_off=False,
)

KINDS: Final = (
    REQUEST_MADE,
    REQUEST_DECIDED,
    HOLD_OVER,
    EMERGENCY_OPENED,
    EMERGENCY_REVIEWED,
    EXPORT_READY,
    MONTHLY,
    QUESTION_ASKED,
    QUESTION_ANSWERED,
    QUESTION_OVERDUE,
)
