"""Trusted: the objective of a fit, a sum over rows of data, as a function that can be certified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import sympy
from numpy.typing import NDArray

from multistart.functions.conditions import Condition
from multistart.functions.objective import Objective
from multistart.proofs.balls import Cell
from multistart.proofs.cut import Cut
from multistart.proofs.enclosures import Enclosure, exact
from multistart.proofs.faces import Face
from multistart.proofs.row_sums import RowSums
from multistart.proofs.problem import Budget, Candidates, Problem, Code


def problem_of(objective: Objective) -> Problem:
    """What is certified of an objective."""
    fit = objective.fit
    if fit is None:
        return Problem(objective.expression, objective.symbols, objective.conditions)
    term = objective.term
    return FitProblem(
        term.expression, term.symbols, term.conditions, columns=term.open_symbols, data=fit.rows, digest=fit.digest,
        mean=fit.reduction == "mean", loss=fit.term(objective.variables, dict(objective.parameters)).loss,
    )  # fmt: skip
