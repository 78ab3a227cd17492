"""What a file really is, found from its bytes, and whether anything in it must not come in.

Hostile files are read by parsers, and parsers have faults: so this module runs as a program of its own
(`python inspection.py IN OUT EXTENSION`), with little memory and little time, and nothing of the platform loaded. It
imports the standard library, Pillow and defusedxml, and answers with one JSON object on standard output:
`{"format": "pdf"}` or `{"refused": "<code>", "where": "<part of the file>", "cause": "<class>"}`. Pictures are written
anew to OUT, without anything that is not the picture.

Size headers lie, so sizes are counted while reading. Names lie, so the format comes from the bytes; the caller compares
it with the name.
"""

from __future__ import annotations

import csv
import io
import json
import re
import resource
import stat
import struct
import sys
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser
from PIL import Image, ImageFile, ImageOps

MB: Final = 1024 * 1024
CHUNK: Final = 64 * 1024

#: 40 million pixels: about 8,000 × 5,000, more than a scan of A4 at 600 dpi.
MOST_PIXELS: Final = 40_000_000
#: Writing WebP takes up to 40 bytes a pixel (measured on noise): 450 MB for these.
MOST_PIXELS_WEBP: Final = 12_000_000
#: What an office file may hold in all once unpacked, and how many times its own size. Honest sheets reach 30 times.
MOST_UNPACKED: Final = 200 * MB
MOST_RATIO: Final = 100
ALWAYS_UNPACKED: Final = 10 * MB
MOST_MEMBERS: Final = 5000
LARGEST_DIRECTORY: Final = 1 * MB
#: A file inside an office file (the sheet behind a chart) is looked into; one inside that is not accepted.
MOST_NESTING: Final = 1

#: Memory (address space) and processor seconds of the program, by the first bytes of what it reads.
MEMORY_FOR_PICTURES: Final = 640 * MB
MEMORY: Final = 256 * MB
SECONDS: Final = 10

OOXML_MAIN: Final = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": "xlsx",
}
#: Relationships to the outside that are only links to click on, or values a sheet remembers from another sheet.
HARMLESS_LINKS: Final = ("/hyperlink", "/externalLinkPath", "/xlPathMissing")
RECORDINGS: Final = frozenset({"wav", "mp3", "ogg", "m4a"})
EXTENSIONS: Final = {"csv": "csv", "tsv": "tsv", "txt": "txt"}

#: Set once for the program (and for tests): a warning about a huge picture is an error.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


class Refused(Exception):
    """The file must not come in. `code` is stable, `where` names the part of the file."""

    def __init__(self, code: str, where: str = "") -> None:
        super().__init__(code, where)
        self.code = code
        self.where = where


# --- pictures ---

_PICTURES: Final = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP"}


def rewrite_picture(source: IO[bytes], target: IO[bytes], kind: str) -> None:
    """Decode the picture and write it anew: turned as its EXIF says, then without EXIF, comments, profiles, other
    frames and whatever was hidden behind it. Raises `Refused`."""
    # A library that reads pictures more leniently sets this for the whole process (WeasyPrint does).
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        picture = Image.open(source, formats=[_PICTURES[kind]])
        width, height = picture.size
        if width * height > (MOST_PIXELS_WEBP if kind == "webp" else MOST_PIXELS):
            raise Refused("picture_too_large", f"{width}×{height}")
        picture.load()
        ImageOps.exif_transpose(picture, in_place=True)  # in place: a large picture does not fit into memory twice
        turned: Image.Image = picture
        modes = {"png": {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}, "jpeg": {"L", "RGB"}, "webp": {"RGB", "RGBA"}}
        if turned.mode not in modes[kind]:
            transparent = kind != "jpeg" and turned.has_transparency_data
            turned = turned.convert("RGBA" if transparent else "RGB")
        options: dict[str, Any] = {"png": {}, "jpeg": {"quality": 90}, "webp": {"quality": 90, "method": 2}}[kind]
        if turned.mode == "P" and "transparency" in turned.info:
            options["transparency"] = turned.info["transparency"]
        # Whatever Pillow remembers beside the pixels must not be written again.
        turned.info = {}
        turned.save(target, format=_PICTURES[kind], **options)
    except Refused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise Refused("picture_too_large") from error
    except Exception as error:  # a decoder that stumbles over hostile bytes may raise anything: it is a refusal
        raise Refused("damaged") from error


# --- PDF ---

_NAME_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
#: Names of actions that run something or carry another file. Long enough not to stand in packed data by chance, which
#: is why `/JS` is not among them: an action with `/JS` is one of `/JavaScript`.
_ACTIVE: Final = re.compile(
    rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia|Movie|GoToR|GoToE|SubmitForm|ImportData)(?![A-Za-z0-9])"
    rb"|/XFA\s*[\[0-9]"
)
_OBJECT_STREAM: Final = re.compile(rb"/ObjStm(?![A-Za-z])")
_STREAM: Final = re.compile(rb"stream\r?\n")


def check_pdf(content: bytes) -> None:
    """Refuse a PDF that is cut off, encrypted, carries a script or another file, or is something else as well."""
    tail = content[-2048:]
    end = tail.rfind(b"%%EOF")
    if end < 0 or b"startxref" not in tail:
        raise Refused("damaged", "%%EOF")
    if tail[end + 5 :].strip(b"\r\n \t\x00"):
        raise Refused("two_in_one", "%%EOF")
    for text in (content, *_object_streams(content)):
        names = _NAME_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), text) if b"#" in text else text
        if b"/Encrypt" in names:
            raise Refused("encrypted", "/Encrypt")
        active = _ACTIVE.search(names)
        if active:
            raise Refused("active_content", active[0].decode("ascii", "replace"))
        if len(_OBJECT_STREAM.findall(names)) > len(_OBJECT_STREAM.findall(text)):
            raise Refused("active_content", "/ObjStm")  # nobody writes this name with escapes but to hide it


def _object_streams(content: bytes) -> Iterator[bytes]:
    """The unpacked object streams: newer PDFs keep their dictionaries in them, so a script could hide there."""
    left = MOST_UNPACKED // 4
    view = memoryview(content)
    for found in _OBJECT_STREAM.finditer(content):
        start = _STREAM.search(content, found.end(), found.end() + 4096)
        if start is None:
            continue
        end = content.find(b"endstream", start.end())
        packed = view[start.end() : end if end >= 0 else len(content)]
        try:
            text = zlib.decompressobj().decompress(packed, left)
        except zlib.error as error:
            if b"/Filter" in content[max(0, found.start() - 1024) : start.start()]:
                raise Refused("active_content", "/ObjStm") from error  # packed in a way that hides it from us
            continue  # not packed: the search over the whole file has read it
        left -= len(text)
        if left <= 0:
            raise Refused("unpacks_too_large", "/ObjStm")
        yield text


# --- office files ---


@dataclass
class Budget:
    """How many bytes may still come out of a file and the files inside it."""

    left: int

    def take(self, count: int, where: str) -> None:
        """Count unpacked bytes as they come."""
        self.left -= count
        if self.left < 0:
            raise Refused("unpacks_too_large", where)


class _Nothing:
    """A target that keeps nothing, so that parsing needs no memory."""

    def close(self) -> None:
        """Called at the end by the parser."""


class XmlReader:
    """Feeds one part to defusedxml: entities and outside references raise, a document type is refused too."""

    def __init__(self, where: str, *, elements: list[tuple[str, dict[str, str]]] | None = None) -> None:
        self.where = where
        # The declared encoding is not believed: UTF-8 is what office files are written in.
        self.parser = DefusedXMLParser(target=_Nothing(), encoding="utf-8")
        expat: Any = self.parser.parser  # the expat parser below
        expat.DefaultHandlerExpand = None
        expat.StartDoctypeDeclHandler = self._doctype
        if elements is not None:
            expat.StartElementHandler = lambda name, attributes: elements.append(
                (name, dict(zip(attributes[::2], attributes[1::2], strict=True)))
            )
        self.has_doctype = False

    def _doctype(self, *_arguments: object) -> None:
        self.has_doctype = True

    def feed(self, data: bytes) -> None:
        """Parse some more bytes."""
        try:
            self.parser.feed(data)
        except DefusedXmlException as error:
            raise Refused("xml_entities", self.where) from error
        except MemoryError:
            raise
        except Exception as error:  # ParseError and what encodings raise
            raise Refused("damaged", self.where) from error

    def close(self) -> None:
        """The part must end where its root element ends."""
        try:
            self.parser.close()
        except Exception as error:
            raise Refused("damaged", self.where) from error
        if self.has_doctype:
            raise Refused("xml_entities", self.where)


def _directory(source: IO[bytes]) -> None:
    """Refuse, before the list of members is read into memory, an archive whose list is too long or is not at the very
    end: the reader and the program that opens the file later could each see another list."""
    size = source.seek(0, io.SEEK_END)
    if size < 22:
        raise Refused("damaged")
    source.seek(size - 22)
    mark, disk, start_disk, here, count, length, offset, comment = struct.unpack("<4s4H2LH", source.read(22))
    if mark != b"PK\x05\x06" or comment or disk or start_disk or here != count:
        raise Refused("damaged")
    if count > MOST_MEMBERS or length > LARGEST_DIRECTORY:
        raise Refused("too_many_members", str(count))
    if offset + length != size - 22:
        raise Refused("two_in_one")
    source.seek(0)


def _unpacked(source: IO[bytes], member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of a member as they really are, in pieces.

    Not `ZipFile.open`: that stops at the length the header claims, and so would not see what another program unpacks
    after it. Here the packed data decide, and a header that says something else is refused.
    """
    where = member.filename[:80]
    source.seek(member.header_offset)
    head = source.read(30)
    if len(head) != 30 or not head.startswith(b"PK\x03\x04"):
        raise Refused("damaged", where)
    flags, method, name_length, extra_length = struct.unpack("<6x2H16x2H", head)
    name = source.read(name_length)
    if flags & 0x41:
        raise Refused("encrypted", where)
    if method != member.compress_type or name != member.orig_filename.encode("utf-8" if flags & 0x800 else "cp437"):
        raise Refused("two_in_one", where)
    source.seek(extra_length, io.SEEK_CUR)
    inflater = zlib.decompressobj(-15) if method == zipfile.ZIP_DEFLATED else None
    left, size, check = member.compress_size, 0, 0
    while left:
        packed = source.read(min(CHUNK, left))
        if not packed:
            raise Refused("damaged", where)
        left -= len(packed)
        while packed:
            data = inflater.decompress(packed, CHUNK) if inflater else packed
            packed = inflater.unconsumed_tail if inflater else b""
            size, check = size + len(data), zlib.crc32(data, check)
            yield data
            if inflater and inflater.eof:
                break
    if inflater:
        while rest := inflater.decompress(inflater.unconsumed_tail, CHUNK):
            size, check = size + len(rest), zlib.crc32(rest, check)
            yield rest
        if not inflater.eof or inflater.unused_data or left:
            raise Refused("damaged", where)
    if size != member.file_size or check != member.CRC:
        raise Refused("two_in_one", where)


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.orig_filename
    parts = re.split(r"[/\\]", name)
    if "\x00" in name or "\\" in name or ".." in parts or name.startswith("/") or re.match(r"[A-Za-z]:", name):
        raise Refused("unsafe_member_name", ascii(name[:80]))
    if member.flag_bits & 0x41:
        raise Refused("encrypted", name[:80])
    if member.create_system == 3 and stat.S_ISLNK(member.external_attr >> 16):
        raise Refused("symbolic_link", name[:80])
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise Refused("damaged", name[:80])


def _check_links(name: str, elements: list[tuple[str, dict[str, str]]]) -> None:
    """Refuse what would be fetched or run when the file is opened: templates, frames, objects, data exchange."""
    for tag, attributes in elements:
        if tag.endswith(("}ddeLink", "}oleLink")):
            raise Refused("active_content", name)
        if attributes.get("TargetMode", "").lower() == "external" and not attributes.get("Type", "").endswith(
            HARMLESS_LINKS
        ):
            raise Refused("active_content", name)


def check_office(source: IO[bytes], size: int, *, budget: Budget | None = None, depth: int = 0) -> str:
    """Read every byte of an office file and say which it is: `docx`, `xlsx` or `ofd`. Raises `Refused`.

    `budget` is shared with the file this one stands in, if there is one.
    """
    if depth > MOST_NESTING:
        raise Refused("nested_archive")
    budget = budget or Budget(min(MOST_UNPACKED, max(ALWAYS_UNPACKED, MOST_RATIO * size)))
    _directory(source)
    types: list[tuple[str, dict[str, str]]] = []
    seen: set[str] = set()
    try:
        with zipfile.ZipFile(source) as archive:
            before = 0
            for member in sorted(archive.infolist(), key=lambda member: member.header_offset):
                _check_member(member)
                if member.header_offset < before:
                    raise Refused("two_in_one", member.filename[:80])  # the same bytes read as two members
                before = member.header_offset + 30 + len(member.orig_filename) + member.compress_size
                name = member.filename
                folded = unicodedata.normalize("NFC", name).casefold()
                if folded in seen:
                    raise Refused("two_in_one", name[:80])
                seen.add(folded)
                if "vbaproject" in folded or "macrosheets/" in folded or "/activex/" in folded:
                    raise Refused("macros", name[:80])
                if not member.is_dir():
                    _read_member(source, member, folded, types, budget, depth)
    except zipfile.BadZipFile as error:
        raise Refused("damaged") from error
    except (EOFError, zlib.error, NotImplementedError, RuntimeError, ValueError, struct.error, OSError) as error:
        raise Refused("damaged") from error
    return _office_format(types, seen)


def _read_member(
    source: IO[bytes],
    member: zipfile.ZipInfo,
    folded: str,
    types: list[tuple[str, dict[str, str]]],
    budget: Budget,
    depth: int,
) -> None:
    name = member.filename[:80]
    elements: list[tuple[str, dict[str, str]]] | None = None
    if folded == "[content_types].xml":
        elements = types
    elif folded.endswith(".rels") or "externallinks/" in folded:
        elements = []
    reader = XmlReader(name, elements=elements) if folded.endswith((".xml", ".rels")) else None
    inner: io.BytesIO | None = None
    head = b""
    for data in _unpacked(source, member):
        budget.take(len(data), name)
        if reader is not None:
            reader.feed(data)
        elif not head:
            head = data[:8]
            if head.startswith(b"PK\x03\x04") and folded.endswith((".xlsx", ".docx")):
                inner = io.BytesIO()
            elif head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")):
                raise Refused("nested_archive", name)
            elif head.startswith((b"\xd0\xcf\x11\xe0", b"MZ", b"\x7fELF")):
                raise Refused("active_content", name)
        if inner is not None:
            inner.write(data)
    if reader is not None:
        reader.close()
    if elements is not None and elements is not types:
        _check_links(name, elements)
    if inner is not None:
        check_office(inner, member.file_size, budget=budget, depth=depth + 1)


def _office_format(types: list[tuple[str, dict[str, str]]], seen: set[str]) -> str:
    contents = {attributes.get("ContentType", "") for _tag, attributes in types}
    if any("macroenabled" in content.lower() or "vbaproject" in content.lower() for content in contents):
        raise Refused("macros", "[Content_Types].xml")
    found = {OOXML_MAIN[content] for content in contents if content in OOXML_MAIN}
    if len(found) == 1 and "ofd.xml" not in seen:
        return found.pop()
    if not types and "ofd.xml" in seen:
        return "ofd"
    raise Refused("not_allowed_kind", "zip")


# --- text ---

_MARKUP: Final = re.compile(
    r"(?:<!doctype|<\?|<html|<head|<body|<svg|<script|<iframe|<!--|\{\\rtf|%!ps|#!|mime-version:)", re.IGNORECASE
)
#: `="00123"` only keeps leading zeros.
_KEPT_ZEROS: Final = re.compile(r'="[^"]*"\s*')


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would run this cell: `=…`, or a sign before data exchange with a program (`+cmd|…!A1`).
    A sign before a number is a number, and `@` before a name is a name."""
    text = cell.lstrip()
    if text.startswith("="):
        return _KEPT_ZEROS.fullmatch(text) is None
    return text[:1] in {"+", "-", "@"} and 0 <= text.find("|") < text.rfind("!")


def text_of(content: bytes) -> str:
    """The text of a file in one of the encodings people here save in; `Refused` when it is not text."""
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ["utf-16"] if marked else ["utf-8-sig", "gb18030"]:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if re.search(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufffe\uffff]", text):
            break
        return text
    raise Refused("not_allowed_kind", "binary")


def check_text(content: bytes, extension: str) -> str:
    """Refuse what is no plain text, markup under another name, and cells a spreadsheet would run. Returns the format."""
    text = text_of(content)
    if _MARKUP.match(text.lstrip("\ufeff \t\r\n")):
        raise Refused("not_allowed_kind", "markup")
    kind = EXTENSIONS.get(extension, "txt")
    if kind == "txt":
        return kind
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if kind == "tsv" else ",")
        for number, row in enumerate(rows, start=1):
            for at, cell in enumerate(row, start=1):
                if is_formula(cell):
                    raise Refused("formula", f"{number}:{at}")
    except csv.Error as error:
        raise Refused("damaged") from error
    return kind


# --- recordings ---

#: Kilobits a second and samples a second by the codes in the head of an MPEG audio frame (layer III).
_MP3_RATES: Final = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_SAMPLES: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
#: How the first packet of a sound in Ogg begins.
_OGG_SOUNDS: Final = (b"\x01vorbis", b"OpusHead", b"Speex   ", b"\x7fFLAC")
_M4A_BRANDS: Final = frozenset({b"M4A ", b"M4B ", b"mp41", b"mp42", b"isom", b"iso2", b"3gp4", b"3gp5", b"dash"})
_M4A_FOLDERS: Final = frozenset({b"moov", b"trak", b"mdia"})
_M4A_TOP: Final = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"udta", b"meta", b"uuid"})


def rewrite_wav(content: bytes, target: IO[bytes]) -> None:
    """Write a WAV file anew: how its sound is stored and the sound, nothing else. Raises `Refused`."""
    end = struct.unpack_from("<L", content, 4)[0] + 8 if len(content) >= 12 else 0
    if end > len(content) or end < 12:
        raise Refused("damaged", "RIFF")
    if content[end:].strip(b"\x00"):
        raise Refused("two_in_one", "RIFF")
    at, form, sound = 12, b"", memoryview(b"")
    while at + 8 <= end:
        name, size = struct.unpack_from("<4sL", content, at)
        if at + 8 + size > end:
            raise Refused("damaged", "RIFF")
        if name == b"fmt ":
            form = content[at + 8 : at + 8 + size]
        elif name == b"data" and not sound:
            sound = memoryview(content)[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    if not 16 <= len(form) <= 64 or not sound:
        raise Refused("no_sound", "RIFF")
    coding, channels, rate = struct.unpack_from("<HHL", form)
    if coding not in {1, 3, 6, 7, 0xFFFE} or not 1 <= channels <= 8 or not 4000 <= rate <= 192_000:
        raise Refused("no_sound", "fmt")
    odd = len(sound) % 2
    size = 4 + 8 + len(form) + len(form) % 2 + 8 + len(sound) + odd
    target.write(b"RIFF" + struct.pack("<L", size) + b"WAVEfmt " + struct.pack("<L", len(form)) + form)
    target.write(bytes(len(form) % 2) + b"data" + struct.pack("<L", len(sound)))
    target.write(sound)
    target.write(bytes(odd))


def _mp3_frame(content: bytes, at: int) -> int:
    """How many bytes the frame at this place has; 0 where there is none."""
    head = int.from_bytes(content[at : at + 4], "big") if at + 4 <= len(content) else 0
    version, layer = head >> 19 & 3, head >> 17 & 3
    rate, samples = head >> 12 & 15, head >> 10 & 3
    if head >> 21 != 0x7FF or version == 1 or layer != 1 or rate in {0, 15} or samples == 3:
        return 0
    kilobits = _MP3_RATES[1 if version == 3 else 2][rate]
    return (144 if version == 3 else 72) * kilobits * 1000 // _MP3_SAMPLES[version][samples] + (head >> 9 & 1)


def rewrite_mp3(content: bytes, target: IO[bytes]) -> None:
    """Write an MP3 file anew: its frames, without the tags before and behind them. Raises `Refused`."""
    at = 0
    if content.startswith(b"ID3"):
        size = 0
        for byte in content[6:10]:
            size = size << 7 | byte & 0x7F
        at = 10 + size + (10 if content[5] & 0x10 else 0)
        while at < len(content) and content[at] == 0:  # padding that some programs leave
            at += 1
    start, frames = at, 0
    while (size := _mp3_frame(content, at)) and at + size <= len(content):
        at, frames = at + size, frames + 1
    if frames < 3:
        raise Refused("no_sound", "MPEG")
    cut_off = bool(_mp3_frame(content, at))  # a recording that stopped in the middle of a frame
    rest = b"" if cut_off else content[at:].strip(b"\x00")
    if rest and not (rest.startswith((b"TAG", b"APETAGEX", b"LYRICSBEGIN")) and len(rest) < 64 * 1024):
        raise Refused("two_in_one", "MPEG")
    target.write(memoryview(content)[start:at])


def check_ogg(content: bytes) -> None:
    """Refuse an Ogg file that is not one sound from its first byte to its last."""
    at, stream, pages = 0, b"", 0
    while at < len(content):
        if content[at : at + 5] != b"OggS\x00" or at + 27 > len(content):
            raise Refused("two_in_one" if pages else "damaged", "Ogg")
        table = content[at + 27 : at + 27 + content[at + 26]]
        body = at + 27 + len(table)
        after = body + sum(table)
        if len(table) != content[at + 26] or after > len(content):
            raise Refused("damaged", "Ogg")
        if pages == 0:
            stream = content[at + 14 : at + 18]
            if not content[at + 5] & 2 or not content[body:after].startswith(_OGG_SOUNDS):
                raise Refused("no_sound", "Ogg")
        elif content[at + 14 : at + 18] != stream:
            raise Refused("no_sound", "Ogg")  # a picture beside the sound, or a second sound
        at, pages = after, pages + 1
    if pages < 3:
        raise Refused("no_sound", "Ogg")


def _boxes(content: bytes | bytearray, at: int, end: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Kind, start, first byte of the content, and end of every box between two places. They must fill it exactly."""
    while at < end:
        if at + 8 > end:
            raise Refused("damaged", "MP4")
        size, kind = struct.unpack_from(">L4s", content, at)
        head = 8
        if size == 1 and at + 16 <= end:
            size, head = struct.unpack_from(">Q", content, at + 8)[0], 16
        elif size == 0:
            size = end - at
        if size < head or at + size > end:
            raise Refused("damaged", "MP4")
        yield kind, at, at + head, at + size
        at += size


def _without_tags(content: bytearray, at: int, end: int, handlers: list[bytes]) -> None:
    """Empty every box that says something beside the sound, in place, so that the others stay where they are."""
    for kind, start, inside, after in _boxes(content, at, end):
        if kind in {b"udta", b"meta", b"uuid", b"free", b"skip"}:
            content[start + 4 : start + 8] = b"free"
            content[inside:after] = bytes(after - inside)
        elif kind in _M4A_FOLDERS:
            _without_tags(content, inside, after, handlers)
        elif kind == b"hdlr":
            handlers.append(bytes(content[inside + 8 : inside + 12]))


def rewrite_m4a(content: bytes, target: IO[bytes]) -> None:
    """Write an M4A file without its tags (a phone writes the place into them). Raises `Refused`."""
    kinds = [kind for kind, _start, _inside, _after in _boxes(content, 0, len(content))]
    if content[8:12] not in _M4A_BRANDS or not {b"moov", b"mdat"} <= set(kinds) or set(kinds) - _M4A_TOP:
        raise Refused("no_sound", "MP4")
    handlers: list[bytes] = []
    changed = bytearray(content)
    _without_tags(changed, 0, len(changed), handlers)
    if b"soun" not in handlers or set(handlers) - {b"soun"}:
        raise Refused("no_sound", "MP4")
    target.write(changed)


def rewrite_recording(content: bytes, target: IO[bytes], kind: str) -> None:
    """Check a recording and, but for Ogg, write it anew without what is not sound. Raises `Refused`."""
    try:
        if kind == "wav":
            rewrite_wav(content, target)
        elif kind == "mp3":
            rewrite_mp3(content, target)
        elif kind == "m4a":
            rewrite_m4a(content, target)
        else:
            check_ogg(content)
    except (struct.error, IndexError, RecursionError) as error:
        raise Refused("damaged") from error


# --- all together ---


def format_by_first_bytes(head: bytes) -> str:
    """`pdf`, `png`, `jpeg`, `webp`, `zip`, `wav`, `mp3`, `ogg`, `m4a`, or `text` for everything without a mark."""
    if head.startswith((b"%PDF-1.", b"%PDF-2.")):
        return "pdf"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    return _recording_by_first_bytes(head) or "text"


def _recording_by_first_bytes(head: bytes) -> str:
    """`wav`, `mp3`, `ogg`, `m4a`, or nothing."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"OggS":
        return "ogg"
    if head[4:8] == b"ftyp":
        return "m4a"
    tagged = head[:3] == b"ID3" and head[3:4] in {b"\x02", b"\x03", b"\x04"}
    return "mp3" if tagged or _mp3_frame(head, 0) else ""


def inspect(source: Path, target: Path, extension: str) -> str:
    """The format of a file (`pdf`, `png`, `docx`, `wav`, `csv`, …: the values of `enums.Format`), or `Refused`.

    A picture is written anew to `target`, and so is a recording that may hold more than sound. `extension` only tells apart the three formats that are plain text.
    """
    with source.open("rb") as stream:
        head = stream.read(16)
        stream.seek(0)
        kind = format_by_first_bytes(head)
        if kind in _PICTURES:
            with target.open("wb") as output:
                rewrite_picture(stream, output, kind)
            return kind
        if kind == "zip":
            return check_office(stream, source.stat().st_size)
        if head.startswith(b"\xd0\xcf\x11\xe0"):
            # The old Office formats, and the wrapper of a password-protected new one.
            raise Refused("old_or_encrypted_office")
        if zipfile.is_zipfile(stream):
            raise Refused("two_in_one", "zip")
        stream.seek(0)
        content = stream.read()
    if kind == "pdf":
        check_pdf(content)
        return kind
    if kind in RECORDINGS:
        with target.open("wb") as output:
            rewrite_recording(content, output, kind)
        return kind
    return check_text(content, extension)


def _limit(memory: int) -> None:
    """Take away what a parser gone wild would need: memory, time, large files, core dumps."""
    for what, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 256 * MB),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (limit if hard == resource.RLIM_INFINITY else min(limit, hard),) * 2)


def main(arguments: list[str]) -> int:
    """Inspect one file under limits and print the answer. Exit status 0 also for a refusal."""
    source, target, extension = Path(arguments[0]), Path(arguments[1]), arguments[2]
    with source.open("rb") as stream:
        picture = format_by_first_bytes(stream.read(16)) in _PICTURES
    _limit(MEMORY_FOR_PICTURES if picture else MEMORY)
    answer: dict[str, str]
    try:
        answer = {"format": inspect(source, target, extension)}
    except Refused as refused:
        cause = type(refused.__cause__).__name__ if refused.__cause__ else ""
        answer = {"refused": refused.code, "where": refused.where, "cause": cause}
    except (MemoryError, RecursionError) as error:
        answer = {"refused": "too_complex", "where": "", "cause": type(error).__name__}
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
