"""Which heading means which field. Only known names count: a heading that merely resembles one is not used."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from gongzhi.registry.lists.cells import UNITS
from gongzhi.registry.lists.rules import ListUnreadable

#: Field → headings, the most exact first: where a file has two of them, the first is read and the other reported.
#: English names are those of published research files; Chinese ones those of registers, certificates and open data.
HEADINGS: Final[dict[str, tuple[str, ...]]] = {
    "name": (
        "社会组织名称", "组织名称", "名称", "单位名称", "机构名称", "基金会名称", "社会团体名称", "民办非企业单位名称",
        "社会服务机构名称", "全称", "inst_nm", "name", "organization_name",
    ),
    "code": ("统一社会信用代码", "社会信用代码", "统一信用代码", "信用代码", "uscc", "credit_code"),
    "number": ("登记证号", "登记证书号", "登记号", "登记编号", "注册号", "reg_no", "registration_number"),
    "kind": ("社会组织类型", "组织类型", "社会组织类别", "机构类型", "单位类型", "类型", "kind", "type"),
    "established_on": (
        "成立登记日期", "成立日期", "登记日期", "成立时间", "登记时间", "注册日期", "est_date", "established_on",
    ),
    "fund": (
        "原始基金数额", "原始基金", "开办资金", "活动资金", "注册资金", "注册资金数额", "注册资本", "init_fund", "fund",
    ),
    "domicile": ("住所", "登记住所", "登记地址", "注册地址", "地址", "domicile", "address"),
    "business_authority": ("业务主管单位", "业务主管单位名称", "业务主管部门", "主管单位", "spv_dept"),
    "registry_name": ("登记管理机关", "登记管理机关名称", "登记机关", "登记部门", "reg_dept"),
    "legal_representative": ("法定代表人", "法定代表人姓名", "法人代表", "legal_representative"),
    "standing": ("登记状态", "社会组织状态", "状态", "status"),
    "scope": ("业务范围", "公益活动的业务范围", "wrk_domain", "scope"),
    "purpose": ("宗旨", "purpose"),
    "area": ("活动地域", "area"),
    "province": ("省份", "所在省份", "省", "prov", "province"),
    "certificate": ("证书有效期", "登记证书有效期", "证书有效期限", "有效期限", "有效期", "cert_valid_thru"),
    "certificate_from": ("证书有效期自", "有效期自", "发证日期"),
    "certificate_to": ("证书有效期至", "有效期至", "证书到期日期"),
    "field": ("活动领域", "业务领域", "field"),
    "industry_department": ("行业管理部门", "行业主管部门", "industry_department"),
    "party_body": ("党建工作机构", "党建领导机关", "party_body"),
    "host": ("挂靠单位", "挂靠单位名称", "host"),
    # A count of the list's own: known, so not reported, and never read.
    "sequence": ("序号", "idx", "no"),
}  # fmt: skip
_PLACES: Final = {heading: (name, rank) for name, headings in HEADINGS.items() for rank, heading in enumerate(headings)}
_NOTE: Final = re.compile(r"^(?P<name>[^()]+)\((?P<note>[^()]*)\)$")
_DECORATION: Final = re.compile(r"[\s*:\u200b\ufeff]+")


@dataclass(frozen=True)
class Chosen:
    """What a person has said about a list: heading → field ("" for a column that is not used), and field → unit of its
    values where the list leaves it open.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Chosen:
        """From the tables `columns` and `values` of a mapping file. What is not understood raises `ListUnreadable`."""
        for name, table in given.items():
            if name not in {"columns", "values"} or not isinstance(table, Mapping):
                raise ListUnreadable("list.map_unknown", entry=str(name)[:80])
        columns, values = dict(given.get("columns", {})), dict(given.get("values", {}))
        for heading, known in columns.items():
            if known != "" and known not in HEADINGS:
                raise ListUnreadable("list.map_field", heading=str(heading)[:80], entry=str(known)[:80])
        for known, unit in values.items():
            if known != "fund" or unit not in UNITS:
                raise ListUnreadable("list.map_unknown", entry=f"{known} = {unit}"[:80])
        return cls(columns, values)

    def as_json(self) -> dict[str, dict[str, str]]:
        """As it is kept; `of` reads it back."""
        return {"columns": dict(self.columns), "values": dict(self.values)}


@dataclass(frozen=True)
class Columns:
    """How one file's header was understood.

    `headings` are the headings as they name cells in `raw`; `index` says where each field stands (from 0); `note` is
    what a heading says in brackets about its values (`原始基金数额（万元）` → `万元`); `unit` what a person says about
    them; `unknown` were not understood, `second` mean a field that another column already gives.
    """

    headings: tuple[str, ...]
    index: dict[str, int] = field(default_factory=dict)
    note: dict[str, str] = field(default_factory=dict)
    unit: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    second: tuple[str, ...] = ()

    def heading_of(self, name: str) -> str:
        """The heading a field is read from; the field must be there."""
        return self.headings[self.index[name]]

    def mapping(self) -> dict[str, str]:
        """Heading → field, for a person to confirm."""
        return {self.headings[place]: name for name, place in self.index.items()}


def fold(heading: str) -> tuple[str, str]:
    """A heading as it is looked up, and the note in brackets behind it: `原始基金数额（万元）*` → both parts."""
    text = _DECORATION.sub("", unicodedata.normalize("NFKC", heading)).lower()
    found = _NOTE.match(text)
    return (found["name"], found["note"]) if found else (text, "")


def named(cells: Sequence[str]) -> tuple[str, ...]:
    """Trimmed headings; one left blank is called by its place, `#3`, so that its cells are kept too."""
    return tuple(cell.strip().strip("\ufeff") or f"#{place}" for place, cell in enumerate(cells, start=1))


def understand(cells: Sequence[str], chosen: Chosen | None = None) -> Columns:
    """The header row as fields, a person's word before our own guess. Never fails: what is missing is for the caller
    to judge.
    """
    chosen = chosen or Chosen()
    headings = named(cells)
    best: dict[str, tuple[int, int]] = {}
    notes: list[str] = []
    unknown: list[str] = []
    candidates: list[tuple[str, int]] = []
    for place, heading in enumerate(headings):
        name, note = fold(heading)
        notes.append(note)
        if heading in chosen.columns:
            known, rank = chosen.columns[heading], -1
            if not known:
                continue
        elif name in _PLACES:
            known, rank = _PLACES[name]
        else:
            unknown.append(heading)
            continue
        candidates.append((known, place))
        best[known] = min(best.get(known, (rank, place)), (rank, place))
    index = {known: place for known, (_rank, place) in best.items()}
    return Columns(
        headings=headings,
        index=index,
        note={known: notes[place] for known, place in index.items() if notes[place]},
        unit=chosen.values,
        unknown=tuple(unknown),
        second=tuple(headings[place] for known, place in candidates if index[known] != place),
    )
