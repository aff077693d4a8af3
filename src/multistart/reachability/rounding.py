"""Trusted: how far what compiled code computes may be from the true derivatives on a box.

A running error analysis (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., section 3.3): the very text
that is compiled is run on numbers that carry an enclosure of the exact result and a bound of the computed one's error.

Trusted besides: that operations, roots and fused multiply-adds round to nearest, as IEEE 754 asks; and that elementary
functions of :mod:`multistart.kernels.vectormath` are within :data:`ULPS` of the truth, twice what is observed of them.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from flint import arb

from multistart.errors import InputError
from multistart.functions.objective import Objective
from multistart.kernels.source import write_parts
from multistart.proofs.balls import outward
from multistart.proofs.enclosures import ONE, ZERO, OutsideDomain
from multistart.reachability.jet import keys, written

UNIT = arb(2) ** -53
TINY = arb(2) ** -1074
LARGEST = arb(2) ** 1023
ULPS = 2  # of an elementary function, relative to 2^-52 of its value


def _square(x: arb) -> arb:
    """As a product: ``x**2`` of a ball around 0 is nan."""
    return x * x


#: Derivatives of the functions that a text may call, from the value of the argument.
DERIVATIVES: dict[str, Callable[[arb], arb]] = {
    "exp": lambda x: x.exp(),
    "log": lambda x: 1 / x,
    "log2": lambda x: 1 / (x * arb.const_log2()),
    "log10": lambda x: 1 / (x * arb.const_log10()),
    "sin": lambda x: x.cos(),
    "cos": lambda x: x.sin(),
    "tan": lambda x: 1 + _square(x.tan()),
    "asin": lambda x: 1 / (1 - x * x).sqrt(),
    "acos": lambda x: 1 / (1 - x * x).sqrt(),
    "atan": lambda x: 1 / (1 + x * x),
    "sinh": lambda x: x.cosh(),
    "cosh": lambda x: x.sinh(),
    "tanh": lambda x: 1 - _square(x.tanh()),
    "asinh": lambda x: 1 / (1 + x * x).sqrt(),
    "acosh": lambda x: 1 / (x * x - 1).sqrt(),
    "atanh": lambda x: 1 / (1 - x * x),
}
_VALUES: dict[str, Callable[[arb], arb]] = {
    "log2": lambda x: x.log() / arb.const_log2(),
    "log10": lambda x: x.log() / arb.const_log10(),
}


@dataclass(frozen=True)
class Rounded:
    """A number of a computation, for all points of a box: an enclosure of the exact one, a bound of its error."""

    exact: arb
    error: arb

    @property
    def computed(self) -> arb:
        """An enclosure of what is computed."""
        return self.exact + (-self.error).union(self.error)

    def __add__(self, other: Rounded) -> Rounded:
        return _rounded(self.exact + other.exact, self.error + other.error)

    def __sub__(self, other: Rounded) -> Rounded:
        return self + -other

    def __neg__(self) -> Rounded:
        return Rounded(-self.exact, self.error)

    def __mul__(self, other: Rounded) -> Rounded:
        exact = (self.exact * self.exact).nonnegative_part() if other is self else self.exact * other.exact
        return _rounded(exact, _of_product(self, other))

    def __truediv__(self, other: Rounded) -> Rounded:
        size = abs(other.exact).lower() - other.error
        if not size > ZERO:
            raise OutsideDomain
        quotient = self.exact / other.exact
        return _rounded(quotient, (self.error + _size(quotient) * other.error) / size)

    def __abs__(self) -> Rounded:
        return Rounded(abs(self.exact), self.error)

    def __gt__(self, other: Rounded) -> bool:
        """True where it is certain; there is no other answer."""
        if not self.exact - self.error > other.exact + other.error:
            raise OutsideDomain
        return True

    def __ge__(self, other: Rounded) -> bool:
        if not self.exact - self.error >= other.exact + other.error:
            raise OutsideDomain
        return True


def _size(a: arb) -> arb:
    return a.abs_upper()


def _rounded(exact: arb, error: arb) -> Rounded:
    """After one rounding to nearest of what is within ``error`` of the exact result, and no overflow."""
    error = _size(error)
    if not _size(exact) + error < LARGEST:
        raise OutsideDomain
    return Rounded(exact, _size(error + UNIT * (_size(exact) + error) + TINY))


def _of_product(a: Rounded, b: Rounded) -> arb:
    return _size(a.exact) * b.error + _size(b.exact) * a.error + a.error * b.error


def _fma(a: Rounded, b: Rounded, c: Rounded) -> Rounded:
    return _rounded(a.exact * b.exact + c.exact, _of_product(a, b) + c.error)


def _sqrt(a: Rounded) -> Rounded:
    """``|sqrt(a + e) - sqrt(a)|`` is at most ``e/sqrt(a)``, and at most ``sqrt(e)``."""
    low = a.exact - a.error
    if not low >= ZERO:
        raise OutsideDomain
    smaller = a.exact.lower()
    return _rounded(a.exact.sqrt(), a.error / smaller.sqrt() if smaller > ZERO else a.error.sqrt())


def _function(name: str) -> Callable[[Rounded], Rounded]:
    value, slope = _VALUES.get(name, lambda x: getattr(x, name)()), DERIVATIVES[name]

    def function(a: Rounded) -> Rounded:
        exact, computed = value(a.exact), value(a.computed)
        if not _size(computed) < LARGEST:
            raise OutsideDomain
        error = _size(slope(a.computed)) * a.error + ULPS * 2 * UNIT * _size(computed) + ULPS * TINY
        return Rounded(exact, _size(error))

    return function


def _number(value: float) -> Rounded:
    """A number of the text is the double nearest to an exact one, which need not be a double."""
    radius = _size(arb(value)) * 2 * UNIT + TINY
    return Rounded(arb(value) + (-radius).union(radius), radius)


class _Wrapped(ast.NodeTransformer):
    """Numbers of a text as ``number(...)``."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if not isinstance(node.value, float):
            return node
        return ast.Call(ast.Name("number", ast.Load()), [node], [])


class Rounding:
    """Bounds of what rounding does to the descent's gradient, and to the derivatives at the centres of sets.

    Raises
    ------
    InputError
        The text calls a function of which nothing is known, such as one of the platform's.
    """

    def __init__(self, objective: Objective) -> None:
        self._dimensions = objective.dimensions
        self._numbers = [_number(float(value)) for value in objective.numbers]
        source = write_parts(objective)
        if source.platform_dependent:
            names = ", ".join(source.platform_dependent)
            raise InputError(f"no share is proven of a formula with {names}: the platform's rounding is not known")
        self.jet_text = written(objective)
        self._gradient = _functions_of(source.text)["gradient"]
        self._jet = _functions_of(self.jet_text)["jet"]

    def gradient(self, box: Sequence[arb]) -> tuple[Sequence[Rounded], float]:
        """The components on a box, and the largest bound of their errors; infinite where nothing is known."""
        out = self._run(self._gradient, box, self._dimensions)
        return out, _largest(out)

    def jet(self, box: Sequence[arb]) -> tuple[float, float, float]:
        """The largest bounds of the errors of computed gradients, Hessians and third derivatives on a box."""
        d = self._dimensions
        sizes = [d, len(keys(d, 2)), len(keys(d, 3))]
        out = self._run(self._jet, box, sum(sizes))
        cuts = [0, sizes[0], sizes[0] + sizes[1], sum(sizes)]
        first, second, third = (_largest(out[a:b]) for a, b in itertools.pairwise(cuts))
        return first, second, third

    def _run(self, function: Callable[..., None], box: Sequence[arb], size: int) -> Sequence[Rounded]:
        """What a text computes on a box; nothing where it may be undefined, or not finite."""
        out: list[Any] = [None] * size
        try:
            function([Rounded(x, ZERO) for x in box], self._numbers, out)
        except OutsideDomain:
            return []
        return out if all(r.exact.is_finite() and r.error.is_finite() for r in out) else []


def _largest(numbers: Sequence[Rounded]) -> float:
    return max((outward(r.error)[1] for r in numbers), default=float("inf"))


def _functions_of(text: str) -> dict[str, Callable[..., None]]:
    """The functions of a text of parts, as Python's."""
    tree = ast.parse(text)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    for function in functions:
        function.decorator_list = []
    module = ast.fix_missing_locations(_Wrapped().visit(ast.Module([*functions], [])))
    names: dict[str, Any] = {name: _function(name) for name in DERIVATIVES}
    names |= {"fma": _fma, "sqrt": _sqrt, "number": _number, "abs": abs, "__builtins__": {}}
    names["math"] = SimpleNamespace(nan=arb.nan(), inf=ONE / ZERO)
    exec(compile(module, "<parts>", "exec"), names)  # the package's own text, as it is compiled
    return {function.name: names[function.name] for function in functions}
