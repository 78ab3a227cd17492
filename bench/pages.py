"""What a public page costs: statements, bytes, CPU and memory, against a floor and against limits.

The anchor for CPU is `bench.floor`: a bare Django view without database, session, template or translation, behind the
product's own gunicorn configuration, in the same run. It is a floor and not a product; nobody would publish it. The
other anchors are limits: 60 KB compressed for the first view of a public page (everything a browser without a cache
loads), and 1 GB for the whole stack while it serves.

`--control` measures the floor in the product's place: it is small and quick, and delivers no page.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from bench import synthetic
from bench.harness import (
    ROUNDS,
    Broken,
    PeakMemory,
    Result,
    Served,
    cpu_ms_per_request,
    environment,
    floor,
    folder,
    get,
    load,
    median,
    run,
    say,
    stack,
    urls,
)
from gongzhi.config.database import Cluster

NAME = "pages"
SIZE = 600
#: KB = 1024 bytes, as in the interface's own budget.
FIRST_VIEW_LIMIT = 60 * 1024
MEMORY_LIMIT = 1024**3
#: Enough for the clock of 10 ms: a page of 5 ms takes a second, the floor half of one.
PAGE_REQUESTS = 120
FLOOR_REQUESTS = 1200

AIM = {
    "pages_delivered": ">= 1",
    "first_view_vs_budget": "<= 1",
    "memory_vs_limit": "<= 1",
    "cpu_vs_floor": "<= 60",
}


@dataclass(frozen=True)
class Page:
    """An address and a text that its answer must hold. `view` is False for what is no page: it has no first view.

    `everyday` is False for the gallery, which shows every component at once to people who build pages: its cost is
    reported and not judged.
    """

    path: str
    expected: str
    view: bool = True
    everyday: bool = True


def pages(rows: Sequence[synthetic.Organization]) -> list[Page]:
    """The public addresses that are measured; some name the organizations that were loaded."""
    word = quote("基金")
    foundation = next((one for one in rows if one.kind == "基金会"), rows[0])
    return [
        Page("/", "××"),
        Page("/orgs/", "××"),
        Page(f"/orgs/?q={word}", "××"),
        Page(f"/orgs/{foundation.code}/", foundation.name),
        Page("/data/", "</html>"),
        Page("/accounts/sign-in/", 'name="password"'),
        Page("/ui/", "</html>", everyday=False),
        Page(f"/api/v1/organizations?q={word}", '"code"', view=False),
        Page("/en/", "××"),
    ]


class Linked(HTMLParser):
    """Collects what a browser loads beside the page itself: styles, icons, scripts, pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the parser for each opening tag."""
        given = dict(attrs)
        relation = (given.get("rel") or "").split()
        if tag == "link" and {"stylesheet", "icon", "manifest", "preload"} & set(relation):
            self.found.append(given.get("href") or "")
        elif tag in {"script", "img"}:
            self.found.append(given.get("src") or "")


def linked(html: str) -> list[str]:
    """Addresses of this site that the page loads, each once."""
    parser = Linked()
    parser.feed(html)
    return list(dict.fromkeys(one for one in parser.found if one and not urlsplit(one).netloc))


def _weigh(served: Served, page: Page) -> dict[str, Any]:
    """Bytes on the wire of one page alone and of its whole first view; whether it holds what it should."""
    answer = get(served.address, page.path)
    body = gzip.decompress(answer.body) if answer.encoding == "gzip" else answer.body
    text = body.decode("utf-8", "replace")
    total = len(answer.body)
    if page.view:
        for address in linked(text):
            part = get(served.address, urljoin(page.path, address))
            if part.status != 200:
                raise Broken(f"{page.path} links {address}, which answers {part.status}")
            total += len(part.body)
    return {
        "status": answer.status,
        "delivered": answer.status == 200 and page.expected in text,
        "html_bytes_gz": len(answer.body),
        "first_view_bytes_gz": total if page.view else None,
    }


def _queries(var: Path, paths: Sequence[str]) -> Mapping[str, int]:
    """Path → number of statements, counted in a process of its own."""
    answer = subprocess.run(
        [sys.executable, "-m", "bench.queries", *paths],
        capture_output=True, text=True, timeout=120, check=False,
        env=environment(VAR=str(var), **urls(Cluster(var))), cwd=Path(__file__).resolve().parent.parent,
    )  # fmt: skip
    if answer.returncode != 0:
        raise Broken(f"the statements could not be counted: {answer.stderr.strip()[-400:]}")
    numbers: dict[str, int] = json.loads(answer.stdout.splitlines()[-1])
    return numbers


def _load_register(var: Path, rows: list[synthetic.Organization]) -> None:
    """Bring the invented list in through the product's own command. Exit 3 means doubts, which 999900 raises."""
    file = var / "organizations.csv"
    synthetic.write_list(file, rows)
    printed = run(
        var, "import", "organizations", str(file), "--apply", "--json", allowed=(0, 3), more=urls(Cluster(var))
    )
    counts = json.loads(printed.splitlines()[-1])
    if counts["created"] != len(rows):
        raise Broken(f"{counts['created']} of {len(rows)} organizations came in: {counts['problems'][:2]}")


def measure(size: int, *, control: bool) -> Result:
    """Run the benchmark with `size` organizations in the register."""
    rows = synthetic.organizations(size)
    measured = pages(rows)
    with folder() as var, stack(var, prepare=lambda: _load_register(var, rows)) as served, floor(var) as bare:
        product = bare if control else served
        say(f"{size} organizations are in the register; measuring {len(measured)} addresses")
        weights = {page.path: _weigh(product, page) for page in measured}
        statements = {} if control else _queries(var, [page.path for page in measured])
        for page in measured:  # caches, connections and the code paths themselves
            load(product.address, page.path, 16)
        load(bare.address, "/", 100)

        spent: dict[str, list[dict[str, float]]] = {page.path: [] for page in measured}
        floors: list[float] = []
        with PeakMemory(product.roots) as memory:
            for turn in range(ROUNDS):
                say(f"round {turn + 1} of {ROUNDS}")
                for page in measured:
                    spent[page.path].append(cpu_ms_per_request(product, page.path, PAGE_REQUESTS))
                floors.append(cpu_ms_per_request(bare, "/", FLOOR_REQUESTS)["web"])

    base = median(floors)
    costs = {
        path: {f"{part}_cpu_ms": median(one[part] for one in turns) for part in turns[0] if part != "worker"}
        for path, turns in spent.items()
    }
    views = [weight["first_view_bytes_gz"] for weight in weights.values() if weight["first_view_bytes_gz"] is not None]
    return Result(
        name=NAME,
        size=size,
        product={
            "pages": {path: {"queries": statements.get(path), **weights[path], **costs[path]} for path in costs},
            "peak_memory_mb": round(memory.peak / 1024**2, 1),
        },
        anchors={
            "floor_cpu_ms": base,
            "first_view_limit_bytes": FIRST_VIEW_LIMIT,
            "memory_limit_mb": MEMORY_LIMIT // 1024**2,
        },
        ratios={
            "pages_delivered": round(sum(weight["delivered"] for weight in weights.values()) / len(weights), 3),
            "first_view_vs_budget": round(max(views) / FIRST_VIEW_LIMIT, 3),
            "memory_vs_limit": round(memory.peak / MEMORY_LIMIT, 3),
            "cpu_vs_floor": round(max(costs[page.path]["web_cpu_ms"] for page in measured if page.everyday) / base, 2),
        },
        aim=AIM,
    )
