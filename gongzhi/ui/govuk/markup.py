"""The few moves every component makes: printing values, joining classes, writing tags.

Options keep the names and the truth values of the Nunjucks macros, so that a fixture of govuk-frontend
can be handed over as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString

Options = Mapping[str, Any]

VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta"})
NOTHING = SafeString("")


def truthy(value: Any) -> bool:
    """Whether an option counts as given: empty lists and mappings do, as in JavaScript; "", 0 and None do not."""
    return isinstance(value, (Mapping, list, tuple)) or bool(value)


def part(options: Options, name: str) -> Options:
    """The nested options `name`; an empty mapping where none are given."""
    value = options.get(name)
    return value if isinstance(value, Mapping) else {}


def printed(value: Any) -> SafeString:
    """A value as the page shows it: escaped unless already safe, None as nothing, booleans as `true` and `false`."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return SafeString("true" if value else "false")
    return conditional_escape(value)


def trusted(value: Any) -> SafeString:
    """An `html` option: markup its author answers for, without the white space around it."""
    return SafeString(str(value).strip())


def content(options: Options, html: str = "html", text: str = "text") -> SafeString:
    """The markup of an options mapping if it has any, otherwise its text, escaped."""
    return trusted(options[html]) if truthy(options.get(html)) else printed(options.get(text))


def classes(*names: Any) -> str:
    """Class names in order, without the ones that are not given."""
    return " ".join(str(name) for name in names if name)


def suffixed(options: Options, own: str) -> str:
    """`own` followed by the classes a caller added."""
    return classes(own, options.get("classes"))


def same(left: Any, right: Any) -> bool:
    """Loose equality of JavaScript for the kinds that occur in options: 1 equals "1"."""
    return str(printed(left)) == str(printed(right))


def extra(options: Options, name: str = "attributes") -> dict[str, Any]:
    """The attributes a caller adds to an element, as `tag` takes them.

    A plain value is always written, None as an empty one. `{"value": …, "optional": True}` leaves out None and False
    and writes True as a bare name.
    """
    attributes: dict[str, Any] = {}
    for key, item in part(options, name).items():
        if isinstance(item, Mapping):
            value, optional = item.get("value"), item.get("optional") is True
        else:
            value, optional = item, False
        attributes[key] = value if optional else printed(value)
    return attributes


def messages(key: str, message: Any) -> dict[str, Any]:
    """What a script says in the reader's language: one message, or one for each plural form."""
    if isinstance(message, Mapping):
        return {f"data-i18n.{key}.{rule}": text for rule, text in message.items()}
    return {f"data-i18n.{key}": message or None}


def tag(name: str, attributes: Options, *children: Any) -> SafeString:
    """One element. None and False leave an attribute out, True writes its bare name, children are escaped."""
    written = "".join(
        f" {escape(key)}" if value is True else f' {escape(key)}="{quoted(value)}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in VOID:
        return SafeString(f"<{name}{written}>")
    return SafeString(f"<{name}{written}>{''.join(printed(child) for child in children)}</{name}>")


def block(name: str, attributes: Options, *children: Any) -> SafeString:
    """One element with its children on lines of their own."""
    return tag(name, attributes, "\n", lines(*children), "\n")


def lines(*children: Any) -> SafeString:
    """Children on lines of their own, without the empty ones."""
    return SafeString("\n".join(text for text in map(printed, children) if text))


def quoted(value: Any) -> str:
    """An attribute's value. Even safe text may hold a quotation mark, which would end the attribute."""
    return printed(value).replace('"', "&quot;")
