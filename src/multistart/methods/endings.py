"""Endings: why a stopping rule ended a descent. Kernels name them, outcomes hold their codes."""

from __future__ import annotations

#: Why a descent stopped. The position in this tuple is the code that arrays hold.
ENDINGS = (
    "converged", "trapped", "step_limit", "left_arena", "nonfinite", "stationary", "visited", "stopped", "cycle",
    "bounded", "undecided",
)  # fmt: skip
CONVERGED, TRAPPED, STEP_LIMIT, LEFT_ARENA, NONFINITE, STATIONARY, VISITED, STOPPED, CYCLE, BOUNDED, UNDECIDED = range(
    len(ENDINGS)
)

#: What each ending means, in the words that tables and figures use.
MEANING = {
    "converged": "the gradient norm fell to the tolerance",
    "trapped": "the descent entered a ball or region that is proven to lead to one minimum",
    "step_limit": "still under way when the steps ran out",
    "left_arena": "left the arena",
    "nonfinite": "the gradient was no longer a finite number",
    "stationary": "at rest in floating point: further updates come back to the same bits",
    "visited": "the gradient norm fell to the tolerance, but the rule need not stay there",
    "stopped": "the optimiser stopped by itself, or stood still, with the gradient norm above the tolerance",
    "cycle": "went round a cycle when the steps ran out: further updates come back to the same points",
    "bounded": "neither at rest nor in a cycle when the steps ran out: in one range for 512 updates more, or 8,192",
    "undecided": "came to different places in two runs, at the tolerance and at a hundredth of it",
}
#: Endings at what may be a minimum: only these, and trapped ones, have a basin.
RESTING = (CONVERGED, STATIONARY, VISITED, STOPPED)
#: Endings by where the descent is, before a gradient is computed there.
STOPPED_BY_PLACE = (LEFT_ARENA, TRAPPED)
