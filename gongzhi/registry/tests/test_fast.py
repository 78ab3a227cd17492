"""The fast reader says of a row what the careful one says, or leaves it to the careful one."""

from __future__ import annotations

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from gongzhi.registry.lists import open_list
from gongzhi.registry.lists.cells import COMMITTEES, KINDS, STANDINGS
from gongzhi.registry.lists.fast import FIELDS, FastReader, values_of
from gongzhi.registry.lists.organizations import CarefulReader
from gongzhi.registry.tests.test_imports import code

TODAY = dt.date(2026, 11, 24)
HEAD = "名称\t统一社会信用代码\t登记证号\t类型\t成立日期\t原始基金数额\t住所\t业务主管单位\t登记状态\t业务范围\t证书有效期\t活动领域"
NAMES = [
    "深圳市××助老基金会",
    "某市××协会",
    "某市××服务中心",
    f"某区某街{COMMITTEES[0]}",
    "？？基金会",
    "名\u202e称",
    " 带空格协会 ",
    "",
    "无",
]
CODES = [code(1), code(2), code(1).lower(), code(1)[:-1] + "0", "44030019900101", "", "５１", "53440000MJ100001XH"]
DATES = [
    "2015-03-01",
    "2015/3/1",
    "20150301",
    "1900-01-01",
    "2099-01-01",
    "2015-02-30",
    "",
    "无",
    "2015年3月1日",
    "２０１５-03-01",
]
FUNDS = ["200.00 万元", "2000000元", "5", "0元", "100（单位：元 / 万元）", "-3 万元", "", "１０ 万元", "200.001元"]
TEXTS = ["深圳示例路 1 号", "", "无", "a\u200bb", "问??号", "=1+1", "两\n行", "x" * 30]
PERIODS = ["2016-05-12 至 2020-05-12", "", "至", "2020-05-12 至 2016-05-12", "2014-05-12 至 长期"]
ROWS = st.tuples(
    *(
        # mostly the first, so that some rows have nothing unusual
        st.sampled_from([*[values[0]] * 4 * len(values), *values])
        for values in (
            NAMES,
            CODES,
            ["", "社证字第1号", "??"],
            ["", *KINDS, "别的"],
            DATES,
            FUNDS,
            TEXTS,
            ["", "示例局", "直接登记", "无", "暂无"],
            ["", *STANDINGS, "别的"],
            TEXTS,
            PERIODS,
            ["", "教育", "别的"],
        )
    )
)
SEEN = {"fast": 0, "careful": 0}


@settings(max_examples=300)
@given(st.lists(ROWS, min_size=1, max_size=12))
def test_both_readers_agree_on_every_row_the_fast_one_takes(rows: list[tuple[str, ...]]) -> None:
    file = open_list(f"{HEAD}\n占位\t{code(9)}{chr(9) * 10}\n".encode(), filename="名录.tsv")
    lines = range(2, 2 + len(rows))
    clean, others = FastReader(file.columns, TODAY).read(lines, [list(row) for row in rows])
    SEEN["fast"] += len(clean.lines)
    SEEN["careful"] += len(others)
    assert sorted([*clean.lines, *(lines[at] for at in others)]) == list(lines)
    for at, line in enumerate(clean.lines):
        careful = CarefulReader(file, TODAY)
        one = careful.read(line, list(rows[line - 2]))
        assert one is not None
        assert not careful.problems
        assert line not in careful.waiting
        assert values_of(one) == tuple(column[at] for column in clean.values), FIELDS


def test_both_kinds_of_rows_were_met() -> None:
    test_both_readers_agree_on_every_row_the_fast_one_takes()
    assert min(SEEN.values()) > 10
