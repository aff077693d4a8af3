"""What the design buys: the half-width of each share's interval beside that of as many independent starts."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullLocator
from numpy.typing import NDArray

from multistart.estimates.intervals import normal_quantile
from multistart.figures.classes import MORE, Class, classes_of
from multistart.figures.layout import BOTTOM, LEFT, TOP, WIDE, canvas, inches, legend, step_ticks, styled
from multistart.figures.palette import INK
from multistart.figures.scene import Scene
from multistart.figures.success import quantity

DECADES = 2  # drawn on each side of the study's own number of starts


@styled
def convergence(scene: Scene) -> Figure:
    """Half-widths at the study's number of starts, and how those of the global share go on with more."""
    figure = canvas(scene, f"What the design buys: {scene.method} on {scene.study}".replace("_", " "))
    ax = inches(figure, LEFT, BOTTOM, WIDE, TOP - BOTTOM)
    n, confidence = max(scene.starts, 1), quantity(scene, "confidence")[0]
    shown = _half_widths(scene)
    if not shown:
        ax.set(xticks=[], yticks=[])
        ax.text(0.5, 0.5, "this design gives no interval", transform=ax.transAxes, ha="center")
        return figure
    handles, labels = [], []
    for entry, half in shown:
        handles.append(_point(ax, entry, n, half, confidence))
        labels.append(f"{entry.name}: ± {_points(half)}")
    more, texts = _lines(ax, scene, n, confidence)
    _axes(ax, n)
    legend(figure, handles + more, labels + texts, "half-width of the interval", LEFT + WIDE + 0.25)
    return figure


def independent(share: float, n: float | NDArray[np.float64], confidence: float) -> NDArray[np.float64]:
    """The half-width of Wilson's interval for a share of ``n`` independent starts.

    >>> float(independent(0.5, 384.0, 0.95).round(3))
    0.05
    """
    z, n = normal_quantile(confidence), np.asarray(n, dtype=np.float64)
    half: NDArray[np.float64] = z / (n + z * z) * np.sqrt(share * (1 - share) * n + z * z / 4)
    return half


def _half_widths(scene: Scene) -> list[tuple[Class, float]]:
    if scene.intervals is None or scene.estimates is None:
        return []
    half = dict(zip(scene.intervals["code"], (scene.intervals["high"] - scene.intervals["low"]) / 2, strict=True))
    return [(e, half[e.code]) for e in classes_of(scene) if e.code != MORE and half.get(e.code, math.nan) > 0]


def _point(ax: Axes, entry: Class, n: int, half: float, confidence: float) -> Line2D:
    """A filled mark for the study's interval, an open one for as many independent starts, a line between."""
    alone = float(independent(entry.share, n, confidence))
    ax.plot([n, n], [half, alone], color=entry.colour, lw=1.2, zorder=2)
    ax.plot(n, alone, "o", mfc="none", mec=INK, ms=6, zorder=3)
    (mark,) = ax.plot(n, half, "o", mfc=entry.colour, mec=INK, mew=0.8, ms=8, ls="", zorder=4)
    return mark


def _lines(ax: Axes, scene: Scene, n: int, confidence: float) -> tuple[list[Line2D], list[str]]:
    """How the interval of the global share shrinks with more starts: of independent ones, and of this design."""
    p, low, high = quantity(scene, "probability_of_global_basin")
    half = (high - low) / 2
    x = np.geomspace(max(n / 10**DECADES, 1), n * 10**DECADES, 200)
    alone = independent(p, x, confidence)
    handles = [Line2D([], [], ls="", marker="o", mfc="none", mec=INK, ms=6)]
    texts = ["as many independent uniform starts"]
    handles += ax.plot(x, alone, color=INK, lw=1.2, ls=(0, (4, 2)))
    texts.append("global share, independent starts: n^(−1/2)")
    if math.isnan(half) or math.isnan(scene.rate) or scene.rate == 0.5:
        return handles, texts
    handles += ax.plot(x, half * (x / n) ** -scene.rate, color=INK, lw=2)
    texts.append(f"global share, this design: n^(−{scene.rate:.3g}) for smooth boundaries")
    return handles, texts


def _points(half: float) -> str:
    """A half-width in percentage points."""
    return f"{100 * half:.2g} points"


def _axes(ax: Axes, n: int) -> None:
    low, high = max(n / 10**DECADES, 1), n * 10**DECADES
    ax.set(xscale="log", yscale="log", xlim=(low, high), xlabel="starts n (logarithmic)")
    ax.set_ylabel("half-width of the interval, percentage points (logarithmic)")
    step_ticks(ax.xaxis, low, high)
    ax.yaxis.set(major_formatter=FuncFormatter(lambda y, _: f"{100 * y:g}"), minor_locator=NullLocator())
    ax.axvline(n, color=INK, lw=0.6, ls=(0, (1, 3)), zorder=0)
