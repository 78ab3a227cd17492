"""What is typed: begun, saved page by page in one statement each, with its files. Nothing typed is lost or overwritten.

A page is saved only while nobody else has changed the same answers since the page was read. Then the answer holds both
values, and the person chooses field by field. The same save again (its nonce) is answered as the first time.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from psycopg.types.json import Jsonb

from gongzhi.audit import actions as audit
from gongzhi.cases import policies
from gongzhi.cases.contracts import source_of
from gongzhi.cases.definitions import Section
from gongzhi.cases.enums import APPLY, WRITABLE, Event, FieldType, State
from gongzhi.cases.models import Case, CaseFile, CaseType, Draft, SealedText, Status, wall_columns
from gongzhi.cases.questions import MOST_ROWS, Raw, knows, mask_of, row_keys
from gongzhi.cases.selectors import open_own
from gongzhi.core.actor import Actor, ActorKind
from gongzhi.core.crypto import seal
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.ids import next_pk
from gongzhi.files import actions as files
from gongzhi.files.contracts import Owner
from gongzhi.files.enums import Purpose
from gongzhi.files.models import Upload
from gongzhi.orgs.models import Agency, Organization

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "start_case": "It is the applicant's own.",
    "save_page": "It is the applicant's own.",
    "add_row": "It is the applicant's own.",
    "remove_row": "It is the applicant's own.",
    "add_file": "It is the applicant's own.",
    "remove_file": "It is the applicant's own.",
    "append_status": "It is between the applicant and the office.",
}

#: Files that may answer one question.
MOST_FILES = 20
#: Drafts somebody may have open of one service: more is a mistake or mischief.
MOST_DRAFTS = 20
TRIES = 20

SAVE = """
WITH seen AS (
  SELECT d.revision FROM cases_draft d JOIN cases_case c ON c.id = d.case_id
  WHERE d.case_id = %(case)s AND d.section = %(section)s AND c.state = ANY(%(writable)s)
), again AS (
  SELECT revision, at FROM cases_draft_patch WHERE case_id = %(case)s AND nonce = %(nonce)s
), newer AS (
  SELECT revision, patch, removed, by_person, at FROM cases_draft_patch
  WHERE case_id = %(case)s AND section = %(section)s AND revision > %(base)s
), clash AS (
  SELECT FROM newer WHERE patch ?| %(guarded)s OR removed && %(guarded)s LIMIT 1
), saved AS (
  UPDATE cases_draft d SET data = (d.data - %(removed)s::text[]) || %(patch)s, revision = d.revision + 1, updated_at = now()
  FROM seen WHERE d.case_id = %(case)s AND d.section = %(section)s AND d.revision = seen.revision
    AND NOT EXISTS (SELECT FROM again) AND NOT EXISTS (SELECT FROM clash)
  RETURNING d.revision, d.updated_at
), logged AS (
  INSERT INTO cases_draft_patch (case_id, section, revision, person_id, org_id, patch, removed, by_person, nonce, at)
  SELECT %(case)s, %(section)s, revision, %(person)s, %(org)s, %(patch)s, %(removed)s, %(by)s, %(nonce)s, updated_at
  FROM saved RETURNING revision
)
SELECT (SELECT revision FROM again), (SELECT at FROM again),
  (SELECT revision FROM saved), (SELECT updated_at FROM saved),
  EXISTS (SELECT FROM clash), (SELECT revision FROM seen),
  (SELECT jsonb_agg(jsonb_build_object('r', revision, 'p', patch, 'x', removed, 'b', by_person) ORDER BY revision) FROM newer)
"""


@dataclass(frozen=True)
class Clash:
    """Somebody changed the same answer since the page was read: what they wrote, and who."""

    key: str
    theirs: Raw
    by_person: int


@dataclass(frozen=True)
class Saved:
    """How a save ended: the revision and the moment it has, or the clashes that kept it from being made.

    `others` is what other people saved on the page since it was read, by key, so that it can be shown.
    """

    revision: int
    at: dt.datetime | None = None
    clashes: Sequence[Clash] = ()
    others: Mapping[str, Raw] = field(default_factory=dict)


def _owner(case: Case) -> Owner:
    return Owner(person_id=case.person_id, org_id=case.org_id)


@transaction.atomic
def start_case(*, actor: Actor, case_type: CaseType, agency: Agency) -> Case:
    """Begin a case of a published type at an office: empty pages, with what the platform knows already filled in.

    Raises `NotAllowed` for who may not apply, `RuleViolation` for a type that is not published, an office that does not
    take it in, or too many begun ones.
    """
    if not policies.can_start(actor, case_type) or actor.person_id is None:
        raise NotAllowed(APPLY)
    definition = case_type.definition
    if case_type.state != "published":
        raise RuleViolation("cases.not_published", _("This service is not open any more. Look at its page again."))
    if agency.kind not in definition.office.kinds:
        raise RuleViolation(
            "cases.wrong_office", _("This office does not take this in. Choose another one."), field="office"
        )
    applicant: dict[str, Any] = {"person_id": actor.person_id, "org_id": None}
    if actor.kind is ActorKind.ORGANIZATION:
        applicant = {"person_id": None, "org_id": actor.org_id}
        org = Organization.objects.select_for_update(of=("self",)).get(pk=actor.org_id or 0)
        if org.kind not in definition.applicants.organizations:
            raise RuleViolation("cases.wrong_kind", _("This service is not for an organization of your kind."))
    mine = Case.objects.visible_to(actor).filter(type__code=case_type.code, state=State.DRAFT)
    if mine.count() >= MOST_DRAFTS:
        raise RuleViolation(
            "cases.too_many", _("You have begun this many times already. Go on with one, or take some back.")
        )
    case = Case.objects.create(type=case_type, agency=agency, begun_by=actor.person_id, **applicant)
    columns = {"person_id": case.person_id, "org_id": case.org_id}
    for section in definition.sections:
        Draft.objects.create(case=case, section=section.key, data=_prefilled(actor, case, section), **columns)
    append_status(actor=actor, case=case, event=Event.BEGUN, state=State.DRAFT)
    audit.record(actor=actor, event="cases.case.begun", subject=case, case_id=case.pk, details={"type": case_type.code})
    return case


def _prefilled(actor: Actor, case: Case, section: Section) -> dict[str, Raw]:
    found: dict[str, Raw] = {}
    for one in section.fields:
        source = source_of(one.prefill) if one.prefill else None
        text = source.value(actor=actor, org_id=case.org_id) if source else ""
        if text:
            found[one.key] = (
                seal_answer(case, f"{section.key}.{one.key}", text, mask_of(one, text)) if one.is_personal else text
            )
    return found


def append_status(
    *,
    actor: Actor,
    case: Case,
    event: Event,
    state: State,
    step: str | None = None,
    words: SealedText | None = None,
    faulty: Sequence[str] = (),
    office: str = "",
) -> Status:
    """Write down what happened and let the case say so. The caller has locked the case, judged and audits."""
    if state != case.state:
        case.move_to(state)
        case.state_since = timezone.now()
    if step is not None:
        case.step = step
    case.save(update_fields=["state", "state_since", "step"])
    return Status.objects.create(
        **wall_columns(case),
        path=case.path,
        event=event,
        state=case.state,
        step=case.step,
        by=audit.acting_for(actor) or (f"process:{actor.process}" if actor.process else "person"),
        by_person=actor.person_id,
        office=office or (actor.acting_for if actor.kind is ActorKind.AGENCY else ""),
        words=words,
        faulty=list(faulty),
    )


def write_words(case: Case, place: str, text: str) -> SealedText | None:
    """Seal what an official or the applicant wrote about the case; None for nothing."""
    return seal_words(case, place, text) if text.strip() else None


def seal_words(case: Case, place: str, text: str) -> SealedText:
    """Seal a text of the case that is read by its offices and its applicant."""
    pk = next_pk(SealedText)
    return SealedText.objects.create(
        pk=pk,
        **wall_columns(case),
        path=case.path,
        place=place,
        text_sealed=seal(text.strip(), where="cases_sealed_text.text_sealed", pk=pk),
    )


def seal_answer(case: Case, place: str, text: str, mask: str) -> Raw:
    """Keep a personal answer as a sealed text; what stands in the page is its number and its mask."""
    pk = next_pk(SealedText)
    SealedText.objects.create(
        pk=pk,
        **wall_columns(case),
        place=place,
        text_sealed=seal(text, where="cases_sealed_text.text_sealed", pk=pk),
        mask=mask[:64],
    )
    return {"s": pk, "m": mask[:64]}


def _writable(actor: Actor, case: Case) -> None:
    if not policies.can_write(actor, case) or actor.person_id is None:
        raise NotAllowed(APPLY)


def save_page(
    *,
    actor: Actor,
    case: Case,
    section: Section,
    changes: Mapping[str, Raw],
    removed: Sequence[str] = (),
    base: int,
    nonce: uuid.UUID,
    over: Sequence[str] = (),
) -> Saved:
    """Save some answers of a page, as typed, in one statement.

    `base` is the revision the page was read at. An answer somebody else changed since then is not overwritten: nothing is
    saved and the clashes come back, unless the person chose (`over` names those keys). The same `nonce` again changes
    nothing and is answered as the first time. The log of patches is the record of it; nothing is audited beside. Raises
    `NotAllowed` for who may not write, `RuleViolation` once it is handed in, and KeyError for a key the page does not have.
    """
    _writable(actor, case)
    for key in (*changes, *removed):
        if knows(section, key) is None:
            raise KeyError(key)
    with transaction.atomic():
        patch = {key: _kept(case, section, key, value) for key, value in changes.items()}
        arguments: dict[str, Any] = {
            "case": case.pk,
            "section": section.key,
            "writable": list(WRITABLE),
            "nonce": nonce,
            "base": base,
            "guarded": [key for key in (*patch, *removed) if key not in set(over)],
            "removed": list(removed),
            "patch": Jsonb(patch),
            "person": case.person_id,
            "org": case.org_id,
            "by": actor.person_id,
        }
        for _try in range(TRIES):
            with connection.cursor() as cursor:
                cursor.execute(SAVE, arguments)
                again, again_at, revision, at, clash, seen, newer = cursor.fetchone()
            newer = json.loads(newer) if newer else []
            others = _others(newer, set(patch) | set(removed))
            if again is not None:
                return Saved(again, again_at, others=others)
            if revision is not None:
                return Saved(revision, at, others=others)
            if seen is None:
                raise RuleViolation(
                    "cases.handed_in", _("This was handed in meanwhile, so it cannot be changed now. Look at its page.")
                )
            if clash:
                return _clashes(actor, case, section, arguments, newer, changes, removed)
            # Somebody saved the same page in this moment: look again at what they changed.
    raise RuleViolation("cases.busy", _("Many people are saving this page. Nothing is lost; save again."))


def _kept(case: Case, section: Section, key: str, value: Raw) -> Raw:
    one = knows(section, key)
    if one is None or not one.is_personal or one.is_group or isinstance(value, dict) or not value:
        return value
    return seal_answer(case, f"{section.key}.{key}", str(value), mask_of(one, str(value)))


def _others(newer: Sequence[Mapping[str, Any]], own: set[str]) -> dict[str, Raw]:
    found: dict[str, Raw] = {}
    for one in newer:
        found.update(dict.fromkeys(one["x"]))
        found.update(one["p"])
    return {key: value for key, value in found.items() if key not in own}


def _clashes(
    actor: Actor,
    case: Case,
    section: Section,
    arguments: Mapping[str, Any],
    newer: Sequence[Mapping[str, Any]],
    changes: Mapping[str, Raw],
    removed: Sequence[str],
) -> Saved:
    """Which answers were changed by others to something else. Where both wrote the same there is nothing to choose."""
    found: dict[str, Clash] = {}
    for one in newer:
        for key, value in [*one["p"].items(), *((key, None) for key in one["x"])]:
            if key in arguments["guarded"]:
                found[key] = Clash(key, value, one["b"])
    numbers = [int(one.theirs["s"]) for one in found.values() if isinstance(one.theirs, dict)]
    opened = open_own(actor, case, numbers)
    real = []
    for clash in found.values():
        theirs = opened.get(int(clash.theirs["s"])) if isinstance(clash.theirs, dict) else clash.theirs
        mine = None if clash.key in removed else changes.get(clash.key)
        if theirs != mine and not _continues(clash, theirs, mine, actor):
            real.append(Clash(clash.key, theirs, clash.by_person))
    if real:
        return Saved(int(arguments["base"]), clashes=real, others=_others(newer, set(changes) | set(removed)))
    return save_page(
        actor=actor,
        case=case,
        section=section,
        changes=changes,
        removed=removed,
        base=int(arguments["base"]),
        nonce=arguments["nonce"],
        over=list(found),
    )


def _continues(clash: Clash, theirs: Raw, mine: Raw, actor: Actor) -> bool:
    """Whether it is the same person's text with more at its end: a save that arrived although its answer did not."""
    own = clash.by_person == actor.person_id
    return own and isinstance(theirs, str) and isinstance(mine, str) and mine.startswith(theirs)


@transaction.atomic
def add_row(*, actor: Actor, case: Case, section: Section, group: str, base: int, nonce: uuid.UUID) -> Saved:
    """Add a line to repeated rows. Raises as `save_page`, `RuleViolation` when there are too many lines, KeyError."""
    one = section.field(group)
    if one is None or one.type is not FieldType.ROWS:
        raise KeyError(group)
    _writable(actor, case)
    page = Draft.objects.filter(case=case, section=section.key).values_list("data", flat=True)[0]
    keys = row_keys(one, page)
    if len(keys) >= MOST_ROWS:
        raise RuleViolation(
            "cases.too_many_rows", _("There is room for %(most)s lines. Add a list as a file.") % {"most": MOST_ROWS}
        )
    number = int(keys[-1][1:5]) + 1 if keys else 1
    key = f"{group}.r{number:04d}{secrets.token_hex(2)}"
    return save_page(actor=actor, case=case, section=section, changes={key: "1"}, base=base, nonce=nonce)


@transaction.atomic
def remove_row(*, actor: Actor, case: Case, section: Section, row: str, base: int, nonce: uuid.UUID) -> Saved:
    """Take a line away, with all its answers. Raises as `save_page`; KeyError for no line."""
    if knows(section, row) is None or row.count(".") != 1:
        raise KeyError(row)
    page = Draft.objects.filter(case=case, section=section.key).values_list("data", flat=True)[0]
    gone = [key for key in page if key == row or key.startswith(f"{row}.")]
    return save_page(actor=actor, case=case, section=section, changes={}, removed=gone, base=base, nonce=nonce)


@transaction.atomic
def add_file(*, actor: Actor, case: Case, section: Section, key: str, handed: UploadedFile[Any] | str) -> CaseFile:
    """Add a file to a question: checked, pictures written anew. Raises `NotAllowed`, `RuleViolation` (field `file`), KeyError."""
    one = section.field(key)
    if one is None or one.type is not FieldType.FILE:
        raise KeyError(key)
    case = Case.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=case.pk)
    _writable(actor, case)
    if not case.is_writable:
        raise RuleViolation("cases.handed_in", _("This was handed in, so no file can be added now."), field="file")
    living = CaseFile.objects.filter(case=case, section=section.key, field=key, removed_at=None)
    if living.count() >= MOST_FILES:
        raise RuleViolation(
            "cases.too_many_files",
            _("At most %(most)s files belong to one question.") % {"most": MOST_FILES},
            field="file",
        )
    upload = files.take_in(actor=actor, handed=handed, purpose=Purpose.EVIDENCE, owner=_owner(case))
    row = CaseFile.objects.create(
        **wall_columns(case), section=section.key, field=key, upload_id=upload.pk, added_by=actor.person_id or 0
    )
    audit.record(actor=actor, event="cases.file.added", subject=row, case_id=case.pk)
    return row


@transaction.atomic
def remove_file(*, actor: Actor, case: Case, file: CaseFile) -> None:
    """Take a file away from a question. What was handed in with it before keeps it. Raises as `add_file`."""
    case = Case.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=case.pk)
    _writable(actor, case)
    if not case.is_writable or file.case_id != case.pk:
        raise RuleViolation("cases.handed_in", _("This was handed in, so no file can be taken away now."))
    if file.removed_at is not None:
        return
    file.removed_at = timezone.now()
    file.save(update_fields=["removed_at"])
    if not file.path:
        upload = Upload.objects.visible_to(actor).filter(pk=file.upload_id).first()
        if upload is not None:
            files.discard(actor=actor, upload=upload)
    audit.record(actor=actor, event="cases.file.removed", subject=file, case_id=case.pk)
