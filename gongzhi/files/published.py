"""Files the platform made itself for everybody, kept under the hash of their content.

They are no uploads: nobody handed them in, they hold nothing personal, and everybody may have them. So there is no row
with an owner, no look, and no wall. `name` is always the SHA-256 of the content in hexadecimal digits.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase, HttpResponseNotModified
from django.utils.cache import get_conditional_response

from gongzhi.files import store

_NAME: Final = re.compile(r"[0-9a-f]{64}")
_YEAR_S: Final = 365 * 24 * 3600


def _key(name: str) -> str:
    """Where a published file is kept; `sweep` of private files does not look there. ValueError for another name."""
    if not _NAME.fullmatch(name):
        raise ValueError("a published file is named by its SHA-256")
    return f"published/{name[:2]}/{name}"


def place_of(name: str) -> Path:
    """A path on this machine that holds a published file. ValueError for another name, `OSError` where it is not."""
    return store.at(_key(name))


def workshop() -> Path:
    """The folder on the same disk where a file is made before it is published."""
    folder = store.root() / "published" / "making"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def publish(file: Path) -> tuple[str, int]:
    """Move a finished file to its place, whole or not at all, also after a power cut. Its name and its size."""
    with file.open("rb") as stream:
        os.fsync(stream.fileno())
        name, size = hashlib.file_digest(stream, "sha256").hexdigest(), file.stat().st_size
    store.put(file, _key(name))
    return name, size


def unneeded(named: set[str], *, older_than_s: int) -> list[str]:
    """Published files that are not among `named`: left by a rolled back transaction. Young ones may belong to an open one."""
    found = []
    for key, age in store.listed("published/"):
        folder, _slash, name = key.rpartition("/")
        if _NAME.fullmatch(name) and folder == f"published/{name[:2]}" and name not in named and age > older_than_s:
            found.append(name)
    return found


def withdraw(names: Iterable[str]) -> None:
    """Remove published files; one that is gone already is no error. The caller knows that nothing names them any more."""
    for name in names:
        store.remove(_key(name))


def send_published(request: HttpRequest, name: str, *, shown: str, content_type: str) -> HttpResponseBase:
    """A published file as an answer, always to be saved. Its content never changes, so a reader may keep it."""
    etag = f'"{name}"'
    unchanged = get_conditional_response(request, etag=etag)
    response: HttpResponseBase
    if isinstance(unchanged, HttpResponseNotModified):
        response = unchanged
    else:
        try:
            stream = place_of(name).open("rb")
        except FileNotFoundError as error:
            raise Http404 from error
        response = FileResponse(stream, as_attachment=True, filename=shown, content_type=content_type)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable"
    return response
