"""Edges: neighbouring starts with different labels, bisected within a budget of descents."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from multistart.boundaries.bisection import ON_THE_EDGE, SHARP, Brackets, bisect
from multistart.boundaries.labels import Array, Codes, Labels, reaches
from multistart.box import Box

FINE = 16  # parts of the distance between two starts, to which every edge is told before any is told better


def neighbours(codes: Codes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Neighbours along an axis of a lattice with different codes, as flat indices, axis by axis, shapes ``(n,)``.

    >>> neighbours(np.array([[0, 0], [0, 1]]))
    (array([1, 2]), array([3, 3]))
    """
    place = np.arange(codes.size).reshape(codes.shape)
    low, high = [], []
    for axis in range(codes.ndim):
        along, at = np.moveaxis(codes, axis, 0), np.moveaxis(place, axis, 0)
        differ = along[1:] != along[:-1]
        low.append(at[:-1][differ])
        high.append(at[1:][differ])
    return np.concatenate(low), np.concatenate(high)


def pairs_of(points: Array, codes: Codes, low: NDArray[np.int64], high: NDArray[np.int64]) -> Brackets:
    """Brackets between points, shape ``(m, d)``, given by their indices."""
    return Brackets(points[low], points[high], codes[low], codes[high], np.arange(len(low)))


def affordable(pairs: int, descents: int) -> bool:
    """Whether a budget reaches for a 16th of all pairs."""
    return pairs * math.log2(FINE) <= descents


def sharpened(label: Labels, pairs: Brackets, box: Box, descents: int) -> tuple[Brackets, int]:
    """Pairs bisected within a budget: all of them to a 16th first, then as many as it reaches for to 1e-10.

    Those are spread evenly over boundaries between basins, and where the budget lasts over the others, which the step
    limit draws. Where there are so many pairs that it does not reach for a 16th of all, as of a fractal boundary, some
    are chosen, evenly spread, and the others left out. Returns how many descents it took, too.
    """
    if not affordable(len(pairs), descents):
        pairs = pairs.rows(_spread(np.arange(len(pairs)), _halvings(pairs.width(box)), descents))
    width = pairs.width(box)
    found, spent = bisect(label, pairs, box, width=np.maximum(width / FINE, SHARP), descents=descents)
    target = found.width(box)
    each = _halvings(target)
    basins = reaches(found.first) & reaches(found.second)
    left = descents - spent
    for rows in (np.flatnonzero(basins), np.flatnonzero(~basins)):
        chosen = _spread(rows, each[rows], left)
        left -= int(each[chosen].sum())
        target[chosen] = SHARP
    found, more = bisect(label, found, box, width=target, descents=descents - spent)
    return without_stragglers(found, box), spent + more


def without_stragglers(found: Brackets, box: Box) -> Brackets:
    """Two brackets as one where between two basins, within 1e-6 of the domain, a third label is none.

    So near to an edge descents stand still at its saddle, or the steps run out; the bracket is then as wide as that.
    """
    same = (found.pair[1:] == found.pair[:-1]) & (found.second[:-1] == found.first[1:]) & ~reaches(found.second[:-1])
    same &= reaches(found.first[:-1]) & reaches(found.second[1:]) & (found.first[:-1] != found.second[1:])
    same &= (np.abs(found.high[1:] - found.low[:-1]) / box.width).max(axis=1) <= ON_THE_EDGE
    first = np.flatnonzero(same)
    found.high[first], found.second[first] = found.high[first + 1], found.second[first + 1]
    return found.rows(np.setdiff1d(np.arange(len(found)), first + 1))


def _halvings(width: Array) -> NDArray[np.int64]:
    """How many make brackets of a width sharp."""
    return np.ceil(np.log2(np.maximum(width / SHARP, 1.0))).astype(np.int64)


def _spread(rows: NDArray[np.intp], cost: NDArray[np.int64], budget: int) -> NDArray[np.intp]:
    """As many of some rows as a budget covers, evenly spread over them."""
    if cost.sum() <= budget:
        return rows
    number = int(max(budget, 0) // max(int(cost.max(initial=1)), 1))
    return rows[np.arange(number) * len(rows) // number] if number else rows[:0]
