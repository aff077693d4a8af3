"""Descents at the step limit that will not rest: those that go round a cycle, and those that move about without end.

Only of rules whose update is a map of point and state (:attr:`multistart.methods.Method.is_map`). A descent whose value
fell in each of 32 further updates is under way; the others are followed until they come back (:mod:`.recurrence`). What
does not come back up to period 64 is bounded if it parts from a neighbour, as chaos does. All else stays under way:
what still converges, be it by overshooting, near the rate at which a cycle doubles very slowly; and what neither parts
from its neighbours nor comes back, which is not told from that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from multistart.descents.outcomes import BOUNDED, CYCLE, STATIONARY, STEP_LIMIT, Outcomes, empty
from multistart.descents.prepared import Prepared
from multistart.descents.recurrence import LEAST, THERE, periods

Array = NDArray[np.float64]
FALLS = 32  # further updates in each of which the value of a descent under way falls
LONGEST = 64  # periods that are looked for in each row; longer ones in few: :mod:`multistart.dynamics.attractors`
APART = 1e-9  # of its place: how far a neighbour is
LOOKS, UPDATES = 8, 16  # how often a neighbour is put back to that distance, after so many updates
AGAIN, LATER = 3, 4096  # looks at an orbit that does not part fast, and updates between them
FAST = 1e6  # times as far: no more looks
PARTS = 8.0  # times as far, all looks together, is a neighbour that an orbit parts from: an exponent above 0.016


def judge_orbits(prepared: Prepared, out: Outcomes, state: Array) -> None:
    """Give rows at the step limit that go round a cycle, or do not rest, that ending, and the cycle's period.

    ``state`` is the rule's at the ends, shape ``(n, s)``. What a row gets depends on that row alone.
    """
    if not prepared.method.is_map:
        return
    orbits = _Orbits.of(prepared)
    which = np.flatnonzero(out.ending_code == STEP_LIMIT)
    rows = np.hstack([out.end[which], state[which]])
    doubtful = ~_falling(orbits, rows)
    which, rows = which[doubtful], rows[doubtful]
    if len(which) == 0:
        return
    found = periods(orbits.advance, rows, orbits.dimensions, LONGEST)
    arrived = _arrived(orbits, rows, found)
    out.period[which[arrived]] = found[arrived]
    out.ending_code[which[arrived]] = CYCLE
    if prepared.method.rule.rest == "never":
        return  # it ends where it passes a small gradient, which chaos may, too
    rest = found == 0
    out.ending_code[which[rest][_moves_about(orbits, rows[rest])]] = BOUNDED


@dataclass(frozen=True)
class _Orbits:
    """Further updates of descents, under no rule that stops them but the arena.

    Attributes
    ----------
    rate
        Of a rule that is a rate times the gradient; none of others. Its updates by the compiled gradient take a third
        of the time of a walk.
    """

    prepared: Prepared
    rate: Array | float | None

    @classmethod
    def of(cls, prepared: Prepared) -> _Orbits:
        method = replace(prepared.method, gradient_tolerance=0.0)
        free = replace(prepared, method=method, balls=prepared.balls[:0])
        plain = method.rule.update == ("x = fma(-learning_rate, g, x)",) and not method.rule.state
        rate = np.asarray(method.numbers["learning_rate"], dtype=np.float64) if plain else None
        return cls(free, rate)

    @property
    def dimensions(self) -> int:
        """The number of coordinates ``d``."""
        return len(self.prepared.low)

    def look(self, rows: Array) -> tuple[Array, Array]:
        """The objective's values and gradients, shapes ``(n,)``, ``(n, d)``."""
        value, gradient, _ = self.prepared.kernel.evaluate(rows[:, : self.dimensions])
        return value, gradient

    def advance(self, rows: Array) -> Array:
        """Rows after one update, shape ``(n, w)``: nan of what leaves the arena, or is no longer finite."""
        after = self.after(rows, self.look(rows)[1] if self.rate is not None else rows)
        after[self.gone(after)] = np.nan
        return after

    def after(self, rows: Array, gradient: Array) -> Array:
        """Likewise where the gradient is known, of which a rule that is no rate times it takes no notice.

        What has left the arena may be a number.
        """
        if self.rate is None:
            return self._followed(rows, 1)
        with np.errstate(all="ignore"):
            return np.asarray(rows - self.rate * gradient)

    def gone(self, rows: Array) -> NDArray[np.bool_]:
        """Which rows are not in the arena, shape ``(n,)``."""
        points = rows[:, : self.dimensions]
        outside: NDArray[np.bool_] = ~((points >= self.prepared.low) & (points <= self.prepared.high))
        return np.asarray(outside.any(axis=1)) if outside.any() else np.zeros(len(rows), dtype=bool)

    def much_later(self, rows: Array) -> Array:
        """Rows after many updates, likewise."""
        return self._followed(rows, LATER)

    def _followed(self, rows: Array, updates: int) -> Array:
        out = empty(np.ascontiguousarray(rows[:, : self.dimensions]))
        state = rows[:, self.dimensions :].copy()  # which is changed in place
        self.prepared.follow(out, state, until=updates)
        after = np.hstack([out.end, state])
        after[~np.isin(out.ending_code, (STEP_LIMIT, STATIONARY))] = np.nan
        return after


def _falling(orbits: _Orbits, rows: Array) -> NDArray[np.bool_]:
    """Whether a row's value falls in each further update, or the point hardly moves; or it leaves."""
    d, falls, open_ = orbits.dimensions, np.ones(len(rows), dtype=bool), np.arange(len(rows))
    value, gradient = orbits.look(rows)
    for _ in range(FALLS):
        before, rows = rows, orbits.after(rows, gradient)
        last = value
        value, gradient = orbits.look(rows)
        fell = value < last
        if len(others := np.flatnonzero(~fell)):
            small = _largest((rows - before)[others, :d]) <= LEAST * _largest(before[others, :d])  # false where nan
            falls[open_[others]] = small | orbits.gone(rows[others])
            fell[others] = small
        if not fell.all():
            open_, rows, value, gradient = open_[fell], rows[fell], value[fell], gradient[fell]
    return falls


def _arrived(orbits: _Orbits, rows: Array, period: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which rows are on their cycles already: after a period they are where they were, as far as can be told."""
    arrived = np.zeros(len(rows), dtype=bool)
    for q in np.unique(period[period > 1]):
        which = np.flatnonzero(period == q)
        first = now = rows[which]
        extent = np.zeros(len(which))
        for _ in range(q):
            now = orbits.advance(now)
            extent = np.maximum(extent, _largest((now - first)[:, : orbits.dimensions]))
        arrived[which] = _largest((now - first)[:, : orbits.dimensions]) <= THERE * extent
    return arrived


def _moves_about(orbits: _Orbits, rows: Array) -> NDArray[np.bool_]:
    """Whether orbits part from their neighbours: very fast, or, as on a ridge that is left, now and much later too.

    Of a rule that remembers always much later, since it parts from its neighbours wherever it rolls through.
    """
    remembers = rows.shape[1] > orbits.dimensions
    parts, open_ = np.zeros(len(rows), dtype=bool), np.arange(len(rows))
    for again in range(AGAIN):
        growth = _growth(orbits, rows)
        fast = growth > (np.inf if remembers else np.log(FAST))
        parts[open_[fast]] = True
        going = (growth > np.log(PARTS)) & ~fast
        open_, rows = open_[going], rows[going]
        rows = orbits.much_later(rows) if again < AGAIN - 1 and len(rows) else rows
    parts[open_] = True
    return parts


def _growth(orbits: _Orbits, rows: Array) -> Array:
    """The logarithm of how far orbits part from neighbours: a coarse look at their exponents; nan where they leave.

    What a rule remembers parts, too, and is kept. Before it is counted, as many looks let it turn to where it grows
    most: on the way into a minimum neighbours with momentum part by a factor of (1 + momentum)/(1 - momentum), once.
    """
    n, d = len(rows), orbits.dimensions
    unseen = LOOKS if rows.shape[1] > d else 0
    growth, away = np.zeros(n), np.zeros(rows.shape)
    away[:, :d] = 1.0
    for look in range(unseen + LOOKS if n else 0):
        size = np.maximum(np.abs(rows[:, :d]).max(axis=1), np.finfo(float).tiny)
        near = rows + APART * size[:, None] * away
        before = _largest(near[:, :d] - rows[:, :d])
        both = np.concatenate([rows, near])
        for _ in range(UPDATES):
            both = orbits.advance(both)
        rows, away = both[:n], both[n:] - both[:n]
        after = _largest(away[:, :d])
        with np.errstate(all="ignore"):
            growth += np.log(after / before) if look >= unseen else 0.0
            away = np.where(after[:, None] > 0, away / after[:, None], 1.0)
    return growth


def _largest(away: Array) -> Array:
    return np.asarray(np.abs(away).max(axis=1))
