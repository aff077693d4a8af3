"""The common sheet of all pictures: size, title, data axes at the left, a column for legends at the right."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, replace

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.legend_handler import HandlerTuple
from matplotlib.patches import Patch

from multistart.figures.classes import MORE, Class
from multistart.figures.names import about
from multistart.figures.palette import INK, MUTED
from multistart.figures.scene import Comparison, Scene
from multistart.figures.sweep_scene import SweepScene

QUIET_INK = "#4A4A4A"  # of what is said beside the data
LINE = 1.35  # of text, in sizes of its letters
NARROW = 0.56  # the mean width of a letter, in sizes
BOLD = 0.64
MARGIN = 0.15  # inches below a legend


@dataclass(frozen=True)
class Style:
    """What a picture is made for; lengths in inches.

    Attributes
    ----------
    text
        All text is so many times the size that it has on a page.
    left, bottom
        Of the data axes.
    column
        The width of the column for legends beside a chart.
    brief
        Whether design and number of starts are left out below the title.
    """

    width: float
    height: float
    text: float
    left: float
    bottom: float
    column: float
    brief: bool


#: ``page`` is to be read at a desk, ``slide`` from the last row: 4 : 3, and text half as large again.
STYLES = {
    "page": Style(width=8.8, height=6.4, text=1.0, left=0.8, bottom=0.58, column=2.45, brief=False),
    "slide": Style(width=25.6 / 3, height=6.4, text=1.5, left=1.05, bottom=0.8, column=2.55, brief=True),
}


@dataclass(frozen=True)
class Sheet:
    """A picture that is being drawn: its figure and where the data axes end, ``top``, in inches from below."""

    figure: Figure
    style: Style
    top: float
    width: float
    height: float

    @property
    def left(self) -> float:
        """Where data axes begin."""
        return self.style.left

    @property
    def bottom(self) -> float:
        """Where data axes begin, from below."""
        return self.style.bottom

    @property
    def tall(self) -> float:
        """The height of data axes, which is a map's width too."""
        return self.top - self.bottom

    @property
    def wide(self) -> float:
        """The width of a chart's data axes."""
        return self.width - self.left - self.style.column - 0.2

    @property
    def beside(self) -> float:
        """Where the column for legends begins beside a chart."""
        return self.left + self.wide + 0.2

    def label(self, entry: Class) -> str:
        """What a legend says of a class: name, value and share; on a slide the value is left out."""
        short = replace(entry, detail="") if self.style.brief else entry
        return short.label

    def points(self, size: float) -> float:
        """A size of text or marks on a page, in points, in this style."""
        return size * self.style.text

    def axes(self, left: float, bottom: float, width: float, height: float, label: str = "") -> Axes:
        """Axes at a place given in inches."""
        place = (left / self.width, bottom / self.height, width / self.width, height / self.height)
        ax = self.figure.add_axes(place, label=label)
        ax.tick_params(labelsize=self.points(9))
        # labels have their places, for which Matplotlib would look at every number beside an axis
        ax.xaxis.set_label_coords(0.5, -0.3 * self.style.text / height)
        ax.yaxis.set_label_coords(-(self.left - 0.2 * self.style.text) / width, 0.5)
        return ax

    def chart(self, top: float = 0.0) -> Axes:
        """The data axes of a chart, ``top`` inches short of the sheet's."""
        return self.axes(self.left, self.bottom, self.wide, self.tall - top)

    def text(self, left: float, bottom: float, text: str, size: float, **how: object) -> None:
        """Text at a place given in inches."""
        self.figure.text(left / self.width, bottom / self.height, text, size=self.points(size), **how)  # type: ignore[arg-type]

    def letters(self, width: float, size: float, of_size: float = NARROW) -> int:
        """How many letters of a size fit into a width in inches."""
        return max(8, int(72 * width / (of_size * self.points(size))))

    def note(self, left: float, top: float, notes: Iterable[str]) -> None:
        """Sentences in the column for legends, below ``top`` inches."""
        wrap = self.letters(self.width - left - 0.1, 8.5)
        text = "\n".join(textwrap.fill(note, wrap) for note in notes)
        self.text(left, top, text, 8.5, va="top", color=QUIET_INK)

    def legend(self, handles: list, labels: list[str], title: str, left: float, notes: Iterable[str] = ()) -> Legend:
        """A legend in the column at the right, and below it notes; wrapped to the column, and small if it is long."""
        drawn = self._legend(handles, labels, title, left, 8.5)
        tall = drawn.get_window_extent().height / self.figure.dpi
        if tall > self.top - MARGIN:
            drawn.remove()
            drawn = self._legend(handles, labels, title, left, max(8.5 * (self.top - MARGIN) / tall, 5.5))
        if notes := list(notes):
            self.note(left, drawn.get_window_extent().y0 / self.figure.dpi - 0.15, notes)
        return drawn

    def _legend(self, handles: list, labels: list[str], title: str, left: float, size: float) -> Legend:
        room = self.width - left - 0.08
        wrap, head = self.letters(room - 2.4 * self.points(size) / 72, size), self.letters(room, size, BOLD)
        drawn = self.figure.legend(
            handles,
            [textwrap.fill(text, wrap, break_on_hyphens=False, break_long_words=False) for text in labels],
            title=textwrap.fill(title, head),
            loc="upper left",
            bbox_to_anchor=(left / self.width, self.top / self.height),
            borderaxespad=0,
            borderpad=0,
            handlelength=1.6,
            handleheight=1.1,
            handler_map={tuple: HandlerTuple(ndivide=None, pad=0)},
            fontsize=self.points(size),
            title_fontsize=self.points(size),
            alignment="left",
        )
        drawn.get_title().set_fontweight("bold")
        return drawn


def sheet(
    scene: Scene | SweepScene | Comparison,
    title: str,
    notes: Iterable[str] = (),
    *,
    done: bool = True,
    height: float | None = None,
) -> Sheet:
    """An empty picture with its title, and below it what was ``done``, unless that is not shown, and further notes.

    It is as high as the style is, unless a height is given in inches.
    """
    style = STYLES[scene.style]
    return _headed(style, height or style.height, title, [*([about(scene, style.brief)] if done else []), *notes])


def sentence(scene: Scene | SweepScene | Comparison, title: str, text: str) -> Figure:
    """A low picture that says in a sentence what would be a frame with nothing in it."""
    style = STYLES[scene.style]
    done = [about(scene, style.brief)]
    high = _headed(style, style.height, title, done)
    lines = textwrap.wrap(text, high.letters(high.width - 1.0, 11))
    height = high.height - high.top + 0.3 + len(lines) * LINE * high.points(11) / 72
    low = _headed(style, height, title, done)
    low.text(0.4, low.top - 0.1, "\n".join(lines), 11, va="top")
    return low.figure


def _headed(style: Style, height: float, title: str, notes: Iterable[str]) -> Sheet:
    figure = Figure(figsize=(style.width, height))
    bare = Sheet(figure, style, height, style.width, height)
    left, room = 0.25, style.width - 0.35
    head = textwrap.wrap(title, bare.letters(room, 12, BOLD))
    lines = [line for text in notes for line in textwrap.wrap(text, bare.letters(room, 8))] or [""]
    below = height - 0.1 - len(head) * LINE * bare.points(12) / 72
    bare.text(left, height - 0.1, "\n".join(head), 12, weight="bold", va="top")
    bare.text(left, below, "\n".join(lines), 8, va="top", color=QUIET_INK, linespacing=1.3)
    return Sheet(figure, style, below - len(lines) * LINE * bare.points(8) / 72 - 0.12, style.width, height)


def swatch(entry: Class) -> Patch | tuple[Patch, ...]:
    """The legend's mark of a class: a patch, or several for the minima that share the muted colours."""
    if entry.code == MORE:
        return tuple(Patch(facecolor=c, edgecolor="none") for c in MUTED[:4])
    return Patch(facecolor=entry.colour, edgecolor=hatch_ink(entry), hatch=entry.hatch, linewidth=0.6)


def hatch_ink(entry: Class) -> str:
    """A hatch colour that shows on the class's own colour."""
    return "#777777" if entry.code == -5 else "#5A5A5A" if entry.hatch else INK
