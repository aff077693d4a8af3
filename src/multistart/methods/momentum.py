"""Rules with momentum: the last directions are remembered, and a descent rolls like a ball.

Local stability on an eigenvalue of the Hessian follows from the roots of the recurrence's polynomial, as for the heavy
ball ``z**2 - (1 + B - a l) z + B``: both are inside the unit circle where ``0 <= B < 1`` and ``a l < 2 (1 + B)``.
"""

from __future__ import annotations

from multistart.methods import regions
from multistart.methods.entry import Entry
from multistart.methods.rule import Hyperparameter, Numbers

BETA = Hyperparameter("momentum", "what is kept of the last direction", 0.9, default=0.9, least=0, below=1)


def over_one_less_momentum(numbers: Numbers) -> float:
    """``learning_rate / (1 - momentum)``: the sum of what is kept of as many equal steps as there are."""
    return float(numbers["learning_rate"] / (1 - numbers["momentum"]))


MOMENTUM = (
    Entry(
        "heavy_ball",
        "gradient descent with momentum",
        "Polyak 1964, USSR Computational Mathematics and Mathematical Physics 4(5)",
        update=("b = momentum*b + g", "x = x - lr*b"),
        state=(("b", 0.0),),
        own=(BETA,),
        rest="step",
        critical_learning_rate="2*(1 + momentum)/curvature",
        region=regions.of_the_heavy_ball,
        effective_rate=over_one_less_momentum,
        differs="torch's SGD and optax's sgd with momentum; Keras has the rate in what is remembered, "
        "which is the same but under a schedule",
    ),
    Entry(
        "nesterov",
        "momentum, with the gradient at the point ahead",
        "Nesterov 1983, Soviet Mathematics Doklady 27; Sutskever, Martens, Dahl, Hinton 2013, ICML",
        update=("b = momentum*b + g", "x = x - lr*(g + momentum*b)"),
        state=(("b", 0.0),),
        own=(BETA,),
        rest="step",
        critical_learning_rate="2*(1 + momentum)/((1 + 2*momentum)*curvature)",  # less than without momentum
        region=regions.of_nesterov,
        effective_rate=over_one_less_momentum,
        differs="torch's SGD and optax's sgd with nesterov=True; Keras has the rate in what is remembered, which is "
        "the same but under a schedule; x is the point ahead of the textbook's form",
    ),
    Entry(
        "nesterov_1983",
        "Nesterov's first method: momentum that grows to 1 as he chose it for convex functions",
        "Nesterov 1983, Soviet Mathematics Doklady 27",
        update=(
            "v = c*v - lr*g",
            "after = (1 + sqrt(1 + 4*k**2))/2",
            "c = (k - 1)/after",
            "k = after",
            "x = x - lr*g + c*v",
        ),
        state=(("v", 0.0), ("c", 0.0), ("k", 1.0)),
        rest="step",
        critical_learning_rate="4/(3*curvature)",  # of Nesterov's momentum as it grows to 1
        unproven="whose momentum grows to 1",
        differs="torch, optax and Keras have it with constant momentum only; x is the point ahead, at which gradients "
        "are taken",
    ),
)
