"""Changing the key that seals personal fields: a new version is added, old values are sealed anew, the old key goes.

`gongzhi keys add` writes a new version into the key file; every process is started anew, so that all can read it;
`gongzhi keys rotate` seals old values anew, batch by batch, each committed, and may be killed and started again at any
moment: every value opens with one key or the other, and the ring holds both. `gongzhi keys remove` refuses while one
value needs the version.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.apps import apps
from django.conf import settings
from django.db import connection, models

from gongzhi.config import env
from gongzhi.core import crypto
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting

ROTATOR: Final = Actor.system("keys.rotate")
BATCH: Final = 200
MOST_VERSIONS: Final = 255


@dataclass(frozen=True)
class Sealed:
    """One column of sealed values."""

    table: str
    column: str
    pk: str

    @property
    def where(self) -> str:
        """What its values are bound to, besides the row."""
        return f"{self.table}.{self.column}"


def sealed_columns() -> list[Sealed]:
    """Every column of ours that holds sealed values: bytes whose name ends in `_sealed`."""
    return [
        Sealed(model._meta.db_table, str(field.column), str(model._meta.pk.column))
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.BinaryField) and field.name.endswith("_sealed")
    ]


def counts() -> dict[int, int]:
    """How many values each version of the key has sealed."""
    found: dict[int, int] = {}
    with acting(ROTATOR, read_only=True), connection.cursor() as cursor:
        for one in sealed_columns():
            cursor.execute(
                f"SELECT get_byte({one.column}, 1), count(*) FROM {one.table} WHERE length({one.column}) > 1 GROUP BY 1"
            )
            for version, count in cursor.fetchall():
                found[version] = found.get(version, 0) + count
    return found


def key_file(var: Path) -> Path:
    """Where the key ring lies."""
    return Path(env.text("GONGZHI_KEYS_FILE") or var / "keys.json")


def _write(file: Path, ring: dict[str, object]) -> None:
    """Write the key ring whole or not at all, readable by its owner only, also after a power cut."""
    beside = file.with_suffix(f".{os.getpid()}.new")
    was = file.stat()
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        json.dump(ring, handle)
        handle.flush()
        os.fsync(handle.fileno())
    if os.geteuid() == 0:
        os.chown(beside, was.st_uid, was.st_gid)
    beside.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def add(file: Path) -> int:
    """Add a new version to the key ring; the version. Values are sealed with it once processes have started anew."""
    ring = json.loads(file.read_text(encoding="utf-8"))
    version = max(int(one) for one in ring["encryption"]) + 1
    if version > MOST_VERSIONS:
        raise env.BadSetting("a sealed value has room for 255 versions of the key")
    ring["encryption"][str(version)] = secrets.token_hex(32)
    _write(file, ring)
    return version


def remove(file: Path, version: int) -> None:
    """Take a version out of the key ring. `BadSetting` while a value needs it, or for the newest."""
    ring = json.loads(file.read_text(encoding="utf-8"))
    if str(version) not in ring["encryption"]:
        raise env.BadSetting(f"the key ring has no version {version}")
    if version == max(int(one) for one in ring["encryption"]):
        raise env.BadSetting("this is the key new values are sealed with: add another first")
    needed = counts().get(version, 0)
    if needed:
        raise env.BadSetting(f"{needed} values are sealed with version {version}: run `gongzhi keys rotate` first")
    del ring["encryption"][str(version)]
    _write(file, ring)


def rotate(*, batch: int = BATCH) -> Iterator[tuple[str, int, int]]:
    """Seal every old value with the newest key. Yields column, values done and values nobody can open, batch by batch.

    Each batch is one transaction, so what is done stays done when the process is killed. A value that cannot be opened
    is left as it is and counted.
    """
    newest = max(settings.KEYS.encryption)
    for one in sealed_columns():
        last = 0
        while True:
            with acting(ROTATOR), connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT {one.pk}, {one.column} FROM {one.table} WHERE length({one.column}) > 1"
                    f" AND get_byte({one.column}, 1) <> %s AND {one.pk} > %s ORDER BY {one.pk} LIMIT %s",
                    [newest, last, batch],
                )
                rows = cursor.fetchall()
                if not rows:
                    break
                broken = 0
                for pk, value in rows:
                    last = pk
                    try:
                        text = crypto.unseal(value, where=one.where, pk=pk)
                    except crypto.CannotOpen:
                        broken += 1
                        continue
                    # Whoever wrote the row meanwhile sealed it with the newest key already: then nothing is changed.
                    cursor.execute(
                        f"UPDATE {one.table} SET {one.column} = %s WHERE {one.pk} = %s AND {one.column} = %s",
                        [crypto.seal(text, where=one.where, pk=pk), pk, bytes(value)],
                    )
            yield one.where, len(rows) - broken, broken


def run(what: str, *, var: Path, version: int) -> int:
    """`gongzhi keys`: status, add, rotate, remove. Exit 1 when a value could not be opened."""
    file = key_file(var)
    if what == "add":
        made = add(file)
        print(f"Key version {made} was added to {file}. Start every process anew, then run: gongzhi keys rotate")
        return 0
    if what == "remove":
        remove(file, version)
        print(f"Key version {version} was removed. Old backups still need it: keep a copy beside them.")
        return 0
    if what == "rotate":
        done = lost = 0
        for where, count, broken in rotate():
            done, lost = done + count, lost + broken
            print(f"{where}: {count} values sealed anew", flush=True)
            if broken:
                print(f"gongzhi: {broken} values of {where} cannot be opened; they were left.", file=sys.stderr)
        print(f"{done} values were sealed anew with version {max(settings.KEYS.encryption)}, {lost} cannot be opened.")
        return 1 if lost else 0
    held = counts()
    for number in sorted({*held, *settings.KEYS.encryption}):
        state = "in the ring" if number in settings.KEYS.encryption else "NOT IN THE RING"
        print(f"version {number}: {held.get(number, 0)} values, {state}")
    return 0
