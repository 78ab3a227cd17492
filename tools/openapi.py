"""The committed description of the API: write it, or check that it is what the code says."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

FILE = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"


def description() -> str:
    """OpenAPI as the code stands, in a form that diffs well."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongzhi.config.settings")
    os.environ["VAR"] = tempfile.mkdtemp(prefix="gongzhi-openapi-")
    import django

    django.setup()
    from gongzhi.api.v1 import api

    schema = api.get_openapi_schema(path_prefix="/api/v1/")
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True, default=str) + "\n"


def main(arguments: list[str]) -> int:
    """`openapi.py` writes docs/openapi.json; `--check` compares."""
    text = description()
    if "--check" in arguments:
        if not FILE.exists() or FILE.read_text(encoding="utf-8") != text:
            print("openapi: docs/openapi.json is not what the code says: run tools/openapi.py", file=sys.stderr)
            return 1
        return 0
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
