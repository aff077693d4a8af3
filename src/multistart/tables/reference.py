"""The tables of ``docs/results.md``, made from the declarations: the list of all, and the columns of each."""

from __future__ import annotations

import re

from multistart.tables import TABLES, VARIABLE
from multistart.tables.declaration import Column, Table

ALL = "all"
BLOCK = re.compile(r"(<!-- table: (\S+) -->\n).*?(\n<!-- end of table -->)", flags=re.DOTALL)


def with_reference(page: str) -> str:
    """Return the page with each table between its two marks made anew.

    Raises
    ------
    KeyError
        A mark names no table.
    """
    made = {table.name: _columns(table) for table in TABLES} | {ALL: _list()}
    return BLOCK.sub(lambda found: found[1] + made[found[2]] + found[3], page)


def documented(page: str) -> list[str]:
    """The names of the tables whose columns a page has marks for."""
    return [name for _, name, _ in BLOCK.findall(page) if name != ALL]


def _list() -> str:
    rows = [f"| `{t.file}` | {t.row}{f'; {t.only} only' * bool(t.only)} | {t.holds} | `{t.rule}` |" for t in TABLES]
    return "\n".join(["| file | one row is | it holds | made by the rule |", "|---|---|---|---|", *rows])


def _columns(table: Table) -> str:
    """One row a column; of a table that is like another, those that it adds."""
    known = next((other.columns for other in TABLES if other.file == table.like), ())
    rows = [_row(column) for column in table.columns if column not in known]
    return "\n".join(["| column | type | unit | meaning |", "|---|---|---|---|", *rows])


def _row(column: Column) -> str:
    each = ", a column a variable" if column.name.endswith(VARIABLE) else ""
    return f"| {_spelled(column)} | {column.type} | {column.unit} | {column.meaning}{each} |"


def _spelled(column: Column) -> str:
    """The name in backticks, with the variables x and y of an example."""
    return ", ".join(f"`{name}`" for name in column.names(["x", "y"]))
