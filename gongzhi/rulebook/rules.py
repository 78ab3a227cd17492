"""Rules: dated, cited statements about typed facts, written once and judged on one draft or on the whole register.

An app declares its facts and rules and registers them from `ready()`. What is registered is checked first: a rule that
divides, asks an undeclared fact, has a float, cites no paper or names a number its sentence does not know is refused
with `BadRule`, and the platform does not start.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gongzhi.rulebook import packaged
from gongzhi.rulebook.enums import Evidence
from gongzhi.rulebook.expressions import (
    BadRule,
    Expression,
    Fact,
    Number,
    Within,
    Words,
    check_statement,
    facts_in,
    numbers_in,
    walk,
)

ID = re.compile(r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+){1,3}$")
PLACEHOLDER = re.compile(r"%\((\w+)\)s")

#: Strongest first: a statement is known as its weakest part is known.
STRENGTH = (Evidence.READ, Evidence.SECONDARY, Evidence.DRAFT, Evidence.GENERAL)


@dataclass(frozen=True, slots=True)
class Cite:
    """An article of an instrument of `parameters/instruments.yaml`, and how its words are known."""

    instrument: str
    article: str
    evidence: Evidence

    @property
    def text(self) -> str:
        """As it is quoted: 《基金会管理条例》第二十条."""
        return f"{self.paper.cite}{self.article}"

    @property
    def paper(self) -> packaged.Instrument:
        """The instrument. Raises `BadRule` for one the package does not list."""
        try:
            return packaged.edition().instruments[self.instrument]
        except KeyError as error:
            raise BadRule(f"no instrument is called {self.instrument}") from error


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One statement of the law about facts.

    `applies` says whom it is about, `holds` what must be true of them. `says` is the rule in words with the numbers as
    `%(name)s`, the last word of a parameter's code; `remedy` what to do when it is broken. `rule_set` names the text it
    belongs to (`SG-2016`): it is judged only where that text is in force. `local` marks a rule whose numbers exist only
    where a place has set them. `hard` says that a breach may refuse, which the evidence can still take back.
    """

    id: str
    topic: Words
    cites: tuple[Cite, ...]
    says: Words
    applies: Expression
    holds: Expression
    remedy: Words
    rule_set: str = ""
    local: bool = False
    hard: bool = False

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Every fact it asks, each once."""
        both = (*facts_in(self.applies), *facts_in(self.holds))
        return tuple({fact.code: fact for fact in both}.values())

    @property
    def numbers(self) -> tuple[Number, ...]:
        """Every number of the law it asks, each once."""
        both = (*numbers_in(self.applies), *numbers_in(self.holds))
        return tuple({number.code: number for number in both}.values())

    @property
    def counts_days(self) -> bool:
        """Whether it needs the calendar of working days."""
        return any(isinstance(part, Within) for top in (self.applies, self.holds) for part in walk(top))


_facts: dict[str, Fact] = {}
_rules: dict[tuple[str, str], Rule] = {}


def family_of(rule_set: str) -> str:
    """The law a set is one text of: `SG-2016` → `SG`."""
    return rule_set.rpartition("-")[0]


def switch_of(rule_set: str) -> str:
    """The code of the dated parameter that says which text of this law a place judges by: `rule_set.sg`."""
    return f"rule_set.{family_of(rule_set).lower().replace('-', '_')}"


def check(rule: Rule, known: Iterable[Fact]) -> None:
    """Raise `BadRule` with everything that is wrong with a rule. `known` are the declared facts."""
    problems: list[str] = []
    if not ID.match(rule.id):
        problems.append("its id is no words joined by dots")
    for name in ("applies", "holds"):
        try:
            check_statement(getattr(rule, name))
        except BadRule as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise BadRule("\n".join(f"{rule.id}: {one}" for one in problems))
    declared = set(known)
    problems += [f"{fact.code} is not declared" for fact in rule.facts if fact not in declared]
    if not facts_in(rule.holds):
        problems.append("holds asks no fact")
    aliases = [number.alias for number in rule.numbers]
    if len(aliases) != len(set(aliases)):
        problems.append("two of its numbers end in the same word")
    spoken = set(PLACEHOLDER.findall(str(rule.says)))
    problems += [f"its sentence names {word}, which is none of its numbers" for word in sorted(spoken - set(aliases))]
    problems += [f"its sentence leaves {word} out" for word in sorted(set(aliases) - spoken)]
    if not rule.cites:
        problems.append("it cites nothing")
    papers = packaged.edition().instruments
    problems += [
        f"it cites {cite.instrument}, which is not listed" for cite in rule.cites if cite.instrument not in papers
    ]
    problems += _faults_of_set(rule)
    if problems:
        raise BadRule("\n".join(f"{rule.id}: {one}" for one in problems))


def _faults_of_set(rule: Rule) -> list[str]:
    """What is wrong with the rule set it names; it must name the one its instruments belong to."""
    edition = packaged.edition()
    named = {paper.rule_set for cite in rule.cites if (paper := edition.instruments.get(cite.instrument))} - {""}
    if named and named != {rule.rule_set}:
        return [f"it cites {', '.join(sorted(named))} and names {rule.rule_set or 'no rule set'}"]
    if rule.rule_set and rule.rule_set not in edition.rule_sets:
        return [f"no rule set is called {rule.rule_set}"]
    if rule.rule_set and switch_of(rule.rule_set) not in edition.definitions:
        return [f"no parameter {switch_of(rule.rule_set)} says which text is in force"]
    return []


def declare(*facts: Fact) -> None:
    """Add facts. Raises `BadRule` for a code that is no code or that another fact has."""
    for fact in facts:
        if not ID.match(fact.code):
            raise BadRule(f"{fact.code} is no code of a fact: words joined by dots")
        if _facts.setdefault(fact.code, fact) is not fact:
            raise BadRule(f"two facts are called {fact.code}")


def register(*rules: Rule) -> None:
    """Add rules after checking them. Raises `BadRule`; then none of them is added."""
    for rule in rules:
        check(rule, _facts.values())
        if _rules.get((rule.id, rule.rule_set), rule) is not rule:
            raise BadRule(f"two rules are called {rule.id} {rule.rule_set}")
    for rule in rules:
        _rules[rule.id, rule.rule_set] = rule


def rules() -> tuple[Rule, ...]:
    """Every rule of every set, in the order of registration."""
    return tuple(_rules.values())


def rule_ids() -> frozenset[str]:
    """The ids a case type file may name. One id may stand in several texts of one law."""
    return frozenset(id_ for id_, _set in _rules)


def facts() -> dict[str, Fact]:
    """Every declared fact by its code."""
    return dict(_facts)


def of_id(rule_id: str) -> tuple[Rule, ...]:
    """The forms of one rule, one for each text that has it. LookupError when no text does."""
    found = tuple(rule for rule in _rules.values() if rule.id == rule_id)
    if not found:
        raise LookupError(f"no rule is called {rule_id}")
    return found
