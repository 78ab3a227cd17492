"""Read access to the register: the same querysets as the pages, for everybody, without a key."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext_noop as _
from ninja import Path, Query, Router

import gongzhi
from gongzhi.core.errors import RuleViolation
from gongzhi.core.paging import LARGEST_PAGE, page_of
from gongzhi.core.times import SHANGHAI, today
from gongzhi.orgs import search as engine
from gongzhi.orgs.enums import Kind, Standing
from gongzhi.orgs.models import Organization
from gongzhi.reference import selectors as reference
from gongzhi.registry import feed, names
from gongzhi.registry.models import Source, Version
from gongzhi.registry.schemas import (
    Changes,
    History,
    NameCheck,
    OrganizationDetail,
    OrganizationPage,
    Problem,
)
from gongzhi.registry.selectors import NothingThen, record_of, surroundings_of

router = Router(tags=["organizations"])
changes = Router(tags=["changes"])

#: Everybody may keep an answer, and asks again whether it still holds.
CACHE = "public, no-cache"
ERRORS: dict[int, Any] = {401: Problem, 404: Problem, 422: Problem, 429: Problem}
NO_404 = {status: schema for status, schema in ERRORS.items() if status != 404}

Code = Annotated[str, Path(max_length=64, description=_("Credit code, registration number or public id"))]
On = Annotated[dt.date | None, Query(description=_("As it stood on this day (China); without it as it stands"))]
Known = Annotated[
    dt.date | None,
    Query(description=_("As it was known at the end of this day (China); without it as it is known now")),
]
Cursor = Annotated[str, Query(max_length=500, description=_("`next` or `previous` of an earlier page"))]
Size = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description=_("How many on a page"))]
Facet = Literal["kind", "standing", "level", "place", "field", "mark", "since"]


def _known_at(known: dt.date | None) -> dt.datetime | None:
    """The end of the day; what is known at the end of today or later is what is known now."""
    if known is None or known >= today():
        return None
    return dt.datetime.combine(known + dt.timedelta(days=1), dt.time(), SHANGHAI)


def _unchanged(request: HttpRequest, response: HttpResponse, state: str) -> HttpResponse | None:
    """Give the answer its mark. A 304 where the reader holds it already, None where it must be made.

    The mark is taken before the content is read: it may be older than the content, never newer, so a reader at worst
    asks once more. The version of the program belongs to it, because a new one may say the same in other words.
    """
    etag = f'"{hashlib.sha256(f"{gongzhi.__version__}|{state}".encode()).hexdigest()[:32]}"'
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = CACHE
    answer = get_conditional_response(request, etag=etag)
    if isinstance(answer, HttpResponseNotModified):
        answer.headers["ETag"] = etag
        answer.headers["Cache-Control"] = CACHE
        return answer
    return None


def _url(request: HttpRequest, one: Organization) -> str:
    return request.build_absolute_uri(reverse("portal:organization_detail", args=[one.reference]))


def _ref(request: HttpRequest, one: Organization) -> dict[str, Any]:
    return {"code": one.credit_code, "number": one.number, "public_id": one.public_id, "url": _url(request, one)}


def _out(request: HttpRequest, one: Organization) -> dict[str, Any]:
    return {
        **_ref(request, one),
        "name": one.name,
        "kind": one.kind,
        "standing": one.standing,
        "division": one.path,
        "registered_on": one.registered_on,
    }


def _source(source: Source) -> dict[str, Any]:
    return {
        "kind": source.kind,
        "dated_on": source.dated_on,
        "file_sha256": source.file_sha256,
        "reason": source.reason,
        "seal": source.seal.hex if source.seal else None,
    }


def _asked(given: Mapping[str, list[str]]) -> engine.Asked:
    """What is asked for. A value the register does not know is refused: dropped, it would answer another question."""
    asked = engine.Asked.of(given)
    kept = asked.values()
    for name in ("place", "field", "mark"):
        unknown = sorted(set(given.get(name, [])) - set(kept.get(name, [])))
        if unknown:
            raise RuleViolation("unknown_value", f"`{name}` has no value {', '.join(unknown)[:100]}.", field=name)
    return asked


@router.get(
    "",
    response={200: OrganizationPage, **NO_404},
    auth=None,
    url_name="organizations",
    operation_id="organizations",
    summary=_("Search the register"),
    description=_(
        "Organizations that match, by cursor, with their exact number. Without any parameter: the whole register. The "
        "words, filters and orders are those of the search page. Whoever wants everything takes the dated files instead."
    ),
)
def search(
    request: HttpRequest,
    response: HttpResponse,
    q: Annotated[
        str, Query(max_length=100, description=_("Words of a name, former name, place, host; a code; pinyin; initials"))
    ] = "",
    kind: Annotated[list[Kind], Query(description=_("What it is in law; several mean any of them"))] = [],  # noqa: B006
    standing: Annotated[list[Standing], Query(description=_("Where it stands; several mean any of them"))] = [],  # noqa: B006
    level: Annotated[
        list[Literal[0, 1, 2, 3]], Query(description=_("Registered at: 0 national, 1 province, 2 city, 3 county"))
    ] = [],  # noqa: B006
    place: Annotated[
        str, Query(max_length=64, description=_("Division path such as 44/4403/: there and below; '/' national only"))
    ] = "",
    field: Annotated[list[str], Query(description=_("Code of a field of activity; several mean any of them"))] = [],  # noqa: B006
    mark: Annotated[list[str], Query(description=_("Code of a mark that holds today; several mean any of them"))] = [],  # noqa: B006
    since_from: Annotated[dt.date | None, Query(description=_("Registered on this day or later"))] = None,
    since_to: Annotated[dt.date | None, Query(description=_("Registered on this day or earlier"))] = None,
    sort: Annotated[
        Literal["best", "name", "newest", "oldest"], Query(description=_("Order; a cursor belongs to one order"))
    ] = "best",
    facets: Annotated[list[Facet], Query(description=_("Filters whose values are counted too"))] = [],  # noqa: B006
    cursor: Cursor = "",
    size: Size = 20,
) -> HttpResponse | dict[str, Any]:
    """One page of what matches, in the order asked for; all of it in two queries and the search itself."""
    asked = _asked(
        {
            "q": [q],
            "kind": [str(one) for one in kind],
            "standing": [str(one) for one in standing],
            "level": [str(one) for one in level],
            "place": [place] if place else [],
            "field": field,
            "mark": mark,
            "since_from": [since_from.isoformat()] if since_from else [],
            "since_to": [since_to.isoformat()] if since_to else [],
            "sort": [sort],
        }
    )
    unchanged = _unchanged(request, response, feed.state_of_register())
    if unchanged is not None:
        return unchanged
    answer = engine.find(asked, cursor=cursor, size=size, facets=tuple(facets))
    found = Organization.objects.in_bulk(list(answer.ids))
    return {
        "items": [_out(request, found[pk]) for pk in answer.ids if pk in found],
        "total": answer.total,
        "facets": answer.facets,
        "next": answer.next,
        "previous": answer.previous,
    }


def _named(code: str) -> Organization:
    """The one organization with this code, number or public id; 404, or 422 where two have the number."""
    # PostgreSQL holds no NUL, so nothing is named by one.
    named = [] if "\0" in code else list(Organization.objects.named_by(code).order_by("pk")[:2])
    if not named:
        raise Http404
    if len(named) > 1:
        raise RuleViolation(
            "registry.number_shared", "Two registries gave this number. Search for it and use the public id."
        )
    return named[0]


def _finding(request: HttpRequest, one: names.Finding) -> dict[str, Any]:
    other = one.other
    return {
        "code": one.code,
        "severity": one.severity,
        "message": one.message,
        "article": one.article,
        "evidence": one.evidence,
        "warning": one.ground.warning,
        "field_compared_by": one.compared,
        "taken_until": one.until,
        "organization": {
            "name": other.name,
            "present_name": other.organization.name,
            "standing": other.organization.standing,
            "division": other.organization.path,
            "same_registry": other.same_registry,
            "url": _url(request, other.organization),
        }
        if other
        else None,
    }


@router.get(
    "/name-check",  # before "/{code}", which would take it for a code
    response={200: NameCheck, **NO_404},
    auth=None,
    url_name="name_check",
    operation_id="name_check",
    summary=_("Check a proposed name"),
    description=_(
        "What a name is made of, what the rules on names say about it, who has the same name by law, and what is near. "
        "Advice: the registration authority decides. An article stands only where its text was read."
    ),
)
def name_check(
    request: HttpRequest,
    response: HttpResponse,
    name: Annotated[str, Query(min_length=1, max_length=names.LONGEST, description=_("The proposed name"))],
    kind: Annotated[Literal["social_group", "service", "foundation"], Query(description=_("What it is to be in law"))],
    registry: Annotated[
        str,
        Query(
            max_length=12,
            description=_(
                "Division code of the registration authority, 100000 for the Ministry of Civil Affairs; without it the "
                "division the name begins with"
            ),
        ),
    ] = "",
    field: Annotated[
        str, Query(max_length=32, description=_("Code of its field of activity, to compare registered fields by"))
    ] = "",
    on: Annotated[dt.date | None, Query(description=_("The day asked about; without it today"))] = None,
) -> dict[str, Any]:
    """Advice on one name; not kept by anybody, because a name somebody has in mind is nobody else's business."""
    response.headers["Cache-Control"] = "no-store"
    path = ""
    if registry:
        try:
            path = reference.path_of(registry)
        except reference.UnknownDivision as error:
            raise RuleViolation("unknown_value", "`registry` is no division code.", field="registry") from error
    found = names.check(name=name, kind=kind, registry=path, field=field, on=on)
    return {
        "name": found.parsed.written,
        "kind": kind,
        "registry": found.registry,
        "registry_guessed": found.registry_guessed,
        "on": found.on,
        "parts": [
            {"role": part.role, "text": part.text, "start": part.start, "end": part.end} for part in found.parsed.parts
        ],
        "field": found.parsed.field_code or None,
        "findings": [_finding(request, one) for one in (*found.conflicts, *found.advice, *found.similar)],
        "compared": found.compared,
        "complete": found.complete,
        "data_until": found.data_until,
    }


@router.get(
    "/{code}",
    response={200: OrganizationDetail, **ERRORS},
    auth=None,
    url_name="organization",
    operation_id="organization",
    summary=_("One organization"),
    description=_(
        "Everything the register holds about one organization, as it stands, or as it stood and was known on a day. "
        "404 where the register held nothing about it on that day; 422 where two registries gave the number."
    ),
)
def detail(
    request: HttpRequest, response: HttpResponse, code: Code, on: On = None, known: Known = None
) -> HttpResponse | dict[str, Any]:
    """One organization as it stands, or as it stood on a day and was known on another."""
    organization = _named(code)
    unchanged = _unchanged(request, response, f"{today()}|{feed.state_of(organization)}")
    if unchanged is not None:
        return unchanged
    known_at = _known_at(known)
    try:
        record = record_of(organization, on=on, known_at=known_at)
    except NothingThen as error:
        raise Http404 from error
    day = on or today()
    version = record.version
    return {
        **_out(request, organization),
        "name": version.name,
        "standing": version.standing,
        "registered_on": version.registered_on,
        "on": on,
        "known": known,
        "items": [
            {
                "item": fact.item,
                "value": fact.value,
                "since": fact.since,
                "source": fact.source.kind,
                "source_dated_on": fact.source.dated_on,
                "confirmed_on": fact.confirmed_on,
            }
            for fact in record.facts
        ],
        "missing": [item for item, _label in record.missing],
        "former_names": [
            {"name": name, "first_on": begun, "until": ended} for name, begun, ended in record.former_names
        ],
        "certificates": [{"valid_from": one.valid_from, "valid_to": one.valid_to} for one in record.certificates],
        "doubts": [{"column": one.column, "value": one.value, "rule": one.rule} for one in record.doubts],
        **_around(organization, day, known_at),
    }


def _around(organization: Organization, day: dt.date, known_at: dt.datetime | None) -> dict[str, Any]:
    """What comes and goes with an organization, as it was on a day and known at a moment."""
    around = surroundings_of(organization, on=day, known_at=known_at)
    return {
        "officers": [
            {"name": one.name, "post": one.post, "valid_from": one.valid_from, "valid_to": one.valid_to}
            for one in around.officers
        ],
        "branches": [
            {"name": one.name, "kind": one.kind, "valid_from": one.valid_from, "valid_to": one.valid_to}
            for one in around.branches
        ],
        "hosts": [
            {
                "name": one.name,
                "code": one.host.reference if one.host else None,
                "valid_from": one.valid_from,
                "valid_to": one.valid_to,
            }
            for one in around.hosts
        ],
        "lineage": [
            {
                "relation": "from" if one.is_origin else "to",
                "kind": one.kind,
                "on": one.on_date,
                "code": one.other.reference,
                "name": one.other.name,
            }
            for one in around.lineage
        ],
        "marks": [{"code": one.code, "value": one.value, "since": one.valid_from} for one in around.marks],
    }


@router.get(
    "/{code}/history",
    response={200: History, **ERRORS},
    auth=None,
    url_name="organization_history",
    operation_id="organization_history",
    summary=_("History of one organization"),
    description=_(
        "The versions of the registered items, newest first: two clocks each, the event, the source. With `on` only "
        "what began until that day; with `known` as the past was known then."
    ),
)
def history(
    request: HttpRequest,
    response: HttpResponse,
    code: Code,
    on: On = None,
    known: Known = None,
    superseded: Annotated[
        bool, Query(description=_("Also versions that were believed once and are no longer; not together with `known`"))
    ] = False,
    cursor: Cursor = "",
    size: Size = 20,
) -> HttpResponse | dict[str, Any]:
    """The versions of one organization, page by page."""
    organization = _named(code)
    if superseded and known is not None:
        raise RuleViolation("superseded_and_known", "Ask either for everything ever believed, or for what was known.")
    unchanged = _unchanged(request, response, f"{today()}|{feed.state_of(organization)}")
    if unchanged is not None:
        return unchanged
    versions = Version.objects.all() if superseded else Version.objects.known(_known_at(known))
    versions = versions.filter(org=organization).select_related("source")
    if on is not None:
        versions = versions.filter(valid_from__lte=on)
    page = page_of(
        versions, name=f"api.history.{organization.pk}", order=("-valid_from", "-pk"), cursor=cursor, size=size
    )
    return {
        "items": [
            {
                "valid_from": one.valid_from,
                "known_from": one.known_from,
                "known_to": one.known_to,
                "event": one.event,
                "source": _source(one.source),
                "values": {
                    name: value.isoformat() if isinstance(value, dt.date) else value
                    for name in Version.facts
                    if (value := getattr(one, name)) not in (None, "", False)
                },
            }
            for one in page.rows
        ],
        "next": page.next,
        "previous": page.previous,
    }


@changes.get(
    "",
    response={200: Changes, **NO_404},
    auth=None,
    url_name="changes",
    operation_id="changes",
    summary=_("What became known"),
    description=_(
        "Every fact that became known or ceased to be believed, oldest first, none missed and none twice. To keep a "
        "copy: take `next` with `start=now`, then all pages of the search or a dated file, then follow `next` for ever "
        "and put each fact under its `id`. While a large list is being loaded, what others write meanwhile waits."
    ),
)
def changed(
    request: HttpRequest,
    response: HttpResponse,
    cursor: Annotated[
        str, Query(max_length=500, description=_("`next` of an earlier answer; without it from the beginning"))
    ] = "",
    start: Annotated[
        Literal["", "now"],
        Query(description=_("`now`: no changes, only the cursor to go on from; not together with `cursor`")),
    ] = "",
    size: Annotated[int, Query(ge=1, le=feed.LARGEST, description=_("How many at most"))] = 100,
) -> HttpResponse | dict[str, Any]:
    """Some of the feed, from a cursor on. The mark of the answer is taken before its content is read."""
    where = feed.Position.of(cursor)
    if start:
        if cursor:
            raise RuleViolation("start_and_cursor", "Begin either at a cursor or now.")
        return {"items": [], "next": feed.horizon().cursor()}
    state = feed.state_of_register()
    positions = feed.positions_after(where, size=size)
    unchanged = _unchanged(request, response, f"{positions}|{state}")
    if unchanged is not None:
        return unchanged
    return {
        "items": [
            {
                "id": one.number,
                "kind": one.kind,
                "organization": _ref(request, one.organization),
                "event": one.fact.event if one.kind == "items" else None,
                "valid_from": one.valid_from,
                "valid_to": one.valid_to,
                "known_from": one.fact.known_from,
                "known_to": one.fact.known_to,
                "source": _source(one.source) if one.source else None,
                "values": one.values(),
            }
            for one in feed.changes_at(positions)
        ],
        "next": (positions[-1] if positions else where).cursor(),
    }
