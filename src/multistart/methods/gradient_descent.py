"""Gradient descent, and what holds for it alone.

With Hessian eigenvalues in ``[mu, L]`` between a point and a minimum, an update multiplies the distance by at most
``max(|1 - a mu|, |1 - a L|)`` for the learning rate ``a``: a contraction for ``0 < a < 2/L``, which never leaves a ball
around the minimum. On the eigenvector of ``lambda_max`` it is no contraction from ``a = 2/lambda_max`` on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from multistart.methods.critical import CriticalRate
from multistart.methods.entry import Entry
from multistart.methods.rule import Array, Numbers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROUNDING = 1e-12  # relative: more than that of a product
CRITICAL = "2/curvature"


def critical_learning_rate(curvature: Array) -> Array:
    """The learning rate ``2 / lambda_max``, above which a minimum stops attracting; infinite where it is flat."""
    return CriticalRate(CRITICAL)(curvature, {})


def attracted(curvature: Array, numbers: Numbers) -> NDArray[np.bool_]:
    """Whether the learning rate is below ``2 / curvature``, rounding included."""
    rate = numbers["learning_rate"]
    return (rate > 0) & (rate * curvature < 2 * (1 - ROUNDING))


def step_length(gradient_norm: Array, numbers: Numbers) -> Array:
    """How far the next update moves the point."""
    length: Array = numbers["learning_rate"] * gradient_norm
    return length


GRADIENT_DESCENT = Entry(
    "gradient_descent",
    "a step against the gradient",
    "Cauchy 1847",
    update=("x = x - lr*g",),
    rest="gradient",
    critical_learning_rate=CRITICAL,
    step_length=step_length,
    attracted=attracted,
    effective_rate=lambda numbers: float(numbers["learning_rate"]),
    differs="the same in torch, optax and Keras",
)
