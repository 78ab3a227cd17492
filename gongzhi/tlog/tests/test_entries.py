"""The bytes of an entry: exactly the published form, and nothing personal in them."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import random
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhi.tlog import entries, merkle
from gongzhi.tlog.contracts import SealedRecord, Value, WrittenRecord
from gongzhi.tlog.entries import NotSealable
from gongzhi.tlog.enums import PUBLIC_FIELDS, EntryType
from gongzhi.tlog.verify import Verdict, batch_verdict, entry_verdict, row_verdict

SEAL = uuid.UUID("00112233445566778899aabbccddeeff")
AT = dt.datetime(2026, 11, 22, 3, 59, 58, tzinfo=dt.timezone(dt.timedelta(hours=8)))
#: A code with the right check character; made up.
CODE = "53100000MJ0000000J"
#: Personal values that must never be found in an entry.
PHONE, CARD, NAME = "13812340013", "110101199003074514", "王小明"

names = st.from_regex(r"[a-z][a-z0-9_]{1,20}", fullmatch=True)
values = st.text(max_size=40) | st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans() | st.none()


def build(**changes: Any) -> bytes:
    arguments: dict[str, Any] = {
        "kind": EntryType.DONATION_RECEIVED,
        "seal": SEAL,
        "at": AT,
        "committed": bytes(32),
        "public": {},
    }
    return entries.build(**(arguments | changes))


def valid_code() -> str:
    """`CODE` with its check character worked out, so that the test does not lean on a typed one."""
    body = CODE[:17]
    return next(body + last for last in "0123456789ABCDEFGHJKLMNPQRTUWXY" if entries.is_credit_code(body + last))


def test_an_entry_is_exactly_the_published_form() -> None:
    code = valid_code()
    assert (
        build(org=code, ref=SEAL)
        == (
            '{"c":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","id":"00112233445566778899aabbccddeeff",'
            f'"org":"{code}","ref":"00112233445566778899aabbccddeeff","t":"donation.received","ts":"2026-11-21T19Z","v":1}}'
        ).encode()
    )
    assert b'"org":null,"ref":null' in build()


def test_public_fields_and_the_number_of_rows_stand_beside_the_commitment() -> None:
    body = build(kind=EntryType.EXPORT_MADE, public={"rows": 7, "file": "a" * 64}, rows=3)
    entry = json.loads(body)
    assert (entry["p"], entry["n"]) == ({"rows": 7, "file": "a" * 64}, 3)


def test_the_commitment_is_what_the_notes_say() -> None:
    salts = {"amount_fen": bytes(range(32)), "donor_name": bytes(range(32, 64))}
    parts = [
        hmac.new(salts["amount_fen"], b'["amount_fen",12345]', hashlib.sha256).digest(),
        hmac.new(salts["donor_name"], '["donor_name","王小明"]'.encode(), hashlib.sha256).digest(),
    ]
    expected = hashlib.sha256(b"rec/v1\n" + parts[0] + parts[1]).digest()
    assert entries.commitment({"donor_name": NAME, "amount_fen": 12345}, salts) == expected


def test_one_field_can_be_shown_without_the_others() -> None:
    fields: dict[str, Value] = {"amount_fen": 12345, "donor_name": NAME}
    salts = {name: hashlib.sha256(name.encode()).digest() for name in fields}
    hidden = entries.field_commitment(salts["donor_name"], "donor_name", NAME)
    shown = entries.field_commitment(salts["amount_fen"], "amount_fen", 12345)
    assert hashlib.sha256(b"rec/v1\n" + shown + hidden).digest() == entries.commitment(fields, salts)


@given(st.dictionaries(names, values, min_size=1, max_size=6), st.data())
def test_any_changed_field_breaks_the_commitment(fields: dict[str, Any], data: st.DataObject) -> None:
    salts = {name: hashlib.sha256(name.encode()).digest() for name in fields}
    body = build(committed=entries.commitment(fields, salts))
    record = SealedRecord(private=fields)
    assert entry_verdict(body, record, salts) is Verdict.HOLDS
    name = data.draw(st.sampled_from(sorted(fields)))
    other = data.draw(values.filter(lambda value: repr(value) != repr(fields[name])))
    assert entry_verdict(body, SealedRecord(private=fields | {name: other}), salts) is Verdict.BROKEN
    rest = {key: value for key, value in salts.items() if key != name}
    assert entry_verdict(body, record, rest) is Verdict.ERASED


@given(st.sampled_from(EntryType), st.dictionaries(names, values, max_size=3))
def test_no_type_lets_a_number_or_a_name_of_a_person_through(kind: EntryType, extra: dict[str, Any]) -> None:
    for canary in (PHONE, CARD, NAME, int(PHONE), f"code.{PHONE}", f"{PHONE}/"):
        for field in PUBLIC_FIELDS.get(kind, {"anything": None}):
            with pytest.raises(NotSealable):
                build(kind=kind, public={field: canary}, ref=SEAL)
        fields = {"canary": canary, **extra}
        salts = {name: bytes(32) for name in fields}
        body = build(kind=kind, committed=entries.commitment(fields, salts), ref=SEAL).decode()
        assert str(canary) not in body
    with pytest.raises(NotSealable):
        build(kind=kind, org=CARD, ref=SEAL)


def test_the_canary_search_would_find_one() -> None:
    """Negative control: an entry that did hold the number would be noticed."""
    assert PHONE in entries.canonical({"c": PHONE}).decode()


@pytest.mark.parametrize(
    ("kind", "public"),
    [
        (EntryType.ORG_REGISTERED, {"valid_from": "2026-01-01", "path": "44/4403/440305/", "standing": "normal"}),
        (EntryType.ORG_REGISTERED, {"path": "/"}),
        (EntryType.DRAW_COMMITTED, {"algorithm": "draw/v1".replace("/", "."), "take": 3, "list": "0" * 64}),
        (EntryType.SOFTWARE_RELEASED, {"release": "0.1.0"}),
    ],
)
def test_what_the_list_names_may_stand_in_clear(kind: EntryType, public: dict[str, Any]) -> None:
    assert json.loads(build(kind=kind, public=public))["p"] == public


@pytest.mark.parametrize(
    "changes",
    [
        {"public": {"amount_fen": 5}},
        {"kind": EntryType.EXPORT_MADE, "public": {"rows": True}},
        {"kind": EntryType.EXPORT_MADE, "public": {"rows": -1}},
        {"kind": EntryType.EXPORT_MADE, "public": {"rows": "7"}},
        {"kind": EntryType.ORG_CHANGED, "public": {"valid_from": "2026-01-01 or so"}},
        {"kind": EntryType.ORG_CHANGED, "public": {"valid_from": "２０２６-01-01"}},
        {"kind": EntryType.RECORD_ERASED},
        {"kind": EntryType.RECORD_CORRECTED},
        {"kind": EntryType.DONATION_REVERSED},
        {"org": "53100000MJ00000000"},
        {"org": ""},
    ],
)
def test_what_no_entry_may_hold(changes: dict[str, Any]) -> None:
    with pytest.raises(NotSealable):
        build(**changes)


@pytest.mark.parametrize("value", [1.5, dt.date(2026, 1, 1), b"x", ["a"], 2**53, "\ud800"])
def test_a_value_without_one_text_is_refused(value: Any) -> None:
    with pytest.raises(NotSealable):
        entries.commitment({"field": value}, {"field": bytes(32)})


@pytest.mark.parametrize("name", ["c", "p", "Name", "a b", "", "姓名", "x" * 49])
def test_a_name_that_could_be_taken_for_another_is_refused(name: str) -> None:
    with pytest.raises(NotSealable):
        entries.commitment({name: 1}, {name: bytes(32)})


def test_no_entry_of_any_type_is_over_one_kibibyte() -> None:
    # The shapes bound every field, so the longest value of each is the longest entry there can be.
    for kind, shapes in PUBLIC_FIELDS.items():
        samples: dict[str, Any] = {}
        for name, shape in shapes.items():
            if isinstance(shape, range):
                samples[name] = shape[-1]
            else:
                candidates = [
                    "a" * 64,
                    "2026-01-01",
                    "44/4403/440305/440305001/440305001001/",
                    "9999.9999.9999",
                    "999999999.999999",
                ]
                samples[name] = next(text for text in candidates if shape.fullmatch(text))
        body = build(kind=EntryType(kind), public=samples, org=valid_code(), ref=SEAL, rows=10**9)
        assert len(body) <= entries.LARGEST_ENTRY


def test_a_credit_code_is_told_from_an_identity_number_and_from_a_mistyped_one() -> None:
    code = valid_code()
    assert entries.is_credit_code(code)
    assert not entries.is_credit_code(CARD)
    assert not entries.is_credit_code(code.lower())
    assert not entries.is_credit_code(code[:-1])
    assert not entries.is_credit_code(("6" if code[0] == "5" else "5") + code[1:])


def test_the_leaf_of_a_row() -> None:
    public = SealedRecord(public={"name": "某某基金会", "fund_fen": 800000000})
    plain = entries.row_leaf(public, None)
    assert plain == merkle.leaf_hash('{"fund_fen":800000000,"name":"某某基金会"}'.encode())
    assert row_verdict(plain, public, None) is Verdict.HOLDS
    private = SealedRecord(private={"minutes": 90, "volunteer": 7})
    with pytest.raises(NotSealable):
        entries.row_leaf(private, None)
    salted = entries.row_leaf(private, bytes(32))
    assert salted != entries.row_leaf(private, bytes([1]) * 32)
    assert row_verdict(salted, private, bytes(32)) is Verdict.HOLDS
    assert row_verdict(salted, SealedRecord(private={"minutes": 91, "volunteer": 7}), bytes(32)) is Verdict.BROKEN
    assert row_verdict(salted, private, None) is Verdict.ERASED


def test_a_bulk_entry_breaks_when_a_leaf_is_changed_lost_added_or_moved() -> None:
    leaves = [merkle.leaf_hash(bytes([at])) for at in range(5)]
    body = build(committed=merkle.root(leaves), rows=5)
    assert base64.b64decode(json.loads(body)["c"]) == merkle.root(leaves)
    assert batch_verdict(body, leaves) is Verdict.HOLDS
    for other in ([*leaves[:4], bytes(32)], leaves[:4], [*leaves, bytes(32)], [leaves[1], leaves[0], *leaves[2:]], []):
        assert batch_verdict(body, other) is Verdict.BROKEN


@given(st.dictionaries(names, values, max_size=8))
def test_the_fast_text_of_flat_fields_is_the_canonical_one(fields: dict[str, Value]) -> None:
    assert entries.canonical_fields(fields) == entries.canonical(fields)


@given(st.dictionaries(names, values.filter(lambda value: value != ""), min_size=2, max_size=8), st.randoms())
def test_the_text_a_layout_writes_is_the_canonical_one(fields: dict[str, Value], draw: random.Random) -> None:
    order = sorted({*fields, "left_out"})
    draw.shuffle(order)
    text = entries.Layout(order).text([fields.get(name, "") for name in order])
    assert text == entries.canonical(fields)
    assert entries.row_leaf(WrittenRecord(text), None) == entries.row_leaf(SealedRecord(public=fields), None)


@pytest.mark.parametrize("wrong", [2**53, -(2**53), "\ud800", 1.5, dt.date(2026, 1, 1)])
def test_a_layout_refuses_what_no_sealed_field_may_hold(wrong: Any) -> None:
    with pytest.raises(NotSealable):
        entries.Layout(["name", "value"]).text(["某某", wrong])
    with pytest.raises(NotSealable):
        entries.Layout(["name", "n"])


def test_what_has_no_canonical_text_has_no_fast_one_either() -> None:
    for value in (2**53, -(2**53), "\ud800"):
        with pytest.raises(NotSealable):
            entries.canonical_fields({"ab": value})
        with pytest.raises(NotSealable):
            entries.canonical({"ab": value})
