"""The one tree a rule is written in: facts, numbers of the law, and what is said about them.

An expression is built with the operators of Python and evaluated twice: on one draft in plain Python
(`rulebook.evaluation`), on many rows as Polars columns (`rulebook.frames`). What a tree can say is closed:

- amounts: facts that are whole numbers or money (fen), `Number`, `+`, `-`, `*` with a `Number` or a whole number;
- days: facts that are days, `TODAY`, `day.later(NUMBER)` (years, months);
- statements: `<=`, `<`, `>=`, `>`, `.equals(…)`, `.among(…)`, `share(a, of=b) <= NUMBER`,
  `day.within(NUMBER, of=other_day)`, joined by `&`, `|`, `~`.

There is no division (a share is compared by cross-multiplying), no float, and no when-otherwise, because each of them
turned a missing value into an answer when it was tried (`docs/adr/0026`). `and`, `or`, `not`, `if` and chained
comparisons ask an expression for its truth, which only its facts have: they raise `BadRule`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, NoReturn

from django.utils.functional import Promise

from gongzhi.rulebook import packaged
from gongzhi.rulebook.enums import FactType, Unit

Words = str | Promise

#: No fact is larger, in its own unit (money: fen); a larger one is a typing mistake and is refused as a fact.
LARGEST_FACT = 10**15
#: Whole numbers of 128 bits hold every product below this exactly, in Polars as in Python.
LARGEST_AMOUNT = 10**37
#: The whole that a share's number counts in: a percentage may have four decimals, so it counts millionths.
WHOLES = {Unit.THIRD: 3, Unit.PERCENT: 1_000_000}
#: Whole numbers one unit of a parameter counts as: fen for yuan, hundredths of the permyriad for percent.
GRAINS = {Unit.YUAN: 100, Unit.PERCENT: 10_000}
#: Units that lengthen a day into a later day, without moving it from a day of rest.
SPANS = (Unit.YEAR, Unit.MONTH)
#: Units of time: an amount in one of them is compared with a number in the same one only.
TIMES = frozenset({Unit.DAY, Unit.WORKING_DAY, Unit.HOUR, Unit.MONTH, Unit.YEAR})


class BadRule(TypeError):
    """A rule says something no rule may say. The message names what and where."""


class Kind(StrEnum):
    """What an expression yields."""

    COUNT = "count"
    MONEY = "money"
    DATE = "date"
    TEXT = "text"
    FLAG = "flag"


class Relation(StrEnum):
    """How two values are compared, as it is printed."""

    AT_LEAST = "≥"
    AT_MOST = "≤"
    OVER = ">"
    UNDER = "<"
    EQUAL = "="


KIND_OF = {
    FactType.INTEGER: Kind.COUNT,
    FactType.MONEY: Kind.MONEY,
    FactType.DATE: Kind.DATE,
    FactType.TEXT: Kind.TEXT,
    FactType.YES_NO: Kind.FLAG,
}


class Expression:
    """A part of the tree. Compared and joined it makes a larger part; it has no truth of its own."""

    __slots__ = ()

    def __bool__(self) -> bool:
        raise BadRule("an expression has no truth of its own: join with &, | and ~, and do not chain comparisons")

    def __ge__(self, other: Operand) -> Expression:
        return Compare(Relation.AT_LEAST, self, node(other))

    def __le__(self, other: Operand) -> Expression:
        return Compare(Relation.AT_MOST, self, node(other))

    def __gt__(self, other: Operand) -> Expression:
        return Compare(Relation.OVER, self, node(other))

    def __lt__(self, other: Operand) -> Expression:
        return Compare(Relation.UNDER, self, node(other))

    def equals(self, other: Operand) -> Expression:
        """The same amount, the same day. (`==` keeps its meaning of Python: the same part of the tree.)"""
        return Compare(Relation.EQUAL, self, node(other))

    def __and__(self, other: Expression) -> Expression:
        return Both(self, node(other))

    def __or__(self, other: Expression) -> Expression:
        return Either(self, node(other))

    def __invert__(self) -> Expression:
        return Not(self)

    def __add__(self, other: Operand) -> Expression:
        return Sum(self, node(other))

    def __sub__(self, other: Operand) -> Expression:
        return Difference(self, node(other))

    def __mul__(self, other: Operand) -> Expression:
        return Product(self, node(other))

    def _no_division(self, other: object) -> NoReturn:
        raise BadRule("no division: write share(part, of=whole) and compare that, or multiply both sides")

    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _no_division

    def later(self, number: Number) -> Expression:
        """The day that lies a number of years or months after this one; a missing 29 February is the 28th."""
        return Later(self, number)

    def within(self, number: Number, *, of: Expression) -> Expression:
        """Whether this day lies within so many calendar days of another (民法典 Art 201, 203): the day itself is not
        counted, and a period that ends on a day of rest ends on the next working day. Unknown while holidays are."""
        return Within(self, of, number)

    @property
    def kind(self) -> Kind:
        """What it yields. Raises `BadRule` when the parts do not fit each other."""
        raise NotImplementedError

    @property
    def parts(self) -> tuple[Expression, ...]:
        """The expressions it is made of."""
        return ()


Operand = Expression | int


def node(value: object) -> Expression:
    """A part of the tree out of what a rule wrote. Raises `BadRule` for floats, texts and anything foreign."""
    if isinstance(value, Expression):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Whole(value)
    if isinstance(value, float | Decimal):
        raise BadRule(f"{value!r} is no whole number: money is counted in fen, shares by cross-multiplying")
    raise BadRule(f"{type(value).__name__} is no part of a rule")


@dataclass(frozen=True, slots=True, eq=False)
class Fact(Expression):
    """Something about one draft or one organization that rules may ask: a code, a type, what it means, what it counts.

    Money is in fen whatever the unit of the number it is compared with. `choices` closes the words a text may be.
    """

    code: str
    type: FactType
    meaning: Words
    unit: Unit | None = None
    choices: tuple[str, ...] = ()

    def is_(self, word: str) -> Expression:
        """The text is this word."""
        return Among(self, (word,))

    def among(self, *words: str) -> Expression:
        """The text is one of these words."""
        return Among(self, words)

    @property
    def kind(self) -> Kind:
        return KIND_OF[self.type]

    def fault_of(self, value: object) -> str:
        """Why a value cannot be this fact, in English for the log; empty when it can. None is missing, not wrong."""
        if value is None:
            return ""
        fits = {
            FactType.INTEGER: type(value) is int,
            FactType.MONEY: type(value) is int,
            FactType.DATE: type(value) is dt.date,
            FactType.TEXT: isinstance(value, str),
            FactType.YES_NO: type(value) is bool,
        }[self.type]
        if not fits:
            return f"{self.code} is {self.type.value}, not {type(value).__name__}"
        if isinstance(value, int) and abs(value) > LARGEST_FACT:
            return f"{self.code} is larger than any real amount"
        if self.choices and value not in self.choices:
            return f"{self.code} is none of {', '.join(self.choices)}"
        return ""


@dataclass(frozen=True, slots=True, eq=False)
class Number(Expression):
    """A dated parameter of the rulebook by its code: the number itself stands nowhere in a rule."""

    code: str

    @property
    def unit(self) -> Unit:
        """The unit of its definition. Raises `BadRule` for a code the packaged edition does not know."""
        meant = packaged.edition().definitions.get(self.code)
        if meant is None:
            raise BadRule(f"no parameter is called {self.code}")
        return meant.unit

    @property
    def alias(self) -> str:
        """Its name inside a rule's sentence: the last word of its code."""
        return self.code.rpartition(".")[2]

    @property
    def kind(self) -> Kind:
        if self.unit in (Unit.MONTH_DAY, Unit.GRADE, Unit.EDITION, Unit.TIMES, Unit.FACTOR, Unit.SCORE, Unit.HOUR):
            raise BadRule(f"{self.code} counts {self.unit.value}: no rule compares that")
        return Kind.MONEY if self.unit == Unit.YUAN else Kind.COUNT


@dataclass(frozen=True, slots=True, eq=False)
class Whole(Expression):
    """A whole number that is no number of the law: nothing, one."""

    value: int

    @property
    def kind(self) -> Kind:
        return Kind.COUNT


@dataclass(frozen=True, slots=True, eq=False)
class Today(Expression):
    """The day that is judged for: `judge(on=…)`."""

    @property
    def kind(self) -> Kind:
        return Kind.DATE


TODAY = Today()


@dataclass(frozen=True, slots=True, eq=False)
class _Pair(Expression):
    left: Expression
    right: Expression

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.left, self.right)


class _Amount(_Pair):
    __slots__ = ()

    @property
    def kind(self) -> Kind:
        kinds = [kind for part in self.parts if (kind := _amount(part))]
        if len(set(kinds)) > 1:
            raise BadRule("money and a count cannot be added")
        return kinds[0] if kinds else Kind.COUNT


class Sum(_Amount):
    """Two amounts together."""

    __slots__ = ()


class Difference(_Amount):
    """One amount without another; it may be below zero."""

    __slots__ = ()


class Product(_Pair):
    """An amount so many times: by a number of the law or a whole number, never by a fact."""

    __slots__ = ()

    @property
    def kind(self) -> Kind:
        if not isinstance(self.right, Number | Whole):
            raise BadRule("an amount is multiplied by a Number or a whole number only")
        if self.right.kind != Kind.COUNT:
            raise BadRule("an amount is not multiplied by money")
        kind = _amount(self.left)
        return kind or Kind.COUNT


@dataclass(frozen=True, slots=True, eq=False)
class Later(Expression):
    """A day, so many years or months later."""

    start: Expression
    number: Number

    @property
    def kind(self) -> Kind:
        _days(self.start)
        _numbered(self.number, SPANS)
        return Kind.DATE

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.start, self.number)


@dataclass(frozen=True, slots=True, eq=False)
class Compare(Expression):
    """Two amounts or two days, compared."""

    relation: Relation
    left: Expression
    right: Expression

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.left, self.right)

    @property
    def kind(self) -> Kind:
        if Kind.DATE in (self.left.kind, self.right.kind):
            _days(self.left)
            _days(self.right)
            return Kind.FLAG
        kinds = {_amount(self.left), _amount(self.right)} - {None}
        if len(kinds) > 1:
            raise BadRule("money is compared with money, a count with a count")
        units = {part.unit for part in self.parts if isinstance(part, Fact | Number) and part.unit in TIMES}
        if len(units) > 1:
            raise BadRule(f"{' and '.join(sorted(str(unit) for unit in units))} cannot be compared")
        if any(isinstance(part, Number) and part.unit in WHOLES for part in self.parts):
            raise BadRule("a share is compared by share(part, of=whole)")
        return Kind.FLAG


@dataclass(frozen=True, slots=True, eq=False)
class Among(Expression):
    """A text is one of some words."""

    fact: Fact
    words: tuple[str, ...]

    @property
    def kind(self) -> Kind:
        if self.fact.kind != Kind.TEXT:
            raise BadRule(f"{self.fact.code} is no text")
        unknown = [word for word in self.words if self.fact.choices and word not in self.fact.choices]
        if unknown:
            raise BadRule(f"{self.fact.code} is never {', '.join(unknown)}")
        return Kind.FLAG

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.fact,)


@dataclass(frozen=True, slots=True, eq=False)
class Share(Expression):
    """A part of a whole, compared with a share of the law by cross-multiplying. Of a whole that is nothing no share can
    be told: the verdict is unknown, not "holds"."""

    relation: Relation
    part: Expression
    whole: Expression
    number: Number

    @property
    def kind(self) -> Kind:
        _numbered(self.number, tuple(WHOLES))
        kinds = {_amount(self.part), _amount(self.whole)} - {None}
        if len(kinds) > 1:
            raise BadRule("the part and the whole of a share are both money or both counts")
        return Kind.FLAG

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.part, self.whole, self.number)


@dataclass(frozen=True, slots=True)
class share:  # noqa: N801  # reads as a function: share(a, of=b) <= NUMBER
    """A part of a whole, to be compared with a `Number` of unit third or percent."""

    part: Expression
    of: Expression

    def __le__(self, number: Number) -> Expression:
        return Share(Relation.AT_MOST, self.part, self.of, number)

    def __ge__(self, number: Number) -> Expression:
        return Share(Relation.AT_LEAST, self.part, self.of, number)

    def __gt__(self, number: Number) -> Expression:
        return Share(Relation.OVER, self.part, self.of, number)

    def __lt__(self, number: Number) -> Expression:
        return Share(Relation.UNDER, self.part, self.of, number)


@dataclass(frozen=True, slots=True, eq=False)
class Within(Expression):
    """A day lies within so many calendar days of another, as 民法典 Art 201 and 203 count."""

    day: Expression
    start: Expression
    number: Number

    @property
    def kind(self) -> Kind:
        _days(self.day)
        _days(self.start)
        _numbered(self.number, (Unit.DAY,))
        return Kind.FLAG

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.day, self.start, self.number)


class _Joined(_Pair):
    __slots__ = ()

    @property
    def kind(self) -> Kind:
        for part in self.parts:
            if part.kind != Kind.FLAG:
                raise BadRule("only statements are joined by & and |")
        return Kind.FLAG


class Both(_Joined):
    """Both statements are true."""

    __slots__ = ()


class Either(_Joined):
    """At least one of the statements is true."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, eq=False)
class Not(Expression):
    """The statement is not true."""

    part: Expression

    @property
    def kind(self) -> Kind:
        if self.part.kind != Kind.FLAG:
            raise BadRule("only a statement can be denied")
        return Kind.FLAG

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.part,)


#: Everything a tree may hold. Nothing else is evaluated.
NODES: tuple[type[Expression], ...] = (
    Fact,
    Number,
    Whole,
    Today,
    Sum,
    Difference,
    Product,
    Later,
    Compare,
    Among,
    Share,
    Within,
    Both,
    Either,
    Not,
)


def walk(top: Expression) -> Iterator[Expression]:
    """Every part of a tree, itself first. Raises `BadRule` for a part of a foreign kind."""
    if type(top) not in NODES:
        raise BadRule(f"{type(top).__name__} is no part of a rule")
    yield top
    for part in top.parts:
        yield from walk(part)


def facts_in(top: Expression) -> tuple[Fact, ...]:
    """The facts a tree asks, each once, in the order they are written."""
    return tuple({part.code: part for part in walk(top) if isinstance(part, Fact)}.values())


def numbers_in(top: Expression) -> tuple[Number, ...]:
    """The numbers a tree asks, each once, in the order they are written."""
    return tuple({part.code: part for part in walk(top) if isinstance(part, Number)}.values())


def check_statement(top: object) -> Expression:
    """The tree as a statement that can be judged. Raises `BadRule` when it is none, or could overflow 128 bits."""
    if not isinstance(top, Expression):
        raise BadRule(f"{type(top).__name__} is no part of a rule")
    for part in walk(top):
        part.kind  # noqa: B018  # raises where the parts do not fit
        if bound(part) > LARGEST_AMOUNT:
            raise BadRule("the amounts of this rule could become too large to be exact")
    if top.kind != Kind.FLAG:
        raise BadRule("a rule says something that is true or not")
    return top


def bound(top: Expression) -> int:
    """The largest amount a part can become, whatever the facts; zero for what is no amount."""
    match top:
        case Fact() if top.kind in (Kind.COUNT, Kind.MONEY):
            found = LARGEST_FACT
        case Number():
            found = int(packaged.LARGEST) * GRAINS.get(top.unit, 1)
        case Whole():
            found = abs(top.value)
        case Sum() | Difference():
            found = bound(top.left) + bound(top.right)
        case Product():
            found = bound(top.left) * bound(top.right)
        case Share():
            found = max(bound(top.part) * WHOLES[top.number.unit], bound(top.whole) * bound(top.number))
        case _:
            found = 0
    return found


def amount_of(value: Decimal, unit: str) -> int | None:
    """A parameter's value as the whole number trees compare: fen, millionths, or as it is. None when it has a finer
    fraction than that, which no rule can compare exactly."""
    grained = value * GRAINS.get(Unit(unit), 1)
    return int(grained) if grained == int(grained) else None


def _amount(part: Expression) -> Kind | None:
    """Money or a count; None for nothing and other plain whole numbers, which fit both."""
    if isinstance(part, Whole):
        return None
    if part.kind not in (Kind.COUNT, Kind.MONEY):
        raise BadRule(f"{part.kind.value} is no amount")
    return part.kind


def _days(part: Expression) -> None:
    if part.kind != Kind.DATE:
        raise BadRule(f"{part.kind.value} is no day")


def _numbered(number: object, units: Sequence[Unit]) -> None:
    if not isinstance(number, Number):
        raise BadRule("this needs a Number of the rulebook")
    if number.unit not in units:
        wanted = " or ".join(unit.value for unit in units)
        raise BadRule(f"{number.code} counts {number.unit.value}, not {wanted}")


COMPARISONS: dict[Relation, Callable[[Any, Any], Any]] = {
    Relation.AT_LEAST: lambda left, right: left >= right,
    Relation.AT_MOST: lambda left, right: left <= right,
    Relation.OVER: lambda left, right: left > right,
    Relation.UNDER: lambda left, right: left < right,
    Relation.EQUAL: lambda left, right: left == right,
}
