"""Smooth test functions of the literature as plain text and numbers, so that listing them needs no SymPy.

Each formula goes through the same allow-list parser as a user's own, and can be copied into a configuration.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from multistart.errors import InputError, one_of

Bounds = tuple[tuple[float, float], ...]
Minima = tuple[tuple[tuple[float, ...], float], ...]


@dataclass(frozen=True)
class Entry:
    """A function of the catalogue; the callables take the number of coordinates ``d``.

    Attributes
    ----------
    title
        A few words for the list that ``multistart functions`` prints.
    dimensions
        The one number of coordinates it has, or none for a scalable function.
    minimum_dimensions
        The fewest coordinates a scalable function can have.
    """

    title: str
    dimensions: int | None
    formula: Callable[[int], str]
    domain: Callable[[int], Bounds]
    minima: Callable[[int], Minima]
    source: str
    minimum_dimensions: int = 1

    def variables(self, d: int) -> tuple[str, ...]:
        """Coordinate names: x; x, y; x1, x2, ... for scalable functions."""
        if self.dimensions in (1, 2):
            return ("x", "y")[: self.dimensions]
        return tuple(f"x{i + 1}" for i in range(d))


def fixed(title: str, formula: str, domain: Bounds, minima: Minima, source: str) -> Entry:
    """An entry for a function of a fixed number of coordinates."""
    return Entry(title, len(domain), lambda d: formula, lambda d: domain, lambda d: minima, source)


def find(name: str) -> Entry:
    """Return the entry of a name; refuse an unknown one with a suggestion."""
    if name not in ENTRIES:
        raise InputError(f"function {one_of(name, ENTRIES)}")
    return ENTRIES[name]


def dimensions_of(entry: Entry, asked: int | None) -> int:
    """Return the number of coordinates, the default where none was asked."""
    if entry.dimensions is not None:
        if asked not in (None, entry.dimensions):
            raise InputError(f"{entry.title} has {entry.dimensions} dimensions; got dimensions: {asked}")
        return entry.dimensions
    if asked is None:
        return max(2, entry.minimum_dimensions)
    if isinstance(asked, bool) or not isinstance(asked, int) or not entry.minimum_dimensions <= asked <= 100:
        raise InputError(f"{entry.title} takes dimensions from {entry.minimum_dimensions} to 100; got {asked}")
    return asked


ENTRIES: dict[str, Entry] = {
    "peaks": fixed(
        "MATLAB's peaks",
        "3*(1 - x)**2*exp(-x**2 - (y + 1)**2) - 10*(x/5 - x**3 - y**5)*exp(-x**2 - y**2) - exp(-(x + 1)**2 - y**2)/3",
        ((-3.0, 3.0), (-3.0, 3.0)),
        (
            ((0.228278920556369, -1.625534957499997), -6.55113333283583694),
            ((-1.347396, 0.204519), -3.04984940280),
            ((0.296446, 0.320196), -0.0649358682555),
        ),
        "MathWorks, MATLAB reference page of peaks; minima from a verified enclosure at 128 bits",
    ),
}
