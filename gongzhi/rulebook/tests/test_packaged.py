"""The packaged files: what they hold, and that every mistake is named with its file and line."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import translation

from gongzhi.rulebook.enums import Evidence, Section, Unit
from gongzhi.rulebook.packaged import BadEdition, edition, plain, read, spoken

PAPERS = """\
rule_sets:
  - {code: OLD, zh: 旧, en: old}
instruments:
  - {code: law, cite: 《法》, source: 2020年, effective_from: 2020-01-01, date_evidence: V, rule_set: OLD}
"""
GOOD = """\
- code: a.days
  value: 30
  unit: day
  instrument: law
  article: 第一条
  evidence: V
  zh: 期限
  en: Time
"""


def folder_with(folder: Path, text: str, papers: str = PAPERS) -> Path:
    (folder / "instruments.yaml").write_text(papers, encoding="utf-8")
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    return folder


def test_the_shipped_edition_is_sound_and_large() -> None:
    known = edition()
    assert len(known.definitions) >= 200
    assert {one.section for one in known.definitions.values()} == set(Section.values)
    assert known.rule_sets["SG-2026"].warning_zh
    assert not [one for one in known.versions() if one.instrument.rule_set == "SG-2026"]
    assert {one.instrument.code for one in known.versions()} == set(known.instruments)


@pytest.mark.parametrize(
    ("code", "value", "article", "evidence"),
    [
        ("establishment.social_group.individual_members", "50", "《社会团体登记管理条例》第十条", "V"),
        ("name.cancelled_window_years", "1", "《社会组织名称管理办法》第十六条", "V"),
        ("name.withdrawn_window_years", "3", "《社会组织名称管理办法》第十六条", "V"),
        ("annual_report.foundation.registry_deadline", "331", "《基金会管理条例》第三十六条", "V"),
        ("annual_report.social_group.registry_deadline", "531", "《社会团体登记管理条例》第二十八条", "V"),
        ("fundraising.certificate.waiting_years", "1", "《慈善法》第二十二条", "V"),
        ("complaint.accept_days", "7", "《社会组织登记管理机关受理投诉举报办法（试行）》", "G"),
        ("ratio.fundraising_cost_percent", "3", "慈善活动年度支出、管理费用和募捐成本的规定（征求意见稿）", "D"),
    ],
)
def test_numbers_that_would_embarrass(code: str, value: str, article: str, evidence: str) -> None:
    version = edition().definitions[code].holding("", dt.date(2026, 11, 21))
    assert version is not None
    assert (version.value, version.article, version.evidence) == (Decimal(value), article, evidence)


def test_the_wait_for_public_fundraising_was_two_years_until_the_law_changed() -> None:
    wait = edition().definitions["fundraising.certificate.waiting_years"]
    held = [wait.holding("", day) for day in (dt.date(2024, 9, 4), dt.date(2024, 9, 5))]
    assert [one.value for one in held if one] == [2, 1]


def test_social_group_numbers_of_2016_carry_their_warning() -> None:
    members = edition().definitions["establishment.social_group.individual_members"].versions[0]
    assert edition().rule_sets[members.instrument.rule_set].warning_zh


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    known = read(folder_with(tmp_path, GOOD))
    version = known.definitions["a.days"].versions[0]
    assert (version.value, version.article, version.valid_from) == (Decimal(30), "《法》第一条", dt.date(2020, 1, 1))
    assert version.where == "a.yaml:1"


@pytest.mark.parametrize(
    ("old", "new", "line", "word"),
    [
        ("value: 30", "value: many", 2, "no number"),
        ("value: 30", "value: -1", 2, "range"),
        ("value: 30", "value: 1.5", 2, "whole"),
        ("value: 30", "value: NaN", 2, "range"),
        ("unit: day", "unit: week", 3, "unknown unit"),
        ("unit: day", "unit: month_day", 2, "month_day"),
        ("instrument: law", "instrument: rumour", 4, "unknown instrument"),
        ("evidence: V", "evidence: X", 6, "none of V, S, D, G"),
        ("code: a.days", "code: Days", 1, "no code"),
        ("  zh: 期限\n", "", 1, "missing: zh"),
        ("  zh: 期限\n", "  zh: 期限\n  zh: 又\n", 8, "given twice"),
        ("  zh: 期限\n", "  zh: 期限\n  colour: red\n", 8, "unknown key colour"),
        ("  zh: 期限\n", "  zh: 期限\n  note_zh: 只有中文\n", 1, "go together"),
        ("  zh: 期限\n", "  zh: 期限\n  path: 440300\n", 8, "no chain"),
        ("  zh: 期限\n", "  zh: 期限\n  effective_from: soon\n", 8, "no day"),
        (
            "  en: Time\n",
            "  en: Time\n  also:\n    - {value: 5, instrument: law, article: 二, evidence: V}\n",
            1,
            "two versions",
        ),
        (
            "  en: Time\n",
            "  en: Time\n  also:\n    - {value: 5, instrument: law, article: 二}\n",
            10,
            "missing: evidence",
        ),
        ("  en: Time\n", "  en: [Time\n", 9, "no YAML"),
        ("  en: Time\n", f"  en: Time\n{GOOD}", 9, "a.days is given twice"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(tmp_path: Path, old: str, new: str, line: int, word: str) -> None:
    assert old in GOOD
    with pytest.raises(BadEdition) as caught:
        read(folder_with(tmp_path, GOOD.replace(old, new, 1)))
    assert any(one.startswith(f"a.yaml:{line}: ") and word in one for one in caught.value.problems), (
        caught.value.problems
    )


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("value: 30", "value: many").replace("evidence: V", "evidence: X").replace("zh: 期限", "zh:")
    with pytest.raises(BadEdition) as caught:
        read(folder_with(tmp_path, text, PAPERS.replace("date_evidence: V", "date_evidence: Y")))
    assert len(caught.value.problems) == 3
    assert {one.split(":")[0] for one in caught.value.problems} == {"a.yaml", "instruments.yaml"}


def test_numbers_are_decimal_and_never_float(tmp_path: Path) -> None:
    text = GOOD.replace("value: 30", "value: 0.1").replace("unit: day", "unit: percent")
    assert read(folder_with(tmp_path, text)).definitions["a.days"].versions[0].value == Decimal("0.1")


@pytest.mark.parametrize(("written", "short"), [("50.0000", "50"), ("5E+1", "50"), ("4.5000", "4.5"), ("0", "0")])
def test_plain_numbers_have_no_exponent(written: str, short: str) -> None:
    assert str(plain(Decimal(written))) == short


@pytest.mark.parametrize(
    ("value", "unit", "english", "chinese"),
    [
        ("531", Unit.MONTH_DAY, "31 May", "5 月 31 日"),
        ("2", Unit.THIRD, "2/3", "2/3"),
        ("30000", Unit.YUAN, "30,000 yuan", None),
        ("70", Unit.PERCENT, "70%", "70%"),
        ("3", Unit.GRADE, "3A", "3A"),
        ("1", Unit.YEAR, "1 year", None),
        ("2", Unit.YEAR, "2 years", None),
        ("4.5", Unit.FACTOR, "4.5", "4.5"),
    ],
)
def test_numbers_are_said_in_the_readers_language(value: str, unit: str, english: str, chinese: str | None) -> None:
    with translation.override("en"):
        assert spoken(Decimal(value), unit) == english
    if chinese:
        with translation.override("zh-hans"):
            assert spoken(Decimal(value), unit) == chinese


def test_evidence_tags_are_those_of_the_domain_rules() -> None:
    assert set(Evidence.values) == {"V", "S", "D", "G"}
