"""The saddles and maxima that minima meet in folds, as rows of ``attractors.csv``, where the function is swept."""

from __future__ import annotations

import numpy as np

from multistart.dynamics.partners import SAME, Curves
from multistart.events import Event
from multistart.study.storage import Columns
from multistart.study.sweep_minima import MinimaOfSweep
from multistart.study.sweep_plan import Sweep

MOST = 32  # folds whose partners are followed
FOLDS = {"fold": "meets a ", "born": "appears together with a "}  # what the notes of folds begin with, by the event


def partner_rows(sweep: Sweep, minima: MinimaOfSweep) -> Columns:
    """The partners of minima that fold between the first and the last value; empty where there is none."""
    if not sweep.of_objective or len(sweep.shape) > 1:
        return {}
    (key,), (low, *_), (high, *_) = sweep.values, sweep.points[0], sweep.points[-1]
    study = sweep.study
    curves = Curves(study.compiled, key.rpartition(".")[2], study.arena, low, high)
    found: list[tuple[int, np.ndarray]] = []
    for event in [e for e in minima.events if e.note.startswith(FOLDS.get(e.event, "\0"))][:MOST]:
        curve = curves.partner(*_beside(sweep, minima, event), event.middle)
        if len(curve) and not any(curves.apart(curve[0], other[-1]) < SAME for _, other in found):
            found.append((event.attractor, curve))
    return _columns(sweep, curves, found) if found else {}


def _beside(sweep: Sweep, minima: MinimaOfSweep, event: Event) -> tuple[np.ndarray, float]:
    """A minimum at the value that is nearest to its fold, and the value."""
    there = [i for i, each in enumerate(minima.at) if event.attractor in each.number]
    i = min(there, key=lambda i: abs(sweep.points[i][0] - event.middle))
    at = minima.at[i]
    return at.minima.location[at.number == event.attractor][0], sweep.points[i][0]


def _columns(sweep: Sweep, curves: Curves, found: list[tuple[int, np.ndarray]]) -> Columns:
    points = np.concatenate([curve for _, curve in found])
    number = np.repeat([attractor for attractor, _ in found], [len(curve) for _, curve in found])
    value, is_maximum = curves.values(points)
    nothing = np.full(len(points), np.nan)
    return {
        sweep.names[0]: points[:, -1],
        "attractor": number.astype(np.int64),
        "kind": np.where(is_maximum, "maximum", "saddle").astype(object),
        "period": np.ones(len(points), dtype=np.int64),
        "around": number.astype(np.int64),
        "stable": np.zeros(len(points), dtype=bool),
        **{name: points[:, j] for j, name in enumerate(sweep.study.objective.variables)},
        "value": value,
        "multiplier": nothing,
        "exponent": nothing,
        "exponent_error": nothing,
        "proven": np.zeros(len(points), dtype=bool),
    }
