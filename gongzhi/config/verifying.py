"""`gongzhi verify`: is this file a genuine certificate? Needs the public key; no database, no Django, no network."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from gongzhi.config.env import BadSetting, certificate_keys
from gongzhi.core.signing import BadKey, VerifierKey, by_id, read_keys
from gongzhi.registry.verify import MOST_BYTES, Checked, Verdict, check_file

SAID: Final = {
    Verdict.GENUINE: "GENUINE: every byte is as it was signed.",
    Verdict.CHANGED: "NOT GENUINE: the file was changed after it was signed. Do not go by what it shows.",
    Verdict.FORGED: "NOT GENUINE: what it states was changed, or was never signed with this key.",
    Verdict.UNKNOWN_KEY: "NOT KNOWN: it names a key that is not among those given.",
    Verdict.NO_CERTIFICATE: "NO CERTIFICATE: the file holds no signed statement.",
    Verdict.TOO_LARGE: f"NO CERTIFICATE: the file has more than {MOST_BYTES // 1048576} MB.",
}


def public_keys(key: str, var: Path) -> dict[str, VerifierKey]:
    """The keys to check with: a line, a file of lines, or those of the data folder. Raises `BadSetting`."""
    if not key:
        try:
            return by_id(one.verifier for one in certificate_keys(var, make=False))
        except BadSetting as error:
            raise BadSetting(
                f"no public key: give --key; the page /verify/ of the platform shows it ({error})"
            ) from error
    try:
        return read_keys(Path(key).read_text(encoding="utf-8") if "+" not in key and Path(key).is_file() else key)
    except (BadKey, OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"--key cannot be used: {error}") from error


def verify(file: Path, *, key: str, var: Path, as_json: bool) -> int:
    """Print the verdict. Exit 0 for a genuine file, 1 for any other, 2 when file or key cannot be read."""
    keys = public_keys(key, var)
    try:
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadSetting(f"{file} cannot be read: {error.strerror}") from error
    found = check_file(content, keys)
    if as_json:
        body = {"verdict": found.verdict, "number": found.number, "key": found.key_id, "statement": found.statement}
        print(json.dumps(body, ensure_ascii=False))
    else:
        _tell(found)
    return 0 if found.verdict is Verdict.GENUINE else 1


def _tell(found: Checked) -> None:
    good = found.verdict is Verdict.GENUINE
    print(SAID[found.verdict], file=sys.stdout if good else sys.stderr)
    if not found.statement:
        return
    said = found.statement
    if not good:
        print("What was signed says:")
    print(f"{said.get('title', '')} {found.number}")
    print(f"{said.get('issuer', '')} {said.get('issued_on', '')}")
    for label, value in said.get("shown", []):
        print(f"  {label}: {value}")
    print(f"Whether it was revoked since: {said.get('verify', '')}")
