"""An invented register to search in: names with many distinct parts, the same for the same number.

Names are put together as real ones are: a place, a name of its own, a field, a form. Places are the divisions of the
packaged edition, so that a place is where a body is registered; everything else is drawn.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bench.synthetic import credit_code
from gongzhi.core import searchtext

#: Characters organizations like to call themselves by.
_OWN = (
    "爱博才诚春达德东恩丰福富光广桂国海汉和恒红宏华辉慧惠吉佳嘉建健江杰金锦京景久开康乐莲良龙鹿美民明宁鹏平启晴泉仁荣润善尚"
    "盛舒思松泰天同万旺文希曦贤祥晓馨新信星兴雅阳业一仪益颖永优友雨玉育园源远月悦云泽展兆哲真正知志致中忠竹卓紫子宗祖"
)
_FIELDS = {
    "social": ("养老", "助老", "助残", "社区服务", "社会工作", "志愿服务", "儿童关爱", "妇女发展", "家政服务", "殡葬服务", "慈善", "救助", "公益"),
    "education": ("教育", "幼儿园", "职业培训", "家庭教育", "助学", "艺术培训", "外语培训", "教育研究", "留学服务"),
    "health": ("医疗", "康复", "心理健康", "护理", "中医药", "眼科", "口腔", "健康管理", "献血"),
    "culture": ("文化", "书法", "收藏", "戏曲", "音乐", "舞蹈", "非遗保护", "茶文化", "民俗", "摄影", "美术"),
    "sport": ("体育", "足球", "篮球", "太极拳", "武术", "乒乓球", "钓鱼", "登山", "围棋", "游泳"),
    "environment": ("环保", "生态", "绿化", "水资源保护", "野生动物保护", "垃圾分类"),
    "commerce": ("茶叶行业", "家具行业", "餐饮", "物流", "建筑业", "电子商务", "服装", "汽车", "珠宝", "软件行业", "房地产", "印刷"),
    "rural": ("农业技术", "养殖", "果业", "水稻", "农机", "蔬菜", "乡村发展", "合作经济"),
    "research": ("科技", "信息技术", "人工智能", "新材料", "标准化", "地质", "经济研究", "老年学"),
    "law": ("法律服务", "人民调解", "法学", "消费者权益保护", "禁毒"),
    "profession": ("会计", "工程师", "摄影家", "企业家", "记者", "教师", "护士"),
    "international": ("国际交流", "侨商", "对外友好"),
    "religion": ("佛教", "道教"),
    "other": ("校友", "老乡", "退役军人", "青年"),
}  # fmt: skip
_FORMS = (
    ("social_group", "51", ("协会", "学会", "商会", "联合会", "促进会", "研究会", "总会")),
    ("service", "52", ("服务中心", "发展中心", "服务社", "促进中心", "指导中心", "培训学校", "事务所")),
    ("foundation", "53", ("基金会", "慈善基金会", "公益基金会")),
)
_STANDINGS = (("normal", 80), ("cancelled", 13), ("revoked", 4), ("liquidation", 1), ("unknown", 2))
_ENDED = frozenset({"cancelled", "revoked"})
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"


class Body(NamedTuple):
    """One organization, as it stands in both tables."""

    pk: int
    name: str
    text: str
    pinyin: str
    initials: str
    code: str
    kind: str
    standing: str
    path: str
    field: str
    since: dt.date
    rank: int


@dataclass
class _Sounds:
    """Pinyin by part of a name: the parts repeat, and reading a million names aloud takes minutes."""

    read: dict[str, tuple[str, str]]

    def of(self, parts: Sequence[str]) -> tuple[str, str]:
        """(pinyin, initials) of the parts one after the other."""
        for part in parts:
            if part not in self.read:
                self.read[part] = searchtext.pinyin(part), searchtext.initials(part)
        return "".join(self.read[part][0] for part in parts), "".join(self.read[part][1] for part in parts)


def bodies(size: int, places: Sequence[tuple[str, str]]) -> Iterator[Body]:
    """`size` organizations over these (path, compact name) pairs; always the same ones."""
    draw = random.Random(20261124)
    sounds = _Sounds({})
    fields = [(code, word) for code, words in _FIELDS.items() for word in words]
    standings = [standing for standing, share in _STANDINGS for _ in range(share)]
    first = dt.date(1990, 1, 1)
    for pk in range(1, size + 1):
        path, place = places[min(int(draw.expovariate(1) * len(places) / 4), len(places) - 1)]
        field, word = draw.choice(fields)
        kind, category, forms = draw.choices(_FORMS, (38, 61, 1))[0]
        parts = [place, "".join(draw.choices(_OWN, k=draw.choice((1, 2, 2, 2, 3)))), word, draw.choice(forms)]
        if draw.random() < 0.15:
            del parts[0]
        name = "".join(parts)
        text = f"={name}"
        if draw.random() < 0.1:
            text += f"<{name.replace(word, draw.choice(fields)[1], 1)}"
        if draw.random() < 0.7:
            text += f"&{draw.choice(_SURNAMES)}{''.join(draw.choices(_OWN, k=draw.choice((1, 2))))}"
        standing = draw.choice(standings)
        rank = (standing in _ENDED) << 62 | len(name) << 55 | pk
        since = first + dt.timedelta(days=draw.randrange(13_000))
        yield Body(
            pk, name, text, *sounds.of(parts), credit_code(category, pk), kind, standing, path, field, since, rank
        )
