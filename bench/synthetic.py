"""Invented organizations: the same for the same number, with sound credit codes and names nobody takes for real.

Division 999900 does not exist, and every name holds ××.
"""

from __future__ import annotations

import csv
import datetime as dt
import random
from dataclasses import dataclass
from pathlib import Path

from gongzhi.registry.creditcode import check_character, organization_check

DIVISION = "999900"
_FORMS = (("51", "社会团体", "协会"), ("52", "社会服务机构", "服务中心"), ("53", "基金会", "基金会"))
_PLACES = ("东城", "南山", "西湖", "北林", "中原", "海曙", "江岸", "河西", "山阳", "云岩")
_FIELDS = ("养老", "助残", "儿童", "环保", "教育", "医疗", "文化", "体育", "科技", "社区", "乡村", "法律")
_FIRST_DAY = dt.date(1990, 1, 1)
_DAYS = 12_000


@dataclass(frozen=True)
class Organization:
    """One row of the list."""

    code: str
    name: str
    kind: str
    established_on: dt.date


def credit_code(category: str, serial: int) -> str:
    """The sound code with this serial number (below 100 000 000) in the division that does not exist."""
    organization = f"{serial:08d}"
    body = f"{category}{DIVISION}{organization}{organization_check(organization)}"
    return body + check_character(body)


def organizations(size: int) -> list[Organization]:
    """`size` organizations, always the same ones."""
    chance = random.Random(20260101)
    made = []
    for serial in range(1, size + 1):
        # An organization code ends in X now and then, which the alphabet of GB 32100 has too.
        category, kind, form = chance.choice(_FORMS)
        name = f"{chance.choice(_PLACES)}××{chance.choice(_FIELDS)}{chance.choice(_FIELDS)}第{serial}{form}"
        day = _FIRST_DAY + dt.timedelta(days=chance.randrange(_DAYS))
        made.append(Organization(credit_code(category, serial), name, kind, day))
    return made


def write_list(file: Path, rows: list[Organization]) -> None:
    """The list as registration authorities hand it over: CSV with Chinese headings."""
    with file.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["统一社会信用代码", "名称", "类型", "状态", "成立登记日期"])
        writer.writerows([one.code, one.name, one.kind, "正常", one.established_on.isoformat()] for one in rows)
