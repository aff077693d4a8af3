"""Trusted: enclosures of sums over rows of data, and of what is asked of every row.

Each row's term is enclosed by the same code, with the row's numbers, which are floats and exact; the sum of enclosures
contains the sum. A condition that is to hold in all rows is one on the least of the rows' parts, and is handed on so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from flint import arb
from numpy.typing import NDArray

from multistart.functions.conditions import NONZERO
from multistart.proofs.enclosures import ZERO, Enclosure
from multistart.proofs.extended import Extended

_Number = TypeVar("_Number", arb, Extended)


class RowSums:
    """What code of one row gives for all of them: first the least of each condition's part, then the sums.

    Parameters
    ----------
    code
        Of the variables and then the columns.
    kinds
        The kinds of the conditions whose parts come first.
    rows
        The data, shape ``(n, c)``.
    divisor
        What sums are divided by: ``n`` for means.
    """

    def __init__(self, code: Enclosure, kinds: Sequence[str], rows: NDArray[np.float64], divisor: int = 1) -> None:
        self._code, self._kinds, self._divisor = code, kinds, arb(divisor)
        self._balls = [[arb(v) for v in row] for row in rows.tolist()]
        self._intervals = [[Extended(a, a) for a in row] for row in self._balls]

    def __call__(self, box: Sequence[arb]) -> list[arb]:
        """By balls."""
        found = list(zip(*(self._code([*box, *row]) for row in self._balls), strict=True))
        n = len(self._kinds)
        asked = [_least_ball(_sized(part, kind, abs)) for part, kind in zip(found[:n], self._kinds, strict=True)]
        return asked + [_sum(terms) / self._divisor for terms in found[n:]]

    def extended(self, box: Sequence[Extended]) -> list[Extended]:
        """By intervals that may be half-infinite; `OutsideDomain` where some row is defined nowhere."""
        found = list(zip(*(self._code.extended([*box, *row]) for row in self._intervals), strict=True))
        n, divisor = len(self._kinds), Extended(self._divisor, self._divisor)
        asked = [least(_sized(part, kind, _absolute)) for part, kind in zip(found[:n], self._kinds, strict=True)]
        return asked + [_sum(terms) / divisor for terms in found[n:]]


def _sized(parts: Sequence[_Number], kind: str, absolute: Callable[[_Number], _Number]) -> Sequence[_Number]:
    """What must not be 0 in any row: the least absolute value is not."""
    return [absolute(a) for a in parts] if kind == NONZERO else parts


def _sum(terms: Sequence[_Number]) -> _Number:
    total = terms[0]
    for a in terms[1:]:
        total = total + a
    return total


def _least_ball(balls: Sequence[arb]) -> arb:
    found = balls[0]
    for a in balls[1:]:
        found = found.min(a)
    return found


def least(numbers: Sequence[Extended]) -> Extended:
    """The least of some numbers, each known as an interval; an end is taken unless all that have it leave it out.

    >>> least([Extended(arb(1), arb(4)), Extended(arb(2), arb(3))]).high
    3.00000000000000
    """
    found = numbers[0]
    for a in numbers[1:]:
        low, low_open = _lesser((found.low, found.low_open), (a.low, a.low_open))
        high, high_open = _lesser((found.high, found.high_open), (a.high, a.high_open))
        found = Extended(low, high, low_open, high_open)
    return found


def _lesser(a: tuple[arb, bool], b: tuple[arb, bool]) -> tuple[arb, bool]:
    if a[0] == b[0]:
        return a[0], a[1] and b[1]
    return a if a[0] < b[0] else b


def _absolute(a: Extended) -> Extended:
    if a.low >= ZERO:
        return a
    return -a if a.high <= ZERO else Extended(ZERO, (-a).high if -a.low > a.high else a.high)
