"""The stages of a study, one for each rule of the workflow: files in, files out, bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from multistart import storage
from multistart.basins import Minima, find_minima, label
from multistart.descent import Progress, descend
from multistart.outcomes import CONVERGED, NO_BASIN, TRAPPED, Outcomes
from multistart.study.study import Study
from multistart.tallies import Tally, check_complete, merge, quantiles, tally

PathLike = Path | str


def descend_shard(
    study: Study, method: str, shard: int, path: PathLike, *, threads: int, progress: Progress | None = None
) -> None:
    """Descend from the starts of one shard and write a row for each."""
    rows = study.shard(shard)

    def batches() -> Iterator[storage.Columns]:
        for first in range(rows.start, rows.stop, storage.ROWS):
            starts = study.starts(slice(first, min(first + storage.ROWS, rows.stop)))
            yield storage.outcome_columns(_descend(study, method, starts, threads, report(first)), variables)

    def report(first: int) -> Progress | None:
        done = first - rows.start
        return None if progress is None else lambda n, _: progress(done + n, rows.stop - rows.start)

    variables = study.objective.variables
    storage.write_rows(path, batches())


def collect_minima(study: Study, shards: Iterable[PathLike], path: PathLike) -> None:
    """Find the minima that the descents of all methods reached, and number them."""
    minima = find_minima(study.objective, np.empty((0, study.objective.dimensions)), study.domain)
    for rows in storage.read_rows(shards):
        ends = storage.coordinates(rows, "end", study.objective.variables)[_stopped(rows["ending"])]
        minima = find_minima(study.objective, ends, study.domain, study.tolerances, known=minima)
    storage.write_csv(path, minima.table(study.objective.variables))


def label_outcomes(
    study: Study,
    method: str,
    minima_path: PathLike,
    shards: Iterable[PathLike],
    *,
    rows_path: PathLike,
    basins_path: PathLike,
    endings_path: PathLike,
    tally_path: PathLike,
) -> None:
    """Give every row its basin, and count.

    Raises
    ------
    MultistartError
        The counts do not add up to the number of starts.
    """
    minima = Minima.from_table(storage.read_csv(minima_path), study.objective)
    tallies: list[Tally] = []

    def batches() -> Iterator[storage.Columns]:
        for rows in storage.read_rows(shards):
            ends = storage.coordinates(rows, "end", study.objective.variables)
            rows["basin"] = labels_of(study, ends, rows["ending"], minima)
            tallies[:] = [merge([*tallies, count(study, method, rows, minima)])]
            yield rows

    storage.write_rows(rows_path, batches())
    counted = tallies[0]
    check_complete(counted, study.count)
    storage.write_csv(basins_path, basin_table(minima.table(study.objective.variables), counted))
    storage.write_csv(endings_path, counted.endings.assign(share=counted.endings["count"] / counted.starts))
    storage.write_tally(tally_path, counted)


def labels_of(study: Study, end: np.ndarray, ending_code: np.ndarray, minima: Minima) -> np.ndarray:
    """The basin of each end, shape ``(n,)``; -1 where the descent did not come to rest at a minimum."""
    basin = np.full(len(end), NO_BASIN, dtype=np.int64)
    stopped = _stopped(ending_code)
    basin[stopped] = label(study.objective, end[stopped], minima, study.domain, study.tolerances)
    return basin


def count(study: Study, method: str, rows: storage.Columns, minima: Minima) -> Tally:
    """The tally of labelled rows."""
    rule = study.method(method)
    return tally(
        storage.coordinates(rows, "start", study.objective.variables),
        rows["value"],
        rows["gradient_norm"],
        rows["steps"],
        rows["ending"],
        rows["basin"],
        lowest=float(minima.value[0]) if len(minima) else 0.0,
        learning_rate=rule.learning_rate,
        max_steps=rule.max_steps,
        diagonal=float(np.linalg.norm(study.domain.width)),
        grid=study.map_grid,
    )


def basin_table(minima: pd.DataFrame, counted: Tally) -> pd.DataFrame:
    """One row a minimum, with how many starts reached it and in how many steps."""
    table = minima.copy()
    steps = dict(iter(counted.steps.groupby("basin")))
    rows = [steps.get(basin, counted.steps.iloc[:0]) for basin in table["basin"]]
    table["count"] = [int(frame["count"].sum()) for frame in rows]
    table["share"] = table["count"] / counted.starts
    ends = np.array([quantiles(frame, (0.5, 0.95)) for frame in rows]).reshape(-1, 2)
    table["steps_median"], table["steps_p95"] = ends[:, 0], ends[:, 1]
    return table


def slice_points(study: Study, cells: int) -> np.ndarray:
    """Cell centres of the slice that maps of more than two dimensions show, shape ``(cells**2, d)``, rows upwards."""
    plane = study.plane
    names = study.objective.variables
    points = np.tile([plane.at.get(name, 0.0) for name in names], (cells * cells, 1))
    middle = (np.arange(cells) + 0.5) / cells
    up, across = np.meshgrid(middle, middle, indexing="ij")
    for name, unit in zip(plane.axes, (across, up), strict=True):
        j = names.index(name)
        points[:, j] = study.domain.low[j] + study.domain.width[j] * unit.ravel()
    return points


def descend_slice(
    study: Study, method: str, minima_path: PathLike, path: PathLike, *, cells: int, threads: int
) -> None:
    """Descend from the cell centres of the slice, and label the ends."""
    minima = Minima.from_table(storage.read_csv(minima_path), study.objective)
    out = _descend(study, method, slice_points(study, cells), threads, None)
    rows = storage.outcome_columns(out, study.objective.variables)
    rows["basin"] = labels_of(study, out.end, out.ending_code, minima)
    storage.write_rows(path, [rows])


def _descend(study: Study, method: str, starts: np.ndarray, threads: int, progress: Progress | None) -> Outcomes:
    return descend(study.objective, study.method(method), starts, arena=study.arena, threads=threads, progress=progress)


def _stopped(ending_code: np.ndarray) -> np.ndarray:
    """The rows whose descent ended at a point that may be a minimum."""
    return (ending_code == CONVERGED) | (ending_code == TRAPPED)
