"""A list comes into the register: once, without guessing, and nothing of what was there is lost."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from gongzhi.audit.models import Event
from gongzhi.core.actor import Actor
from gongzhi.core.clocks import amend
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.orgs.enums import Kind, Standing
from gongzhi.orgs.models import Organization, Tally
from gongzhi.registry import actions, commands
from gongzhi.registry.actions import ImportResult, correct_item, known_of
from gongzhi.registry.creditcode import check_character
from gongzhi.registry.lists import open_list
from gongzhi.registry.models import Certificate, Confirmation, Doubt, Source, Version
from gongzhi.registry.selectors import record_of
from gongzhi.tlog.models import BatchRow
from tests.world import GUANGDONG, HUANGPU, NATIONAL, SHENZHEN, actor_of

HEAD = "名称\t统一社会信用代码\t成立日期\t住所\t原始基金数额\t业务主管单位\t登记管理机关"
IMPORTER = Actor.system("import", permissions=frozenset({"registry.import"}))


def code(number: int, division: str = "440300", category: str = "53") -> str:
    """A valid credit code of a body that does not exist."""
    from gongzhi.registry.creditcode import organization_check

    entity = f"MJ{number:06d}"
    body = f"{category}{division}{entity}{organization_check(entity)}"
    return body + check_character(body)


def load(text: str, *, actor: Actor = IMPORTER, apply: bool = True, name: str = "list.tsv") -> ImportResult:
    file = open_list(text.encode(), filename=name)
    with acting(actor, read_only=False):
        return actions.import_organizations(actor=actor, file=file, apply=apply)


def counts(result: ImportResult) -> tuple[int, int, int, int]:
    return result.created, result.changed, result.unchanged, result.rejected


@pytest.mark.django_db
def test_a_new_body_has_one_version_and_stands_in_search() -> None:
    reference = code(1)
    result = load(f"{HEAD}\n深圳市××爱心基金会\t{reference}\t2015-03-01\t深圳示例路\t200.00 万元\t无\t深圳市民政局")
    assert counts(result) == (1, 0, 0, 0)
    body = Organization.objects.get(credit_code=reference)
    assert (body.kind, body.path, body.registered_on) == (Kind.FOUNDATION, "44/4403/", dt.date(2015, 3, 1))
    version = Version.objects.get(org=body)
    assert version.fund_fen == 200 * 10_000 * 100
    assert version.valid_from == dt.date(2015, 3, 1)
    assert list(Organization.objects.matching("爱心")) == [body]
    assert body in Organization.objects.matching("szs")


@pytest.mark.django_db
def test_the_same_file_twice_changes_nothing() -> None:
    text = f"{HEAD}\n深圳市××爱心基金会\t{code(1)}\t2015-03-01\t深圳示例路\t200.00 万元\t无\t深圳市民政局"
    load(text)
    before = [
        model.objects.count() for model in (Organization, Version, Source, Confirmation, Doubt, Certificate, BatchRow)
    ]
    assert counts(load(text)) == (0, 0, 1, 0)
    after = [
        model.objects.count() for model in (Organization, Version, Source, Confirmation, Doubt, Certificate, BatchRow)
    ]
    assert after == before


@pytest.mark.django_db
def test_a_dry_run_writes_nothing() -> None:
    before = Organization.objects.count(), Source.objects.count(), Event.objects.count()
    result = load(f"{HEAD}\n深圳市××爱心基金会\t{code(1)}\t2015-03-01\t\t\t\t", apply=False)
    assert result.created == 1
    assert not result.applied
    assert (Organization.objects.count(), Source.objects.count(), Event.objects.count()) == before


@pytest.mark.django_db
def test_a_changed_name_appends_a_version_and_the_old_name_is_still_found() -> None:
    reference = code(1)
    load(f"{HEAD}\n深圳市××敬老基金会\t{reference}\t2015-03-01\t深圳示例路\t\t\t")
    result = load(f"{HEAD}\n深圳市××助老基金会\t{reference}\t2015-03-01\t深圳示例路\t\t\t")
    assert counts(result) == (0, 1, 0, 0)
    body = Organization.objects.get(credit_code=reference)
    assert body.name == "深圳市××助老基金会"
    assert Version.objects.filter(org=body).count() == 2
    assert known_of([body.pk])[body.pk].former_names == ["深圳市××敬老基金会"]
    assert list(Organization.objects.matching("敬老")) == [body]
    record = record_of(body)
    assert [happening.event for happening in record.history] == ["list_changed", "listed"]
    assert record.former_names[0][0] == "深圳市××敬老基金会"


@pytest.mark.django_db
def test_what_a_list_leaves_out_is_not_taken_away_and_who_is_missing_stays() -> None:
    first, second = code(1), code(2)
    load(
        f"{HEAD}\n深圳市××一基金会\t{first}\t2015-03-01\t深圳示例路\t200.00 万元\t\t\n深圳市××二基金会\t{second}\t2015-03-01\t\t\t\t"
    )
    assert counts(load(f"{HEAD}\n深圳市××一基金会\t{first}\t2015-03-01\t\t\t\t")) == (0, 0, 1, 0)
    assert Version.objects.get(org__credit_code=first).fund_fen == 200_000_000
    assert Organization.objects.filter(credit_code=second).exists()


@pytest.mark.django_db
def test_a_doubtful_value_waits_and_never_enters() -> None:
    reference = code(1)
    result = load(f"{HEAD}\n深圳市××爱心基金会\t{reference}\t1900-01-01\t\t200.00 （单位：元 / 万元）\t\t")
    assert result.flagged == 1
    version = Version.objects.get(org__credit_code=reference)
    assert version.fund_fen is None
    assert version.registered_on is None
    assert {doubt.rule for doubt in Doubt.objects.filter(org__credit_code=reference)} >= {
        "import.amount_unit_ambiguous",
        "import.date_placeholder",
    }


@pytest.mark.django_db
def test_an_import_is_one_audit_row_and_one_sealed_entry() -> None:
    load(f"{HEAD}\n深圳市××一基金会\t{code(1)}\t\t\t\t\t\n深圳市××二基金会\t{code(2)}\t\t\t\t\t")
    event = Event.objects.filter(event="registry.list.imported").order_by("-pk")[0]
    assert event.details["created"] == 2
    assert len(event.details["sha256"]) == 64
    source = Source.objects.order_by("-pk")[0]
    assert event.subject_id == source.pk
    assert source.seal is not None
    assert BatchRow.objects.filter(seal=source.seal).count() == 2


@pytest.mark.django_db
def test_an_official_loads_only_the_own_division() -> None:
    dana = actor_of("dana")
    shenzhen, hangzhou = code(1, "440300"), code(2, "330100")
    result = load(f"{HEAD}\n深圳市××一基金会\t{shenzhen}\t\t\t\t\t\n杭州市××二基金会\t{hangzhou}\t\t\t\t\t", actor=dana)
    assert counts(result) == (1, 0, 0, 1)
    assert "import.out_of_reach" in {problem.rule for problem in result.problems}
    assert not Organization.objects.filter(credit_code=hangzhou).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["rosa", "rita", "adam", "visitor"])
def test_who_may_not_load_lists_is_refused(name: str) -> None:
    with pytest.raises(NotAllowed):
        load(f"{HEAD}\n深圳市××一基金会\t{code(1)}\t\t\t\t\t", actor=actor_of(name))


@pytest.mark.django_db
def test_an_old_division_code_leads_to_the_registry_of_today() -> None:
    reference = code(1, "310103")  # Luwan was merged into Huangpu in 2011
    load(f"{HEAD}\n上海××一基金会\t{reference}\t\t\t\t\t")
    assert Organization.objects.get(credit_code=reference).path == "31/310101/"


@pytest.mark.django_db
def test_the_tally_counts_what_the_register_holds() -> None:
    load(f"{HEAD}\n深圳市××一基金会\t{code(1)}\t\t\t\t\t")
    assert sum(row.count for row in Tally.objects.all()) == Organization.objects.count()


@pytest.mark.django_db
def test_a_correction_has_a_reason_a_source_and_an_author() -> None:
    dana = actor_of("dana")
    reference = code(1)
    load(f"{HEAD}\n深圳市××一基金会\t{reference}\t2015-03-01\t示例路 1 号\t\t\t")
    body = Organization.objects.get(credit_code=reference)
    with acting(dana):
        correct_item(actor=dana, organization=body, item="domicile", value="示例路 2 号", reason="证书上是 2 号")
    record = record_of(body)
    fact = next(fact for fact in record.facts if fact.item == "domicile")
    assert (fact.value, fact.source.reason) == ("示例路 2 号", "证书上是 2 号")
    assert record.history[0].is_correction
    assert Event.objects.filter(event="registry.item.corrected", person_id=dana.person_id).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"reason": " "}, "registry.reason_missing"),
        ({"item": "standing"}, "registry.item_unknown"),
        ({"item": "name", "value": ""}, "registry.name_missing"),
        ({"item": "nothing"}, "registry.item_unknown"),
        ({"value": "示例路 4 号"}, "registry.nothing_changed"),
    ],
)
def test_a_correction_that_cannot_be_is_refused_and_leaves_nothing(changes: dict[str, str], rule: str) -> None:
    body = Organization.objects.get(credit_code=SHENZHEN)
    dana = actor_of("dana")
    values = {"item": "domicile", "value": "示例路 9 号", "reason": "证书", **changes}
    before = Source.objects.count()
    with pytest.raises(RuleViolation) as caught:
        correct_item(actor=dana, organization=body, **values)
    assert caught.value.code == rule
    assert Source.objects.count() == before


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["edith", "rosa", "rita", "adam"])
def test_only_an_officer_of_the_division_corrects(name: str) -> None:
    body = Organization.objects.get(credit_code=GUANGDONG)
    with pytest.raises(NotAllowed):
        correct_item(actor=actor_of(name), organization=body, item="domicile", value="别处", reason="试")


@pytest.mark.django_db
def test_the_page_counts_the_same_queries_for_a_long_history(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    body = Organization.objects.get(credit_code=HUANGPU)
    assert body.standing == Standing.CANCELLED
    with django_assert_num_queries(4):
        record_of(body)
    source = Source.objects.order_by("pk")[0]
    for number in range(30):
        amend(
            Version,
            owner={"org_id": body.pk},
            on=dt.date(2019, 1, 1) + dt.timedelta(days=number),
            changes={"domicile": f"示例路 {number} 号"},
            about={"source_id": source.pk, "source_row": None, "event": "list_changed"},
        )
    with django_assert_num_queries(4):
        record = record_of(body)
    assert len(record.history) == 31


@pytest.mark.django_db
def test_as_of_answers_what_stood_then_and_what_was_known_then() -> None:
    body = Organization.objects.get(credit_code=NATIONAL)
    first = Version.objects.get(org=body)
    with acting(IMPORTER):
        load(f"{HEAD}\n示例××研究会\t{NATIONAL}\t2012-03-19\t\t\t\t")
    today = Version.objects.current().as_of(dt.date(2999, 1, 1)).get(org=body)
    assert today.name == "示例××研究会"
    assert Version.objects.as_of(dt.date(2013, 1, 1)).get(org=body).name == first.name
    assert not Version.objects.as_of(dt.date(2001, 1, 1)).filter(org=body).exists()


@pytest.mark.django_db
def test_a_spreadsheet_takes_no_exported_cell_for_a_formula(tmp_path: Path) -> None:
    load(f"{HEAD}\n=cmd××基金会\t{code(1)}\t\t\t\t\t")
    file = tmp_path / "register.csv"
    assert commands.export_organizations(file) == 0
    text = file.read_text(encoding="utf-8-sig")
    assert "'=cmd××基金会" in text
    assert len(text.splitlines()) == Organization.objects.count() + 1


def by_command(tmp_path: Path, mapping: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Exit code, output and errors of a dry run with a mapping file."""
    file, given = tmp_path / "list.tsv", tmp_path / "map.toml"
    file.write_text(f"全名\t统一社会信用代码\t本金\n深圳市××一基金会\t{code(1)}\t200.00", encoding="utf-8")
    given.write_text(mapping, encoding="utf-8")
    status = commands.import_organizations(actor=IMPORTER, file=file, apply=False, as_json=True, mapping=given)
    printed = capsys.readouterr()
    return status, printed.out, printed.err


@pytest.mark.django_db
def test_a_mapping_file_says_what_the_columns_and_units_mean(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping = '[columns]\n"全名" = "name"\n"本金" = "fund"\n'
    status, told, _errors = by_command(tmp_path, mapping, capsys)
    assert (status, [one["rule"] for one in json.loads(told)["problems"]]) == (3, ["import.amount_unit_missing"])
    status, told, _errors = by_command(tmp_path, f'dated = 2020-01-01\n{mapping}[values]\nfund = "万元"', capsys)
    answer = json.loads(told)
    assert (status, answer["created"], answer["problems"], answer["applied"]) == (0, 1, [], False)
    assert not Organization.objects.filter(credit_code=code(1)).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "mapping",
    ['[columns]\n"名" = "name"', "[columns", 'dated = "gestern"', '[values]\nfund = "斤"', "[columns]\n全名=1"],
)
def test_a_mapping_file_that_is_not_understood_is_refused(
    mapping: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, told, errors = by_command(tmp_path, mapping, capsys)
    assert (status, told) == (2, "")
    assert errors.startswith("gongzhi: list.tsv:")


@pytest.mark.real_data
@pytest.mark.django_db
def test_the_real_lists_come_in_by_command(real_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, expected in (("foundations_national", (92, 92, 0)), ("foundations_local", (33, 32, 1))):
        file = real_data / "register" / f"{name}.tsv"
        assert commands.import_organizations(actor=IMPORTER, file=file, apply=False, as_json=True) == 3
        dry = json.loads(capsys.readouterr().out)
        assert (dry["rows"], dry["created"], dry["rejected"]) == expected
        assert all({"row", "column", "value", "rule", "remedy"} <= set(problem) for problem in dry["problems"])
        assert commands.import_organizations(actor=IMPORTER, file=file, apply=True, as_json=True) == 3
        capsys.readouterr()
        commands.import_organizations(actor=IMPORTER, file=file, apply=True, as_json=True)
        again = json.loads(capsys.readouterr().out)
        assert (again["created"], again["changed"], again["unchanged"]) == (0, 0, expected[1])
    local = Version.objects.filter(source__file_name="foundations_local.tsv")
    assert local.count() == 32
    assert not local.exclude(fund_fen=None).exists()
    assert Organization.objects.matching("教育").count() > 10
    assert Organization.objects.matching("总会").exists()
