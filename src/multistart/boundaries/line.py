"""One dimension: where the intervals of basins end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from multistart.boundaries.bisection import Brackets
from multistart.boundaries.curves import Edges
from multistart.boundaries.edges import neighbours, pairs_of, sharpened
from multistart.boundaries.labels import Array, Codes, Labels
from multistart.boundaries.lattice import Lattice
from multistart.boundaries.mesh import PARTS
from multistart.boundaries.mosaic import Mosaic, quadtree


def ends(label: Labels, lattice: Lattice, descents: int) -> tuple[Edges, Mosaic]:
    """The ends of intervals from the left to the right, each a curve of its own, and the cells along them.

    Between two starts with different labels, and beside these, there are 15 further starts, so that intervals of that
    length are found; shorter ones where a bisection meets them. A quarter of the descents is for those.
    """
    points, codes, refined, spent = _refined(label, lattice, descents // 4)
    brackets, more = sharpened(label, pairs_of(points, codes, *neighbours(codes)), lattice.box, descents - spent)
    brackets = brackets.rows(np.argsort(brackets.low[:, 0], kind="stable"))
    edges = Edges(brackets, np.arange(len(brackets)), spent + more)
    return edges, _cells(lattice, refined, points[:, 0], codes, brackets)


def _refined(
    label: Labels, lattice: Lattice, descents: int
) -> tuple[Array, Codes, NDArray[np.bool_], int]:
    """The starts with those between, in order, their codes, the intervals that have such, and how many there are."""
    points, codes = lattice.points, lattice.codes
    differ = codes[1:] != codes[:-1]
    cut = differ.copy()
    cut[1:] |= differ[:-1]
    cut[:-1] |= differ[1:]
    at = np.flatnonzero(cut)
    if len(at) * (PARTS - 1) > descents:
        return points, codes, differ, 0
    part = (np.arange(1, PARTS) / PARTS)[:, None]
    new = (points[at, None] + part * (points[at + 1] - points[at])[:, None]).reshape(-1, 1)
    place = np.repeat(at + 1, PARTS - 1)
    return np.insert(points, place, new, axis=0), np.insert(codes, place, label(new)), cut, len(new)


def _cells(
    lattice: Lattice, refined: NDArray[np.bool_], points: Array, codes: Codes, brackets: Brackets
) -> Mosaic:
    """The cells that refined intervals touch, each part with the label in its middle."""
    low, width, n = lattice.box.low[0], lattice.box.width[0], lattice.cells
    at = np.flatnonzero(refined)
    cells = np.unique(np.concatenate([at - 1, at]).clip(0, n - 1))[:, None]
    x = low + width * (cells * PARTS + np.arange(PARTS) + 0.5) / (n * PARTS)
    before = points.searchsorted(x, side="right") - 1  # the last start or edge that is not beyond
    edge = brackets.points[:, 0].searchsorted(x, side="right") - 1
    known = np.concatenate([brackets.points[:, 0], [-np.inf]])[edge]
    second = np.concatenate([brackets.second, [0]])[edge]
    return quadtree(cells, np.where(known > points[before], second, codes[before]))
