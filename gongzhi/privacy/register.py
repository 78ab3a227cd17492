"""The register of personal data, made from what the models declare."""

from __future__ import annotations

from typing import Any, Final

from django.apps import apps

from gongzhi.core.retention import rules_of

HEAD: Final = """# Register of personal data

What the platform keeps about people, made from the declarations of the models by `tools/personal_data.py`. Columns that end
in `_sealed` are encrypted and bound to their row; how and when each is opened stands in
[decision 20](../adr/0018-looks-holds-emergency-access.md), how it is forgotten in
[decision 21](../adr/0019-privacy-rights-and-retention.md).
"""


def register() -> str:
    """The text of docs/security/personal-data.md."""
    parts = [HEAD]
    models: list[Any] = [model for model in apps.get_models() if getattr(model, "personal_fields", None)]
    models.sort(key=lambda model: str(model._meta.label_lower))
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
