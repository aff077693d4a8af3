"""What a formula's text says: value, gradient and Hessian without SymPy and without the package's parser.

A function is walked over Python's syntax tree of its text with second-order jets: a number, its ``d`` first and its
``d (d + 1) / 2`` second derivatives, carried through every operation (forward mode). The numbers are either arrays of
doubles, for searching at thousands of points at once, or :class:`Real`, 50 digits with a first-order bound of what
double precision would lose on the way, for deciding.

The function is undefined wherever *any* part of its text is: a logarithm of what is not positive, a root of what is
negative, a division by zero, an inverse sine or cosine outside [-1, 1], zero to a negative power, a negative base with
an exponent that is not a whole number, a base of 0 with one that varies. ``u**0`` with the constant 0 is 1 where u
is defined. A value may exist where derivatives do not, as for sqrt(x) at 0; these are nan then.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import mpmath
import numpy as np
from mpmath import mp, mpf

DIGITS = 50
LARGEST = mpf(10) ** 12  # of an argument of exp, sinh or cosh, or of a power's logarithm: past it nothing is computed
TOO_LARGE = 1e140  # the square of more may overflow in double precision
HUGE_BITS = 20_000  # of an angle's exponent


class Undefined(ArithmeticError):
    """A part of the text has no real value here."""


class Ambiguous(ArithmeticError):
    """Whether every part has a value is not decided by 50 digits, or by the reading: x**y at x = -2, y = 3."""


class Real:
    """A real number to 50 digits.

    Attributes
    ----------
    v
        The number.
    e
        A first-order bound of its error in double precision, in units of a rounding (2^-53), if the coordinates are
        an ulp off as well. Times 10^-48 it bounds what 50 digits lose.
    q
        The number itself, where it is rational and known.
    """

    __slots__ = ("e", "q", "v")

    def __init__(self, v: mpf, e: float | None = None, q: Fraction | None = None) -> None:
        self.v, self.q = v, q
        size = _size(v)
        self.e = size if e is None else e
        if size > TOO_LARGE or math.isnan(size):
            self.e = math.inf
        elif 0 < size < 1 / TOO_LARGE:
            self.e += 1e-290

    @property
    def shaky(self) -> bool:
        """Whether double precision may not even know its sign, so that a first-order bound says nothing."""
        return self.e * 2.0**-50 > _size(self.v)

    @property
    def unsure(self) -> mpf:
        """What 50 digits may be off by."""
        return mpf(0) if self.q is not None else mpf(min(self.e, 1e300)) * mpf(10) ** (2 - mp.dps)

    def sign(self) -> int:
        """-1, 0 or 1; ambiguous where the digits do not decide."""
        if self.q is not None:
            return (self.q > 0) - (self.q < 0)
        if abs(self.v) <= self.unsure:
            raise Ambiguous
        return 1 if self.v > 0 else -1

    def __add__(self, other: Real | int) -> Real:
        other = _real(other)
        v = self.v + other.v
        return Real(v, self.e + other.e + _size(v), _exact(self, other, lambda a, b: a + b))

    def __mul__(self, other: Real | int) -> Real:
        other = _real(other)
        v = self.v * other.v
        e = _times(_size(self.v), other.e) + _times(_size(other.v), self.e) + _size(v)
        return Real(v, e, _exact(self, other, lambda a, b: a * b))

    def __truediv__(self, other: Real | int) -> Real:
        other = _real(other)
        if other.v == 0:
            return NAN
        v = self.v / other.v
        e = math.inf if other.shaky else (self.e + _times(_size(v), other.e)) / max(_size(other.v), 1e-300) + _size(v)
        return Real(v, e, _exact(self, other, lambda a, b: a / b))

    def __neg__(self) -> Real:
        return Real(-self.v, self.e, None if self.q is None else -self.q)

    def __sub__(self, other: Real | int) -> Real:
        return self + (-_real(other))

    def __radd__(self, other: int) -> Real:
        return _real(other) + self

    def __rsub__(self, other: int) -> Real:
        return _real(other) - self

    def __rmul__(self, other: int) -> Real:
        return _real(other) * self

    def __rtruediv__(self, other: int) -> Real:
        return _real(other) / self


def _size(v: mpf) -> float:
    return float(abs(v))  # inf past the largest double


def _times(a: float, b: float) -> float:
    """A product of bounds; what has overflowed before stays unbounded."""
    if math.inf in (a, b):
        return math.inf
    return a * b


def _exact(a: Real, b: Real, operation: Callable[[Fraction, Fraction], Fraction]) -> Fraction | None:
    if a.q is None or b.q is None:
        return None
    q = operation(a.q, b.q)
    return q if q.numerator.bit_length() + q.denominator.bit_length() < 6000 else None


def _real(x: Real | int | Fraction) -> Real:
    if isinstance(x, Real):
        return x
    q = Fraction(x)
    return Real(mpf(q.numerator) / q.denominator, None, q)


NAN = Real(mpf("nan"), math.inf)


class Digits:
    """Elementary functions of :class:`Real`; what has no value raises."""

    @staticmethod
    def _apply(f: Callable[[mpf], mpf], slope: Callable[[mpf, mpf], mpf], u: Real, at: Mapping[int, int]) -> Real:
        v = f(u.v)
        q = Fraction(at[int(u.q)]) if u.q is not None and u.q.denominator == 1 and int(u.q) in at else None
        steep = f in (mp.log, mp.sqrt) and u.shaky
        return Real(v, math.inf if steep else _times(_size(slope(u.v, v)), u.e) + _size(v), q)

    @staticmethod
    def coordinate(x: float) -> Real:
        return Real(mpf(x), None, _fraction(mpf(x)))

    number = staticmethod(_real)

    @staticmethod
    def pi() -> Real:
        return Real(+mp.pi)

    @staticmethod
    def e() -> Real:
        return Real(+mp.e)

    @classmethod
    def exp(cls, u: Real) -> Real:
        if abs(u.v) > LARGEST:
            raise Ambiguous
        return cls._apply(mp.exp, lambda x, y: y, u, {0: 1})

    @classmethod
    def log(cls, u: Real) -> Real:
        if u.sign() <= 0:
            raise Undefined
        return cls._apply(mp.log, lambda x, y: 1 / x, u, {1: 0})

    @classmethod
    def sqrt(cls, u: Real) -> Real:
        if u.sign() < 0:
            raise Undefined
        if u.q is not None:
            root = Fraction(math.isqrt(u.q.numerator), math.isqrt(u.q.denominator))
            if root * root == u.q:
                found = _real(root)
                found.e += u.e / max(2 * float(root), 1e-300) if root else math.sqrt(u.e) if u.e else 0.0
                return found
        return cls._apply(mp.sqrt, lambda x, y: 1 / (2 * y), u, {})

    @classmethod
    def _angle(cls, f: Callable, slope: Callable, u: Real, at: Mapping[int, int]) -> Real:
        if mp.mag(u.v) > HUGE_BITS if u.v else False:
            raise Ambiguous
        return cls._apply(f, slope, u, at)

    @classmethod
    def sin(cls, u: Real) -> Real:
        return cls._angle(mp.sin, lambda x, y: mp.cos(x), u, {0: 0})

    @classmethod
    def cos(cls, u: Real) -> Real:
        return cls._angle(mp.cos, lambda x, y: mp.sin(x), u, {0: 1})

    @classmethod
    def tan(cls, u: Real) -> Real:
        cls.cos(u).sign()
        return cls._angle(mp.tan, lambda x, y: 1 + y * y, u, {0: 0})

    @classmethod
    def _inside(cls, u: Real) -> mpf:
        if (1 - u).sign() < 0 or (1 + u).sign() < 0:
            raise Undefined
        return u.v

    @classmethod
    def asin(cls, u: Real) -> Real:
        return cls._apply(mp.asin, lambda x, y: _over_root(x), u, {0: 0}) if cls._inside(u) is not None else NAN

    @classmethod
    def acos(cls, u: Real) -> Real:
        return cls._apply(mp.acos, lambda x, y: _over_root(x), u, {1: 0}) if cls._inside(u) is not None else NAN

    @classmethod
    def atan(cls, u: Real) -> Real:
        return cls._apply(mp.atan, lambda x, y: 1 / (1 + x * x), u, {0: 0})

    @classmethod
    def sinh(cls, u: Real) -> Real:
        if abs(u.v) > LARGEST:
            raise Ambiguous
        return cls._apply(mp.sinh, lambda x, y: mp.cosh(x), u, {0: 0})

    @classmethod
    def cosh(cls, u: Real) -> Real:
        if abs(u.v) > LARGEST:
            raise Ambiguous
        return cls._apply(mp.cosh, lambda x, y: mp.sinh(x), u, {0: 1})

    @classmethod
    def tanh(cls, u: Real) -> Real:
        if abs(u.v) > LARGEST:
            raise Ambiguous
        return cls._apply(mp.tanh, lambda x, y: 1 / mp.cosh(x) ** 2, u, {0: 0})

    @classmethod
    def tanh_slope(cls, t: Real, u: Real) -> Real:
        """1 - tanh(u)^2 without cancelling, but with the error of a double that cancels."""
        v = 1 / mp.cosh(u.v) ** 2
        return Real(v, 3.0 + 2 * t.e, Fraction(1) if u.q == 0 else None)

    @classmethod
    def asinh(cls, u: Real) -> Real:
        return cls._apply(mp.asinh, lambda x, y: 1 / mp.sqrt(1 + x * x), u, {0: 0})

    @classmethod
    def log2(cls, u: Real) -> Real:
        return cls._logarithm(lambda x: mp.log(x, 2), 2, u)

    @classmethod
    def log10(cls, u: Real) -> Real:
        return cls._logarithm(mp.log10, 10, u)

    @classmethod
    def _logarithm(cls, f: Callable[[mpf], mpf], base: int, u: Real) -> Real:
        if u.sign() <= 0:
            raise Undefined
        if u.q is not None and (n := _whole_logarithm(u.q, base)) is not None:
            return _real(n)
        steepness = 1 / (u.v * mp.log(base))
        v = f(u.v)
        return Real(v, math.inf if u.shaky else _times(_size(steepness), u.e) + _size(v))

    @classmethod
    def acosh(cls, u: Real) -> Real:
        if (u - 1).sign() < 0:
            raise Undefined
        found = cls._apply(mp.acosh, lambda x, y: _over_root(x, -1), u, {1: 0})
        return Real(found.v, math.inf, found.q) if (u - 1).shaky else found

    @classmethod
    def atanh(cls, u: Real) -> Real:
        if (1 - u).sign() <= 0 or (1 + u).sign() <= 0:
            raise Undefined
        found = cls._apply(mp.atanh, lambda x, y: 1 / (1 - x * x), u, {0: 0})
        return Real(found.v, math.inf, found.q) if (1 - u * u).shaky else found

    @classmethod
    def divide(cls, a: Real, b: Real) -> Real:
        if b.sign() == 0:
            raise Undefined
        return a / b

    @classmethod
    def power(cls, u: Real, n: Fraction) -> Real:
        """u**n, for a rational n, where it has a value; nan where it has none."""
        if n == 0:
            return _real(1)
        if n < 0 or n.denominator > 1:
            sign = u.sign()
            if sign < 0 and n.denominator > 1:
                return NAN
            if sign == 0 and n < 0:
                return NAN
        if u.v == 0:
            return Real(mpf(0), u.e, u.q)
        if abs(n) * abs(mp.log(abs(u.v))) > LARGEST:
            raise Ambiguous
        if n.denominator == 1:
            v = u.v ** int(n)
            q = u.q ** int(n) if u.q is not None and abs(n) * u.q.numerator.bit_length() < 6000 else None
            q = None if q is not None and q.numerator.bit_length() + q.denominator.bit_length() > 6000 else q
        else:
            v, q = mp.power(u.v, mpf(n.numerator) / n.denominator), None
        size = _size(v)
        if u.shaky and (n < 0 or n.denominator > 1):
            return Real(v, math.inf, q)
        return Real(v, _times(size, float(abs(n)) * (u.e / max(_size(u.v), 1e-300) + 1)) + 2 * size, q)

    @classmethod
    def must(cls, x: Real) -> Real:
        """A value that has to exist."""
        if mp.isnan(x.v):
            raise Undefined
        return x

    @classmethod
    def general_power(cls, u: Jet, w: Jet, *, varies: bool) -> Jet:
        sign = u.value.sign()
        if sign > 0:
            return (w * apply(cls, "log", u)).through(cls, "exp")
        if sign < 0:
            whole = w.value.q is not None and w.value.q.denominator == 1
            near = abs(w.value.v - mp.nint(w.value.v)) <= w.value.unsure
            raise Ambiguous if whole or near else Undefined
        exponent = w.value.sign()
        if exponent <= 0 or varies:
            raise Undefined
        return (w * 0).constant_like(_real(0), 0 if u.is_constant else NAN)


def _fraction(x: mpf) -> Fraction | None:
    """A binary number exactly, unless it takes thousands of digits."""
    sign, mantissa, exponent, _ = x._mpf_
    if not mp.isfinite(x) or abs(exponent) > 2000:
        return None
    return (-1) ** sign * Fraction(int(mantissa)) * Fraction(2) ** exponent


def _whole_logarithm(q: Fraction, base: int) -> int | None:
    """The logarithm of a power of a base."""
    n = round(math.log(q.numerator, base) - math.log(q.denominator, base))
    return n if Fraction(base) ** n == q else None


def _over_root(x: mpf, sign: int = 1) -> mpf:
    s = sign * (1 - x * x)
    return 1 / mp.sqrt(s) if s > 0 else mpf(10) ** 25


class Doubles:
    """Elementary functions of arrays of doubles; nan where there is no value."""

    exp, sin, cos, tan = np.exp, np.sin, np.cos, np.tan
    asin, acos, atan = np.arcsin, np.arccos, np.arctan
    sinh, cosh, tanh, asinh, acosh = np.sinh, np.cosh, np.tanh, np.arcsinh, np.arccosh
    sqrt = np.sqrt

    @staticmethod
    def coordinate(x: np.ndarray) -> np.ndarray:
        return x

    @staticmethod
    def number(x: Fraction | int) -> float:
        return _double(Fraction(x))

    @staticmethod
    def pi() -> float:
        return math.pi

    @staticmethod
    def e() -> float:
        return math.e

    @staticmethod
    def log(u: Any) -> Any:
        return np.log(np.where(np.asarray(u) > 0, u, np.nan))

    @classmethod
    def log2(cls, u: Any) -> Any:
        return cls.log(u) / math.log(2)

    @classmethod
    def log10(cls, u: Any) -> Any:
        return cls.log(u) / math.log(10)

    @staticmethod
    def atanh(u: Any) -> Any:
        return np.arctanh(np.where(np.abs(u) < 1, u, np.nan))

    @staticmethod
    def tanh_slope(t: Any, u: Any) -> Any:
        return 1 / np.cosh(u) ** 2

    @staticmethod
    def divide(a: Any, b: Any) -> Any:
        return a / np.where(np.asarray(b) == 0, np.nan, b)

    @staticmethod
    def power(u: Any, n: Fraction) -> Any:
        u = np.asarray(u, dtype=float)
        if n == 0:
            return np.where(np.isnan(u), np.nan, 1.0)
        if n < 0:
            u = np.where(u == 0, np.nan, u)
        if n.denominator > 1:
            u = np.where(u < 0, np.nan, u)
        return u ** _double(n)

    @staticmethod
    def must(x: Any) -> Any:
        return x

    @classmethod
    def general_power(cls, u: Jet, w: Jet, *, varies: bool) -> Jet:
        found = (w * apply(cls, "log", u)).through(cls, "exp")
        base, exponent = np.asarray(u.value), np.asarray(w.value)
        zero = (base == 0) & (exponent > 0) & (not varies)
        either = (base < 0) & (exponent == np.rint(exponent))
        defined = np.where((base == 0) & ~zero, np.nan, found.value)
        found.value = np.where(zero, 0.0, np.where(either, np.inf, defined))  # infinite where it is ambiguous
        return found.map(lambda x: np.where(zero, 0.0, x)) if u.is_constant else found


def _double(q: Fraction) -> float:
    try:
        return q.numerator / q.denominator
    except OverflowError:
        return math.inf if q > 0 else -math.inf


@dataclass
class Jet:
    """A number with its first and second derivatives; the integer 0 is a derivative that is zero by structure."""

    value: Any
    gradient: list[Any]
    hessian: dict[tuple[int, int], Any]

    @property
    def is_constant(self) -> bool:
        return all(type(g) is int and g == 0 for g in self.gradient)

    def constant_like(self, value: Any, derivative: Any) -> Jet:
        return Jet(value, [derivative for _ in self.gradient], dict.fromkeys(self.hessian, derivative))

    def map(self, f: Callable[[Any], Any]) -> Jet:
        return Jet(f(self.value), [f(g) for g in self.gradient], {k: f(h) for k, h in self.hessian.items()})

    def __add__(self, other: Jet) -> Jet:
        g = [_plus(a, b) for a, b in zip(self.gradient, other.gradient, strict=True)]
        return Jet(self.value + other.value, g, {k: _plus(h, other.hessian[k]) for k, h in self.hessian.items()})

    def __neg__(self) -> Jet:
        return self.map(lambda x: -x)

    def __sub__(self, other: Jet) -> Jet:
        return self + (-other)

    def __mul__(self, other: Jet | int) -> Jet:
        if isinstance(other, int):
            return self.map(lambda x: _product(x, other))
        a, b = self, other
        g = [_plus(_product(x, b.value), _product(y, a.value)) for x, y in zip(a.gradient, b.gradient, strict=True)]
        h = {}
        for i, j in a.hessian:
            crossed = _plus(_product(a.gradient[i], b.gradient[j]), _product(a.gradient[j], b.gradient[i]))
            h[i, j] = _plus(_plus(_product(a.hessian[i, j], b.value), _product(b.hessian[i, j], a.value)), crossed)
        return Jet(a.value * b.value, g, h)

    def composed(self, f0: Any, f1: Any, f2: Any) -> Jet:
        """f(self) from the value and the first two derivatives of f."""
        g = [_product(x, f1) for x in self.gradient]
        h = {
            (i, j): _plus(_product(h, f1), _product(_product(self.gradient[i], self.gradient[j]), f2))
            for (i, j), h in self.hessian.items()
        }
        return Jet(f0, g, h)

    def through(self, field: Any, name: str) -> Jet:
        return apply(field, name, self)


def _plus(a: Any, b: Any) -> Any:
    if type(a) is int and a == 0:
        return b
    return a if type(b) is int and b == 0 else a + b


def _product(a: Any, b: Any) -> Any:
    if (type(a) is int and a == 0) or (type(b) is int and b == 0):
        return 0
    if type(a) is int and a == 1:
        return b
    return a if type(b) is int and b == 1 else a * b


def apply(field: Any, name: str, u: Jet) -> Jet:
    """An elementary function of a jet."""
    x = u.value
    y = getattr(field, name)(x)
    if not u.gradient or u.is_constant:
        return u.composed(y, 0, 0)
    match name:
        case "exp":
            return u.composed(y, y, y)
        case "log":
            slope = 1 / x
            return u.composed(y, slope, -(slope * slope))
        case "log2" | "log10":
            slope = 1 / (x * field.log(field.number(2 if name == "log2" else 10)))
            return u.composed(y, slope, -(slope / x))
        case "sqrt":
            slope = 1 / (2 * y)
            return u.composed(y, slope, -(slope / (2 * x)))
        case "sin":
            return u.composed(y, field.cos(x), -y)
        case "cos":
            return u.composed(y, -field.sin(x), -y)
        case "tan":
            slope = 1 + y * y
            return u.composed(y, slope, 2 * (y * slope))
        case "asin" | "acos":
            s = 1 - x * x
            slope = 1 / field.power(s, Fraction(1, 2))
            slope = slope if name == "asin" else -slope
            return u.composed(y, slope, x * slope / s)
        case "atan":
            slope = 1 / (1 + x * x)
            return u.composed(y, slope, -2 * (x * (slope * slope)))
        case "sinh":
            return u.composed(y, field.cosh(x), y)
        case "cosh":
            return u.composed(y, field.sinh(x), y)
        case "tanh":
            slope = field.tanh_slope(y, x)
            return u.composed(y, slope, -2 * (y * slope))
        case "asinh":
            s = 1 + x * x
            slope = 1 / field.sqrt(s)
            return u.composed(y, slope, -(x * slope) / s)
        case "acosh":
            s = x * x - 1
            slope = 1 / field.power(s, Fraction(1, 2))
            return u.composed(y, slope, -(x * slope) / s)
        case "atanh":
            slope = 1 / (1 - x * x)
            return u.composed(y, slope, 2 * (x * (slope * slope)))
    raise ValueError(f"no function {name}")


@dataclass(frozen=True)
class Truth:
    """Value, gradient and Hessian at a point to 50 digits, with bounds of what double precision loses.

    Attributes
    ----------
    value, gradient, hessian
        ``mpf``, list of ``d``, list of ``d`` lists; derivatives are nan where they do not exist.
    value_error, gradient_error, hessian_error
        First-order bounds in absolute terms.
    """

    value: mpf
    gradient: list[mpf]
    hessian: list[list[mpf]]
    value_error: float
    gradient_error: np.ndarray
    hessian_error: np.ndarray

    @property
    def has_derivatives(self) -> bool:
        return not any(mp.isnan(x) for x in [*self.gradient, *(h for row in self.hessian for h in row)])


@dataclass(frozen=True)
class TextFunction:
    """A function of ``d`` variables as its text says it."""

    text: str
    variables: tuple[str, ...]
    parameters: tuple[tuple[str, Fraction], ...] = ()

    @classmethod
    def of(cls, text: str, variables: Sequence[str], parameters: Mapping[str, float] | None = None) -> TextFunction:
        values = tuple((name, Fraction(str(value))) for name, value in (parameters or {}).items())
        return cls(" ".join(text.split()), tuple(variables), values)

    @cached_property
    def tree(self) -> ast.expr:
        return ast.parse(self.text, mode="eval").body

    @cached_property
    def literals(self) -> dict[ast.expr, Fraction]:
        """The number that each literal spells."""
        nodes = [node for node in ast.walk(self.tree) if isinstance(node, ast.Constant)]
        return {node: Fraction(ast.get_source_segment(self.text, node).replace("_", "")) for node in nodes}

    @cached_property
    def exponents(self) -> dict[ast.expr, Fraction | None]:
        """The exponent of each power, where it is a rational number."""
        return {n: self.rational(n.right) for n in ast.walk(self.tree) if isinstance(n, ast.BinOp)}

    @property
    def dimensions(self) -> int:
        return len(self.variables)

    def at(self, point: Sequence[float | mpf]) -> Truth:
        """All there is to know at one point.

        Raises
        ------
        Undefined
            A part of the text has no value there.
        Ambiguous
            50 digits do not tell.
        """
        d = self.dimensions
        with mp.workdps(DIGITS):
            jet = self._walk(Digits, point, derivatives=True)
            zero = _real(0)
            g = [zero if type(x) is int else x for x in jet.gradient]
            h = [[jet.hessian[min(i, j), max(i, j)] for j in range(d)] for i in range(d)]
            h = [[zero if type(x) is int else x for x in row] for row in h]
            u = 2.0**-53
            return Truth(
                jet.value.v,
                [x.v for x in g],
                [[x.v for x in row] for row in h],
                u * jet.value.e,
                u * np.array([x.e for x in g]),
                u * np.array([[x.e for x in row] for row in h]),
            )

    def value_at(self, point: Sequence[float | mpf]) -> mpf:
        """The value alone; raises as :meth:`at` does."""
        with mp.workdps(DIGITS):
            return self._walk(Digits, point, derivatives=False).value.v

    def defined_at(self, point: Sequence[float | mpf]) -> bool | None:
        """Whether the text has a value; none if that is ambiguous."""
        try:
            self.value_at(point)
        except Undefined:
            return False
        except Ambiguous:
            return None
        return True

    def values(self, points: np.ndarray) -> np.ndarray:
        """Values in doubles at ``(n, d)`` points; nan where undefined, inf where too large."""
        with np.errstate(all="ignore"):
            value = self._walk(Doubles, points.T, derivatives=False).value
        return np.broadcast_to(np.asarray(value, dtype=float), len(points)).copy()

    def jets(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Values ``(n,)``, gradients ``(n, d)`` and Hessians ``(n, d, d)`` in doubles at ``(n, d)`` points."""
        n, d = points.shape
        with np.errstate(all="ignore"):
            jet = self._walk(Doubles, points.T, derivatives=True)
        value, gradient, hessian = np.empty(n), np.empty((n, d)), np.empty((n, d, d))
        value[:] = jet.value
        for i in range(d):
            gradient[:, i] = jet.gradient[i]
            for j in range(d):
                hessian[:, i, j] = jet.hessian[min(i, j), max(i, j)]
        gradient[np.isnan(value)] = np.nan
        hessian[np.isnan(value)] = np.nan
        return value, gradient, hessian

    def _walk(self, field: Any, point: Sequence[Any], *, derivatives: bool) -> Jet:
        d = self.dimensions if derivatives else 0
        pairs = [(i, j) for i in range(d) for j in range(i, d)]
        names = {}
        for k, name in enumerate(self.variables):
            gradient = [field.number(1) if i == k else 0 for i in range(d)]
            names[name] = Jet(field.coordinate(point[k]), gradient, dict.fromkeys(pairs, 0))

        def constant(value: Any) -> Jet:
            return Jet(value, [0] * d, dict.fromkeys(pairs, 0))

        for name, q in self.parameters:
            names[name] = constant(field.number(q))
        for name, value in (("pi", field.pi), ("e", field.e)):
            names.setdefault(name, constant(value()))
        return self._jet(self.tree, field, names, constant)

    def _jet(self, node: ast.expr, field: Any, names: Mapping[str, Jet], constant: Callable[[Any], Jet]) -> Jet:
        def walk(part: ast.expr) -> Jet:
            return self._jet(part, field, names, constant)

        match node:
            case ast.Constant():
                return constant(field.number(self.literals[node]))
            case ast.Name(id=name):
                return names[name]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -walk(operand)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return walk(operand)
            case ast.Call(func=ast.Name(id=name), args=[argument]):
                return apply(field, name, walk(argument))
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return walk(left) + walk(right)
            case ast.BinOp(left=left, op=ast.Sub(), right=right):
                return walk(left) - walk(right)
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                return walk(left) * walk(right)
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return _quotient(field, walk(left), walk(right))
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                n = self.exponents[node]
                base = walk(left)
                if n is not None:
                    return _rational_power(field, base, n)
                varies = any(isinstance(part, ast.Name) and part.id in self.variables for part in ast.walk(right))
                return field.general_power(base, walk(right), varies=varies)
        raise ValueError(ast.dump(node))

    def rational(self, node: ast.expr) -> Fraction | None:
        """The number that a part without variables and functions spells exactly; none for any other part."""
        match node:
            case ast.Constant():
                return self.literals[node]
            case ast.Name(id=name):
                return dict(self.parameters).get(name)
            case ast.UnaryOp(op=op, operand=operand):
                inner = self.rational(operand)
                return inner if inner is None or isinstance(op, ast.UAdd) else -inner
            case ast.Call(func=ast.Name(id="sqrt"), args=[argument]):
                inner = self.rational(argument)
                if inner is None or inner < 0:
                    return None
                root = Fraction(math.isqrt(inner.numerator), math.isqrt(inner.denominator))
                return root if root * root == inner else None
            case ast.BinOp(left=left, op=op, right=right):
                a, b = self.rational(left), self.rational(right)
                if a is None or b is None:
                    return None
                match op:
                    case ast.Add():
                        return a + b
                    case ast.Sub():
                        return a - b
                    case ast.Mult():
                        return a * b
                    case ast.Div():
                        return a / b if b else None
                    case ast.Pow() if b.denominator == 1 and abs(b) < 200 and (a or b >= 0):
                        return a ** int(b)
        return None


def _quotient(field: Any, a: Jet, b: Jet) -> Jet:
    q = field.divide(a.value, b.value)
    if b.is_constant:
        return a.composed(q, 1 / b.value, 0)
    slope = field.divide(field.number(1), b.value)
    inverse = b.composed(slope, -(slope * slope), 2 * (slope * (slope * slope)))
    found = a * inverse
    found.value = q
    return found


def _rational_power(field: Any, u: Jet, n: Fraction) -> Jet:
    value = field.must(field.power(u.value, n))
    if not u.gradient or u.is_constant:
        return u.composed(value, 0, 0)
    first = field.power(u.value, n - 1) * field.number(n) if n != 0 else 0
    second = field.power(u.value, n - 2) * field.number(n * (n - 1)) if n not in (0, 1) else 0
    return u.composed(value, first, second)


def newton(
    f: TextFunction, start: Sequence[float], free: Sequence[int] | None = None, *, reach: Sequence[float] | None = None
) -> list[mpf]:
    """A zero of the gradient along the free coordinates, to 44 digits, by Newton's method at 50; else an empty list.

    ``reach`` is how far from the start it may go, for each coordinate.

    Raises
    ------
    Undefined, Ambiguous
        Where the method arrives where the function is not defined.
    """
    free = list(range(len(start))) if free is None else list(free)
    with mp.workdps(DIGITS):
        x = [mpf(v) for v in start]
        for _ in range(40):
            t = f.at(x)
            g = mpmath.matrix([t.gradient[i] for i in free])
            h = mpmath.matrix([[t.hessian[i][j] for j in free] for i in free])
            if any(mp.isnan(v) for v in [*g, *h]):
                return []
            try:
                step = mp.lu_solve(h, g)
            except (ZeroDivisionError, ValueError):
                return []
            for k, i in enumerate(free):
                x[i] -= step[k]
            if reach is not None and any(abs(v - w) > r for v, w, r in zip(x, start, reach, strict=True)):
                return []
            if all(abs(step[k]) <= mpf(10) ** -44 * (abs(x[i]) + mpf(10) ** -250) for k, i in enumerate(free)):
                return x
            lost = 2.0**53 * 10.0 ** (2 - DIGITS) * t.gradient_error
            if all(abs(g[k]) <= max(mpf(10) ** -300, mpf(float(lost[i]))) for k, i in enumerate(free)):
                return x
    return []


def eigenvalues(hessian: Sequence[Sequence[mpf]], free: Sequence[int] | None = None) -> list[mpf]:
    """The eigenvalues, ascending, of the rows and columns that are free; to 50 digits where scales are 1e500 apart."""
    free = range(len(hessian)) if free is None else free
    if not len(free):
        return []
    with mp.workdps(DIGITS + 500):
        a = mpmath.matrix([[hessian[i][j] for j in free] for i in free])
        return sorted(mp.eigsy(a, eigvals_only=True))
