"""The rule ``data``: a checked copy of what a fit is fitted to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from multistart.errors import InputError
from multistart.functions.fit import Fit
from multistart.functions.measurements import with_rows
from multistart.study import storage

if TYPE_CHECKING:
    from multistart.config.model_section import ModelObjective


def fit_of(given: ModelObjective) -> Fit:
    """The fit that a config describes, without its rows."""
    return Fit.of(
        given.model, given.response, given.variables, tuple(given.parameters), loss=given.loss,
        weights=given.weights, standard_deviations=given.standard_deviations, reduction=given.reduction,
    )  # fmt: skip


def copy_data(given: ModelObjective, path: Path | str, *, digest: str) -> None:
    """Copy the columns that a fit names, every number checked, into a table that each job reads.

    Raises
    ------
    InputError
        The file has not, or no longer, the numbers with this digest.
    """
    fit = with_rows(fit_of(given), given.data, given.variables, tuple(given.parameters))
    if fit.digest != digest:
        raise InputError(f"{given.data} was changed while the study ran; run the study again.")
    storage.write_rows(path, [dict(zip(fit.columns, fit.rows.T, strict=True))])
