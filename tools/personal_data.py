"""Write docs/security/personal-data.md, the register of personal data, from what the models declare.

`--check` writes nothing and fails when the file says something else.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docs" / "security" / "personal-data.md"
HEAD = """# Register of personal data

What the platform keeps about people, made from the declarations of the models by `tools/personal_data.py`. Columns that end
in `_sealed` are encrypted and bound to their row; how and when each is opened stands in
[decision 20](../adr/0020-looks-holds-emergency-access.md), how it is forgotten in
[decision 21](../adr/0021-privacy-rights-and-retention.md).
"""


def register() -> str:
    """The text of the file."""
    from django.apps import apps

    from gongzhi.core.retention import rules_of

    parts = [HEAD]
    models = sorted(
        (model for model in apps.get_models() if getattr(model, "personal_fields", None)),
        key=lambda model: model._meta.label_lower,
    )
    for model in models:
        first = (model.__doc__ or "").strip().partition("\n")[0]
        parts.append(f"## {model._meta.label_lower}\n\n{first}\n\n| field | why, and how long |\n|---|---|")
        parts += [f"| `{name}` | {said} |" for name, said in model.personal_fields.items()]
        rules = [
            f"{rule.days} days after `{rule.after}`: "
            + (", ".join(f"`{name}`" for name in rule.fields) + " emptied" if rule.fields else "row removed")
            for rule in rules_of(model)
        ]
        parts.append(f"\nForgotten by the nightly job: {'; '.join(rules) or 'nothing by the clock'}.\n")
    return "\n".join(parts).rstrip() + "\n"


def main(arguments: list[str]) -> int:
    """Write or check the file."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongzhi.config.settings")
    import django

    django.setup()
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
