"""Lists of organizations: what is read, what is kept out and why, and that nothing is ever guessed or lost."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.orgs.enums import Kind, Standing
from gongzhi.registry.lists import (
    RULES,
    ListedOrganization,
    ListReading,
    ListUnreadable,
    Problem,
    Severity,
    read_list,
)
from gongzhi.registry.lists.cells import read_amount, read_date
from gongzhi.registry.lists.columns import HEADINGS, understand
from gongzhi.registry.lists.reading import UNREADABLE
from gongzhi.registry.tests.test_creditcode import code_of

TODAY = dt.date(2026, 11, 21)
NAME, CODE = "名称", "统一社会信用代码"


def foundation(number: int = 1) -> str:
    """A sound code of a foundation registered in Guangdong."""
    return code_of("53440000", f"MJ{number:06}")


def table(rows: Sequence[Sequence[str]], *, delimiter: str = ",") -> bytes:
    """Rows as a correctly quoted file."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def read(data: bytes) -> ListReading:
    return read_list(data, filename="list.csv", today=TODAY)


def read_rows(*cells: Mapping[str, str]) -> ListReading:
    """A list of rows given as heading → cell; what a row does not give is a sound foundation's."""
    headings = list(dict.fromkeys([NAME, CODE, *(heading for row in cells for heading in row)]))
    rows = [{NAME: f"光明{at}基金会", CODE: foundation(at)} | dict(row) for at, row in enumerate(cells, start=1)]
    return read(table([headings, *([row.get(heading, "") for heading in headings] for row in rows)]))


def rules(reading: ListReading) -> list[str]:
    return [problem.rule for problem in reading.problems]


def only(reading: ListReading) -> tuple[ListedOrganization, list[str]]:
    """The one row that comes in, and the rules that complained."""
    (row,) = reading.rows
    return row, rules(reading)


# --- a clean list -------------------------------------------------------------------------------------------------


def test_a_clean_row_comes_in_whole() -> None:
    data = (
        "序号,社会组织名称,统一社会信用代码,社会组织类型,成立登记日期,原始基金数额（万元）,住所,业务主管单位,"
        "登记管理机关,法定代表人,登记状态,业务范围,宗旨,活动地域,省份,证书有效期\n"
        f"1, 广东光明基金会 ,{foundation().lower()},基金会,２０１５年３月２日,200.00,广州市越秀区１号,直接登记,"
        "广东省民政厅,王小明,正常,扶贫；济困,行善,广东省,广东省,2020-03-02 至 2025-03-01\n"
    ).encode()
    reading = read(data)
    row, found = only(reading)
    assert found == []
    assert row == ListedOrganization(
        row=2,
        name="广东光明基金会",
        code=foundation(),
        kind=Kind.FOUNDATION,
        established_on=dt.date(2015, 3, 2),
        fund_fen=200_0000_00,
        domicile="广州市越秀区１号",
        registered_directly=True,
        registry_name="广东省民政厅",
        legal_representative="王小明",
        province="广东省",
        area="广东省",
        scope="扶贫；济困",
        purpose="行善",
        standing=Standing.NORMAL,
        certificate_from=dt.date(2020, 3, 2),
        certificate_to=dt.date(2025, 3, 1),
        raw=row.raw,
    )
    assert row.registry_division == "440000"
    assert row.raw["社会组织名称"] == " 广东光明基金会 "
    assert reading.columns["成立登记日期"] == "established_on"
    assert reading.sha256 == hashlib.sha256(data).hexdigest()
    assert (reading.filename, reading.encoding, reading.delimiter) == ("list.csv", "utf-8", ",")
    assert (reading.total, len(reading.held), reading.rejected) == (1, 0, 0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", ["\t", ",", ";", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_encoding_delimiter_and_line_ends_do_not_matter(encoding: str, delimiter: str, ending: str) -> None:
    rows = [[NAME, CODE, "住所"], ["光明基金会", foundation(), "广州市"], ["黎明基金会", foundation(2), "深圳市,福田"]]
    text = table(rows, delimiter=delimiter).decode().replace("\n", ending)
    reading = read(text.encode(encoding))
    assert [(row.row, row.name, row.domicile) for row in reading.rows] == [
        (2, "光明基金会", "广州市"),
        (3, "黎明基金会", "深圳市,福田"),
    ]
    assert reading.delimiter == delimiter
    assert reading.encoding == {"utf-16": "utf-16-le"}.get(encoding, encoding)
    assert reading.problems == ()


def test_english_and_chinese_headings_mean_the_same() -> None:
    english = understand(["idx", "inst_nm", "uscc", "est_date", "init_fund", "prov", "spv_dept", "address", "reg_dept"])
    assert english.unknown == english.second == ()
    chinese = understand(["名 称*", "统一社会信用代码", "成立日期", "开办资金（万元）", "业务主管单位", "状态："])
    assert set(chinese.index) == {"name", "code", "established_on", "fund", "business_authority", "standing"}
    assert chinese.note == {"fund": "万元"}


def test_no_heading_means_two_fields() -> None:
    assert max(Counter(heading for headings in HEADINGS.values() for heading in headings).values()) == 1


def test_rows_are_numbered_as_a_person_sees_the_lines() -> None:
    text = f'\n{NAME},{CODE},宗旨\n\n甲基金会,{foundation(1)},"一\n二"\n,,\n乙基金会,{foundation(2)},\n'
    reading = read(text.encode())
    assert [(row.row, row.purpose) for row in reading.rows] == [(4, "一\n二"), (7, "")]
    assert reading.total == 2


def test_names_and_addresses_stay_as_written_but_for_blanks_around_them() -> None:
    reading = read_rows({NAME: "\u3000\ufeff北京（Ａ）1號①基金会\u200b ", "住所": "\xa0１号Ｃ座 ½\t"})
    row, found = only(reading)
    assert (row.name, row.domicile, found) == ("北京（Ａ）1號①基金会", "１号Ｃ座 ½", [])


# --- columns ------------------------------------------------------------------------------------------------------


def test_unknown_and_second_columns_are_reported_once_and_kept() -> None:
    reading = read_rows({"负责人电话": "1", "住所": "甲", "地址": "乙"}, {"负责人电话": "2"})
    assert [(one.row, one.column, one.rule) for one in reading.problems] == [
        (1, "负责人电话", "import.column_unknown"),
        (1, "地址", "import.column_second"),
    ]
    assert reading.unknown_columns == ("负责人电话",)
    assert reading.rows[0].domicile == "甲"
    assert (reading.rows[0].raw["地址"], reading.rows[0].raw["负责人电话"]) == ("乙", "1")


def test_a_column_without_heading_counts_only_if_something_stands_in_it() -> None:
    assert read(f"{NAME},{CODE},\n甲基金会,{foundation()},\n".encode()).problems == ()
    reading = read(f",{NAME},{CODE}\n7,甲基金会,{foundation()}\n".encode())
    assert [(one.column, one.rule) for one in reading.problems] == [("#1", "import.column_unknown")]
    assert reading.rows[0].raw["#1"] == "7"


# --- the whole row ------------------------------------------------------------------------------------------------


def test_a_row_with_other_than_the_headers_cells_is_rejected_and_the_next_is_read() -> None:
    good = foundation(9)
    lines = [
        f"{NAME},{CODE},住所",
        f"甲基金会,{foundation()}",
        f"乙基金会,{foundation(2)},广州,天河",
        f"丙基金会,{good},,,",
    ]
    reading = read("\n".join(lines).encode())
    assert [(one.row, one.rule, one.severity) for one in reading.problems] == [
        (2, "import.cell_count", Severity.REJECTED),
        (3, "import.cell_count", Severity.REJECTED),
    ]
    assert [row.code for row in reading.rows] == [good]
    assert reading.rejected == 2
    assert "4" in reading.problems[1].message


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "nan", "无"])
def test_a_row_without_a_name_is_rejected(name: str) -> None:
    reading = read_rows({NAME: name})
    assert (rules(reading), reading.rejected) == (["import.name_missing"], 1)


@pytest.mark.parametrize("code", ["", " ", "nan", "暂无"])
def test_a_row_without_code_and_number_is_rejected(code: str) -> None:
    reading = read_rows({CODE: code})
    assert rules(reading)[-1] == "import.identity_missing"
    assert (reading.rows, reading.held, reading.rejected) == ((), (), 1)


def test_all_problems_of_all_rows_come_at_once() -> None:
    bad = {NAME: "", "成立日期": "2019-02-30", "注册资金": "200", "住所": "甲??乙"}
    reading = read_rows(bad, {CODE: "5344"}, bad)
    expected = {"import.name_missing", "import.date_impossible", "import.amount_unit_missing", "import.characters_lost"}
    assert {one.rule for one in reading.problems if one.row == 2} == expected
    assert {one.rule for one in reading.problems if one.row == 3} == {"import.code_length"}
    assert {one.rule for one in reading.problems if one.row == 4} == expected


def test_the_same_row_twice_is_read_once() -> None:
    reading = read_rows({NAME: "甲基金会", "序号": "1"}, {NAME: " 甲基金会", CODE: foundation(1).lower(), "序号": "2"})
    assert [row.row for row in reading.rows] == [2]
    (problem,) = reading.problems
    assert (problem.row, problem.rule, problem.params) == (3, "import.row_repeated", {"other": 2})


def test_the_same_code_with_other_facts_comes_in_nowhere() -> None:
    reading = read_rows({}, {CODE: foundation(1)}, {})
    assert [row.row for row in reading.rows] == [4]
    assert [(one.row, one.rule, one.params) for one in reading.problems] == [
        (2, "import.code_conflict", {"other": 3}),
        (3, "import.code_conflict", {"other": 2}),
    ]


def test_the_same_number_is_a_conflict_only_at_the_same_registry() -> None:
    same = {CODE: "", "登记证号": "0012", "类型": "基金会", "登记机关": "甲市民政局"}
    assert rules(read_rows(same, same)) == ["import.number_conflict"] * 2
    assert rules(read_rows(same, same | {"登记机关": "乙市民政局"})) == []


def test_one_name_under_two_codes_is_shown_and_comes_in() -> None:
    reading = read_rows({NAME: "甲基金会"}, {NAME: "甲基金会"})
    assert rules(reading) == ["import.name_repeated"] * 2
    assert len(reading.rows) == 2


def test_a_stray_quotation_mark_does_not_swallow_rows_unseen() -> None:
    rows = [f'甲基金会,{foundation(1)},"广州', f'乙基金会,{foundation(2)},深圳"', f"丙基金会,{foundation(3)},"]
    text = "\n".join([f"{NAME},{CODE},住所", *rows])
    reading = read(text.encode())
    assert rules(reading) == ["import.lines_swallowed"]
    assert [row.row for row in reading.rows] == [4]


def test_tabs_need_no_quotes() -> None:
    text = f'{NAME}\t{CODE}\n"爱心"慈善基金会\t{foundation()}\n'
    assert read(text.encode()).rows[0].name == '"爱心"慈善基金会'


# --- code and number ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("5344", "import.code_length"),
        ("53440000MJI00001XH", "import.code_alphabet"),
        ("53440000MJ100001XJ", "import.code_check_character"),
        ("534400005817320000", "import.code_rounded"),
        ("5.344E+17", "import.code_rounded"),
        ("9144030071526726XG", "import.code_not_civil_affairs"),
    ],
)
def test_a_code_that_cannot_be_believed_is_no_identity(code: str, rule: str) -> None:
    reading = read_rows({CODE: code})
    (problem,) = reading.problems
    assert (problem.rule, problem.severity, problem.value) == (rule, Severity.HELD, code)
    (row,) = reading.held
    assert (row.code, row.kind, row.raw[CODE], reading.rows) == ("", None, code, ())

    row, _found = only(read_rows({CODE: code, "登记证号": "粤基证字第0012号", "类型": "基金会"}))
    assert (row.code, row.number, row.kind) == ("", "粤基证字第0012号", Kind.FOUNDATION)


def test_a_sound_code_is_never_called_rounded() -> None:
    code = next(
        one for n in range(10**6) if (one := code_of("53440000", f"5000{n:04}")).endswith("000") and one.isdigit()
    )
    assert only(read_rows({CODE: code}))[1] == []


def test_other_categories_keep_the_code_and_leave_the_kind_open() -> None:
    code = code_of("55440305", "MJ100001")
    row, found = only(read_rows({CODE: code}))
    assert (row.code, row.kind, found) == (code, None, ["import.code_category"])


def test_an_old_number_is_kept_as_a_number() -> None:
    row, found = only(read_rows({CODE: "１10000500123456", "类型": "基金会"}))
    assert (row.code, row.number, found) == ("", "110000500123456", ["import.code_old_number"])


def test_a_unified_code_in_the_column_of_numbers_is_a_code() -> None:
    reading = read(f"{NAME},登记证号\n甲基金会,{foundation().lower()}\n".encode())
    row, found = only(reading)
    assert (row.code, row.kind, found) == (foundation(), Kind.FOUNDATION, [])


def test_a_code_is_never_repaired() -> None:
    reading = read_rows({CODE: foundation().replace("0", "O")})
    assert (reading.rows, rules(reading)) == ((), ["import.code_alphabet"])


# --- kind and name ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "name", "expected"),
    [
        ("53", "光明基金会", []),
        ("53", "光明", ["import.name_form"]),
        ("53", "光明慈善总会", ["import.name_kind_mismatch"]),
        ("53", "幸福社区居民委员会", ["import.name_committee"]),
        ("53", "幸福村村民委员会", ["import.name_committee"]),
        ("53", "幸福村村民委员会助学基金会", []),
        ("51", "光明基金会", ["import.name_kind_mismatch"]),
        ("51", "光明协会", []),
        ("51", "光明联盟", []),
        ("52", "光明幼儿园", []),
        ("52", "光明学会", ["import.name_kind_mismatch"]),
    ],
)
def test_the_form_of_the_name_is_advice(head: str, name: str, expected: list[str]) -> None:
    row, found = only(read_rows({NAME: name, CODE: code_of(head + "440000", "MJ100001")}))
    assert found == expected
    assert row.name == name
    assert row.kind == {"51": Kind.SOCIAL_GROUP, "52": Kind.SERVICE, "53": Kind.FOUNDATION}[head]


@pytest.mark.parametrize(
    "name", ["北京??基金会", "北京？基金会", "北\u200b京基金会", "北京\u202e基金会", "北\ufffd基金会", "北\n京基金会"]
)
def test_a_damaged_name_waits(name: str) -> None:
    reading = read_rows({NAME: name})
    assert (rules(reading), reading.rows, reading.held[0].name) == (["import.name_damaged"], (), name)


def test_an_endless_name_waits() -> None:
    assert rules(read_rows({NAME: "明" * 198 + "基金会"})) == ["import.name_too_long"]
    assert rules(read_rows({NAME: "明" * 197 + "基金会"})) == []


def test_code_and_column_of_kinds_must_agree() -> None:
    row, found = only(read_rows({"类型": "社会团体"}))
    assert (row.kind, found) == (None, ["import.kind_conflict"])
    assert only(read_rows({"类型": "基金会"}))[1] == []


def test_an_unknown_kind_does_not_hide_the_codes() -> None:
    row, found = only(read_rows({"类型": "公募"}))
    assert (row.kind, found) == (Kind.FOUNDATION, ["import.kind_unreadable"])


def test_the_kind_is_never_concluded_from_the_name() -> None:
    row, found = only(read_rows({CODE: "", "登记证号": "0012"}))
    assert (row.name, row.kind, found) == ("光明1基金会", None, ["import.kind_unclear"])


# --- dates --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "2015-03-02",
        "2015/3/2",
        "2015.3.2",
        "20150302",
        "2015年3月2日",
        "２０１５－０３－０２",
        " 2015-03-02 00:00:00 ",
        "2015-03-02T00:00:00.000",
    ],
)
def test_dates_are_read_in_every_unambiguous_form(text: str) -> None:
    assert read_date(text) == dt.date(2015, 3, 2)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("1900-01-01", "import.date_placeholder"),
        ("１９７０年１月１日", "import.date_placeholder"),
        ("1970-01-01 00:00:00", "import.date_placeholder"),
        ("0000-00-00", "import.date_placeholder"),
        ("9999/12/31", "import.date_placeholder"),
        ("2019-02-30", "import.date_impossible"),
        ("2019-13-01", "import.date_impossible"),
        ("0215-03-02", "import.date_implausible"),
        ("2015年3月", "import.date_incomplete"),
        ("2015-03", "import.date_incomplete"),
        ("2015", "import.date_incomplete"),
        ("03/04/2015", "import.date_ambiguous"),
        ("3-4-15", "import.date_ambiguous"),
        ("2015-03/02", "import.date_unreadable"),
        ("2015-03-01 16:00:00", "import.date_unreadable"),  # midnight of the next day in China?
        ("42065", "import.date_unreadable"),  # a spreadsheet's day number, from either of two first days
        ("٢٠١٥-٠٣-٠٢", "import.date_unreadable"),
        ("2015-03-02" + " " * 50_000 + "x", "import.date_unreadable"),
    ],
)
def test_doubtful_dates_are_left_out_and_kept_raw(text: str, rule: str) -> None:
    row, found = only(read_rows({"成立日期": text}))
    assert (row.established_on, row.raw["成立日期"], found) == (None, text, [rule])


def test_only_today_is_not_yet_the_future() -> None:
    assert only(read_rows({"成立日期": "2026-11-21"}))[0].established_on == TODAY
    assert only(read_rows({"成立日期": "2026-11-22"}))[1] == ["import.date_in_future"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (None, None)),
        ("至", (None, None)),
        ("至 2022-04-25", (None, dt.date(2022, 4, 25))),
        ("2018-04-26 至", (dt.date(2018, 4, 26), None)),
        ("自2018年4月26日至2022年4月25日", (dt.date(2018, 4, 26), dt.date(2022, 4, 25))),
        ("2018-04-26 - 2022-04-25", (dt.date(2018, 4, 26), dt.date(2022, 4, 25))),
        ("2018-04-26～长期", (dt.date(2018, 4, 26), None)),
    ],
)
def test_periods_are_read_with_either_side_unknown(text: str, expected: tuple[dt.date | None, dt.date | None]) -> None:
    row, found = only(read_rows({"证书有效期": text, "住所": "x"}))
    assert ((row.certificate_from, row.certificate_to), found) == (expected, [])


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("1900-01-01 至 1900-01-01", "import.date_placeholder"),
        ("2018-04-26 至 1970-01-01", "import.date_placeholder"),
        ("2018-04-26 至 2017-04-25", "import.certificate_reversed"),
        ("2018-04-26 至 2018-04-26", "import.certificate_one_day"),
        ("2018-04-26", "import.certificate_unreadable"),
        ("四年", "import.certificate_unreadable"),
        ("2018-04-31 至 2022-04-25", "import.date_impossible"),
    ],
)
def test_one_doubtful_side_leaves_the_period_out(text: str, rule: str) -> None:
    row, found = only(read_rows({"证书有效期": text}))
    assert (row.certificate_from, row.certificate_to, found) == (None, None, [rule])


def test_a_certificate_older_than_the_organization_leaves_both_dates_out() -> None:
    reading = read_rows({"成立日期": "2017-08-10", "证书有效期": "2012-01-04 至 2014-08-05"})
    row, found = only(reading)
    assert found == ["import.certificate_before_established"] * 2
    assert {one.column for one in reading.problems} == {"成立日期", "证书有效期"}
    assert (row.established_on, row.certificate_from, row.certificate_to) == (None, None, None)


def test_the_period_may_stand_in_two_columns() -> None:
    row, found = only(read_rows({"证书有效期自": "2018-04-26", "证书有效期至": "2022-04-25"}))
    assert (row.certificate_from, row.certificate_to, found) == (dt.date(2018, 4, 26), dt.date(2022, 4, 25), [])
    row, found = only(read_rows({"证书有效期自": "2018-04-26", "证书有效期至": "2012-04-25"}))
    assert (row.certificate_from, row.certificate_to, found) == (None, None, ["import.certificate_reversed"] * 2)
    assert (
        only(read_rows({"成立日期": "2019-01-02", "有效期自": "2018-04-26"}))[1]
        == ["import.certificate_before_established"] * 2
    )


# --- amounts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "note", "fen"),
    [
        ("800.00 万元", "", 800_0000_00),
        ("８００万", "", 800_0000_00),
        ("8,000,000元", "", 800_0000_00),
        ("人民币 ￥200.5万元整", "", 200_5000_00),
        ("0.01元", "", 1),
        ("1亿元", "", 10_000_0000_00),
        ("200（单位：万元）", "", 200_0000_00),
        ("200", "万元", 200_0000_00),
        ("200", "单位:元", 200_00),
        ("200万元", "万元", 200_0000_00),
        ("200万元", "以证书为准", 200_0000_00),
    ],
)
def test_amounts_with_one_unit_are_exact(text: str, note: str, fen: int) -> None:
    assert read_amount(text, note=note) == fen


@pytest.mark.parametrize(
    ("text", "note", "rule"),
    [
        ("200.00 （单位：元 / 万元）", "", "import.amount_unit_ambiguous"),
        ("200", "元/万元", "import.amount_unit_ambiguous"),
        ("200元", "万元", "import.amount_unit_ambiguous"),
        ("200", "千元", "import.amount_unit_ambiguous"),
        ("200.00", "", "import.amount_unit_missing"),
        ("0.00", "", "import.amount_zero"),
        ("0.00 （单位：元 / 万元）", "", "import.amount_zero"),
        ("-200万元", "", "import.amount_negative"),
        ("100万美元", "", "import.amount_currency"),
        ("$100万", "", "import.amount_currency"),
        ("100", "万港元", "import.amount_currency"),
        ("0.001元", "", "import.amount_fraction"),
        ("9" * 15 + "万元", "", "import.amount_too_large"),
        ("9" * 40 + "元", "", "import.amount_too_large"),
        ("约200万元", "", "import.amount_unreadable"),
        ("200-400万元", "", "import.amount_unreadable"),
        ("1,00万元", "", "import.amount_unreadable"),
        ("贰佰万元", "", "import.amount_unreadable"),
        ("2e2万元", "", "import.amount_unreadable"),
        ("٢٠٠万元", "", "import.amount_unreadable"),
        ("人民币" + " " * 50_000 + "x", "", "import.amount_unreadable"),
    ],
)
def test_doubtful_amounts_are_left_out_and_kept_raw(text: str, note: str, rule: str) -> None:
    heading = f"注册资金（{note}）" if note else "注册资金"
    row, found = only(read_rows({heading: text}))
    assert (row.fund_fen, row.raw[heading], found) == (None, text, [rule])


@given(st.decimals(min_value="0.01", max_value=10**9, places=2), st.sampled_from([("元", 100), ("万元", 1_000_000)]))
def test_amounts_never_lose_a_fen(number: object, unit: tuple[str, int]) -> None:
    name, factor = unit
    whole, fraction = str(number).split(".")
    assert read_amount(f"{number}{name}") == (int(whole) * 100 + int(fraction)) * factor // 100


# --- authority, standing, texts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "authority", "directly", "expected"),
    [
        ("广东省民政厅", "广东省民政厅", False, []),
        ("", "", False, []),
        ("直接登记", "", True, []),
        ("无（直接登记）", "", True, []),
        ("无", "", False, ["import.authority_unclear"]),
        ("暂无", "", False, ["import.authority_unclear"]),
        ("nan", "", False, ["import.placeholder"]),
    ],
)
def test_direct_registration_is_a_fact_and_nothing_is_not(
    text: str, authority: str, directly: bool, expected: list[str]
) -> None:
    row, found = only(read_rows({"业务主管单位": text}))
    assert (row.business_authority, row.registered_directly, found) == (authority, directly, expected)


@pytest.mark.parametrize(
    ("text", "standing", "expected"),
    [
        ("正常", Standing.NORMAL, []),
        ("注销", Standing.CANCELLED, []),
        ("吊销", Standing.REVOKED, []),
        ("撤销", Standing.WITHDRAWN, []),
        ("", Standing.UNKNOWN, []),
        ("异常", Standing.UNKNOWN, ["import.standing_unreadable"]),
    ],
)
def test_only_known_words_say_where_an_organization_stands(text: str, standing: Standing, expected: list[str]) -> None:
    row, found = only(read_rows({"状态": text}))
    assert (row.standing, found) == (standing, expected)


@pytest.mark.parametrize(
    ("heading", "text", "rule"),
    [
        ("业务范围", "（一）扶贫；？？（二）助学", "import.characters_lost"),
        ("业务范围", "扶贫\ufffd助学", "import.characters_lost"),
        ("业务范围", "扶贫\x0b助学", "import.characters_invisible"),
        ("住所", "广州市\n越秀区", "import.characters_invisible"),
        ("住所", "nan", "import.placeholder"),
        ("登记管理机关", "暂无", "import.placeholder"),
    ],
)
def test_damaged_texts_are_left_out_and_kept_raw(heading: str, text: str, rule: str) -> None:
    row, found = only(read_rows({heading: text}))
    assert found == [rule]
    assert (row.scope, row.domicile, row.registry_name, row.raw[heading]) == ("", "", "", text)


def test_one_question_mark_and_line_breaks_in_a_scope_are_nothing_lost() -> None:
    row, found = only(read_rows({"业务范围": "何为公益？\n扶贫\t助学"}))
    assert (row.scope, found) == ("何为公益？\n扶贫\t助学", [])


# --- files that are no list ---------------------------------------------------------------------------------------

HEADER = f"{NAME},{CODE}\n"
ROW = f"甲基金会,{foundation()}\n"


NO_LISTS = [
    (b"", "list.empty"),
    (b" \r\n\t", "list.empty"),
    (b"\xef\xbb\xbf", "list.empty"),
    (b"\xff\xfe \x00", "list.empty"),
    (b"PK\x03\x04 ...", "list.workbook_damaged"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1", "list.workbook"),
    (HEADER.encode() + b"a\0b,1\n", "list.binary"),
    (bytes(range(256)), "list.binary"),
    (HEADER.encode("utf-16-le"), "list.binary"),
    ((HEADER + ROW).encode().replace("甲".encode(), b"\xe7\x94", 1), "list.encoding"),
    (b"\xef\xbb\xbf" + (HEADER + ROW).encode("gb18030"), "list.encoding"),
    (HEADER.encode("gb18030") + b"\xff\xff,1\n", "list.encoding"),
    ("inst_nm,uscc\n中國慈善基金會的測試名稱,1\n".encode("big5"), "list.encoding"),
    (b"\xff\xfe" + HEADER.encode("utf-16-le") + b"\x00\xd8\x00\xd8", "list.encoding"),
    (b"x" * 10_000_000, "list.header_too_long"),
    (b"a," * 5_000_000, "list.header_too_long"),
    (",".join([*map(str, range(300)), NAME, CODE]).encode(), "list.header_too_long"),
    (b"a,b\nc,d\n", "list.no_name_column"),
    (b",", "list.no_name_column"),
    (f"{NAME},住所\n甲,乙\n".encode(), "list.no_identity_column"),
    (f"{NAME},{CODE},{NAME}\n甲,乙,丙\n".encode(), "list.heading_repeated"),
    (HEADER.encode(), "list.no_rows"),
    ((HEADER + "\n , \n").encode(), "list.no_rows"),
    ((HEADER + '"甲基金会,1\n').encode(), "list.quotes"),
    ((HEADER + '"甲"基金会,1\n').encode(), "list.quotes"),
    (HEADER.encode() + b"x" * 10_000_000, "list.cell_too_long"),
    (f"{NAME}\t{CODE}\n".encode() + b"x" * 10_000_000, "list.cell_too_long"),
]


@pytest.mark.parametrize(("data", "code"), NO_LISTS)
def test_what_is_no_list_is_refused_with_one_reason(data: bytes, code: str) -> None:
    with pytest.raises(ListUnreadable) as refusal:
        read(data)
    assert refusal.value.code == code
    assert "%(" not in str(refusal.value.message)


def test_every_refusal_is_tried() -> None:
    # Those of workbooks and of mappings are tried in test_workbooks.
    elsewhere = {"list.no_sheet", "list.header_merged", "list.workbook_unsafe", "list.workbook_too_large"}
    elsewhere |= {code for code in UNREADABLE if code.startswith("list.map_")}
    assert {code for _data, code in NO_LISTS} == set(UNREADABLE) - elsewhere


def test_a_refusal_says_where() -> None:
    with pytest.raises(ListUnreadable) as refusal:
        read((HEADER + ROW + '"甲').encode())
    assert "3" in str(refusal.value.message)


def test_an_endless_row_is_one_rejected_row() -> None:
    reading = read((HEADER + "x," * 1_000_000 + "\n" + ROW).encode())
    assert (rules(reading), len(reading.rows)) == (["import.cell_count"], 1)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_nothing_unexplained(data: bytes) -> None:
    for prefix in (b"", HEADER.encode(), (HEADER + ROW).encode("gb18030"), b"\xff\xfe" + HEADER.encode("utf-16-le")):
        try:
            reading = read(prefix + data)
        except ListUnreadable:
            continue
        assert reading.total == len(reading.rows) + len(reading.held) + reading.rejected


FIELDS = [headings[0] for name, headings in HEADINGS.items() if name not in {"certificate_from", "certificate_to"}]
words = st.sampled_from(
    [
        "2019-03-01",
        "至",
        "800.00",
        "万元",
        "元",
        "（单位：元 / 万元）",
        "nan",
        "无",
        "直接登记",
        "基金会",
        "？？",
        " ",
        "\n",
        foundation(),
    ]
)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
cell_texts = st.one_of(texts, words, st.lists(words, max_size=4).map("".join))


@given(st.lists(st.lists(cell_texts, min_size=len(FIELDS), max_size=len(FIELDS)), min_size=1, max_size=4))
def test_arbitrary_cells_survive_and_every_doubt_keeps_its_value_out(rows: list[list[str]]) -> None:
    for at, row in enumerate(rows):
        # Every second row gets a sound code: with arbitrary ones hardly any row would come in.
        row[FIELDS.index(CODE)] = foundation(at) if at % 2 == 0 else row[FIELDS.index(CODE)]
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([FIELDS, *rows])
    reading = read(out.getvalue().encode())
    written = {tuple(row) for row in rows}
    for one in (*reading.rows, *reading.held):
        assert tuple(one.raw.values()) in written
        assert one.name in one.raw[FIELDS[0]]
    judge_problems(reading)


#: Problems that do not keep a value out: advice on the name, and values read in another sense.
ADVICE = {"import.name_form", "import.name_kind_mismatch", "import.name_committee", "import.name_repeated"}
ADVICE |= {"import.name_damaged", "import.name_too_long", "import.code_category", "import.kind_unreadable"}
ADVICE |= {"import.code_old_number", "import.row_repeated", "import.code_conflict", "import.number_conflict"}
EMPTY = (None, "", Standing.UNKNOWN)


def judge_problems(reading: ListReading) -> None:
    """What holds for every reading: texts of problems, raw values, and that a doubted field is empty."""
    rows = {row.row: row for row in (*reading.rows, *reading.held)}
    held = {problem.row for problem in reading.problems if problem.severity == Severity.HELD}
    rejected = {problem.row for problem in reading.problems if problem.severity == Severity.REJECTED}
    assert {row.row for row in reading.rows}.isdisjoint(held | rejected)
    assert {row.row for row in reading.held} <= held
    assert rejected.isdisjoint(rows)
    for problem in reading.problems:
        assert problem.rule in RULES
        assert problem.message
        assert "%(" not in problem.message + problem.remedy
        row = rows.get(problem.row)
        if row is None or not problem.column:
            continue
        assert problem.value == row.raw[problem.column]
        field = reading.columns[problem.column]
        elsewhere = field in {"kind", "code", "number"} and not problem.rule.startswith(("import.kind", "import.code"))
        if problem.rule in ADVICE or elsewhere:  # a kind, code or number may still come from another column
            continue
        for attribute in {
            "fund": ("fund_fen",),
            "certificate": ("certificate_from", "certificate_to"),
        }.get(field, (field,)):
            assert getattr(row, attribute) in EMPTY


def test_every_rule_has_both_texts() -> None:
    for rule, texts_of in RULES.items():
        assert rule.startswith("import.")
        assert str(texts_of.message)
        assert str(texts_of.remedy)


def test_the_control_of_doubts_can_fail() -> None:
    """Negative control: a reader that applied an ambiguous amount would be caught."""
    honest = read_rows({"注册资金": "200"})
    judge_problems(honest)
    (row,) = honest.rows
    guessed = ListedOrganization(row=row.row, name=row.name, code=row.code, fund_fen=200_00, raw=row.raw)
    cheat = ListReading(**{**vars(honest), "rows": (guessed,)})
    with pytest.raises(AssertionError):
        judge_problems(cheat)


def test_a_problem_says_its_numbers() -> None:
    problem = Problem(3, NAME, "x", "import.row_repeated", Severity.REJECTED, {"other": 2})
    assert "2" in problem.message


# --- real lists ---------------------------------------------------------------------------------------------------


def real(folder: Path, name: str) -> tuple[ListReading, list[dict[str, str]]]:
    """A real list as we read it, and as plain splitting reads it."""
    data = (folder / "register" / name).read_bytes()
    header, *lines = data.decode().rstrip("\n").split("\n")
    plain = [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]
    return read(data), plain


def lines_with(plain: list[dict[str, str]], column: str, pattern: str) -> set[int]:
    return {line for line, row in enumerate(plain, start=2) if re.search(pattern, row[column])}


def lines_of(reading: ListReading, rule: str) -> set[int]:
    return {problem.row for problem in reading.problems if problem.rule == rule}


@pytest.mark.real_data
def test_the_real_national_list_comes_in_whole(real_data: Path) -> None:
    reading, plain = real(real_data, "foundations_national.tsv")
    assert (reading.total, len(reading.rows), len(reading.held), reading.rejected) == (92, 92, 0, 0)
    for row, cells in zip(reading.rows, plain, strict=True):
        assert row.raw == cells
        assert (row.name, row.code, row.kind) == (cells["inst_nm"], cells["uscc"], Kind.FOUNDATION)
        assert (row.registry_division, row.province) == ("100000", cells["prov"])
        assert str(row.established_on) == cells["est_date"]
        whole, fraction = cells["init_fund"].removesuffix(" 万元").split(".")
        assert row.fund_fen == (int(whole) * 100 + int(fraction)) * 10_000
    other_form = lines_with(plain, "inst_nm", "(?<!基金会)$")
    assert lines_of(reading, "import.name_form") | lines_of(reading, "import.name_kind_mismatch") == other_form
    assert len(reading.problems) == len(other_form)
    judge_problems(reading)


@pytest.mark.real_data
def test_the_real_local_list_comes_in_without_one_guess(real_data: Path) -> None:
    reading, plain = real(real_data, "foundations_local.tsv")
    assert (reading.total, len(reading.rows), len(reading.held), reading.rejected) == (33, 32, 1, 0)
    rows = sorted((*reading.rows, *reading.held), key=lambda row: row.row)
    assert [row.raw for row in rows] == plain
    assert [row.name for row in rows] == [cells["inst_nm"] for cells in plain]
    assert [row.fund_fen for row in rows if row.fund_fen is not None] == []

    zero = lines_with(plain, "init_fund", r"^0\.00")
    both_dates = {
        line
        for line, cells in enumerate(plain, start=2)
        if re.match(r"\d", cells["cert_valid_thru"])
        and cells["est_date"]
        and cells["cert_valid_thru"] < cells["est_date"]
    }
    placeholder_dates = lines_with(plain, "cert_valid_thru", r"1900-01-01|1970-01-01")
    expected = {
        "import.amount_unit_ambiguous": lines_with(plain, "init_fund", "元 / 万元") - zero,
        "import.amount_zero": zero,
        "import.date_placeholder": placeholder_dates,
        "import.certificate_one_day": lines_with(plain, "cert_valid_thru", r"(\S+) 至 \1$") - placeholder_dates,
        "import.certificate_before_established": both_dates - placeholder_dates,
        "import.authority_unclear": lines_with(plain, "spv_dept", "^(无|暂无)$"),
        "import.characters_lost": lines_with(plain, "wrk_domain", "？？"),
        "import.placeholder": set().union(
            *(lines_with(plain, column, "^(nan|无|暂无)$") for column in ("address", "wrk_domain", "reg_dept"))
        ),
        "import.code_rounded": lines_with(plain, "uscc", r"^\d{15}000$"),
    }
    assert {rule: lines_of(reading, rule) for rule in {*expected, *rules(reading)}} == expected
    assert all(expected.values())
    assert [row.row for row in rows if row.registered_directly] == sorted(lines_with(plain, "spv_dept", "^直接登记$"))
    judge_problems(reading)


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["foundations_national.tsv", "foundations_local.tsv"])
def test_one_changed_character_in_a_real_list_is_noticed(real_data: Path, name: str) -> None:
    """Negative control: a real code with one digit changed is no longer believed, and the row waits."""
    data = (real_data / "register" / name).read_bytes()
    before = read(data)
    code = before.rows[0].code
    changed = code[:-1] + ("0" if code[-1] != "0" else "1")
    after = read(data.replace(code.encode(), changed.encode(), 1))
    assert set(rules(after)) - set(rules(before)) == {"import.code_check_character"}
    assert len(after.held) == len(before.held) + 1


@pytest.mark.real_data
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig", "utf-16"])
def test_a_real_list_says_the_same_in_every_encoding(real_data: Path, encoding: str) -> None:
    data = (real_data / "register" / "foundations_local.tsv").read_bytes()
    again = read(data.decode().encode(encoding))
    assert (again.rows, again.held, again.problems) == (read(data).rows, read(data).held, read(data).problems)


@pytest.mark.real_data
def test_the_guide_says_what_every_real_file_holds(
    real_data: Path, record_property: Callable[[str, str], None]
) -> None:
    """Every file is either read as the guide says or refused for the reason the guide gives."""
    guide = (Path(__file__).parents[3] / "docs" / "guides" / "real-lists.md").read_text(encoding="utf-8")
    reasons = {
        "no column of names": {"list.no_name_column"},
        "not a table": {"list.header_too_long", "list.no_name_column"},
        "the first row is a merged title": {"list.header_merged"},
        "no column of codes or numbers": {"list.no_identity_column"},
    }
    told: set[Path] = set()
    read = 0
    for pattern, rows, come, wait, reason in re.findall(
        r"^\| `([^`]+)` \| ?(\d*) ?\| ?(\d*) ?\| ?(\d*) ?\| ?([^|]*?) ?\|", guide, flags=re.M
    ):
        for file in (one for one in real_data.glob(pattern) if one.is_file()):
            told.add(file)
            if reason.strip():
                with pytest.raises(ListUnreadable) as caught:
                    read_list(file.read_bytes(), filename=file.name)
                assert caught.value.code in reasons[reason.strip()], file
            else:
                found = read_list(file.read_bytes(), filename=file.name)
                assert (found.total, len(found.rows), len(found.held)) == (int(rows), int(come), int(wait)), file
                read += 1
    everything = {one for one in real_data.rglob("*") if one.is_file() and one.parent != real_data}
    assert {one for one in everything if one.suffix in {".tsv", ".csv", ".xlsx"}} <= told
    record_property(
        "figure", f"real files: {read} read as lists, {len(told) - read} refused with the reason of the guide"
    )
