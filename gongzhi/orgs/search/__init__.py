"""How organizations are found: what a word matches, how results are ordered and counted, and who answers.

**Words.** A query is split at white space into at most 8 words, each as `core.searchtext.compact` reads it; what is
empty then is dropped. All words must match. A query of which nothing is left matches nothing; no query matches all.

**A word matches an organization** if one of these holds:

- it is part of one text of `OrganizationSearch.text`: present name, former name, host, person public by law. A sign
  stands between two texts, so that nothing matches across;
- it has two characters or more and is part of the compact name of a division in use (`reference`) that is the
  organization's `path` or lies above it. The nation lies above nothing here: 全国 finds national bodies by their path;
- it has two characters or more and is part of the compact Chinese or English name of its field of activity;
- it is ASCII, and the credit code or the registration number begins with it in upper case, or the pinyin or the
  initials of the present name begin with it.

**Filters**: kind, standing, level (0 to 3), place (a division's path and everything below it; `/` for bodies registered
nationally), field, mark (one that holds today), day of registration from and to (unknown days are in neither). Several
values of one filter mean any of them.

**Facets** are exact counts of the results by value, each without its own filter. The place is counted by the divisions
one step below the chosen place (provinces where none is chosen, `/` for national bodies); a body registered at the
chosen place itself counts under that place's own path. `since` is counted by year.

**Order** `best`: first the names that begin with the first word and hold all words, then names that hold all, then the
rest; inside each by `rank`. Other orders: `name` (pinyin, id), `newest` and `oldest` (day, id). Every order is unique, so
a page's cursor leads on without a gap.

**Who answers**: the derived index of this host with PostgreSQL judging what changed since it was written (`index`), or
PostgreSQL alone (`database`). Totals, facets and order are the same, whoever does.
"""

from __future__ import annotations

from gongzhi.orgs.search.asking import FACETS, SORTS, Answer, Asked
from gongzhi.orgs.search.database import matching
from gongzhi.orgs.search.finding import Suggested, find, suggest
from gongzhi.orgs.search.near import Reason, near

__all__ = ["FACETS", "SORTS", "Answer", "Asked", "Reason", "Suggested", "find", "matching", "near", "suggest"]
