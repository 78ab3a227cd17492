"""What the `gongzhi import` and `export` commands print."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from django.db import transaction
from django.utils.translation import gettext as _

from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.network import site_address
from gongzhi.files import actions as files
from gongzhi.files.contracts import Owner
from gongzhi.files.enums import Purpose
from gongzhi.registry import actions
from gongzhi.registry.enums import IntakeState
from gongzhi.registry.exports import write_files
from gongzhi.registry.imports import as_problem, problems_of
from gongzhi.registry.lists import Chosen, ListUnreadable, Problem, open_list
from gongzhi.registry.models import Intake

LARGEST_FILE = 512 * 1024 * 1024


def _keep_file(actor: Actor, file: Path) -> int | None:
    """Put the list into the private store, so that an official can open what the register rests on.

    A list the store does not take (too large, an unusual ending) is loaded all the same: its hash is kept.
    """
    try:
        with file.open("rb") as stream:
            upload = files.receive(
                actor=actor, stream=stream, name=file.name, purpose=Purpose.TABLE, owner=Owner(path=actor.path or "/")
            )
    except RuleViolation:
        return None
    return int(upload.pk)


def _mapping(file: Path | None) -> tuple[Chosen, dt.date | None]:
    """What a mapping file says: about columns and values, and the day the list speaks of."""
    if file is None:
        return Chosen(), None
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ListUnreadable("list.map_unknown", entry=str(error)[:200]) from error
    dated_on = given.pop("dated", None)
    if dated_on is not None and type(dated_on) is not dt.date:
        raise ListUnreadable("list.map_unknown", entry=f"dated = {dated_on}"[:80])
    return Chosen.of(given), dated_on


def _as_json(problem: Problem) -> dict[str, object]:
    return {
        "row": problem.row,
        "column": problem.column,
        "value": problem.value,
        "rule": problem.rule,
        "severity": str(problem.severity),
        "message": str(problem.message),
        "remedy": str(problem.remedy),
    }


def import_organizations(
    *,
    actor: Actor,
    file: Path,
    apply: bool,
    as_json: bool,
    dated_on: dt.date | None = None,
    mapping: Path | None = None,
) -> int:
    """Read, compare, and with `apply` write. Exit 0: all rows are in; 3: there are problems; 2: unreadable.

    One transaction: what is printed is what was committed. Without `apply` nothing stays, not even the list's own row.
    """
    try:
        if file.stat().st_size > LARGEST_FILE:
            print(f"gongzhi: {file} is larger than 512 MB; split it.", file=sys.stderr)
            return 2
        chosen, day = _mapping(mapping)
        listed = open_list(file, filename=file.name, chosen=chosen)
        with tempfile.TemporaryFile("w+", encoding="utf-8") as answer:
            with acting(actor), transaction.atomic():
                upload_id = _keep_file(actor, file) if apply else None
                intake = actions.take_in(
                    actor=actor, file=listed, chosen=chosen, apply=apply, dated_on=dated_on or day, upload_id=upload_id
                )
                (_write_json if as_json else _write_text)(intake, answer)
                has_problems = problems_of(intake).exists()
                if not apply:
                    transaction.set_rollback(True)
            answer.seek(0)
            shutil.copyfileobj(answer, sys.stdout)
    except OSError as error:
        print(f"gongzhi: {error.filename or file} cannot be read: {error.strerror}.", file=sys.stderr)
        return 2
    except RuleViolation as error:
        print(f"gongzhi: {file.name}: {error.message}", file=sys.stderr)
        return 2
    except NotAllowed:
        print("gongzhi: this account may not load lists.", file=sys.stderr)
        return 2
    return 3 if has_problems else 0


def _problems(intake: Intake) -> Iterator[Problem]:
    """One at a time: a list may have a million."""
    return map(as_problem, problems_of(intake).iterator(chunk_size=2000))


def _write_json(intake: Intake, answer: TextIO) -> None:
    counts = {name: intake.counts[name] for name in ("rows", "created", "changed", "unchanged", "flagged", "rejected")}
    head = {**counts, "vanished": intake.counts["vanished"], "applied": intake.state == IntakeState.APPLIED}
    answer.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "problems": [')
    for number, problem in enumerate(_problems(intake)):
        answer.write((", " if number else "") + json.dumps(_as_json(problem), ensure_ascii=False))
    answer.write("]}\n")


def _write_text(intake: Intake, answer: TextIO) -> None:
    for problem in _problems(intake):
        where = _("Row %(row)s, column “%(column)s”") if problem.column else _("Row %(row)s")
        answer.write(where % {"row": problem.row, "column": problem.column} + f" [{problem.rule}]\n")
        if problem.value:
            answer.write(f"    {problem.value[:120]!r}\n")
        answer.write(f"    {problem.message} {problem.remedy}\n")
    counts = _(
        "%(rows)s rows: %(created)s new, %(changed)s changed, %(unchanged)s unchanged, "
        "%(flagged)s with a doubt, %(rejected)s not taken in."
    )
    answer.write(counts % intake.counts + "\n")
    if intake.counts["vanished"]:
        vanished = _(
            "%(vanished)s organizations of the registry's previous list are not in this one. They stay as they are."
        )
        answer.write(vanished % intake.counts + "\n")
    if intake.state != IntakeState.APPLIED:
        answer.write(_("Nothing was written. Add --apply to take the list in.") + "\n")


def export_organizations(file: Path) -> int:
    """Write today's public register as CSV or Parquet, whole or not at all. Exit 2: the ending is neither."""
    try:
        with acting(Actor.system("export"), read_only=True):
            written = write_files([file], site=site_address())
    except ValueError as error:
        print(f"gongzhi: {error}.", file=sys.stderr)
        return 2
    print(f"{written.rows} organizations were written to {file}.")
    return 0
