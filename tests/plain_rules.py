"""A rule's lines run by Python itself, all coordinates at once, and a rule's text run by Python's own arithmetic.

The first are the lines that would be compiled, the second knows nothing of how they were made: no fused operation, no
line in another place.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from multistart.methods import Method

Gradient = Callable[[np.ndarray], np.ndarray]


@cache
def expression(text: str) -> types.CodeType:
    """The right side of a line of the package's own, or of a test's hand, to be evaluated many times."""
    return compile(text, "<line>", "eval")


def exact_fma(a: float, b: float, c: float) -> float:
    """``a*b + c`` rounded once."""
    try:
        k, p = float(a).as_integer_ratio()
        m, q = float(b).as_integer_ratio()
        n, r = float(c).as_integer_ratio()
    except (OverflowError, ValueError):  # of what is not finite
        return float(np.float64(a) * np.float64(b) + np.float64(c))
    exact = k * m * r + n * p * q  # over p*q*r, a power of two
    if exact == 0:
        return float(np.float64(a) * np.float64(b) + np.float64(c))  # with the sign that IEEE 754 gives it
    try:
        return exact / (p * q * r)  # a quotient of integers is rounded once
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


FUNCTIONS: dict[str, Any] = {
    "fma": np.vectorize(exact_fma, otypes=[np.float64]),
    "select": np.where,
    "smaller": lambda a, b: np.where(a < b, a, b),
    "abs": np.abs, "sqrt": np.sqrt, "exp": np.exp, "log": np.log, "sin": np.sin, "cos": np.cos, "tanh": np.tanh,
}  # fmt: skip
#: The functions of the language, as its text has them.
OF_THE_TEXT: dict[str, Any] = {
    **FUNCTIONS, "where": np.where, "sign": np.sign, "floor": np.floor, "pow": np.power, "pi": math.pi,
    "min": lambda *a: np.minimum.reduce(np.broadcast_arrays(*a)),
    "max": lambda *a: np.maximum.reduce(np.broadcast_arrays(*a)),
}  # fmt: skip


def norm_of(g: np.ndarray) -> float:
    """The Euclidean norm in the kernel's order of operations."""
    with np.errstate(all="ignore"):
        square = g[0] * g[0]
        for component in g[1:]:
            square = exact_fma(component, component, square)
        return float(np.sqrt(square))


def run_lines(method: Method, gradient: Gradient, start: Any, *, beyond: int = 0) -> Iterator[dict[str, Any]]:
    """What names hold after each update, by the lines of the kernel; of some beyond the step limit too."""
    rule, x = method.rule, np.array(start, dtype=np.float64)
    numbers = method.in_kernel(len(x))
    held: dict[str, Any] = {"x": x, "N": numbers[0]}
    at = 1
    for h in rule.hyperparameters:
        n = len(x) if h.per_coordinate else 1
        held[h.name] = numbers[at : at + n] if h.per_coordinate else numbers[at]
        at += n
    first, at = rule.first_state(1, len(x), method.numbers)[0], 0
    for s in rule.state:
        n = 1 if s.shared else len(x)
        held[s.name] = first[at] if s.shared else first[at : at + n]
        at += n
    for t in range(method.max_steps + beyond):
        g = gradient(held["x"])
        held |= {"g": g, "t": np.float64(t), "gnorm": np.float64(norm_of(g))}
        with np.errstate(all="ignore"):
            for line in (*rule.each_step, *rule.update):
                name, _, value = line.partition(" = ")
                held[name] = eval(expression(value), {"__builtins__": {}}, FUNCTIONS | held)
        yield dict(held)


def descent(method: Method, gradient: Gradient, start: Any, arena: Any = None) -> tuple[list[np.ndarray], str]:
    """The points of a descent and its ending, as the stopping rule is said, an update at a time."""
    points, path = [np.array(start)], run_lines(method, gradient, start, beyond=1)  # rest is of the next update
    rate_name, tolerance = method.rule.rate, method.gradient_tolerance or -1.0
    while True:
        x, after = points[-1], next(path)
        g = gradient(x)
        if not np.isfinite(x).all():
            return points, "nonfinite"
        if arena is not None and not ((arena.low <= x) & (x <= arena.high)).all():
            return points, "left_arena"
        if not np.isfinite(g).all():
            return points, "nonfinite"
        if norm_of(g) <= tolerance:
            rest = method.rule.rest
            if rest == "step":
                rate = after[rate_name]
                still = (rate > 0) and (np.abs(after["x"] - x) <= rate * tolerance).all()
            else:
                still = rest != "step"
            if still:
                return points, "visited" if rest == "never" else "converged"
        if len(points) > method.max_steps:
            return points, "step_limit"
        points.append(after["x"])


def run_text(
    lines: tuple[str, ...], gradient: Gradient, start: Any, steps: int, **given: Any
) -> Iterator[dict[str, Any]]:
    """What names hold after each update, by the text, made of a test's own hand."""
    held: dict[str, Any] = {"N": float(steps), **given, "x": np.array(start, dtype=np.float64)}
    for t in range(steps):
        g = gradient(held["x"])
        held |= {"g": g, "t": float(t), "gnorm": np.sqrt(np.sum(g * g))}
        with np.errstate(all="ignore"):
            for line in lines:
                name, _, value = line.partition(" = ")
                value = value.replace(" and ", " & ")
                held[name] = eval(expression(value), {"__builtins__": {}}, OF_THE_TEXT | held)
        yield dict(held)
