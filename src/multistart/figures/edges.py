"""Edges as they were bisected: curves, points and ends of intervals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from multistart.boundaries.taking_part import STEP_LIMIT, are_cut_short
from multistart.figures.layout import Sheet
from multistart.figures.marks import critical_places
from multistart.figures.palette import INK
from multistart.figures.scene import Scene

BOUNDARY: dict[str, Any] = {"color": INK, "lw": 1.2, "ls": "solid"}
OF_STEPS: dict[str, Any] = {"color": INK, "lw": 0.7, "ls": (0, (1, 1.5))}
SAID = {
    "boundary": "basin boundary", "manifold": "basin boundary: the stable manifolds of saddles",
    "steps": "how far the steps reach", "limits": "a limit or tolerance ends descents",
}  # fmt: skip
DUST = (1.2, 0.6)  # widths of a line that points are wide, and that many are, which would hide what is between them
NEAR = 0.02  # widths of the map, from which an edge of the gradient flow is drawn on to a saddle
LINES = 200  # ends of intervals, or points, up to which each is a line as wide as that of a curve


def edge_marks(page: Sheet, ax: Axes, scene: Scene, thin: float = 1.0) -> list[Line2D]:
    """Draw the edges of a map, those that only a limit has made thin and dotted; returns the legend's handles.

    Lines of a small map are so many times as wide as those of a large one.
    """
    if scene.edges is None or scene.edges.empty:
        return []
    limited = by_a_limit(scene.edges)
    for rows, style in ((limited, OF_STEPS), (~limited, BOUNDARY)):
        if rows.any():
            drawn = style | {"lw": thin * style["lw"]}
            (_ends if scene.map.box.dimensions == 1 else _curves)(page, ax, scene, scene.edges[rows], drawn)
    return edges_said([scene])


def edges_said(scenes: Iterable[Scene]) -> list[Line2D]:
    """The legend's handles for the edges of any of several maps."""
    shown = [(scene, scene.edges) for scene in scenes if scene.edges is not None and len(scene.edges)]
    of_basins = [scene for scene, edges in shown if not by_a_limit(edges).all()]
    limited = [edges[by_a_limit(edges)] for _, edges in shown]
    flows = bool(of_basins) and all(scene.of_flow and scene.map.box.dimensions > 1 for scene in of_basins)
    steps = all(set(rows["first_ending"]) | set(rows["second_ending"]) <= {"", STEP_LIMIT} for rows in limited)
    handles = [Line2D([], [], label=SAID["manifold" if flows else "boundary"], **BOUNDARY)] if of_basins else []
    if any(map(len, limited)):
        handles.append(Line2D([], [], label=SAID["steps" if steps else "limits"], **OF_STEPS))
    return handles


def by_a_limit(edges: pd.DataFrame) -> NDArray[np.bool_]:
    """Where descents of one side are cut short: no edge of a basin, but of so many steps or such a tolerance."""
    return are_cut_short(edges["first_ending"]) | are_cut_short(edges["second_ending"])


def _curves(page: Sheet, ax: Axes, scene: Scene, edges: pd.DataFrame, style: dict[str, Any]) -> None:
    axes = list(scene.map.axes)
    on_curves = edges[edges["curve"] >= 0]
    paths = [rows[axes].to_numpy(dtype=float) for _, rows in on_curves.groupby("curve")]
    if scene.of_flow:
        paths = through(paths, critical_places(scene).get("saddle", np.empty((0, 2))), NEAR * scene.map.box.width)
    lines = LineCollection(
        paths, colors=style["color"], linewidths=style["lw"], linestyles=[style["ls"]], zorder=3, capstyle="round"
    )
    ax.add_collection(lines, autolim=False)
    dust = edges.loc[edges["curve"] < 0, axes].to_numpy(dtype=float)
    many = len(dust) > LINES
    size = page.points((DUST[1] if many else DUST[0]) * style["lw"])
    ax.plot(*dust.T, ls="none", marker="o", ms=size, mfc=style["color"], mec="none", zorder=3, rasterized=many)


def through(
    paths: list[NDArray[np.float64]], saddles: NDArray[np.float64], near: NDArray[np.float64]
) -> list[NDArray[np.float64]]:
    """Curves that end so near to a saddle, ``(m, 2)``, with that saddle as their end.

    The flow's edges run into saddles, where descents from beside them stand still, so that none is bisected there.

    >>> (path,) = through([np.array([[0.0, 0.0], [0.9, 0.0]])], np.array([[1.0, 0.0]]), np.array([0.2, 0.2]))
    >>> path.tolist()
    [[0.0, 0.0], [0.9, 0.0], [1.0, 0.0]]
    """
    for saddle in saddles:
        for i, path in enumerate(paths):
            first, last = (bool((np.abs(path[end] - saddle) <= near).all()) for end in (0, -1))
            paths[i] = np.concatenate([saddle[None][: int(first)], path, saddle[None][: int(last)]])
    return paths


def _ends(page: Sheet, ax: Axes, scene: Scene, edges: pd.DataFrame, style: dict[str, Any]) -> None:
    places = edges[scene.map.axes[0]].to_numpy(dtype=float)
    width = style["lw"] if len(places) <= LINES else 0.3
    ax.vlines(
        places, 0, 1, transform=ax.get_xaxis_transform(), colors=style["color"], lw=width, ls=[style["ls"]], zorder=1
    )
