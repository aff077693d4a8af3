"""Several maps of one box on a sheet: up to three in a row above the legend, more in two rows beside it."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes

from multistart.box import Box
from multistart.figures.layout import BOLD, Sheet
from multistart.figures.names import shortened
from multistart.figures.ticks import inner_ticks

IN_A_ROW = 3  # maps; of more, two rows stand beside the legend
GAP = 0.15  # inches between maps
HEAD, LINE = 0.1, 0.17  # inches above a map, and for each line there
STRIP = 0.55  # inches of a map of one dimension, at most
LABELS = 0.62  # inches below the maps for numbers and a name
SIZE = 9  # of what stands above a map
SMALL = 0.7  # of that size: a long name is not smaller, but cut
NUMBER = 12  # points that half a number and its space take below a map


@dataclass(frozen=True)
class Tiles:
    """Where maps are, all in inches.

    Attributes
    ----------
    count, columns
        How many, and how many side by side.
    across, up
        The size of each.
    lines
        Of text above each: one if the longest name has room beside a share, else two.
    head
        The height of those.
    legend
        The height of a legend below all; 0 where it stands beside them.
    """

    box: Box
    count: int
    columns: int
    across: float
    up: float
    lines: int
    head: float
    legend: float

    @classmethod
    def of(cls, page: Sheet, box: Box, names: list[str], legend: float) -> Tiles:
        """Maps on an empty sheet as large as they can be, true to scale where their sides are comparable."""
        legend = 0.0 if beside(box, len(names)) else legend
        one_line = cls._with(page, box, len(names), legend, 1)
        fits = max(map(len, names)) <= one_line.letters(page) - len(">99.9 %") - 1
        return one_line if fits else cls._with(page, box, len(names), legend, 2)

    @classmethod
    def _with(cls, page: Sheet, box: Box, n: int, legend: float, lines: int) -> Tiles:
        size = page.style.text
        head = (HEAD + LINE * lines) * size
        wide = page.width - page.left - (0.0 if legend else page.style.column)
        tall = page.top - legend - LABELS * size
        if box.dimensions == 1:
            return cls(box, n, 1, wide - GAP, min(STRIP, tall / n - head), lines, head, legend)
        columns = n if n <= IN_A_ROW else -(-n // 2)
        ratio = float(box.width[1] / box.width[0])
        across, up = (1.0, 1.0) if not 0.4 <= ratio <= 2.5 else (min(1.0, 1 / ratio), min(1.0, ratio))
        side = min((wide / columns - GAP) / across, (tall / -(-n // columns) - head) / up)
        return cls(box, n, columns, side * across, side * up, lines, head, legend)

    def letters(self, page: Sheet) -> int:
        """How many letters fit in a line above a map."""
        return page.letters(self.across, SIZE, BOLD)

    def tall(self, page: Sheet) -> float:
        """All rows, what stands above and below them, and a legend below."""
        rows = -(-self.count // self.columns)
        return rows * (self.up + self.head) + LABELS * page.style.text + self.legend

    def right(self, page: Sheet) -> float:
        """Where the maps end."""
        return page.left + self.columns * (self.across + GAP)

    def axes(self, page: Sheet, i: int) -> Axes:
        """The axes of a map; numbers stand at the left, and below the lowest of each column."""
        row, column = divmod(i, self.columns)
        low, left = i + self.columns >= self.count, column == 0
        bottom = page.top - (row + 1) * (self.up + self.head)
        ax = page.axes(page.left + column * (self.across + GAP), bottom, self.across, self.up, label=f"map {i}")
        ax.spines[["top", "right"]].set_visible(True)
        for side, (axis, length) in enumerate(((ax.xaxis, self.across), (ax.yaxis, self.up))[: self.box.dimensions]):
            axis.set_view_interval(self.box.low[side], self.box.high[side], ignore=True)
            edge = 0.06 if side else max(0.06, (page.points(NUMBER) / 72 - GAP / 2) / length)
            inner_ticks(axis, max(2, min(6, int(2.2 * length / page.style.text))), edge)
        ax.tick_params(labelbottom=low, labelleft=left)
        ax.set_xlabel(self.box.names[0] if low else "")
        ax.set_ylabel(self.box.names[1] if left and self.box.dimensions == 2 else "")
        return ax

    def heading(self, page: Sheet, ax: Axes, name: str, share: str) -> None:
        """A name above a map, smaller and then cut if it is too long, and a share beside or below it."""
        places = [(0.0, 0.06), (1.0, 0.06)] if self.lines == 1 else [(0.0, 0.06 + LINE), (0.0, 0.06)]
        fitting = min(1.0, max(SMALL, self.letters(page) / len(name))) if self.lines > 1 else 1.0
        name = shortened(name, int(self.letters(page) / fitting))
        for text, size, (across, above) in zip((name, share), (SIZE * fitting, SIZE), places, strict=True):
            ax.text(across, 1 + above * page.style.text / self.up, text, transform=ax.transAxes, va="bottom",
                    ha="right" if across else "left", size=page.points(size), weight="bold")  # fmt: skip


def beside(box: Box, n: int) -> bool:
    """Whether the legend of so many maps stands beside them and not below."""
    return box.dimensions == 2 and n > IN_A_ROW
