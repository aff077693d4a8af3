"""The residuals of the best fit, row by row: what the model does not explain."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from multistart.figures.fits import data_axes, data_points, quality_text
from multistart.figures.layout import sentence, sheet
from multistart.figures.names import TOGETHER, number
from multistart.figures.palette import INK, NAMED
from multistart.figures.picture import Picture
from multistart.figures.scene import Scene

PICTURE = Picture(
    of_fit=True,
    of_function=True,
    title="The residuals of the best fit",
    place=24,
    alt="The residual of each row, response less fitted, along the predictor, about the line of no residual.",
    caption=(
        "What the best fit leaves of each row: the response less the model's value, along the predictor, or along the "
        "model's values where there are several. The band is one residual standard deviation to each side. Rows that "
        "scatter about the line without a pattern are what a good model leaves. With weights, residuals are in "
        "standard deviations of their rows."
    ),
    reads=("<method>/basins.csv", "<method>/tally.parquet", "fit.csv", "fitted.csv", "curves.csv"),
)

ALIKE = 1e-9  # standardized residuals that are all the same part of the residuals: rows have the same weight


def draw(scene: Scene) -> Figure:
    """Residuals with the line of none, and the band of their standard deviation."""
    title = "Residuals of the best fit"
    if scene.objective.fit is None or scene.fitted is None or scene.curves is None:
        return sentence(scene, title, "The function is no fit to data.")
    if scene.fitted["fitted"].isna().all():
        return sentence(scene, title, "No start reached a minimum, so there is no fit with residuals.")
    page = sheet(scene, title, [quality_text(scene)], done=False)
    ax = page.chart()
    name, x = "fitted by minimum 0", scene.fitted["fitted"]
    if len(scene.curves):
        name = str(scene.curves["predictor"].iloc[0])
        x = scene.fitted[name]
    y_name, y, deviation = _residuals(scene)
    dots = data_points(page, ax, x, y)
    ax.axhline(0, color=INK, lw=1.2, zorder=1)
    labels = [str(dots.get_label())]
    handles: list[Artist] = [dots]
    if math.isfinite(deviation):
        handles.append(_band(ax, deviation))
        unit = "" if deviation == 1 else f" {number(deviation)}"
        labels.append(f"one residual standard deviation{unit.replace(' ', TOGETHER)} to each side")
    reach = max(float(y.abs().max()), deviation if math.isfinite(deviation) else 0.0)
    data_axes(ax, name, x, y_name, pd.Series([-reach, reach]), predictor=len(scene.curves) > 0)
    page.legend(handles, labels, f"{len(y):,} rows", page.beside)
    return page.figure


def _residuals(scene: Scene) -> tuple[str, pd.Series, float]:
    """Their name, themselves, and their standard deviation; in standard deviations where weights differ."""
    assert scene.fitted is not None
    assert scene.quality is not None
    assert scene.objective.fit is not None
    found = dict(zip(scene.quality["quantity"], scene.quality["value"], strict=True))
    raw, standard, deviation = scene.fitted["residual"], scene.fitted["standardized"], found["residual_deviation"]
    if not standard.isna().any() and (standard * deviation - raw).abs().max() > ALIKE * raw.abs().max():
        return "residual, in standard deviations of its row", standard, 1.0
    return f"{scene.objective.fit.response} less fitted", raw, deviation


def _band(ax: Axes, deviation: float) -> Patch:
    ax.axhspan(-deviation, deviation, facecolor=NAMED[0], alpha=0.16, lw=0, zorder=0)
    for side in (-deviation, deviation):
        ax.axhline(side, color=NAMED[0], lw=1.0, ls=(0, (5, 3)), zorder=1)
    return Patch(facecolor=NAMED[0], alpha=0.16)
