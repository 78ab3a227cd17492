"""Every change about looks, emergency access, held-back notices and privacy rights."""

from gongzhi.privacy.actions.holds import approve_hold, close_hold, propose_hold, release_holds
from gongzhi.privacy.actions.looking import read_out
from gongzhi.privacy.actions.monthly import tell_months
from gongzhi.privacy.actions.people import (
    ask_export,
    make_export,
    open_contact,
    open_emergency,
    remove_exports,
    review_emergency,
    take_export,
)
from gongzhi.privacy.actions.questions import answer_due, answer_why, ask_why, tell_overdue
from gongzhi.privacy.actions.retention import due_now, forget_expired
from gongzhi.privacy.actions.rights import (
    ask_about_own,
    decide_request,
    expires_on,
    give_consent,
    lift_restriction,
    make_copy,
    state_division,
    take_back,
    withdraw_consent,
)

__all__ = [
    "answer_due",
    "answer_why",
    "approve_hold",
    "ask_about_own",
    "ask_export",
    "ask_why",
    "close_hold",
    "decide_request",
    "due_now",
    "expires_on",
    "forget_expired",
    "give_consent",
    "lift_restriction",
    "make_copy",
    "make_export",
    "open_contact",
    "open_emergency",
    "propose_hold",
    "read_out",
    "release_holds",
    "remove_exports",
    "review_emergency",
    "state_division",
    "take_back",
    "take_export",
    "tell_months",
    "tell_overdue",
    "withdraw_consent",
]
