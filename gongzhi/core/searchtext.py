"""Text as search sees it: one width, one script, bigrams, pinyin.

Two-character queries are the rule in Chinese, and no trigram index answers them (measured: a sequential scan). So a
text is cut into overlapping pairs of characters, each pair becomes one number, and an integer array with a GIN index
answers `@>`; the few false hits are judged again on the text itself.
"""

from __future__ import annotations

import re
import unicodedata
import zlib

from opencc import OpenCC
from pypinyin import Style, lazy_pinyin

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


def _number(gram: str) -> int:
    """A gram as a signed 32-bit integer, stable across machines and releases (it is stored)."""
    value = zlib.crc32(gram.encode("utf-8"))
    return value - 0x1_0000_0000 if value >= 0x8000_0000 else value


def grams(text: str) -> list[int]:
    """Every character and every pair of neighbours of the compact text, as sorted numbers: what is stored."""
    body = compact(text)
    pairs = {body[at : at + 2] for at in range(len(body) - 1)}
    return sorted({_number(gram) for gram in pairs | set(body)})


def query_grams(text: str) -> list[int]:
    """What a stored text must contain to hold `text`: its pairs, or its one character."""
    body = compact(text)
    if len(body) == 1:
        return [_number(body)]
    return sorted({_number(body[at : at + 2]) for at in range(len(body) - 1)})


def pinyin(text: str) -> str:
    """Pinyin without tones and spaces, for sorting (`COLLATE "C"`) and for searching by sound."""
    return "".join(lazy_pinyin(_spoken(text), style=Style.NORMAL, errors=lambda run: run))


def initials(text: str) -> str:
    """First letters of the pinyin: 广东省慈善总会 → gdscszh."""
    return "".join(lazy_pinyin(_spoken(text), style=Style.FIRST_LETTER, errors=lambda run: run))


def syllables(text: str) -> list[str]:
    """The text as it is read aloud, one syllable a character; runs of letters and digits stay whole."""
    return [part for part in lazy_pinyin(_spoken(text), style=Style.NORMAL, errors=lambda run: run) if part]


def sound_grams(text: str) -> list[int]:
    """Every pair of neighbouring syllables as sorted numbers: how names that sound alike find each other.

    The sign before a pair keeps it apart from pairs of characters, so that both may stand in one array.
    """
    spoken = syllables(text)
    return sorted({_number(f"~{one} {other}") for one, other in zip(spoken, spoken[1:], strict=False)})
