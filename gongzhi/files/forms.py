"""The question for a file, for every app's forms: one ordinary file field, which scripts send in pieces.

```python
class ReportForm(Form):
    paper = PiecesField(label=_("The signed report"), purpose=Purpose.DOCUMENT)
```

The page loads `{% ui_script "govuk" "files/upload.js" %}` and its form says `enctype="multipart/form-data"`. The view
hands `form.cleaned_data["paper"]` to `files.actions.take_in`, whatever way the file came, and shows a `RuleViolation` of
the field `file` beside the question. A form shown again keeps a file that has arrived.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.forms.boundfield import BoundField
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gongzhi.files.enums import ALLOWED, EXTENSIONS, MB, Purpose
from gongzhi.ui.forms import Form

_PUBLIC_ID: Final = re.compile(r"[0-9A-Z]{10}")


class PiecesInput(forms.FileInput):
    """A file chooser. The hidden answer `<name>-transfer` stands for a file that has arrived in pieces."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> UploadedFile[Any] | str | None:
        """The file of the form itself if there is one, else the public id of what has arrived."""
        file: UploadedFile[Any] | None = super().value_from_datadict(data, files, name)
        return file or data.get(f"{name}-transfer") or None

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return name not in files and f"{name}-transfer" not in data


class PiecesField(forms.FileField):
    """One file for a purpose. Its clean value is an uploaded file, or the public id of a transfer."""

    widget = PiecesInput

    def __init__(self, *, purpose: Purpose, **kwargs: Any) -> None:
        self.purpose = purpose
        super().__init__(**kwargs)
        endings = sorted(ending for kind in ALLOWED[purpose].formats for ending in EXTENSIONS[kind])
        self.widget.attrs["accept"] = ",".join(f".{ending}" for ending in endings)

    def to_python(self, data: Any) -> Any:
        """An uploaded file, or a public id. Whose it is and whether it is whole is asked when it is taken in."""
        if isinstance(data, str):
            return data if _PUBLIC_ID.fullmatch(data) else None
        return super().to_python(data)

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> BoundField:
        """Tells the script where to send pieces, what to say, and what has arrived for this form already."""
        name = form.add_prefix(field_name)
        arrived = str(form.data.get(f"{name}-transfer") or "") if form.is_bound and not form.files.get(name) else ""
        most = ALLOWED[self.purpose].most_bytes
        words = {
            "too_large": _("This file is larger than %(most)s MB. Make it smaller or split it, and send it again.")
            % {"most": most // MB},
            "reading": _("The file is being read …"),
            "sending": _("{percent} % sent"),
            "going_on": _("Going on at {percent} %"),
            "waiting": _("No connection. Nothing is lost; trying again …"),
            "arrived": _("The whole file has arrived. Hand in the form to finish."),
            "kept": _("The file you chose before has arrived and is kept."),
            "signed_out": _("You are signed out. Sign in again on another page, then choose the same file to go on."),
            "refused": _("The file was not accepted. Choose another one, or try again in a few minutes."),
            "stop": _("Stop sending"),
            "stopped": _("Stopped. Choose the same file again to go on."),
            "progress": _("How much of the file has been sent"),
        }
        self.widget.attrs.update(
            {
                "data-pieces": reverse("files:begin"),
                "data-purpose": str(self.purpose),
                "data-most": str(most),
                "data-arrived": arrived if _PUBLIC_ID.fullmatch(arrived) else "",
                "data-words": json.dumps(words, ensure_ascii=False),
            }
        )
        return super().get_bound_field(form, field_name)


class KeepFileForm(Form):
    """A file somebody keeps for themself on the platform."""

    file = PiecesField(
        label=gettext_lazy("The file"),
        purpose=Purpose.OWN,
        help_text=gettext_lazy(
            "PDF, OFD, Word, Excel, pictures, text; at most 20 MB. Pictures are kept without the place where they were taken."
        ),
    )
