"""Labelled rows -> counts that merge: everything after the shards reads these, not rows.

All entries are integers, so merging is exact, associative and commutative, and memory does not grow with
the number of starts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from multistart.box import Box
from multistart.descents.outcomes import ENDINGS, LEFT_ARENA, NO_BASIN, NONFINITE, RESTING, STEP_LIMIT
from multistart.errors import MultistartError

NO_START = -99  # code of a map cell in which no descent started
VALUE_BITS = 10  # mantissa bits of a value bin: 0.1 % of the distance from the lowest value
FLAT_PART = 0.01  # of the domain's diagonal
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """The cells over the domain that starts are counted in for maps: ``shape`` cells on each axis (1-D and 2-D)."""

    box: Box
    shape: tuple[int, ...]

    def cells(self, starts: Array) -> NDArray[np.int64]:
        """The cell of each start, last axis fastest; -1 outside the box; shape ``(n,)``."""
        shape = np.array(self.shape)
        inside = self.box.contains(starts)
        where = np.where(inside[:, None], (starts - self.box.low) / self.box.width * shape, 0)
        index = np.minimum(where.astype(np.int64), shape - 1)
        return np.where(inside, np.ravel_multi_index(tuple(index.T), self.shape), -1)


@dataclass(frozen=True)
class Tally:
    """Counts over labelled rows; each frame has one row for each combination that occurs.

    Attributes
    ----------
    endings
        ``ending, basin, count``.
    steps
        ``basin, ending, steps, count``.
    values
        ``basin, ending, bin, count``; the bins are those of :func:`value_bins`.
    map
        ``cell, code, count, steps``: descents that started in a cell of the map, and their steps in total;
        the code is :func:`codes`. Empty for more than two dimensions.
    facts
        ``fact, count``: ``flat``, rows at the step limit so flat that as many steps again would move them by
        less than 1 % of the domain's diagonal; ``diverged``, rows that left, or were no longer
        finite, in steps longer than the domain's diagonal; ``no_minimum``, rows at rest at no minimum; ``proven`` and
        ``numeric``, rows by how their basin is known; and what a study adds.
    """

    endings: pd.DataFrame
    steps: pd.DataFrame
    values: pd.DataFrame
    map: pd.DataFrame
    facts: pd.DataFrame

    @property
    def starts(self) -> int:
        """The number of rows counted."""
        return int(self.endings["count"].sum())


#: The columns of each frame that tell its rows apart; the others are sums.
KEYS = {
    "endings": ["ending", "basin"],
    "steps": ["basin", "ending", "steps"],
    "values": ["basin", "ending", "bin"],
    "map": ["cell", "code"],
    "facts": ["fact"],
}
SUMS = {name: ["count", "steps"] if name == "map" else ["count"] for name in KEYS}


def codes(basin: NDArray[np.int64], ending_code: NDArray[np.int8]) -> NDArray[np.int64]:
    """One number for what became of a start: its basin, or -1 - (position of the ending) where it has none."""
    return np.where(basin >= 0, basin, -1 - ending_code.astype(np.int64))


def tally(
    start: Array,
    value: Array,
    gradient_norm: Array,
    steps: NDArray[np.int64],
    ending_code: NDArray[np.int8],
    basin: NDArray[np.int64],
    label_code: NDArray[np.int8],
    *,
    lowest: float,
    learning_rate: float,
    max_steps: int,
    diagonal: float,
    grid: Grid | None,
) -> Tally:
    """Count labelled rows.

    Parameters
    ----------
    start, value, gradient_norm, steps, ending_code, basin, label_code
        Columns of the rows, ``n`` of each; ``start`` of shape ``(n, d)``.
    lowest
        The value that value bins are measured from: the lowest minimum's, 0 where there is none.
    learning_rate, max_steps
        Times a gradient norm, how far one step and the whole budget move a point.
    diagonal
        Length of the domain's diagonal.
    grid
        Cells of the map; none for more than two dimensions.
    """
    ending = np.array(ENDINGS)[ending_code]
    rows = pd.DataFrame(
        {"ending": ending, "basin": basin, "steps": steps, "bin": value_bins(value, lowest), "count": 1}
    )
    step = learning_rate * gradient_norm
    flat = (ending_code == STEP_LIMIT) & (step * max_steps < FLAT_PART * diagonal)
    long = step > diagonal
    diverged = np.isin(ending_code, (LEFT_ARENA, NONFINITE)) & long  # not what merely came to where f is undefined
    lost = (basin == NO_BASIN) & np.isin(ending_code, RESTING)
    facts = pd.DataFrame(
        {
            "fact": ["diverged", "flat", "no_minimum", "proven", "numeric"],
            "count": [mask.sum() for mask in (diverged, flat, lost, label_code == 0, label_code == 1)],
        }
    )
    return Tally(
        endings=_grouped(rows, "endings"),
        steps=_grouped(rows, "steps"),
        values=_grouped(rows, "values"),
        map=_map(start, steps, codes(basin, ending_code), grid),
        facts=facts.astype({"count": np.int64}),
    )


def merge(tallies: Iterable[Tally]) -> Tally:
    """Add tallies up; any order and any grouping give the same frames."""
    parts = list(tallies)
    frames = {}
    for field in fields(Tally):
        stacked = pd.concat([getattr(part, field.name) for part in parts], ignore_index=True)
        frames[field.name] = stacked.groupby(KEYS[field.name], as_index=False, sort=True)[SUMS[field.name]].sum()
    return Tally(**frames)


def check_complete(counted: Tally, starts: int) -> None:
    """Raise where the counts do not add up to the number of starts: no start is ever dropped.

    Raises
    ------
    MultistartError
        With both numbers.
    """
    for name in ("endings", "steps", "values"):
        total = int(getattr(counted, name)["count"].sum())
        if total != starts:
            raise MultistartError(f"the {name} tally counts {total} starts of {starts}; run the study again")


def value_bins(value: Array, lowest: float) -> NDArray[np.int64]:
    """The bin of each value, a whole number that grows with it: distance from ``lowest`` to 10 mantissa bits.

    Distances below ``1e-12 (1 + |lowest|)`` share bin 0; values that are not finite share the last bin.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        distance = value - lowest
        floor = 1e-12 * (1 + abs(lowest))
        size = np.where(np.abs(distance) < floor, 0.0, np.abs(distance))
        size = np.where(np.isfinite(distance), size, np.inf)
    bits = size.view(np.int64) >> (52 - VALUE_BITS)
    return np.where(np.isfinite(distance) & (distance < 0), -bits, bits)


def bin_edges(bins: NDArray[np.int64], lowest: float) -> tuple[Array, Array]:
    """The values ``(low, high)`` between which a bin lies; nan for the bin of values that are not finite."""
    size = np.abs(bins)
    ends = np.stack([size, size + 1]) << (52 - VALUE_BITS)
    near, far = ends.view(np.float64)
    infinite = np.float64(np.inf).view(np.int64) >> (52 - VALUE_BITS)
    low, high = np.where(bins < 0, -far, near), np.where(bins < 0, -near, far)
    low, high = np.where(bins == 0, 0.0, low), np.where(bins == 0, 1e-12 * (1 + abs(lowest)), high)
    low, high = (np.where(size >= infinite, np.nan, edge) for edge in (low, high))
    return lowest + low, lowest + high


def map_image(counted: Tally, grid: Grid) -> tuple[NDArray[np.int64], Array]:
    """The commonest code and the mean steps of its descents in each cell, both of the grid's shape.

    A tie goes to the smaller code; a cell in which no descent started has :data:`NO_START` and nan.
    """
    frame = counted.map[counted.map["cell"] >= 0]
    frame = frame.sort_values(["cell", "count", "code"], ascending=[True, False, True]).drop_duplicates("cell")
    code = np.full(np.prod(grid.shape), NO_START, dtype=np.int64)
    steps = np.full(np.prod(grid.shape), np.nan)
    code[frame["cell"]] = frame["code"]
    steps[frame["cell"]] = frame["steps"] / frame["count"]
    return code.reshape(grid.shape), steps.reshape(grid.shape)


def quantiles(frame: pd.DataFrame, levels: tuple[float, ...]) -> list[float]:
    """Quantiles of steps from a frame with ``steps`` and ``count``: the smallest number that enough rows keep to."""
    if frame.empty:
        return [float("nan")] * len(levels)
    ordered = frame.groupby("steps")["count"].sum().sort_index()
    reached = ordered.cumsum().to_numpy()
    at = np.searchsorted(reached, np.array(levels) * reached[-1], side="left")
    return [float(ordered.index[min(i, len(ordered) - 1)]) for i in at]


def _grouped(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    return rows.groupby(KEYS[name], as_index=False, sort=True)["count"].sum()


def _map(start: Array, steps: NDArray[np.int64], code: NDArray[np.int64], grid: Grid | None) -> pd.DataFrame:
    cells = grid.cells(start) if grid is not None else np.empty(0, dtype=np.int64)
    keep = slice(None) if grid is not None else slice(0, 0)
    rows = pd.DataFrame({"cell": cells, "code": code[keep], "count": 1, "steps": steps[keep]})
    return rows.groupby(KEYS["map"], as_index=False, sort=True)[["count", "steps"]].sum()
