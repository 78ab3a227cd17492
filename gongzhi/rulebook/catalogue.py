"""Every setting there is: what it means, what it may say, who may choose it. Closed: the table holds no other code.

A setting is the platform's own affair, chosen level by level; a number the law asks for is a parameter and stands in
`parameters/`. A promise of days therefore names its parameter: it may be shorter than that number and never longer.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from gongzhi.reference.enums import Level
from gongzhi.rulebook.enums import NO, YES, Area, Shape


class BadValue(ValueError):
    """A text that is no value of this setting, with the sentence that says so."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code, self.message = code, message


class UnknownSetting(KeyError):
    """No setting has this code."""


@dataclass(frozen=True)
class Definition:
    """One setting: its code, its words, what it may say, and who may choose it.

    `deepest` is the lowest level of divisions that may set it; `by_organization` lets an organization choose for itself.
    Values are kept as text: `yes` and `no` for a switch, a whole number for days, else what was typed.
    """

    code: str
    area: Area
    shape: Shape
    label: str | Promise
    #: One sentence: what changes where it is set.
    meaning: str | Promise
    default: str = ""
    deepest: Level = Level.TOWNSHIP
    by_organization: bool = False
    #: Characters of a text, at most.
    longest: int = 0
    #: The parameter a promise of days may not exceed; where nothing is promised, it counts itself.
    parameter: str = ""
    #: Working days of a promise, at least.
    least: int = 1

    def may_be_set_at(self, level: Level | None) -> bool:
        """Whether a level may set it; None is an organization."""
        return self.by_organization if level is None else level <= self.deepest

    def clean(self, text: str, *, most: int | None = None) -> str:
        """The text as it is kept. `most` is the parameter's number for a promise. Raises `BadValue`."""
        text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
        match self.shape:
            case Shape.SWITCH:
                if text not in (YES, NO):
                    raise BadValue("choice", _("Choose on or off."))
            case Shape.DAYS:
                number = unicodedata.normalize("NFKC", text)
                if not (number.isascii() and number.isdecimal() and len(number) <= 4):
                    raise BadValue("days", _("Enter a whole number of working days."))
                if int(number) < self.least or (most is not None and int(number) > most):
                    raise BadValue(
                        "range",
                        _(
                            "Enter between %(least)s and %(most)s working days: a promise is not longer than the parameter."
                        )
                        % {"least": self.least, "most": most},
                    )
                return str(int(number))
            case _:
                self._check_text(text)
        return text

    def _check_text(self, text: str) -> None:
        if not text:
            raise BadValue("empty", _("Write a text, or take the present one back."))
        if len(text) > self.longest:
            raise BadValue("long", _("This is too long: at most %(most)s characters.") % {"most": self.longest})
        allowed = "\n" if self.shape is Shape.TEXT else ""
        # Signs that cannot be seen, or that turn the direction of what follows, would make one name look like another.
        if any(unicodedata.category(sign) in {"Cc", "Cf", "Zl", "Zp"} and sign not in allowed for sign in text):
            raise BadValue("signs", _("The text holds signs that cannot be shown. Type it again."))

    def spoken(self, value: str) -> str:
        """A value in the reader's language; texts as they were written."""
        if self.shape is Shape.SWITCH:
            return _("On") if value == YES else _("Off")
        if self.shape is Shape.DAYS and value:
            days = int(value)
            return ngettext("%(n)s working day", "%(n)s working days", days) % {"n": days}
        return value


#: Module → its setting, registered by the app that can be switched off (`contracts.register_module`).
_modules: dict[str, Definition] = {}

SITE_NAME = "site.name"
WELCOME = "site.welcome"
HELP_LINE = "site.help_line"
GREETING = "desk.greeting"
QUESTION_DAYS = "promise.question_days"
IDENTITY_DAYS = "promise.identity_days"
OWNER_DAYS = "promise.owner_days"


def channel(name: str) -> str:
    """The code of the setting of a channel of notices."""
    return f"notice.{name}"


def module(name: str) -> str:
    """The code of the setting of a module."""
    return f"module.{name}"


_CHANNELS: Mapping[str, tuple[str | Promise, str | Promise]] = {
    "mail": (
        gettext_lazy("Notices by e-mail"),
        gettext_lazy("Whether notices go out by e-mail; decisions and what concerns an account always do."),
    ),
    "sms": (
        gettext_lazy("Notices by text message"),
        gettext_lazy("Whether notices go out by text message; decisions and what concerns an account always do."),
    ),
    "wechat": (
        gettext_lazy("Notices by WeChat"),
        gettext_lazy("Whether notices go out by WeChat; decisions and what concerns an account always do."),
    ),
}

_STATIC: tuple[Definition, ...] = (
    Definition(
        SITE_NAME,
        Area.WORDS,
        Shape.LINE,
        gettext_lazy("Name of the site"),
        gettext_lazy("How the platform is called at the head of every page."),
        deepest=Level.COUNTY,
        longest=20,
    ),
    Definition(
        WELCOME,
        Area.WORDS,
        Shape.TEXT,
        gettext_lazy("Words of welcome"),
        gettext_lazy("What the first page, the workbench and the desks of the place say on top."),
        longest=200,
    ),
    Definition(
        HELP_LINE,
        Area.WORDS,
        Shape.LINE,
        gettext_lazy("Local help line"),
        gettext_lazy("The telephone and the hours at the foot of every page."),
        longest=60,
    ),
    Definition(
        GREETING,
        Area.WORDS,
        Shape.TEXT,
        gettext_lazy("Words on the desk"),
        gettext_lazy("What the people of an organization read on top of its desk."),
        by_organization=True,
        longest=200,
    ),
    *(
        Definition(channel(name), Area.CHANNELS, Shape.SWITCH, label, meaning, default=YES, by_organization=True)
        for name, (label, meaning) in _CHANNELS.items()
    ),
    Definition(
        channel("letter"),
        Area.CHANNELS,
        Shape.SWITCH,
        gettext_lazy("Notices by letter"),
        gettext_lazy(
            "Whether people without phone and e-mail may choose to be told by letter; who has chosen it keeps it."
        ),
        default=YES,
    ),
    Definition(
        QUESTION_DAYS,
        Area.PROMISES,
        Shape.DAYS,
        gettext_lazy("Answering why data were looked at"),
        gettext_lazy("Within how many working days the office or the organization promises its answer."),
        by_organization=True,
        parameter="privacy.question_answer_days",
    ),
    Definition(
        IDENTITY_DAYS,
        Area.PROMISES,
        Shape.DAYS,
        gettext_lazy("Checking an identity"),
        gettext_lazy("Within how many working days a handed-in document is promised to be checked."),
        parameter="privacy.identity_review_days",
    ),
    Definition(
        OWNER_DAYS,
        Area.PROMISES,
        Shape.DAYS,
        gettext_lazy("Passing a claim on to the authority"),
        gettext_lazy(
            "After how many working days without a word of the person in charge the authority decides who claims to be so too."
        ),
        parameter="orgs.owner_answer_days",
        least=3,
    ),
)


def add_module(name: str, label: str | Promise, meaning: str | Promise) -> None:
    """Add the switch of a module to the catalogue; called by `contracts.register_module`."""
    code = module(name)
    _modules[code] = Definition(code, Area.MODULES, Shape.SWITCH, label, meaning, default=YES)


def definitions() -> list[Definition]:
    """Every setting, in the order of the page: words, modules, channels, promises."""
    every = [*_STATIC, *(_modules[code] for code in sorted(_modules))]
    return sorted(every, key=lambda one: list(Area).index(one.area))


def definition(code: str) -> Definition:
    """The setting of a code. Raises `UnknownSetting`."""
    for one in (*_STATIC, *_modules.values()):
        if one.code == code:
            return one
    raise UnknownSetting(code)


def promise_of(parameter: str) -> Definition | None:
    """The setting that promises less than a parameter allows, if there is one."""
    return next((one for one in _STATIC if one.parameter == parameter), None)
