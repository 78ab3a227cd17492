"""The register to take along: what the data are, dated files, changes, and the programs that read with a key."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzhi.accounts import actions as accounts
from gongzhi.accounts.enums import KEEP_CLIENTS
from gongzhi.accounts.forms import ClientForm
from gongzhi.accounts.models import ApiClient
from gongzhi.accounts.proving import proof_needed_to_post
from gongzhi.audit import looks
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.network import address_of
from gongzhi.core.paging import BadCursor, page_or_first
from gongzhi.core.times import today
from gongzhi.files.published import send_published
from gongzhi.portal import selectors
from gongzhi.reference import selectors as reference
from gongzhi.registry import exports, feed
from gongzhi.registry.actions import ask_download
from gongzhi.registry.actions.downloads import REGISTER_KEPT, SEARCH_KEPT
from gongzhi.registry.enums import DownloadState
from gongzhi.registry.models import Download

FILES = 15
ENTRIES = 50
CLIENTS = 50
#: A page that waits asks again after so many seconds; a whole register takes about a minute.
REFRESH_S = 5
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "SHA256SUMS": "text/plain; charset=utf-8",
}


# --- data ---


@login_not_required
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """Where the platform's data come from, under which licence, and how to take them along."""
    whole = Download.objects.of_register().ready()
    page = page_or_first(
        whole, name="data.files", order=("-dated_on", "-pk"), cursor=request.GET.get("cursor", ""), size=FILES
    )
    context = {
        "sources": reference.sources(),
        "total": selectors.registered_total(),
        "source": selectors.last_source(),
        "page": page,
        "of_today": any(one.dated_on == today() for one in page.rows),
        "columns": exports.COLUMNS,
        "kept_days": REGISTER_KEPT.days,
    }
    return render(request, "portal/data.html", context)


@login_not_required
@require_safe
def data_dictionary(request: HttpRequest, ending: str) -> HttpResponse:
    """What each column of the files means, as CSV or as a table in Markdown."""
    if ending == "csv":
        body, content_type = exports.dictionary_csv(), "text/csv; charset=utf-8"
    else:
        body, content_type = exports.dictionary_markdown().encode(), "text/markdown; charset=utf-8"
    return HttpResponse(
        body,
        content_type=content_type,
        headers={
            "Content-Disposition": f'attachment; filename="dictionary.{ending}"',
            "Cache-Control": "public, no-cache",
        },
    )


@login_not_required
@require_safe
def changes_atom(request: HttpRequest) -> HttpResponse:
    """What became known, newest first, as an Atom feed with links to older pages (RFC 5005)."""
    cursor = request.GET.get("cursor", "")
    try:
        where = feed.Position.of(cursor) if cursor else feed.horizon()
    except BadCursor as error:
        raise Http404 from error
    found, older = feed.changes_before(where, size=ENTRIES)
    own = request.build_absolute_uri(reverse("portal:changes_atom"))
    context = {
        "entries": [_entry(request, one) for one in found],
        "updated": max((one.told_at for one in found), default=None),
        "own_url": f"{own}?{urlencode({'cursor': cursor})}" if cursor else own,
        "first_url": own,
        "next_url": f"{own}?{urlencode({'cursor': older.cursor()})}" if older else "",
        "page_url": request.build_absolute_uri(reverse("portal:data")),
        "host": request.get_host().partition(":")[0],
    }
    response = render(request, "portal/changes_atom.html", context, content_type="application/atom+xml; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


def _entry(request: HttpRequest, one: feed.Change) -> dict[str, object]:
    body = one.organization
    closed = one.fact.known_to is not None
    words = {
        "items": _("Registered items"),
        "officer": _("Officer"),
        "branch": _("Branch"),
        "host": _("Hosting body"),
        "lineage": _("Merger, split or succession"),
        "certificate": _("Certificate"),
        "mark": _("Mark"),
    }
    happened = one.fact.get_event_display() if one.kind == "items" else words[one.kind]
    return {
        "id": f"{one.number}{':closed' if closed else ''}",
        "title": f"{body.name}: {happened}" + (f" ({_('believed no longer')})" if closed else ""),
        "url": request.build_absolute_uri(reverse("portal:organization_detail", args=[body.reference])),
        "updated": one.told_at,
        "kind": one.kind,
        "valid_from": one.valid_from,
        "source": one.source.get_kind_display() if one.source else one.fact.source,
    }


# --- files ---


@login_not_required
@require_POST
def download_ask(request: DoorRequest) -> HttpResponse:
    """Ask for the files of the whole register, or of the search whose parameters the form carries."""
    given = {name: request.POST.getlist(name) for name in request.POST if name != "csrfmiddlewaretoken"}
    download = ask_download(actor=request.actor, asked=given, address=address_of(request))
    return HttpResponseRedirect(reverse("portal:download_detail", args=[download.public_id]))


@login_not_required
@require_safe
def download_detail(request: HttpRequest, public_id: str) -> HttpResponse:
    """How far the files are; when they are there, each with its size and its SHA-256."""
    download = get_object_or_404(Download, public_id=public_id)
    waits = download.state == DownloadState.WAITING
    asked = urlencode(download.asked, doseq=True)
    context = {
        "download": download,
        "waits": waits,
        "refresh_s": REFRESH_S if waits else 0,
        "ready": download.state == DownloadState.READY,
        "search_url": f"{reverse('portal:organization_search')}?{asked}" if asked else "",
        "kept_days": (SEARCH_KEPT if download.asked else REGISTER_KEPT).days,
    }
    response = render(request, "portal/download.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


@login_not_required
@require_safe
def download_file(request: HttpRequest, public_id: str, name: str) -> HttpResponseBase:
    """One of the files. Public like the register; what has been removed or was never made is not there."""
    download = get_object_or_404(Download.objects.ready(), public_id=public_id)
    kept = download.files.get(name)
    if kept is None:
        raise Http404
    content_type = CONTENT_TYPES[name if name in CONTENT_TYPES else name.rpartition(".")[2]]
    return send_published(request, kept["sha256"], shown=name, content_type=content_type)


# --- clients of the API ---


def _may_keep(request: DoorRequest) -> None:
    if not request.actor.may(KEEP_CLIENTS):
        raise NotAllowed(KEEP_CLIENTS)


@proof_needed_to_post
@require_http_methods(["GET", "HEAD", "POST"])
def client_list(request: DoorRequest) -> HttpResponse:
    """Programs that read with a key of their own; and the form that makes one."""
    _may_keep(request)
    form = ClientForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            client, key = accounts.register_client(actor=request.actor, **form.cleaned_data)
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
        else:
            return _shown_once(request, client, key)
    order = ("-pk",)
    page = page_or_first(
        ApiClient.objects.all(), name="clients", order=order, cursor=request.GET.get("cursor", ""), size=CLIENTS
    )
    context = {"form": form, "page": page}
    return render(request, "portal/clients.html", context, status=422 if form.errors else 200)


def _shown_once(request: DoorRequest, client: ApiClient, key: str) -> HttpResponse:
    """The one page that shows a key. No redirect: an address that could show it again would have to keep it."""
    response = render(request, "portal/client_key.html", {"client": client, "key": key})
    response.headers["Cache-Control"] = "no-store"
    return response


@proof_needed_to_post
@require_http_methods(["GET", "HEAD", "POST"])
def client_detail(request: DoorRequest, public_id: str) -> HttpResponse:
    """One client: what it is for, and the buttons that give it a new key, end it, or open its contact."""
    _may_keep(request)
    client = get_object_or_404(ApiClient, public_id=public_id)
    context: dict[str, object] = {"client": client}
    status = 200
    if request.method == "POST":
        try:
            match request.POST.get("do", ""):
                case "renew":
                    return _shown_once(request, client, accounts.renew_key(actor=request.actor, client=client))
                case "end":
                    accounts.end_client(actor=request.actor, client=client)
                    return HttpResponseRedirect(reverse("portal:client_detail", args=[client.public_id]))
                case "contact":
                    context["contact"] = looks.reveal(
                        request.actor, client, "contact_sealed", purpose="accounts.client_contact"
                    )
                case _:
                    status = 422
        except RuleViolation as error:
            context["refused"], status = str(error.message), 422
    response = render(request, "portal/client.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response
