"""The walk of a row by a search: the same stopping rule, and the same arguments, as in the kernels of update rules."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from multistart.kernels.compiler import at, exported, function_at, inner, numbers_of
from multistart.kernels.searches.algebra import finite, norm_of
from multistart.kernels.signatures import ADVANCE, ADVANCE_FREELY, ADVANCE_SINGLY, PART, WALK
from multistart.methods.endings import CONVERGED, LEFT_ARENA, NONFINITE, STATIONARY, STEP_LIMIT
from multistart.methods.search import COUNTERS, SHARED

GOING = -1
VALUES, GRADIENTS, HESSIANS = range(COUNTERS)  # what is counted
ROW = 3  # where the row after one more update stands in a walk's result; then the gradient, and room to work in
part_of = function_at(PART)


@exported(ADVANCE)
def advance(passes, block, width, m, hyper, limit, tolerance2, center, half, history, remembered):
    """No row moves here: each is walked by itself, as one that may have to stop."""


@exported(ADVANCE_FREELY)
def advance_freely(passes, first, block, width, m, hyper):
    """Nor here, where it never comes."""


@exported(ADVANCE_SINGLY)
def advance_singly(passes, aside, width, m, hyper, limit, tolerance, low, high):
    """Nor side by side with others."""


@inner()
def inside(x, low, high, d):
    """Whether a point is in the arena."""
    found = True
    for j in range(d):
        found = found and low[j] <= x[j] <= high[j]
    return found


@inner()
def project(x, g, low, high, d):
    """Drop what of a gradient leads out of the box at the faces where a point is; nothing that is infinite."""
    for j in range(d):
        out = (x[j] <= low[j] and g[j] > 0.0) or (x[j] >= high[j] and g[j] < 0.0)
        if out and abs(g[j]) < math.inf:
            g[j] = 0.0


@inner()
def ending_at(x, g, norm, last, taken, limit, tolerance, low, high, d):
    """Why a descent ends at a point, if it does; ``last`` is the norm of the gradient before."""
    if not finite(x, d):
        return NONFINITE
    if not inside(x, low, high, d):
        return LEFT_ARENA
    if not finite(g, d):
        return NONFINITE
    if norm <= tolerance and last <= tolerance:
        return CONVERGED
    return STEP_LIMIT if taken >= limit else GOING


def everywhere(update: Any) -> Callable[..., bool]:
    """An update that knows of no bounds, as one that is given them."""

    @inner()
    def moved(x, g, hyper, formula, d, after, memory, counters, room, low, high):
        return update(x, g, hyper, formula, d, after, memory, counters, room)

    return moved


def walking(update: Any, *, twice: bool = False, calm: int = 0, bounded: bool = False) -> Callable[..., None]:
    """Return the walk by an update.

    Parameters
    ----------
    twice
        Whether a descent has converged only where the gradients of two points in sequence are small.
    calm
        Where in its memory an update says by a number above 0 that it is about to rest, without which a descent has not
        converged although a gradient is small; 0 where it says no such thing.
    bounded
        Whether the arena is a box that the descent is held in. Then the gradient that the update is given, and by which
        it rests, is the projected one, and after all other arguments come the ends of the box.
    """
    moved = update if bounded else everywhere(update)

    @exported(WALK)
    def walk(point, taken, due, hyper, limit, tolerance, low, high, balls, count, widest, ball_around, formula, result):
        d, words = formula[3], formula[4]
        after, g = at(result, ROW), at(result, ROW + words)
        while True:
            part_of(formula[1], point, numbers_of(formula), g)
            if bounded:
                project(point, g, low, high, d)
            norm = norm_of(g, d)
            last = point[d] if twice else 0.0
            if calm > 0 and not point[d + SHARED + calm] > 0.0:
                last = math.inf
            ending = ending_at(point, g, norm, last, taken, limit, tolerance, low, high, d)
            for k in range(words):
                after[k] = point[k]
            after[d] = norm
            if ending in (GOING, STEP_LIMIT):
                memory, counters, room = at(after, d + SHARED), at(after, words - COUNTERS), at(g, d)
                if not moved(point, g, hyper, formula, d, after, memory, counters, room, low, high):
                    # The last step, of no length, was small as well.
                    ending = CONVERGED if norm <= tolerance else STATIONARY
                    for k in range(words - COUNTERS, words):
                        point[k] = after[k]
            if ending != GOING or taken >= due:
                break
            for k in range(words):
                point[k] = after[k]
            taken += 1.0
        result[0], result[1], result[2] = ending, norm, taken

    return walk
