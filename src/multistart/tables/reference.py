"""What pages say of the files of a study, made from the declarations: lists of all, and the columns of each table."""

from __future__ import annotations

import re

from multistart.tables import TABLES
from multistart.tables.all_files import FILES, OTHERS, File
from multistart.tables.declaration import VARIABLE, Column, Table

#: The pages with marks.
PAGES = ("README.md", "docs/results.md", "results/README.md")
BLOCK = re.compile(r"(<!-- table: (\S+) -->\n).*?(\n<!-- end of table -->)", flags=re.DOTALL)


def with_reference(page: str) -> str:
    """Return the page with each table between its two marks made anew.

    Raises
    ------
    KeyError
        A mark names no table.
    """
    made = {table.name: _columns(table) for table in TABLES} | _lists()
    return BLOCK.sub(lambda found: found[1] + made[found[2]] + found[3], page)


def documented(page: str) -> list[str]:
    """The names of the tables whose columns a page has marks for."""
    return [name for _, name, _ in BLOCK.findall(page) if name not in _lists()]


def _lists() -> dict[str, str]:
    """The lists of files by their names in marks: all tables, all that is no table, and all of both for a reader."""
    tables = [f"| `{t.file}` | {_row_is(t)} | {t.holds} | `{t.rule}` |" for t in TABLES]
    others = [f"| `{f.name}` | {f.holds} | {f.rule} |" for f in OTHERS]
    files = [f"| `{f.name}` | {_held(f)} | {'programs' if f.for_programs else 'you'} |" for f in FILES]
    return {
        "all": "\n".join(["| file | one row is | it holds | made by the rule |", "|---|---|---|---|", *tables]),
        "others": "\n".join(["| file | what it is | made by the rule |", "|---|---|---|", *others]),
        "files": "\n".join(["| file | what it holds | for |", "|---|---|---|", *files]),
    }


def _row_is(table: Table) -> str:
    return f"{table.row}; {table.only} only" if table.only else table.row


def _held(file: File) -> str:
    return f"{file.holds} Only with {file.only}." if file.only else file.holds


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
