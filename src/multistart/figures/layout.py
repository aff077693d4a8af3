"""The common frame of all pictures: size, title, data axes at the left, a column for legends at the right."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.legend_handler import HandlerTuple
from matplotlib.patches import Patch

from multistart.figures.classes import MORE, Class, number
from multistart.figures.palette import INK, MUTED
from multistart.figures.scene import Scene
from multistart.plurals import counted

WIDTH, HEIGHT = 9.6, 6.4  # inches
LEFT, BOTTOM, TOP = 0.85, 0.65, 5.45  # of the data axes, inches from the lower left corner
SQUARE = 4.8  # side of the data axes of a map, inches
WIDE = 5.6  # width of the data axes of a chart, inches


def canvas(scene: Scene, title: str, notes: Iterable[str] = ()) -> Figure:
    """An empty picture with its title, and below it method, design, number of starts and further notes."""
    figure = Figure(figsize=(WIDTH, HEIGHT))
    about = f"{scene.method_text} · {scene.design_text} · {counted(scene.starts, 'start')}"
    lines = [line for text in (about, *notes) for line in textwrap.wrap(text, 128)]
    figure.text(LEFT / WIDTH, 6.12 / HEIGHT, title, size=13, weight="bold", va="baseline")
    figure.text(LEFT / WIDTH, 6.04 / HEIGHT, "\n".join(lines), size=8, va="top", color="#4A4A4A", linespacing=1.3)
    return figure


def inches(figure: Figure, left: float, bottom: float, width: float, height: float, label: str = "") -> Axes:
    """Axes at a place given in inches."""
    return figure.add_axes((left / WIDTH, bottom / HEIGHT, width / WIDTH, height / HEIGHT), label=label)


def legend(figure: Figure, handles: list, labels: list[str], title: str, left: float, top: float = TOP) -> Legend:
    """A legend in the column at the right; ``left`` and ``top`` in inches, long labels wrapped to the column."""
    wrap = max(16, int((WIDTH - left - 0.55) / 0.073))
    drawn = figure.legend(
        handles,
        [textwrap.fill(text, wrap) for text in labels],
        title=textwrap.fill(title, wrap + 5),
        loc="upper left",
        bbox_to_anchor=(left / WIDTH, top / HEIGHT),
        borderaxespad=0,
        handlelength=1.6,
        handleheight=1.1,
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0)},
        fontsize=8.5,
        alignment="left",
    )
    drawn.get_title().set_fontweight("bold")
    return drawn


def swatch(entry: Class) -> Patch | tuple[Patch, ...]:
    """The legend's mark of a class: a patch, or several for the minima that share the muted colours."""
    if entry.code == MORE:
        return tuple(Patch(facecolor=c, edgecolor="none") for c in MUTED[:4])
    return Patch(facecolor=entry.colour, edgecolor=hatch_ink(entry), hatch=entry.hatch, linewidth=0.6)


def hatch_ink(entry: Class) -> str:
    """A hatch colour that shows on the class's own colour."""
    return "#777777" if entry.code == -5 else "#5A5A5A" if entry.hatch else INK


def slice_text(scene: Scene) -> str:
    """``"slice x3 = 0, x4 = 0"`` for a slice, else an empty string."""
    fixed = ", ".join(f"{name} = {number(value)}" for name, value in scene.map.fixed.items())
    return f"slice {fixed}" if fixed else ""


def function_text(scene: Scene) -> str:
    """``"f(x, y)"``, or ``"f"`` where the variables are many."""
    return f"f({', '.join(scene.objective.variables)})" if scene.objective.dimensions <= 3 else "f"
