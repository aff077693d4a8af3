"""Gradient descent as a textbook writes it, in plain NumPy, one row at a time: the second route for tests."""

import numpy as np

from multistart.descents.outcomes import CONVERGED, LEFT_ARENA, NONFINITE, STEP_LIMIT


def descend_row(objective, method, start, arena):
    """(end, steps, ending code) of one descent, following the definitions of design and docstrings."""
    x = np.array(start, dtype=float)
    steps = 0
    while True:
        if not np.isfinite(x).all():
            return x, steps, NONFINITE
        if not arena.contains(x[None])[0]:
            return x, steps, LEFT_ARENA
        gradient = objective.gradient(x[None])[0]
        if not np.isfinite(gradient).all() or not np.isfinite(objective.value(x[None])[0]):
            return x, steps, NONFINITE
        if method.gradient_tolerance and np.linalg.norm(gradient) <= method.gradient_tolerance:
            return x, steps, CONVERGED
        if steps == method.max_steps:
            return x, steps, STEP_LIMIT
        x = x - method.learning_rate * gradient
        steps += 1
