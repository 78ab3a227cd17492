"""Real-name verification: handing in a document, deciding about it, and that one document stands for one person."""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts import numbers, policies, verifiers
from gongzhi.accounts.actions.marks import set_person_mark
from gongzhi.accounts.actions.reviews import new_item
from gongzhi.accounts.contracts import IDENTITY_REVIEW, REAL_NAME, review_queue
from gongzhi.accounts.documents import Document, Fault, age_on, read_document
from gongzhi.accounts.enums import Checked, DocumentKind, SourceAnswer, VerificationState
from gongzhi.accounts.models import Account, Person, Verification
from gongzhi.accounts.notifications import DOCUMENT_TRIED, IDENTITY_DECIDED, IDENTITY_ENDED
from gongzhi.audit import actions as audit
from gongzhi.audit.looks import reveal
from gongzhi.core import jobs, throttle
from gongzhi.core.actor import Actor
from gongzhi.core.crypto import blind_index, seal
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.ids import next_pk
from gongzhi.core.masks import mask_name
from gongzhi.core.times import today
from gongzhi.files import actions as files
from gongzhi.files.contracts import Owner
from gongzhi.files.enums import Purpose
from gongzhi.files.models import Upload
from gongzhi.notify import actions as notices
from gongzhi.reference import selectors as reference
from gongzhi.rulebook import selectors as rulebook

SEALS: dict[str, str] = {
    "ask_verification": "It is about a person.",
    "check_document": "It is about a person.",
    "withdraw_verification": "It is about a person.",
    "approve_verification": "It is about a person.",
    "refuse_verification": "It is about a person.",
    "end_verification": "It is about a person.",
    "make_known": "It is about a person.",
    "forget_proofs": "It is about people.",
}

#: Tries to be verified in a day: enough for mistakes, too few to look numbers up.
TRIES_A_DAY: Final = 5
DAY_S: Final = 86_400
LONGEST_REASON: Final = 500
SYSTEM: Final = "accounts.verification"
ALREADY: Final = _("You are verified already, or what you handed in still waits.")


def read(kind: str, number: str, born_on: dt.date | None) -> tuple[Document, dt.date]:
    """The document and the day of birth, from its number or as typed. Raises `RuleViolation` naming the field."""
    if kind not in DocumentKind.values:
        raise RuleViolation("accounts.document_kind", _("Choose which document it is."), field="kind")
    try:
        document = read_document(kind, number, on=today())
    except Fault as fault:
        raise RuleViolation(f"accounts.document_{fault.code}", fault.message, field="number") from fault
    born = document.born_on or born_on
    if born is None:
        raise RuleViolation(
            "accounts.birth_missing", _("Enter the day of birth as it stands in the document."), field="born_on"
        )
    if born > today() or born.year < 1900:
        raise RuleViolation("accounts.birth_wrong", _("This day of birth cannot be right."), field="born_on")
    if document.born_on and born_on and born_on != document.born_on:
        raise RuleViolation(
            "accounts.birth_differs",
            _("The number names another day of birth. Leave this empty or compare both."),
            field="born_on",
        )
    return document, born


def index_of(document: Document) -> bytes:
    """The keyed hash by which one document is found again."""
    return blind_index("accounts.document", f"{document.kind}:{document.number}")


def clean_name(name: str) -> str:
    """The name as it stands in the document. Raises `RuleViolation`."""
    name = " ".join(unicodedata.normalize("NFKC", name).split())
    if not name:
        raise RuleViolation("accounts.name_missing", _("Give the person's name."), field="name")
    if len(name) > 100 or any(character.isdigit() for character in name):
        raise RuleViolation("accounts.name_wrong", _("Enter the name as it stands in the document."), field="name")
    return name


def check_age(born_on: dt.date, path: str, *, guarded: bool = False) -> None:
    """Refuse an account of one's own below the age without civil capacity, and below the one at which a parent's
    consent is needed to use data, unless a guardian is there: both are read in the law itself."""
    numbers_of = rulebook.values(["volunteer.capacity_none_below", "privacy.parental_consent_below"], path=path)
    age = age_on(born_on, today())
    if age < numbers_of["volunteer.capacity_none_below"].number:
        raise RuleViolation(
            "accounts.too_young",
            _("Children of this age have no account of their own: they come along with their family."),
            field="number",
        )
    if age < numbers_of["privacy.parental_consent_below"].number and not guarded:
        raise RuleViolation(
            "accounts.guardian_needed",
            _("At this age a parent or guardian has to agree. Come to a counter together, with both documents."),
            field="number",
        )


def sealed(pk: int, name: str, document: Document, born_on: dt.date) -> dict[str, Any]:
    """What stands of a document in the row `pk`: sealed, masked, and as a keyed hash."""
    return {
        "kind": document.kind,
        "name_sealed": seal(name, where="accounts_verification.name_sealed", pk=pk),
        "name_masked": mask_name(name),
        "number_sealed": seal(document.number, where="accounts_verification.number_sealed", pk=pk),
        "number_masked": document.masked,
        "number_index": index_of(document),
        "born_sealed": seal(born_on.isoformat(), where="accounts_verification.born_sealed", pk=pk),
        "born_masked": str(born_on.year),
        "doubts": ",".join(document.doubts),
    }


def holder_of(index: bytes) -> Verification | None:
    """Who stands verified with a document, whoever it is: read by the platform, because no single scope sees it."""
    with acting(Actor.system(SYSTEM)):
        return Verification.objects.standing().filter(number_index=index).first()


@transaction.atomic
def ask_verification(
    *,
    actor: Actor,
    kind: str,
    name: str,
    number: str,
    division: str,
    proof: UploadedFile[Any] | str,
    born_on: dt.date | None = None,
) -> Verification:
    """Hand in a document with a picture of it, to be verified by a person in one's division.

    The answer is the same whether or not the document stands for somebody else already: who types another's number
    learns nothing, and the other is told that it was tried. Raises `RuleViolation` naming the field, `NotAllowed`.
    """
    if not policies.can_ask_verification(actor):
        raise NotAllowed("accounts.own_identity")
    person_id = actor.scope.person or 0
    person = Person.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=person_id)
    if Verification.objects.visible_to(actor).filter(state__in=["asked", "verified"]).exists():
        raise RuleViolation("accounts.verification_exists", ALREADY)
    if not throttle.hit(f"verification:{person_id}", limit=TRIES_A_DAY, seconds=DAY_S):
        raise RuleViolation(
            "accounts.too_many_tries", _("Too many tries today. Try again tomorrow, or come to a counter.")
        )
    name = clean_name(name)
    document, born = read(kind, number, born_on)
    try:
        path = reference.path_of(division.strip())
    except (reference.UnknownDivision, ValueError) as error:
        raise RuleViolation("accounts.division_unknown", _("No division has this code."), field="division") from error
    check_age(born, path)
    upload = files.take_in(
        actor=actor, handed=proof, purpose=Purpose.IDENTITY, owner=Owner(person_id=person_id, path=path)
    )
    pk = next_pk(Verification)
    verification = Verification.objects.create(
        pk=pk, person=person, path=path, upload_id=upload.pk, **sealed(pk, name, document, born)
    )
    item = new_item(
        kind=IDENTITY_REVIEW,
        subject=verification.public_id,
        person_id=person_id,
        path=path,
        parameter="privacy.identity_review_days",
    )
    review_queue().open(actor=actor, item=item)
    audit.record(actor=actor, event="accounts.verification.asked", subject=verification, details={"kind": kind})
    if verifiers.chosen(document.kind) is not None:
        jobs.enqueue("accounts.check_document", verification_id=pk)
    holder = holder_of(index_of(document))
    if holder is not None:
        notices.notify(
            actor=actor,
            person_id=holder.person_id,
            kind=DOCUMENT_TRIED.code,
            params={},
            key=f"accounts.document_tried:{verification.pk}",
            url_name="accounts:own_identity",
        )
    return verification


@transaction.atomic
def check_document(*, actor: Actor, verification_id: int) -> Verification | None:
    """Ask the source an operator named about a document that waits, and keep what it says for who decides.

    Only where the operator said so, a match verifies by itself: not with a doubt, nor a document that stands for another
    account. Raises `CannotAsk`: the job tries again, and the review goes on meanwhile. Safe to run twice.
    """
    if not policies.can_check_documents(actor):
        raise NotAllowed("accounts.check_document")
    row = Verification.objects.select_for_update(of=("self",)).filter(pk=verification_id).first()
    source = verifiers.chosen(row.kind) if row else None
    if row is None or source is None or row.state != VerificationState.ASKED or row.source_answer:
        return None
    name, number, born = (
        reveal(actor, row, field, purpose="verification.source")
        for field in ("name_sealed", "number_sealed", "born_sealed")
    )
    answer = source.verifier.ask(verifiers.Question(row.public_id, row.kind, name, number, born))
    row.source, row.source_answer = source.code, answer
    row.save(update_fields=["source", "source_answer"])
    audit.record(actor=actor, event="accounts.verification.checked", subject=row, details={"answer": str(answer)})
    in_use = holder_of(bytes(row.number_index)) is not None
    if answer != SourceAnswer.MATCH or not source.suffices or row.doubts or in_use:
        return row
    row.move_to(VerificationState.VERIFIED)
    row.checked, row.decided_at = Checked.SOURCE, timezone.now()
    row.save(update_fields=["state", "checked", "decided_at"])
    make_known(actor=actor, verification=row)
    _decided(actor, row, "verified")
    return row


@transaction.atomic
def withdraw_verification(*, actor: Actor, verification: Verification) -> None:
    """Take back what was handed in, before it is decided. Raises `NotAllowed`, `RuleViolation` when it is decided."""
    verification = Verification.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=verification.pk)
    if not policies.can_withdraw_verification(actor, verification):
        raise NotAllowed("accounts.own_identity")
    verification.move_to(VerificationState.WITHDRAWN)
    verification.decided_at = verification.ended_at = timezone.now()
    verification.save(update_fields=["state", "decided_at", "ended_at"])
    review_queue().close(actor=actor, kind=IDENTITY_REVIEW, subject=verification.public_id, outcome="withdrawn")
    audit.record(actor=actor, event="accounts.verification.withdrawn", subject=verification)


def _to_decide(actor: Actor, verification: Verification) -> Verification:
    verification = Verification.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=verification.pk)
    if not policies.can_review_identity(actor, verification):
        raise NotAllowed("accounts.review_identity", about=verification)
    return verification


@transaction.atomic
def approve_verification(*, actor: Actor, verification: Verification, because: str = "") -> Verification:
    """Say that the proof shows that the person is who they say.

    If the document stands for another account, this alone is refused: only with `because`, in which the official says
    how they know that the person who stands here is the right one, the other account loses it and is told. Raises
    `NotAllowed`, `RuleViolation`.
    """
    verification = _to_decide(actor, verification)
    holder = holder_of(bytes(verification.number_index))
    if holder is not None and verification.state == VerificationState.ASKED:
        if not because.strip():
            raise RuleViolation(
                "accounts.document_in_use",
                _(
                    "This document stands for another account. Ask the person to the counter; say below how you know who"
                    " is right, and the other account loses it."
                ),
                field="because",
            )
        end_verification(actor=actor, verification=holder)
    verification.move_to(VerificationState.VERIFIED)
    verification.reason = because.strip()[:LONGEST_REASON]
    verification.decided_by, verification.decided_at = actor.person_id, timezone.now()
    try:
        with transaction.atomic():
            verification.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    except IntegrityError as error:  # somebody else was verified with it, or this person at a counter, just now
        raise RuleViolation(
            "accounts.document_in_use", _("It was decided meanwhile. Reload the page and look again.")
        ) from error
    make_known(actor=actor, verification=verification)
    _decided(actor, verification, "verified")
    return verification


@transaction.atomic
def refuse_verification(*, actor: Actor, verification: Verification, reason: str) -> Verification:
    """Say that the proof does not show it, and why; the person reads the reason and may try again."""
    verification = _to_decide(actor, verification)
    reason = reason.strip()
    if not reason:
        raise RuleViolation("accounts.reason_missing", _("Say why; the person reads it."), field="reason")
    verification.move_to(VerificationState.REFUSED)
    verification.reason = reason[:LONGEST_REASON]
    verification.decided_by = actor.person_id
    verification.decided_at = verification.ended_at = timezone.now()
    verification.save(update_fields=["state", "reason", "decided_by", "decided_at", "ended_at"])
    _decided(actor, verification, "refused")
    return verification


def _decided(actor: Actor, verification: Verification, outcome: str) -> None:
    review_queue().close(actor=actor, kind=IDENTITY_REVIEW, subject=verification.public_id, outcome=outcome)
    audit.record(actor=actor, event=f"accounts.verification.{outcome}", subject=verification)
    notices.notify(
        actor=actor,
        person_id=verification.person_id,
        kind=IDENTITY_DECIDED.code,
        params={},
        key=f"accounts.verification.decided:{verification.pk}",
        url_name="accounts:own_identity",
    )


def end_verification(*, actor: Actor, verification: Verification) -> None:
    """Let a verified document stand for its account no more: part of actions that were allowed to."""
    with acting(Actor.system(SYSTEM)):
        verification.move_to(VerificationState.ENDED)
        verification.ended_at = timezone.now()
        verification.save(update_fields=["state", "ended_at"])
    _mark(actor, verification, "")
    audit.record(actor=actor, event="accounts.verification.ended", subject=verification)
    notices.notify(
        actor=actor,
        person_id=verification.person_id,
        kind=IDENTITY_ENDED.code,
        params={},
        key=f"accounts.verification.ended:{verification.pk}",
        url_name="accounts:own_identity",
    )


def _mark(actor: Actor, verification: Verification, value: str) -> None:
    set_person_mark(
        actor=actor,
        person_id=verification.person_id,
        code=REAL_NAME,
        value=value,
        app="accounts",
        source=f"verification:{verification.public_id}",
        on=today(),
    )


def make_known(*, actor: Actor, verification: Verification) -> None:
    """What follows when somebody stands verified: the mark, the name as in the document, a volunteer number."""
    _mark(actor, verification, verification.kind)

    name = reveal(actor, verification, "name_sealed", purpose="verification.review", own=True)
    with acting(Actor.system(SYSTEM)):
        person = Person.objects.select_for_update(of=("self",)).get(pk=verification.person_id)
        person.name_sealed = seal(name, where="accounts_person.name_sealed", pk=person.pk)
        person.name_masked = verification.name_masked
        person.path = person.path or verification.path
        person.save(update_fields=["name_sealed", "name_masked", "path"])
        give_volunteer_number(person)
        Account.objects.filter(person=person).update(name_masked=person.name_masked)


def give_volunteer_number(person: Person) -> None:
    """A 志愿者统一编号 of one's own, once. Drawn anew in the rare case that somebody has it."""
    while person.volunteer_number is None:
        person.volunteer_number = numbers.draw(numbers.VOLUNTEER)
        try:
            with transaction.atomic():
                person.save(update_fields=["volunteer_number"])
        except IntegrityError:
            person.volunteer_number = None


@transaction.atomic
def forget_proofs(*, actor: Actor) -> int:
    """Delete the pictures of documents that were decided about, after the term of the parameter; how many.

    The row of the file goes now, its bytes with the next sweep of the store.
    """
    if not policies.can_forget_proofs(actor):
        raise NotAllowed("accounts.forget_proofs")
    days = int(rulebook.value("privacy.identity_proof_days"))
    over = Verification.objects.filter(upload_id__isnull=False, decided_at__lt=timezone.now() - dt.timedelta(days=days))
    uploads = [number for number in over.values_list("upload_id", flat=True)[:1000] if number is not None]
    if not uploads:
        return 0
    Upload.objects.filter(pk__in=uploads, purpose=Purpose.IDENTITY).delete()
    over.filter(upload_id__in=uploads).update(upload_id=None)
    audit.record(actor=actor, event="accounts.verification.proofs_forgotten", details={"proofs": len(uploads)})
    return len(uploads)
