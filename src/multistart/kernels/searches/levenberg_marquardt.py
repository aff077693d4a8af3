"""Levenberg and Marquardt's method for fits, with Nielsen's damping and geodesic acceleration.

Madsen, Nielsen and Tingleff 2004, "Methods for non-linear least squares problems", algorithm 3.16; Marquardt 1963, "An
algorithm for least-squares estimation of nonlinear parameters", J. SIAM 11(2), for the scales; Transtrum and Sethna
2012, "Improvements to the Levenberg-Marquardt algorithm for nonlinear least-squares minimization", arXiv:1201.5885,
sections 3 and 4, for the acceleration.

All is done in coordinates of the size of a step: each is divided by the root of its diagonal in the normal matrix, the
largest that it had, of which half is forgotten in each step. A scale that never shrinks (Moré 1978) holds a parameter
fast that came through a place of steep slopes; one that is forgotten at once lets go of a parameter that has no slope
for a moment.

In the room of an update: the normal matrix, which the slopes at the point have with them, and how much the value would
change with the model; then the scales, a point with the direction from it, a factor, a vector to solve for, and the
slopes at a trial.
"""

from __future__ import annotations

import math

from multistart.kernels.compiler import at, function_at, inner, numbers_of
from multistart.kernels.searches import walking
from multistart.kernels.searches.algebra import dot, finite, opposite
from multistart.kernels.searches.backtracking import ROUNDING, VALUE, backtrack, know_value, value_at
from multistart.kernels.searches.cholesky import factored, solve, solve_half
from multistart.kernels.searches.walking import GRADIENTS, HESSIANS, project
from multistart.kernels.signatures import PART
from multistart.kernels.vectormath.ieee import fma

part_of = function_at(PART)
advance, advance_freely, advance_singly = walking.advance, walking.advance_freely, walking.advance_singly
DAMPING, GROWTH, CALM = 1, 2, 3  # where it is remembered: mu, what a refusal multiplies it with, whether it is at rest
SCALES = 4  # from where on squares of scales are remembered
FORGOTTEN = 0.5  # what is left of a scale after a step
LEAST_DAMPING = 2.0**-52  # less changes nothing
REST = 1e-24  # a step that promises to lower the value by less than this part of it is one at rest
SMALL = 1e-6  # likewise, one so short that the model need not be asked how it bends


@inner()
def begin(hyper, memory):
    """The damping of the first step."""
    if not memory[GROWTH] > 0.0:
        memory[DAMPING], memory[GROWTH] = hyper[1], 2.0


@inner()
def remember_scales(normal, g, size, d, memory, scale):
    """Write what coordinates are multiplied with, 1 where the value does not change with one; and remember squares.

    Of squares a slope is at most the root of twice the value times the diagonal (Cauchy and Schwarz). A robust loss has
    rows with a slope and no curvature: there the diagonal is taken for as large as such a slope asks.
    """
    squares = at(memory, SCALES)
    for j in range(d):
        asked = 0.5 * g[j] * (g[j] / size)
        squares[j] = max(FORGOTTEN * squares[j], normal[j * d + j])
        squares[j] = max(squares[j], asked) if asked < math.inf else squares[j]
        scale[j] = 1.0 / math.sqrt(squares[j]) if squares[j] > 0.0 else 1.0


@inner()
def rescale(normal, g, scale, d):
    """Write matrix and gradient in coordinates of the size of a step, in their places."""
    for i in range(d):
        g[i] *= scale[i]
        for j in range(d):
            normal[i * d + j] *= scale[i] * scale[j]


@inner()
def bends_little(formula, ray, along, scale, factor, d, bent, most, counters):
    """Whether the acceleration is short beside a step, so that the model holds there; half of it is added to the step.

    The acceleration is what the curvature of the model adds to a step of twice the length: ``(G + mu I) a = -bend``.
    """
    for j in range(d):
        ray[d + j] = scale[j] * along[j]
    part_of(formula[2], ray, numbers_of(formula), bent)
    counters[HESSIANS] += 1.0
    for j in range(d):
        bent[j] *= -scale[j]
    solve(factor, d, bent)
    if not 2.0 * math.sqrt(dot(bent, bent, d)) <= most * math.sqrt(dot(along, along, d)):
        return False
    for j in range(d):
        along[j] = fma(0.5, bent[j], along[j])
    return True


@inner()
def stepped_by(x, scale, along, d, low, high, held, after):
    """Write the point a step away, put back into a box that holds it, and say whether it was another before that."""
    moved = False
    for j in range(d):
        after[j] = fma(scale[j], along[j], x[j])
        moved = moved or after[j] != x[j]
        if held and (after[j] < low[j] or after[j] > high[j]):
            after[j] = low[j] if after[j] < low[j] else high[j]
            along[j] = (after[j] - x[j]) / scale[j]
    return moved


@inner()
def gain_by_slopes(g, along, promise, factor, drop, scale, formula, trial, d, low, high, held, counters, slopes):
    """How much of what was promised a step brings, by the slopes at both of its ends; 0 where it leads no nearer.

    That the gradient falls in the measure of the normal matrix is asked for besides, or rounding would lead a descent
    about at the bottom for ever.
    """
    part_of(formula[1], trial, numbers_of(formula), slopes)
    for j in range(d):
        slopes[j] *= scale[j]
    gain = -0.5 * (dot(g, along, d) + dot(slopes, along, d)) / promise
    if held:
        project(trial, slopes, low, high, d)
    solve_half(factor, d, slopes)
    if gain > 0.0 and dot(slopes, slopes, d) < drop:
        return gain
    counters[GRADIENTS] += 1.0
    return 0.0


@inner()
def promised(normal, g, along, d):
    """By how much the model is lower after a step, of which bounds may have left a part."""
    bend = 0.0
    for i in range(d):
        bend = fma(along[i], dot(at(normal, i * d), along, d), bend)
    return -fma(0.5, bend, dot(g, along, d))


@inner()
def accept(new, promise, gain, mu, memory):
    """Remember the value, the damping of the next step (Nielsen 1999), and whether this one was one at rest."""
    memory[VALUE], memory[GROWTH] = new, 2.0
    error = 2.0 * gain - 1.0
    memory[DAMPING] = max(mu * max(1.0 / 3.0, 1.0 - error * error * error), LEAST_DAMPING)
    memory[CALM] = 1.0 if promise <= REST * abs(new) else 0.0


@inner()
def lower(x, g, hyper, formula, d, after, memory, counters, room, low, high, held):
    """Write the first trial under growing damping that lowers the value; false if there is none but the point itself.

    Actual over promised decrease says how, by the slopes where values tell nothing.
    """
    normal, noise, scale = room, room[d * d], at(room, d * d + d)
    ray, factor = at(room, d * d + 2 * d), at(room, d * d + 4 * d)
    along, bent, slopes = at(room, 2 * d * d + 4 * d), at(room, 2 * d * d + 5 * d), at(room, 2 * d * d + 6 * d)
    value, mu = memory[VALUE], memory[DAMPING]
    blur = ROUNDING * (abs(value) + noise)
    for j in range(d):
        ray[j] = x[j]
    while mu < math.inf:
        if factored(normal, mu, d, factor):
            opposite(g, d, along)
            solve(factor, d, along)
            drop = -dot(g, along, d)
            promise = 0.5 * fma(mu, dot(along, along, d), drop)
            near = promise <= SMALL * abs(value)
            if near or bends_little(formula, ray, along, scale, factor, d, bent, hyper[2], counters):
                if not stepped_by(x, scale, along, d, low, high, held, after):
                    return False
                if held:
                    promise = promised(normal, g, along, d)
                    if not promise > 0.0:
                        mu *= memory[GROWTH]
                        memory[GROWTH] *= 2.0
                        continue
                new = value_at(after, formula, counters, bent)
                if abs(new - value) <= blur:
                    gain = gain_by_slopes(
                        g, along, promise, factor, drop, scale, formula, after, d, low, high, held, counters, slopes
                    )  # fmt: skip
                else:
                    gain = (value - new) / promise
                if gain > 0.0:
                    accept(new, promise, gain, mu, memory)
                    return True
        mu *= memory[GROWTH]
        memory[GROWTH] *= 2.0
    return False


@inner()
def made_ready(x, g, hyper, formula, d, memory, counters, room):
    """Value, damping, and matrix and gradient in coordinates of the size of a step; false where they are not finite."""
    scale = at(room, d * d + d)
    know_value(x, formula, memory, counters, scale)
    begin(hyper, memory)
    if not finite(room, d * d):
        return False
    remember_scales(room, g, abs(memory[VALUE]) + room[d * d], d, memory, scale)
    rescale(room, g, scale, d)
    return True


@inner()
def levenberg_marquardt_update(x, g, hyper, formula, d, after, memory, counters, room):
    """Down, by the step that the damped normal equations give; against the gradient where there are none."""
    if made_ready(x, g, hyper, formula, d, memory, counters, room):
        return lower(x, g, hyper, formula, d, after, memory, counters, room, x, x, False)
    direction, gradient = at(room, d * d + d), at(room, d * d + 2 * d)
    opposite(g, d, direction)
    return backtrack(x, g, direction, 1.0, 0.5, 1e-4, formula, d, after, memory, counters, gradient)


levenberg_marquardt = walking.walking(levenberg_marquardt_update, calm=CALM)
