"""Places of minima that are the same bits on every machine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from multistart.box import Box
from multistart.descents.faces import along_the_face
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
    nearly singular, and it was found in 640 bits. Of minima of a box what is at a bound stays there.
    """
    grid = np.ldexp(1.0, np.frexp(box.width)[1] - 32)
    x = grid * np.round(minima.location / grid)
    held = np.zeros(x.shape, dtype=bool) if minima.sides is None else minima.sides != 0
    x[held] = minima.location[held]
    for _ in range(SETTLING):
        _, gradient, hessian = kernel.evaluate(x)
        x = x + newton_steps(np.where(held, 0.0, gradient), along_the_face(hessian, held), kernel.cache)
    if minima.sides is not None:
        x = np.clip(x, box.low, box.high)
    reach = np.maximum(REACH * box.width, LAST_DIGITS * np.abs(minima.location))
    near = (np.abs(x - minima.location) <= reach).all(axis=1)  # false where nan
    x[~near] = minima.location[~near]
    value, _, hessian = kernel.evaluate(x)
    lowest, highest = (
        np.where(
            held.all(axis=1), np.nan, sign * smallest_eigenvalues(along_the_face(sign * hessian, held), kernel.cache)
        )
        for sign in (1, -1)
    )
    return replace(minima, location=x, value=value, curvature_min=lowest, curvature_max=highest)
