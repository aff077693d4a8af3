"""The landscape: filled contours of the objective with its critical points; a curve in one dimension."""

from __future__ import annotations

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from multistart.figures.bands import curve, tinted_intervals
from multistart.figures.classes import classes_of
from multistart.figures.layout import canvas, legend, slice_text, swatch
from multistart.figures.marks import (
    attraction_balls,
    colourbar,
    contours,
    critical_marks,
    critical_places,
    heat,
    map_axes,
    minima_shown,
    number_minima,
    right_of,
)
from multistart.figures.palette import INK, PAPER
from multistart.figures.picture import Picture
from multistart.figures.scene import Scene
from multistart.figures.surface import surface_of

PICTURE = Picture(
    kind="map",
    title="The function",
    place=20,
    alt="The function over the domain, dark where it is low, with its minima, saddles and maxima.",
    caption=(
        "The objective over the domain, dark where it is low; numbered discs are the minima by value, crosses are "
        "saddles and triangles maxima. Contour levels are closer where most of the domain's values lie, so read "
        "heights from the colour bar, not from the number of lines."
    ),
    reads=("<method>/basins.csv", "<method>/tally.parquet", "critical_points.csv", "<method>/slice.parquet"),
)


def draw(scene: Scene) -> Figure:
    """Filled contours of f with numbered minima, and saddles and maxima where known."""
    cut = slice_text(scene)
    figure = canvas(
        scene,
        f"Landscape of {scene.study}".replace("_", " ") + f"{f', {cut}' if len(cut) < 45 and cut else ''}",
        _notes(cut),
    )
    ax = map_axes(figure, scene.map.box)
    draw = _draw_curve if scene.map.box.dimensions == 1 else _draw_plane
    draw(figure, ax, scene)
    return figure


def _notes(cut: str) -> list[str]:
    return [f"{cut}; only critical points on the slice are marked"] if cut else []


def _draw_plane(figure: Figure, ax: Axes, scene: Scene) -> None:
    cmap = sns.color_palette("mako", as_cmap=True)
    surface = surface_of(scene)
    heat(ax, surface, cmap)
    contours(ax, surface, PAPER, 0.35)
    colourbar(figure, ax, scene, surface, cmap)
    shown = minima_shown(scene)
    handles = [*critical_marks(ax, scene, critical_places(scene)), *attraction_balls(ax, scene)]
    number_minima(ax, shown["basin"].to_numpy(), shown[list(scene.map.axes)].to_numpy(dtype=float))
    disc = Line2D([], [], marker="o", ms=9, mfc=PAPER, mec=INK, ls="none")
    handles, labels = [disc, *handles], [f"minimum ({len(shown)})", *(str(h.get_label()) for h in handles)]
    legend(figure, handles, labels, "critical points", right_of(ax) + 1.05)


def _draw_curve(figure: Figure, ax: Axes, scene: Scene) -> None:
    tinted_intervals(ax, scene)
    handles = curve(ax, scene, critical_places(scene))
    entries = classes_of(scene)
    legend(
        figure,
        [*(swatch(e) for e in entries), *handles],
        [*(e.label for e in entries), *(str(h.get_label()) for h in handles)],
        "where starts end: share",
        right_of(ax),
    )
