"""Is this certificate genuine? For everybody, by number or by file; and the authority's revoking."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from gongzhi.core import throttle
from gongzhi.core.door import DoorRequest, after
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.network import address_of, bucket_of
from gongzhi.core.signing import VerifierKey, by_id
from gongzhi.orgs.models import Organization
from gongzhi.portal.forms import RevokeForm, VerifyForm
from gongzhi.registry import exports
from gongzhi.registry.actions import credentials
from gongzhi.registry.enums import CORRECT
from gongzhi.registry.models import Credential
from gongzhi.registry.policies import can_correct, can_take_credential
from gongzhi.registry.verify import MOST_BYTES, Checked, Verdict, check_file, check_statement, envelope
from gongzhi.ui.pdf import CannotMakePdf

NUMBER: Final = re.compile(r"[A-Z]{2,4}-[0-9]{4}-[0-9]{6,12}")
#: Files one network address may have checked in an hour.
FILES_AN_HOUR: Final = 60


def public_keys() -> dict[str, VerifierKey]:
    """The platform's public keys: the one in use and those of before."""
    return by_id(one.verifier for one in settings.CERTIFICATE_KEYS)


def _found(number: str) -> Credential | None:
    rows = Credential.objects.select_related("org", "revocation")
    return rows.filter(number=number).first() if NUMBER.fullmatch(number) else None


def _checked(credential: Credential) -> Checked:
    """Whether the row itself still says what was signed."""
    statement = json.loads(credential.statement)
    signature = base64.b64decode(credential.signature)
    return check_statement(envelope(statement, key_id=credential.key_id, signature=signature), public_keys())


def _context(request: DoorRequest, checked: Checked, credential: Credential | None, *, by_file: bool) -> dict[str, Any]:
    statement: Mapping[str, Any] = checked.statement
    shown = [one for one in statement.get("shown", []) if isinstance(one, list) and len(one) == 2]
    return {
        "verdict": checked.verdict,
        "statement": statement,
        "shown": shown,
        "credential": credential,
        "revocation": getattr(credential, "revocation", None) if credential else None,
        "by_file": by_file,
        "may_take": credential is not None and can_take_credential(request.actor, credential),
        "may_revoke": credential is not None and can_correct(request.actor, credential.org),
    }


def _count(bucket: str) -> None:
    """Count one file against an address. Runs in the door's second transaction."""
    throttle.hit(bucket, limit=FILES_AN_HOUR, seconds=3600)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: DoorRequest) -> HttpResponse:
    """Type a number or hand in a file; nothing that is handed in is kept."""
    form = VerifyForm(request.POST if request.method == "POST" else None, request.FILES or None)
    context = {"form": form, "keys": [str(one) for one in public_keys().values()]}
    if request.method != "POST":
        return render(request, "portal/verify.html", context)
    if not form.is_valid():
        return render(request, "portal/verify.html", context, status=422)
    handed = form.cleaned_data["file"]
    if handed is None:
        number = form.cleaned_data["number"]
        if _found(number) is not None:
            return HttpResponseRedirect(reverse("portal:verify_number", args=[number]))
        form.add_error("number", _("No certificate of this platform has this number. Read it once more."))
        return render(request, "portal/verify.html", context, status=422)
    bucket = bucket_of("portal:verify", address_of(request))
    if throttle.spent(bucket, limit=FILES_AN_HOUR, seconds=3600):
        form.add_error("file", _("Too many files were checked from here. Come back in an hour, or type the number."))
        return render(request, "portal/verify.html", context, status=429)
    after(lambda: _count(bucket))
    checked = (
        Checked(Verdict.TOO_LARGE)
        if handed.size > MOST_BYTES
        else check_file(handed.read(MOST_BYTES + 1), public_keys())
    )
    credential = _found(checked.number) if checked.number else None
    answer = _context(request, checked, credential, by_file=True)
    return render(request, "portal/verified.html", answer)


@login_not_required
@never_cache
@require_safe
def verify_number(request: DoorRequest, number: str) -> HttpResponse:
    """What a certificate states, and whether it holds: where its code leads."""
    credential = _found(number)
    if credential is None:
        raise Http404(_("No certificate of this platform has this number. Read it once more."))
    return render(request, "portal/verified.html", _context(request, _checked(credential), credential, by_file=False))


@login_not_required
@require_safe
def verify_keys(request: DoorRequest) -> HttpResponse:
    """The public keys, one a line, for `gongzhi verify FILE --key`."""
    lines = "".join(f"{one}\n" for one in public_keys().values())
    return HttpResponse(lines, content_type="text/plain; charset=utf-8")


@login_not_required
@never_cache
@require_safe
def credential_file(request: DoorRequest, number: str) -> HttpResponse:
    """The signed PDF: an extract for everybody, a certificate for its body and its authority."""
    credential = _found(number)
    if credential is None:
        raise Http404
    if not can_take_credential(request.actor, credential):
        raise NotAllowed(CORRECT)
    try:
        content = exports.credential_pdf(credential)
    except CannotMakePdf:
        return render(request, "cases/no_pdf.html", status=503)
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{credential.number}.pdf"'},
    )


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def extract(request: DoorRequest, reference: str) -> HttpResponse:
    """Have an extract of the register signed; the same one for everybody who asks that day."""
    found = list(Organization.objects.named_by(reference).order_by("pk")[:2])
    if len(found) != 1:
        raise Http404
    context = {"organization": found[0]}
    if request.method != "POST":
        return render(request, "portal/extract.html", context)
    try:
        made = credentials.issue_extract(actor=request.actor, organization=found[0], address=address_of(request))
    except RuleViolation as error:
        status = 429 if error.code == "registry.too_many_extracts" else 422
        return render(request, "portal/extract.html", {**context, "problem": str(error.message)}, status=status)
    return HttpResponseRedirect(reverse("portal:verify_number", args=[made.number]))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: DoorRequest, number: str) -> HttpResponse:
    """Revoke a certificate, with a reason everybody reads."""
    credential = _found(number)
    if credential is None:
        raise Http404
    if not can_correct(request.actor, credential.org):
        raise NotAllowed(CORRECT, about=credential)
    form = RevokeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            credentials.revoke_credential(
                actor=request.actor, credential=credential, reason=form.cleaned_data["reason"]
            )
            return HttpResponseRedirect(reverse("portal:verify_number", args=[number]))
        except RuleViolation as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.message))
    context = {"form": form, "credential": credential}
    return render(request, "portal/revoke.html", context, status=422 if form.is_bound else 200)
