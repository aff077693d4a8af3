"""From counts in bins of any width to the bins of a picture, and the range that shows them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from multistart.figures.names import value_text
from multistart.figures.scene import Scene
from multistart.plurals import counted

Floats = NDArray[np.float64]


MIDDLE = (0.02, 0.98)  # the bulk of the values, which an axis shows
NEAR = 0.3  # of the bulk's range: values no farther off are on the axis too
COMMON = 0.01  # the share from which on a minimum is on the axis
SAME = 1e-6  # of the spread of f over the domain: values nearer than that are one


@dataclass(frozen=True)
class Extent:
    """The range of final values that a picture shows, and the starts beyond it.

    ``single`` says that there is one value and no range: a picture of it would be one line.
    """

    low: float
    high: float
    below: int
    above: int
    nonfinite: int
    single: bool

    @property
    def beyond(self) -> int:
        """The starts that ended at values on neither side of the axis."""
        return self.below + self.above

    @property
    def notes(self) -> list[str]:
        """A line for each kind of start that the axis cannot show."""
        kinds = [(self.above, "higher values"), (self.below, "lower values"), (self.nonfinite, "values not finite")]
        return [f"not drawn: {counted(n, 'start')} at {text}" for n, text in kinds if n]


def finite_rows(values: pd.DataFrame) -> pd.DataFrame:
    """The rows with starts and finite bounds."""
    return values[np.isfinite(values["low"]) & np.isfinite(values["high"]) & (values["count"] > 0)]


def extent_of(scene: Scene) -> Extent:
    """The range of the bulk of the values and of the minima that many starts reached, stretched to all if near.

    The bulk is the central 96 % of values inside the arena. Where it is one value, minima that few starts reached
    give the range, or else all values inside. Values farther out (a descent that flew off on a steep wall) are counted
    as beyond.
    """
    rows = finite_rows(scene.values)
    nonfinite = int(scene.values["count"].sum() - rows["count"].sum())  # noqa: PD011 - a frame named values
    if rows.empty:
        return Extent(0.0, 1.0, 0, 0, nonfinite, False)
    low, high = _bulk(scene, rows)
    lowest, highest = float(rows["low"].min()), float(rows["high"].max())
    reach = NEAR * (high - low)
    low = lowest if low - lowest <= reach else low
    high = highest if highest - high <= reach else high
    single = not high - low > SAME * scene.spread or _in_one_bin(rows, low, high)
    pad = SAME * scene.spread if single else 0.04 * (high - low)
    middle = rows["low"] + (rows["high"] - rows["low"]) / 2
    below, above = (int(rows.loc[out, "count"].sum()) for out in (middle < low - pad, middle > high + pad))
    return Extent(low - pad, high + pad, below, above, nonfinite, single)


def no_range(scene: Scene, extent: Extent) -> str:
    """What a sentence says where final values have no range to be drawn over; empty where they have one."""
    rows = finite_rows(scene.values)
    if rows.empty:
        return "No start ended at a finite value."
    if not extent.single:
        return ""
    n = int(rows["count"].sum()) - extent.beyond
    who = f"All {counted(n, 'start')}" if n == scene.starts else f"{n:,} of {counted(scene.starts, 'start')}"
    value = value_text(scene, float(rows["low"].iloc[rows["count"].argmax()]))
    reached = int((scene.basins["count"] > 0).sum())
    where = f", at {counted(reached, 'minimum')}" if reached else ""
    sentences = [f"{who} ended at one value, {value}{where}: there is no range of values to draw", *extent.notes]
    return " ".join(f"{text[0].upper()}{text[1:]}." for text in sentences)


def _in_one_bin(rows: pd.DataFrame, low: float, high: float) -> bool:
    """Whether nothing is known of the values on an axis but the one bin of the tally that they are counted in."""
    shown = rows[rows["low"].between(low, high) & rows["high"].between(low, high)]
    return len(shown[["low", "high"]].drop_duplicates()) < 2


def _bulk(scene: Scene, rows: pd.DataFrame) -> tuple[float, float]:
    inside = rows[(rows["ending"] != "left_arena") | (rows["basin"] >= 0)]
    core = rows if inside.empty else inside
    reached, same = scene.basins[scene.basins["count"] > 0], SAME * scene.spread
    common = reached.loc[(reached["share"] >= COMMON) | (reached["basin"] == 0), "value"]
    low, high = (_quantile(core, column, q) for column, q in zip(("low", "high"), MIDDLE, strict=True))
    low, high = min([low, *common]), max([high, *common])
    for values in (reached["value"], core["low"]):
        if high - low <= same:
            low, high = min([low, *values]), max([high, *values])
    return low, high


def rebinned(rows: pd.DataFrame, edges: Floats) -> Floats:
    """Counts in the bins between increasing, even ``edges``.

    A source bin no wider than a bin of the picture counts whole where its middle lies, so counts stay exact; a wider
    one is spread by length over the bins it covers. Source bins whose middle lies outside the edges are left out.

    >>> rebinned(pd.DataFrame({"low": [0.0, 1.4], "high": [3.0, 1.4], "count": [10, 3]}), np.array([0.0, 1.5, 3.0]))
    array([8., 5.])
    """
    low, high = (rows[c].to_numpy(dtype=float)[:, None] for c in ("low", "high"))
    middle = low + (high - low) / 2
    inside = (middle >= edges[0]) & (middle <= edges[-1])
    narrow = high - low <= edges[1] - edges[0]
    whole = narrow & (middle >= edges[:-1]) & (middle < edges[1:])
    low, high = np.maximum(low, edges[0]), np.minimum(high, edges[-1])
    covered = np.clip(np.minimum(high, edges[1:]) - np.maximum(low, edges[:-1]), 0, None)
    part = np.where(narrow, whole, covered / np.where(narrow | ~inside, 1.0, high - low))
    return (rows["count"].to_numpy(dtype=float)[:, None] * part * inside).sum(axis=0)


def _quantile(rows: pd.DataFrame, column: str, q: float) -> float:
    rows = rows.sort_values(column, kind="stable")
    below = rows["count"].cumsum().to_numpy() / rows["count"].sum()
    return float(rows[column].iloc[min(int(np.searchsorted(below, q)), len(rows) - 1)])
