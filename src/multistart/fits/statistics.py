"""`statistics_of`: what an optimum of a fit says of its parameters, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.errors import InputError
from multistart.fits.model import Model
from multistart.fits.triangle import Triangle, of_matrix, of_rows
from multistart.functions.objective import Objective
from multistart.minima.faces import falls_out

Array = NDArray[np.float64]
#: Losses that are negative logarithms of a likelihood, whose Hessian is the observed information.
LIKELIHOODS = ("normal", "poisson", "poisson_log", "binomial", "logistic")
#: What standard errors are made from, in words.
FROM_SQUARES = "J'J at the optimum times the residual variance"
FROM_LIKELIHOOD = "the inverse Hessian at the optimum (observed information)"
FROM_SANDWICH = "the Hessian H at the optimum and the gradients g of the rows, as H^-1 (sum of g g') H^-1 (sandwich)"
ON_FACE = 1e-12  # of the box's width: how near to its face a parameter is on it


@dataclass(frozen=True)
class Parameter:
    """A parameter at an optimum.

    Attributes
    ----------
    name, value
        Those of the user, on the scale of the model.
    standard_error
        On the same scale; nan where there is none, see ``why_none``.
    log_standard_error
        Of a parameter that is fitted on its logarithm: the standard error of that, of which the other follows to first
        order (delta method). Nan of any other.
    at_bound
        ``low`` or ``high`` where the parameter is held by that bound, else empty.
    indistinct
        The names of those that it cannot be told apart from, its own among them; empty where it is determined. Its own
        alone where the data do not depend on it at all.
    """

    name: str
    value: float
    standard_error: float
    log_standard_error: float = math.nan
    at_bound: str = ""
    indistinct: tuple[str, ...] = ()


@dataclass(frozen=True)
class FitStatistics:
    """What an optimum of a fit says.

    Attributes
    ----------
    value
        The objective there: the sum, or the mean, of the rows' losses.
    parameters
        Each, in order, ``p`` of them.
    correlations
        Of their errors, shape ``(p, p)``; nan for those without a standard error.
    errors_from
        What the standard errors are made from, one of the sentences above.
    why_none
        Why no parameter has a standard error; empty where that is not so.
    degrees_of_freedom
        Rows, less the parameters that they determine: one at its bound, or not told apart from others, is none.
    rss, residual_deviation, r_squared
        Of squares: the sum of weighted squares of residuals, the root of what it is for each degree of freedom, and
        ``1 - rss / tss`` with the squares of the response about its mean; nan where there is none.
    has_constant
        Whether a parameter adds the same to every row; where none does, the mean alone may be no curve of the model,
        and ``r_squared`` negative.
    response, fitted, weight
        Of each row, what was measured and what the model says of it (of counts and successes their mean), shape
        ``(n,)``; weights are 1 where the loss is none of squares.
    """

    value: float
    parameters: tuple[Parameter, ...]
    correlations: Array
    errors_from: str
    why_none: str
    degrees_of_freedom: int
    rss: float
    residual_deviation: float
    r_squared: float
    has_constant: bool
    response: Array
    fitted: Array
    weight: Array

    @property
    def rows(self) -> int:
        """The number of rows ``n``."""
        return len(self.response)

    @property
    def residual(self) -> Array:
        """Response less fitted, shape ``(n,)``."""
        return self.response - self.fitted


def statistics_of(objective: Objective | Model, point: Array, *, bounds: Box | None = None) -> FitStatistics:
    """Return what the optimum of a fit at a point says of its parameters.

    Of squares, also weighted ones, covariances are ``s² (J'WJ)⁻¹``, with ``s²`` the sum of weighted squares for each
    degree of freedom, as NIST certifies them. Weights so count relative to each other: standard deviations that are
    given with the data need be known up to a factor alone, as for ``scipy.optimize.curve_fit`` with
    ``absolute_sigma=False`` and lmfit with ``scale_covar=True``. Of a likelihood they are the inverse Hessian, of any
    other loss, whose size means nothing, the sandwich (Huber 1967; White 1982, Econometrica 50(1)).

    Parameters
    ----------
    objective
        A fit, see :meth:`.Objective.from_model`; or its model, which several optima then share.
    point
        The optimum, in the objective's own variables, shape ``(d,)``.
    bounds
        The box that descents are held in, if they are: a parameter at its face has no standard error, and those of the
        others are as if it were known.

    Raises
    ------
    InputError
        The objective is no fit, or the point has another number of coordinates.

    >>> line = Objective.from_model("a + b*x", {"x": [0.0, 1.0, 2.0], "y": [1.0, 2.0, 4.0]}, ["a", "b"], response="y")
    >>> found = statistics_of(line, np.array([5 / 6, 1.5]))
    >>> [round(parameter.standard_error, 6) for parameter in found.parameters], found.degrees_of_freedom
    ([0.372678, 0.288675], 1)
    """
    model = objective if isinstance(objective, Model) else Model(objective)
    objective, point = model.objective, np.asarray(point, dtype=np.float64)
    if point.shape != (objective.dimensions,):
        names = ", ".join(objective.variables)
        raise InputError(f"the optimum has the shape {point.shape}; give one number for each of {names}")
    squares = model.of_squares
    weight = model.weight() if squares else np.ones(len(model.rows))
    held = _held(objective, point, bounds)
    free = np.flatnonzero([not side for side in held])
    response, fitted = model.response(), model.value(point)
    triangle, why = _information(objective, model, point, free, np.sqrt(weight) if squares else None)
    known = triangle.rank if triangle is not None else len(free)
    freedom = len(response) - known
    rss = math.fsum((weight * (response - fitted) ** 2).tolist()) if squares else math.nan
    variance = rss / freedom if freedom > 0 else math.nan
    if squares and freedom <= 0:
        why = why or "there are no more rows than parameters, and so no residual variance"
    root = _root(objective, model, point, free, triangle, variance)
    errors, correlations = _errors(root, free, len(point))
    return FitStatistics(
        value=float(objective.value(point[None])[0]),
        parameters=_parameters(objective, point, errors, held, free, triangle),
        correlations=correlations,
        errors_from=FROM_SQUARES if squares else FROM_LIKELIHOOD if _is_likelihood(objective) else FROM_SANDWICH,
        why_none=why,
        degrees_of_freedom=freedom,
        rss=rss,
        residual_deviation=math.sqrt(variance) if squares and freedom > 0 else math.nan,
        r_squared=_r_squared(response, weight, rss) if squares else math.nan,
        has_constant=model.has_constant,
        response=response,
        fitted=fitted,
        weight=weight,
    )


def _is_likelihood(objective: Objective) -> bool:
    assert objective.fit is not None
    return objective.fit.loss in LIKELIHOODS


def _held(objective: Objective, point: Array, bounds: Box | None) -> list[str]:
    """At which bound each coordinate is held: it is on the face, and the objective falls on the other side of it.

    It does as :func:`multistart.minima.faces.falls_out` decides for the minima: by more than rounding.
    """
    if bounds is None:
        return [""] * len(point)
    return [
        {-1: "low", 1: "high"}.get(side, "") for side in falls_out(objective, point[None], bounds, ON_FACE)[0].tolist()
    ]


def _information(
    objective: Objective, model: Model, point: Array, free: NDArray[np.int64], root_weight: Array | None
) -> tuple[Triangle | None, str]:
    """What the rows tell of the free parameters; or why that is nothing."""
    if root_weight is not None:
        rows = root_weight[:, None] * model.jacobian(point)[:, free]
        if not np.isfinite(rows).all():
            return None, "a derivative of the model is not finite at a row"
        return of_rows(rows), ""
    matrix = _summed_hessian(objective, point)[np.ix_(free, free)]
    if not np.isfinite(matrix).all():
        return None, "the Hessian is not finite there"
    triangle = of_matrix(matrix)
    return triangle, "" if triangle is not None else "the Hessian there is not that of a minimum"


def _summed_hessian(objective: Objective, point: Array) -> Array:
    assert objective.fit is not None
    rows = objective.fit.count if objective.fit.reduction == "mean" else 1
    return rows * objective.hessian(point[None])[0]


def _root(
    objective: Objective,
    model: Model,
    point: Array,
    free: NDArray[np.int64],
    triangle: Triangle | None,
    variance: float,
) -> Array:
    """A matrix whose product with its transpose is the covariance of the free parameters."""
    if triangle is None:
        return np.full((len(free), 1), math.nan)
    root = triangle.root()
    if model.of_squares:
        return root * math.sqrt(variance)
    if _is_likelihood(objective):
        return root
    scores = model.scores(point)[:, free]
    known = np.isfinite(root).all(axis=1)
    spread = np.full((len(free), len(scores)), math.nan)
    spread[known] = root[known] @ (root[known].T @ scores[:, known].T)
    return spread


def _parameters(
    objective: Objective,
    point: Array,
    errors: Array,
    held: list[str],
    free: NDArray[np.int64],
    triangle: Triangle | None,
) -> tuple[Parameter, ...]:
    names, logged, values = objective.parameter_names, objective.logged, objective.in_users_units(point[None])[0]
    scaled = np.where(logged, values * errors, errors)
    groups: dict[int, set[int]] = {}
    for group in triangle.unresolved() if triangle is not None else []:
        for j in free[group].tolist():
            groups.setdefault(j, set()).update(free[group].tolist())
    return tuple(
        Parameter(
            name=names[j],
            value=float(values[j]),
            standard_error=float(scaled[j]),
            log_standard_error=float(errors[j]) if logged[j] else math.nan,
            at_bound=held[j],
            indistinct=tuple(names[i] for i in sorted(groups.get(j, ()))),
        )
        for j in range(len(point))
    )


def _errors(root: Array, free: NDArray[np.int64], dimensions: int) -> tuple[Array, Array]:
    """Standard errors and correlations of all parameters, nan of those that are held.

    Correlations are at most 1, and of a parameter with itself 1, whatever rounding made of them.
    """
    errors, correlations = np.full(dimensions, math.nan), np.full((dimensions, dimensions), math.nan)
    errors[free] = np.sqrt((root**2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        correlations[np.ix_(free, free)] = np.clip(root @ root.T / np.outer(errors[free], errors[free]), -1.0, 1.0)
    known = np.flatnonzero(np.isfinite(np.diag(correlations)))
    correlations[known, known] = 1.0
    return errors, correlations


def _r_squared(response: Array, weight: Array, rss: float) -> float:
    """Nan where the response is the same in all rows."""
    mean = math.fsum((weight * response).tolist()) / math.fsum(weight.tolist())
    total = math.fsum((weight * (response - mean) ** 2).tolist())
    return 1 - rss / total if total > 0 else math.nan
