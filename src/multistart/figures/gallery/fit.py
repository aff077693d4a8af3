"""The data of a fit with the curves of the minima; with several predictors what was measured against what fits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from multistart.figures.classes import classes_of
from multistart.figures.fits import data_axes, data_points, quality_text, response_of
from multistart.figures.layout import Sheet, sentence, sheet
from multistart.figures.palette import CURVE_MARKS, INK, NAMED
from multistart.figures.picture import Picture
from multistart.figures.scene import Scene

PICTURE = Picture(
    of_fit=True,
    of_function=True,
    title="The data and the fits",
    place=22,
    alt="The data as dots, with the curve of the model at each minimum that was found, the best fit on top.",
    caption=(
        "The data, and the model's curve at each of the lowest minima, in the colours of their basins; minimum 0, on "
        "top, is the best fit. Where the model depends on several columns, each dot is a row: what was measured "
        "against what the best fit gives, and on the line where both are equal. The axes show the data; a curve may "
        "leave them."
    ),
    reads=("<method>/basins.csv", "<method>/tally.parquet", "fit.csv", "fitted.csv", "curves.csv"),
)

MARKS = 9  # on a curve, for who sees no colours


def draw(scene: Scene) -> Figure:
    """The data with curves, or measured against fitted."""
    fit = scene.objective.fit
    if fit is None or scene.fitted is None or scene.curves is None:
        return sentence(scene, "The data and the fits", "The function is no fit to data.")
    title = f"The fit of {fit.model}" if len(fit.model) <= 60 else "The data and the fits"
    if scene.fitted["fitted"].isna().all():
        return sentence(scene, title, "No start reached a minimum, so there is no fit to draw.")
    page = sheet(scene, title, [quality_text(scene)], done=False)
    ax = page.chart()
    handles = (_curves if len(scene.curves) else _measured)(page, ax, scene)
    page.legend(handles, [str(handle.get_label()) for handle in handles], f"{len(scene.fitted):,} rows", page.beside)
    return page.figure


def _curves(page: Sheet, ax: Axes, scene: Scene) -> list[Artist]:
    assert scene.fitted is not None
    assert scene.curves is not None
    predictor = str(scene.curves["predictor"].iloc[0])
    x, y = scene.fitted[predictor], response_of(scene)
    rows = data_points(page, ax, x, y)
    handles: list[Artist] = []
    entries = {entry.code: entry for entry in classes_of(scene)}
    for basin, curve in sorted(scene.curves.groupby("basin"), key=lambda each: -int(each[0])):
        label = page.label(entries[int(basin)]) if int(basin) in entries else f"minimum {basin}"
        handles.append(_curve(page, ax, int(basin), curve, label))
    best = scene.curves.loc[scene.curves["basin"] == 0, "value"]
    data_axes(ax, predictor, x, _response(scene), pd.concat([y, best]), predictor=True)
    return [rows, *reversed(handles)]


def _curve(page: Sheet, ax: Axes, basin: int, curve: pd.DataFrame, label: str) -> Line2D:
    """Broad for the best fit; the others with the marks of their basins, for who sees no colours."""
    every = max(len(curve) // MARKS, 1)
    style: dict[str, Any] = {"color": NAMED[basin], "lw": 2.6 if basin == 0 else 1.8, "zorder": 4 - 0.1 * basin}
    mark: dict[str, Any] = {"marker": CURVE_MARKS[basin] if basin else "", "ms": page.points(5), "mec": INK, "mew": 0.6}
    (line,) = ax.plot(
        curve["at"], curve["value"], label=label, markevery=(basin * every // 8, every), **style, **mark
    )  # fmt: skip
    return line


def _measured(page: Sheet, ax: Axes, scene: Scene) -> list[Artist]:
    """Measured against fitted, with the line on which both are the same."""
    assert scene.fitted is not None
    fitted, measured = scene.fitted["fitted"], response_of(scene)
    rows = data_points(page, ax, fitted, measured)
    ends = np.array([min(fitted.min(), measured.min()), max(fitted.max(), measured.max())])
    (line,) = ax.plot(ends, ends, color=NAMED[0], lw=2, label="both the same", zorder=2)
    data_axes(ax, "fitted by minimum 0", fitted, f"{_response(scene)}, measured", measured, predictor=False)
    return [rows, line]


def _response(scene: Scene) -> str:
    assert scene.objective.fit is not None
    return scene.objective.fit.response
