"""What search keeps of one organization. Pure; `orgs.actions` writes it, bulk loads copy it in."""

from __future__ import annotations

import datetime as dt
import functools
import struct
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from gongzhi.core import searchtext
from gongzhi.core.searchtext import Spoken
from gongzhi.orgs.enums import ENDED
from gongzhi.orgs.models import Organization, OrganizationSearch

#: The sign before each piece of `OrganizationSearch.text`. No compact text holds one, so a word never matches across.
NAME: Final = "="
FORMER: Final = "<"
HOST: Final = "@"
PERSON: Final = "&"

#: `rank` is `ended (1 bit) | length of the name (7 bits) | id (55 bits)`.
_LENGTH_AT: Final = 55
_ENDED_AT: Final = 62
#: The bit of `rank` that puts ended bodies last.
ENDED_FLAG: Final = 1 << _ENDED_AT


class Known(NamedTuple):
    """What an organization is found by besides its present name."""

    former_names: Sequence[str] = ()
    #: Names of the bodies it leans on today.
    hosts: Sequence[str] = ()
    #: Persons whose names are public by law: the legal representative, officers.
    people: Sequence[str] = ()
    field: str = ""


def level_of(path: str) -> int:
    """How deep a registry's division lies: 0 national, 1 province, 2 city, 3 county and below."""
    return min(path.count("/") if path != "/" else 0, 3)


def rank_of(*, pk: int, name: str, standing: str) -> int:
    """The place of a result within its tier, unique: ended bodies last, then the shorter name, then the older row."""
    return (standing in ENDED) << _ENDED_AT | min(len(name), 127) << _LENGTH_AT | pk


def text_of(name: str, known: Known) -> str:
    """Everything a word can be part of, each piece behind its sign. `name` is compact."""
    return "".join([NAME + name, *_others(known)])


def _others(known: Known) -> dict[str, None]:
    """The pieces besides the name, each once and behind its sign."""
    return {
        sign + body: None
        for sign, texts in ((FORMER, known.former_names), (HOST, known.hosts), (PERSON, known.people))
        for text in texts
        if (body := searchtext.compact(text))
    }


def grams_of(name: str, known: Known, spoken: Spoken) -> list[int]:
    """Numbers of characters and pairs of every piece, and of pairs of syllables of the present name."""
    return _grams(searchtext.compact(name), _others(known), spoken)


def _grams(name: str, others: Iterable[str], spoken: Spoken) -> list[int]:
    found = searchtext.numbers_of(name) | spoken.numbers
    for piece in others:
        found |= searchtext.numbers_of(piece[1:])
    return sorted(found)


def values_of(organization: Organization, known: Known, marks: Sequence[str] = ()) -> dict[str, Any]:
    """The columns of the search row of one organization as it stands, but for those PostgreSQL sets."""
    name = searchtext.compact(organization.name)
    spoken, others = searchtext.spoken(organization.name), _others(known)
    return {
        "org_id": organization.pk,
        "name": name,
        "text": "".join([NAME + name, *others]),
        "grams": _grams(name, others, spoken),
        "pinyin": spoken.pinyin,
        "initials": spoken.initials,
        "kind": organization.kind,
        "standing": organization.standing,
        "level": level_of(organization.path),
        "path": organization.path,
        "field": known.field,
        "marks": sorted(marks),
        "since": organization.registered_on or dt.date.min,
        "rank": rank_of(pk=organization.pk, name=name, standing=organization.standing),
    }


def search_row(organization: Organization, known: Known, marks: Sequence[str] = ()) -> OrganizationSearch:
    """The search row of one organization as it stands; `changed` is set by PostgreSQL."""
    return OrganizationSearch(**values_of(organization, known, marks))


#: Columns in the order of `copied`.
COPIED: Final = (
    "org_id", "name", "text", "grams", "pinyin", "initials", "kind", "standing", "level", "path", "field", "marks", "since",
    "rank",
)  # fmt: skip
COPY_SEARCH: Final = f"COPY orgs_search ({', '.join(COPIED)}) FROM STDIN (FORMAT BINARY)"
#: What stands before the first row and after the last (PostgreSQL, "COPY", file formats).
COPY_HEAD: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TAIL: Final = b"\xff\xff"

_LENGTH: Final = struct.Struct(">i").pack
#: How many columns follow, and the first of them, `org_id`: each is a length in bytes and the value.
_BEGIN: Final = struct.Struct(">hiq").pack
#: `grams`: its length, dimensions, whether it holds nulls, type of its elements (int4), how many, number of the first.
_ARRAY: Final = struct.Struct(">iiiiii").pack
_ARRAY_HEAD, _ELEMENT, _INT4 = 20, 8, 23
_LEVEL: Final = struct.Struct(">ih").pack
#: `marks`, an empty array of varchar (1043): its length, no dimensions, no nulls, type of its elements.
_NO_MARKS: Final = struct.pack(">iiii", 12, 0, 0, 1043)
#: The day since 2000-01-01, the rank.
_END: Final = struct.Struct(">iiiq").pack
_FIRST_DAY: Final = dt.date(2000, 1, 1).toordinal()


def copied(organization: Organization, known: Known) -> bytes:
    """The search row of an organization without marks, as `COPY_SEARCH` takes it: what `values_of` says, its numbers in no
    order. A list has a million, and writing numbers as text to have them read again takes longer than finding them.
    """
    pk, path, since = organization.pk, organization.path, organization.registered_on or dt.date.min
    name = searchtext.compact(organization.name)
    spoken, others = searchtext.spoken(organization.name), _others(known)
    elements = searchtext.elements_of(name)
    elements |= spoken.elements
    for piece in others:
        elements |= searchtext.elements_of(piece[1:])
    packed = b"".join(elements)
    row = [
        _BEGIN(len(COPIED), 8, pk),
        *_text(name),
        *_text("".join([NAME + name, *others])),
        _ARRAY(_ARRAY_HEAD + len(packed), 1, 0, _INT4, len(packed) // _ELEMENT, 1),
        packed,
        *_text(spoken.pinyin),
        *_text(spoken.initials),
        _filed(organization.kind, organization.standing, path, known.field),
        _END(4, since.toordinal() - _FIRST_DAY, 8, rank_of(pk=pk, name=name, standing=organization.standing)),
    ]
    return b"".join(row)


@functools.lru_cache(maxsize=10_000)
def _filed(kind: str, standing: str, path: str, field: str) -> bytes:
    """The columns from `kind` to `marks`: the same few over and over."""
    level = _LEVEL(2, level_of(path))
    return b"".join([*_text(kind), *_text(standing), level, *_text(path), *_text(field), _NO_MARKS])


def _text(value: str) -> tuple[bytes, bytes]:
    encoded = value.encode()
    return _LENGTH(len(encoded)), encoded
