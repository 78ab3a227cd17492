"""Notices about cases. They name numbers, never people."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from gongzhi.notify.contracts import NoticeKind
from gongzhi.notify.enums import Category

NUMBER = frozenset({"number"})

CASE_SUBMITTED: Final = NoticeKind(
    code="cases.case_submitted",
    label=_("What you handed in has arrived"),
    purpose=_("Confirms that an application arrived whole, with its number."),
    subject=_("%(number)s has arrived"),
    text=_(
        "Your application has arrived whole. Its number is %(number)s. You can look up where it stands at any time."
    ),
    params=NUMBER,
    category=Category.ANSWER,
)
CASE_WAITS: Final = NoticeKind(
    code="cases.case_waits",
    label=_("An application waits for your office"),
    purpose=_("Tells the office that an application came in or came back."),
    subject=_("%(number)s waits for your office"),
    text=_("An application (%(number)s) was handed in to your office. It waits on the workbench."),
    params=NUMBER,
)
CASE_ACCEPTED: Final = NoticeKind(
    code="cases.case_accepted",
    label=_("Your application was accepted"),
    purpose=_("Tells you that the office examines your application."),
    subject=_("%(number)s was accepted"),
    text=_("The office has accepted your application %(number)s and examines it now."),
    params=NUMBER,
    may_be_switched_off=False,
    category=Category.LEGAL,
)
CASE_RETURNED: Final = NoticeKind(
    code="cases.case_returned",
    label=_("Your application has to be completed"),
    purpose=_("Tells you once and whole what is missing."),
    subject=_("%(number)s has to be completed"),
    text=_(
        "Something is missing or wrong in your application %(number)s. Everything is named at once on its page; what you"
        " filled in is all there."
    ),
    params=NUMBER,
    may_be_switched_off=False,
    category=Category.LEGAL,
)
CASE_NOT_ACCEPTED: Final = NoticeKind(
    code="cases.case_not_accepted",
    label=_("Your application was not accepted"),
    purpose=_("Tells you that the office does not examine your application, with the reason on its page."),
    subject=_("%(number)s was not accepted"),
    text=_(
        "The office has not accepted your application %(number)s. The reason, and what you can do, stand on its page."
    ),
    params=NUMBER,
    may_be_switched_off=False,
    category=Category.LEGAL,
)
CASE_DECIDED: Final = NoticeKind(
    code="cases.case_decided",
    label=_("Your application was decided"),
    purpose=_("Tells you that the office has decided, with the decision on its page."),
    subject=_("%(number)s was decided"),
    text=_("The office has decided on your application %(number)s. The decision stands on its page."),
    params=NUMBER,
    may_be_switched_off=False,
    category=Category.LEGAL,
)
CASE_LAPSED: Final = NoticeKind(
    code="cases.case_lapsed",
    label=_("Your application lapsed"),
    purpose=_("Tells you that an application ended because it was not completed in time."),
    subject=_("%(number)s lapsed"),
    text=_(
        "Your application %(number)s was not completed in time and has ended. What you filled in is kept; you can hand in a"
        " new one."
    ),
    params=NUMBER,
    may_be_switched_off=False,
    category=Category.LEGAL,
)
CASE_TO_CONFIRM: Final = NoticeKind(
    code="cases.case_to_confirm",
    label=_("A decision waits for a second person"),
    purpose=_("Tells colleagues that a proposed decision waits to be confirmed."),
    subject=_("The decision on %(number)s waits for a second person"),
    text=_("A colleague proposes a decision on %(number)s. Somebody else of your office confirms it or does not."),
    params=NUMBER,
)

RATING_BAD: Final = NoticeKind(
    code="cases.rating_bad",
    label=_("A bad rating waits for an answer"),
    purpose=_("Tells the office that somebody was not satisfied, so that it finds out why and answers."),
    subject=_("A bad rating of %(number)s waits for an answer"),
    text=_("Somebody was not satisfied with how %(number)s went. Find out why, and answer in time."),
    params=NUMBER,
)
RATING_ANSWERED: Final = NoticeKind(
    code="cases.rating_answered",
    label=_("Your rating was answered"),
    purpose=_("Tells you that the office answered what you said of a service."),
    subject=_("Your rating of %(number)s was answered"),
    text=_("The office answered what you said of %(number)s. The answer stands on the page of the case."),
    params=NUMBER,
    category=Category.ANSWER,
)

KINDS: Final = (
    CASE_SUBMITTED,
    CASE_WAITS,
    CASE_ACCEPTED,
    CASE_RETURNED,
    CASE_NOT_ACCEPTED,
    CASE_DECIDED,
    CASE_LAPSED,
    CASE_TO_CONFIRM,
    RATING_BAD,
    RATING_ANSWERED,
)

QUESTION_ASKED: Final = NoticeKind(
    code="cases.question_asked",
    label=_("An applicant asks your office"),
    purpose=_("Tells the office that somebody asked about an application or a question of its form."),
    subject=_("A question about %(number)s waits for your office"),
    text=_("An applicant wrote to your office about %(number)s. The question and its day stand on the workbench."),
    params=NUMBER,
)
OFFICE_WROTE: Final = NoticeKind(
    code="cases.office_wrote",
    label=_("The office wrote to you about your application"),
    purpose=_("Tells you that the office answered a question of yours or wrote to you, with the words on the page."),
    subject=_("The office wrote to you about %(number)s"),
    text=_("The office answered you or wrote to you about %(number)s. Its words stand on the page of the application."),
    params=NUMBER,
)

TALK_KINDS: Final = (QUESTION_ASKED, OFFICE_WROTE)

CASE_TRANSFERRED: Final = NoticeKind(
    code="cases.case_transferred",
    label=_("Another office has your application now"),
    purpose=_("Tells you that your application was handed to another office, with the reason on its page."),
    subject=_("Another office has %(number)s now"),
    text=_(
        "Your application %(number)s was handed to another office. Its time runs on as before; which office it is, and why,"
        " stands on its page."
    ),
    params=NUMBER,
    may_be_switched_off=False,
    category=Category.LEGAL,
)
SILENCE_NEAR: Final = NoticeKind(
    code="cases.silence_near",
    label=_("An application is soon accepted by silence"),
    purpose=_("Warns whoever works on an application, and who stands in for them, before silence accepts it."),
    subject=_("%(number)s: silence accepts it after %(day)s"),
    text=_(
        "Nobody has said yet whether %(number)s is accepted. After %(day)s silence accepts it by law. Look at it today."
    ),
    params=frozenset({"number", "day"}),
    may_be_switched_off=False,
    category=Category.LEGAL,
)
CASE_OVERDUE: Final = NoticeKind(
    code="cases.case_overdue",
    label=_("An application of your office is overdue"),
    purpose=_("Tells the head of an office that the time of an application has passed."),
    subject=_("%(number)s is overdue"),
    text=_(
        "The time of %(number)s has passed and your office has not finished it. See who works on it and decide on it."
    ),
    params=NUMBER,
    may_be_switched_off=False,
    category=Category.LEGAL,
)
CASE_ASSIGNED: Final = NoticeKind(
    code="cases.case_assigned",
    label=_("An application was given to you"),
    purpose=_("Tells an official that a colleague gave them an application to work on."),
    subject=_("%(number)s was given to you"),
    text=_("A colleague gave you the application %(number)s to work on."),
    params=NUMBER,
)

WORK_KINDS: Final = (CASE_TRANSFERRED, SILENCE_NEAR, CASE_OVERDUE, CASE_ASSIGNED)
