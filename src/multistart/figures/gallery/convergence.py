"""What the design buys: the half-width of each share's interval beside that of as many independent starts."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullLocator
from numpy.typing import NDArray

from multistart.figures.classes import MORE, Class, classes_of
from multistart.figures.layout import BOTTOM, LEFT, TOP, WIDE, canvas, inches, legend
from multistart.figures.palette import INK, PAPER
from multistart.figures.picture import Picture
from multistart.figures.scene import Scene, quantity
from multistart.figures.ticks import step_ticks

PICTURE = Picture(
    kind="chart",
    title="How sure are the shares?",
    place=100,
    alt=(
        "The half-width of each share's interval beside that of as many independent starts, how those shrink with "
        "more, and how far estimates from fewer of the starts are off."
    ),
    caption=(
        "How far off each share may be (filled), and how far with as many independent starts (open); the lines say "
        "how that goes on with more starts. A factor of 3 between them is worth 9 times the starts."
    ),
    reads=(
        "<method>/basins.csv",
        "<method>/tally.parquet",
        "<method>/shares.csv",
        "<method>/estimates.csv",
        "<method>/convergence.csv",
    ),
)

BEFORE, AFTER = 1000, 10  # how far the axis reaches to both sides of the study's own number of starts


def draw(scene: Scene) -> Figure:
    """Half-widths at the study's number of starts, beside those of more and fewer independent ones."""
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
    if _deviations(ax, scene, [entry for entry, _ in shown]):
        more.append(Line2D([], [], ls="", marker="D", mfc="#B0B0B0", mec="none", ms=4.5))
        texts.append("from fewer of these starts: how far that estimate is from the one of all")
    _axes(ax, n)
    legend(figure, handles + more, labels + texts, "half-width of the interval", LEFT + WIDE + 0.25)
    return figure


def independent(share: float, n: float | NDArray[np.float64], confidence: float) -> NDArray[np.float64]:
    """The half-width of Wilson's interval for a share of ``n`` independent starts.

    >>> float(independent(0.5, 384.0, 0.95).round(3))
    0.05
    """
    z, n = NormalDist().inv_cdf((1 + confidence) / 2), np.asarray(n, dtype=np.float64)
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
    ax.plot(n, alone, "o", mfc=PAPER, mec=entry.colour, mew=1.6, ms=6, zorder=3)
    (mark,) = ax.plot(n, half, "o", mfc=entry.colour, mec=INK, mew=0.8, ms=8, ls="", zorder=4)
    return mark


def _deviations(ax: Axes, scene: Scene, entries: list[Class]) -> bool:
    """Small marks for the estimates of nested studies, by their distance to the estimate from all starts."""
    if scene.nested is None:
        return False
    colours = {entry.code: entry.colour for entry in entries}
    few = scene.nested["starts"].between(scene.starts / BEFORE, scene.starts - 1)
    rows = scene.nested[scene.nested["basin"].isin(list(colours)) & few]
    last = scene.nested[scene.nested["starts"] == scene.starts].set_index("basin")["share"]
    off = (rows["share"] - rows["basin"].map(last)).abs().to_numpy()
    rows, off = rows[off > 0], off[off > 0]
    ax.scatter(rows["starts"], off, c=[colours[b] for b in rows["basin"]], marker="D", s=20, lw=0, zorder=2.5)
    return len(rows) > 0


def _lines(ax: Axes, scene: Scene, n: int, confidence: float) -> tuple[list[Line2D], list[str]]:
    """How the interval of the global share would shrink with more independent starts.

    For other designs the rate depends on how many pieces the boundary of the basin has, which nothing here measures.
    """
    p = quantity(scene, "probability_of_global_basin")[0]
    x = np.geomspace(max(n / BEFORE, 1), n * AFTER, 200)
    handles = [Line2D([], [], ls="", marker="o", mfc="none", mec=INK, ms=6)]
    texts = ["as many independent uniform starts"]
    if p > 0:
        handles += ax.plot(x, independent(p, x, confidence), color=INK, lw=1.2, ls=(0, (4, 2)))
        texts.append("global share, independent starts: n^(−1/2)")
    return handles, texts


def _points(half: float) -> str:
    """A half-width in percentage points."""
    return f"{100 * half:.2g} points"


def _axes(ax: Axes, n: int) -> None:
    low, high = max(n / BEFORE, 1), n * AFTER
    ax.set(xscale="log", yscale="log", xlim=(low, high), xlabel="starts n (logarithmic)")
    ax.set_ylabel("half-width of the interval, percentage points (logarithmic)")
    step_ticks(ax.xaxis, low, high)
    ax.yaxis.set(major_formatter=FuncFormatter(lambda y, _: f"{100 * y:g}"), minor_locator=NullLocator())
    ax.axvline(n, color=INK, lw=0.6, ls=(0, (1, 3)), zorder=0)
