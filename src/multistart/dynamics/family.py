"""A family of cycles: one cycle of an update, followed over the learning rate, with its multipliers.

A cycle of period q and the rate are unknowns together, under one condition that says where on the family: at a rate,
at an amplitude, or so far along the family's direction (pseudo-arclength, Keller 1977), which goes around folds. Newton
moves all points of the cycle at once; the equations of its middle points are eliminated, so that each step solves for
one row and the rate (Kuznetsov 2004, Elements of Applied Bifurcation Theory, sections 10.1 to 10.3).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from multistart.dynamics.map import RuleMap

RATE = "learning_rate"
NEWTON_STEPS = 8
SETTLED = 1e-8  # of a unit: the step after one that short is below rounding
RATE_STEP = 1e-6  # relative, for differences by the rate, of which updates are smooth functions
REAL = 1e-6  # an eigenvalue whose imaginary part is a smaller part of it is real, but for rounding
STRAIGHT = 0.97  # least cosine between steps in a row along a family
SMOOTH = 0.3  # most that the least multiplier changes in a step, more where it is large
SHORTEST = 1e-7  # of the first step along a family: then it has an end
LONGEST = 0.05  # of the rate, that it may change in a step
HALVED = 1e-9  # of a unit: what a cycle's two halves must differ by
MAX_ORBITS = 500
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Orbit:
    """A cycle at a rate.

    Attributes
    ----------
    rate
        The learning rate.
    rows
        Point and state, one row an update, shape ``(q, w)``; the update of the last is the first.
    monodromy
        The derivative of q updates at the first row, shape ``(w, w)``.
    """

    rate: float
    rows: Array
    monodromy: Array

    @property
    def period(self) -> int:
        """The number q of its rows."""
        return len(self.rows)

    @cached_property
    def multipliers(self) -> NDArray[np.complex128]:
        """The eigenvalues of the monodromy: what q updates multiply small distances by, shape ``(w,)``; else nan."""
        if not np.isfinite(self.monodromy).all():
            return np.full(len(self.monodromy), np.nan, dtype=complex)
        return np.linalg.eigvals(self.monodromy).astype(complex)

    @property
    def multiplier(self) -> float:
        """The largest modulus of a multiplier; the cycle is stable where it is below 1."""
        return float(np.abs(self.multipliers).max())

    @property
    def stable(self) -> bool:
        """Whether it attracts what is near."""
        return self.multiplier < 1

    @property
    def flip(self) -> float:
        """How far the least real part of a multiplier is above -1.

        The period doubles where this is 0 and no other multiplier is outside the unit circle: the least is real then.
        """
        return float(self.multipliers.real.min()) + 1

    @property
    def fold(self) -> float:
        """How far the largest real part of a multiplier is below 1; likewise."""
        return 1 - float(self.multipliers.real.max())

    @property
    def turning(self) -> float:
        """How far the largest modulus of multipliers that are not real is below 1; 1 where all are real."""
        found = self.multipliers
        moduli = np.abs(found[np.abs(found.imag) > REAL * np.abs(found)])
        return 1 - float(moduli.max(initial=0.0))


class Way(NamedTuple):
    """A direction in the space of cycles and rates: moves of the rows, shape ``(q, w)``, and of the rate."""

    rows: Array
    rate: float


class Condition(NamedTuple):
    """Where on a family: ``sum(rows * cycle) + rate * learning rate = target``; shapes ``(q, w)``, and numbers."""

    rows: Array
    rate: float
    target: float


def at_rate(rows: Array, rate: float) -> Condition:
    """The cycle at this rate."""
    return Condition(np.zeros_like(rows), 1.0, rate)


def corrected(update: RuleMap, rows: Array, rate: float, condition: Condition, unit: Array) -> Orbit | None:
    """The cycle near a guess, by Newton's method; none where it does not settle.

    Parameters
    ----------
    rows, rate
        The guess, shape ``(q, w)``, and its rate.
    unit
        What counts as 1 in each word of a row, shape ``(w,)``.
    """
    for _ in range(NEWTON_STEPS):
        slopes = _Slopes.at(update, rows, rate)
        missing = condition.target - float((condition.rows * rows).sum()) - condition.rate * rate
        moves, change = slopes.move(condition, slopes.after - np.roll(rows, -1, axis=0), missing)
        rows, rate = rows + moves, rate + change
        size = max(float(np.abs(moves / unit).max()), abs(change / rate)) if rate > 0 else np.inf
        if not np.isfinite(size):
            return None
        if size < SETTLED:
            return Orbit(rate, rows, _product(update.at(**{RATE: rate}).derivative(rows)[1]))
    return None


class _Slopes(NamedTuple):
    """One update of each row of a cycle, and its derivatives by the row and by the rate.

    Shapes ``(q, w)``, ``(q, w, w)`` and ``(q, w)``.
    """

    after: Array
    jacobians: Array
    by_rate: Array

    @classmethod
    def at(cls, update: RuleMap, rows: Array, rate: float) -> _Slopes:
        """By differences where it is the rate, since only Newton's speed depends on their last digits."""
        low, high = rate * (1 - RATE_STEP), rate * (1 + RATE_STEP)
        rates = np.repeat([low, high], len(rows))
        below, above = np.split(update.at(**{RATE: rates}).step(np.concatenate([rows, rows])), 2)
        return cls(*update.at(**{RATE: rate}).derivative(rows), (above - below) / (high - low))

    def move(self, condition: Condition, defects: Array, missing: float) -> tuple[Array, float]:
        """By how much rows and rate move to first order, to close defects and what a condition misses; else nan.

        Row i moves by ``power @ first + slope * change + rest``, where ``first`` is the move of the first row and
        ``change`` that of the rate; and the row after the last is the first.
        """
        w = defects.shape[1]
        power, slope, rest, border, corner = np.eye(w), np.zeros(w), np.zeros(w), np.zeros(w), condition.rate
        for weight, jacobian, by_rate, defect in zip(condition.rows, *self[1:], defects, strict=True):
            border, corner, missing = border + weight @ power, corner + weight @ slope, missing - weight @ rest
            power, slope, rest = jacobian @ power, jacobian @ slope + by_rate, jacobian @ rest + defect
        matrix = np.empty((w + 1, w + 1))
        matrix[:w, :w], matrix[:w, w], matrix[w, :w], matrix[w, w] = np.eye(w) - power, -slope, border, corner
        try:
            *first, change = np.linalg.solve(matrix, [*rest, missing])
        except np.linalg.LinAlgError:
            return np.full_like(defects, np.nan), np.nan
        moves = [np.array(first)]
        for jacobian, by_rate, defect in zip(self.jacobians[:-1], self.by_rate[:-1], defects[:-1], strict=True):
            moves.append(jacobian @ moves[-1] + by_rate * change + defect)
        return np.array(moves), float(change)


def _product(jacobians: Array) -> Array:
    """The derivative of all updates in turn."""
    power = np.eye(jacobians.shape[1])
    for jacobian in jacobians:
        power = jacobian @ power
    return power


def along(update: RuleMap, first: Orbit, second: Orbit, unit: Array) -> Iterator[Orbit]:
    """The cycles of a family in turn, from the second on, in the direction from the first to it.

    Steps are as long as the family is straight and its multipliers change little. It ends where Newton's method finds
    no next one, after :data:`MAX_ORBITS`, and where a cycle comes back to half its period.
    """
    lengths = _Lengths(unit, first.rate)
    chord = Way(second.rows - first.rows, second.rate - first.rate)
    step, way = math.sqrt(lengths.product(chord, chord)), lengths.tangent(update, second, chord)
    shortest = step * SHORTEST
    for _ in range(MAX_ORBITS):
        found = None
        while found is None and step > shortest:
            found = _next(update, second, way, step, lengths)
            step *= 0.5 if found is None else 1.6
        if found is None or _halved(found[0], unit):
            return
        second, way = found
        yield second


def between(update: RuleMap, first: Orbit, second: Orbit, part: float, unit: Array) -> Orbit | None:
    """The cycle of a family at a part of the way between two near ones, from 0 to 1."""
    chord = Way(second.rows - first.rows, second.rate - first.rate)
    rows, rate = first.rows + part * chord.rows, first.rate + part * chord.rate
    return corrected(update, rows, rate, _Lengths(unit, first.rate).across(chord, rows, rate), unit)


def _next(update: RuleMap, orbit: Orbit, way: Way, step: float, lengths: _Lengths) -> tuple[Orbit, Way] | None:
    """The cycle a step further, and the way on from there; none where that is too far to be sure of it."""
    step = min(step, LONGEST * orbit.rate / max(abs(way.rate), 1e-300))
    rows, rate = orbit.rows + step * way.rows, orbit.rate + step * way.rate
    found = corrected(update, rows, rate, lengths.across(way, rows, rate), lengths.unit)
    if found is None or abs(found.flip - orbit.flip) > SMOOTH * (1 + abs(orbit.flip)):
        return None
    ahead = lengths.tangent(update, found, way)
    return (found, ahead) if lengths.product(way, ahead) > STRAIGHT else None


def _halved(orbit: Orbit, unit: Array) -> bool:
    """Whether it is a cycle of half its period, gone through twice."""
    half = orbit.period // 2
    return half > 0 and bool((np.abs(orbit.rows[:half] - orbit.rows[half : 2 * half]) < HALVED * unit).all())


class _Lengths(NamedTuple):
    """Lengths in the space of cycles and rates: root mean square of the rows, and the rate, both in their units."""

    unit: Array
    rate: float

    def product(self, a: Way, b: Way) -> float:
        """The scalar product of two directions."""
        return float((a.rows * b.rows / self.unit**2).sum() / len(a.rows) + a.rate * b.rate / self.rate**2)

    def across(self, way: Way, rows: Array, rate: float) -> Condition:
        """That a cycle lies in the plane through a point of the space, across a direction."""
        normal, of_rate = way.rows / self.unit**2 / len(rows), way.rate / self.rate**2
        return Condition(normal, of_rate, float((normal * rows).sum() + of_rate * rate))

    def tangent(self, update: RuleMap, orbit: Orbit, way: Way) -> Way:
        """The direction of a family at a cycle, of length 1, on the side that a direction points to."""
        slopes = _Slopes.at(update, orbit.rows, orbit.rate)
        found = Way(*slopes.move(self.across(way, orbit.rows, orbit.rate), np.zeros_like(orbit.rows), 1.0))
        length = math.sqrt(self.product(found, found))
        return Way(found.rows / length, found.rate / length)
