"""Pages where applicant and office write to each other: a case's thread, and the questions that wait for an office."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from gongzhi.accounts.selectors import masked_names
from gongzhi.cases import actions, policies, selectors, threads
from gongzhi.cases.actions.talking import ANSWER_TIME, case_of
from gongzhi.cases.forms import AnswerForm, AskForm, LinkForm
from gongzhi.cases.models import Case, Message
from gongzhi.cases.views.applying import own_case
from gongzhi.cases.views.office import FINDER, PAGE, official
from gongzhi.core.door import DoorRequest, acting
from gongzhi.core.errors import NotVisible, RuleViolation
from gongzhi.core.paging import page_or_first
from gongzhi.core.times import today
from gongzhi.files import actions as files
from gongzhi.files.models import Upload
from gongzhi.rulebook import selectors as rulebook

# --- the applicant ---


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def talk(request: DoorRequest, public_id: str) -> HttpResponse:
    """What was written about one's case, and writing to its office; `about` names a question of the form."""
    case = own_case(request, public_id)
    if request.method != "POST":
        return _talk(request, case)
    if request.POST.get("do") == "read":
        actions.mark_read(actor=request.actor, case=case)
        return HttpResponseRedirect(reverse("cases:talk", args=[public_id]))
    form = AskForm(request.POST, request.FILES, definition=case.type.definition)
    if not form.is_valid():
        return _talk(request, case, form=form, status=422)
    data = form.cleaned_data
    try:
        actions.ask_office(
            actor=request.actor,
            case=case,
            text=data["text"],
            place=data["about"],
            error=_error_at(request, case, data["about"]),
            handed=data["file"],
            wants_answer=not data["no_answer"],
        )
    except RuleViolation as error:
        return _talk(request, case, form=form, problem=str(error.message), status=422)
    return HttpResponseRedirect(f"{reverse('cases:talk', args=[public_id])}#said")


def _error_at(request: DoorRequest, case: Case, place: str) -> str:
    """What the page says is wrong at a question now, so that who asks need not copy it. Empty once it was handed in."""
    section, _dot, key = place.partition(".")
    if not key or not case.is_writable:
        return ""
    wrong = selectors.check_case(actor=request.actor, case=case, only=section).wrong
    return " ".join(str(one.message) for one in wrong if one.key.partition(".")[0] == key)


def _talk(
    request: DoorRequest, case: Case, *, form: AskForm | None = None, problem: str = "", status: int = 200
) -> HttpResponse:
    definition = case.type.definition
    about = request.POST.get("about") or request.GET.get("about", "")
    about = about if definition.field(about) is not None else ""
    said = threads.thread(request.actor, case)
    section = about.partition(".")[0]
    context: dict[str, Any] = {
        "case": case,
        "definition": definition,
        "said": said,
        "unread": threads.unread_in(said),
        "form": form or AskForm(initial={"about": about}, definition=definition),
        "label": threads.label_of(definition, about),
        "error": _error_at(request, case, about),
        "may_write": policies.can_ask(request.actor, case),
        "days": rulebook.parameter(ANSWER_TIME, path=case.agency.path),
        "answering": threads.answering(agency_id=case.agency_id),
        "looked_back": threads.LOOKED_BACK.days,
        "back": reverse("cases:page", args=[case.public_id, section]) if about and case.is_writable else "",
        "problem": problem,
    }
    return render(request, "cases/talk.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: DoorRequest, public_id: str) -> HttpResponse:
    """Say that one's case belongs together with another one of one's own, by its number."""
    case = own_case(request, public_id)
    form = LinkForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.link_cases(actor=request.actor, case=case, number=form.cleaned_data["number"])
        except RuleViolation as error:
            form.add_error("number", str(error.message))
        else:
            return HttpResponseRedirect(reverse("cases:case", args=[public_id]))
    context = {"case": case, "definition": case.type.definition, "form": form}
    return render(request, "cases/link.html", context, status=422 if request.method == "POST" else 200)


@require_safe
def own_file(request: DoorRequest, public_id: str, message: str) -> HttpResponseBase:
    """A file of a message of one's own case, whichever side sent it."""
    case = own_case(request, public_id)
    row = Message.objects.visible_to(request.actor).filter(case=case, public_id=message).first()
    return _file(request, row, purpose="cases.own")


# --- the office ---


@never_cache
@require_safe
def asked(request: DoorRequest) -> HttpResponse:
    """What applicants asked one's office: what waits, soonest first, or what was answered, the newest first."""
    actor = official(request)
    answered = request.GET.get("view") == "answered"
    waiting = threads.open_for(actor)
    done = Message.objects.visible_to(actor).filter(agency_id=actor.agency_id or 0, wants_answer=True)
    page = page_or_first(
        done.exclude(closed_at=None).select_related("type") if answered else waiting,
        name=f"asked:{answered}",
        order=("-pk",) if answered else ("due_on", "pk"),
        cursor=request.GET.get("cursor", ""),
        size=PAGE,
    )
    names, day = masked_names({one.by_person for one in page.rows}), today()
    context = {
        "page": page,
        "rows": [
            {
                "message": one,
                "who": names.get(one.by_person, ""),
                "label": threads.label_of(one.type.definition, one.place),
                "late": bool(one.closed_at is None and one.due_settled and one.due_on and one.due_on < day),
            }
            for one in page.rows
        ],
        "views": [
            {"label": _("Waiting"), "url": "?view=open", "current": not answered, "count": waiting.count()},
            {"label": _("Answered"), "url": "?view=answered", "current": answered},
        ],
    }
    return render(request, "cases/asked_list.html", context)


def _asked(request: DoorRequest, message: str) -> Message:
    """A message within reach; one out of reach is a 404 like a missing one, and the applicant sees the try."""
    actor = official(request)
    rows = Message.objects.visible_to(actor).select_related("type", "agency", "words")
    found = rows.filter(public_id=message).first()
    if found is not None:
        return found
    with acting(FINDER) as finder:
        hidden = Message.objects.visible_to(finder).filter(public_id=message).first()
    if hidden is None:
        raise Http404
    raise NotVisible(hidden, purpose="cases.answer")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def asked_one(request: DoorRequest, message: str) -> HttpResponse:
    """One question with everything that was written about its case; POST answers it. A draft itself stays closed."""
    question = _asked(request, message)
    actor, problem, status = request.actor, "", 200
    form = AnswerForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        form = AnswerForm(request.POST, request.FILES)
        status = 422
        if form.is_valid():
            data = form.cleaned_data
            try:
                actions.answer_question(actor=actor, question=question, text=data["text"], handed=data["file"])
            except RuleViolation as error:
                problem = str(error.message)
            else:
                return HttpResponseRedirect(reverse("cases:asked"))
    case = case_of(question)
    names = masked_names([question.by_person])
    context = {
        "question": question,
        "case": case,
        "definition": question.type.definition,
        "label": threads.label_of(question.type.definition, question.place),
        "applicant": names.get(question.by_person, ""),
        "said": threads.thread(actor, case),
        "late": bool(question.due_settled and question.due_on and question.due_on < today()),
        "may_answer": policies.can_answer(actor, question) and question.side == "applicant",
        "form": form,
        "problem": problem,
    }
    return render(request, "cases/asked.html", context, status=status)


@require_safe
def asked_file(request: DoorRequest, message: str) -> HttpResponseBase:
    """A file of a message, for the office: a look that the applicant sees."""
    return _file(request, _asked(request, message), purpose="cases.answer")


def _file(request: DoorRequest, row: Message | None, *, purpose: str) -> HttpResponseBase:
    """The file of a message its reader has been shown to see: the message opens it, whoever handed it in."""
    if row is None or row.upload_id is None:
        raise Http404
    with acting(FINDER) as finder:
        upload = Upload.objects.visible_to(finder).filter(pk=row.upload_id).first()
    if upload is None:
        raise Http404
    return files.send(upload, actor=request.actor, purpose=purpose, granted=True)
