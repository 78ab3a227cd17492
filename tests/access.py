"""Who may do what: one row for every address, one column for every character.

`build` gives the address from the seeded world. The statuses stand in the order of `CHARACTERS`. Pages in English are
the same views; the test asks for the Chinese address.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gongzhi.core.door import Kind
from tests.world import GUANGDONG, SHENZHEN

CHARACTERS = ("visitor", "rita", "rosa", "dana", "edith", "adam")


@dataclass(frozen=True)
class Access:
    """One address: how to ask for it, how it passes the door, and what each character gets."""

    build: Callable[[], str]
    statuses: tuple[int, ...]
    method: str = "get"
    body: dict[str, str] = field(default_factory=dict)
    door: Kind = Kind.NORMAL


def everyone(build: Callable[[], str], status: int = 200, **more: object) -> Access:
    """The same answer for all."""
    return Access(build, (status,) * len(CHARACTERS), **more)  # type: ignore[arg-type]


def at(address: str) -> Callable[[], str]:
    """An address that needs nothing from the world."""
    return lambda: address


def first_import() -> str:
    """The page of the list the seeded world was made from."""
    from gongzhi.registry.models import Source

    return f"/workbench/imports/{Source.objects.order_by('pk').values_list('pk', flat=True)[0]}/"


#: (address name, method) → who gets what. 302 sends a visitor to the sign-in page.
TABLE: dict[tuple[str, str], Access] = {
    ("healthz", "get"): everyone(at("/healthz"), 503, door=Kind.NO_TRANSACTION),
    ("openapi", "get"): everyone(at("/api/openapi.json"), door=Kind.NO_TRANSACTION),
    ("api-1:organizations", "get"): everyone(at("/api/v1/organizations")),
    ("api-1:organization", "get"): everyone(at(f"/api/v1/organizations/{GUANGDONG}")),
    ("portal:home", "get"): everyone(at("/")),
    ("portal:organization_search", "get"): everyone(at("/orgs/")),
    ("portal:organization_detail", "get"): everyone(at(f"/orgs/{GUANGDONG}/")),
    ("portal:data", "get"): everyone(at("/data/")),
    ("portal:workbench", "get"): Access(at("/workbench/"), (302, 403, 200, 200, 200, 200)),
    ("portal:import_detail", "get"): Access(first_import, (302, 403, 200, 200, 200, 200)),
    ("portal:import_file", "get"): Access(lambda: f"{first_import()}file/", (302, 404, 404, 404, 404, 404)),
    ("portal:correct", "get"): Access(at(f"/workbench/orgs/{GUANGDONG}/correct/"), (302, 403, 403, 403, 403, 403)),
    ("portal:correct", "post"): Access(
        at(f"/workbench/orgs/{SHENZHEN}/correct/"), (302, 403, 403, 422, 403, 403), "post"
    ),
    ("portal:act_for", "post"): Access(at("/acting/"), (302, 302, 302, 302, 302, 302), "post", {"agency": ""}),
    ("portal:after_sign_in", "get"): Access(at("/acting/first/"), (302, 302, 302, 302, 302, 302)),
    ("accounts:sign_in", "get"): Access(at("/accounts/sign-in/"), (200, 302, 302, 302, 302, 302)),
    ("accounts:sign_out", "post"): everyone(at("/accounts/sign-out/"), 302, method="post"),
    ("rulebook:parameter_list", "get"): Access(at("/workbench/parameters/"), (302, 403, 200, 200, 200, 200)),
    ("rulebook:parameter_csv", "get"): Access(at("/workbench/parameters.csv"), (302, 403, 200, 200, 200, 200)),
    ("rulebook:parameter_amend", "get"): Access(
        at("/workbench/parameters/licence.correction_days/"), (302, 403, 200, 200, 200, 200)
    ),
    ("rulebook:parameter_amend", "post"): Access(
        at("/workbench/parameters/licence.correction_days/"), (302, 403, 403, 403, 403, 422), "post"
    ),
    ("ui:gallery", "get"): everyone(at("/ui/")),
    ("ui:settings", "get"): everyone(at("/ui/settings/")),
    ("ui:settings", "post"): everyone(at("/ui/settings/"), 302, method="post"),
    ("ui:language", "post"): everyone(at("/ui/language/"), 302, method="post"),
    ("accounts:sign_in", "post"): everyone(at("/accounts/sign-in/"), 422, method="post"),
}

#: Views that may write although they are called by GET: none yet (the OpenID Connect callback will be the first).
WRITES_ON_GET: set[str] = set()
#: Views that answer without a transaction and an actor.
NO_TRANSACTION = {"healthz", "openapi"}
