"""Masked copies that stand beside sealed fields: what lists, searches and exports show."""

from __future__ import annotations


def mask_name(name: str) -> str:
    """`王小明` → `王××`, `欧阳修` keeps one character too; Latin names keep the first letter."""
    name = name.strip()
    return f"{name[0]}××" if name else ""


def mask_phone(phone: str) -> str:
    """`13812340013` → `138****0013`; shorter numbers keep their last two digits."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else f"****{phone[-2:]}"


def mask_email(address: str) -> str:
    """`wang@example.org` → `w***@example.org`."""
    local, _, domain = address.partition("@")
    return f"{local[:1]}***@{domain}"
