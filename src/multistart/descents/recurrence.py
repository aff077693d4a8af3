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
#: Rows ``(n, w)`` and a number of updates ``t`` to the rows at once and after each, ``(t + 1, n, w)``; nan where an
#: orbit has ended.
Follow = Callable[[Array, int], Array]

LONGEST = 1024  # periods that are told from chaos, which in doubles comes back in the end, too
BACK = 1e-8  # of its extent: so near an orbit comes back that does
THERE = 1e-6  # likewise: so near its cycle is an orbit that has arrived
NEARLY = 1e-4  # likewise: so near to a shorter period an orbit may be converging to that
ROUNDED = 1e-12  # likewise: moves that are rounding
FEW = 16  # coordinates
FEW_ROWS = 256
AT_ONCE, NUMBERS = 64, 2**20  # updates before orbits that came back are let go; numbers of orbits that are held
STRETCHES, WIDER = 16, 1.5  # of an orbit in time; times as wide is the range of all of it at most
LEAST = 1e-6  # of its place: the extent of an orbit, below which it is at rest but for its last digits


def periods(follow: Follow, first: Array, d: int, longest: int = LONGEST) -> NDArray[np.int64]:
    """The period of each orbit from its row on, shape ``(n, w) -> (n,)``: 1 at rest, 0 where it has none up to longest.

    Rows are points in ``d`` coordinates, then what else an update depends on, which is not asked to come back: over a
    whole period the points do. An orbit that is no longer finite has none.
    """
    period = np.zeros(len(first), dtype=np.int64)
    candidates, rows = _returns(follow, first, d, longest)
    for length in np.unique(candidates[candidates > 0]):
        which = np.flatnonzero(candidates == length)
        for part in parts(which, rows.shape[1] * 3 * int(length)):
            period[part] = _smallest_divisor(follow, rows[part], d, int(length))
    return period


def parts(which: NDArray[np.int64], numbers: int) -> list[NDArray[np.int64]]:
    """Rows cut into parts whose orbits, of so many numbers a row, may be held at once."""
    size = max(1, NUMBERS // max(numbers, 1))
    return [which[first : first + size] for first in range(0, len(which), size)]


def keeps_its_range(orbit: Array) -> NDArray[np.bool_]:
    """Whether points of orbits range hardly wider in all than in a short time, shape ``(t, n, d) -> (n,)``.

    In 16 times as long what drifts goes 16 times as far, a random walk 4 times (2 in the thousand thousand less than
    1.5 times), and what a pole throws with a probability of 1 in its distance 16 times; an orbit on an attractor goes
    nowhere else. What hardly moves in a coordinate rests in it. False of an orbit that has ended.
    """
    times = len(orbit) // STRETCHES
    cut = orbit[: STRETCHES * times].reshape(STRETCHES, times, *orbit.shape[1:])
    with np.errstate(invalid="ignore", over="ignore"):
        low, high = cut.min(axis=1), cut.max(axis=1)
        usual = np.sort(high - low, axis=0)[STRETCHES // 2]
        low, high = low.min(axis=0), high.max(axis=0)
        range_ = high - low
        rests = range_ <= LEAST * np.maximum(np.maximum(np.abs(low), np.abs(high)), largest(range_)[:, None])
        return np.asarray((np.isfinite(range_) & (rests | (range_ <= WIDER * usual))).all(axis=1))


def _returns(follow: Follow, first: Array, d: int, longest: int) -> tuple[NDArray[np.int64], Array]:
    """After how many updates each orbit was near an anchor again, 0 where it was not, and its row there."""
    found, rows = np.zeros(len(first), dtype=np.int64), first.copy()
    for part in parts(np.arange(len(first)), first.shape[1] * min(longest, AT_ONCE)):
        orbits, power = _Orbits(follow, part, first[part]), 1
        while power <= longest and len(orbits.open):
            _round(orbits, d, power, found, rows)
            power *= 2
    return found, rows


class _Orbits:
    """Orbits that are open. A few are followed further than asked for, since asking takes longer than their updates."""

    def __init__(self, follow: Follow, which: NDArray[np.int64], rows: Array) -> None:
        self.open, self._follow, self._ahead, self._at = which, follow, rows[None], 0

    @property
    def now(self) -> Array:
        """The rows, shape ``(n, w)``."""
        return self._ahead[self._at]

    def next(self, updates: int) -> Array:
        """The rows after each of so many updates, shape ``(updates, n, w)``."""
        if self._at + updates >= len(self._ahead):
            ahead = max(updates, 2 * AT_ONCE - 1) if len(self.open) <= FEW_ROWS else updates
            self._ahead, self._at = self._follow(self.now, ahead), 0
        self._at += updates
        return self._ahead[self._at - updates + 1 : self._at + 1]

    def keep(self, going: NDArray[np.bool_]) -> None:
        """Let the others go."""
        self.open, self._ahead, self._at = self.open[going], self._ahead[self._at :, going], 0


def _round(orbits: _Orbits, d: int, power: int, found: NDArray[np.int64], rows: Array) -> None:
    """So many updates of open orbits from an anchor on: fill in which came back to it, and let go of them."""
    anchor, extent = orbits.now[:, :d], np.zeros(len(orbits.open))
    for done in range(0, power, AT_ONCE):
        orbit = orbits.next(min(AT_ONCE, power - done))
        distance = _distance(orbit[..., :d], anchor)
        extents = np.maximum.accumulate(np.maximum(extent, distance), axis=0)
        finite = np.isfinite(distance)
        back = finite & (distance <= _slack(extents, anchor))
        ended = back | ~finite
        at, which = ended.argmax(axis=0), np.arange(len(orbits.open))
        back, going = back[at, which], ~ended[at, which]
        found[orbits.open[back]], rows[orbits.open[back]] = done + at[back] + 1, orbit[at, which][back]
        anchor, extent = anchor[going], extents[-1, going]
        if not going.all():
            orbits.keep(going)


def _smallest_divisor(follow: Follow, rows: Array, d: int, length: int) -> NDArray[np.int64]:
    """Of orbits that came back once after some updates, the smallest divisor of these after which every point does.

    0 where that is not certain: where an orbit still converges to a cycle, or nearly has a shorter period, as beside a
    doubling, where half of the next period looks like one.
    """
    orbit = follow(rows, 3 * length - 1)[..., :d]
    extent = _distance(orbit, orbit[0]).max(axis=0)
    slack = _slack(extent, orbit[0])
    period = np.where(extent <= LEAST * largest(orbit[0]), 1, 0)
    open_ = period == 0
    for q in (q for q in range(1, length + 1) if length % q == 0):
        first, second = (orbit[k + q : k + q + length] - orbit[k : k + length] for k in (0, q))
        off = largest(first).max(axis=0)
        period[open_ & (off <= slack) & (_left(first, second, extent) <= THERE * extent)] = q
        open_ &= off > NEARLY * extent
    return period


def _left(first: Array, second: Array, extent: Array) -> Array:
    """How far orbits are from their cycles, from how far they move in two periods in sequence.

    Shapes ``(t, n, d) -> (n,)``: what moves by a, then by r a, moves by a/(1 - r) in all.
    """
    off = largest(first).max(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        left = off / np.abs(1.0 - _products(first, second) / _products(first, first))
    return np.where(off <= ROUNDED * extent, 0.0, left)


def _products(first: Array, second: Array) -> Array:
    """The inner product of each orbit's moves, summed in one order, of however many orbits they are."""
    return np.asarray((first * second).cumsum(axis=2)[..., -1].cumsum(axis=0)[-1])


def _slack(extent: Array, anchor: Array) -> Array:
    """How near is back: a part of the extent, or the last digits of an orbit that is at rest but for these."""
    return np.maximum(BACK * extent, BACK * LEAST * largest(anchor))


def _distance(a: Array, b: Array) -> Array:
    return largest(a - b)


def largest(away: Array) -> Array:
    """The largest modulus of a coordinate, shape ``(..., d) -> (...)``; nan where one is.

    NumPy takes ten times as long for a maximum over a few neighbours in memory as for one of a few arrays.
    """
    away = np.abs(away)
    if away.shape[-1] > FEW:
        return np.asarray(away.max(axis=-1))
    found = away[..., 0]
    for j in range(1, away.shape[-1]):
        found = np.maximum(found, away[..., j])
    return found
