"""From counts in bins of any width to the bins of a picture, and the range that shows them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from multistart.figures.scene import Scene
from multistart.figures.surface import surface_of

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
    """The range of the minima reached and of the central 99 % of values inside the arena, stretched to all if near.

    It is at least a fifth of the range of f over the map, since all starts may reach one value. Values farther out
    than three times the range (a descent that flew off on a steep wall) are counted as beyond.
    """
    rows = finite_rows(scene.values)
    nonfinite = int(scene.values["count"].sum() - rows["count"].sum())  # noqa: PD011 - a frame named values
    if rows.empty:
        return Extent(0.0, 1.0, 0, nonfinite)
    inside = rows[(rows["ending"] != "left_arena") | (rows["basin"] >= 0)]
    core = rows if inside.empty else inside
    reached = scene.basins.loc[scene.basins["count"] > 0, "value"].to_numpy(dtype=float)
    low = min([_quantile(core, "low", 0.005), *reached])
    high = max([_quantile(core, "high", 0.995), *reached, low + 0.2 * float(np.ptp(surface_of(scene).levels))])
    reach = 3 * (high - low)
    lowest, highest = float(rows["low"].min()), float(rows["high"].max())
    low = lowest if low - lowest <= reach else low
    high = highest if 0 <= highest - high <= reach else high
    pad = 0.02 * (high - low)
    beyond = rows.loc[(rows["high"] < low - pad) | (rows["low"] > high + pad), "count"].sum()
    return Extent(low - pad, high + pad, int(beyond), nonfinite)


def rebinned(rows: pd.DataFrame, edges: Floats) -> Floats:
    """Counts in the bins between increasing, even ``edges``.

    A source bin no wider than a bin of the picture counts whole where its middle lies, so counts stay exact; a wider
    one is spread over the bins it covers, by length.

    >>> rebinned(pd.DataFrame({"low": [0.0, 1.4], "high": [3.0, 1.4], "count": [10, 3]}), np.array([0.0, 1.5, 3.0]))
    array([8., 5.])
    """
    low, high = (rows[c].to_numpy(dtype=float)[:, None] for c in ("low", "high"))
    narrow = high - low <= edges[1] - edges[0]
    middle = low + (high - low) / 2
    whole = narrow & (middle >= edges[:-1]) & (middle < edges[1:])
    covered = np.clip(np.minimum(high, edges[1:]) - np.maximum(low, edges[:-1]), 0, None)
    part = np.where(narrow, whole, covered / np.where(narrow, 1.0, high - low))
    return (rows["count"].to_numpy(dtype=float)[:, None] * part).sum(axis=0)


def _quantile(rows: pd.DataFrame, column: str, q: float) -> float:
    rows = rows.sort_values(column, kind="stable")
    below = rows["count"].cumsum().to_numpy() / rows["count"].sum()
    return float(rows[column].iloc[min(int(np.searchsorted(below, q)), len(rows) - 1)])
