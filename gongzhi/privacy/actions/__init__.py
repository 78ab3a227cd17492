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

__all__ = [
    "answer_due",
    "answer_why",
    "approve_hold",
    "ask_export",
    "ask_why",
    "close_hold",
    "make_export",
    "open_contact",
    "open_emergency",
    "propose_hold",
    "read_out",
    "release_holds",
    "remove_exports",
    "review_emergency",
    "take_export",
    "tell_months",
    "tell_overdue",
]
