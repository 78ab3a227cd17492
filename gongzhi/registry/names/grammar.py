"""A proposed name taken apart: division, brand word, field, form. Pure; a machine's reading, never a verdict.

The law gives the order and no signs between the parts (令69 Art 8), so the ends are read first: a division at the
beginning, a form at the end. What stands between is the field of a social group; of a foundation or a service institution
it is brand word and field, and the field begins where everything up to the form consists of words of `words.yaml`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from gongzhi.core import searchtext
from gongzhi.orgs.enums import Kind
from gongzhi.registry.names.places import NOWHERE, Begins, Places
from gongzhi.registry.names.words import NATIONAL, Form, words

Role = Literal["division", "national", "brand", "origin", "field", "form"]

#: Longer than any name of the register's column that people type; the rest is not read.
LONGEST: Final = 100
_SPACE: Final = re.compile(r"[\s\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
#: Kinds whose names carry a brand word (N3).
BRANDED: Final = frozenset({Kind.SERVICE, Kind.FOUNDATION})


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the name and what it is; `start` and `end` count characters of `Parsed.written`."""

    role: Role
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """A name and its parts. The parts are in order and together are the whole name."""

    written: str
    kind: str
    parts: tuple[Part, ...]
    begins: Begins
    form: Form | None
    #: Code of the list "fields" where the words say one for certain.
    field_code: str

    def text_of(self, role: Role) -> str:
        """The part in one width, letters small; empty where the name has none."""
        return same_width("".join(part.text for part in self.parts if part.role == role))

    @property
    def key(self) -> str:
        """The whole name as two names are compared to be the same: one width, no spaces, the characters as they are."""
        return same_width(self.written)

    @property
    def core(self) -> str:
        """What tells the name from others: everything but division and form; compact."""
        return searchtext.compact("".join(part.text for part in self.parts if part.role not in {"division", "form"}))

    @property
    def stem(self) -> str:
        """The name without its division; compact."""
        return searchtext.compact("".join(part.text for part in self.parts if part.role != "division"))


def same_width(text: str) -> str:
    """Full-width letters, digits and brackets as half-width ones, letters small. Variants of characters stay."""
    return unicodedata.normalize("NFKC", text).casefold()


def clean(text: str) -> str:
    """What was typed, without spaces and signs nobody sees, cut at `LONGEST`."""
    return _SPACE.sub("", text)[:LONGEST]


def _folded(written: str) -> str:
    """As search reads it, one character for one, so that positions stay."""
    read = [searchtext.normalise(character) for character in written]
    return "".join(one if len(one) == 1 else character for one, character in zip(read, written, strict=True))


def parse(text: str, *, kind: str, places: Places, registry: str = "") -> Parsed:
    """The parts of a name of this kind. `registry` (a path) settles which place a short or shared name means."""
    written = clean(text)
    read = _folded(written)
    begins = places.at_start(read, registry=registry)
    start = begins.length
    form = _form(read[start:], kind)
    end = len(read) - (len(form.text) if form else 0)
    if start == end and form and not begins.steps:
        start = end = 0  # nothing but an ending: shown as the form it is
    parts = [("division", 0, start)]
    national = next((word for word in NATIONAL if read.startswith(word)), "") if start == 0 else ""
    if national and end >= len(national):
        start = len(national)
        parts.append(("national", 0, start))
    middle = read[start:end]
    cut, field_code = _field(middle)
    if kind == Kind.SOCIAL_GROUP:
        away = form is not None and form.text == "商会" and bool(middle) and _is_place(middle, places)
        parts.append(("origin" if away else "field", start, end))
    elif kind in BRANDED:
        parts += [("brand", start, start + cut), ("field", start + cut, end)]
    else:
        parts.append(("field", start, end))
    parts.append(("form", end, len(read)))
    return Parsed(
        written=written,
        kind=kind,
        parts=tuple(Part(role, written[one:two], one, two) for role, one, two in parts if two > one),  # type: ignore[arg-type]
        begins=begins if begins.length else NOWHERE,
        form=form,
        field_code=field_code,
    )


def _is_place(text: str, places: Places) -> bool:
    return places.at_start(text).length == len(text)


def _form(rest: str, kind: str) -> Form | None:
    """The ending: of one branch, else the longest listed for this kind, else the longest there is."""
    for ending in words().branches.get(kind, ()):
        if rest.endswith(ending):
            return Form(ending)
    found = [form for form in words().forms if rest.endswith(form.text)]
    if not found:
        return None
    return next((form for form in found if len(form.text) == len(found[0].text) and kind in form.kinds), found[0])


def _field(middle: str) -> tuple[int, str]:
    """Where the field begins (the end if nothing is one), and the code its words name, if they name one for certain.

    From the end backwards: a place is good if a word stands there and a good place, or a joint and another word, follows.
    A single character before the field is no brand word; then the field is taken to begin one word later.
    """
    known = words()
    step: dict[int, str] = {len(middle): ""}
    for at in range(len(middle) - 1, -1, -1):
        for length in range(min(known.longest_field, len(middle) - at), 0, -1):
            word, after = middle[at : at + length], at + length
            if word not in known.fields:
                continue
            follows = after + 1 if after < len(middle) and middle[after] in known.joints else after
            if after in step:
                step[at] = word
            elif follows != after and follows in step and follows < len(middle):
                step[at] = word + middle[after]
            else:
                continue
            break
    cut = min((at for at in step if at != 1), default=len(middle))
    codes, at = set(), cut
    while at < len(middle):
        codes.add(known.fields.get(step[at], "") or known.fields.get(step[at][:-1], ""))
        at += len(step[at])
    codes.discard("")
    return cut, codes.pop() if len(codes) == 1 else ""
