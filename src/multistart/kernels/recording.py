"""Orbits written down update by update, for all formulas: text that is compiled, like :mod:`.loop`, where one is asked.

Rows are updated side by side, a block at a time, as where descents run freely; one whose arguments are rare, or whose
function has conditions to be watched, is updated by itself. So the bits are those of a descent.
"""

from __future__ import annotations

import math

from multistart.kernels.compiler import exported, function_at
from multistart.kernels.signatures import ADVANCE_FREELY, RECORD, WALK

AFTER = 3  # from here on a walk's result is the row after one more update
GOING = -1

advance_freely, walk = function_at(ADVANCE_FREELY), function_at(WALK)


@exported(RECORD)
def record(
    updates, n, words, orbit, hyper, low, high, usual, advance_freely_at, walk_at, ball_around_at, formula,
    width, block, point, result,
):  # fmt: skip
    """Fill in rows 1, 2, ... of an orbit of n rows at once from row 0; nan from where one is not defined.

    An orbit is ``(updates + 1, n, words)`` numbers. Usual is whether rows may be updated side by side at all. The
    arena, from low to high, is everywhere. What is from width on is room to work in.
    """
    for first in range(0, n, width):
        m = min(width, n - first)
        for i in range(m):
            for k in range(words):
                block[k * width + i] = orbit[(first + i) * words + k]
        for t in range(updates):
            for i in range(m):
                block[words * width + i] = math.inf if usual != 0 else -1.0
            if usual != 0:
                advance_freely(advance_freely_at, 1, 0.0, block, width, m, hyper)
            before, after = (t * n + first) * words, ((t + 1) * n + first) * words
            for i in range(m):
                usual_one = block[words * width + i] >= 0.0
                for k in range(words):
                    usual_one = usual_one and abs(block[k * width + i]) < math.inf
                if not usual_one:
                    for k in range(words):
                        point[k] = orbit[before + i * words + k]
                    walk(
                        walk_at, point, 0.0, 0.0, hyper, math.inf, -1.0, low, high, point, 0, 0.0, ball_around_at,
                        formula, result,
                    )  # fmt: skip
                    for k in range(words):
                        block[k * width + i] = result[AFTER + k] if result[0] == GOING else math.nan
            for i in range(m):
                for k in range(words):
                    orbit[after + i * words + k] = block[k * width + i]
