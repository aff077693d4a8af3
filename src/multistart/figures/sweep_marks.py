"""The axis of a swept number, and what happens along it: thin lines with numbers, and a list of what they stand for."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.scale import LogScale
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter

from multistart.events import ALL
from multistart.figures.layout import LINE, NARROW, QUIET_INK, Sheet
from multistart.figures.names import number
from multistart.figures.palette import INK, PAPER
from multistart.figures.sweep_scene import SweepScene, SweptNumber
from multistart.plurals import listed, plural

LEVEL = 0.17  # inches of a row of numbers above an axis
APART = 0.2  # inches between two numbers in a row, at least
WIDE = 0.004  # of the axis: a wider bracket is a band
SIZES = (8.5, 7.5, 6.5, 5.8)  # of the list's letters
SEEN = 0.01  # of the axis: narrower windows in chaos have no mark
TOGETHER = 1e-6  # of the axis: events nearer than that are at one place
HAPPENS = {
    "born": ("appears", "appear"),
    "pitchfork": ("cycles split in two around",) * 2,
    "neimark_sacker": ("motion around the cycle begins around",) * 2,
    "fold": ("is gone", "are gone"),
    "merged": ("merges with another", "merge"),
    "crossing": ("becomes the lowest", "become the lowest"),
    "crisis": ("loses its starts", "lose their starts"),
    "left": ("leaves", "leave"),
    "matched": ("taken for the same, not proven", "taken for the same, not proven"),
}
WINDOW = "a window of period"  # how notes begin of what happens in windows
OVER = ("merges", "goes over")  # how notes begin that say where an attractor goes
LOST = ("no longer attracts", "no longer attract")
DOUBLES = ("periods double around",) * 2
TO_CHAOS = ("periods double to chaos around",) * 2
CHAOS = ("chaos begins around",) * 2


@dataclass(frozen=True)
class Mark:
    """What happens at one place, or the doublings of one cascade after the first.

    Attributes
    ----------
    brackets
        Between which values each is.
    said
        What happens to one, and to several; words that end in "around" stand before them.
    attractors
        To which; -1 for all.
    noun
        What these are: ``"minimum"`` or ``"attractor"``.
    """

    brackets: tuple[tuple[float, float], ...]
    said: tuple[str, str]
    attractors: tuple[int, ...]
    noun: str = "minimum"

    @property
    def text(self) -> str:
        """In words, with the value."""
        who, said = _who(self.attractors, self.noun), self.said[len(self.attractors) > 1]
        first, last = (number(sum(bracket) / 2) for bracket in (self.brackets[0], self.brackets[-1]))
        where = _where(self.brackets[0]) if len(self.brackets) == 1 else f"{first} to {last}"
        if said.startswith(OVER):
            who = f"the attractor of {who}"
        return f"at {where}: {said} {who}" if said.endswith("around") else f"at {where}: {who} {said}"


def marks_of(scene: SweepScene) -> list[Mark]:
    """The events of a sweep in order; those of several attractors at one place are one mark."""
    kinds = pd.concat([table[["attractor", "kind"]] for table in (scene.sweep, scene.attractors)])
    minima = {*kinds.loc[kinds["kind"] == "minimum", "attractor"], ALL}
    marks = (replace(mark, noun="minimum" if mark.attractors[0] in minima else "attractor") for mark in _marks(scene))
    found = sorted(marks, key=lambda mark: (mark.brackets, mark.said))
    joined: list[Mark] = []
    near = TOGETHER * abs(scene.number.taken[-1] - scene.number.taken[0])
    for mark in found:
        alike = [i for i, other in enumerate(joined) if (other.said, other.noun) == (mark.said, mark.noun)]
        same = [i for i in alike if _together(joined[i], mark, near)]
        if same:
            other = joined[same[0]]
            joined[same[0]] = replace(other, attractors=(*other.attractors, *mark.attractors))
        else:
            joined.append(mark)
    return joined


def _marks(scene: SweepScene) -> Iterator[Mark]:
    for attractor, rows in scene.events.groupby("attractor", sort=False):
        who = (int(attractor),)
        windows = rows["note"].fillna("").str.startswith(WINDOW)
        yield from _windows(scene, who, rows[windows])
        rows = rows[~windows]
        chaos = rows["note"].fillna("").str.startswith("chaos")
        doublings = _brackets(rows[rows["event"] == "doubling"])
        if doublings:
            yield Mark(doublings[:1], LOST, who)
        if doublings[1:]:
            yield Mark((*doublings[1:], *_brackets(rows[chaos])), TO_CHAOS if chaos.any() else DOUBLES, who)
        elif chaos.any():
            yield Mark(_brackets(rows[chaos]), CHAOS, who)
        for event, (_, row) in zip(rows["event"], rows.iterrows(), strict=True):
            if event != "doubling" and not chaos[row.name] and not _said_by_another(row, scene.events):
                clause = str(row["note"]).partition(";")[0]
                said = (clause,) * 2 if clause.startswith(OVER) else HAPPENS[str(event)]
                yield Mark(((row["low"], row["high"]),), said, who)


def _windows(scene: SweepScene, who: tuple[int, ...], rows: pd.DataFrame) -> Iterator[Mark]:
    """Where windows open in chaos that are wide enough to be seen."""
    ends = _brackets(rows)
    for i, (event, note) in enumerate(zip(rows["event"], rows["note"], strict=True)):
        wide = SEEN * abs(scene.number.taken[-1] - scene.number.taken[0])
        if event == "born" and ends[i + 1 :] and ends[i + 1][0] - ends[i][1] >= wide:
            yield Mark(ends[i : i + 1], (f"{note.partition(':')[0]} in chaos around",) * 2, who)


def _said_by_another(row: pd.Series, events: pd.DataFrame) -> bool:
    """Whether a minimum merges with one whose own event names it, in a narrower bracket."""
    narrower = (events["low"] >= row["low"]) & (events["high"] <= row["high"]) & (events["event"] == row["event"])
    names_it = events["note"].fillna("").str.contains(rf"minimum {row['attractor']}\b")
    return row["event"] == "merged" and bool((narrower & names_it & (events["attractor"] != row["attractor"])).any())


def _brackets(rows: pd.DataFrame) -> tuple[tuple[float, float], ...]:
    return tuple(zip(rows["low"].tolist(), rows["high"].tolist(), strict=True))


def _together(one: Mark, other: Mark, near: float) -> bool:
    if len(one.brackets) != len(other.brackets):
        return False
    return bool(np.abs(np.array(one.brackets) - np.array(other.brackets)).max() <= near)


def _who(attractors: Sequence[int], noun: str) -> str:
    if min(attractors) < 0:
        return "all"
    return f"{plural(noun, len(attractors))} {listed([str(a) for a in sorted(attractors)])}"


def _where(bracket: tuple[float, float]) -> str:
    """A value to as many digits as its bracket tells, four at most; else both its ends."""
    low, high = (number(end, 4) for end in bracket)
    return low if low == high else f"{low} to {high}"


def swept_axis(page: Sheet, ax: Axes, swept: SweptNumber, *, label: bool = True) -> None:
    """The horizontal axis of a swept number, from the first cell's edge to the last one's."""
    _scaled(page, ax, swept, "x")
    ax.set_xlabel(axis_words(swept) if label else "")


def swept_up(page: Sheet, ax: Axes, swept: SweptNumber) -> None:
    """As :func:`swept_axis`, for the vertical axis."""
    _scaled(page, ax, swept, "y")
    ax.set_ylabel(axis_words(swept))


def axis_words(swept: SweptNumber) -> str:
    """As in "learning rate (logarithmic)"."""
    return f"{swept.words} (logarithmic)" if swept.scale == "log" else swept.words


def _scaled(page: Sheet, ax: Axes, swept: SweptNumber, side: str) -> None:
    axis = ax.xaxis if side == "x" else ax.yaxis
    ends = float(swept.edges[0]), float(swept.edges[-1])
    if swept.scale == "log":
        getattr(ax, f"set_{side}scale")(LogScale(axis))
        ticks = _log_ticks(page, ax, swept) if side == "x" else LogLocator(subs=(1, 2, 5)).tick_values(*ends)
        axis.set(major_locator=FixedLocator([t for t in ticks if ends[0] <= t <= ends[1]]),
                 major_formatter=FuncFormatter(lambda x, _: number(x)), minor_formatter=NullFormatter())  # fmt: skip
    getattr(ax, f"set_{side}lim")(ends)


def _log_ticks(page: Sheet, ax: Axes, swept: SweptNumber) -> list[float]:
    """Numbers along a logarithmic axis whose labels do not meet, powers of ten before others."""
    wide, letter = float(ax.get_position().width) * page.width, NARROW * page.points(9) / 72
    placed: list[tuple[float, float]] = []
    ticks = []
    for leading in (1, 2, 5):
        for tick in LogLocator(subs=(leading,)).tick_values(float(swept.edges[0]), float(swept.edges[-1])):
            if not swept.edges[0] <= tick <= swept.edges[-1]:
                continue
            at, half = wide * _part(swept, tick), letter * (len(number(tick)) / 2 + 0.5)
            if all(abs(at - other) >= half + reach for other, reach in placed):
                placed.append((at, half))
                ticks.append(tick)
    return ticks


def levels_of(page: Sheet, length: float, scene: SweepScene, marks: Sequence[Mark], apart: float = APART) -> list[int]:
    """The row beside an axis, so many inches long, in which each mark's number stands: none meets another."""
    ends: list[float] = []
    levels = []
    for mark in marks:
        at = length * _part(scene.number, _middle(mark))
        level = next((i for i, end in enumerate(ends) if at - end >= apart * page.style.text), len(ends))
        ends[level : level + 1] = [at]
        levels.append(level)
    return levels


def draw_marks(page: Sheet, ax: Axes, scene: SweepScene, marks: Sequence[Mark], levels: Sequence[int] = ()) -> None:
    """Lines, and bands where a bracket is wide; with the numbers above them where ``levels`` has their rows."""
    tall = float(ax.get_position().height) * page.height
    low, high = float(scene.number.edges[0]), float(scene.number.edges[-1])
    for i, mark in enumerate(marks):
        for bracket in mark.brackets:
            if _part(scene.number, bracket[1]) - _part(scene.number, bracket[0]) > WIDE:
                ax.axvspan(max(bracket[0], low), min(bracket[1], high), color=INK, alpha=0.12, lw=0, zorder=3)
                for end in bracket:
                    ax.axvline(end, color=INK, lw=0.6, ls=(0, (2, 2)), zorder=3.1)
            else:
                ax.axvline(sum(bracket) / 2, color=PAPER, lw=1.8, alpha=0.7, zorder=3)
                ax.axvline(sum(bracket) / 2, color=INK, lw=0.7, zorder=3.1)
        if len(levels):
            above = (0.05 + LEVEL * levels[i]) * page.style.text / tall
            ax.text(_middle(mark), 1 + above, str(i + 1), transform=ax.get_xaxis_transform(), ha="center", va="bottom",
                    size=page.points(8), weight="bold", color=INK)  # fmt: skip


def list_marks(page: Sheet, marks: Sequence[Mark], left: float, top: float) -> None:
    """What the numbers stand for, in the column below ``top`` inches; small, or as many as there is room for."""
    if not marks:
        return
    for size in SIZES:
        line = LINE * page.points(size) / 72
        room, wrap = int((top - 0.1) / line) - 1, page.letters(page.width - left - 0.1, size)
        entries = [textwrap.wrap(f"{i} {mark.text}", wrap, subsequent_indent="   ") for i, mark in enumerate(marks, 1)]
        if sum(map(len, entries)) <= room:
            break
    else:
        shown = int(np.searchsorted(np.cumsum([len(entry) for entry in entries]), room - 1, side="right"))
        entries = [*entries[:shown], [f"and {len(marks) - shown} more, in events.csv"]]
    page.text(left, top, "what happens", 8.5, weight="bold", va="top")
    lines = [line for entry in entries for line in entry]
    page.text(left, top - LINE * page.points(8.5) / 72, "\n".join(lines), size, va="top", color=QUIET_INK,
              linespacing=1.2)  # fmt: skip


def _middle(mark: Mark) -> float:
    return sum(mark.brackets[0]) / 2


def _part(swept: SweptNumber, value: float) -> float:
    """How far along the axis a value is, from 0 to 1."""
    low, high = float(swept.edges[0]), float(swept.edges[-1])
    if swept.scale == "log":
        low, high, value = np.log([low, high, max(value, low)]).tolist()
    return min(max((value - low) / (high - low), 0.0), 1.0)
