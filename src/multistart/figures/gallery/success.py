"""The chance that restarts reach the lowest minimum found, against their number and against gradient evaluations."""

from __future__ import annotations

import math
import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from multistart.estimates.restarts import restarts, success_after
from multistart.figures.layout import Sheet, sentence, sheet
from multistart.figures.names import setting
from multistart.figures.palette import INK, NAMED
from multistart.figures.picture import Picture
from multistart.figures.scene import Scene, quantity
from multistart.figures.ticks import step_ticks

PICTURE = Picture(
    title="How many restarts find the lowest minimum?",
    place=90,
    alt="The chance that restarts succeed, by their number, with its interval, and by evaluations.",
    caption=(
        "The chance that restarts from random starts reach the lowest minimum found: by their number, with the "
        "band of the share's interval, and by evaluations, failed descents included. Dotted: 90, 95, 99 %."
    ),
    reads=("<method>/basins.csv", "<method>/tally.parquet", "<method>/estimates.csv", "<method>/success.csv"),
)

LEVELS = (0.90, 0.95, 0.99)
UNSEEN = 0.002  # a chance that cannot be told from none
GAP = 0.55  # inches between the axes


def draw(scene: Scene) -> Figure:
    """Above, success against the number of uniform starts, with the band of its interval; below, against the budget."""
    title = f"How many restarts find the lowest minimum {setting(scene)}?"
    p = quantity(scene, "probability_of_global_basin")
    if not p[0] > 0 or scene.success is None:
        which = "a minimum" if scene.basins.empty else "the lowest minimum"
        return sentence(scene, title, f"No start came to rest at {which}, so nothing is known of how many would.")
    if p[0] == 1:
        mean = quantity(scene, "expected_running_time")[0]
        cost = f"one descent is enough, of {mean:,.0f} {scene.paid_in}"
        text = f"Every start reached the lowest minimum found: {cost}."
        return sentence(scene, title, text)
    page = sheet(scene, title)
    gap = GAP * page.style.text
    height = (page.tall - gap) / 2
    above = page.axes(page.left, page.top - height, page.wide, height)
    below = page.axes(page.left, page.bottom, page.wide, height)
    time = quantity(scene, "expected_running_time")
    texts = [_by_restarts(above, p), _by_budget(below, scene.success, time, scene.paid_in)]
    for ax, text in zip((above, below), texts, strict=True):
        ax.set(ylim=(0, 1.03), ylabel="chance of success")
        ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
        ax.hlines(LEVELS, *ax.get_xlim(), color=INK, lw=0.5, ls=(0, (1, 3)), zorder=0)
        _beside(page, ax, text)
    return page.figure


def _beside(page: Sheet, ax: Axes, text: str) -> None:
    wrap = page.letters(page.style.column - 0.1, 8.5)
    text = "\n".join(textwrap.fill(line, wrap) for line in text.splitlines())
    page.text(page.beside, float(ax.get_position().y1) * page.height, text, 8.5, va="top", linespacing=1.4)


def _by_restarts(ax: Axes, p: tuple[float, float, float]) -> str:
    most = int(min(max(restarts(p[0], 0.999), 10), 1e7))
    k = np.unique(np.rint(np.geomspace(1, most, 300)).astype(np.int64))
    if p[1] > 0:
        ax.fill_between(k, success_after(p[1], k), success_after(p[2], k), color=NAMED[0], alpha=0.3, lw=0)
    ax.plot(k, success_after(p[0], k), color=NAMED[0], lw=2, marker="o" if len(k) < 40 else "", ms=4, mec=INK, mew=0.5)
    _log_axis(ax, 1, most, "descents from random starts (logarithmic)")
    lines = ["descents needed for"]
    for level in LEVELS:
        value, low, high = (restarts(q, level) for q in (p[0], p[2], p[1]))
        between = "" if math.isnan(p[1]) or low == high else f"  ({low:,.0f} to {high:,.0f})"
        lines.append(f"{100 * level:.0f} %:  {value:,.0f}{between}")
    return "\n".join(lines)


def _by_budget(ax: Axes, curve: pd.DataFrame, time: tuple[float, float, float], paid_in: str) -> str:
    budget, chance = (curve[name].to_numpy(dtype=float) for name in ("evaluations", "success"))
    first = int(np.argmax(chance > UNSEEN))
    ax.plot(budget[first:], chance[first:], color=NAMED[0], lw=2)
    if math.isfinite(time[0]):
        ax.axvline(time[0], color=INK, lw=1.2, ls=(0, (2, 1.5)))
    _log_axis(ax, budget[first], budget[-1], f"{paid_in} in all (logarithmic)")
    lines = ["evaluations needed for", *(f"{100 * p:.0f} %:  {_reached(budget, chance, p)}" for p in LEVELS)]
    between = f" ({time[1]:,.0f} to {time[2]:,.0f})" if math.isfinite(time[2]) else ""
    return "\n".join([*lines, "", "dashed: on average", f"{time[0]:,.0f}{between}"])


def _reached(budget: NDArray[np.float64], chance: NDArray[np.float64], level: float) -> str:
    there = np.flatnonzero(chance >= level)
    return f"about {float(f'{budget[there[0]]:.2g}'):,.0f}" if there.size else f"more than {budget[-1]:,.0f}"


def _log_axis(ax: Axes, low: float, high: float, label: str) -> None:
    ax.set(xscale="log", xlim=(low, max(high, 2 * low)), xlabel=label)
    step_ticks(ax.xaxis, low, high)
