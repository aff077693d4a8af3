"""Two starts that can hardly be told apart, and whose descents end at different minima."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from multistart.explorer.contents import Array, Contents

APART = 2e-3  # widths of the map, within which two starts are a hair apart
SIDE = {1: 200, 2: 20}  # starts on an axis among which neighbours with different minima are looked for
TRIED = 8  # pairs of such neighbours
CUTS = (0.5, 0.45, 0.55)  # of the way between two, one after the other: in the middle a descent may stand on a saddle
HALVINGS = 30  # of a pair, at most

Labels = Callable[[Array], NDArray[np.int64]]


def hair_apart(label: Labels, contents: Contents) -> Array | None:
    """Return two such starts, ``(2, d)``; none where neighbours on a coarse grid reach no different minima.

    Parameters
    ----------
    label
        What becomes of points of the map: a minimum's number, or a negative number at none.
    """
    box = contents.drawn
    side = SIDE[box.dimensions]
    middle = (np.arange(side) + 0.5) / side
    grid = np.stack(np.meshgrid(*[middle] * box.dimensions, indexing="ij"), axis=-1)
    points = box.low + box.width * grid.reshape(-1, box.dimensions)
    code = label(points)
    for a, b in _neighbours(code.reshape([side] * box.dimensions)):
        ends = _halved(label, points[[a, b]], code[[a, b]], APART * box.width)
        if ends is not None:
            return contents.in_space(ends)
    return None


def _neighbours(code: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Cells beside each other at different minima, by their numbers, a few from all over the grid."""
    number = np.arange(code.size).reshape(code.shape)
    found = []
    for axis in range(code.ndim):
        a, b = (np.take(number, range(k, code.shape[axis] - 1 + k), axis).ravel() for k in (0, 1))
        differ = (code.ravel()[a] >= 0) & (code.ravel()[b] >= 0) & (code.ravel()[a] != code.ravel()[b])
        found += list(zip(a[differ].tolist(), b[differ].tolist(), strict=True))
    found.sort(key=lambda pair: _from_the_middle(pair[0], code.shape))
    return found[:TRIED]


def _from_the_middle(cell: int, shape: tuple[int, ...]) -> float:
    """How far a cell is from the middle of the grid, where most is to be seen."""
    place = np.array(np.unravel_index(cell, shape))
    return float(np.abs(place - (np.array(shape) - 1) / 2).max())


def _halved(label: Labels, ends: Array, code: NDArray[np.int64], apart: Array) -> Array | None:
    """The ends of a way, nearer to each other, at two minima still; none where what is between reaches none."""
    for _ in range(HALVINGS):
        if (np.abs(ends[1] - ends[0]) <= apart).all():
            return ends
        between = [(1 - part) * ends[0] + part * ends[1] for part in CUTS]
        found = label(np.stack(between))
        if not (found >= 0).any():
            return None
        first = int(np.argmax(found >= 0))
        k = 0 if found[first] == code[0] else 1
        ends[k], code[k] = between[first], found[first]
    return None
