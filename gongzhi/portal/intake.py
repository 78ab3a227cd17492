"""Taking a list into the register by page: upload, columns, what it would do, a person's choices, apply, undo."""

from __future__ import annotations

import copy
import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzhi.accounts.proving import proof_needed_to_post
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.paging import Page, page_or_first
from gongzhi.files.inspection import is_formula
from gongzhi.orgs.models import Organization
from gongzhi.portal.forms import ListUploadForm, ReasonForm
from gongzhi.portal.selectors import place_names
from gongzhi.registry import actions, imports, policies
from gongzhi.registry.enums import IMPORT, Fate, IntakeState
from gongzhi.registry.imports.choosing import possible
from gongzhi.registry.lists import RULES, Chosen
from gongzhi.registry.models import Intake, IntakeProblem, StagedRow, Version
from gongzhi.registry.selectors import TOLD, label_of, shown

PAGE = 50

#: Fields of a list → what the page calls them, in the order of a certificate.
FIELDS: Mapping[str, str | Promise] = {
    "name": gettext_lazy("Name"),
    "code": gettext_lazy("Unified social credit code"),
    "number": gettext_lazy("Registration number"),
    "kind": gettext_lazy("Kind"),
    "standing": gettext_lazy("Standing"),
    "established_on": gettext_lazy("Day of registration"),
    "registry_name": gettext_lazy("Registration authority"),
    "business_authority": gettext_lazy("Business authority"),
    "industry_department": gettext_lazy("Industry department"),
    "party_body": gettext_lazy("Party-building body"),
    "legal_representative": gettext_lazy("Legal representative"),
    "fund": gettext_lazy("Registered funds"),
    "domicile": gettext_lazy("Domicile"),
    "province": gettext_lazy("Province"),
    "area": gettext_lazy("Area of activity"),
    "field": gettext_lazy("Field of activity"),
    "purpose": gettext_lazy("Purpose"),
    "scope": gettext_lazy("Scope of activity"),
    "host": gettext_lazy("Hosting body"),
    "certificate": gettext_lazy("Period of the certificate"),
    "certificate_from": gettext_lazy("Certificate valid from"),
    "certificate_to": gettext_lazy("Certificate valid to"),
    "sequence": gettext_lazy("Serial number of the list (not taken in)"),
}
UNITS = ("元", "万元")
SHOWS = ("problems", "new", "changed", "vanished")


@dataclass(frozen=True)
class Heading:
    """One column of the file on the page where columns are matched."""

    name: str
    text: str
    field: str


def _intake(request: DoorRequest, public_id: str) -> Intake:
    if not policies.can_import(request.actor):
        raise NotAllowed(IMPORT)
    intake = Intake.objects.visible_to(request.actor).filter(public_id=public_id).first()
    if intake is None:
        raise Http404
    return intake


def _page(rows: Any, *, name: str, order: Sequence[str], request: DoorRequest) -> Page[Any]:
    return page_or_first(rows, name=name, order=order, cursor=request.GET.get("cursor", ""), size=PAGE)


def read_as(intake: Intake) -> str:
    """How the file was understood: its encoding and separator, or its sheet."""
    if intake.sheet:
        return _("Workbook, sheet “%(sheet)s”") % {"sheet": intake.sheet}
    separator = {"\t": _("tab"), ",": _("comma"), ";": _("semicolon"), "|": _("vertical line")}.get(
        intake.delimiter, ""
    )
    return _("%(encoding)s, separated by %(separator)s (found out)") % {
        "encoding": intake.encoding.upper(),
        "separator": separator,
    }


def _to(intake: Intake, name: str = "intake_detail") -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(f"portal:{name}", args=[intake.public_id]))


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: DoorRequest) -> HttpResponse:
    """Hand in a list, or go on with one that waits."""
    if not policies.can_import(request.actor):
        raise NotAllowed(IMPORT)
    form = ListUploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            intake = actions.receive_list(
                actor=request.actor, stream=file, name=file.name, dated_on=form.cleaned_data["dated_on"]
            )
        except RuleViolation as error:
            form.add_error("dated_on" if error.field == "dated_on" else "file", str(error.message))
        else:
            return _to(intake, "intake_columns")
    page = _page(Intake.objects.visible_to(request.actor), name="intakes", order=("-pk",), request=request)
    context = {"form": form, "page": page}
    return render(request, "portal/intake_upload.html", context, status=422 if request.method == "POST" else 200)


def _headings(intake: Intake, typed: Mapping[str, str] | None = None) -> list[Heading]:
    """Every column with the field it gives; `typed` is what a person has just chosen."""
    given = intake.mapping.get("columns", {})
    return [
        Heading(f"column-{place}", heading, (typed or {}).get(f"column-{place}", given.get(heading, "")))
        for place, heading in enumerate(intake.header)
    ]


def _chosen(intake: Intake, headings: Sequence[Heading], unit: str) -> Chosen:
    """What a person chose; `RuleViolation` where two columns would give one field."""
    for one in headings:
        twice = [other.text for other in headings if other.field == one.field]
        if one.field and len(twice) > 1:
            raise RuleViolation(
                "import.field_twice",
                _("“%(field)s” is given by two columns: %(columns)s. Choose one of them.")
                % {"field": FIELDS.get(one.field, one.field), "columns": "、".join(twice)},
            )
    return Chosen(
        columns={one.text: one.field if one.field in FIELDS else "" for one in headings},
        values={"fund": unit} if unit in UNITS else {},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: DoorRequest, public_id: str) -> HttpResponse:
    """Which column means what: guessed from known headings, decided by a person."""
    intake = _intake(request, public_id)
    if intake.state not in {IntakeState.RECEIVED, IntakeState.CHECKED, IntakeState.FAILED}:
        return _to(intake)
    typed = request.POST.dict() if request.method == "POST" else None
    headings = _headings(intake, typed)
    unit = typed.get("unit", "") if typed is not None else intake.mapping.get("values", {}).get("fund", "")
    error = ""
    if typed is not None:
        try:
            actions.check_list(actor=request.actor, intake=intake, chosen=_chosen(intake, headings, unit))
        except RuleViolation as violation:
            error = str(violation.message)
        else:
            return _to(intake)
    context = {
        "intake": intake,
        "headings": headings,
        "fields": FIELDS.items(),
        "units": UNITS,
        "unit": unit,
        "error": error,
        "step": 2,
        "read_as": read_as(intake),
    }
    return render(request, "portal/intake_columns.html", context, status=422 if error else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: DoorRequest, public_id: str) -> HttpResponse:
    """One list: what it would do and what waits for a person, how far it is, or what it did."""
    intake = _intake(request, public_id)
    if intake.state == IntakeState.RECEIVED:
        return _to(intake, "intake_columns")
    if intake.state == IntakeState.APPLYING:
        return render(
            request,
            "portal/intake_running.html",
            {"intake": intake, "progress": imports.progress_of(intake), "step": 4},
        )
    errors: list[str] = []
    if request.method == "POST":
        errors = _decide(request, intake)
        if not errors:
            return HttpResponseRedirect(request.get_full_path())
    context = {"intake": intake, "errors": errors, "step": 3 if intake.state == IntakeState.CHECKED else 5}
    context["read_as"] = read_as(intake)
    context |= _shown(request, intake)
    return render(request, "portal/intake_detail.html", context, status=422 if errors else 200)


def _decide(request: DoorRequest, intake: Intake) -> list[str]:
    """Record the choices of the form's rows; what could not be taken is said, the rest stays chosen."""
    errors = []
    wanted = {
        int(name.removeprefix("choice-")): str(value)
        for name, value in request.POST.dict().items()
        if name.startswith("choice-") and name.removeprefix("choice-").isdigit() and value
    }
    problems = imports.problems_of(intake).in_bulk(list(wanted)[:PAGE])
    for pk, value in wanted.items():
        problem = problems.get(pk)
        if problem is None:
            continue
        try:
            actions.choose(actor=request.actor, intake=intake, choice=_choice(value), problem=problem)
        except RuleViolation as error:
            errors.append(_("Row %(row)s: %(reason)s") % {"row": problem.row, "reason": error.message})
    return errors


def _choice(value: str, typed: str = "") -> dict[str, str]:
    """A choice of a select or a radio as the register's action takes it."""
    what, _colon, unit = value.partition(":")
    if what == "unit":
        return {"unit": unit}
    return {"value": typed} if what == "value" else {"leave": what}


def _shown(request: DoorRequest, intake: Intake) -> dict[str, Any]:
    """The part of a list's result that was asked for."""
    counts = intake.counts
    show = request.GET.get("show", "")
    show = show if show in SHOWS else "problems"
    problems = imports.problems_of(intake)
    by_rule = list(problems.order_by().values("rule").annotate(n=Count("pk")).order_by("-n", "rule")[:12])
    total = sum(one["n"] for one in by_rule)
    here = reverse("portal:intake_detail", args=[intake.public_id])
    context: dict[str, Any] = {
        "show": show,
        "tabs": [
            {"label": label, "url": f"{here}?show={name}", "current": show == name, "count": count}
            for name, label, count in (
                ("problems", _("Problems"), total),
                ("new", _("New"), counts.get("created", 0)),
                ("changed", _("Changed"), counts.get("changed", 0)),
                ("vanished", _("In the last list, not in this one"), counts.get("vanished", 0)),
            )
        ],
        "by_rule": [
            {**one, "label": RULES[one["rule"]].message if one["rule"] in RULES else one["rule"]} for one in by_rule
        ],
        "rule": request.GET.get("rule", ""),
        "waiting": counts.get("flagged", 0),
        "ready": counts.get("created", 0) + counts.get("changed", 0),
        "may_apply": intake.state == IntakeState.CHECKED,
    }
    if show == "vanished":
        page = _page(imports.vanished_from(intake), name="vanished", order=("pk",), request=request)
        places = place_names([one.path for one in page.rows])
        return context | {"page": page, "vanished": [(one, places.get(one.path, "")) for one in page.rows]}
    if show in {"new", "changed"}:
        fate = Fate.NEW if show == "new" else Fate.CHANGED
        page = _page(
            StagedRow.objects.filter(intake_id=intake.pk, fate=fate),
            name=f"staged.{show}",
            order=("row",),
            request=request,
        )
        return context | {"page": page, "staged": _with_changes(page.rows)}
    if context["rule"]:
        problems = problems.filter(rule=context["rule"])
    page = _page(problems, name="intake.problems", order=("row", "pk"), request=request)
    return context | {"page": page, "problems": _with_names(intake, page.rows)}


def _with_names(intake: Intake, problems: Sequence[IntakeProblem]) -> list[dict[str, Any]]:
    """Problems with the organization of their row, one query for any number of them."""
    rows = {
        one.row: one
        for one in StagedRow.objects.filter(intake_id=intake.pk, row__in={problem.row for problem in problems})
    }
    return [
        {
            "problem": one,
            "said": imports.as_problem(one),
            "row": rows.get(one.row),
            "options": options_of(intake, one),
            "typeable": "value" in possible(intake, one),
            "chosen": chosen_of(one),
        }
        for one in problems
    ]


def options_of(intake: Intake, problem: IntakeProblem) -> list[tuple[str, str]]:
    """What a person may choose about a problem in one step; a value of one's own is typed on the problem's page."""
    may = possible(intake, problem)
    options = [(f"unit:{unit}", _("In %(unit)s") % {"unit": unit}) for unit in UNITS if "unit" in may]
    named = (("open", _("Leave empty for now")), ("out", _("Leave this row out")))
    return options + [(what, label) for what, label in named if what in may]


def chosen_of(problem: IntakeProblem) -> str:
    """The choice that was made, as the value of its option; empty while none was."""
    choice = problem.choice or {}
    if "unit" in choice:
        return f"unit:{choice['unit']}"
    return "value" if "value" in choice else str(choice.get("leave", ""))


def _with_changes(rows: Sequence[StagedRow]) -> list[dict[str, Any]]:
    """Staged rows with what they would change, one query for any number of them."""
    org_ids = [one.org_id for one in rows if one.org_id]
    organizations = Organization.objects.in_bulk(org_ids)
    held: dict[int, Version] = {
        one.org_id: one for one in Version.objects.current().filter(org__in=org_ids).order_by("org_id", "valid_from")
    }
    return [
        {
            "row": one,
            "organization": organizations.get(one.org_id) if one.org_id else None,
            "changes": _changes(held[one.org_id], one, organizations[one.org_id].kind) if one.org_id in held else [],
        }
        for one in rows
    ]


def _changes(held: Version, row: StagedRow, kind: str) -> list[tuple[str | Promise, str, str]]:
    """(item, what the register says, what the list says) of every item the list would change."""
    listed = copy.copy(held)
    for item in TOLD:
        value = getattr(row, "established_on" if item == "registered_on" else item)
        if value is not None:
            setattr(listed, item, value)
    pairs = ((item, shown(item, held), shown(item, listed)) for item in TOLD)
    return [(label_of(item, kind), before, after) for item, before, after in pairs if before != after]


@require_http_methods(["GET", "HEAD", "POST"])
def problem(request: DoorRequest, public_id: str, number: int) -> HttpResponse:
    """One doubtful value beside its row, and the choice about it, for it alone or for all of its kind."""
    intake = _intake(request, public_id)
    found = imports.problems_of(intake).filter(pk=number).first()
    if found is None:
        raise Http404
    alike = imports.problems_of(intake).filter(column=found.column, rule=found.rule)
    error = ""
    if request.method == "POST":
        choice = _choice(request.POST.get("choice", ""), request.POST.get("value", "").strip())
        together = request.POST.get("alike") == "on" and "value" not in choice
        try:
            if together:
                actions.choose(actor=request.actor, intake=intake, choice=choice, column=found.column, rule=found.rule)
            else:
                actions.choose(actor=request.actor, intake=intake, choice=choice, problem=found)
        except RuleViolation as violation:
            error = str(violation.message)
        else:
            after = imports.problems_of(intake).filter(choice__isnull=True, row__gte=found.row).exclude(pk=found.pk)
            next_one = next((one for one in after[:PAGE] if possible(intake, one)), None)
            if next_one is not None:
                return HttpResponseRedirect(reverse("portal:intake_problem", args=[intake.public_id, next_one.pk]))
            return _to(intake)
    row = StagedRow.objects.filter(intake_id=intake.pk, row=found.row).first()
    context = {
        "intake": intake,
        "problem": found,
        "row": row,
        "said": imports.as_problem(found),
        "options": options_of(intake, found),
        "typeable": "value" in possible(intake, found),
        "chosen": request.POST.get("choice", "") or chosen_of(found),
        "typed": request.POST.get("value", "") or (found.choice or {}).get("value", ""),
        "alike": alike.count() - 1,
        "error": error,
        "may_choose": intake.state == IntakeState.CHECKED and bool(possible(intake, found)),
        "step": 3,
    }
    return render(request, "portal/intake_problem.html", context, status=422 if error else 200)


@require_POST
def apply(request: DoorRequest, public_id: str) -> HttpResponse:
    """Have the list taken in, by a job."""
    intake = _intake(request, public_id)
    try:
        actions.request_apply(actor=request.actor, intake=intake)
    except RuleViolation as error:
        context = {"intake": intake, "errors": [str(error.message)], "step": 3, "read_as": read_as(intake)}
        context |= _shown(request, intake)
        return render(request, "portal/intake_detail.html", context, status=422)
    return _to(intake)


@proof_needed_to_post
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: DoorRequest, public_id: str) -> HttpResponse:
    """Take a list back: what the register said before holds again; both stay in the history."""
    intake = _intake(request, public_id)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.undo_list(actor=request.actor, intake=intake, reason=form.cleaned_data["reason"])
        except RuleViolation as error:
            form.add_error("reason", str(error.message))
        else:
            return _to(intake)
    context = {"intake": intake, "form": form, "read_as": read_as(intake)}
    return render(request, "portal/intake_undo.html", context, status=422 if request.method == "POST" else 200)


@require_safe
def problems_file(request: DoorRequest, public_id: str) -> HttpResponse:
    """Every problem of a list as CSV, for whoever made the list."""
    intake = _intake(request, public_id)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_("Row"), _("Column"), _("Value"), _("Rule"), _("What is wrong"), _("What to do")])
    for one in imports.problems_of(intake).order_by("row", "pk").iterator(chunk_size=2000):
        said = imports.as_problem(one)
        cells = (one.row, one.column, one.value, one.rule, said.message, said.remedy)
        writer.writerow([f"'{cell}" if is_formula(str(cell)) else cell for cell in cells])
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="problems-{intake.public_id}.csv"'
    return response
