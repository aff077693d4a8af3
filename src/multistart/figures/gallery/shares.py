"""The shares as bars: global minima hatched, local ones plain, endings at no minimum in grey."""

from __future__ import annotations

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from multistart.figures.classes import Class, classes_of, percent
from multistart.figures.layout import BOTTOM, LEFT, TOP, WIDE, canvas, inches, legend
from multistart.figures.palette import INK, PAPER, QUIET
from multistart.figures.picture import Picture
from multistart.figures.scene import Scene

PICTURE = Picture(
    kind="chart",
    title="How many starts reach each minimum",
    place=40,
    alt="Bars as long as the share of each minimum, and of no minimum, with intervals.",
    caption=(
        "The share of all starts that ended at each minimum, lowest first, and at none. Hatched bars are global "
        "minima; all bars together make 100 %. The lines across are intervals; minima that share a bar have none."
    ),
    reads=("<method>/basins.csv", "<method>/tally.parquet", "<method>/shares.csv", "<method>/estimates.csv"),
)

_NAMES = 1.1  # inches for the names at the left
_GLOBAL = "////"
_KINDS = {
    "global": ("global minimum", PAPER, _GLOBAL),
    "local": ("local minimum", PAPER, ""),
    "none": ("no minimum", QUIET[-4], ""),
}


def draw(scene: Scene) -> Figure:
    """A bar a class, with its share in percent of all starts."""
    figure = canvas(scene, f"Where the starts end: {scene.method} on {scene.study}".replace("_", " "))
    ax = inches(figure, LEFT + _NAMES, BOTTOM, WIDE - _NAMES, TOP - BOTTOM)
    entries, ends = classes_of(scene), _ends(scene)
    if entries:
        _bars(ax, entries, ends)
    else:
        ax.set_yticks([])
    largest = max([ends.get(e.code, (0.0, 100 * e.share))[1] for e in entries], default=0.0)
    ax.set(xlabel="share of all starts (%)", ylabel="", xlim=(0, 1.17 * largest or 1.0))
    handles = {k: Patch(fc=c, ec=INK, hatch=h, lw=0.8) for k, (_, c, h) in _KINDS.items()}
    kinds = [k for k in _KINDS if any(e.kind == k for e in entries)]
    legend(figure, [handles[k] for k in kinds], [_KINDS[k][0] for k in kinds], "kind", LEFT + WIDE + 0.25)
    return figure


def _ends(scene: Scene) -> dict[int, tuple[float, float]]:
    """The interval of each class that has one, in percent."""
    if scene.intervals is None:
        return {}
    known = scene.intervals.dropna(subset=["low", "high"])
    columns = (known["code"].tolist(), (100 * known["low"]).tolist(), (100 * known["high"]).tolist())
    return {code: (low, high) for code, low, high in zip(*columns, strict=True)}


def _bars(ax: Axes, entries: list[Class], ends: dict[int, tuple[float, float]]) -> None:
    table = pd.DataFrame({"name": [_name(e) for e in entries], "percent": [100 * e.share for e in entries]})
    palette = [e.colour for e in entries]
    sns.barplot(table, x="percent", y="name", hue="name", palette=palette, legend=False, saturation=1, ax=ax)
    bars = sorted((p for p in ax.patches if isinstance(p, Rectangle)), key=lambda bar: bar.get_y())
    for bar, entry in zip(bars, entries, strict=True):
        bar.set(edgecolor=INK, linewidth=0.8, hatch=_GLOBAL if entry.kind == "global" else None)
        middle = bar.get_y() + bar.get_height() / 2
        low, high = ends.get(entry.code, (bar.get_width(),) * 2)
        if high > low:
            ax.plot([low, high], [middle, middle], color=INK, lw=1.6, marker="|", ms=9, mew=1.6, solid_capstyle="butt")
        ax.annotate(
            percent(entry.share), (high, middle), xytext=(5, 0), textcoords="offset points", va="center",
            weight="bold",
        )  # fmt: skip
    ax.tick_params(axis="y", length=0)


def _name(entry: Class) -> str:
    """The name in two short lines: "0 global", "f = −6.551"."""
    if entry.detail:
        return f"{entry.name}\n{entry.detail}"
    for gap in (" more ", ", ", " the "):
        first, found, rest = entry.name.partition(gap)
        if found:
            return f"{first}{gap.rstrip()}\n{rest}"
    return entry.name
