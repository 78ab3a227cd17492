"""The name checker: what a proposed name is made of, whether it is taken, what it is near.

It advises and never refuses: the registration authority decides. An article stands only beside what was read in the text
itself (evidence V in the domain rules, §1.7); everything else is shown as to be verified. `check` is the one door.
"""

from gongzhi.registry.names.checking import KINDS, NAME_MISSING, Check, check
from gongzhi.registry.names.findings import GROUNDS, Compared, Finding, Ground, OtherBody, Severity
from gongzhi.registry.names.grammar import LONGEST, Parsed, Part
from gongzhi.registry.names.places import Place, divisions_named, places, registries_named

__all__ = [
    "GROUNDS",
    "KINDS",
    "LONGEST",
    "NAME_MISSING",
    "Check",
    "Compared",
    "Finding",
    "Ground",
    "OtherBody",
    "Parsed",
    "Part",
    "Place",
    "Severity",
    "check",
    "divisions_named",
    "places",
    "registries_named",
]
