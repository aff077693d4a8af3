"""The lowest minimum under each value and each limit of steps: who has reached it, and what that costs."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.scale import LogScale

from multistart.figures.layout import Sheet, sentence, sheet
from multistart.figures.names import number, setting
from multistart.figures.palette import INK, PAPER
from multistart.figures.picture import Picture
from multistart.figures.sweep_heat import NOWHERE, colour_bar, cost_norm, costs_name, heat_map, share_norm, two_maps
from multistart.figures.sweep_marks import swept_axis
from multistart.figures.sweep_scene import Array, SweepScene
from multistart.figures.ticks import step_ticks

PICTURE = Picture(
    title="The number against the steps",
    place=30,
    alt="Heat maps over the swept number and the limit of steps: how many reached the lowest minimum, and its cost.",
    caption=(
        "Left: of all starts, how many have reached the lowest minimum within so many steps, at each value; the line "
        "is by when half of those that reach it are there. Right: what restarts would cost on average until one "
        "reaches it, were each stopped after so many steps; grey where none does. The mark is the least of these."
    ),
    reads=("<method>/sweep/sweep.csv", "<method>/sweep/arrivals.csv", "<method>/sweep/attractors.csv"),
)

GAP = 0.35  # inches between the two


def draw(scene: SweepScene) -> Figure:
    """The share at the left, the cost at the right."""
    title = f"{scene.number.words.capitalize()} against steps {setting(scene)}"
    steps, share, cost = grids(scene)
    if not (share > 0).any():
        return sentence(scene, title, "At no value did a start reach the lowest minimum.")
    if len(scene.number.taken) < 2:
        return sentence(scene, title, f"There is one value, {number(scene.number.taken[0])}, and nothing to compare.")
    page = sheet(scene, title, _notes(scene, steps, cost))
    left, right = two_maps(page, GAP * page.style.text, right_label=False)
    edges = np.concatenate([steps, [steps[-1] ** (1 + 1 / max(len(steps) - 1, 1))]])
    shares, costs = share_norm(share), cost_norm(cost) if np.isfinite(cost).any() else None
    bottom = float(edges[max(int((np.nan_to_num(share) > 0).any(axis=0).argmax()) - 2, 0)])
    palette = heat_map(page, left, scene.number.edges, edges, share, shares, reverse=False)
    colour_bar(page, left, palette, shares, "of all starts, have reached it")
    _median(page, left, scene)
    if costs is not None:
        palette = heat_map(page, right, scene.number.edges, edges, cost, costs, reverse=True)
        colour_bar(page, right, palette, costs, costs_name(page, scene))
        i, j = best_of(cost)
        _mark(page, right, scene.number.taken[i], float(np.sqrt(edges[j] * edges[j + 1])))
    else:
        right.set_facecolor(NOWHERE)
    for ax in (left, right):
        swept_axis(page, ax, scene.number)
        ax.set_yscale(LogScale(ax.yaxis))
        ax.set(ylim=(bottom, edges[-1]), ylabel="limit of steps (logarithmic)" if ax is left else "")
        step_ticks(ax.yaxis, bottom, float(edges[-1]))
        ax.spines[["top", "right"]].set_visible(True)
    return page.figure


def grids(scene: SweepScene) -> tuple[Array, Array, Array]:
    """All limits of steps, and under each value and limit the share and the cost, ``(m, k)``.

    Of a value whose own limits are others, what holds from the last of them on; nothing beyond its last.
    """
    rows, m = scene.arrivals, len(scene.number.taken)
    steps = np.unique(rows["steps"].to_numpy(dtype=float))
    share, cost = np.full((2, m, len(steps)), np.nan)
    place = scene.number.place_of(rows[scene.number.column])
    for i in range(m):
        own = rows[place == i]
        limits = own["steps"].to_numpy(dtype=float)
        at = np.searchsorted(limits, steps, side="right") - 1
        known = (at >= 0) & (steps <= limits[-1]) if len(limits) else np.zeros(len(steps), dtype=bool)
        share[i, known] = own["share"].to_numpy()[at[known]]
        cost[i, known] = own["expected_running_time"].to_numpy()[at[known]]
    return steps, share, np.where(np.isinf(cost), np.nan, cost)


def best_of(cost: Array) -> tuple[int, int]:
    """Where the cost is least."""
    i, j = np.unravel_index(int(np.nanargmin(cost)), cost.shape)
    return int(i), int(j)


def _notes(scene: SweepScene, steps: Array, cost: Array) -> list[str]:
    if not np.isfinite(cost).any():
        return []
    i, j = best_of(cost)
    where = f"{scene.number.words} {number(scene.number.taken[i])}, stopped after {steps[j]:,.0f} steps"
    return [f"least of those tried: {where}, {cost[i, j]:,.0f} {scene.paid_in} on average"]


def _median(page: Sheet, ax: Axes, scene: SweepScene) -> None:
    """By when half of the starts that reach the lowest minimum are there."""
    rows = scene.sweep[scene.sweep["lowest"] & (scene.sweep["count"] > 0)].drop_duplicates(scene.number.column)
    half = np.full(len(scene.number.taken), np.nan)
    half[scene.number.place_of(rows[scene.number.column])] = rows["steps_median"]
    for colour, width in ((INK, 3.0), (PAPER, 1.4)):
        ax.plot(scene.number.taken, np.maximum(half, 1), color=colour, lw=width, ls="-")
    line = Line2D([], [], color=PAPER, lw=1.4)
    legend = ax.legend([line], ["half of them are there"], loc="lower left", fontsize=page.points(8), labelcolor=PAPER,
                       frameon=True, facecolor=INK, edgecolor="none", framealpha=0.55)  # fmt: skip
    legend.set_zorder(6)


def _mark(page: Sheet, ax: Axes, across: float, up: float) -> None:
    ax.plot([across], [up], marker="o", ms=page.points(8), mfc="none", mec=PAPER, mew=3.0, zorder=5, clip_on=False)
    ax.plot([across], [up], marker="o", ms=page.points(8), mfc="none", mec=INK, mew=1.3, zorder=5.1, clip_on=False)
