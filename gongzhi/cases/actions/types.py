"""Case types: compiled, compared by hash, published and frozen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.cases import policies
from gongzhi.cases.contracts import folders, handlers, sources
from gongzhi.cases.definitions import BadCaseType, Definition, read_file
from gongzhi.cases.enums import PUBLISH, TypeState
from gongzhi.cases.models import CaseType
from gongzhi.core.actor import Actor
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.reference import codes
from gongzhi.rulebook import rules
from gongzhi.rulebook import selectors as rulebook
from gongzhi.rulebook.packaged import edition

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "publish_type": "A published body is frozen, and every case names its version.",
    "load_types": "It publishes what the platform brings.",
}


def type_files() -> list[Path]:
    """Every file of a case type: those of the apps, then those of the folders in the setting `CASE_TYPES`."""
    found: dict[str, Path] = {}
    for folder in [*folders(), *(Path(one) for one in settings.CASE_TYPES)]:
        for path in sorted(folder.glob("*.yaml")):
            found[path.name] = path  # a later folder takes the place of a file of the same name
    return list(found.values())


def unknown_names(definition: Definition) -> list[str]:
    """Parameters, handlers, sources and code lists a file names and the platform does not have."""
    problems: list[str] = []
    limits = definition.limits
    for code in [
        limits.accept,
        limits.decide,
        limits.promised,
        limits.correct,
        *(one.limit for one in definition.steps),
    ]:
        if code is not None:
            try:
                rulebook.definition(code)
            except rulebook.UnknownParameter:
                problems.append(f"no parameter is called {code}")
    problems += [f"no fact is called {one}" for one in definition.states if one not in rules.facts()]
    problems += [f"no rule is called {one}" for one in definition.rules if one not in rules.rule_ids()]
    named = definition.guide.rule_set
    if named is not None and named not in edition().rule_sets:
        problems.append(f"no rule set is called {named}")
    handler = definition.decision.handler
    if handler is not None and handler not in handlers():
        problems.append(f"no handler is called {handler}")
    for _section, field in definition.fields():
        for one in (field, *field.fields):
            if one.prefill and one.prefill not in sources():
                problems.append(f"no source is called {one.prefill}")
            if one.fact and one.fact not in rules.facts():
                problems.append(f"no fact is called {one.fact}")
            if one.codes and one.codes not in codes.code_lists():
                problems.append(f"no list of codes is called {one.codes}")
    return problems


def read_types(files: Sequence[Path]) -> dict[Path, Definition]:
    """Every file as a definition. Raises `BadCaseType` with the mistakes of all of them."""
    found: dict[Path, Definition] = {}
    problems: list[str] = []
    for path in files:
        try:
            definition = read_file(path)
        except BadCaseType as error:
            problems.extend(error.problems)
            continue
        problems.extend(f"{path.name}:{_line(path, one)}: {one}" for one in unknown_names(definition))
        found[path] = definition
    seen: dict[str, str] = {}
    for path, definition in found.items():
        if definition.code in seen:
            problems.append(f"{path.name}:1: {seen[definition.code]} has the code {definition.code} too")
        seen[definition.code] = path.name
    if problems:
        raise BadCaseType(problems)
    return found


def _line(path: Path, problem: str) -> int:
    """The first line that holds the last word of a problem, which is the name nobody knows."""
    name = problem.rpartition(" ")[2]
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((at for at, line in enumerate(lines, 1) if name in line), 1)


def compiled(definition: Definition) -> tuple[dict[str, Any], bytes]:
    """The body that is stored, and the hash of its canonical form."""
    body = definition.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=False)
    canonical = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return body, hashlib.sha256(canonical).digest()


@transaction.atomic
def publish_type(*, actor: Actor, definition: Definition, path: str = "") -> CaseType:
    """Publish a version, if it says something else than the one in force; that one is retired. Running cases keep theirs.

    Raises `NotAllowed`, `RuleViolation` when it names what the platform does not have.
    """
    if not policies.can_publish(actor):
        raise NotAllowed(PUBLISH)
    unknown = unknown_names(definition)
    if unknown:
        raise RuleViolation(
            "cases.unknown_names", _("The file cannot be used: %(what)s") % {"what": "; ".join(unknown)}
        )
    body, digest = compiled(definition)
    versions = CaseType.objects.select_for_update(of=("self",)).filter(code=definition.code, path=path)
    latest = versions.order_by("-version").first()
    held = versions.filter(state=TypeState.PUBLISHED).first()
    if held is not None and bytes(held.sha256) == digest:
        return held
    if held is not None:
        CaseType.objects.filter(pk=held.pk).update(state=TypeState.RETIRED)
    made = CaseType.objects.create(
        code=definition.code,
        path=path,
        version=(latest.version if latest else 0) + 1,
        body=body,
        sha256=digest,
        state=TypeState.PUBLISHED,
        published_at=timezone.now(),
        published_by=audit.acting_for(actor) or f"process:{actor.process}",
    )
    audit.record(
        actor=actor, event="cases.type.published", subject=made, details={"code": made.code, "version": made.version}
    )
    return made


@transaction.atomic
def load_types(*, actor: Actor) -> list[CaseType]:
    """Publish every file that says something new; changes nothing the second time. Raises `BadCaseType`."""
    if not policies.can_publish(actor):
        raise NotAllowed(PUBLISH)
    definitions = read_types(type_files()).values()
    before = dict(CaseType.objects.published().filter(path="").values_list("code", "pk"))
    made = [publish_type(actor=actor, definition=one) for one in definitions]
    return [one for one in made if before.get(one.code) != one.pk]
