"""Axis-aligned boxes: named bounds, containment, volume."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistart.errors import InputError


@dataclass(frozen=True)
class Box:
    """A closed box in R^d with a name for each coordinate.

    Parameters
    ----------
    bounds
        ``{name: (low, high)}`` in the order of the coordinates; finite, ``low < high``.

    Raises
    ------
    InputError
        No coordinate, or bounds that are not two finite numbers in increasing order.

    >>> box = Box({"x": (-3, 3), "y": (-1, 1)})
    >>> box.names, box.volume
    (('x', 'y'), 12.0)
    >>> box.widened(1.0)
    Box({'x': (-9.0, 9.0), 'y': (-3.0, 3.0)})
    """

    names: tuple[str, ...]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def __init__(self, bounds: Mapping[str, Sequence[float]]) -> None:
        if not bounds:
            raise InputError("a box needs at least one coordinate, as in {x: [-3, 3]}")
        for name, ends in bounds.items():
            _check_ends(name, ends)
        table = np.array([[float(v) for v in ends] for ends in bounds.values()])
        table.setflags(write=False)
        object.__setattr__(self, "names", tuple(bounds))
        object.__setattr__(self, "low", table[:, 0])
        object.__setattr__(self, "high", table[:, 1])

    def __repr__(self) -> str:
        return f"Box({self.bounds})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Box) and list(self.bounds.items()) == list(other.bounds.items())

    def __hash__(self) -> int:
        return hash(tuple(self.bounds.items()))

    @property
    def bounds(self) -> dict[str, tuple[float, float]]:
        """``{name: (low, high)}``, plain floats."""
        return {
            name: (float(low), float(high)) for name, low, high in zip(self.names, self.low, self.high, strict=True)
        }

    @property
    def dimensions(self) -> int:
        """The number of coordinates ``d``."""
        return len(self.names)

    @property
    def width(self) -> NDArray[np.float64]:
        """``high - low``, shape ``(d,)``."""
        return self.high - self.low

    @property
    def center(self) -> NDArray[np.float64]:
        """The midpoint, shape ``(d,)``."""
        return self.low + 0.5 * self.width

    @property
    def volume(self) -> float:
        """The product of the widths, in the product of the coordinates' units."""
        return math.prod(self.width.tolist())

    def contains(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which of ``points``, shape ``(n, d)``, lie in the closed box; shape ``(n,)``; nan is outside."""
        return np.all((points >= self.low) & (points <= self.high), axis=-1)

    def widened(self, factor: float) -> Box:
        """The box with ``factor`` times its own width added on each side."""
        if not (math.isfinite(factor) and factor >= 0):
            raise InputError(f"a box is widened by a finite factor >= 0; got {factor}")
        with np.errstate(over="ignore"):  # an infinite bound is refused with its name below
            low, high = self.low - factor * self.width, self.high + factor * self.width
        return Box(dict(zip(self.names, zip(low.tolist(), high.tolist(), strict=True), strict=True)))


def _check_ends(name: str, ends: Sequence[float]) -> None:
    numbers = isinstance(ends, Sequence | np.ndarray) and len(ends) == 2
    if not numbers or not all(_is_finite(v) for v in ends):
        raise InputError(f"{name}: bounds are two finite numbers [low, high]; got {ends}")
    if not ends[0] < ends[1]:
        raise InputError(f"{name}: the lower bound must be below the upper one; got [{ends[0]}, {ends[1]}]")
    if not math.isfinite(ends[1] - ends[0]):
        raise InputError(f"{name}: the box is wider than the largest floating-point number; got {ends}")


def _is_finite(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer past the largest double
        return False
