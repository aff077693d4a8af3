"""The stages of a study, one for each rule of the workflow: files in, files out, bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from multistart.counts.tally import Tally, check_complete, merge, quantiles, tally
from multistart.descents.descend import Progress, descend
from multistart.descents.outcomes import LABELS, NO_BASIN, RESTING, TRAPPED, Outcomes
from multistart.errors import InputError
from multistart.kernels import compile_evaluation
from multistart.minima import Minima, certify_minima, find_minima, label, settle, trapped_in, without_denied
from multistart.minima.nearest import nearest_place
from multistart.proofs import Certificate
from multistart.starts.file import batches
from multistart.study import storage
from multistart.study.proof import read_certificate, without_proof
from multistart.study.retention import kept
from multistart.study.share_counts import ShareCounters
from multistart.study.study import Study

PathLike = Path | str
ANY_RATE = 1e-300  # which ball a trapped end lies in does not depend on the learning rate that it came with
NEAR = 1e-4  # of the domain's widths: a descent that rests this close to a critical point rests at it


def copy_starts(given: PathLike, variables: Sequence[str], path: PathLike, *, checksum: str) -> None:
    """Copy the user's own starts, every one checked, into a table that each job reads its part of.

    Raises
    ------
    InputError
        The file is not, or is no longer, the one with this checksum.
    """

    def parts() -> Iterator[storage.Columns]:
        for starts in batches(given, variables):
            yield {f"start_{name}": starts[:, j] for j, name in enumerate(variables)}
        if storage.checksum(given) != checksum:
            raise InputError(f"{given} was changed while the study ran; run the study again.")

    storage.write_rows(path, parts())


def descend_shard(
    study: Study,
    method: str,
    shard: int,
    path: PathLike,
    *,
    certificate_path: PathLike | None = None,
    threads: int,
    progress: Progress | None = None,
) -> None:
    """Descend from the starts of one shard and write a row for each; certified stopping needs the certificate."""
    certificate = read_certificate(certificate_path) if certificate_path is not None else None
    rows = study.shard(shard)

    def batches() -> Iterator[storage.Columns]:
        for first in range(rows.start, rows.stop, storage.ROWS):
            starts = study.starts(slice(first, min(first + storage.ROWS, rows.stop)))
            yield storage.outcome_columns(
                _descend(study, method, starts, certificate, threads, report(first)), variables
            )

    def report(first: int) -> Progress | None:
        done = first - rows.start
        return None if progress is None else lambda n, _: progress(done + n, rows.stop - rows.start)

    variables = study.objective.variables
    storage.write_rows(path, batches())


def collect_minima(study: Study, shards: Iterable[PathLike], certificate_path: PathLike, path: PathLike) -> None:
    """Find the minima that the descents of all methods reached, number them, and mark what is proven."""
    certificate = read_certificate(certificate_path)
    minima = find_minima(study.compiled, np.empty((0, study.objective.dimensions)), study.domain)
    for rows in storage.read_rows(shards):
        ends = storage.coordinates(rows, "end", study.objective.variables)
        resting = ends[np.isin(rows["ending"], RESTING)]
        if certificate is not None:  # a trapped end stands far from its minimum, which the certificate knows
            reached = np.unique(certificate.proven_minimum(ends[rows["ending"] == TRAPPED], ANY_RATE))
            centers = [certificate.minima[i].center for i in reached[reached >= 0]]
            resting = np.concatenate([resting, np.reshape(centers, (-1, ends.shape[1]))])
        minima = find_minima(study.compiled, resting, study.domain, study.tolerances, known=minima)
    minima = settle(minima, compile_evaluation(study.objective, study.cache), study.domain)
    if certificate is not None:
        minima = without_denied(study.compiled, minima, certificate, study.domain, study.tolerances)
        minima = certify_minima(study.compiled, minima, certificate, study.domain, study.tolerances)
    storage.write_csv(path, minima.table(study.objective.variables))


def label_outcomes(
    study: Study,
    method: str,
    minima_path: PathLike,
    certificate_path: PathLike,
    shards: Iterable[PathLike],
    *,
    rows_path: PathLike,
    basins_path: PathLike,
    endings_path: PathLike,
    tally_path: PathLike,
    shares_tally_path: PathLike,
) -> None:
    """Give every row its basin, and count; which rows are kept is the config's choice.

    Raises
    ------
    MultistartError
        The counts do not add up to the number of starts.
    """
    minima = Minima.from_table(storage.read_csv(minima_path), study.objective.variables)
    certificate = read_certificate(certificate_path)
    tallies: list[Tally] = []
    shares = ShareCounters(study.layout, study.config.starts.seed)

    def batches() -> Iterator[storage.Columns]:
        for rows in storage.read_rows(shards):
            ends = storage.coordinates(rows, "end", study.objective.variables)
            rows["basin"], rows["label"] = labels_of(study, method, ends, rows["ending"], minima)
            shares.add(rows["basin"], rows["ending"])
            counted = count(study, method, rows, minima)
            resting = rest_places(study, ends[np.isin(rows["ending"], RESTING) & (rows["basin"] < 0)], certificate)
            tallies[:] = [merge([*tallies, replace(counted, facts=pd.concat([counted.facts, resting]))])]
            yield rows

    storage.write_rows(rows_path, kept(study, batches()))
    counted = tallies[0]
    check_complete(counted, study.count)
    storage.write_csv(basins_path, basin_table(minima.table(study.objective.variables, study.method(method)), counted))
    storage.write_csv(endings_path, counted.endings.assign(share=counted.endings["count"] / counted.starts))
    storage.write_tally(tally_path, counted)
    shares.write(shares_tally_path)


def labels_of(
    study: Study, method: str, end: np.ndarray, ending_code: np.ndarray, minima: Minima
) -> tuple[np.ndarray, np.ndarray]:
    """The basin of each end and how it is known, shapes ``(n,)``.

    An end inside the ball of a certified minimum is ``proven`` to belong to it; any other end of a descent that
    came to rest is labelled by place and value, ``numeric``; the rest have basin -1 and label ``none``.
    """
    basin = np.full(len(end), NO_BASIN, dtype=np.int64)
    known = np.full(len(end), LABELS.index("none"), dtype=np.int8)
    stopped = np.flatnonzero(_stopped(ending_code))
    basin[stopped] = trapped_in(end[stopped], minima, study.method(method))
    known[stopped[basin[stopped] >= 0]] = LABELS.index("proven")
    rest = stopped[basin[stopped] < 0]
    basin[rest] = label(study.compiled, end[rest], minima, study.domain, study.tolerances)
    known[rest[basin[rest] >= 0]] = LABELS.index("numeric")
    return basin, known


def rest_places(study: Study, ends: np.ndarray, certificate: Certificate | None) -> pd.DataFrame:
    """Where descents came to rest that reached no minimum: ``fact, count`` with a fact such as ``saddle 4``.

    The number is the row of ``critical_points.csv``. Where a certificate lists every critical point, whatever its
    value, a rest away from all of them is ``flat``: the gradient is below the tolerance, but it is nowhere zero around.
    """
    if certificate is None or len(ends) == 0:
        return pd.DataFrame({"fact": pd.Series(dtype=str), "count": pd.Series(dtype=np.int64)})
    places = [p.center for p in certificate.points]
    distance, index = np.full(len(ends), np.inf), np.zeros(len(ends), dtype=np.int64)
    if places:
        width = study.domain.width
        distance, index = nearest_place(ends / width, np.array(places) / width)
    elsewhere = "rest away from critical points" if certificate.lists_all() else "rest unexplained"
    names = np.array([f"rest at {p.kind} {i}" for i, p in enumerate(certificate.points)] + [elsewhere], dtype=object)
    near = distance <= NEAR
    facts = names[np.where(near, index, len(names) - 1)]
    facts[~near & _at_boundary(study, ends)] = "rest unexplained"  # saddles there are not listed
    return pd.Series(1, index=facts).groupby(level=0).sum().rename_axis("fact").reset_index(name="count")


def _at_boundary(study: Study, ends: np.ndarray) -> np.ndarray:
    """Whether rests are at the boundary of the arena."""
    margin = NEAR * study.domain.width
    return ((ends - study.arena.low < margin) | (study.arena.high - ends < margin)).any(axis=1)


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
        rows["label"],
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
    study: Study,
    method: str,
    minima_path: PathLike,
    certificate_path: PathLike,
    path: PathLike,
    *,
    cells: int,
    threads: int,
) -> None:
    """Descend from the cell centres of the slice, and label the ends."""
    minima = Minima.from_table(storage.read_csv(minima_path), study.objective.variables)
    certificate = read_certificate(certificate_path)
    out = _descend(study, method, slice_points(study, cells), certificate, threads, None)
    rows = storage.outcome_columns(out, study.objective.variables)
    rows["basin"], rows["label"] = labels_of(study, method, out.end, out.ending_code, minima)
    storage.write_rows(path, [rows])


def _descend(
    study: Study,
    method: str,
    starts: np.ndarray,
    certificate: Certificate | None,
    threads: int,
    progress: Progress | None,
) -> Outcomes:
    rule = without_proof(study.method(method)) if certificate is None else study.method(method)
    return descend(
        study.objective,
        rule,
        starts,
        arena=study.arena,
        certificate=certificate,
        threads=threads,
        progress=progress,
        cache=study.cache,
    )


def _stopped(ending_code: np.ndarray) -> np.ndarray:
    """The rows whose descent ended at a point that may be a minimum."""
    return np.isin(ending_code, (*RESTING, TRAPPED))
