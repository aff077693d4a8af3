"""Descents at the step limit that will not rest: those that go round a cycle, and those that move about without end.

Only of rules whose update is a map of point and state (:attr:`multistart.methods.Method.is_map`). A descent whose value
fell in each of 32 further updates is under way; the others are followed until they come back (:mod:`.recurrence`). What
does not come back up to period 64 is bounded if it parts from a neighbour, as chaos does, and stays in one range. All
else stays under way: what still converges, be it by overshooting, near the rate at which a cycle doubles very slowly;
what neither parts from its neighbours nor comes back, which is not told from that; and what parts from its neighbours
but drifts away, or is thrown ever farther by a pole, as on `tan(x)`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from multistart.descents.outcomes import BOUNDED, CYCLE, STATIONARY, STEP_LIMIT, Outcomes, empty
from multistart.descents.prepared import Prepared
from multistart.descents.recurrence import LEAST, THERE, keeps_its_range, largest, parts, periods
from multistart.kernels.recorded import record_orbits, which_fall

Array = NDArray[np.float64]
FALLS = 32  # further updates in each of which the value of a descent under way falls
FEW = 64  # rows that are followed so far at once
MANY = 512  # rows that are asked whether they fall in compiled code, for which compiling it is worth it
LONGEST = 64  # periods that are looked for in each row; longer ones in few: :mod:`multistart.dynamics.attractors`
APART = 1e-9  # of its place: how far a neighbour is
LOOKS, UPDATES = 8, 16  # how often a neighbour is put back to that distance, after so many updates
AGAIN, LATER = 3, 4096  # looks at an orbit that does not part fast, and updates between them
FAST = 1e6  # times as far: no more looks
WATCHES = (512, 8192)  # updates in which an orbit stays in its range; the others for those that the first do not show
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
    found = periods(orbits.follow, rows, orbits.dimensions, LONGEST)
    arrived = _arrived(orbits, rows, found)
    out.period[which[arrived]] = found[arrived]
    out.ending_code[which[arrived]] = CYCLE
    if prepared.method.rule.rest == "never":
        return  # it ends where it passes a small gradient, which chaos may, too
    rest = found == 0
    which, rows = which[rest], rows[rest]
    about = np.flatnonzero(_moves_about(orbits, rows))
    out.ending_code[which[about[_stays(orbits, rows[about])]]] = BOUNDED


@dataclass(frozen=True)
class _Orbits:
    """Further updates of descents, under no rule that stops them but the arena."""

    prepared: Prepared

    @classmethod
    def of(cls, prepared: Prepared) -> _Orbits:
        method = replace(prepared.method, gradient_tolerance=0.0)
        return cls(replace(prepared, method=method, balls=prepared.balls[:0]))

    @property
    def dimensions(self) -> int:
        """The number of coordinates ``d``."""
        return len(self.prepared.low)

    def follow(self, rows: Array, updates: int) -> Array:
        """Rows and what each of so many updates makes of them, shape ``(n, w) -> (updates + 1, n, w)``.

        Nan from where a row has left the arena, or is no longer finite.
        """
        prepared = self.prepared
        orbit = record_orbits(prepared.kernel, rows, updates, prepared.hyper)
        points = orbit[1:, :, : self.dimensions]
        inside = np.ones(points.shape[:2], dtype=bool)
        for x, low, high in zip(np.moveaxis(points, -1, 0), prepared.low, prepared.high, strict=True):
            inside &= (x >= low) & (x <= high) & np.isfinite(x)  # infinite is out of any arena
        if not inside.all():
            orbit[1:][~np.logical_and.accumulate(inside, axis=0)] = np.nan
        return orbit

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
    d, falls = orbits.dimensions, np.ones(len(rows), dtype=bool)
    if len(rows) >= MANY:
        prepared = orbits.prepared
        return which_fall(prepared.kernel, rows, FALLS, prepared.hyper, prepared.low, prepared.high, LEAST)
    for part in parts(np.arange(len(rows)), FALLS // 2 * (rows.shape[1] + d * d)):
        open_, now, done = part, rows[part], 0
        while done < FALLS and len(open_):
            # So that those that do not fall, most of them at once, are soon let go; few take as long as one.
            updates = max(done, 1) if len(open_) > FEW else FALLS - done
            orbit = orbits.follow(now, updates)
            value = orbits.prepared.kernel.evaluate(orbit[..., :d].reshape(-1, d))[0].reshape(updates + 1, -1)
            going = np.asarray((value[1:] < value[:-1]).all(axis=0))
            rest = np.flatnonzero(~going)
            falls[open_[rest]], going[rest] = _leave_or_stand(orbit[:, rest, :d], value[:, rest])
            open_, now, done = open_[going], orbit[-1, going], done + updates
    return falls


def _leave_or_stand(orbit: Array, value: Array) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Of orbits ``(t, n, d)`` whose value does not always fall: which may count as falling, and which go on."""
    small = largest(orbit[1:] - orbit[:-1]) <= LEAST * largest(orbit[:-1])  # false where nan
    stops = ~((value[1:] < value[:-1]) | small)
    first = stops.argmax(axis=0), np.arange(len(stops.T))
    left = np.isnan(orbit[1:, :, 0])
    return np.where(stops[first], left[first], True), ~stops[first]


def _arrived(orbits: _Orbits, rows: Array, period: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which rows are on their cycles already: after a period they are where they were, as far as can be told."""
    arrived = np.zeros(len(rows), dtype=bool)
    for q in np.unique(period[period > 1]):
        for which in parts(np.flatnonzero(period == q), rows.shape[1] * int(q)):
            orbit = orbits.follow(rows[which], int(q))
            away = largest((orbit - orbit[0])[..., : orbits.dimensions])
            arrived[which] = away[-1] <= THERE * away.max(axis=0)
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


def _stays(orbits: _Orbits, rows: Array) -> NDArray[np.bool_]:
    """Whether orbits stay in one range, be it seen soon or, as where two wells are visited in turn, after long."""
    stays = np.zeros(len(rows), dtype=bool)
    for updates in WATCHES:
        for part in parts(np.flatnonzero(~stays), rows.shape[1] * updates):
            stays[part] = keeps_its_range(orbits.follow(rows[part], updates)[1:, :, : orbits.dimensions])
    return stays


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
        size = np.maximum(largest(rows[:, :d]), np.finfo(float).tiny)
        near = rows + APART * size[:, None] * away
        before = largest(near[:, :d] - rows[:, :d])
        both = orbits.follow(np.concatenate([rows, near]), UPDATES)[-1]
        rows, away = both[:n], both[n:] - both[:n]
        after = largest(away[:, :d])
        with np.errstate(all="ignore"):
            growth += np.log(after / before) if look >= unseen else 0.0
            away = np.where(after[:, None] > 0, away / after[:, None], 1.0)
    return growth
