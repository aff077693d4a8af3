"""The landscape: filled contours of the objective with its critical points; a curve in one dimension."""

from __future__ import annotations

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from multistart.figures.bands import curve
from multistart.figures.layout import Sheet, sheet
from multistart.figures.marks import (
    beside_bar,
    colourbar,
    contours,
    critical_marks,
    critical_places,
    heat,
    map_axes,
    minima_shown,
    no_minimum,
    number_minima,
    right_of,
)
from multistart.figures.names import function_name, slice_text
from multistart.figures.palette import PAPER
from multistart.figures.picture import Picture
from multistart.figures.scene import Scene
from multistart.figures.surface import surface_of, surface_text

PICTURE = Picture(
    title="The function",
    place=20,
    alt="The function over the domain, dark where it is low, with its minima, saddles and maxima.",
    caption=(
        "The objective over the domain, dark where it is low; numbered discs are the minima by value, crosses are "
        "saddles and triangles maxima. Contour levels are closer where most of the domain's values lie, so read "
        "heights from the colour bar, not from the number of lines. Near a pole the colours end where most values do."
    ),
    reads=("<method>/basins.csv", "<method>/tally.parquet", "critical_points.csv", "<method>/slice.parquet"),
    of_function=True,
)


def draw(scene: Scene) -> Figure:
    """Filled contours of f with numbered minima, and saddles and maxima where known."""
    cut = slice_text(scene)
    page = sheet(
        scene, f"The landscape of {function_name(scene)}", filter(None, (cut, surface_text(scene))), done=False
    )
    ax = map_axes(page, scene, scene.map.box)
    (_draw_curve if scene.map.box.dimensions == 1 else _draw_plane)(page, ax, scene)
    return page.figure


def _draw_plane(page: Sheet, ax: Axes, scene: Scene) -> None:
    cmap = sns.color_palette("mako", as_cmap=True)
    surface = surface_of(scene)
    heat(ax, surface, cmap)
    contours(ax, surface, PAPER, 0.35)
    colourbar(page, ax, scene, surface, cmap)
    shown = minima_shown(scene)
    handles = critical_marks(page, ax, critical_places(scene))
    places = shown[list(scene.map.axes)].to_numpy(dtype=float)
    minima = number_minima(page, ax, shown["basin"].to_numpy(), places) or no_minimum(scene)
    handles = [*minima, *handles]
    title = "on the slice" if scene.map.fixed else f"points of {surface.name}"
    page.legend(handles, [str(h.get_label()) for h in handles], title, beside_bar(page, ax))


def _draw_curve(page: Sheet, ax: Axes, scene: Scene) -> None:
    handles = curve(page, ax, scene, critical_places(scene)) or no_minimum(scene)
    labels = [str(h.get_label()) for h in handles]
    page.legend(handles, labels, f"points of {scene.objective.value_name}", right_of(page, ax))
