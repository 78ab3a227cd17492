"""Broadcasts on the workbench, and what a playing point sees: a page for a person, three addresses for a device."""

from __future__ import annotations

import re
from typing import Any, Final

from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzhi.core.actor import Actor
from gongzhi.core.door import DoorRequest, acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.paging import Page, page_or_first
from gongzhi.core.times import today
from gongzhi.files import actions as files
from gongzhi.files.contracts import Owner
from gongzhi.files.enums import Purpose
from gongzhi.files.models import Upload
from gongzhi.loudspeaker import actions, policies, selectors, speech
from gongzhi.loudspeaker.enums import KEEP_POINTS, MODULE, PREPARE, Played, State
from gongzhi.loudspeaker.forms import BroadcastForm, PointForm
from gongzhi.loudspeaker.models import Airing, Broadcast, Point, Receipt
from gongzhi.rulebook import handlers as places

PAGE = 30
_RANGE: Final = re.compile(r"bytes=(\d{1,15})-(\d{0,15})", re.ASCII)
#: Bytes of one part at most, whatever was asked for.
LARGEST_PART: Final = 2 * 1024 * 1024


def _page(rows: Any, *, name: str, order: tuple[str, ...], request: DoorRequest) -> Page[Any]:
    return page_or_first(rows, name=name, order=order, cursor=request.GET.get("cursor", ""), size=PAGE)


def _allow(request: DoorRequest) -> None:
    """Who has nothing to do with broadcasts is refused; where the module is switched off, there is no such page."""
    if not policies.can_see(request.actor):
        raise NotAllowed(PREPARE)
    if not places.PLACES.is_on(request, MODULE):
        raise Http404


def _broadcast(request: DoorRequest, public_id: str) -> Broadcast:
    _allow(request)
    found: Broadcast | None = (
        Broadcast.objects.visible_to(request.actor)
        .select_related("recording", "agency")
        .filter(public_id=public_id)
        .first()
    )
    if found is None:
        raise Http404
    return found


# --- broadcasts ---


@require_safe
def broadcast_list(request: DoorRequest) -> HttpResponse:
    """The broadcasts of the agency's division, newest first."""
    _allow(request)
    rows = Broadcast.objects.visible_to(request.actor).select_related("agency")
    page = _page(rows, name="broadcasts", order=("-pk",), request=request)
    places = selectors.place_names([one.path for one in page.rows])
    context = {
        "rows": [(one, places[one.path]) for one in page.rows],
        "page": page,
        "may_prepare": request.actor.may(PREPARE),
        "speaks": speech.available(),
    }
    return render(request, "loudspeaker/broadcasts.html", context)


def _filled(request: DoorRequest, broadcast: Broadcast | None) -> tuple[BroadcastForm, HttpResponse | None]:
    """The form, and where to go when it was taken."""
    initial: dict[str, Any] = {"place": _code(request.actor.path)}
    if broadcast is not None:
        initial = {
            "title": broadcast.title,
            "place": _code(broadcast.path),
            "text": broadcast.text,
            "first_on": broadcast.first_on,
            "last_on": broadcast.last_on,
            "times": " ".join(broadcast.times),
            "urgent_because": broadcast.urgent_because,
        }
    form = BroadcastForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method != "POST" or not form.is_valid():
        return form, None
    asked = form.cleaned_data
    try:
        text = asked["text"]
        recording = _recording(request.actor, asked["recording"], broadcast, text)
        given = {
            "path": asked["place"],
            "title": asked["title"],
            "text": text,
            "recording": recording,
            "first_on": asked["first_on"],
            "last_on": asked["last_on"],
            "times": asked["times"],
            "urgent_because": asked["urgent_because"],
        }
        if broadcast is None:
            broadcast = actions.draft_broadcast(actor=request.actor, **given)
        else:
            broadcast = actions.change_draft(actor=request.actor, broadcast=broadcast, **given)
    except RuleViolation as error:
        field = {"file": "recording"}.get(error.field, error.field)
        form.add_error(field if field in form.fields else None, str(error.message))
        return form, None
    except NotAllowed:
        if broadcast is None and request.actor.may(PREPARE):
            form.add_error("place", _outside())
            return form, None
        raise
    return form, HttpResponseRedirect(reverse("loudspeaker:broadcast_detail", args=[broadcast.public_id]))


def _outside() -> str:
    return _("This place lies outside the division your agency answers for.")


def _code(path: str) -> str:
    """The code of a path, for the form."""
    return path.rstrip("/").rpartition("/")[2].ljust(6, "0") if path != "/" else "100000"


def _recording(actor: Actor, handed: Any, broadcast: Broadcast | None, text: str) -> Upload | None:
    """The recording that was handed in, or the one that was there before, unless a text takes its place."""
    if not handed:
        return broadcast.recording if broadcast is not None and not text.strip() else None
    return files.take_in(actor=actor, handed=handed, purpose=Purpose.RECORDING, owner=Owner(path=actor.path))


@require_http_methods(["GET", "HEAD", "POST"])
def broadcast_new(request: DoorRequest) -> HttpResponse:
    """Make a broadcast."""
    if not request.actor.may(PREPARE):
        raise NotAllowed(PREPARE)
    _allow(request)
    form, done = _filled(request, None)
    status = 422 if request.method == "POST" else 200
    return done or render(
        request, "loudspeaker/broadcast_form.html", {"form": form, "speaks": speech.available()}, status=status
    )


@require_http_methods(["GET", "HEAD", "POST"])
def broadcast_change(request: DoorRequest, public_id: str) -> HttpResponse:
    """Change a draft."""
    broadcast = _broadcast(request, public_id)
    if not policies.can_prepare(request.actor, broadcast.path):
        raise NotAllowed(PREPARE)
    if broadcast.state != State.DRAFT:
        return HttpResponseRedirect(reverse("loudspeaker:broadcast_detail", args=[public_id]))
    form, done = _filled(request, broadcast)
    context = {"form": form, "broadcast": broadcast, "speaks": speech.available()}
    status = 422 if request.method == "POST" else 200
    return done or render(request, "loudspeaker/broadcast_form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def broadcast_detail(request: DoorRequest, public_id: str) -> HttpResponse:
    """One broadcast: how it sounds, when it is heard, what came of it. A POST takes the next step."""
    broadcast = _broadcast(request, public_id)
    actor, error = request.actor, ""
    if request.method == "POST":
        try:
            _step(request, broadcast)
            return HttpResponseRedirect(request.path)
        except RuleViolation as violation:
            error = str(violation.message)
            broadcast.refresh_from_db()
    airings = Airing.objects.filter(broadcast=broadcast)
    page = _page(airings, name="airings", order=("at", "pk"), request=request)
    past = selectors.heard(broadcast, list(airings.filter(at__lte=timezone.now()).order_by("at")))
    context = {
        "broadcast": broadcast,
        "place": selectors.place_names([broadcast.path])[broadcast.path],
        "quiet": selectors.quiet_hours(broadcast.path, on=max(broadcast.first_on, today())),
        "speaks": speech.available(),
        "heard": selectors.heard(broadcast, page.rows),
        "late": [one for one in past if one.is_late],
        "page": page,
        "planned": len(broadcast.moments),
        "error": error,
        "typed": request.POST.get("reason", ""),
        "may_change": broadcast.state == State.DRAFT and policies.can_prepare(actor, broadcast.path),
        "may_approve": broadcast.state == State.WAITING and policies.can_approve(actor, broadcast),
        "may_withdraw": broadcast.state != State.WITHDRAWN and policies.can_withdraw(actor, broadcast),
        "is_mine": broadcast.created_by_person == actor.person_id,
    }
    return render(request, "loudspeaker/broadcast.html", context, status=422 if error else 200)


def _step(request: DoorRequest, broadcast: Broadcast) -> None:
    actor, reason = request.actor, request.POST.get("reason", "")[:200]
    match request.POST.get("step"):
        case "ask":
            actions.ask_approval(actor=actor, broadcast=broadcast)
        case "approve":
            actions.approve_broadcast(actor=actor, broadcast=broadcast)
        case "give_back":
            actions.give_back(actor=actor, broadcast=broadcast, reason=reason)
        case "withdraw":
            actions.withdraw_broadcast(actor=actor, broadcast=broadcast, reason=reason)
        case _:
            raise RuleViolation(
                "loudspeaker.no_step",
                _("This step is not possible now: it was changed meanwhile. Reload the page and look again."),
            )


@require_safe
def broadcast_sound(request: DoorRequest, public_id: str) -> HttpResponseBase:
    """How a broadcast sounds, to be listened to before it is aired."""
    return _in_part(request, _sound(_broadcast(request, public_id)))


def _in_part(request: DoorRequest, response: FileResponse) -> HttpResponseBase:
    """The part of a sound that a player asked for: some telephones play nothing that is not given in parts."""
    stream, size = response.file_to_stream, int(response.headers.get("Content-Length", 0))
    response.headers["Accept-Ranges"] = "bytes"
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None or stream is None or not size:
        return response
    first = int(asked[1])
    last = min(int(asked[2] or size), size - 1, first + LARGEST_PART - 1)
    part = HttpResponse(status=206 if first <= last else 416, content_type=response.headers["Content-Type"])
    if first <= last:
        stream.seek(first)
        part.content = stream.read(last - first + 1)
    stream.close()
    part.headers["Content-Range"] = f"bytes {first}-{last}/{size}" if first <= last else f"bytes */{size}"
    for name in ("Accept-Ranges", "Cache-Control", "Content-Disposition"):
        if name in response.headers:
            part.headers[name] = response.headers[name]
    part.sandboxed = getattr(response, "sandboxed", False)  # type: ignore[attr-defined]
    return part


def _sound(broadcast: Broadcast) -> FileResponse:
    """The recording, or the text as espeak-ng speaks it. 404 where nothing can speak."""
    if broadcast.recording_id is not None:
        # The platform itself reads the file for whoever may hear the broadcast; nobody gets a right to other files.
        with acting(Actor.system("loudspeaker.sound")) as reader:
            upload = Upload.objects.visible_to(reader).get(pk=broadcast.recording_id)
            return files.send(upload, actor=reader, purpose="loudspeaker.play", in_page=True)
    try:
        stream = speech.spoken(broadcast.text).open("rb")
    except speech.Mute as error:
        raise Http404 from error
    return FileResponse(stream, filename=f"{broadcast.public_id}.wav", content_type="audio/wav")


@require_safe
def airing_detail(request: DoorRequest, public_id: str, number: int) -> HttpResponse:
    """One airing: which playing points said that they played it, and which did not."""
    broadcast = _broadcast(request, public_id)
    airing = Airing.objects.filter(broadcast=broadcast, pk=number).first()
    if airing is None:
        raise Http404
    points = Point.objects.filter(selectors.expected_points(broadcast), created_at__lte=airing.at).exclude(
        ended_at__lte=airing.at
    )
    page = _page(points, name="receipts", order=("path", "pk"), request=request)
    receipts = {one.point_id: one for one in Receipt.objects.filter(airing=airing, point__in=page.rows)}
    places = selectors.place_names([one.path for one in page.rows])
    context = {
        "broadcast": broadcast,
        "airing": airing,
        "heard": selectors.heard(broadcast, [airing])[0],
        "rows": [(one, places[one.path], receipts.get(one.pk)) for one in page.rows],
        "page": page,
    }
    return render(request, "loudspeaker/airing.html", context)


# --- playing points ---


@require_http_methods(["GET", "HEAD", "POST"])
def point_list(request: DoorRequest) -> HttpResponse:
    """The playing points of the agency's division; a POST adds one and tells its link once."""
    _allow(request)
    if request.method == "POST" and not request.actor.may(KEEP_POINTS):
        raise NotAllowed(KEEP_POINTS)
    form = PointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            point, secret = actions.add_point(
                actor=request.actor, path=form.cleaned_data["place"], name=form.cleaned_data["name"]
            )
        except NotAllowed:
            form.add_error("place", _outside())
        else:
            link = request.build_absolute_uri(reverse("loudspeaker:point_page", args=[secret]))
            return render(request, "loudspeaker/point_link.html", {"point": point, "link": link})
    page = _page(Point.objects.visible_to(request.actor), name="points", order=("-pk",), request=request)
    places = selectors.place_names([one.path for one in page.rows])
    context = {
        "form": form,
        "rows": [(one, places[one.path]) for one in page.rows],
        "page": page,
        "may_keep": request.actor.may(KEEP_POINTS),
    }
    return render(request, "loudspeaker/points.html", context, status=422 if request.method == "POST" else 200)


@require_POST
def point_end(request: DoorRequest, public_id: str) -> HttpResponse:
    """End a playing point."""
    _allow(request)
    point = Point.objects.visible_to(request.actor).filter(public_id=public_id).first()
    if point is None:
        raise Http404
    actions.end_point(actor=request.actor, point=point)
    return HttpResponseRedirect(reverse("loudspeaker:point_list"))


# --- what a playing point sees; its link is its right, so that a device needs no account ---


def _point(secret: str) -> Point:
    point = selectors.point_with(actions.key_hash(secret))
    if point is None:
        raise Http404
    return point


def _airing(point: Point, number: int) -> Airing:
    airing = selectors.airing_at(point, number)
    if airing is None:
        raise Http404
    return airing


@login_not_required
@require_safe
def point_page(request: DoorRequest, secret: str) -> HttpResponse:
    """What is due here, to be played or read out, and a button that says it was."""
    point = _point(secret)
    context = {
        "point": point,
        "secret": secret,
        "place": selectors.place_names([point.path])[point.path],
        "airings": selectors.due_at(point),
        "speaks": speech.available(),
    }
    response = render(request, "loudspeaker/point.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


@csrf_exempt
@login_not_required
@require_POST
def point_due(request: DoorRequest, secret: str) -> HttpResponse:
    """For a device: what is due within a day, where its sound is, where to say that it was played."""
    point = _point(secret)
    actions.note_asked(actor=request.actor, point=point)
    airings = [
        {
            "id": one.pk,
            "at": one.at.isoformat(),
            "title": one.broadcast.title,
            "text": one.broadcast.text,
            "sound": reverse("loudspeaker:point_sound", args=[secret, one.pk])
            if one.broadcast.recording_id or speech.available()
            else None,
            "played": reverse("loudspeaker:point_played", args=[secret, one.pk]),
            "is_played": one.mine,  # type: ignore[attr-defined]
        }
        for one in selectors.due_at(point)
    ]
    return JsonResponse({"point": point.name, "airings": airings})


@login_not_required
@require_safe
def point_sound(request: DoorRequest, secret: str, number: int) -> HttpResponseBase:
    """The sound of one airing."""
    point = _point(secret)
    airing = _airing(point, number)
    if airing.broadcast.state != State.APPROVED or not selectors.is_on(point.path):
        raise Http404
    return _in_part(request, _sound(airing.broadcast))


@csrf_exempt
@login_not_required
@require_POST
def point_played(request: DoorRequest, secret: str, number: int) -> HttpResponse:
    """Say that an airing was played: a person by the button of the page, a device with `how=device`."""
    point = _point(secret)
    device = request.POST.get("how") == Played.DEVICE
    try:
        actions.confirm_played(
            actor=request.actor,
            point=point,
            airing=_airing(point, number),
            how=Played.DEVICE if device else Played.PERSON,
        )
    except RuleViolation as error:
        if device:
            return JsonResponse({"code": error.code, "message": str(error.message)}, status=422)
        raise
    if device:
        return JsonResponse({"id": number, "is_played": True})
    return HttpResponseRedirect(reverse("loudspeaker:point_page", args=[secret]))
