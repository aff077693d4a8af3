"""What the summary says of an outside optimiser's own word."""

from __future__ import annotations

from multistart.study.findings import MethodFindings
from multistart.study.spelled import of_starts


def verdict(found: MethodFindings) -> str:
    """What the optimiser called a success, and what of that is none; empty for a rule."""
    if found.method.outside is None:
        return ""
    called, title = found.facts.get("success", 0.0), found.method.rule.title
    said = f"{title} itself called {of_starts(called, found.starts)} a success"
    if not (false := found.facts.get("false_success", 0.0)):
        return f"{said}; its word is not believed, and was not wrong." if called else f"{said}."
    who = "none of them is" if false == called else f"{of_starts(false, found.starts)} called so are"
    return f"{said}; {who} at {'a' if false == called else 'no'} minimum. Its word is not believed here."


def stopped(found: MethodFindings) -> str:
    """The part of the starts that ended where the optimiser stopped with a large gradient; empty where none did."""
    if not (share := found.endings.get("stopped")):
        return ""
    who = of_starts(share, found.starts)
    return (
        f"{who[:1].upper()}{who[1:]} ended where it stopped by itself, or stood still, with a gradient above the "
        f"tolerance of {found.method.gradient_tolerance:g}; whether that is at a minimum was checked like any end."
    )
