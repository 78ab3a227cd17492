"""What the `gongzhi import` and `export` commands print."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import sys
from pathlib import Path

from django.utils.translation import gettext as _

from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.files import actions as files
from gongzhi.files.contracts import Owner
from gongzhi.files.enums import Purpose
from gongzhi.orgs.models import Organization
from gongzhi.registry import actions
from gongzhi.registry.actions import ImportResult
from gongzhi.registry.lists import Problem, read_list

LARGEST_FILE = 512 * 1024 * 1024


def _keep_file(actor: Actor, file: Path, data: bytes) -> int | None:
    """Put the list into the private store, so that an official can open what the register rests on.

    A list the store does not take (too large, an unusual ending) is loaded all the same: its hash is kept.
    """
    try:
        upload = files.receive(
            actor=actor,
            stream=io.BytesIO(data),
            name=file.name,
            purpose=Purpose.TABLE,
            owner=Owner(path=actor.path or "/"),
        )
    except RuleViolation:
        return None
    return int(upload.pk)


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
    *, actor: Actor, file: Path, apply: bool, as_json: bool, dated_on: dt.date | None = None
) -> int:
    """Read, compare, and with `apply` write. Exit 0: all rows are in; 3: there are problems; 2: unreadable."""
    try:
        if file.stat().st_size > LARGEST_FILE:
            print(f"gongzhi: {file} is larger than 512 MB; split it.", file=sys.stderr)
            return 2
        data = file.read_bytes()
    except OSError as error:
        print(f"gongzhi: {file} cannot be read: {error.strerror}.", file=sys.stderr)
        return 2
    try:
        reading = read_list(data, filename=file.name)
        with acting(actor, read_only=not apply):
            upload_id = _keep_file(actor, file, data) if apply else None
            result = actions.import_organizations(
                actor=actor, reading=reading, apply=apply, dated_on=dated_on, upload_id=upload_id
            )
    except RuleViolation as error:
        print(f"gongzhi: {file.name}: {error.message}", file=sys.stderr)
        return 2
    except NotAllowed:
        print("gongzhi: this account may not load lists.", file=sys.stderr)
        return 2
    print(_json_of(result) if as_json else _text_of(result))
    return 3 if result.problems else 0


def _json_of(result: ImportResult) -> str:
    return json.dumps(
        {
            "rows": result.rows,
            "created": result.created,
            "changed": result.changed,
            "unchanged": result.unchanged,
            "flagged": result.flagged,
            "rejected": result.rejected,
            "applied": result.applied,
            "problems": [_as_json(problem) for problem in result.problems],
        },
        ensure_ascii=False,
    )


def _text_of(result: ImportResult) -> str:
    lines = []
    for problem in result.problems:
        where = _("Row %(row)s, column “%(column)s”") if problem.column else _("Row %(row)s")
        lines.append(where % {"row": problem.row, "column": problem.column} + f" [{problem.rule}]")
        if problem.value:
            lines.append(f"    {problem.value[:120]!r}")
        lines.append(f"    {problem.message} {problem.remedy}")
    counts = _(
        "%(rows)s rows: %(created)s new, %(changed)s changed, %(unchanged)s unchanged, "
        "%(flagged)s with a doubt, %(rejected)s not taken in."
    ) % {
        "rows": result.rows,
        "created": result.created,
        "changed": result.changed,
        "unchanged": result.unchanged,
        "flagged": result.flagged,
        "rejected": result.rejected,
    }
    lines.append(counts)
    if not result.applied:
        lines.append(_("Nothing was written. Add --apply to take the list in."))
    return "\n".join(lines)


HEADINGS = ["统一社会信用代码", "登记证号", "名称", "类型", "状态", "登记日期"]


def neutral(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r", "\0"} else text


def export_organizations(file: Path) -> int:
    """Write today's public register as CSV (UTF-8 with a mark, so that spreadsheets see the encoding), whole or not."""
    actor = Actor.system("export")
    beside = file.with_name(f".{file.name}.{os.getpid()}.new")
    with acting(actor, read_only=True), beside.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(HEADINGS)
        count = 0
        for one in Organization.objects.order_by("pk").iterator(chunk_size=5000):
            writer.writerow(
                neutral(str(cell or ""))
                for cell in (
                    one.credit_code,
                    one.number,
                    one.name,
                    one.get_kind_display(),
                    one.get_standing_display(),
                    one.registered_on,
                )
            )
            count += 1
        handle.flush()
        os.fsync(handle.fileno())
    beside.replace(file)
    print(f"{count} organizations were written to {file}.")
    return 0
