"""Values of the objective behind a picture, and contour levels that steep walls cannot eat."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from multistart.box import Box
from multistart.figures.heights import NOTHING, heights_of
from multistart.figures.scene import Scene
from multistart.functions.objective import Objective

GRID = 241
CURVE = 1601
ROWS = 2e8  # of data that a surface may cost, some seconds: that of many rows has fewer points
DECADE = 10.0  # times its lowest value that a loss has, from which on its levels are spaced by ratio
_LARGEST = 1e150


@dataclass(frozen=True)
class Surface:
    """The objective on a grid over a box in the map's axes.

    ``value`` is ``(ny, nx)``, or ``(nx,)`` in one dimension; values that are not finite are nan.
    ``levels`` increase strictly; near a pole values lie beyond them. ``name`` is what a value is called.
    """

    box: Box
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    value: NDArray[np.float64]
    levels: NDArray[np.float64]
    name: str = "f"

    @property
    def finite(self) -> bool:
        """Whether there is anything to draw."""
        return bool(np.isfinite(self.value).any())

    @property
    def clipped(self) -> NDArray[np.float64]:
        """The values cut off one range beyond the levels; nan where not finite."""
        low, high = self.levels[0], self.levels[-1]
        return np.clip(self.value, 2 * low - high, 2 * high - low)

    @property
    def beyond(self) -> Literal["neither", "min", "max", "both"]:
        """On which sides of the levels there are values, in Matplotlib's words."""
        below, above = np.nanmin(self.value) < self.levels[0], np.nanmax(self.value) > self.levels[-1]
        return "both" if below and above else "min" if below else "max" if above else "neither"


def surface_of(scene: Scene, box: Box | None = None) -> Surface:
    """Evaluate the objective over a box, by default the map's own; a slice keeps its fixed coordinates."""
    box = box or scene.map.box
    axes = [np.linspace(*ends, points_of(scene.objective, box)) for ends in zip(box.low, box.high, strict=True)]
    value = _values(scene.objective, box, tuple(scene.map.fixed.items()))
    levels = by_ratio(value) if scene.objective.fit is not None else NOTHING
    if not len(levels):
        levels = levels_of(value, known=scene.basins["value"].to_numpy(dtype=float))
    return Surface(box, axes[0], axes[-1], value, levels, scene.objective.value_name)


def by_ratio(value: NDArray[np.float64], count: int = 18) -> NDArray[np.float64]:
    """Levels of a loss that spans more than an order of magnitude, each so many times the one before; else none.

    >>> by_ratio(np.geomspace(1, 1e4, 1000), count=5)
    array([1.0e+00, 9.8e+00, 9.5e+01, 9.3e+02, 9.1e+03])
    >>> by_ratio(np.array([1.0, 2.0]))
    array([], dtype=float64)
    """
    finite = value[np.isfinite(value)]
    low, high = np.quantile(finite, [0.0, 0.99]).tolist() if finite.size else (0.0, 0.0)
    if not (low > 0 and high > DECADE * low):
        return NOTHING
    levels = np.array([float(f"{level:.2g}") for level in np.geomspace(low, high, count)])
    levels[0] = min(levels[0], low)
    return np.unique(levels)


def points_of(objective: Objective, box: Box) -> int:
    """Points on each axis of a surface: fewer of a fit to so many rows of data that they would take minutes."""
    most = GRID if box.dimensions == 2 else CURVE
    rows = 1 if objective.fit is None else objective.fit.count
    return min(most, max(2, int((ROWS / rows) ** (1 / box.dimensions))))


def surface_text(scene: Scene) -> str:
    """That heights are known at few points, where they are; else an empty string."""
    objective, box = scene.objective, scene.map.box
    points = points_of(objective, box)
    if objective.fit is None or points >= (GRID if box.dimensions == 2 else CURVE):
        return ""
    grid = " x ".join([str(points)] * box.dimensions)
    return f"heights are those at {grid} points: each is a sum over {objective.fit.count:,} rows"


@lru_cache(maxsize=4)  # several pictures of a study show the same
def _values(objective: Objective, box: Box, fixed: tuple[tuple[str, float], ...]) -> NDArray[np.float64]:
    count, held = points_of(objective, box), dict(fixed)
    axes = [np.linspace(*ends, count) for ends in zip(box.low, box.high, strict=True)]
    mesh = dict(zip(box.names, np.meshgrid(*axes), strict=True))
    columns = [
        mesh[name].ravel() if name in mesh else np.full(count**box.dimensions, held[name])
        for name in objective.variables
    ]
    value = objective.value(np.stack(columns, axis=1)).reshape([count] * box.dimensions)
    return np.where(np.isfinite(value), np.clip(value, -_LARGEST, _LARGEST), np.nan)


def levels_of(value: NDArray[np.float64], count: int = 18, known: NDArray[np.float64] = NOTHING) -> NDArray[np.float64]:
    """Levels between the ends that :func:`.heights.heights_of` gives, spaced by its power.

    A function with flat terraces and steep walls (Rosenbrock) gets most of its levels low down; one that is a
    plateau with a narrow hole (Ackley, Easom) gets them at the top; peaks gets nearly even ones.

    >>> levels_of(np.linspace(0.0, 1.0, 101), count=3)
    array([0. , 0.5, 1. ])
    """
    shown = heights_of(value, known)
    low, high = shown.low, shown.high
    if shown.flat:
        return np.array([low, high])
    if shown.even:
        return _even(low, high, count)
    levels = low + (high - low) * np.linspace(0, 1, count) ** shown.power
    return np.unique(_rounded(levels, high - low))


def _even(low: float, high: float, count: int) -> NDArray[np.float64]:
    return np.asarray(MaxNLocator(count, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high))


def _rounded(levels: NDArray[np.float64], span: float) -> NDArray[np.float64]:
    """Round each level to about a fortieth of its distance to the next, so that the colourbar's numbers are short."""
    gaps = np.diff(levels, append=levels[-1] + span)
    unit = 10.0 ** np.floor(np.log10(np.maximum(gaps, 1e-12 * span) / 4))
    rounded = np.round(levels / unit) * unit
    rounded[0] = np.floor(levels[0] / unit[0]) * unit[0]
    return rounded + 0.0  # of -0.0 makes 0.0
