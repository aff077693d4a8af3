"""Trusted: enclosures of sums over rows of data, and of what is asked of every row.

Each row's term is enclosed by the same code, with the row's numbers, which are floats and exact; the sum of enclosures
contains the sum. A condition that is to hold in all rows is one on the least of the rows' parts, and is handed on so.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from multistart.functions.conditions import NONZERO
from multistart.proofs.enclosures import ONE, ZERO, Enclosure
from multistart.proofs.extended import Extended


class RowSums:
    """What code of one row gives for all of them: first the least of each part, then the sums.

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
        self._code, self._kinds, self._rows, self._divisor = code, kinds, rows, divisor

    def __call__(self, box: Sequence[arb]) -> tuple[arb, ...]:
        """By balls."""
        found = [self._code([*box, *row]) for row in self._balls]
        return tuple(self._joined(k, column) for k, column in enumerate(zip(*found, strict=True)))

    def extended(self, box: Sequence[Extended]) -> tuple[Extended, ...]:
        """By intervals that may be half-infinite; `OutsideDomain` where some row is defined nowhere."""
        found = [self._code.extended([*box, *row]) for row in self._intervals]
        return tuple(self._joined(k, column) for k, column in enumerate(zip(*found, strict=True)))

    def _joined(self, k: int, column: Sequence[Any]) -> Any:
        """Of the numbers of all rows, balls or intervals, their least or their sum."""
        if k < len(self._kinds):
            sizes = [_size(a) for a in column] if self._kinds[k] == NONZERO else column
            return least(sizes)
        total = column[0]
        for a in column[1:]:
            total = total + a
        return total / self._divided(total) if self._divisor > 1 else total

    def _divided(self, like: arb | Extended) -> Any:
        divisor = arb(self._divisor)
        return divisor if isinstance(like, arb) else Extended(divisor, divisor)

    @cached_property
    def _balls(self) -> list[list[arb]]:
        return [[arb(v) for v in row] for row in self._rows.tolist()]

    @cached_property
    def _intervals(self) -> list[list[Extended]]:
        return [[Extended(a, a) for a in row] for row in self._balls]


def least(numbers: Sequence[Any]) -> Any:
    """The least of some numbers, each known as a ball or as an interval; nan where one is.

    >>> least([arb(3), arb(2)]), least([Extended(ONE, arb(4)), Extended(arb(2), arb(3))]).high
    (2.00000000000000, 3.00000000000000)
    """
    found = numbers[0]
    for a in numbers[1:]:
        found = found.min(a) if isinstance(a, arb) else _lower(found, a)
    return found


def _lower(a: Extended, b: Extended) -> Extended:
    """An end is taken unless all that have it leave it out."""
    low, low_open = _lesser((a.low, a.low_open), (b.low, b.low_open))
    high, high_open = _lesser((a.high, a.high_open), (b.high, b.high_open))
    return Extended(low, high, low_open, high_open)


def _lesser(a: tuple[arb, bool], b: tuple[arb, bool]) -> tuple[arb, bool]:
    if a[0] == b[0]:
        return a[0], a[1] and b[1]
    return a if a[0] < b[0] else b


def _size(a: arb | Extended) -> Any:
    """The absolute value."""
    if isinstance(a, arb):
        return abs(a)
    if a.low >= ZERO:
        return a
    return -a if a.high <= ZERO else Extended(ZERO, (-a).high if -a.low > a.high else a.high)
