"""The applicant's pages: choosing an office, filling in page by page, checking, handing in, following what happens."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzhi.accounts.selectors import masked_names
from gongzhi.cases import actions, clocks, policies, selectors, threads
from gongzhi.cases.actions.drafts import Saved
from gongzhi.cases.actions.handing_in import NotComplete
from gongzhi.cases.definitions import Section
from gongzhi.cases.enums import APPLY, WRITABLE, State
from gongzhi.cases.forms import SHOWN, OfficeForm, page_form, posted, shown_controls
from gongzhi.cases.models import Case, CaseFile, Draft, Rating
from gongzhi.cases.questions import knows, plain_answers, sections_asked, shown
from gongzhi.cases.views.guide import open_service
from gongzhi.core.actor import ActorKind
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.paging import page_or_first
from gongzhi.core.times import local
from gongzhi.files import actions as files
from gongzhi.files.models import Upload
from gongzhi.orgs.models import Agency

PAGE = 30
#: Session key that keeps the codes of cases handed in with this sign-in, so that a page read again still shows them.
CODES = "cases.codes"


def own_case(request: DoorRequest, public_id: str) -> Case:
    """One's own case, or one's organization's; 404 for everybody else's."""
    rows = Case.objects.visible_to(request.actor).select_related("type", "agency")
    found = rows.filter(public_id=public_id).first()
    if found is None or not policies.is_applicant(request.actor, found):
        raise Http404
    return found


def _section(case: Case, key: str) -> Section:
    found = case.type.definition.section(key)
    if found is None:
        raise Http404
    return found


# --- beginning ---


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: DoorRequest, code: str) -> HttpResponse:
    """Choose the office and begin."""
    case_type = open_service(code)
    if not policies.can_start(request.actor, case_type):
        if request.method == "POST":
            raise NotAllowed(APPLY)
        context = {"type": case_type, "definition": case_type.definition, "next": request.get_full_path()}
        return render(request, "cases/not_for_you.html", context)
    if request.method == "POST":
        chosen = request.POST.get("office", "")
        agency = Agency.objects.filter(pk=int(chosen)).first() if chosen.isdigit() and len(chosen) < 12 else None
        if agency is not None:
            try:
                case = actions.start_case(actor=request.actor, case_type=case_type, agency=agency)
            except RuleViolation as error:
                return _offices(request, code, str(error.message), status=422)
            return HttpResponseRedirect(reverse("cases:case", args=[case.public_id]))
        return _offices(request, code, _("Choose the office where you apply."), status=422)
    return _offices(request, code)


def _offices(request: DoorRequest, code: str, error: str = "", status: int = 200) -> HttpResponse:
    case_type = open_service(code)
    place = (request.POST.get("place") or request.GET.get("place") or "").strip()[:60]
    found = selectors.offices(case_type.definition, place)
    mine = Case.objects.visible_to(request.actor).filter(type__code=code, state__in=WRITABLE).order_by("-pk")[:5]
    context = {
        "type": case_type,
        "definition": case_type.definition,
        "form": OfficeForm(initial={"place": place}),
        "place": place,
        "offices": found[: selectors.OFFICES],
        "more": len(found) > selectors.OFFICES,
        "drafts": list(mine),
        "error": error,
    }
    return render(request, "cases/begin.html", context, status=status)


@never_cache
@require_safe
def case_list(request: DoorRequest) -> HttpResponse:
    """One's own cases, or those of the organization one acts for, the newest first."""
    actor = request.actor
    if actor.kind not in {ActorKind.PERSON, ActorKind.ORGANIZATION}:
        raise NotAllowed(APPLY)
    rows = Case.objects.visible_to(actor).select_related("type", "agency")
    page = page_or_first(rows, name="cases", order=("-pk",), cursor=request.GET.get("cursor", ""), size=PAGE)
    return render(request, "cases/case_list.html", {"page": page})


# --- one case ---


@never_cache
@require_safe
def case(request: DoorRequest, public_id: str) -> HttpResponse:
    """Where a case stands: the pages to fill in while it can be written, what happened, and what comes next."""
    found = own_case(request, public_id)
    happened = selectors.history(request.actor, found)
    context: dict[str, Any] = {
        "case": found,
        "definition": found.type.definition,
        "happened": list(reversed(happened)),
        "last": happened[-1] if happened else None,
        "may_write": policies.can_write(request.actor, found),
        "documents": selectors.documents_of(found) if found.round else [],
        "limits": clocks.limits_of(found) if found.is_open else [],
        "code": dict(request.session.get(CODES, {})).get(found.public_id, ""),
        "said": (said := threads.thread(request.actor, found)),
        "unread": threads.unread_in(said),
        "linked": selectors.linked(request.actor, found),
    }
    if found.is_writable:
        tasks, done = selectors.progress(request.actor, found)
        faults = selectors.last_faults(happened) if found.state == "correction" else {}
        context |= {
            "tasks": tasks,
            "done": done,
            "returned": happened[-1] if faults or found.state == "correction" else None,
            "faults": _worded(found, faults),
        }
        return render(request, "cases/tasks.html", context)
    if not found.is_open:
        rating = Rating.objects.filter(case=found).select_related("case", "words", "answer").first()
        context["may_rate"] = context["may_write"] and rating is None and selectors.may_rate(found)
        context |= {"rating": rating, "rated": selectors.rated_words(request.actor, rating) if rating else {}}
    context["certificate"] = selectors.certificate_of(found) if found.state == State.APPROVED else ""
    answers = selectors.handed_answers(request.actor, found) if found.round else []
    context["sections"] = threads.with_said(answers, said)
    return render(request, "cases/case.html", context)


def _worded(case: Case, faults: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Each fault with the page it is on, the question in words, and what is said."""
    rows = []
    for place, said in faults.items():
        section, _dot, key = place.partition(".")
        field = case.type.definition.field(".".join(place.split(".")[:2]))
        rows.append((section, str(field.label) if field else key, said))
    return rows


# --- one page of the form ---


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: DoorRequest, public_id: str, section: str) -> HttpResponse:
    """One page of the form. Whatever button is pressed, what was typed is kept first; what is wrong is told afterwards.

    Who was signed out meanwhile gets back everything they typed, with a way to sign in beside it.
    """
    if not request.actor.signed_in:
        if request.method == "POST":
            return again(request)
        return HttpResponseRedirect(f"{reverse('accounts:sign_in')}?next={request.path}")
    found = own_case(request, public_id)
    if not policies.can_write(request.actor, found):
        raise NotAllowed(APPLY, about=found)
    if not found.is_writable:
        return HttpResponseRedirect(reverse("cases:case", args=[public_id]))
    where = _section(found, section)
    if request.method == "POST":
        return _save(request, found, where)
    return _show(request, found, where, check="check" in request.GET)


def again(request: HttpRequest, *, expired: bool = False) -> HttpResponse:
    """Everything that was posted, once more, because nobody is signed in any more or the form was too old.

    Nothing is kept on the server; the answers stand in the page itself until they are sent again.
    """
    fields = [(name, value) for name in request.POST for value in request.POST.getlist(name)]
    kept = [(name, value) for name, value in fields if name != "csrfmiddlewaretoken"][:2000]
    context = {"kept": kept, "expired": expired, "has_files": bool(request.FILES)}
    return render(request, "cases/again.html", context, status=403 if expired else 401)


def _draft(case: Case, section: Section) -> Draft:
    return Draft.objects.get(case=case, section=section.key)


def _save(request: DoorRequest, case: Case, section: Section) -> HttpResponse:
    actor, data = request.actor, request.POST
    draft = _draft(case, section)
    opened = selectors.open_own(actor, case, selectors.numbers_in({section.key: draft.data}))
    picked = {name.removeprefix("pick-"): data[name] for name in data if name.startswith("pick-")}
    changes = posted(section, draft.data, opened, data)
    over: list[str] = []
    for key, choice in picked.items():
        if choice == "mine" and knows(section, key) is not None:
            changes[key] = json.loads(data.get(f"mine-{key}", '""'))
            over.append(key)
    base = int(data["base"]) if data.get("base", "").isdigit() else draft.revision
    saved = actions.save_page(
        actor=actor,
        case=case,
        section=section,
        changes=changes,
        base=base,
        nonce=_nonce(data.get("nonce", "")),
        over=over,
    )
    if saved.clashes:
        keys = {one.key for one in saved.clashes}
        rest = {key: value for key, value in changes.items() if key not in keys}
        if rest:
            actions.save_page(
                actor=actor, case=case, section=section, changes=rest, base=base, nonce=uuid.uuid4(), over=list(rest)
            )
        return _choose(request, case, section, saved, changes)
    problem = _files_and_rows(request, case, section)
    if problem:
        return _show(request, case, section, check=False, problem=problem)
    return HttpResponseRedirect(_next(request, case, section))


def _nonce(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.uuid4()


def _files_and_rows(request: DoorRequest, case: Case, section: Section) -> tuple[str, str] | None:
    """Do what a button asked for besides saving: a line more or less, a file. The question and what is wrong, if anything."""
    actor = request.actor
    for field in section.fields:
        if field.type.value != "file":
            continue
        handed = request.FILES.get(field.key) or request.POST.get(f"{field.key}-transfer") or None
        if handed:
            try:
                actions.add_file(actor=actor, case=case, section=section, key=field.key, handed=handed)
            except RuleViolation as error:
                return field.key, str(error.message)
    verb, _colon, what = request.POST.get("do", "").partition(":")
    base = _draft(case, section).revision
    try:
        if verb == "add":
            actions.add_row(actor=actor, case=case, section=section, group=what, base=base, nonce=uuid.uuid4())
        elif verb == "rm":
            actions.remove_row(actor=actor, case=case, section=section, row=what, base=base, nonce=uuid.uuid4())
        elif verb == "drop" and what.isdigit() and len(what) < 15:
            file = CaseFile.objects.filter(case=case, section=section.key, pk=int(what)).first()
            if file is not None:
                actions.remove_file(actor=actor, case=case, file=file)
    except KeyError:
        pass  # a line or a group that is not there any more: nothing is to be done
    except RuleViolation as error:
        return what.partition(".")[0], str(error.message)
    return None


def _next(request: DoorRequest, case: Case, section: Section) -> str:
    """Where a button leads: the same page after a line or a file, the list of tasks, or the next page if this one is right."""
    here = reverse("cases:page", args=[case.public_id, section.key])
    verb, _colon, what = request.POST.get("do", "").partition(":")
    if verb in {"add", "rm", "drop", "upload"}:
        return f"{here}#{what.partition('.')[0]}" if verb != "drop" else here
    if verb == "ask" and section.field(what) is not None:
        return f"{reverse('cases:talk', args=[case.public_id])}?about={section.key}.{what}#write"
    if verb == "later":
        return reverse("cases:case", args=[case.public_id])
    checked = selectors.check_case(actor=request.actor, case=case, only=section.key)
    if checked.wrong:
        return f"{here}?check=1"
    pages = [one.key for one in sections_asked(case.type.definition, selectors.pages_of(case))]
    at = pages.index(section.key) + 1 if section.key in pages else len(pages)
    if at < len(pages):
        return reverse("cases:page", args=[case.public_id, pages[at]])
    return reverse("cases:check", args=[case.public_id])


def _show(
    request: DoorRequest, case: Case, section: Section, *, check: bool, problem: tuple[str, str] | None = None
) -> HttpResponse:
    actor = request.actor
    draft = _draft(case, section)
    opened = selectors.open_own(actor, case, selectors.numbers_in({section.key: draft.data}))
    pages = selectors.pages_of(case)
    wrong = list(selectors.check_case(actor=actor, case=case, only=section.key).wrong) if check else []
    by_place = selectors.files_by_place(actor, case)
    form, blocks = page_form(
        section,
        draft.data,
        opened,
        plain_answers(case.type.definition, pages),
        files={
            place.partition(".")[2]: rows for place, rows in by_place.items() if place.startswith(f"{section.key}.")
        },
        wrong=wrong,
    )
    said = threads.by_place(threads.thread(actor, case))
    for block in blocks:
        block.said = said.get(f"{section.key}.{block.field.key}", ())
    if problem is not None and problem[0] in form.fields:
        form.errors[problem[0]] = form.error_class([problem[1]])
    tasks, done = selectors.progress(actor, case)
    current = next((one for one in tasks if one.section.key == section.key), None)
    faults = {}
    if case.state == "correction":
        every = selectors.last_faults(selectors.history(actor, case))
        faults = {place.partition(".")[2]: said for place, said in every.items() if place.startswith(f"{section.key}.")}
    context = {
        "case": case,
        "definition": case.type.definition,
        "section": section,
        "form": form,
        "blocks": blocks,
        "shown": shown_controls(form),
        "shown_name": SHOWN,
        "base": draft.revision,
        "nonce": uuid.uuid4(),
        "saved_at": draft.updated_at if draft.revision else None,
        "tasks": tasks,
        "done": done,
        "current": current,
        "before": next((one for one in tasks if current and one.number == current.number - 1), None),
        "faults": _worded(case, {f"{section.key}.{key}": said for key, said in faults.items()}),
        "problem": problem if problem is not None and problem[0] not in form.fields else None,
    }
    return render(request, "cases/page.html", context)


def _choose(
    request: DoorRequest, case: Case, section: Section, saved: Saved, changes: Mapping[str, Any]
) -> HttpResponse:
    """Somebody else changed the same answers: both values, field by field. The rest has been saved."""
    names = masked_names([one.by_person for one in saved.clashes])
    rows = []
    for clash in saved.clashes:
        field = knows(section, clash.key)
        if field is None:
            continue
        mine = changes.get(clash.key, "")
        rows.append(
            {
                "key": clash.key,
                "label": field.label,
                "mine": shown(field, mine, {}),
                "theirs": shown(field, clash.theirs, {}),
                "who": names.get(clash.by_person, ""),
                "raw": json.dumps(mine, ensure_ascii=False),
            }
        )
    context = {
        "case": case,
        "definition": case.type.definition,
        "section": section,
        "rows": rows,
        "base": _draft(case, section).revision,
    }
    return render(request, "cases/choose.html", context)


@never_cache
@require_POST
def autosave(request: DoorRequest, public_id: str, section: str) -> HttpResponseBase:
    """Save what was typed since the last time, for the page's script. The answer says the revision and the time.

    With clashes nothing is saved: the answer holds both values, and the page asks.
    """
    found = own_case(request, public_id)
    if not policies.can_write(request.actor, found):
        raise NotAllowed(APPLY, about=found)
    where = _section(found, section)
    draft = _draft(found, where)
    opened = selectors.open_own(request.actor, found, selectors.numbers_in({where.key: draft.data}))
    changes = posted(where, draft.data, opened, request.POST)
    base = int(request.POST["base"]) if request.POST.get("base", "").isdigit() else draft.revision
    if not changes:
        return JsonResponse({"revision": base, "saved": False})
    try:
        saved = actions.save_page(
            actor=request.actor,
            case=found,
            section=where,
            changes=changes,
            base=base,
            nonce=_nonce(request.POST.get("nonce", "")),
        )
    except RuleViolation as error:
        return JsonResponse({"code": error.code, "message": str(error.message)}, status=409)
    if saved.clashes:
        names = masked_names([one.by_person for one in saved.clashes])
        clashes = [{"key": one.key, "who": names.get(one.by_person, "")} for one in saved.clashes]
        return JsonResponse({"clashes": clashes, "message": _clash_words(clashes)}, status=409)
    at = saved.at
    return JsonResponse(
        {
            "revision": saved.revision,
            "saved": True,
            "at": formats.time_format(local(at), "H:i") if at is not None else "",
            "others": sorted(saved.others),
        }
    )


def _clash_words(clashes: Sequence[Mapping[str, str]]) -> str:
    who = next((one["who"] for one in clashes if one["who"]), "")
    return _("%(name)s has changed the same answers. Press “Save” to see both and choose.") % {
        "name": who or _("Somebody else")
    }


# --- checking and handing in ---


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: DoorRequest, public_id: str) -> HttpResponse:
    """Everything once more before it is handed in; POST hands it in."""
    found = own_case(request, public_id)
    if not policies.can_write(request.actor, found):
        raise NotAllowed(APPLY, about=found)
    if request.method == "POST":
        try:
            handed, code = actions.submit_case(
                actor=request.actor, case=found, nonce=_nonce(request.POST.get("nonce", ""))
            )
        except NotComplete as error:
            return _check(request, found, wrong=error.checked.wrong, status=422)
        except RuleViolation as error:
            return _check(request, found, problem=str(error.message), status=422)
        if code:
            request.session[CODES] = {**dict(request.session.get(CODES, {})), handed.public_id: code}
        return HttpResponseRedirect(reverse("cases:case", args=[public_id]))
    if not found.is_writable:
        return HttpResponseRedirect(reverse("cases:case", args=[public_id]))
    return _check(request, found)


def _check(
    request: DoorRequest, case: Case, *, wrong: Sequence[Any] | None = None, problem: str = "", status: int = 200
) -> HttpResponse:
    actor = request.actor
    pages = selectors.pages_of(case)
    opened = selectors.open_own(actor, case, selectors.numbers_in(pages))
    checked = selectors.check_case(actor=actor, case=case)
    faults = checked.wrong if wrong is None else wrong
    said = {f"{one.section}.{one.key}": one.message for one in faults}
    sections = selectors.shown_answers(case.type.definition, pages, opened, selectors.files_by_place(actor, case), {})
    context = {
        "case": case,
        "definition": case.type.definition,
        "sections": threads.with_said(sections, threads.thread(actor, case)),
        "wrong": [(one.section, one.key, one.message) for one in faults],
        "marked": said,
        "refused": wrong is not None or bool(problem),
        "findings": selectors.findings(case, checked.answers),
        "advice": selectors.advice(case, checked.answers),
        "problem": problem,
        "nonce": uuid.uuid4(),
    }
    return render(request, "cases/check.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: DoorRequest, public_id: str) -> HttpResponse:
    """Take a case back, after asking once."""
    found = own_case(request, public_id)
    if not policies.can_write(request.actor, found):
        raise NotAllowed(APPLY, about=found)
    if request.method == "POST":
        actions.withdraw_case(actor=request.actor, case=found, reason=request.POST.get("reason", ""))
        return HttpResponseRedirect(reverse("cases:case", args=[public_id]))
    if not found.is_open:
        return HttpResponseRedirect(reverse("cases:case", args=[public_id]))
    return render(request, "cases/withdraw.html", {"case": found, "definition": found.type.definition})


@require_safe
def file(request: DoorRequest, public_id: str, number: int) -> HttpResponseBase:
    """One's own file of a case."""
    found = own_case(request, public_id)
    row = CaseFile.objects.filter(case=found, pk=number).first()
    upload = Upload.objects.visible_to(request.actor).filter(pk=row.upload_id).first() if row else None
    if upload is None:
        raise Http404
    return files.send(upload, actor=request.actor, purpose="cases.own", granted=True)
