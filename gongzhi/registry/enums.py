"""Events of the register, the items a register holds, and who may change it."""

from __future__ import annotations

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gongzhi.orgs.enums import Kind

IMPORT = "registry.import"
CORRECT = "registry.correct"


class EventKind(models.TextChoices):
    """What happened on a version's day."""

    LISTED = "listed", _("Taken from a registry's list")
    LIST_CHANGED = "list_changed", _("A registry's list says otherwise")
    CORRECTED = "corrected", _("Corrected by the registry")


class SourceKind(models.TextChoices):
    """What a piece of knowledge rests on."""

    LIST = "list", _("List of the registration authority")
    CORRECTION = "correction", _("Correction by an official")


#: Registered items in the order of the certificate → label. Which kind has which is `ITEMS_OF` (domain.md §1.6).
ITEMS: dict[str, str | Promise] = {
    "name": _("Name"),
    "domicile": _("Domicile"),
    "purpose": _("Purpose"),
    "scope": _("Scope of activity"),
    "area": _("Area of activity"),
    "legal_representative": _("Legal representative"),
    "fund_fen": _("Registered funds"),
    "business_authority": _("Business authority"),
}

ITEMS_OF: dict[str, tuple[str, ...]] = {
    Kind.SOCIAL_GROUP: tuple(ITEMS),
    Kind.SERVICE: ("name", "domicile", "purpose", "scope", "legal_representative", "fund_fen", "business_authority"),
    # 基金会管理条例 Art 11 names no business authority among the registered items.
    Kind.FOUNDATION: ("name", "domicile", "purpose", "scope", "fund_fen", "legal_representative"),
    Kind.OVERSEAS_OFFICE: ("name", "domicile", "scope", "legal_representative"),
    Kind.COMMUNITY_GROUP: ("name", "domicile", "purpose", "scope", "legal_representative"),
    Kind.UNCLEAR: tuple(ITEMS),
}

#: The statute that names the registered items of a kind.
ITEMS_GROUND: dict[str, str] = {
    Kind.SOCIAL_GROUP: "《社会团体登记管理条例》第十二条",
    Kind.SERVICE: "《民办非企业单位登记管理暂行条例》第十二条",
    Kind.FOUNDATION: "《基金会管理条例》第十一条",
    Kind.OVERSEAS_OFFICE: "《基金会管理条例》第十三条",
}

#: What the money is called on the certificate of a kind.
FUND_LABEL: dict[str, str | Promise] = {
    Kind.SOCIAL_GROUP: _("Activity funds"),
    Kind.SERVICE: _("Start-up funds"),
    Kind.FOUNDATION: _("Original fund"),
}
