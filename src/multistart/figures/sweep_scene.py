"""`SweepScene`: all that the pictures of a sweep need, as plain frames and arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from multistart.box import Box
from multistart.functions.objective import Objective

Array = NDArray[np.float64]
DENSE = 400  # values, of which one is two pixels wide
UNEVEN = 0.35  # of the mean step, by which the steps of a list may differ before it has no scale


@dataclass(frozen=True)
class SweptNumber:
    """A number that is swept.

    Attributes
    ----------
    column
        Its name in the tables, as ``"learning_rate"``.
    words
        What an axis and a title call it, as ``"learning rate"``.
    taken
        The values that it takes, in ascending order, shape ``(m,)``.

    >>> SweptNumber("lr", "learning rate", np.array([0.01, 0.1, 1.0])).scale
    'log'
    """

    column: str
    words: str
    taken: Array

    @cached_property
    def scale(self) -> str:
        """``"log"`` where the values have equal ratios rather than equal differences, else ``"linear"``."""
        positive = len(self.taken) > 2 and bool((self.taken > 0).all())
        return "log" if positive and _unevenness(np.log(self.taken)) < _unevenness(self.taken) else "linear"

    @property
    def dense(self) -> bool:
        """Whether cells of values are so narrow that lines between them, and a shape for each, are too many."""
        return len(self.taken) > DENSE

    @property
    def uneven(self) -> bool:
        """Whether the values have neither equal differences nor equal ratios, by far."""
        return len(self.taken) > 2 and _unevenness(self._scaled(self.taken)) > UNEVEN

    @cached_property
    def edges(self) -> Array:
        """The cells of the values on the axis of that scale, half-way to their neighbours; shape ``(m + 1,)``."""
        at = self._scaled(self.taken)
        between = (at[1:] + at[:-1]) / 2
        if not len(between):
            return np.array([self.taken[0] - 0.5, self.taken[0] + 0.5])
        edges = np.concatenate([[2 * at[0] - between[0]], between, [2 * at[-1] - between[-1]]])
        return np.exp(edges) if self.scale == "log" else edges

    def place_of(self, column: pd.Series) -> NDArray[np.int64]:
        """The places of values of a table among the values."""
        return np.searchsorted(self.taken, column.to_numpy(dtype=float))

    def _scaled(self, values: Array) -> Array:
        return np.log(values) if self.scale == "log" else values


@dataclass(frozen=True)
class SweepMaps:
    """Which attractor the starts of a grid reach at some of the values.

    Attributes
    ----------
    places
        Of the values among all, ascending, shape ``(m,)``.
    codes
        Places in :func:`.sweep_classes.classes_of`, shape ``(m, ny, nx)``, row 0 lowest; in one dimension ``(m, nx)``.
    """

    places: NDArray[np.int64]
    codes: NDArray[np.int64]


@dataclass(frozen=True)
class SweepScene:
    """One method at all values of one or two numbers, ready to be drawn.

    Attributes
    ----------
    numbers
        The swept number, or the two.
    sweep, events, attractors, arrivals
        The tables of :mod:`multistart.tables.of_sweeps`.
    branches
        Minima and cycles, stable and unstable, followed over the number; none where none is known. Columns are those of
        :func:`multistart.dynamics.branches.columns`.
    partners
        The saddles and maxima that minima meet in folds, rows of the table of attractors, in order along each curve;
        none where none is known.
    maps
        None of more than two dimensions, or of two numbers.
    paid_in
        What descents cost: "gradient evaluations", or "function evaluations" of methods that ask for values alone.
    style
        As in :class:`.Scene`, as are all others.
    """

    study: str
    method: str
    method_text: str
    objective: Objective
    domain: Box
    starts: int
    design_text: str
    numbers: tuple[SweptNumber, ...]
    sweep: pd.DataFrame
    events: pd.DataFrame
    attractors: pd.DataFrame
    arrivals: pd.DataFrame
    branches: pd.DataFrame | None = None
    partners: pd.DataFrame | None = None
    maps: SweepMaps | None = None
    paid_in: str = "gradient evaluations"
    style: str = "page"

    @property
    def number(self) -> SweptNumber:
        """The swept number, where there is one."""
        return self.numbers[0]


def _unevenness(values: Array) -> float:
    steps = np.diff(values)
    return float(steps.std() / steps.mean())
