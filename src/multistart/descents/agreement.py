"""Whether a second run with a smaller error confirms where descents come to; those it does not are undecided."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from multistart.descents.outcomes import (
    LEFT_ARENA,
    NONFINITE,
    RESTING,
    STEP_LIMIT,
    TRAPPED,
    UNDECIDED,
    Outcomes,
    empty,
)
from multistart.descents.prepared import Prepared
from multistart.kernels.curvature import smallest_eigenvalues
from multistart.methods.flow import LENGTH
from multistart.methods.search import SHARED

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

FLAT = 8.0  # Newton's step from a point at the foot of x**9 ends 1/8 of the way to the minimum
APART = 100.0  # times the tolerance, the part of its way that the errors of a run may come to
BETWEEN = (0.25, 0.5, 0.75)  # where a barrier is looked for
ROUNDING = 16.0 * 2.0**-52


def mark_undecided(prepared: Prepared, out: Outcomes, state: Array) -> None:
    """End rows as ``undecided`` that come to another place with a smaller error; a step limit is no place.

    What the second run evaluates is counted with what the first did, which left the rows in this state.
    """
    tighter = prepared.method.tighter
    rows = np.flatnonzero(out.ending_code != STEP_LIMIT)
    if tighter is None or not len(rows):
        return
    second = empty(out.start[rows], counted=True)
    run = replace(prepared, method=tighter)
    state_of_second = run.first_state(len(rows))
    run.follow(second, state_of_second)
    if prepared.stop[0]:
        return
    ends = End.of(prepared, out.rows(rows), state[rows]), End.of(run, second, state_of_second)
    out.ending_code[rows[~confirmed(prepared, *ends)]] = UNDECIDED
    assert out.evaluations is not None, "what errs counts its evaluations"
    assert second.evaluations is not None, "likewise"
    out.evaluations[rows] += second.evaluations


@dataclass(frozen=True)
class End:
    """Where runs ended, and about how far from there the place is that they were on their way to.

    Of a trapped end that place is its ball's centre. From an end in a bowl a minimum is about a step of Newton's method
    away, in a flat one some times as far; elsewhere the curve passes the place where the gradient is first as small
    somewhere in the last step.
    """

    ending: NDArray[np.int8]
    place: Array
    away: Array
    way: Array
    slope: Array

    @classmethod
    def of(cls, prepared: Prepared, out: Outcomes, state: Array) -> End:
        """Of rows that ended in this state."""
        place, away = out.end.copy(), state[:, SHARED + LENGTH].copy()
        trapped, rest = (np.flatnonzero(mask) for mask in (out.ending_code == TRAPPED, out.ending_code != TRAPPED))
        place[trapped], away[trapped] = _centers(prepared.balls, out.end[trapped]), 0.0
        _, _, hessian = prepared.kernel.evaluate(out.end[rest])
        curvature = smallest_eigenvalues(hessian, prepared.kernel.cache)
        bowl = rest[curvature > 0]
        away[bowl] = FLAT * out.gradient_norm[bowl] / curvature[curvature > 0]
        with np.errstate(invalid="ignore"):  # of starts that are no points
            way = np.linalg.norm(out.end - out.start, axis=1)
        return cls(out.ending_code, place, away, way, out.gradient_norm)

    @property
    def arrived(self) -> Mask:
        """Whether they came to rest, or into a ball."""
        return np.isin(self.ending, (*RESTING, TRAPPED))


def confirmed(prepared: Prepared, first: End, second: End) -> Mask:
    """Whether two runs from the same starts came to the same place, shape ``(n,)``.

    Ends beside each other; or as near as they may be from where they were on their way to, with no barrier between.
    """
    gone = (first.ending == second.ending) & np.isin(first.ending, (LEFT_ARENA, NONFINITE))
    errors = APART * prepared.method.tolerance * first.way
    with np.errstate(invalid="ignore"):
        distance = np.linalg.norm(first.place - second.place, axis=1)
        far = (distance > errors) & (distance <= first.away + second.away + errors)
        slack = (first.slope + second.slope) * distance
    far[far] = _no_barrier(prepared, first.place[far], second.place[far], slack[far])
    return gone | (first.arrived & second.arrived & ((distance <= errors) | far))


def _centers(balls: Array, ends: Array) -> Array:
    """The centres of the balls that hold these ends, no two of which have a point in common."""
    d = ends.shape[1]
    depth = np.array([ball[d] - np.linalg.norm(ends - ball[:d], axis=1) for ball in balls])
    centers: Array = balls[depth.argmax(axis=0), :d] if len(ends) else ends
    return centers


def _no_barrier(prepared: Prepared, a: Array, b: Array, slack: Array) -> Mask:
    """Whether the function is nowhere higher between two points than at the higher of them, but for some slack."""
    high = np.maximum(prepared.kernel.evaluate(a)[0], prepared.kernel.evaluate(b)[0])
    level = high + slack + ROUNDING * np.abs(high)
    between = [prepared.kernel.evaluate(a + t * (b - a))[0] for t in BETWEEN]
    clear: Mask = np.all([value <= level for value in between], axis=0)
    return clear
