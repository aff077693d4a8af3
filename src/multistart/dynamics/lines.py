"""A rule's lines run on numbers of any kind: doubles, or :class:`Dual`, which carry their derivatives.

One walk over the lines' syntax serves the map, its Jacobian and the proof: only the numbers differ. Nothing is
executed as text.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from multistart.methods.arithmetic import SHIFT

_BINARY = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.BitAnd: operator.and_, ast.BitOr: operator.or_,
}  # fmt: skip
_COMPARISONS = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}  # fmt: skip


def run(lines: Sequence[str], given: Mapping[str, Any]) -> dict[str, Any]:
    """What names hold after the lines, from what they held before.

    >>> run(["x = fma(-rate, g, x)"], {"x": np.array([[3.0]]), "g": np.array([[1.0]]), "rate": 0.5})["x"]
    array([[2.5]])
    """
    held = dict(given)
    for name, value in _parsed(tuple(lines)):
        held[name] = _value(value, held)
    return held


@lru_cache(maxsize=256)
def _parsed(lines: tuple[str, ...]) -> tuple[tuple[str, ast.expr], ...]:
    trees = [ast.parse(line).body[0] for line in lines]
    return tuple((ast.unparse(tree.targets[0]), tree.value) for tree in trees if isinstance(tree, ast.Assign))


def _value(node: ast.expr, held: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return held[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, held)
        case ast.BinOp(left=left, op=ast.Add(), right=ast.Constant(value=value)) if value == SHIFT:
            return _plain(_value(left, held)) + SHIFT  # rounds to a whole number, which has no slope
        case ast.BinOp(left=left, op=op, right=right):
            return _BINARY[type(op)](_value(left, held), _value(right, held))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _COMPARISONS[type(op)](_plain(_value(left, held)), _plain(_value(right, held)))
        case ast.Call(func=ast.Name(id=function), args=arguments):
            return FUNCTIONS[function](*(_value(argument, held) for argument in arguments))
    raise AssertionError(f"not of a rule's lines: {ast.dump(node)}")


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Dual) else value


@dataclass(frozen=True, eq=False)
class Dual:
    """Numbers of shape ``(n, m)`` with their derivatives by ``w`` others, shape ``(n, m, w)``."""

    value: Any
    slope: Any
    __array_ufunc__ = None  # so that NumPy leaves an array times this to __rmul__

    def __add__(self, other: Any) -> Dual:
        if isinstance(other, Dual):
            return Dual(self.value + other.value, self.slope + other.slope)
        return Dual(self.value + other, self.slope)

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.slope)

    def __sub__(self, other: Any) -> Dual:
        return self + (-other)

    def __rsub__(self, other: Any) -> Dual:
        return (-self) + other

    def __mul__(self, other: Any) -> Dual:
        if isinstance(other, Dual):
            return Dual(self.value * other.value, self.slope * _each(other.value) + other.slope * _each(self.value))
        return Dual(self.value * other, self.slope * _each(other))

    def __truediv__(self, other: Any) -> Dual:
        if isinstance(other, Dual):
            ratio = self.value / other.value
            return Dual(ratio, (self.slope - other.slope * _each(ratio)) / _each(other.value))
        return Dual(self.value / other, self.slope / _each(other))

    def __rtruediv__(self, other: Any) -> Dual:
        ratio = other / self.value
        return Dual(ratio, -self.slope * _each(ratio / self.value))

    __radd__, __rmul__ = __add__, __mul__


def _each(value: Any) -> Any:
    """A number beside each of its derivatives."""
    return value[..., None] if np.ndim(value) else value


def _of(function: Callable[[Any], Any], slope: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    """A function of doubles or of duals; ``slope(argument, result)`` is its derivative."""

    def composed(a: Any) -> Any:
        if not isinstance(a, Dual):
            return function(a)
        result = function(a.value)
        return Dual(result, a.slope * _each(slope(a.value, result)))

    return composed


def _select(condition: Any, yes: Any, no: Any) -> Any:
    if not isinstance(yes, Dual) and not isinstance(no, Dual):
        return np.where(condition, yes, no)
    value = np.where(condition, _plain(yes), _plain(no))
    slope = np.where(_each(np.asarray(condition)), getattr(yes, "slope", 0.0), getattr(no, "slope", 0.0))
    return Dual(value, slope)


_sqrt, _exp, _log = (
    _of(np.sqrt, lambda _, root: 0.5 / root),
    _of(np.exp, lambda _, result: result),
    _of(np.log, lambda a, _: 1.0 / a),
)


def norm(a: Any) -> Any:
    """The Euclidean norm of each row, shape ``(n, d) -> (n, 1)``."""
    if isinstance(a, Dual):
        square = a * a
        return _sqrt(Dual(square.value.sum(axis=1, keepdims=True), square.slope.sum(axis=1, keepdims=True)))
    return np.sqrt((a * a).sum(axis=1, keepdims=True))


#: The functions of :data:`multistart.methods.rule.FUNCTIONS`; where a formula has a kink, the slope is one side's.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": _of(np.abs, lambda a, _: np.sign(a)),
    "sqrt": _sqrt,
    "exp": _exp,
    "log": _log,
    "sin": _of(np.sin, lambda a, _: np.cos(a)),
    "cos": _of(np.cos, lambda a, _: -np.sin(a)),
    "tanh": _of(np.tanh, lambda _, result: 1.0 - result * result),
    "pow": lambda a, b: _exp(b * _log(a)),
    "fma": lambda a, b, c: a * b + c,
    "select": _select,
    "smaller": lambda a, b: _select(_plain(a) < _plain(b), a, b),
}
