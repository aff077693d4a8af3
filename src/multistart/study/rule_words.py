"""What the summary says that holds for gradient descent alone: critical rates, flat tails, divergence, balls."""

from __future__ import annotations

from multistart.study.findings import MethodFindings
from multistart.study.spelled import percent

NAMED = 6  # minima whose rate is listed

ADVICE = {
    "step_limit": "Most were still under way: raise max_steps, or the learning rate.",
    "left_arena": "Most left the arena: lower the learning rate, or widen the arena.",
    "nonfinite": "Most met a gradient that is not finite: lower the learning rate, or narrow the domain.",
    "stationary": "Most stand still where a step is too short to change a coordinate: raise the learning rate.",
}
AT_REST = "Most came to rest on a saddle or a flat tail: lower the gradient tolerance."


def advice(found: MethodFindings) -> str:
    """What to change where no descent reached a minimum."""
    return ADVICE.get(found.commonest_ending, AT_REST)


def flat(share: float) -> str:
    """The part of the starts that are under way in a flat tail, in brackets; empty where there is none."""
    if not share:
        return ""
    return f" ({percent(share)} where it is so flat that as many steps again would hardly move them)"


def diverged(share: float) -> str:
    """The part of the starts that the rule threw out; empty where there is none."""
    return f"{percent(share)} diverged: the step was too long for the curvature there." if share else ""


def standing(found: MethodFindings) -> str:
    """Why descents stand still where the gradient is not zero."""
    reasons = {
        "converged": "the gradient is below the tolerance",
        "stationary": "a step is too short to change a coordinate",
    }
    return " or ".join(reason for ending, reason in reasons.items() if found.lost.get(ending))


def uncovered(found: MethodFindings) -> str:
    """That attraction balls stopped no descent, which were asked to; empty where they did, or were not."""
    if found.method.stopping != "certified" or found.facts.get("proven"):
        return ""
    return f"No attraction ball covers learning rate {found.method.learning_rate:g}, so none stopped a descent."


def critical(found: MethodFindings) -> str:
    """Above which learning rate each minimum attracts no more, and which do not at the one given."""
    if not found.minima:
        return ""
    rates = ", ".join(f"{m.critical_learning_rate:.4g} (minimum {m.basin})" for m in found.minima)
    if len(found.minima) > NAMED:
        low, high = min(found.critical_rates), max(found.critical_rates)
        rates = f"from {low:.4g} to {high:.4g} for these {len(found.minima)}; each is in basins.csv"
    text = f"A minimum stops attracting above the learning rate 2/lambda_max: {rates}."
    if not found.unstable:
        return text
    verb = "attracts" if found.unstable == 1 else "attract"
    return f"{text} At {found.method.learning_rate:g}, {found.unstable} of them {verb} no more."
