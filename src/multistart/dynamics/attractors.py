"""`Attractor`: where descents go that neither come to rest nor leave: a cycle, or a bounded orbit without a period.

Found from ends of descents, as minima are; then every end is asked which attractor it is on, which depends on that end
and on the list alone. Ends are points; what a rule remembers there is found by descending again from their starts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.descents.outcomes import BOUNDED, CYCLE, IN_ORBITS, NO_BASIN, empty
from multistart.descents.prepared import prepare
from multistart.dynamics.cycles import Cycle, polished
from multistart.dynamics.exponents import BURN_IN, CERTAIN, lyapunov
from multistart.dynamics.map import RuleMap
from multistart.dynamics.periods import periods
from multistart.dynamics.proof import is_proven
from multistart.functions.objective import Objective
from multistart.methods import Method
from multistart.minima.basin import position_tolerance, unit_box
from multistart.minima.nearest import nearest_place
from multistart.minima.scales import DEFAULT, Tolerances
from multistart.minima.table import Minima

Array = NDArray[np.float64]
MOST = 256  # attractors of a kind that are told apart
PATIENCE = 32  # ends in a row that lead to none, before the others are left
LONG = 8  # ends of bounded orbits that are asked whether they are in a cycle too long to be looked for in every row
SETTLING = 2048  # updates in which a rule that starts anew at an end comes back to what it did
UPDATES = 4096  # over which a bounded orbit is followed
POINTS = 256  # of a bounded orbit that are kept
FURTHER = 32  # updates of an end, most of whose points must be near a bounded orbit
MOSTLY, LOOKS = 0.75, 8  # of them; and how many are asked before those that are not are let go
FARTHER = 1.0 + 1e-9  # than the reach: where a tree need not look
APART = 1.5  # times as far the next minimum must be from the middle of an orbit that is around one


@dataclass(frozen=True)
class Attractor:
    """What a descent came to that is no minimum.

    Attributes
    ----------
    kind
        ``"cycle"``; ``"chaotic"`` where the exponent is positive by three standard errors, else ``"undecided"``.
        ``"minimum"`` is for lists that have minima, too.
    period
        That of a cycle, 1 for a minimum, 0 for the others.
    points
        Shape ``(m, d)``: a cycle from its smallest point on, in the order of the updates; up to 256 of another orbit.
    multiplier
        The largest modulus of an eigenvalue of the Jacobian of F^q; nan where there is no period.
    exponent, exponent_error
        Largest Lyapunov exponent, per update, and its standard error: 0 for a cycle, whose exponent is exact.
    proven
        Whether it is proven that there is exactly one such cycle there, and that it attracts.
    around
        The minimum nearest to the middle of its points, in widths of the box; -1 where two are about as near.
    """

    kind: str
    period: int
    points: Array
    multiplier: float
    exponent: float
    exponent_error: float
    proven: bool
    around: int


def find_attractors(
    objective: Objective,
    method: Method,
    ends: Array,
    ending_code: NDArray[np.int8],
    minima: Minima,
    box: Box,
    tolerances: Tolerances = DEFAULT,
    cache: Path | str | None = None,
    arena: Box | None = None,
    starts: Array | None = None,
) -> list[Attractor]:
    """The attractors that are no minima among those that these ends, shape ``(n, d)``, came to.

    Cycles first, by the minimum that they are around, period and first point; then bounded orbits, likewise. Only
    stable isolated cycles attract: the many of a rule whose steps have one length (`sign`) are none. What leaves the
    arena, everywhere where none is given, is none either, nor what comes to rest or to a cycle while it is followed
    (a chaotic transient). Which ends stand for an attractor is decided by their order.

    Parameters
    ----------
    starts
        Of a rule that remembers, from where each of these ends was reached, shape ``(n, d)``: so it goes on as it came.
        Without them it starts anew at an end, which leads to another attractor now and then.
    """
    if not method.is_map or not np.isin(ending_code, (CYCLE, BOUNDED)).any():
        return []
    rule_map = RuleMap.of(objective, method, cache)
    orbit = np.isin(ending_code, IN_ORBITS)
    ends, ending_code = ends[orbit], ending_code[orbit]
    rows = _rows_at(rule_map, method, ends, None if starts is None else starts[orbit], arena, cache)
    bounded, asked = ending_code == BOUNDED, np.flatnonzero(ending_code == BOUNDED)[:LONG]
    long = asked[periods(rule_map, rows[asked]) > 1]
    which = np.concatenate([np.flatnonzero(~bounded), long])
    found = _cycles(rule_map, ends[which], rows[which], box, tolerances)
    cycles = [_of_cycle(rule_map, cycle, minima, box) for cycle in found if _stays(cycle.points, arena)]
    orbits = _bounded(rule_map, rows[bounded], minima, box, arena)
    return [*sorted(cycles, key=_order), *sorted(orbits, key=_order)]


def which_attractor(
    objective: Objective,
    method: Method,
    ends: Array,
    ending_code: NDArray[np.int8],
    attractors: list[Attractor],
    box: Box,
    tolerances: Tolerances = DEFAULT,
    cache: Path | str | None = None,
) -> NDArray[np.int64]:
    """The place in the list of the attractor that each end is on, shape ``(n,)``; -1 where none.

    Only ends in a cycle or of a bounded orbit are on one: at a point of the cycle within the tolerance, or so that
    most of the next points are as near to a bounded orbit as its own points are to each other. The next points of a
    rule that remembers depend on more than an end: so its end is as near to that bounded orbit, and to no other.
    """
    found = np.full(len(ends), NO_BASIN, dtype=np.int64)
    cycles = [i for i, attractor in enumerate(attractors) if attractor.kind == "cycle"]
    orbits = [i for i, attractor in enumerate(attractors) if attractor.period == 0]
    if cycles:
        rows = np.flatnonzero(np.isin(ending_code, IN_ORBITS))
        found[rows] = _on_cycles(ends[rows], [attractors[i].points for i in cycles], np.array(cycles), box, tolerances)
    rows = np.flatnonzero((ending_code == BOUNDED) & (found == NO_BASIN))
    if orbits and len(rows):
        rule_map, points = RuleMap.of(objective, method, cache), [attractors[i].points for i in orbits]
        on = _beside_orbits(ends[rows], points) if rule_map.remembers else _on_orbits(rule_map, ends[rows], points)
        found[rows] = np.append(orbits, NO_BASIN)[on]
    return found


def _order(attractor: Attractor) -> tuple[int, int, list[float]]:
    return attractor.around, attractor.period, attractor.points[0].tolist()


def _stays(points: Array, arena: Box | None) -> bool:
    return bool(np.isfinite(points).all() and (arena is None or arena.contains(points).all()))


def _rows_at(
    rule_map: RuleMap, method: Method, ends: Array, starts: Array | None, arena: Box | None, cache: Path | str | None
) -> Array:
    """Points and states at ends, shape ``(n, w)``; with no starts, so long after the rule has started anew there."""
    if not rule_map.remembers:
        return ends
    if starts is None:
        return rule_map.after(rule_map.first(ends), SETTLING)
    method = replace(method, stopping="gradient", gradient_tolerance=0)  # which stopped none of these
    prepared, out = prepare(rule_map.objective, method, arena, None, cache), empty(np.ascontiguousarray(starts))
    state = prepared.first_state(len(starts))
    prepared.follow(out, state)
    return np.hstack([out.end, state])


def _cycles(rule_map: RuleMap, ends: Array, rows: Array, box: Box, tolerances: Tolerances) -> list[Cycle]:
    found: list[Cycle] = []
    failures = 0
    while len(ends) and len(found) < MOST and failures < PATIENCE:
        cycle = _cycle_at(rule_map, rows[:1])
        failures += cycle is None
        near = np.zeros(len(ends), dtype=bool)
        if cycle is not None:
            near = _on_cycles(ends, [cycle.points], np.zeros(1, dtype=np.int64), box, tolerances) == 0
            known = [other.points for other in found]
            if not known or _on_cycles(cycle.points[:1], known, np.arange(len(known)), box, tolerances)[0] < 0:
                found.append(cycle)
        near[0] = True
        ends, rows = ends[~near], rows[~near]
    return found


def _cycle_at(rule_map: RuleMap, row: Array) -> Cycle | None:
    """The stable cycle that a row, shape ``(1, w)``, is on."""
    period = int(periods(rule_map, row)[0])
    cycle = polished(rule_map, row[0], period) if period > 1 else None
    return cycle if cycle is not None and cycle.stable else None


def _on_cycles(
    ends: Array, cycles: list[Array], numbers: NDArray[np.int64], box: Box, tolerances: Tolerances
) -> NDArray[np.int64]:
    """The number of the cycle that has a point within the tolerance, -1 where none has."""
    if len(ends) == 0:
        return np.empty(0, dtype=np.int64)
    places, of = np.concatenate(cycles), np.repeat(numbers, [len(points) for points in cycles])
    distance, index = nearest_place(unit_box(ends, box), unit_box(places, box))
    return np.where(distance <= position_tolerance(box, tolerances), of[index], NO_BASIN)


def _of_cycle(rule_map: RuleMap, cycle: Cycle, minima: Minima, box: Box) -> Attractor:
    return Attractor(
        "cycle", cycle.period, cycle.points, cycle.multiplier, cycle.exponent, 0.0, is_proven(rule_map, cycle),
        _around(cycle.points, minima, box),
    )  # fmt: skip


def _around(points: Array, minima: Minima, box: Box) -> int:
    if len(minima) == 0:
        return NO_BASIN
    middle = unit_box(points.mean(axis=0)[None], box)
    distance = np.abs(unit_box(minima.location, box) - middle).max(axis=1)
    nearest = int(distance.argmin())
    others = np.delete(distance, nearest)
    return nearest if not len(others) or others.min() > APART * distance[nearest] else NO_BASIN


# --- bounded orbits ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Cloud:
    """The points of a long orbit, in a tree, and how near to them its other points are, all but few."""

    tree: Any
    reach: float

    @classmethod
    def of(cls, points: Array) -> _Cloud:
        from scipy.spatial import cKDTree  # which the few studies that have chaos load

        half = len(points) // 2
        tree = cKDTree(points[:half])
        distance, _ = tree.query(points[half:], p=np.inf)
        return cls(tree, 2.0 * float(np.quantile(distance, 0.99)))

    def of_all(self, points: Array) -> _Cloud:
        """As near to any of the points."""
        from scipy.spatial import cKDTree

        return replace(self, tree=cKDTree(points))

    def holds(self, orbits: Array) -> NDArray[np.bool_]:
        """Whether most points of orbits are near, shape ``(t, n, d) -> (n,)``; false of one that is not finite."""
        far = np.where(np.isfinite(orbits).all(axis=(0, 2)), 0, len(orbits))
        most = len(orbits) - math.ceil(MOSTLY * len(orbits))
        for some in np.array_split(orbits, max(1, len(orbits) // LOOKS)):
            open_ = np.flatnonzero(far <= most)
            distance, _ = self.tree.query(some[:, open_], p=np.inf, distance_upper_bound=FARTHER * self.reach)
            far[open_] += (distance > self.reach).sum(axis=0)
        return np.asarray(far <= most)


def _bounded(rule_map: RuleMap, rows: Array, minima: Minima, box: Box, arena: Box | None) -> list[Attractor]:
    """Bounded orbits without a period: from rows in their order, those that are on no orbit before."""
    found: list[Attractor] = []
    clouds: list[_Cloud] = []
    further, failures = _further(rule_map, rows), 0
    open_ = np.arange(len(rows))
    while len(open_) and len(found) < MOST and failures < PATIENCE:
        orbit = _long_orbit(rule_map, rows[open_[:1]], arena)
        if orbit is None or any(cloud.holds(orbit[-POINTS:, None, : rule_map.dimensions])[0] for cloud in clouds):
            open_, failures = open_[1:], failures + 1
            continue
        clouds.append(_Cloud.of(orbit[:, : rule_map.dimensions]))
        found.append(_of_orbit(rule_map, orbit, minima, box))
        on_it = clouds[-1].holds(further[:, open_])
        on_it[0] = True
        open_ = open_[~on_it]
    return found


def _long_orbit(rule_map: RuleMap, row: Array, arena: Box | None) -> Array | None:
    """The orbit from a row on, shape ``(m, w)``; none where it leaves, or has a period after all."""
    orbit = rule_map.orbit(row, UPDATES)[:, 0]
    stays = _stays(orbit[:, : rule_map.dimensions], arena)
    return orbit if stays and periods(rule_map, orbit[-1:])[0] == 0 else None


def _of_orbit(rule_map: RuleMap, orbit: Array, minima: Minima, box: Box) -> Attractor:
    (exponent,), (error,) = lyapunov(rule_map, orbit[:1], UPDATES - BURN_IN)  # along what is known to stay
    kind = "chaotic" if exponent - CERTAIN * error > 0 else "undecided"
    points = orbit[:, : rule_map.dimensions]
    around = _around(points, minima, box)
    return Attractor(kind, 0, points[-POINTS:], math.nan, float(exponent), float(error), False, around)


def _further(rule_map: RuleMap, rows: Array) -> Array:
    """The next points of rows, shape ``(FURTHER, n, d)``."""
    return rule_map.orbit(rows, FURTHER)[1:, :, : rule_map.dimensions]


def _on_orbits(rule_map: RuleMap, ends: Array, orbits: list[Array]) -> NDArray[np.int64]:
    """The place of the first orbit that most of an end's next points are near to, -1 where there is none."""
    found, further = np.full(len(ends), NO_BASIN, dtype=np.int64), _further(rule_map, ends)
    longer = rule_map.orbit(np.stack([points[-1] for points in orbits]), UPDATES)
    for k in range(len(orbits)):
        open_ = np.flatnonzero(found == NO_BASIN)
        found[open_[_Cloud.of(longer[:, k]).holds(further[:, open_])]] = k
    return found


def _beside_orbits(ends: Array, orbits: list[Array]) -> NDArray[np.int64]:
    """The place of the one orbit that has points near an end, -1 where none or several have."""
    clouds = (_Cloud.of(points).of_all(points) for points in orbits)  # of few points, so that each counts
    near = np.stack([cloud.holds(ends[None]) for cloud in clouds])
    return np.where(near.sum(axis=0) == 1, near.argmax(axis=0), NO_BASIN)
