"""Places of minima that are the same bits on every machine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from multistart.box import Box
from multistart.kernels import Evaluation
from multistart.kernels.curvature import newton_steps, smallest_eigenvalues
from multistart.minima.scales import LAST_DIGITS
from multistart.minima.table import Minima

SETTLING = 4  # Newton steps from within 2**-33 of the box: one reaches the rounding, the others stay there
REACH = 1e-9  # of the box's width: a minimum was found to more digits than that


def settle(minima: Minima, kernel: Evaluation, box: Box) -> Minima:
    """Return the minima with places, values and curvatures that are the same bits on every machine.

    They were found with the platform's linear algebra and libm. Rounded to where no machine differs, Newton's method
    goes on from there in the kernel's arithmetic. A minimum that this moves keeps the place it has: its Hessian is
    nearly singular, and it was found in 640 bits.
    """
    grid = np.ldexp(1.0, np.frexp(box.width)[1] - 32)
    x = grid * np.round(minima.location / grid)
    for _ in range(SETTLING):
        _, gradient, hessian = kernel.evaluate(x)
        x = x + newton_steps(gradient, hessian, kernel.cache)
    reach = np.maximum(REACH * box.width, LAST_DIGITS * np.abs(minima.location))
    near = (np.abs(x - minima.location) <= reach).all(axis=1)  # false where nan
    x[~near] = minima.location[~near]
    value, _, hessian = kernel.evaluate(x)
    lowest, highest = (sign * smallest_eigenvalues(sign * hessian, kernel.cache) for sign in (1, -1))
    return replace(minima, location=x, value=value, curvature_min=lowest, curvature_max=highest)
