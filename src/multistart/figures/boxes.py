"""The boxes of ``figures.zoom`` on the maps that they are parts of: frames with letters."""

from __future__ import annotations

from string import ascii_uppercase
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from multistart.box import Box
from multistart.figures.layout import Sheet
from multistart.figures.palette import INK, PAPER

HALO, FRAME = 3.0, 1.1  # widths of lines in points: of paper below, and of ink
SMALLEST = 7.0  # points: a box that is smaller on the map has a mark of this size
TALL = 0.03  # of the axes, of the bar of a box of one dimension


def letter(i: int) -> str:
    """The name of a box on maps: minima have the numbers.

    >>> letter(0), letter(7)
    ('A', 'H')
    """
    return ascii_uppercase[i]


def box_marks(page: Sheet, ax: Axes, boxes: dict[str, Box]) -> list[Line2D]:
    """Draw a frame and its letter where each of these boxes is on a map; returns the legend's handles."""
    for name, box in boxes.items():
        if box.dimensions == 1:
            _bar(page, ax, name, box)
        else:
            _frame(page, ax, name, box)
    said = "drawn large"
    mark: dict[str, Any] = {"marker": "s", "ms": page.points(6), "mfc": "none", "mec": INK, "mew": FRAME, "ls": "none"}
    return [Line2D([], [], label=said, **mark)] if boxes else []


def inside(boxes: dict[str, Box], outer: Box) -> dict[str, Box]:
    """Those of them that lie in another box, and are smaller."""
    return {
        name: box
        for name, box in boxes.items()
        if (box.low >= outer.low).all() and (box.high <= outer.high).all() and (box.width < outer.width).any()
    }


def _frame(page: Sheet, ax: Axes, name: str, box: Box) -> None:
    (left, bottom), top = box.low, box.high[1]
    size = np.abs(np.diff(ax.transData.transform([box.low, box.high]), axis=0))[0] * 72 / page.figure.dpi
    if size.max() < page.points(SMALLEST):
        for edge, width in ((PAPER, HALO), (INK, FRAME)):
            ax.plot(*box.center, marker="s", ms=page.points(SMALLEST), mfc="none", mec=edge, mew=width, zorder=6)
    else:
        for edge, width in ((PAPER, HALO), (INK, FRAME)):
            ax.add_patch(Rectangle((box.low[0], box.low[1]), *box.width, fill=False, ec=edge, lw=width, zorder=6))
    _, high = ax.get_ylim()
    over = top + 0.06 * (high - ax.get_ylim()[0]) > high  # no room above: the letter hangs below the frame
    apart = page.points(3) + max(page.points(SMALLEST) - float(size[1]), 0) / 2
    if over:
        _letter(page, ax, name, (left, bottom), (0, -apart), "top")
    else:
        _letter(page, ax, name, (left, top), (0, apart), "bottom")


def _bar(page: Sheet, ax: Axes, name: str, box: Box) -> None:
    """A bar at the top of the axes, as long as the box, or a stroke."""
    across = ax.get_xaxis_transform()
    for color, width in ((PAPER, HALO), (INK, FRAME)):
        ax.add_patch(
            Rectangle((box.low[0], 1 - TALL), box.width[0], TALL, fill=False, ec=color, lw=width, transform=across,
                      zorder=6)
        )  # fmt: skip
    _letter(page, ax, name, (box.low[0], 1 - TALL), (0, -page.points(4)), "top", across)


def _letter(page: Sheet, ax: Axes, name: str, place: tuple, off: tuple, va: str, coordinates: Any = "data") -> None:
    ax.annotate(
        name, place, xytext=off, xycoords=coordinates, textcoords="offset points", ha="left", va=va,
        size=page.points(8), weight="bold", color=INK, zorder=7,
        bbox={"boxstyle": "square,pad=0.15", "facecolor": PAPER, "edgecolor": "none", "alpha": 0.85},
    )  # fmt: skip
