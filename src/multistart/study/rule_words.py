"""What the summary says of what a rule says of itself: critical rates, flat ground, divergence, balls."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from multistart.methods import Search
from multistart.methods.rate import RateFormula, Scheduled, rates
from multistart.plurals import listed
from multistart.study.findings import MethodFindings
from multistart.study.spelled import of_starts

NAMED = 6  # minima whose rate is listed
LOOKS = 1000  # steps at which a schedule is looked at
FADED = 0.01  # of its largest rate: with less a descent hardly moves
UNDECIDED = "came to different places in two runs, so that they are undecided"


def flat(found: MethodFindings) -> str:
    """The part of the starts that are under way and hardly move; empty where there is none."""
    if not (share := found.facts.get("flat", 0.0)):
        return ""
    who = of_starts(share, found.starts)
    verb, them = ("moves", "it") if who in ("1 start", "the 1 start") else ("move", "them")
    return (
        f"{who[:1].upper()}{who[1:]} hardly {verb} by then: as many steps again, each as short as the next one, would "
        f"take {them} less than 1 % of the domain's diagonal."
    )


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
    who = of_starts(share, found.starts)
    return (
        f"{who[:1].upper()}{who[1:]} ended as visited: the gradient fell to the tolerance, but the steps of this "
        "method need not get shorter with the gradient, so that a descent may leave again."
    )


def faded(found: MethodFindings) -> str:
    """That a schedule has ended descents that had not arrived; empty where it has not."""
    rate = found.method.rate
    if not isinstance(rate, Scheduled | RateFormula) or not found.endings.get("step_limit"):
        return ""
    last = found.method.max_steps - 1
    looked_at = rates(rate, found.method.max_steps, [last * i // LOOKS for i in range(LOOKS + 1)])
    if not looked_at[-1] <= FADED * looked_at.max():
        return ""
    return (
        f"By the last step the learning rate has fallen from {looked_at.max():.4g} to {looked_at[-1]:.4g}: a descent "
        "that has not arrived by then hardly moves any more."
    )


def uncovered(found: MethodFindings) -> str:
    """That attraction balls stopped no descent, which were asked to; empty where they did, or were not."""
    if found.method.stopping != "certified" or found.facts.get("proven"):
        return ""
    if found.method.rule.attracted is None and found.method.rule.region is None:
        return f"No attraction ball is proven to hold for {found.method.rule.title}, so none stopped a descent."
    what = "ball" if found.method.rule.region is None else "region"
    return f"No attraction {what} covers {found.method.describe_numbers()}, so none stopped a descent."


def followed(found: MethodFindings) -> str:
    """How it is known where a curve leads that is followed with errors; empty of other methods, and where none came."""
    if found.method.tighter is None or not found.facts.get("numeric"):
        return ""
    first, second = found.method.tolerance, found.method.tighter.tolerance
    trapped = (
        " From where a descent ended in an attraction ball, the exact flow provably goes to that minimum."
        if found.endings.get("trapped")
        else ""
    )
    return (
        f"Which minimum a start reached is not proven: its curve was followed with errors, of at most {first:g} of the "
        f"arena's width a step. Each was followed again with at most {second:g}, and came to the same place, or is "
        f"undecided.{trapped}"
    )


def not_arriving(found: MethodFindings) -> str:
    """That descents in a ball need not arrive at its minimum; empty where they do."""
    if found.method.arrives or not found.facts.get("proven"):
        return ""
    why = "the learning rate falls so fast that it may stop short of the minimum"
    if isinstance(found.method.rate, RateFormula):
        why = (
            "of a formula of the learning rate it is not known whether its rates add up without bound, as they have to "
            "if it is not to stop short of the minimum"
        )
    return f" It is not proven that a descent arrives: it cannot leave the ball, but {why}."


def trap(found: MethodFindings) -> str:
    """What ended a descent of which it is proven where it leads."""
    if found.method.rule.region is None:
        return "an attraction ball"
    return "an attraction region of point and last step"


def critical(methods: Sequence[MethodFindings]) -> tuple[str, ...]:
    """Above which learning rate each minimum attracts no more, once for methods that agree, and which it is above."""
    limits = {found.name: _limits(found) for found in methods}
    different = [text for text in dict.fromkeys(limits.values()) if text]
    named = len({*limits.values()}) > 1  # some have another one, or none
    said = [_lead(limits, text, named=named) + text for text in different]
    several = len(methods) > 1
    above = [found for found in methods if limits[found.name] and found.unstable and max(found.critical_rates) > 0]
    return (*said, " ".join(_exceeded(found, named=several) for found in above))


def _lead(limits: Mapping[str, str], text: str, *, named: bool) -> str:
    """The beginning of the limits of some methods, which are named where others have other ones."""
    of = listed([f"`{name}`" for name, limit in limits.items() if limit == text])
    return f"With {of}, a minimum" if named else "A minimum"


def _limits(found: MethodFindings) -> str:
    if not found.minima or found.method.outside is not None or isinstance(found.method.rule, Search):
        return ""
    method = found.method.of_its_units()
    rate = method.critical_rate
    if isinstance(rate, str):
        return f" has no critical learning rate: {rate}."
    if all(math.isnan(rate) for rate in found.critical_rates):
        return ""
    if max(found.critical_rates) == 0:
        why = "do not get shorter near it" if method.rule.critical_learning_rate else "lead away from it"
        return f" attracts at no learning rate, as steps {why}."
    if min(found.critical_rates) == math.inf:
        return " attracts at any learning rate, as steps get shorter with the gradient."
    minima = [m for m in found.minima if not m.in_corner]
    rates = ", ".join(f"{m.critical_learning_rate:.4g} (minimum {m.basin})" for m in minima)
    if len(minima) > NAMED:
        ends = [m.critical_learning_rate for m in minima]
        low, high = min(ends), max(ends)
        between = f"from {low:.4g} to {high:.4g}" if f"{low:.4g}" != f"{high:.4g}" else f"{low:.4g}"
        rates = f"{between} for these {len(minima)}; each is in basins.csv"
    if corners := len(found.minima) - len(minima):
        rates += f"; {'the one in a corner attracts' if corners == 1 else 'those in corners attract'} at any"
    units = "" if found.method.precondition is None else ", in units of the domain's widths"
    words = f"{rate.words_at(found.method.numbers)}, where lambda_max is the largest curvature there{units}"
    return f" stops attracting above the learning rate {words}: {rates}."


def _exceeded(found: MethodFindings, *, named: bool) -> str:
    at = f"At {found.method.constant_rate:g}" + (f", that of `{found.name}`" if named else "")
    them = "it" if len(found.minima) == 1 else "them"
    visits = f"; descents visit {them} and do not stay" if found.reached and found.endings.get("visited") else ""
    if found.unstable == len(found.minima):
        return f"{at}, {'it attracts' if found.unstable == 1 else 'they all attract'} no more{visits}."
    verb = "attracts" if found.unstable == 1 else "attract"
    return f"{at}, {found.unstable} of them {verb} no more{visits}."
