"""`python -m bench NAME [--size N] [--json] [--control]`: exit 0 when the aims are met, 1 when not, 2 when not run."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from bench.harness import Broken, Result
from gongzhi.config.database import CannotStart

#: Name → what it asks. The module of the same name (or of `MODULES`) holds `SIZE` and `measure`.
BENCHMARKS = {
    "access": "what the door, the scope, the second wall and sealing cost",
    "import": "what taking in a list costs, and a workbook: rows a second, memory",
    "lostwords": "whether a form loses a word: random faults while somebody types, and what is there afterwards",
    "login": "whether the clock tells an unknown name, a closed account and a wrong password apart",
    "pages": "what a public page costs: statements, bytes, CPU and memory",
    "start": "how long a first and a second start take",
    "search": "what one search costs: top 20, exact total and three facets, of every class",
}

#: Benchmarks whose name no module can have.
MODULES = {"import": "imports"}

Measure = Callable[..., Result]


def listing() -> str:
    """The benchmarks there are, one a line."""
    return "\n".join(f"  {name:<10} {text}" for name, text in BENCHMARKS.items())


def stop_on_sigterm() -> None:
    """Let SIGTERM unwind as Ctrl-C does, so that nothing is left running."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one benchmark."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Benchmarks of the platform.")
    parser.add_argument("name", nargs="?", default="")
    parser.add_argument("--size", type=int, help="how much data; each benchmark has its own default")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    parser.add_argument("--control", action="store_true", help="put the anchor in the product's place: must end not ok")
    options = parser.parse_args(arguments)
    if options.name not in BENCHMARKS:
        said = f"There is no benchmark {options.name}." if options.name else "Name a benchmark."
        print(f"{said} There are:\n{listing()}", file=sys.stderr)
        return 2
    module = import_module(f"bench.{MODULES.get(options.name, options.name)}")
    size = module.SIZE if options.size is None else options.size
    if size < 1:
        print("--size must be at least 1.", file=sys.stderr)
        return 2
    stop_on_sigterm()
    measure: Measure = module.measure
    try:
        result = measure(size, control=options.control)
    except (Broken, CannotStart) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    print(result.as_json() if options.json else result.as_text())
    return 0 if result.ok else 1


if __name__ == "__main__":
    sys.exit(main())
