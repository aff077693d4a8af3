"""What a function is, in symbols: a formula, or of a fit what is summed over the rows of its data."""

from __future__ import annotations

import re

from multistart.functions.expressions import names_in
from multistart.functions.fit import Fit
from multistart.functions.losses import LOSSES, is_formula
from multistart.functions.objective import Objective
from multistart.functions.terms import MODEL, RESIDUAL


def written(objective: Objective) -> str:
    """A function as one reads it, in terms of its variables; empty where it was given as an expression of SymPy.

    >>> data = {"x": [1, 2, 3], "y": [2, 4, 5]}
    >>> written(Objective.from_model("a*x", data, ["a"], response="y"))
    'Σ r**2, r = y - m, m = a*x, n = 3'
    >>> written(Objective.from_expression("(b - 1)**2", ["b"]).on_scales({"b": "log"}))
    '(b - 1)**2, b = exp(log_b)'
    """
    fit, text = objective.fit, objective.formula
    if fit is not None:
        sign = "1/n Σ" if fit.reduction == "mean" else "Σ"
        text = ", ".join([f"{sign} {loss_of(fit)}", *parts_of(fit), f"n = {fit.count}"])
    logarithms = [f"{name} = exp({variable})" for name, variable in _logged(objective)]
    return ", ".join([text, *logarithms]) if text else ""


def loss_of(fit: Fit) -> str:
    """What a row adds: a formula in the model's value ``m``, the residual ``r``, columns and variables."""
    loss = fit.loss if is_formula(fit.loss) else LOSSES[fit.loss].formula
    response = fit.response if fit.response.isidentifier() else f"({fit.response})"
    loss = loss if is_formula(fit.loss) else re.sub(r"\bresponse\b", lambda _: response, loss)
    weights = fit.weights if fit.weights.isidentifier() or not fit.weights else f"({fit.weights})"
    return loss if not weights else f"{weights}*{loss}" if loss == "r**2" else f"{weights}*({loss})"


def parts_of(fit: Fit) -> list[str]:
    """What the names in it mean: the residual, the model's value, and numbers, as in ``m = a*x``."""
    named = set(names_in(loss_of(fit)))
    residual = f"{fit.response} - {MODEL}"
    divided = f"({residual})/{fit.standard_deviations}" if fit.standard_deviations.isidentifier() else residual
    if fit.standard_deviations and not fit.standard_deviations.isidentifier():
        divided = f"({residual})/({fit.standard_deviations})"
    said = [f"{RESIDUAL} = {divided}"] if RESIDUAL in named else []
    said += [f"{MODEL} = {fit.model}"] if {MODEL, RESIDUAL} & named else []
    return [*said, *(f"{name} = {value}" for name, value in fit.numbers if name in named and str(value) != name)]


def _logged(objective: Objective) -> list[tuple[str, str]]:
    pairs = zip(objective.parameter_names, objective.variables, strict=True)
    return [(name, variable) for name, variable in pairs if name != variable]
