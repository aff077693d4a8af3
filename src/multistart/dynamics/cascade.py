"""The cascade that begins at a minimum: families of cycles, each from where another lost stability to where it does.

The cycle of twice the period begins along the eigenvector of the multiplier -1. Whether it is stable is seen on the
cycle itself: it is where it lives at rates at which its parent is unstable (supercritical), and not where it lives
below (subcritical: then nothing near attracts beyond, and the cycle is the edge of what came to its parent).
Kuznetsov 2004, Elements of Applied Bifurcation Theory, sections 4.5 and 10.2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.dynamics.family import RATE, Condition, Orbit, along, at_rate, corrected
from multistart.dynamics.map import RuleMap
from multistart.dynamics.stability import BRACKET, BRANCHING, FLIP, FOLD, change
from multistart.functions.objective import Objective
from multistart.methods import Method

UP_TO = 16  # the last period of which the doubling is looked for
MOST_STAGES = 12
ALIKE = 1e-6  # multipliers that near to -1 pass it together
AMPLITUDES = (1e-3, 1e-2, 1e-1)  # of a cycle's size: how far beside it others are looked for
SIZE = 0.1  # of the unit: what counts as the size of a cycle that is one point
TELLING = 1e-6  # a multiplier that near to 1 tells nothing of stability
NEARBY = 0.1  # as a part of the rate: a cycle at a rate farther off is another one
FARTHEST = 8.0  # times the critical rate, up or down: a cascade is followed no farther
SUPERCRITICAL, SUBCRITICAL, DEGENERATE, SEVERAL = "supercritical", "subcritical", "degenerate", "several"
Array = NDArray[np.float64]
Limits = tuple[float, float]  # of the rate


@dataclass(frozen=True)
class Stage:
    """A family of cycles in a cascade, from where it begins to where its stability changes.

    Attributes
    ----------
    orbits
        Cycles of the family in turn; the last one is where its stability changes, if it does.
    born
        How it begins: at a flip of its parent, ``"supercritical"`` or ``"subcritical"``; or from a subcritical one, at
        a ``"fold"``, from which on it is stable.
    end
        How its stability changes: ``"flip"``, its period doubles; ``"fold"``, a multiplier passes 1; ``"turning"``, two
        that are not real pass the unit circle; or none does before :data:`FARTHEST`: empty.
    low, high
        Bracket of the rate of that.
    next
        What is born at a flip: ``"supercritical"`` or ``"subcritical"`` cycles; ``"several"``, where multipliers pass
        -1 together and no stable cycle was found; ``"degenerate"``, where none lives at other rates, as of a quadratic
        function; empty where that was not asked.
    """

    orbits: tuple[Orbit, ...]
    born: str = SUPERCRITICAL
    end: str = ""
    low: float = math.nan
    high: float = math.nan
    next: str = ""

    @property
    def period(self) -> int:
        """Of its cycles."""
        return self.orbits[-1].period

    @property
    def gives_way(self) -> bool:
        """Whether it is stable, and others may begin where it is not any more."""
        return self.born != SUBCRITICAL and self.end in (FLIP, BRANCHING)


def cascade(update: RuleMap, method: Method, minimum: Array, box: Box, up_to: int = UP_TO) -> list[Stage]:
    """The stages of the cascade that begins at a minimum, as :func:`doublings`.

    None where no rate is known at which the minimum stops attracting, or no multiplier passes -1 there.
    """
    critical = critical_rate(update.objective, method, minimum)
    if not 0 < critical < math.inf:
        return []
    rows = update.first(minimum[None])
    unit = units(box, rows.shape[1], critical)
    fixed = corrected(update, rows, critical, at_rate(rows, critical), unit)
    if fixed is None or not abs(fixed.flip) <= ALIKE:  # nan where numbers overflow
        return []
    stages = [Stage((fixed,), end=FLIP, low=critical * (1 - BRACKET), high=critical * (1 + BRACKET))]
    while len(stages) < MOST_STAGES and stages[-1].gives_way and stages[-1].period <= up_to:
        parent = stages[-1].orbits[-1]
        if stages[-1].end == FLIP:
            child, born = doubled(update, parent, unit)
        else:
            child, born = forked(update, parent, unit)
        stages[-1] = replace(stages[-1], next=born)
        if child is None or child.period > up_to:
            break
        stages += _after(update, parent, child, born, unit, (critical / FARTHEST, critical * FARTHEST))
    return stages


def critical_rate(objective: Objective, method: Method, minimum: Array) -> float:
    """The rate above which a minimum, shape ``(d,)``, stops attracting; nan where that is not known."""
    hessian = objective.hessian(minimum[None])[0]
    if not np.isfinite(hessian).all():
        return math.nan
    return float(method.critical_learning_rate(np.asarray(np.linalg.eigvalsh(hessian)[-1])))


def units(box: Box, words: int, rate: float) -> Array:
    """What counts as 1 in each word of a row: widths of the box, and of the state what moves a point as far."""
    width = box.width
    states = np.tile(width / rate, words // len(width))
    return np.concatenate([width, states[: words - len(width)], np.ones(max(0, words - len(width) - len(states)))])


def doubled(update: RuleMap, parent: Orbit, unit: Array) -> tuple[Orbit | None, str]:
    """A cycle of twice the period near one at its flip, and how it is born; none where none is found.

    It is looked for at a distance from the parent, and the rate found with it.
    """
    twice = Orbit(parent.rate, np.concatenate([parent.rows] * 2), parent.monodromy @ parent.monodromy)
    directions = _directions(parent, -1.0, unit)
    for amplitude in AMPLITUDES:
        found = [_beside(update, twice, amplitude * _size(parent, unit) * each, unit) for each in directions]
        children = [child for child in found if child is not None]
        for child in children:
            if child.stable and not (len(directions) > 1 and _slides(child)):
                return child, SUPERCRITICAL
        if children and len(directions) == 1:
            return children[0], SUBCRITICAL
    return None, DEGENERATE if len(directions) == 1 else SEVERAL


def forked(update: RuleMap, parent: Orbit, unit: Array) -> tuple[Orbit | None, str]:
    """A stable cycle of the same period beside one of which a multiplier passes 1; none where none is found."""
    for amplitude in AMPLITUDES:
        for each in _directions(parent, 1.0, unit):
            child = _beside(update, parent, amplitude * _size(parent, unit) * each, unit)
            if child is not None and child.stable and child.rate > parent.rate:
                return child, SUPERCRITICAL
    return None, DEGENERATE


def _size(orbit: Orbit, unit: Array) -> float:
    """The least distance of two points of a cycle, in units: what is beside it is nearer."""
    if orbit.period == 1:
        return SIZE
    away = np.abs((orbit.rows[:, None] - orbit.rows[None]) / unit).max(axis=2)
    return float(away[~np.eye(orbit.period, dtype=bool)].min())


def _slides(orbit: Orbit) -> bool:
    """Whether it is one of a continuum of cycles, as around a function that depends on the radius alone."""
    away = np.sort(np.abs(orbit.multipliers - 1))
    return bool(away[0] < 1e-3 * away[1])


def _directions(parent: Orbit, multiplier: float, unit: Array) -> list[Array]:
    """Along which cycles may begin: the eigenvector of the multiplier, or of several some sums of theirs."""
    values, vectors = np.linalg.eig(parent.monodromy)
    found = [vectors[:, i].real for i in np.flatnonzero(np.abs(values - multiplier) <= ALIKE)]
    if not found:
        found = [vectors[:, np.abs(values - multiplier).argmin()].real]
    if len(found) > 1:
        found = [sum(found[1:], found[0]), found[0] - sum(found[1:], np.zeros_like(found[0])), *found]
    return [each / np.abs(each / unit).max() for each in found]


def _beside(update: RuleMap, parent: Orbit, away: Array, unit: Array) -> Orbit | None:
    """A cycle of the parent's period whose first row is away from the parent's, at whatever rate it has.

    Of a parent that is gone through twice, its rows at half the way are then on the other side.
    """
    jacobians = update.at(**{RATE: parent.rate}).derivative(parent.rows)[1]
    moves = [away]
    for jacobian in jacobians[:-1]:
        moves.append(jacobian @ moves[-1])
    rows = parent.rows + moves
    apart, half = np.zeros_like(rows), parent.period // 2
    apart[0] = away / unit**2
    if half and np.allclose(moves[half], -away, rtol=0, atol=1e-3 * float(np.abs(away).max())):
        apart[half] = -apart[0]
    found = corrected(update, rows, parent.rate, Condition(apart, 0.0, float((apart * rows).sum())), unit)
    if found is None or abs(found.rate / parent.rate - 1) > NEARBY or np.abs(found.multipliers - 1).min() < TELLING:
        return None
    return found


def _after(update: RuleMap, parent: Orbit, child: Orbit, born: str, unit: Array, limits: Limits) -> list[Stage]:
    """The family of a child; and of a subcritical one, which is unstable, the stable family beyond its fold."""
    if child.period > parent.period:
        parent = Orbit(parent.rate, np.concatenate([parent.rows] * 2), parent.monodromy @ parent.monodromy)
    first = _stage(update, parent, child, born, unit, limits)
    if not (born == SUBCRITICAL and first.end == FOLD):
        return [first]
    second = _stage(update, first.orbits[-2], first.orbits[-1], FOLD, unit, limits)
    return [first, second] if len(second.orbits) > 1 and second.orbits[1].stable else [first]


def _stage(update: RuleMap, first: Orbit, second: Orbit, born: str, unit: Array, limits: Limits) -> Stage:
    """A family followed until its stability changes, from a second cycle on."""
    passed = [second]
    for orbit in along(update, first, second, unit):
        passed.append(orbit)
        begun = len(passed) > 2  # the first step begins at a multiplier of about 1
        if begun and (end := change(update, passed[-2], orbit, unit)):
            return Stage((*passed[:-1], end[0]), born, *end[1:])
        if not limits[0] <= orbit.rate <= limits[1]:
            break
    return Stage(tuple(passed), born)
