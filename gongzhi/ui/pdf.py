"""HTML as PDF. One page of markup and one stylesheet in, bytes out: the same bytes for the same input.

Nothing is fetched: neither the network nor a file of the machine can be named from the markup. Pango and its fonts are
libraries of the system; where they are missing everything else works, and `CannotMakePdf` says what to install.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


class CannotMakePdf(Exception):
    """The libraries that lay out text are not on this machine; the text says what to install."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file inside a PDF: its name, its bytes, and one line about it."""

    name: str
    content: bytes
    about: str = ""


def make_pdf(
    html: str, css: str, *, made_at: dt.datetime, attached: Sequence[Attached] = (), variant: str | None = None
) -> bytes:
    """The markup as a PDF. `made_at` is the moment it says it was made; `variant` is one of PDF/A, such as `pdf/a-3u`.

    The title, language and author are those of the markup. Raises `CannotMakePdf`.
    """
    try:
        from weasyprint import CSS, HTML, Attachment
        from weasyprint.urls import FatalURLFetchingError
    except OSError as error:
        raise CannotMakePdf(
            f"install Pango (libpango-1.0-0, libpangoft2-1.0-0, libharfbuzz-subset0): {error}"
        ) from error

    def refuse(url: str, *_arguments: Any, **_options: Any) -> Any:
        # The address stands in no answer: who wrote it into the markup learns nothing.
        raise FatalURLFetchingError("nothing is fetched for a PDF")

    # What varies from one run to the next would make equal documents differ.
    identifier = hashlib.sha256(html.encode() + css.encode()).hexdigest()[:32].encode()
    files = [
        Attachment(
            string=one.content,
            name=one.name,
            description=one.about or one.name,
            created=made_at,
            modified=made_at,
            relationship="Data",
            url_fetcher=refuse,
        )
        for one in attached
    ]
    document = HTML(string=html, url_fetcher=refuse)
    made: bytes = document.write_pdf(
        stylesheets=[CSS(string=css, url_fetcher=refuse)],
        attachments=files or None,
        pdf_identifier=identifier,
        pdf_variant=variant,
        pdf_tags=True,
    )
    return made
