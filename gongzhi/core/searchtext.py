"""Text as search sees it: one width, one script, bigrams, pinyin.

Two-character queries are the rule in Chinese, and no trigram index answers them (measured: a sequential scan). So a
text is cut into overlapping pairs of characters, each pair becomes one number, and an integer array with a GIN index
answers `@>`; the few false hits are judged again on the text itself.
"""

from __future__ import annotations

import re
import struct
import unicodedata
import zlib
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
    return _NOT_WORD.sub("", _fold(text).translate(_SIMPLIFIED))


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
_runs = re.compile(f"({_HAN}+)|([^{_HAN.removeprefix('[')}+)").findall
#: Every beginning of a phrase whose reading is known.
_BEGINNINGS = frozenset(phrase[:end] for phrase in PHRASES_DICT for end in range(1, len(phrase) + 1))


class _Readings(dict[str, tuple[str, ...]]):
    """A phrase or a character → its syllables without tones, as the library reads it; at most as many as it knows."""

    def __missing__(self, word: str) -> tuple[str, ...]:
        found = tuple(part for part in lazy_pinyin([word], style=Style.NORMAL, errors=lambda run: run) if part)
        self[word] = found
        return found


_READINGS = _Readings()


class _Elements(dict[str, bytes]):
    """A gram → its number as one element of a binary array (length and value), which COPY takes as it is."""

    def __missing__(self, gram: str) -> bytes:
        if len(self) > 500_000:
            self.clear()
        self[gram] = element = _ELEMENT.pack(4, _NUMBERS[gram])
        return element


_ELEMENT = struct.Struct(">ii")
#: The same bytes for a number that has not been given its sign.
_UNSIGNED_ELEMENT = struct.Struct(">iI")
_ELEMENTS = _Elements()


def elements_of(body: str) -> set[bytes]:
    """`numbers_of` as elements of a binary array."""
    element = _ELEMENTS.__getitem__
    return {*map(element, body), *map(element, map(add, body, body[1:]))}


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


class _SoundElements(dict[tuple[str, str], bytes]):
    """The same as elements of a binary array. Those with digits seldom come again and are not kept."""

    def __missing__(self, pair: tuple[str, str]) -> bytes:
        element = _UNSIGNED_ELEMENT.pack(4, zlib.crc32(f"~{pair[0]} {pair[1]}".encode()))
        if pair[0].isalpha() and pair[1].isalpha():
            if len(self) > 500_000:
                self.clear()
            self[pair] = element
        return element


_SOUND_ELEMENTS = _SoundElements()


def _word_at(run: str, at: int) -> int:
    """How long the phrase is that begins here: the longest match forward, as pypinyin cuts; 1 for a character alone. 0
    where the whole rest begins a phrase and none ends in it: each of its characters is then read alone.

    Done here because the library spends nine tenths of its time between its own layers; a test holds the two together.
    """
    last = len(run)
    end, found = at + 2, 0  # nearly every character begins a phrase; one alone is read by itself in any case
    while end <= last and run[at:end] in _BEGINNINGS:
        if run[at:end] in PHRASES_DICT:
            found = end
        end += 1
    if not found:
        return 0 if end > last else 1
    return found - at


class _Words(dict[str, tuple[int, tuple[str, ...], str]]):
    """The next few characters of a run → the length of the word they begin with, its syllables, their first letters.

    Names share their words, so each is looked for once. The length is 0 where that does not follow from these few.
    """

    #: Few enough that they come again, and most words end within them.
    LOOKS_AT = 3

    def __missing__(self, ahead: str) -> tuple[int, tuple[str, ...], str]:
        if len(self) > 500_000:
            self.clear()
        # What these characters only begin may be longer than they are.
        length = 0 if len(ahead) == self.LOOKS_AT and ahead in _BEGINNINGS else _word_at(ahead, 0)
        read = _READINGS[ahead[:length]] if length else ()
        self[ahead] = found = length, read, "".join(syllable[0] for syllable in read)
        return found


_WORDS = _Words()


def _read(run: str, syllables: list[str], first: list[str]) -> None:
    """Add how a run of Chinese characters is read."""
    at, last = 0, len(run)
    while at < last:
        length, read, letters = _WORDS[run[at : at + _Words.LOOKS_AT]]
        if length:
            syllables += read
            first.append(letters)
            at += length
            continue
        length = _word_at(run, at)
        for word in [run[at : at + length]] if length else run[at:]:
            syllables += (read := _READINGS[word])
            first += [syllable[0] for syllable in read]
        at = at + length if length else last


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
    def elements(self) -> set[bytes]:
        """`numbers` as elements of a binary array."""
        return set(map(_SOUND_ELEMENTS.__getitem__, pairwise(self.syllables)))

    @property
    def grams(self) -> list[int]:
        """Every pair of neighbouring syllables as sorted numbers: how names that sound alike find each other."""
        return sorted(self.numbers)


def spoken(text: str) -> Spoken:
    """How a text is read aloud, everything in one pass."""
    found: list[str] = []
    first: list[str] = []
    for han, other in _runs(_spoken(text)):
        if han:
            _read(han, found, first)
        else:
            found.append(other)
            first.append(other)
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
