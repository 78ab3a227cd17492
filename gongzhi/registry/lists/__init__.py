"""Lists of organizations as text files: bytes in, typed rows and every problem out, nothing applied.

`columns` knows the headings, `reading` turns bytes into records, `cells` says what one cell means, `organizations`
puts rows together, `rules` holds every complaint with its remedy. Workbooks will be one more way to records.
"""

from gongzhi.registry.lists.organizations import ListedOrganization, ListReading, read_list
from gongzhi.registry.lists.reading import ListUnreadable
from gongzhi.registry.lists.rules import RULES, Problem, Severity

__all__ = ["RULES", "ListReading", "ListUnreadable", "ListedOrganization", "Problem", "Severity", "read_list"]
