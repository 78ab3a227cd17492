"""What officials type about the register."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from gongzhi.orgs.models import Organization
from gongzhi.registry.enums import ITEMS_OF
from gongzhi.registry.selectors import label_of
from gongzhi.ui.forms import FenField, Form

LONGEST = {"name": 200, "legal_representative": 100, "business_authority": 200}


class CorrectionForm(Form):
    """One registered item, what it should say, and why."""

    item = forms.ChoiceField(label=_("Which item"))
    value = forms.CharField(
        label=_("What it should say"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=4000,
        help_text=_("As it stands on the certificate. Funds in yuan, such as 2000000.00. Empty: no source states it."),
    )
    reason = forms.CharField(
        label=_("Why"),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=1000,
        help_text=_("Everybody can read it. Name the certificate or the decision; do not write about persons."),
    )

    def __init__(self, organization: Organization, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        choices = [(item, str(label_of(item, organization.kind))) for item in ITEMS_OF[organization.kind]]
        self.fields["item"].choices = choices  # type: ignore[attr-defined]  # a choice field has choices

    def clean(self) -> dict[str, Any]:
        """Turn the text into what the register stores for the item; say which value cannot be."""
        data = super().clean() or {}
        item, text = data.get("item", ""), data.get("value", "").strip()
        if item == "fund_fen":
            try:
                data["value"] = FenField(required=False).clean(text)
            except forms.ValidationError as error:
                self.add_error("value", error)
        elif len(text) > LONGEST.get(item, 4000):
            self.add_error("value", _("This is too long: at most %(most)s characters.") % {"most": LONGEST[item]})
        else:
            data["value"] = text
        return data
