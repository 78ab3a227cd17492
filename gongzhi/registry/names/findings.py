"""What the checker says: findings with their ground. Advice, whatever it is called: nothing here refuses a name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gongzhi.orgs.models import Organization
from gongzhi.rulebook.enums import Evidence
from gongzhi.rulebook.packaged import edition


class Severity(StrEnum):
    """How a finding is meant."""

    #: Equal by Art 16: the registration authority will not accept it as it stands.
    CONFLICT = "conflict"
    #: Something about the name itself that a person should look at.
    ADVICE = "advice"
    #: A name that is near; the law sets no measure for that.
    SIMILAR = "similar"


class Compared(StrEnum):
    """How "the same field" was judged."""

    CODES = "codes"
    WORDS = "words"
    NOTHING = ""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a finding rests on: an article that was read (V), or knowledge of another kind, without an article."""

    evidence: str
    instrument: str = ""
    number: str = ""

    @property
    def article(self) -> str:
        """As it is quoted, such as 《社会组织名称管理办法》第十六条; empty for what was not read in the text itself."""
        if self.evidence != Evidence.READ:
            return ""
        return f"{edition().instruments[self.instrument].cite}{self.number}"

    @property
    def source(self) -> str:
        """Which edition of the paper was read; empty without an article."""
        return edition().instruments[self.instrument].source if self.article else ""

    @property
    def warning(self) -> str:
        """Why to look twice at the article, such as a text that was amended since; usually empty."""
        if not self.article:
            return ""
        rule_set = edition().rule_sets.get(edition().instruments[self.instrument].rule_set)
        return rule_set.warning if rule_set else ""


#: Grounds by the id of the rule in the domain rules (§1.7). Only what is V there has an article here.
GROUNDS: Final[dict[str, Ground]] = {
    "N2": Ground(Evidence.READ, "names_69", "第八条"),
    "N3": Ground(Evidence.READ, "names_69", "第八条"),
    "N4": Ground(Evidence.READ, "names_69", "第八条"),
    "N5/social_group": Ground(Evidence.READ, "sg_2016", "第十条"),
    "N5/service": Ground(Evidence.READ, "pne_1998", "第八条"),
    "N6": Ground(Evidence.SECONDARY),
    "N7": Ground(Evidence.READ, "names_69", "第十五条"),
    "N8": Ground(Evidence.READ, "names_69", "第十六条"),
    "N9": Ground(Evidence.READ, "names_69", "第十七条"),
    "N10": Ground(Evidence.READ, "names_69", "第十八条"),
    "N11": Ground(Evidence.SECONDARY),
    "N12": Ground(Evidence.SECONDARY),
}
#: Our own reading, no rule: practice that a registration authority may see otherwise.
PRACTICE: Final = Ground(Evidence.GENERAL)


@dataclass(frozen=True, slots=True)
class OtherBody:
    """The body a finding is about, and which of its names."""

    organization: Organization
    #: The name that was compared; a former one if it is not the present.
    name: str
    #: The division of its registration authority, in words.
    place: str = ""
    same_registry: bool = False

    @property
    def is_former(self) -> bool:
        """Whether the compared name is not the one it has today."""
        return self.name != self.organization.name


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say about a name. `code` is stable, `message` is in the reader's language."""

    code: str
    severity: Severity
    message: str
    ground: Ground
    other: OtherBody | None = None
    #: How the field was compared, where it was.
    compared: Compared = Compared.NOTHING
    #: The last day the name stays taken; None where that has no end, or none that is known.
    until: dt.date | None = None

    @property
    def article(self) -> str:
        """The article, only where it was read."""
        return self.ground.article

    @property
    def evidence(self) -> str:
        """V read, S secondary source, G general knowledge."""
        return self.ground.evidence

    @property
    def is_unverified(self) -> bool:
        """Whether a page says 待核实 beside it: no article was read for it."""
        return self.evidence != Evidence.READ


def of(findings: Sequence[Finding], severity: Severity) -> list[Finding]:
    """Those of one severity, in order."""
    return [one for one in findings if one.severity is severity]
