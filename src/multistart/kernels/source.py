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
from dataclasses import dataclass
from string import Template

import sympy

from multistart import vectormath
from multistart.kernels.formulas import Lines
from multistart.objectives import Objective

BLOCK = 256  # rows; d + 1 arrays of 2 KiB stay in the first-level cache up to about d = 12
CHUNK = 16  # updates between two looks at which rows have stopped
FREE = 64  # updates between two looks at whether to go on, where rows stop at the limit only
FEW = 64  # balls up to which it is faster to ask each than to search
WORK = 160  # multiplications in one pass over a row, which is unrolled to reach it
_NUMBER = re.compile(r"(?<![\w.])(?:(?<=[(=])-|(?<=[(=,] )-|)\d+\.\d+(?:e[-+]?\d+)?")
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
    watched = [*gradient, *(g.xreplace(renamed) for g in guards)]
    slope, usual, everything = Lines(), Lines(usual=True), Lines()
    slopes, usual_slopes = slope.compute(watched), usual.compute(watched)
    values = everything.compute([objective.expression.xreplace(renamed), *gradient, *hessian])
    functions = slope.functions | usual.functions | everything.functions
    plain = slope.functions <= {"fma", "sqrt"}  # a function is a long chain of operations already
    unroll = max(n for n in (1, 2, 4, 8) if n == 1 or (plain and n * slope.work <= WORK))
    margins = usual.margins + [f"({x} - 1e-300)" for x in usual_slopes[d:]]
    usual_text = [*usual.text, *_least(margins), f"return {', '.join(usual_slopes[:d])}, margin"]
    numbers: list[str] = []
    if not plain:
        usual_text, numbers = _with_numbers_loaded(usual_text)
    text = _MODULE.substitute(
        _fields(d, len(guards), unroll, bool(usual.margins)),
        imports=_imports(functions),
        gradient="\n    ".join([*slope.text, f"return ({', '.join(slopes)},)"]),
        usual_gradient="\n    ".join(usual_text),
        numbers=", ".join(numbers),
        everything="\n        ".join([*everything.text, *_stores(d, pairs, values)]),
    )
    return Source(text, d, max(1, CHUNK // unroll), tuple(sorted(_foreign(functions))))


def _foreign(functions: set[str]) -> set[str]:
    return functions - vectormath.NAMES - {f"usual_{name}" for name in vectormath.USUAL} - {"fma"}


def _imports(functions: set[str]) -> str:
    foreign = sorted(_foreign(functions))
    own = sorted(functions - set(foreign) - {"fma"})
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


def _fields(d: int, guards: int, unroll: int, conditional: bool) -> dict[str, str | int]:
    """What the template needs for ``d`` coordinates: unrolled lists of names and lines."""
    lanes = 2 if unroll == 8 else 1
    v = [f"v{j}" for j in range(d)]
    g = [f"g{j}" for j in range(d)]
    u = [f"u{j}" for j in range(guards)]
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
        "distance2": "\n    ".join(f"distance2 += (v{j} - ball[{j}]) * (v{j} - ball[{j}])" for j in range(d)),
        "v": ", ".join(v),
        "gu": ", ".join([*g, *u]) + "," * (d + guards == 1),
        "load": "; ".join(f"v{j} = block[{j}, i]" for j in range(d)),
        "load_middle": "; ".join(f"v{j} = history[middle, {j}, i]" for j in range(d)),
        "advance": "\n            ".join(_updates(d, unroll, lanes)),
        "rows": "m" if lanes == 1 else "(m + 1) // 2",
        "bounds": "; ".join(f"low{j} = low[{j}]; high{j} = high[{j}]" for j in range(d)),
        "square": _square(g),
        "free_update": "\n            ".join(free),
        "box": "; ".join(f"center{j} = center[{j}]; half{j} = half[{j}]" for j in range(d)),
        "may_be_free": "not np.isfinite(low).any() and not np.isfinite(high).any()" if not guards else "False",
        "steep": " and ".join(f"abs({x}) < np.inf" for x in g),
        "inside": " and ".join(f"low{j} <= v{j} <= high{j}" for j in range(d)),
        "guarded": "".join(f" and {x} > 0.0" for x in u),
        "point": "; ".join(f"v{j} = point[{j}]" for j in range(d)),
        "finite": " and ".join(f"abs(v{j}) < np.inf" for j in range(d)),
        "scale": "max(" + ", ".join([*(f"abs({x})" for x in g), "0.0"]) + ")",
        "scaled": " + ".join(f"({x} / scale) * ({x} / scale)" for x in g),
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


_MODULE = Template('''"""A compiled descent, generated from an objective; the folder is named by the hash of this."""

import math

import numpy as np
from numba import njit

from multistart.vectormath.ieee import aligned_stack, fma, loaded, select, smaller
$imports

numbers = loaded($numbers)


@njit(error_model="numpy", forceinline=True)
def gradient($v):
    $gradient


@njit(error_model="numpy", forceinline=True)
def usual_gradient($v):
    $usual_gradient


@njit(error_model="numpy", nogil=True)
def advance(passes, block, m, rate, last, tolerance2, scope, center, half, history):
    """In each pass $UNROLL updates of the first m rows; a row that may have to stop before stays where it is."""
    aligned_stack()
    $box
    rows = $rows
    for p in range(passes):
        if history.shape[0] > 0:
            for j in range($D + 1):
                for i in range(m):
                    history[p, j, i] = block[j, i]
        for i in range(rows):
            $advance


@njit(error_model="numpy", nogil=True)
def advance_freely(passes, block, m, rate):
    """One update in each pass, whatever comes of it; the last row of the block keeps the least margin."""
    aligned_stack()
    for _ in range(passes):
        for i in range(m):
            $load
            $free_update


@njit(error_model="numpy", forceinline=True)
def inside($v, ball):
    """Whether a point lies in a ball, a row of centre and radius."""
    distance2 = 0.0
    $distance2
    return distance2 <= ball[$D] * ball[$D]


@njit(error_model="numpy", nogil=True)
def ball_around($v, balls, widest):
    """The ball that a point lies in, -1 if there is none; balls stand in the order of their first coordinates."""
    first, end = 0, balls.shape[0]
    while first < end:
        middle = (first + end) // 2
        if balls[middle, 0] < v0 - widest:
            first = middle + 1
        else:
            end = middle
    for b in range(first, balls.shape[0]):
        if balls[b, 0] > v0 + widest:
            break
        if inside($v, balls[b]):
            return b
    return -1


@njit(error_model="numpy", nogil=True)
def walk(point, taken, due, rate, limit, tolerance2, low, high, balls, widest):
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
        elif balls.shape[0] > 0 and ball_around($v, balls, widest) >= 0:
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
def mark_trapped(marked, block, balls, widest, m):
    """Mark the rows inside a ball as well: few balls are asked one after the other, each for all rows."""
    if balls.shape[0] > $FEW:
        for i in range(m):
            $load
            marked[i] = marked[i] or ball_around($v, balls, widest) >= 0
        return
    for b in range(balls.shape[0]):
        ball = balls[b]
        for i in range(m):
            $load
            marked[i] |= inside($v, ball)


@njit(error_model="numpy", nogil=True)
def rewind(block, i, history, ball):
    """Put a row back to where it was before it entered a ball, or to the first place known if it always was inside."""
    before, after = -1, history.shape[0]
    while after - before > 1:
        middle = (before + after) // 2
        $load_middle
        if inside($v, ball):
            after = middle
        else:
            before = middle
    before = max(before, 0)
    for j in range($D + 1):
        block[j, i] = history[before, j, i]


@njit(
    "void(f8[:, ::1], f8[:, ::1], f8[::1], i8[::1], i1[::1], f8, f8, f8, f8[::1], f8[::1], i8, f8[:, ::1], u1[::1])",
    error_model="numpy", nogil=True, cache=True,
)
def descend_rows(start, end, norms, steps, ending, rate, limit, tolerance2, low, high, passes, balls, stop):
    """Descend from every row of start.

    Stopped rows leave the block and waiting ones take their place. A ball keeps what has entered it, so looking now
    and then suffices: a row found inside goes back by bisection to the pass in which it entered, and is walked from
    there to its first point inside.
    """
    n, k = start.shape[0], balls.shape[0]
    block = np.empty(($D + 1, $WIDTH))
    point = np.empty($D)
    widest = balls[:, $D].max() if k > 0 else 0.0
    if tolerance2 < 0.0 and k == 0 and $may_be_free:
        # No rule but the number of steps, and what is not finite stays so: nothing to ask on the way.
        for top in range(0, n, $BLOCK):
            m = min($BLOCK, n - top)
            for i in range(m):
                r = top + i
                $fill
                block[$D, i] = 0.0
            left = int(limit)
            while left > 0 and stop[0] == 0:
                advance_freely(min(left, $FREE), block, m, rate)
                left -= $FREE
            if stop[0] != 0:
                break
            for i in range(m):
                r = top + i
                $take
                taken = limit
                $point
                if block[$D, i] < 0.0 or not ($finite):
                    point[:] = start[r]
                    taken = 0.0
                code, norms[r], taken = walk(point, taken, limit, rate, limit, tolerance2, low, high, balls, widest)
                $give
                steps[r] = int(taken)
                ending[r] = code
        return
    row = np.empty($BLOCK, np.int64)
    born = np.empty($BLOCK)  # the clock, which counts updates, when the row came in
    clock = 0.0
    marked = np.zeros($WIDTH, np.bool_)
    eight = marked.view(np.int64)
    history = np.empty((passes if k > 0 else 0, $D + 1, $WIDTH))
    # The arena around its centre, a little smaller for what is rounded.
    center, half = np.zeros($D), np.empty($D)
    for j in range($D):
        if np.isfinite(low[j]) and np.isfinite(high[j]):
            center[j] = 0.5 * low[j] + 0.5 * high[j]
        half[j] = (1.0 - 1e-15) * min(center[j] - low[j], high[j] - center[j]) - 1e-15 * abs(center[j])
    # k updates move a coordinate by rate (|g_1| + ... + |g_k|) at most, and that is below rate sqrt(k (g_1^2 + ...));
    # rounding at most doubles an update.
    scope = 1.0 / (2.01 * math.sqrt($UNROLL.0) * rate)
    last = limit - $UNROLL.0
    if not (scope > 1e-100 and scope < 1e100):
        last = -1.0
    m = 0
    waiting = 0
    while True:
        i = 0
        while i < m or (i < $BLOCK and waiting < n):
            if i < m:
                if eight[i // 8] == 0:
                    i = min(m, (i | 7) + 1)
                    continue
                if not marked[i]:
                    i += 1
                    continue
                near = balls
                if k > 0:
                    $load
                    b = ball_around($v, balls, widest)
                    if b >= 0:  # and in no other before, since none lets go of what it has
                        near = balls[b : b + 1]
                        rewind(block, i, history, balls[b])
                $take
                code, norm, taken = walk(
                    point, block[$D, i], clock - born[i], rate, limit, tolerance2, low, high, near, widest
                )
                if code < 0:
                    block[:$D, i] = point
                    block[$D, i] = taken
                    marked[i] = False
                    continue
                r = row[i]
                $give
                norms[r] = norm
                steps[r] = int(taken)
                ending[r] = code
                if waiting == n:
                    m -= 1
                    block[:, i] = block[:, m]
                    history[:, :, i] = history[:, :, m]
                    born[i] = born[m]
                    row[i] = row[m]
                    marked[i] = marked[m]
                    continue
            r = waiting
            $fill
            block[$D, i] = 0.0
            born[i] = clock
            row[i] = r
            $load
            marked[i] = not ($finite)
            waiting += 1
            m = max(m, i + 1)
        if m == 0 or stop[0] != 0:
            break
        advance(passes, block, m, rate, last, tolerance2, scope, center, half, history)
        clock += passes * $UNROLL.0
        for i in range(m):  # what stands still, or has had all its updates
            marked[i] = (block[$D, i] + born[i] != clock) | (block[$D, i] >= limit)
        if k > 0:
            mark_trapped(marked, block, balls, widest, m)


@njit("void(f8[:, ::1], f8[::1], f8[:, ::1], f8[:, :, ::1])", error_model="numpy", nogil=True, cache=True)
def evaluate(points, value, gradient_, hessian):
    """Value, gradient and Hessian at points; the Hessian comes as zeros."""
    for i in range(points.shape[0]):
        $row
        $everything
''')
