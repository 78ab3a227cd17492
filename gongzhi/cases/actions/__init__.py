"""Every change of a case and of a case type."""

from gongzhi.cases.actions.deciding import confirm_decision, decide, drop_proposal, obstacles
from gongzhi.cases.actions.documents import confirm_receipt, record_delivery
from gongzhi.cases.actions.drafts import add_file, add_row, remove_file, remove_row, save_page, start_case
from gongzhi.cases.actions.handing_in import submit_case, withdraw_case
from gongzhi.cases.actions.handling import accept_case, finish_step, refuse_acceptance, return_case, take_case
from gongzhi.cases.actions.rating import answer_rating, rate_case
from gongzhi.cases.actions.talking import add_note, answer_question, ask_office, mark_read, write_to_applicant
from gongzhi.cases.actions.transferring import link_cases, transfer_case
from gongzhi.cases.actions.types import load_types, publish_type

__all__ = [
    "accept_case",
    "add_file",
    "add_note",
    "add_row",
    "answer_question",
    "answer_rating",
    "ask_office",
    "confirm_decision",
    "confirm_receipt",
    "decide",
    "drop_proposal",
    "finish_step",
    "link_cases",
    "load_types",
    "mark_read",
    "obstacles",
    "publish_type",
    "rate_case",
    "record_delivery",
    "refuse_acceptance",
    "remove_file",
    "remove_row",
    "return_case",
    "save_page",
    "start_case",
    "submit_case",
    "take_case",
    "transfer_case",
    "withdraw_case",
    "write_to_applicant",
]
