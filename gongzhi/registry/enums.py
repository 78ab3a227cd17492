"""Events of the register, the items a register holds, and who may change it."""

from __future__ import annotations

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from gongzhi.orgs.enums import Kind, Standing

IMPORT = "registry.import"
CORRECT = "registry.correct"


class EventKind(models.TextChoices):
    """What happened on a version's day."""

    LISTED = "listed", _("Taken from a registry's list")
    LIST_CHANGED = "list_changed", _("A registry's list says otherwise")
    REGISTERED = "registered", _("Registered or filed by decision")
    CORRECTED = "corrected", _("Corrected by the registry")
    SETTLED = "settled", _("A doubt was settled")
    OBJECTION_UPHELD = "objected", _("Corrected after an objection")
    CHANGED = "changed", _("Change registered")
    RENAMED = "renamed", _("Renamed")
    CHARTER_APPROVED = "charter_approved", _("Charter approved")
    MERGED = "merged", _("Merged into another body")
    SPLIT = "split", _("Split")
    ENDED = "ended", _("Registration ended")
    UNDONE = "undone", _("A list was undone")


class SourceKind(models.TextChoices):
    """What a piece of knowledge rests on."""

    LIST = "list", _("List of the registration authority")
    CORRECTION = "correction", _("Correction by an official")
    RECORD = "record", _("Decision recorded by an official")
    DECISION = "decision", _("Decision on an application")
    CHOICE = "choice", _("Choice of an official about a doubtful value")
    OBJECTION = "objection", _("Objection that was upheld")
    UNDO = "undo", _("A list was undone")


class CredentialKind(models.TextChoices):
    """What the platform states with its signature."""

    FILING = "filing", pgettext_lazy("credential", "Certificate of filing")
    REGISTRATION = "registration", pgettext_lazy("credential", "Certificate of registration")
    FUNDRAISING = "fundraising", pgettext_lazy("credential", "Certificate for public fundraising")
    EXTRACT = "extract", pgettext_lazy("credential", "Extract of the register")


class Post(models.TextChoices):
    """Posts of officers the law makes public."""

    CHAIR = "chair", _("Chair")
    VICE_CHAIR = "vice_chair", _("Vice-chair")
    SECRETARY_GENERAL = "secretary_general", _("Secretary-general")
    DIRECTOR = "director", _("Director")
    SUPERVISOR = "supervisor", _("Supervisor")
    HEAD = "head", _("Head")


class BranchKind(models.TextChoices):
    """What an organization may keep a record of; none of them is a legal person."""

    BRANCH = "branch", _("Branch")
    REPRESENTATIVE = "representative", _("Representative office")
    SPECIAL_FUND = "special_fund", _("Special fund")


class OwnMark(models.TextChoices):
    """Marks of an organization that the registration authority gives and takes."""

    CHARITY = "charity", _("Charitable organization")
    PUBLIC_FUNDRAISING = "public_fundraising", _("Qualification for public fundraising")


class LineageKind(models.TextChoices):
    """How a body came out of another."""

    MERGER = "merger", _("Merged into")
    SPLIT = "split", _("Split into")
    SUCCESSION = "succession", _("Succeeded by")


class ObjectionState(models.TextChoices):
    """What became of an objection."""

    OPEN = "open", _("Waits for an answer")
    UPHELD = "upheld", _("Upheld: the entry was corrected")
    DECLINED = "declined", _("Declined, with the reason")


class DownloadState(models.TextChoices):
    """How far a file is."""

    WAITING = "waiting", _("Waits to be made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Could not be made")


class IntakeState(models.TextChoices):
    """How far a list is that somebody brought."""

    RECEIVED = "received", _("Received: its columns are to be looked at")
    CHECKED = "checked", _("Checked: nothing has been taken in yet")
    APPLYING = "applying", _("Being taken in")
    APPLIED = "applied", _("Taken in")
    FAILED = "failed", _("Could not be taken in; nothing was changed")
    UNDONE = "undone", _("Undone")


#: From which state a list may come into which. A failed or interrupted one may be checked or taken in again.
INTAKE_STEPS: dict[str, frozenset[str]] = {
    IntakeState.RECEIVED: frozenset({IntakeState.CHECKED}),
    IntakeState.CHECKED: frozenset({IntakeState.CHECKED, IntakeState.APPLYING, IntakeState.APPLIED}),
    IntakeState.APPLYING: frozenset({IntakeState.APPLIED, IntakeState.FAILED}),
    IntakeState.FAILED: frozenset({IntakeState.CHECKED, IntakeState.APPLYING, IntakeState.APPLIED, IntakeState.FAILED}),
    IntakeState.APPLIED: frozenset({IntakeState.UNDONE}),
    IntakeState.UNDONE: frozenset(),
}


class Fate(models.TextChoices):
    """What becomes of one row of a list."""

    NEW = "new", _("New")
    CHANGED = "changed", _("Changed")
    UNCHANGED = "unchanged", _("Unchanged")
    HELD = "held", _("Waits for a decision")
    REJECTED = "rejected", _("Not taken in")


#: Registered items in the order of the certificate → label. Which kind has which is `ITEMS_OF` (domain.md §1.6).
ITEMS: dict[str, str | Promise] = {
    "name": _("Name"),
    "domicile": _("Domicile"),
    "purpose": _("Purpose"),
    "scope": _("Scope of activity"),
    "area": _("Area of activity"),
    "legal_representative": _("Legal representative"),
    "fund_fen": _("Registered funds"),
    "business_authority": _("Business authority"),
}

#: What stands beside the registered items: facts the register keeps, no statute's list.
MORE_ITEMS: dict[str, str | Promise] = {
    "industry_department": _("Industry department"),
    "party_body": _("Party-building body"),
    "field": _("Field of activity"),
}

#: Facts of the registration itself, on every certificate: who registered the body, and when.
REGISTRATION_ITEMS: dict[str, str | Promise] = {
    "registry_name": _("Registration authority"),
    "registered_on": _("Registered on"),
}

ITEMS_OF: dict[str, tuple[str, ...]] = {
    Kind.SOCIAL_GROUP: tuple(ITEMS),
    Kind.SERVICE: ("name", "domicile", "purpose", "scope", "legal_representative", "fund_fen", "business_authority"),
    # 基金会管理条例 Art 11 names no business authority among the registered items.
    Kind.FOUNDATION: ("name", "domicile", "purpose", "scope", "fund_fen", "legal_representative"),
    Kind.OVERSEAS_OFFICE: ("name", "domicile", "scope", "legal_representative"),
    Kind.COMMUNITY_GROUP: ("name", "domicile", "purpose", "scope", "legal_representative"),
    Kind.UNCLEAR: tuple(ITEMS),
}

#: Kinds that are no legal person: nothing recognises them as a charity (慈善法 Art 8).
NO_LEGAL_PERSON = frozenset({Kind.COMMUNITY_GROUP, Kind.OVERSEAS_OFFICE})

#: Standings an official may end a registration with.
ENDINGS: tuple[str, ...] = (Standing.CANCELLED, Standing.REVOKED, Standing.WITHDRAWN)

#: The statute that names the registered items of a kind.
ITEMS_GROUND: dict[str, str] = {
    Kind.SOCIAL_GROUP: "《社会团体登记管理条例》第十二条",
    Kind.SERVICE: "《民办非企业单位登记管理暂行条例》第十二条",
    Kind.FOUNDATION: "《基金会管理条例》第十一条",
    Kind.OVERSEAS_OFFICE: "《基金会管理条例》第十三条",
}

#: What the money is called on the certificate of a kind.
FUND_LABEL: dict[str, str | Promise] = {
    Kind.SOCIAL_GROUP: _("Activity funds"),
    Kind.SERVICE: _("Start-up funds"),
    Kind.FOUNDATION: _("Original fund"),
}
