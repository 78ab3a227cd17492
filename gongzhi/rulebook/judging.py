"""Judging one draft: rules by id, facts as far as they are known, a day and a place.

    from gongzhi.rulebook.judging import judge

    for finding in judge(["foundation.directors"], {"foundation.directors": 4}, on=today(), path="44/4403/"):
        if finding.refuses: …       # broken, and every number and article behind it was read
        elif finding.is_broken: …   # advice: 可能不符合，请核实

`judge` reads all parameters of a call in one query, and the working-day calendar in a second one only if a rule counts
days. It never raises for what a person typed; it raises for what a programmer wrote: an unknown rule or fact, a value
of the wrong type.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gongzhi.reference import calendar
from gongzhi.rulebook import packaged, rules, selectors
from gongzhi.rulebook.enums import PHRASES, TO_BE_VERIFIED, Evidence, Unit, Verdict
from gongzhi.rulebook.evaluation import Known, evaluate
from gongzhi.rulebook.expressions import (
    Among,
    Compare,
    Difference,
    Expression,
    Fact,
    Kind,
    Later,
    Number,
    Product,
    Relation,
    Share,
    Sum,
    Today,
    Whole,
    Within,
    amount_of,
    facts_in,
    walk,
)
from gongzhi.rulebook.models import Parameter
from gongzhi.rulebook.rules import STRENGTH, Rule

#: What stands in a sentence for a number that holds nowhere on the way up from the place.
NO_NUMBER = "—"


class BadFact(TypeError):
    """A fact was given that is not declared or whose value has the wrong type: a mistake of the caller, not of a person."""


@dataclass(frozen=True, slots=True)
class Citation:
    """An article as it is quoted, the paper it was read in, and how it is known (V, S, D, G; D and G are 待核实)."""

    article: str
    source: str
    evidence: Evidence

    @property
    def is_unverified(self) -> bool:
        """Whether it is shown as 待核实."""
        return self.evidence in TO_BE_VERIFIED


@dataclass(frozen=True, slots=True)
class Comparison:
    """One thing that was compared, in words: what stood there, how, with what, and whether it was so (None: unknown)."""

    left: str
    relation: str
    right: str
    met: bool | None

    def __str__(self) -> str:
        return f"{self.left} {self.relation} {self.right}"


@dataclass(frozen=True, slots=True)
class Finding:
    """What the engine found about one rule. Texts are in the language that was active; all of it can be kept as JSON.

    `used` are the facts the rule asked, as they were given; `missing` the codes of those without a value that kept it
    from being judged, `missing_words` what these mean. `note` says why it is unknown when no fact is to blame.
    `warning` is the line that must stand beside every number of a text that was replaced.
    """

    rule_id: str
    topic: str
    verdict: Verdict
    says: str
    remedy: str
    cites: tuple[Citation, ...]
    evidence: Evidence
    used: Mapping[str, Any]
    missing: tuple[str, ...]
    missing_words: tuple[str, ...]
    compared: tuple[Comparison, ...]
    hard: bool
    rule_set: str = ""
    warning: str = ""
    note: str = ""

    @property
    def is_broken(self) -> bool:
        """Whether the facts certainly do not fit the rule."""
        return self.verdict == Verdict.BROKEN

    @property
    def refuses(self) -> bool:
        """Whether it may stop a draft. Everything else that is broken is advice."""
        return self.is_broken and self.hard

    @property
    def is_unverified(self) -> bool:
        """Whether it is shown as 待核实."""
        return self.evidence in TO_BE_VERIFIED or bool(self.warning)

    @property
    def headline(self) -> str:
        """The verdict for people: advice never says that something is unlawful."""
        if self.verdict == Verdict.BROKEN:
            return _("Does not meet the rule") if self.hard else _("May not meet the rule; please check")
        if self.verdict == Verdict.UNKNOWN and self.missing:
            return ngettext(
                "Cannot be told: %(n)s answer is missing",
                "Cannot be told: %(n)s answers are missing",
                len(self.missing),
            ) % {"n": len(self.missing)}
        return str(self.verdict.label)

    def as_json(self) -> dict[str, Any]:
        """Everything needed to show the finding again after the rule or its numbers have changed."""
        return {
            "rule": self.rule_id,
            "rule_set": self.rule_set,
            "verdict": self.verdict.value,
            "says": self.says,
            "remedy": self.remedy,
            "cites": [[one.article, one.source, one.evidence.value] for one in self.cites],
            "evidence": self.evidence.value,
            "used": {
                code: value.isoformat() if isinstance(value, dt.date) else value for code, value in self.used.items()
            },
            "missing": list(self.missing),
            "compared": [[one.left, one.relation, one.right, one.met] for one in self.compared],
            "hard": self.hard,
            "warning": self.warning,
            "note": self.note,
        }


def judge(rule_ids: Sequence[str], facts: Mapping[str, Any], *, on: dt.date, path: str) -> list[Finding]:
    """Judge facts by some rules: one finding for each id, in their order.

    `facts` by code: int (money in fen), date, text, bool; None, empty text or an absent code is missing. `on` is the day
    that is judged for, which also says which numbers and which text of a law count; `path` the division, "" or "/" for
    the nation. A rule of a text that is not in force there is not judged: if the text in force has no rule of this id
    the finding is unknown and says so. LookupError for an unknown rule, `BadFact` for a fact that cannot be one.
    """
    forms = {rule_id: rules.of_id(rule_id) for rule_id in rule_ids}
    check_facts(facts)
    every = [rule for found in forms.values() for rule in found]
    codes = {number.code for rule in every for number in rule.numbers}
    codes |= {rules.switch_of(rule.rule_set) for rule in every if rule.rule_set}
    rows = selectors.known_values(sorted(codes), path=path, on=on) if codes else {}
    holidays = calendar.load() if any(rule.counts_days for rule in every) else calendar.Calendar()
    amounts = {code: amount_of(row.number, row.unit) for code, row in rows.items()}
    numbers = {code: amount for code, amount in amounts.items() if amount is not None}
    known = Known(facts, numbers, on, holidays)
    return [_finding(rule_id, forms[rule_id], known, rows) for rule_id in rule_ids]


def check_facts(facts: Mapping[str, Any]) -> None:
    """Raise `BadFact` for codes that are not declared and values of the wrong type."""
    declared = rules.facts()
    for code, value in facts.items():
        if code not in declared:
            raise BadFact(f"no fact is called {code}")
        fault = "" if value == "" else declared[code].fault_of(value)
        if fault:
            raise BadFact(fault)


def in_force(forms: Sequence[Rule], rows: Mapping[str, Parameter]) -> tuple[Rule | None, str]:
    """The form of a rule that counts, and the code of the set in force: None where that set has no such rule."""
    free = next((rule for rule in forms if not rule.rule_set), None)
    if free is not None:
        return free, ""
    switch = rows.get(rules.switch_of(forms[0].rule_set))
    if switch is None:
        return None, ""
    chosen = f"{rules.family_of(forms[0].rule_set)}-{packaged.shown(switch.value, switch.unit)}"
    return next((rule for rule in forms if rule.rule_set == chosen), None), chosen


def verdict_of(rule: Rule, known: Known) -> tuple[Verdict, tuple[Fact, ...]]:
    """The verdict, and the missing facts to blame for an unknown one.

    A rule that certainly is about somebody else does not apply. Otherwise every fact of `holds` must be known before
    anything is said; this is stricter than three-valued logic on purpose: a missing value never says "holds".
    """
    applies = evaluate(rule.applies, known)
    if applies is False:
        return Verdict.DOES_NOT_APPLY, ()
    if rule.local and any(number.code not in known.numbers for number in rule.numbers):
        return Verdict.DOES_NOT_APPLY, ()
    missing = [fact for fact in facts_in(rule.holds) if evaluate(fact, known) is None]
    if applies is None:
        missing += [fact for fact in facts_in(rule.applies) if evaluate(fact, known) is None and fact not in missing]
    if missing or applies is None:
        return Verdict.UNKNOWN, tuple(missing)
    holds = evaluate(rule.holds, known)
    if holds is None:
        return Verdict.UNKNOWN, _wholes_of_nothing(rule.holds, known)
    return (Verdict.HOLDS if holds else Verdict.BROKEN), ()


def _wholes_of_nothing(top: Expression, known: Known) -> tuple[Fact, ...]:
    """The facts that would have to be above zero before a share of them can be told."""
    nothing = [part.whole for part in walk(top) if isinstance(part, Share) and (evaluate(part.whole, known) or 0) <= 0]
    return tuple({fact.code: fact for whole in nothing for fact in facts_in(whole)}.values())


def _finding(rule_id: str, forms: Sequence[Rule], known: Known, rows: Mapping[str, Parameter]) -> Finding:
    rule, chosen = in_force(forms, rows)
    if rule is None:
        return _not_in_force(rule_id, forms[0], chosen)
    verdict, missing = verdict_of(rule, known)
    evidence = evidence_of(rule, rows)
    warning = warning_of(rule, rows)
    absent = [number for number in rule.numbers if number.code not in known.numbers]
    note = ""
    if verdict == Verdict.UNKNOWN and absent:
        note = _("A number this rule needs is not set here on this day: %(codes)s.") % {
            "codes": ", ".join(number.code for number in absent)
        }
    elif verdict == Verdict.UNKNOWN and not missing and rule.counts_days:
        note = _("The holidays of the year the period ends in are not announced yet.")
    said = verdict in (Verdict.HOLDS, Verdict.BROKEN)
    return Finding(
        rule_id=rule.id,
        topic=str(rule.topic),
        verdict=verdict,
        says=sentence(rule, rows),
        remedy=str(rule.remedy),
        cites=citations(rule, rows),
        evidence=evidence,
        used={fact.code: value for fact in rule.facts if (value := evaluate(fact, known)) is not None},
        missing=tuple(fact.code for fact in missing),
        missing_words=tuple(str(fact.meaning) for fact in missing),
        compared=tuple(compared(rule.holds, known, rows)) if said else (),
        hard=rule.hard and evidence not in TO_BE_VERIFIED and not warning,
        rule_set=rule.rule_set,
        warning=warning,
        note=note,
    )


def _not_in_force(rule_id: str, other: Rule, chosen: str) -> Finding:
    """Nothing can be said: the text in force has no such rule, or nobody said which text is."""
    rule_set = packaged.edition().rule_sets.get(chosen)
    return Finding(
        rule_id=rule_id,
        topic=str(other.topic),
        verdict=Verdict.UNKNOWN,
        says=_("The text in force here has no rule of this name yet. Judge by the text itself."),
        remedy="",
        cites=(),
        evidence=Evidence.GENERAL,
        used={},
        missing=(),
        missing_words=(),
        compared=(),
        hard=False,
        rule_set=chosen,
        warning=rule_set.warning if rule_set else "",
        note=_("Rule set in force: %(code)s") % {"code": chosen}
        if chosen
        else _("No rule set is in force here on this day."),
    )


# --- the rules as they stand ---


@dataclass(frozen=True, slots=True)
class Stated:
    """A rule in words, with the numbers that hold in a place on a day, for whoever reads the rules."""

    id: str
    topic: str
    says: str
    remedy: str
    cites: tuple[Citation, ...]
    evidence: Evidence
    rule_set: str
    warning: str
    asks: tuple[str, ...]
    hard: bool
    #: Only a place that has set the number of its own is judged by it, and this one has not.
    no_number: bool

    @property
    def is_unverified(self) -> bool:
        """Whether it is shown as 待核实."""
        return self.evidence in TO_BE_VERIFIED or bool(self.warning)


def stated(*, on: dt.date, path: str) -> list[Stated]:
    """Every rule of the texts in force, in the order of registration. One query."""
    every = rules.rules()
    codes = {number.code for rule in every for number in rule.numbers}
    codes |= {rules.switch_of(rule.rule_set) for rule in every if rule.rule_set}
    rows = selectors.known_values(sorted(codes), path=path, on=on)
    return [_stated(rule, rows) for rule in every if in_force(rules.of_id(rule.id), rows)[0] is rule]


def _stated(rule: Rule, rows: Mapping[str, Parameter]) -> Stated:
    evidence, warning = evidence_of(rule, rows), warning_of(rule, rows)
    absent = any(number.code not in rows for number in rule.numbers)
    return Stated(
        id=rule.id,
        topic=str(rule.topic),
        says=sentence(rule, rows),
        remedy=str(rule.remedy),
        cites=citations(rule, rows),
        evidence=evidence,
        rule_set=rule.rule_set,
        warning=warning,
        asks=tuple(str(fact.meaning) for fact in rule.facts),
        hard=rule.hard and evidence not in TO_BE_VERIFIED and not warning,
        no_number=absent,
    )


def places_of_rules() -> list[str]:
    """The divisions that have set a number some rule asks, the nation (`""`) first. One query."""
    codes = {number.code for rule in rules.rules() for number in rule.numbers}
    codes |= {rules.switch_of(rule.rule_set) for rule in rules.rules() if rule.rule_set}
    return selectors.places(*sorted(codes))


# --- what a rule rests on ---


def evidence_of(rule: Rule, rows: Mapping[str, Parameter]) -> Evidence:
    """The weakest evidence of its articles and its numbers; a number that is not there counts as not verified."""
    found = [cite.evidence for cite in rule.cites]
    found += [
        Evidence(rows[number.code].evidence) if number.code in rows else Evidence.GENERAL for number in rule.numbers
    ]
    return max(found, key=STRENGTH.index)


def warning_of(rule: Rule, rows: Mapping[str, Parameter]) -> str:
    """The line of its rule set, or of the set one of its numbers belongs to; empty when there is none."""
    own = packaged.edition().rule_sets.get(rule.rule_set)
    if own and own.warning:
        return own.warning
    sets = [selectors.rule_set_of(rows[number.code]) for number in rule.numbers if number.code in rows]
    return next((one.warning for one in sets if one and one.warning), "")


def citations(rule: Rule, rows: Mapping[str, Parameter]) -> tuple[Citation, ...]:
    """The articles of the rule and those of its numbers, each once."""
    found = [Citation(cite.text, cite.paper.source, cite.evidence) for cite in rule.cites]
    for number in rule.numbers:
        row = rows.get(number.code)
        if row is not None and row.article not in {one.article for one in found}:
            found.append(Citation(row.article, row.source, Evidence(row.evidence)))
    return tuple(found)


def sentence(rule: Rule, rows: Mapping[str, Parameter]) -> str:
    """The rule in words, with the numbers that hold."""
    spoken = {number.alias: rows[number.code].spoken if number.code in rows else NO_NUMBER for number in rule.numbers}
    return str(rule.says) % spoken if spoken else str(rule.says)


# --- what was compared, in words ---


def compared(top: Expression, known: Known, rows: Mapping[str, Parameter]) -> list[Comparison]:
    """Every comparison of a statement with its values filled in."""
    found = []
    for part in walk(top):
        met = evaluate(part, known) if part.kind == Kind.FLAG else None
        match part:
            case Compare():
                found.append(
                    Comparison(_words(part.left, known, rows), part.relation, _words(part.right, known, rows), met)
                )
            case Share():
                left = f"{_words(part.part, known, rows)} / {_words(part.whole, known, rows)}"
                found.append(Comparison(left, part.relation, _words(part.number, known, rows), met))
            case Within():
                left = f"{_words(part.start, known, rows)} → {_words(part.day, known, rows)}"
                found.append(Comparison(left, Relation.AT_MOST, _words(part.number, known, rows), met))
            case Among():
                found.append(Comparison(_words(part.fact, known, rows), "∈", ", ".join(part.words), met))
            case Fact() if part.kind == Kind.FLAG:
                found.append(Comparison(str(part.meaning), Relation.EQUAL, _spoken(part, met), met))
    return found


def _words(part: Expression, known: Known, rows: Mapping[str, Parameter]) -> str:  # noqa: PLR0911  # a branch each
    """A part with its value, as a reader follows it."""
    match part:
        case Fact():
            return f"{part.meaning} {_spoken(part, evaluate(part, known))}"
        case Number():
            return rows[part.code].spoken if part.code in rows else NO_NUMBER
        case Whole():
            return str(part.value)
        case Today():
            return date_format(known.on)
        case Sum():
            return f"{_words(part.left, known, rows)} + {_words(part.right, known, rows)}"
        case Difference():
            return f"{_words(part.left, known, rows)} − {_words(part.right, known, rows)}"
        case Product():
            return f"{_words(part.left, known, rows)} × {_words(part.right, known, rows)}"
        case Later():
            return f"{_words(part.start, known, rows)} + {_words(part.number, known, rows)}"
    return str(evaluate(part, known))


def _spoken(fact: Fact, value: Any) -> str:
    """A fact's value with its unit, in the reader's language."""
    if value is None:
        return NO_NUMBER
    match fact.kind:
        case Kind.DATE:
            return date_format(value)
        case Kind.FLAG:
            return _("yes") if value else _("no")
        case Kind.MONEY:
            yuan, fen = divmod(abs(value), 100)
            figure = number_format(yuan, force_grouping=True) + (f".{fen:02d}" if fen else "")
            return str(PHRASES[Unit.YUAN] % {"n": f"−{figure}" if value < 0 else figure, "count": yuan})
        case Kind.COUNT if fact.unit in PHRASES:
            return str(PHRASES[fact.unit] % {"n": number_format(value, force_grouping=True), "count": value})
    return str(value)
