"""What people ask about their own data, what they agree to, and where they say that they live."""

from __future__ import annotations

import base64
import csv
import datetime as dt
import html
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any, Final

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.accounts.actions import clean_phone
from gongzhi.accounts.models import Account, Person, Recovery, SignIn
from gongzhi.audit import actions as audit
from gongzhi.audit.looks import reveal
from gongzhi.core import jobs
from gongzhi.core.actor import Actor
from gongzhi.core.crypto import blind_index, seal
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.ids import next_pk
from gongzhi.core.masks import mask_name, mask_phone
from gongzhi.notify import actions as notify
from gongzhi.orgs.enums import AgencyKind
from gongzhi.orgs.models import Agency
from gongzhi.privacy import policies
from gongzhi.privacy.actions.questions import holders, working_days
from gongzhi.privacy.consents import CONSENTS
from gongzhi.privacy.enums import DECIDE_REQUESTS, Ground, RequestKind, RequestState
from gongzhi.privacy.models import Consent, Request
from gongzhi.privacy.notifications import REQUEST_DECIDED, REQUEST_MADE
from gongzhi.privacy.selectors import Owner, in_words, looks_at
from gongzhi.reference import selectors as reference

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "ask_about_own": "It is about a person.",
    "take_back": "It is about a person.",
    "make_copy": "It is about a person.",
    "decide_request": "It is about a person.",
    "give_consent": "It is about a person.",
    "withdraw_consent": "It is about a person.",
    "state_division": "It is about a person.",
    "lift_restriction": "It is about a person.",
}

LONGEST_TEXT: Final = 2000
#: Columns of a record that a person may ask to correct.
CORRECTABLE: Final = ("name_sealed", "phone_sealed")
#: Looks in a copy at most; the rest stands on the page.
MOST_LOOKS: Final = 2000


def _own(actor: Actor) -> int:
    if not policies.can_use_own_rights(actor) or actor.scope.person is None:
        raise NotAllowed("privacy.own")
    return actor.scope.person


def _new_value(field: str, says: str) -> str:
    if field not in CORRECTABLE:
        raise RuleViolation("privacy.field_unknown", _("Choose what is wrong."), field="field")
    says = says.strip()
    if not says or len(says) > 100:
        raise RuleViolation("privacy.value_missing", _("Write how it should be."), field="says")
    if field == "phone_sealed":
        try:
            return clean_phone(says)
        except ValueError as error:
            raise RuleViolation(
                "privacy.phone_invalid", _("Give a mainland mobile number of eleven digits."), field="says"
            ) from error
    return says


@transaction.atomic
def ask_about_own(*, actor: Actor, kind: str, field: str = "", says: str = "") -> Request:
    """Ask for a copy, a correction, deletion or restriction of one's own data.

    A copy is made by a job without anybody's decision; everything else is decided by the operator within the working
    days of `privacy.request_answer_days`. Raises `NotAllowed` for whoever does not act for themself, `RuleViolation`
    for an unknown kind, a correction without field or value, or one of the kind that waits already.
    """
    person_id = _own(actor)
    if kind not in RequestKind.values:
        raise RuleViolation("privacy.kind_unknown", _("Choose what you ask for."), field="kind")
    sealed = b""
    pk = next_pk(Request)
    if kind == RequestKind.CORRECT:
        sealed = seal(_new_value(field, says), where="privacy_request.says_sealed", pk=pk)
    due = working_days("privacy.request_answer_days")
    try:
        with transaction.atomic():
            request = Request.objects.create(
                pk=pk,
                person_id=person_id,
                kind=kind,
                field=field if kind == RequestKind.CORRECT else "",
                says_sealed=sealed,
                due_on=due.date,
                due_settled=due.settled,
            )
    except IntegrityError as error:
        raise RuleViolation(
            "privacy.request_waits", _("You have asked for this already; it is being dealt with.")
        ) from error
    audit.record(actor=actor, event="privacy.request.made", subject=request, details={"kind": kind})
    if kind == RequestKind.COPY:
        jobs.enqueue("privacy.make_copy", request_id=request.pk)
        return request
    for agency in Agency.objects.filter(kind=AgencyKind.OPERATOR).order_by("pk")[:1]:
        for official in holders(agency.pk, DECIDE_REQUESTS):
            notify.notify(
                actor=actor,
                person_id=official,
                kind=REQUEST_MADE.code,
                params={"number": request.public_id, "day": due.date.isoformat()},
                key=f"privacy.request.made.{request.pk}",
                url_name="privacy:request_decide",
                url_args=(request.public_id,),
            )
    return request


def _locked(request: Request) -> Request:
    locked: Request = Request.objects.select_for_update(of=("self",)).get(pk=request.pk)
    return locked


@transaction.atomic
def take_back(*, actor: Actor, request: Request) -> None:
    """Take back a request of one's own that was not decided."""
    person_id = _own(actor)
    request = _locked(request)
    if request.person_id != person_id:
        raise NotAllowed("privacy.own")
    request.move_to(RequestState.WITHDRAWN)
    request.decided_at = timezone.now()
    request.save(update_fields=["state", "decided_at"])
    audit.record(actor=actor, event="privacy.request.taken_back", subject=request)


@transaction.atomic
def decide_request(*, actor: Actor, request: Request, grant: bool, answer: str, ground: str = "") -> Request:
    """Decide a request: grant it, which takes effect at once, or refuse it with its legal reason and a text.

    A correction writes the new value; a restriction takes the record out of every ordinary use; a deletion removes the
    phone number, closes the account and restricts what a law still keeps. Raises `NotAllowed`, `RuleViolation` for a
    decided request, a missing text, a refusal without a ground, a phone number that another account has.
    """
    request = _locked(request)
    if not policies.can_decide_request(actor, request):
        raise NotAllowed(DECIDE_REQUESTS)
    if request.kind == RequestKind.COPY:
        raise RuleViolation("privacy.copy_is_made", _("A copy is made by itself and needs no decision."))
    if not answer.strip() or len(answer) > LONGEST_TEXT:
        raise RuleViolation("privacy.answer_missing", _("Write what was decided and why."), field="answer")
    if not grant and ground not in Ground.values:
        raise RuleViolation("privacy.ground_missing", _("A refusal needs its legal reason."), field="ground")
    request.move_to(RequestState.DONE if grant else RequestState.REFUSED)
    request.ground, request.answer = "" if grant else ground, answer.strip()
    request.decided_at, request.decided_by_id = timezone.now(), actor.person_id
    request.save(update_fields=["state", "ground", "answer", "decided_at", "decided_by"])
    if grant:
        _take_effect(actor, request)
    audit.record(
        actor=actor, event="privacy.request.decided", subject=request, details={"granted": grant, "ground": ground}
    )
    notify.notify(
        actor=actor,
        person_id=request.person_id,
        kind=REQUEST_DECIDED.code,
        params={"number": request.public_id},
        key=f"privacy.request.decided.{request.pk}",
        url_name="privacy:own_data",
    )
    return request


def _take_effect(actor: Actor, request: Request) -> None:
    """Change the record. By the platform: an operator's scope does not open the record of somebody without a division."""
    from gongzhi.core.door import acting

    with acting(Actor.system("privacy.requests")) as platform:
        person = Person.objects.select_for_update(of=("self",)).get(pk=request.person_id)
        account = Account.objects.select_for_update(of=("self",)).filter(person=person).first()
        if request.kind == RequestKind.CORRECT:
            value = reveal(platform, request, "says_sealed", purpose="privacy.request", own=True)
            _correct(person, account, request.field, value)
        elif request.kind == RequestKind.RESTRICT:
            person.restricted_at = timezone.now()
            person.save(update_fields=["restricted_at"])
        else:
            person.phone_sealed, person.phone_masked = b"", ""
            person.path, person.restricted_at = None, timezone.now()
            person.save(update_fields=["phone_sealed", "phone_masked", "path", "restricted_at"])
            if account is not None:
                account.is_active = False
                account.save(update_fields=["is_active"])


def _correct(person: Person, account: Account | None, field: str, value: str) -> None:
    sealed = seal(value, where=f"accounts_person.{field}", pk=person.pk)
    if field == "name_sealed":
        person.name_sealed, person.name_masked = sealed, mask_name(value)
        person.save(update_fields=["name_sealed", "name_masked"])
        if account is not None:
            account.name_masked = person.name_masked
            account.save(update_fields=["name_masked"])
        return
    person.phone_sealed, person.phone_masked = sealed, mask_phone(value)
    person.save(update_fields=["phone_sealed", "phone_masked"])
    if account is not None and account.phone_index is not None:
        try:
            with transaction.atomic():
                account.phone_index = blind_index("account.phone", value)
                account.save(update_fields=["phone_index"])
        except IntegrityError as error:
            raise RuleViolation("privacy.phone_used", _("Another account already uses this number.")) from error


# --- the copy ---

#: The copy itself, and the hash of a PIN: it would tell the PIN to who finds the copy, and nothing to its owner.
NOT_IN_COPY: Final = {"content_sealed", "pin"}


def _whose(model: type[models.Model]) -> str:
    """The column that says whose row it is; empty for a model whose rows belong to nobody in particular."""
    if model is Person:
        return "pk"
    names = {field.attname for field in model._meta.concrete_fields}
    if "person_id" in names:
        return "person_id"
    return "account__person_id" if model in {SignIn, Recovery} else ""


def _rows_of(actor: Actor, person_id: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Every model that declares personal fields and says whose they are: its name and the person's rows, opened."""
    for model in apps.get_models():
        declared: dict[str, str] = getattr(model, "personal_fields", {})
        whose = _whose(model) if declared else ""
        if not whose:
            continue
        rows = [
            {"id": row.pk} | {name: _opened(actor, row, name) for name in declared if name not in NOT_IN_COPY}
            for row in model._default_manager.filter(**{whose: person_id}).order_by("pk")
        ]
        if rows:
            yield model._meta.label_lower, rows


def _opened(actor: Actor, row: models.Model, name: str) -> Any:
    if name.endswith("_sealed"):
        return reveal(actor, row, name, purpose="privacy.request", own=True)
    value = getattr(row, name)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return value if isinstance(value, str | int | bool | list | dict | None) else str(value)


def _copy_of(actor: Actor, person_id: int) -> bytes:
    """A zip with everything the platform holds about a person: JSON, the same as a table, and a page to read."""
    looks = list(looks_at(Owner(person=person_id)).order_by("-at", "-id")[:MOST_LOOKS])
    seen = [
        {
            "at": row.at.isoformat(),
            "what": str(row.shown.label),
            "office": str(row.office),
            "fields": [str(one) for one in row.saw],
            "purpose": str(row.purpose),
        }
        for row in in_words(looks, Owner(person=person_id))
    ]
    data: dict[str, list[dict[str, Any]]] = dict(_rows_of(actor, person_id)) | {"who_looked": seen}
    table = io.StringIO()
    sheet = csv.writer(table)
    parts = []
    for kind, rows in data.items():
        parts.append(f"<h2>{html.escape(kind)}</h2>")
        for row in rows:
            parts.append("<dl>")
            for name, value in row.items():
                text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                sheet.writerow(
                    [kind, row.get("id", ""), name, f"'{text}" if text.startswith(("=", "+", "-", "@")) else text]
                )
                parts.append(f"<dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd>")
            parts.append("</dl>")
    page = '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>我的信息</title><h1>我的信息</h1>' + "".join(
        parts
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(data, ensure_ascii=False, indent=1, default=str))
        archive.writestr("data.csv", "\ufeff" + table.getvalue())
        archive.writestr("data.html", page)
    return packed.getvalue()


@transaction.atomic
def make_copy(*, actor: Actor, request: Request) -> None:
    """Make the copy a person asked for; it is sealed in the row for a week. `RuleViolation` when it does not wait."""
    if not policies.can_run_clocks(actor):
        raise NotAllowed("privacy.make_copy")
    request = _locked(request)
    request.move_to(RequestState.DONE)
    packed = base64.b64encode(_copy_of(actor, request.person_id)).decode()
    request.content_sealed = seal(packed, where="privacy_request.content_sealed", pk=request.pk)
    request.decided_at = timezone.now()
    request.save(update_fields=["state", "content_sealed", "decided_at"])
    audit.record(actor=actor, event="privacy.copy.made", subject=request)
    notify.notify(
        actor=actor,
        person_id=request.person_id,
        kind=REQUEST_DECIDED.code,
        params={"number": request.public_id},
        key=f"privacy.request.decided.{request.pk}",
        url_name="privacy:own_data",
    )


# --- consent ---


@transaction.atomic
def give_consent(*, actor: Actor, purpose: str, version: int) -> Consent:
    """Agree to one purpose in the version that was shown. `RuleViolation` for another version or when it holds already."""
    return _say(actor, purpose, version, given=True)


@transaction.atomic
def withdraw_consent(*, actor: Actor, purpose: str) -> Consent:
    """Take an agreement back, as easily as it was given. `RuleViolation` when there is none."""
    return _say(actor, purpose, None, given=False)


def _say(actor: Actor, purpose: str, version: int | None, *, given: bool) -> Consent:
    person_id = _own(actor)
    asked = CONSENTS.get(purpose)
    if asked is None:
        raise RuleViolation("privacy.purpose_unknown", _("Nobody asks for this."))
    last = Consent.objects.visible_to(actor).filter(purpose=purpose).order_by("-pk").first()
    holds = last is not None and last.given
    text = asked.current
    if given and version != text.version:
        raise RuleViolation("privacy.text_changed", _("The text was changed meanwhile. Read it again."))
    if given and holds and last is not None and last.version == text.version:
        raise RuleViolation("privacy.consent_given", _("You have agreed to this already."))
    if not given and not holds:
        raise RuleViolation("privacy.consent_missing", _("You have not agreed to this."))
    stood = last.version if not given and last is not None else text.version
    shown = next((one for one in asked.versions if one.version == stood), text)
    consent = Consent.objects.create(
        person_id=person_id, purpose=purpose, version=stood, text_sha256=shown.sha256(), given=given
    )
    event = "privacy.consent.given" if given else "privacy.consent.withdrawn"
    audit.record(actor=actor, event=event, subject=consent, details={"purpose": purpose, "version": stood})
    return consent


# --- where one lives ---


@transaction.atomic
def state_division(*, actor: Actor, code: str) -> Person:
    """Say in which division one lives, so that its officials find the record; an empty code takes it back."""
    person_id = _own(actor)
    path = None
    if code.strip():
        try:
            path = reference.path_of(code.strip())
        except (reference.UnknownDivision, ValueError) as error:
            raise RuleViolation("privacy.division_unknown", _("No division has this code."), field="code") from error
    person = Person.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=person_id)
    person.path = path
    person.save(update_fields=["path"])
    audit.record(actor=actor, event="privacy.division.stated", subject=person)
    return person


@transaction.atomic
def lift_restriction(*, actor: Actor) -> Person:
    """Let one's own data be used again, as before one asked that they be not: at once, and nobody has to decide it.

    Raises `NotAllowed` for whoever acts for somebody else, `RuleViolation` where nothing is restricted.
    """
    person_id = _own(actor)
    person = Person.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=person_id)
    if person.restricted_at is None:
        raise RuleViolation("privacy.not_restricted", _("The use of your data is not restricted."))
    person.restricted_at = None
    person.save(update_fields=["restricted_at"])
    audit.record(actor=actor, event="privacy.restriction.lifted", subject=person)
    return person


def expires_on(request: Request) -> dt.date | None:
    """The last day on which a copy can be taken."""
    return request.decided_at.date() + dt.timedelta(days=7) if request.decided_at else None
