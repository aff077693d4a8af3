"""The gradient flow: the curve that gradient descent with ever smaller steps follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from multistart.methods.rule import Array, Hyperparameter, Numbers
from multistart.methods.search import Search

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: What a row remembers: the next step, which pair takes it, hints to change, the length of the last one; the gradient.
STEP, IMPLICIT, HINTS, LENGTH, GRADIENT = range(5)
TIGHTER = 0.01  # of the tolerance, for the second run
MORE_STEPS = 4  # times as many for it: with errors of order 5 it takes 100**(1/5) times as many
TOLERANCE = Hyperparameter(
    "tolerance", "error of a step in each coordinate, as a part of the arena's width (of 1 + |x| where it has none)",
    1e-8, default=1e-8, least=1e-12, most=0.01,
)  # fmt: skip


def attracted(curvature: Array, numbers: Numbers) -> NDArray[np.bool_]:
    """Whether a ball keeps the flow: every one on which all Hessian eigenvalues are positive.

    There f is strongly convex, so ``d/dt |x - x*|**2 = -2 (x - x*).grad f(x) <= -2 mu |x - x*|**2``.
    """
    import numpy as np

    return np.isfinite(curvature) & (np.asarray(curvature) > 0)


def tighter(numbers: Numbers) -> Numbers:
    """The numbers of the run that has to confirm another."""
    return {"tolerance": TIGHTER * numbers["tolerance"]}


GRADIENT_FLOW = Search(
    "gradient_flow",
    "Dormand, Prince 1980, Journal of Computational and Applied Mathematics 6(1); Rodas5P of Steinebach 2023, BIT "
    "Numerical Mathematics 63:27",
    (TOLERANCE,),
    update=(),
    rest="gradient",
    attracted=attracted,
    says="the curve x' = -grad f itself, with no learning rate: where starts would go by ever smaller steps",
    pseudocode=(
        "x(h) = x - h*g + ..., by Dormand and Prince's pair, where that is stiff by Rodas5P: both of order 5(4)",
        "h = h*min(5, max(0.2, 0.9*error**(-1/5))), and again from the same x where error > 1",
        "stiff where h > 2.5/curvature on the way in 6 steps more than not, until h < 1/norm(H) in as many",
        "again at tolerance/100, with 4*max_steps: a start that comes to another place ends as `undecided`",
    ),
    kernel=("flow", "flow"),
    memory=(GRADIENT, 1, 0),
    room=(9, 2),
    tighter=tighter,
    not_held="the gradient flow cannot hold bounds: where its curve meets a face it has a corner, which steps of order "
    "5 do not follow; give gradient_descent with a small learning rate",
    differs="SciPy's solve_ivp has RK45, which is the explicit pair, and Radau, BDF and LSODA for stiff flows; "
    "not in torch, optax and Keras",
)
