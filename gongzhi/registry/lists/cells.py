"""What one cell says. Every reader answers with a value or with the code of the rule that keeps it out, never a guess.

Digits, letters and punctuation are folded to half-width *for reading* only; what is stored as text stays as written.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Final

from gongzhi.core import money
from gongzhi.orgs.enums import Kind, Standing
from gongzhi.reference.codes import code_list

#: Zero-width characters and byte order marks, which `str.strip` leaves standing.
_ZERO_WIDTH: Final = "\u200b\u200c\u200d\u2060\ufeff"
_FULL_WIDTH: Final[dict[int, int | None]] = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys((0x3000, 0xA0), 0x20),
    **dict.fromkeys(map(ord, _ZERO_WIDTH), None),
}
_BLANK: Final = "".join(filter(str.isspace, map(chr, range(0x3001)))) + _ZERO_WIDTH
#: Controls, zero-width and direction marks: a name that holds one is not the name it seems to be.
_INVISIBLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
_LOST: Final = re.compile(r"[?？]{2,}|\ufffd|锟斤拷")
_SEEN: Final = r"[^\s\\?？锟\ufffd\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
#: A text of one line no rule about characters has anything to say about, as it would be stored and copied.
_PLAIN: Final = f"{_SEEN}++(?:[ \u3000]++{_SEEN}++)*+"
PLAIN: Final = re.compile(_PLAIN)
#: Such texts and empty ones, each on a line: a whole column is judged in one go.
PLAIN_LINES: Final = re.compile(f"(?:{_PLAIN})?+(?:\n(?:{_PLAIN})?+)*+")

#: What programs and clerks write where nothing is known.
PLACEHOLDERS: Final = frozenset(
    {"nan", "null", "none", "n/a", "na", "nil", "-", "--", "---", "—", "——", "/", "\\", "#n/a"}
    | {"无", "暂无", "没有", "不详", "未知", "未填", "待定", "空", "暂缺", "无数据"}
)
#: As an authority these may be a fact (there is none) or a gap (nobody knows): only a person can say.
AUTHORITY_UNCLEAR: Final = frozenset({"无", "暂无", "没有", "无业务主管单位", "暂无业务主管单位"})
DIRECT: Final = frozenset(
    {"直接登记", "依法直接登记", "无(直接登记)", "直接登记(无业务主管单位)", "无业务主管单位(直接登记)"}
)

KINDS: Final = {
    "社会团体": Kind.SOCIAL_GROUP,
    "社团": Kind.SOCIAL_GROUP,
    "民办非企业单位": Kind.SERVICE,
    "民办非企业": Kind.SERVICE,
    "民非": Kind.SERVICE,
    "社会服务机构": Kind.SERVICE,
    "基金会": Kind.FOUNDATION,
    "公募基金会": Kind.FOUNDATION,
    "非公募基金会": Kind.FOUNDATION,
    "境外基金会代表机构": Kind.OVERSEAS_OFFICE,
    "社区社会组织": Kind.COMMUNITY_GROUP,
    "备案社区社会组织": Kind.COMMUNITY_GROUP,
}
STANDINGS: Final = {
    "正常": Standing.NORMAL,
    "已登记": Standing.NORMAL,
    "存续": Standing.NORMAL,
    "限期停止活动": Standing.LIMITED,
    "清算": Standing.LIQUIDATION,
    "清算中": Standing.LIQUIDATION,
    "注销": Standing.CANCELLED,
    "已注销": Standing.CANCELLED,
    "吊销": Standing.REVOKED,
    "已吊销": Standing.REVOKED,
    "吊销登记证书": Standing.REVOKED,
    # 撤销 alone is the registration taken back (撤销登记), not the certificate revoked (吊销).
    "撤销": Standing.WITHDRAWN,
    "已撤销": Standing.WITHDRAWN,
    "撤销登记": Standing.WITHDRAWN,
}

#: How names of one kind end and, by 社会组织名称管理办法 Art 12, those of the others do not. Advice only.
FORMS: Final = {
    Kind.FOUNDATION: ("基金会",),
    Kind.SOCIAL_GROUP: ("协会", "商会", "学会", "研究会", "促进会", "联合会", "总会", "联谊会"),
    Kind.SERVICE: ("学校", "大学", "学院", "医院", "幼儿园", "中心"),
}
COMMITTEES: Final = ("居民委员会", "村民委员会", "居委会", "村委会")

#: A longer cell is no date, period or amount; it also keeps the patterns below from walking through endless blanks.
_LONGEST: Final = 100

#: Dates programs write for "none": the zero days of spreadsheets, Unix and databases, and the last day there is.
PLACEHOLDER_DATES: Final = frozenset(
    {"0000-00-00", "0001-01-01", "1899-12-30", "1899-12-31", "1900-01-00", "1900-01-01", "1970-01-01", "9999-12-31"}
)
_DATE: Final = re.compile(
    r"(?:(?P<y>[0-9]{4})(?P<sep>[-/.])(?P<m>[0-9]{1,2})(?P=sep)(?P<d>[0-9]{1,2})"
    r"|(?P<cy>[0-9]{4})年(?P<cm>[0-9]{1,2})月(?P<cd>[0-9]{1,2})日"
    r"|(?P<py>[0-9]{4})(?P<pm>[0-9]{2})(?P<pd>[0-9]{2}))"
    # Midnight only: 16:00 may be the midnight of the next day in another zone.
    r"(?:[ T]+0?0:00(?::00(?:\.0+)?)?)?"
)
_PARTS: Final = (("y", "cy", "py"), ("m", "cm", "pm"), ("d", "cd", "pd"))
_INCOMPLETE: Final = re.compile(r"[0-9]{4}(?:年|[-/.][0-9]{1,2}|年[0-9]{1,2}月?)?")
_OTHER_ORDER: Final = re.compile(r"[0-9]{1,2}([-/.])[0-9]{1,2}\1(?:[0-9]{2}|[0-9]{4})")
_PERIOD: Final = re.compile(r"至|到|~|——|—|–|\s-\s")
_UNLIMITED: Final = frozenset({"长期", "永久", "长期有效"})

_AMOUNT: Final = re.compile(
    r"(?:人民币)?\s*[¥￥]?\s*(?P<number>-?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?)(?P<rest>[^0-9]*)"
)
UNITS: Final = {"元": 1, "圆": 1, "万元": money.WAN, "万": money.WAN, "亿元": money.WAN**2, "亿": money.WAN**2}
_UNIT_WORDS: Final = re.compile(r"单位|人民币|整|[\s:()\[\]]")
_CURRENCY: Final = re.compile(
    r"美元|美金|港币|港元|港幣|欧元|英镑|日元|澳元|加元|新元|澳门元|台币|外币|usd|hkd|eur|gbp|jpy|[$€£]", re.I
)
#: A hundred trillion yuan in fen: more than all money there is, and well inside a bigint.
LARGEST: Final = 10**16


def trim(text: str) -> str:
    """The text as written, without blank space and zero-width characters around it."""
    return text.strip(_BLANK)


def half_width(text: str) -> str:
    """Full-width digits, letters and punctuation as ASCII, zero-width characters dropped: for reading, not storing."""
    return text.translate(_FULL_WIDTH).strip()


def is_placeholder(text: str) -> bool:
    """The cell only says that nothing is known."""
    return len(text) <= 8 and half_width(text).lower() in PLACEHOLDERS  # most cells are longer: one look is enough


def text_fault(text: str, *, lines: bool) -> str:
    """Why a text cannot be used as it stands, "" if it can. `lines` allows line breaks and tabs."""
    if _LOST.search(text):
        return "import.characters_lost"
    if _INVISIBLE.search(re.sub(r"[\t\r\n]", " ", text) if lines else text):
        return "import.characters_invisible"
    return ""


def read_date(text: str, *, latest: dt.date | None = None) -> dt.date | str:
    """A date, or the rule that keeps it out. A day after `latest` lies in the future."""
    written = half_width(text)
    found = _DATE.fullmatch(written) if len(written) <= _LONGEST else None
    if not found:
        if _INCOMPLETE.fullmatch(written):
            return "import.date_incomplete"
        return "import.date_ambiguous" if _OTHER_ORDER.fullmatch(written) else "import.date_unreadable"
    year, month, day = (int(found[a] or found[b] or found[c]) for a, b, c in _PARTS)
    if f"{year:04}-{month:02}-{day:02}" in PLACEHOLDER_DATES:
        return "import.date_placeholder"
    try:
        value = dt.date(year, month, day)
    except ValueError:
        return "import.date_impossible"
    if value.year < 1900:
        return "import.date_implausible"
    return "import.date_in_future" if latest is not None and value > latest else value


def read_period(text: str) -> tuple[dt.date | None, dt.date | None] | str:
    """`2016-05-12 至 2020-05-12` as (from, to), or the rule that keeps it out.

    A side left blank is unknown, and so is an end that says 长期; a bare 至 is a form nobody filled in.
    """
    sides = [side.strip() for side in _PERIOD.split(half_width(text).removeprefix("自"))]
    if len(sides) != 2:
        return "import.certificate_unreadable"
    begin = read_date(sides[0]) if sides[0] else None
    if isinstance(begin, str):
        return begin
    end = read_date(sides[1]) if sides[1] and sides[1] not in _UNLIMITED else None
    return end if isinstance(end, str) else (begin, end)


def period_fault(begin: dt.date | None, end: dt.date | None) -> str:
    """Why two dates are no period, "" if they are or if one is unknown."""
    if begin is None or end is None or begin < end:
        return ""
    return "import.certificate_one_day" if begin == end else "import.certificate_reversed"


def _units(text: str) -> set[int] | None:
    """The units a text names, as yuan; None if it says anything else. `（单位：元 / 万元）` names two."""
    words = [word for word in re.split(r"[/、,或]", _UNIT_WORDS.sub("", text)) if word]
    return {UNITS[word] for word in words} if all(word in UNITS for word in words) else None


def _unit(own: set[int], note: str, chosen: str) -> int | str:
    """The one unit that cell and heading agree on, as yuan, or the rule that keeps the amount out."""
    said = _units(half_width(note))
    if said is None and "元" in note:
        return "import.amount_unit_ambiguous"  # the heading names a unit we do not know, such as 千元
    units = own | (said or set())
    if len(units) != 1 and chosen and (not units or UNITS[chosen] in units):
        return UNITS[chosen]
    if len(units) > 1:
        return "import.amount_unit_ambiguous"
    return units.pop() if units else "import.amount_unit_missing"


def _in_fen(number: Decimal, unit: int) -> int | str:
    """The amount in fen, or why it is none. `money.fen` counts with 28 digits, hence the limit on those written."""
    if number > LARGEST or len(number.as_tuple().digits) > 18:
        return "import.amount_too_large"
    try:
        amount = money.fen(number * unit)
    except ValueError:
        return "import.amount_fraction"
    return amount if amount <= LARGEST else "import.amount_too_large"


def read_amount(text: str, *, note: str = "", chosen: str = "") -> int | str:
    """An amount in fen, or the rule that keeps it out. `note` is what the heading says in brackets about the unit.

    `800.00 万元` → 800000000. Without exactly one unit there is no amount: 200 万元 is the least a local foundation may
    start with, and 200 元 is what a careless reading would make of it. `chosen` is the unit a person has named (a key
    of `UNITS`) for where the list leaves it open; it never overrules what the list says.
    """
    written = half_width(text)
    if _CURRENCY.search(written) or _CURRENCY.search(note):
        return "import.amount_currency"
    found = _AMOUNT.fullmatch(written) if len(written) <= _LONGEST else None
    own = _units(found["rest"]) if found else None
    if not found or own is None:
        return "import.amount_unreadable"
    number = Decimal(found["number"].replace(",", ""))
    if number <= 0:
        return "import.amount_negative" if number else "import.amount_zero"  # zero in any unit
    unit = _unit(own, note, chosen)
    return unit if isinstance(unit, str) else _in_fen(number, unit)


def read_field(text: str) -> str:
    """The code of a field of activity by its Chinese word, or by the code itself; "" if it is neither."""
    fields = code_list("fields").codes
    written = half_width(text)
    if written in fields:
        return written
    return next((code.code for code in fields.values() if code.zh == written), "")
