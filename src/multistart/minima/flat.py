"""Points that no gradient can tell apart: where a minimum is so flat that its gradient is rounding."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from multistart.functions.objective import Objective
from multistart.minima.polish import MAX_STEP, ROUNDINGS, to_the_floor
from multistart.minima.scales import slope_rounding, slopes

ALONG = np.linspace(0.0, 1.0, 33)  # of a segment, where gradients are looked at
Array = NDArray[np.float64]


def indistinct(objective: Objective, points: Array, places: Array, width: Array) -> NDArray[np.bool_]:
    """Whether, on the whole way from each point to its critical place, gradients are no larger than their rounding.

    The way is straight, or where a straight one leaves the floor of a valley, the floor below it.
    Shapes ``(n, d), (n, d) -> (n,)``. False farther away than Newton's method may go.
    """
    same = (np.abs(points - places) / width).max(axis=1) <= 2 * MAX_STEP
    if not same.any():
        return same
    distinct, which = np.unique(places[same], axis=0, return_inverse=True)
    limit = ROUNDINGS * slope_rounding(objective, distinct, width)[which.ravel()]
    start, way = places[same], points[same] - places[same]
    level = np.ones(len(start), dtype=bool)
    for t in ALONG:
        if not level.any():
            break
        level[level] = _is_level(objective, (start + t * way)[level], limit[level], width)
    same[same] = level
    return same


def approached(objective: Objective, points: Array, places: Array, width: Array) -> NDArray[np.bool_]:
    """Whether on a line no slope on the way from a point to its minimum is larger than at the point, but for rounding.

    Beside an inflection or a flat maximum a slope is tiny, and grows on the way to a minimum that Newton's method, lost
    in rounding, may have gone to. In more dimensions valleys bend, and nothing is asked. Shapes ``(n, d) -> (n,)``.
    """
    calm = np.ones(len(points), dtype=bool)
    if points.shape[1] > 1 or len(points) == 0:
        return calm
    distinct, which = np.unique(places, axis=0, return_inverse=True)
    limit = ROUNDINGS * slope_rounding(objective, distinct, width)[which.ravel()]
    limit += slopes(objective, points, width) * (1 + 1e-6)
    for t in ALONG:
        calm &= slopes(objective, places + t * (points - places), width) <= limit
    return calm


def _is_level(objective: Objective, points: Array, limit: Array, width: Array) -> NDArray[np.bool_]:
    """Whether gradients are within their limits at points, or on the floor of the valley that they are in."""
    level = np.asarray(slopes(objective, points, width) <= limit)
    rest = np.flatnonzero(~level)
    floor = points.copy()
    to_the_floor(objective, floor, rest, width)
    level[rest] = slopes(objective, floor[rest], width) <= limit[rest]
    return level
