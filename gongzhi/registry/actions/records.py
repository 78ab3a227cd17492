"""What comes and goes with an organization: officers, branches, hosts, certificates, marks, and what came out of what.

Rows are appended: ending something closes what was known and appends a row with its last day. Each has its source with
the official's reason, is sealed and audited, and search finds the body by it from the next question on.
"""

from __future__ import annotations

import datetime as dt
from typing import TypeVar

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.orgs import actions as orgs
from gongzhi.orgs.enums import HELD, Kind, Standing
from gongzhi.orgs.models import Mark, Organization
from gongzhi.reference.enums import Level
from gongzhi.reference.models import Division
from gongzhi.registry import policies
from gongzhi.registry.actions.entries import check_day, check_living, check_reason, end_organization, known_of
from gongzhi.registry.enums import BranchKind, EventKind, LineageKind, OwnMark, Post, SourceKind
from gongzhi.registry.feed import MARK_SOURCE
from gongzhi.registry.lists import cells
from gongzhi.registry.models import Branch, Certificate, Host, Lineage, Officer, Recorded, Source, Version
from gongzhi.tlog import actions as tlog
from gongzhi.tlog.contracts import SealedRow
from gongzhi.tlog.enums import EntryType

#: Which entry of the transparency log each action makes.
SEALS: dict[str, EntryType | str] = {
    "record_officer": EntryType.ORG_CHANGED,
    "end_officer": EntryType.ORG_CHANGED,
    "record_branch": EntryType.ORG_CHANGED,
    "end_branch": EntryType.ORG_CHANGED,
    "record_host": EntryType.ORG_CHANGED,
    "end_host": EntryType.ORG_CHANGED,
    "record_certificate": EntryType.ORG_CHANGED,
    "record_mark": EntryType.ORG_CHANGED,
    "record_lineage": EntryType.ORG_CHANGED,
}

R = TypeVar("R", bound=Recorded)

#: From this day on 社会组织名称管理办法 (民政部令第69号) Art 17 says how the name of a branch ends.
NAMES_SINCE = dt.date(2024, 5, 1)
#: How the branches of a social group end by Art 17, and what offices for a region are called besides.
BRANCH_ENDINGS = ("分会", "专业委员会", "工作委员会", "专家委员会", "技术委员会")
REGIONAL_ENDINGS = (*BRANCH_ENDINGS, "委员会", "办事处", "代表处", "联络处", "工作站", "分中心", "分部")
#: Offices away from the domicile carry the name of a place: Art 17 of the regulation speaks of branches.
OFFICE_ENDINGS = ("代表处", "办事处", "联络处")
#: What people leave out of the name of a place.
PLACE_ENDINGS = ("", "省", "市", "区", "县", "自治区", "特别行政区")


def _lock(actor: Actor, organization: Organization) -> Organization:
    organization = Organization.objects.select_for_update(of=("self",)).get(pk=organization.pk)
    if not policies.can_correct(actor, organization):
        raise NotAllowed("registry.correct")
    return organization


def _name(text: str, longest: int = 200) -> str:
    name = cells.trim(text)
    if not name:
        raise RuleViolation("registry.name_missing", _("Enter the name."), field="name")
    if cells.text_fault(name, lines=False):
        raise RuleViolation(
            "registry.name_damaged", _("The name holds characters that were lost or cannot be seen."), field="name"
        )
    if len(name) > longest:
        raise RuleViolation(
            "registry.name_too_long",
            _("This is too long: at most %(most)s characters.") % {"most": longest},
            field="name",
        )
    return name


def _check_since(since: dt.date | None) -> None:
    if since is not None and since > today():
        raise RuleViolation("registry.day_in_future", _("This day has not come yet."), field="since")


def _source(reason: str, item: str, on: dt.date | None, case_number: str = "") -> Source:
    return Source.objects.create(
        kind=SourceKind.DECISION if case_number else SourceKind.RECORD,
        items=[item],
        reason=check_reason(reason),
        case_number=case_number,
        dated_on=on or today(),
        rows=1,
    )


def _seal(actor: Actor, organization: Organization, row: models.Model, source: Source, item: str) -> None:
    source.seal = tlog.seal_batch(
        actor=actor,
        kind=EntryType.ORG_CHANGED,
        rows=[SealedRow(row._meta.label_lower, row.pk, row.sealed_record())],  # type: ignore[attr-defined]
        public={"item": item},
        org=organization.credit_code,
    )
    source.save(update_fields=["seal"])


def _append(actor: Actor, organization: Organization, row: R, source: Source, item: str) -> R:
    """Keep a new row, seal it, and write down what search finds the body by."""
    row.source = source
    row.known_from = row.known_from or Version.now()
    row.save(force_insert=True)
    _seal(actor, organization, row, source, item)
    orgs.write_search(actor=actor, rows=[(organization, known_of([organization.pk])[organization.pk])])
    audit.record(
        actor=actor,
        event=f"registry.{item}.recorded" if row.valid_to is None else f"registry.{item}.ended",
        subject=row,
        details={"org": organization.pk, "source": source.pk},
    )
    return row


def _end(actor: Actor, row: R, item: str, until: dt.date, reason: str, case_number: str = "") -> R:
    """Close what is known and append a row with the last day."""
    organization = _lock(actor, row.org)
    model = type(row)
    row = model._default_manager.select_for_update(of=("self",)).get(pk=row.pk)
    if row.known_to is not None or row.valid_to is not None:
        raise RuleViolation("registry.record_ended", _("This has ended already."))
    if until > today():
        raise RuleViolation("registry.day_in_future", _("This day has not come yet."), field="until")
    if row.valid_from is not None and until < row.valid_from:
        raise RuleViolation("registry.day_order", _("The last day lies before the first one."), field="until")
    now = max(Version.now(), row.known_from + dt.timedelta(microseconds=1))
    model._default_manager.filter(pk=row.pk).update(known_to=now)
    kept = {
        field.attname: getattr(row, field.attname)
        for field in model._meta.concrete_fields
        if field.attname not in {"id", "valid_to", "known_from", "known_to", "source_id"}
    }
    source = _source(reason, item, until, case_number)
    return _append(actor, organization, model(**kept, valid_to=until, known_from=now), source, item)


def _once(rows: models.QuerySet[R], since: dt.date | None) -> None:
    """Refuse what is known to hold already, also without its first day."""
    if rows.filter(known_to=None).filter(Q(valid_to=None) | Q(valid_from=since)).exists():
        raise RuleViolation("registry.record_known", _("The register says this already."), field="name")


# --- officers ---


@transaction.atomic
def record_officer(
    *,
    actor: Actor,
    organization: Organization,
    name: str,
    post: str,
    since: dt.date | None,
    reason: str,
    case_number: str = "",
) -> Officer:
    """Enter who holds a post in an organization: name and post only, which the law makes public.

    Raises `NotAllowed` outside the officer's division, `RuleViolation` for a body that has ended, an unknown post, a
    missing or damaged name, a day that has not come, an entry that is there already, or no reason.
    """
    organization = _lock(actor, organization)
    check_living(organization)
    if post not in Post.values:
        raise RuleViolation("registry.no_such_post", _("Choose a post."), field="post")
    name = _name(name, 100)
    _check_since(since)
    _once(Officer.objects.filter(org=organization, name=name, post=post), since)
    row = Officer(org=organization, name=name, post=post, valid_from=since)
    return _append(actor, organization, row, _source(reason, "officer", since, case_number), "officer")


@transaction.atomic
def end_officer(*, actor: Actor, officer: Officer, until: dt.date, reason: str, case_number: str = "") -> Officer:
    """Enter the last day of an officer; the row that knew of no end is closed and stays readable."""
    return _end(actor, officer, "officer", until, reason, case_number)


# --- branches ---


def _names_of(organization: Organization) -> set[str]:
    """Every name the organization has or had."""
    return set(Version.objects.current().filter(org=organization).values_list("name", flat=True))


def _is_division(name: str) -> bool:
    """Whether a text is the name of a division in use, as written or without its last word."""
    if len(name) < 2:
        return False
    named = Q(name__in=[name + ending for ending in PLACE_ENDINGS]) | Q(level=Level.PROVINCE, name__startswith=name)
    return Division.objects.in_use().filter(named).exists()


def _check_branch(organization: Organization, kind: str, name: str, since: dt.date | None) -> None:
    if organization.kind == Kind.SERVICE:
        raise RuleViolation(
            "registry.branch_forbidden",
            _(
                "A social service institution may not set up branches (Interim Regulations on its registration, Art 13)."
            ),
        )
    if organization.kind not in {Kind.SOCIAL_GROUP, Kind.FOUNDATION}:
        raise RuleViolation("registry.branch_unknown", _("Only social groups and foundations keep branches."))
    parents = [parent for parent in _names_of(organization) if name.startswith(parent) and name != parent]
    if not parents:
        raise RuleViolation(
            "registry.branch_name",
            _("The name of a branch begins with the organization's full name (Measures on names, Art 17)."),
            field="name",
        )
    others = Branch.objects.known().filter(org=organization).values_list("name", flat=True)
    if any(name.startswith(other) and name != other for other in others):
        raise RuleViolation(
            "registry.sub_branch",
            _("A branch has no branches of its own (Regulations on social groups, Art 17)."),
            field="name",
        )
    rest = name.removeprefix(max(parents, key=len))
    ending = next((one for one in sorted(REGIONAL_ENDINGS, key=len, reverse=True) if rest.endswith(one)), "")
    an_office = kind == BranchKind.REPRESENTATIVE and ending in OFFICE_ENDINGS
    if ending and not an_office and _is_division(rest.removesuffix(ending)):
        raise RuleViolation(
            "registry.regional_branch",
            _("A branch is never for a region (Regulations on social groups, Art 17)."),
            field="name",
        )
    if (
        organization.kind == Kind.SOCIAL_GROUP
        and kind == BranchKind.BRANCH
        and since is not None
        and since >= NAMES_SINCE
        and not rest.endswith(BRANCH_ENDINGS)
    ):
        raise RuleViolation(
            "registry.branch_ending",
            _("The name of a social group's branch does not end as branches do (Measures on names, Art 17)."),
            field="name",
        )


@transaction.atomic
def record_branch(
    *,
    actor: Actor,
    organization: Organization,
    kind: str,
    name: str,
    since: dt.date | None,
    reason: str,
    case_number: str = "",
) -> Branch:
    """Enter a branch or representative office the organization keeps a record of; never a legal person.

    Raises `NotAllowed`, and `RuleViolation` where the law allows none (social service institutions, regional branches,
    branches of branches), for a name that does not begin with the organization's, and as `record_officer` does.
    """
    organization = _lock(actor, organization)
    check_living(organization)
    if kind not in BranchKind.values:
        raise RuleViolation("registry.no_such_branch", _("Choose what it is."), field="kind")
    name = _name(name)
    _check_since(since)
    _check_branch(organization, kind, name, since)
    _once(Branch.objects.filter(org=organization, name=name), since)
    row = Branch(org=organization, kind=kind, name=name, valid_from=since)
    return _append(actor, organization, row, _source(reason, "branch", since, case_number), "branch")


@transaction.atomic
def end_branch(*, actor: Actor, branch: Branch, until: dt.date, reason: str, case_number: str = "") -> Branch:
    """Enter the last day of a branch."""
    return _end(actor, branch, "branch", until, reason, case_number)


# --- hosts ---


@transaction.atomic
def record_host(
    *,
    actor: Actor,
    organization: Organization,
    name: str,
    host: Organization | None = None,
    since: dt.date | None,
    reason: str,
) -> Host:
    """Enter the body an organization or filed group leans on (挂靠单位). It gives no legal personality.

    `host` is the body itself where the register knows it. Raises as `record_officer` does, and for a body that would
    lean on itself.
    """
    organization = _lock(actor, organization)
    check_living(organization)
    name = _name(name or (host.name if host is not None else ""))
    if (host is not None and host.pk == organization.pk) or name == organization.name:
        raise RuleViolation("registry.own_host", _("An organization does not lean on itself."), field="name")
    _check_since(since)
    _once(Host.objects.filter(org=organization, name=name), since)
    row = Host(org=organization, host=host, name=name, valid_from=since)
    return _append(actor, organization, row, _source(reason, "host", since), "host")


@transaction.atomic
def end_host(*, actor: Actor, host: Host, until: dt.date, reason: str) -> Host:
    """Enter the last day on which a body leaned on its host."""
    return _end(actor, host, "host", until, reason)


# --- certificates and marks ---


@transaction.atomic
def record_certificate(
    *,
    actor: Actor,
    organization: Organization,
    since: dt.date | None,
    until: dt.date | None,
    reason: str,
    case_number: str = "",
) -> Certificate:
    """Enter the period of a certificate. An older one stays readable: certificates follow one another.

    Raises `NotAllowed` outside the officer's division, `RuleViolation` for a body that has ended, a period without any
    day or with its days in the wrong order, a first day that has not come, a period that is there already, or no reason.
    """
    organization = _lock(actor, organization)
    check_living(organization)
    if since is None and until is None:
        raise RuleViolation("registry.period_missing", _("Enter the first or the last day."), field="since")
    _check_since(since)
    if since is not None and until is not None and until < since:
        raise RuleViolation("registry.day_order", _("The last day lies before the first one."), field="until")
    if Certificate.objects.filter(org=organization, valid_from=since, valid_to=until, known_to=None).exists():
        raise RuleViolation("registry.record_known", _("The register says this already."), field="since")
    source = _source(reason, "certificate", None, case_number)
    row = Certificate.objects.create(
        org=organization, valid_from=since, valid_to=until, known_from=Version.now(), source=source
    )
    _seal(actor, organization, row, source, "certificate")
    audit.record(
        actor=actor,
        event="registry.certificate.recorded",
        subject=row,
        details={"org": organization.pk, "source": source.pk},
    )
    return row


@transaction.atomic
def record_mark(
    *, actor: Actor, organization: Organization, mark: str, held: bool, on: dt.date, reason: str, case_number: str = ""
) -> Mark:
    """Enter that an organization was recognised as a charity or given the qualification for public fundraising from a
    day on, or that it holds it no longer.

    Recognition is the registering authority's (慈善法 Art 10, Art 22); the conditions are judged by the case, not here.
    Raises `NotAllowed` outside the officer's division, `RuleViolation` for a mark the register does not keep, a body
    that has ended, an impossible day, what the register says already, or no reason.
    """
    organization = _lock(actor, organization)
    if mark not in OwnMark.values:
        raise RuleViolation("registry.no_such_mark", _("Choose what is recorded."), field="mark")
    if held:
        check_living(organization)
    check_day(organization, on)
    source = _source(reason, mark, on, case_number)
    row = orgs.set_mark(
        actor=actor,
        organization=organization,
        code=mark,
        value=HELD if held else "",
        on=on,
        source=f"{MARK_SOURCE}{source.pk}",
        app="registry",
    )
    if row is None or (not held and not Mark.objects.filter(org=organization, code=mark).exclude(pk=row.pk).exists()):
        raise RuleViolation("registry.record_known", _("The register says this already."), field="mark")
    _seal(actor, organization, row, source, mark)
    orgs.write_search(actor=actor, rows=[(organization, known_of([organization.pk])[organization.pk])])
    audit.record(
        actor=actor,
        event="registry.mark.recorded" if held else "registry.mark.ended",
        subject=row,
        details={"org": organization.pk, "mark": mark, "source": source.pk},
    )
    return row


# --- lineage ---


@transaction.atomic
def record_lineage(
    *,
    actor: Actor,
    origin: Organization,
    successor: Organization,
    kind: str,
    on: dt.date,
    reason: str,
    case_number: str = "",
    ends_origin: bool = False,
) -> Lineage:
    """Enter that one body came out of another: merged into it, split into it, succeeded by it.

    With `ends_origin` the origin's registration ends on that day as cancelled, because of the merger or split (社会团体
    登记管理条例 Art 19). Both must lie in the officer's reach: bodies of two divisions are their common superior's to join
    (Art 7). Raises `NotAllowed`, and `RuleViolation` for one body twice, an unknown kind, an impossible day, what is
    known already (also the other way round), an origin that has ended though it shall end, or no reason.
    """
    locked = Organization.objects.filter(pk__in=[origin.pk, successor.pk]).order_by("pk")
    both = {one.pk: one for one in locked.select_for_update(of=("self",))}
    origin, successor = both[origin.pk], both[successor.pk]
    if not all(policies.can_correct(actor, one) for one in both.values()):
        raise NotAllowed("registry.correct")
    if origin.pk == successor.pk:
        raise RuleViolation("registry.lineage_self", _("A body does not come out of itself."), field="other")
    if kind not in LineageKind.values:
        raise RuleViolation("registry.no_such_lineage", _("Choose how it came about."), field="kind")
    check_day(origin, on)
    pair = Q(from_org=origin, to_org=successor, kind=kind) | Q(from_org=successor, to_org=origin)
    if Lineage.objects.filter(pair, known_to=None).exists():
        raise RuleViolation("registry.record_known", _("The register says this already."), field="other")
    if ends_origin:
        event = {LineageKind.MERGER: EventKind.MERGED, LineageKind.SPLIT: EventKind.SPLIT}.get(
            LineageKind(kind), EventKind.ENDED
        )
        end_organization(
            actor=actor,
            organization=origin,
            standing=Standing.CANCELLED,
            on=on,
            reason=reason,
            event=event,
            case_number=case_number,
        )
    source = _source(reason, "lineage", on, case_number)
    row = Lineage.objects.create(
        from_org=origin, to_org=successor, kind=kind, on_date=on, known_from=Version.now(), source=source
    )
    _seal(actor, origin, row, source, "lineage")
    audit.record(
        actor=actor,
        event="registry.lineage.recorded",
        subject=row,
        details={"from": origin.pk, "to": successor.pk, "kind": kind, "source": source.pk},
    )
    return row
