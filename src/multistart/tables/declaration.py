"""`Table` and `Column`: how a table of a study is declared, and whether a file's columns are the declared ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

VARIABLE = "<variable>"
COLUMN = "<column>"
OPEN = (VARIABLE, COLUMN)  # what a name may end in that stands for several columns; a table has one of them
SWEPT = "<swept>"
#: The types that a column can have; a category is a text that Parquet keeps as a number.
TYPES = ("float64", "int64", "int32", "bool", "category", "text")

#: When jobs label the parts of a study, and others merge what these and the descents leave.
MANY = "more than 4 parts (1 where not all rows are kept), or 64 jobs that descend"


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name
        As in the file; one that ends in ``<variable>`` stands for as many columns as the function has variables, one
        that ends in ``<column>`` for those of the data of a fit, and one that begins with ``<swept>`` for one column,
        or two, named after the numbers of a sweep.
    type
        One of :data:`TYPES`.
    unit
        In words, as in "units of f" or "share of all starts"; "-" where there is none.
    meaning
        What it holds, as a phrase in Markdown.
    optional
        Whether some studies leave it out; the meaning says which.
    """

    name: str
    type: str
    unit: str
    meaning: str
    optional: bool = False

    def names(self, variables: Sequence[str], swept: Sequence[str] = (SWEPT,)) -> list[str]:
        """The columns of a file that this one stands for.

        >>> Column("start_<variable>", "float64", "units of x", "where it starts").names(["x", "y"])
        ['start_x', 'start_y']
        >>> Column("<swept>_from", "float64", "its own", "the value before").names([], ["a"])
        ['a_from']
        """
        if self.name.startswith(SWEPT):
            return [name + self.name.removeprefix(SWEPT) for name in swept]
        return [self.prefix + name for name in variables] if self.name.endswith(OPEN) else [self.name]

    @property
    def prefix(self) -> str:
        """What stands before the names of several columns."""
        return self.name.removesuffix(VARIABLE).removesuffix(COLUMN)


@dataclass(frozen=True)
class Table:
    """A table that a study writes.

    Attributes
    ----------
    file
        Below ``results/<study>/``; a part in angle brackets stands for a name or a number, as in ``<method>``.
    row
        What one row is.
    rule
        The rule of the workflow that makes it.
    holds
        What the table holds, in one sentence.
    columns
        Its columns, in order.
    only
        When it is made, where that is not always.
    like
        The file of the table whose columns are its first ones, and are explained there.
    beside_minima
        Whether its rows are those of minima, beside whose columns its own are read.
    for_programs
        Whether the program keeps it for itself, and a person need not open it.
    """

    file: str
    row: str
    rule: str
    holds: str
    columns: tuple[Column, ...]
    only: str = ""
    like: str = ""
    beside_minima: bool = False
    for_programs: bool = False

    @property
    def of_method(self) -> bool:
        """Whether each method has one of its own."""
        return self.file.startswith("<method>/")

    @property
    def name(self) -> str:
        """The file's name below the folder of the study or of the method."""
        return self.file.removeprefix("<method>/")

    @property
    def plain_names(self) -> list[str]:
        """The names of the columns that are no variable's, no data's and no swept number's, in order."""
        names = [column.name for column in self.columns]
        return [name for name in names if not name.endswith(OPEN) and not name.startswith(SWEPT)]

    @property
    def has_variables(self) -> bool:
        """Whether it has columns for each variable."""
        return any(column.name.endswith(VARIABLE) for column in self.columns)

    @property
    def of_a_sweep(self) -> bool:
        """Whether it has columns for each number of a sweep, which come first."""
        return self.columns[0].name.startswith(SWEPT)

    def mismatch(self, found: Mapping[str, str]) -> str:
        """Say in what columns differ from the declared ones; empty where they do not.

        Parameters
        ----------
        found
            The type of each column, in order, as in :data:`TYPES`; empty for one that has no value to tell it.

        >>> columns = Column("n", "int64", "-", "a number"), Column("f", "float64", "-", "another")
        >>> table = Table("a.csv", "one start", "descend", "Numbers.", columns)
        >>> table.mismatch({"n": "int64", "f": "int64"})
        'its column f holds int64, and is declared as float64'
        >>> table.mismatch({"f": "float64"})
        'its columns are f, and are declared as n, f'
        """
        declared = self.types(list(found))
        if list(declared) != list(found):
            return f"its columns are {', '.join(found) or 'none'}, and are declared as {', '.join(declared)}"
        for name, type_ in declared.items():
            if found[name] and found[name] != type_:
                return f"its column {name} holds {found[name]}, and is declared as {type_}"
        return ""

    def types(self, found: Sequence[str]) -> dict[str, str]:
        """The declared columns of a file that has these, in order, with their types, as in :data:`TYPES`."""
        return {name: column.type for name, column in self._expected(found)}

    def _expected(self, found: Sequence[str]) -> Iterator[tuple[str, Column]]:
        """The columns of a file with the variables, and the optional columns, that are found in it."""
        swept = self._swept(found) or [SWEPT]
        variables = self._variables(found, swept) or [VARIABLE]
        for column in self.columns:
            if not column.optional or column.name in found:
                yield from ((name, column) for name in column.names(variables, swept))

    def _swept(self, found: Sequence[str]) -> list[str]:
        """The numbers of a sweep that the first columns are found for."""
        if not self.of_a_sweep:
            return []
        ending, known = self.columns[0].name.removeprefix(SWEPT), self.plain_names
        first = takewhile(lambda name: name.endswith(ending) and name not in known, found)
        return [name.removesuffix(ending) for name in first]

    def _variables(self, found: Sequence[str], swept: Sequence[str]) -> list[str]:
        """The variables, or columns of data, that the first column for each is found for."""
        prefix = next((c.prefix for c in self.columns if c.name.endswith(OPEN)), None)
        if prefix is None:
            return []
        others = [name for name in found if name not in (*self.plain_names, *swept)]
        return [name.removeprefix(prefix) for name in others if name.startswith(prefix)]
