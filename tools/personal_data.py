"""Write docs/security/personal-data.md, the register of personal data, from what the models declare.

`--check` writes nothing and fails when the file says something else.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

FILE = Path(__file__).resolve().parent.parent / "docs" / "security" / "personal-data.md"


def main(arguments: list[str]) -> int:
    """Write or check the file."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongzhi.config.settings")
    import django

    django.setup()
    from gongzhi.privacy.register import register

    text = register()
    if "--check" in arguments:
        if not FILE.exists() or FILE.read_text(encoding="utf-8") != text:
            print("personal data: run tools/personal_data.py", file=sys.stderr)
            return 1
        return 0
    FILE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
