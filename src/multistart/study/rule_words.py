"""What the summary says of what a rule says of itself: critical rates, flat ground, divergence, balls."""

from __future__ import annotations

import math
from collections.abc import Sequence

from multistart.study.findings import MethodFindings
from multistart.study.spelled import of_starts

NAMED = 6  # minima whose rate is listed


def flat(found: MethodFindings) -> str:
    """The part of the starts that are under way where it is flat, in brackets; empty where there is none."""
    if not (share := found.facts.get("flat", 0.0)):
        return ""
    part = "all of them" if share == found.endings.get("step_limit") else _part(share, found)
    return f" ({part} where the step is so short that as many again would move by less than 1 % of the domain)"


def _part(share: float, found: MethodFindings) -> str:
    return of_starts(share, found.starts).removesuffix(" of the starts")


def diverged(found: MethodFindings) -> str:
    """The part of the starts that the rule threw out; empty where there is none."""
    if not (share := found.facts.get("diverged", 0.0)):
        return ""
    who = of_starts(share, found.starts)
    return f"{who[:1].upper()}{who[1:]} diverged: where they ended a step is longer than the domain."


def standing(found: MethodFindings) -> str:
    """Why descents stand still where the gradient is not zero."""
    reasons = {
        "converged": "the gradient is below the tolerance",
        "stationary": "a step is too short to change a coordinate",
        "visited": "the gradient is below the tolerance",
        "stopped": "the optimiser stopped by itself",
    }
    return " or ".join({reason: None for ending, reason in reasons.items() if found.lost.get(ending)})


def visited(found: MethodFindings) -> str:
    """What it means that descents visited a minimum; empty where none did."""
    if not (share := found.endings.get("visited")):
        return ""
    return (
        f"{of_starts(share, found.starts)} ended at their first point where the gradient is below the tolerance: with "
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


def critical(methods: Sequence[MethodFindings]) -> tuple[str, ...]:
    """Above which learning rate each minimum attracts no more, once for methods that agree, and which it is above."""
    rates = {found.name: _rates(found) for found in methods}
    said = [text for text in dict.fromkeys(rates.values()) if text]
    several = len(methods) > 1
    above = [found for found in methods if rates[found.name] and found.unstable]
    return (*said, " ".join(_exceeded(found, named=several) for found in above))


def _rates(found: MethodFindings) -> str:
    rule = found.method.rule
    if not found.minima or rule.critical_learning_rate is None:
        return ""
    if all(math.isnan(rate) for rate in found.critical_rates):
        return ""
    rates = ", ".join(f"{m.critical_learning_rate:.4g} (minimum {m.basin})" for m in found.minima)
    if len(found.minima) > NAMED:
        low, high = min(found.critical_rates), max(found.critical_rates)
        rates = f"from {low:.4g} to {high:.4g} for these {len(found.minima)}; each is in basins.csv"
    words = f"{rule.critical_words}, with lambda_max the largest curvature there"
    return f"A minimum stops attracting above the learning rate {words}: {rates}."


def _exceeded(found: MethodFindings, *, named: bool) -> str:
    at = f"At {found.method.constant_rate:g}" + (f", that of `{found.name}`" if named else "")
    verb = "attracts" if found.unstable == 1 else "attract"
    return f"{at}, {found.unstable} of them {verb} no more."
