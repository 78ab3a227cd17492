"""Lists of organizations as files: rows of cells in, typed rows and every problem out, nothing applied.

`columns` knows the headings, `reading` and `workbooks` turn files into rows of cells, `cells` says what one cell means,
`organizations` puts rows together, `fast` does the same for rows with nothing unusual, `rules` holds every complaint
with its remedy.
"""

from gongzhi.registry.lists.columns import Chosen
from gongzhi.registry.lists.organizations import ListedOrganization, ListReading, open_list, read_list, read_value
from gongzhi.registry.lists.reading import ListFile
from gongzhi.registry.lists.rules import RULES, ListUnreadable, Problem, Severity

__all__ = [
    "RULES",
    "Chosen",
    "ListFile",
    "ListReading",
    "ListUnreadable",
    "ListedOrganization",
    "Problem",
    "Severity",
    "open_list",
    "read_list",
    "read_value",
]
