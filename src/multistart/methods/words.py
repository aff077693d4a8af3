"""A method's numbers in words."""

from __future__ import annotations

from multistart.methods.rate import RateFormula, RateOfEach, Scheduled
from multistart.methods.settings import Setting

FEW = 4  # variables whose widths are said


def spelled(name: str, value: Setting) -> str:
    """A number with its name, as in "learning rate 0.01"; a flag that is false says nothing."""
    match value:
        case bool():
            return name if value else ""
        case tuple():
            return f"{name} ({', '.join(f'{x:g}' for x in value)})"
        case RateOfEach(rates):
            return f"{name} {', '.join(f'{x:g} in {variable}' for variable, x in rates)}"
        case Scheduled() | RateFormula():
            return f"{name} {value.describe()}"
    return f"{name} {value:g}"


def in_units(precondition: str | tuple[float, ...] | None) -> str:
    """What steps are in units of, where that is not each variable's own."""
    if isinstance(precondition, tuple) and len(precondition) <= FEW:
        return f"in units of ({', '.join(f'{width:g}' for width in precondition)})"
    return "" if precondition is None else "in units of the domain's widths"
