"""Sums over coordinates in a written order, from the first to the last, each product fused with the sum before it."""

from __future__ import annotations

import math

from multistart.kernels.compiler import inner
from multistart.kernels.vectormath.ieee import fma


@inner()
def dot(a, b, d):
    """The scalar product of two vectors."""
    total = a[0] * b[0]
    for j in range(1, d):
        total = fma(a[j], b[j], total)
    return total


@inner()
def norm_of(g, d):
    """The norm of a gradient, in the operations of the kernels of update rules, also where squares have no room."""
    square = g[0] * g[0]
    for j in range(1, d):
        square = fma(g[j], g[j], square) if d <= 16 else square + g[j] * g[j]
    norm = math.sqrt(square)
    if not (square > 1e-280 and square < 1e300):
        scale = 0.0
        for j in range(d):
            scale = max(scale, abs(g[j]))
        if scale > 0.0 and scale < math.inf:
            total = (g[0] / scale) * (g[0] / scale)
            for j in range(1, d):
                total += (g[j] / scale) * (g[j] / scale)
            norm = scale * math.sqrt(total)
    return norm


@inner()
def stepped(x, rate, direction, d, after):
    """Write ``x + rate*direction``, and say whether it is another point."""
    moved = False
    for j in range(d):
        after[j] = fma(rate, direction[j], x[j])
        moved = moved or after[j] != x[j]
    return moved


@inner()
def opposite(g, d, direction):
    """Write ``-g``."""
    for j in range(d):
        direction[j] = -g[j]


@inner()
def remember(x, g, d, last):
    """Write a point, and behind it the gradient there."""
    for j in range(d):
        last[j], last[d + j] = x[j], g[j]


@inner()
def finite(a, d):
    """Whether all numbers of a vector are finite."""
    found = True
    for j in range(d):
        found = found and abs(a[j]) < math.inf
    return found
