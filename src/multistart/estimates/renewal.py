"""Trials repeated until one succeeds, against what they cost: the renewal equation on whole numbers, solved exactly.

A trial succeeds or fails at a cost that is a whole number; one that fails is repeated, independently and under the
same law. With ``H(b)`` the chance that a trial succeeds at a cost of at most ``b``, and ``f(s)`` that it fails at a
cost of ``s``, success within ``b`` has the chance ``F(b) = H(b) + sum_s f(s) F(b - s)`` (Feller 1968, An Introduction
to Probability Theory and its Applications, vol. 1, ch. XIII).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
#: Longest cost, in multiples of the common divisor of all failures, that is followed exactly.
WINDOW = 1 << 13


@dataclass(frozen=True)
class Trials:
    """The law of one trial: what each outcome costs, its probability, and whether it is a success; shapes ``(k,)``."""

    cost: Whole
    chance: Array
    hit: NDArray[np.bool_]


def success_within(trials: Trials, budgets: Whole) -> Array:
    """The chance of a success within each budget, shape of ``budgets``.

    Exact but for the rounding of doubles, as long as costs span at most ``WINDOW`` multiples of the common divisor of
    those of failures; longer ones are first put on a coarser lattice (`_coarsened`). Budgets that are halves of others,
    rounded down, cost least.
    """
    most = int(budgets.max())
    trials = _coarsened(_paid(_affordable(trials, most)), most)
    hits, fails = (kind & (trials.cost <= most) for kind in (trials.hit, ~trials.hit))
    if not hits.any():
        return np.zeros(len(budgets))
    unit = int(np.gcd.reduce(trials.cost[fails])) if fails.any() else most + 1
    lattice = np.arange(0, int(trials.cost[hits | fails].max()) + 1, unit)
    failing = np.bincount(trials.cost[fails] // unit, trials.chance[fails], minlength=len(lattice))
    walk = _Walk(failing.astype(np.float64))
    last = float(trials.chance[hits].sum() / trials.chance[~fails].sum())  # what F rises to
    chances = np.empty(len(budgets))
    for i in np.argsort(budgets):
        rounds, rest = divmod(int(budgets[i]), unit)
        near = walk.restarted(_succeeds(trials, lattice + rest))  # F at the budgets of the window
        chances[i] = near[rounds] if rounds < len(near) else last - walk.landing(rounds) @ (last - near)
    return np.clip(chances, 0.0, 1.0)


def _succeeds(trials: Trials, budgets: Whole) -> Array:
    """The chance that one trial succeeds within each budget, ``H``."""
    order = np.argsort(trials.cost[trials.hit])
    chance = np.append(0.0, np.cumsum(trials.chance[trials.hit][order]))
    return chance[np.searchsorted(trials.cost[trials.hit][order], budgets, side="right")]


def _affordable(trials: Trials, most: int) -> Trials:
    """The trials with costs beyond the budget cut to just beyond it, where they end every sequence."""
    return Trials(np.minimum(trials.cost, most + 1), trials.chance / trials.chance.sum(), trials.hit)


def _paid(trials: Trials) -> Trials:
    """The first trial that is no failure at no cost: those repeat at once."""
    paid = trials.hit | (trials.cost > 0)
    left = trials.chance[paid].sum()
    return Trials(trials.cost[paid], trials.chance[paid] / (left or 1.0), trials.hit[paid])


def _coarsened(trials: Trials, most: int) -> Trials:
    """The trials with the costs of failures on a lattice such that all costs span at most ``WINDOW`` points.

    A cost between two points goes to both, in the parts that keep its mean (local moment matching: Gerber 1982, ASTIN
    Bulletin 13:13).
    """
    within = trials.cost <= most
    fails = within & ~trials.hit
    divisor = int(np.gcd.reduce(trials.cost[fails])) if fails.any() else most + 1
    longest = int(trials.cost[within].max(initial=0))
    if longest <= WINDOW * divisor:
        return trials
    unit = -(-longest // WINDOW)
    below, above = trials.cost[fails] // unit, trials.cost[fails] % unit / unit
    return _paid(
        Trials(
            np.concatenate([trials.cost[~fails], below * unit, (below + 1) * unit]),
            np.concatenate([trials.chance[~fails], trials.chance[fails] * (1 - above), trials.chance[fails] * above]),
            np.concatenate([trials.hit[~fails], np.zeros(2 * len(below), dtype=bool)]),
        )
    )


class _Walk:
    """A walk that goes down by the costs of failures, and stops with the first trial that does not fail.

    Far from the start ``F`` differs from its last value by ``D(b) = sum_s f(s) D(b - s)``. So ``D(b)`` is the mean of
    ``D`` over where such a walk from ``b`` first lands in the window ``0 .. n - 1``, and the law of landing from
    ``2 b`` follows from that from ``b``: its convolution with itself, walked on into the window. In the language of
    linear recurrences, the powers of x modulo the characteristic polynomial (Fiduccia 1985, SIAM J. Comput. 14:106);
    here all numbers are probabilities, so nothing cancels.
    """

    def __init__(self, failing: Array) -> None:
        self._failing, self._renewals, self._n = failing, _renewals(failing), len(failing)
        self.landing = lru_cache(maxsize=64)(self._landing)

    def restarted(self, succeeds: Array) -> Array:
        """``F`` of the window from ``H``: the last trial succeeds with what is left when it begins."""
        return _convolved(self._renewals, succeeds)[: self._n]

    def _landing(self, start: int) -> Array:
        """Where the walk from ``start`` first lands in the window, shape ``(n,)``; less than one in all."""
        n = self._n
        if start < n:
            return np.eye(1, n, start)[0]
        half, odd = self.landing(start // 2), start % 2
        place = np.zeros(2 * n)
        place[odd : odd + 2 * n - 1] = _convolved(half, half)
        above = _convolved(place[: n - 1 : -1], self._renewals)[n - 1 :: -1]  # visits to n .. 2 n - 1
        landed = place[:n]
        landed[1:] += _convolved(above, self._failing[::-1])[: n - 1]
        return np.maximum(landed, 0.0)


def _renewals(failing: Array) -> Array:
    """The chance that a trial begins at each cost: ``1 / (1 - f)`` as power series, by Newton's iteration."""
    known = np.ones(1)
    while len(known) < len(failing):
        n = min(2 * len(known), len(failing))
        known = np.append(known, np.zeros(n - len(known)))
        known += _convolved(known, _convolved(known, failing[:n])[:n] - known + np.eye(1, n)[0])[:n]
    return known


def _convolved(a: Array, b: Array) -> Array:
    """The convolution of two sequences, by Fourier transforms; scipy.signal takes two seconds to load."""
    n = len(a) + len(b) - 1
    size = 1 << max(0, n - 1).bit_length()
    return np.fft.irfft(np.fft.rfft(a, size) * np.fft.rfft(b, size), size)[:n]
