"""The learning rate of a schedule, step by step, beside the rates at which the minima attract."""

from __future__ import annotations

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from multistart.estimates.steps import quantile_steps
from multistart.figures.layout import sentence, sheet
from multistart.figures.names import TOGETHER, number, setting
from multistart.figures.palette import INK, NAMED
from multistart.figures.picture import Picture
from multistart.figures.scene import Scene
from multistart.figures.ticks import value_ticks, whole_ticks

PICTURE = Picture(
    of_schedule=True,
    title="How the learning rate changes",
    place=75,
    alt="The learning rate against the step, with the largest rate at which each minimum attracts.",
    caption=(
        "The learning rate of each step. A dashed line is the rate of a minimum above which it attracts no more: a "
        "descent settles there once the rate is below it. Dotted: by when half, and 95 %, of the starts that reach a "
        "minimum are there. Only methods whose learning rate is a schedule or a formula have this picture."
    ),
    reads=("<method>/basins.csv", "<method>/tally.parquet"),
)

ROOM = 1.5  # of the largest rate, up to which a minimum's limit is on the axis
SEEN = 0.01  # of the axis, below which a limit cannot be told from 0
ARRIVED = (0.5, 0.95)


def draw(scene: Scene) -> Figure:
    """The rate against the step, with the minima's limits across and the arrivals upwards."""
    title = f"Learning rate {setting(scene)}"
    if scene.rates is None:
        return sentence(scene, title, "The learning rate is the same in all steps.")
    page = sheet(scene, title)
    ax, (steps, rate) = page.chart(), scene.rates
    (line,) = ax.plot(steps, rate, color=INK, lw=2, drawstyle="steps-post", zorder=4)
    handles: list[Artist] = [line]
    labels = ["learning rate"]
    limits = _limits(scene, ROOM * float(rate.max()))
    for basin, limit in limits.items():
        handles.append(ax.axhline(limit, color=NAMED[basin], lw=1.8, ls=(0, (5, 2))))
        labels.append(f"minimum{TOGETHER}{basin} attracts below {number(limit)}")
    if arrived := _arrived(ax, scene):
        handles.append(Line2D([], [], color=INK, lw=1.0, ls=(0, (1, 2))))
        labels.append(arrived)
    top = 1.08 * max([float(rate.max()), *limits.values()])
    ax.set(xlim=(0, steps[-1] + 1), ylim=(0, top or 1.0), xlabel="step", ylabel="learning rate")
    whole_ticks(ax.xaxis)
    value_ticks(ax.yaxis, most=7)
    page.legend(handles, labels, "step by step", page.beside)
    return page.figure


def _limits(scene: Scene, most: float) -> dict[int, float]:
    """The largest rate at which each of the named minima attracts, of those that an axis up to ``most`` can show."""
    if "critical_learning_rate" not in scene.basins:
        return {}
    known = scene.basins.head(len(NAMED)).set_index("basin")["critical_learning_rate"]
    return {int(basin): float(limit) for basin, limit in known.items() if SEEN * most < limit <= most}


def _arrived(ax: Axes, scene: Scene) -> str:
    """Mark by when starts are at the minima; what the legend says of it, nothing where none arrives."""
    if not scene.basins["count"].sum():
        return ""
    half, most = quantile_steps(scene.steps, scene.basins["basin"].tolist(), ARRIVED)
    for step in (half, most):
        ax.axvline(step, color=INK, lw=1.0, ls=(0, (1, 2)), zorder=1)
    return f"half, and 95 %, of those that reach a minimum are there: {half:,.0f}, {most:,.0f}"
