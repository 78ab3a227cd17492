"""Every change about looks, emergency access, held-back notices and privacy rights."""

from gongzhi.privacy.actions.looking import person_with, read_out
from gongzhi.privacy.actions.monthly import tell_months
from gongzhi.privacy.actions.questions import answer_due, answer_why, ask_why, tell_overdue

__all__ = ["answer_due", "answer_why", "ask_why", "person_with", "read_out", "tell_months", "tell_overdue"]
