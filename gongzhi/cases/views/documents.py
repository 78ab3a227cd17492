"""Documents of a case: the applicant opens and thereby receives them; the office reads them and notes a delivery."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzhi.cases import actions, exports, policies, selectors
from gongzhi.cases.enums import APPLY, DocumentKind
from gongzhi.cases.forms import DeliveryForm
from gongzhi.cases.models import Case, Document
from gongzhi.cases.selectors import Written
from gongzhi.cases.views.applying import own_case
from gongzhi.cases.views.office import found_case
from gongzhi.cases.wording import Paper
from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.ui.pdf import CannotMakePdf


def _written(case: Case, name: str) -> Written:
    found = selectors.document(case, name)
    if found is None:
        raise Http404
    return found


def _is_delivered(found: Written) -> bool:
    """A receipt of delivery is read as it is; everything else is received first."""
    return found.receipt is not None or found.document.kind == DocumentKind.DELIVERY


def _shown(case: Case, found: Written, paper: Paper) -> dict[str, object]:
    language = "zh" if (get_language() or "zh").startswith("zh") else "en"
    return {
        "case": case,
        "definition": case.type.definition,
        "document": found.document,
        "receipt": found.receipt,
        "words": paper.words[language],
        "translated": language != "zh",
        "layout": exports.layout(found.document.template)[0],
    }


def pdf_answer(request: HttpRequest, pdf: bytes, name: str) -> HttpResponse:
    """A PDF to be saved. Its name is of plain characters."""
    return HttpResponse(
        pdf, content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}.pdf"'}
    )


def _file(request: DoorRequest, case: Case, document: Document) -> HttpResponse:
    paper = selectors.open_paper(request.actor, case, document)
    try:
        pdf = exports.document_pdf(document, paper)
    except CannotMakePdf:
        return render(request, "cases/no_pdf.html", status=503)
    return pdf_answer(request, pdf, f"{case.number}-{document.kind}-{document.year}-{document.serial}")


# --- the applicant ---


@never_cache
@require_safe
def document(request: DoorRequest, public_id: str, name: str) -> HttpResponse:
    """A document of one's own case; one that was not received yet asks to be received first."""
    case = own_case(request, public_id)
    found = _written(case, name)
    if not _is_delivered(found):
        context = {
            "case": case,
            "definition": case.type.definition,
            "document": found.document,
            "may_write": policies.can_write(request.actor, case),
        }
        return render(request, "cases/receive.html", context)
    paper = selectors.open_paper(request.actor, case, found.document)
    return render(request, "cases/document.html", _shown(case, found, paper))


@never_cache
@require_POST
def receive(request: DoorRequest, public_id: str, name: str) -> HttpResponse:
    """Receive a document: from now on it counts as delivered, and opens."""
    case = own_case(request, public_id)
    found = _written(case, name)
    if found.document.kind != DocumentKind.DELIVERY:
        actions.confirm_receipt(actor=request.actor, document=found.document)
    return HttpResponseRedirect(reverse("cases:document", args=[public_id, name]))


@never_cache
@require_safe
def document_file(request: DoorRequest, public_id: str, name: str) -> HttpResponse:
    """A document that was received, as PDF."""
    case = own_case(request, public_id)
    found = _written(case, name)
    if not _is_delivered(found):
        raise NotAllowed(APPLY, about=case)
    return _file(request, case, found.document)


# --- the office ---


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def office_document(request: DoorRequest, public_id: str, name: str) -> HttpResponse:
    """A document as its office reads it; a POST notes that it was handed over or posted."""
    case = found_case(request, public_id)
    found = _written(case, name)
    form = DeliveryForm(request.POST if request.method == "POST" else None, initial={"on": today()})
    if request.method == "POST" and form.is_valid():
        try:
            actions.record_delivery(actor=request.actor, document=found.document, **form.cleaned_data)
            return HttpResponseRedirect(request.path)
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
    may_deliver = (
        policies.can_deliver(request.actor, case)
        and found.receipt is None
        and found.document.kind != DocumentKind.DELIVERY
    )
    paper = selectors.open_paper(request.actor, case, found.document)
    context = _shown(case, found, paper) | {"form": form, "may_deliver": may_deliver}
    return render(request, "cases/office_document.html", context, status=422 if form.is_bound else 200)


@never_cache
@require_safe
def office_document_file(request: DoorRequest, public_id: str, name: str) -> HttpResponse:
    """A document as PDF for its office: a recorded look."""
    case = found_case(request, public_id)
    return _file(request, case, _written(case, name).document)
