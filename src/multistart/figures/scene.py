"""`Scene`, `MapImage`, `Comparison`: all that the pictures of a study need, as plain frames and arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from multistart.box import Box
from multistart.counts.tally import NO_START
from multistart.descents.outcomes import ENDINGS
from multistart.functions.objective import Objective

EMPTY = NO_START
"""The code of a map pixel in which no start lies."""


@dataclass(frozen=True)
class MapImage:
    """Where the starts of each pixel of a box, or of a two-dimensional slice of it, ended.

    Attributes
    ----------
    axes
        One or two variable names: across, up.
    box
        The extent of the image in those axes.
    fixed
        The other coordinates of a slice; empty when there are none.
    code
        ``(ny, nx)`` or, in one dimension, ``(nx,)``; row 0 is the lowest. A basin's number, or
        ``-(1 + index of the ending)`` at no minimum, or ``EMPTY``.
    steps
        Mean number of steps of a pixel's starts, same shape; nan where empty.
    """

    axes: tuple[str, ...]
    box: Box
    fixed: dict[str, float]
    code: NDArray[np.int64]
    steps: NDArray[np.float64]


@dataclass(frozen=True)
class Zoom:
    """A part of the map with starts of its own, and the edges in it, as in :class:`Scene`."""

    map: MapImage
    edges: pd.DataFrame


@dataclass(frozen=True)
class Scene:
    """One study and method, ready to be drawn.

    Attributes
    ----------
    starts
        The number of starts, the denominator of every share.
    basins
        One row a minimum, ordered by value: ``basin``, the variables, ``value``, ``kind`` ("global" or "local"),
        ``count``, ``share``; ``attraction_radius``, where there is one, is that of a ball from which this method
        provably reaches the minimum. Further columns are not looked at.
    endings
        ``ending``, ``basin`` (-1: none), ``count``.
    steps
        ``basin``, ``ending``, ``steps``, ``count``: exact counts in long format.
    values
        ``basin``, ``ending``, ``low``, ``high``, ``count``: final values in bins; nan bounds for values not finite.
    trajectories
        A few dozen paths, each ``(steps + 1, d)``, with the class codes of their ends in ``trajectory_basins``.
    critical_points
        ``kind`` ("minimum", "saddle", "maximum", "degenerate") and the variables; none when unknown.
    intervals
        ``code, low, high`` of the shares, by class code; nan, or none at all, where there is no interval.
    estimates
        ``quantity, value, low, high, unit, note``, as in ``estimates.csv``; none when not made.
    success
        ``evaluations, success``: the chance that restarts reach a global minimum within a budget.
    nested
        ``starts, basin, count, share``: shares as fewer of the same starts estimate them, as in ``convergence.csv``.
    rates
        Some steps, and the learning rate of each, where it changes with the step.
    spread
        Half of the interquartile range of the function's values over the domain.
    style
        "page" or "slide", see :data:`multistart.figures.layout.STYLES`.
    paid
        As ``steps``, of a method that counts its own gradients: with those, less the one at the end, for its steps.
    paid_in
        What descents cost: "gradient evaluations", or "function evaluations" of methods that ask for values alone.
    edges
        ``curve``, the map's axes, ``first, second, first_ending, second_ending, width``, as in ``boundary.parquet``;
        none when not measured.
    mosaic
        ``level, cells, i, j, code``, as in ``mosaic.parquet``, without ``j`` in one dimension.
    zooms
        Boxes that are drawn large, with what is in them, where that was read.
    of_flow
        Whether the method is the gradient flow.
    boxes
        Where all of these are on the map.
    proven
        ``low_<variable>, high_<variable>, basin``, as in ``proven_cells.parquet``; none where no share is proven.
    bounds
        ``basin, proven_low, proven_high``, as in ``shares.csv``.
    parameters, fitted, curves, quality
        As ``parameters.csv``, ``fitted.csv``, ``curves.csv`` and ``fit.csv``, where the function is a fit to data.
    measured, uncertainty, shocks, profile
        As ``boundary.csv``, ``uncertainty.csv``, ``shocks.csv`` and ``profile.csv``; none when not measured.
    """

    study: str
    method: str
    method_text: str
    objective: Objective
    domain: Box
    arena: Box
    starts: int
    design_text: str
    basins: pd.DataFrame
    endings: pd.DataFrame
    steps: pd.DataFrame
    values: pd.DataFrame
    map: MapImage
    trajectories: list[NDArray[np.float64]] = field(default_factory=list)
    trajectory_basins: list[int] = field(default_factory=list)
    critical_points: pd.DataFrame | None = None
    intervals: pd.DataFrame | None = None
    estimates: pd.DataFrame | None = None
    success: pd.DataFrame | None = None
    nested: pd.DataFrame | None = None
    rates: tuple[NDArray[np.int64], NDArray[np.float64]] | None = None
    spread: float = 1.0
    style: str = "page"
    paid: pd.DataFrame | None = None
    paid_in: str = "gradient evaluations"
    edges: pd.DataFrame | None = None
    mosaic: pd.DataFrame | None = None
    zooms: tuple[Zoom, ...] = ()
    boxes: tuple[Box, ...] = ()
    of_flow: bool = False
    measured: pd.DataFrame | None = None
    uncertainty: pd.DataFrame | None = None
    shocks: pd.DataFrame | None = None
    profile: pd.DataFrame | None = None
    proven: pd.DataFrame | None = None
    bounds: pd.DataFrame | None = None
    parameters: pd.DataFrame | None = None
    fitted: pd.DataFrame | None = None
    curves: pd.DataFrame | None = None
    quality: pd.DataFrame | None = None


@dataclass(frozen=True)
class Comparison:
    """Two methods or more of one study, from the same starts, ready to be drawn beside each other.

    Attributes
    ----------
    methods
        The scene of each, in the order of the config.
    pairs
        ``first, second, quantity, value, low, high, unit, note``, as in ``comparison.csv``.
    distortion
        As in ``distortion.csv``; none where no method is the gradient flow.
    """

    methods: tuple[Scene, ...]
    pairs: pd.DataFrame
    distortion: pd.DataFrame | None = None

    @property
    def style(self) -> str:
        """As in :class:`Scene`."""
        return self.methods[0].style


def codes_of(frame: pd.DataFrame) -> NDArray[np.int64]:
    """The class of each row of a frame with ``basin`` and ``ending``: the basin, or a negative code of the ending.

    >>> codes_of(pd.DataFrame({"basin": [2, -1], "ending": ["converged", "left_arena"]})).tolist()
    [2, -4]
    """
    index = {ending: i for i, ending in enumerate(ENDINGS)}
    basin = frame["basin"].to_numpy(dtype=np.int64)
    ending = np.array([-(1 + index[str(e)]) for e in frame["ending"]], dtype=np.int64)
    return np.where(basin >= 0, basin, ending)


def quantity(scene: Scene, name: str) -> tuple[float, float, float]:
    """Value, lower and upper end of a quantity of the estimates; nan where there is none."""
    if scene.estimates is None:
        return (math.nan,) * 3
    row = scene.estimates.set_index("quantity").loc[name, ["value", "low", "high"]]
    return float(row["value"]), float(row["low"]), float(row["high"])
