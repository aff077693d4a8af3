"""`Entry`: what the catalogue knows of a function, as text and numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Bounds = tuple[tuple[float, float], ...]
Minima = tuple[tuple[tuple[float, ...], float], ...]

#: Most coordinates of a scalable function, unless its entry says less.
MAX_DIMENSIONS = 100


@dataclass(frozen=True)
class Entry:
    """A function of the catalogue; the callables take the number of coordinates ``d``.

    Attributes
    ----------
    title
        A few words for the list that ``multistart functions`` prints.
    dimensions
        The one number of coordinates it has, or none for a scalable function.
    formula
        ``d`` -> the formula, in the language of :mod:`multistart.functions.expressions`.
    domain
        ``d`` -> the usual box, ``(low, high)`` a coordinate.
    minima
        ``d`` -> known minima strictly inside the domain, ``((x1, ..., xd), value)``, ordered by value, then
        coordinates; correctly rounded doubles.
    source
        Where function, domain and published minima come from.
    minimum_dimensions, maximum_dimensions
        The fewest and most coordinates a scalable function can have.
    complete_to
        Up to this ``d`` every minimum inside the domain is believed listed (checked by a numerical search, not
        proven); beyond it only global ones are.
    cone
        Whether the minimum is the tip of a cone, where no gradient exists.
    """

    title: str
    dimensions: int | None
    formula: Callable[[int], str]
    domain: Callable[[int], Bounds]
    minima: Callable[[int], Minima]
    source: str
    minimum_dimensions: int = 1
    maximum_dimensions: int = MAX_DIMENSIONS
    complete_to: int = 0
    cone: bool = False

    def variables(self, d: int) -> tuple[str, ...]:
        """Coordinate names: x; x, y; x1, x2, ... for scalable functions and three or more coordinates."""
        if self.dimensions in (1, 2):
            return ("x", "y")[: self.dimensions]
        return tuple(f"x{i + 1}" for i in range(d))

    @property
    def default_dimensions(self) -> int:
        """The number of coordinates where none is asked: the only one, else 2 or the fewest possible."""
        return self.dimensions or max(2, self.minimum_dimensions)

    def lists_all(self, d: int) -> bool:
        """Whether every minimum inside the domain is believed listed, not the global ones alone."""
        return d <= self.complete_to


def fixed(title: str, formula: str, domain: Bounds, minima: Minima, source: str, *, complete: bool = True) -> Entry:
    """An entry for a function of a fixed number of coordinates.

    ``complete`` says that ``minima`` lists every minimum inside the domain, as far as is known.
    """
    d = len(domain)
    return Entry(title, d, lambda _: formula, lambda _: domain, lambda _: minima, source, complete_to=complete * d)


def added(terms: Iterable[str]) -> str:
    """The text of a sum.

    >>> added(f"x{i}**2" for i in (1, 2, 3))
    'x1**2 + x2**2 + x3**2'
    """
    return " + ".join(terms)
