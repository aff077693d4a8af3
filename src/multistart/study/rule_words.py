"""What the summary says of what a rule says of itself: critical rates, flat tails, divergence, balls."""

from __future__ import annotations

import math

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
        "visited": "the gradient is below the tolerance",
    }
    return " or ".join({reason: None for ending, reason in reasons.items() if found.lost.get(ending)})


def visited(found: MethodFindings) -> str:
    """What it means that descents visited a minimum; empty where none did."""
    if not (share := found.endings.get("visited")):
        return ""
    return (
        f"{percent(share)} ended at their first point where the gradient is below the tolerance: with "
        f"{found.method.rule.title} a descent need not rest there, and may leave it again; its steps do not get "
        "shorter with the gradient, or it is not known that they do."
    )


def uncovered(found: MethodFindings) -> str:
    """That attraction balls stopped no descent, which were asked to; empty where they did, or were not."""
    if found.method.stopping != "certified" or found.facts.get("proven"):
        return ""
    if found.method.rule.attracted is None:
        return f"No attraction ball is proven to hold for {found.method.rule.title}, so none stopped a descent."
    return f"No attraction ball covers {found.method.describe_numbers()}, so none stopped a descent."


def critical(found: MethodFindings) -> str:
    """Above which learning rate each minimum attracts no more, and which do not at the one given."""
    rule = found.method.rule
    if not found.minima or rule.critical_learning_rate is None:
        return ""
    rates = ", ".join(f"{m.critical_learning_rate:.4g} (minimum {m.basin})" for m in found.minima)
    if len(found.minima) > NAMED:
        low, high = min(found.critical_rates), max(found.critical_rates)
        rates = f"from {low:.4g} to {high:.4g} for these {len(found.minima)}; each is in basins.csv"
    if all(math.isnan(rate) for rate in found.critical_rates):
        return ""
    text = f"A minimum stops attracting above the learning rate {rule.critical_words}: {rates}."
    if not found.unstable:
        return text
    verb = "attracts" if found.unstable == 1 else "attract"
    return f"{text} At {found.method.constant_rate:g}, {found.unstable} of them {verb} no more."
