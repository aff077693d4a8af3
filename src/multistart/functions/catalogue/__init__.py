"""Smooth test functions of the literature as plain text and numbers, so that listing them needs no SymPy.

Each formula goes through the same allow-list parser as a user's own, and can be copied into a configuration.

Modules: :mod:`~multistart.functions.catalogue.planar`, :mod:`~multistart.functions.catalogue.scalable`,
:mod:`~multistart.functions.catalogue.one_dimensional`, :mod:`~multistart.functions.catalogue.spatial`. To add a
function, put an :class:`Entry` under its name into the module of its dimensions: title, formula, usual domain, known
minima as correctly rounded doubles, source. The tests then check formula and minima, and
``python -m multistart.functions.catalogue.table > docs/functions.md`` lists it.
"""

from __future__ import annotations

from multistart.errors import InputError, did_you_mean
from multistart.functions.catalogue.entry import Entry
from multistart.functions.catalogue.one_dimensional import ONE_DIMENSIONAL
from multistart.functions.catalogue.planar import PLANAR
from multistart.functions.catalogue.scalable import SCALABLE
from multistart.functions.catalogue.spatial import SPATIAL

__all__ = ["ENTRIES", "Entry", "dimensions_of", "find"]

#: Every function by its name: first the plane, then any number of coordinates, then one, then three and more.
ENTRIES: dict[str, Entry] = PLANAR | SCALABLE | ONE_DIMENSIONAL | SPATIAL


def find(name: str) -> Entry:
    """Return the entry of a name; refuse an unknown one with a suggestion.

    >>> find("rastrigni")
    Traceback (most recent call last):
    multistart.errors.InputError: no function is called "rastrigni"; did you mean "rastrigin"? ...
    """
    if name not in ENTRIES:
        hint = did_you_mean(name, ENTRIES)
        raise InputError(f'no function is called "{name}"{hint or ";"} `multistart functions` lists all {len(ENTRIES)}')
    return ENTRIES[name]


def dimensions_of(entry: Entry, asked: int | None) -> int:
    """Return the number of coordinates, the default where none was asked.

    Raises
    ------
    InputError
        The function cannot have that many coordinates; the message says which it can have.
    """
    if asked is None:
        return entry.default_dimensions
    if entry.dimensions is not None:
        if isinstance(asked, bool) or asked != entry.dimensions:
            raise InputError(
                f"{entry.title} has {_counted(entry.dimensions)}; got dimensions: {asked}; leave the key out"
            )
        return entry.dimensions
    low, high = entry.minimum_dimensions, entry.maximum_dimensions
    if isinstance(asked, bool) or not isinstance(asked, int) or not low <= asked <= high:
        raise InputError(f"{entry.title} takes dimensions from {low} to {high}, a whole number; got {asked}")
    return asked


def _counted(dimensions: int) -> str:
    return f"{dimensions} dimension{'s' * (dimensions > 1)}"
