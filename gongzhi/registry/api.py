"""Read access to the register."""

from __future__ import annotations

from typing import Annotated

from django.db.models import F
from django.http import Http404, HttpRequest
from django.urls import reverse
from ninja import Query, Router

from gongzhi.core.errors import RuleViolation
from gongzhi.core.paging import LARGEST_PAGE, page_of
from gongzhi.orgs.models import Organization
from gongzhi.registry.schemas import DoubtOut, FactOut, OrganizationDetail, OrganizationOut, OrganizationPage
from gongzhi.registry.selectors import record_of

router = Router(tags=["organizations"])


def _out(request: HttpRequest, one: Organization) -> dict[str, object]:
    return {
        "code": one.credit_code,
        "number": one.number,
        "name": one.name,
        "kind": one.kind,
        "standing": one.standing,
        "division": one.path,
        "registered_on": one.registered_on,
        "url": request.build_absolute_uri(reverse("portal:organization_detail", args=[one.reference])),
    }


@router.get("", response=OrganizationPage, auth=None, url_name="organizations", summary="Search the register")
def search(
    request: HttpRequest,
    q: Annotated[str, Query(max_length=100, description="Part of a name, or the beginning of a code or pinyin")] = "",
    cursor: Annotated[str, Query(max_length=500, description="`next` or `previous` of an earlier page")] = "",
    size: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 20,
) -> OrganizationPage:
    """Organizations in the order of their names' pinyin, by cursor. Without `q`: the whole register, page by page."""
    rows = Organization.objects.matching(q) if q.strip() else Organization.objects.all()
    page = page_of(
        rows.annotate(sort_pinyin=F("search__pinyin")),
        name="api.organizations",
        order=("sort_pinyin", "pk"),
        cursor=cursor,
        size=size,
    )
    items = [OrganizationOut.model_validate(_out(request, one)) for one in page.rows]
    return OrganizationPage(items=items, next=page.next, previous=page.previous)


@router.get("/{code}", response=OrganizationDetail, auth=None, url_name="organization", summary="One organization")
def detail(request: HttpRequest, code: str) -> OrganizationDetail:
    """One organization by credit code or registration number, with every registered item and its source."""
    named = list(Organization.objects.named_by(code).order_by("pk")[:2])
    if not named:
        raise Http404
    if len(named) > 1:
        raise RuleViolation(
            "registry.number_shared", "Two registries gave this number. Search for it and use the page."
        )
    organization = named[0]
    record = record_of(organization)
    return OrganizationDetail.model_validate(
        {
            **_out(request, organization),
            "items": [
                FactOut(
                    item=fact.item,
                    value=fact.value,
                    since=fact.since,
                    source=fact.source.kind,
                    source_dated_on=fact.source.dated_on,
                    confirmed_on=fact.confirmed_on,
                )
                for fact in record.facts
            ],
            "missing": [item for item, _label in record.missing],
            "former_names": [name for name, _begun, _ended in record.former_names],
            "doubts": [DoubtOut(column=doubt.column, value=doubt.value, rule=doubt.rule) for doubt in record.doubts],
        }
    )
