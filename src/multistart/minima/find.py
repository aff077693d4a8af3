"""From the ends of descents to the distinct minima near them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.descents.outcomes import NO_BASIN
from multistart.files.results import ENDS_APART
from multistart.functions.objective import Objective
from multistart.minima.basin import nearest, position_tolerance, unit_box
from multistart.minima.faces import OnFace, by_face, faces_of, put_inside
from multistart.minima.flat import indistinct
from multistart.minima.nearest import nearest_place, neighbourhoods
from multistart.minima.polish import polish
from multistart.minima.scales import DEFAULT, Tolerances, value_rounding, value_unit
from multistart.minima.table import Minima, ranks

if TYPE_CHECKING:
    from multistart.minima.nature import Critical

FAR = 2.0**52  # cells below the box, from where they are doubled: else those around its corner would stay apart
PATIENCE = 64  # looks in a row that find no minimum, before those that few ends came to are left
Array = NDArray[np.float64]


def find_minima(
    objective: Objective,
    ends: Array,
    box: Box,
    tolerances: Tolerances = DEFAULT,
    known: Minima | None = None,
    *,
    held: bool = False,
) -> Minima:
    """Return the distinct minima near the ends, shape ``(n, d)``, together with those already known.

    Newton's method polishes each end. Where the gradient then grows linearly on all sides the point is a minimum;
    any other is looked at in 640 bits, see :mod:`.nature`: a saddle, an inflection of any order, the floor of a
    valley and a flat tail are none, a strict minimum of any order is one.

    Parameters
    ----------
    box
        Gives the scale of each coordinate.
    known
        Minima of earlier ends; feeding ends in batches keeps memory bounded. Which of two ends stands for a
        minimum is decided by their order, so the same order gives the same bits, however it is cut.
    held
        Whether descents are held in the box: then its minima are looked for, on its faces too (:mod:`.faces`), and
        nothing outside it.
    """
    if known is not None:
        ends = ends[nearest(ends, objective, known, box, tolerances) == NO_BASIN]
    points = known.location if known is not None else np.empty((0, objective.dimensions))
    if len(ends):
        ends = distinct(ends, box, tolerances)
        near = _near_in_box if held else _near
        points = np.concatenate([points, near(objective, ends, points, box, tolerances)])
    points = points[np.isfinite(objective.value(points))]  # a minimum is where the function is defined
    value, unit = objective.value(points), value_unit(objective, box)
    order = np.argsort(value, kind="stable")
    slack = tolerances.value * (unit + np.abs(value)) + value_rounding(objective, points, box.width)
    keep = order[_representatives(unit_box(points[order], box), value[order], slack[order], box, tolerances)]
    keep = keep[ranks(objective, points[keep], value[keep], box)]
    return Minima.at(objective, points[keep], box, held=held)


def _near(objective: Objective, ends: Array, certain: Array, box: Box, tolerances: Tolerances) -> Array:
    """The minima near ends, but for flat ones that are the same as certain ones; shape ``(m, d)``."""
    polished = polish(objective, ends, box)
    bowls = polished.points[polished.bowl]
    doubtful = polished.near & ~polished.bowl
    certain = np.concatenate([certain, bowls])
    decided = _decided(objective, polished.points[doubtful], ends[doubtful], certain, box, tolerances)
    return np.concatenate([bowls, decided])


def _near_in_box(objective: Objective, ends: Array, certain: Array, box: Box, tolerances: Tolerances) -> Array:
    """The minima of the box near ends, likewise: those inside, on each face, in each corner."""
    found = [np.empty((0, objective.dimensions))]
    for sides, which in by_face(faces_of(objective, ends, box)):
        face = OnFace(objective, box, sides)
        if not face.free.any():
            found.append(face.full(np.empty((1, 0))))
            continue
        on_face = certain[(certain == face.full(certain[:, face.free])).all(axis=1)]
        near = _near(face.along, ends[which][:, face.free], on_face[:, face.free], face.own_box, tolerances)
        points, inside = put_inside(face.full(near), box)
        found.append(points[inside & face.holds(points)])
    return np.concatenate(found)


def distinct(points: Array, box: Box, tolerances: Tolerances = DEFAULT, doubled: int = 0) -> Array:
    """The first of the points in each cell as small as the tolerance, in their order; shapes ``(n, d) -> (m, d)``.

    Where cells are doubled so many times, each is made of such small ones: 2 along each axis, 4, 8, ...

    What is distinct of distinct points and more is what is distinct of all, so points may come in batches; and
    :func:`find_minima` finds the same near distinct ends as near all, bit for bit.
    """
    return points[which_distinct(points, box, tolerances, doubled)]


def which_distinct(points: Array, box: Box, tolerances: Tolerances = DEFAULT, doubled: int = 0) -> NDArray[np.int64]:
    """Which of the points those are, ascending."""
    finite = np.flatnonzero(np.isfinite(points).all(axis=1))
    cells = np.round(unit_box(points[finite], box) / cell_width(box, tolerances))
    if doubled:
        cells = np.floor((cells + FAR) / 2**doubled)
    return finite[_first_of_each(cells)]


def cell_width(box: Box, tolerances: Tolerances = DEFAULT, doubled: int = 0) -> float:
    """How wide the cells of :func:`distinct` are, in widths of the box."""
    least = position_tolerance(box, Tolerances(position=0.0))
    return float(max(min(ENDS_APART, tolerances.position), least) * 2**doubled)


def _first_of_each(rows: Array) -> NDArray[np.int64]:
    """Where each row stands first, ascending.

    Rows are told apart by one number each, a sum of multiples modulo 2^64 (sorting whole rows takes ten times as long),
    and then compared with the first of their number.
    """
    factors = np.random.default_rng(0).integers(2**63, size=rows.shape[1], dtype=np.int64) | 1
    with np.errstate(invalid="ignore"):  # of numbers beyond 2^63, which the comparison tells apart
        _, first, group = np.unique(rows.astype(np.int64) @ factors, return_index=True, return_inverse=True)
    if not np.array_equal(rows, rows[first[group]]):
        _, first = np.unique(rows, axis=0, return_index=True)
    return np.sort(first)


def _decided(
    objective: Objective, doubtful: Array, ends: Array, certain: Array, box: Box, tolerances: Tolerances
) -> Array:
    """Those minima at doubtful points, polished from ends, that are not the same as certain ones; shape ``(m, d)``.

    What cannot be told from a point that was decided goes with it, so a flat minimum is found once. A floor of a valley
    has thousands of points that are none: the lowest are looked at, and if none of many is a minimum, those to which
    most ends were polished. If none of these is either, neither is the rest.
    """
    reach = position_tolerance(box, tolerances)
    rest = np.argsort(objective.value(doubtful), kind="stable")
    if len(rest) and len(certain):
        distance, _ = nearest_place(unit_box(doubtful[rest], box), unit_box(certain, box))
        rest = rest[distance > reach]
    found, refused = [], 0
    while len(rest) and refused < 2 * PATIENCE:
        if refused == PATIENCE:
            rest = rest[_most_crowded_first(unit_box(doubtful[rest], box), reach)]
        critical = _critical(objective, doubtful[rest[0]], ends[rest[0]], box)
        place = doubtful[rest[0]] if critical is None else critical.place
        refused += 1
        if critical is not None and critical.is_minimum:
            found.append(place)
            refused = 0
        same = np.zeros(len(rest), dtype=bool)
        same[0] = True
        for points in (doubtful[rest], ends[rest]):
            same |= np.abs(unit_box(points, box) - unit_box(place[None], box)).max(axis=1) <= reach
            same |= indistinct(objective, points, np.broadcast_to(place, points.shape), box.width)
        rest = rest[~same]
    return np.array(found).reshape(-1, objective.dimensions)


def _most_crowded_first(points: Array, cell: float) -> NDArray[np.int64]:
    """The order of points by how many are in the same cell, the most first; those with as many in their own order."""
    _, which, count = np.unique(np.round(points / cell), axis=0, return_inverse=True, return_counts=True)
    return np.argsort(-count[which.ravel()], kind="stable")


def _critical(objective: Objective, polished: Array, end: Array, box: Box) -> Critical | None:
    """The critical point near an end, from the end first: in rounding Newton's method may have gone anywhere."""
    from multistart.minima.nature import critical_point  # with SymPy and FLINT, for the few points that need them

    found = critical_point(objective, end, box.width)
    if found is not None and found.is_minimum:
        return found
    return critical_point(objective, polished, box.width) or found


def _representatives(points: Array, value: Array, slack: Array, box: Box, tolerances: Tolerances) -> NDArray[np.int64]:
    """Of points in order of value, the first of each group that agrees in position and value with it."""
    close = neighbourhoods(points, position_tolerance(box, tolerances))
    taken = np.zeros(len(points), dtype=bool)
    keep = []
    for i in range(len(points)):
        if not taken[i]:
            keep.append(i)
            near = close(i)
            taken[near[np.abs(value[near] - value[i]) <= slack[i]]] = True
    return np.array(keep, dtype=np.int64)
