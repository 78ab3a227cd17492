"""Guardians of children: joined at a counter by a paper, and what they agree to or no longer agree to.

Domain rules 7.2: below the age of 民法典 Art 20 nobody has an account of their own; below that of 个人信息保护法 Art 31 a
guardian agrees that data are processed; below full age one agrees to service. The ages are parameters.
"""

from __future__ import annotations

from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts import numbers, policies, selectors
from gongzhi.accounts.actions.marks import set_person_mark
from gongzhi.accounts.contracts import GUARDIAN_CONSENT
from gongzhi.accounts.enums import Consents, GuardianState, Relation, ShownBy
from gongzhi.accounts.models import Account, Guardianship, Person, PersonMark
from gongzhi.accounts.notifications import GUARDIAN_CHANGED
from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.notify import actions as notices
from gongzhi.rulebook import selectors as rulebook

SEALS: dict[str, str] = {
    "guardian_of_number": "It changes nothing.",
    "join_guardian": "It is about people.",
    "end_guardianship": "It is about people.",
    "give_guardian_consent": "It is about people.",
    "withdraw_guardian_consent": "It is about people.",
}

SYSTEM: Final = "accounts.guardians"


def full_age(path: str) -> int:
    """From which age on people act for themselves in everything."""
    return int(rulebook.value("volunteer.capacity_full_from", path=path))


def _consent_age(path: str) -> int:
    return int(rulebook.value("privacy.parental_consent_below", path=path))


def guardian_of_number(*, actor: Actor, number: str, path: str) -> Person:
    """The adult with this volunteer number, verified. Raises `RuleViolation` naming the field `guardian`."""
    with acting(Actor.system(SYSTEM)):
        found = Person.objects.filter(volunteer_number=numbers.clean(number) or None).first()
    if found is None:
        raise RuleViolation(
            "accounts.guardian_unknown",
            _("Nobody has this volunteer number. The guardian is verified first, then the child."),
            field="guardian",
        )
    if found.pk == actor.person_id:
        raise NotAllowed("accounts.serve_counter", about=found)
    age = selectors.age_of(found.pk)
    if age is None or age < full_age(path):
        raise RuleViolation(
            "accounts.guardian_not_of_age", _("A guardian is verified and of full age."), field="guardian"
        )
    return found


@transaction.atomic
def join_guardian(
    *, actor: Actor, ward: Person, guardian: str, relation: str, shown_by: str, agrees: bool, present: bool
) -> Guardianship:
    """Keep that the person with this volunteer number is the guardian of a child; both stand at the counter.

    By coming along the guardian agrees that data of a young child are processed; `agrees` says that they agree to
    service, too. An account that the guardian had closed opens again. Raises `NotAllowed`, `RuleViolation`.
    """
    if not policies.can_serve_person(actor, ward):
        raise NotAllowed("accounts.serve_counter", about=ward)
    if not present:
        raise RuleViolation(
            "accounts.not_present", _("Only with both present, and their documents compared."), field="present"
        )
    path = ward.path or "/"
    if relation not in Relation.values:
        raise RuleViolation("accounts.relation", _("Choose who the guardian is to the child."), field="relation")
    if shown_by not in ShownBy.values:
        raise RuleViolation("accounts.shown_by", _("Choose the paper that shows it."), field="shown_by")
    adult = guardian_of_number(actor=actor, number=guardian, path=path)
    age = selectors.age_of(ward.pk)
    if age is None:
        raise RuleViolation("accounts.not_verified", _("Verify the child first."))
    if age >= full_age(path):
        raise RuleViolation("accounts.of_age", _("This person is of full age and needs no guardian."))
    row = Guardianship.objects.visible_to(actor).standing().filter(guardian=adult, ward=ward).first()
    if row is None:
        try:
            with transaction.atomic():
                row = Guardianship.objects.create(
                    guardian=adult,
                    ward=ward,
                    path=path,
                    relation=relation,
                    shown_by=shown_by,
                    guardian_masked=adult.name_masked,
                    ward_masked=ward.name_masked,
                    made_by=actor.person_id,
                )
        except IntegrityError as error:
            raise RuleViolation(
                "accounts.guardian_self", _("Nobody is their own guardian."), field="guardian"
            ) from error
    _reopen(actor, row)
    if age < _consent_age(path):
        _agree(actor, row, Consents.DATA, given=True)
    if agrees:
        _agree(actor, row, Consents.SERVICE, given=True)
    audit.record(actor=actor, event="accounts.guardianship.joined", subject=row, details={"shown_by": shown_by})
    _tell(actor, row, "joined")
    return row


@transaction.atomic
def end_guardianship(*, actor: Actor, guardianship: Guardianship) -> None:
    """Keep that somebody is a child's guardian no more: by an official of the counter, who saw the paper that says so.

    What only this guardian agreed to is agreed to no more.
    """
    row = Guardianship.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=guardianship.pk)
    if not policies.can_end_guardianship(actor, row):
        raise NotAllowed("accounts.serve_counter", about=row)
    row.move_to(GuardianState.ENDED)
    row.ended_at = timezone.now()
    row.save(update_fields=["state", "ended_at"])
    if not Guardianship.objects.visible_to(actor).standing().filter(ward=row.ward_id).exists():
        for what in Consents.values:
            _agree(actor, row, what, given=False)
    audit.record(actor=actor, event="accounts.guardianship.ended", subject=row)
    _tell(actor, row, "ended")


@transaction.atomic
def give_guardian_consent(*, actor: Actor, guardianship: Guardianship, what: str) -> None:
    """Agree, as the guardian, to something for the child. Raises `NotAllowed`, `RuleViolation`."""
    row = _own(actor, guardianship, what)
    if what == Consents.DATA and not Account.objects.filter(person=row.ward_id, is_active=True).exists():
        raise RuleViolation(
            "accounts.closed_by_guardian", _("The account is closed. Come to a counter together to open it again.")
        )
    _agree(actor, row, what, given=True)
    audit.record(actor=actor, event="accounts.guardianship.agreed", subject=row, details={"what": what})


@transaction.atomic
def withdraw_guardian_consent(*, actor: Actor, guardianship: Guardianship, what: str) -> None:
    """Agree no more. A young child's account closes when nobody agrees that its data are processed."""
    row = _own(actor, guardianship, what)
    _agree(actor, row, what, given=False)
    age = selectors.age_of(row.ward_id)
    if what == Consents.DATA and age is not None and age < _consent_age(row.path):
        for account in Account.objects.select_for_update(of=("self",)).filter(person=row.ward_id, is_active=True):
            account.is_active = False
            account.save(update_fields=["is_active"])
            audit.record(actor=actor, event="accounts.account.disabled", subject=account, details={"by": "guardian"})
    audit.record(actor=actor, event="accounts.guardianship.withdrawn", subject=row, details={"what": what})


def _own(actor: Actor, guardianship: Guardianship, what: str) -> Guardianship:
    row = Guardianship.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=guardianship.pk)
    if not policies.can_agree_as_guardian(actor, row):
        raise NotAllowed("accounts.own_family")
    if row.state != GuardianState.STANDING:
        raise RuleViolation("accounts.guardian_ended", _("You are this child's guardian no more."))
    if what not in Consents.values:
        raise RuleViolation("accounts.consent_kind", _("Choose what you agree to."))
    age = selectors.age_of(row.ward_id)
    if age is not None and age >= full_age(row.path):
        raise RuleViolation("accounts.of_age", _("This person is of full age and decides alone."))
    return row


def _agree(actor: Actor, row: Guardianship, what: str, *, given: bool) -> None:
    set_person_mark(
        actor=actor,
        person_id=row.ward_id,
        code=f"{GUARDIAN_CONSENT}:{what}",
        value="yes" if given else "",
        app="accounts",
        source=f"guardianship:{row.public_id}",
        on=today(),
    )


def _reopen(actor: Actor, row: Guardianship) -> None:
    """Open the account again that closed because the guardian no longer agreed, and no other."""
    code = f"{GUARDIAN_CONSENT}:{Consents.DATA}"
    with acting(Actor.system(SYSTEM)):
        newest = PersonMark.objects.filter(person_id=row.ward_id, code=code).as_of(today()).first()
    if newest is None or newest.value:
        return
    for account in Account.objects.select_for_update(of=("self",)).filter(person=row.ward_id, is_active=False):
        account.is_active = True
        account.save(update_fields=["is_active"])
        audit.record(actor=actor, event="accounts.account.reopened", subject=account)


def _tell(actor: Actor, row: Guardianship, what: str) -> None:
    for person_id in (row.guardian_id, row.ward_id):
        notices.notify(
            actor=actor,
            person_id=person_id,
            kind=GUARDIAN_CHANGED.code,
            params={},
            key=f"accounts.guardianship.{what}:{row.pk}:{person_id}:{timezone.now():%Y%m%d%H%M%S}",
            url_name="accounts:own_family",
        )
