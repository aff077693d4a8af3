"""What the pictures of a fit share: its rows as dots, axes around them, and how good it is in a line."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from multistart.figures.layout import Sheet
from multistart.figures.names import number
from multistart.figures.palette import INK, PAPER
from multistart.figures.scene import Scene
from multistart.figures.ticks import power_in_name, value_ticks
from multistart.fits.curves import by_logarithm

MANY, MOST = 200, 5000  # rows from which on dots are small; and tiny, and drawn as an image in vector files
ROOM = 0.06  # of the data's range, that an axis is longer at each end


def quality_text(scene: Scene) -> str:
    """How good the best fit is: residual sum of squares, or the loss, and what else there is."""
    assert scene.quality is not None
    found = dict(zip(scene.quality["quantity"], scene.quality["value"], strict=True))
    said = []
    if math.isfinite(found["rss"]):
        said = [f"RSS {number(found['rss'], 6)}"]
        if math.isfinite(found["residual_deviation"]):
            said.append(f"residual standard deviation {number(found['residual_deviation'])}")
        if math.isfinite(found["r_squared"]):
            said.append(f"R² {number(found['r_squared'], _digits(found['r_squared']))}")
    else:
        said = [f"loss {number(found['loss'], 6)}"]
    return f"best fit, minimum 0: {', '.join(said)}"


def _digits(r_squared: float) -> int:
    """So many that what is less than 1 is not shown as 1.

    >>> _digits(0.8), _digits(0.99998158)
    (4, 6)
    """
    return 4 if r_squared < 0.999 or r_squared >= 1 else math.ceil(-math.log10(1 - r_squared)) + 1


def response_of(scene: Scene) -> pd.Series:
    """What was measured, of each row."""
    assert scene.fitted is not None
    return scene.fitted["fitted"] + scene.fitted["residual"]


def data_style(page: Sheet, rows: int) -> dict[str, Any]:
    """How the rows of the data look: rings while they are few, above all lines; dots where they are many, below."""
    few = rows <= MANY
    size = 6.0 if rows <= 40 else 4.5 if few else 2.4 if rows <= MOST else 1.2
    edge = {"mfc": PAPER, "mec": INK, "mew": 1.1} if few else {"mfc": INK, "mec": "none", "alpha": 0.6}
    return {"ls": "none", "marker": "o", "ms": page.points(size), "zorder": 5 if few else 1.5, **edge}


def data_points(page: Sheet, ax: Axes, x: pd.Series, y: pd.Series) -> Line2D:
    """The rows of the data; returns the legend's handle."""
    (dots,) = ax.plot(x, y, label="data, a dot a row", rasterized=len(x) > MOST, **data_style(page, len(x)))
    return dots


def data_axes(ax: Axes, x_name: str, x: pd.Series, y_name: str, y: pd.Series, *, predictor: bool) -> None:
    """Axes around the data; that of a predictor is logarithmic where the data are spread so."""
    ax.set(xlabel=x_name, ylabel=y_name, ylim=around(y))
    if predictor and by_logarithm(x.to_numpy(dtype=float)):
        ax.set(xscale="log", xlim=(float(x.min()) / 1.3, 1.3 * float(x.max())))
    else:
        ax.set_xlim(*around(x))
        value_ticks(ax.xaxis, most=8)
        power_in_name(ax.xaxis)
    value_ticks(ax.yaxis, most=8)
    power_in_name(ax.yaxis)


def around(values: pd.Series) -> tuple[float, float]:
    """A range with some room at both ends; around a single value some of its size."""
    finite = values[values.abs() < math.inf]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    pad = ROOM * (high - low) or 0.5 * abs(low) or 0.5
    return low - pad, high + pad
