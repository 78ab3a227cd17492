"""What everybody reads before they begin: the services that are open, and the guide of each."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from gongzhi.cases import selectors, threads
from gongzhi.cases.actions import looking_up
from gongzhi.cases.enums import Topic
from gongzhi.cases.forms import LookUpForm
from gongzhi.cases.models import CaseType
from gongzhi.core.door import DoorRequest, after
from gongzhi.core.errors import RuleViolation
from gongzhi.core.network import address_of
from gongzhi.rulebook.packaged import edition


def open_service(code: str) -> CaseType:
    """The service in force with this code; 404 for none."""
    found = selectors.service(code)
    if found is None:
        raise Http404
    return found


@login_not_required
@require_safe
def service_list(request: DoorRequest) -> HttpResponse:
    """The services that are open, by where in the life of an organization they belong; `q` keeps those whose words hold it."""
    query = request.GET.get("q", "").strip()[:60]
    found = [
        one
        for one in selectors.services()
        if query in one.definition.title.zh or query.lower() in one.definition.title.en.lower()
    ]
    groups = [(topic, [one for one in found if one.definition.topic is topic]) for topic in Topic]
    context = {"groups": [(topic.label, rows) for topic, rows in groups if rows], "query": query}
    return render(request, "cases/service_list.html", context)


@login_not_required
@require_safe
def service(request: DoorRequest, code: str) -> HttpResponse:
    """The guide of one service: conditions, papers, steps, time, basis, and where to begin."""
    case_type = open_service(code)
    definition = case_type.definition
    limits = selectors.limits(definition)
    evidence = {one.evidence for one in definition.guide.basis} | {one.evidence for one in limits.values()}
    unverified = bool(evidence & {"D", "G"})
    context = {
        "type": case_type,
        "definition": definition,
        "limits": limits,
        "unverified": unverified,
        "answering": threads.answering(code=code),
        "looked_back": threads.LOOKED_BACK.days,
        "rule_set": edition().rule_sets.get(definition.guide.rule_set or ""),
        "file_fields": {field.material: field for _section, field in definition.fields() if field.material},
    }
    return render(request, "cases/service.html", context)


@login_not_required
@require_safe
def can_we(request: DoorRequest, code: str) -> HttpResponse:
    """The conditions of a service as questions: what is missing, and the nearest way that is open today.

    Nothing is kept: the answers stand in the address, so that the page can be sent to whoever has to see to it.
    """
    case_type = open_service(code)
    guide = case_type.definition.guide
    rows = [
        {"number": number, "condition": one, "answer": request.GET.get(f"c{number}", "")}
        for number, one in enumerate(guide.conditions, 1)
    ]
    asked = any(row["answer"] for row in rows)
    context = {
        "type": case_type,
        "definition": case_type.definition,
        "rows": rows,
        "asked": asked,
        "missing": [row for row in rows if row["answer"] == "no"],
        "open": [row for row in rows if row["answer"] not in {"yes", "no"}],
        "otherwise": [found for one in guide.otherwise if (found := selectors.service(one)) is not None],
    }
    return render(request, "cases/can_we.html", context)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def progress(request: DoorRequest) -> HttpResponse:
    """Where a case stands, for who has its number and its code and needs no account. No answer and no words are shown."""
    form = LookUpForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return render(request, "cases/progress.html", {"form": form})
    if form.is_valid():
        address, data = address_of(request), form.cleaned_data
        try:
            found = looking_up.open_with_code(number=data["number"], code=data["code"], address=address)
        except RuleViolation as error:
            form.add_error("code", str(error.message))
            return render(request, "cases/progress.html", {"form": form}, status=429)
        if found is not None:
            context = {"case": found, "happened": selectors.public_history(found), "definition": found.type.definition}
            return render(request, "cases/progress.html", context)
        after(lambda: looking_up.count_wrong_code(address=address))
        form.add_error("code", _("No application has this number and this code."))
    return render(request, "cases/progress.html", {"form": form}, status=422)
