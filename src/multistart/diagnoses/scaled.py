"""Gradient descent in variables measured in other units, as a study of the formula written in them would do it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.descents.outcomes import CONVERGED, LEFT_ARENA, NONFINITE, STEP_LIMIT, Outcomes, empty
from multistart.functions.objective import Objective
from multistart.methods import Method

Array = NDArray[np.float64]


def descend_scaled(objective: Objective, method: Method, starts: Array, arena: Box, units: Array) -> Outcomes:
    """Descend in ``u = x / units``: the gradient there is that of x times the units. Ends are given in x.

    In NumPy, all rows at once: a formula in other units would be compiled first, which takes longer than a few
    hundred descents of a well scaled function.
    """
    out = empty(starts)
    x, active = starts.copy(), np.arange(len(starts))
    out.ending_code[:], out.steps[:] = STEP_LIMIT, method.max_steps
    for step in range(method.max_steps + 1):
        gradient = objective.gradient(x[active]) * units
        norm = norms_of(gradient)
        ending = np.select(
            [~arena.contains(x[active]), ~np.isfinite(norm), norm <= method.gradient_tolerance],
            [LEFT_ARENA, NONFINITE, CONVERGED],
            STEP_LIMIT,
        )
        done = ending != STEP_LIMIT
        out.ending_code[active[done]], out.steps[active[done]] = ending[done], step
        out.gradient_norm[active] = norm
        active, gradient = active[~done], gradient[~done]
        if len(active) == 0 or step == method.max_steps:
            break
        x[active] -= method.learning_rate * gradient * units
    out.end[:], out.value[:], out.curvature_min[:] = x, objective.value(x), np.nan
    return out


def norms_of(gradients: Array) -> Array:
    """Norms of rows, shape ``(n, d) -> (n,)``, also of those whose square has no room, or is rounded away.

    >>> norms_of(np.array([[3e200, 4e200], [0.0, 0.0], [0.0, 1e-200]]))
    array([5.e+200, 0.e+000, 1.e-200])
    """
    size = np.abs(gradients).max(axis=1)
    scale = np.where((size > 0) & np.isfinite(size), size, 1.0)
    norms: Array = scale * np.linalg.norm(gradients / scale[:, None], axis=1)
    return norms
