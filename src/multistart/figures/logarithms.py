"""Axes of variables that are logarithms, as a user reads them: the name of the variable itself, ticks at powers of ten.

Pictures are drawn in the coordinates that a study runs in, so nothing of a map, a curve or a ball changes its shape.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullFormatter, NullLocator

from multistart.figures.names import number
from multistart.figures.ticks import STEPS, raised
from multistart.functions.objective import Objective

MOST = 7  # ticks on an axis
DECADES = 6  # that have small ticks between them
ROUNDING = 1e-9  # of an axis: ticks this near to its ends are on them
EDGE = 0.06  # of an axis at whose ends no numbers stand, since another map's begin there


def users_axes(figure: Figure, objective: Objective) -> None:
    """Name axes of logarithms by what these are of, and mark its powers of ten.

    They are told by their labels; maps side by side have one label for all, and are told by having its range.
    """
    pairs = zip(objective.variables, objective.parameter_names, strict=True)
    users = {variable: name for variable, name in pairs if variable != name}
    if not users:
        return
    for direction in ("xaxis", "yaxis"):
        axes = [getattr(ax, direction) for ax in figure.axes]
        named = [axis for axis in axes if axis.get_label_text() in users]
        ranges = {tuple(axis.get_view_interval()) for axis in named}
        for axis in axes:
            unnamed = not axis.get_label_text() and tuple(axis.get_view_interval()) in ranges
            if axis in named or unnamed:
                _mark(axis, users)


def _mark(axis: Axis, users: Mapping[str, str]) -> None:
    low, high = map(float, axis.get_view_interval())
    beside = isinstance(axis.get_major_locator(), FixedLocator)
    edge = EDGE * (high - low) if beside else 0.0
    major, minor = ticks(low + edge, high - edge, len(axis.get_major_locator()()) if beside else MOST)
    minor = [] if axis.axes.name == "3d" else minor  # where there is no room for them
    if label := axis.get_label_text():
        axis.set_label_text(users[label])
    axis.set(
        major_locator=FixedLocator(list(major)), major_formatter=FixedFormatter(list(major.values())),
        minor_locator=FixedLocator([x for x in minor if low <= x <= high]) if minor else NullLocator(),
        minor_formatter=NullFormatter(),
    )  # fmt: skip


def ticks(low: float, high: float, most: int = MOST) -> tuple[dict[float, str], list[float]]:
    """Ticks between two natural logarithms, each with the number it stands for, and small ticks without.

    Powers of ten where there are two, else 1, 2, 5, and round numbers where there are not two of those.

    >>> ticks(math.log(0.009), math.log(110))[0].values()
    dict_values(['10⁻²', '10⁻¹', '1', '10', '10²'])
    >>> ticks(math.log(0.9), math.log(6))[0].values()
    dict_values(['1', '2', '5'])
    >>> ticks(math.log(2.1), math.log(2.9))[0].values()
    dict_values(['2.2', '2.4', '2.6', '2.8'])
    """
    low, high = low - ROUNDING * (high - low), high + ROUNDING * (high - low)
    first, last = math.ceil(low / math.log(10)), math.floor(high / math.log(10))
    most = max(most, 2)
    if last > first:
        every = -(-(last - first + 1) // most)
        major = {e * math.log(10): _power(e) for e in range(-(-first // every) * every, last + 1, every)}
        if every == 1 and last - first < DECADES:
            return major, [math.log(m) + e * math.log(10) for e in range(first - 1, last + 1) for m in range(2, 10)]
        return major, [e * math.log(10) for e in range(first, last + 1)] if every > 1 else []
    decades = range(math.floor(low / math.log(10)), last + 1)
    found = [x for e in decades for m in (1, 2, 5) if low <= (x := math.log(m) + e * math.log(10)) <= high]
    if len(found) < 2:
        values = MaxNLocator(min(most, 5), steps=STEPS).tick_values(math.exp(low), math.exp(high))
        found = [math.log(x) for x in values if x > 0 and low <= math.log(x) <= high]
    return {x: number(float(f"{math.exp(x):.12g}")) for x in found}, []


def _power(exponent: int) -> str:
    return {0: "1", 1: "10"}.get(exponent, f"10{raised(exponent)}")
