"""Levenberg and Marquardt's method in the free coordinates, its steps put back into the box.

Bertsekas 1982, as :mod:`.bounded_newton`: what is left of a step leads down once the damping is large, for then the
matrix is as good as a diagonal. What a trial promises is what the model says of the step that the projection leaves
(Kanzow, Yamashita and Fukushima 2004, J. Comput. Appl. Math. 172); one that promises nothing is refused. A coordinate
that is held has the scale 0, so that neither a step nor an acceleration moves it.
"""

from __future__ import annotations

from multistart.kernels.compiler import at, inner
from multistart.kernels.searches import walking
from multistart.kernels.searches.algebra import opposite
from multistart.kernels.searches.bounded import backtrack_inside, is_held
from multistart.kernels.searches.levenberg_marquardt import CALM, lower, made_ready

advance, advance_freely, advance_singly = walking.advance, walking.advance_freely, walking.advance_singly


@inner()
def hold(normal, scale, x, g, d, low, high):
    """Take what is held out of the equations."""
    for i in range(d):
        if is_held(x[i], g[i], low[i], high[i]):
            for j in range(d):
                normal[i * d + j] = normal[j * d + i] = 0.0
            normal[i * d + i], scale[i] = 1.0, 0.0


@inner()
def levenberg_marquardt_update(x, g, hyper, formula, d, after, memory, counters, room, low, high):
    """Down in the box, by the step that the damped normal equations of what is free give."""
    if made_ready(x, g, hyper, formula, d, memory, counters, room):
        hold(room, at(room, d * d + d), x, g, d, low, high)
        return lower(x, g, hyper, formula, d, after, memory, counters, room, low, high, True)
    direction, gradient = at(room, d * d + d), at(room, d * d + 2 * d)
    opposite(g, d, direction)
    return backtrack_inside(
        x, g, direction, 1.0, 0.5, 1e-4, formula, d, after, memory, counters, gradient, low, high
    )  # fmt: skip


levenberg_marquardt = walking.walking(levenberg_marquardt_update, calm=CALM, bounded=True)
