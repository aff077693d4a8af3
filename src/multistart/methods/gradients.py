"""Rules without memory: a step against the gradient, which some clip, normalise or scale by its size.

Near a minimum a gradient is not clipped, and the rule is gradient descent; far away its rate is smaller. So what holds
below a learning rate for gradient descent holds for the one that is clipped by its norm.
"""

from __future__ import annotations

from multistart.methods.entry import Entry
from multistart.methods.gradient_descent import CRITICAL, GRADIENT_DESCENT, attracted
from multistart.methods.rule import Hyperparameter

MAX_NORM = Hyperparameter("max_norm", "norm that gradients are clipped to", 1.0, default=1.0, unit="f / x", above=0)
CLIP_EPS = Hyperparameter("eps", "added to the norm", 1e-6, default=1e-6, unit="f / x", least=0)
CLIP_VALUE = Hyperparameter(
    "clip_value", "size that components of gradients are clipped to", 1.0, default=1.0, unit="f / x", above=0
)

GRADIENTS = (
    GRADIENT_DESCENT,
    Entry(
        "clipped",
        "gradient descent, of a gradient no longer than a norm",
        "Pascanu, Mikolov, Bengio 2013, ICML; torch's clip_grad_norm_",
        update=("x = x - lr*min(1, max_norm/(gnorm + eps))*g",),
        own=(MAX_NORM, CLIP_EPS),
        rest="gradient",
        critical_learning_rate=CRITICAL,
        attracted=attracted,
        differs="optax's clip_by_global_norm and Keras' global_clipnorm have eps 0",
    ),
    Entry(
        "clipped_by_value",
        "gradient descent, of a gradient with no component larger than a value",
        "torch's clip_grad_value_",
        update=("x = x - lr*max(-clip_value, min(clip_value, g))",),
        own=(CLIP_VALUE,),
        rest="gradient",
        critical_learning_rate=CRITICAL,
        unproven="which clips each coordinate by itself",
        differs="the same as optax's clip and Keras' clipvalue",
    ),
    Entry(
        "normalized",
        "a step of the length lr against the gradient",
        "Nesterov 2004, Introductory Lectures on Convex Optimization, section 3.2.3",
        update=("x = x - where(gnorm > 0, lr/gnorm, 0)*g",),
        critical_learning_rate="0",
        critical_said="0, as its steps do not get shorter near a minimum",
        unproven="whose steps do not get shorter near a minimum",
        differs="not in torch and Keras; optax's normalize_by_update_norm adds 1e-6 to the norm",
    ),
    Entry(
        "gradient_scaled",
        'gradient descent with the rate lr*abs(g), one for each coordinate ("dynamic" in courses on deep learning)',
        "courses on deep learning",
        update=("x = x - lr*abs(g)*g",),
        rest="gradient",
        critical_learning_rate="infinity",
        critical_said="infinity, as its steps get shorter with the gradient",
        unproven="which has a rate of its own for each coordinate",
        differs="torch, optax and Keras do not have it",
    ),
    Entry(
        "gradient_scaled_by_norm",
        "gradient descent with the rate lr*gnorm",
        "courses on deep learning",
        update=("x = x - lr*gnorm*g",),
        rest="gradient",
        critical_learning_rate="infinity",
        critical_said="infinity, as its steps get shorter with the gradient",
        unproven="whose rate grows with the gradient",
        differs="torch, optax and Keras do not have it",
    ),
)
