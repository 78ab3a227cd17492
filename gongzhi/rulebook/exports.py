"""All parameters as a file anybody may read: public data, no persons in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from gongzhi.rulebook.selectors import Row

#: Column headings; they are stable names for programs, not words for the page.
COLUMNS = (
    "code", "path", "label_zh", "label_en", "value", "unit", "article", "source", "evidence", "unverified",
    "rule_set", "valid_from", "valid_until", "set_by", "set_by_name", "packaged_value",
)  # fmt: skip

#: A cell that begins with one of these would be run as a formula by a spreadsheet.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(text: str) -> str:
    """The text, made harmless for spreadsheets by a leading apostrophe where that is needed."""
    return f"'{text}" if text.startswith(FORMULA) else text


def parameters_csv(rows: Iterable[Row]) -> str:
    """The rows as CSV text with a heading; days as ISO dates, numbers plain, days of the year as four digits."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for row in rows:
        one, meant, rule_set = row.parameter, row.definition, row.rule_set
        writer.writerow(
            [
                one.code,
                one.path,
                cell(meant.zh if meant else ""),
                cell(meant.en if meant else ""),
                one.shown,
                one.unit,
                cell(one.article),
                cell(one.source),
                one.evidence,
                "true" if one.is_unverified else "false",
                rule_set.code if rule_set else "",
                one.valid_from.isoformat(),
                row.until.isoformat() if row.until else "",
                one.set_by,
                cell(one.set_by_name),
                row.differences[-1].shown if row.differences else "",
            ]
        )
    return file.getvalue()
