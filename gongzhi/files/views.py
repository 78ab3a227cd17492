"""My files, the pieces of files on their way, and links that open one file."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzhi.core.actor import ActorKind
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.paging import page_or_first
from gongzhi.files import actions, policies, scanning, selectors
from gongzhi.files.enums import PIECE, Purpose
from gongzhi.files.forms import KeepFileForm
from gongzhi.files.models import Transfer, Upload

FILES_ON_A_PAGE = 20


# --- my files ---


@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: DoorRequest) -> HttpResponse:
    """The files of a person or an organization, newest first, and those that have not arrived whole. A POST keeps one
    more."""
    actor = request.actor
    if actor.kind is ActorKind.AGENCY:
        if request.method == "POST":
            raise NotAllowed("files.own")
        return render(request, "files/not_as_office.html")
    form = KeepFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.take_in(actor=actor, handed=form.cleaned_data["file"], purpose=Purpose.OWN)
            return HttpResponseRedirect(reverse("files:mine"))
        except RuleViolation as error:
            form.add_error("file", str(error.message))
    uploads, order = Upload.objects.visible_to(actor), ("-pk",)
    page = page_or_first(uploads, name="files", order=order, cursor=request.GET.get("cursor", ""), size=FILES_ON_A_PAGE)
    context = {
        "form": form,
        "files": [
            (one, selectors.own_name(actor, one), one.purpose == Purpose.OWN and policies.can_remove(actor, one))
            for one in page.rows
        ],
        "on_the_way": [
            (one, selectors.own_name(actor, one), min(99, 100 * have // one.pieces_wanted))
            for one, have in selectors.on_the_way(actor)
        ],
        "page": page,
        "scanned": bool(scanning.address()),
        "used": selectors.used_bytes(actor),
        "most": selectors.most_bytes(actor),
    }
    return render(request, "files/mine.html", context, status=422 if request.method == "POST" else 200)


@require_safe
def download(request: DoorRequest, public_id: str) -> HttpResponse:
    """Leads to a link of the next minutes for one file the reader sees."""
    upload = _seen(request, public_id)
    if not policies.can_read(request.actor, upload):
        raise NotAllowed("files.read")
    return HttpResponseRedirect(selectors.link_to(request.actor, upload))


@require_safe
def open_link(request: DoorRequest, token: str) -> HttpResponseBase:
    """The file of a link, if the link is this reader's and young, and the reader may still see the file."""
    try:
        upload, purpose = selectors.linked(request.actor, token)
    except selectors.LinkExpired:
        return render(request, "files/link_expired.html", status=410)
    except Upload.DoesNotExist as error:
        raise Http404 from error
    return actions.send(upload, actor=request.actor, purpose=purpose)


@require_POST
def remove(request: DoorRequest, public_id: str) -> HttpResponse:
    """Remove a file somebody kept for themself."""
    actions.remove(actor=request.actor, upload=_seen(request, public_id))
    return HttpResponseRedirect(reverse("files:mine"))


def _seen(request: DoorRequest, public_id: str) -> Upload:
    upload = Upload.objects.visible_to(request.actor).filter(public_id=public_id).first()
    if upload is None:
        raise Http404
    return upload


# --- pieces, for the script ---


def _refused(error: RuleViolation) -> JsonResponse:
    return JsonResponse({"code": error.code, "message": str(error.message)}, status=422)


def _state(transfer: Transfer) -> dict[str, Any]:
    return {
        "id": transfer.public_id,
        "address": reverse("files:sending", args=[transfer.public_id]),
        "piece_size": transfer.piece_size,
        "pieces": transfer.pieces_wanted,
        "have": selectors.arrived(transfer),
    }


@require_POST
def begin(request: DoorRequest) -> HttpResponse:
    """Begin to send a file, or go on: says which pieces are there."""
    try:
        asked = json.loads(request.body)
        name, size = str(asked["name"]), int(asked["size"])
        sha256, purpose = bytes.fromhex(str(asked["sha256"])), Purpose(str(asked["purpose"]))
    except (ValueError, KeyError, TypeError, OverflowError):
        return _refused(RuleViolation("files.bad_request", ""))
    try:
        transfer = actions.begin_transfer(actor=request.actor, name=name, size=size, sha256=sha256, purpose=purpose)
    except RuleViolation as error:
        return _refused(error)
    return JsonResponse(_state(transfer))


@require_safe
def sending(request: DoorRequest, public_id: str) -> HttpResponse:
    """Which pieces of a file have arrived."""
    return JsonResponse(_state(_on_its_way(request, public_id)))


@require_POST
def piece(request: DoorRequest, public_id: str, number: int) -> HttpResponse:
    """One piece as the body, its SHA-256 in the header `X-Piece-SHA256`."""
    transfer = _on_its_way(request, public_id)
    try:
        sha256 = bytes.fromhex(request.headers.get("X-Piece-SHA256", ""))
        content = request.read(max(PIECE, transfer.piece_size) + 1)
        actions.add_piece(actor=request.actor, transfer=transfer, number=number, content=content, sha256=sha256)
    except ValueError:
        return _refused(RuleViolation("files.bad_request", ""))
    except RuleViolation as error:
        return _refused(error)
    return JsonResponse({"number": number})


@require_POST
def give_up(request: DoorRequest, public_id: str) -> HttpResponse:
    """Forget a file on its way."""
    actions.give_up(actor=request.actor, transfer=_on_its_way(request, public_id))
    return HttpResponseRedirect(reverse("files:mine"))


def _on_its_way(request: DoorRequest, public_id: str) -> Transfer:
    transfer = Transfer.objects.visible_to(request.actor).filter(public_id=public_id).first()
    if transfer is None:
        raise Http404
    return transfer
