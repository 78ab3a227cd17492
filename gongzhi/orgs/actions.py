"""Changes to agencies, appointments and today's copy of organizations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import connection, transaction
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts.models import Person
from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.orgs import policies
from gongzhi.orgs.enums import AgencyKind, Role
from gongzhi.orgs.models import Agency, Appointment, Mark, Organization, OrganizationSearch
from gongzhi.orgs.search.text import Known, search_row

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "found_agency": "It is the platform's own house.",
    "appoint": "It is about a person.",
    "end_appointment": "It is about a person.",
    "write_organizations": "It is a copy; the register's action seals.",
    "write_search": "It is a copy; the register's action seals.",
}


@transaction.atomic
def found_agency(*, actor: Actor, name: str, kind: AgencyKind, path: str) -> Agency:
    """Enter an agency for a division path (`44/`; `/` for the whole country). An equal one is returned as it is."""
    if not policies.can_found_agency(actor, path):
        raise NotAllowed("orgs.appoint")
    name = name.strip()
    if not name:
        raise RuleViolation("orgs.agency_unnamed", _("Give the agency's name."), field="name")
    if not path.endswith("/"):
        raise RuleViolation("orgs.agency_path", _("A division path ends with a slash, such as 44/4403/."), field="path")
    agency, made = Agency.objects.get_or_create(name=name, path=path, defaults={"kind": kind})
    if made:
        audit.record(actor=actor, event="orgs.agency.founded", subject=agency, details={"path": path})
    return agency


@transaction.atomic
def appoint(*, actor: Actor, person: Person, agency: Agency, role: Role) -> Appointment:
    """Give a person a role at an agency from today. Nobody appoints themself."""
    agency = Agency.objects.select_for_update(of=("self",)).get(pk=agency.pk)
    if not policies.can_appoint(actor, agency) or actor.person_id == person.pk:
        raise NotAllowed("orgs.appoint")
    if Appointment.objects.on(today()).filter(person=person, agency=agency, role=role).exists():
        raise RuleViolation("orgs.already_appointed", _("This person holds this role here already."), field="role")
    appointment = Appointment.objects.create(person=person, agency=agency, role=role, since=today())
    audit.record(
        actor=actor,
        event="orgs.appointment.made",
        subject=appointment,
        details={"person": person.pk, "agency": agency.pk, "role": str(role)},
    )
    return appointment


@transaction.atomic
def end_appointment(*, actor: Actor, appointment: Appointment) -> None:
    """End a role today; the next request of that person holds it no more. The row stays."""
    appointment = Appointment.objects.select_for_update(of=("self",)).select_related("agency").get(pk=appointment.pk)
    if not policies.can_appoint(actor, appointment.agency):
        raise NotAllowed("orgs.appoint")
    if appointment.until is not None:
        raise RuleViolation("orgs.appointment_ended", _("This role has ended already."))
    appointment.until = max(today(), appointment.since)
    appointment.save(update_fields=["until"])
    audit.record(actor=actor, event="orgs.appointment.ended", subject=appointment)


@transaction.atomic
def write_organizations(
    *, actor: Actor, fresh: list[Organization], changed: list[Organization], known: Mapping[int, Known] | None = None
) -> None:
    """Set-based: insert new organizations, bring changed ones up to date, and their search rows with them.

    Called by the register's actions, which audit the whole. `known` maps the id of a changed organization to what
    search finds it by besides its name; a fresh one gets its id here, so the caller prepares the rest afterwards with
    `write_search`.
    """
    if not policies.can_write_register(actor):
        raise NotAllowed("orgs.write_register")
    known = known or {}
    before = dict(
        Organization.objects.filter(pk__in=[one.pk for one in changed]).values_list("pk", Concat("kind", "standing"))
    )
    Organization.objects.bulk_create(fresh, batch_size=2000)
    Organization.objects.bulk_update(
        changed, ["kind", "credit_code", "number", "path", "standing", "name", "registered_on"], batch_size=500
    )
    write_search(actor=actor, rows=[(one, known.get(one.pk, Known())) for one in (*fresh, *changed)])
    if fresh or any(before[one.pk] != f"{one.kind}{one.standing}" for one in changed):
        count_again()


@transaction.atomic
def write_search(*, actor: Actor, rows: Sequence[tuple[Organization, Known]]) -> None:
    """Prepare anew what search knows of these organizations: their names, hosts, people, field, and marks of today."""
    if not policies.can_write_register(actor):
        raise NotAllowed("orgs.write_register")
    marks: dict[int, list[str]] = {}
    held = Mark.objects.as_of(today()).filter(org__in=[one.pk for one, _known in rows]).exclude(value="")
    for org_id, code in held.values_list("org_id", "code"):
        marks.setdefault(org_id, []).append(code)
    OrganizationSearch.objects.bulk_create(
        [search_row(one, known, marks.get(one.pk, ())) for one, known in rows],
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["org"],
        update_fields=[field.name for field in OrganizationSearch._meta.concrete_fields if field.name != "org"],
    )


def count_again() -> None:
    """Bring the tally up to date, in the caller's transaction; a page then reads a few rows instead of the register."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE orgs_tally IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("DELETE FROM orgs_tally")
        cursor.execute(
            "INSERT INTO orgs_tally (kind, standing, count)"
            " SELECT kind, standing, count(*) FROM orgs_organization GROUP BY kind, standing"
        )
