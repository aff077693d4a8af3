"""How soon descents arrive: fractions of starts by steps, and what that means for restarts."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from multistart.estimates.steps import ecdf, quantile_steps
from multistart.figures.classes import MORE, Class, classes_of
from multistart.figures.layout import Sheet, sentence, sheet
from multistart.figures.names import TOGETHER, setting
from multistart.figures.palette import CURVE_MARKS, INK, NAMED
from multistart.figures.picture import Picture
from multistart.figures.scene import Scene
from multistart.figures.ticks import step_edges, step_scale

PICTURE = Picture(
    title="How soon descents arrive",
    place=80,
    alt=(
        "Curves that rise with the steps: for each minimum, how many of its starts are there by then; for the lowest "
        "value, also how many restarts that makes."
    ),
    caption=(
        "Above: of the starts that reach a minimum, how many are there after so many steps; the mark is where half "
        "are. Below: of all starts, how many are at the lowest minimum found, and at the right how many restarts that "
        "makes for a success of 99 %, were each stopped after so many steps."
    ),
    reads=("<method>/basins.csv", "<method>/tally.parquet"),
)

SUCCESS = 0.99
RESTARTS = 0.65  # inches for the axis of restarts
UPPER = 0.57  # of the height is for the upper axes
GAP = 0.3


def draw(scene: Scene) -> Figure:
    """Above, for each minimum the part of its starts that is there by so many steps; below, of all starts."""
    title = f"How soon descents arrive {setting(scene)}"
    entries = [e for e in classes_of(scene) if e.code >= 0 and e.count]
    if not entries:
        return sentence(scene, title, "No start came to rest at a minimum.")
    page = sheet(scene, title)
    reached = bool(scene.basins.loc[scene.basins["kind"] == "global", "count"].sum())
    wide, tall = page.wide - RESTARTS * page.style.text, (page.tall - GAP) * UPPER
    above = page.axes(page.left, page.top - tall, wide, tall) if reached else page.chart()
    _arrived(page, above, scene, entries, [] if reached else ["no start reached the lowest minimum"])
    axes = [above]
    if reached:
        axes.append(page.axes(page.left, page.bottom, wide, page.tall - tall - GAP))
        _lowest(page, axes[1], scene)
        above.tick_params(axis="x", labelbottom=False)
    edges, scale = step_edges(scene.steps[scene.steps["basin"] >= 0])
    for ax in axes:
        step_scale(ax, scale, edges)
        ax.yaxis.set_major_formatter(FuncFormatter(lambda part, _: f"{100 * part:.3g} %"))
    if reached:
        above.set_xlabel("")
    return page.figure


def _arrived(page: Sheet, ax: Axes, scene: Scene, entries: list[Class], notes: list[str]) -> None:
    handles = [_arrivals(page, ax, scene, entry) for entry in entries]
    labels = [_label(scene, entry) for entry in entries]
    if len(entries) > 1:
        curve = _curve(scene, None, "of_basin")
        handles += ax.plot(*curve, drawstyle="steps-post", color=INK, lw=1.2, ls=(0, (4, 2)))
        labels.append("all minima together")
    _head(page, ax, "each minimum, of its own starts")
    ax.set(ylim=(0, 1.15), yticks=[0, 0.25, 0.5, 0.75, 1], ylabel="of starts that arrive")
    page.legend(handles, labels, "steps until half, and 95 %, are there", page.beside, notes)


def _head(page: Sheet, ax: Axes, text: str) -> None:
    ax.text(0.01, 0.99, text, transform=ax.transAxes, va="top", weight="bold", size=page.points(8.5))


def _members(scene: Scene, entry: Class) -> list[int]:
    return scene.basins["basin"].tolist()[len(NAMED) :] if entry.code == MORE else [entry.code]


def _label(scene: Scene, entry: Class) -> str:
    half, most = quantile_steps(scene.steps, _members(scene, entry), (0.5, 0.95))
    return f"{entry.name}: {half:,.0f},{TOGETHER}{most:,.0f}"


def _curve(scene: Scene, basins: list[int] | None, column: str) -> tuple[np.ndarray, np.ndarray]:
    """Steps and fractions, from zero on to the end of the axis."""
    table = ecdf(scene.steps, basins)
    steps, part = table["steps"].to_numpy(float), table[column].to_numpy(float)
    last = scene.steps["steps"].max()
    return np.concatenate([steps[:1], steps, [last]]), np.concatenate([[0.0], part, part[-1:]])


def _arrivals(page: Sheet, ax: Axes, scene: Scene, entry: Class) -> Line2D:
    steps, part = _curve(scene, _members(scene, entry), "of_basin")
    marker = "" if entry.code == MORE else CURVE_MARKS[entry.code]
    where = [int(np.searchsorted(part, 0.5))]
    (line,) = ax.plot(steps, part, drawstyle="steps-post", color=entry.colour, lw=2, marker=marker, markevery=where,
                      mec=INK, mew=0.8, ms=page.points(7))  # fmt: skip
    return line


def _lowest(page: Sheet, ax: Axes, scene: Scene) -> None:
    """The part of all starts that is at the lowest minimum found, with the restarts for 99 % success at the right."""
    best = scene.basins.loc[scene.basins["kind"] == "global", "basin"].tolist()
    steps, part = _curve(scene, best, "of_all")
    ax.fill_between(steps, part, step="post", color=NAMED[0], alpha=0.25, lw=0)
    ax.plot(steps, part, drawstyle="steps-post", color=NAMED[0], lw=2)
    top = 1.15 * part[-1]
    ax.set(ylim=(0, top), ylabel="of all starts")
    ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))  # labels as short as "0.5 %"
    _head(page, ax, "at the lowest minimum found")
    _restarts_axis(page, ax, top)


def _restarts_axis(page: Sheet, ax: Axes, top: float) -> None:
    """An axis at the right that reads a probability as the restarts it asks for."""
    right = ax.twinx()
    right.tick_params(labelsize=page.points(9))
    most = math.log1p(-SUCCESS) / math.log1p(-min(top, 1 - 1e-9))
    first = 10.0 ** math.floor(math.log10(max(most, 1)))
    numbers = [k for k in (first * m for m in (1, 2, 3, 5, 10, 20, 50)) if k >= most]
    places = [-math.expm1(math.log1p(-SUCCESS) / k) for k in numbers]
    apart = [i for i, p in enumerate(places) if i == 0 or places[i - 1] - p > 0.07 * page.style.text * top]
    right.set(ylim=(0, top), ylabel=f"restarts for {SUCCESS:.0%}".replace("%", " %"))
    right.spines["right"].set_visible(True)
    right.yaxis.set(
        major_locator=FixedLocator([places[i] for i in apart]),
        major_formatter=FuncFormatter(lambda _, i: f"{numbers[apart[i]]:,.0f}" if i is not None else ""),
        minor_locator=NullLocator(),
    )
