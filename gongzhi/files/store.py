"""Where bytes are kept: a folder of this machine, or an S3-compatible store where a setting names one.

A key says where (`ab/cd/<32 digits>`, `published/ab/<sha256>`, `pieces/<32 digits>/<number>`), and what lies under a key
never changes. So a file of a remote store that was fetched once may be kept on this machine: `at` gives a path on this
machine in both cases, and nobody above has to know which it is.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files import File
from storages.backends.s3 import S3Storage

#: What fetched copies may take on this machine in all; the longest unused go first.
FETCHED_MOST_BYTES: Final = 2 * 1024**3
CHUNK: Final = 1024 * 1024


class StoreAway(OSError):
    """The remote store does not answer, or refuses; the text says why."""


@lru_cache(maxsize=4)
def _store(options: tuple[tuple[str, Any], ...]) -> S3Storage:
    # A name is never changed, nothing is public, and a file in hand larger than 2 MB lies on the disk.
    return S3Storage(**dict(options), file_overwrite=True, default_acl=None, max_memory_size=2 * 1024**2)


def remote() -> S3Storage | None:
    """The S3-compatible store of the settings; None where files are kept in a folder."""
    options: dict[str, Any] = settings.OBJECT_STORE
    return _store(tuple(sorted(options.items()))) if options else None


def root() -> Path:
    """The folder of this machine: of all files, or of those in hand where they are kept elsewhere."""
    return Path(settings.UPLOADS).resolve()


def workplace() -> Path:
    """The folder for unfinished files, readable by us alone."""
    folder = root() / "incoming"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _fetched(key: str) -> Path:
    return root() / "fetched" / key.replace("/", "+")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _move(file: Path, place: Path) -> None:
    """Move a finished file so that it is there whole or not at all, also after a power cut."""
    missing = [folder for folder in place.parents if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(folder.parent)
    file.chmod(0o600)
    file.rename(place)
    _sync_folder(place.parent)


def put(file: Path, key: str) -> None:
    """Move a finished file, whose bytes are on the disk, under its key. Raises `OSError`."""
    store = remote()
    if store is None:
        _move(file, root() / key)
        return
    try:
        with file.open("rb") as stream:
            store.save(key, File(stream, name=key))
    except (BotoCoreError, ClientError) as error:
        raise StoreAway(str(error)) from error
    _move(file, _fetched(key))
    _trim()


def at(key: str) -> Path:
    """A path on this machine that holds the bytes of a key. Raises `FileNotFoundError`, or `OSError`."""
    store = remote()
    if store is None:
        return root() / key
    place = _fetched(key)
    if place.exists():
        os.utime(place)
        return place
    part = workplace() / secrets.token_hex(16)
    try:
        with store.open(key) as stream, part.open("xb") as target:
            shutil.copyfileobj(stream, target, CHUNK)
        _move(part, place)
    except (BotoCoreError, ClientError) as error:
        raise StoreAway(str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    _trim()
    return place


def remove(key: str) -> None:
    """Remove what lies under a key; nothing there is no error. Raises `OSError`."""
    store = remote()
    if store is None:
        (root() / key).unlink(missing_ok=True)
        return
    _fetched(key).unlink(missing_ok=True)
    try:
        store.delete(key)
    except (BotoCoreError, ClientError) as error:
        raise StoreAway(str(error)) from error


def listed(prefix: str) -> Iterator[tuple[str, float]]:
    """Every key that begins with `prefix`, and how many seconds ago it was put there. Raises `OSError`.

    `prefix` ends at a folder, such as `ab/`.
    """
    store = remote()
    now = time.time()
    if store is None:
        for path in sorted((root() / prefix).rglob("*")):
            try:
                if path.is_file():
                    yield str(path.relative_to(root())), now - path.stat().st_mtime
            except FileNotFoundError:
                continue  # it was just finished or removed
        return
    begin = f"{store.location.strip('/')}/" if store.location else ""
    try:
        for one in store.bucket.objects.filter(Prefix=begin + prefix):
            yield one.key.removeprefix(begin), now - one.last_modified.timestamp()
    except (BotoCoreError, ClientError) as error:
        raise StoreAway(str(error)) from error


def _trim() -> None:
    """Remove fetched copies that were not used for long, once they take more than their share."""
    found = []
    for entry in os.scandir(root() / "fetched"):
        try:
            state = entry.stat()
        except FileNotFoundError:
            continue
        found.append((state.st_mtime, state.st_size, entry.path))
    left = sum(size for _at, size, _path in found) - FETCHED_MOST_BYTES
    for _at, size, path in sorted(found):
        if left <= 0:
            return
        Path(path).unlink(missing_ok=True)
        left -= size


def unavailable() -> str:
    """Why the remote store cannot be used, for `gongzhi doctor`; empty when it can, or when there is none."""
    store = remote()
    if store is None:
        return ""
    try:
        store.bucket.meta.client.head_bucket(Bucket=store.bucket_name)
    except (BotoCoreError, ClientError) as error:
        return str(error)
    return ""
