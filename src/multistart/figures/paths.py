"""Descents to be drawn: where they leave the picture, where a zigzag has been seen, what stands at their ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patheffects import Normal, Stroke
from numpy.typing import NDArray

from multistart.box import Box
from multistart.figures.classes import MORE, classes_of, grouped
from multistart.figures.clipping import Path, finite_part, pieces
from multistart.figures.layout import Sheet
from multistart.figures.marks import MARKERS
from multistart.figures.palette import INK, INKS, MUTED, NAMED, PAPER
from multistart.figures.scene import Scene

WAY = 1.2  # widths of the picture that a zigzag is followed over
TURNS = 6  # back and forth, from which on a long way is a zigzag
WINDING = 2.5  # times as long as the room it takes, from which on a way is drawn thin


@dataclass(frozen=True)
class Walk:
    """What is drawn of one descent.

    Attributes
    ----------
    parts
        The pieces of its way that are in view.
    rest
        The straight line to its end, or to where that leaves the view, of a zigzag that is not followed to the end;
        else none.
    zigzag
        Whether it goes back and forth over a long way.
    gone
        Whether its end is out of view.
    thin
        Whether it is a zigzag, or winds in a little room as one of a method with momentum does.
    """

    parts: list[Path]
    rest: Path | None
    zigzag: bool
    gone: bool
    thin: bool = False


def walk(path: Path, view: Box) -> Walk:
    """A descent ``(n, 2)`` as it is seen in a view: a long zigzag up to where it has been seen, then how it ends."""
    whole = finite_part(path)
    seen = _followed(whole, view)
    gone = not (len(whole) and view.contains(whole[-1:]).all())
    zigzag = seen < len(whole)
    rest = next(iter(pieces(whole[[seen - 1, -1]], view)), None) if zigzag else None
    return Walk(pieces(whole[:seen], view), rest, zigzag, gone, zigzag or _winds(whole, view))


def _winds(path: Path, view: Box) -> bool:
    """Whether a way is much longer than the room it takes."""
    if len(path) < 2:
        return False
    length = np.linalg.norm(np.diff(path, axis=0) / view.width, axis=1).sum()
    room = np.linalg.norm(np.ptp(path / view.width, axis=0))
    return bool(length > WINDING * room)


def _followed(path: Path, view: Box) -> int:
    """The number of points up to which a path is drawn: all, unless it is a zigzag longer than ``WAY``."""
    step = np.diff(path, axis=0) / view.width
    length = np.minimum(np.linalg.norm(step, axis=1), 1.0)
    back = (step[1:] * step[:-1]).sum(axis=1) < 0
    long = (length.cumsum() > WAY) & (np.concatenate([[0], back.cumsum()])[: len(length)] >= TURNS)
    return int(long.argmax()) + 1 if long.any() else len(path)


class Strokes:
    """Lines and marks in two or three dimensions, gathered by their look.

    Matplotlib draws one line of many pieces in a part of the time of many lines.
    """

    def __init__(self) -> None:
        self._by_look: dict[tuple[tuple[str, Any], ...], list[Path]] = {}

    def add(self, points: Path, **look: Any) -> None:
        """A line or marks at points ``(n, d)``, with a look in Matplotlib's words; ``edge`` puts a dark edge around."""
        self._by_look.setdefault(tuple(look.items()), []).append(points)

    def draw(self, ax: Any) -> None:
        """Draw all."""
        for look, pieces_ in self._by_look.items():
            style = dict(look)
            effects = outline(style["lw"]) if style.pop("edge", False) else None
            gap = np.full((1, pieces_[0].shape[1]), np.nan)
            points = np.concatenate([part for piece in pieces_ for part in (piece, gap)])[:-1]
            ax.plot(*points.T, path_effects=effects, **style)


def outline(width: float) -> list:
    """A dark edge around a coloured line."""
    return [Stroke(linewidth=width + 1.0, foreground=INK), Normal()]


def end_legend(page: Sheet, scene: Scene, walks: list[Walk]) -> tuple[list[Line2D], list[str]]:
    """What the marks of starts and ends mean, with how many of the descents end so."""
    codes, counts = np.unique(grouped(np.array(scene.trajectory_basins, dtype=np.int64)), return_counts=True)
    names = {entry.code: entry.name for entry in classes_of(scene)}
    handles = [Line2D([], [], marker="o", ms=page.points(3.6), mfc=PAPER, mec=INK, ls="none")]
    labels = ["start"]
    order = np.lexsort((np.abs(codes), codes < 0))
    for code, count in zip(codes[order].tolist(), counts[order].tolist(), strict=True):
        handles.append(Line2D([], [], color=colour_of(code), lw=2, path_effects=outline(2.2), **mark(page, code)))
        labels.append(f"{names.get(code, code)}: {count}")
    if any(w.gone for w in walks):
        handles.append(Line2D([], [], marker=">", ms=page.points(5), mfc=PAPER, mec=INK, mew=0.8, ls="none"))
        labels.append("leaves the picture")
    if any(w.zigzag for w in walks):
        handles.append(Line2D([], [], color=INK, lw=0.8, ls=(0, (1, 1.5))))
        labels.append("a zigzag goes on")
    return handles, labels


def mark(page: Sheet, code: int) -> dict[str, Any]:
    """The mark at the end of a descent, by class code."""
    return {"marker": MARKERS.get(code, "D"), "ms": page.points(6), "mec": INK, "mew": 0.8}


def colour_of(code: int) -> str:
    """The colour of a grouped class code."""
    return MUTED[0] if code == MORE else NAMED[code] if code >= 0 else INKS[code]


def paths_of(scene: Scene) -> list[NDArray[np.float64]]:
    """Each path in the picture's two axes; in one dimension, position against step."""
    columns = [scene.objective.variables.index(name) for name in scene.map.axes]
    if len(columns) == 2:
        return [path[:, columns] for path in scene.trajectories]
    return [np.column_stack([np.arange(len(path)), path[:, columns[0]]]) for path in scene.trajectories]
