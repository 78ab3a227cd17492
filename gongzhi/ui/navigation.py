"""Where a reader can go, as data. An entry is shown only when its URL exists, so no link ever leads nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gongzhi.core.actor import Actor, ActorKind
from gongzhi.ui import contracts


class Audience(StrEnum):
    """Who is shown an entry. What a page then allows is decided by its policy, not here."""

    ANYONE = "anyone"
    VISITORS = "visitors"
    SIGNED_IN = "signed_in"
    #: Signed in and acting for themself.
    PERSON = "person"
    STAFF = "staff"
    #: Signed in and acting for an organization.
    HOUSE = "house"

    def includes(self, actor: Actor | None) -> bool:
        """Whether this actor (None: nobody known) belongs to the audience."""
        signed_in = actor is not None and actor.signed_in
        match self:
            case Audience.VISITORS:
                return not signed_in
            case Audience.SIGNED_IN:
                return signed_in
            case Audience.PERSON:
                return actor is not None and actor.kind is ActorKind.PERSON
            case Audience.STAFF:
                return actor is not None and actor.kind is ActorKind.AGENCY
            case Audience.HOUSE:
                return actor is not None and actor.kind is ActorKind.ORGANIZATION
        return True


@dataclass(frozen=True, slots=True)
class Entry:
    """A place as declared: the words, the icon, the URL's name and who is shown it."""

    label: str | Promise
    icon: str
    url_name: str
    audience: Audience = Audience.ANYONE
    about: str | Promise = ""
    tone: str = ""
    #: Names of pages that belong to this place and are not listed themselves.
    also: tuple[str, ...] = ()
    #: Shown only to who holds this permission; empty for everybody of the audience.
    permission: str = ""
    #: Shown only where this module is switched on.
    module: str = ""

    def is_for(self, actor: Actor | None) -> bool:
        """Whether this actor is shown the entry."""
        return self.audience.includes(actor) and (
            not self.permission or (actor is not None and actor.may(self.permission))
        )


@dataclass(frozen=True, slots=True)
class Link:
    """A place as shown on this page: the URL exists, and `current` says that we are there."""

    label: str | Promise
    icon: str
    url: str
    current: bool = False
    about: str | Promise = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Some links below a heading; the heading may be empty."""

    heading: str | Promise
    links: Sequence[Link]


@dataclass(frozen=True, slots=True)
class Navigation:
    """Every list of links a shell shows."""

    main: Sequence[Link]
    tabs: Sequence[Link]
    footer: Sequence[Group]
    workbench: Sequence[Group]
    roles: Sequence[Link]
    home: str
    search: str
    settings: str
    language: str
    sign_in: str
    sign_out: str
    #: Where one chooses for whom one acts.
    act_for: str


HOME = Entry(_("Home"), "house", "portal:home")
SEARCH = Entry(
    _("Find organizations"),
    "search",
    "portal:organization_search",
    also=("portal:organization_detail", "portal:organization_filter", "portal:organization_compare"),
)
SERVICES = Entry(
    _("Services"),
    "file-text",
    "cases:service_list",
    also=("cases:service", "cases:begin", "cases:progress", "cases:decided", "cases:results", "cases:can_we"),
)
OWN_CASES = Entry(
    _("My applications"),
    "list-checks",
    "cases:case_list",
    Audience.PERSON,
    also=("cases:case", "cases:page", "cases:check", "cases:withdraw", "cases:rate", "cases:talk"),
)
HOUSE_CASES = Entry(
    _("Our applications"),
    "list-checks",
    "cases:case_list",
    Audience.HOUSE,
    also=("cases:case", "cases:page", "cases:check", "cases:withdraw", "cases:rate", "cases:talk"),
)
MESSAGES = Entry(_("Messages"), "bell", "portal:messages", Audience.PERSON)
SEARCHES = Entry(_("Saved searches"), "save", "portal:saved_searches", Audience.PERSON)
FILES = Entry(_("My files"), "file-text", "files:mine", Audience.PERSON)
LOOKED = Entry(_("Who looked at my data"), "eye", "privacy:looked", Audience.PERSON)
OWN_DATA = Entry(_("My data and my rights"), "id-card", "privacy:own_data", Audience.PERSON)
IDENTITY = Entry(_("My identity"), "id-card", "accounts:own_identity", Audience.PERSON)
FAMILY = Entry(_("My family"), "users", "accounts:own_family", Audience.PERSON)
NAMES = Entry(_("Check a name"), "file-search", "portal:name_check")
DATA = Entry(_("Data"), "database", "portal:data", also=("portal:download_detail", "api-docs:docs"))
VERIFY = Entry(_("Check a certificate"), "shield-check", "portal:verify", also=("portal:verify_number",))
RULES = Entry(_("Rules in words"), "scale", "rulebook:rule_list")
SIGN_IN = Entry(_("Sign in"), "log-in", "accounts:sign_in", Audience.VISITORS)
SECURITY = Entry(_("Sign-in and security"), "shield-check", "accounts:security", Audience.SIGNED_IN)
WORKBENCH = Entry(_("Workbench"), "clipboard-check", "portal:workbench", Audience.STAFF)
MY = Entry(_("My page"), "user", "portal:my", Audience.PERSON)
DESK = Entry(
    _("Desk"),
    "building-2",
    "portal:desk",
    Audience.HOUSE,
    also=(
        "portal:member_list",
        "portal:member_detail",
        "portal:member_leave",
        "portal:invitation_list",
        "portal:org_role_list",
        "portal:claim_answer",
        "portal:house_list",
        "portal:house_new",
        "portal:house_record",
        "portal:house_change",
        "portal:desk_seen",
        "portal:house_setting_list",
        "portal:house_setting",
        "privacy:desk_questions",
        "privacy:desk_question",
    ),
)
SETTINGS = Entry(_("Display and accessibility"), "accessibility", "ui:settings")
PLACE = Entry(_("Your place"), "map-pin", "portal:place")
GALLERY = Entry(_("Components"), "layers", "ui:gallery")

MAIN = (HOME, SERVICES, SEARCH, NAMES, DATA, MY, MESSAGES, DESK, WORKBENCH)
TABS = (
    HOME,
    SERVICES,
    SEARCH,
    SIGN_IN,
    MY,
    MESSAGES,
    DESK,
    WORKBENCH,
    Entry(_("Display"), "accessibility", "ui:settings"),
)
FOOTER: tuple[tuple[str | Promise, tuple[Entry, ...]], ...] = (
    (_("Find out"), (HOME, SERVICES, SEARCH, NAMES, RULES, VERIFY, DATA)),
    (
        _("Your access"),
        (
            SIGN_IN,
            MY,
            OWN_CASES,
            HOUSE_CASES,
            MESSAGES,
            SEARCHES,
            FILES,
            LOOKED,
            OWN_DATA,
            IDENTITY,
            FAMILY,
            SECURITY,
            DESK,
            WORKBENCH,
        ),
    ),
    (_("About this site"), (PLACE, SETTINGS, GALLERY)),
)
STAFF: tuple[tuple[str | Promise, tuple[Entry, ...]], ...] = (
    (
        "",
        (
            Entry(_("Today"), "house", "portal:workbench", also=("portal:import_detail",)),
            Entry(
                _("Applications"),
                "list-checks",
                "cases:queue",
                also=("cases:review", "cases:figures", "cases:together"),
                permission="cases.review",
            ),
            Entry(
                _("Bad ratings"),
                "triangle-alert",
                "cases:rating_list",
                also=("cases:rating_answer",),
                permission="cases.review",
            ),
            Entry(
                _("Questions asked"),
                "message-circle",
                "cases:asked",
                also=("cases:asked_one",),
                permission="cases.review",
            ),
            Entry(_("Leave cover"), "users", "portal:cover_list"),
        ),
    ),
    (
        _("Register"),
        (
            Entry(
                _("Organizations"),
                "building-2",
                "portal:organization_search",
                also=(
                    "portal:organization_desk",
                    "portal:record",
                    "portal:record_end",
                    "portal:correct",
                    "portal:owner_admit",
                    "portal:house_opened",
                    "portal:house_open",
                    "portal:house_record_opened",
                ),
            ),
            Entry(
                _("Claims to be in charge"),
                "users",
                "portal:claim_list",
                also=("portal:claim_decide",),
                permission="orgs.admit_owner",
            ),
            Entry(_("Credit codes"), "id-card", "portal:code_blocks", permission="registry.correct"),
            Entry(
                _("Values that wait"),
                "hourglass",
                "portal:doubt_list",
                also=("portal:doubt_settle", "portal:doubt_units"),
            ),
            DATA,
        ),
    ),
    (
        _("Village loudspeaker"),
        (
            Entry(
                _("Broadcasts"),
                "megaphone",
                "loudspeaker:broadcast_list",
                also=(
                    "loudspeaker:broadcast_new",
                    "loudspeaker:broadcast_detail",
                    "loudspeaker:broadcast_change",
                    "loudspeaker:airing_detail",
                ),
                permission="loudspeaker.prepare",
                module="loudspeaker",
            ),
            Entry(
                _("Playing points"),
                "map-pin",
                "loudspeaker:point_list",
                permission="loudspeaker.keep_points",
                module="loudspeaker",
            ),
        ),
    ),
    (
        _("Rules"),
        (
            Entry(_("Parameters"), "scale", "rulebook:parameter_list", also=("rulebook:parameter_amend",)),
            RULES,
            Entry(_("Settings"), "settings", "portal:setting_list", also=("portal:setting_detail",)),
        ),
    ),
    (
        _("People's data"),
        (
            Entry(
                _("Identities to check"),
                "id-card",
                "accounts:identity_review_list",
                also=("accounts:identity_review",),
                permission="accounts.review_identity",
            ),
            Entry(
                _("People at the counter"),
                "user",
                "accounts:counter_register",
                also=("accounts:counter_person",),
                permission="accounts.serve_counter",
            ),
            Entry(
                _("Letters and calls"),
                "mail",
                "accounts:errand_list",
                also=("accounts:errand",),
                permission="accounts.serve_counter",
            ),
            Entry(
                _("People of the division"),
                "users",
                "privacy:people",
                also=("privacy:person",),
                permission="privacy.see_people",
            ),
            Entry(_("Lists of people"), "download", "privacy:exports", permission="privacy.export_people"),
            Entry(_("Emergency access"), "triangle-alert", "privacy:emergency", permission="privacy.open_emergency"),
            Entry(
                _("Requests about own data"),
                "file-text",
                "privacy:request_list",
                also=("privacy:request_decide",),
                permission="privacy.decide_requests",
            ),
            Entry(_("What is kept how long"), "history", "privacy:retention", permission="privacy.see_retention"),
            Entry(_("Notices held back"), "lock", "privacy:holds", permission="privacy.hold"),
            Entry(
                _("Emergency access to judge"),
                "shield-check",
                "privacy:access_list",
                also=("privacy:access_review",),
                permission="privacy.review_access",
            ),
            Entry(
                _("Questions why we looked"),
                "message-circle",
                "privacy:question_list",
                also=("privacy:question_answer",),
                permission="privacy.answer",
            ),
            Entry(_("Read out who looked"), "eye", "privacy:counter", permission="privacy.read_out"),
        ),
    ),
    (
        _("Agencies"),
        (
            Entry(
                _("Agencies"),
                "landmark",
                "portal:agency_list",
                also=("portal:agency_detail", "portal:appointment_end"),
                permission="orgs.appoint",
            ),
            Entry(
                _("Staff"),
                "users",
                "portal:own_staff",
                also=("portal:agency_detail", "portal:appointment_end"),
                permission="orgs.keep_staff",
            ),
        ),
    ),
    (
        _("Platform"),
        (
            Entry(
                _("Clients of the API"),
                "key-round",
                "portal:client_list",
                also=("portal:client_detail",),
                permission="accounts.keep_clients",
            ),
            Entry(_("Notices on their way"), "mail", "portal:notices_overview", permission="notify.oversee"),
            Entry(
                _("Ways back into accounts"),
                "life-buoy",
                "accounts:recovery_list",
                also=("accounts:recovery_detail",),
                permission="accounts.recover",
            ),
            Entry(_("End somebody's sessions"), "log-out", "accounts:sessions_end", permission="accounts.disable"),
            Entry(_("What was done"), "history", "portal:audit_trail", permission="audit.read_trail"),
            Entry(
                _("Emergency access and how it was judged"),
                "shield-check",
                "privacy:access_list",
                also=("privacy:access_review",),
                permission="audit.read_trail",
            ),
        ),
    ),
)
ROLES = (
    Entry(
        _("I want to check an organization"),
        "building-2",
        "portal:organization_search",
        about=_("Registration, status, changes over time"),
    ),
    Entry(
        _("I need the data"),
        "download",
        "portal:data",
        about=_("Sources and licences, and how to take the data along"),
        tone="d2",
    ),
    Entry(
        _("I work for an agency"),
        "landmark",
        "accounts:sign_in",
        Audience.VISITORS,
        about=_("Sign in to the workbench"),
        tone="e",
    ),
    Entry(
        _("Go to the workbench"),
        "landmark",
        "portal:workbench",
        Audience.STAFF,
        about=_("Imports and parameters"),
        tone="e",
    ),
    Entry(
        _("I want larger type"),
        "a-large-small",
        "ui:settings",
        about=_("Care version, dark theme, large type"),
        tone="v",
    ),
)


def url_of(name: str) -> str:
    """The URL with this name, or nothing when no such page is built."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _everything(module: str) -> bool:
    return True


def links(
    entries: Iterable[Entry], *, actor: Actor | None, here: str, is_on: Callable[[str], bool] = _everything
) -> list[Link]:
    """The entries this actor is shown, whose module is on and whose page exists. `here` is the URL name of the present page."""
    return [
        Link(entry.label, entry.icon, url, here in (entry.url_name, *entry.also), entry.about, entry.tone)
        for entry in entries
        if entry.is_for(actor) and (not entry.module or is_on(entry.module)) and (url := url_of(entry.url_name))
    ]


def _groups(declared: Iterable[tuple[str | Promise, tuple[Entry, ...]]], **known: Any) -> list[Group]:
    groups = [Group(heading, links(entries, **known)) for heading, entries in declared]
    return [group for group in groups if group.links]


def navigation_for(request: HttpRequest) -> Navigation:
    """Everything the shells show for this request."""
    actor: Actor | None = getattr(request, "actor", None)
    match = getattr(request, "resolver_match", None)
    here = match.view_name if match else ""
    signed_in = Audience.SIGNED_IN.includes(actor)
    known: dict[str, Any] = {"actor": actor, "here": here, "is_on": lambda name: contracts.is_on(request, name)}
    return Navigation(
        main=links(MAIN, **known),
        tabs=links(TABS, **known),
        footer=_groups(FOOTER, **known),
        workbench=_groups(STAFF, **known),
        roles=links(ROLES, **known),
        home=url_of("portal:home"),
        search=url_of("portal:organization_search"),
        settings=url_of("ui:settings"),
        language=url_of("ui:language"),
        sign_in="" if signed_in else url_of("accounts:sign_in"),
        sign_out=url_of("accounts:sign_out") if signed_in else "",
        act_for=url_of("portal:act_for") if signed_in else "",
    )
