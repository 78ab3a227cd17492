"""Certificates and extracts: stated, signed and sealed; revoked with a reason everybody reads."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Sequence
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override, pgettext

from gongzhi.audit import actions as audit
from gongzhi.core import ids, throttle
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.network import bucket_of, site_address
from gongzhi.core.signing import SigningKey
from gongzhi.core.times import today
from gongzhi.orgs.enums import Kind, Standing
from gongzhi.orgs.models import Organization
from gongzhi.registry import policies, verify
from gongzhi.registry.enums import CORRECT, CredentialKind
from gongzhi.registry.models import Credential, Revocation
from gongzhi.registry.selectors import Fact, record_of
from gongzhi.rulebook.catalogue import SITE_NAME
from gongzhi.rulebook.selectors.layers import held
from gongzhi.tlog import actions as tlog
from gongzhi.tlog.enums import EntryType

#: Which entry of the transparency log each action makes.
SEALS: dict[str, EntryType | str] = {
    "issue_credential": EntryType.CERTIFICATE_ISSUED,
    "replace_credential": EntryType.CERTIFICATE_ISSUED,
    "issue_extract": EntryType.CERTIFICATE_ISSUED,
    "revoke_credential": EntryType.CERTIFICATE_REVOKED,
}

VERSION: Final = 1
#: Letters before the number.
PREFIX: Final = {
    CredentialKind.FILING: "BAZ",
    CredentialKind.REGISTRATION: "DJZ",
    CredentialKind.FUNDRAISING: "GMZ",
    CredentialKind.EXTRACT: "ZL",
}
LEGAL_LANGUAGE: Final = "zh-hans"
#: Items each certificate shows.
ITEMS: Final = {
    CredentialKind.FILING: (
        "name", "domicile", "legal_representative", "scope", "field", "registered_on", "registry_name",
    ),
    CredentialKind.REGISTRATION: (
        "name", "domicile", "legal_representative", "purpose", "scope", "area", "fund_fen", "business_authority",
        "registered_on", "registry_name",
    ),
    CredentialKind.FUNDRAISING: ("name", "domicile", "legal_representative", "registry_name"),
}  # fmt: skip
#: Extracts one network address may have made in an hour; one that was made today already is free.
EXTRACTS_AN_HOUR: Final = 20
LONGEST_REASON: Final = 500


def signing_key() -> SigningKey:
    """The key in use."""
    key: SigningKey = settings.CERTIFICATE_KEYS[0]
    return key


@transaction.atomic
def issue_credential(
    *, actor: Actor, organization: Organization, kind: CredentialKind, case_number: str, issuer: str
) -> Credential:
    """Sign what the register says of a body that a decision has just entered or changed.

    Called by the handler of the decision, which names the kind. Raises `NotAllowed` out of reach.
    """
    if not policies.can_register(actor, organization.path) or kind == CredentialKind.EXTRACT:
        raise NotAllowed(CORRECT)
    return _issue(
        actor, organization, kind, issuer=issuer, shown=_shown(organization, ITEMS[kind]), case_number=case_number
    )


@transaction.atomic
def replace_credential(
    *, actor: Actor, organization: Organization, kind: CredentialKind, case_number: str, issuer: str
) -> Credential:
    """Sign a new certificate in place of those of this kind that still hold; they are revoked with the new one's number.

    As `issue_credential` otherwise.
    """
    old = list(Credential.objects.filter(org=organization, kind=kind, revocation=None).order_by("pk"))
    fresh = issue_credential(actor=actor, organization=organization, kind=kind, case_number=case_number, issuer=issuer)
    with override(LEGAL_LANGUAGE):
        reason = pgettext("credential", "Replaced by %(number)s") % {"number": fresh.number}
    for one in old:
        revoke_credential(actor=actor, credential=one, reason=reason)
    return fresh


@transaction.atomic
def issue_extract(*, actor: Actor, organization: Organization, address: str) -> Credential:
    """Sign what everybody may read in the register about a body today. Everybody may ask.

    The same extract on the same day is the same credential. `address` is the network address that asks. Raises
    `RuleViolation` when it asked too often, or for an entry made in error.
    """
    organization = Organization.objects.select_for_update(of=("self",)).get(pk=organization.pk)
    if organization.standing == Standing.VOID:
        raise RuleViolation(
            "registry.void", _("This entry was made in error and is no registration: there is no extract.")
        )
    shown = _shown(organization, None)
    there = (
        Credential.objects.filter(org=organization, kind=CredentialKind.EXTRACT, issued_on=today(), revocation=None)
        .order_by("-pk")
        .first()
    )
    if there is not None and json.loads(there.statement)["shown"] == [list(one) for one in shown]:
        return there
    if actor.kind is not ActorKind.PROCESS and not throttle.hit(
        bucket_of("registry:extract", address), limit=EXTRACTS_AN_HOUR, seconds=3600
    ):
        raise RuleViolation(
            "registry.too_many_extracts", _("Too many extracts were asked for from here. Come back in an hour.")
        )
    issuer = held(SITE_NAME, path=organization.path).value or settings.MFA_TOTP_ISSUER
    return _issue(actor, organization, CredentialKind.EXTRACT, issuer=issuer, shown=shown)


def _shown(organization: Organization, only: Sequence[str] | None) -> list[tuple[str, str]]:
    """Labels and values as the public page has them, in the legal language."""
    with override(LEGAL_LANGUAGE):
        record = record_of(organization)
        rows = [one for one in (*record.rows, *record.more) if isinstance(one, Fact)]
        number = organization.credit_code or organization.number or ""
        if organization.credit_code:
            first = pgettext("credential", "Unified social credit code")
        elif organization.kind == Kind.COMMUNITY_GROUP:
            first = pgettext("credential", "Filing number")
        else:
            first = pgettext("credential", "Registration number")
        found = [(first, number), (pgettext("credential", "Kind"), organization.get_kind_display())]
        # A filed group is no legal person and so has no legal representative.
        named = (
            {"legal_representative": pgettext("credential", "Person in charge")}
            if organization.kind == Kind.COMMUNITY_GROUP
            else {}
        )
        kept = [one for one in rows if only is None or one.item in only]
        return found + [(named.get(one.item, str(one.label)), one.value) for one in kept]


def _issue(
    actor: Actor,
    organization: Organization,
    kind: CredentialKind,
    *,
    issuer: str,
    shown: Sequence[tuple[str, str]],
    case_number: str = "",
) -> Credential:
    day = today()
    number = ids.next_number(PREFIX[kind], day.year)
    with override(LEGAL_LANGUAGE):
        path = reverse("portal:verify_number", args=[number])
        statement: dict[str, Any] = {
            "v": VERSION,
            "kind": str(kind),
            "number": number,
            "title": str(kind.label),
            "org": organization.reference,
            "issuer": issuer,
            "issued_on": day.isoformat(),
            "shown": [list(one) for one in shown],
            "note": _note(kind),
            "verify": f"{site_address()}{path}",
            # Whoever guesses at what was stated cannot try it against the hash that stands in the log.
            "salt": secrets.token_hex(16),
        }
        if case_number:
            statement["case"] = case_number
    signed = verify.canonical(statement)
    key = signing_key()
    credential = Credential.objects.create(
        number=number,
        kind=kind,
        org=organization,
        statement=signed.decode(),
        key_id=key.verifier.key_id,
        signature=base64.b64encode(key.sign(verify.STATEMENT, signed)).decode(),
        case_number=case_number,
        issued_on=day,
        seal=tlog.seal(
            actor=actor,
            kind=EntryType.CERTIFICATE_ISSUED,
            public={"document": hashlib.sha256(signed).hexdigest(), "kind": str(kind)},
            org=organization.credit_code or None,
        ),
    )
    audit.record(
        actor=actor,
        event="registry.credential.issued",
        subject=credential,
        details={"kind": str(kind), "number": number},
    )
    return credential


def _note(kind: CredentialKind) -> str:
    if kind == CredentialKind.FILING:
        return pgettext("credential", "Filing gives no legal personality.")
    return pgettext(
        "credential", "What the register says on this day. For business, go by the register on the day of the business."
    )


@transaction.atomic
def revoke_credential(*, actor: Actor, credential: Credential, reason: str) -> Revocation:
    """Say that a certificate or an extract holds no more, and why; everybody reads the reason.

    Raises `NotAllowed` for who is not the authority of the body, `RuleViolation` without a reason or a second time.
    """
    # The credential's own row can be neither changed nor locked: who revokes holds the body it speaks of.
    org = Organization.objects.select_for_update(of=("self",)).get(pk=credential.org_id)
    if not policies.can_correct(actor, org):
        raise NotAllowed(CORRECT, about=credential)
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise RuleViolation(
            "registry.no_reason",
            _("Give the reason, in no more than 500 characters; everybody reads it."),
            field="reason",
        )
    if Revocation.objects.filter(credential=credential).exists():
        raise RuleViolation("registry.revoked", _("It was revoked already."))
    revocation = Revocation.objects.create(
        credential=credential,
        revoked_on=today(),
        reason=reason,
        office=actor.acting_for[:120],
        seal=tlog.seal(
            actor=actor,
            kind=EntryType.CERTIFICATE_REVOKED,
            org=org.credit_code or None,
            ref=credential.seal,
        ),
    )
    audit.record(
        actor=actor, event="registry.credential.revoked", subject=credential, details={"number": credential.number}
    )
    return revocation
