"""Terms of a rule beside a minimum: what they come to as gradient and memory come to rest, and their slopes there.

Rules divide by roots that are 0 at a minimum, clip, and take the larger of two, so that a derivative alone would not
do. Each quantity is ``value + slope . change + o(change)``; where it has no slope by a name (nan) it is continuous
still, and where it comes to no value (nan) it is bounded. So ``m/(sqrt(v) + eps)`` has a slope at ``m = v = 0`` though
the root has none: what is 0 and has a slope, times what comes to a limit, has that slope times the limit. What may grow
beyond bounds is :func:`_unknown`, and so is all that is made of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistart.methods.arithmetic import COMPARISONS, SHIFT, Name, Number, Operation, Term

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Near:
    """A quantity near a point, by ``w`` names that change there.

    Attributes
    ----------
    value
        What it comes to: infinite where it grows beyond bounds with that sign, nan where it comes to no value.
    slope
        Its derivatives, shape ``(w,)``; nan where it has none.
    reads
        On which names it depends, shape ``(w,)``.
    positive
        Whether it is known that it is not negative anywhere near, where the value alone does not tell.
    bounded
        Whether it is bounded, where it comes to no value.
    """

    value: float
    slope: Array
    reads: NDArray[np.bool_]
    positive: bool = False
    bounded: bool = True

    @property
    def fixed(self) -> bool:
        """Whether it is a number."""
        return not self.reads.any()

    @property
    def not_negative(self) -> bool:
        """Whether it is not negative anywhere near."""
        return self.value > 0 or self.positive or (self.fixed and self.value >= 0)

    @property
    def known(self) -> bool:
        """Whether it comes to a number."""
        return math.isfinite(self.value)

    def kinked(self, value: float, *, positive: bool = False, bounded: bool = True) -> Near:
        """What comes to a value, without a slope by the names that it depends on."""
        return Near(value, np.where(self.reads, math.nan, 0.0), self.reads, positive, bounded)


@dataclass
class Beside:
    """Evaluates definitions; keeps what comparisons compare.

    Attributes
    ----------
    held
        What names are near.
    compared
        The values of both sides of each comparison, in order.
    """

    held: dict[Name, Near]
    width: int
    compared: list[tuple[float, float]] = field(default_factory=list)

    def of(self, term: Term) -> Near:
        """What a term is near the point."""
        match term:
            case Number(value):
                return Near(value, np.zeros(self.width), np.zeros(self.width, dtype=bool))
            case Name():
                return self.held[term]
            case Operation("select", (condition, yes, no)):
                return self._select(condition, yes, no)
            case Operation("*", (a, b)) if a == b:
                return replace(_times(self.of(a), self.of(b)), positive=True)
            case Operation("fma", (a, b, c)):
                return _plus(self.of(Operation("*", (a, b))), self.of(c))
            case Operation("-", (a, b)):
                return _plus(self.of(a), _minus(self.of(b)))
            case Operation("+", (a, Number(shift))) if shift == SHIFT:
                return _rounded(self.of(a))
        return FUNCTIONS[term.function](*map(self.of, term.operands))

    def _select(self, condition: Term, yes: Term, no: Term) -> Near:
        chosen = self._holds(condition)
        if chosen is not None:
            return self.of(yes if chosen else no)
        a, b = self.of(yes), self.of(no)
        reads = a.reads | b.reads | self._read_by(condition)
        positive = a.not_negative and b.not_negative
        if isinstance(condition, Operation) and condition == Operation(">", (yes, no)):  # the larger of two
            positive = a.not_negative or b.not_negative
        if not (a.bounded and b.bounded) or math.inf in (abs(a.value), abs(b.value)):
            return _unknown(replace(a, reads=reads))
        if a.value == b.value:
            return Near(a.value, np.where(a.slope == b.slope, a.slope, math.nan), reads, positive)
        return replace(a, reads=reads).kinked(math.nan, positive=positive)

    def _read_by(self, condition: Term) -> NDArray[np.bool_]:
        """The names on which a condition depends."""
        if isinstance(condition, Operation) and condition.function in (*COMPARISONS, "&", "|"):
            first, second = map(self._read_by, condition.operands)
            return np.asarray(first | second)
        return self.of(condition).reads

    def _holds(self, condition: Term) -> bool | None:
        """Whether a condition holds everywhere near; none where it does not hold or fail everywhere."""
        assert isinstance(condition, Operation)
        if condition.function in ("&", "|"):
            sides, decides = [self._holds(side) for side in condition.operands], condition.function == "|"
            return decides if decides in sides else (None if None in sides else not decides)
        a, b = condition.operands
        if a == b:
            return condition.function in ("<=", ">=", "==")
        left, right = self.of(a), self.of(b)
        self.compared.append((left.value, right.value))
        if math.isnan(left.value) or math.isnan(right.value):
            return None
        if left.value == right.value and not (left.fixed and right.fixed):
            return self._of_equal(condition.function, left, right)
        return bool(_COMPARED[condition.function](left.value, right.value))

    @staticmethod
    def _of_equal(function: str, left: Near, right: Near) -> bool | None:
        """Whether a comparison of equal limits holds: where one side is 0, and the other is not negative."""
        if function in (">=", "<") and right.fixed and right.value == 0 and left.not_negative:
            return function == ">="
        if function in ("<=", ">") and left.fixed and left.value == 0 and right.not_negative:
            return function == "<="
        return None


_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip


def _unknown(of: Near) -> Near:
    """What may grow beyond bounds, or is not a number."""
    return of.kinked(math.nan, bounded=False)


def _scaled(factor: float, slope: Array) -> Array:
    """A slope times a number that is 0, known, or bounded alone (nan): what is 0 stays so."""
    with np.errstate(all="ignore"):
        return np.where((slope == 0) | (factor == 0), 0.0, factor * slope)


def _minus(a: Near) -> Near:
    return Near(-a.value, -a.slope, a.reads, bounded=a.bounded)


def _plus(a: Near, b: Near) -> Near:
    reads = a.reads | b.reads
    value = a.value + b.value
    if not (a.bounded and b.bounded) or (math.isinf(a.value) and math.isinf(b.value) and a.value != b.value):
        return _unknown(replace(a, reads=reads))
    if math.isinf(a.value) or math.isinf(b.value):
        value = a.value if math.isinf(a.value) else b.value
    return Near(value, a.slope + b.slope, reads, a.not_negative and b.not_negative)


def _times(a: Near, b: Near) -> Near:
    reads, positive = a.reads | b.reads, a.not_negative and b.not_negative
    if not (a.bounded and b.bounded):
        return _unknown(replace(a, reads=reads))
    if math.isinf(a.value) or math.isinf(b.value):
        grown = a.value * b.value  # nan of 0 and of what comes to no value
        return replace(a, reads=reads).kinked(grown, positive=positive, bounded=not math.isnan(grown))
    value = 0.0 if 0.0 in (a.value, b.value) else a.value * b.value
    slope = _scaled(a.value, b.slope) + _scaled(b.value, a.slope)
    a_kinks, b_kinks = np.isnan(a.slope), np.isnan(b.slope)
    if a_kinks.any() and b_kinks.any():  # neither is as small as the change
        slope = np.where(a_kinks | b_kinks, math.nan, slope)
    if math.isinf(value):
        return _unknown(replace(a, reads=reads))
    return Near(value, slope, reads, positive)


def _over(a: Near, b: Near) -> Near:
    if b.value == 0 and not b.fixed and b.not_negative and not math.isnan(a.value) and a.value != 0:
        grown = replace(a, reads=a.reads | b.reads)
        return grown.kinked(math.copysign(math.inf, a.value), positive=a.value > 0)
    if math.isinf(b.value):
        return _times(a, b.kinked(0.0, positive=b.not_negative))
    if not b.known or b.value == 0:
        return _unknown(replace(a, reads=a.reads | b.reads))
    one = Near(1 / b.value, _scaled(-1 / b.value**2, b.slope), b.reads)
    return _times(a, one)


def _rounded(a: Near) -> Near:
    """A sum with :data:`.SHIFT`: a step at each half of a whole number."""
    if not a.known or abs(a.value) > 2**50:
        return _unknown(a)
    if not a.fixed and abs(a.value) % 1 == 0.5:
        return a.kinked(math.nan)
    return Near(a.value + SHIFT, np.zeros_like(a.slope), a.reads)


def _abs(a: Near) -> Near:
    if a.value == 0:
        return a.kinked(0.0, positive=True)
    if math.isnan(a.value):
        return a.kinked(a.value, positive=True, bounded=a.bounded)
    return a if a.value > 0 else _minus(a)


def _sqrt(a: Near) -> Near:
    if a.value == 0 and a.not_negative:
        return a.kinked(0.0, positive=True)
    return _smooth(math.sqrt, lambda _, root: 0.5 / root)(a) if a.value > 0 else _unknown(a)


def _log(a: Near) -> Near:
    if a.value == 0 and a.not_negative and not a.fixed:
        return a.kinked(-math.inf)
    return _smooth(math.log, lambda x, _: 1 / x)(a) if a.value > 0 else _unknown(a)


def _exp(a: Near) -> Near:
    if a.value == -math.inf:
        return a.kinked(0.0, positive=True)
    return _smooth(math.exp, lambda _, result: result)(a)


def _smooth(function: Callable[[float], float], slope: Callable[[float, float], float]) -> Callable[[Near], Near]:
    """A function that has a derivative, ``slope(argument, result)``, wherever it has a value."""

    def of(a: Near) -> Near:
        if not a.known:
            return _unknown(a)
        try:
            result = function(a.value)
        except OverflowError:
            return _unknown(a)
        return Near(result, _scaled(slope(a.value, result), a.slope), a.reads)

    return of


FUNCTIONS: Mapping[str, Callable[..., Near]] = {
    "+": _plus, "*": _times, "/": _over, "negative": _minus, "abs": _abs, "sqrt": _sqrt, "log": _log, "exp": _exp,
    "sin": _smooth(math.sin, lambda a, _: math.cos(a)),
    "cos": _smooth(math.cos, lambda a, _: -math.sin(a)),
    "tanh": _smooth(math.tanh, lambda _, result: 1 - result * result),
}  # fmt: skip


def number(value: float, width: int) -> Near:
    """A number that does not change."""
    return Near(float(value), np.zeros(width), np.zeros(width, dtype=bool))


def changing(value: float, at: int, width: int, *, positive: bool = False) -> Near:
    """The name in a place, at a value."""
    unit = np.eye(width)[at]
    return Near(float(value), unit, unit > 0, positive)


def evaluated(definitions: Any, held: dict[Name, Near], width: int) -> Beside:
    """What names hold after the definitions."""
    found = Beside(dict(held), width)
    for name, term in definitions:
        found.held[name] = found.of(term)
    return found
