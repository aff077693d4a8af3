"""Numbers on axes: decimals, powers of ten, and the axes of steps. All of them are plain text.

Matplotlib's own labels are mathematics, which is parsed and set by a small TeX for milliseconds a label.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.scale import LogScale, SymmetricalLogScale
from matplotlib.ticker import (
    FixedLocator,
    LogFormatterSciNotation,
    MaxNLocator,
    NullLocator,
    ScalarFormatter,
    StrMethodFormatter,
)
from numpy.typing import NDArray

STEP_BINS = 60
STEPS = [1, 2, 2.5, 5, 10]  # between the numbers of an axis, but for a power of ten
_RAISED = str.maketrans("-−0123456789", "⁻⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def plain(label: str) -> str:
    """A number in Matplotlib's mathematics as plain text.

    >>> plain(r"$\\mathdefault{2.5}$"), plain(r"$\\times\\mathdefault{10^{-5}}\\mathdefault{}$")
    ('2.5', '×10⁻⁵')
    """
    label = re.sub(r"\^\{([-−\d]+)\}", lambda power: power[1].translate(_RAISED), label.replace(r"\times", "×"))
    return re.sub(r"\\mathdefault|[${}]", "", label)


def raised(exponent: int) -> str:
    """An exponent as it stands behind its base.

    >>> raised(-12)
    '⁻¹²'
    """
    return str(exponent).translate(_RAISED)


def plain_power(value: float) -> str:
    """A power of ten.

    >>> plain_power(1e-12), plain_power(1.0), plain_power(10.0)
    ('10⁻¹²', '1', '10')
    """
    exponent = round(np.log10(value))
    return {0: "1", 1: "10"}.get(exponent, f"10{raised(exponent)}")


class Decimals(ScalarFormatter):
    """Decimal numbers; the power of ten of very large and small ones stands at the end of the axis."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """The label of a tick."""
        return plain(super().__call__(x, pos))

    def get_offset(self) -> str:
        """What all labels are multiplied by, and what is added."""
        return plain(super().get_offset())


class PowersOfTen(LogFormatterSciNotation):
    """Powers of ten, and where an axis has few of them their multiples."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """The label of a tick."""
        return plain(super().__call__(x, pos))


def plain_numbers(figure: Figure) -> None:
    """Label all axes that have Matplotlib's own numbers by plain ones."""
    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)):
        if type(axis.get_major_formatter()) is ScalarFormatter:
            axis.set_major_formatter(Decimals())
        if type(axis.get_major_formatter()) is LogFormatterSciNotation:
            axis.set_major_formatter(PowersOfTen())
        if type(axis.get_minor_formatter()) is LogFormatterSciNotation:
            axis.set_minor_formatter(PowersOfTen())


def value_ticks(axis: Axis, most: int) -> None:
    """Decimal numbers of values, whole as they are: none is to be added to another at the end of the axis."""
    axis.set(major_locator=MaxNLocator(most, steps=STEPS), major_formatter=Decimals(useOffset=False))


def inner_ticks(axis: Axis, most: int, edge: float = 0.06) -> None:
    """As :func:`value_ticks`, but for the ends, ``edge`` of the axis each, where two meet; two at least."""
    low, high = axis.get_view_interval()
    edge *= high - low
    for number in range(most, most + 4):
        ticks = MaxNLocator(number, steps=STEPS).tick_values(low, high)
        inside = [t for t in ticks if low + edge <= t <= high - edge]
        if len(inside) > 1:
            break
    axis.set(major_locator=FixedLocator(inside), major_formatter=Decimals(useOffset=False))


def power_in_name(axis: Axis) -> None:
    """The power of ten of an axis's numbers at the end of its name, where it meets nothing else."""
    formatter = axis.get_major_formatter()
    formatter.set_locs(list(axis.get_major_locator()()))
    if power := formatter.get_offset():
        axis.set_label_text(f"{axis.get_label_text()}, {power}")
        axis.offsetText.set_visible(False)


def whole_ticks(axis: Axis) -> None:
    """Whole numbers of steps on a linear axis."""
    axis.set(major_locator=MaxNLocator(6, steps=STEPS, integer=True), major_formatter=StrMethodFormatter("{x:,.0f}"))


def step_ticks(axis: Axis, low: float, high: float) -> None:
    """Plain numbers of steps on a logarithmic axis: 1, 2, 5, 10 ... over two decades, powers of ten over more."""
    leading = (1, 2, 5) if high <= 150 * max(low, 1) else (1,)
    ticks = [0, *(m * 10**e for e in range(10) for m in leading)]
    axis.set(
        major_locator=FixedLocator([t for t in ticks if low <= t <= high]),
        major_formatter=StrMethodFormatter("{x:,.0f}"),
        minor_locator=NullLocator(),
    )


def step_scale(ax: Axes, scale: str, edges: NDArray[np.floating], name: str = "steps") -> None:
    """Set the horizontal axis to the range and scale of :func:`step_edges`."""
    if scale == "log":
        ax.set_xscale(SymmetricalLogScale(ax.xaxis, linthresh=1.0) if edges[0] < 0 else LogScale(ax.xaxis))
        step_ticks(ax.xaxis, float(edges[0]), float(edges[-1]))
    else:
        whole_ticks(ax.xaxis)
    ax.set(xlim=(edges[0], edges[-1]), xlabel=f"{name} (logarithmic)" if scale == "log" else name)


def step_edges(steps: pd.DataFrame) -> tuple[NDArray[np.floating], str]:
    """Edges half-way between whole numbers: a bin a step where few, else even or logarithmic ones."""
    taken = steps.loc[steps["count"] > 0, "steps"].to_numpy()
    low, high = (int(taken.min()), int(taken.max())) if taken.size else (0, 1)
    if high - low < STEP_BINS:
        return np.arange(low, high + 2) - 0.5, "linear"
    if high > 15 * max(low, 1):
        whole = np.unique(np.round(np.geomspace(max(low, 1), high + 1, STEP_BINS)))
        return np.concatenate([[low] if low < whole[0] else [], whole]) - 0.5, "log"
    return np.unique(np.round(np.linspace(low, high + 1, STEP_BINS))) - 0.5, "linear"
