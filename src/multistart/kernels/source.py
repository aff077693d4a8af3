"""The text of a kernel: SymPy differentiates, :mod:`.formulas` writes lines, a template loops.

What keeps the loop vectorised, each point measured: functions return tuples (a list allocates); everything
called inside is ``forceinline`` (the inliner gives up after the second exponential); ``error_model="numpy"``
(a checked division is an early exit); coordinates stand in the rows of one array (several arrays need more
overlap checks than LLVM makes); stopping is a select, never a branch.

What makes it fast: a row is taken through several updates at once, in registers, and only then is asked whether
it was allowed to. The question is a cautious one, so it may say no to a row that need not stop; such a row is
put back and walked update by update under the exact stopping rule. So is a row whose arguments are so rare that
the functions for usual ones do not hold. So every update and every stop is that of the rule, whatever the
neighbours do, and the bits of a row do not depend on the block it stood in.

Also measured: short formulas take two rows side by side, since the eight updates of one are a chain; sums, minima
and selects go beside the products on ports of their own, comparisons do not, so margins are numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import sympy

from multistart.functions.conditions import NONNEGATIVE, NONZERO, POSITIVE, Condition
from multistart.functions.objective import Objective
from multistart.kernels import vectormath
from multistart.kernels.formulas import Lines
from multistart.kernels.template import MODULE

BLOCK = 256  # rows; d + 1 arrays of 2 KiB stay in the first-level cache up to about d = 12
CHUNK = 16  # updates between two looks at which rows have stopped
FREE = 64  # updates between two looks at whether to go on, where rows stop at the limit only
FEW = 64  # balls up to which it is faster to ask each than to search
WORK = 160  # multiplications in one pass over a row, which is unrolled to reach it
CYCLE = 16  # further updates in which a descent at rest in floating point comes back
_NUMBER = re.compile(r"(?<![\w.])(?:(?<=[(=])-|(?<=[(=,] )-|)\d+\.\d+(?:e[-+]?\d+)?")
#: Whether a condition holds; nan never does.
_HOLDS = {POSITIVE: "{} > 0.0", NONNEGATIVE: "{} >= 0.0", NONZERO: "abs({}) > 0.0"}
_LANES = (("a", "i"), ("b", "i + rows"))


@dataclass(frozen=True)
class Source:
    """The text of a kernel module.

    Attributes
    ----------
    text
        Python source.
    dimensions
        Coordinates ``d``.
    block
        Rows that are worked on together; any number gives the same bits.
    passes
        Passes over a block between two looks at it; any number gives the same bits.
    platform_dependent
        Functions taken from the platform's libm, whose last bits differ from machine to machine; sorted.
    """

    text: str
    dimensions: int
    block: int
    passes: int
    platform_dependent: tuple[str, ...]


def write(objective: Objective) -> Source:
    """Return the source of the kernel of an objective under gradient descent.

    Coordinates are renamed v0, v1, ..., so that the text, and with it the compiled code, is the same for
    the same formula in other letters. Where the gradient may be finite although the formula is not defined, as
    that of a logarithm is, the descent watches the conditions of its definition.
    """
    d = objective.dimensions
    renamed = dict(zip(objective.symbols, sympy.symbols(f"v:{d}"), strict=True))
    gradient = [e.xreplace(renamed) for e in objective.gradient_expressions]
    asked = [Condition(c.kind, c.part.xreplace(renamed)) for c in objective.conditions]
    guards = watched(asked, gradient)  # as renamed: in other letters SymPy may cancel more
    pairs = [(i, j) for i in range(d) for j in range(i, d) if objective.hessian_expressions[i][j] != 0]
    hessian = [objective.hessian_expressions[i][j].xreplace(renamed) for i, j in pairs]
    guarded = [*gradient, *(guard.part for guard in guards)]
    conditions = [condition.part for condition in asked]
    slope, usual, everything = Lines(), Lines(usual=True), Lines()
    slopes, usual_slopes = slope.compute(guarded), usual.compute(guarded)
    values = everything.compute([objective.expression.xreplace(renamed), *gradient, *hessian, *conditions])
    functions = slope.functions | usual.functions | everything.functions
    plain = slope.functions <= {"fma", "sqrt"}  # a function is a long chain of operations already
    unroll = max(n for n in (1, 2, 4, 8) if n == 1 or (plain and n * slope.work <= WORK))
    holds = [_HOLDS[guard.kind].format(x) for guard, x in zip(guards, usual_slopes[d:], strict=True)]
    margins = usual.margins + [f"select({each}, 1.0, -1.0)" for each in holds]
    usual_text = [*usual.text, *_least(margins), f"return {', '.join(usual_slopes[:d])}, margin"]
    numbers: list[str] = []
    if not plain:
        usual_text, numbers = _with_numbers_loaded(usual_text)
    text = MODULE.substitute(
        _fields(d, guards, unroll, bool(usual.margins)),
        imports=_imports(functions),
        gradient="\n    ".join([*slope.text, f"return ({', '.join(slopes)},)"]),
        usual_gradient="\n    ".join(usual_text),
        numbers=", ".join(numbers),
        everything="\n        ".join([*everything.text, *_stores(d, pairs, values, objective.conditions)]),
    )
    return Source(text, d, BLOCK, max(1, CHUNK // unroll), tuple(sorted(_foreign(functions))))


def _foreign(functions: set[str]) -> set[str]:
    return functions - vectormath.NAMES - {f"usual_{name}" for name in vectormath.USUAL} - {"fma"}


def _imports(functions: set[str]) -> str:
    foreign = sorted(_foreign(functions))
    own = sorted(functions - set(foreign) - {"fma"})
    lines = [f"from multistart.kernels.vectormath import {', '.join(own)}"] if own else []
    lines += [f"from math import {', '.join(foreign)}"] if foreign else []
    return "\n".join(lines)


def watched(conditions: Sequence[Condition], gradient: Sequence[sympy.Expr]) -> list[Condition]:
    """The conditions that a gradient does not show by being nan where they fail.

    A root or a logarithm of a negative number is nan, and so is all that is made of it; at 0 both are numbers, or
    infinite, of which a quotient makes a number again. The cosine of no double is 0, the sine of 0 is.
    """
    shown = {power.base for g in gradient for power in g.atoms(sympy.Pow) if power.exp.is_Rational and power.exp.q > 1}
    spelled = [sympy.expand(base) for base in shown]  # spelled in two ways, they may cancel: asin(1 - x) + acos(1 - x)
    shown = {base for base in shown if spelled.count(sympy.expand(base)) == 1}
    shown |= {log.args[0] for g in gradient for log in g.atoms(sympy.log)}
    return [
        c
        for c in conditions
        if not (c.kind == NONNEGATIVE and c.part in shown) and not (c.kind == NONZERO and isinstance(c.part, sympy.cos))
    ]


def _stores(d: int, pairs: list[tuple[int, int]], values: list[str], conditions: Sequence[Condition]) -> list[str]:
    """Lines that store value, gradient and Hessian, all nan where the function is not defined."""
    parts = values[1 + d + len(pairs) :]
    asked = " and ".join(_HOLDS[c.kind].format(part) for c, part in zip(conditions, parts, strict=True))
    lines = [f"defined = 0.0 if {asked} else math.nan"] if asked else []
    undefined = " + defined" if asked else ""
    lines += [f"value[i] = {values[0]}{undefined}"]
    lines += [f"gradient_[i, {j}] = {values[1 + j]}{undefined}" for j in range(d)]
    for (row, column), operand in zip(pairs, values[1 + d : 1 + d + len(pairs)], strict=True):
        lines.append(f"hessian[i, {row}, {column}] = {operand}{undefined}")
        if row != column:
            lines.append(f"hessian[i, {column}, {row}] = {operand}{undefined}")
    return lines


def _fields(d: int, guards: Sequence[Condition], unroll: int, conditional: bool) -> dict[str, str | int]:
    """What the template needs for ``d`` coordinates: unrolled lists of names and lines."""
    lanes = 2 if unroll == 8 else 1
    v = [f"v{j}" for j in range(d)]
    g = [f"g{j}" for j in range(d)]
    u = [f"u{j}" for j in range(len(guards))]
    free = [f"{', '.join(g)}, margin = usual_gradient({', '.join(v)})"]
    free += [f"block[{j}, i] = fma(-rate, g{j}, v{j})" for j in range(d)]
    free += [f"block[{d}, i] = smaller(margin, block[{d}, i])"] * conditional
    return {
        "D": d,
        "BLOCK": BLOCK,
        "WIDTH": -(-BLOCK // 8) * 8,  # so that rows can be taken two, and marks eight at a time
        "UNROLL": unroll,
        "FREE": FREE,
        "FEW": FEW,
        "CYCLE": CYCLE,
        "EPSILON": repr(2.0**-52),
        "distance2": "\n    ".join(f"distance2 += (v{j} - ball[{j}]) * (v{j} - ball[{j}])" for j in range(d)),
        "v": ", ".join(v),
        "gu": ", ".join([*g, *u]) + "," * (d + len(guards) == 1),
        "load": "; ".join(f"v{j} = block[{j}, i]" for j in range(d)),
        "load_middle": "; ".join(f"v{j} = history[middle, {j}, i]" for j in range(d)),
        "advance": "\n            ".join(_updates(d, unroll, lanes)),
        "rows": "m" if lanes == 1 else "(m + 1) // 2",
        "bounds": "; ".join(f"low{j} = low[{j}]; high{j} = high[{j}]" for j in range(d)),
        "square": _square(g),
        "free_update": "\n            ".join(free),
        "box": "; ".join(f"center{j} = center[{j}]; half{j} = half[{j}]" for j in range(d)),
        "may_be_free": "False" if guards else " and ".join(f"max(low[{j}], -high[{j}]) == -np.inf" for j in range(d)),
        "steep": " and ".join(f"abs({x}) < np.inf" for x in g),
        "inside": " and ".join(f"low{j} <= v{j} <= high{j}" for j in range(d)),
        "guarded": "".join(f" and {_HOLDS[guard.kind].format(x)}" for guard, x in zip(guards, u, strict=True)),
        "point": "; ".join(f"v{j} = point[{j}]" for j in range(d)),
        "finite": " and ".join(f"abs(v{j}) < np.inf" for j in range(d)),
        "scale": "max(" + ", ".join([*(f"abs({x})" for x in g), "0.0"]) + ")",
        "scaled": " + ".join(f"({x} / scale) * ({x} / scale)" for x in g),
        "largest": "max(" + ", ".join([*(f"abs({x})" for x in v), "0.0"]) + ")",
        "move_v": "; ".join(f"v{j} = fma(-rate, g{j}, v{j})" for j in range(d)),
        "near_point": " and ".join(f"abs(v{j} - point[{j}]) <= last_bits" for j in range(d)),
        "at_point": " and ".join(f"v{j} == point[{j}]" for j in range(d)),
        "move": "; ".join(f"point[{j}] = fma(-rate, g{j}, v{j})" for j in range(d)),
        "fill": "; ".join(f"block[{j}, i] = start[r, {j}]" for j in range(d)),
        "take": "; ".join(f"point[{j}] = block[{j}, i]" for j in range(d)),
        "give": "; ".join(f"end[r, {j}] = point[{j}]" for j in range(d)),
        "row": "; ".join(f"v{j} = points[i, {j}]" for j in range(d)),
    }


def _with_numbers_loaded(lines: list[str]) -> tuple[list[str], list[str]]:
    """Lines with names n0, n1, ... in place of the numbers, after a line that loads them; and the numbers."""
    text = "\n".join(lines)
    numbers = sorted(set(_NUMBER.findall(text)))
    if not numbers:
        return lines, []
    names = {number: f"n{i}" for i, number in enumerate(numbers)}
    lines = _NUMBER.sub(lambda match: names[match.group()], text).splitlines()
    return [f"({', '.join(names.values())},) = numbers()", *lines], numbers


def _square(g: list[str]) -> str:
    """The squared norm of a gradient, in the same operations wherever it is asked for."""
    square = f"{g[0]} * {g[0]}"
    for x in g[1:]:
        square = f"fma({x}, {x}, {square})" if len(g) <= 16 else f"{square} + {x} * {x}"
    return square


def _least(margins: list[str]) -> list[str]:
    """The least of the margins, any positive number where there are none."""
    first, *others = margins or ["1.0"]
    return [f"margin = {first}", *(f"margin = smaller({x}, margin)" for x in others)]


def _updates(d: int, unroll: int, lanes: int) -> list[str]:
    """The body of the loop under a stopping rule, for rows ``i`` and, with two lanes, ``i + rows`` side by side.

    Of the squared gradients the least is held against the tolerance, and the sum against the room there is.
    """
    lines = []
    for a, i in _LANES[:lanes]:
        lines += [f"v{j}{a} = w{j}{a} = block[{j}, {i}]" for j in range(d)]
        lines += [f"taken{a} = block[{d}, {i}]", f"margin{a} = last - taken{a}"]
        lines += [f"room{a} = half0 - abs(w0{a} - center0)"]
        lines += [f"room{a} = smaller(half{j} - abs(w{j}{a} - center{j}), room{a})" for j in range(1, d)]
        lines += [f"least{a} = np.inf", f"total{a} = 0.0"]
    for _ in range(unroll):
        for a, _i in _LANES[:lanes]:
            v, g = ([f"{name}{j}{a}" for j in range(d)] for name in "vg")
            lines += [f"{', '.join(g)}, margin = usual_gradient({', '.join(v)})", f"square = {_square(g)}"]
            lines += [f"margin{a} = smaller(margin, margin{a})"]
            lines += [f"least{a} = smaller(square, least{a})", f"total{a} = total{a} + square"]
            lines += [f"{x} = fma(-rate, {slope}, {x})" for x, slope in zip(v, g, strict=True)]
    for a, i in _LANES[:lanes]:
        lines += [f"reach{a} = smaller(-1e-140, -scope * room{a}) + 1e-140"]  # squares of less may vanish
        lines += [f"go{a} = (margin{a} >= 0.0) & (least{a} > tolerance2) & (total{a} < reach{a} * reach{a})"]
        lines += [f"block[{j}, {i}] = select(go{a}, v{j}{a}, w{j}{a})" for j in range(d)]
        lines += [f"block[{d}, {i}] = select(go{a}, taken{a} + {unroll}.0, taken{a})"]
    return lines
