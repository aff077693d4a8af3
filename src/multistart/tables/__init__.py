"""Every table that a study writes, declared once: file, columns in order, types, units, a sentence each.

From here come the tables of ``docs/results.md`` (``python -m multistart.tables`` makes them anew), the names that no
variable may have, the check of every table that is written or read, and the workflow's list of a method's tables. No
library is imported, since the workflow reads this each time it starts.

To add a column, declare it in the table's module here, and compute it where the table is made. To add a table, declare
it likewise, with the rule of the workflow that makes it, and write it with :mod:`multistart.study.storage`.

- :mod:`~multistart.tables.of_starts`: one row a start
- :mod:`~multistart.tables.of_minima`: one row a minimum or critical point
- :mod:`~multistart.tables.of_counts`: counts, by ending, basin, place and steps
- :mod:`~multistart.tables.of_estimates`: what is estimated from the counts
- :mod:`~multistart.tables.of_fits`: what the best fit to data says
- :mod:`~multistart.tables.of_pairs`: two methods from the same starts
- :mod:`~multistart.tables.of_boundaries`: where basins end
- :mod:`~multistart.tables.of_sweeps`: one method at several values of a number
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from multistart.tables.declaration import OPEN, TYPES, VARIABLE, Column, Table
from multistart.tables.of_boundaries import OF_BOUNDARIES
from multistart.tables.of_counts import OF_COUNTS
from multistart.tables.of_estimates import OF_ESTIMATES
from multistart.tables.of_fits import FITTED, OF_FITS
from multistart.tables.of_minima import OF_MINIMA
from multistart.tables.of_pairs import OF_PAIRS
from multistart.tables.of_starts import OF_STARTS
from multistart.tables.of_sweeps import OF_SWEEPS

__all__ = [
    "TABLES",
    "TYPES",
    "VARIABLE",
    "Column",
    "Table",
    "kept_by_method",
    "reserved_columns",
    "reserved_names",
    "table_of",
]

TABLES: tuple[Table, ...] = (
    *OF_STARTS,
    *OF_MINIMA,
    *OF_FITS,
    *OF_COUNTS,
    *OF_ESTIMATES,
    *OF_PAIRS,
    *OF_BOUNDARIES,
    *OF_SWEEPS,
)
#: So that ``sweep/changes.csv`` is not taken for ``changes.csv``.
_LONGEST_FIRST = sorted(TABLES, key=lambda table: -table.name.count("/"))


def table_of(path: Path | str, names: Sequence[str] = ()) -> Table | None:
    """The table that a file is, by its name or its folder's; none where no table is called so.

    Where the names of folders, which are the user's, leave several, it is the one that has columns of these ``names``.

    >>> table_of("results/peaks/gradient_descent/shares.csv").row
    'one minimum, or none'
    >>> [table_of("results/counts/data.parquet", names).rule for names in (["x", "y"], ["label", "count"])]
    ['data', 'data']
    """
    path = Path(path)
    for file in (path, path.parent):  # a table that grows with the starts is a folder of its parts
        found = [table for table in _LONGEST_FIRST if _is_called(file.parts, table.name.split("/"))]
        if found:
            return next((table for table in found if list(table.types(names)) == list(names)), found[0])
    return None


def kept_by_method() -> list[str]:
    """The files that every study has of each method, in the method's folder.

    >>> "shares.csv" in kept_by_method(), "slice.parquet" in kept_by_method()
    (True, False)
    """
    return [table.name for table in TABLES if table.of_method and not table.only and "/" not in table.name]


def reserved_names() -> frozenset[str]:
    """The names that a variable may not have: those of the columns that it would stand among.

    >>> sorted(reserved_names() & {"x", "value", "steps", "limit"})
    ['steps', 'value']
    """
    beside = [t for t in TABLES if (t.has_variables or t.beside_minima) and "<method>/sweep/" not in t.file]
    return frozenset(name for table in beside for name in table.plain_names if name.isidentifier())


def reserved_columns() -> frozenset[str]:
    """The names that no column of a fit's data may have: those that it would stand beside in ``fitted.csv``.

    >>> sorted(reserved_columns())
    ['fitted', 'residual', 'row', 'standardized']
    """
    return frozenset(column.name for column in FITTED if not column.name.endswith(OPEN))


def _is_called(parts: Sequence[str], called: Sequence[str]) -> bool:
    """Whether a path ends in the parts of a table's name, in which what is in angle brackets stands for any text."""
    if len(parts) < len(called):
        return False
    return all(
        part == text if "<" not in text else re.fullmatch(re.sub(r"<[a-z]+>", "[^/]+", text.replace(".", r"\.")), part)
        for part, text in zip(reversed(parts), reversed(called), strict=False)
    )
