"""Every change of the settings: a level says something, perhaps locked for all below, or takes it back."""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from gongzhi.audit import actions as audit
from gongzhi.core.actor import Actor
from gongzhi.core.clocks import amend
from gongzhi.core.errors import NotAllowed, RuleViolation
from gongzhi.core.times import today
from gongzhi.rulebook import policies
from gongzhi.rulebook import selectors as parameters
from gongzhi.rulebook.catalogue import BadValue, Definition, definition
from gongzhi.rulebook.enums import CHOOSE_SETTINGS, KEEP_SETTINGS, ORGANIZATION
from gongzhi.rulebook.models import Choice, Setting, level_of
from gongzhi.rulebook.packaged import PATH
from gongzhi.rulebook.selectors import layers

#: Which entry of the transparency log each action makes; a sentence where it makes none.
SEALS: dict[str, str] = {
    "choose_setting": "It says how the platform looks and works somewhere, and nothing about an organization.",
    "take_back_setting": "It says how the platform looks and works somewhere, and nothing about an organization.",
}

#: A setting is chosen for now or for soon.
AHEAD = dt.timedelta(days=366)
LONGEST_REASON = 500


def _one_at_a_time() -> None:
    """Changes wait for each other, so that nothing is chosen below while it is being locked above."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('gongzhi.settings'))")


def _needed(scope: str) -> str:
    return CHOOSE_SETTINGS if scope.startswith(ORGANIZATION) else KEEP_SETTINGS


def _place(actor: Actor, scope: str) -> str:
    """The division whose chain leads to a scope: its own, for an organization that of its registry."""
    return actor.place if scope.startswith(ORGANIZATION) else scope


def _chain(actor: Actor, scope: str) -> list[str]:
    above = layers.chain_of(_place(actor, scope))
    return [*above, scope] if scope.startswith(ORGANIZATION) else above


def _day(valid_from: dt.date) -> None:
    if not today() <= valid_from <= today() + AHEAD:
        raise RuleViolation(
            "rulebook.setting_day",
            _("A setting begins today or within a year."),
            field="valid_from",
        )


def _reason(text: str) -> str:
    text = text.strip()
    if not text:
        raise RuleViolation("rulebook.setting_reason", _("Say why; everybody can read it."), field="reason")
    if len(text) > LONGEST_REASON:
        raise RuleViolation(
            "rulebook.setting_reason_long",
            _("This is too long: at most %(most)s characters.") % {"most": LONGEST_REASON},
            field="reason",
        )
    return text


def _said_by(actor: Actor, reason: str) -> dict[str, str]:
    return {
        "reach": "/" if actor.process else actor.path,
        "set_by": audit.acting_for(actor) or f"process:{actor.process}",
        "set_by_name": actor.acting_for,
        "reason": reason,
    }


def _closed(actor: Actor, one: Definition, scope: str, on: dt.date) -> Setting | None:
    """Raise if a level above keeps this scope from choosing on that day; else what the scope itself says then.

    What a body above has locked at this very scope is opened only by one that reaches as far.
    """
    held = layers.resolved(
        [one],
        Setting.objects.as_of(on).in_scopes(_chain(actor, scope)).filter(code=one.code, given=True),
    )[one.code]
    above = held.locked_above(scope)
    if above is not None:
        raise RuleViolation(
            "rulebook.setting_locked",
            _("This is the same everywhere below: %(name)s has locked it since %(day)s.")
            % {"name": above.set_by_name or above.set_by, "day": above.valid_from.isoformat()},
            field="value",
        )
    return held.row if held.row is not None and held.row.scope == scope else None


def _mine(actor: Actor, own: Setting | None) -> None:
    if own is not None and own.locked and not policies.reaches_as_far(actor, own.reach):
        raise RuleViolation(
            "rulebook.setting_locked",
            _("This is the same everywhere below: %(name)s has locked it since %(day)s.")
            % {"name": own.set_by_name or own.set_by, "day": own.valid_from.isoformat()},
            field="value",
        )


def _kept(one: Definition, value: str, place: str) -> str:
    most = int(parameters.value(one.parameter, path=place)) if one.parameter else None
    try:
        return one.clean(value, most=most)
    except BadValue as error:
        raise RuleViolation(f"rulebook.setting_{error.code}", error.message, field="value") from error


@transaction.atomic
def choose_setting(
    *,
    actor: Actor,
    code: str,
    scope: str,
    value: str,
    reason: str,
    locked: bool = False,
    valid_from: dt.date | None = None,
) -> Setting:
    """From a day on (today), a level says what holds for it and for everything below that says nothing itself.

    `scope` is a division path, empty for the nation, or `org:` and a number. `locked` makes it the same for all below: what
    they chose before stays written and does not count. Raises `UnknownSetting`; `NotAllowed` without permission or reach,
    and for an organization that locks; `RuleViolation` naming the field for a level that may not set it, one that is
    locked from above, a value that is none, and when nothing would change.
    """
    _one_at_a_time()
    if not policies.can_set(actor, scope) or (locked and scope.startswith(ORGANIZATION)):
        raise NotAllowed(_needed(scope))
    one = definition(code)
    on = valid_from or today()
    if not (PATH.match(scope) or scope.startswith(ORGANIZATION)):
        raise RuleViolation("rulebook.path_invalid", _("No division has this code."), field="path")
    if not one.may_be_set_at(level_of(scope)):
        raise RuleViolation("rulebook.setting_level", _("This is not chosen at this level."), field="value")
    _day(on)
    reason = _reason(reason)
    _mine(actor, _closed(actor, one, scope, on))
    choice = Choice(True, _kept(one, value, _place(actor, scope)), locked)
    return _write(actor, one, scope, on, choice, reason, "rulebook.setting.chosen")


@transaction.atomic
def take_back_setting(
    *, actor: Actor, code: str, scope: str, reason: str, valid_from: dt.date | None = None
) -> Setting:
    """From a day on (today), a level says nothing of a setting any more: what holds above holds there again.

    The value stays in the history. Also allowed while a level above has locked its own. Raises as `choose_setting` does.
    """
    _one_at_a_time()
    if not policies.can_set(actor, scope):
        raise NotAllowed(_needed(scope))
    one = definition(code)
    on = valid_from or today()
    _day(on)
    reason = _reason(reason)
    own = layers.said_in(code, [scope], on=on).get(scope)
    if own is None:
        raise RuleViolation("rulebook.setting_nothing_said", _("Nothing is set here that could be taken back."))
    _mine(actor, own)
    return _write(actor, one, scope, on, Choice(False), reason, "rulebook.setting.taken_back")


def _write(actor: Actor, one: Definition, scope: str, on: dt.date, choice: Choice, reason: str, event: str) -> Setting:
    fresh = amend(
        Setting,
        owner={"code": one.code, "scope": scope},
        on=on,
        changes={"choice": choice},
        about=_said_by(actor, reason),
    )
    if not fresh:
        raise RuleViolation("rulebook.nothing_changes", _("On that day it says this already."), field="value")
    row = fresh[0]
    details = {"code": one.code, "scope": scope or "/", "valid_from": on.isoformat(), "locked": choice.locked}
    audit.record(actor=actor, event=event, subject=row, details=details)
    return row
