"""Losses by name: what one row of data adds to a fit's objective.

A loss is a formula in the model's value ``m``, the response, their difference ``r = response - m``, and numbers of its
own. Robust ones are scaled so that they are ``r**2`` where residuals are small, and their values compare with a sum of
squares: SciPy's ``least_squares`` writes half of each (``cost``, with ``f_scale`` for ``delta``), as do statsmodels and
PyTorch.

To add one: an entry of :data:`LOSSES`; the docstring of :class:`Loss` says what it takes. Then
``python -m multistart.config`` makes the reference anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from multistart.errors import InputError, one_of
from multistart.functions.parameters import Value

SQUARES = "squares"


@dataclass(frozen=True)
class Loss:
    """What a row adds.

    Attributes
    ----------
    formula
        In ``m``, ``response``, ``r`` and the names of :attr:`numbers`, in the language of formulas.
    about
        What it is for, in a line, with what is left out of it, if anything.
    source
        Where it comes from.
    numbers
        Names of its numbers, each with a default, or none where it must be given; all are above 0. A formula in columns
        may stand for one.
    estimated
        Those that may be made of variables, as an unknown sigma is.
    asks
        What must not be negative, of the response alone.
    of_residual
        Whether it depends on the residual alone, which then may be divided by standard deviations.
    """

    formula: str
    about: str
    source: str
    numbers: Mapping[str, int | None] = field(default_factory=dict)
    estimated: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    of_residual: bool = False


LOSSES: Mapping[str, Loss] = {
    SQUARES: Loss(
        "r**2",
        "the square of the residual: least squares",
        "Legendre 1805; Gauss 1809",
        of_residual=True,
    ),
    "huber": Loss(
        "2*delta**2*huber(r/delta)",
        "r**2 up to |r| = delta, the straight line 2 delta |r| - delta**2 beyond; the second derivative jumps there",
        'Huber 1964, "Robust estimation of a location parameter", Ann. Math. Statist. 35(1), with delta = k; '
        "SciPy's huber",
        {"delta": None},
        of_residual=True,
    ),
    "pseudo_huber": Loss(
        "2*delta**2*(sqrt(1 + (r/delta)**2) - 1)",
        "a smooth one that grows as 2 delta |r|; SciPy's soft_l1",
        'Charbonnier et al. 1994, "Two deterministic half-quadratic regularization algorithms for computed imaging", '
        "ICIP",
        {"delta": None},
        of_residual=True,
    ),
    "cauchy": Loss(
        "delta**2*log(1 + (r/delta)**2)",
        "grows as a logarithm, so that outliers hardly count: the likelihood of Cauchy's distribution",
        "SciPy's cauchy; statsmodels' robust norms",
        {"delta": None},
        of_residual=True,
    ),
    "arctan": Loss(
        "delta**2*atan((r/delta)**2)",
        "at most pi/2 delta**2 a row, so that outliers do not count",
        "SciPy's arctan, with f_scale = delta",
        {"delta": None},
        of_residual=True,
    ),
    "welsch": Loss(
        "delta**2*(1 - exp(-(r/delta)**2))",
        "at most delta**2 a row, so that outliers do not count",
        'Dennis and Welsch 1978, "Techniques for nonlinear least squares and robust regression", Comm. Statist. 7(4)',
        {"delta": None},
        of_residual=True,
    ),
    "normal": Loss(
        "log(sigma) + (r/sigma)**2/2",
        "the negative log-likelihood of normal errors, without log(2 pi)/2 a row; sigma is a variable, or a formula of "
        "variables and columns",
        "the density of the normal distribution",
        {"sigma": None},
        estimated=("sigma",),
    ),
    "poisson": Loss(
        "m - response*log(m)",
        "the negative log-likelihood of counts with the mean m, which is above 0, without log(response!)",
        "the Poisson distribution; statsmodels' and scikit-learn's half deviance up to what m does not change",
        asks=("response",),
    ),
    "poisson_log": Loss(
        "exp(m) - response*m",
        "the same where the model is the logarithm of the mean, without log(response!)",
        "PyTorch's PoissonNLLLoss",
        asks=("response",),
    ),
    "binomial": Loss(
        "-response*log(m) - (trials - response)*log(1 - m)",
        "the negative log-likelihood of successes in trials (1 by default: cross-entropy) with the probability m, "
        "without the logarithm of the binomial coefficient",
        "the binomial distribution; scikit-learn's log_loss",
        {"trials": 1},
        asks=("response", "trials - response"),
    ),
    "logistic": Loss(
        "trials*log(1 + exp(m)) - response*m",
        "the same where the model is the log-odds, log(p/(1 - p)); finite up to log-odds of 709",
        "logistic regression; PyTorch's BCEWithLogitsLoss",
        {"trials": 1},
        asks=("response", "trials - response"),
    ),
}  # fmt: skip

_KINK = (
    "has a kink, and so no gradient, where the residual is 0; a smooth loss near it is pseudo_huber with a small delta"
)
#: Names that others use.
ELSEWHERE = {
    **dict.fromkeys(("linear", "least_squares", "l2", "ssr", "rss", "sse", "ols"), SQUARES),
    "mse": f"{SQUARES}, with reduction: mean,",
    **dict.fromkeys(("soft_l1", "charbonnier", "pseudohuber"), "pseudo_huber"),
    **dict.fromkeys(("cross_entropy", "bce", "log_loss", "bernoulli"), "binomial"),
    **dict.fromkeys(("logit", "bce_with_logits"), "logistic"),
    **dict.fromkeys(("gaussian", "likelihood", "nll"), "normal"),
    **dict.fromkeys(("lorentzian", "student", "student_t"), "cauchy"),
    "leclerc": "welsch",
}
ABSOLUTE = ("abs", "absolute", "absolute_values", "l1", "lad", "mae", "least_absolute_deviations", "absolute_error")


def loss_named(name: str) -> Loss:
    """Return the loss of a name.

    Raises
    ------
    InputError
        There is none, with the one that may be meant.

    >>> loss_named("squares").formula
    'r**2'
    """
    if name in LOSSES:
        return LOSSES[name]
    if name.lower() in ABSOLUTE:
        raise InputError(f'"{name}": the absolute value {_KINK}')
    if name.lower() in ELSEWHERE:
        raise InputError(f'"{name}" is called {ELSEWHERE[name.lower()]} here')
    raise InputError(
        f"a loss {one_of(name, LOSSES)}; one of your own is a formula in m, the model's value, and columns"
    )


def read_loss(given: str | Mapping[str, Value]) -> tuple[str, tuple[tuple[str, Value], ...]]:
    """Return the name, or the formula, of a loss, and its numbers in their order, defaults included.

    Raises
    ------
    InputError
        No loss, a number that it does not have, or one that it needs and is not given.

    >>> read_loss({"name": "huber", "delta": 1.5})
    ('huber', (('delta', 1.5),))
    >>> read_loss("binomial")
    ('binomial', (('trials', 1),))
    """
    if isinstance(given, str) and is_formula(given):
        return given, ()
    numbers: dict[str, Value] = dict(given) if isinstance(given, Mapping) else {"name": given}
    name = numbers.pop("name", None)
    if not isinstance(name, str):
        raise InputError(f"a loss has a name, as in {{name: huber, delta: 1.5}}; it is one of {', '.join(LOSSES)}")
    loss = loss_named(name)
    for key in numbers:
        if key not in loss.numbers:
            takes = (
                f"a number of {name} {one_of(key, loss.numbers)}" if loss.numbers else f'"{key}": {name} has no numbers'
            )
            raise InputError(takes)
    for key, default in loss.numbers.items():
        if default is not None:
            numbers.setdefault(key, default)
        elif key not in numbers:
            example = key if key in loss.estimated else 1.5
            raise InputError(f"{name} needs {key}, as in {{name: {name}, {key}: {example}}}")
    return name, tuple((key, numbers[key]) for key in loss.numbers)


def is_formula(loss: str) -> bool:
    """Whether a loss is a formula of the user's own, and no name."""
    return not loss.isidentifier()
