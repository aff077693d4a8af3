"""Gradient descent with backtracking along the projected path (Bertsekas 1976, IEEE Trans. Autom. Control 21(2))."""

from __future__ import annotations

from multistart.kernels.compiler import at, inner
from multistart.kernels.searches import walking
from multistart.kernels.searches.algebra import opposite
from multistart.kernels.searches.backtracking import know_value
from multistart.kernels.searches.bounded import backtrack_inside

advance, advance_freely, advance_singly = walking.advance, walking.advance_freely, walking.advance_singly


@inner()
def armijo_update(x, g, hyper, formula, d, after, memory, counters, room, low, high):
    """Against the projected gradient."""
    direction, gradient = room, at(room, d)
    know_value(x, formula, memory, counters, gradient)
    opposite(g, d, direction)
    return backtrack_inside(
        x, g, direction, hyper[1], hyper[2], hyper[3], formula, d, after, memory, counters, gradient, low, high
    )  # fmt: skip


armijo = walking.walking(armijo_update, bounded=True)
