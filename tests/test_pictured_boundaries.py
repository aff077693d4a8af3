"""Edges and boxes on maps: drawn where they are, and called what they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from multistart.box import Box
from multistart.figures.drawing import figure_of
from multistart.figures.scene import ENDINGS, Comparison, Scene, Zoom
from tests import figure_scenes

BOX = Box({"x": (-1.0, 0.5), "y": (0.0, 1.0)})
SPECK = Box({"x": (2.0, 2.001), "y": (2.0, 2.001)})


def edges_of(ending: str) -> pd.DataFrame:
    """A curve of ten points between basin 1 and what ends so, or basin 2 where that is empty."""
    y = np.linspace(-1, 1, 10)
    second = -1 if ending else 2
    return pd.DataFrame({"curve": 0, "x": 0.1 * y, "y": y, "first": 1, "second": second, "first_ending": "",
                         "second_ending": ending, "width": 1e-10})  # fmt: skip


def bounded(ending: str = "", **changes: object) -> Scene:
    return replace(figure_scenes.peaks(), edges=edges_of(ending), **changes)


def legend(figure: Figure) -> list[str]:
    return [" ".join(text.get_text().split()) for text in figure.legends[0].get_texts()]


def frames(ax: Axes) -> set[tuple[float, ...]]:
    return {(*p.get_xy(), p.get_width(), p.get_height()) for p in ax.patches if type(p) is Rectangle}


def test_what_a_map_shows_is_in_its_legend_though_no_start_ends_so() -> None:
    """Descents at edges, in boxes and on a slice are none of the starts, and may end as none of these does."""
    plain = figure_scenes.peaks()
    cells = pd.DataFrame({"level": [0], "cells": [13], "i": [5], "j": [9], "code": [-1 - ENDINGS.index("nonfinite")]})
    along = replace(plain, mosaic=cells)
    code = plain.map.code.copy()
    code[:9, :9] = -1 - ENDINGS.index("bounded")
    image = replace(plain.map, code=code)
    boxed = replace(plain, zooms=(Zoom(image, None),))
    for name, scene, said in (
        ("basin_map", along, "not finite: 0 %"),
        ("basin_map", replace(plain, map=image), "moving about, no cycle: 0 %"),
        ("zoom", boxed, "moving about, no cycle: 0 %"),
    ):
        assert said in legend(figure_of(name, scene))
        assert said not in legend(figure_of("basin_map", plain))
    said = legend(figure_of("basin_maps", Comparison((plain, along, replace(plain, map=image)), pd.DataFrame())))
    assert {"not finite", "moving about, no cycle"} <= set(said)


def test_boxes_that_are_drawn_large_have_frames_and_letters() -> None:
    """Each has its letter on the basin map; one that would be a speck has a mark that can be seen."""
    figure = figure_of("basin_map", bounded(boxes=(BOX, SPECK)))
    ax = figure.axes[0]
    assert frames(ax) == {(-1.0, 0.0, 1.5, 1.0)}
    assert {"A", "B"} <= {text.get_text() for text in ax.texts}
    marks = [line for line in ax.lines if line.get_marker() == "s" and np.allclose(line.get_xydata(), SPECK.center)]
    assert marks
    assert legend(figure).count("drawn large") == 1
    assert "drawn large" not in legend(figure_of("basin_map", bounded()))


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        ("", "basin boundary"),
        ("left_arena", "basin boundary"),
        ("step_limit", "how far the steps reach"),
        ("converged", "a limit or tolerance ends descents"),
    ],
)
def test_an_edge_is_called_what_it_is(ending: str, said: str) -> None:
    """What a limit or a tolerance has made is no boundary of a basin; what leaves the arena is beyond one."""
    named = {"basin boundary", "how far the steps reach", "a limit or tolerance ends descents"}
    assert named & set(legend(figure_of("basin_map", bounded(ending)))) == {said}


def test_edges_of_the_flow_run_into_saddles() -> None:
    """They are the stable manifolds of saddles, and said to be; a curve that ends near one is drawn into it."""
    saddle = pd.DataFrame({"kind": ["saddle"], "x": [0.105], "y": [1.05]})
    for of_flow, last in ((True, [0.105, 1.05]), (False, [0.1, 1.0])):
        figure = figure_of("basin_map", bounded(of_flow=of_flow, critical_points=saddle))
        (curve,) = [c for c in figure.axes[0].collections if type(c) is LineCollection]
        assert curve.get_segments()[0][-1].tolist() == last
        assert ("basin boundary: the stable manifolds of saddles" in legend(figure)) is of_flow


def test_maps_side_by_side_have_the_edges_too() -> None:
    """Each map has its own, and the legend what any of them has."""
    methods = bounded(method="one"), bounded("step_limit", method="two"), figure_scenes.peaks()
    figure = figure_of("basin_maps", Comparison(methods, pd.DataFrame()))
    drawn = [sum(type(c) is LineCollection for c in ax.collections) for ax in figure.axes[:3]]
    assert drawn == [1, 1, 0]
    assert {"basin boundary", "how far the steps reach"} <= set(legend(figure))
