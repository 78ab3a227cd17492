"""Divisions at the beginning of a name: full names of every level and of every time, short ones of provinces and cities."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Max

from gongzhi.reference import selectors as reference
from gongzhi.reference.enums import NATIONAL_CODE, NATIONAL_PATH, Level
from gongzhi.reference.models import Division

#: Names that only statistics know.
_NO_NAMES: Final = frozenset({"县", "市辖区", "城区", "郊区", "市郊区"})
#: What people write for the national registration authority.
_NATION: Final = frozenset(
    {"/", NATIONAL_CODE, "民政部", "中华人民共和国民政部", "全国", "国家", "中国", "ministryofcivilaffairs"}
)
#: The peoples autonomous regions and prefectures are named after.
_PEOPLES: Final = (
    "蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|高山|拉祜|水|东乡|纳西|景颇|柯尔克孜|土|达斡尔|仫佬|羌|布朗|撒拉|"
    "毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|乌孜别克|俄罗斯|鄂温克|德昂|保安|裕固|京|塔塔尔|独龙|鄂伦春|赫哲|门巴|珞巴|基诺|各"
)
_SUFFIX: Final = re.compile(
    rf"((?:{_PEOPLES})族)*(自治区|自治州|特别行政区|地区|省|市|盟)$|维吾尔自治区$|(蒙古|哈萨克|柯尔克孜)自治州$"
)


@dataclass(frozen=True, slots=True)
class Place:
    """One division, present or past, as a name may begin with it."""

    path: str
    name: str
    level: int
    in_use: bool


@dataclass(frozen=True, slots=True)
class Begins:
    """What a name begins with: so many characters, naming one of these divisions (more where the name is shared)."""

    length: int
    places: tuple[Place, ...]
    #: The divisions read one after the other, as written: 广东省, 深圳市.
    steps: tuple[str, ...]

    @property
    def path(self) -> str:
        """The division's path if there is only one it can be, else empty."""
        paths = {place.path for place in self.places}
        return paths.pop() if len(paths) == 1 else ""


NOWHERE: Final = Begins(0, (), ())


@dataclass(frozen=True, eq=False)
class Places:
    """The names of all divisions, ready to be read at the beginning of a text. Pure."""

    edition: int
    full: Mapping[str, Sequence[Place]]
    short: Mapping[str, Sequence[Place]]
    longest: int

    def at_start(self, text: str, *, registry: str = "") -> Begins:
        """The longest chain of divisions the text begins with, each below the one before.

        A short name (广东, 深圳) counts where the registry is not known, or lies in that division or above it: 朝阳 is a
        word before it is a city. `registry` is a path; with `/` only full names count, because a national body is
        named without a division and 北京大学 is no place. A street counts below a county or city.
        """
        held, at, steps = NOWHERE.places, 0, []
        while True:
            length, found = self._next(text[at:], held, registry)
            if not found:
                break
            held, at = found, at + length
            steps.append(text[at - length : at])
        return Begins(at, held, tuple(steps)) if at else NOWHERE

    def _next(self, text: str, held: tuple[Place, ...], registry: str) -> tuple[int, tuple[Place, ...]]:
        for length in range(min(self.longest, len(text)), 1, -1):
            word = text[:length]
            found = [one for one in self.full.get(word, ()) if _may_follow(one, held)]
            if not found and registry != "/":
                found = [
                    one for one in self.short.get(word, ()) if _may_follow(one, held) and (held or _near(one, registry))
                ]
            if found:
                return length, _best(found, registry)
        return 0, ()

    def named(self, text: str) -> tuple[Place, ...]:
        """The divisions in use that the whole text names, by full names or short ones."""
        begins = self.at_start(text)
        return tuple(one for one in begins.places if one.in_use) if begins.length == len(text) else ()


def _may_follow(place: Place, held: tuple[Place, ...]) -> bool:
    """Whether this division can stand behind those before it, or first."""
    if not held:
        return place.level < Level.TOWNSHIP
    return any(place.path.startswith(above.path) and place.path != above.path for above in held)


def _near(place: Place, registry: str) -> bool:
    return not registry or place.path.startswith(registry) or registry.startswith(place.path)


def _best(found: Iterable[Place], registry: str) -> tuple[Place, ...]:
    """Those the registry makes likely, else all; of these the ones in use, else all."""
    rows = list(found)
    if registry not in {"", "/"}:
        rows = [one for one in rows if _near(one, registry)] or rows
    return tuple([one for one in rows if one.in_use] or rows)


def short_name(name: str) -> str:
    """A province's or city's name without what says its rank: 深圳市 → 深圳, 广西壮族自治区 → 广西, 延边朝鲜族自治州 → 延边."""
    short = _SUFFIX.sub("", name)
    return short if len(short) >= 2 else ""


def registries_named(text: str) -> list[str]:
    """The paths of the divisions whose registration authority a text means: a name, a chain of names, or a code.

    Several where a name is shared, none where no division in use is called so. A street has no registration authority.
    """
    return _named(text, Level.COUNTY)


def divisions_named(text: str) -> list[str]:
    """The paths of the divisions a text means, streets below a county too; otherwise like `registries_named`."""
    return _named(text, Level.TOWNSHIP)


def _named(text: str, deepest: Level) -> list[str]:
    text = "".join(text.split())
    if text.lower() in _NATION:
        return [NATIONAL_PATH]
    text = text.removesuffix("民政局").removesuffix("民政厅")
    if text.isascii() and text.isdigit():
        try:
            return [reference.path_of(text)]
        except reference.UnknownDivision:
            return []
    return sorted({one.path for one in places().named(text) if one.level <= deepest}) if text else []


_kept: Places | None = None
_reading: Final = threading.Lock()


def places() -> Places:
    """The divisions as they are known: one indexed look-up, and all of them anew after a division was entered."""
    global _kept  # noqa: PLW0603 - one for the process: 46,000 names take some 0.3 s to read
    newest = Division.objects.aggregate(newest=Max("pk"))["newest"] or 0
    kept = _kept
    if kept is not None and kept.edition == newest:
        return kept
    with _reading:
        _kept = _read(newest)
        return _kept


def _read(edition: int) -> Places:
    full: dict[str, list[Place]] = {}
    short: dict[str, list[Place]] = {}
    rows = Division.objects.current().exclude(level=Level.NATION).values_list("path", "name", "level", "valid_to")
    for path, name, level, valid_to in rows.iterator():
        if name in _NO_NAMES or (level == Level.TOWNSHIP and valid_to is not None):
            continue
        place = Place(path, name, level, valid_to is None)
        full.setdefault(name, []).append(place)
        if level <= Level.PREFECTURE and place.in_use and (brief := short_name(name)):
            short.setdefault(brief, []).append(place)
    return Places(edition, full, short, max(map(len, full), default=0))
