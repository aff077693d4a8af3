"""Further updates of many rows, one at a time, for all formulas: text that is compiled, like :mod:`.loop`, when needed.

Rows are updated side by side, a block at a time, as where descents run freely; one whose arguments are rare, or whose
function has conditions to be watched, is updated by itself. So the bits are those of a descent.
"""

from __future__ import annotations

import math

from multistart.kernels.compiler import exported, function_at, inner, numbers_of
from multistart.kernels.signatures import ADVANCE_FREELY, FALL, RECORD, VALUES, WALK
from multistart.kernels.vectormath.ieee import larger, select

AFTER = 3  # from here on a walk's result is the row after one more update
GOING = -1

advance_freely, walk, values = function_at(ADVANCE_FREELY), function_at(WALK), function_at(VALUES)


@inner()
def take_in(rows, first, m, words, block, width):
    """Rows from the first on into the block, word by word."""
    for k in range(words):
        for i in range(m):
            block[k * width + i] = rows[(first + i) * words + k]


@inner()
def update(block, before, margins, width, m, words, by):
    """One update of the rows in the block, which before then has as they were; nan where one is not defined."""
    hyper, low, high, usual, advance_freely_at, walk_at, ball_around_at, formula, point, result = by
    for i in range(words * width):
        before[i] = block[i]
    for i in range(m):
        block[words * width + i] = math.inf if usual != 0 else -1.0
    if usual != 0:
        advance_freely(advance_freely_at, 1, 0.0, block, width, m, hyper)
    for i in range(m):
        margins[i] = block[words * width + i]
    for k in range(words):
        for i in range(m):
            margins[i] = select(abs(block[k * width + i]) < math.inf, margins[i], -1.0)
    for i in range(m):
        if not margins[i] >= 0.0:
            for k in range(words):
                point[k] = before[k * width + i]
            walk(
                walk_at, point, 0.0, 0.0, hyper, math.inf, -1.0, low, high, point, 0, 0.0, ball_around_at, formula,
                result,
            )  # fmt: skip
            for k in range(words):
                block[k * width + i] = result[AFTER + k] if result[0] == GOING else math.nan


@exported(RECORD)
def record(
    updates, n, words, orbit, hyper, low, high, usual, advance_freely_at, walk_at, ball_around_at, formula,
    width, block, before, margins, point, result,
):  # fmt: skip
    """Fill in rows 1, 2, ... of an orbit of n rows at once from row 0; nan from where one is not defined.

    An orbit is ``(updates + 1, n, words)`` numbers. Usual is whether rows may be updated side by side at all. The
    arena, from low to high, is everywhere. What is from width on is room to work in.
    """
    by = (hyper, low, high, usual, advance_freely_at, walk_at, ball_around_at, formula, point, result)
    for first in range(0, n, width):
        m = min(width, n - first)
        take_in(orbit, first, m, words, block, width)
        for t in range(updates):
            update(block, before, margins, width, m, words, by)
            after = ((t + 1) * n + first) * words
            for i in range(m):
                for k in range(words):
                    orbit[after + i * words + k] = block[k * width + i]


@inner()
def ask(block, before, width, m, d, low, high, least, value, after, room):
    """Which rows of the block stay inside, and which of them go on: how many do not.

    A loop stores into one array, or a compiler does not see that it may do eight rows at once.
    """
    inside, moved, size, going = room
    for i in range(m):
        inside[i] = 1.0
        moved[i] = 0.0
        size[i] = 0.0
    for j in range(d):
        from_, to = low[j], high[j]
        for i in range(m):
            x = block[j * width + i]
            inside[i] = select((from_ <= x) & (x <= to) & (abs(x) < math.inf), inside[i], 0.0)  # no arena has infinity
        for i in range(m):
            moved[i] = larger(abs(block[j * width + i] - before[j * width + i]), moved[i])
        for i in range(m):
            size[i] = larger(abs(before[j * width + i]), size[i])
    for i in range(m):
        on = (after[i] < value[i]) | (moved[i] <= least * size[i])
        going[i] = select(on & (inside[i] != 0.0), 1.0, 0.0)
    gone = 0
    for i in range(m):
        gone += going[i] == 0.0
    return gone


@exported(FALL)
def fall(
    updates, n, d, words, rows, falls, least, low, high, hyper, lowest, highest, usual, advance_freely_at, values_at,
    walk_at, ball_around_at, formula, width, block, before, value, after, inside, moved, size, going, point, result,
    places,
):  # fmt: skip
    """Whether each row's value falls in each update, or the point hardly moves, by its least part; or it leaves.

    Rows are ``(n, words)`` numbers, ``d`` coordinates first. The arena is from low to high, and everywhere from lowest
    to highest. What is from width on is room to work in; values have the margins of their arguments behind them.
    """
    by = (hyper, lowest, highest, usual, advance_freely_at, walk_at, ball_around_at, formula, point, result)
    for first in range(0, n, width):
        m = min(width, n - first)
        take_in(rows, first, m, words, block, width)
        for i in range(m):
            places[i] = first + i
            falls[first + i] = True
        values(values_at, block, width, m, numbers_of(formula), value)
        for _ in range(updates):
            update(block, before, moved, width, m, words, by)
            values(values_at, block, width, m, numbers_of(formula), after)
            gone = ask(block, before, width, m, d, low, high, least, value, after, (inside, moved, size, going))
            for i in range(m):
                value[i] = after[i]
            i = 0
            while gone > 0:
                if going[i] != 0.0:
                    i += 1
                    continue
                gone -= 1
                m -= 1  # the last one takes its place
                falls[places[i]] = inside[i] == 0.0
                for k in range(words):
                    block[k * width + i] = block[k * width + m]
                value[i], going[i], inside[i], places[i] = value[m], going[m], inside[m], places[m]
            if m == 0:
                break
