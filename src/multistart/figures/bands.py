"""One dimension: the curve of f over intervals coloured by where the starts in them end."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from multistart.figures.layout import Sheet
from multistart.figures.marks import critical_marks, minima_shown, number_minima
from multistart.figures.names import function_text
from multistart.figures.palette import INK, PAPER
from multistart.figures.raster import raster, shade_of, unit
from multistart.figures.scene import Scene
from multistart.figures.surface import Surface, surface_of


def shaded_intervals(ax: Axes, scene: Scene) -> None:
    """Bands whose shade is the number of steps."""
    image = raster(scene, shade_of(scene)[0])
    low, high = scene.map.box.low[0], scene.map.box.high[0]
    ax.imshow(unit(image), extent=(low, high, 0, 1), transform=ax.get_xaxis_transform(), aspect="auto", origin="lower")
    ax.set_xlim(low, high)


def curve(page: Sheet, ax: Axes, scene: Scene, critical: dict[str, NDArray[np.float64]]) -> list[Line2D]:
    """Draw f with its numbered minima and critical points; returns the legend's handles."""
    surface = surface_of(scene)
    low, top = float(surface.levels[0]), _top(surface)
    floor = low - 0.12 * (top - low)
    value = np.where((surface.value > top) | (surface.value < floor), np.nan, surface.value)
    ax.plot(surface.x, value, color=PAPER, lw=4)
    ax.plot(surface.x, value, color=INK, lw=1.8)
    ax.set_ylim(floor, top)
    ax.set_ylabel(function_text(scene))
    shown = minima_shown(scene)
    on_curve = {kind: _with_values(scene, points) for kind, points in critical.items()}
    handles = critical_marks(page, ax, on_curve)
    places = shown[[scene.map.axes[0], "value"]].to_numpy(dtype=float)
    return [*number_minima(page, ax, shown["basin"].to_numpy(), places), *handles]


def _top(surface: Surface) -> float:
    return float(surface.levels[-1] + 0.03 * (surface.levels[-1] - surface.levels[0]))


def _with_values(scene: Scene, points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([points[:, 0], scene.objective.value(points[:, :1])]) if len(points) else np.empty((0, 2))
