"""Credit codes for new bodies: the runs an authority was allotted, and the next code of a run."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.orgs.enums import Kind
from gongzhi.orgs.models import Agency, Organization
from gongzhi.reference import selectors as reference
from gongzhi.reference.enums import NATIONAL_PATH
from gongzhi.registry import creditcode, policies
from gongzhi.registry.models import CodeBlock

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "add_code_block": "It says which codes an authority may give; each code given is sealed with its body.",
    "next_credit_code": "The body that gets the code is sealed with it.",
}

MOST = 999_999


@transaction.atomic
def add_code_block(*, actor: Actor, stem: str, first: int, last: int) -> CodeBlock:
    """Enter a run of organization codes that was allotted to the official's authority.

    Raises `NotAllowed` for who may not correct the register, `RuleViolation` for a stem that is no two letters or digits
    of the code's alphabet, a run out of order, or codes that were allotted before.
    """
    if not policies.can_allot_codes(actor):
        raise NotAllowed("registry.correct")
    stem = creditcode.normalise(stem)
    if len(stem) != 2 or not set(stem) <= set(creditcode.ALPHABET):
        raise RuleViolation(
            "registry.code_stem", _("The codes begin with two letters or digits, such as MJ."), field="stem"
        )
    if not 0 <= first <= last <= MOST:
        raise RuleViolation(
            "registry.code_order", _("The last number is not before the first, and both have up to six digits."),
            field="last",
        )  # fmt: skip
    try:
        with transaction.atomic():
            block = CodeBlock.objects.create(
                agency_id=actor.agency_id or 0, stem=stem, first=first, last=last, added_by=actor.person_id or 0
            )
    except IntegrityError as error:
        raise RuleViolation(
            "registry.code_twice", _("Some of these codes were allotted before."), field="first"
        ) from error
    audit.record(
        actor=actor,
        event="registry.code_block.added",
        subject=block,
        details={"stem": stem, "first": first, "last": last},
    )
    return block


def codes_left(agency: Agency) -> int:
    """How many codes an authority can still give."""
    return sum(one.left for one in CodeBlock.objects.filter(agency=agency))


@transaction.atomic
def next_credit_code(*, actor: Actor, agency: Agency, kind: Kind) -> str:
    """The next unified social credit code of an authority's runs, for a body of this kind. A code some body has already
    is passed over. Raises `RuleViolation` when none is left.
    """
    digit = {Kind.SOCIAL_GROUP: "1", Kind.SERVICE: "2", Kind.FOUNDATION: "3"}[kind]
    division = creditcode.NATIONAL_DIVISION if agency.path == NATIONAL_PATH else reference.code_of(agency.path)[:6]
    blocks = CodeBlock.objects.select_for_update().filter(agency=agency, given__lte=F("last") - F("first"))
    for block in blocks.order_by("pk"):
        while block.left:
            body = f"{block.stem}{block.first + block.given:06d}"
            block.given += 1
            start = f"{creditcode.CIVIL_AFFAIRS}{digit}{division}{body}{creditcode.organization_check(body)}"
            code = start + creditcode.check_character(start)
            if not Organization.objects.filter(credit_code=code).exists():
                block.save(update_fields=["given"])
                return code
        block.save(update_fields=["given"])
    raise RuleViolation(
        "registry.no_code_left", _("No credit code is left to give. Enter the codes your authority was allotted.")
    )
