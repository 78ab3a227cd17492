"""Changes to agencies, appointments and today's copy of organizations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts.models import Person
from gongzhi.audit import actions as audit
from gongzhi.core import jobs
from gongzhi.core.actor import Actor
from gongzhi.core.clocks import amend
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.notify.actions import notify
from gongzhi.orgs import policies
from gongzhi.orgs.enums import MARK_KEEPERS, ROLES_OF_KIND, THREE_DUTIES, AgencyKind, Role, Standing
from gongzhi.orgs.models import Agency, Appointment, Mark, Organization, OrganizationSearch, SavedSearch
from gongzhi.orgs.notifications import APPOINTED, APPOINTMENT_ENDED, SAVED_SEARCH_ANSWERED
from gongzhi.orgs.search.asking import Asked
from gongzhi.orgs.search.database import matching
from gongzhi.orgs.search.text import COPY_HEAD, COPY_SEARCH, COPY_TAIL, ENDED_FLAG, Known, copied, search_row

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "found_agency": "It is the platform's own house.",
    "appoint": "It is about a person.",
    "end_appointment": "It is about a person.",
    "write_organizations": "It is a copy; the register's action seals.",
    "set_mark": "The app that keeps the mark seals.",
    "write_search": "It is a copy; the register's action seals.",
    "enter_organizations": "It is a copy; the register's action seals.",
    "renew_organizations": "It is a copy; the register's action seals.",
    "void_organizations": "It is a copy; the register's action seals.",
    "copy_search": "It is a copy; the register's action seals.",
    "save_search": "It is about a person.",
    "forget_search": "It is about a person.",
    "look_again": "It is about a person.",
}


#: The columns of an organization as a list enters it.
ENTERED = ("public_id", "kind", "credit_code", "number", "path", "standing", "name", "registered_on")


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
def appoint(*, actor: Actor, person: Person, agency: Agency, role: Role, until: dt.date | None = None) -> Appointment:
    """Give a person a role at an agency from today, to a last day or without end. Nobody appoints themself."""
    agency = Agency.objects.select_for_update(of=("self",)).get(pk=agency.pk)
    if not policies.can_appoint(actor, agency, role) or actor.person_id == person.pk:
        raise NotAllowed("orgs.appoint")
    if role not in ROLES_OF_KIND.get(agency.kind, ()):
        raise RuleViolation("orgs.role_elsewhere", _("An agency of this kind does not have this role."), field="role")
    if until is not None and until < today():
        raise RuleViolation("orgs.day_past", _("The last day must not lie in the past."), field="until")
    if Appointment.objects.on(today()).filter(person=person, agency=agency, role=role).exists():
        raise RuleViolation("orgs.already_appointed", _("This person holds this role here already."), field="role")
    taken = RuleViolation(
        "orgs.two_duties",
        _(
            "This person holds another of the three administrators' roles. System, security and audit administrator are"
            " three different people: end that role first, or name somebody else."
        ),
        field="role",
    )
    others = Appointment.objects.on(today()).filter(person=person, role__in=THREE_DUTIES).exclude(role=role)
    if role in THREE_DUTIES and others.exists():
        raise taken
    try:
        with transaction.atomic():
            appointment = Appointment.objects.create(
                person=person, agency=agency, role=role, since=today(), until=until
            )
    except IntegrityError as error:
        # Whoever appointed the same person at another agency at this very moment was faster.
        if "orgs_appointment_one_duty" in str(error):
            raise taken from error
        raise
    audit.record(
        actor=actor,
        event="orgs.appointment.made",
        subject=appointment,
        details={"person": person.pk, "agency": agency.pk, "role": str(role)},
    )
    if not actor.process:
        _tell_appointed(actor, appointment, APPOINTED.code)
    return appointment


@transaction.atomic
def end_appointment(*, actor: Actor, appointment: Appointment, on: dt.date | None = None) -> None:
    """End a role with a last day, or at once if none is named: the next request of that person holds it no more. The
    row stays.
    """
    appointment = Appointment.objects.select_for_update(of=("self",)).select_related("agency").get(pk=appointment.pk)
    if (
        not policies.can_appoint(actor, appointment.agency, appointment.role)
        or actor.person_id == appointment.person_id
    ):
        raise NotAllowed("orgs.appoint")
    if appointment.ended_at is not None or (appointment.until is not None and appointment.until < today()):
        raise RuleViolation("orgs.appointment_ended", _("This role has ended already."))
    if on is not None and on < today():
        raise RuleViolation("orgs.day_past", _("The last day must not lie in the past."), field="until")
    last = max(on or today(), appointment.since)
    appointment.until = last
    appointment.ended_at = None if on else timezone.now()
    appointment.save(update_fields=["until", "ended_at"])
    audit.record(actor=actor, event="orgs.appointment.ended", subject=appointment, details={"until": last.isoformat()})
    if not actor.process:
        _tell_appointed(actor, appointment, APPOINTMENT_ENDED.code)


def _tell_appointed(actor: Actor, appointment: Appointment, kind: str) -> None:
    notify(
        actor=actor,
        person_id=appointment.person_id,
        kind=kind,
        params={},
        key=f"{kind}:{appointment.pk}:{appointment.until or ''}",
    )


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
def set_mark(
    *, actor: Actor, organization: Organization, code: str, value: str, on: dt.date, source: str, app: str
) -> Mark | None:
    """From a day on an organization carries a mark with this value; an empty value ends it. None if that is known.

    Called by the one app that keeps the mark, which has locked the organization, checked the right and writes search
    anew afterwards. ValueError for another app's mark: a programmer's error.
    """
    if MARK_KEEPERS.get(code) != app:
        raise ValueError(f"{app} does not keep the mark {code}")
    if not policies.can_write_register(actor):
        raise NotAllowed("orgs.write_register")
    owner = {"org_id": organization.pk, "code": code}
    held = amend(Mark, owner=owner, on=on, changes={"value": value}, about={"set_by_app": app, "source": source})
    if not held:
        return None
    audit.record(actor=actor, event="orgs.mark.set", subject=held[0], details={"org": organization.pk, "code": code})
    return held[0]


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


@transaction.atomic
def enter_organizations(*, actor: Actor, rows: str, values: Mapping[str, Any]) -> int:
    """Insert the organizations a SELECT of the register gives (`ENTERED`, in that order); how many.

    For lists of any length: their search rows follow with `copy_search`, by the caller's hand.
    """
    if not policies.can_write_register(actor):
        raise NotAllowed("orgs.write_register")
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO orgs_organization ({', '.join(ENTERED)}) {rows}", values)
        entered = int(cursor.rowcount)
    if entered:
        count_again()
    return entered


@transaction.atomic
def renew_organizations(*, actor: Actor, rows: str, values: Mapping[str, Any]) -> int:
    """Bring today's copy of organizations to what a SELECT of the register gives (id, standing, name, registered_on);
    how many said something else.
    """
    if not policies.can_write_register(actor):
        raise NotAllowed("orgs.write_register")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orgs_organization AS body"  # noqa: S608  # the statement is the register's own
            " SET standing = fresh.standing, name = fresh.name, registered_on = fresh.registered_on"
            f" FROM ({rows}) AS fresh WHERE body.id = fresh.id AND (body.standing, body.name, body.registered_on)"
            " IS DISTINCT FROM (fresh.standing, fresh.name, fresh.registered_on)",
            values,
        )
        renewed = int(cursor.rowcount)
    if renewed:
        count_again()
    return renewed


@transaction.atomic
def void_organizations(*, actor: Actor, rows: str, values: Mapping[str, Any]) -> int:
    """Say of the organizations a SELECT of the register gives (id) that they were entered in error, here and in search;
    how many.
    """
    if not policies.can_write_register(actor):
        raise NotAllowed("orgs.write_register")
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE orgs_organization SET standing = %(void)s WHERE id IN ({rows})",  # noqa: S608
            {**values, "void": Standing.VOID},
        )
        voided = int(cursor.rowcount)
        cursor.execute(
            "UPDATE orgs_search SET standing = %(void)s, rank = rank | %(ended)s, changed = pg_current_xact_id()"  # noqa: S608
            f" WHERE org_id IN ({rows})",
            {**values, "void": Standing.VOID, "ended": ENDED_FLAG},
        )
    if voided:
        count_again()
    return voided


@transaction.atomic
def copy_search(*, actor: Actor, rows: Iterable[tuple[Organization, Known]]) -> int:
    """Write the search rows of organizations that have none yet, and no marks; how many. For lists of any length."""
    if not policies.can_write_register(actor):
        raise NotAllowed("orgs.write_register")
    written = 0
    with connection.wrap_database_errors, connection.cursor() as cursor:
        # New entries of the index are gathered in a list and put in their places when it is full: a longer list makes
        # fewer and longer ways. What is left of it at the end every search would read, so the last row is written with
        # a short one.
        cursor.execute("SET LOCAL gin_pending_list_limit = '64MB'")
        cursor.execute("SET LOCAL work_mem = '128MB'")
        lines: list[bytes] = []
        with cursor.copy(COPY_SEARCH) as copy:
            copy.write(COPY_HEAD)
            for body, known in rows:
                if len(lines) == 1000:
                    copy.write(b"".join(lines[:-1]))
                    del lines[:-1]
                lines.append(copied(body, known))
                written += 1
            copy.write(b"".join([*lines[:-1], COPY_TAIL]))
        cursor.execute("SET LOCAL gin_pending_list_limit = '64kB'")
        cursor.execute("SET LOCAL work_mem TO DEFAULT")
        with cursor.copy(COPY_SEARCH) as copy:
            copy.write(b"".join([COPY_HEAD, *lines[-1:], COPY_TAIL]))
        cursor.execute("SET LOCAL gin_pending_list_limit TO DEFAULT")
    return written


def count_again() -> None:
    """Bring the tally up to date, in the caller's transaction; a page then reads a few rows instead of the register."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE orgs_tally IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("DELETE FROM orgs_tally")
        cursor.execute(
            "INSERT INTO orgs_tally (kind, standing, count)"
            " SELECT kind, standing, count(*) FROM orgs_organization GROUP BY kind, standing"
        )


#: One person's saved searches, each of which is looked through once an hour: enough for every duty we know of, and a
#: limit to what one account costs.
SAVED_SEARCHES = 50
#: Saved searches looked through in one transaction; more are taken up by a further run at once.
LOOKED_AT_ONCE = 200


@transaction.atomic
def save_search(*, actor: Actor, name: str, asked: Asked) -> SavedSearch:
    """Keep a search a person wants to hear about, from now on. Raises `RuleViolation` for a name that is empty, too
    long or taken, for a search that asks nothing, and beyond `SAVED_SEARCHES`."""
    if not policies.can_save_searches(actor):
        raise NotAllowed("orgs.own_searches")
    person = Person.objects.visible_to(actor).select_for_update(of=("self",)).get()
    name = name.strip()
    if not 0 < len(name) <= 100:
        raise RuleViolation("orgs.search_unnamed", _("Give the search a name of at most 100 characters."), field="name")
    if not asked.narrowed or asked.impossible:
        raise RuleViolation("orgs.search_empty", _("This search asks nothing that could be found one day."))
    mine = SavedSearch.objects.visible_to(actor)
    if mine.filter(name=name).exists():
        raise RuleViolation("orgs.search_named_twice", _("You have a search of this name already."), field="name")
    if mine.count() >= SAVED_SEARCHES:
        raise RuleViolation(
            "orgs.searches_full",
            _("You have saved %(most)s searches, and more cannot be kept. Remove one first.")
            % {"most": SAVED_SEARCHES},
        )
    saved = SavedSearch.objects.create(person=person, name=name, asked=asked.values(), horizon=settled_until())
    audit.record(actor=actor, event="orgs.search.saved", subject=saved)
    return saved


@transaction.atomic
def forget_search(*, actor: Actor, search: SavedSearch) -> None:
    """Remove a saved search of one's own; what was told about it stays. Raises `SavedSearch.DoesNotExist` if it is
    gone or somebody else's."""
    mine = SavedSearch.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=search.pk)
    if not policies.can_save_searches(actor):
        raise NotAllowed("orgs.own_searches")
    audit.record(actor=actor, event="orgs.search.forgotten", subject=mine)
    mine.delete()


@transaction.atomic
def look_again(*, actor: Actor, until: int | None = None) -> int:
    """Tell people what is new in their saved searches, up to the transaction `until`; how many searches were looked at.

    A row counts when it was written by a transaction from the search's horizon on and before `until`, and everything
    before `until` has ended. So each change is told once, by the first run that can be sure of it; one that is still
    being written is told by a later run. The horizon moves on in the same transaction as the notice is left: a run that
    dies tells nothing and moves nothing. Takes `LOOKED_AT_ONCE` searches and queues a further run while more wait.
    """
    if not policies.can_look_again(actor):
        raise NotAllowed("orgs.look_again")
    settled = settled_until()
    until = settled if until is None else min(until, settled)
    waiting = SavedSearch.objects.visible_to(actor).filter(horizon__lt=until).order_by("horizon", "pk")
    batch = list(waiting.select_for_update(of=("self",), skip_locked=True)[: LOOKED_AT_ONCE + 1])
    for search in batch[:LOOKED_AT_ONCE]:
        count = matching(Asked.of(search.asked)).filter(changed__gte=search.horizon, changed__lt=until).count()
        if count:
            notify(
                actor=actor,
                person_id=search.person_id,
                kind=SAVED_SEARCH_ANSWERED.code,
                params={"count": count},
                key=f"{SAVED_SEARCH_ANSWERED.code}:{search.public_id}:{search.horizon}",
                url_name="portal:saved_search",
                url_args=[search.public_id],
            )
        search.horizon = until
    SavedSearch.objects.bulk_update(batch[:LOOKED_AT_ONCE], ["horizon"])
    if len(batch) > LOOKED_AT_ONCE:
        jobs.enqueue("orgs.look_again", until=until)
    return len(batch[:LOOKED_AT_ONCE])


def settled_until() -> int:
    """The oldest transaction that may still be writing: everything before it has ended and is visible to all."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])
