"""Sealing: in the caller's transaction, by those who may, provable afterwards, erasable for ever."""

import json
import threading
import uuid
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, connections, transaction

from gongzhi.audit.models import Event
from gongzhi.core.actor import Actor
from gongzhi.core.crypto import CannotOpen
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed
from gongzhi.tlog import actions, merkle, vault
from gongzhi.tlog.contracts import SealedRecord, SealedRow, Subject, Value
from gongzhi.tlog.entries import NotSealable
from gongzhi.tlog.enums import EntryType
from gongzhi.tlog.models import BatchRow, Pending, Salt, SubjectKey
from gongzhi.tlog.verify import Verdict, batch_verdict, entry_verdict, row_verdict
from tests.plugin import cluster
from tests.world import account_of, actor_of

PROCESS = Actor.system("test")
DONOR = Subject("accounts.person", 900001)
OTHER = Subject("accounts.person", 900002)
GIFT: dict[str, Value] = {"amount_fen": 12345, "donor_name": "王小明", "donor_phone": "13812340013"}


def give(subject: Subject = DONOR, **changes: Any) -> uuid.UUID:
    with acting(PROCESS) as actor:
        arguments: dict[str, Any] = {"kind": EntryType.DONATION_RECEIVED, "subject": subject, "private": GIFT} | changes
        return actions.seal(actor=actor, **arguments)


def body_of(seal: uuid.UUID) -> bytes:
    return bytes(Pending.objects.get(seal=seal).body)


@pytest.mark.django_db
def test_a_sealed_fact_can_be_checked_from_the_row_and_the_opened_salts() -> None:
    seal = give()
    salts = vault.open_salts(seal)
    assert entry_verdict(body_of(seal), SealedRecord(private=GIFT), salts) is Verdict.HOLDS
    changed = SealedRecord(private=GIFT | {"amount_fen": 12346})
    assert entry_verdict(body_of(seal), changed, salts) is Verdict.BROKEN
    assert json.loads(body_of(seal))["id"] == seal.hex


@pytest.mark.django_db
def test_neither_the_entry_nor_the_vault_holds_a_personal_value_or_a_readable_salt() -> None:
    seal = give()
    salts = vault.open_salts(seal)
    stored = body_of(seal) + b"".join(bytes(row.salt_ciphertext) for row in Salt.objects.filter(seal=seal))
    stored += bytes(SubjectKey.objects.get(subject_kind=DONOR.kind, subject_id=DONOR.id).dek_sealed)
    for value in (*GIFT.values(), *salts.values()):
        raw = value if isinstance(value, bytes) else str(value).encode()
        assert raw not in stored
    assert len(set(salts.values())) == len(GIFT)


@pytest.mark.django_db
def test_the_same_fact_sealed_twice_cannot_be_told_to_be_the_same() -> None:
    first, second = (json.loads(body_of(give())) for _ in range(2))
    assert first["c"] != second["c"]
    assert first["id"] != second["id"]
    assert SubjectKey.objects.filter(subject_kind=DONOR.kind, subject_id=DONOR.id).count() == 1


@pytest.mark.django_db
def test_a_model_row_can_be_the_subject() -> None:
    with acting(PROCESS) as actor:
        person = account_of("rita").person
        actions.seal(actor=actor, kind=EntryType.DONATION_RECEIVED, subject=person, private=GIFT)
    assert SubjectKey.objects.filter(subject_kind="accounts.person", subject_id=person.pk).exists()


@pytest.mark.django_db
def test_a_salt_moved_to_another_row_or_changed_does_not_open() -> None:
    seal, other = give(), give()
    row = Salt.objects.get(seal=seal, field="amount_fen")
    key = vault.keys_of([DONOR])[DONOR]
    assert vault.unlock_salt(key, seal=seal, field="amount_fen", value=row.salt_ciphertext)
    wrong = bytearray(row.salt_ciphertext)
    wrong[-1] ^= 1
    for where, field, value in (
        (other, "amount_fen", bytes(row.salt_ciphertext)),
        (seal, "donor_name", bytes(row.salt_ciphertext)),
        (seal, "amount_fen", bytes(wrong)),
        (seal, "amount_fen", b""),
        (seal, "amount_fen", b"\x09" + bytes(row.salt_ciphertext)[1:]),
    ):
        with pytest.raises(CannotOpen):
            vault.unlock_salt(key, seal=where, field=field, value=value)
    stranger = vault.keys_of([OTHER])[OTHER]
    with pytest.raises(CannotOpen):
        vault.unlock_salt(stranger, seal=seal, field="amount_fen", value=row.salt_ciphertext)


@pytest.mark.django_db
def test_what_may_not_be_sealed_leaves_nothing_behind() -> None:
    before = Pending.objects.count(), Salt.objects.count()
    for wrong in (
        {"subject": None},
        {"public": {"donor_name": "王小明"}},
        {"private": {"amount": 1.5}},
        {"kind": EntryType.DONATION_REVERSED},
    ):
        with pytest.raises(NotSealable):
            give(**wrong)
    assert (Pending.objects.count(), Salt.objects.count()) == before


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [EntryType.RECORD_ERASED, EntryType.KEY_ROTATED, EntryType.SOFTWARE_RELEASED])
def test_entries_about_the_platform_come_from_its_processes_only(kind: EntryType) -> None:
    ref = uuid.uuid4()
    for name in ("adam", "dana", "rita", "visitor"):
        with pytest.raises(NotAllowed), acting(actor_of(name)) as actor:
            actions.seal(actor=actor, kind=kind, ref=ref)
        with pytest.raises(NotAllowed), acting(actor_of(name)) as actor:
            actions.seal_batch(actor=actor, kind=kind, rows=[], ref=ref)
    give(kind=kind, private=None, ref=ref)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["rita", "dana", "visitor"])
def test_whoever_may_do_an_act_has_it_sealed_in_their_own_scope(name: str) -> None:
    with acting(actor_of(name)) as actor:
        seal = actions.seal(actor=actor, kind=EntryType.DONATION_RECEIVED, subject=DONOR, private=GIFT)
        assert set(vault.open_salts(seal)) == set(GIFT)


@pytest.mark.usefixtures("fresh_database")
def test_a_seal_outside_a_transaction_is_refused_and_a_rolled_back_one_is_gone() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        actions.seal(actor=PROCESS, kind=EntryType.DONATION_RECEIVED)
    with pytest.raises(transaction.TransactionManagementError):
        actions.seal_batch(actor=PROCESS, kind=EntryType.REGISTER_IMPORTED, rows=imported(1))
    before = Pending.objects.count(), BatchRow.objects.count()  # the seeded world may have sealed something itself
    with transaction.atomic():
        seal = give()
        with acting(PROCESS) as actor:
            actions.seal_batch(actor=actor, kind=EntryType.REGISTER_IMPORTED, rows=imported(3))
        assert Pending.objects.count() == before[0] + 2
        transaction.set_rollback(True)
    assert (Pending.objects.count(), BatchRow.objects.count()) == before
    assert not vault.open_salts(seal)
    give()
    assert Pending.objects.count() == before[0] + 1  # the negative control: one that commits stays


# --- bulk entries ---


def imported(count: int) -> list[SealedRow]:
    return [
        SealedRow("registry.version", at + 1, SealedRecord(public={"name": f"某某第{at}服务中心", "fund_fen": at}))
        for at in range(count)
    ]


@pytest.mark.django_db
def test_a_bulk_entry_holds_the_root_and_every_row_can_be_proved_by_itself() -> None:
    rows = imported(301)
    with acting(PROCESS) as actor:
        seal = actions.seal_batch(actor=actor, kind=EntryType.REGISTER_IMPORTED, rows=rows, public={"file": "0" * 64})
    leaves = [
        bytes(leaf) for leaf in BatchRow.objects.filter(seal=seal).order_by("position").values_list("leaf", flat=True)
    ]
    assert batch_verdict(body_of(seal), leaves) is Verdict.HOLDS
    stored = BatchRow.objects.get(seal=seal, row_kind="registry.version", row_id=201)
    assert row_verdict(bytes(stored.leaf), rows[200].record, None) is Verdict.HOLDS
    assert merkle.verify_inclusion(
        index=stored.position,
        size=301,
        leaf=bytes(stored.leaf),
        proof=merkle.inclusion_proof(leaves, stored.position),
        root=merkle.root(leaves),
    )


@pytest.mark.django_db
def test_a_bulk_entry_costs_the_same_statements_for_3_rows_and_300(django_assert_num_queries: Any) -> None:
    for count in (3, 300):
        rows = [
            SealedRow("volunteering.hours", at, SealedRecord(private={"minutes": 90}), Subject("accounts.person", at))
            for at in range(count)
        ]
        SubjectKey.objects.all().delete()
        # a savepoint around the leaves; find keys, number them, make them, find them again; salts, the entry
        with acting(PROCESS) as actor, django_assert_num_queries(9):
            actions.seal_batch(actor=actor, kind=EntryType.HOURS_BATCH, rows=rows)


@pytest.mark.django_db
def test_rows_about_persons_are_salted_each_by_itself() -> None:
    record = SealedRecord(private={"minutes": 90, "volunteer": "王小明"})
    rows = [SealedRow("volunteering.hours", at, record, subject) for at, subject in enumerate([DONOR, OTHER, DONOR])]
    with acting(PROCESS) as actor:
        seal = actions.seal_batch(actor=actor, kind=EntryType.HOURS_BATCH, rows=rows)
    leaves = [
        bytes(leaf) for leaf in BatchRow.objects.filter(seal=seal).order_by("position").values_list("leaf", flat=True)
    ]
    seeds = vault.open_salts(seal)
    assert len(set(leaves)) == len(set(seeds.values())) == 3
    assert [row_verdict(leaf, record, seeds[f"row/{at}"]) for at, leaf in enumerate(leaves)] == [Verdict.HOLDS] * 3
    with acting(PROCESS) as actor:
        assert actions.erase_subject(actor=actor, subject=DONOR) == 1
    left = vault.open_salts(seal)
    assert set(left) == {"row/1"}
    assert row_verdict(leaves[1], record, left["row/1"]) is Verdict.HOLDS
    assert batch_verdict(body_of(seal), leaves) is Verdict.HOLDS


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        (EntryType.HOURS_BATCH, imported(2)),
        (EntryType.HOURS_BATCH, [SealedRow("volunteering.hours", 1, SealedRecord(private={"minutes": 9}))]),
        (EntryType.REGISTER_IMPORTED, []),
    ],
)
def test_a_bulk_entry_that_could_be_guessed_or_is_empty_is_refused(kind: EntryType, rows: list[SealedRow]) -> None:
    with pytest.raises(NotSealable), acting(PROCESS) as actor:
        actions.seal_batch(actor=actor, kind=kind, rows=rows)


@pytest.mark.django_db
def test_a_row_stands_once_under_a_bulk_entry() -> None:
    with pytest.raises(IntegrityError, match="tlog_batch_row_once"), acting(PROCESS) as actor:
        actions.seal_batch(actor=actor, kind=EntryType.REGISTER_IMPORTED, rows=imported(1) * 2)


# --- erasure ---


@pytest.mark.django_db
def test_what_was_erased_opens_no_more_and_what_others_sealed_still_does() -> None:
    mine, theirs = [give(), give()], give(OTHER)
    with acting(PROCESS) as actor:
        assert actions.erase_subject(actor=actor, subject=DONOR) == 2
        assert actions.erase_subject(actor=actor, subject=DONOR) == 0
    for seal in mine:
        assert entry_verdict(body_of(seal), SealedRecord(private=GIFT), vault.open_salts(seal)) is Verdict.ERASED
    assert entry_verdict(body_of(theirs), SealedRecord(private=GIFT), vault.open_salts(theirs)) is Verdict.HOLDS
    told = [json.loads(bytes(row.body)) for row in Pending.objects.all()]
    assert {entry["ref"] for entry in told if entry["t"] == "record.erased"} == {seal.hex for seal in mine}
    event = Event.objects.get(event="tlog.subject.erased")
    assert event.details == {"entries": 2}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["adam", "dana", "rita", "visitor"])
def test_nobody_erases_by_hand(name: str) -> None:
    with pytest.raises(NotAllowed), acting(actor_of(name)) as actor:
        actions.erase_subject(actor=actor, subject=DONOR)


# --- what the database itself refuses ---


def insert(body: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO tlog_pending (seal, body) VALUES (gen_random_uuid(), %s)", [body])


@pytest.mark.django_db
def test_an_entry_is_no_larger_than_a_bundle_can_hold() -> None:
    insert(bytes(65535))
    with pytest.raises(IntegrityError, match="tlog_pending_size"):
        insert(bytes(65536))


@pytest.mark.django_db
def test_a_seal_is_given_once() -> None:
    body = body_of(seal := give())
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("INSERT INTO tlog_pending (seal, body) VALUES (%s, %s)", [seal, body])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("position", "size", "constraint"), [(0, 32, ""), (-1, 32, "tlog_batch_position"), (0, 31, "tlog_batch_leaf_size")]
)
def test_a_leaf_has_32_bytes_and_a_place(position: int, size: int, constraint: str) -> None:
    def add() -> None:
        BatchRow.objects.create(seal=uuid.uuid4(), position=position, row_kind="x", row_id=1, leaf=bytes(size))

    if constraint:
        with pytest.raises(IntegrityError, match=constraint):
            add()
    else:
        add()


@pytest.mark.django_db
def test_a_subject_has_one_key() -> None:
    key = vault.keys_of([DONOR])[DONOR]
    assert vault.keys_of([DONOR, OTHER])[DONOR] == key
    with pytest.raises(IntegrityError, match="vault_subject_key_one"):
        SubjectKey.objects.create(subject_kind=DONOR.kind, subject_id=DONOR.id, dek_sealed=b"x")


#: Statement → whether the application's role may run it, on tables that hold rows.
PRIVILEGES = {
    "SELECT body FROM tlog_pending": True,
    "UPDATE tlog_pending SET body = body": False,
    "DELETE FROM tlog_pending": False,
    "TRUNCATE tlog_pending": False,
    "SELECT leaf FROM tlog_batch": True,
    "UPDATE tlog_batch SET leaf = leaf": False,
    "DELETE FROM tlog_batch": False,
    "TRUNCATE tlog_batch": False,
    "UPDATE vault_salt SET salt_ciphertext = ''": False,
    "TRUNCATE vault_salt": False,
    "UPDATE vault_subject_key SET subject_id = 1": False,
    "TRUNCATE vault_subject_key CASCADE": False,
    "UPDATE vault_subject_key SET dek_sealed = dek_sealed": True,
    "DELETE FROM vault_salt": True,
    "DELETE FROM vault_subject_key": True,
}
LOG_PRIVILEGES = {
    "SELECT body FROM tlog_pending FOR UPDATE": True,
    "DELETE FROM tlog_pending": True,
    "SELECT leaf FROM tlog_batch": True,
    "INSERT INTO tlog_batch (seal, position, row_kind, row_id, leaf) VALUES (gen_random_uuid(), 0, 'x', 1, '')": False,
    "SELECT * FROM vault_salt": False,
    "SELECT * FROM vault_subject_key": False,
    "SELECT * FROM accounts_person": False,
}


@pytest.mark.parametrize(("role", "statements"), [("gz_app", PRIVILEGES), ("gz_log", LOG_PRIVILEGES)])
def test_the_roles_may_do_no_more_than_they_need(fresh_database: str, role: str, statements: dict[str, bool]) -> None:
    give()
    with acting(PROCESS) as actor:
        actions.seal_batch(actor=actor, kind=EntryType.REGISTER_IMPORTED, rows=imported(2))
    with psycopg.connect(cluster.url(role, fresh_database), autocommit=True) as other:
        for statement, allowed in statements.items():
            if allowed:
                other.execute(statement)
            else:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    other.execute(statement)


def test_even_the_owner_does_not_change_leaves(fresh_database: str) -> None:
    with acting(PROCESS) as actor:
        actions.seal_batch(actor=actor, kind=EntryType.REGISTER_IMPORTED, rows=imported(2))
    with psycopg.connect(cluster.url("gz_owner", fresh_database), autocommit=True) as owner:
        for statement in ("UPDATE tlog_batch SET row_id = 9", "DELETE FROM tlog_batch", "TRUNCATE tlog_batch"):
            with pytest.raises(psycopg.errors.RestrictViolation):
                owner.execute(statement)


def test_two_seals_at_once_share_one_key(fresh_database: str) -> None:
    """The second waits for the first, then uses its key; its own was never stored."""
    started = threading.Barrier(2)
    faults: list[Exception] = []
    seals: list[uuid.UUID] = []

    def work() -> None:
        try:
            started.wait(10)
            seals.append(give())
        except Exception as error:  # the thread hands it to the test
            faults.append(error)
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not faults
    assert SubjectKey.objects.filter(subject_kind=DONOR.kind, subject_id=DONOR.id).count() == 1
    assert len(seals) == 2
    for seal in seals:
        assert entry_verdict(body_of(seal), SealedRecord(private=GIFT), vault.open_salts(seal)) is Verdict.HOLDS
