"""Where the stability of a family of cycles changes: located between two of its cycles, to 1e-10 of the rate.

A cycle is stable while its multipliers are inside the unit circle. One may leave at -1 (a flip: the period doubles),
one at 1 (a fold, or where another family crosses), or two that are not real together (Neimark and Sacker). Kuznetsov
2004, Elements of Applied Bifurcation Theory, sections 4.3 to 4.7.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from multistart.dynamics.family import Orbit, at_rate, between, corrected
from multistart.dynamics.map import RuleMap

BRACKET, WIDEST = 1e-11, 1e-8  # half the width of a bracket, as a part of the rate: at first, and at most
ROUNDING = 1e-14
SECANTS = 60
FLIP, FOLD, BRANCHING, TURNING = "flip", "fold", "branching", "turning"
#: What changes its sign where the stability of a cycle changes.
TESTS: dict[str, Callable[[Orbit], float]] = {
    FLIP: lambda orbit: orbit.flip,
    FOLD: lambda orbit: orbit.fold,
    TURNING: lambda orbit: orbit.turning,
}
Array = NDArray[np.float64]


def change(update: RuleMap, first: Orbit, second: Orbit, unit: Array) -> tuple[Orbit, str, float, float] | None:
    """The first change of stability between two cycles of a family, and a bracket of its rate; none if none is."""
    found = [(how, *located(update, first, second, how, unit)) for how, t in TESTS.items() if t(first) * t(second) <= 0]
    if not found:
        return None
    how, orbit, low, high = min(found, key=lambda each: abs(each[1].rows - first.rows).max())
    turned = (orbit.rate - first.rate) * (second.rate - orbit.rate) < 0
    return orbit, BRANCHING if how == FOLD and not turned else how, low, high


def located(update: RuleMap, first: Orbit, second: Orbit, how: str, unit: Array) -> tuple[Orbit, float, float]:
    """The cycle between two of a family at which a test is 0, and a bracket of its rate.

    By false position with the Illinois rule, which halves what is known at an end that stays (Dowell & Jarratt 1971,
    BIT 11); every fourth step is a bisection, so that it always ends.
    """
    test = TESTS[how]
    ends, values, stayed = [0.0, 1.0], [test(first), test(second)], -1
    best = min(first, second, key=lambda orbit: abs(test(orbit)))
    for step in range(SECANTS):
        part = sum(ends) / 2 if step % 4 == 3 else (ends[0] * values[1] - ends[1] * values[0]) / (values[1] - values[0])
        orbit = between(update, first, second, part, unit)
        if orbit is None:  # where families cross, Newton's method has two ways to go
            orbit = between(update, first, second, part := sum(ends) / 2, unit)
        if orbit is None:
            return best, min(first.rate, second.rate), max(first.rate, second.rate)
        best, value = orbit, test(orbit)
        same = int(value * values[1] > 0)  # the end that the part takes the place of
        ends[same], values[same] = part, value
        values[1 - same] *= 0.5 if stayed == 1 - same else 1.0
        stayed = 1 - same
        if abs(value) <= ROUNDING or abs(ends[1] - ends[0]) <= ROUNDING:
            break
    return best, *(_bracket(update, best, how, unit) or (min(first.rate, second.rate), max(first.rate, second.rate)))


def _bracket(update: RuleMap, orbit: Orbit, how: str, unit: Array) -> tuple[float, float] | None:
    """Rates on both sides of a cycle's at which the test has two signs; of a fold, which has one side, just rates."""
    half = BRACKET
    while half < WIDEST:
        sides = orbit.rate * (1 - half), orbit.rate * (1 + half)
        found = [corrected(update, orbit.rows, rate, at_rate(orbit.rows, rate), unit) for rate in sides]
        values = [TESTS[how](each) for each in found if each is not None]
        if how == FOLD or (len(values) == 2 and values[0] * values[1] < 0):
            return sides
        half *= 4
    return None
