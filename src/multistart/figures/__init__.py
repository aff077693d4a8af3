"""Tables to pictures: one function a picture, each from a :class:`Scene` to a Matplotlib figure; no file is written."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from multistart.figures.layout import render
from multistart.figures.scene import MapImage, Scene

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: In which module of this folder each picture is drawn, by a function of its name.
_HOMES = {
    "landscape": "landscape",
    "basin_map": "basin_map",
    "trajectories": "trajectories",
    "final_values": "histograms",
    "steps": "histograms",
    "shares": "shares",
    "waterfall": "waterfall",
    "steps_ecdf": "arrivals",
    "success": "success",
    "convergence": "convergence",
}


def _drawing(name: str) -> Callable[[Scene], Figure]:
    """The function that draws a picture, whose module is loaded when it does: seaborn takes a second."""

    def draw(scene: Scene) -> Figure:
        return getattr(importlib.import_module(f"multistart.figures.{_HOMES[name]}"), name)(scene)

    return draw


FIGURES: dict[str, Callable[[Scene], Figure]] = {name: _drawing(name) for name in _HOMES}

CAPTIONS: dict[str, str] = {
    "landscape": "The objective over the domain, dark where it is low; numbered discs are the minima by value, "
    "crosses are saddles and triangles maxima. Contour levels are closer where most of the domain's values lie, so "
    "read heights from the colour bar, not from the number of lines.",
    "basin_map": "Each point is a start, its colour says at which minimum the descent ended, its shade how many steps "
    "that took (dark: many). Grey and patterned areas end at no minimum; the legend gives every share of all starts.",
    "trajectories": "A few dozen descents from their starts (dots) to their ends (marks), coloured by where they end. "
    "An arrowhead at the edge means that the descent left the picture there and did not come back.",
    "final_values": "How many starts ended at which value of the objective; the numbered lines are the minima. Where "
    "several classes share a bin, their bars stand side by side; look at the vertical scale, it may be logarithmic.",
    "steps": "How many steps the starts of each minimum took, and of those that reached none; the dashed line is the "
    "median. Each row has its own height, so compare positions and widths between rows, not areas.",
    "shares": "The share of all starts that ended at each minimum, lowest first, and at none. Hatched bars are global "
    "minima; all bars together make 100 %. The lines across are intervals; minima that share a bar have none.",
    "waterfall": "All starts in the order of their final value: a flat stretch is a minimum that many starts reached, "
    "as wide as its share; slopes are descents that were still under way or left the arena.",
    "steps_ecdf": "Above: of the starts that reach a minimum, how many are there after so many steps; the mark is "
    "where half are. Below: of all starts, how many are at a global minimum, and at the right how many restarts that "
    "makes for a success of 99 %, were each stopped after so many steps.",
    "success": "The chance that restarts from uniform random starts reach a global minimum: by their number, with the "
    "band of the share's interval, and by gradient evaluations, failed descents included. Dotted: 90, 95, 99 %.",
    "convergence": "How far off each share may be (filled), and how far with as many independent starts (open); the "
    "lines say how that goes on with more starts. A factor of 3 between them is worth 9 times the starts.",
}

__all__ = ["CAPTIONS", "FIGURES", "MapImage", "Scene", "render"]
