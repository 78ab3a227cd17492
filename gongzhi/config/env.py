"""Typed reading of environment variables, so that a wrong value is named at start and not met at night."""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg.conninfo import conninfo_to_dict

if TYPE_CHECKING:
    from gongzhi.core.signing import SigningKey

#: The value shown in docs/guides/deploy.md. A platform that runs with it is refused by `gongzhi doctor`.
EXAMPLE_SECRET = "change-me-change-me-change-me-change-me-change-me-change-me"  # noqa: S105 - known to all, so refused


class BadSetting(Exception):
    """An environment variable holds something that cannot be used; the text says what and how to mend it."""


def text(name: str, default: str = "") -> str:
    """The variable `name`, or the content of the file named by `name_FILE` (for secrets), or `default`."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise BadSetting(f"{name}_FILE: {file} cannot be read ({error.strerror})") from error
    return os.environ.get(name, default)


def flag(name: str, default: bool) -> bool:
    """The variable as yes or no: 1/0, true/false, yes/no, on/off."""
    value = text(name).strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise BadSetting(f"{name} is {value!r}: use 1 or 0")


def number(name: str, default: int) -> int:
    """The variable as a whole number."""
    value = text(name).strip()
    if not value:
        return default
    try:
        return int(value)
    except ValueError as error:
        raise BadSetting(f"{name} is {value!r}: use a whole number") from error


def hours(name: str, default: str) -> tuple[dt.time, dt.time]:
    """The variable as two times of day, such as `21:00-08:00`."""
    value = text(name).strip() or default
    try:
        begins, ends = (dt.time.fromisoformat(part.strip()) for part in value.split("-"))
    except ValueError as error:
        raise BadSetting(f"{name} is {value!r}: use two times of day such as 21:00-08:00") from error
    return begins, ends


def words(name: str, default: str = "") -> list[str]:
    """The variable as a list, separated by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def tables(name: str) -> dict[str, dict[str, Any]]:
    """The tables of the TOML file named by the variable; `…_file` in a table stands for the content of that file."""
    file = text(name).strip()
    if not file:
        return {}
    try:
        found: dict[str, dict[str, Any]] = tomllib.loads(Path(file).read_text(encoding="utf-8"))
        for table in found.values():
            for key in [key for key in table if key.endswith("_file")]:
                table[key.removesuffix("_file")] = Path(table[key]).read_text(encoding="utf-8").strip()
    except (OSError, tomllib.TOMLDecodeError, AttributeError) as error:
        raise BadSetting(f"{name}: {file} cannot be read as TOML with one table a provider ({error})") from error
    return found


def database(url: str) -> dict[str, Any]:
    """Django's connection settings for a PostgreSQL address such as `postgresql://user:secret@host:5432/name`."""
    try:
        parts = conninfo_to_dict(url)
    except Exception as error:
        raise BadSetting("DATABASE_URL is not a PostgreSQL address such as postgresql://user@host/name") from error
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    settings: dict[str, Any] = {name: str(parts.pop(part, "") or "") for part, name in named.items()}
    settings["OPTIONS"] = {key: value for key, value in parts.items() if value is not None}
    return settings


def object_store() -> dict[str, Any]:
    """Options of an S3-compatible store, from the variables that begin with GONGZHI_S3_; empty without a bucket."""
    named = {
        "bucket_name": "GONGZHI_S3_BUCKET",
        "endpoint_url": "GONGZHI_S3_ENDPOINT",
        "region_name": "GONGZHI_S3_REGION",
        "access_key": "GONGZHI_S3_KEY_ID",
        "secret_key": "GONGZHI_S3_SECRET",
        "location": "GONGZHI_S3_FOLDER",
        "addressing_style": "GONGZHI_S3_ADDRESSING",
    }
    options = {option: value for option, name in named.items() if (value := text(name).strip())}
    if not options:
        return {}
    for name in ("GONGZHI_S3_BUCKET", "GONGZHI_S3_KEY_ID", "GONGZHI_S3_SECRET"):
        if not text(name).strip():
            raise BadSetting(f"{name} is not set, and other GONGZHI_S3_ variables are: set it, or unset them all")
    if options.get("addressing_style", "auto") not in {"auto", "path", "virtual"}:
        raise BadSetting("GONGZHI_S3_ADDRESSING is neither auto, path nor virtual")
    return options


def _made_once(file: Path, fresh: dict[str, Any]) -> None:
    """Write a file of secrets whole or not at all (mode 0600), unless it is there; of two processes one makes it."""
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(f".{os.getpid()}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        json.dump(fresh, handle)
        handle.flush()
        os.fsync(handle.fileno())
    try:
        os.link(beside, file)  # fails if another process was first; then its file counts
    except FileExistsError:
        pass
    finally:
        beside.unlink()


@dataclass(frozen=True)
class Keys:
    """The platform's secrets. `encryption` maps a key version to 32 bytes; the highest version is used to write."""

    django: str
    encryption: dict[int, bytes]
    blind_index: bytes


def keys(var: Path) -> Keys:
    """Secrets from GONGZHI_KEYS_FILE, else from VAR/keys.json, which is made at the first start (mode 0600).

    The file is written whole or not at all; without it encrypted fields cannot be read again, so it is
    part of every backup plan (docs/guides/deploy.md).
    """
    file = Path(text("GONGZHI_KEYS_FILE") or var / "keys.json")
    _made_once(
        file,
        {
            "django": secrets.token_urlsafe(50),
            "encryption": {"1": secrets.token_hex(32)},
            "blind_index": secrets.token_hex(32),
        },
    )
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        return Keys(
            django=text("GONGZHI_SECRET_KEY") or data["django"],
            encryption={int(version): bytes.fromhex(key) for version, key in data["encryption"].items()},
            blind_index=bytes.fromhex(data["blind_index"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadSetting(f"the key file {file} cannot be used ({error}): restore it from a backup") from error


def certificate_keys_file(var: Path) -> Path:
    """Where the keys lie that sign certificates."""
    return Path(text("GONGZHI_CERTIFICATE_KEYS_FILE") or var / "certificate-keys.json")


def certificate_keys(var: Path, *, make: bool = True) -> list[SigningKey]:
    """The keys that sign certificates, the one in use first; the others made signatures that still hold.

    From GONGZHI_CERTIFICATE_KEYS_FILE, else from VAR/certificate-keys.json, which is made at the first start unless `make`
    is off. It is part of every backup: certificates signed with a lost key stay genuine, and no new one can be.
    """
    from gongzhi.core.signing import SigningKey  # cryptography is loaded only where something is signed

    file = certificate_keys_file(var)
    if make:
        _made_once(file, {"name": "gongzhi-certificates", "keys": {"1": secrets.token_hex(32)}})
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        versions = sorted(((int(version), bytes.fromhex(seed)) for version, seed in data["keys"].items()), reverse=True)
        found = [SigningKey(str(data["name"]), seed) for _version, seed in versions]
        for one in found:
            _ = one.verifier
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadSetting(f"the key file {file} cannot be used ({error}): restore it from a backup") from error
    if not found or not found[0].name or "+" in found[0].name:
        raise BadSetting(f"the key file {file} holds no key or no name: restore it from a backup")
    return found
