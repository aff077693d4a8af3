"""How soon descents arrive: fractions of starts by steps, and what that means for restarts."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator, PercentFormatter

from multistart.estimates.steps import ecdf, quantile_steps
from multistart.figures.classes import MORE, Class, classes_of
from multistart.figures.layout import BOTTOM, LEFT, TOP, WIDE, canvas, inches, legend
from multistart.figures.palette import INK, NAMED
from multistart.figures.picture import Picture
from multistart.figures.scene import Scene
from multistart.figures.ticks import step_edges, step_scale
from multistart.plurals import plural

PICTURE = Picture(
    kind="chart",
    title="How soon descents arrive",
    place=80,
    alt=(
        "Curves that rise with the steps: for each minimum, how many of its starts are there by then; for the lowest "
        "value, also how many restarts that makes."
    ),
    caption=(
        "Above: of the starts that reach a minimum, how many are there after so many steps; the mark is where half "
        "are. Below: of all starts, how many are at a global minimum, and at the right how many restarts that makes "
        "for a success of 99 %, were each stopped after so many steps."
    ),
    reads=("<method>/basins.csv", "<method>/tally.parquet"),
)

SUCCESS = 0.99
NARROW = WIDE - 0.65  # leaves room for the axis of restarts
UPPER = 2.75  # height of the upper axes in inches
MARKERS = "os^Dv<>p"


def draw(scene: Scene) -> Figure:
    """Above, for each minimum the part of its starts that is there by so many steps; below, of all starts."""
    figure = canvas(scene, f"How soon descents arrive: {scene.method} on {scene.study}".replace("_", " "))
    above = inches(figure, LEFT, TOP - UPPER, NARROW, UPPER)
    below = inches(figure, LEFT, BOTTOM, NARROW, TOP - UPPER - BOTTOM - 0.3)
    entries = [e for e in classes_of(scene) if e.code >= 0 and e.count]
    handles = [_arrivals(above, scene, entry) for entry in entries]
    labels = [_label(scene, entry) for entry in entries]
    if len(entries) > 1:
        curve = _curve(scene, None, "of_basin")
        handles += above.plot(*curve, drawstyle="steps-post", color=INK, lw=1.2, ls=(0, (4, 2)))
        labels.append("all minima together")
    _global(below, scene)
    edges, scale = step_edges(scene.steps)
    for ax in (above, below):
        step_scale(ax, scale, edges)
    above.text(
        0.01, 0.99, "each minimum, of its own starts", transform=above.transAxes, va="top", weight="bold", size=8.5
    )
    above.set(ylim=(0, 1.12), yticks=[0, 0.25, 0.5, 0.75, 1], ylabel="of the starts that get there", xlabel="")
    above.tick_params(axis="x", labelbottom=False)
    for ax in (above, below):
        ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0 if ax.get_ylim()[1] > 0.05 else None, symbol=" %"))
    if handles:
        legend(figure, handles, labels, "starts that reach a minimum", LEFT + WIDE + 0.25)
    return figure


def _members(scene: Scene, entry: Class) -> list[int]:
    return scene.basins["basin"].tolist()[len(NAMED) :] if entry.code == MORE else [entry.code]


def _label(scene: Scene, entry: Class) -> str:
    half, most = quantile_steps(scene.steps, _members(scene, entry), (0.5, 0.95))
    return f"{entry.name}: half by {half:,.0f}, 95 % by {most:,.0f} {plural('step', most)}"


def _curve(scene: Scene, basins: list[int] | None, column: str) -> tuple[np.ndarray, np.ndarray]:
    """Steps and fractions, from zero on to the end of the axis."""
    table = ecdf(scene.steps, basins)
    steps, part = table["steps"].to_numpy(float), table[column].to_numpy(float)
    last = scene.steps["steps"].max()
    return np.concatenate([steps[:1], steps, [last]]), np.concatenate([[0.0], part, part[-1:]])


def _arrivals(ax: Axes, scene: Scene, entry: Class) -> Line2D:
    steps, part = _curve(scene, _members(scene, entry), "of_basin")
    marker = "" if entry.code == MORE else MARKERS[entry.code % len(MARKERS)]
    where = [int(np.searchsorted(part, 0.5))]
    (line,) = ax.plot(steps, part, drawstyle="steps-post", color=entry.colour, lw=2, marker=marker, markevery=where,
                      mec=INK, mew=0.8, ms=7)  # fmt: skip
    return line


def _global(ax: Axes, scene: Scene) -> None:
    """The part of all starts that is at a global minimum, with the restarts for 99 % success at the right."""
    best = scene.basins.loc[scene.basins["kind"] == "global", "basin"].tolist()
    reached = int(scene.basins.loc[scene.basins["kind"] == "global", "count"].sum())
    ax.set_ylabel("of all starts")
    if not reached:
        ax.set(ylim=(0, 1), yticks=[0])
        ax.text(0.5, 0.5, "no start reached a global minimum", transform=ax.transAxes, ha="center")
        return
    steps, part = _curve(scene, best, "of_all")
    ax.fill_between(steps, part, step="post", color=NAMED[0], alpha=0.25, lw=0)
    ax.plot(steps, part, drawstyle="steps-post", color=NAMED[0], lw=2)
    top = 1.08 * part[-1]
    ax.set_ylim(0, top)
    ax.text(0.01, 0.97, "at a global minimum", transform=ax.transAxes, va="top", weight="bold", size=8.5)
    _restarts_axis(ax, top)


def _restarts_axis(ax: Axes, top: float) -> None:
    """An axis at the right that reads a probability as the restarts it asks for."""
    right = ax.twinx()
    most = math.log1p(-SUCCESS) / math.log1p(-min(top, 1 - 1e-9))
    first = 10.0 ** math.floor(math.log10(max(most, 1)))
    numbers = [k for k in (first * m for m in (1, 2, 3, 5, 10, 20, 50)) if k >= most]
    places = [-math.expm1(math.log1p(-SUCCESS) / k) for k in numbers]
    apart = [i for i, p in enumerate(places) if i == 0 or places[i - 1] - p > 0.07 * top]
    right.set(ylim=(0, top), ylabel=f"restarts for {SUCCESS:.0%}".replace("%", " %"))
    right.spines["right"].set_visible(True)
    right.yaxis.set(
        major_locator=FixedLocator([places[i] for i in apart]),
        major_formatter=FuncFormatter(lambda _, i: f"{numbers[apart[i]]:,.0f}" if i is not None else ""),
        minor_locator=NullLocator(),
    )
