"""The credit codes an authority was allotted, and how many of them are left."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from gongzhi.core.door import DoorRequest
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.portal.forms import CodeBlockForm
from gongzhi.registry import policies
from gongzhi.registry.actions.codes import add_code_block
from gongzhi.registry.enums import CORRECT
from gongzhi.registry.models import CodeBlock

#: So many of the newest runs are shown; an authority gets one every few years.
MOST = 100


@require_http_methods(["GET", "HEAD", "POST"])
def code_blocks(request: DoorRequest) -> HttpResponse:
    """See the runs of the official's authority and enter a new one."""
    if not policies.can_allot_codes(request.actor):
        raise NotAllowed(CORRECT)
    form = CodeBlockForm(request.POST if request.method == "POST" else None, initial={"stem": "MJ"})
    if request.method == "POST" and form.is_valid():
        try:
            add_code_block(actor=request.actor, **form.cleaned_data)
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
        else:
            return HttpResponseRedirect(reverse("portal:code_blocks"))
    rows = list(CodeBlock.objects.filter(agency_id=request.actor.agency_id or 0).order_by("-pk")[:MOST])
    context = {"form": form, "rows": rows, "left": sum(one.left for one in rows)}
    return render(request, "portal/code_blocks.html", context, status=422 if request.method == "POST" else 200)
