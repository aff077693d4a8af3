"""Terms evaluated by NumPy, all coordinates or all steps at once: to check a schedule, and to test a rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from multistart.methods.arithmetic import Name, Number, Term
from multistart.methods.translation import Definition


def _fma(a: Any, b: Any, c: Any) -> Any:
    """``a*b + c``, off the kernel's by at most a last bit."""
    return np.float64(np.longdouble(a) * b + c) if np.ndim(a) + np.ndim(b) + np.ndim(c) == 0 else _long(a, b, c)


def _long(a: Any, b: Any, c: Any) -> Any:
    return (np.asarray(a, np.longdouble) * b + c).astype(np.float64)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "negative": np.negative, "fma": _fma,
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal, "!=": np.not_equal,
    "&": np.logical_and, "|": np.logical_or, "select": np.where, "abs": np.abs, "sqrt": np.sqrt, "exp": np.exp,
    "log": np.log, "sin": np.sin, "cos": np.cos, "tanh": np.tanh,
}  # fmt: skip


def assigned(definitions: Sequence[Definition], given: Mapping[str, Any]) -> dict[str, Any]:
    """What names hold after an update, from what they held before; numbers, or arrays of one shape.

    >>> from multistart.methods.arithmetic import multiply
    >>> assigned([(Name("x", 1), multiply(Number(2.0), Name("x")))], {"x": 3.0})["x"]
    np.float64(6.0)
    """
    values: dict[Name, Any] = {
        Name(name): np.float64(value) if np.ndim(value) == 0 else value for name, value in given.items()
    }
    held: dict[str, Any] = dict(given)
    with np.errstate(all="ignore"):
        for name, term in definitions:
            held[name.base] = values[name] = _value(term, values)
    return held


def _value(term: Term, values: Mapping[Name, Any]) -> Any:
    match term:
        case Number(value):
            return np.float64(value)
        case Name():
            return values[term]
    return FUNCTIONS[term.function](*(_value(operand, values) for operand in term.operands))
