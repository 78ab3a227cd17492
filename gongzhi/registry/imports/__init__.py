"""What a list would do to the register: staged row by row, compared set-based, decided nowhere.

`staging` reads a file into `StagedRow` and `IntakeProblem`, `comparing` says what would become of each row, `choosing`
what a person may choose about a doubt. `registry.actions` writes.

A list speaks about the day it was made. What it states and the register does not hold is a change; what it leaves out
is not touched; what the reader could not believe waits as a doubt; who is missing from it stays.
"""

from __future__ import annotations

from gongzhi.registry.imports.comparing import Progress, as_problem, problems_of, progress_of, rows_of, vanished_from
from gongzhi.registry.imports.stated import STATED

__all__ = ["STATED", "Progress", "as_problem", "problems_of", "progress_of", "rows_of", "vanished_from"]
