"""Dated files of the register: what stands in them, who makes them, and when they go."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from pytest_django import Settings

from gongzhi.audit.models import Event
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.files import actions as files
from gongzhi.files import published
from gongzhi.files.contracts import Owner
from gongzhi.files.enums import Purpose
from gongzhi.orgs.models import Organization
from gongzhi.orgs.search import Asked, matching
from gongzhi.registry import commands, exports, jobs
from gongzhi.registry.actions import ask_download, fail_download, make_download, remove_downloads
from gongzhi.registry.actions import downloads as module
from gongzhi.registry.enums import DownloadState
from gongzhi.registry.models import Download
from gongzhi.tlog.models import Pending
from tests.world import GUANGDONG, NATIONAL, SHENZHEN, actor_of

pytestmark = pytest.mark.django_db

MAKER = Actor.system("registry.make_download")
SITE = "https://gongzhi.example.org"


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, settings: Settings) -> None:
    settings.UPLOADS = tmp_path / "uploads"


def asked(address: str = "192.0.2.1", **values: list[str]) -> Download:
    return ask_download(actor=actor_of("visitor"), asked=values, address=address)


def made(q: list[str] | None = None) -> Download:
    download = asked(q=q) if q else asked()
    make_download(actor=MAKER, download=download)
    download.refresh_from_db()
    return download


def queued() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'registry.make_download'")
        return int(cursor.fetchone()[0])


def rows_of(path: Path) -> list[dict[str, str]]:
    text = path.read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")  # the mark by which spreadsheets see the encoding
    return list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))


# --- what stands in them ---


def test_both_files_hold_every_organization_with_the_columns_of_the_dictionary(tmp_path: Path) -> None:
    tables = [tmp_path / "a.csv", tmp_path / "a.parquet"]
    written = exports.write_files(tables, site=SITE)
    rows, frame = rows_of(tables[0]), pl.read_parquet(tables[1])
    names = [row[0] for row in exports.dictionary_rows()[1:]]
    assert list(rows[0]) == frame.columns == names == [column.name for column in exports.COLUMNS]
    assert written.rows == len(rows) == frame.height == Organization.objects.count()
    types = {
        "text": pl.String,
        "date": pl.Date,
        "integer": pl.Int64,
        "boolean": pl.Boolean,
        "decimal": pl.Decimal(20, 2),
    }
    assert [frame.schema[column.name] for column in exports.COLUMNS] == [types[c.type] for c in exports.COLUMNS]
    one = next(row for row in rows if row["code"] == GUANGDONG)
    assert one["kind"] == "foundation"
    assert one["kind_zh"] == "基金会"
    assert one["standing_zh"] == "正常"
    assert one["registered_on"] == "2016-05-09"
    assert (one["level"], one["division"]) == ("1", "44/")
    assert one["registry"] == "广东省民政厅"
    assert one["url"] == f"{SITE}/orgs/{GUANGDONG}/"
    by_code = {row["code"]: row for row in frame.to_dicts()}
    national = by_code[NATIONAL]
    assert national["level"] == 0
    assert national["registered_on"] == dt.date(2012, 3, 19)
    assert national["purpose"] is None
    assert national["funds_fen"] == 50_0000_00
    assert national["funds_yuan"] == Decimal("500000.00")
    assert national["known_from"].endswith("Z")
    assert all(row["confirmed_on"] or row["source_dated_on"] for row in by_code.values())


def test_the_levels_are_those_of_the_search(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    exports.write_files([file], site=SITE)
    found = dict(Organization.objects.values_list("credit_code", "search__level"))
    assert {row["code"]: row["level"] for row in pl.read_parquet(file).to_dicts()} == found


@pytest.mark.parametrize("hostile", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\tx", "\rx"])
def test_a_spreadsheet_takes_no_cell_for_a_formula_and_parquet_keeps_the_text(hostile: str, tmp_path: Path) -> None:
    Organization.objects.filter(credit_code=SHENZHEN).update(name=hostile)
    tables = [tmp_path / "a.csv", tmp_path / "a.parquet"]
    exports.write_files(tables, site=SITE)
    text = next(row["name"] for row in rows_of(tables[0]) if row["code"] == SHENZHEN)
    assert text == f"'{hostile}"
    assert hostile in pl.read_parquet(tables[1])["name"].to_list()


def test_commas_quotes_lines_and_rare_characters_survive(tmp_path: Path) -> None:
    name = '逗号,引号"换\n行 𠮷 t f \\N NULL'
    Organization.objects.filter(credit_code=SHENZHEN).update(name=name)
    tables = [tmp_path / "a.csv", tmp_path / "a.parquet"]
    exports.write_files(tables, site=SITE)
    assert name in [row["name"] for row in rows_of(tables[0])]
    assert name in pl.read_parquet(tables[1])["name"].to_list()


def test_batches_join_into_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, parted = [tmp_path / "a.csv", tmp_path / "a.parquet"], [tmp_path / "b.csv", tmp_path / "b.parquet"]
    exports.write_files(whole, site=SITE)
    monkeypatch.setattr(exports, "BATCH", 1)
    exports.write_files(parted, site=SITE)
    assert whole[0].read_bytes() == parted[0].read_bytes()
    assert pl.read_parquet(whole[1]).equals(pl.read_parquet(parted[1]))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.parquet", "b.csv", "b.parquet"]


def test_a_search_that_finds_nothing_makes_files_with_columns_and_no_rows(tmp_path: Path) -> None:
    tables = [tmp_path / "a.csv", tmp_path / "a.parquet"]
    written = exports.write_files(tables, site=SITE, matching=matching(Asked.of({"q": "没有这样的名称"})))
    assert written.rows == 0
    assert rows_of(tables[0]) == []
    assert pl.read_parquet(tables[1]).shape == (0, len(exports.COLUMNS))


def test_a_file_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(exports, "_join_parquet", broken)
    with pytest.raises(OSError, match="disk full"):
        exports.write_files([tmp_path / "a.csv", tmp_path / "a.parquet"], site=SITE)
    assert list(tmp_path.iterdir()) == []


def test_the_dictionary_has_both_languages_for_every_column() -> None:
    heading, *rows = exports.dictionary_rows()
    assert heading == ["column", "type", "unit", "meaning_zh", "meaning_en", "source"]
    assert len(rows) == len(exports.COLUMNS)
    assert all(row[3] and row[4] for row in rows)
    assert exports.dictionary_markdown().count("\n") == len(rows) + 2
    assert exports.dictionary_csv().decode("utf-8-sig").splitlines()[0] == ",".join(heading)


def test_the_command_writes_either_format_and_refuses_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.export_organizations(tmp_path / "a.parquet") == 0
    assert pl.read_parquet(tmp_path / "a.parquet").height == Organization.objects.count()
    assert commands.export_organizations(tmp_path / "a.xls") == 2
    assert "neither" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


# --- asking ---


def test_an_equal_question_of_one_day_makes_one_file() -> None:
    first = asked(q=["基金会"], sort=["newest"])
    assert asked(q=[" 基金会 "], address="192.0.2.2") == first
    assert queued() == 1
    assert first.asked == {"q": ["基金会"]}
    assert asked(q=["促进会"]) != first
    Download.objects.filter(pk=first.pk).update(dated_on=today() - dt.timedelta(days=1))
    assert asked(q=["基金会"]) != first
    assert Event.objects.filter(event="registry.download.asked").count() == queued() == 3
    assert "基金会" not in str(list(Event.objects.filter(event="registry.download.asked").values_list("details")))


def test_what_failed_or_was_removed_is_made_again() -> None:
    first = asked()
    fail_download(actor=MAKER, download=first, reason="fault")
    second = asked()
    assert second != first
    make_download(actor=MAKER, download=second)
    Download.objects.filter(pk=second.pk).update(files={})
    assert asked() not in {first, second}


def test_nobody_asks_for_more_than_is_fair(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(module.ASKED_AN_HOUR):
        asked(q=[f"示例{number}"])
    with pytest.raises(RuleViolation) as refused:
        asked(q=["再来"])
    assert refused.value.code == "registry.too_many_downloads"
    assert asked(q=["示例0"])  # what is there already is free
    assert asked(q=["别人的"], address="192.0.2.2")
    monkeypatch.setattr(module, "MOST_WAITING", 5)
    with pytest.raises(RuleViolation) as busy:
        asked(q=["太多"], address="192.0.2.3")
    assert busy.value.code == "registry.downloads_busy"
    assert ask_download(actor=MAKER, asked={}, address="")  # the nightly files are made all the same


def test_words_that_can_be_no_search_are_refused() -> None:
    with pytest.raises(RuleViolation) as refused:
        asked(q=["！！！"])
    assert refused.value.code == "registry.download_impossible"
    assert not Download.objects.exists()


# --- making ---


def test_the_files_are_published_summed_sealed_and_audited() -> None:
    download = made()
    assert (download.state, download.rows) == (DownloadState.READY, Organization.objects.count())
    assert [name for name, _bytes, _sha256 in download.sizes] == [
        f"register-{today()}.csv", f"register-{today()}.parquet", "dictionary.csv", "SHA256SUMS",
    ]  # fmt: skip
    for kept in download.files.values():
        body = published.place_of(kept["sha256"]).read_bytes()
        assert (hashlib.sha256(body).hexdigest(), len(body)) == (kept["sha256"], kept["bytes"])
    sums = published.place_of(download.files["SHA256SUMS"]["sha256"]).read_text()
    assert f"{download.files['dictionary.csv']['sha256']}  dictionary.csv\n" in sums
    assert download.seal is not None
    sealed = bytes(Pending.objects.get(seal=download.seal).body).decode()
    assert download.files["SHA256SUMS"]["sha256"] in sealed
    assert f'"rows":{download.rows}' in sealed
    assert Event.objects.filter(event="registry.download.made", subject_id=download.pk).count() == 1
    assert list(published.workshop().iterdir()) == []


def test_the_file_of_a_search_holds_what_the_search_finds() -> None:
    download = made(q=["基金会"])
    kept = next(one for name, one in download.files.items() if name.endswith(".parquet"))
    frame = pl.read_parquet(published.place_of(kept["sha256"]))
    assert frame["code"].to_list() == [GUANGDONG]
    assert download.rows == 1


def test_only_the_platform_makes_fails_and_removes() -> None:
    download = asked()
    actor = actor_of("adam")
    with pytest.raises(NotAllowed):
        make_download(actor=actor, download=download)
    with pytest.raises(NotAllowed):
        fail_download(actor=actor, download=download, reason="fault")
    with pytest.raises(NotAllowed):
        remove_downloads(actor=actor)


def test_what_is_made_is_not_made_twice() -> None:
    download = made()
    for again in (make_download, fail_download):
        options: dict[str, Any] = {"reason": "fault"} if again is fail_download else {}
        with pytest.raises(RuleViolation) as refused:
            again(actor=MAKER, download=download, **options)
        assert refused.value.code == "registry.download_made"
    jobs.make_download(actor=MAKER, download_id=download.pk)
    download.refresh_from_db()
    assert download.state == DownloadState.READY


def test_a_job_that_fails_says_so_and_the_files_are_not_there(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(exports, "write_files", broken)
    download = asked()
    jobs.make_download(actor=MAKER, download_id=download.pk)
    download.refresh_from_db()
    assert (download.state, download.reason, download.files) == (DownloadState.FAILED, "fault", {})
    assert "registry.download_failed" in caplog.text


def test_the_nightly_job_asks_once_a_day() -> None:
    for _ in range(2):
        jobs.ask_register_files(actor=Actor.system("registry.ask_register_files"))
    assert Download.objects.of_register().count() == queued() == 1


# --- removing ---


def test_files_go_after_their_time_and_the_first_of_a_month_stays(
    django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_DAY_S", -1)  # files of this very moment count as old
    day = today()
    young = made(q=["促进会"])
    search = made(q=["基金会"])
    nightly = made()
    Download.objects.filter(pk=search.pk).update(dated_on=day - module.SEARCH_KEPT - dt.timedelta(days=1))
    first = (day - module.REGISTER_KEPT - dt.timedelta(days=35)).replace(day=1)
    Download.objects.filter(pk=nightly.pk).update(dated_on=first)
    gone = {one["sha256"] for name, one in search.files.items() if name != "dictionary.csv"}
    with django_capture_on_commit_callbacks(execute=True):
        assert remove_downloads(actor=MAKER) == 1
    search.refresh_from_db()
    assert search.is_removed
    assert not any(published.place_of(sha256).exists() for sha256 in gone)
    for kept in (young, nightly):
        assert all(published.place_of(one["sha256"]).exists() for one in kept.files.values())
    Download.objects.filter(pk=nightly.pk).update(dated_on=first + dt.timedelta(days=1))
    with django_capture_on_commit_callbacks(execute=True):
        assert remove_downloads(actor=MAKER) == 1
    assert remove_downloads(actor=MAKER) == 0


def test_a_file_two_downloads_name_stays_until_the_last_is_gone_and_young_leftovers_stay(
    django_capture_on_commit_callbacks: Any,
) -> None:
    one, other = made(q=["促进会"]), made(q=["基金会"])
    assert one.files["dictionary.csv"] == other.files["dictionary.csv"]
    leftover = published.workshop() / "x"
    leftover.write_bytes(b"left by a transaction that was rolled back")
    name, _size = published.publish(leftover)
    Download.objects.filter(pk=one.pk).update(dated_on=today() - module.SEARCH_KEPT - dt.timedelta(days=1))
    with django_capture_on_commit_callbacks(execute=True):
        remove_downloads(actor=MAKER)
    assert published.place_of(other.files["dictionary.csv"]["sha256"]).exists()
    assert published.place_of(name).exists()


def test_the_sweep_of_private_files_does_not_touch_published_ones(settings: Settings) -> None:
    download = made()
    with acting(Actor.system("files.sweep")) as actor:
        upload = files.receive(
            actor=actor, stream=SimpleUploadedFile("a.csv", b"a,b\r\n1,2\r\n"), name="a.csv", purpose=Purpose.TABLE,
            owner=Owner(path="/"),
        )  # fmt: skip
        files.sweep(actor=actor)
    assert upload.place.exists()
    assert all(published.place_of(one["sha256"]).exists() for one in download.files.values())
    assert django_settings.UPLOADS == settings.UPLOADS


def test_a_published_file_is_named_by_nothing_but_a_hash() -> None:
    for name in ("../../etc/passwd", "A" * 64, "0" * 63):
        with pytest.raises(ValueError, match="SHA-256"):
            published.place_of(name)
