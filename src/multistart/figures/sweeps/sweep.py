"""Bands of shares over the swept number, what happens where, and what the lowest minimum costs."""

from __future__ import annotations

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.scale import LogScale
from matplotlib.ticker import FuncFormatter

from multistart.figures.layout import Sheet, sentence, sheet
from multistart.figures.names import number, setting
from multistart.figures.palette import INK, NAMED, PAPER
from multistart.figures.picture import Picture
from multistart.figures.sweep_classes import Look, classes_of, legend_of, shares_of
from multistart.figures.sweep_marks import LEVEL, draw_marks, levels_of, list_marks, marks_of, swept_axis
from multistart.figures.sweep_scene import SweepScene

PICTURE = Picture(
    title="What changes with the number",
    place=10,
    alt="Bands over the swept number, as thick as the share of starts that reach each attractor; the cost below.",
    caption=(
        "At each value the starts are divided by what they reach: a colour is a minimum with the cycles and chaos "
        "around it, patterns tell these apart, greys reach none. Dark rims are the intervals of the shares. Numbered "
        "lines are where something happens; a band lies between two values. Below: what restarts cost until one "
        "reaches the lowest minimum, with its interval, and the value at which that is least."
    ),
    reads=("<method>/sweep/sweep.csv", "<method>/sweep/events.csv", "<method>/sweep/attractors.csv"),
)

TIME = "expected_running_time"
COSTS = 0.24  # of the height, for the costs
GAP = 0.12  # inches between the two


def draw(scene: SweepScene) -> Figure:
    """The bands above the costs, on one axis."""
    title = f"What changes with the {scene.number.words} {setting(scene)}"
    if len(scene.number.taken) < 2:
        return sentence(scene, title, f"There is one value, {number(scene.number.taken[0])}, and nothing to compare.")
    page, marks = sheet(scene, title), marks_of(scene)
    levels = levels_of(page, page.wide, scene, marks)
    costs = _costs(scene)
    below = COSTS * page.tall if len(costs) else 0.0
    head = LEVEL * page.style.text * (max(levels, default=-1) + 1)
    ax = page.axes(page.left, page.bottom + below, page.wide, page.tall - below - head)
    looks = classes_of(scene)
    _bands(ax, scene, looks)
    ax.set(ylim=(0, 1), ylabel="of all starts")
    ax.yaxis.set_major_formatter(FuncFormatter(lambda part, _: f"{100 * part:.3g} %"))
    draw_marks(page, ax, scene, marks, levels)
    swept_axis(page, ax, scene.number, label=not len(costs))
    handles, labels = legend_of(scene, looks)
    if len(costs):
        ax.tick_params(labelbottom=False)
        low = page.axes(page.left, page.bottom, page.wide, below - GAP)
        more = _draw_costs(page, low, scene, costs)
        draw_marks(page, low, scene, marks)
        swept_axis(page, low, scene.number)
        handles, labels = [*handles, *more], [*labels, *(str(each.get_label()) for each in more)]
    legend = page.legend(handles, labels, "what starts reach", page.beside)
    list_marks(page, marks, page.beside, legend.get_window_extent().y0 / page.figure.dpi - 0.12)
    return page.figure


def _bands(ax: Axes, scene: SweepScene, looks: list[Look]) -> None:
    """A step a value, the classes upon each other; a rim from the lower to the upper end of each one's interval."""
    shares, edges, dense = shares_of(scene, looks), scene.number.edges, scene.number.dense
    below = np.zeros(len(scene.number.taken))
    for i, look in enumerate(looks):
        top = below + shares.share[i]
        ax.stairs(top, edges, baseline=below, fill=True, facecolor=look.colour, edgecolor=look.ink, hatch=look.hatch,
                  lw=0, rasterized=dense)  # fmt: skip
        ends = below + shares.low[i], below + shares.high[i]
        there = (shares.share[i] > 0) & np.isfinite(ends[0]) & np.isfinite(ends[1])
        low, high = (np.where(there, end, top) for end in ends)
        ax.stairs(high, edges, baseline=low, fill=True, color=INK, alpha=0.4, lw=0, zorder=2.5,
                  rasterized=dense)  # fmt: skip
        if not dense:  # else they would hide what they go around
            ax.stairs(np.where(shares.share[i] > 0, top, np.nan), edges, baseline=None, color=PAPER, lw=0.5, zorder=2.4)
        below = top


def _costs(scene: SweepScene) -> np.ndarray:
    """What the lowest minimum costs at each value, with the ends of its interval, ``(3, m)``; empty where unknown."""
    lowest = scene.sweep[scene.sweep["lowest"]].drop_duplicates(scene.number.column)
    found = np.full((3, len(scene.number.taken)), np.nan)
    place = scene.number.place_of(lowest[scene.number.column])
    for row, name in zip(found, (TIME, f"{TIME}_low", f"{TIME}_high"), strict=True):
        row[place] = lowest[name]
    return found if np.isfinite(found[0]).any() else np.empty((0, 0))


def _draw_costs(page: Sheet, ax: Axes, scene: SweepScene, costs: np.ndarray) -> list[Artist]:
    time, low, high = np.where(np.isinf(costs), np.nan, costs)
    edges, colour = scene.number.edges, NAMED[0]
    known = np.isfinite(low) & np.isfinite(time)
    top = np.nanmax(np.where(known & np.isfinite(high), high, time))
    high = np.where(known & np.isnan(high), 10 * top, high)  # no upper end
    ax.stairs(np.where(known, high, np.nan), edges, baseline=np.where(known, low, np.nan), fill=True, color=colour,
              alpha=0.3, lw=0, rasterized=scene.number.dense)  # fmt: skip
    ax.hlines(time, edges[:-1], edges[1:], color=colour, lw=1.6, capstyle="butt", rasterized=scene.number.dense)
    best = int(np.nanargmin(time))
    said = f"least at {number(scene.number.taken[best])}: {time[best]:,.0f}"
    (mark,) = ax.plot([scene.number.taken[best]], [time[best]], marker="v", ms=page.points(6), mfc=PAPER, mec=INK,
                      ls="none", zorder=5, label=said)  # fmt: skip
    bottom = np.nanmin(np.where(known, low, time))
    if top > 8 * bottom:
        ax.set_yscale(LogScale(ax.yaxis))
    else:
        ax.yaxis.set_major_formatter(FuncFormatter(lambda cost, _: f"{cost:,.6g}"))
    pad = (top / bottom) ** 0.12 if top > 8 * bottom else None
    ax.set_ylim((bottom / pad, top * pad) if pad else (bottom - 0.1 * (top - bottom) or 0, top + 0.15 * (top - bottom)))
    ax.set_ylabel("cost" if page.style.brief else f"{scene.paid_in.split()[0]}s")
    said = "its cost" if page.style.brief else f"cost of the lowest minimum, {scene.paid_in}"
    return [Line2D([], [], color=colour, lw=1.6, label=said), mark]
