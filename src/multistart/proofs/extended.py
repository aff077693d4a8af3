"""Trusted: intervals with exact ends that may be infinite, for cells at an edge of a function's domain.

A ball that touches 0 has no logarithm, no root and no reciprocal. An interval knows more: the logarithm of ``(0, a]``
is ``(-inf, log a]``, the reciprocal ``[1/a, inf)``. An end may also be open, that is, never taken: the coordinate ``x``
of a point inside the box ``[0, 1]`` is not 0, so ``x*y`` is not 0 either.

What an operation returns contains the results at all points where it is defined; where it is defined nowhere, it
raises `OutsideDomain`. The same emitted code runs on balls and on intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flint import arb

INFINITY = arb("inf")
ZERO, ONE, TWO = arb(0), arb(1), arb(2)


class OutsideDomain(ArithmeticError):
    """The expression is defined nowhere on the box: a root or logarithm of negative numbers only."""


def _down(a: arb) -> arb:
    return a.lower() if a.is_finite() else -INFINITY


def _up(a: arb) -> arb:
    return a.upper() if a.is_finite() else INFINITY


@dataclass(frozen=True, slots=True)
class Extended:
    """The numbers from ``low`` to ``high``, exact or infinite; without an end that is open."""

    low: arb
    high: arb
    low_open: bool = False
    high_open: bool = False

    @classmethod
    def around(cls, a: arb) -> Extended:
        """The interval of a ball."""
        return cls(_down(a), _up(a))

    @property
    def is_positive(self) -> bool:
        """Whether every number is certainly above 0."""
        return bool(self.low > ZERO) or (self.low_open and bool(self.low == ZERO))

    @property
    def is_negative(self) -> bool:
        """Whether every number is certainly below 0."""
        return bool(self.high < ZERO) or (self.high_open and bool(self.high == ZERO))

    @property
    def is_zero(self) -> bool:
        """Whether it is 0 alone."""
        return bool(self.low == ZERO) and bool(self.high == ZERO)

    @property
    def _has_zero(self) -> bool:
        return not (self.is_positive or self.is_negative)

    @property
    def _ends(self) -> tuple[tuple[arb, bool], tuple[arb, bool]]:
        return (self.low, self.low_open), (self.high, self.high_open)

    def __neg__(self) -> Extended:
        return Extended(-self.high, -self.low, self.high_open, self.low_open)

    def __add__(self, other: Extended) -> Extended:
        return Extended(
            _down(self.low + other.low),
            _up(self.high + other.high),
            self.low_open or other.low_open,
            self.high_open or other.high_open,
        )

    def __sub__(self, other: Extended) -> Extended:
        return self + -other

    def __mul__(self, other: Extended) -> Extended:
        products = [(_product(a, b), a_open or b_open) for a, a_open in self._ends for b, b_open in other._ends]
        return _spanned(products, takes_zero=self._has_zero or other._has_zero)

    def __truediv__(self, other: Extended) -> Extended:
        return self * other.reciprocal()

    def reciprocal(self) -> Extended:
        """``1/u`` where ``u`` is not 0."""
        if self.is_zero:
            raise OutsideDomain
        if self.low >= ZERO or self.high <= ZERO:
            low = -INFINITY if self.high == ZERO else _down(ONE / self.high) if self.high.is_finite() else ZERO
            high = INFINITY if self.low == ZERO else _up(ONE / self.low) if self.low.is_finite() else ZERO
            return Extended(
                low, high, self.high_open or not self.high.is_finite(), self.low_open or not self.low.is_finite()
            )
        return WHOLE

    def square(self) -> Extended:
        """``u**2``, never below 0."""
        return self._even(lambda a: a * a, ZERO)

    def _even(self, function: Callable[[arb], arb], least: arb) -> Extended:
        """Of an even function that grows away from 0, where it is ``least``."""
        if self.low >= ZERO:
            return self._increasing(function, least)
        if self.high <= ZERO:
            return (-self)._increasing(function, least)
        ends = [(_up(function(a)), is_open) for a, is_open in self._ends]
        high = ends[0][0] if ends[0][0] >= ends[1][0] else ends[1][0]
        return Extended(least, high, False, all(is_open for a, is_open in ends if a == high))

    def _increasing(
        self, function: Callable[[arb], arb], least: arb | None = None, most: arb | None = None
    ) -> Extended:
        """Of an increasing function; what it cannot be below or above."""
        low = _down(function(self.low)) if self.low.is_finite() else -INFINITY
        high = _up(function(self.high)) if self.high.is_finite() else INFINITY
        return Extended(
            low if least is None or low >= least else least,
            high,
            self.low_open,
            self.high_open,
        )

    def exp(self) -> Extended:
        """Above 0."""
        found = self._increasing(lambda a: a.exp(), ZERO)
        return Extended(found.low, found.high, found.low_open or bool(found.low == ZERO), found.high_open)

    def log(self) -> Extended:
        """Of the part above 0."""
        if self.high <= ZERO:
            raise OutsideDomain
        if self.low > ZERO:
            return self._increasing(lambda a: a.log())
        return Extended(-INFINITY, _up(self.high.log()), True, self.high_open)

    def log2(self) -> Extended:
        """Of the part above 0."""
        return self.log() / Extended.around(arb.const_log2())

    def log10(self) -> Extended:
        """Of the part above 0."""
        return self.log() / Extended.around(arb.const_log10())

    def root(self) -> Extended:
        """Of the part from 0 on."""
        if self.high < ZERO:
            raise OutsideDomain
        if self.low >= ZERO:
            return self._increasing(lambda a: a.sqrt(), ZERO)
        return Extended(ZERO, _up(self.high.sqrt()), False, self.high_open)

    def power(self, exponent: Extended) -> Extended:
        """``exp(v log u)`` of the part above 0, and ``0**v = 0`` for positive ``v``."""
        if self.high < ZERO or (self.high == ZERO and exponent.high <= ZERO):
            raise OutsideDomain
        if self.high == ZERO:
            return Extended(ZERO, ZERO)
        found = (exponent * self.log()).exp()
        takes_zero = self.low < ZERO or (self.low == ZERO and not self.low_open)
        return Extended(ZERO, found.high) if takes_zero and exponent.high > ZERO else found

    def huber(self) -> Extended:
        """Even, from 0 on."""
        return self._even(lambda a: a * a / 2 if a <= ONE else a - ONE / 2, ZERO)

    def clip(self) -> Extended:
        """From -1 to 1."""
        low, high = (a.max(-ONE).min(ONE) if a.is_finite() else (ONE if a > ZERO else -ONE) for a in (self.low, self.high))
        return Extended(low, high)

    def inside(self) -> Extended:
        """1 between -1 and 1, 0 beyond, and all between at them."""
        if self.low > -ONE and self.high < ONE:
            return Extended(ONE, ONE)
        return Extended(ZERO, ZERO) if self.low > ONE or self.high < -ONE else Extended(ZERO, ONE)

    def _clipped(self) -> Extended:
        """The part from -1 to 1."""
        if self.high < -ONE or self.low > ONE:
            raise OutsideDomain
        low, low_open = (self.low, self.low_open) if self.low >= -ONE else (-ONE, False)
        high, high_open = (self.high, self.high_open) if self.high <= ONE else (ONE, False)
        return Extended(low, high, low_open, high_open)

    def asin(self) -> Extended:
        """Of the part from -1 to 1."""
        return self._clipped()._increasing(lambda a: a.asin())

    def acos(self) -> Extended:
        """Of the part from -1 to 1."""
        return -self._clipped()._increasing(lambda a: -a.acos())

    def atan(self) -> Extended:
        """Between -pi/2 and pi/2."""
        quarter = _up(arb.pi() / TWO)
        found = self._increasing(lambda a: a.atan())
        return Extended(
            found.low if found.low.is_finite() else -quarter,
            found.high if found.high.is_finite() else quarter,
            found.low_open or not found.low.is_finite(),
            found.high_open or not found.high.is_finite(),
        )

    def sinh(self) -> Extended:
        """Increasing."""
        return self._increasing(lambda a: a.sinh())

    def asinh(self) -> Extended:
        """Increasing."""
        return self._increasing(lambda a: a.asinh())

    def acosh(self) -> Extended:
        """Of the part from 1 on."""
        if self.high < ONE:
            raise OutsideDomain
        inside = self if self.low >= ONE else Extended(ONE, self.high, False, self.high_open)
        return inside._increasing(lambda a: a.acosh(), ZERO)

    def atanh(self) -> Extended:
        """Of the part between -1 and 1, at which it is infinite."""
        inside = self._clipped()
        if inside.high <= -ONE or inside.low >= ONE:
            raise OutsideDomain
        found = inside._increasing(lambda a: a.atanh())
        return Extended(
            found.low,
            found.high,
            found.low_open or not found.low.is_finite(),
            found.high_open or not found.high.is_finite(),
        )

    def cosh(self) -> Extended:
        """Even, from 1 on."""
        return self._even(lambda a: a.cosh(), ONE)

    def tanh(self) -> Extended:
        """Between -1 and 1."""
        found = self._increasing(lambda a: a.tanh())
        low = found.low if found.low.is_finite() else -ONE
        return Extended(low, found.high if found.high.is_finite() else ONE, found.low_open, found.high_open)

    def sin(self) -> Extended:
        """Increasing within 1.5 of 0; anywhere else where the cosine has one sign."""
        if not (self.low.is_finite() and self.high.is_finite()):
            return WAVE
        slope = self._ball().cos()
        if slope > ZERO:
            return self._increasing(lambda a: a.sin())
        if slope < ZERO:
            return -self._increasing(lambda a: -a.sin())
        return _limited(Extended.around(self._ball().sin()))

    def cos(self) -> Extended:
        """Decreasing from 0 to 3, increasing from -3 to 0; anywhere else where the sine has one sign."""
        if not (self.low.is_finite() and self.high.is_finite()):
            return WAVE
        slope, three = self._ball().sin(), arb(3)
        if slope > ZERO or (self.low >= ZERO and self.high <= three):
            return -self._increasing(lambda a: -a.cos())
        if slope < ZERO or (self.high <= ZERO and self.low >= -three):
            return self._increasing(lambda a: a.cos())
        return _limited(Extended.around(self._ball().cos()))

    def sin_cos(self) -> tuple[Extended, Extended]:
        """Both."""
        return self.sin(), self.cos()

    def tan(self) -> Extended:
        """Increasing between its poles."""
        if self.low.is_finite() and self.high.is_finite() and self._ball().tan().is_finite():
            return self._increasing(lambda a: a.tan())
        return WHOLE

    def cot(self) -> Extended:
        """Cosine by sine."""
        return self.cos() / self.sin()

    def sec(self) -> Extended:
        """One by cosine."""
        return self.cos().reciprocal()

    def csc(self) -> Extended:
        """One by sine."""
        return self.sin().reciprocal()

    def coth(self) -> Extended:
        """One by hyperbolic tangent."""
        return self.tanh().reciprocal()

    def _ball(self) -> arb:
        return self.low.union(self.high)


WHOLE = Extended(-INFINITY, INFINITY, True, True)
WAVE = Extended(-ONE, ONE)


def _limited(a: Extended) -> Extended:
    """What is between -1 and 1."""
    return Extended(a.low if a.low >= -ONE else -ONE, a.high if a.high <= ONE else ONE)


def _product(a: arb, b: arb) -> arb:
    """Of two ends; 0 times infinity is 0, because the numbers themselves are finite."""
    return ZERO if a == ZERO or b == ZERO else a * b


def _spanned(products: Sequence[tuple[arb, bool]], *, takes_zero: bool) -> Extended:
    """From the least to the largest of the products of ends.

    An end other than 0 is taken only where both factors take theirs; 0 only where a factor is 0.
    """
    lows = [(a if not a.is_finite() else a.lower(), is_open) for a, is_open in products]
    highs = [(a if not a.is_finite() else a.upper(), is_open) for a, is_open in products]
    low, high = lows[0][0], highs[0][0]
    for a, _ in lows[1:]:
        low = a if a < low else low
    for a, _ in highs[1:]:
        high = a if a > high else high
    low_open = not takes_zero if low == ZERO else all(is_open for a, is_open in lows if a == low)
    high_open = not takes_zero if high == ZERO else all(is_open for a, is_open in highs if a == high)
    return Extended(low, high, low_open, high_open)
