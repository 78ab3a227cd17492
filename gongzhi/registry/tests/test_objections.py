"""Anybody may say that an entry is wrong; the authority answers; nobody else learns who it was."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from gongzhi.accounts.models import Account
from gongzhi.audit.models import Event
from gongzhi.core.actor import Actor
from gongzhi.core.crypto import blind_index, unseal
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.ids import ALPHABET
from gongzhi.notify.models import Message
from gongzhi.orgs.models import Organization
from gongzhi.registry import actions
from gongzhi.registry.actions.objections import (
    CODE_LENGTH,
    CODES_AN_HOUR,
    OBJECTIONS_AN_HOUR,
    Handed,
    count_wrong_code,
    open_with_code,
)
from gongzhi.registry.models import Objection, Source, Version
from gongzhi.registry.selectors import record_of, surroundings_of
from tests.world import SHENZHEN, account_of, actor_of

SAYS = {"item": "domicile", "says": "示例路 8 号", "evidence": "登记证书照片"}
ADDRESS = "192.0.2.7"


def body() -> Organization:
    return Organization.objects.get(credit_code=SHENZHEN)


def hand_in(who: str = "visitor", **changes: Any) -> Handed:
    with acting(actor_of(who)) as actor:
        return actions.raise_objection(actor=actor, organization=body(), **{**SAYS, **changes})


def kept(handed: Handed) -> Objection:
    with acting(Actor.system("test")):
        return Objection.objects.get(public_id=handed.public_id)


def answer(handed: Handed, who: str = "dana", **changes: Any) -> Objection:
    asked = {"uphold": False, "answer": "证书上就是 4 号", **changes}
    row = kept(handed)
    with acting(actor_of(who)) as actor:
        return actions.answer_objection(actor=actor, objection=row, **asked)


@pytest.mark.django_db
def test_a_visitor_hands_in_an_objection_whose_contact_is_sealed_and_whose_code_is_hashed() -> None:
    handed = hand_in(contact="138 1234 0013")
    row = kept(handed)
    assert (row.state, row.person_id, row.item, row.says) == ("open", None, "domicile", "示例路 8 号")
    assert row.contact_masked == "138****0013"
    opened = unseal(row.contact_sealed, where="registry_objection.contact_sealed", pk=row.pk)
    assert opened == "13812340013"
    assert handed.code.replace("-", "").encode() not in bytes(row.code_index)
    event = Event.objects.get(event="registry.objection.raised")
    assert event.details == {"org": body().pk, "item": "domicile"}, "no typed text stands in the audit"


@pytest.mark.django_db
def test_the_second_wall_shows_an_objection_to_nobody_but_its_authority_and_its_author() -> None:
    hand_in("rita")
    hand_in("visitor")
    seen = {}
    for who in ("visitor", "rita", "dana", "edith", "adam"):
        with acting(actor_of(who)) as actor, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM registry_objection")
            seen[who] = (cursor.fetchone()[0], Objection.objects.visible_to(actor).count())
    assert seen == {"visitor": (0, 0), "rita": (1, 1), "dana": (2, 2), "edith": (0, 0), "adam": (2, 2)}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("registry.says_missing", {"says": " "}),
        ("registry.evidence_missing", {"evidence": ""}),
        ("registry.text_too_long", {"says": "字" * 2001}),
        ("registry.contact_invalid", {"contact": "微信同号"}),
        ("registry.item_unknown", {"item": "path"}),
    ],
)
def test_an_objection_that_cannot_be_is_refused(rule: str, changes: dict[str, Any]) -> None:
    with pytest.raises(RuleViolation) as caught:
        hand_in(**changes)
    assert caught.value.code == rule


@pytest.mark.django_db
def test_one_address_hands_in_so_many_an_hour_and_another_is_free() -> None:
    for _time in range(OBJECTIONS_AN_HOUR):
        hand_in(address=ADDRESS)
    with pytest.raises(RuleViolation) as caught:
        hand_in(address=ADDRESS)
    assert caught.value.code == "registry.too_many_objections"
    hand_in(address="192.0.2.8")


@pytest.mark.django_db
def test_the_officers_in_charge_are_told_and_no_others() -> None:
    handed = hand_in()
    with acting(Actor.system("test")):
        told = set(Message.objects.filter(kind="registry.objection_raised").values_list("person_id", flat=True))
        message = Message.objects.filter(kind="registry.objection_raised")[0]
    assert told == {account_of("dana").person_id}
    assert message.params == {"number": handed.public_id}


@pytest.mark.django_db
def test_only_its_own_code_opens_an_objection_and_guessing_is_slowed_down() -> None:
    mine, other = hand_in(), hand_in(says="别的")
    with acting(Actor.visitor()):
        found = open_with_code(name=mine.public_id, code=mine.code.lower().replace("-", " "), address=ADDRESS)
        assert found is not None
        assert found.says == "示例路 8 号"
        assert open_with_code(name=mine.public_id, code=other.code, address=ADDRESS) is None
        assert open_with_code(name="NOTHING234", code=mine.code, address=ADDRESS) is None
        for _time in range(CODES_AN_HOUR):
            count_wrong_code(address=ADDRESS)
        with pytest.raises(RuleViolation) as caught:
            open_with_code(name=mine.public_id, code=mine.code, address=ADDRESS)
    assert caught.value.code == "registry.too_many_codes"


@pytest.mark.django_db
def test_a_code_has_138_bits_and_one_of_twelve_characters_handed_out_before_still_opens() -> None:
    mine, other = hand_in(), hand_in(says="别的")
    body = mine.code.replace("-", "")
    assert len(body) == CODE_LENGTH
    assert CODE_LENGTH * math.log2(len(ALPHABET)) > 128
    assert mine.code != other.code
    assert open_with_code(name=mine.public_id, code=body[:12], address=ADDRESS) is None, "a part opens nothing"
    with acting(Actor.system("tests")):
        Objection.objects.filter(public_id=mine.public_id).update(
            code_index=blind_index("objection.code", f"{mine.public_id}:ABCDEFGHJKMN")
        )
    found = open_with_code(name=mine.public_id, code="abcd-efgh-jkmn", address=ADDRESS)
    assert found is not None
    assert found.public_id == mine.public_id


@pytest.mark.django_db
def test_an_upheld_objection_corrects_the_entry_in_the_same_act() -> None:
    handed = hand_in()
    row = answer(handed, uphold=True, value="示例路 8 号", answer="经核实，证书为 8 号")
    newest = Version.objects.current().filter(org=body()).order_by("-valid_from")[0]
    assert (newest.domicile, newest.event, newest.source_id) == ("示例路 8 号", "objected", row.source_id)
    assert row.source is not None
    assert (row.source.kind, row.source.items, row.source.seal is None) == ("objection", ["domicile"], False)
    told = record_of(body()).history[0]
    assert told.is_correction
    assert told.text == "经核实，证书为 8 号"


@pytest.mark.django_db
def test_what_everybody_reads_is_the_objection_after_its_answer_and_never_its_author() -> None:
    handed, waiting = hand_in("rita", contact="rita@example.org"), hand_in(says="还有一条")
    with acting(Actor.visitor()):
        before = surroundings_of(body())
    assert (before.open_objections, list(before.answered)) == (2, [])
    answer(handed)
    with acting(Actor.visitor()):
        after = surroundings_of(body())
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM registry_objection")
            assert cursor.fetchone()[0] == 0, "the visitor's own scope is back"
    assert after.open_objections == 1
    (shown,) = after.answered
    assert (shown.says, shown.answer, shown.upheld) == ("示例路 8 号", "证书上就是 4 号", False)
    assert "rita" not in repr(after)
    assert waiting.public_id not in repr(after)
    with acting(Actor.system("test")):
        assert Message.objects.filter(
            person_id=Account.objects.get(email="rita@world.example").person_id, kind="registry.objection_answered"
        ).exists()


@pytest.mark.django_db
def test_an_objection_is_answered_once_and_with_a_text() -> None:
    handed = hand_in()
    for rule, changes in (
        ("registry.answer_missing", {"answer": "  "}),
        ("registry.nothing_changed", {"uphold": True, "value": "示例路 4 号"}),
        ("registry.item_unknown", {"uphold": True, "item": "path", "value": "44/"}),
        ("registry.value_missing", {"uphold": True, "item": "name", "value": ""}),
        ("registry.value_missing", {"uphold": True, "item": "standing", "value": "gone"}),
    ):
        with pytest.raises(RuleViolation) as caught:
            answer(handed, **changes)
        assert caught.value.code == rule
    assert not Source.objects.filter(kind="objection").exists()
    answer(handed)
    with pytest.raises(RuleViolation) as caught:
        answer(handed)
    assert caught.value.code == "registry.objection_answered"


@pytest.mark.django_db
def test_an_objection_to_the_whole_entry_may_be_upheld_without_an_item() -> None:
    row = answer(hand_in(item=""), uphold=True, answer="负责人已另行更新")
    assert row.state == "upheld"
    assert Version.objects.filter(org=body()).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["visitor", "rita", "rosa", "edith", "adam"])
def test_only_the_authority_answers(who: str) -> None:
    handed = hand_in()
    with pytest.raises((NotAllowed, Objection.DoesNotExist)):
        answer(handed, who)
    assert kept(handed).state == "open"


@pytest.mark.django_db
def test_an_objection_follows_the_body_to_another_division() -> None:
    handed = hand_in()
    with acting(actor_of("dana")) as actor:
        actions.recode(actor=actor, organization=body(), division="440304", on=dt.date(2022, 5, 1), reason="区划调整")
    assert kept(handed).path == "44/4403/440304/"


@pytest.mark.django_db
def test_a_contact_is_forgotten_ninety_days_after_the_answer_and_no_earlier() -> None:
    old, fresh, waiting = (hand_in(contact="13812340013") for _time in range(3))
    answer(old)
    answer(fresh)
    with acting(Actor.system("test")) as actor:
        for handed, days in ((old, 91), (fresh, 89)):
            Objection.objects.filter(public_id=handed.public_id).update(
                answered_at=timezone.now() - dt.timedelta(days=days)
            )
        assert actions.forget_objectors(actor=actor) == 1
        assert actions.forget_objectors(actor=actor) == 0
    assert (bytes(kept(old).contact_sealed), kept(old).contact_masked) == (b"", "")
    assert kept(fresh).contact_masked == kept(waiting).contact_masked == "138****0013"
    with acting(actor_of("dana")) as officer, pytest.raises(NotAllowed):
        actions.forget_objectors(actor=officer)
