"""What taking in a list costs: read and checked, compared, written, sealed and ready for search, by the command itself.

The product is `gongzhi import organizations FILE --apply --json` on a CSV of invented organizations with 14 columns. Every
round has a database of its own, copied from one that is migrated and holds no organization but those of the demonstration.
Costs are CPU seconds of the command and of the database together, because other work on the machine moves them less than
the clock; the clock's seconds stand beside them.

Anchors, in the same round on the same rows:

- bare `COPY` of the very rows the product wrote into the same four tables (organizations, versions, search rows, leaves),
  with their indexes and constraints, in one transaction: a limit and not a product, because it must be told what to
  write. Anything that reads, checks and prepares stays above it;
- django-import-export in its bulk mode on a slice, brought to the same end: every row judged by the platform's rules
  (its hook before a row, with the reader that judges one row at a time), one resource for organizations, one for
  versions, the sealed leaves, then the search rows by the platform's own ORM way. The same without rules and leaves is
  `import_export_unchecked`, the first resource alone `import_export_one_table`: less than the product does, told
  beside it;
- openpyxl, read-only, on the workbook the product's reader reads (cells as they are, no checks).

After each round the same file is taken in again and must change nothing. `--control` puts COPY, openpyxl and
import-export in the product's place.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from bench.harness import ROUNDS, Broken, PeakMemory, Result, command, cpu_seconds, environment, folder, run, say, urls
from bench.synthetic import credit_code
from gongzhi.config.cli import start_django
from gongzhi.config.database import Cluster

NAME = "import"
SIZE = 50_000
#: A million rows take minutes each time, so larger lists have one round.
ONE_ROUND_FROM = 200_000
#: Rows the peers take, which are slower.
SLICE = 3000
WORKBOOK = 20_000
MEMORY_LIMIT_MB = 600

AIM = {
    "copy_vs_product": ">= 0.5",
    "product_vs_import_export": ">= 7",
    "workbook_vs_openpyxl": ">= 8",
    "memory_vs_limit": "<= 1",
    "second_run_changes": "<= 0",
}

HEAD = (
    "名称", "统一社会信用代码", "登记证号", "社会组织类型", "成立登记日期", "住所", "法定代表人", "业务主管单位", "登记管理机关",
    "业务范围", "宗旨", "活动地域", "登记状态", "原始基金数额（万元）",
)  # fmt: skip
_KINDS = (("51", "社会团体", "协会"), ("52", "社会服务机构", "服务中心"), ("53", "基金会", "基金会"))
_OWN = "春夏秋冬山川江河湖海星月云风雨雪松竹梅兰光明和平友谊希望未来阳光彩虹蓝天绿地金银铜铁"
_FIELDS = (
    "养老服务",
    "助残",
    "少儿阅读",
    "环保",
    "教育",
    "心理健康",
    "非遗保护",
    "足球",
    "茶叶行业",
    "社区服务",
    "法律服务",
)
_SURNAMES = "王李张刘陈杨赵黄周吴"


def rows(size: int) -> Iterator[list[str]]:
    """`size` invented organizations of division 999900, always the same ones; no cell is doubtful."""
    draw = random.Random(20260101)
    for serial in range(1, size + 1):
        category, kind, form = draw.choice(_KINDS)
        own, field = "".join(draw.choices(_OWN, k=3)), draw.choice(_FIELDS)
        day = dt.date(1990, 1, 1) + dt.timedelta(days=draw.randrange(12_000))
        yield [
            f"示例市××{own}{field}第{serial}{form}", credit_code(category, serial), "", kind, day.isoformat(),
            f"示例市××路 {draw.randrange(1, 300)} 号", f"{draw.choice(_SURNAMES)}××", f"示例市××{draw.randrange(20)}局",
            "示例市民政局", f"开展{field}服务", f"服务社会，推动{field}事业发展", "示例市", "正常", f"{draw.randrange(200, 900)}.00",
        ]  # fmt: skip


def write_list(file: Path, size: int) -> None:
    """The list as a registry hands it over: CSV with Chinese headings."""
    with file.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(HEAD)
        writer.writerows(rows(size))


# --- databases ---


@contextmanager
def database(cluster: Cluster, name: str) -> Iterator[str]:
    """A copy of the prepared database, for one measurement."""
    with psycopg.connect(cluster.url("gz_owner", "postgres"), autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE DATABASE {} TEMPLATE gongzhi STRATEGY file_copy").format(sql.Identifier(name)))
    try:
        yield name
    finally:  # as the superuser, whose autovacuum may be at work in it
        with psycopg.connect(cluster.url("postgres", "postgres"), autocommit=True) as superuser:
            superuser.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def addresses(cluster: Cluster, name: str) -> dict[str, str]:
    """Environment of a child that works on database `name`."""
    return {key: value.replace("/gongzhi?", f"/{name}?") for key, value in urls(cluster).items()}


class Cost:
    """CPU seconds of this block's children and of the database, the clock's seconds, and the children's peak memory."""

    def __init__(self, cluster: Cluster) -> None:
        found = cluster.postmaster()
        if found is None:
            raise Broken("the database ended by itself")
        self._postmaster = found.pid
        self.cpu = self.wall = self.memory_mb = 0.0

    def of(self, words: list[str], more: dict[str, str], *, allowed: tuple[int, ...] = (0,)) -> str:
        """Run one command and add up what it cost; what it printed."""
        before, begun = cpu_seconds([self._postmaster]), time.monotonic()
        times = os.times()
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment(**more), cwd=Path(__file__).resolve().parent.parent,
        )  # fmt: skip
        with PeakMemory([process.pid]) as memory:
            out, errors = process.communicate()
        after = os.times()
        if process.returncode not in allowed:
            raise Broken(f"{' '.join(words[2:6])} ended with {process.returncode}: {errors.strip()[-400:]}")
        self.wall = time.monotonic() - begun
        self.cpu = after.children_user + after.children_system - times.children_user - times.children_system
        time.sleep(0.3)  # the backend's own time is added to its parent's when it has ended
        self.cpu += cpu_seconds([self._postmaster]) - before
        self.memory_mb = memory.peak / 1024**2
        return out


# --- the product and its limit ---

#: The tables a list fills, and the condition that finds what it wrote, by its source.
WRITTEN = {
    "registry_source": "id = %(source)s",
    "orgs_organization": "id IN (SELECT org_id FROM registry_version WHERE source_id = %(source)s)",
    "registry_version": "source_id = %(source)s",
    "orgs_search": "org_id IN (SELECT org_id FROM registry_version WHERE source_id = %(source)s)",
    "tlog_batch": "seal = (SELECT seal FROM registry_source WHERE id = %(source)s)",
}
#: Columns PostgreSQL fills in itself.
_OWN_COLUMNS = {"written", "changed"}


def keep_written(cluster: Cluster, name: str, var: Path) -> dict[str, str]:
    """Save what the newest source wrote as binary files; the COPY statement for each."""
    statements = {}
    with psycopg.connect(cluster.url("gz_app", name)) as connection:
        row = connection.execute("SELECT max(id) FROM registry_source").fetchone()
        source = row[0] if row else None
        for table, condition in WRITTEN.items():
            columns = [
                column
                for (column,) in connection.execute(
                    "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position",
                    [table],
                )
                if column not in _OWN_COLUMNS
            ]
            names = ", ".join(f'"{column}"' for column in columns)
            with (var / f"{table}.copy").open("wb") as file, connection.cursor() as cursor:
                query = f"COPY (SELECT {names} FROM {table} WHERE {condition}) TO STDOUT (FORMAT BINARY)"
                with cursor.copy(query, {"source": source}) as copy:
                    for data in copy:
                        file.write(data)
            statements[table] = f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)"
    return statements


def bare_copy(url: str, statements: dict[str, str], var: Path) -> None:
    """Write the saved rows back, in one transaction."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for table, statement in statements.items():
            with (var / f"{table}.copy").open("rb") as file, cursor.copy(statement) as copy:
                while data := file.read(256 * 1024):
                    copy.write(data)


# --- the peers, each in a process of its own ---


def import_export(file: str, reach: str) -> None:
    """Take in a list with django-import-export in bulk mode: only the organizations (`one`), all that can be searched
    (`unchecked`), or that with every row judged and sealed (`all`).
    """
    start_django()
    if not file:
        return
    import tablib
    from django.db import transaction
    from import_export import fields, resources, widgets
    from import_export.instance_loaders import CachedInstanceLoader

    from gongzhi.core.actor import Actor
    from gongzhi.core.door import acting
    from gongzhi.core.times import today
    from gongzhi.orgs import actions as orgs
    from gongzhi.orgs.enums import Standing
    from gongzhi.orgs.models import Organization
    from gongzhi.orgs.search.text import Known
    from gongzhi.registry.enums import SourceKind
    from gongzhi.registry.lists import open_list
    from gongzhi.registry.lists.cells import KINDS
    from gongzhi.registry.lists.organizations import CarefulReader
    from gongzhi.registry.models import Source, Version
    from gongzhi.tlog import actions as tlog
    from gongzhi.tlog.contracts import SealedRow
    from gongzhi.tlog.enums import EntryType

    class Word(widgets.Widget):  # type: ignore[misc]
        def __init__(self, words: dict[str, Any]) -> None:
            super().__init__()
            self.words = words

        def clean(self, value: Any, row: Any = None, **_more: Any) -> Any:
            return self.words[value]

    class Fund(widgets.Widget):  # type: ignore[misc]
        def clean(self, value: Any, row: Any = None, **_more: Any) -> Any:
            return int(value.replace(".", "")) * 10_000 if value else None

    class Bodies(resources.ModelResource):  # type: ignore[misc]
        name = fields.Field("name", "名称")
        credit_code = fields.Field("credit_code", "统一社会信用代码")
        kind = fields.Field("kind", "社会组织类型", widget=Word({word: str(kind) for word, kind in KINDS.items()}))
        registered_on = fields.Field("registered_on", "成立登记日期", widget=widgets.DateWidget("%Y-%m-%d"))
        standing = fields.Field("standing", "登记状态", widget=Word({"正常": str(Standing.NORMAL)}))

        class Meta:
            model = Organization
            import_id_fields = ("credit_code",)
            fields = ("name", "credit_code", "kind", "registered_on", "standing")
            instance_loader_class = CachedInstanceLoader
            use_bulk, skip_diff, batch_size = True, True, 1000

        def before_import_row(self, row: Any, row_number: int = 0, **_more: Any) -> None:
            if reach == "all" and reader.read(row_number + 1, list(row.values())) is None:
                raise ValueError(reader.problems[-1])

    reader = CarefulReader(open_list(Path(file), filename="list.csv"), today())
    dataset = tablib.Dataset()
    dataset.load(Path(file).read_text(encoding="utf-8"), format="csv")
    actor = Actor.system("import", permissions=frozenset({"registry.import"}))
    with acting(actor):
        Bodies().import_data(dataset, raise_errors=True, use_transactions=False)
        if reach == "one":
            return
        bodies = {
            one.credit_code: one for one in Organization.objects.filter(credit_code__in=dataset["统一社会信用代码"])
        }
        source = Source.objects.create(kind=SourceKind.LIST, dated_on=dt.date(2026, 1, 1))
        now = Version.now()

        class Owner(widgets.Widget):  # type: ignore[misc]
            def clean(self, value: Any, row: Any = None, **_more: Any) -> Any:
                return bodies[value]

        class Versions(resources.ModelResource):  # type: ignore[misc]
            org = fields.Field("org", "统一社会信用代码", widget=Owner())
            name = fields.Field("name", "名称")
            domicile = fields.Field("domicile", "住所")
            legal_representative = fields.Field("legal_representative", "法定代表人")
            business_authority = fields.Field("business_authority", "业务主管单位")
            registry_name = fields.Field("registry_name", "登记管理机关")
            scope = fields.Field("scope", "业务范围")
            purpose = fields.Field("purpose", "宗旨")
            area = fields.Field("area", "活动地域")
            fund_fen = fields.Field("fund_fen", "原始基金数额（万元）", widget=Fund())
            registered_on = fields.Field("registered_on", "成立登记日期", widget=widgets.DateWidget("%Y-%m-%d"))
            valid_from = fields.Field("valid_from", "成立登记日期", widget=widgets.DateWidget("%Y-%m-%d"))
            standing = fields.Field("standing", "登记状态", widget=Word({"正常": str(Standing.NORMAL)}))

            class Meta:
                model = Version
                import_id_fields = ("org",)
                fields = (
                    "org", "name", "domicile", "legal_representative", "business_authority", "registry_name", "scope",
                    "purpose", "area", "fund_fen", "registered_on", "valid_from", "standing",
                )  # fmt: skip
                use_bulk, skip_diff, batch_size, force_init_instance = True, True, 1000, True

            def init_instance(self, row: Any = None) -> Any:
                return Version(known_from=now, source=source, event="listed")

        Versions().import_data(dataset, raise_errors=True, use_transactions=False)
        if reach == "all":
            written = list(Version.objects.filter(source=source).select_related("org").order_by("pk"))
            rows = [SealedRow(Version._meta.label_lower, one.pk, one.sealed_record()) for one in written]
            with transaction.atomic():
                source.seal = tlog.seal_batch(actor=actor, kind=EntryType.REGISTER_IMPORTED, rows=rows)
                source.save(update_fields=["seal"])
        orgs.write_search(actor=actor, rows=[(one, Known()) for one in bodies.values()])
        orgs.count_again()


def read_workbook(file: str, *, peer: bool) -> None:
    """Read every cell of a workbook, by the product's reader or by openpyxl; print the CPU seconds and the rows."""
    if peer:
        from openpyxl import load_workbook

        begun = time.process_time()
        sheet = load_workbook(file, read_only=True).worksheets[0]
        count = sum(1 for _row in sheet.iter_rows(values_only=True)) - 1
    else:
        start_django()
        from gongzhi.registry.lists import open_list

        begun = time.process_time()
        count = sum(len(batch.rows) for batch in open_list(Path(file), filename="list.xlsx").batches())
    print(json.dumps([time.process_time() - begun, count]))


def write_workbook(file: Path, size: int) -> None:
    """The same list as a workbook, numbers as numbers."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("名录")
    sheet.append(HEAD)
    for row in rows(size):
        sheet.append([*row[:-1], float(row[-1])])
    book.save(file)


def _own(function: str, *arguments: object) -> list[str]:
    """A function of this module in a process of its own."""
    return [sys.executable, "-m", "bench.imports", function, *map(str, arguments)]


# --- measuring ---


def measure(size: int, *, control: bool) -> Result:
    """Rounds of product, COPY and peers, and the medians of their rates."""
    rounds = ROUNDS if size < ONE_ROUND_FROM else 1
    figures: dict[str, list[float]] = {}

    def note(**values: float) -> None:
        for name, value in values.items():
            figures.setdefault(name, []).append(value)

    with folder() as var:
        say(f"{size} organizations are invented")
        file, part, book = var / "list.csv", var / "slice.csv", var / "list.xlsx"
        write_list(file, size)
        write_list(part, min(size, SLICE))
        write_workbook(book, min(size, WORKBOOK))
        cluster = Cluster(var)
        cluster.start()
        run(var, "prepare", more={**urls(cluster), "GONGZHI_DEMO": "1"})
        for turn in range(rounds):
            say(f"round {turn + 1} of {rounds}")
            with database(cluster, f"bench_product_{turn}") as name:
                more = addresses(cluster, name)
                words = command(var, "import", "organizations", str(file), "--apply", "--json")
                first, again = Cost(cluster), Cost(cluster)
                told = json.loads(first.of(words, more))
                if (told["created"], told["problems"]) != (size, []):
                    raise Broken(f"the list did not come in whole: {told['created']} of {size}")
                statements = keep_written(cluster, name, var)
                told = json.loads(again.of(words, more))
                if told["unchanged"] != size:
                    raise Broken("the same list again was not found unchanged")
                note(wall=first.wall, cpu=first.cpu, memory=first.memory_mb, changes=told["created"] + told["changed"])
                note(again=again.wall)
            with database(cluster, f"bench_copy_{turn}") as name:
                bare = Cost(cluster)
                bare.of(_own("bare_copy", cluster.url("gz_app", name), json.dumps(statements), var), {})
                note(copy_wall=bare.wall, copy_cpu=bare.cpu)
            for which in ("one", "unchecked", "all"):
                with database(cluster, f"bench_peer_{turn}") as name:
                    more = addresses(cluster, name)
                    more["DATABASE_URL"] = more[
                        "DATABASE_OWNER_URL"
                    ]  # it sets sequences, which the application may not
                    peer, idle = Cost(cluster), Cost(cluster)
                    peer.of(_own("import_export", part, which), more)
                    idle.of(_own("import_export", "", which), more)
                    note(**{f"peer_{which}": (peer.cpu - idle.cpu) / min(size, SLICE)})
            for which in ("product", "peer"):
                seconds, count = json.loads(Cost(cluster).of(_own("read_workbook", book, which), environment()))
                if count != min(size, WORKBOOK):
                    raise Broken(f"{which} read {count} rows of the workbook")
                note(**{f"book_{which}": seconds / count})
    found = {name: statistics.median(values) for name, values in figures.items()}
    found["memory"] = max(figures["memory"])
    return judged(size, rounds, found, control=control)


def judged(size: int, rounds: int, found: Mapping[str, float], *, control: bool) -> Result:
    """The result from the medians. A control puts the anchors in the product's place."""
    product = found["copy_cpu" if control else "cpu"]
    reading = found["book_peer" if control else "book_product"]
    a_row = found["peer_all"] if control else product / size
    return Result(
        name=NAME,
        size=size,
        rounds=rounds,
        product={
            "cpu_s": round(product, 2),
            "wall_s": round(found["wall"], 2),
            "rows_per_cpu_s": round(size / product),
            "rows_per_s": round(size / found["wall"]),
            "second_run_s": round(found["again"], 2),
            "peak_memory_mb": round(found["memory"]),
            "workbook_rows_per_cpu_s": round(1 / reading),
        },
        anchors={
            "copy_cpu_s": round(found["copy_cpu"], 2),
            "copy_wall_s": round(found["copy_wall"], 2),
            "copy_rate_of_product": round(found["copy_wall"] / found["wall"], 3),
            "import_export_rows_per_cpu_s": round(1 / found["peer_all"]),
            "import_export_unchecked_rows_per_cpu_s": round(1 / found["peer_unchecked"]),
            "import_export_one_table_rows_per_cpu_s": round(1 / found["peer_one"]),
            "openpyxl_rows_per_cpu_s": round(1 / found["book_peer"]),
            "memory_limit_mb": MEMORY_LIMIT_MB,
        },
        ratios={
            "copy_vs_product": round(found["copy_cpu"] / product, 3),
            "product_vs_import_export": round(found["peer_all"] / a_row, 3),
            "workbook_vs_openpyxl": round(found["book_peer"] / reading, 3),
            "memory_vs_limit": round(found["memory"] / MEMORY_LIMIT_MB, 3),
            "second_run_changes": found["changes"],
        },
        aim=AIM,
    )


if __name__ == "__main__":
    function, *given = sys.argv[1:]
    if function == "bare_copy":
        bare_copy(given[0], json.loads(given[1]), Path(given[2]))
    elif function == "import_export":
        import_export(given[0], given[1])
    else:
        read_workbook(given[0], peer=given[1] == "peer")
