"""Levenberg and Marquardt's method in the free coordinates, its steps put back into the box.

Kanzow, Yamashita and Fukushima 2004, "Levenberg-Marquardt methods with strong local convergence properties for solving
nonlinear equations with convex constraints", J. Comput. Appl. Math. 172, whose trials are projected so. What a trial
promises is what the model says of the step that the projection leaves; one that promises nothing is refused, and under
growing damping trials come to lie against the gradient, where Bertsekas' proposition of :mod:`.bounded` holds.

A coordinate that is held has the scale 0: so no step, no curvature and no slope of it counts.
"""

from __future__ import annotations

import math

from multistart.kernels.compiler import at, function_at, inner, numbers_of
from multistart.kernels.searches import walking
from multistart.kernels.searches.algebra import dot, finite, opposite
from multistart.kernels.searches.backtracking import ROUNDING, VALUE, know_value, value_at
from multistart.kernels.searches.bounded import backtrack_inside, is_held, stepped_inside
from multistart.kernels.searches.cholesky import factored, solve, solve_half
from multistart.kernels.searches.levenberg_marquardt import (
    CALM,
    DAMPING,
    GROWTH,
    SMALL,
    accept,
    begin,
    largest_step_within,
    remember_scales,
    rescale,
)
from multistart.kernels.searches.walking import GRADIENTS, project
from multistart.kernels.signatures import PART
from multistart.kernels.vectormath.ieee import fma

part_of = function_at(PART)
advance, advance_freely, advance_singly = walking.advance, walking.advance_freely, walking.advance_singly


@inner()
def hold(x, g, scale, low, high, d):
    """Give the coordinates that are held no scale."""
    for j in range(d):
        if is_held(x[j], g[j], low[j], high[j]):
            scale[j] = 0.0


@inner()
def set_apart(normal, scale, d):
    """Let what has no scale be solved for by itself."""
    for j in range(d):
        if scale[j] == 0.0:
            normal[j * d + j] = 1.0


@inner()
def made(x, scale, along, low, high, d, after, direction):
    """Write the point a step away, put back into the box, and the step that was made; say whether there is one."""
    for j in range(d):
        direction[j] = scale[j] * along[j]
    moved = stepped_inside(x, 1.0, direction, low, high, d, after)
    for j in range(d):
        along[j] = (after[j] - x[j]) / scale[j] if scale[j] > 0.0 else 0.0
    return moved


@inner()
def promised(normal, g, along, d):
    """By how much the model is lower after a step."""
    bend = 0.0
    for i in range(d):
        bend = fma(along[i], dot(at(normal, i * d), along, d), bend)
    return -fma(0.5, bend, dot(g, along, d))


@inner()
def gain_by_slopes(g, along, promise, factor, drop, scale, formula, trial, d, counters, slopes, low, high):
    """How much of what was promised a step brings, by the slopes at both of its ends, as without bounds."""
    part_of(formula[1], trial, numbers_of(formula), slopes)
    for j in range(d):
        slopes[j] *= scale[j]
    gain = -0.5 * (dot(g, along, d) + dot(slopes, along, d)) / promise
    project(trial, slopes, low, high, d)
    solve_half(factor, d, slopes)
    if gain > 0.0 and dot(slopes, slopes, d) < drop:
        return gain
    counters[GRADIENTS] += 1.0
    return 0.0


@inner()
def lower(x, g, hyper, formula, d, after, memory, counters, room, low, high):
    """Write the first trial under growing damping that lowers the value; 0 if that is none but the point itself.

    -1 where no damping makes the matrix positive definite, as where it is not finite.
    """
    normal, noise, scale = room, room[d * d], at(room, d * d + d)
    ray, factor = at(room, d * d + 2 * d), at(room, d * d + 4 * d)
    along, bent, slopes = at(room, 2 * d * d + 4 * d), at(room, 2 * d * d + 5 * d), at(room, 2 * d * d + 6 * d)
    value, mu, found = memory[VALUE], memory[DAMPING], -1
    blur = ROUNDING * (abs(value) + noise)
    for j in range(d):
        ray[j] = x[j]
    while mu < math.inf:
        if factored(normal, mu, d, factor):
            found = 0
            opposite(g, d, along)
            solve(factor, d, along)
            drop = -dot(g, along, d)
            near = 0.5 * fma(mu, dot(along, along, d), drop) <= SMALL * abs(value)
            if near or largest_step_within(formula, ray, along, scale, factor, d, bent, hyper[2], counters):
                if not made(x, scale, along, low, high, d, after, bent):
                    return 0
                promise = promised(normal, g, along, d)
                if promise > 0.0:
                    new, gain = value_at(after, formula, counters, bent), 0.0
                    if abs(new - value) <= blur:
                        gain = gain_by_slopes(
                            g, along, promise, factor, drop, scale, formula, after, d, counters, slopes, low, high
                        )  # fmt: skip
                    else:
                        gain = (value - new) / promise
                    if gain > 0.0:
                        accept(new, promise, gain, mu, memory)
                        return 1
        mu *= memory[GROWTH]
        memory[GROWTH] *= 2.0
    return found


@inner()
def levenberg_marquardt_update(x, g, hyper, formula, d, after, memory, counters, room, low, high):
    """Down, by the step that the damped normal equations give; against the gradient where they give none."""
    know_value(x, formula, memory, counters, at(room, d * d + d))
    begin(hyper, memory)
    scale = at(room, d * d + d)
    if finite(room, d * d):
        remember_scales(room, d, memory, scale)
        hold(x, g, scale, low, high, d)
        rescale(room, g, scale, d)
        set_apart(room, scale, d)
        return lower(x, g, hyper, formula, d, after, memory, counters, room, low, high) > 0
    direction, gradient = at(room, d * d + d), at(room, d * d + 2 * d)
    opposite(g, d, direction)
    return backtrack_inside(
        x, g, direction, 1.0, 0.5, 1e-4, formula, d, after, memory, counters, gradient, low, high
    )  # fmt: skip


levenberg_marquardt = walking.walking(levenberg_marquardt_update, calm=CALM, bounded=True)
