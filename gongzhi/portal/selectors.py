"""Read models of the public pages: rows of lists, a past day, the register in numbers."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Count, Max
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gongzhi.accounts.models import Account, Person, Verification
from gongzhi.core import searchtext
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.door import acting
from gongzhi.core.times import SHANGHAI, today
from gongzhi.core.waiting import what_waits, what_was_recent
from gongzhi.notify.enums import Channel
from gongzhi.notify.selectors import unread_count
from gongzhi.orgs.acting import for_self
from gongzhi.orgs.enums import ENDED, INVITE, READ_HOUSE, HouseKind
from gongzhi.orgs.models import HouseRecord, Opening, Organization, Tally
from gongzhi.orgs.search.text import FORMER, HOST, NAME, PERSON
from gongzhi.privacy.enums import ANSWER
from gongzhi.reference.codes import code_list
from gongzhi.reference.models import Division
from gongzhi.registry.models import Confirmation, Source, Version
from gongzhi.rulebook.catalogue import channel
from gongzhi.rulebook.selectors import layers

#: Marks a reader weighs before giving, as lists and filters name them.
MARKS: dict[str, str | Promise] = {
    "charity": gettext_lazy("Charitable organization"),
    "public_fundraising": gettext_lazy("Qualification for public fundraising"),
    "grade": gettext_lazy("Grade"),
    "abnormal_list": gettext_lazy("List of abnormal activity"),
}


@dataclass(frozen=True)
class Former:
    """A name a body had, from a day until the day it was renamed."""

    name: str
    since: dt.date
    until: dt.date | None


@dataclass(frozen=True)
class Row:
    """One organization in a list, and why it is there."""

    name: str
    url: str
    kind: str
    kind_label: str
    code: str
    #: What names this one body and no other in an address: credit code, else public id.
    pick: str
    place: str
    registered_on: dt.date | None
    standing: str
    standing_label: str
    ended: bool
    confirmed_on: dt.date | None
    #: Former names, newest first, those that answer the query before the others.
    former: Sequence[Former] = field(default_factory=list)
    #: (code, label) of marks that hold.
    marks: Sequence[tuple[str, str | Promise]] = field(default_factory=list)
    #: (label, text) pairs: what else matched, when the name itself did not; the text may be empty.
    why: Sequence[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class PastDay:
    """Which day of an organization's past a reader asked for, and as known when.

    From an address with `on=2020-01-01` and perhaps `known=2021-01-01`, or from the form's boxes `y`, `m`, `d` with
    `known` saying `today` or `then`. A day that does not exist is an error to show, never a guess.
    """

    on: dt.date | None = None
    known_on: dt.date | None = None
    known: str = "today"
    year: str = ""
    month: str = ""
    day: str = ""
    error: str = ""
    today_url: str = "?"

    @property
    def known_at(self) -> dt.datetime | None:
        """The end of the day, in China, whose knowledge is asked for; None for today's."""
        if self.known == "today" or self.known_on is None:
            return None
        return dt.datetime.combine(self.known_on + dt.timedelta(days=1), dt.time(), SHANGHAI)

    @classmethod
    def of(cls, given: dict[str, str]) -> PastDay:
        """From the parameters of an address."""
        year, month, day = (unicodedata.normalize("NFKC", given.get(part, "")).strip()[:4] for part in ("y", "m", "d"))
        text = given.get("on", "").strip()[:10] or (f"{year:0>4}-{month:0>2}-{day:0>2}" if year or month or day else "")
        known = given.get("known", "today").strip()[:10]
        if not text:
            return cls(today_url="?")
        try:
            on = dt.date.fromisoformat(text)
            known_on = (
                on if known == "then" else dt.date.fromisoformat(known) if known not in {"", "today"} else today()
            )
        except ValueError:
            return cls(
                year=year, month=month, day=day, known=known, error=_("Enter a day that exists, such as 2020 1 1.")
            )
        return cls(
            on=on,
            known_on=known_on,
            known="today" if known in {"", "today"} else "then",
            year=str(on.year),
            month=str(on.month),
            day=str(on.day),
        )


def rows_of(organizations: Sequence[Organization], query: str = "") -> list[Row]:
    """List rows with places, former names and last confirmations: four queries for any number of rows.

    The bodies come with their search rows (`select_related("search")`); with a query each says why it is there.
    """
    pks = [one.pk for one in organizations]
    places = place_names([path for one in organizations for path in [*above(one.path), one.path]])
    confirmed = confirmations_of(pks)
    former = former_names_of(pks)
    words = [body for word in query.split() if (body := searchtext.compact(word))]
    return [
        Row(
            name=one.name,
            url=reverse("portal:organization_detail", args=[one.reference]),
            kind=one.kind,
            kind_label=one.get_kind_display(),
            code=one.reference,
            pick=one.credit_code or one.public_id,
            place=places.get(one.path, ""),
            registered_on=one.registered_on,
            standing=one.standing,
            standing_label=one.get_standing_display(),
            ended=one.standing in ENDED,
            confirmed_on=confirmed.get(one.pk),
            former=sorted(
                former.get(one.pk, []), key=lambda old: not any(word in searchtext.compact(old.name) for word in words)
            ),
            marks=[(code, MARKS[code]) for code in one.search.marks if code in MARKS],
            why=_why(one, words, places),
        )
        for one in organizations
    ]


def above(path: str) -> list[str]:
    """The divisions a path lies in, the widest first: `44/4403/440305/` → `44/`, `44/4403/`."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[:depth]) + "/" for depth in range(1, len(parts))] if path != "/" else []


def confirmations_of(pks: Sequence[int]) -> dict[int, dt.date]:
    """When a source last said what the register believes about each of these bodies: the one that brought it, or one
    that agreed since. Two queries."""
    told = Version.objects.current().filter(org__in=pks).values_list("org_id").annotate(day=Max("source__dated_on"))
    agreed = Confirmation.objects.believed().filter(org__in=pks).values_list("org_id").annotate(day=Max("confirmed_on"))
    days: dict[int, dt.date] = {}
    for org_id, day in (*told.order_by(), *agreed.order_by()):
        days[org_id] = max(day, days.get(org_id, day))
    return days


def former_names_of(pks: Sequence[int]) -> dict[int, list[Former]]:
    """The names each of these bodies had before its present one, newest first; one query."""
    spans: dict[int, list[Former]] = {}
    versions = Version.objects.current().filter(org__in=pks).order_by("org_id", "valid_from")
    for org_id, name, day in versions.values_list("org_id", "name", "valid_from"):
        names = spans.setdefault(org_id, [])
        if names and names[-1].name == name:
            continue
        if names:
            names[-1] = replace(names[-1], until=day)
        names.append(Former(name, day, None))
    return {
        org_id: [one for one in reversed(names[:-1]) if one.name != names[-1].name] for org_id, names in spans.items()
    }


def _why(organization: Organization, words: Sequence[str], places: Mapping[str, str]) -> list[tuple[str, str]]:
    """Why a row is there when its present name does not show it: one reason for each compact word the name lacks."""
    known = organization.search
    pieces = re.findall(f"([{FORMER}{HOST}{PERSON}])([^{NAME}{FORMER}{HOST}{PERSON}]*)", known.text)
    field_name = code_list("fields").label(known.field) if known.field else ""
    around = [places.get(path, "") for path in [organization.path, *reversed(above(organization.path))]]
    reasons: list[tuple[str, str]] = []
    for word in words:
        if word in known.name:
            continue
        sign, piece = next(((sign, text) for sign, text in pieces if word in text), ("", ""))
        place = next((name for name in around if word in searchtext.compact(name)), "")
        if sign == FORMER:  # the name itself stands among the former names of the row
            reasons.append((_("“%(word)s” stands in a former name, not in the present one") % {"word": word}, ""))
        elif sign:
            reasons.append((_("Leans on") if sign == HOST else _("Responsible person"), piece))
        elif organization.reference.casefold().startswith(word):
            reasons.append((_("Credit code or number"), organization.reference))
        elif place:
            reasons.append((_("Place"), place))
        elif known.pinyin.startswith(word) or known.initials.startswith(word):
            reasons.append((_("Pinyin"), known.pinyin))
        elif word in searchtext.compact(field_name):
            reasons.append((_("Field of activity"), field_name))
    return list(dict.fromkeys(reasons))


def place_names(paths: Sequence[str]) -> dict[str, str]:
    """Division path → its own name, the nation's as it is; one query for any number of paths."""
    wanted = {path: (path.rstrip("/").rsplit("/", 1)[-1].ljust(6, "0") if path != "/" else "") for path in set(paths)}
    names = dict(
        Division.objects.in_use()
        .filter(code__in=[code for code in wanted.values() if code])
        .values_list("code", "name")
    )
    return {path: names.get(code, "") if code else _("National") for path, code in wanted.items()}


def tally_by(column: str) -> dict[str, int]:
    """How many organizations there are of each kind or standing; from the tally, never from the register itself."""
    counts: dict[str, int] = {}
    for row in Tally.objects.all():
        value = getattr(row, column)
        counts[value] = counts.get(value, 0) + row.count
    return counts


def registered_total() -> int:
    """How many organizations the register holds."""
    return sum(tally_by("kind").values())


def last_source() -> Source | None:
    """The newest evidence the register took in."""
    return Source.objects.order_by("-pk").first()


def closed_channels(actor: Actor) -> list[str | Promise]:
    """The channels on which the division of a person sends nothing that may be switched off. Two queries."""
    path = Person.objects.visible_to(actor).filter(pk=actor.person_id or 0).values_list("path", flat=True).first()
    held = layers.in_force(path=path or "", codes=[channel(name) for name in Channel])
    return [name.label for name in Channel if not held[channel(name)].is_on]


# --- an organization's desk ---

#: Places of a desk: address, label, the permission that shows it.
DESK = (
    ("portal:desk", gettext_lazy("Overview"), ""),
    ("portal:member_list", gettext_lazy("Members"), ""),
    ("portal:invitation_list", gettext_lazy("Invitations"), INVITE),
    ("portal:org_role_list", gettext_lazy("Roles"), ""),
    ("portal:house_list", gettext_lazy("Own records"), READ_HOUSE),
    ("portal:desk_seen", gettext_lazy("What the authority can see"), ""),
    ("privacy:desk_questions", gettext_lazy("Questions"), ANSWER),
    ("portal:house_setting_list", gettext_lazy("Settings"), ""),
)


def desk_tabs(actor: Actor, here: str) -> list[dict[str, Any]]:
    """The tabs of a desk that this actor is shown; `here` is the name of the present page."""
    return [
        {"url": reverse(name), "label": label, "current": name == here, "count": None}
        for name, label, permission in DESK
        if not permission or actor.may(permission)
    ]


@dataclass(frozen=True, slots=True)
class KeptKind:
    """One kind of what an organization keeps for itself: how much of it, and what officials see of it now."""

    label: str | Promise
    kept: int
    filed: int
    #: Openings of it that hold at this moment.
    open: Sequence[Opening]


def openings_now(actor: Actor) -> list[Opening]:
    """What an authority has open of the organization one acts for, what ends first in front. One query."""
    return list(Opening.objects.visible_to(actor).open_at(timezone.now()).select_related("agency").order_by("until"))


def kept_kinds(actor: Actor) -> list[KeptKind]:
    """What the organization one acts for keeps, kind by kind. Two queries."""
    counted = {
        row["kind"]: (row["n"], row["filed"])
        for row in HouseRecord.objects.visible_to(actor)
        .values("kind")
        .annotate(n=Count("pk"), filed=Count("filed_at"))
        .order_by()
    }
    live = openings_now(actor)
    return [
        KeptKind(kind.label, *counted.get(kind.value, (0, 0)), [one for one in live if one.kind == kind])
        for kind in HouseKind
    ]


# --- what waits: a person's page, an organization's desk, an official's workbench ---

#: Kind of actor → the page with the long list of what waits.
LONG_LIST = {
    ActorKind.PERSON: "portal:my_waiting",
    ActorKind.ORGANIZATION: "portal:desk_waiting",
    ActorKind.AGENCY: "portal:workbench_waiting",
}


@dataclass(frozen=True, slots=True)
class FirstStep:
    """What to do where nothing waits: a page, and why one would go there."""

    page: str
    says: str | Promise
    #: Shown only to who holds this permission; empty for everybody.
    permission: str = ""

    @property
    def url(self) -> str:
        """Its address."""
        return reverse(self.page)


IDENTITY_FIRST = FirstStep("accounts:own_identity", gettext_lazy("Have your identity checked: many things ask for it"))
PLACE_FIRST = FirstStep(
    "privacy:own_data", gettext_lazy("Say in which division you live, so that its counter finds you when you come")
)
SEARCH_FIRST = FirstStep(
    "portal:organization_search", gettext_lazy("Find an organization, and save the search to hear when it changes")
)
#: What a person, an organization and an agency may do first; of these the first three whose permission is held.
FIRST_STEPS: dict[ActorKind, tuple[FirstStep, ...]] = {
    ActorKind.PERSON: (IDENTITY_FIRST, PLACE_FIRST, SEARCH_FIRST),
    ActorKind.ORGANIZATION: (
        FirstStep(
            "portal:invitation_list",
            gettext_lazy("Invite a colleague, so that the organization does not depend on one person"),
            "orgs.invite",
        ),
        FirstStep(
            "portal:house_new",
            gettext_lazy("Write down contacts or minutes: no official sees them until you file them"),
            "orgs.keep_house",
        ),
        FirstStep("portal:desk_seen", gettext_lazy("See what the authority can see of you")),
        FirstStep("portal:org_role_list", gettext_lazy("Read what each role of the organization may do")),
    ),
    ActorKind.AGENCY: (
        FirstStep(
            "portal:intake_upload", gettext_lazy("Bring a list of your register and try it out"), "registry.import"
        ),
        FirstStep(
            "portal:agency_list", gettext_lazy("Found the agencies of your division and name people"), "orgs.appoint"
        ),
        FirstStep("portal:own_staff", gettext_lazy("Name the staff of your agency"), "orgs.keep_staff"),
        FirstStep(
            "rulebook:parameter_list",
            gettext_lazy("Compare the parameters with the law, those to be verified first"),
            "rulebook.amend",
        ),
        FirstStep(
            "accounts:counter_register",
            gettext_lazy("Register somebody who has neither phone nor e-mail"),
            "accounts.serve_counter",
        ),
        FirstStep("portal:audit_trail", gettext_lazy("Read what was done on the platform"), "audit.read_trail"),
        FirstStep("portal:cover_list", gettext_lazy("Name who stands in for you before you go on leave")),
        FirstStep("portal:organization_search", gettext_lazy("Look up an organization of your division")),
    ),
}


def first_steps(actor: Actor, account: Account) -> list[FirstStep]:
    """What to do first where nothing waits: what this actor may do and, for a person, has not done yet. At most three."""
    steps = [one for one in FIRST_STEPS.get(actor.kind, ()) if not one.permission or actor.may(one.permission)]
    if actor.kind is ActorKind.PERSON:
        if Verification.objects.visible_to(actor).standing().exists():
            steps.remove(IDENTITY_FIRST)
        if account.person.path:
            steps.remove(PLACE_FIRST)
    return steps[:3]


def shell_of(actor: Actor, account: Account) -> dict[str, Any]:
    """What each of the three shells begins with: what waits, unread messages, recent things, and what to do first."""
    waits = what_waits(actor)
    # Messages belong to the person, in whatever capacity the person acts: counted as the person, read as the person.
    with acting(for_self(account, actor.request_id)) as person:
        unread = unread_count(person)
    return {
        "waits": waits,
        "waiting_url": reverse(LONG_LIST[actor.kind]),
        "recent": what_was_recent(actor),
        "unread": unread,
        "steps": [] if waits.total else first_steps(actor, account),
        "today": today(),
    }
