"""The text of a kernel: SymPy differentiates, :mod:`.formulas` writes lines, a template loops.

What keeps the loop vectorised, each point measured: functions return tuples (a list allocates); everything
called inside is ``forceinline`` (the inliner gives up after the second exponential); ``error_model="numpy"``
(a checked division is an early exit); coordinates stand in the rows of one array (several arrays need more
overlap checks than LLVM makes); stopping is a select, never a branch.

What makes it fast: a row is taken through several updates at once, in registers, and only then is asked whether
it was allowed to. The question is a cautious one, so it may say no to a row that need not stop; such a row is
put back and walked update by update under the exact stopping rule. So every update and every stop is that of
the rule, whatever the neighbours do, and the bits of a row do not depend on the block it stood in.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import Template

import sympy

from multistart import vectormath
from multistart.kernels.formulas import Lines
from multistart.objectives import Objective

BLOCK = 256  # rows; d + 1 arrays of 2 KiB stay in the first-level cache up to about d = 12
CHUNK = 16  # updates between two looks at which rows have stopped
WORK = 160  # multiplications in one pass over a row, which is unrolled to reach it


@dataclass(frozen=True)
class Source:
    """The text of a kernel module.

    Attributes
    ----------
    text
        Python source.
    dimensions
        Coordinates ``d``.
    passes
        Passes over a block between two looks at it; any number gives the same bits.
    platform_dependent
        Functions taken from the platform's libm, whose last bits differ from machine to machine; sorted.
    """

    text: str
    dimensions: int
    passes: int
    platform_dependent: tuple[str, ...]


def write(objective: Objective) -> Source:
    """Return the source of the kernel of an objective under gradient descent.

    Coordinates are renamed v0, v1, ..., so that the text, and with it the compiled code, is the same for
    the same formula in other letters. Where the formula has a logarithm, whose derivative is finite where
    the logarithm is not, the descent watches its argument.
    """
    d = objective.dimensions
    renamed = dict(zip(objective.symbols, sympy.symbols(f"v:{d}"), strict=True))
    gradient = [e.xreplace(renamed) for e in objective.gradient_expressions]
    guards = sorted({log.args[0] for log in objective.expression.atoms(sympy.log)}, key=sympy.default_sort_key)
    pairs = [(i, j) for i in range(d) for j in range(i, d) if objective.hessian_expressions[i][j] != 0]
    hessian = [objective.hessian_expressions[i][j].xreplace(renamed) for i, j in pairs]
    slope, everything = Lines(), Lines()
    slopes = slope.compute([*gradient, *(g.xreplace(renamed) for g in guards)])
    values = everything.compute([objective.expression.xreplace(renamed), *gradient, *hessian])
    functions = {"fma", "select"} | slope.functions | everything.functions
    unroll = max(n for n in (1, 2, 4, 8) if n == 1 or n * slope.work <= WORK)
    text = _MODULE.substitute(
        _fields(d, len(guards), unroll),
        imports=_imports(functions),
        gradient="\n    ".join([*slope.text, f"return ({', '.join(slopes)},)"]),
        everything="\n        ".join([*everything.text, *_stores(d, pairs, values)]),
    )
    return Source(text, d, max(1, CHUNK // unroll), tuple(sorted(functions - vectormath.NAMES - {"fma", "select"})))


def _imports(functions: set[str]) -> str:
    own = sorted(functions & vectormath.NAMES)
    foreign = sorted(functions - vectormath.NAMES - {"fma", "select"})
    lines = [f"from multistart.vectormath import {', '.join(own)}"] if own else []
    lines += [f"from math import {', '.join(foreign)}"] if foreign else []
    return "\n".join(lines)


def _stores(d: int, pairs: list[tuple[int, int]], values: list[str]) -> list[str]:
    lines = [f"value[i] = {values[0]}"]
    lines += [f"gradient_[i, {j}] = {values[1 + j]}" for j in range(d)]
    for (row, column), operand in zip(pairs, values[1 + d :], strict=True):
        lines.append(f"hessian[i, {row}, {column}] = {operand}")
        if row != column:
            lines.append(f"hessian[i, {column}, {row}] = {operand}")
    return lines


def _fields(d: int, guards: int, unroll: int) -> dict[str, str | int]:
    """What the template needs for ``d`` coordinates: unrolled lists of names and lines."""
    v = [f"v{j}" for j in range(d)]
    g = [f"g{j}" for j in range(d)]
    u = [f"u{j}" for j in range(guards)]
    square = f"{g[0]} * {g[0]}"
    for x in g[1:]:
        square = f"fma({x}, {x}, {square})" if d <= 16 else f"{square} + {x} * {x}"
    slopes = f"{', '.join([*g, *u])}{',' * (d + guards == 1)} = gradient({', '.join(v)})"
    move = "; ".join(f"v{j} = fma(-rate, g{j}, v{j})" for j in range(d))
    ask = f"go = go & within({square}, first, allowed){''.join(f' & ({x} > 0.0)' for x in u)}"
    room = ["room = np.inf"]
    for j in range(d):
        room += [f"room = select({x} < room, {x}, room)" for x in (f"(w{j} - low{j})", f"(high{j} - w{j})")]
    return {
        "D": d,
        "BLOCK": BLOCK,
        "UNROLL": unroll,
        "v": ", ".join(v),
        "gu": ", ".join([*g, *u]) + "," * (d + guards == 1),
        "load": "; ".join(f"v{j} = w{j} = block[{j}, i]" for j in range(d)),
        "bounds": "; ".join(f"low{j} = low[{j}]; high{j} = high[{j}]" for j in range(d)),
        "square": square,
        "updates": "\n        ".join([slopes, ask, move] * unroll),
        "free_updates": "\n        ".join([slopes, move] * unroll),
        "stays_finite": " & ".join(f"(abs(v{j}) < np.inf)" for j in range(d)),
        "may_be_free": "not np.isfinite(low).any() and not np.isfinite(high).any()" if not guards else "False",
        "steep": " and ".join(f"abs({x}) < np.inf" for x in g),
        "room": "\n        ".join(room),
        "store": "\n        ".join(f"block[{j}, i] = select(go, v{j}, w{j})" for j in range(d)),
        "inside": " and ".join(f"low{j} <= v{j} <= high{j}" for j in range(d)),
        "guarded": "".join(f" and {x} > 0.0" for x in u),
        "point": "; ".join(f"v{j} = point[{j}]" for j in range(d)),
        "finite": " and ".join(f"abs(v{j}) < np.inf" for j in range(d)),
        "scale": "max(" + ", ".join([*(f"abs({x})" for x in g), "0.0"]) + ")",
        "scaled": " + ".join(f"({x} / scale) * ({x} / scale)" for x in g),
        "move": "; ".join(f"point[{j}] = fma(-rate, g{j}, v{j})" for j in range(d)),
        "row": "; ".join(f"v{j} = points[i, {j}]" for j in range(d)),
    }


_MODULE = Template('''"""A compiled descent, generated from an objective; the folder is named by the hash of this."""

import math

import numpy as np
from numba import njit

from multistart.kernels.bounds import first_above, span, within
from multistart.vectormath.ieee import fma, select
$imports


@njit(error_model="numpy", forceinline=True)
def gradient($v):
    $gradient


@njit(error_model="numpy", forceinline=True)
def advance(block, m, rate, last, first, scope, low, high):
    """$UNROLL updates of the first m rows of a block; a row that may have to stop before stays where it is."""
    $bounds
    for i in range(m):
        $load
        taken = block[$D, i]
        go = taken <= last
        $room
        reach = room * scope
        reach = select(reach > 1e-140, reach, 0.0)
        allowed = span(first, reach * reach)
        $updates
        $store
        block[$D, i] = select(go, taken + $UNROLL.0, taken)


@njit(error_model="numpy", forceinline=True)
def advance_freely(block, m, rate, last):
    """The same where there is neither tolerance nor arena."""
    for i in range(m):
        $load
        taken = block[$D, i]
        go = taken <= last
        $free_updates
        go = go & $stays_finite
        $store
        block[$D, i] = select(go, taken + $UNROLL.0, taken)


@njit(error_model="numpy", nogil=True)
def advance_often(passes, block, m, rate, last, first, scope, low, high):
    for _ in range(passes):
        advance(block, m, rate, last, first, scope, low, high)


@njit(error_model="numpy", nogil=True)
def advance_often_freely(passes, block, m, rate, last):
    for _ in range(passes):
        advance_freely(block, m, rate, last)


@njit(error_model="numpy", nogil=True)
def trapped(point, balls):
    """Whether a point lies in one of the balls, each a row of centre and radius."""
    for b in range(balls.shape[0]):
        distance2 = 0.0
        for j in range($D):
            distance2 += (point[j] - balls[b, j]) * (point[j] - balls[b, j])
        if distance2 <= balls[b, $D] * balls[b, $D]:
            return True
    return False


@njit(error_model="numpy", nogil=True)
def walk(point, taken, due, rate, limit, tolerance2, low, high, balls):
    """Single updates under the exact stopping rule: (code, gradient norm, taken); code -1 if not stopped when due."""
    $bounds
    while True:
        $point
        $gu = gradient($v)
        square = $square
        code = -1
        if not ($finite):
            code = 4
        elif not ($inside):
            code = 3
        elif not ($steep$guarded):
            code = 4
        elif trapped(point, balls):
            code = 1
        elif square <= tolerance2:
            code = 0
        elif taken >= limit:
            code = 2
        if code >= 0 or taken >= due:
            break
        $move
        taken += 1.0
    norm = math.sqrt(square)
    if not (square > 0.0 and square < np.inf):
        scale = $scale
        if scale > 0.0 and scale < np.inf:
            norm = scale * math.sqrt($scaled)
    return code, norm, taken


@njit(error_model="numpy", nogil=True)
def next_to_look_at(taken, born, clock, limit, i, m):
    """The first row from i on that stands still or has had all its updates; m where there is none."""
    while i < m and taken[i] + born[i] == clock and taken[i] < limit:
        i += 1
    return i


@njit(
    "void(f8[:, ::1], f8[:, ::1], f8[::1], i8[::1], i1[::1], f8, f8, f8, f8[::1], f8[::1], i8, f8[:, ::1], u1[::1])",
    error_model="numpy", nogil=True, cache=True,
)
def descend_rows(start, end, norms, steps, ending, rate, limit, tolerance2, low, high, passes, balls, stop):
    """Descend from every row of start; stopped rows leave the block and waiting ones take their place.

    A ball keeps what has entered it, so looking now and then suffices: a row found inside, or stopped, is
    walked again from where it was last seen outside, and ends at its first point inside. The more balls
    there are, the rarer the looks.
    """
    n = start.shape[0]
    block = np.empty(($D + 1, $BLOCK))
    row = np.empty($BLOCK, np.int64)
    born = np.empty($BLOCK)  # the clock, which counts updates, when the row came in
    clock = 0.0
    outside = np.empty(($D + 1, $BLOCK))
    between = passes * $UNROLL.0 * (1 + balls.shape[0] // 8)
    point = np.empty($D)
    # No coordinate moves further in $UNROLL updates than 2 $UNROLL rate |g|, since rounding at most doubles an update.
    scope = 1.0 / (2.01 * $UNROLL.0 * rate)
    last = limit - $UNROLL.0
    if not (scope > 1e-100 and scope < 1e100):
        last = -1.0
    # No rule but the number of steps, and what is not finite stays so: nothing to ask on the way.
    free = tolerance2 < 0.0 and $may_be_free
    first = first_above(tolerance2)
    m = 0
    waiting = 0
    i = 0
    while True:
        # Row i is looked at; rows from m on are free.
        if balls.shape[0] == 0:
            i = next_to_look_at(block[$D], born, clock, limit, i, m)
        if i < m:
            point[:] = block[:$D, i]
            taken = block[$D, i]
            r = row[i]
            if balls.shape[0] > 0:
                if taken + born[i] == clock and taken < limit:
                    if taken - outside[$D, i] < between:
                        i += 1
                        continue
                    if not trapped(point, balls):
                        outside[:, i] = block[:, i]
                        i += 1
                        continue
                point[:] = outside[:$D, i]
                taken = outside[$D, i]
        elif i < $BLOCK and waiting < n:
            point[:] = start[waiting]
            taken = 0.0
            born[i] = clock
            r = waiting
            waiting += 1
        elif m > 0 and stop[0] == 0:
            if free:
                advance_often_freely(passes, block, m, rate, last)
            else:
                advance_often(passes, block, m, rate, last, first, scope, low, high)
            clock += passes * $UNROLL.0
            i = 0
            continue
        else:
            break
        code, norm, taken = walk(point, taken, clock - born[i], rate, limit, tolerance2, low, high, balls)
        if code < 0:
            block[:$D, i] = point
            block[$D, i] = taken
            outside[:, i] = block[:, i]
            row[i] = r
            i += 1
            m = max(m, i)
            continue
        end[r, :] = point
        norms[r] = norm
        steps[r] = int(taken)
        ending[r] = code
        if i < m:
            m -= 1
            block[:, i] = block[:, m]
            outside[:, i] = outside[:, m]
            born[i] = born[m]
            row[i] = row[m]


@njit("void(f8[:, ::1], f8[::1], f8[:, ::1], f8[:, :, ::1])", error_model="numpy", nogil=True, cache=True)
def evaluate(points, value, gradient_, hessian):
    """Value, gradient and Hessian at points; the Hessian comes as zeros."""
    for i in range(points.shape[0]):
        $row
        $everything
''')
