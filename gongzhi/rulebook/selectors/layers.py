"""What holds of the settings: nation, province, city, county, street, organization. One query for any number of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gongzhi.core.times import today
from gongzhi.rulebook import catalogue, selectors
from gongzhi.rulebook.catalogue import Definition, definition, definitions
from gongzhi.rulebook.enums import ORGANIZATION, YES
from gongzhi.rulebook.models import Setting, path_chain, scope_of_organization


@dataclass(frozen=True)
class Held:
    """One setting as it holds somewhere: what decides it, and what is set further down and does not count."""

    definition: Definition
    #: The row that decides; None where nobody has set it.
    row: Setting | None = None
    #: Values of lower levels that a lock keeps from counting, the highest first.
    overridden: tuple[Setting, ...] = ()

    @property
    def value(self) -> str:
        """The value that counts, as it is kept; the default where nobody has set it."""
        return self.row.value if self.row is not None else self.definition.default

    @property
    def is_on(self) -> bool:
        """Whether a switch is on."""
        return self.value == YES

    @property
    def locked(self) -> bool:
        """Whether the level that decides keeps all below it from choosing."""
        return self.row is not None and self.row.locked

    @property
    def spoken(self) -> str:
        """The value in the reader's language."""
        return self.definition.spoken(self.value)

    def locked_above(self, scope: str) -> Setting | None:
        """The row that keeps this scope from choosing: locked further up; None where it may choose."""
        return self.row if self.row is not None and self.row.locked and self.row.scope != scope else None


def chain_of(path: str = "", org_id: int | None = None) -> list[str]:
    """The scopes whose word counts, the nation first: `44/4403/` and 7 → `["", "44/", "44/4403/", "org:7"]`."""
    own = [scope_of_organization(org_id)] if org_id is not None else []
    return [*path_chain(path), *own]


def in_force(
    *,
    path: str = "",
    org_id: int | None = None,
    codes: Sequence[str] | None = None,
    on: dt.date | None = None,
    known_at: dt.datetime | None = None,
) -> dict[str, Held]:
    """Every setting (or those of `codes`) as it holds in a division, or for an organization in it, on a day (today), as
    known at a moment (now): code → what decides. One query."""
    rows = Setting.objects.as_of(on or today(), known_at).in_scopes(chain_of(path, org_id)).filter(given=True)
    known = definitions() if codes is None else [definition(code) for code in codes]
    if codes is not None:
        rows = rows.filter(code__in=codes)
    return resolved(known, rows)


def resolved(known: Iterable[Definition], rows: Iterable[Setting]) -> dict[str, Held]:
    """What decides each setting among the rows of one chain of scopes. No query but that of `rows`."""
    said: dict[str, list[Setting]] = {}
    for row in rows:
        said.setdefault(row.code, []).append(row)
    found = {}
    for one in known:
        ordered = sorted(said.get(one.code, ()), key=lambda row: (row.scope.startswith(ORGANIZATION), row.scope))
        decides, over = None, []
        for row in ordered:
            if decides is not None and decides.locked:
                over.append(row)
            else:
                decides = row
        found[one.code] = Held(one, decides, tuple(over))
    return found


def held(
    code: str,
    *,
    path: str = "",
    org_id: int | None = None,
    on: dt.date | None = None,
    known_at: dt.datetime | None = None,
) -> Held:
    """One setting as it holds; otherwise like `in_force`. Raises `UnknownSetting`. One query."""
    return in_force(path=path, org_id=org_id, codes=[code], on=on, known_at=known_at)[code]


def is_on(module: str, *, path: str = "", org_id: int | None = None) -> bool:
    """Whether a registered module is switched on. Raises `UnknownSetting` for one nobody registered. One query."""
    return held(catalogue.module(module), path=path, org_id=org_id).is_on


def days_within(parameter: str, *, path: str = "", org_id: int | None = None) -> int:
    """The days of one of our own parameters, or what was promised instead if that is less. Two queries.

    `path` is the division, for an organization that of its registry. Raises `UnknownParameter`.
    """
    most = int(selectors.value(parameter, path=path))
    promise = catalogue.promise_of(parameter)
    if promise is None:
        return most
    said = held(promise.code, path=path, org_id=org_id).value
    return min(int(said), most) if said else most


def numbers_behind(path: str = "") -> dict[str, int]:
    """Parameter → its number in a division, for every promise of the catalogue. One query."""
    wanted = [one.parameter for one in definitions() if one.parameter]
    return {code: int(row.number) for code, row in selectors.values(wanted, path=path).items()}


def said_in(code: str, scopes: Sequence[str], *, on: dt.date | None = None) -> dict[str, Setting]:
    """What each of these scopes says of a setting itself on a day, whether it counts or not: scope → row. One query."""
    rows = Setting.objects.as_of(on or today()).in_scopes(scopes).filter(code=code, given=True)
    return {row.scope: row for row in rows}


def coming(code: str, scopes: Sequence[str]) -> list[Setting]:
    """What these scopes have already decided for later days, the nearest first. One query."""
    rows = Setting.objects.current().in_scopes(scopes).filter(code=code, valid_from__gt=today())
    return list(rows.order_by("valid_from", "scope"))


def history(code: str, scope: str) -> list[Setting]:
    """Every version ever of what one scope says of a setting: the latest day first, then the latest knowledge."""
    return list(Setting.objects.filter(code=code, scope=scope).order_by("-valid_from", "-known_from"))


def below(code: str, path: str, *, most: int) -> list[Setting]:
    """What divisions below one say of a setting today, in the order of their paths, at most so many. One query."""
    prefix = "" if path == "/" else path
    rows = Setting.objects.as_of(today()).of_divisions().filter(code=code, given=True, scope__startswith=prefix)
    return list(rows.exclude(scope=prefix).order_by("scope")[:most])
