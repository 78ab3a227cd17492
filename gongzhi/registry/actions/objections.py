""" "This is wrong": anybody may say so with a source, the authority answers, both stay readable."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts.actions import clean_phone
from gongzhi.audit import actions as audit
from gongzhi.core import throttle
from gongzhi.core.actor import Actor
from gongzhi.core.crypto import blind_index, seal
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.ids import ALPHABET, next_pk, public_id
from gongzhi.core.masks import mask_email, mask_phone
from gongzhi.core.network import bucket_of
from gongzhi.core.times import today
from gongzhi.notify import actions as notify
from gongzhi.orgs.enums import AgencyKind, Role, Standing
from gongzhi.orgs.models import Appointment, Organization
from gongzhi.registry import policies
from gongzhi.registry.actions.entries import NOTHING_CHANGED, changes_of, write_items
from gongzhi.registry.enums import EventKind, ObjectionState, SourceKind
from gongzhi.registry.imports import STATED
from gongzhi.registry.models import Objection, Source
from gongzhi.registry.notifications import OBJECTION_ANSWERED, OBJECTION_RAISED
from gongzhi.registry.selectors import LABELS
from gongzhi.tlog.enums import EntryType

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, EntryType | str] = {
    "raise_objection": "It is somebody's word, not yet a fact of the register.",
    "answer_objection": EntryType.ORG_CHANGED,
    "forget_objectors": "It is about persons.",
}

#: Objections an hour, and wrong codes an hour, from one network address.
OBJECTIONS_AN_HOUR = 10
CODES_AN_HOUR = 20
HOUR_S = 3600
#: Seven groups of four characters: 138 bits. Codes handed out before have twelve characters and still open.
CODE_LENGTH = 28
LONGEST_TEXT = 2000
#: How long a contact is kept after the answer.
CONTACT_KEPT = dt.timedelta(days=90)
#: More officers than this are not told of one objection.
TOLD_AT_MOST = 20

#: Without RETURNING: anybody may hand in an objection, and only the authority and its author may see one.
INSERT = """
    INSERT INTO registry_objection
      (id, public_id, org_id, path, person_id, item, says, evidence, contact_sealed, contact_masked, code_index, state,
       answer, made_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'open', '', now())
"""


@dataclass(frozen=True)
class Handed:
    """What who raised an objection takes along: its name, and the code that opens the answer. Shown once."""

    public_id: str
    code: str


def _code_index(name: str, code: str) -> bytes:
    body = "".join(character for character in code.upper() if character in ALPHABET)
    return blind_index("objection.code", f"{name}:{body}")


def _contact(text: str) -> tuple[str, str]:
    """A mobile number or an e-mail address as it is kept, and its mask."""
    text = text.strip()
    if not text:
        return "", ""
    try:
        digits = clean_phone(text)
    except ValueError:
        try:
            validate_email(text)
        except ValidationError as error:
            raise RuleViolation(
                "registry.contact_invalid",
                _("Enter a mobile number or an e-mail address, or leave this empty."),
                field="contact",
            ) from error
        return text, mask_email(text)[:64]
    return digits, mask_phone(digits)


@transaction.atomic
def raise_objection(
    *,
    actor: Actor,
    organization: Organization,
    item: str = "",
    says: str,
    evidence: str,
    contact: str = "",
    address: str = "",
) -> Handed:
    """Say that an entry is not so, and what shows it. Anybody may, also without an account.

    `item` is a registered item, or empty for the entry as a whole; `address` is the network address tries are counted
    for. The registry officers in charge are told. Raises `RuleViolation`: `registry.too_many_objections` from one
    address, an unknown item, a missing or overlong text, a contact that is neither number nor address.
    """
    if address and not throttle.hit(bucket_of("objection", address), limit=OBJECTIONS_AN_HOUR, seconds=HOUR_S):
        raise RuleViolation(
            "registry.too_many_objections",
            _("Too many objections came from your network within an hour. Keep your text and try again later."),
        )
    if item and item not in LABELS:
        raise RuleViolation("registry.item_unknown", _("Choose which item is wrong."), field="item")
    for name, text in (("says", says), ("evidence", evidence)):
        if not text.strip():
            raise RuleViolation(f"registry.{name}_missing", _("Say what is wrong and what shows it."), field=name)
        if len(text) > LONGEST_TEXT:
            raise RuleViolation(
                "registry.text_too_long",
                _("This is too long: at most %(most)s characters.") % {"most": LONGEST_TEXT},
                field=name,
            )
    clear, mask = _contact(contact)
    pk, name = next_pk(Objection), public_id()
    code = "".join(secrets.choice(ALPHABET) for _at in range(CODE_LENGTH))
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            [
                pk,
                name,
                organization.pk,
                organization.path,
                actor.person_id,
                item,
                says.strip(),
                evidence.strip(),
                seal(clear, where="registry_objection.contact_sealed", pk=pk) if clear else b"",
                mask,
                _code_index(name, code),
            ],
        )
    audit.record(
        actor=actor,
        event="registry.objection.raised",
        subject=Objection(pk=pk),
        details={"org": organization.pk, "item": item},
    )
    for person_id in _officers_of(organization.path):
        notify.notify(
            actor=actor,
            person_id=person_id,
            kind=OBJECTION_RAISED.code,
            params={"number": name},
            key=f"registry.objection.raised.{pk}",
            url_name="portal:objection_answer",
            url_args=(name,),
        )
    return Handed(name, "-".join(code[at : at + 4] for at in range(0, CODE_LENGTH, 4)))


def _officers_of(path: str) -> list[int]:
    """The registry officers of the authority in charge: of all that reach the path, the nearest."""
    held = (
        Appointment.objects.on(today())
        .filter(role=Role.REGISTRAR, agency__kind=AgencyKind.REGISTRY)
        .filter(agency__path__in=[path[:at] for at in range(1, len(path) + 1) if path[at - 1] == "/"] + ["/"])
        .values_list("agency__path", "person_id")
    )
    reaching = list(held)
    nearest = max((len(at) for at, _person in reaching), default=0)
    return sorted({person for at, person in reaching if len(at) == nearest})[:TOLD_AT_MOST]


def open_with_code(*, name: str, code: str, address: str) -> Objection | None:
    """The objection with this public name, if the code belongs to it. Changes nothing.

    The rows stand behind the second wall and whoever knows the code is nobody in particular: the platform itself looks
    the row up and compares. Raises `RuleViolation` when the address tried too often (`count_wrong_code`).
    """
    if throttle.spent(bucket_of("objection.code", address), limit=CODES_AN_HOUR, seconds=HOUR_S):
        raise RuleViolation(
            "registry.too_many_codes", _("Too many codes were tried. Try again in an hour."), field="code"
        )
    with acting(Actor.system("registry.objections")):
        found = Objection.objects.select_related("org").filter(public_id=name).first()
    if found is None or not constant_time_compare(bytes(found.code_index).hex(), _code_index(name, code).hex()):
        return None
    return found


def count_wrong_code(*, address: str) -> None:
    """Count a wrong code against an address. Runs in the door's second transaction."""
    throttle.hit(bucket_of("objection.code", address), limit=CODES_AN_HOUR, seconds=HOUR_S)


@transaction.atomic
def answer_objection(
    *, actor: Actor, objection: Objection, uphold: bool, answer: str, item: str = "", value: Any = None
) -> Objection:
    """Answer an objection, with a text everybody can read.

    Upheld, the item is corrected from today on in the same transaction, with the answer as its reason; an objection to
    the entry as a whole may be upheld without an item, when what was wrong is no item and was recorded by itself. The
    person who raised it while signed in is told. Raises `NotAllowed` outside the officer's division, `RuleViolation`
    for one that is answered, a missing answer, an item that cannot be corrected, a correction that changes nothing.
    """
    objection = Objection.objects.select_for_update(of=("self",)).select_related("org").get(pk=objection.pk)
    organization = Organization.objects.select_for_update(of=("self",)).get(pk=objection.org_id)
    if not policies.can_correct(actor, organization):
        raise NotAllowed("registry.correct")
    if objection.state != ObjectionState.OPEN:
        raise RuleViolation("registry.objection_answered", _("This objection has been answered already."))
    answer = answer.strip()
    if not answer:
        raise RuleViolation("registry.answer_missing", _("Write the answer; everybody can read it."), field="answer")
    item = item or objection.item
    if uphold:
        objection.source = _uphold(actor, organization, item, value, answer)
    objection.state = ObjectionState.UPHELD if uphold else ObjectionState.DECLINED
    objection.answer = answer
    objection.answered_at = timezone.now()
    objection.save(update_fields=["state", "answer", "answered_at", "source"])
    audit.record(
        actor=actor,
        event="registry.objection.answered",
        subject=objection,
        details={"org": organization.pk, "item": item, "upheld": uphold},
    )
    if objection.person_id is not None:
        notify.notify(
            actor=actor,
            person_id=objection.person_id,
            kind=OBJECTION_ANSWERED.code,
            params={"number": objection.public_id},
            key=f"registry.objection.answered.{objection.pk}",
            url_name="portal:objection",
            url_args=(objection.public_id,),
        )
    return objection


def _uphold(actor: Actor, organization: Organization, item: str, value: Any, answer: str) -> Source:
    source = Source.objects.create(
        kind=SourceKind.OBJECTION, items=[item] if item else [], reason=answer, dated_on=today(), rows=1
    )
    if not item:
        return source
    if item not in STATED or item == "registered_directly":
        raise RuleViolation("registry.item_unknown", _("This item cannot be corrected here."), field="item")
    if (item == "name" and not str(value or "").strip()) or (item == "standing" and value not in Standing.values):
        raise RuleViolation("registry.value_missing", _("Enter what it should say."), field="value")
    versions = write_items(
        actor=actor,
        organization=organization,
        source=source,
        event=EventKind.OBJECTION_UPHELD,
        on=today(),
        changes=changes_of(item, STATED[item] if value is None else value),
    )
    if not versions:
        raise RuleViolation("registry.nothing_changed", NOTHING_CHANGED, field="value")
    return source


@transaction.atomic
def forget_objectors(*, actor: Actor) -> int:
    """Remove the contacts of objections that were answered 90 days ago. Returns how many."""
    if not policies.can_forget_objectors(actor):
        raise NotAllowed("registry.forget_objectors")
    forgotten = (
        Objection.objects.filter(answered_at__lt=timezone.now() - CONTACT_KEPT)
        .exclude(contact_masked="")
        .update(contact_sealed=b"", contact_masked="")
    )
    if forgotten:
        audit.record(actor=actor, event="registry.objection.contacts_forgotten", details={"objections": forgotten})
    return forgotten
