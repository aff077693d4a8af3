"""How far from each minimum its basin reaches: the share of directions over the distance, and the shortest way out."""

from __future__ import annotations

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from multistart.figures.classes import MORE, Class, classes_of
from multistart.figures.layout import Sheet, sentence, sheet
from multistart.figures.names import distance_unit, number, setting
from multistart.figures.palette import CURVE_MARKS, INK, PAPER
from multistart.figures.picture import Picture
from multistart.figures.scene import Scene
from multistart.plurals import counted

PICTURE = Picture(
    title="How far are minima from the edge?",
    place=115,
    alt=(
        "For each minimum the share of directions in which a start is still in its basin against its distance, with "
        "intervals, and marks at the smallest displacement that leaves the basin and at what is proven."
    ),
    caption=(
        "From each minimum, the share of directions in which a start at that distance still reaches it. Triangles are "
        "the smallest displacement that was found to leave the basin; up to the bar at the top it is proven that none "
        "does. In many dimensions most directions leave soon, and a few reach far. A start that a limit cut short "
        "counts as one that does not reach it."
    ),
    reads=("<method>/basins.csv", "<method>/tally.parquet", "<method>/profile.csv", "<method>/shocks.csv"),
)

MOST = 4  # minima, from the lowest on
TOP = 1.04  # where bars and triangles of the last minimum are
APART = 0.035  # between those of two minima


def draw(scene: Scene) -> Figure:
    """A curve a minimum with its band, and above it the smallest displacement that leaves its basin."""
    title = f"How far is each minimum from the edge of its basin {setting(scene)}?"
    if scene.profile is None or scene.shocks is None:
        return sentence(scene, title, "Boundaries were not measured: boundary.descents is 0.")
    entries = _drawn(scene, scene.profile)
    if not entries:
        return sentence(scene, title, "No minimum has a profile: none was reached, or the descents were too few.")
    page = sheet(scene, title)
    ax = page.chart()
    drawn: list[list[float]] = []
    for place, entry in enumerate(entries):
        rows = scene.profile[scene.profile["minimum"] == entry.code]
        curve = [*rows["radius"], *rows["share"]]
        _curve(ax, entry, rows, page.points(4.5), dashed=curve in drawn)
        drawn.append(curve)
        _shock(
            ax,
            entry,
            scene.shocks[scene.shocks["minimum"] == entry.code],
            TOP + APART * (len(entries) - 1 - place),
            page.points(7),
        )
    farthest = float(scene.profile.loc[scene.profile["minimum"].isin([e.code for e in entries]), "radius"].max())
    ax.set(xlim=(0, 1.02 * farthest), ylim=(0, TOP + APART * len(entries)))
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1])
    ax.set(xlabel=f"distance from the minimum, {distance_unit(scene)}", ylabel="directions still in its basin")
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    ax.axhline(1, color="#B5B5B5", lw=0.8, zorder=0)
    handles, labels = _legend(page, scene, entries)
    more = len(scene.basins) - len(entries)
    notes = [f"not drawn: {counted(more, 'further minimum')}"] if more else []
    page.legend(handles, labels, "smallest way out", page.beside, notes)
    return page.figure


def _drawn(scene: Scene, profile: pd.DataFrame) -> list[Class]:
    """The lowest minima that have a profile and that the method's starts reach."""
    measured = set(profile["minimum"])
    return [e for e in classes_of(scene) if 0 <= e.code < MORE and e.count and e.code in measured][:MOST]


def _curve(ax: Axes, entry: Class, rows: pd.DataFrame, size: float, *, dashed: bool) -> None:
    """Dashed over another that is the same, which shows between."""
    ax.fill_between(rows["radius"], rows["low"], rows["high"], color=entry.colour, alpha=0.16, lw=0)
    ax.plot(
        rows["radius"], rows["share"], color=entry.colour, lw=1.8, marker=CURVE_MARKS[entry.code], ms=size, mec=INK,
        mew=0.5, zorder=3, ls=(0, (4, 4)) if dashed else "solid", markevery=(1, 2) if dashed else None,
    )  # fmt: skip


def _shock(ax: Axes, entry: Class, rows: pd.DataFrame, y: float, size: float) -> None:
    """A bar to the proven lower bound, and a triangle at the upper one."""
    for row in rows.itertuples():
        if row.low > 0:
            ax.plot([0, row.low], [y, y], color=entry.colour, lw=3, solid_capstyle="butt", zorder=3)
        if row.high > 0:
            ax.plot([row.low, row.high], [y, y], color=entry.colour, lw=1, ls=(0, (2, 2)), zorder=3)
            ax.plot(row.high, y, marker="v", ms=size, mfc=entry.colour, mec=INK, mew=0.6, ls="none", zorder=4)


def _legend(page: Sheet, scene: Scene, entries: list[Class]) -> tuple[list[Artist], list[str]]:
    assert scene.shocks is not None, "asked for where shocks were measured"
    shocks = scene.shocks.set_index("minimum")
    handles: list[Artist] = [
        Line2D([], [], color=e.colour, marker=CURVE_MARKS[e.code], ms=page.points(5), mec=INK, mew=0.6, lw=2)
        for e in entries
    ]
    labels = [f"{e.name}: {_way_out(shocks, e.code)}" for e in entries]
    shown = shocks.loc[shocks.index.isin([e.code for e in entries])]
    if (shown["high"] > 0).any():
        handles.append(Line2D([], [], marker="v", ms=page.points(6), mfc=PAPER, mec=INK, ls="none"))
        labels.append("the smallest displacement found that leaves")
    if (shown["low"] > 0).any():
        handles.append(Line2D([], [], color=INK, lw=3))
        labels.append("proven that none leaves")
    return handles, labels


def _way_out(shocks: pd.DataFrame, code: int) -> str:
    """How far, and where to."""
    if code not in shocks.index or not shocks.loc[code, "high"] > 0:
        return "none found"
    row = shocks.loc[code]
    to = f"to {int(row['lands_in'])}" if row["lands_in"] >= 0 else "to no minimum"
    return f"{number(float(row['high']))}, {to}"
