"""Rules that take the signs of gradients and not their sizes: their steps do not get shorter near a minimum."""

from __future__ import annotations

from multistart.methods.entry import Entry
from multistart.methods.rule import Hyperparameter

SIGNS = (
    Entry(
        "sign",
        "a step of lr in each coordinate, against the sign of its gradient",
        "Bernstein, Wang, Azizzadenesheli, Anandkumar 2018, ICML (signSGD)",
        update=("x = x - lr*sign(g)",),
        critical_learning_rate="0",
        critical_said="0, as its steps do not get shorter near a minimum",
        unproven="whose steps do not get shorter with the gradient",
        differs="optax's sign_sgd; not in torch and Keras",
    ),
    Entry(
        "signum",
        "a step of lr in each coordinate, against the sign of the mean gradient",
        "Bernstein, Wang, Azizzadenesheli, Anandkumar 2018, ICML",
        update=("m = beta*m + (1 - beta)*g", "x = x - lr*sign(m)"),
        state=(("m", 0.0),),
        own=(Hyperparameter("beta", "what is kept of the mean gradient", 0.9, default=0.9, least=0, below=1),),
        critical_learning_rate="0",
        critical_said="0, as its steps do not get shorter near a minimum",
        unproven="whose steps do not get shorter with the gradient",
        differs="optax's signum; not in torch and Keras",
    ),
    Entry(
        "lion",
        "a step of lr in each coordinate, against the sign of two mixed means",
        "Chen and others 2023, NeurIPS (Symbolic discovery of optimization algorithms), without weight decay",
        update=("u = beta1*m + (1 - beta1)*g", "m = beta2*m + (1 - beta2)*g", "x = x - lr*sign(u)"),
        state=(("m", 0.0),),
        own=(
            Hyperparameter("beta1", "weight of the mean in the step", 0.9, default=0.9, least=0, below=1),
            Hyperparameter("beta2", "what is kept of the mean gradient", 0.99, default=0.99, least=0, below=1),
        ),
        critical_learning_rate="0",
        critical_said="0, as its steps do not get shorter near a minimum",
        unproven="whose steps do not get shorter with the gradient",
        differs="optax's lion with weight_decay 0, Keras' Lion; not in torch",
    ),
    Entry(
        "rprop",
        "steps of each coordinate that grow while its gradient keeps its sign, and shrink where it turns",
        "Riedmiller, Braun 1993, IEEE ICNN; Igel, Huesken 2003, Neurocomputing 50 (iRprop-), as torch has it",
        update=(
            "turned = g*last",
            "h = min(max(h*where(turned > 0, eta_plus, where(turned < 0, eta_minus, 1)), step_min), step_max)",
            "last = where(turned < 0, 0, g)",
            "x = x - h*sign(last)",
        ),
        state=(("h", "lr"), ("last", 0.0)),
        own=(
            Hyperparameter("eta_minus", "what steps shrink by", 0.5, default=0.5, above=0, below=1),
            Hyperparameter("eta_plus", "what steps grow by", 1.2, default=1.2, least=1),
            Hyperparameter("step_min", "no step is shorter", 1e-6, default=1e-6, unit="x", least=0),
            Hyperparameter("step_max", "no step is longer", 50.0, default=50.0, unit="x", above=0),
        ),
        order=("step_min <= step_max", "step_min <= learning_rate <= step_max"),
        unproven="whose steps do not get shorter with the gradient",
        no_critical_rate="the learning rate is its first step only, and signs alone make the others longer or shorter, "
        "though none shorter than step_min",
        differs="torch's Rprop; optax's takes the step of the update before (0.2.8); not in Keras. The learning rate "
        "is the first step only",
    ),
)
