"""Looking a case up without an account: by its number and the code that was told when it was handed in."""

from __future__ import annotations

from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from gongzhi.cases.actions.handing_in import query_code_hash
from gongzhi.cases.models import Case
from gongzhi.core import throttle
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.errors import RuleViolation
from gongzhi.core.network import bucket_of

CODES_AN_HOUR = 20
HOUR_S = 3600


def open_with_code(*, number: str, code: str, address: str) -> Case | None:
    """The case with this number, if the code belongs to it. Changes nothing.

    Whoever knows the code is nobody in particular, and cases stand behind the second wall: the platform itself looks the
    row up and compares. Raises `RuleViolation` when the address tried too often (`count_wrong_code`).
    """
    if throttle.spent(bucket_of("cases.code", address), limit=CODES_AN_HOUR, seconds=HOUR_S):
        raise RuleViolation("cases.too_many_codes", _("Too many codes were tried. Try again in an hour."), field="code")
    with acting(Actor.system("cases.look_up")) as finder:
        rows = Case.objects.visible_to(finder).select_related("type", "agency")
        found = rows.filter(number=number.strip().upper()).first()
    kept = bytes(found.query_code_sha256 or b"") if found is not None else b""
    if not constant_time_compare(kept.hex(), query_code_hash(code).hex()):
        return None
    return found


def count_wrong_code(*, address: str) -> None:
    """Count a wrong code against an address. Runs in the door's second transaction."""
    throttle.hit(bucket_of("cases.code", address), limit=CODES_AN_HOUR, seconds=HOUR_S)
