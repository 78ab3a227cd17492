"""What a case type says. A closed schema: nothing in a file is evaluated as text, and no number of the law stands in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal

from django.utils.translation import get_language
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationInfo, field_validator, model_validator
from pydantic import Field as Option

from gongzhi.cases.enums import DOCUMENTS, PERSONAL_TYPES, DocumentKind, FieldType, Nature, StepKind, Topic
from gongzhi.orgs.enums import AgencyKind, Kind

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+){0,9}$", max_length=60)]
Dotted = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+){1,3}$", max_length=80)]
Path = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
#: A number with its unit belongs to the rulebook, where it has an article and a day.
NUMBERS = re.compile(
    r"[0-9０-９一二三四五六七八九十百]+\s*(?:个)?(?:工作)?(?:日内|日(?!报|常|期|志)|天|万元|亿元)"
    r"|[0-9]+\s+(?:working |calendar )?days?\b"
)


class Closed(BaseModel):
    """Nothing but what is declared, and nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, ignored_types=(cached_property,))


class Text(Closed):
    """Words in both languages."""

    zh: Words
    en: Words

    def __str__(self) -> str:
        return self.zh if (get_language() or "zh").startswith("zh") else self.en

    @model_validator(mode="after")
    def no_numbers(self) -> Text:
        for words in (self.zh, self.en):
            found = NUMBERS.search(words)
            if found:
                raise ValueError(f"“{found.group()}” is a number of the law: name a parameter of the rulebook instead")
        return self


class Condition(Closed):
    """When something is asked or needed: one field compared, or several conditions joined."""

    field: Path | None = None
    is_: str | None = Option(default=None, alias="is")
    in_: tuple[str, ...] | None = Option(default=None, alias="in")
    filled: bool | None = None
    all: tuple[Condition, ...] | None = None
    any: tuple[Condition, ...] | None = None
    not_: Condition | None = Option(default=None, alias="not")

    @model_validator(mode="after")
    def one_thing(self) -> Condition:
        joined = [one for one in (self.all, self.any, self.not_) if one is not None]
        compared = [one for one in (self.is_, self.in_, self.filled) if one is not None]
        if not (
            (self.field is not None and len(compared) == 1 and not joined)
            or (self.field is None and len(joined) == 1 and not compared)
        ):
            raise ValueError("a condition compares one field (is, in or filled), or joins others (all, any or not)")
        return self

    def fields(self) -> Iterator[str]:
        """Every field it looks at, as `section.key`."""
        if self.field:
            yield self.field
        for one in (*(self.all or ()), *(self.any or ()), *((self.not_,) if self.not_ else ())):
            yield from one.fields()

    def holds(self, answers: Mapping[str, Any]) -> bool:
        """Whether it holds for answers by `section.key`; an answer is a text, or a list of texts."""
        if self.all is not None:
            return all(one.holds(answers) for one in self.all)
        if self.any is not None:
            return any(one.holds(answers) for one in self.any)
        if self.not_ is not None:
            return not self.not_.holds(answers)
        answer = answers.get(self.field or "") or ""
        given = set(answer) if isinstance(answer, list) else {answer} - {""}
        if self.filled is not None:
            return bool(given) is self.filled
        wanted = {self.is_} if self.is_ is not None else set(self.in_ or ())
        return bool(given & wanted)


class Choice(Closed):
    """One of the answers that can be chosen."""

    value: Key
    label: Text


class Field(Closed):
    """One question."""

    key: Key
    type: FieldType
    label: Text
    help: Text | None = None
    required: bool = True
    #: About a natural person: sealed at rest, masked in lists, opened by a recorded look.
    personal: bool = False
    when: Condition | None = None
    choices: tuple[Choice, ...] = ()
    #: A list of `reference.codes` that gives the choices.
    codes: Key | None = None
    #: Most characters of a text.
    longest: int | None = Option(default=None, ge=1, le=20_000)
    #: The typed fact rules are told.
    fact: Dotted | None = None
    #: Where the answer comes from when the platform has it: a source another app registered.
    prefill: Dotted | None = None
    #: Columns of repeated rows and tables.
    fields: tuple[Field, ...] = ()
    #: Lines of a table.
    lines: tuple[Choice, ...] = ()
    #: The material of the guide a file is.
    material: Key | None = None
    #: Kinds of agency an agency may be of.
    kinds: tuple[AgencyKind, ...] = ()

    @model_validator(mode="after")
    def fits_its_type(self) -> Field:
        kind = self.type
        if bool(self.fields) is not (kind in {FieldType.ROWS, FieldType.TABLE}):
            raise ValueError("only rows and tables have fields of their own, and they must")
        if bool(self.lines) is not (kind is FieldType.TABLE):
            raise ValueError("only a table has lines, and it must")
        if (bool(self.choices) or self.codes is not None) is not (kind in {FieldType.CHOICE, FieldType.CHOICES}):
            raise ValueError("choices or a list of codes belong to a choice, and to nothing else")
        if self.choices and self.codes:
            raise ValueError("either choices or a list of codes")
        if any(one.type in {FieldType.ROWS, FieldType.TABLE, FieldType.FILE} for one in self.fields):
            raise ValueError("rows hold simple fields only")
        if bool(self.kinds) is not (kind is FieldType.AGENCY):
            raise ValueError("kinds of agency belong to an agency, which needs them")
        if kind is FieldType.FILE and self.prefill:
            raise ValueError("a file cannot be filled in")
        return self

    @property
    def is_personal(self) -> bool:
        """Whether its answer is about a natural person."""
        return self.personal or self.type in PERSONAL_TYPES

    @property
    def is_group(self) -> bool:
        """Whether it holds fields of its own."""
        return bool(self.fields)


class Section(Closed):
    """One page of the form: one topic."""

    key: Key
    title: Text
    help: Text | None = None
    when: Condition | None = None
    fields: tuple[Field, ...] = Option(min_length=1)

    def field(self, key: str) -> Field | None:
        """The question with this key."""
        return next((one for one in self.fields if one.key == key), None)


class Step(Closed):
    """One step of the flow."""

    key: Key
    kind: StepKind
    title: Text
    #: Kinds of agency that do it. Empty: the office the case was handed in to.
    by: tuple[AgencyKind, ...] = ()
    #: The question whose answer names the agency that does it.
    of: Path | None = None
    #: Only where this holds of what was handed in; else the step is passed over.
    when: Condition | None = None
    #: Parameter of the rulebook with its time.
    limit: Dotted | None = None
    two_persons: bool = False

    @model_validator(mode="after")
    def fits_its_kind(self) -> Step:
        if self.two_persons and self.kind is not StepKind.DECIDE:
            raise ValueError("two persons decide a decision, nothing else")
        if self.kind in {StepKind.CONSENT, StepKind.TOGETHER} and not self.by and self.of is None:
            raise ValueError("say who is asked")
        if self.by and self.of is not None:
            raise ValueError("either kinds of agency or the question that names one")
        if self.kind is StepKind.DECIDE and (self.when is not None or self.of is not None):
            raise ValueError("the office itself decides, always")
        if self.kind is StepKind.PUBLICITY and not self.limit:
            raise ValueError("an announcement needs its time")
        return self


class Basis(Closed):
    """An article the service rests on."""

    law: Words
    article: str = Option(default="", max_length=100)
    evidence: Literal["V", "S", "D", "G"]


class Material(Closed):
    """A paper the applicant brings."""

    code: Key
    name: Text
    required: bool = True
    note: Text | None = None


class Requirement(Closed):
    """A condition of acceptance, and the question that tests it."""

    text: Text
    ask: Text | None = None


class Guide(Closed):
    """What people read before they begin (办事指南)."""

    summary: Text
    #: What they hold in hands at the end.
    result: Text
    conditions: tuple[Requirement, ...] = Option(min_length=1)
    materials: tuple[Material, ...] = ()
    fee: Text
    #: The set of rules its articles and numbers are of, whose warning stands beside them.
    rule_set: str | None = None
    basis: tuple[Basis, ...] = Option(min_length=1)
    #: Codes of services that are open to who does not meet a condition, the nearest first.
    otherwise: tuple[Code, ...] = ()
    #: How often one has to come in person.
    visits: int = Option(ge=0, le=9)
    questions: tuple[tuple[Text, Text], ...] = ()


class Applicants(Closed):
    """Who may apply."""

    persons: bool = False
    organizations: tuple[Kind, ...] = ()
    #: Whether a person must have a verified name.
    verified: bool = False

    @model_validator(mode="after")
    def somebody(self) -> Applicants:
        if not self.persons and not self.organizations:
            raise ValueError("nobody could apply")
        return self


class Limits(Closed):
    """Time limits, each a parameter of the rulebook with its unit and article."""

    accept: Dotted | None = None
    decide: Dotted | None = None
    promised: Dotted | None = None
    correct: Dotted | None = None


class Office(Closed):
    """Which agencies take the case in."""

    kinds: tuple[AgencyKind, ...] = Option(min_length=1)


class Decision(Closed):
    """What is decided at the end, and which handler gives an approval its effect."""

    #: A name another app registered (`contracts.DecisionHandler`); none: the decision itself is all.
    handler: Dotted | None = None
    approved: Text
    refused: Text
    #: Whether several cases without a finding may be approved together.
    bulk: bool = False


class Document(Closed):
    """A document the service yields, with a title of its own if it has one."""

    kind: DocumentKind
    title: Text | None = None

    @model_validator(mode="after")
    def not_of_itself(self) -> Document:
        if self.kind is DocumentKind.DELIVERY:
            raise ValueError("every document has its receipt of delivery: it is not written down")
        return self


class Definition(Closed):
    """One service, whole."""

    code: Code
    title: Text
    nature: Nature
    topic: Topic = Topic.OTHER
    #: Letters before the number of a case.
    prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,6}$")]
    applicants: Applicants
    office: Office
    guide: Guide
    limits: Limits = Limits()
    sections: tuple[Section, ...] = Option(min_length=1)
    #: The answer that names the case in lists: never a personal one.
    named_by: Path
    rules: tuple[Dotted, ...] = ()
    #: Facts the service itself states, such as what kind of body it makes.
    states: dict[Dotted, str] = {}
    steps: tuple[Step, ...] = Option(min_length=1)
    decision: Decision
    #: Which documents its steps yield; without it those of its nature (`enums.DOCUMENTS`).
    documents: tuple[Document, ...] | None = None

    def document(self, kinds: Sequence[DocumentKind]) -> Document | None:
        """The document of one of these kinds the service yields, if it yields one."""
        stated = self.documents
        every = stated if stated is not None else [Document(kind=one) for one in DOCUMENTS[self.nature]]
        return next((one for one in every if one.kind in kinds), None)

    @field_validator("documents")
    @classmethod
    def documents_fit(cls, stated: tuple[Document, ...] | None, info: ValidationInfo) -> tuple[Document, ...] | None:
        nature = info.data.get("nature")
        if stated is None or nature is None:
            return stated
        kinds = [one.kind for one in stated]
        _once([str(one) for one in kinds], "document")
        if DocumentKind.FILING_RECEIPT in kinds and nature is not Nature.FILING:
            raise ValueError("a receipt of filing belongs to a filing")
        if DocumentKind.FILING_RECEIPT in kinds and DocumentKind.APPROVAL in kinds:
            raise ValueError("an approval yields one document: a decision or a receipt of filing")
        missing = sorted(set(DOCUMENTS[Nature.LICENCE]) - set(kinds)) if nature is Nature.LICENCE else []
        if missing:
            raise ValueError(f"a licence has {', '.join(missing)} too: the law asks for it")
        return stated

    def section(self, key: str) -> Section | None:
        """The page with this key."""
        return next((one for one in self.sections if one.key == key), None)

    def field(self, path: str) -> Field | None:
        """The question at `section.key`."""
        section_key, _dot, key = path.partition(".")
        section = self.section(section_key)
        return section.field(key) if section else None

    def fields(self) -> Iterator[tuple[Section, Field]]:
        """Every question with its page; columns of rows are inside their field."""
        for section in self.sections:
            for field in section.fields:
                yield section, field

    def step_after(self, key: str, answers: Mapping[str, Any]) -> Step | None:
        """The step after this one, or the first for an empty key, that these answers ask for."""
        at = [one.key for one in self.steps].index(key) + 1 if key else 0
        return next((one for one in self.steps[at:] if one.when is None or one.when.holds(answers)), None)

    def step(self, key: str) -> Step | None:
        """The step with this key."""
        return next((one for one in self.steps if one.key == key), None)

    @model_validator(mode="after")
    def holds_together(self) -> Definition:
        _once([one.key for one in self.sections], "section")
        _once([one.key for one in self.steps], "step")
        _once([one.code for one in self.guide.materials], "material")
        for section in self.sections:
            _once([one.key for one in section.fields], "field")
            for field in section.fields:
                _once([one.key for one in field.fields], "field")
                _once([one.value for one in (*field.choices, *field.lines)], "choice")
        named = self.field(self.named_by)
        if named is None or named.is_personal or named.type is not FieldType.TEXT:
            raise ValueError("named_by is a line of text that is not about a person")
        self._check_conditions()
        materials = {one.code for one in self.guide.materials}
        used = {field.material for _section, field in self.fields() if field.material}
        if used - materials:
            raise ValueError(f"no material is called {', '.join(sorted(used - materials))}")
        if materials - used:
            raise ValueError(f"no question asks for the material {', '.join(sorted(materials - used))}")
        kinds = [one.kind for one in self.steps]
        if kinds.count(StepKind.DECIDE) != 1 or kinds[-1] is not StepKind.DECIDE:
            raise ValueError("the last step, and only that, is the decision")
        return self

    def _check_conditions(self) -> None:
        known: set[str] = set()
        for section in self.sections:
            _known(section.when, known)
            for field in section.fields:
                _known(field.when, known)
                for column in field.fields:
                    _known(column.when, known)
                if not field.is_group and field.type is not FieldType.FILE and not field.is_personal:
                    known.add(f"{section.key}.{field.key}")
        for step in self.steps:
            _known(step.when, known)
            named = self.field(step.of) if step.of else None
            if step.of and (named is None or named.type is not FieldType.AGENCY):
                raise ValueError(f"{step.of} is no question that names an agency")


def _known(condition: Condition | None, known: set[str]) -> None:
    for path in condition.fields() if condition else ():
        if path not in known:
            raise ValueError(f"{path} is no question asked before this one, or its answer is personal")


def _once(keys: Sequence[str], what: str) -> None:
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"two {what}s are called {key}")
