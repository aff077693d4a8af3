"""From counts in bins of any width to the bins of a picture, and the range that shows them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from multistart.figures.scene import Scene

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Extent:
    """The range of final values that a picture shows, and the starts beyond it."""

    low: float
    high: float
    beyond: int
    nonfinite: int

    @property
    def notes(self) -> list[str]:
        """A line for each kind of start that the axis cannot show."""
        lines = [(self.beyond, "beyond the axis"), (self.nonfinite, "with a value that is not finite")]
        return [f"not drawn: {n:,} start{'s' * (n != 1)} {text}" for n, text in lines if n]


def finite_rows(values: pd.DataFrame) -> pd.DataFrame:
    """The rows with starts and finite bounds."""
    return values[np.isfinite(values["low"]) & np.isfinite(values["high"]) & (values["count"] > 0)]


def extent_of(scene: Scene) -> Extent:
    """The range holding the central 99 % of final values and every minimum reached, stretched to all values if near.

    Values farther out than three times that range (a descent that flew off on a steep wall) are counted as beyond.
    """
    rows = finite_rows(scene.values)
    nonfinite = int(scene.values["count"].sum() - rows["count"].sum())
    if rows.empty:
        return Extent(0.0, 1.0, 0, nonfinite)
    reached = scene.basins.loc[scene.basins["count"] > 0, "value"].to_numpy(dtype=float)
    low = min([_quantile(rows, "low", 0.005), *reached])
    high = max([_quantile(rows, "high", 0.995), *reached])
    reach = 3 * max(high - low, 1e-9 * max(abs(low), abs(high), 1e-9))
    low, high = (_stretched(edge, float(far), reach) for edge, far in ((low, rows["low"].min()), (high, rows["high"].max())))
    pad = 0.02 * (high - low) or max(0.5, 1e-3 * abs(low))
    beyond = rows.loc[(rows["high"] < low) | (rows["low"] > high), "count"].sum()
    return Extent(low - pad, high + pad, int(beyond), nonfinite)


def rebinned(rows: pd.DataFrame, edges: Floats) -> Floats:
    """Counts in the bins between increasing ``edges``; a source bin across an edge is divided by length.

    >>> rebinned(pd.DataFrame({"low": [0.0, 1.0], "high": [2.0, 1.0], "count": [10, 3]}), np.array([0.0, 1.5, 3.0]))
    array([10.5,  2.5])
    """
    low, high = rows["low"].to_numpy(dtype=float)[:, None], rows["high"].to_numpy(dtype=float)[:, None]
    width = np.where(high > low, high - low, 1.0)
    inside = np.clip(np.minimum(high, edges[1:]) - np.maximum(low, edges[:-1]), 0, None) / width
    point = (high <= low) & (low >= edges[:-1]) & (low < edges[1:])
    return (rows["count"].to_numpy(dtype=float)[:, None] * (inside + point)).sum(axis=0)


def _quantile(rows: pd.DataFrame, column: str, q: float) -> float:
    rows = rows.sort_values(column, kind="stable")
    below = rows["count"].cumsum().to_numpy() / rows["count"].sum()
    return float(rows[column].iloc[min(int(np.searchsorted(below, q)), len(rows) - 1)])


def _stretched(edge: float, far: float, reach: float) -> float:
    return far if abs(far - edge) <= reach else edge
