"""Newton's method in doubles, from many ends at once (Nocedal & Wright 2006, section 3.3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.functions.objective import Objective
from multistart.minima.scales import LAST_DIGITS, neighbours

NEWTON_STEPS = 60  # quadratic convergence takes 5; a quartic minimum gains a factor 2/3 a step
MAX_STEP = 0.02  # of the box's width: an end that Newton moves further was not near a critical point
SINGULAR = 1e-8  # eigenvalues below this part of the largest may be rounding
ACCELERATED = (0.4, 0.98)  # ratios of Newton steps that tell of a minimum of order 3 to 50
RADII = (1e-3, 1e-5, 1e-7)  # of the box's width, at which a gradient is asked whether it is linear
SOFT = 1e-2  # of the largest eigenvalue: less is along a valley
FLOOR_STEPS = 2  # each squares the distance to the floor
ROUNDINGS = 4.0  # a gradient below so many of its roundings is no slope
LINEAR = 0.1  # how far, as a part, a linear gradient may be off
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Polished:
    """Where Newton's method came to.

    Attributes
    ----------
    points
        Of the points it passed, those with the smallest gradients; shape ``(n, d)``.
    near
        Whether it stayed in the neighbourhood, and came to a critical point as far as doubles can tell: it moved no
        more, or the gradient is rounding. Shape ``(n,)``.
    bowl
        Whether the point is certainly a minimum: the gradient grows linearly on all sides. Shape ``(n,)``.
    """

    points: Array
    near: NDArray[np.bool_]
    bowl: NDArray[np.bool_]


def polish(objective: Objective, points: Array, box: Box, *, bowls: bool = True) -> Polished:
    """Newton's method from each point, shape ``(n, d)``; without ``bowls`` none is asked whether it is a minimum."""
    width = box.width
    x, best = points.copy(), points.copy()
    least = np.full(len(x), np.inf)
    settled = np.zeros(len(x), dtype=bool)
    active = np.flatnonzero(np.isfinite(x).all(axis=1))
    length = ratio = np.full(len(active), np.nan)
    for _ in range(NEWTON_STEPS):
        if len(active) == 0:
            break
        gradient, hessian, slope = scaled(objective, x[active], width)
        better = slope <= least[active]
        best[active[better]], least[active[better]] = x[active[better]], slope[better]
        step, length, ratio = _accelerated(_newton_step(gradient, hessian), length, ratio)
        moved = np.abs(step).max(axis=1)
        away = np.abs((x[active] - points[active]) / width + step).max(axis=1)
        near = away <= MAX_STEP  # false where nan
        x[active[near]] += (step * width)[near]
        to_the_floor(objective, x, active[near], width)
        last = (LAST_DIGITS * np.abs(x[active]) / width).max(axis=1)
        settled[active[near & (moved <= np.maximum(1e-9, last))]] = True
        done = near & ((moved <= 4e-16) | (slope == 0))
        go_on = near & ~done
        active, length, ratio = active[go_on], length[go_on], ratio[go_on]
    near = np.isfinite(least)
    near[near] = settled[near] | _is_rounding(objective, best[near], width)
    bowl = near & settled & bowls
    bowl[bowl] = is_bowl(objective, best[bowl], width)
    return Polished(best, near, bowl)


def scaled(objective: Objective, points: Array, width: Array) -> tuple[Array, Array, Array]:
    """Gradients and Hessians with the box's widths for units, divided by the largest entry of the Hessian.

    And the slopes, not divided, as :func:`.scales.slopes` has them.
    """
    gradient, hessian = objective.gradient_and_hessian(points)
    gradient, hessian = gradient * width, hessian * width[:, None] * width
    size = np.abs(hessian).max(axis=(1, 2))
    size = np.where((size > 0) & np.isfinite(size), size, 1.0)
    return gradient / size[:, None], hessian / size[:, None, None], np.abs(gradient).max(axis=1)


def is_bowl(objective: Objective, points: Array, width: Array) -> NDArray[np.bool_]:
    """Whether the gradient grows linearly to both sides along every eigenvector of the Hessian, at one radius at least.

    Then the Hessian is positive, and neither rounding nor the distance to the critical point shapes it. That is not so
    at an inflection, to which Newton's method comes no nearer than the root of the rounding: at that distance the
    gradient is as large as the Hessian promises on one side, and of the other sign on the other.
    """
    if len(points) == 0:
        return np.zeros(0, dtype=bool)
    with np.errstate(all="ignore"):
        _, hessian, _ = scaled(objective, points, width)
        finite: NDArray[np.bool_] = np.asarray(np.isfinite(hessian).all(axis=(1, 2)))
        values, vectors = np.linalg.eigh(np.where(finite[:, None, None], hessian, 0.0))
        size = np.abs(objective.hessian(points) * width[:, None] * width).max(axis=(1, 2))
        linear = np.zeros(points.shape, dtype=bool)
        for radius in RADII:
            linear |= _is_linear(objective, points, width, size, values, vectors, radius)
    return finite & linear.all(axis=1)


def _is_linear(
    objective: Objective, points: Array, width: Array, size: Array, values: Array, vectors: Array, radius: float
) -> NDArray[np.bool_]:
    """Whether the gradient along each eigenvector is its eigenvalue times the distance, shape ``(n, d)``."""
    linear: NDArray[np.bool_] = np.asarray(values > 0.0)
    for j in range(points.shape[1]):
        direction = vectors[:, :, j]
        for r in (radius, -radius, 0.7 * radius, -0.7 * radius):
            slope = objective.gradient(points + r * direction * width) * width
            ratio = (slope / size[:, None] * direction).sum(axis=1) / (values[:, j] * r)
            linear[:, j] &= np.abs(ratio - 1.0) <= LINEAR  # false where nan
    return linear


def _is_rounding(objective: Objective, points: Array, width: Array) -> NDArray[np.bool_]:
    """Whether gradients are as large as their changes in the last digits of a point, or smaller."""
    n, d = points.shape
    if n == 0:
        return np.zeros(0, dtype=bool)
    here = objective.gradient(points) * width
    around = objective.gradient(neighbours(points, width).reshape(-1, d)).reshape(n, -1, d) * width
    change = np.abs(around - here[:, None, :]).max(axis=(1, 2))
    return np.asarray(np.abs(here).max(axis=1) <= ROUNDINGS * change)


def to_the_floor(objective: Objective, x: Array, rows: NDArray[np.intp], width: Array) -> None:
    """In a valley, step back to its floor, in the steep directions alone.

    Along a floor that curves a straight step leaves it, and even so little away the slope across hides the one along.
    """
    for _ in range(FLOOR_STEPS if x.shape[1] > 1 else 0):
        if len(rows) == 0:
            break
        gradient, hessian, _ = scaled(objective, x[rows], width)
        finite = np.isfinite(gradient).all(axis=1) & np.isfinite(hessian).all(axis=(1, 2))
        rows, gradient, hessian = rows[finite], gradient[finite], hessian[finite]
        values, vectors = np.linalg.eigh(hessian)
        steep = values > SOFT * values[:, -1:]
        valley = steep.any(axis=1) & ~steep.all(axis=1)
        rows, values, vectors, steep = rows[valley], values[valley], vectors[valley], steep[valley]
        along = np.einsum("nij,ni->nj", vectors, gradient[valley])
        away = np.where(steep, along / np.where(steep, values, 1.0), 0.0)
        x[rows] -= np.clip(np.einsum("nij,nj->ni", vectors, away), -MAX_STEP, MAX_STEP) * width


def _accelerated(step: Array, length: Array, ratio: Array) -> tuple[Array, Array, Array]:
    """Newton steps, their lengths and the ratios to the ones before; steps that shrink evenly are stretched.

    At a minimum of order m Newton's steps shrink by (m - 2)/(m - 1) only; once the ratio is steady, the sum of
    all steps to come is the step over 1 - ratio (Aitken 1926).
    """
    new = np.linalg.norm(step, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        now = new / length
        steady = (now > ACCELERATED[0]) & (now < ACCELERATED[1]) & (np.abs(now - ratio) < 0.01)
    stretched = np.where(steady[:, None], step / (1.0 - np.where(steady, now, 0.0))[:, None], step)
    return stretched, np.where(steady, np.nan, new), np.where(steady, np.nan, now)


def _newton_step(gradient: Array, hessian: Array) -> Array:
    """``-H^+ g`` by the symmetric eigenvalues, in widths of the box; nan where gradient or Hessian are not finite.

    Along a direction in which the Hessian is singular and the step would leave the neighbourhood, there is none:
    at a minimum of high order it is rounding divided by nearly zero, on a flat tail the exact test refuses the point.
    """
    finite = np.isfinite(gradient).all(axis=1) & np.isfinite(hessian).all(axis=(1, 2))
    step = np.full_like(gradient, np.nan)
    values, vectors = np.linalg.eigh(hessian[finite])
    along = np.einsum("nij,ni->nj", vectors, gradient[finite])
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        scaled_ = np.where(along == 0, 0.0, along / values)
    singular = np.abs(values) <= SINGULAR * np.abs(values).max(axis=1, keepdims=True)
    scaled_ = np.where(singular & (np.abs(scaled_) > MAX_STEP), 0.0, scaled_)
    step[finite] = -np.einsum("nij,nj->ni", vectors, scaled_)
    return step
