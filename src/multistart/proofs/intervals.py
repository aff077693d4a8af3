"""Trusted: arrays of intervals with float ends, rounded outward, for many cells and many rows of data at once.

The code that :mod:`multistart.proofs.enclosures` emits for balls runs on them as it is. What an operation returns
contains every result, or is nan, which means that nothing is known and fails every comparison.

A result is rounded to nearest (IEEE 754: sums, products, quotients, roots), so it is within ``2**-53`` of itself, or of
the least float, of the true one; it is widened by four times that. An end beyond all floats is the largest of them
where it bounds from within. The exponential and the circular functions are series here, with a bound of all their
errors; the logarithm is whatever number the exponential shows it to be near.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from flint import arb
from numpy.typing import NDArray

from multistart.proofs.balls import outward

Array = NDArray[np.float64]
WIDER = 2.0**-51  # relative to an end: four times what rounding to nearest may do
TINY = 2.0**-1020  # more than what underflow may do, and than the reciprocal of the largest float
LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """Numbers from ``low`` to ``high``, element by element; the same array twice where they are exact."""

    low: Array
    high: Array

    @classmethod
    def exactly(cls, numbers: Array) -> Intervals:
        """Of numbers that are floats."""
        return cls(numbers, numbers)

    @classmethod
    def around(cls, a: arb) -> Intervals:
        """Of a ball."""
        low, high = outward(a)
        return cls.exactly(np.array(low)) if low == high else cls(np.array(low), np.array(high))

    @property
    def is_exact(self) -> bool:
        """Whether each is a single float."""
        return self.low is self.high

    @property
    def middle(self) -> Array:
        """The midpoints, rounded."""
        return self.low if self.is_exact else 0.5 * self.low + 0.5 * self.high

    @property
    def size(self) -> Array:
        """The largest absolute values."""
        return np.maximum(np.abs(self.low), np.abs(self.high))

    def __neg__(self) -> Intervals:
        return Intervals.exactly(-self.low) if self.is_exact else Intervals(-self.high, -self.low)

    def __add__(self, other: Intervals) -> Intervals:
        return _widened(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Intervals) -> Intervals:
        return _widened(self.low - other.high, self.high - other.low)

    def __mul__(self, other: Intervals) -> Intervals:
        if self.is_exact:
            self, other = other, self
        first, last = self.low * other.low, self.high * other.low
        low, high = np.minimum(first, last), np.maximum(first, last)
        if not other.is_exact:
            first, last = self.low * other.high, self.high * other.high
            low = np.minimum(low, np.minimum(first, last))
            high = np.maximum(high, np.maximum(first, last))
        return _widened(low, high)

    def __truediv__(self, other: Intervals) -> Intervals:
        return self * other.reciprocal()

    def reciprocal(self) -> Intervals:
        """One by each; nan where it may be 0."""
        safe = np.where((self.low > 0) | (self.high < 0), 1.0, np.nan)
        return _widened(safe / self.high, safe / self.low)

    def square(self) -> Intervals:
        """Never below 0."""
        first, last = self.low * self.low, self.high * self.high
        across = (self.low < 0) & (self.high > 0)
        return _not_below(_widened(np.where(across, 0.0, np.minimum(first, last)), np.maximum(first, last)), 0.0)

    def root(self) -> Intervals:
        """Nan where it may be negative."""
        return _not_below(_widened(np.sqrt(self.low), np.sqrt(self.high)), 0.0)

    def power(self, exponent: Intervals) -> Intervals:
        """``exp(v log u)``; nan where the base may be 0 or below."""
        return (exponent * self.log()).exp()

    def exp(self) -> Intervals:
        """By its ends."""
        return self._by_ends(_exp)

    def log(self) -> Intervals:
        """By its ends; nan where it may be 0 or below."""
        return self._by_ends(_log)

    def log2(self) -> Intervals:
        """A multiple of the logarithm."""
        return self.log() / Intervals.around(arb.const_log2())

    def log10(self) -> Intervals:
        """A multiple of the logarithm."""
        return self.log() / Intervals.around(arb.const_log10())

    def sinh(self) -> Intervals:
        """By its ends."""
        return self._by_ends(lambda x: (x.exp() - (-x).exp()) * HALF)

    def tanh(self) -> Intervals:
        """By its ends."""
        return self._by_ends(lambda x: ONE - (((x + x).exp() + ONE).reciprocal() * TWO))

    def cosh(self) -> Intervals:
        """Even, and grows away from 0."""
        low = np.where((self.low > 0) | (self.high < 0), np.minimum(np.abs(self.low), np.abs(self.high)), 0.0)
        found = Intervals(low, self.size)._by_ends(lambda x: (x.exp() + (-x).exp()) * HALF)
        return _not_below(found, 1.0)

    def sin(self) -> Intervals:
        """The cosine a quarter turn on."""
        return (self - QUARTER).cos()

    def cos(self) -> Intervals:
        """By its ends, and 1 or -1 where it may have a multiple of pi between."""
        first, last = _cos(self.low), _cos(self.high)
        low, high = np.minimum(first.low, last.low), np.maximum(first.high, last.high)
        turns = np.floor(self.low / TURN - NEARLY), np.floor(self.high / TURN + NEARLY)
        halves = np.floor(self.low / TURN + 0.5 - NEARLY), np.floor(self.high / TURN + 0.5 + NEARLY)
        low = np.where(halves[0] == halves[1], low, -1.0)
        return Intervals(np.maximum(low, -1.0), np.minimum(np.where(turns[0] == turns[1], high, 1.0), 1.0))

    def tan(self) -> Intervals:
        """Sine by cosine."""
        return self.sin() / self.cos()

    def cot(self) -> Intervals:
        """Cosine by sine."""
        return self.cos() / self.sin()

    def sec(self) -> Intervals:
        """One by cosine."""
        return self.cos().reciprocal()

    def csc(self) -> Intervals:
        """One by sine."""
        return self.sin().reciprocal()

    def coth(self) -> Intervals:
        """One by hyperbolic tangent."""
        return self.tanh().reciprocal()

    def huber(self) -> Intervals:
        """Even, and grows away from 0."""
        size, near = self.size, np.maximum(np.maximum(self.low, -self.high), 0.0)
        return Intervals(_huber(near).low, _huber(size).high)

    def clip(self) -> Intervals:
        """From -1 to 1, exact."""
        return Intervals(np.clip(self.low, -1.0, 1.0), np.clip(self.high, -1.0, 1.0))

    def inside(self) -> Intervals:
        """1 between -1 and 1, 0 beyond, and all between at them."""
        within, beyond = (self.low > -1) & (self.high < 1), (self.low > 1) | (self.high < -1)
        unknown = np.where(np.isfinite(self.low + self.high), 1.0, np.nan)
        return Intervals(np.where(within, 1.0, 0.0) * unknown, np.where(beyond, 0.0, 1.0) * unknown)

    def unknown(self) -> Intervals:
        """Of a function that there is no series of here: nothing."""
        return Intervals.exactly(self.low * np.nan)

    asin = acos = atan = asinh = acosh = atanh = unknown

    def sin_cos(self) -> tuple[Intervals, Intervals]:
        """Both."""
        return self.sin(), self.cos()

    def _by_ends(self, function: Callable[[Intervals], Intervals]) -> Intervals:
        """Of an increasing function."""
        at_low = function(Intervals.exactly(self.low))
        return at_low if self.is_exact else Intervals(at_low.low, function(Intervals.exactly(self.high)).high)

    def sum(self) -> Intervals:
        """Over the last axis: in any order the error is below ``n`` roundings of the sum of the sizes (Higham, 4.2).

        Ends that bound from within are taken no larger than what ``n`` of can be added.
        """
        n = max(self.low.shape[-1], 1)
        low, high = np.minimum(self.low, LARGEST / (2 * n)), np.maximum(self.high, -LARGEST / (2 * n))
        below, above = (n * WIDER * np.abs(end).sum(axis=-1) + n * TINY for end in (low, high))
        return _widened(low.sum(axis=-1) - below, high.sum(axis=-1) + above)

    def meet(self, other: Intervals) -> Intervals:
        """What is in both, where both contain a number; where nothing is known of one, the other."""
        return Intervals(np.fmax(self.low, other.low), np.fmin(self.high, other.high))

    def broadcast(self, shape: tuple[int, ...]) -> Intervals:
        """The same in another shape."""
        low = np.broadcast_to(self.low, shape)
        return Intervals(low, low if self.is_exact else np.broadcast_to(self.high, shape))

    @property
    def column(self) -> Intervals:
        """One a cell, for all rows of data."""
        return Intervals(self.low[:, None], self.high[:, None])

    def meets(self, other: Intervals) -> NDArray[np.bool_]:
        """Where they may have a number in common."""
        return ~((self.low > other.high) | (self.high < other.low))

    @property
    def has_zero(self) -> NDArray[np.bool_]:
        """Where 0 may be among them."""
        return ~((self.low > 0) | (self.high < 0))


HALF, ONE, TWO = (Intervals.exactly(np.array(v)) for v in (0.5, 1.0, 2.0))
QUARTER = Intervals.around(arb.pi() / 2)
TURN = 2 * np.pi
NEARLY = 2.0**-20  # of a turn: more than the rounding of so many turns as are reduced
TURNS = 2.0**20
_DEGREE = 13
_FACTORIALS = np.cumprod(np.arange(1.0, 30.0))
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # the first of 32 bits (fdlibm)
_HALF_PI = (1.57079632673412561417e00, 6.07710050630396597660e-11, 2.02226624879595063154e-21)  # 33 bits each (fdlibm)


def _widened(low: Array, high: Array) -> Intervals:
    """What was rounded to nearest, outward."""
    low, high = np.minimum(low, LARGEST), np.maximum(high, -LARGEST)
    return Intervals(low - (np.abs(low) * WIDER + TINY), high + (np.abs(high) * WIDER + TINY))


def _not_below(a: Intervals, least: float) -> Intervals:
    return Intervals(np.maximum(a.low, least), np.maximum(a.high, least))


def _exp(x: Intervals) -> Intervals:
    """Of floats ``x = k log 2 + r``: a polynomial in ``r`` times ``2**k``.

    The remainder is below ``r**14/14! < 2**-57``; ``r`` is off by less than ``2**-52``, Horner's scheme by less than
    8 roundings, so all by less than ``2**-49`` of the result, and it is widened by twice that. Beyond 700 nothing but
    the largest or least number is said.
    """
    number = np.clip(x.low, -700.0, 700.0)
    k = np.rint(number * (1 / np.log(2.0)))
    r = (number - k * _LN2_HIGH) - k * _LN2_LOW
    value = np.full_like(r, 1 / _FACTORIALS[_DEGREE - 1])
    for n in range(_DEGREE - 2, -1, -1):
        value *= r
        value += 1 / _FACTORIALS[n]
    value = np.ldexp(value * r + 1.0, k.astype(np.int32))
    low, high = value * (1 - 2.0**-48), value * (1 + 2.0**-48)
    return Intervals(np.where(x.low < -700.0, 0.0, low), np.where(x.low > 700.0, np.inf, high))


def _log(x: Intervals) -> Intervals:
    """Of floats: ``log x = y + log(x/exp(y))`` for any ``y``, and the last is at most ``2 |x/exp(y) - 1|`` near 1."""
    number = np.where((x.low > 1e-290) & (x.low < 1e290), x.low, np.nan)
    y = np.log(number)
    quotient = x / _exp(Intervals.exactly(y))
    off = np.maximum(np.abs(quotient.low - 1), np.abs(quotient.high - 1))
    off = np.where(off < 0.25, 2 * off + 2.0**-50, np.nan)
    return _widened(y - off, y + off)


def _huber(size: Array) -> Intervals:
    """Of numbers from 0 on."""
    value = np.where(size <= 1, 0.5 * size * size, size - 0.5)
    return _not_below(_widened(value, value), 0.0)


def _cos(number: Array) -> Intervals:
    """Of floats ``x = k pi/2 + r``: a series in ``r``, at most ``pi/4`` and a little in size.

    The products with ``k`` are exact but for the last, ``r`` is off by less than ``2**-50`` for ``|k| < 2**20``, the
    series by less than ``2**-50``; it is widened by far more.
    """
    number = np.where(np.abs(number) < TURNS, number, np.nan)
    k = np.rint(number * (2 / np.pi))
    r = ((number - k * _HALF_PI[0]) - k * _HALF_PI[1]) - k * _HALF_PI[2]
    cosine, sine, quarter = _series(r, 0), _series(r, 1), k % 4
    value = np.select([quarter == 0, quarter == 1, quarter == 2, quarter == 3], [cosine, -sine, -cosine, sine], np.nan)
    return Intervals(value - 2.0**-46, value + 2.0**-46)


def _series(r: Array, first: int) -> Array:
    """The cosine (first power 0) or the sine (1), up to powers below 18: ``0.8**18/18! < 2**-57``."""
    total, square = np.zeros_like(r), -r * r
    for n in range(first + 16, first - 1, -2):
        total = total * square + (1 / _FACTORIALS[n - 1] if n else 1.0)
    return total * r if first else total


#: What emitted code calls by name.
OPERATIONS = {
    name: getattr(Intervals, name) for name in ("square", "root", "power", "log", "log2", "log10", "acosh", "atanh", "huber", "clip", "inside")
} | {"ONE": ONE}
