"""What the summary says of an outside optimiser's own word."""

from __future__ import annotations

from multistart.study.findings import MethodFindings
from multistart.study.spelled import of_starts

ONE = ("1 start", "the 1 start")
COUNTS = "What counts here is the point at which a descent ended, not what it was called."


def verdict(found: MethodFindings) -> str:
    """What the optimiser called a success, and what of that is none; empty for a rule."""
    if found.method.outside is None:
        return ""
    called, false = found.facts.get("success", 0.0), found.facts.get("false_success", 0.0)
    who = of_starts(called, found.starts)
    said = f"{found.method.rule.title} itself called {who} a success"
    if not called:
        return f"{said}."
    if not false:
        return f"{said}, and {'it is' if who in ONE else 'all of these are'} at a minimum."
    if false == called:
        return f"{said}, and {'it is at no' if who in ONE else 'none of these is at a'} minimum. {COUNTS}"
    right, wrong = (of_starts(share, found.starts) for share in (called - false, false))
    return f"{said}: {right} at a minimum, and {wrong} at none. {COUNTS}"


def stopped(found: MethodFindings) -> str:
    """The part of the starts that ended where the optimiser stopped with a large gradient; empty where none did."""
    if not (share := found.endings.get("stopped")):
        return ""
    who = of_starts(share, found.starts)
    return (
        f"{who[:1].upper()}{who[1:]} ended where it stopped by itself, or stood still, with a gradient above the "
        f"tolerance of {found.method.gradient_tolerance:g}; whether that is at a minimum was checked like any end."
    )
