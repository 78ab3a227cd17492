"""Who is in charge of a registered organization's account: claimed with proof, confirmed or disputed, decided."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts.models import Person
from gongzhi.audit import actions as audit
from gongzhi.audit.looks import reveal
from gongzhi.core.actor import Actor
from gongzhi.core.crypto import seal
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.ids import next_pk
from gongzhi.core.times import today
from gongzhi.files.models import Upload
from gongzhi.notify.actions import notify
from gongzhi.orgs import policies
from gongzhi.orgs.actions.members import admit_owner, name_owner
from gongzhi.orgs.enums import ADMIT_OWNER, ENDED, NAME_OWNERS, Basis, ClaimState, OwnerSays
from gongzhi.orgs.models import Claim, Membership, Organization
from gongzhi.orgs.notifications import CLAIM_DECIDED, CLAIM_PASSED_ON, CLAIM_RAISED, CLAIM_TO_OWNER, OWNER_JOINED
from gongzhi.orgs.selectors import by_identity, officers_of, owners_of, registry_of
from gongzhi.reference import calendar
from gongzhi.rulebook.selectors import layers

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "claim_organization": "It is about a person.",
    "withdraw_claim": "It is about a person.",
    "confirm_claim": "It is about a person.",
    "dispute_claim": "It is about a person.",
    "admit_claim": "It is about a person.",
    "refuse_claim": "It is about a person.",
    "pass_claims_on": "It changes only whose turn it is.",
}

LONGEST_TEXT = 2000
#: Open claims of one person at once: nobody is in charge of many bodies, and each costs an officer's time.
CLAIMS_OPEN = 5
#: Made within a day, those taken back included: each tells the persons in charge.
CLAIMS_A_DAY = 10


def _text(text: str, field: str) -> str:
    text = text.strip()
    if len(text) > LONGEST_TEXT:
        raise RuleViolation(
            "orgs.text_too_long",
            _("This is too long: at most %(most)s characters.") % {"most": LONGEST_TEXT},
            field=field,
        )
    return text


def _exists(organization: Organization) -> None:
    if organization.standing in ENDED:
        raise RuleViolation("orgs.body_ended", _("This organization exists no more: nobody can be in charge of it."))


def _locked(claim: Claim) -> Claim:
    """The organization, then the claim, locked: two who decide at once wait for each other."""
    Organization.objects.select_for_update(of=("self",)).get(pk=claim.org_id)
    row: Claim = Claim.objects.select_for_update(of=("self",)).select_related("org").get(pk=claim.pk)
    return row


def _tell(
    actor: Actor, claim: Claim, people: list[int], kind: str, page: str, *, for_org: bool = False, **params: str
) -> None:
    for person_id in people:
        notify(
            actor=actor,
            person_id=person_id,
            kind=kind,
            params={"number": claim.public_id, **params},
            key=f"{kind}.{claim.pk}",
            url_name=page,
            url_args=(claim.public_id,),
            org_id=claim.org_id if for_org else None,
        )


def _tell_registry(actor: Actor, claim: Claim) -> None:
    officers = officers_of(registry_of(claim.org), ADMIT_OWNER)
    _tell(actor, claim, officers, CLAIM_RAISED.code, "portal:claim_decide")


@transaction.atomic
def claim_organization(
    *, actor: Actor, organization: Organization, basis: Basis, letter: Upload | None = None, says: str = ""
) -> Claim:
    """Ask to be admitted as the person in charge of a registered organization, with what proves control of it.

    `LETTER` needs the uploaded letter, which the registry can open; `VERIFIED` that the person's verified name is the one
    the register states as legal representative. Where somebody is in charge already, that person is asked first and has
    so many working days as `orgs.owner_answer_days` or the division's promise says. Raises `NotAllowed` for who acts for a body, `RuleViolation`.
    """
    organization = Organization.objects.select_for_update(of=("self",)).get(pk=organization.pk)
    person_id = actor.scope.person
    if not policies.can_claim(actor) or person_id is None:
        raise NotAllowed("orgs.claim")
    says = _text(says, "says")
    _exists(organization)
    if Membership.objects.living(today()).filter(org=organization, person_id=person_id).exists():
        raise RuleViolation(
            "orgs.already_member",
            _("You belong to this organization already. Its person in charge can give you another role."),
        )
    mine = Claim.objects.visible_to(actor).open()
    if mine.filter(org=organization).exists():
        raise RuleViolation("orgs.claimed_already", _("Your claim to this organization is being looked at already."))
    lately = Claim.objects.visible_to(actor).filter(asked_at__gte=timezone.now() - dt.timedelta(days=1))
    if mine.count() >= CLAIMS_OPEN or lately.count() >= CLAIMS_A_DAY:
        raise RuleViolation("orgs.claims_full", _("Too many of your claims are open, or you made too many today."))
    if basis == Basis.VERIFIED:
        if not by_identity(organization, person_id).holds:
            raise RuleViolation(
                "orgs.identity_does_not_show_it",
                _("Your verified name is not that of the legal representative in the register. Use a letter instead."),
                field="basis",
            )
        letter = None
    elif basis != Basis.LETTER or letter is None or letter.person_id != person_id:
        raise RuleViolation("orgs.letter_missing", _("Hand in the letter of the organization."), field="letter")
    owners = owners_of(organization.pk)
    due = calendar.add_working_days(today(), layers.days_within("orgs.owner_answer_days", path=organization.path))
    person = Person.objects.visible_to(actor).get(pk=person_id)
    pk = next_pk(Claim)
    name = reveal(actor, person, "name_sealed", purpose="orgs.claim", own=True)
    claim = Claim.objects.create(
        pk=pk,
        org=organization,
        person=person,
        path=organization.path,
        name_sealed=seal(name, where="orgs_claim.name_sealed", pk=pk),
        name_masked=person.name_masked,
        basis=basis,
        upload_id=letter.pk if letter is not None else None,
        says=says,
        state=ClaimState.WITH_OWNER if owners else ClaimState.WAITING,
        owner_due_on=due.date if owners else None,
        owner_due_settled=due.settled,
    )
    audit.record(actor=actor, event="orgs.claim.made", subject=claim, details={"basis": str(basis)})
    if owners:
        _tell(actor, claim, owners, CLAIM_TO_OWNER.code, "portal:claim_answer", for_org=True, day=due.date.isoformat())
    else:
        _tell_registry(actor, claim)
    return claim


@transaction.atomic
def withdraw_claim(*, actor: Actor, claim: Claim) -> None:
    """Take one's own claim back while it waits. The letter stays among the person's files."""
    claim = _locked(claim)
    if not policies.can_withdraw_claim(actor, claim):
        raise NotAllowed("orgs.claim")
    claim.move_to(ClaimState.WITHDRAWN)
    claim.ended_at = timezone.now()
    claim.save(update_fields=["state", "ended_at"])
    audit.record(actor=actor, event="orgs.claim.withdrawn", subject=claim)


@transaction.atomic
def confirm_claim(*, actor: Actor, claim: Claim) -> Membership:
    """The person in charge confirms: who claims becomes a person in charge too, at once. Whoever may name further ones may
    say so here, and the registry needs not look at it."""
    claim = _locked(claim)
    if not policies.can_answer_claim(actor, claim):
        raise NotAllowed(NAME_OWNERS)
    if claim.state != ClaimState.WITH_OWNER:
        raise RuleViolation("orgs.claim_not_yours", _("This claim does not wait for you any more."))
    _exists(claim.org)
    claim.move_to(ClaimState.ADMITTED)
    claim.owner_says, claim.owner_at, claim.owner_by = OwnerSays.CONFIRMED, timezone.now(), actor.person_id
    made = name_owner(actor=actor, organization=claim.org, person=Person(pk=claim.person_id))
    _close(actor, claim)
    return made


@transaction.atomic
def dispute_claim(*, actor: Actor, claim: Claim, words: str) -> None:
    """The person in charge disputes: the registry decides, and reads why."""
    claim = _locked(claim)
    if not policies.can_answer_claim(actor, claim):
        raise NotAllowed(NAME_OWNERS)
    if claim.state != ClaimState.WITH_OWNER:
        raise RuleViolation("orgs.claim_not_yours", _("This claim does not wait for you any more."))
    words = _text(words, "words")
    if not words:
        raise RuleViolation("orgs.reason_missing", _("Say why: the registration authority reads it."), field="words")
    claim.move_to(ClaimState.WAITING)
    claim.owner_says, claim.owner_words = OwnerSays.DISPUTED, words
    claim.owner_at, claim.owner_by = timezone.now(), actor.person_id
    claim.save(update_fields=["state", "owner_says", "owner_words", "owner_at", "owner_by"])
    audit.record(actor=actor, event="orgs.claim.disputed", subject=claim)
    _tell(actor, claim, [claim.person_id], CLAIM_PASSED_ON.code, "portal:claim")
    _tell_registry(actor, claim)


def _close(actor: Actor, claim: Claim) -> None:
    """Write a decision down and tell both sides of it."""
    claim.ended_at, claim.decided_by = timezone.now(), actor.person_id
    claim.save(
        update_fields=["state", "answer", "ended_at", "decided_by", "owner_says", "owner_words", "owner_at", "owner_by"]
    )
    admitted = claim.state == ClaimState.ADMITTED
    event = "orgs.claim.admitted" if admitted else "orgs.claim.refused"
    audit.record(actor=actor, event=event, subject=claim, details={"owner": str(claim.owner_says)})
    _tell(actor, claim, [claim.person_id], CLAIM_DECIDED.code, "portal:claim")
    others = [one for one in owners_of(claim.org_id) if one not in (claim.person_id, actor.person_id)]
    if admitted:
        _tell(actor, claim, others, OWNER_JOINED.code, "portal:claim_answer", for_org=True)


@transaction.atomic
def admit_claim(*, actor: Actor, claim: Claim) -> Membership:
    """The registry officer admits who claims as a person in charge, after looking at what proves control."""
    claim = _locked(claim)
    if not policies.can_decide_claim(actor, claim):
        raise NotAllowed(ADMIT_OWNER)
    _turn_of_registry(claim)
    _exists(claim.org)
    claim.move_to(ClaimState.ADMITTED)
    made = admit_owner(actor=actor, organization=claim.org, person=Person(pk=claim.person_id), basis=Basis(claim.basis))
    _close(actor, claim)
    return made


@transaction.atomic
def refuse_claim(*, actor: Actor, claim: Claim, answer: str) -> None:
    """The registry officer refuses, with a reason that who claims reads. They may claim again."""
    claim = _locked(claim)
    if not policies.can_decide_claim(actor, claim):
        raise NotAllowed(ADMIT_OWNER)
    _turn_of_registry(claim)
    answer = _text(answer, "answer")
    if not answer:
        raise RuleViolation("orgs.reason_missing", _("Say why: the person reads it."), field="answer")
    claim.move_to(ClaimState.REFUSED)
    claim.answer = answer
    _close(actor, claim)


def _turn_of_registry(claim: Claim) -> None:
    if claim.state == ClaimState.WITH_OWNER:
        raise RuleViolation(
            "orgs.claim_with_owner", _("The person in charge of the organization is asked first and still has time.")
        )


@transaction.atomic
def pass_claims_on(*, actor: Actor, day: dt.date | None = None) -> int:
    """Hand claims to the registry whose person in charge has let the time pass. Returns how many."""
    if not policies.can_pass_claims_on(actor):
        raise NotAllowed("orgs.pass_claims_on")
    late = Claim.objects.visible_to(actor).unanswered(day or today()).select_related("org").order_by("pk")
    rows = list(late.select_for_update(of=("self",)))
    for claim in rows:
        claim.move_to(ClaimState.WAITING)
        claim.owner_says, claim.owner_at = OwnerSays.SILENT, timezone.now()
        claim.save(update_fields=["state", "owner_says", "owner_at"])
        audit.record(actor=actor, event="orgs.claim.passed_on", subject=claim)
        _tell(actor, claim, [claim.person_id], CLAIM_PASSED_ON.code, "portal:claim")
        _tell_registry(actor, claim)
    return len(rows)
