"""Documents of a case as files."""

from __future__ import annotations

import datetime as dt

from django.template.loader import render_to_string

from gongzhi.cases.models import Document
from gongzhi.cases.wording import Paper, Words
from gongzhi.core.times import SHANGHAI
from gongzhi.ui.pdf import make_pdf


def layout(template: int) -> tuple[str, str]:
    """The names of the markup and the stylesheet of a version of the layout."""
    return f"cases/documents/v{template}.html", f"cases/documents/v{template}.css"


def document_pdf(document: Document, paper: Paper) -> bytes:
    """A document as PDF in its legal language, the same bytes each time. Raises `CannotMakePdf`."""
    words: Words = paper.words["zh"]
    markup, style = layout(document.template)
    html = render_to_string("cases/documents/sheet.html", {"words": words, "layout": markup})
    noon = dt.datetime.combine(document.on, dt.time(12), tzinfo=SHANGHAI)
    return make_pdf(html, render_to_string(style), made_at=noon)
