"""Endings, and the columns of the table that holds one row a start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistart.methods.endings import (
    BOUNDED,
    CONVERGED,
    CYCLE,
    ENDINGS,
    LEFT_ARENA,
    MEANING,
    NONFINITE,
    RESTING,
    STATIONARY,
    STEP_LIMIT,
    STOPPED,
    TRAPPED,
    UNDECIDED,
    VISITED,
)

__all__ = [
    "BOUNDED", "CONVERGED", "CYCLE", "ENDINGS", "EVALUATIONS", "IN_ORBITS", "LABELS", "LEFT_ARENA", "MEANING",
    "NONFINITE", "NO_BASIN", "RARE", "RESTING", "STATIONARY", "STEP_LIMIT", "STOPPED", "TRAPPED", "UNDECIDED",
    "VERDICT", "VISITED", "WITHOUT_MINIMUM", "Outcomes", "codes", "columns", "empty",
]  # fmt: skip

NO_BASIN = -1
#: How the basin of a row is known: by an attraction ball, by place and value, or there is none.
LABELS = ("proven", "numeric", "none")
#: Ends at no minimum whose share is told apart: how it is called in ``estimates.csv``, and their codes.
WITHOUT_MINIMUM = {
    "share_still_under_way": (STEP_LIMIT,),
    "share_left_arena": (LEFT_ARENA,),
    "share_nonfinite": (NONFINITE,),
    "share_at_rest_at_no_minimum": (*RESTING, TRAPPED),
    "share_in_cycles": (CYCLE,),
    "share_bounded": (BOUNDED,),
    "share_undecided": (UNDECIDED,),
}
#: Of these, what has a row in ``estimates.csv`` only where a start ended so.
RARE = ("share_in_cycles", "share_bounded", "share_undecided")
#: Endings at an attractor that is no minimum, if at any.
IN_ORBITS = (CYCLE, BOUNDED)
#: What methods that count their own evaluations count, and the columns of outcomes that they have besides.
EVALUATIONS = ("function_evaluations", "gradient_evaluations", "hessian_evaluations")
#: What an outside optimiser says of an end, and which it was: columns of outcomes of methods by one, verbatim.
VERDICT = ("optimizer_success", "optimizer_message", "optimizer_version")


@dataclass(frozen=True)
class Outcomes:
    """What became of ``n`` descents in ``d`` coordinates; row i belongs to start i.

    Attributes
    ----------
    start, end
        First and last point, shape ``(n, d)``. The end of a descent that left the arena is its first point
        outside; of one that was not finite, the last point at which it stood.
    value, gradient_norm, curvature_min
        Objective, Euclidean gradient norm and smallest Hessian eigenvalue at the end, shape ``(n,)``.
    steps
        Updates applied, shape ``(n,)``.
    ending_code
        Position of the ending in :data:`ENDINGS`, shape ``(n,)``.
    period
        Of rows that ended as ``cycle``, the updates in which they come back; 0 of others; shape ``(n,)``.
    evaluations
        Evaluations by :data:`EVALUATIONS`, shape ``(n, 3)``; none of methods whose steps tell them.
    verdict
        What an outside optimiser said, by :data:`VERDICT`, shape ``(n, 3)``: true, false or None, then texts or None.
    """

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    value: NDArray[np.float64]
    gradient_norm: NDArray[np.float64]
    curvature_min: NDArray[np.float64]
    steps: NDArray[np.int64]
    ending_code: NDArray[np.int8]
    period: NDArray[np.int32]
    evaluations: NDArray[np.int64] | None = None
    verdict: NDArray[np.object_] | None = None

    @property
    def ending(self) -> NDArray[np.str_]:
        """The endings as words, shape ``(n,)``."""
        return np.array(ENDINGS)[self.ending_code]

    def __len__(self) -> int:
        return len(self.steps)

    def rows(self, which: slice | NDArray[np.intp]) -> Outcomes:
        """Some of the rows, of a slice over the same memory."""
        columns: dict[str, Any] = {name: None if all_ is None else all_[which] for name, all_ in vars(self).items()}
        return Outcomes(**columns)


def empty(start: NDArray[np.float64], *, counted: bool = False, judged: bool = False) -> Outcomes:
    """Outcomes of the right shapes for the given starts, ends not yet filled in.

    Evaluations only where counted, and what the optimiser said only where it is one that has judged itself.
    """
    n = len(start)
    return Outcomes(
        start=start,
        end=np.empty_like(start),
        value=np.empty(n),
        gradient_norm=np.empty(n),
        curvature_min=np.empty(n),
        steps=np.empty(n, dtype=np.int64),
        ending_code=np.empty(n, dtype=np.int8),
        period=np.zeros(n, dtype=np.int32),
        evaluations=np.empty((n, len(EVALUATIONS)), dtype=np.int64) if counted else None,
        verdict=np.empty((n, len(VERDICT)), dtype=np.object_) if judged else None,
    )


def codes(basin: NDArray[np.int64], ending_code: NDArray[np.int8]) -> NDArray[np.int64]:
    """One number for what became of a start: its basin, or -1 - (position of the ending) where it has none."""
    return np.where(basin >= 0, basin, -1 - ending_code.astype(np.int64))


def columns(variables: Sequence[str]) -> list[str]:
    """The columns of the outcome table in their order, without the label's.

    >>> columns(["x"])
    ['start_x', 'end_x', 'value', 'gradient_norm', 'curvature_min', 'steps', 'ending']
    """
    return [
        *(f"start_{name}" for name in variables),
        *(f"end_{name}" for name in variables),
        "value",
        "gradient_norm",
        "curvature_min",
        "steps",
        "ending",
    ]
