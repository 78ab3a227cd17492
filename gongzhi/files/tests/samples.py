"""Honest and hostile files, made here byte by byte: no binary is committed."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable

from PIL import Image

OOXML = "http://schemas.openxmlformats.org"
WORD_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
SHEET_MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
WORD_MACRO = "application/vnd.ms-word.document.macroEnabled.main+xml"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def pack(members: Iterable[tuple[str | zipfile.ZipInfo, bytes | str]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file of these members."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return target.getvalue()


def content_types(part: str, kind: str) -> str:
    """The list of parts every office file begins with."""
    return (
        f'{HEAD}<Types xmlns="{OOXML}/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="{part}" ContentType="{kind}"/></Types>'
    )


def relationships(*entries: str) -> str:
    """A part that says where other parts are."""
    return f'{HEAD}<Relationships xmlns="{OOXML}/package/2006/relationships">{"".join(entries)}</Relationships>'


def link(kind: str, target: str, mode: str = "") -> str:
    """One relationship."""
    outside = f' TargetMode="{mode}"' if mode else ""
    return (
        f'<Relationship Id="rId1" Type="{OOXML}/officeDocument/2006/relationships/{kind}" Target="{target}"{outside}/>'
    )


def docx_members(text: str = "某某社会工作服务中心章程") -> list[tuple[str | zipfile.ZipInfo, bytes | str]]:
    """The parts of a small Word document."""
    return [
        ("[Content_Types].xml", content_types("/word/document.xml", WORD_MAIN)),
        ("_rels/.rels", relationships(link("officeDocument", "word/document.xml"))),
        ("word/document.xml", f'{HEAD}<w:document xmlns:w="urn:w"><w:body><w:p>{text}</w:p></w:body></w:document>'),
        ("word/_rels/document.xml.rels", relationships(link("hyperlink", "https://example.org/", "External"))),
    ]


def docx(*more: tuple[str | zipfile.ZipInfo, bytes | str]) -> bytes:
    """A small Word document, with more parts if given."""
    return pack([*docx_members(), *more])


def xlsx(*more: tuple[str | zipfile.ZipInfo, bytes | str], rows: int = 3) -> bytes:
    """A small workbook."""
    cells = "".join(f'<row r="{at}"><c r="A{at}"><f>SUM(1,2)</f><v>3</v></c></row>' for at in range(1, rows + 1))
    return pack(
        [
            ("[Content_Types].xml", content_types("/xl/workbook.xml", SHEET_MAIN)),
            ("_rels/.rels", relationships(link("officeDocument", "xl/workbook.xml"))),
            ("xl/workbook.xml", f'{HEAD}<workbook xmlns="urn:x"/>'),
            ("xl/worksheets/sheet1.xml", f'{HEAD}<worksheet xmlns="urn:x"><sheetData>{cells}</sheetData></worksheet>'),
            *more,
        ]
    )


def ofd() -> bytes:
    """A small OFD document (GB/T 33190)."""
    return pack(
        [("OFD.xml", f'{HEAD}<ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016"/>'), ("Doc_0/Document.xml", "<d/>")]
    )


def pdf(*objects: bytes, trailer: bytes = b"", after: bytes = b"\n") -> bytes:
    """A PDF of one empty page, with more objects if given."""
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        *objects,
    ]
    content, places = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n" % number + part + b"\nendobj\n"
    start = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    content += b"".join(b"%010d 00000 n \n" % place for place in places)
    content += b"trailer << /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF" % (len(parts) + 1, trailer, start)
    return content + after


def object_stream(content: bytes, extra: bytes = b"/Filter /FlateDecode") -> bytes:
    """An object that hides others in packed form."""
    packed = zlib.compress(content)
    head = b"<< /Type /ObjStm /N 1 /First 4 %s /Length %d >>" % (extra, len(packed))
    return head + b"\nstream\n" + packed + b"\nendstream"


def picture(kind: str, size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: object) -> bytes:
    """A picture in one colour."""
    target = io.BytesIO()
    image = Image.new(mode, size, 1)
    if mode == "P":
        image.putpalette([0, 0, 0, 200, 100, 50])
    image.save(target, format=kind, **options)
    return target.getvalue()


def photo_with_place() -> bytes:
    """A JPEG with GPS coordinates, a maker's name and an orientation in its EXIF, and a comment."""
    exif = Image.Exif()
    exif[0x010F] = "Maker of phones"
    exif[0x0112] = 6  # turned a quarter to the right
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (22.0, 32.0, 1.5)
    return picture("JPEG", exif=exif, comment=b"taken at home")


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">L", len(content)) + kind + content + struct.pack(">L", zlib.crc32(kind + content))


def png_that_says(width: int, height: int) -> bytes:
    """A small file that says it is a huge picture: its rows are missing or all alike."""
    head = struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(10_000))
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")


def laughing(entity: str = "lol") -> str:
    """XML that grows to thousands of millions of letters, if its reader lets it."""
    lines = [f'<!ENTITY {entity}0 "{entity}">']
    lines += [f'<!ENTITY {entity}{at} "{f"&{entity}{at - 1};" * 10}">' for at in range(1, 10)]
    return f'<?xml version="1.0"?><!DOCTYPE d [{"".join(lines)}]><d>&{entity}9;</d>'


def replaced(members: list[tuple[str | zipfile.ZipInfo, bytes | str]], name: str, content: bytes | str) -> bytes:
    """A zip file of these members with one of them exchanged."""
    return pack([(at, content if at == name else old) for at, old in members])


def symbolic_link(name: str, target: str) -> tuple[zipfile.ZipInfo, str]:
    """A member that is a symbolic link."""
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = 0o120777 << 16
    return info, target


def flagged_as_encrypted(content: bytes) -> bytes:
    """The same zip, every member marked as encrypted."""
    changed = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(mark)
        while at >= 0:
            changed[at + offset] |= 1
            at = changed.find(mark, at + 4)
    return bytes(changed)


def lying_about_size(content: bytes, name: bytes, claimed: int) -> bytes:
    """The same zip, one member said to be `claimed` bytes long in both of its headers."""
    changed = bytearray(content)
    for mark, size_at, name_at in ((b"PK\x03\x04", 22, 30), (b"PK\x01\x02", 24, 46)):
        at = changed.find(mark)
        while at >= 0:
            if changed[at + name_at : at + name_at + len(name)] == name:
                struct.pack_into("<L", changed, at + size_at, claimed)
            at = changed.find(mark, at + 4)
    return bytes(changed)


def one_byte_many_times(name: str, count: int) -> bytes:
    """A docx whose list names one member `count` times, all at the same place: few bytes, much to do."""
    content = docx()
    directory = content.rfind(b"PK\x01\x02")
    end = content.rfind(b"PK\x05\x06")
    entry = content[directory:end]
    start = struct.unpack("<L", content[end + 16 : end + 20])[0]
    table = content[start:end] + entry * count
    old = len(content[start:end]) // len(entry)
    total = min(0xFFFF, count + old)
    return content[:start] + table + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, total, total, len(table), start, 0)


def wav(seconds: float = 0.2, *more: tuple[bytes, bytes]) -> bytes:
    """A WAV of silence, with more chunks if given."""
    sound = bytes(int(8000 * seconds) * 2)
    chunks = [(b"fmt ", struct.pack("<HHLLHH", 1, 1, 8000, 16000, 2, 16)), *more, (b"data", sound)]
    body = b"".join(
        name + struct.pack("<L", len(content)) + content + bytes(len(content) % 2) for name, content in chunks
    )
    return b"RIFF" + struct.pack("<L", 4 + len(body)) + b"WAVE" + body


def mp3(frames: int = 10, *, before: bytes = b"", after: bytes = b"") -> bytes:
    """An MP3 of silent frames (MPEG 1, layer III, 32 kbit/s, 44.1 kHz), between what is given."""
    return before + (b"\xff\xfb\x10\x00" + bytes(100)) * frames + after


def id3(text: bytes) -> bytes:
    """A tag before an MP3."""
    size = bytes(len(text) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + size + text


def ogg(first: bytes = b"OpusHead", pages: int = 4, stream: int = 7) -> bytes:
    """An Ogg of some pages."""
    content = b""
    for number in range(pages):
        body = (first if number == 0 else b"sound").ljust(40, b"\x00")
        flags = 2 if number == 0 else 0
        content += b"OggS\x00" + struct.pack("<BqLLLB", flags, 0, stream, number, 0, 1) + bytes([len(body)]) + body
    return content


def box(kind: bytes, content: bytes = b"") -> bytes:
    """One box of an MP4."""
    return struct.pack(">L", 8 + len(content)) + kind + content


def m4a(*handlers: bytes, tags: bytes = b"") -> bytes:
    """An M4A with one track for each handler, and tags."""
    tracks = b"".join(
        box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + handler + bytes(12)))) for handler in handlers or (b"soun",)
    )
    return box(b"ftyp", b"M4A \x00\x00\x00\x00") + box(b"moov", tracks + box(b"udta", tags)) + box(b"mdat", b"sound")
