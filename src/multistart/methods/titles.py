"""How a rule is called in a sentence: "Adam started from 900 points" and not "adam", or "clipped"."""

from __future__ import annotations

#: The rules whose name is no noun, or is spelled otherwise in the literature; the others are called by their name.
TITLES = {
    "clipped": "clipped gradient descent",
    "clipped_by_value": "gradient descent clipped by value",
    "normalized": "normalized gradient descent",
    "gradient_scaled": "scaled gradient descent",
    "gradient_scaled_by_norm": "gradient descent scaled by norm",
    "nesterov": "Nesterov's method",
    "nesterov_1983": "Nesterov's method of 1983",
    "adagrad": "AdaGrad",
    "rmsprop": "RMSProp",
    "adam": "Adam",
    "amsgrad": "AMSGrad",
    "nadam": "NAdam",
    "radam": "RAdam",
    "adamax": "AdaMax",
    "adadelta": "AdaDelta",
    "adabelief": "AdaBelief",
    "sign": "sign descent",
    "signum": "Signum",
    "lion": "Lion",
    "rprop": "Rprop",
    "armijo": "gradient descent with Armijo's rule",
    "barzilai_borwein_1": "the first method of Barzilai and Borwein",
    "barzilai_borwein_2": "the second method of Barzilai and Borwein",
    "polyak": "gradient descent with Polyak's step",
    "newton": "Newton's method",
    "damped_newton": "damped Newton's method",
    "bfgs": "BFGS",
    "levenberg_marquardt": "Levenberg and Marquardt's method",
}


def title(name: str) -> str:
    """The rule in words.

    >>> title("heavy_ball"), title("bfgs")
    ('heavy ball', 'BFGS')
    """
    return TITLES.get(name, name.replace("_", " "))
