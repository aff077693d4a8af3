"""The lowest minimum under each pair of two numbers: who reaches it, and what that costs."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter

from multistart.figures.layout import Sheet, sentence, sheet
from multistart.figures.names import number, numbers, setting
from multistart.figures.palette import INK, PAPER
from multistart.figures.picture import Picture
from multistart.figures.sweep_heat import NOWHERE, colour_bar, cost_norm, costs_name, heat_map, share_norm, two_maps
from multistart.figures.sweep_marks import axis_words, swept_axis, swept_up
from multistart.figures.sweep_scene import Array, SweepScene, SweptNumber

PICTURE = Picture(
    title="Which pair of numbers is best",
    place=40,
    alt="Two heat maps over two swept numbers: the share that reaches the lowest minimum, and its cost.",
    caption=(
        "Left: of all starts, how many reach the lowest minimum with each pair of values. Right: what restarts cost on "
        "average until one does, by a logarithmic scale; grey where none does. The mark is the least of these."
    ),
    reads=("<method>/sweep/sweep.csv", "<method>/sweep/attractors.csv"),
    of_plane=True,
)

GAP = 0.35  # inches between the two
LABELS = 12  # values on an axis whose values stand side by side


def draw(scene: SweepScene) -> Figure:
    """The share at the left, the cost at the right; the second number upwards."""
    first, second = scene.numbers
    title = f"Which {first.words} and {second.words} {setting(scene)}"
    share, cost = grids(scene)
    if not (share > 0).any():
        return sentence(scene, title, "With no pair of values did a start reach the lowest minimum.")
    page = sheet(scene, title, _notes(scene, cost))
    left, right = two_maps(page, GAP * page.style.text, right_label=False)
    across, up = _edges(first), _edges(second)
    shares = share_norm(share)
    palette = heat_map(page, left, across, up, share, shares, reverse=False)
    colour_bar(page, left, palette, shares, "of all starts, reach it")
    if np.isfinite(cost).any():
        costs = cost_norm(cost)
        palette = heat_map(page, right, across, up, cost, costs, reverse=True)
        colour_bar(page, right, palette, costs, costs_name(page, scene))
        i, j = _best(cost)
        for ax in (left, right):
            _mark(page, ax, _place(first, i), _place(second, j))
    else:
        right.set_facecolor(NOWHERE)
    for ax in (left, right):
        _axes(page, ax, first, second)
        ax.spines[["top", "right"]].set_visible(True)
    right.set_ylabel("")
    return page.figure


def grids(scene: SweepScene) -> tuple[Array, Array]:
    """The share of all lowest minima together, and their cost, of each pair of values; nan where there is no number."""
    first, second = scene.numbers
    share, cost = np.full((2, len(first.taken), len(second.taken)), np.nan)
    rows = scene.sweep[scene.sweep["lowest"]]
    for (a, b), each in rows.groupby([first.column, second.column]):
        at = int(np.searchsorted(first.taken, a)), int(np.searchsorted(second.taken, b))
        share[at], cost[at] = each["share"].sum(), each["expected_running_time"].iloc[0]
    return share, np.where(np.isinf(cost), np.nan, cost)


def _best(cost: Array) -> tuple[int, int]:
    i, j = np.unravel_index(int(np.nanargmin(cost)), cost.shape)
    return int(i), int(j)


def _notes(scene: SweepScene, cost: Array) -> list[str]:
    if not np.isfinite(cost).any():
        return []
    i, j = _best(cost)
    pair = [f"{n.words} {number(n.taken[k])}" for n, k in zip(scene.numbers, (i, j), strict=True)]
    return [f"least of those tried: {pair[0]} and {pair[1]}, {cost[i, j]:,.0f} {scene.paid_in} on average"]


def _edges(swept: SweptNumber) -> Array:
    """The edges of its cells; side by side and equally wide, where the values have no scale."""
    return np.arange(len(swept.taken) + 1.0) if swept.uneven else swept.edges


def _place(swept: SweptNumber, i: int) -> float:
    return i + 0.5 if swept.uneven else float(swept.taken[i])


def _axes(page: Sheet, ax: Axes, first: SweptNumber, second: SweptNumber) -> None:
    for swept, scaled, axis, name in ((first, swept_axis, ax.xaxis, "x"), (second, swept_up, ax.yaxis, "y")):
        if not swept.uneven:
            scaled(page, ax, swept)
            continue
        shown = np.arange(0, len(swept.taken), -(-len(swept.taken) // LABELS))
        said = dict(zip((shown + 0.5).tolist(), numbers(swept.taken[shown].tolist()), strict=True))
        axis.set(major_locator=FixedLocator(list(said)), major_formatter=FuncFormatter(lambda x, _, of=said: of[x]))
        ax.set(**{f"{name}lim": (0, len(swept.taken)), f"{name}label": axis_words(swept)})


def _mark(page: Sheet, ax: Axes, across: float, up: float) -> None:
    for colour, width in ((PAPER, 3.0), (INK, 1.3)):
        ax.plot(
            [across],
            [up],
            marker="o",
            ms=page.points(8),
            mfc="none",
            mec=colour,
            mew=width,
            ls="none",
            zorder=5,
            clip_on=False,
        )
