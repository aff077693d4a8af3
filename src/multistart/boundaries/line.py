"""One dimension: where the intervals of basins end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from multistart.boundaries.bisection import Brackets
from multistart.boundaries.curves import Edges
from multistart.boundaries.edges import neighbours, pairs_of, sharpened, without_stragglers
from multistart.boundaries.labels import Array, Codes, Labels
from multistart.boundaries.lattice import Lattice
from multistart.boundaries.mesh import PARTS
from multistart.boundaries.mosaic import Mosaic, quadtree

ROUNDS = 4  # of further starts beside ends, each round 16 times as near to each other


def ends(label: Labels, lattice: Lattice, descents: int) -> tuple[Edges, Mosaic]:
    """The ends of intervals from the left to the right, each a curve of its own, and the cells along them.

    Between two starts with different labels, and beside these, there are 15 further starts, and where these differ
    again: so intervals are found that lie near others, as those that become shorter and shorter towards a cycle. A
    quarter of the descents is for that. Others shorter than the distance of starts are met by a bisection, or not.
    """
    points, codes, spent = _refined(label, lattice, descents // 4)
    brackets, more = sharpened(label, pairs_of(points, codes, *neighbours(codes)), lattice.box, descents - spent)
    brackets = brackets.rows(np.argsort(brackets.low[:, 0], kind="stable"))
    on_one_line = replace(brackets, pair=np.zeros(len(brackets), dtype=np.int64))
    brackets = without_stragglers(on_one_line, lattice.box)  # a start may stand on an end, between two pairs
    edges = Edges(brackets, np.arange(len(brackets)), spent + more)
    return edges, _cells(lattice, points[:, 0], codes, brackets)


def _refined(label: Labels, lattice: Lattice, descents: int) -> tuple[Array, Codes, int]:
    """The starts with those between, in order, their codes, and how many of these there are."""
    points, codes, spent = lattice.points, lattice.codes, 0
    part = (np.arange(1, PARTS) / PARTS)[:, None]
    for _ in range(ROUNDS):
        at = _beside(codes)
        new = (points[at, None] + part * (points[at + 1] - points[at])[:, None]).reshape(-1, 1)
        if not len(new) or spent + len(new) > descents:
            break
        place = np.repeat(at + 1, PARTS - 1)
        codes, points = np.insert(codes, place, label(new)), np.insert(points, place, new, axis=0)
        spent += len(new)
    return points, codes, spent


def _beside(codes: Codes) -> NDArray[np.intp]:
    """The intervals between two points with different codes, and those next to these."""
    differ = codes[1:] != codes[:-1]
    near = differ.copy()
    near[1:] |= differ[:-1]
    near[:-1] |= differ[1:]
    return np.flatnonzero(near)


def _cells(lattice: Lattice, points: Array, codes: Codes, brackets: Brackets) -> Mosaic:
    """The cells in and beside intervals of the lattice with an end, each part with the label in its middle."""
    low, width, n = lattice.box.low[0], lattice.box.width[0], lattice.cells
    at = np.concatenate([_beside(lattice.codes), lattice.points[:, 0].searchsorted(brackets.points[:, 0]) - 1])
    cells = np.unique(np.concatenate([at - 1, at]).clip(0, n - 1))[:, None]
    x = low + width * (cells * PARTS + np.arange(PARTS) + 0.5) / (n * PARTS)
    before = points.searchsorted(x, side="right") - 1  # the last start or edge that is not beyond
    edge = brackets.points[:, 0].searchsorted(x, side="right") - 1
    known = np.concatenate([brackets.points[:, 0], [-np.inf]])[edge]
    second = np.concatenate([brackets.second, [0]])[edge]
    return quadtree(cells, np.where(known > points[before], second, codes[before]))
