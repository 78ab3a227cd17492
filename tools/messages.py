"""Translations: collect every text of the interface, check that none is missing, compile.

`compile` needs nothing but polib and runs at setup. `collect` and `check` read the sources with GNU gettext's
`xgettext` (Debian package gettext) through Django's own extraction.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "gongzhi"
CATALOGUE = PACKAGE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
#: Places for values in a text.
PLACES = re.compile(r"%\(\w+\)[sd]")
HAN = re.compile(r"[\u3400-\u9fff]")
#: Texts that are the same in Chinese: names, formats.
SAME = {"English"}


def compile_catalogue() -> int:
    """Write the binary catalogue beside the text one."""
    polib.pofile(str(CATALOGUE)).save_as_mofile(str(CATALOGUE.with_suffix(".mo")))
    return 0


def extracted() -> polib.POFile:
    """Every text that the sources mark for translation."""
    if shutil.which("xgettext") is None:
        raise SystemExit("messages: xgettext is missing; install the Debian package gettext.")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "gongzhi"
        shutil.copytree(
            PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", "vendor", "*.mo", "tests", "locale", "fixtures")
        )
        (copy / "locale" / "zh_Hans" / "LC_MESSAGES").mkdir(parents=True)
        environment = {**os.environ, "PYTHONPATH": "", "DJANGO_SETTINGS_MODULE": ""}
        answer = subprocess.run(
            [sys.executable, "-m", "django", "makemessages", "-l", "zh_Hans", "--no-location", "-v", "0"],
            cwd=copy, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if answer.returncode:
            raise SystemExit(f"messages: {answer.stderr.strip()}")
        return polib.pofile(str(copy / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"))


def key(entry: polib.POEntry) -> tuple[str, str]:
    """What names a text: its context and its words."""
    return entry.msgctxt or "", entry.msgid


def collect(parts: list[Path]) -> int:
    """Bring the catalogue up to date with the sources; `parts` are further .po files to take translations from."""
    known: dict[tuple[str, str], polib.POEntry] = {}
    for part in [*parts, CATALOGUE]:
        if part.exists():
            for entry in polib.pofile(str(part)):
                if entry.msgstr or any(entry.msgstr_plural.values()):
                    known[key(entry)] = entry
    fresh = polib.POFile(wrapwidth=110)
    fresh.metadata = {
        "Project-Id-Version": "gongzhi",
        "Language": "zh_Hans",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    for entry in sorted(extracted(), key=key):
        found = known.get(key(entry))
        new = polib.POEntry(msgid=entry.msgid, msgctxt=entry.msgctxt, flags=[f for f in entry.flags if f != "fuzzy"])
        if entry.msgid_plural:
            new.msgid_plural = entry.msgid_plural
            text = (found.msgstr_plural.get(0) or found.msgstr) if found else ""
            new.msgstr_plural = {0: text}
        else:
            new.msgstr = found.msgstr if found else ""
        fresh.append(new)
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    fresh.save(str(CATALOGUE))
    return compile_catalogue()


def check() -> int:
    """Fail on a text without Chinese, with wrong placeholders, or written in Chinese in the sources."""
    catalogue = {key(entry): entry for entry in polib.pofile(str(CATALOGUE))}
    wrong: list[str] = []
    for entry in extracted():
        found = catalogue.get(key(entry))
        text = (found.msgstr or found.msgstr_plural.get(0, "")) if found else ""
        if HAN.search(entry.msgid) and not re.search("[A-Za-z]{4}", entry.msgid):
            wrong.append(f"written in Chinese, must be English in the source: {entry.msgid}")
        elif not text or (found is not None and "fuzzy" in found.flags):
            wrong.append(f"no Chinese: {entry.msgid}")
        elif sorted(re.findall(r"%\(\w+\)[sd]", entry.msgid)) != sorted(re.findall(r"%\(\w+\)[sd]", text)) and (
            not entry.msgid_plural
        ):
            wrong.append(f"the placeholders differ: {entry.msgid}")
        elif not HAN.search(text) and entry.msgid not in SAME and re.search("[A-Za-z]{3}", PLACES.sub("", text)):
            wrong.append(f"the Chinese holds no Chinese: {entry.msgid}")
    for line in wrong:
        print(f"messages: {line}", file=sys.stderr)
    if not catalogue:
        print("messages: the catalogue is empty", file=sys.stderr)
        return 1
    print(f"messages: {len(catalogue)} texts, {len(wrong)} wrong")
    return 1 if wrong else 0


def main(arguments: list[str]) -> int:
    """`messages.py compile`, `check`, or `collect [PART.po …]`."""
    if arguments[:1] == ["compile"]:
        return compile_catalogue()
    if arguments[:1] == ["check"]:
        return check()
    if arguments[:1] == ["collect"]:
        return collect([Path(part) for part in arguments[1:]])
    raise SystemExit(main.__doc__)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
