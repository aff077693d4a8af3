"""Where attractors are over the swept number, stable and unstable, and how fast neighbours part on them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from multistart.figures.layout import Sheet, sentence, sheet
from multistart.figures.names import number, setting
from multistart.figures.palette import INK, NAMED, mixed
from multistart.figures.picture import Picture
from multistart.figures.sweep_classes import SAID, classes_of, families_of, legend_of
from multistart.figures.sweep_marks import LEVEL, draw_marks, levels_of, list_marks, marks_of, swept_axis
from multistart.figures.sweep_scene import Array, SweepScene
from multistart.figures.ticks import value_ticks

PICTURE = Picture(
    title="Where the attractors are",
    place=20,
    alt="Where minima, cycles and chaotic orbits are over the swept number, and below their Lyapunov exponents.",
    caption=(
        "What attracts at each value, in the colour of its minimum: solid lines attract, dashed ones do not any more, "
        "dots are points of cycles, clouds those of orbits without a period. Below: the Lyapunov exponent per update, "
        "the logarithm of how fast neighbours part. Filled marks are positive by three standard errors, which is "
        "chaos; below 0 neighbours meet."
    ),
    reads=("<method>/sweep/sweep.csv", "<method>/sweep/events.csv", "<method>/sweep/attractors.csv"),
)

PANELS = 2  # variables that are shown; one on slides
STRIP = 0.26  # of the height, for the exponents
GAP = 0.12  # inches between panels
CERTAIN = 3  # standard errors
LEAP = 0.1  # of what curves of partners take of the axis: more than a step along one of them
DEEP = 2.0  # times as far below zero as above, at most, an exponent is drawn; there are such of -inf
CLOUD = (600, 160)  # cells of a cloud across and up


def draw(scene: SweepScene) -> Figure:
    """A panel for each of up to two variables, and the exponents, on one axis."""
    title = f"Attractors over the {scene.number.words} {setting(scene)}"
    if len(scene.number.taken) < 2:
        return sentence(scene, title, f"There is one value, {number(scene.number.taken[0])}, and nothing to compare.")
    if scene.attractors.empty:
        return sentence(scene, title, "At no value is an attractor known.")
    page, marks = sheet(scene, title), marks_of(scene)
    levels = levels_of(page, page.wide, scene, marks)
    head = LEVEL * page.style.text * (max(levels, default=-1) + 1)
    strip = STRIP * page.tall if _exponents(scene)["exponent"].notna().any() else 0.0
    shown = _shown(scene)
    each = (page.tall - head - strip + GAP * bool(not strip)) / len(shown)
    for i, variable in enumerate(shown):
        ax = page.axes(page.left, page.top - head - (i + 1) * each + GAP, page.wide, each - GAP)
        _panel(page, ax, scene, variable)
        draw_marks(page, ax, scene, marks, levels if i == 0 else ())
        last = not strip and i == len(shown) - 1
        swept_axis(page, ax, scene.number, label=last)
        ax.tick_params(labelbottom=last)
    if strip:
        ax = page.axes(page.left, page.bottom, page.wide, strip - GAP)
        _strip(page, ax, scene)
        draw_marks(page, ax, scene, marks)
        swept_axis(page, ax, scene.number)
    legend = page.legend(*_legend(scene, bool(strip)), "where", page.beside)
    list_marks(page, marks, page.beside, legend.get_window_extent().y0 / page.figure.dpi - 0.12)
    return page.figure


def _shown(scene: SweepScene) -> list[str]:
    """The variables in which attractors are farthest apart, in widths of the domain, in the function's order."""
    variables, places = list(scene.objective.variables), scene.attractors
    spread = {
        name: float(np.ptp(places[name])) / width for name, width in zip(variables, scene.domain.width, strict=True)
    }
    most = sorted(variables, key=lambda name: -spread[name])[: 1 if scene.style == "slide" else PANELS]
    return [name for name in variables if name in most]


def _colours(scene: SweepScene) -> dict[int, str]:
    """The colour of each attractor: that of its family."""
    looks = {look.family: look.colour for look in classes_of(scene)}
    return {a: looks[family] for a, family in families_of(scene).items() if family in looks}


def _panel(page: Sheet, ax: Axes, scene: SweepScene, variable: str) -> None:
    colours = _colours(scene)
    low, high = _extent(scene, variable)
    ax.set(ylim=(low, high), ylabel=variable)
    others = scene.attractors[scene.attractors["kind"] != "minimum"]
    orbits, cycles = others[others["period"] == 0], others[others["period"] > 0]
    if len(orbits):
        image = _cloud(scene, orbits, variable, (low, high), colours)
        ax.imshow(image, extent=(0, 1, 0, 1), transform=ax.transAxes, aspect="auto", origin="lower", zorder=1)
    for colour, x, y, stable in _lines(scene, variable, colours):
        ax.plot(x, y, color=colour, lw=1.6 if stable else 1.0, ls="-" if stable else (0, (4, 2)), zorder=2 + stable)
    for a, points in cycles.groupby("attractor"):
        ax.plot(points[scene.number.column], points[variable], ls="none", marker="o", mew=0,
                ms=page.points(1.2 if scene.number.dense else 2.4), color=colours.get(int(a), INK), zorder=3.5,
                rasterized=scene.number.dense)  # fmt: skip
    value_ticks(ax.yaxis, 5)


def _extent(scene: SweepScene, variable: str) -> tuple[float, float]:
    """The range of all that attracts, of minima and of what they meet in folds."""
    places = pd.concat([each[variable] for each in (scene.attractors, scene.partners) if each is not None])
    low, high = float(places.min()), float(places.max())
    pad = 0.06 * (high - low) or 0.1 * float(scene.domain.width[scene.objective.variables.index(variable)])
    return low - pad, high + pad


def _lines(scene: SweepScene, variable: str, colours: dict[int, str]) -> Iterator[tuple[str, Array, Array, bool]]:
    """Curves of minima and cycles, and whether each attracts: exact ones, where they are known, else the minima's."""
    column = scene.number.column
    if scene.branches is not None:
        for _, rows in scene.branches.groupby("branch", sort=False):
            period, a = int(rows["period"].iloc[0]), int(rows["attractor"].iloc[0])
            x = rows[column].to_numpy().reshape(-1, period)
            y = rows[variable].to_numpy().reshape(-1, period)
            for k in range(period):
                yield colours.get(a, INK), x[:, k], y[:, k], bool(rows["stable"].iloc[0])
        return
    minima = scene.attractors[scene.attractors["kind"] == "minimum"]
    for a, rows in minima.groupby("attractor"):
        place = scene.number.place_of(rows[column])
        run = np.cumsum(np.append(0, (np.diff(place) > 1) | np.diff(rows["stable"].to_numpy().astype(int)) != 0))
        for _, part in rows.groupby(run):
            colour = colours.get(int(a), INK)
            yield colour, part[column].to_numpy(), part[variable].to_numpy(), bool(part["stable"].iloc[0])
    if scene.partners is not None:
        for colour, x, y in _partners(scene.partners, column, variable, colours):
            yield colour, x, y, False


def _partners(
    rows: pd.DataFrame, column: str, variable: str, colours: dict[int, str]
) -> Iterator[tuple[str, Array, Array]]:
    """The curves of what minima meet in folds: each begins where the parameter leaps, or another minimum's does."""
    leap = np.abs(np.diff(rows[column])) > LEAP * float(np.ptp(rows[column]))
    run = np.cumsum(np.append(0, leap | (np.diff(rows["attractor"]) != 0)))
    for _, part in rows.groupby(run):
        yield colours.get(int(part["attractor"].iloc[0]), INK), part[column].to_numpy(), part[variable].to_numpy()


def _cloud(
    scene: SweepScene, orbits: pd.DataFrame, variable: str, ends: tuple[float, float], colours: dict[int, str]
) -> np.ndarray:
    """Points of orbits without a period as an image over the axes, opaque where they are many."""
    across, up = CLOUD
    edges = scene.number.edges
    at = np.log(edges) if scene.number.scale == "log" else edges
    columns = np.rint((at - at[0]) / (at[-1] - at[0]) * across).astype(int)
    image = np.ones((up, across, 4))
    image[..., 3] = 0
    for (a, place), y in orbits[variable].groupby(
        [orbits["attractor"], pd.Series(scene.number.place_of(orbits[scene.number.column]), index=orbits.index)]
    ):
        count, _ = np.histogram(y, bins=up, range=ends)
        shade = np.sqrt(count / max(count.max(), 1))
        cells = image[:, columns[place] : max(columns[place + 1], columns[place] + 1)]
        deeper = shade[:, None] > cells[..., 3]
        colour = mixed(colours.get(int(a), INK), INK, 0.0)
        cells[..., :3] = np.where(deeper[..., None], colour, cells[..., :3])
        cells[..., 3] = np.maximum(cells[..., 3], shade[:, None])
    return image


def _exponents(scene: SweepScene) -> pd.DataFrame:
    """One row an attractor and value, of those that attract."""
    stable = scene.attractors[scene.attractors["stable"]]
    return stable.drop_duplicates([scene.number.column, "attractor"])


def _strip(page: Sheet, ax: Axes, scene: SweepScene) -> None:
    """The exponents: filled where chaos is certain, rings elsewhere; bars are three standard errors."""
    rows, colours = _exponents(scene), _colours(scene)
    known = rows[rows["exponent"].notna()]
    finite = known["exponent"].replace(-np.inf, np.nan)
    top = max(float(finite.max()), 0.0)
    low = max(float(finite.min()), -DEEP * max(top, 0.3))
    pad = 0.12 * (max(top, 0.1) - min(low, 0.0))
    ax.axhline(0, color=INK, lw=0.8, zorder=1)
    ends = min(low, 0.0) - pad, max(top, 0.1) + pad
    size = page.points(1.0 if scene.number.dense else 3.2 if len(scene.number.taken) <= 80 else 2.0)
    for i, (a, each) in enumerate(known.groupby("attractor")):
        smaller = size * (1 + 0.5 / (1 + i))  # than those before, where equal ones lie upon each other
        colour = colours.get(int(a), INK)
        chaos = each["exponent"] - CERTAIN * each["exponent_error"] > 0
        y = each["exponent"].clip(lower=ends[0])
        for part, fill in ((chaos, colour), (~chaos, "none")):
            ax.errorbar(each.loc[part, scene.number.column], y[part], yerr=CERTAIN * each.loc[part, "exponent_error"],
                        ls="none", marker="o", ms=smaller, mfc=fill, mec=colour, mew=0.8, ecolor=colour,
                        elinewidth=0.8, zorder=3, rasterized=scene.number.dense)  # fmt: skip
    ax.set(ylim=ends, ylabel="exponent")
    value_ticks(ax.yaxis, 4)


def _legend(scene: SweepScene, strip: bool) -> tuple[list[Artist], list[str]]:
    handles, labels = legend_of(scene, [look for look in classes_of(scene) if look.attractor >= 0])
    kinds = set(scene.attractors["kind"])
    keep = [i for i, label in enumerate(labels) if label not in SAID.values()]
    handles, labels = [handles[i] for i in keep], [labels[i] for i in keep]
    more: list[tuple[Artist, str]] = [(Line2D([], [], color=INK, lw=1.6), "attracts")]
    unstable = scene.attractors if scene.branches is None else scene.branches
    if not unstable["stable"].all() or scene.partners is not None:
        more.append((Line2D([], [], color=INK, lw=1.0, ls=(0, (4, 2))), "is there, does not attract"))
    if "cycle" in kinds:
        more.append((Line2D([], [], color=INK, marker="o", ms=3, ls="none"), "cycle that starts came to"))
    if kinds & {"chaotic", "undecided"}:
        more.append((Patch(facecolor=NAMED[0], alpha=0.4, lw=0), "orbit without a period"))
    if strip and "chaotic" in kinds:
        more.append((Line2D([], [], color=INK, marker="o", ms=5, ls="none"), "exponent: chaos"))
    if strip:
        said = "exponent: other" if "chaotic" in kinds else "exponent"
        more.append((Line2D([], [], color=INK, marker="o", ms=5, mfc="none", ls="none"), said))
    return [*handles, *(h for h, _ in more)], [*labels, *(text for _, text in more)]
