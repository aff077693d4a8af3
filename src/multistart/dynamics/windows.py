"""Windows: stable cycles in chaos, over the rates from where a pair of cycles is born to where the stable one doubles.

Chaos is full of cycles, none of them stable; where the rate is raised, a stable one and an unstable one begin together
in a fold, a multiplier of both being 1 there (a tangent bifurcation; May 1976, Nature 261). An orbit that follows the
attractor in small steps of the rate is on the stable one then, and its family leads back to the fold.

What is narrower than a step of the rate, or of a longer period, is not looked for: windows are dense.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.dynamics.cascade import units
from multistart.dynamics.cycles import polished
from multistart.dynamics.family import RATE, Orbit, along, at_rate, corrected
from multistart.dynamics.map import RuleMap
from multistart.dynamics.periods import periods
from multistart.dynamics.stability import BRANCHING, FLIP, FOLD, TURNING, change
from multistart.events import Event

RISE = 1.002  # of the rate from look to look
SETTLING = 1024  # updates at each
LONGEST, BASE = 48, 6  # periods that are looked for; and of the cycle that a window begins with
ASIDE = 1e-4  # of the box's width: how far an orbit is pushed off what does not attract
STEP = 1e-6  # of the rate, to the next cycle of a family at first
WIDEST = 1.1  # times the rate of its fold: there another window of that period may begin
SAME = 1e-8  # of the rate: folds that near each other, of the same cycle, are one
Array = NDArray[np.float64]


class Change(NamedTuple):
    """Where the stability of a family changes: the cycle there, how, and a bracket of the rate."""

    orbit: Orbit
    how: str
    low: float
    high: float


class Window(NamedTuple):
    """What a family of cycles does between its fold and where it is not stable any more, by rising rates."""

    changes: tuple[Change, ...]

    @property
    def period(self) -> int:
        """Of its cycles."""
        return self.changes[0].orbit.period

    @property
    def folds(self) -> Array:
        """The rates of its folds."""
        return np.array([each.orbit.rate for each in self.changes if each.how == FOLD])

    def events(self, number: int) -> Iterator[Event]:
        """What happens, around the minimum of this number."""
        window, q = f"a window of period {self.period}", self.period
        for each in self.changes:
            event, note = {
                FOLD: ("left", f"{window} closes: its cycle ends in a fold"),
                FLIP: ("doubling", f"{window}: its cycle gives way to one of period {2 * q}"),
                BRANCHING: ("pitchfork", f"{window}: its cycle gives way to two others"),
                TURNING: ("neimark_sacker", f"{window}: its cycle gives way to motion around it"),
            }[each.how]
            if each is self.changes[0] and each.how == FOLD:
                event, note = "born", f"{window} opens: a stable cycle begins in a fold"
            yield Event(number, event, each.low, each.high, proven=False, note=note)


def windows(update: RuleMap, minimum: Array, box: Box, low: float, high: float) -> list[Window]:
    """The windows of a minimum's chaos between two rates, in order.

    Parameters
    ----------
    minimum
        Shape ``(d,)``.
    low
        A rate at which its cascade has come to chaos.
    """
    rows, rate = update.first(minimum[None]), low
    unit = units(box, rows.shape[1], low)
    found: list[Window] = []
    while rate <= high:
        rows = rows.copy()
        rows[:, : update.dimensions] += ASIDE * box.width
        at = update.at(**{RATE: rate})
        rows = at.after(rows, SETTLING)
        if not (np.isfinite(rows).all() and box.contains(rows[:, : update.dimensions]).all()):
            break
        period = int(periods(at, rows, LONGEST)[0])
        if period > 1 and not (found and _goes_on(found[-1], rate, period)):
            window = _window(update, rows[0], period, rate, unit, low)
            if window is not None and not any(_same(window, other) for other in found):
                found.append(window)
        rate *= RISE
    return found


def _goes_on(window: Window, rate: float, period: int) -> bool:
    """Whether a cycle is likely to be that of the window that was found last, or of its own cascade."""
    return period % window.period == 0 and rate < window.folds.max() * WIDEST


def _same(window: Window, other: Window) -> bool:
    near = np.abs(window.folds[:, None] / other.folds - 1).min() < SAME
    return window.period == other.period and bool(near)


def _window(update: RuleMap, row: Array, period: int, rate: float, unit: Array, low: float) -> Window | None:
    """The window that a stable cycle is in: its own fold, or that of the cycle of half its period, and so on."""
    while period > 1:
        cycle = polished(update.at(**{RATE: rate}), row, period) if period <= BASE else None
        orbit = corrected(update, cycle.rows, rate, at_rate(cycle.rows, rate), unit) if cycle is not None else None
        if orbit is not None:
            below = list(_changes(update, orbit, -1, unit, low))
            if below and below[-1].how == FOLD:
                above = islice(_changes(update, orbit, 1, unit, low), 1 if orbit.stable else 0)
                return Window((*reversed(below), *above))
        if period % 2:
            return None
        row, period = _between_halves(update.at(**{RATE: rate}), row, period), period // 2
    return None


def _between_halves(at: RuleMap, row: Array, period: int) -> Array:
    """A row in the middle between one and that half a period later: near the parent of a cycle that has doubled."""
    return np.asarray((row + at.after(row[None], period // 2)[0]) / 2)


def _changes(update: RuleMap, orbit: Orbit, way: int, unit: Array, low: float) -> Iterator[Change]:
    """Where the stability of a family changes, in the direction of falling or rising rates, up to its fold.

    A family whose rates turn without one was born where the period of another doubled.
    """
    rate = orbit.rate * (1 + way * STEP)
    second = corrected(update, orbit.rows, rate, at_rate(orbit.rows, rate), unit)
    if second is None:
        return
    before = second
    for each in along(update, orbit, second, unit):
        end = change(update, before, each, unit)
        if end is not None:
            yield Change(*end)
        if each.rate < low or (end is not None and end[1] == FOLD) or (each.rate - before.rate) * way < 0:
            return
        before = each
