"""What the API says about organizations.

Descriptions are English in the description of the API and translated on its page (`api.docs`).
"""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_noop as _
from ninja import Field, Schema

from gongzhi.orgs.enums import Kind, Standing
from gongzhi.registry.enums import BranchKind, EventKind, LineageKind, Post, SourceKind
from gongzhi.registry.names import Severity


class OrganizationOut(Schema):
    """An organization as it stands today."""

    code: str | None = Field(description=_("Unified social credit code (GB 32100), if there is a valid one"))
    number: str = Field(description=_("Registration or filing number, empty if there is none"))
    public_id: str = Field(description=_("Short name of the organization on this platform; it never changes"))
    name: str = Field(description=_("Registered name"))
    kind: Kind = Field(description=_("What it is in law"))
    standing: Standing = Field(description=_("Where it stands in its life"))
    division: str = Field(description=_("Division path of the registration authority, '/' for the national level"))
    registered_on: dt.date | None = Field(description=_("Day of registration; null where no source states it"))
    url: str = Field(description=_("Address of the organization's page"))


class OrganizationPage(Schema):
    """Some organizations, and the cursors of the neighbouring pages."""

    items: list[OrganizationOut] = Field(description=_("The organizations of this page"))
    total: int = Field(description=_("How many organizations match, exactly"))
    facets: dict[str, dict[str, int]] = Field(
        description=_("Filter, then value, then how many match; each filter counted as if it were not set")
    )
    next: str | None = Field(description=_("Cursor of the next page; null on the last"))
    previous: str | None = Field(description=_("Cursor of the page before; null on the first"))


class SourceOut(Schema):
    """What a piece of knowledge rests on."""

    kind: SourceKind = Field(description=_("List, correction, decision, choice, objection or undone list"))
    dated_on: dt.date = Field(description=_("The day the source speaks of"))
    file_sha256: str = Field(description=_("SHA-256 of the list as it came; empty for other sources"))
    reason: str = Field(description=_("Why an official changed it, in their words; empty for lists"))
    seal: str | None = Field(description=_("Number of its entry in the transparency log"))


class FactOut(Schema):
    """One registered item with its source."""

    item: str = Field(description=_("Which item: name, domicile, scope …"))
    value: str = Field(description=_("What it says, as text"))
    since: dt.date | None = Field(description=_("First day of this value; null where no source states it"))
    source: SourceKind = Field(description=_("List, correction, decision, choice, objection or undone list"))
    source_dated_on: dt.date = Field(description=_("The day the source speaks of"))
    confirmed_on: dt.date | None = Field(description=_("The last day on which a source agreed with it"))


class DoubtOut(Schema):
    """A value a source holds that could not be believed and waits for a person."""

    column: str = Field(description=_("Column of the list"))
    value: str = Field(description=_("What stands there, untouched"))
    rule: str = Field(description=_("Code of the rule it fails"))


class FormerNameOut(Schema):
    """A name before the present one."""

    name: str = Field(description=_("The name"))
    first_on: dt.date = Field(description=_("First day on which it was so"))
    until: dt.date = Field(description=_("Day on which the next one began"))


class CertificateOut(Schema):
    """The period of a certificate."""

    valid_from: dt.date | None = Field(description=_("First day; null where no source states it"))
    valid_to: dt.date | None = Field(description=_("Last day; null where no source states it"))


class OfficerOut(CertificateOut):
    """A post that the law makes public."""

    name: str = Field(description=_("Name of the officer"))
    post: Post = Field(description=_("Post"))


class BranchOut(CertificateOut):
    """A branch or representative office: never a legal person."""

    name: str = Field(description=_("Name of the branch"))
    kind: BranchKind = Field(description=_("What kind of branch it is"))


class HostOut(CertificateOut):
    """The body it leans on; that gives no legal personality."""

    name: str = Field(description=_("Name of the hosting body, as the source writes it"))
    code: str | None = Field(description=_("Its code or number, where it is in the register itself"))


class LineageOut(Schema):
    """Which body it came out of or went into."""

    relation: str = Field(description=_("`from`: it came out of the other body; `to`: it went into it"))
    kind: LineageKind = Field(description=_("Merger, split or succession"))
    on: dt.date = Field(description=_("The day it took effect"))
    code: str = Field(description=_("Code or number of the other body"))
    name: str = Field(description=_("Present name of the other body"))


class MarkOut(Schema):
    """A dated fact set by another part of the platform."""

    code: str = Field(description=_("Which mark"))
    value: str = Field(description=_("What it says"))
    since: dt.date = Field(description=_("First day on which it was so"))


class OrganizationDetail(OrganizationOut):
    """An organization with everything the register holds, as asked for."""

    on: dt.date | None = Field(description=_("The day asked for; null for today"))
    known: dt.date | None = Field(description=_("The day whose knowledge was asked for; null for now"))
    items: list[FactOut] = Field(description=_("Registered items, each with its source"))
    missing: list[str] = Field(description=_("Registered items no source states"))
    former_names: list[FormerNameOut] = Field(description=_("Names before the present one, newest first"))
    officers: list[OfficerOut] = Field(description=_("Posts the law makes public: name and post, nothing else"))
    branches: list[BranchOut] = Field(description=_("Branches and representative offices"))
    hosts: list[HostOut] = Field(description=_("Bodies it leans on"))
    lineage: list[LineageOut] = Field(description=_("Mergers, splits and successions"))
    certificates: list[CertificateOut] = Field(description=_("Periods of its certificates"))
    marks: list[MarkOut] = Field(description=_("Marks that hold on the day asked for"))
    doubts: list[DoubtOut] = Field(description=_("Values that wait for a person; they are not in the register"))


class VersionOut(Schema):
    """The registered items of an organization from a day on, as known from a moment on."""

    valid_from: dt.date = Field(description=_("First day; it holds until the next version begins"))
    known_from: dt.datetime = Field(description=_("When the platform learned of it"))
    known_to: dt.datetime | None = Field(description=_("When it ceased to be believed; null while it is"))
    event: EventKind = Field(description=_("What happened on that day"))
    source: SourceOut = Field(description=_("What it rests on"))
    values: dict[str, str | int | bool | None] = Field(
        description=_("Registered items with a value; `fund_fen` is whole fen")
    )


class History(Schema):
    """The versions of an organization, newest first."""

    items: list[VersionOut] = Field(description=_("The versions of this page"))
    next: str | None = Field(description=_("Cursor of the next page; null on the last"))
    previous: str | None = Field(description=_("Cursor of the page before; null on the first"))


class OrganizationRef(Schema):
    """Which organization is meant."""

    code: str | None = Field(description=_("Unified social credit code (GB 32100), if there is a valid one"))
    number: str = Field(description=_("Registration or filing number, empty if there is none"))
    public_id: str = Field(description=_("Short name of the organization on this platform; it never changes"))
    url: str = Field(description=_("Address of the organization's page"))


class ChangeOut(Schema):
    """One fact that became known, or that is believed no longer."""

    id: str = Field(description=_("Name of the fact; it comes again under this name when it is closed"))
    kind: str = Field(description=_("items, officer, branch, host, lineage, certificate or mark"))
    organization: OrganizationRef = Field(description=_("Whose fact it is; of a lineage the body that was before"))
    event: EventKind | None = Field(description=_("What happened; for registered items only"))
    valid_from: dt.date | None = Field(description=_("First day it speaks of; null where no source states it"))
    valid_to: dt.date | None = Field(description=_("Last day it speaks of; null while it holds"))
    known_from: dt.datetime = Field(description=_("When the platform learned of it"))
    known_to: dt.datetime | None = Field(description=_("When it ceased to be believed; null while it is"))
    source: SourceOut | None = Field(description=_("What it rests on; null for a mark that is not the register's own"))
    values: dict[str, str | int | bool | None] = Field(description=_("What it says; empty values are left out"))


class Changes(Schema):
    """Some changes, oldest first, and where to go on."""

    items: list[ChangeOut] = Field(description=_("The changes, in the order in which none is missed"))
    next: str = Field(description=_("Cursor to go on from, also when nothing came: keep it and ask again later"))


class Problem(Schema):
    """An error (RFC 9457)."""

    type: str = Field(description=_("Stable name of the error as a URN"))
    status: int = Field(description=_("Status of the answer"))
    code: str = Field(description=_("Stable code of the error, for programs"))
    title: str = Field(description=_("What is wrong, for people"))


class NamePartOut(Schema):
    """A stretch of a proposed name and what it is."""

    role: str = Field(description=_("`division`, `national`, `brand`, `origin`, `field` or `form`"))
    text: str = Field(description=_("As it was written"))
    start: int = Field(description=_("Its first character, counted from 0 in `name`"))
    end: int = Field(description=_("The character after its last"))


class NamedBodyOut(Schema):
    """The body a finding is about."""

    name: str = Field(description=_("The name that was compared"))
    present_name: str = Field(description=_("What it is called today"))
    standing: Standing = Field(description=_("Where it stands in its life"))
    division: str = Field(description=_("Division path of the registration authority, '/' for the national level"))
    same_registry: bool = Field(description=_("Whether it is registered where the name was compared"))
    url: str = Field(description=_("Address of the organization's page"))


class NameFindingOut(Schema):
    """One thing to say about a name."""

    code: str = Field(description=_("Stable code of the finding"))
    severity: Severity = Field(
        description=_("`conflict`: the same by law; `advice`: something to look at; `similar`: near, no measure in law")
    )
    message: str = Field(description=_("In the language asked for"))
    article: str = Field(description=_("The article, only where its text was read; else empty"))
    evidence: str = Field(description=_("V read in the text, S secondary source, G general knowledge, to be verified"))
    warning: str = Field(description=_("Why to look twice at the article; usually empty"))
    field_compared_by: str = Field(description=_("How the field was compared: `codes`, `words`, or empty"))
    taken_until: dt.date | None = Field(description=_("Last day the name stays taken; null without an end"))
    organization: NamedBodyOut | None = Field(description=_("The body with the other name"))


class NameCheck(Schema):
    """Advice on a proposed name. It refuses nothing: the registration authority decides."""

    name: str = Field(description=_("The name as it was read, without spaces"))
    kind: Kind = Field(description=_("What it is in law"))
    registry: str = Field(description=_("Division path where it was compared; empty where none is known"))
    registry_guessed: bool = Field(description=_("Whether the registry was taken from the division in the name"))
    on: dt.date = Field(description=_("The day asked about"))
    parts: list[NamePartOut] = Field(description=_("The parts of the name in order; together they are the whole name"))
    field: str | None = Field(description=_("Field of activity the words say for certain; null where they do not"))
    findings: list[NameFindingOut] = Field(description=_("Findings: the same by law, then advice, then similar names"))
    compared: int = Field(description=_("How many bodies of the registry were compared with all their names"))
    complete: bool = Field(description=_("Whether every body that could have the name was compared"))
    data_until: dt.date | None = Field(description=_("The day the newest list or decision speaks of"))
