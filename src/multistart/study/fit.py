"""The rule ``fit``: what the best fit says of its parameters, its residuals, and the curves of the minima."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from multistart.fits import FitStatistics, Model, Parameter, statistics_of
from multistart.fits.curves import spread
from multistart.minima import Minima
from multistart.plurals import listed
from multistart.study import storage
from multistart.study.study import Study

LISTED = 20  # minima whose parameters have standard errors
DRAWN = 8  # minima whose curves are drawn: those with a colour of their own
#: The quantities of ``fit.csv`` in order, as :class:`multistart.fits.FitStatistics` has them.
QUANTITIES = ("rows", "parameters", "degrees_of_freedom", "loss", "rss", "residual_deviation", "r_squared")
Columns = dict[str, np.ndarray]


def write_fit(study: Study, minima: Path | str, paths: Mapping[str, Path | str]) -> None:
    """Write the tables of a fit, by the names of their files, from the study's minima; without any, empty ones."""
    found = Minima.from_table(storage.read_columns(minima), study.objective.variables)
    model, bounds = Model(study.compiled), study.domain if study.held else None
    at_minima = [statistics_of(model, point, bounds=bounds) for point in found.location[:LISTED]]
    best = at_minima[0] if at_minima else None
    tables = {
        "fit": fit_table(best, model),
        "parameters": parameters_table(at_minima),
        "correlations": correlations_table(best),
        "fitted": fitted_table(best, model),
        "curves": curves_table(model, found.location[:DRAWN]),
    }
    for name, columns in tables.items():
        storage.write_columns(paths[name], columns)


def fit_table(best: FitStatistics | None, model: Model) -> Columns:
    """How good the best fit is, a row a quantity."""
    if best is None:
        found = {"rows": float(len(model.rows)), "parameters": float(model.objective.dimensions)}
        notes = dict.fromkeys(QUANTITIES[2:], "no minimum was found")
    else:
        found = {
            "rows": float(best.rows),
            "parameters": float(len(best.parameters)),
            "degrees_of_freedom": float(best.degrees_of_freedom),
            "loss": best.value,
            "rss": best.rss,
            "residual_deviation": best.residual_deviation,
            "r_squared": best.r_squared,
        }
        notes = _notes(best, model)
    return {
        "quantity": np.array(QUANTITIES, dtype=object),
        "value": np.array([found.get(name, math.nan) for name in QUANTITIES]),
        "note": np.array([notes.get(name, "") or None for name in QUANTITIES], dtype=object),
    }


def _notes(best: FitStatistics, model: Model) -> dict[str, str]:
    """What the numbers rest on."""
    fit = model.objective.fit
    assert fit is not None
    notes = {"loss": f"the {fit.reduction} of the losses of all rows: {fit.loss}"}
    if math.isnan(best.rss):
        return notes | dict.fromkeys(QUANTITIES[4:], "the loss is no sum of squares")
    weighted = "weighted " if (best.weight != 1).any() else ""
    notes["rss"] = f"the sum of {weighted}squares of residuals"
    if best.degrees_of_freedom > 0:
        notes["residual_deviation"] = "of a row of weight 1" if weighted else ""
    else:
        notes["residual_deviation"] = "there are no more rows than parameters"
    if math.isnan(best.r_squared):
        notes["r_squared"] = "the response is the same in all rows"
    elif not best.has_constant:
        notes["r_squared"] = "against the mean, which may be no curve of the model"
    else:
        notes["r_squared"] = "against the mean"
    return notes


def parameters_table(at_minima: Sequence[FitStatistics]) -> Columns:
    """The parameters of each minimum, the best first."""
    rows = [(basin, fit, p) for basin, fit in enumerate(at_minima) for p in fit.parameters]
    return {
        "basin": np.array([basin for basin, _, _ in rows], dtype=np.int64),
        "loss": np.array([fit.value for _, fit, _ in rows], dtype=np.float64),
        "parameter": np.array([p.name for _, _, p in rows], dtype=object),
        "estimate": np.array([p.value for _, _, p in rows], dtype=np.float64),
        "standard_error": np.array([p.standard_error for _, _, p in rows], dtype=np.float64),
        "log_standard_error": np.array([p.log_standard_error for _, _, p in rows], dtype=np.float64),
        "at_bound": np.array([p.at_bound or None for _, _, p in rows], dtype=object),
        "indistinct": np.array([" ".join(p.indistinct) or None for _, _, p in rows], dtype=object),
        "note": np.array([_note(fit, p) for _, fit, p in rows], dtype=object),
    }


def _note(fit: FitStatistics, parameter: Parameter) -> str:
    """What a standard error is made from, or why there is none."""
    if parameter.at_bound:
        return f"none: held by its {'lower' if parameter.at_bound == 'low' else 'upper'} bound"
    if len(parameter.indistinct) == 1:
        return "none: the data do not depend on it there"
    if parameter.indistinct:
        others = [name for name in parameter.indistinct if name != parameter.name]
        return f"none: the data do not tell it apart from {listed(others)}"
    return f"none: {fit.why_none}" if fit.why_none else f"from {fit.errors_from}"


def correlations_table(best: FitStatistics | None) -> Columns:
    """Each two parameters of the best fit."""
    names = [parameter.name for parameter in best.parameters] if best else []
    pairs = list(combinations(range(len(names)), 2))
    return {
        "parameter": np.array([names[i] for i, _ in pairs], dtype=object),
        "other": np.array([names[j] for _, j in pairs], dtype=object),
        "correlation": np.array([best.correlations[i, j] for i, j in pairs] if best else [], dtype=np.float64),
    }


def fitted_table(best: FitStatistics | None, model: Model) -> Columns:
    """The data beside the best fit."""
    nothing = np.full(len(model.rows), math.nan)
    residual = best.residual if best else nothing
    return {
        "row": np.arange(1, len(model.rows) + 1),
        **dict(zip(model.columns, model.rows.T, strict=True)),
        "fitted": best.fitted if best else nothing,
        "residual": residual,
        "standardized": np.sqrt(best.weight) * residual / best.residual_deviation
        if best and best.residual_deviation > 0
        else nothing,
    }


def curves_table(model: Model, points: np.ndarray) -> Columns:
    """The curves of the lowest minima, where the model depends on one column."""
    at, values = np.empty(0), np.empty((0, 0))
    if len(model.predictors) == 1 and len(points):
        column = model.columns.index(model.predictors[0])
        at = spread(model.rows[:, column])
        rows = np.zeros((len(at), len(model.columns)))
        rows[:, column] = at
        values = np.stack([model.value(point, rows) for point in points])
    return {
        "basin": np.repeat(np.arange(len(values)), len(at)),
        "predictor": np.array([*model.predictors] * values.size, dtype=object),
        "at": np.tile(at, len(values)),
        "value": values.ravel(),
    }
