"""What one search costs: the first 20 results, the exact total and three facets, for every class of query.

A search is one call of `orgs.search.find` in a transaction, as a page makes it; its cost is the CPU time of this process
and of its PostgreSQL backend together. Nothing is remembered from one search to the next: counts are forgotten before
every round, and `again` measures apart what a remembered count costs. Every answer is compared with a brute-force scan of
all names in memory: ids of the first 20, total, facets.

The anchor is `pg_trgm`, what a Django project would take: a GIN index with `gin_trgm_ops` over the names of the plain
table of organizations, `LIKE` (`ILIKE` would cost it more), a like order, total and facets in two statements, on the same
queries of two characters in the same run. Its aim of 100
times the product's cost is meant for a million organizations and grows with the register, so a smaller one asks for less.

A page is the whole `/orgs/?q=…` as one client gets it from `gongzhi serve`, every question a different one, with its rows,
counts and reasons. Its time is the clock's, so what else the machine does is in it; its limit stands in the same run.

`--control` measures the anchor in the product's place.
"""

from __future__ import annotations

import http.client
import os
import random
import statistics
import subprocess
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
import psycopg

from bench import harness
from bench.bodies import Body, bodies
from bench.harness import ROUNDS, Broken, Result, command, end, environment, folder, run, say, urls
from gongzhi.config.cli import start_django
from gongzhi.config.database import Cluster

NAME = "search"
SIZE = 100_000
#: Different queries of each class; a control takes fewer, because the anchor takes its time.
QUERIES = 300
CONTROL_QUERIES = 20
#: Queries of two characters that the anchor answers too.
ANCHORED = 30
FACETS = ("kind", "standing", "place")
LIMIT_MS = 5.0
#: Pages asked for of each class, and the most the 95th of a hundred may take by the clock.
PAGES = 40
PAGE_LIMIT_MS = 60.0
#: The size the ratio to the anchor is meant for.
_WHOLE_COUNTRY = 1_000_000

AIM = {
    "p95_cpu_vs_limit": "<= 1",
    "page_p95_vs_limit": "<= 1",
    "trgm_vs_product": ">= 100",
    "differences": "<= 0",
    "new_record_found_at_once": ">= 1",
}


# --- the register ---

#: What a row of results says besides: one version of each body, from the one list.
_VERSIONS = """
    INSERT INTO registry_version (org_id, valid_from, known_from, standing, name, domicile, province, purpose, scope, area,
      legal_representative, registry_name, business_authority, registered_directly, registered_on, industry_department,
      party_body, field, source_id, event)
    SELECT id, registered_on, now(), standing, name, '', '', '', '', '', '', '', '', false, registered_on, '', '', '',
      (SELECT max(id) FROM registry_source), 'listed'
    FROM orgs_organization
"""


def load(cluster: Cluster, size: int) -> list[Body]:
    """Write the invented register into both tables by COPY; indexes are made afterwards, as in a restore."""
    from gongzhi.core import searchtext
    from gongzhi.orgs.search.text import level_of

    with psycopg.connect(cluster.url("gz_owner"), autocommit=True) as connection:
        places = [
            (path, searchtext.compact(name))
            for path, name in connection.execute(
                "SELECT path, name FROM reference_division WHERE known_to IS NULL AND valid_to IS NULL AND level <= 3"
                " ORDER BY md5(path)"
            )
        ]
        made = list(bodies(size, places))
        say(f"{size} organizations were invented")
        indexes = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'orgs_search' AND indexname <> 'orgs_search_pkey'"
        ).fetchall()
        for name, _definition in indexes:
            connection.execute(f"DROP INDEX {name}")
        with connection.cursor().copy(
            "COPY orgs_organization (id, public_id, kind, credit_code, number, path, standing, name, registered_on)"
            " FROM STDIN"
        ) as copy:
            for one in made:
                copy.write_row(
                    (one.pk, f"{one.pk:010d}", one.kind, one.code, "", one.path, one.standing, one.name, one.since)
                )
        with connection.cursor().copy(
            "COPY orgs_search (org_id, name, text, grams, pinyin, initials, kind, standing, level, path, field, marks,"
            " since, rank) FROM STDIN"
        ) as copy:
            for one in made:
                copy.write_row((
                    one.pk, one.name, one.text, _grams(one.text), one.pinyin, one.initials, one.kind, one.standing,
                    level_of(one.path), one.path, one.field, [], one.since, one.rank,
                ))  # fmt: skip
        for _name, definition in indexes:
            connection.execute(definition)
        connection.execute(
            "INSERT INTO registry_source (kind, file_name, file_sha256, items, rows, reason, dated_on, at)"
            " VALUES ('list', 'list.csv', '', '{name,standing}', %s, '', '2026-01-01', now())",
            [size],
        )
        connection.execute(_VERSIONS)
        connection.execute("VACUUM ANALYZE registry_version")
        connection.execute("VACUUM ANALYZE orgs_organization")
        connection.execute("VACUUM ANALYZE orgs_search")
    return made


def _grams(text: str) -> list[int]:
    from gongzhi.core import searchtext

    pieces = text[1:].replace("<", "\n").replace("&", "\n").split("\n")
    return sorted({gram for piece in pieces for gram in searchtext.grams(piece)})


# --- the oracle ---


@dataclass
class Oracle:
    """Every search by reading everything: no index, no normalising, no code of the product."""

    made: Sequence[Body]
    #: Division path → compact names of it and of all above it.
    names: dict[str, list[str]]
    #: Field → its names.
    fields: dict[str, list[str]]
    _known: dict[str, set[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._text = "\n".join(one.text for one in self.made) + "\n"
        self._starts = [0]
        for one in self.made:
            self._starts.append(self._starts[-1] + len(one.text) + 1)
        self._at: dict[tuple[str, str], list[int]] = {}
        for at, one in enumerate(self.made):
            self._at.setdefault(("path", one.path), []).append(at)
            self._at.setdefault(("field", one.field), []).append(at)

    def _holding(self, word: str) -> set[int]:
        """Positions of the bodies a word matches."""
        if word in self._known:
            return self._known[word]
        found = set()
        at = self._text.find(word)
        while at >= 0:
            one = bisect_left(self._starts, at + 1) - 1
            found.add(one)
            at = self._text.find(word, self._starts[one + 1])
        for (what, value), places in self._at.items():
            named = self.names[value] if what == "path" else self.fields[value]
            if len(word) >= 2 and any(word in name for name in named):
                found.update(places)
        if word.isascii():
            found.update(
                at
                for at, one in enumerate(self.made)
                if one.pinyin.startswith(word) or one.initials.startswith(word) or one.code.startswith(word.upper())
            )
        self._known[word] = found
        return found

    def answer(self, words: Sequence[str], kind: str, standing: str, place: str) -> tuple[Any, ...]:
        """(first 20 ids, total, counts by kind, by standing, by place) as `Answer` has them."""
        found = set.intersection(*(self._holding(word) for word in words))
        within = [one for one in (self.made[at] for at in found) if one.path.startswith(place)]
        both = [one for one in within if kind in {"", one.kind} and standing in {"", one.standing}]

        def order(one: Body) -> tuple[int, int]:
            held = all(word in one.name for word in words)
            return 0 if held and one.name.startswith(words[0]) else 1 if held else 2, one.rank

        depth = place.count("/") + 1
        children = Counter(one.path if one.path == "/" else _cut(one.path, depth) for one in both)
        return (
            [one.pk for one in sorted(both, key=order)[:20]],
            len(both),
            dict(Counter(one.kind for one in within if standing in {"", one.standing})),
            dict(Counter(one.standing for one in within if kind in {"", one.kind})),
            dict(children),
        )


def _cut(path: str, depth: int) -> str:
    return "".join(f"{part}/" for part in path.split("/")[:-1][:depth])


# --- the questions ---


@dataclass(frozen=True)
class Question:
    """One search: its words, and up to three filters."""

    words: tuple[str, ...]
    kind: str = ""
    standing: str = ""
    place: str = ""

    @property
    def given(self) -> dict[str, str]:
        """As an address has it."""
        return {"q": " ".join(self.words), "kind": self.kind, "standing": self.standing, "place": self.place}


def questions(made: Sequence[Body], oracle: Oracle, number: int) -> dict[str, list[Question]]:
    """Class → that many different questions, always the same ones for the same register."""
    draw = random.Random(3)
    pairs = Counter(one.name[at : at + 2] for one in made[:50_000] for at in range(len(one.name) - 1))

    def part(shortest: int, longest: int) -> str:
        while True:
            name = draw.choice(made).name
            length = draw.randint(shortest, longest)
            if len(name) > length:
                at = draw.randrange(len(name) - length)
                return name[at : at + length]

    def two() -> Question:
        name = draw.choice(made).name
        middle = max(2, len(name) // 2)
        return Question((name[:2], name[middle : middle + draw.randint(2, 3)] or name[-2:]))

    def filtered() -> Question:
        one = draw.choice(made)
        at = draw.randrange(max(1, len(one.name) - 3))
        place = _cut(one.path, draw.choice((0, 1, 2)))
        kind, standing = draw.choice(((one.kind, ""), ("", one.standing), (one.kind, one.standing)))
        return Question((one.name[at : at + draw.randint(2, 3)],), kind, standing, place)

    def missing() -> Question:
        while True:
            word = part(1, 2)[::-1] + part(1, 2)[::-1]
            if not oracle._holding(word):
                return Question((word,))

    def beginning() -> Question:
        one = draw.choice(made)
        text = draw.choice((one.pinyin, one.initials, one.code.lower()))
        return Question((text[: draw.choice((3, 6, 12))],))

    common = [pair for pair, _number in pairs.most_common(number)]
    return {
        "2 common": [Question((pair,)) for pair in common],
        "2": _different(lambda: Question((part(2, 2),)), number),
        "3": _different(lambda: Question((part(3, 3),)), number),
        "4+": _different(lambda: Question((part(4, 8),)), number),
        "two words": _different(two, number),
        "filters": _different(filtered, number),
        "miss": _different(missing, number),
        "beginnings": _different(beginning, number),
    }


def _different(one: Callable[[], Question], number: int) -> list[Question]:
    """So many different questions, or as many as a small register has."""
    found: dict[Question, None] = {}
    for _try in range(number * 20):
        found[one()] = None
        if len(found) == number:
            break
    return list(found)


# --- the measurement ---


class Clock:
    """CPU seconds of this process and of one backend: nanoseconds where the system counts them."""

    def __init__(self, backend: int) -> None:
        self._file = Path(f"/proc/{backend}/schedstat")
        self._process = psutil.Process(backend)

    def now(self) -> float:
        """Both together so far."""
        try:
            theirs = int(self._file.read_text().split()[0]) / 1e9
        except OSError:
            times = self._process.cpu_times()
            theirs = times.user + times.system
        return time.process_time() + theirs


def by_search(question: Question) -> tuple[Any, ...]:
    """The product's answer."""
    from django.db import transaction

    from gongzhi.orgs.search import Asked, find

    with transaction.atomic():
        found = find(Asked.of(question.given), facets=FACETS)
    return found.ids, found.total, *(found.facets[name] for name in FACETS)


_TRGM_PAGE = """
    SELECT id FROM orgs_organization WHERE name LIKE %s
    ORDER BY starts_with(name, %s) DESC, length(name), id LIMIT 20
"""
_TRGM_COUNTS = """
    SELECT grouping(kind), grouping(standing), kind, standing, split_part(path, '/', 1), count(*)
    FROM orgs_organization WHERE name LIKE %s GROUP BY GROUPING SETS ((), (kind), (standing), (split_part(path, '/', 1)))
"""


def by_trgm(question: Question) -> tuple[Any, ...]:
    """The anchor's answer: names only, and without filters."""
    from django.db import connection, transaction

    word = question.words[0]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TRGM_PAGE, [f"%{word}%", word])
        ids = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(_TRGM_COUNTS, [f"%{word}%"])
        return ids, len(cursor.fetchall())


def spent(clock: Clock, ask: Callable[[Question], object], asked: Iterable[Question]) -> list[float]:
    """CPU milliseconds of each question."""
    costs = []
    for question in asked:
        before = clock.now()
        ask(question)
        costs.append((clock.now() - before) * 1000)
    return costs


def _part(costs: Sequence[float], share: float) -> float:
    return round(sorted(costs)[min(int(len(costs) * share), len(costs) - 1)], 3)


def _figures(turns: Sequence[Sequence[float]]) -> dict[str, float]:
    """What a class costs: each question's median of all rounds, then their middle and their 95th of a hundred."""
    typical = [statistics.median(one) for one in zip(*turns, strict=True)]
    return {"queries": len(typical), "cpu_ms_p50": _part(typical, 0.5), "cpu_ms_p95": _part(typical, 0.95)}


def page_times(cluster: Cluster, var: Path, classes: dict[str, list[Question]]) -> dict[str, dict[str, float]]:
    """Class → milliseconds of its pages by the clock, for one client that keeps its connection."""
    port = harness.free_port()
    with (var / "bench.log").open("ab") as output:
        web = subprocess.Popen(
            command(var, "serve", "--port", str(port)),
            env=environment(**urls(cluster)), stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        harness.wait_for(("127.0.0.1", port), "/ui/settings/", process=web)  # /healthz asks for a worker too
        harness.load(("127.0.0.1", port), "/orgs/?q=%E5%8D%8F%E4%BC%9A", 40)  # every thread has opened the index
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        times: dict[str, list[float]] = {}
        for name, asked in classes.items():
            for question in asked[:PAGES]:
                path = "/orgs/?" + urlencode({key: value for key, value in question.given.items() if value})
                begun = time.monotonic()
                client.request("GET", path, headers={"Accept-Encoding": "gzip", "Host": "localhost"})
                answer = client.getresponse()
                answer.read()
                times.setdefault(name, []).append((time.monotonic() - begun) * 1000)
                if answer.status != 200:
                    raise Broken(f"{path} answered {answer.status}")
        client.close()
    finally:
        end(web)
    return {name: {"ms_p50": _part(found, 0.5), "ms_p95": _part(found, 0.95)} for name, found in times.items()}


def found_at_once(size: int) -> bool:
    """A record written and committed is in the very next answer, a renamed one is not under its old name any more."""
    from django.db import connection, transaction

    from gongzhi.orgs.search import Asked, find

    def write(name: str) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM orgs_search WHERE org_id = %s", [size + 1])
            cursor.execute("DELETE FROM orgs_organization WHERE id = %s", [size + 1])
            cursor.execute(
                "INSERT INTO orgs_organization (id, public_id, kind, number, path, standing, name)"
                " VALUES (%s, 'FOUNDATONE', 'service', '1', '/', 'normal', %s)",
                [size + 1, name],
            )
            cursor.execute(
                "INSERT INTO orgs_search (org_id, name, text, grams, pinyin, initials, kind, standing, level, path, field,"
                " marks, since, rank) VALUES (%s, %s, %s, %s, '', '', 'service', 'normal', 0, '/', '', '{}', '2026-01-01', %s)",
                [size + 1, name, f"={name}", _grams(f"={name}"), size + 1],
            )

    def found(name: str) -> list[int]:
        answer = find(Asked.of({"q": name}), facets=FACETS)
        if answer.answered_by != "index":
            raise Broken("PostgreSQL answered where the index should have")
        return answer.ids

    write("齉爨籱服务中心")
    first = found("齉爨籱")
    write("籱爨齉服务中心")
    return first == [size + 1] and found("籱爨齉") == [size + 1] and found("齉爨籱") == []


def measure(size: int, *, control: bool) -> Result:
    """Run the benchmark with `size` organizations."""
    with folder() as var:
        cluster = Cluster(var, {"shared_buffers": "512MB", "max_wal_size": "4GB"})
        keeper: subprocess.Popen[bytes] | None = None
        try:
            cluster.start()
            run(var, "prepare", more=urls(cluster))
            os.environ.update({**urls(cluster), "VAR": str(var), "GONGZHI_HTTPS": "0"})
            start_django()
            made = load(cluster, size)
            begun = time.monotonic()
            with (var / "bench.log").open("ab") as output:
                keeper = subprocess.Popen(command(var, "index"), env=environment(), stdout=output, stderr=output)
            with harness.PeakMemory([keeper.pid]) as memory:
                wait_for_index(keeper, var)
            built = time.monotonic() - begun
            say(f"the index was built in {built:.0f} s")
            return _measured(cluster, var, made, control, built, memory.peak)
        finally:
            if keeper is not None:
                end(keeper)
            cluster.stop()


def wait_for_index(keeper: subprocess.Popen[bytes], var: Path) -> None:
    """Until the index answers and nothing is left to PostgreSQL."""
    from gongzhi.orgs.search import index

    while True:
        try:
            if not index.consult().changed:
                return
        except index.Unusable:
            pass
        if keeper.poll() is not None:
            raise Broken(f"the index ended: {(var / 'bench.log').read_text()[-400:]}")
        time.sleep(0.2)


def _measured(cluster: Cluster, var: Path, made: Sequence[Body], control: bool, built: float, peak: int) -> Result:
    from django.db import connection

    from gongzhi.orgs.search import index

    oracle = _oracle(made)
    classes = questions(made, oracle, CONTROL_QUERIES if control else QUERIES)
    ask = by_trgm if control else by_search
    with psycopg.connect(cluster.url("gz_owner"), autocommit=True) as owner:
        owner.execute("CREATE INDEX bench_trgm ON orgs_organization USING gin (name gin_trgm_ops)")
    connection.ensure_connection()
    with (
        connection.cursor() as cursor
    ):  # a parallel worker's time would be nobody's: the anchor's scans would look cheap
        cursor.execute("SET max_parallel_workers_per_gather = 0")
    clock = Clock(connection.connection.info.backend_pid)

    say("comparing every answer with a scan of all names")
    differences, checked = 0, 0
    for asked in classes.values():
        for question in asked:
            expected = oracle.answer(question.words, question.kind, question.standing, question.place)
            checked += 1
            differences += ask(question) != expected

    anchored = [*classes["2 common"][:: max(1, QUERIES // ANCHORED)], *classes["2"][:: max(1, QUERIES // ANCHORED)]]
    costs: dict[str, list[list[float]]] = {name: [] for name in classes}
    again: list[list[float]] = []
    trgm: list[list[float]] = []
    same: list[list[float]] = []
    for turn in range(ROUNDS):
        say(f"round {turn + 1} of {ROUNDS}")
        for name, asked in classes.items():
            index.forget_counts()
            costs[name].append(spent(clock, ask, asked))
            if name == "2 common":
                again.append(spent(clock, ask, asked))
        index.forget_counts()
        same.append(spent(clock, ask, anchored))
        trgm.append(spent(clock, by_trgm, anchored))
    figures = {name: _figures(turns) for name, turns in {**costs, "2 common again": again}.items()}
    say("asking for pages")
    pages = page_times(cluster, var, classes)
    ours = [statistics.median(one) for one in zip(*same, strict=True)]
    theirs = [statistics.median(one) for one in zip(*trgm, strict=True)]
    for name, turns in costs.items():
        typical = [statistics.median(one) for one in zip(*turns, strict=True)]
        dearest = sorted(zip(typical, classes[name], strict=True), key=lambda one: -one[0])[:3]
        say(f"dearest of {name}: " + "; ".join(f"{ms:.1f} ms {question.given}" for ms, question in dearest))
    worst = max(one["cpu_ms_p95"] for one in figures.values())
    index_bytes = sum(file.stat().st_size for file in index.folder().iterdir())
    return Result(
        name=NAME,
        size=len(made),
        product={
            "classes": figures,
            "pages": pages,
            "checked": checked,
            "differences": differences,
            "index_built_s": round(built, 1),
            "index_mb": round(index_bytes / 1024**2, 1),
            "index_peak_memory_mb": round(peak / 1024**2, 1),
        },
        anchors={
            "limit_cpu_ms": LIMIT_MS,
            "limit_page_ms": PAGE_LIMIT_MS,
            "trgm": {"queries": len(theirs), "cpu_ms_p50": _part(theirs, 0.5), "cpu_ms_p95": _part(theirs, 0.95)},
            "product_on_the_same": {"cpu_ms_p50": _part(ours, 0.5), "cpu_ms_p95": _part(ours, 0.95)},
        },
        ratios={
            "p95_cpu_vs_limit": round(worst / LIMIT_MS, 3),
            "page_p95_vs_limit": round(max(one["ms_p95"] for one in pages.values()) / PAGE_LIMIT_MS, 3),
            "trgm_vs_product": round(statistics.median(theirs) / statistics.median(ours), 1),
            "differences": differences,
            "new_record_found_at_once": int(found_at_once(len(made))),
        },
        aim={**AIM, "trgm_vs_product": f">= {max(2, round(100 * len(made) / _WHOLE_COUNTRY))}"},
    )


def _oracle(made: Sequence[Body]) -> Oracle:
    """The oracle with the names of divisions and fields as their own tables have them."""
    from gongzhi.core import searchtext
    from gongzhi.reference.codes import code_list
    from gongzhi.reference.models import Division

    called = {path: searchtext.compact(name) for path, name in Division.objects.in_use().values_list("path", "name")}
    names = {}
    for path in {one.path for one in made}:
        parts = path.split("/")[:-1]
        above = ["".join(f"{part}/" for part in parts[:depth]) for depth in range(1, len(parts) + 1)]
        names[path] = [called["/"]] if path == "/" else [called[one] for one in above if one in called]
    fields = {
        code.code: [searchtext.compact(code.zh), searchtext.compact(code.en)]
        for code in code_list("fields").codes.values()
    }
    return Oracle(made, names, fields)
