"""The registered items a list can state, and how they stand in SQL beside those of a version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gongzhi.orgs.enums import Standing

#: Items a list can state → how an empty one looks. Empty means "the list says nothing".
STATED: Mapping[str, Any] = {
    "standing": Standing.UNKNOWN,
    "name": "",
    "domicile": "",
    "province": "",
    "purpose": "",
    "scope": "",
    "area": "",
    "fund_fen": None,
    "legal_representative": "",
    "registry_name": "",
    "business_authority": "",
    "registered_directly": False,
    "registered_on": None,
    "industry_department": "",
    "party_body": "",
    "field": "",
}
#: Items that are called otherwise in a list.
IN_LIST: Final = {"registered_on": "established_on"}
#: Fields of a list → the item they speak about.
ITEM_OF_FIELD: Final = {"established_on": "registered_on", "fund": "fund_fen"}


def _empty(value: Any) -> str:
    """An empty item as SQL."""
    if value is None:
        return "NULL"
    return "false" if value is False else f"'{value}'"


def _column(item: str) -> str:
    return f"s.{IN_LIST.get(item, item)}"


#: Item → what a staged row `s` says of it, or how an empty one looks.
AS_NEW: Final = {
    item: f"coalesce({_column(item)}, {_empty(empty)})" if empty is not None else _column(item)
    for item, empty in STATED.items()
}
#: Item → what holds when a staged row `s` has amended a version `v`. A body that had been entered in error is there
#: again as soon as a list names it; an authority that is named ends the direct registration, and the other way round.
AS_AMENDED: Final = {
    **{item: f"coalesce({_column(item)}, v.{item})" for item in STATED},
    "standing": "coalesce(s.standing, CASE WHEN v.standing = 'void' THEN 'unknown' ELSE v.standing END)",
    "business_authority": "CASE WHEN s.registered_directly THEN '' ELSE coalesce(s.business_authority, v.business_authority) END",
    "registered_directly": "coalesce(s.registered_directly, s.business_authority IS NULL AND v.registered_directly)",
}
#: Whether a staged row `s` says otherwise than a version `v`.
DIFFERS: Final = (
    f"({', '.join(AS_AMENDED.values())}) IS DISTINCT FROM ({', '.join(f'v.{item}' for item in AS_AMENDED)})"
)
