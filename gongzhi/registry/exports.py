"""The register as files: typed columns with a dictionary, CSV for spreadsheets and Parquet for programs.

One statement reads everything, so a file shows one moment whatever is written meanwhile. PostgreSQL streams its answer,
and the files are made batch by batch, so that a million rows need little more memory than some ten thousand.
"""

from __future__ import annotations

import base64
import csv
import datetime as dt
import io
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import qrcode
from django.conf import settings
from django.db import connection, models
from django.template.loader import render_to_string
from django.utils import formats, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from gongzhi.core.times import SHANGHAI
from gongzhi.orgs.enums import Kind, Standing
from gongzhi.reference.codes import code_list
from gongzhi.registry import verify
from gongzhi.registry.models import Credential
from gongzhi.ui.pdf import Attached, make_pdf

if TYPE_CHECKING:
    import polars

#: A cell that begins with one of these would be run as a formula by a spreadsheet.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\0")
BATCH: Final = 25_000
FORMATS: Final = ("csv", "parquet")


@dataclass(frozen=True)
class Column:
    """One column of the files: what it means, which type it has, and where PostgreSQL finds it."""

    name: str
    #: text, date, integer, decimal or boolean.
    type: str
    meaning: str | Promise
    sql: str
    unit: str | Promise = ""
    #: The list or statute its values come from.
    source: str = ""


_ITEM: Final = "登记事项（登记管理机关名册）"
COLUMNS: Final[tuple[Column, ...]] = (
    Column("code", "text", _("Unified social credit code; empty where there is no valid one"), "o.credit_code", source="GB 32100-2015"),
    Column("number", "text", _("Registration or filing number"), "nullif(o.number, '')", source="登记管理机关"),
    Column("public_id", "text", _("Short name of the organization on this platform; it never changes"), "o.public_id"),
    Column("name", "text", _("Registered name"), "o.name", source=_ITEM),
    Column("kind", "text", _("Kind in law, as a code"), "o.kind", source="社会组织登记管理条例"),
    Column("kind_zh", "text", _("Kind in law, in Chinese"), "o.kind"),
    Column("standing", "text", _("Standing, as a code"), "o.standing", source="登记管理机关"),
    Column("standing_zh", "text", _("Standing, in Chinese"), "o.standing"),
    Column("registered_on", "date", _("Day of registration"), "o.registered_on", source="登记管理机关"),
    Column("level", "integer", _("How deep the registry's division lies: 0 national, 1 province, 2 city, 3 county and below"), "CASE o.path WHEN '/' THEN 0 ELSE least(3, length(o.path) - length(replace(o.path, '/', ''))) END"),
    Column("division", "text", _("Division path of the registry; '/' is national"), "o.path", source="民政部行政区划代码"),
    Column("registry", "text", _("Registration authority as its list names it"), "nullif(v.registry_name, '')", source=_ITEM),
    Column("business_authority", "text", _("Business authority"), "nullif(v.business_authority, '')", source=_ITEM),
    Column("registered_directly", "boolean", _("Whether a source says that it is registered without a business authority"), "v.registered_directly", source=_ITEM),
    Column("industry_department", "text", _("Industry department"), "nullif(v.industry_department, '')", source="登记管理机关"),
    Column("field", "text", _("Field of activity, as a code"), "nullif(v.field, '')", source="社会组织业务领域代码"),
    Column("field_zh", "text", _("Field of activity, in Chinese"), "nullif(v.field, '')"),
    Column("domicile", "text", _("Domicile"), "nullif(v.domicile, '')", source=_ITEM),
    Column("province", "text", _("Province of the domicile, where the list names it by itself"), "nullif(v.province, '')", source=_ITEM),
    Column("scope", "text", _("Scope of activity"), "nullif(v.scope, '')", source=_ITEM),
    Column("purpose", "text", _("Purpose"), "nullif(v.purpose, '')", source=_ITEM),
    Column("area", "text", _("Area of activity"), "nullif(v.area, '')", source=_ITEM),
    Column("legal_representative", "text", _("Legal representative, public by law"), "nullif(v.legal_representative, '')", source=_ITEM),
    Column("funds_fen", "integer", _("Registered funds as a whole number"), "v.fund_fen", unit=_("fen"), source=_ITEM),
    Column("funds_yuan", "decimal", _("Registered funds with two decimals"), "v.fund_fen::numeric / 100", unit=_("yuan"), source=_ITEM),
    Column("valid_from", "date", _("Since when these items hold together, as far as a source tells"), "v.valid_from"),
    Column("confirmed_on", "date", _("Last day on which a source agreed"), "(SELECT max(c.confirmed_on) FROM registry_confirmation AS c WHERE c.org_id = o.id)"),
    Column("source_kind", "text", _("What the newest knowledge rests on, as a code"), "s.kind"),
    Column("source_dated_on", "date", _("The day that source speaks of"), "s.dated_on"),
    Column("known_from", "text", _("When the platform learned of it (UTC, ISO 8601)"), "to_char(v.known_from AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"),
    Column("url", "text", _("Address of its page"), "coalesce(o.credit_code, o.number)"),
)  # fmt: skip


@dataclass(frozen=True)
class Written:
    """What a file became: its rows and the moment it shows."""

    rows: int
    taken_at: dt.datetime


def dictionary_rows() -> list[list[str]]:
    """The data dictionary: a heading, then column, type, unit, meaning in Chinese and English, source."""
    rows = [["column", "type", "unit", "meaning_zh", "meaning_en", "source"]]
    for column in COLUMNS:
        with translation.override("zh-hans"):
            unit, zh = str(column.unit), str(column.meaning)
        with translation.override("en"):
            rows.append([column.name, column.type, unit, zh, str(column.meaning), column.source])
    return rows


def dictionary_csv() -> bytes:
    """The data dictionary as CSV in UTF-8 with a mark, so that spreadsheets see the encoding."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows(dictionary_rows())
    return file.getvalue().encode("utf-8-sig")


def dictionary_markdown() -> str:
    """The data dictionary as a table in Markdown."""
    head, *rows = [[cell.replace("|", "\\|") for cell in row] for row in dictionary_rows()]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)) + "\n"


def _statement(matching: models.QuerySet[Any] | None) -> tuple[str, tuple[Any, ...]]:
    """One SELECT of every column, in the order of the rows' numbers; of a search only what it finds."""
    where, values = "", ()
    if matching is not None:
        sql, values = matching.order_by().values("pk").query.sql_with_params()
        where = f" WHERE o.id IN ({sql})"
    columns = ", ".join(f"{column.sql} AS {column.name}" for column in COLUMNS)
    return (
        f"SELECT {columns} FROM orgs_organization AS o"  # noqa: S608  # columns of our own, values as parameters
        " LEFT JOIN LATERAL (SELECT * FROM registry_version AS held WHERE held.org_id = o.id AND held.known_to IS NULL"
        " ORDER BY held.valid_from DESC LIMIT 1) AS v ON true"
        f" LEFT JOIN registry_source AS s ON s.id = v.source_id{where} ORDER BY o.id",
        values,
    )


def _types() -> dict[str, Any]:
    """Column → its type in Parquet."""
    import polars as pl  # heavy: only who makes a file pays for it

    types = {
        "text": pl.String, "date": pl.Date, "integer": pl.Int64, "boolean": pl.Boolean, "decimal": pl.Decimal(20, 2),
    }  # fmt: skip
    return {column.name: types[column.type] for column in COLUMNS}


def _batches(matching: models.QuerySet[Any] | None, site: str) -> Iterator[polars.DataFrame]:
    """The rows as typed tables of at most `BATCH` rows, streamed by PostgreSQL."""
    import polars as pl

    types = _types()
    # COPY writes a truth as t or f, and money must never pass through a float: both are read as text first.
    read = {one.name: pl.String if one.type in {"boolean", "decimal"} else types[one.name] for one in COLUMNS}
    with translation.override("zh-hans"):
        words: dict[str, dict[str, str]] = {
            "kind_zh": {str(value): str(label) for value, label in Kind.choices},
            "standing_zh": {str(value): str(label) for value, label in Standing.choices},
            "field_zh": {code: code_list("fields").label(code) for code in code_list("fields").codes},
        }
    shaped = [
        *(pl.col(name).replace(meanings) for name, meanings in words.items()),
        pl.col("registered_directly") == "t",
        pl.col("funds_yuan").cast(types["funds_yuan"]),
        (pl.lit(site.rstrip("/") + "/orgs/") + pl.col("url") + "/").alias("url"),
    ]
    statement, values = _statement(matching)

    def table(rows: list[bytes]) -> polars.DataFrame:
        frame = pl.read_csv(
            b"".join(rows), has_header=False, new_columns=list(read), schema_overrides=list(read.values()),
            infer_schema=False,
        )  # fmt: skip
        return frame.with_columns(shaped)

    rows: list[bytes] = []
    with connection.cursor() as cursor:
        inside = cursor.cursor
        with inside.copy(f"COPY ({statement}) TO STDOUT (FORMAT csv)", values) as copy:
            for row in copy:
                rows.append(bytes(row))
                if len(rows) == BATCH:
                    yield table(rows)
                    rows = []
    if rows:
        yield table(rows)


def write_files(files: Sequence[Path], *, site: str, matching: models.QuerySet[Any] | None = None) -> Written:
    """Write the register, or what a search finds, into each file; the ending says the format. All show one moment.

    `matching` is a queryset whose primary key is the organization's. `site` is the address of the platform, for the
    pages' addresses. A file that cannot be written whole is not there. ValueError for another ending.
    """
    for file in files:
        if file.suffix.lstrip(".") not in FORMATS:
            raise ValueError(f"{file.name} ends with neither .csv nor .parquet")
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        taken_at: dt.datetime = cursor.fetchone()[0]
    rows = 0
    beside = {file: file.with_name(f".{file.name}.{os.getpid()}.new") for file in files}
    with tempfile.TemporaryDirectory(dir=files[0].parent, prefix=".parts-") as folder:
        parts = Path(folder)
        try:
            _begin_csv(beside[file] for file in files if file.suffix == ".csv")
            for number, batch in enumerate(_batches(matching, site)):
                rows += batch.height
                for file in files:
                    if file.suffix == ".csv":
                        _add_csv(beside[file], batch)
                if any(file.suffix == ".parquet" for file in files):
                    batch.write_parquet(parts / f"{number:06}.parquet", compression="zstd")
            for file in files:
                if file.suffix == ".parquet":
                    _join_parquet(parts, beside[file])
                with beside[file].open("rb") as done:
                    os.fsync(done.fileno())
            for file in files:
                beside[file].replace(file)
        finally:
            for unfinished in beside.values():
                unfinished.unlink(missing_ok=True)
    return Written(rows, taken_at)


def _begin_csv(files: Iterable[Path]) -> None:
    for file in files:
        with file.open("w", encoding="utf-8-sig", newline="") as handle:
            csv.writer(handle).writerow([column.name for column in COLUMNS])


def _add_csv(file: Path, batch: polars.DataFrame) -> None:
    """Append rows; no text of theirs is taken for a formula by a spreadsheet."""
    import polars as pl

    text = pl.col([column.name for column in COLUMNS if column.type == "text"])
    hostile = text.str.slice(0, 1).is_in(list(FORMULA))
    harmless = batch.with_columns(pl.when(hostile).then(pl.lit("'") + text).otherwise(text).name.keep())
    with file.open("ab") as handle:
        harmless.write_csv(handle, include_header=False, line_terminator="\r\n")


def _join_parquet(parts: Path, file: Path) -> None:
    """One file from the parts, streamed; with no row at all a file with columns and no rows."""
    import polars as pl

    found = sorted(parts.glob("*.parquet"))
    if found:
        pl.scan_parquet(found).sink_parquet(file, compression="zstd", row_group_size=BATCH)
    else:
        pl.DataFrame(schema=_types()).write_parquet(file)


# --- certificates and extracts ---


@dataclass(frozen=True)
class _Code:
    """A QR code as one path over squares of one unit."""

    size: int
    path: str


def _code(text: str) -> _Code:
    made = qrcode.QRCode(border=2)
    made.add_data(text)
    rows = made.get_matrix()
    squares = [f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark]
    return _Code(len(rows), "".join(squares))


def credential_pdf(credential: Credential) -> bytes:
    """A certificate or an extract as a signed PDF, made from its statement alone: the same bytes each time.

    Raises `CannotMakePdf`, and LookupError when the key that signed it is not on this machine.
    """
    statement = json.loads(credential.statement)
    key = next(one for one in settings.CERTIFICATE_KEYS if one.verifier.key_id == credential.key_id)
    signature = base64.b64decode(credential.signature)
    folder = f"registry/credentials/v{statement['v']}"
    with translation.override("zh-hans"):
        context = {
            "statement": statement,
            "qr": _code(statement["verify"]),
            "number_label": pgettext("credential", "Number:"),
            "check_label": pgettext("credential", "Scan the code, or type the number at this address, to check it:"),
            "key_label": pgettext("credential", "Signing key:"),
            "key_id": credential.key_id,
            "day": formats.date_format(dt.date.fromisoformat(statement["issued_on"]), "DATE_FORMAT"),
        }
        html = render_to_string(f"{folder}.html", context)
    content = make_pdf(
        html,
        render_to_string(f"{folder}.css"),
        made_at=dt.datetime.combine(credential.issued_on, dt.time(12), tzinfo=SHANGHAI),
        attached=[
            Attached(
                verify.ATTACHMENT,
                verify.envelope(statement, key_id=credential.key_id, signature=signature),
                "statement",
            )
        ],
    )
    return content + verify.closing_line(credential.key_id, key.sign(verify.FILE, verify.signed_hash(content)))
