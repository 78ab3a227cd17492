"""Text as search sees it: one width, one script, bigrams, pinyin.

Two-character queries are the rule in Chinese, and no trigram index answers them (measured: a sequential scan). So a
text is cut into overlapping pairs of characters, each pair becomes one number, and an integer array with a GIN index
answers `@>`; the few false hits are judged again on the text itself.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from operator import add

from opencc import OpenCC
from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PHRASES_DICT, RE_HANS

#: Loaded once: the dictionaries take a moment.
_TO_SIMPLIFIED = OpenCC("t2s")

_SPACE = re.compile(r"\s+")
_NOT_WORD = re.compile(r"[\W_]+", re.UNICODE)


class _Simplified(dict[int, str]):
    """Character → its simplified form, looked up once each.

    One by one on purpose: read as a phrase 乾元 keeps its 乾, alone 乾 becomes 干, and a part of a name must be found
    in the name.
    """

    def __missing__(self, code: int) -> str:
        found: str = _TO_SIMPLIFIED.convert(chr(code))
        self[code] = found
        return found


_SIMPLIFIED = _Simplified()


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def normalise(text: str) -> str:
    """NFKC, traditional and variant characters to simplified, lower case, single spaces."""
    return _SPACE.sub(" ", _fold(text).translate(_SIMPLIFIED)).strip()


def compact(text: str) -> str:
    """`normalise` without spaces and punctuation: what names are compared by."""
    return _NOT_WORD.sub("", normalise(text))


def _spoken(text: str) -> str:
    """The text to be read aloud: here the phrase decides, so that 乾元 is qianyuan and 重慶 is chongqing."""
    return _NOT_WORD.sub("", _TO_SIMPLIFIED.convert(_fold(text)))


class _Numbers(dict[str, int]):
    """A gram as a signed 32-bit integer, stable across machines and releases (it is stored).

    Kept once found: names are made of some ten thousand pairs, and a list has millions. Cleared before it grows large.
    """

    def __missing__(self, gram: str) -> int:
        value = zlib.crc32(gram.encode("utf-8"))
        number = value - 0x1_0000_0000 if value >= 0x8000_0000 else value
        if len(self) > 500_000:
            self.clear()
        self[gram] = number
        return number


_NUMBERS = _Numbers()


def numbers_of(body: str) -> set[int]:
    """The numbers of every character and every pair of neighbours of a compact text."""
    number = _NUMBERS.__getitem__
    return {*map(number, body), *map(number, map(add, body, body[1:]))}


def grams(text: str) -> list[int]:
    """Every character and every pair of neighbours of the compact text, as sorted numbers: what is stored."""
    return sorted(numbers_of(compact(text)))


def query_grams(text: str) -> list[int]:
    """What a stored text must contain to hold `text`: its pairs, or its one character."""
    body = compact(text)
    if len(body) == 1:
        return [_NUMBERS[body]]
    return sorted({_NUMBERS[body[at : at + 2]] for at in range(len(body) - 1)})


#: Runs of characters that have a reading, and runs that have none.
_HAN = RE_HANS.pattern.removeprefix("^(?:").removesuffix(")+$")
_runs = re.compile(f"{_HAN}+|[^{_HAN.removeprefix('[')}+").findall
#: Every beginning of a phrase whose reading is known.
_BEGINNINGS = frozenset(phrase[:end] for phrase in PHRASES_DICT for end in range(1, len(phrase) + 1))


class _Readings(dict[str, tuple[str, ...]]):
    """A phrase or a character → its syllables without tones, as the library reads it; at most as many as it knows."""

    def __missing__(self, word: str) -> tuple[str, ...]:
        found = tuple(part for part in lazy_pinyin([word], style=Style.NORMAL, errors=lambda run: run) if part)
        self[word] = found
        return found


_READINGS = _Readings()


class _Sounds(dict[tuple[str, str], int]):
    """Two neighbouring syllables → their number. The sign before them keeps it apart from pairs of characters, so that
    both may stand in one array. There are some hundred thousand; cleared before letters and digits make it large.
    """

    def __missing__(self, pair: tuple[str, str]) -> int:
        if len(self) > 500_000:
            self.clear()
        self[pair] = number = _NUMBERS[f"~{pair[0]} {pair[1]}"]
        return number


_SOUNDS = _Sounds()


def _words(run: str) -> Iterator[str]:
    """Phrases with a reading of their own, else characters: the longest match forward, as pypinyin cuts.

    Done here because the library spends nine tenths of its time between its own layers; a test holds the two together.
    """
    at, last = 0, len(run)
    while at < last:
        end, found = at + 2, 0  # nearly every character begins a phrase; one alone is read by itself in any case
        while end <= last and run[at:end] in _BEGINNINGS:
            if run[at:end] in PHRASES_DICT:
                found = end
            end += 1
        if not found and end > last:  # the whole rest begins a phrase and none ends in it
            yield from run[at:]
            return
        found = found or at + 1
        yield run[at:found]
        at = found


@dataclass(frozen=True, slots=True)
class Spoken:
    """A text as it is read aloud: one syllable a character; runs of letters and digits stay whole."""

    syllables: tuple[str, ...]
    initials: str

    @property
    def pinyin(self) -> str:
        """Without tones and spaces, for sorting (`COLLATE "C"`) and for searching by sound."""
        return "".join(self.syllables)

    @property
    def numbers(self) -> set[int]:
        """The numbers of every pair of neighbouring syllables."""
        return set(map(_SOUNDS.__getitem__, pairwise(self.syllables)))

    @property
    def grams(self) -> list[int]:
        """Every pair of neighbouring syllables as sorted numbers: how names that sound alike find each other."""
        return sorted(self.numbers)


def spoken(text: str) -> Spoken:
    """How a text is read aloud, everything in one pass."""
    found: list[str] = []
    first: list[str] = []
    for run in _runs(_spoken(text)):
        if RE_HANS.match(run):
            for word in _words(run):
                read = _READINGS[word]
                found += read
                first += [syllable[0] for syllable in read]
        else:
            found.append(run)
            first.append(run)
    return Spoken(tuple(found), "".join(first))


def pinyin(text: str) -> str:
    """Pinyin without tones and spaces: 广东省慈善总会 → guangdongshengcishanzonghui."""
    return spoken(text).pinyin


def initials(text: str) -> str:
    """First letters of the pinyin: 广东省慈善总会 → gdscszh."""
    return spoken(text).initials


def syllables(text: str) -> list[str]:
    """The syllables of the text, one a character."""
    return list(spoken(text).syllables)


def sound_grams(text: str) -> list[int]:
    """`Spoken.grams` of a text."""
    return spoken(text).grams
