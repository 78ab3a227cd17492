"""Code lists: the packaged ones, and an operator's edition on top."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from gongzhi.reference import codes, selectors
from gongzhi.reference.codes import BadCodeList


@pytest.fixture(autouse=True)
def _fresh_lists() -> Iterator[None]:
    codes.code_lists.cache_clear()
    yield
    codes.code_lists.cache_clear()


def test_every_packaged_code_has_two_words_a_source_and_a_tag() -> None:
    lists = codes.code_lists()
    assert {"fields", "forms", "services", "skills"} <= set(lists)
    for found in lists.values():
        assert found.source
        assert found.zh != found.en
        assert len({code.zh for code in found.codes.values()}) == len(found.codes)
        for code in found.codes.values():
            assert code.zh
            assert code.en.isascii()
            assert code.evidence in codes.EVIDENCE


def test_the_fields_of_activity_are_the_fourteen_of_the_statistics() -> None:
    fields = codes.code_list("fields")
    assert len(fields.codes) == 14
    assert fields.get("rural").zh == "农业及农村发展"
    assert fields.get("rural").verified


def test_a_word_comes_in_the_readers_language() -> None:
    fields = codes.code_list("fields")
    with translation.override("en"):
        assert fields.label("education") == "Education"
        assert fields.title == "Field of activity"
    with translation.override("zh-hans"):
        assert fields.label("education") == "教育"
        assert fields.label("nobody_knows") == "nobody_knows"


def test_forms_are_offered_by_kind_of_organization() -> None:
    forms = codes.code_list("forms")
    with translation.override("zh-hans"):
        assert [label for _code, label in forms.choices(kind="foundation")] == ["基金会"]
        assert "协会" in dict(forms.choices(kind="social_group")).values()
        assert len(forms.choices()) == len(forms.codes)


def test_lists_that_nobody_verified_say_so() -> None:
    assert not codes.code_list("skills").get("first_aid").verified


def test_an_operators_edition_adds_changes_and_ends_but_never_removes(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "fields.yaml").write_text(
        "codes:\n"
        "  digital: {zh: 数字经济, en: Digital economy, evidence: V}\n"
        "  religion: {until: 2026-12-31}\n"
        "  other: {zh: 其它}\n",
        "utf-8",
    )
    (tmp_path / "wards.yaml").write_text("codes:\n  north: {zh: 北片, en: North}\n", "utf-8")
    settings.REFERENCE_CODES = tmp_path
    fields = codes.code_list("fields")
    assert len(fields.codes) == 15
    assert fields.get("other").zh == "其它"
    assert fields.get("other").en == "Other"
    assert fields.source  # kept from the package
    with translation.override("zh-hans"):
        on_last_day, after = (
            dict(fields.choices(on=dt.date(2026, 12, 31))),
            dict(fields.choices(on=dt.date(2027, 1, 1))),
        )
        assert "religion" in on_last_day
        assert "religion" not in after
        assert fields.label("religion") == "宗教"
    assert codes.code_list("wards").get("north").evidence == "G"


@pytest.mark.parametrize(
    "text",
    [
        "codes: [",
        "title: {zh: 只有标题, en: Title alone}",
        "codes:\n  Bad-Code: {zh: 坏, en: Bad}",
        "codes:\n  fine: {zh: 只有中文}",
        "codes:\n  fine: {zh: 好, en: Fine, evidence: X}",
        "codes:\n  fine: {zh: 好, en: Fine, until: soon}",
        "codes:\n  fine: {zh: 好, en: Fine, colour: red}",
        "codes:\n  fine: 好",
        "- a list",
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, settings: Any, text: str) -> None:
    (tmp_path / "wrong.yaml").write_text(text, "utf-8")
    settings.REFERENCE_CODES = tmp_path
    with pytest.raises(BadCodeList, match=r"wrong\.yaml"):
        codes.code_lists()


def test_every_source_has_a_licence_and_two_titles() -> None:
    listed = selectors.sources()
    assert {"quhua", "areacodes", "china-division", "holiday-cn", "chinesecalendar"} == {one.key for one in listed}
    for source in listed:
        assert source.licence
        assert source.origin_url.startswith("https://")
        with translation.override("en"):
            assert source.title.isascii()
            assert source.what.isascii()
        with translation.override("zh-hans"):
            assert not source.title.isascii()
            assert source.what == source.what_zh
