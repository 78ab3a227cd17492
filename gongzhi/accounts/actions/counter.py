"""The counter: people who have neither phone nor e-mail are registered there, and get a card they sign in with."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts import policies
from gongzhi.accounts.actions import clean_phone
from gongzhi.accounts.actions.cards import Issued, make_card
from gongzhi.accounts.actions.guardians import guardian_of_number, join_guardian
from gongzhi.accounts.actions.verification import (
    check_age,
    clean_name,
    give_volunteer_number,
    holder_of,
    index_of,
    make_known,
    read,
    sealed,
)
from gongzhi.accounts.enums import Checked, ReachWay, VerificationState
from gongzhi.accounts.models import Account, Person, Reach, Verification
from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.crypto import seal
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.ids import next_pk
from gongzhi.core.masks import mask_name, mask_phone
from gongzhi.reference import selectors as reference
from gongzhi.rulebook import catalogue
from gongzhi.rulebook.selectors import layers

SEALS: dict[str, str] = {
    "check_seen": "It changes nothing.",
    "register_at_counter": "It is about a person.",
    "choose_reach": "It is about a person.",
}

SYSTEM: Final = "accounts.counter"
LONGEST_REACH: Final = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """What an official reads in a document that lies before them, checked: what the second page shows for comparison."""

    path: str
    name: str
    number_masked: str
    born_on: dt.date


def check_seen(
    *,
    actor: Actor,
    kind: str,
    name: str,
    number: str,
    division: str,
    born_on: dt.date | None = None,
    guardian: str = "",
) -> Seen:
    """Check what was typed, and change nothing. Raises `NotAllowed`, `RuleViolation` naming the field; the code
    `accounts.document_known` when somebody is registered with this document already.
    """
    if not policies.can_serve(actor, actor.path):
        raise NotAllowed("accounts.serve_counter")
    name = clean_name(name)
    document, born = read(kind, number, born_on)
    try:
        path = reference.path_of(division.strip())
    except (reference.UnknownDivision, ValueError) as error:
        raise RuleViolation("accounts.division_unknown", _("No division has this code."), field="division") from error
    if not policies.can_serve(actor, path):
        raise RuleViolation("accounts.division_away", _("This division is not one of your agency's."), field="division")
    check_age(born, path, guarded=bool(guardian))
    if guardian:
        guardian_of_number(actor=actor, number=guardian, path=path)
    if holder_of(index_of(document)) is not None:
        raise RuleViolation(
            "accounts.document_known",
            _(
                "Somebody is registered with this document already. Look under “People at the counter” for their number."
            ),
            field="number",
        )
    return Seen(path, name, document.masked, born)


@transaction.atomic
def register_at_counter(
    *,
    actor: Actor,
    kind: str,
    name: str,
    number: str,
    division: str,
    way: str,
    reach: str,
    seen: bool,
    born_on: dt.date | None = None,
    guardian: str = "",
    relation: str = "",
    shown_by: str = "",
    agrees: bool = False,
) -> Issued:
    """Register somebody who stands at the counter with their document: person, account, verified identity, card and PIN.

    `seen` says that the official compared the document and the face. `way` and `reach` say how the person wants to be
    told. A child comes with a guardian, named by volunteer number. The PIN in the answer is kept nowhere. Raises `NotAllowed`, `RuleViolation` naming the field.
    """
    checked = check_seen(
        actor=actor, kind=kind, name=name, number=number, division=division, born_on=born_on, guardian=guardian
    )
    if not seen:
        raise RuleViolation(
            "accounts.not_seen", _("Compare the document with the person first, and say that you did."), field="seen"
        )
    document, born = read(kind, number, born_on)
    pk = next_pk(Person)
    with acting(Actor.system(SYSTEM)):
        person = Person.objects.create(
            pk=pk,
            name_sealed=seal(checked.name, where="accounts_person.name_sealed", pk=pk),
            name_masked=mask_name(checked.name),
            path=checked.path,
        )
        give_volunteer_number(person)
    account = Account.objects.create(
        person=person, by_card=True, name_masked=person.name_masked, password=make_password(None)
    )
    own = next_pk(Verification)
    try:
        with transaction.atomic():
            verification = Verification.objects.create(
                pk=own,
                person=person,
                path=checked.path,
                state=VerificationState.VERIFIED,
                checked=Checked.COUNTER,
                decided_by=actor.person_id,
                decided_at=timezone.now(),
                **sealed(own, checked.name, document, born),
            )
    except IntegrityError as error:
        raise RuleViolation(
            "accounts.document_known", _("Somebody is registered with this document already."), field="number"
        ) from error
    make_known(actor=actor, verification=verification)
    _keep_reach(person, checked.path, way, reach)
    audit.record(actor=actor, event="accounts.person.registered", subject=account, details={"kind": kind})
    if guardian:
        join_guardian(
            actor=actor,
            ward=person,
            guardian=guardian,
            relation=relation,
            shown_by=shown_by,
            agrees=agrees,
            present=seen,
        )
    return make_card(actor=actor, person=person)


@transaction.atomic
def choose_reach(*, actor: Actor, person: Person, way: str, reach: str) -> None:
    """Keep how a person wants to be told; by the person, or by an official of the counter for them."""
    own = actor.scope.person is not None and actor.scope.person == person.pk
    if not own and not policies.can_serve_person(actor, person):
        raise NotAllowed("accounts.serve_counter", about=person)
    _keep_reach(person, person.path or "/", way, reach)
    audit.record(actor=actor, event="accounts.reach.chosen", subject=person, details={"way": way})


def _keep_reach(person: Person, path: str, way: str, reach: str) -> None:
    reach = " ".join(reach.split())
    if way not in ReachWay.values:
        raise RuleViolation("accounts.reach_way", _("Choose how the person wants to be told."), field="way")
    if not reach or len(reach) > LONGEST_REACH:
        raise RuleViolation(
            "accounts.reach_missing", _("Say where: address, number, or name and office."), field="reach"
        )
    phone = ""
    if way == ReachWay.TEXT:
        try:
            phone = clean_phone(reach)
        except ValueError as error:
            raise RuleViolation(
                "accounts.reach_phone", _("Enter a mainland mobile number of eleven digits."), field="reach"
            ) from error
    with acting(Actor.system(SYSTEM)):
        before = Reach.objects.select_for_update(of=("self",)).filter(person=person).first()
        if way == ReachWay.LETTER and (before is None or before.way != way) and not _sends_letters(path):
            raise RuleViolation(
                "accounts.reach_no_letters",
                _("This division sends no letters. Choose another way, so that the person is told."),
                field="way",
            )
        _keep_phone(person, phone)
        row = before or Reach(pk=next_pk(Reach), person=person)
        row.path, row.way = path, way
        row.value_sealed = seal(reach, where="accounts_reach.value_sealed", pk=row.pk)
        row.value_masked = mask_phone(reach) if way in {ReachWay.CALL, ReachWay.TEXT} else f"{reach[0]}××"
        row.save()


def _sends_letters(path: str) -> bool:
    return layers.held(catalogue.channel("letter"), path=path).is_on


def _keep_phone(person: Person, phone: str) -> None:
    """Where text messages go of somebody who signs in with a card. The same number may stand for a whole household: it
    opens no account, so nobody signs in with it.
    """
    if Account.objects.filter(person=person, phone_index__isnull=False).exists():
        return  # a number of their own, confirmed by a code
    person.phone_sealed = seal(phone, where="accounts_person.phone_sealed", pk=person.pk) if phone else b""
    person.phone_masked = mask_phone(phone) if phone else ""
    person.save(update_fields=["phone_sealed", "phone_masked"])
