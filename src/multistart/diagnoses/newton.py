"""Where descents would lead, by a method that no learning rate and no units hinder.

Newton's method that only goes down (Nocedal & Wright 2006, section 3.4): the Hessian with its eigenvalues' absolute
values, so that each step is downhill at saddles too, cut to a part of the domain, halved until the function is lower.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.functions.objective import Objective
from multistart.minima.polish import polish, scaled

STEPS = 100
LONGEST = 0.1  # of the domain's width, in any coordinate
HALVINGS = 8
LEAST = 1e-10  # of the largest eigenvalue: less is taken for this
Array = NDArray[np.float64]


def minima_below(objective: Objective, points: Array, domain: Box, arena: Box) -> Array:
    """The minima that are certain, in the arena, found downhill from points: shape ``(n, d) -> (k, d)``."""
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) == 0:
        return points
    x, width, value = points.copy(), domain.width, objective.value(points)
    active = np.arange(len(x))
    for _ in range(STEPS):
        if len(active) == 0:
            break
        step = _step(objective, x[active], width)
        moved, value[active] = _lower(objective, x[active], step * width, value[active])
        x[active] += moved
        active = active[(np.abs(moved) > 1e-12 * width).any(axis=1) & arena.contains(x[active])]
    polished = polish(objective, x[arena.contains(x)], domain)
    return polished.points[polished.bowl]


def _step(objective: Objective, x: Array, width: Array) -> Array:
    """The downhill Newton step in widths of the domain; 0 where derivatives are not finite."""
    gradient, hessian, _ = scaled(objective, x, width)
    finite = np.isfinite(gradient).all(axis=1) & np.isfinite(hessian).all(axis=(1, 2))
    step = np.zeros_like(x)
    values, vectors = np.linalg.eigh(hessian[finite])
    size = np.abs(values)
    size = np.maximum(size, np.maximum(LEAST * size.max(axis=1, keepdims=True), 1e-300))
    step[finite] = -np.einsum("nij,nj,nkj,nk->ni", vectors, 1 / size, vectors, gradient[finite])
    longest = np.abs(step).max(axis=1, keepdims=True)
    return step * np.minimum(1.0, LONGEST / np.maximum(longest, 1e-300))


def _lower(objective: Objective, x: Array, step: Array, here: Array) -> tuple[Array, Array]:
    """The step, halved until the value is lower than here, and that value; 0 and here where it never is."""
    value, taken = here.copy(), np.zeros_like(x)
    open_ = np.ones(len(x), dtype=bool)
    for halving in range(HALVINGS):
        tried = step[open_] / 2**halving
        there = objective.value(x[open_] + tried)
        lower = there < here[open_]
        rows = np.flatnonzero(open_)[lower]
        taken[rows], value[rows] = tried[lower], there[lower]
        open_[rows] = False
        if not open_.any():
            break
    return taken, value
