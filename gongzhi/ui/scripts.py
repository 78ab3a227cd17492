"""Scripts a page may ask for, and the order they load in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HTMX: Final = "vendor/htmx.org-2.0.11/htmx.js"
GOVUK_CSS: Final = "vendor/govuk-frontend-6.6.0/govuk-frontend.css"


@dataclass(frozen=True, slots=True)
class Script:
    """One file below static. `writes_html` says that Trusted Types would stop it, so its page goes without them."""

    path: str
    module: bool = False
    writes_html: bool = False


#: In loading order: libraries, the form layer, then our own. Old engines skip modules and lose only comfort.
NAMED: Final = {
    "htmx": Script(HTMX, writes_html=True),
    "govuk": Script("ui/forms.js", module=True),
    "app": Script("ui/app.js"),
}


def in_order(names: tuple[str, ...]) -> list[Script]:
    """The scripts with these names in loading order; what is no name is the path of a page's own script, and last.

    Raises `ValueError` for a name that is neither.
    """
    own = [name for name in names if name not in NAMED]
    for name in own:
        if not name.endswith(".js"):
            raise ValueError(f"there is no script {name!r}")
    return [script for name, script in NAMED.items() if name in names] + [Script(name) for name in own]
