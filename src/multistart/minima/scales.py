"""What counts as small near a point: of places, of values, of gradients. Nothing here depends on a unit.

Places are measured in widths of the box, slopes and values by their own rounding. So ``c f + const`` for the function
and ``s x + t`` for a coordinate change no verdict but by rounding. The one exception is stated where it is set:
``value_tolerance`` is a part of ``1 + |f|``, and tells apart only what lies within the tolerance of places.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.functions.objective import Objective

TIE = 16  # roundings of a value
NEIGHBOURS = 16  # points around one that differ in their last digits
LAST_DIGITS = 4 * np.finfo(float).eps  # of a coordinate
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Tolerances:
    """When two polished ends are one minimum.

    Attributes
    ----------
    position
        Largest distance, in widths of the box, coordinate by coordinate; never below the last digits of a coordinate.
    value
        Largest difference of the values, as a part of ``unit + |value|``; see :func:`value_unit`.
    """

    position: float = 1e-6
    value: float = 1e-9


DEFAULT = Tolerances()


@lru_cache(maxsize=64)
def value_unit(objective: Objective, box: Box) -> float:
    """The scale of an objective's values in a box: 1, or for a smaller function the power of ten below its spread.

    To a power of ten the spread is the same everywhere.
    """
    spread = value_spread(objective, box)
    return min(1.0, float(10.0 ** np.floor(np.log10(spread)))) if spread > 1e-300 else 1.0


@lru_cache(maxsize=64)
def value_spread(objective: Objective, box: Box) -> float:
    """Half of the interquartile range of values over a few hundred points of a box; 0 where they are undefined."""
    points = box.low + box.width * np.random.default_rng(0).random((512, box.dimensions))
    values = objective.value(points)
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0
    low, high = np.percentile(values, [25, 75])
    return float(0.5 * high - 0.5 * low)  # of doubles that may be too large to subtract


def neighbours(points: Array, width: Array) -> Array:
    """Points that differ from each in the last digits of their coordinates; shape ``(n, d) -> (n, NEIGHBOURS, d)``."""
    shift = np.random.default_rng(0).uniform(-1.0, 1.0, (NEIGHBOURS, points.shape[1]))
    last = np.maximum(LAST_DIGITS * np.abs(points), 1e-15 * width)
    return np.asarray(points[:, None, :] + shift * last[:, None, :], dtype=np.float64)


def value_rounding(objective: Objective, points: Array, width: Array) -> Array:
    """How far computed values are off at points, shape ``(n,)``: as far as values change in the last digits of a place.

    What is measured, and not bounded: a few units of the last place of the value are the least.
    """
    n, d = points.shape
    here = objective.value(points)
    around = objective.value(neighbours(points, width).reshape(-1, d)).reshape(n, NEIGHBOURS)
    change = np.abs(around - here[:, None])
    measured = np.where(np.isfinite(change), change, 0.0).max(axis=1, initial=0.0)
    return np.asarray(np.maximum(measured, np.finfo(float).eps * np.abs(here)))


def slope_rounding(objective: Objective, points: Array, width: Array) -> Array:
    """How far computed slopes are off at critical points: the largest that is found in the last digits of the place.

    Slopes are gradients by widths of the box, in units of the value; shape ``(n,)``.
    """
    n, d = points.shape
    found = slopes(objective, neighbours(points, width).reshape(-1, d), width).reshape(n, NEIGHBOURS)
    return np.asarray(np.where(np.isfinite(found), found, 0.0).max(axis=1, initial=0.0))


def slopes(objective: Objective, points: Array, width: Array) -> Array:
    """The largest component of each gradient, by widths of the box, shape ``(n, d) -> (n,)``; nan where not finite."""
    return np.asarray(np.abs(objective.gradient(points) * width).max(axis=1))


def ties(value: Array, lowest: float, rounding: float) -> NDArray[np.bool_]:
    """Which values equal the lowest but for its rounding."""
    return np.asarray(value - lowest <= TIE * rounding)
