"""When an orbit comes back: Brent's algorithm with a tolerance, for many orbits at once.

Brent (1980, BIT 20): one point is kept as an anchor, and moved at powers of two; an orbit of period P is found to come
back after at most three times as many updates, whatever came before. The tolerance is a part of how far the orbit went
since it left its anchor, so that nothing depends on a unit: a creeping orbit is as far from its anchor as it ever was,
one that still converges comes back by a part that is not small, and both have no period.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: Rows ``(n, w)`` to the rows after one update; nan where an orbit ends.
Advance = Callable[[Array], Array]

LONGEST = 1024  # periods that are told from chaos, which in doubles comes back in the end, too
BACK = 1e-8  # of its extent: so near an orbit comes back that does
THERE = 1e-6  # likewise: so near its cycle is an orbit that has arrived
NEARLY = 1e-4  # likewise: so near to a shorter period an orbit may be converging to that
ROUNDED = 1e-12  # likewise: moves that are rounding
LEAST = 1e-6  # of its place: the extent of an orbit, below which it is at rest but for its last digits


def periods(advance: Advance, first: Array, d: int, longest: int = LONGEST) -> NDArray[np.int64]:
    """The period of each orbit from its row on, shape ``(n, w) -> (n,)``: 1 at rest, 0 where it has none up to longest.

    Rows are points in ``d`` coordinates, then what else an update depends on, which is not asked to come back: over a
    whole period the points do. An orbit that is no longer finite has none.
    """
    period = np.zeros(len(first), dtype=np.int64)
    candidates, rows = _returns(advance, first, d, longest)
    for length in np.unique(candidates[candidates > 0]):
        which = np.flatnonzero(candidates == length)
        period[which] = _smallest_divisor(advance, rows[which], d, int(length))
    return period


def _returns(advance: Advance, first: Array, d: int, longest: int) -> tuple[NDArray[np.int64], Array]:
    """After how many updates each orbit was near an anchor again, 0 where it was not, and its row there."""
    found, rows = np.zeros(len(first), dtype=np.int64), first.copy()
    open_, now = np.arange(len(first)), first
    power = 1
    while power <= longest and len(open_):
        anchor, extent = now[:, :d], np.zeros(len(open_))
        for length in range(1, power + 1):
            now = advance(now)
            distance = _distance(now[:, :d], anchor)
            extent = np.maximum(extent, distance)
            finite = np.isfinite(distance)
            back = finite & (distance <= _slack(extent, anchor))
            found[open_[back]], rows[open_[back]] = length, now[back]
            going = ~back & finite
            open_, now, anchor, extent = open_[going], now[going], anchor[going], extent[going]
        power *= 2
    return found, rows


def _smallest_divisor(advance: Advance, rows: Array, d: int, length: int) -> NDArray[np.int64]:
    """Of orbits that came back once after some updates, the smallest divisor of these after which every point does.

    0 where that is not certain: where an orbit still converges to a cycle, or nearly has a shorter period, as beside a
    doubling, where half of the next period looks like one.
    """
    orbit = np.empty((3 * length, len(rows), d))
    for t in range(3 * length):
        orbit[t] = rows[:, :d]
        rows = advance(rows)
    extent = np.max([_distance(point, orbit[0]) for point in orbit], axis=0)
    slack = _slack(extent, orbit[0])
    period = np.where(extent <= LEAST * np.abs(orbit[0]).max(axis=1), 1, 0)
    open_ = period == 0
    for q in (q for q in range(1, length + 1) if length % q == 0):
        first, second = (orbit[k + q : k + q + length] - orbit[k : k + length] for k in (0, q))
        off = np.abs(first).max(axis=(0, 2))
        period[open_ & (off <= slack) & (_left(first, second, extent) <= THERE * extent)] = q
        open_ &= off > NEARLY * extent
    return period


def _left(first: Array, second: Array, extent: Array) -> Array:
    """How far orbits are from their cycles, from how far they move in two periods in sequence.

    Shapes ``(t, n, d) -> (n,)``: what moves by a, then by r a, moves by a/(1 - r) in all.
    """
    off, square = np.abs(first).max(axis=(0, 2)), (first * first).sum(axis=(0, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        left = off / np.abs(1.0 - (first * second).sum(axis=(0, 2)) / square)
    return np.where(off <= ROUNDED * extent, 0.0, left)


def _slack(extent: Array, anchor: Array) -> Array:
    """How near is back: a part of the extent, or the last digits of an orbit that is at rest but for these."""
    return np.maximum(BACK * extent, BACK * LEAST * np.abs(anchor).max(axis=1))


def _distance(a: Array, b: Array) -> Array:
    return np.asarray(np.abs(a - b).max(axis=1))
