"""The gradient flow ``x' = -grad f``, followed by an explicit pair, and by a linearly implicit one where it is stiff.

Explicit is the pair of Dormand and Prince (1980, J. Comput. Appl. Math. 6(1), table 2), of order 5 with an error of
order 4, whose last gradient is the first of the next step. Linearly implicit is Rodas5P (Steinebach 2023, BIT Numer.
Math. 63:27), of the same orders, L-stable, and of order 4 for what stiffness does to others: eight systems with one
matrix, the Hessian shifted by 1/(GAMMA h), which has Cholesky's factors as long as the step is not too long for a
direction of negative curvature. Its solutions are in the form of Hairer and Wanner (*Solving Ordinary Differential
Equations II*, 2nd ed., equation IV.7.25).

Which of the two takes the next step: after an explicit step ``|g7 - g6|/|x7 - x6|`` estimates the largest curvature on
the way (Hairer and Wanner, IV.2); the pair is stable up to 3.3 over that. A step beyond :data:`STIFF` over it counts
one, any other takes one away, and at :data:`OFTEN` the implicit pair takes over. Back it goes in the same way by steps
that are shorter than :data:`EASY` over the Frobenius norm of the Hessian.
"""

from __future__ import annotations

import math

import numpy as np

from multistart.kernels.compiler import at, exported, function_at, inner, numbers_of
from multistart.kernels.searches import walking
from multistart.kernels.searches.algebra import dot, finite, norm_of
from multistart.kernels.searches.cholesky import factored, solve
from multistart.kernels.searches.walking import GOING, GRADIENTS, HESSIANS, ROW, ending_at
from multistart.kernels.signatures import BALL_AROUND, PART, WALK
from multistart.kernels.vectormath import exp, log
from multistart.kernels.vectormath.ieee import fma
from multistart.methods.endings import CONVERGED, STATIONARY, STEP_LIMIT, TRAPPED
from multistart.methods.flow import GRADIENT, HINTS, IMPLICIT, LENGTH, STEP
from multistart.methods.search import COUNTERS, SHARED

part_of, ball_of = function_at(PART), function_at(BALL_AROUND)
advance, advance_freely, advance_singly = walking.advance, walking.advance_freely, walking.advance_singly

FIRST = 0.01  # of the arena's width, what the first step moves a coordinate at most on even ground
SAFETY, LEAST, MOST = 0.9, 0.2, 5.0  # of the factor from step to step
LONGEST = 1e100  # step
OF_THE_STEP = 0.1  # the part of its length that a step may err at most
STIFF, EASY, OFTEN = 2.5, 1.0, 6.0

#: Dormand and Prince's pair: how much of each gradient is in a stage; the last is the next point. And in the error.
STAGES = np.array(
    [
        [0, 0, 0, 0, 0, 0, 0],
        [1 / 5, 0, 0, 0, 0, 0, 0],
        [3 / 40, 9 / 40, 0, 0, 0, 0, 0],
        [44 / 45, -56 / 15, 32 / 9, 0, 0, 0, 0],
        [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729, 0, 0, 0],
        [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656, 0, 0],
        [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84, 0],
        [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40],
    ]
)
LAST, ERROR = 6, 7
#: Rodas5P: how much of each solution is in a stage, and, over the step, in its right side. The last is the error.
GAMMA = 0.21193756319429014
_SIXTH = (-7.502846399306121, 2.561846144803919, -11.627539656261098, -0.18268767659942256, 0.030198172008377946)
POINTS = np.array(
    [
        [0, 0, 0, 0, 0, 0, 0],
        [3.0, 0, 0, 0, 0, 0, 0],
        [2.849394379747939, 0.45842242204463923, 0, 0, 0, 0, 0],
        [-6.954028509809101, 2.489845061869568, -10.358996098473584, 0, 0, 0, 0],
        [2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641, 0, 0, 0],
        [*_SIXTH, 0, 0],
        [*_SIXTH, 1, 0],
        [*_SIXTH, 1, 1],
    ]
)
RIGHT = np.array(
    [
        [0, 0, 0, 0, 0, 0, 0],
        [-14.155112264123755, 0, 0, 0, 0, 0, 0],
        [-17.97296035885952, -2.859693295451294, 0, 0, 0, 0, 0],
        [147.12150275711716, -1.41221402718213, 71.68940251302358, 0, 0, 0, 0],
        [165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306, 0, 0, 0],
        [24.854864614690072, -3.0009227002832186, 47.4931110020768, 5.5814197821558125, -0.6610691825249471, 0, 0],
        [30.91273214028599, -3.1208243349937974, 77.79954646070892, 34.28646028294783, -19.097331116725623,
         -28.087943162872662, 0],
        [37.80277123390563, -3.2571969029072276, 112.26918849496327, 66.9347231244047, -40.06618937091002,
         -54.66780262877968, -9.48861652309627],
    ]
)  # fmt: skip
SOLUTIONS = 8
VECTORS = SOLUTIONS + 2  # of the room: gradients or solutions, a stage, an error; then the Hessian and its factor


@inner()
def combined(x, h, k, d, weights, row, many, out):
    """Write ``x + h (w1 k1 + w2 k2 + ...)``, of so many vectors k, which stand one after the other."""
    for j in range(d):
        total = 0.0
        for i in range(many):
            total = fma(weights[row, i], k[i * d + j], total)
        out[j] = fma(h, total, x[j])


@inner()
def scale_of(x, low, high):
    """What errors of a coordinate are measured by: the arena's width, or where it has none ``1 + |x|``."""
    width = high - low
    return width if width < math.inf else 1.0 + abs(x)


@inner()
def largest(error, x, after, low, high, tolerance, d):
    """The largest error of a coordinate, of those that are allowed; infinite where any is no number.

    And the error beside the step: near a minimum a step that errs as far as it goes would roll about for ever.
    """
    found, length2, error2 = 0.0, 0.0, 0.0
    for j in range(d):
        length2 = fma(after[j] - x[j], after[j] - x[j], length2)
        error2 = fma(error[j], error[j], error2)
        part = abs(error[j]) / (tolerance * scale_of(x[j], low[j], high[j]))
        if not part < math.inf:
            return math.inf
        found = max(found, part)
    if not error2 <= (OF_THE_STEP * OF_THE_STEP) * length2:
        found = max(found, math.sqrt(error2 / length2) / OF_THE_STEP if length2 > 0.0 else math.inf)
    return found


@inner()
def first_step(x, g, low, high, d):
    """A step that moves no coordinate by more than a part of its scale on even ground; what it errs shows itself."""
    step = LONGEST
    for j in range(d):
        if abs(g[j]) > 0.0:
            step = min(step, FIRST * scale_of(x[j], low[j], high[j]) / abs(g[j]))
    return step


@inner()
def factor_of(error):
    """By how much the next step is longer, so that its error is what is allowed: ``error**(-1/5)``, in bounds."""
    if not error > 0.0:
        return MOST
    if not error < math.inf:
        return LEAST
    return min(MOST, max(LEAST, SAFETY * exp(-0.2 * log(error))))


@inner()
def explicit(x, g, h, formula, d, after, k, stage, error):
    """A step of Dormand and Prince's pair: the next point, seven gradients, the last stage but one, and the error."""
    for j in range(d):
        k[j], error[j] = g[j], 0.0
    for s in range(1, LAST):
        combined(x, -h, k, d, STAGES, s, s, stage)
        part_of(formula[1], stage, numbers_of(formula), at(k, s * d))
    combined(x, -h, k, d, STAGES, LAST, LAST, after)
    part_of(formula[1], after, numbers_of(formula), at(k, LAST * d))
    combined(error, h, k, d, STAGES, ERROR, ERROR, error)


@inner()
def implicit(x, g, h, hessian, formula, d, after, u, stage, factor):
    """A step of Rodas5P: the next point, and its error as the last of the solutions u; false if it is too long."""
    if not factored(hessian, 1.0 / (GAMMA * h), d, factor):
        return False
    for s in range(SOLUTIONS):
        right = at(u, s * d)
        if s == 0:
            for j in range(d):
                right[j] = -g[j]
        else:
            combined(x, 1.0, u, d, POINTS, s, s, stage)
            part_of(formula[1], stage, numbers_of(formula), right)
            for j in range(d):
                right[j] = -right[j]
            combined(right, 1.0 / h, u, d, RIGHT, s, s, right)
        solve(factor, d, right)
    for j in range(d):
        after[j] = stage[j] + u[(SOLUTIONS - 1) * d + j]
    return True


@inner()
def curvature_between(x, g, y, k, d):
    """How much the gradient changes between two points, over their distance; 0 where they are one."""
    distance, change = 0.0, 0.0
    for j in range(d):
        distance = fma(x[j] - y[j], x[j] - y[j], distance)
        change = fma(g[j] - k[j], g[j] - k[j], change)
    return math.sqrt(change / distance) if distance > 0.0 else 0.0


@inner()
def differ(x, y, d):
    """Whether two points are not the same."""
    found = False
    for j in range(d):
        found = found or x[j] != y[j]
    return found


@inner()
def moves(x, h, g, d):
    """Whether a step against the gradient is long enough to change a coordinate."""
    found = False
    for j in range(d):
        found = found or fma(-h, g[j], x[j]) != x[j]
    return found


@inner()
def choose(hint, memory):
    """Count a hint that the other pair should take the next steps, or one that it should not; change at enough."""
    memory[HINTS] = memory[HINTS] + 1.0 if hint else max(memory[HINTS] - 1.0, 0.0)
    if memory[HINTS] >= OFTEN:
        memory[HINTS], memory[IMPLICIT] = 0.0, 1.0 - memory[IMPLICIT]


@inner()
def try_explicit(x, g, h, hyper, low, high, formula, d, after, memory, counters, room):
    """A step and its error, and a hint whether it is stiff here."""
    k, stage, error = room, at(room, SOLUTIONS * d), at(room, VECTORS * d - d)
    explicit(x, g, h, formula, d, after, k, stage, error)
    counters[GRADIENTS] += 5.0  # and one more at the next point, which is counted with the step
    found = largest(error, x, after, low, high, hyper[1], d)
    if not (found <= 1.0 and finite(after, d) and finite(at(k, LAST * d), d)):
        counters[GRADIENTS] += 1.0
        return found if found > 1.0 else math.inf
    for j in range(d):
        memory[GRADIENT + j] = k[LAST * d + j]
    choose(h * curvature_between(after, at(k, LAST * d), stage, at(k, (LAST - 1) * d), d) > STIFF, memory)
    return found


@inner()
def try_implicit(x, g, h, hessian, hyper, low, high, formula, d, after, memory, counters, room):
    """Likewise, and a hint whether it is stiff no more."""
    u, stage, factor = room, at(room, SOLUTIONS * d), at(room, VECTORS * d + d * d)
    if not implicit(x, g, h, hessian, formula, d, after, u, stage, factor):
        return math.inf
    counters[GRADIENTS] += SOLUTIONS - 1.0
    found = largest(at(u, (SOLUTIONS - 1) * d), x, after, low, high, hyper[1], d)
    if not (found <= 1.0 and finite(after, d)):
        return found if found > 1.0 else math.inf
    part_of(formula[1], after, numbers_of(formula), at(memory, GRADIENT))
    if not finite(at(memory, GRADIENT), d):
        counters[GRADIENTS] += 1.0
        return math.inf
    choose(h * math.sqrt(dot(hessian, hessian, d * d)) < EASY, memory)
    return found


@inner()
def flow_update(x, g, hyper, low, high, formula, d, after, memory, counters, room):
    """Steps of falling length until one errs no more than it may; false where the point does not move."""
    if not memory[STEP] > 0.0:
        memory[STEP] = first_step(x, g, low, high, d)
    hessian, by_hessian, most = at(room, VECTORS * d), memory[IMPLICIT] > 0.0, MOST
    if by_hessian:
        part_of(formula[2], x, numbers_of(formula), hessian)
        counters[HESSIANS] += 1.0
    while True:
        h = memory[STEP]
        if not moves(x, h, g, d):  # at an edge of where the function is defined, or a kink, no step is short enough
            return False
        if by_hessian:
            error = try_implicit(x, g, h, hessian, hyper, low, high, formula, d, after, memory, counters, room)
        else:
            error = try_explicit(x, g, h, hyper, low, high, formula, d, after, memory, counters, room)
        memory[STEP] = min(LONGEST, h * min(factor_of(error), most))
        if error <= 1.0:
            break
        most = 1.0  # after a step that was refused none is longer
    length2 = 0.0
    for j in range(d):
        length2 = fma(after[j] - x[j], after[j] - x[j], length2)
    memory[LENGTH] = math.sqrt(length2)
    return differ(x, after, d)


@exported(WALK)
def flow(point, taken, due, hyper, limit, tolerance, low, high, balls, count, widest, ball_around, formula, result):
    """The walk of a row: that of a search, but it knows the gradient from its last step, and balls keep it."""
    d, words = formula[3], formula[4]
    after, room = at(result, ROW), at(result, ROW + words)
    before, g = at(point, d + SHARED), at(point, d + SHARED + GRADIENT)
    memory, counters = at(after, d + SHARED), at(after, words - COUNTERS)
    while True:
        if not before[STEP] > 0.0:
            part_of(formula[1], point, numbers_of(formula), g)
        norm = norm_of(g, d)
        ending = ending_at(point, g, norm, 0.0, taken, limit, tolerance, low, high, d)
        placed = ending in (GOING, STEP_LIMIT, CONVERGED)
        if placed and count > 0 and ball_of(ball_around, point, d, balls, d + 1, count, widest) >= 0:
            ending = TRAPPED
        for k in range(words):
            after[k] = point[k]
        after[d] = norm
        on = ending in (GOING, STEP_LIMIT)
        if on and not flow_update(point, g, hyper, low, high, formula, d, after, memory, counters, room):
            ending = CONVERGED if norm <= tolerance else STATIONARY
            for k in range(words - COUNTERS, words):
                point[k] = after[k]
        if ending != GOING or taken >= due:
            break
        for k in range(words):
            point[k] = after[k]
        taken += 1.0
    result[0], result[1], result[2] = ending, norm, taken
