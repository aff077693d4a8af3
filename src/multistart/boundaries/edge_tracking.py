"""Edge tracking: along the boundary to the saddle that governs it.

Two starts beside each other, on both sides of the boundary, stay together for as long as they follow it; when they
part, they are put beside each other again (Skufca, Yorke & Eckhardt 2006, Phys. Rev. Lett. 96:174101). What they come
to attracts within the boundary: a saddle, as a rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistart.boundaries.labels import Array, Codes, Labels
from multistart.boundaries.rays import Rays, first_exits
from multistart.boundaries.taking_part import take_part
from multistart.box import Box

#: Starts ``(n, d)`` and a number of updates to where they are after these, ``(n, d)``; where a descent ends it stays.
Advance = Callable[[Array, int], Array]

BESIDE = 1e-9  # widths of the domain that two starts are apart
APART = 1e-3  # widths at which they have parted
STILL = 1e-6  # widths: who moves less in a round has arrived
NEAR = 1e-3  # widths from a critical point, to be called by its name
ROUNDS = 25
POWERS = 14  # of two: updates that are made at once
OF_A_ROUND = 4 * POWERS + 70  # descents and moves of a pair, at most


@dataclass(frozen=True)
class Tracked:
    """Where boundaries lead to, one row a pair of starts.

    Attributes
    ----------
    place
        Where they came, shape ``(n, d)``.
    saddle
        The place in the list of the critical point that it is, -1 for none, shape ``(n,)``.
    arrived
        Whether they stood still there.
    """

    place: Array
    saddle: Codes
    arrived: NDArray[np.bool_]


def track(
    label: Labels, advance: Advance, inside: Array, outside: Array, own: Codes, box: Box, saddles: Array, budget: int
) -> Tracked:
    """Follow boundaries from pairs of starts on both sides, side by side.

    Parameters
    ----------
    advance
        The method's updates, from starts at rest. For a method with memory a start that begins anew may go elsewhere;
        then the pair is on one side, and its tracking ends where it is.
    inside, outside
        Shape ``(n, d)``, with the code ``own`` and with another.
    box
        The domain, whose widths lengths are measured in.
    saddles
        Places of critical points, shape ``(m, d)``.
    budget
        Of descents, of which each move of a start counts as one: rounds end where the next may need more.
    """
    first, second = inside.copy(), outside.copy()
    arrived, open_ = np.zeros(len(own), dtype=bool), np.ones(len(own), dtype=bool)
    for _ in range(min(ROUNDS, budget // max(OF_A_ROUND * len(own), 1))):
        rows = np.flatnonzero(open_)
        if not len(rows):
            break
        before = first[rows]
        one, two = _together(advance, before, second[rows], box)
        both = label(np.concatenate([one, two])).reshape(2, -1)
        elsewhere = take_part(both) & (both != own[rows])
        apart = ~elsewhere[0] & elsewhere[1]  # beside the saddle the first may be cut short
        one, two = _beside(label, one[apart], two[apart], own[rows[apart]], box)
        first[rows[apart]], second[rows[apart]] = one, two
        still = np.zeros(len(rows), dtype=bool)
        still[apart] = _far(one - before[apart], box) < STILL
        arrived[rows[still]] = True
        open_[rows] = apart & ~still
    place = first + 0.5 * (second - first)
    return Tracked(place, _named(place, saddles, box), arrived)


def _far(step: Array, box: Box) -> Array:
    """Lengths in widths of the box."""
    return np.asarray(np.linalg.norm(step / box.width, axis=1))


def _together(advance: Advance, first: Array, second: Array, box: Box) -> tuple[Array, Array]:
    """Both after as many updates as they stay beside each other for: found in powers of two, up and then down."""
    one, two = first.copy(), second.copy()
    open_ = np.arange(len(one))
    for power in range(POWERS):
        if not len(open_):
            break
        open_ = open_[_go_on(advance, one, two, open_, 2**power, box)]
    for lower in range(power - 1, -1, -1):
        _go_on(advance, one, two, np.arange(len(one)), 2**lower, box)
    return one, two


def _go_on(
    advance: Advance, one: Array, two: Array, rows: NDArray[np.intp], updates: int, box: Box
) -> NDArray[np.bool_]:
    """Move the pairs that are still beside each other after so many updates; which of the rows these are."""
    a, b = np.split(advance(np.concatenate([one[rows], two[rows]]), updates), 2)
    with np.errstate(invalid="ignore"):
        beside = _far(a - b, box) <= APART
    one[rows[beside]], two[rows[beside]] = a[beside], b[beside]
    return beside


def _beside(label: Labels, first: Array, second: Array, own: Codes, box: Box) -> tuple[Array, Array]:
    """Points on the line between, beside each other."""
    rays = Rays(first, second - first, own)
    t = np.tile([0.0, 1.0], (len(own), 1))
    narrow = BESIDE / np.maximum(_far(second - first, box), BESIDE)
    found = first_exits(label, rays, box.widened(1e3), t, float(narrow.min(initial=1.0)))
    return rays.at(found.inside), rays.at(np.where(np.isfinite(found.outside), found.outside, 1.0))


def _named(place: Array, saddles: Array, box: Box) -> Codes:
    if not len(saddles) or not len(place):
        return np.full(len(place), -1)
    far = np.linalg.norm((place[:, None] - saddles[None]) / box.width, axis=2)
    return np.where(far.min(axis=1) < NEAR, far.argmin(axis=1), -1)
