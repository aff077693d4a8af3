"""How sure the shares are: as fewer of the starts estimate them, with the interval of all at the end."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from multistart.figures.classes import MORE, Class, classes_of
from multistart.figures.layout import sentence, sheet
from multistart.figures.names import TOGETHER, setting
from multistart.figures.palette import CURVE_MARKS, INK
from multistart.figures.picture import Picture
from multistart.figures.scene import Scene, quantity
from multistart.figures.ticks import step_ticks
from multistart.plurals import counted

PICTURE = Picture(
    title="How sure are the shares?",
    place=100,
    alt=(
        "The share of each minimum as fewer of the starts estimate it, and as all do, with its interval; behind them "
        "how far estimates from so many independent starts would scatter."
    ),
    caption=(
        "How sure the shares are: each line is a share as fewer of the same starts estimate it, up to all of them at "
        "the right, with its interval. Where a line has become flat, more starts would change little. The pale bands "
        "are where an estimate from as many independent random starts would lie, 95 times in 100."
    ),
    reads=(
        "<method>/basins.csv",
        "<method>/tally.parquet",
        "<method>/shares.csv",
        "<method>/estimates.csv",
        "<method>/convergence.csv",
    ),
)

FEWEST = 10  # starts that an estimate is drawn of
BESIDE = 1.07  # between the places of two intervals
MOST = 4  # lines: those of the lowest minimum and of the largest shares


def draw(scene: Scene) -> Figure:
    """The shares of the minima against the number of starts that they are estimated from."""
    title = f"How sure are the shares {setting(scene)}?"
    entries, half = _drawn(scene), _half_widths(scene)
    if not entries:
        return sentence(scene, title, "No start came to rest at a minimum, so there is no share to be sure of.")
    if len(entries) == 1 and entries[0].share == 1:
        sure = f": its share is at least {_percent(1 - 2 * half[entries[0].code])}" if entries[0].code in half else ""
        return sentence(scene, title, f"All {counted(scene.starts, 'start')} reached one minimum{sure}.")
    page = sheet(scene, title)
    ax, n, fewer = page.chart(), scene.starts, _fewer(scene, entries)
    first = max(min([*fewer["starts"], n / 10]), 1)
    for place, entry in enumerate(entries):
        _band(ax, entry, first, n, quantity(scene, "confidence")[0] if scene.estimates is not None else 0.95)
        _line(ax, entry, fewer[fewer["basin"] == entry.code], n, half.get(entry.code, math.nan), place, page.points(5))
    top = max([e.share for e in entries] + fewer["share"].tolist())
    ax.set(xscale="log", xlim=(first / 1.15, n * 1.15 * BESIDE ** len(entries)), ylim=(0, min(1.15 * top + 0.02, 1.02)))
    step_ticks(ax.xaxis, first / 1.15, n * 1.15)
    ax.set(xlabel="starts (logarithmic)", ylabel="share, as so many starts estimate it")
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    handles: list[Artist] = [
        Line2D([], [], color=e.colour, marker=CURVE_MARKS[e.code], ms=page.points(5), mec=INK, mew=0.6, lw=2)
        for e in entries
    ]
    labels = [f"{e.name}: {_percent(e.share, half.get(e.code, 0.0))}" for e in entries]
    handles.append(Patch(fc="#8A8A8A", alpha=0.25))
    labels.append("where as many independent random starts would put it, 95 times in 100")
    more = int((scene.basins["count"] > 0).sum()) - len(entries)
    notes = [f"not drawn: {counted(more, 'further minimum')}"] if more else []
    notes += [] if half else ["this design gives no interval"]
    page.legend(handles, labels, "share of all starts", page.beside, notes)
    return page.figure


def independent(share: float, n: float | NDArray[np.float64], confidence: float) -> NDArray[np.float64]:
    """The half-width of Wilson's interval for a share of ``n`` independent starts.

    >>> float(independent(0.5, 384.0, 0.95).round(3))
    0.05
    """
    z, n = NormalDist().inv_cdf((1 + confidence) / 2), np.asarray(n, dtype=np.float64)
    half: NDArray[np.float64] = z / (n + z * z) * np.sqrt(share * (1 - share) * n + z * z / 4)
    return half


def _drawn(scene: Scene) -> list[Class]:
    """The lowest of the minima that were reached, and those of the largest shares, in their order."""
    reached = [e for e in classes_of(scene) if 0 <= e.code < MORE and e.count]
    largest = sorted(reached[1:], key=lambda e: (-e.count, e.code))[: MOST - 1]
    return sorted([*reached[:1], *largest], key=lambda e: e.code)


def _half_widths(scene: Scene) -> dict[int, float]:
    if scene.intervals is None:
        return {}
    half = ((scene.intervals["high"] - scene.intervals["low"]) / 2).tolist()
    return {code: h for code, h in zip(scene.intervals["code"].tolist(), half, strict=True) if h > 0}


def _fewer(scene: Scene, drawn: list[Class]) -> pd.DataFrame:
    """The estimates from fewer starts than all."""
    if scene.nested is None:
        return pd.DataFrame({"starts": [], "basin": [], "share": []})
    codes = [entry.code for entry in drawn]
    few = scene.nested["starts"].between(FEWEST, scene.starts - 1) & scene.nested["basin"].isin(codes)
    return scene.nested[few].sort_values("starts")


def _band(ax: Axes, entry: Class, first: float, n: int, confidence: float) -> None:
    """Where estimates from independent starts would scatter around the share."""
    x = np.geomspace(first, n, 100)
    half = independent(entry.share, x, confidence)
    low, high = np.maximum(entry.share - half, 0), np.minimum(entry.share + half, 1)
    ax.fill_between(x, low, high, color=entry.colour, alpha=0.14, lw=0)


def _line(ax: Axes, entry: Class, fewer: pd.DataFrame, n: int, half: float, place: int, size: float) -> None:
    """The estimates, and right of the last one its interval, each at a place of its own."""
    starts, share = [*fewer["starts"], n], [*fewer["share"], entry.share]
    ax.plot(
        starts, share, color=entry.colour, lw=1.6, marker=CURVE_MARKS[entry.code], ms=size, mec=INK, mew=0.6, zorder=3
    )
    if half > 0:
        beside = n * 1.07 * BESIDE**place
        ax.errorbar(beside, entry.share, half, color=INK, elinewidth=3.4, capsize=0.5 * size, capthick=1.2, zorder=4)
        ax.errorbar(beside, entry.share, half, color=entry.colour, elinewidth=2, zorder=5)


def _percent(share: float, half: float = 0.0) -> str:
    """A share with as many decimals as its interval has sense for.

    >>> [_percent(*p).replace(TOGETHER, " ") for p in ((0.25753, 0.00010), (0.261, 0.0081), (0.9981,))]
    ['25.753 ± 0.010 %', '26.10 ± 0.81 %', '99.8 %']
    """
    decimals = min(max(1, 1 - math.floor(math.log10(100 * half))), 6) if 0 < half < 0.1 else 1
    sure = f" ± {100 * half:.{decimals}f}" if half > 0 else ""
    return f"{100 * share:.{decimals}f}{sure} %".replace(" ", TOGETHER)
