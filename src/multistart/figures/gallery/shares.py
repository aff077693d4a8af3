"""The shares as bars: lowest minima hatched, higher ones plain, endings at no minimum in grey."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from multistart.figures.classes import Class, classes_of, percent
from multistart.figures.layout import Sheet, sentence, sheet
from multistart.figures.names import setting
from multistart.figures.palette import INK, PAPER, QUIET
from multistart.figures.picture import Picture
from multistart.figures.scene import Scene
from multistart.plurals import counted

PICTURE = Picture(
    title="How many starts reach each minimum",
    place=40,
    alt="Bars as long as the share of each minimum, and of no minimum, with intervals.",
    caption=(
        "The share of all starts that ended at each minimum, lowest first, and at none. Hatched bars are the "
        "lowest minima found; all bars together make 100 %. The lines across are intervals; minima that share a bar "
        "have none."
    ),
    reads=("<method>/basins.csv", "<method>/tally.parquet", "<method>/shares.csv", "<method>/estimates.csv"),
)

_NAMES = 0.75  # inches for the names at the left, beside what other pictures leave there
_WIDEST = 1.6  # inches of a bar
_LOWEST = "////"
_KINDS = {
    "global": ("lowest minimum found", PAPER, _LOWEST),
    "local": ("higher minimum", PAPER, ""),
    "none": ("no minimum", QUIET[-4], ""),
}


def draw(scene: Scene) -> Figure:
    """A bar a class, with its share in percent of all starts."""
    title = f"Where starts end {setting(scene)}"
    entries, ends = [e for e in classes_of(scene) if e.count or e.kind == "global"], _ends(scene)
    if len(entries) < 2:
        return sentence(scene, title, _sentence(scene, entries))
    page = sheet(scene, title)
    names = _NAMES * page.style.text
    ax = page.axes(page.left + names, page.bottom, page.wide - names, page.tall)
    _bars(page, ax, entries, ends)
    largest = max([ends.get(e.code, (0.0, 100 * e.share))[1] for e in entries], default=0.0)
    room = 1.17 if page.style.text == 1 else 1.35
    ax.set(xlabel="share of all starts (%)", ylabel="", xlim=(0, room * largest or 1.0))
    ax.set_xticks([tick for tick in ax.get_xticks() if tick <= min(100, room * largest)])
    handles = {k: Patch(fc=c, ec=INK, hatch=h, lw=0.8) for k, (_, c, h) in _KINDS.items()}
    kinds = [k for k in _KINDS if any(e.kind == k for e in entries)]
    page.legend([handles[k] for k in kinds], [_KINDS[k][0] for k in kinds], "kind", page.beside)
    return page.figure


def _sentence(scene: Scene, entries: list[Class]) -> str:
    if not entries:
        return "There were no starts."
    where = f"reached the minimum {entries[0].name.split()[0]}, {entries[0].detail}"
    return (
        f"All {counted(scene.starts, 'start')} {where if entries[0].code >= 0 else f'ended alike: {entries[0].name}'}."
    )


def _ends(scene: Scene) -> dict[int, tuple[float, float]]:
    """The interval of each class that has one, in percent."""
    if scene.intervals is None:
        return {}
    known = scene.intervals.dropna(subset=["low", "high"])
    columns = (known["code"].tolist(), (100 * known["low"]).tolist(), (100 * known["high"]).tolist())
    return {code: (low, high) for code, low, high in zip(*columns, strict=True)}


def _bars(page: Sheet, ax: Axes, entries: list[Class], ends: dict[int, tuple[float, float]]) -> None:
    place, share = range(len(entries)), [100 * e.share for e in entries]
    height = min(0.8, _WIDEST * len(entries) / page.tall)
    bars = ax.barh(place, share, height, color=[e.colour for e in entries], edgecolor=INK, linewidth=0.8)
    ax.set(ylim=(len(entries) - 0.5, -0.5), yticks=place, yticklabels=[_name(e) for e in entries])
    for middle, (bar, entry) in enumerate(zip(bars, entries, strict=True)):
        bar.set_hatch(_LOWEST if entry.kind == "global" else "")
        low, high = ends.get(entry.code, (bar.get_width(),) * 2)
        if high > low:
            ax.plot([low, high], [middle, middle], color=INK, lw=1.6, marker="|", ms=page.points(9), mew=1.6,
                    solid_capstyle="butt")  # fmt: skip
        ax.annotate(
            percent(entry.share), (high, middle), xytext=(5, 0), textcoords="offset points", va="center",
            weight="bold", size=page.points(9),
        )  # fmt: skip
    ax.tick_params(axis="y", length=0, labelsize=page.points(8 if len(entries) > 8 else 9))


def _name(entry: Class) -> str:
    """The name in two short lines: "0 lowest", "f = −6.551"."""
    if entry.detail:
        return f"{entry.name}\n{entry.detail}"
    for gap in (" more ", ", ", " the "):
        first, found, rest = entry.name.partition(gap)
        if found:
            return f"{first}{gap.rstrip()}\n{rest}"
    return "\n".join(entry.name.rsplit(" ", 1))
