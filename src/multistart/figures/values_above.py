"""Final values by how far they are above the lowest minimum, where they span orders of magnitude."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from multistart.figures.binning import Extent, finite_rows
from multistart.figures.scene import Scene
from multistart.plurals import counted

MIDDLE = (0.1, 0.98)  # the values, of starts that are not at the lowest minimum, whose ratio decides
ORDERS = 100.0  # that ratio, from which on an even axis would show most of them as one
LOW = 0.005  # of those starts: what is nearer to the lowest minimum is shown at the foot


@dataclass(frozen=True)
class Heights:
    """The bins of final values above the lowest minimum, for an axis of their logarithm.

    Attributes
    ----------
    values
        As in a scene; what is at the lowest minimum, or nearer to it than the axis shows, has the height ``foot``.
    low, foot, high
        The ends of the axis, and its foot, above the lower end.
    notes
        What is not drawn.
    """

    values: pd.DataFrame
    low: float
    foot: float
    high: float
    notes: list[str]


def heights_above(scene: Scene, extent: Extent) -> Heights | None:
    """How far final values are above that of minimum 0; none where an even axis shows them as well."""
    rows = finite_rows(scene.values)
    if scene.basins.empty or rows.empty:
        return None
    lowest, best = float(scene.basins["value"].iloc[0]), scene.basins.loc[scene.basins["kind"] == "global", "basin"]
    above = (rows["low"] + (rows["high"] - rows["low"]) / 2 - lowest).to_numpy(dtype=float)
    others = ~rows["basin"].isin(best if len(best) else [0]).to_numpy() & (above > 0)
    if not others.any():
        return None
    least, low, high = _quantiles(above[others], rows["count"].to_numpy()[others], (LOW, *MIDDLE))
    if not high > ORDERS * low or not math.isfinite(above.max()):
        return None
    foot = 10.0 ** (math.floor(math.log10(least)) - 1)
    shown = rows.assign(
        low=np.where(others, np.maximum(rows["low"] - lowest, foot), foot),
        high=np.where(others, np.maximum(rows["high"] - lowest, foot), foot),
    )
    below = int(rows["count"][(above < 0) & ~rows["basin"].isin([0, *best])].sum())
    lower = [f"drawn at the foot: {counted(below, 'start')} at lower values"] if below else []
    beyond = [note for note in extent.notes if "not finite" in note]
    top = float(shown["high"].max())
    span = math.log10(top / foot)
    return Heights(shown, foot * 10 ** (-0.05 * span), foot, top * 10 ** (0.05 * span), [*lower, *beyond])


def _quantiles(values: np.ndarray, counts: np.ndarray, levels: tuple[float, ...]) -> list[float]:
    order = np.argsort(values)
    part = counts[order].cumsum() / counts.sum()
    return [float(values[order][min(int(np.searchsorted(part, level)), len(order) - 1)]) for level in levels]
