"""Which columns of a file are read, and what is wrong with it, in words that show only what is safe to print."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from multistart.errors import InputError, did_you_mean

MOST = 10**10  # rows
LONGEST = 60  # characters of a name or value that are shown
LONGEST_PATH = 200
NAMED = 8  # columns that are listed
SEPARATORS = {";": '";"', "\t": "tabs", "|": '"|"'}
COMMAS = 'separate fields with "," and write 0.5, not 0,5'


def shown(value: object) -> str:
    """A path, name or value from a file, shortened, and with characters that do not print escaped.

    >>> shown("a" * 300)[-8:], shown("x\\u202ey")
    ('aaaaa...', 'x\\\\u202ey')
    """
    text, longest = str(value), LONGEST_PATH if hasattr(value, "parts") else LONGEST
    short = text if len(text) <= longest else text[:longest] + "..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in short)


@dataclass(frozen=True)
class Wanted:
    """Columns that are to be read of a file, and what a row of it is.

    Attributes
    ----------
    columns
        Their names, in the order in which they are wanted.
    prefix
        What may stand before a name, as in tables of results.
    row
        What a row is, in words.
    """

    columns: tuple[str, ...]
    prefix: str = ""
    row: str = "start"

    def chosen(self, path: object, names: Sequence[str]) -> list[int]:
        """Return which column of a table is each that is wanted.

        Raises
        ------
        InputError
            There is none, or more than one could be meant.
        """
        if not any(names):
            header = f"its first line names the columns, as in {self.example}"
            raise InputError(f"{shown(path)} has no header; {header}")
        return [self._place(path, names, name) for name in self.columns]

    @property
    def example(self) -> str:
        """A header that has what is wanted."""
        return ",".join(self.columns)

    def _place(self, path: object, names: Sequence[str], name: str) -> int:
        forms = [form for form in (name, self.prefix + name) if form == name or form not in self.columns]
        found = [i for i, column in enumerate(names) if column in forms]
        if len(found) == 1:
            return found[0]
        if len(found) > 1 and len({names[i] for i in found}) == 1:
            raise InputError(f'{shown(path)} has two columns "{names[found[0]]}"; leave one of them')
        if found:
            raise InputError(f'{shown(path)} has both columns "{name}" and "{self.prefix}{name}"; leave one of them')
        either = " or ".join(f'"{form}"' for form in dict.fromkeys((name, self.prefix + name)))
        raise InputError(
            f"{shown(path)} has no column {either}; its columns are {listed(names)}{self._hint(names, name)}"
        )

    def _hint(self, names: Sequence[str], name: str) -> str:
        return _separated(names) or self._renamed(names, name) or did_you_mean(name, map(shown, names))

    def _renamed(self, names: Sequence[str], name: str) -> str:
        """Advice for a first line that names no columns, or this one in other letters or with its unit."""
        if all(_is_number(column) for column in names):
            return f"; its first line names the columns, as in {self.example}"
        if names[0].startswith(("#", "%", "//")):
            return "; remove the lines above the one that names the columns"
        for column in names:
            if plain(column) == plain(name) or re.fullmatch(rf"{re.escape(name)} ?[\[(/].*", column):
                return f'; rename "{shown(column)}" to "{name}"'
        return ""


def plain(name: str) -> str:
    """A name in small letters, with _ for what is neither letter nor digit, as it would be typed in a formula.

    >>> plain("Dose (mg)")
    'dose_mg'
    """
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def listed(names: Sequence[str]) -> str:
    """The first names of columns, in a line."""
    return ", ".join(shown(column) for column in names[:NAMED]) + (", ..." if len(names) > NAMED else "")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _separated(names: Sequence[str]) -> str:
    """Advice for a header that was written with another separator."""
    for mark, word in SEPARATORS.items():
        if any(mark in name for name in names):
            return f"; it is separated by {word}: {COMMAS}"
    if len(names) == 1 and len(names[0].split()) > 1 and not names[0].startswith("#"):
        return f"; it is separated by spaces: {COMMAS}"
    return ""


def wrong_value(path: object, column: str, row: int, value: object) -> InputError:
    """The error for a value, in a row counted from 1 below the header, that is no finite number."""
    text = str(value).strip()
    if text == "":
        return InputError(f'{shown(path)}, column "{shown(column)}", row {row}: a number is missing')
    why = "is not a finite number"
    if "," in text:
        why += "; write 0.5, not 0,5, and no separators between thousands"
    return InputError(f'{shown(path)}, column "{shown(column)}", row {row}: "{shown(text)}" {why}')


def inexact(path: object, column: str, row: int, value: object) -> InputError:
    """The error for a whole number, or one next to 0, that a double cannot hold."""
    fix = "round it, as in 1.5e+20" if str(value).lstrip("+-").isdigit() else "write 0"
    return InputError(f'{shown(path)}, column "{shown(column)}", row {row}: no double is "{shown(value)}"; {fix}')


def no_rows(path: object, wanted: Wanted) -> InputError:
    """The error for a file without rows."""
    return InputError(f"{shown(path)} has no rows; it needs one row a {wanted.row}")


def too_many(path: object, wanted: Wanted) -> InputError:
    """The error for a file of more rows than a study can have."""
    return InputError(f"{shown(path)} has more than {MOST:.0e} rows; a study has at most so many {wanted.row}s")
