"""Changes to the register: lists, single entries, what comes and goes, objections, doubts."""

from gongzhi.registry.actions.choices import choose
from gongzhi.registry.actions.doubts import dismiss_doubt, settle_doubt, settle_units
from gongzhi.registry.actions.downloads import ask_download, fail_download, make_download, remove_downloads
from gongzhi.registry.actions.entries import change_item, correct_item, end_organization, known_of, recode
from gongzhi.registry.actions.lists import (
    ImportResult,
    apply_list,
    check_list,
    fail_list,
    import_organizations,
    receive_file,
    receive_list,
    request_apply,
    take_in,
)
from gongzhi.registry.actions.objections import answer_objection, forget_objectors, raise_objection
from gongzhi.registry.actions.records import (
    end_branch,
    end_host,
    end_officer,
    record_branch,
    record_certificate,
    record_host,
    record_lineage,
    record_mark,
    record_officer,
)
from gongzhi.registry.actions.undoing import undo_list

__all__ = [
    "ImportResult",
    "answer_objection",
    "apply_list",
    "ask_download",
    "change_item",
    "check_list",
    "choose",
    "correct_item",
    "dismiss_doubt",
    "end_branch",
    "end_host",
    "end_officer",
    "end_organization",
    "fail_download",
    "fail_list",
    "forget_objectors",
    "import_organizations",
    "known_of",
    "make_download",
    "raise_objection",
    "receive_file",
    "receive_list",
    "recode",
    "record_branch",
    "record_certificate",
    "record_host",
    "record_lineage",
    "record_mark",
    "record_officer",
    "remove_downloads",
    "request_apply",
    "settle_doubt",
    "settle_units",
    "take_in",
    "undo_list",
]
