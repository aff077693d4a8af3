"""Cells of starts of which something is proven, in the numbers of a study's basins, which labels are held to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.counts.counter import coordinates
from multistart.descents.outcomes import LABELS, RESTING
from multistart.errors import MultistartError
from multistart.minima import Minima
from multistart.proofs import Certificate
from multistart.reachability import NOTHING, ProvenShares
from multistart.study import storage

if TYPE_CHECKING:
    import pandas as pd

ROUNDING = 1e-12  # relative: more than that of a distance
THERE = 1e-6  # widths of the domain: an end at rest this near to a proven minimum is at it
UNMAPPED = -3  # of cells: all starts reach a proven minimum that the study has no number for


def basins_of(certificate: Certificate, minima: Minima) -> list[int]:
    """The basin of each minimum of a certificate, in its order: the one whose place is in the enclosure.

    :data:`UNMAPPED` where no start reached it.

    Raises
    ------
    MultistartError
        Two minima of the study are in one enclosure.
    """
    found = []
    for minimum in certificate.minima:
        low, high = np.array(minimum.location).T
        inside = minima.certified & ((low <= minima.location) & (minima.location <= high)).all(axis=1)
        basins = np.flatnonzero(inside).tolist()
        if len(basins) > 1:
            raise MultistartError(
                f"minima {basins[0]} and {basins[1]} are one, proven; give basins.position_tolerance a larger number"
            )
        found.append(basins[0] if basins else UNMAPPED)
    return found


def cells_table(shares: ProvenShares, basins: Sequence[int], variables: Sequence[str]) -> storage.Columns:
    """One row a cell, with the basin in place of the certificate's minimum."""
    names = np.array([*basins, UNMAPPED], dtype=np.int64)
    columns = {f"low_{name}": column for name, column in zip(variables, shares.low.T, strict=True)}
    columns |= {f"high_{name}": column for name, column in zip(variables, shares.high.T, strict=True)}
    return columns | {"basin": np.where(shares.verdict >= 0, names[shares.verdict], shares.verdict)}


def read_cells(path: Path | str, variables: Sequence[str]) -> ProvenShares:
    """The cells of a table; their verdicts are its basins."""
    parts = list(storage.read_rows([path]))
    low, high = (np.concatenate([coordinates(part, end, variables) for part in parts]) for end in ("low", "high"))
    basin = np.concatenate([part["basin"] for part in parts]).astype(np.int64)
    return ProvenShares(low, high, basin, int(basin.max(initial=-1)) + 1, 0, 0)


def check_labels(
    cells: ProvenShares, columns: storage.Columns, variables: Sequence[str], minima: Minima, domain: Box, method: str
) -> None:
    """Hold the labels of some rows to what is proven of the cells that they start in, and call those proven.

    A start of which it is proven that it rests at no proven minimum may have the label of one if its end is not there,
    but in a flat place from which Newton's method leads to it.

    Raises
    ------
    MultistartError
        A label and a proof contradict each other: one of the two is wrong.
    """
    starts = coordinates(columns, "start", variables)
    verdict, basin = cells.verdict_at(starts), columns["basin"]
    arrived = (basin >= 0) & (columns["label"] == LABELS.index("proven"))
    reached = np.flatnonzero((basin >= 0) & (basin < len(minima)) & np.isin(columns["ending"], RESTING))
    away = np.abs(coordinates(columns, "end", variables)[reached] - minima.location[basin[reached]])
    arrived[reached] |= minima.certified[basin[reached]] & (away <= THERE * domain.width).all(axis=1)
    wrong = np.flatnonzero(((verdict >= 0) & (basin != verdict)) | (np.isin(verdict, (NOTHING, UNMAPPED)) & arrived))
    if len(wrong):
        first = int(wrong[0])
        place = ", ".join(repr(x) for x in starts[first].tolist())
        raise MultistartError(
            f"{method}: a proof and a descent contradict each other at {len(wrong):,} of {len(basin):,} starts: from "
            f"({place}) the descent has basin {int(basin[first])}, and its cell is proven to have "
            f"{int(verdict[first])}. One of the two is wrong, so nothing is written; please report it with the config."
        )
    columns["label"][verdict >= 0] = LABELS.index("proven")


def proven_radii(cells: ProvenShares, minima: Minima, domain: Box) -> NDArray[np.float64]:
    """Of each minimum the radius of a ball in the domain in which all cells are proven to be its own; ``(k,)``.

    0 where its own cell is undecided, or it lies outside the domain.
    """
    radii = np.zeros(len(minima))
    for basin, place in enumerate(minima.location):
        gap = np.maximum(np.maximum(cells.low - place, place - cells.high), 0.0)
        others = np.linalg.norm(gap[cells.verdict != basin], axis=1).min(initial=np.inf)
        radii[basin] = max(min(others, *(place - domain.low), *(domain.high - place)), 0.0) * (1 - ROUNDING)
    return radii


def with_bounds(shares: pd.DataFrame, cells: ProvenShares | None, certified: Sequence[int]) -> pd.DataFrame:
    """The shares with what is proven of them: of certified minima, and of none; empty without cells."""
    bounds: NDArray[np.float64] = np.full((len(shares), 2), np.nan)
    if cells is not None:
        known = {NOTHING, *certified}
        for row, basin in enumerate(shares["basin"].tolist()):
            bounds[row] = cells.bounds(basin) if basin in known else np.nan
    return shares.assign(proven_low=bounds[:, 0], proven_high=bounds[:, 1])
