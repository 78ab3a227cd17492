"""How many SQL statements a page sends. `python -m bench.queries PATH ...` prints a JSON object: path → number.

Runs in a process of its own with the product's settings, through Django's test client, so that nothing in the product
has to be changed for it. BEGIN, COMMIT and savepoints are not counted; the statement that sets the scope is.
"""

from __future__ import annotations

import json
import sys

from gongzhi.config.cli import start_django

_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


def count(paths: list[str]) -> dict[str, int]:
    """Path → number of statements of its second request: the first may fill caches."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "localhost"})
    numbers = {}
    for path in paths:
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        numbers[path] = sum(not query["sql"].startswith(_CONTROL) for query in captured.captured_queries)
    return numbers


if __name__ == "__main__":
    start_django()
    print(json.dumps(count(sys.argv[1:])))
