"""Axis-aligned boxes: named bounds, containment, volume."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistart.errors import InputError
from multistart.scales import LOG, log_bounds, on_scale


@dataclass(frozen=True)
class Box:
    """A closed box in R^d with a name for each coordinate.

    Parameters
    ----------
    bounds
        ``{name: (low, high)}`` in the order of the coordinates; finite, ``low < high``.
    logs
        Of coordinates that are logarithms, of what: ``{"log_b": "b"}``.

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
    logs: tuple[tuple[str, str], ...]

    def __init__(self, bounds: Mapping[str, Sequence[float]], logs: Mapping[str, str] | None = None) -> None:
        if not bounds:
            raise InputError("a box needs at least one coordinate, as in {x: [-3, 3]}")
        for name, ends in bounds.items():
            _check_ends(name, ends)
        table = np.array([[float(v) for v in ends] for ends in bounds.values()])
        table.setflags(write=False)
        object.__setattr__(self, "names", tuple(bounds))
        object.__setattr__(self, "low", table[:, 0])
        object.__setattr__(self, "high", table[:, 1])
        object.__setattr__(self, "logs", tuple((logs or {}).items()))

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
        return Box(dict(zip(self.names, zip(low.tolist(), high.tolist(), strict=True), strict=True)), dict(self.logs))

    def on_scales(self, scales: Mapping[str, str]) -> Box:
        """The box of the variables that a function is looked at in on these scales, see :mod:`multistart.scales`.

        Raises
        ------
        InputError
            Bounds of a variable on the logarithm that touch 0.

        >>> Box({"b": (1, 10)}).on_scales({"b": "log"})
        Box({'log_b': (0.0, 2.302585092994046)})
        """
        found: dict[str, tuple[float, float]] = {}
        for name, (low, high) in self.bounds.items():
            try:
                bounds = log_bounds(low, high) if scales.get(name) == LOG else (low, high)
            except InputError as error:
                raise InputError(f"{name}: {error}") from None
            found[on_scale(name, scales)] = bounds
        return Box(found, {on_scale(name, scales): name for name in self.names if scales.get(name) == LOG})

    @property
    def users(self) -> Box:
        """The box in the units of its user: without logarithms."""
        named = dict(self.logs)
        ends = {
            named.get(name, name): tuple(math.exp(end) for end in bounds) if name in named else bounds
            for name, bounds in self.bounds.items()
        }
        return Box(ends)


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
