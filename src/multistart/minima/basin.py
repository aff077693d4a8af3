"""Which basin an end is in. Knows nothing of descents, so any optimiser's ends can be labelled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.descents.outcomes import NO_BASIN
from multistart.functions.objective import Objective
from multistart.methods import Method
from multistart.minima.faces import polish_inside
from multistart.minima.flat import approached, indistinct
from multistart.minima.nearest import nearest_place
from multistart.minima.polish import MAX_STEP, polish
from multistart.minima.scales import DEFAULT, LAST_DIGITS, Tolerances, value_rounding, value_unit
from multistart.minima.table import Minima

Array = NDArray[np.float64]


def label(
    objective: Objective, ends: Array, minima: Minima, box: Box, tolerances: Tolerances = DEFAULT
) -> NDArray[np.int64]:
    """Return the number of the minimum at which each end stands, shape ``(n,)``; -1 where at none.

    An end within the tolerance of a minimum takes its number; any other is polished first, and must then
    agree in position and value, or not be told from the minimum by any gradient on the way to it. Of minima of a box
    ends are polished along the faces that they are on.
    """
    labels = nearest(ends, objective, minima, box, tolerances)
    rest = np.flatnonzero(labels == NO_BASIN)
    if len(rest) and len(minima):
        held = minima.sides is not None
        polished = (
            polish_inside(objective, ends[rest], box) if held else polish(objective, ends[rest], box, bowls=False)
        )
        found = nearest(polished.points, objective, minima, box, tolerances)
        labels[rest] = np.where(polished.near, found, NO_BASIN)
        for points in (polished.points, ends[rest]):  # in rounding Newton's method may go anywhere
            open_ = labels[rest] == NO_BASIN
            labels[rest[open_]] = _flat(objective, points[open_], minima, box)
        rest = rest[labels[rest] != NO_BASIN]
        rest = rest[~minima.on_faces[labels[rest]]]  # to a corner the slope may grow
        labels[rest[~approached(objective, ends[rest], minima.location[labels[rest]], box.width)]] = NO_BASIN
    return labels


def _flat(objective: Objective, points: Array, minima: Minima, box: Box) -> NDArray[np.int64]:
    """The nearest minimum where the whole way to it is flat but for rounding, else -1."""
    if len(points) == 0:
        return np.empty(0, dtype=np.int64)
    index, found = _within(points, minima, box, 2 * MAX_STEP)
    found &= ~minima.on_faces[index]  # where the slope is none that could be rounding
    found[found] = indistinct(objective, points[found], minima.location[index[found]], box.width)
    return np.where(found, index, NO_BASIN)


def trapped_in(points: Array, minima: Minima, method: Method) -> NDArray[np.int64]:
    """The minimum to which a method's descent from each point, shape ``(n, d)``, provably converges; -1 where none.

    None for a rule with memory, of which a point does not tell enough.
    The radius is 1e-9 smaller than proven, which is more than the rounding of the distance.
    """
    return _in_balls(points, minima, (minima.attraction_radius > 0) & method.attracted(minima.attraction_curvature))


def trapped_by(points: Array, minima: Minima) -> NDArray[np.int64]:
    """The minimum around which a region of a rule with memory trapped descents that ended at these points.

    A region lies in the minimum's attraction ball, and these do not overlap.
    """
    return _in_balls(points, minima, minima.attraction_radius > 0)


def _in_balls(points: Array, minima: Minima, holds: NDArray[np.bool_]) -> NDArray[np.int64]:
    found = np.full(len(points), NO_BASIN, dtype=np.int64)
    for i in np.flatnonzero(holds):
        found[np.linalg.norm(points - minima.location[i], axis=1) <= minima.attraction_radius[i]] = i
    return found


def nearest(points: Array, objective: Objective, minima: Minima, box: Box, tolerances: Tolerances) -> NDArray[np.int64]:
    """The minimum that each point agrees with in position and value, shape ``(n,)``; -1 where there is none."""
    if len(minima) == 0 or len(points) == 0:
        return np.full(len(points), NO_BASIN, dtype=np.int64)
    index, found = _within(points, minima, box, position_tolerance(box, tolerances))
    slack = value_slack(objective, minima.location, minima.value, box, tolerances)
    off = np.abs(objective.value(points[found]) - minima.value[index[found]])
    found[found] = off <= slack[index[found]]
    return np.where(found, index, NO_BASIN)


def value_slack(objective: Objective, places: Array, values: Array, box: Box, tolerances: Tolerances) -> Array:
    """By how much the value of an end may differ from that of each minimum, shapes ``(k, d), (k,) -> (k,)``."""
    slack = tolerances.value * (value_unit(objective, box) + np.abs(values))
    return np.asarray(slack + value_rounding(objective, places, box.width))


def unit_box(points: Array, box: Box) -> Array:
    """Coordinates in which the box is the unit cube."""
    return np.asarray((points - box.low) / box.width)


def position_tolerance(box: Box, tolerances: Tolerances) -> float:
    """The tolerance of places in widths of the box, but at least the last digits of a coordinate in the box."""
    largest = np.maximum(np.abs(box.low), np.abs(box.high))
    return max(tolerances.position, float((LAST_DIGITS * largest / box.width).max()))


def _within(points: Array, minima: Minima, box: Box, reach: float) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The nearest minimum to each point, and whether it is nearer than ``reach``."""
    finite = np.isfinite(points).all(axis=1)
    index, found = np.zeros(len(points), dtype=np.int64), np.zeros(len(points), dtype=bool)
    distance, index[finite] = nearest_place(unit_box(points[finite], box), unit_box(minima.location, box))
    found[finite] = distance < reach
    return index, found
