"""The rule ``sweep``, its first half: descents from the same starts at every value, kept under what shapes them.

A value's file is named by a digest of all that its rows depend on, so a value that was descended at before is not
descended at again, whatever else of the sweep has changed, and a run that was killed goes on where it was. Which job
takes a value, and with how many threads, changes no byte.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistart.counts.counter import coordinates, paid
from multistart.descents.descend import Progress
from multistart.descents.outcomes import EVALUATIONS, Outcomes
from multistart.descents.prepared import attraction_balls
from multistart.errors import DamagedError
from multistart.files.cache_entries import source_digest
from multistart.files.results import MethodFiles
from multistart.files.whole_files import checksum, remove, verify
from multistart.kernels.machine_code import machine
from multistart.methods.endings import STOPPED_BY_PLACE
from multistart.proofs import Certificate
from multistart.study import storage
from multistart.study.certify import read_certificate
from multistart.study.descend import descend_from
from multistart.study.settings import is_file
from multistart.study.study import Study
from multistart.study.sweep_plan import Point, Sweep

#: The sources that a row depends on.
SHAPED_BY = (
    "functions/*.py", "kernels/**/*.py", "methods/*.py", "descents/*.py", "starts/*.py", "proofs/attraction.py",
    "dynamics/*.py", "study/descend.py", "study/sweep_values.py",
)  # fmt: skip
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ValueRows:
    """The descents at one value, one row a start.

    Attributes
    ----------
    end
        Shape ``(n, d)``.
    steps, cost
        Updates, and the gradients that a descent paid; values, of a method that asks for no gradient.
    ending_code
        Position in ``ENDINGS``.
    counted
        Whether the method counts its own evaluations, which its steps do not tell.
    """

    end: NDArray[np.float64]
    steps: NDArray[np.int64]
    cost: NDArray[np.int64]
    ending_code: NDArray[np.int8]
    counted: bool = False

    def at(self, rows: NDArray[np.int64]) -> ValueRows:
        """Some of the rows."""
        return ValueRows(self.end[rows], self.steps[rows], self.cost[rows], self.ending_code[rows], self.counted)


@dataclass(frozen=True)
class Values:
    """The values of a sweep as one method descends at them, and where their rows are.

    Attributes
    ----------
    certificate
        What a method that stops in proven balls stops by; none where the function changes, of which it proves nothing.
    """

    sweep: Sweep
    method: str
    files: MethodFiles
    certificate: Certificate | None

    @classmethod
    def of(cls, sweep: Sweep, method: str, files: MethodFiles) -> Values:
        """With the certificate of the study where it is needed."""
        needs = sweep.study.method(method).stopping == "certified" and not sweep.of_objective
        return cls(sweep, method, files, read_certificate(files.certificate) if needs else None)

    def path(self, point: Point) -> Path:
        """The file of a value."""
        text = json.dumps(self.shaped_by(point), sort_keys=True)
        return self.files.value(hashlib.sha256(text.encode()).hexdigest()[:32])

    def shaped_by(self, point: Point) -> dict[str, Any]:
        """All that the rows of a value depend on, as plain data."""
        study = self.sweep.at(point)
        config = study.config.resolved()
        starts = study.config.starts
        return {
            **{key: config[key] for key in ("objective", "domain", "arena", "starts")},
            "rows": checksum(study.starts_table or starts.path) if is_file(starts) else study.count,
            "method": study.method(self.method).identity,
            "balls": self._balls(study),
            "package": _package(),
            "scipy": version("scipy") if study.method(self.method).outside is not None else None,
            "machine": machine() if study.method(self.method).outside is not None else None,
        }

    def _balls(self, study: Study) -> str | None:
        """A digest of where descents may stop."""
        if self.certificate is None:
            return None
        balls = attraction_balls(study.objective, study.method(self.method), self.certificate)
        return hashlib.sha256(balls.tobytes()).hexdigest()

    def is_there(self, point: Point) -> bool:
        """Whether the rows of a value are there, as they were written; what is damaged is removed."""
        path = self.path(point)
        try:
            return path.exists() and bool(verify(path))
        except DamagedError as error:
            _log.warning("%s It is made anew.", error)
            remove(path)
            return False

    def missing(self, points: Sequence[Point]) -> list[Point]:
        """Those of some values that are not there."""
        return [point for point in points if not self.is_there(point)]

    def read(self, point: Point) -> ValueRows:
        """The rows of a value.

        Raises
        ------
        DamagedError
            The file does not hold what was written into it.
        """
        batches = list(storage.read_rows([self.path(point)]))
        columns = {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
        end = coordinates(columns, "end", self.sweep.study.objective.variables)
        steps, ending = columns["steps"], columns["ending"]
        cost = columns.get("cost", steps + ~np.isin(ending, STOPPED_BY_PLACE))
        return ValueRows(end, steps, cost, ending, "cost" in columns)


def descend_values(
    values: Values, points: Sequence[Point], *, threads: int, progress: Progress | None = None
) -> list[Point]:
    """Descend at those of some values that are not there; which they were.

    Each value's rows are written when they are done, so that a killed run loses one value at most.
    """
    missing, study = values.missing(points), values.sweep.study
    starts = study.starts(slice(0, study.count)) if missing else np.empty((0, 1))
    rule = study.method(values.method).outside is None  # others share a value's starts among processes
    at_once = max(1, min(threads, len(missing))) if rule else 1
    told = _Together(len(missing) * len(starts), progress)

    def made(point: Point) -> None:
        of_value = told.of_value()
        out = descend_from(
            values.sweep.at(point), values.method, starts, values.certificate, threads // at_once, of_value
        )
        path = values.path(point)
        storage.write_json(path.with_suffix(".json"), _described(values, point))
        storage.write_rows(path, [_columns(out, study)])

    with ThreadPoolExecutor(at_once) as pool:
        made_all = [pool.submit(made, point) for point in missing]
        try:
            for each in made_all:
                each.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return missing


class _Together:
    """The progress of values that are descended at side by side, as that of one."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total, self._progress, self._done, self._lock = total, progress, 0, Lock()

    def of_value(self) -> Progress | None:
        """What the descents at another value tell."""
        if (progress := self._progress) is None:
            return None
        before = 0

        def told(done: int, _: int) -> None:
            nonlocal before
            with self._lock:
                self._done, before = self._done + done - before, done
                progress(self._done, self._total)

        return told


def descend_share(
    study: Study,
    files: Mapping[str, MethodFiles],
    job: int,
    jobs: int,
    *,
    threads: int,
    progress: Progress | None = None,
) -> list[str]:
    """Descend at one job's share of the values, for all methods of the sweep; the names of their files."""
    sweep = Sweep(study)
    points = sweep.points[job * len(sweep.points) // jobs : (job + 1) * len(sweep.points) // jobs]
    values = [Values.of(sweep, method, files[method]) for method in sweep.methods]
    for of_method in values:
        descend_values(of_method, points, threads=threads, progress=progress)
    return [of_method.path(point).name for of_method in values for point in points]


@cache
def _package() -> str:
    return source_digest(*SHAPED_BY)


def _described(values: Values, point: Point) -> dict[str, Any]:
    """What a file of a value is: for a person, beside it."""
    numbers = dict(zip(values.sweep.values, point, strict=True))
    return {"method": values.method, "values": numbers, "shaped_by": values.shaped_by(point)}


def _columns(out: Outcomes, study: Study, paid_in: str) -> storage.Columns:
    columns: storage.Columns = {f"end_{name}": out.end[:, j] for j, name in enumerate(study.objective.variables)}
    columns["steps"] = out.steps
    if out.evaluations is not None:
        counted = paid({name: out.evaluations[:, k] for k, name in enumerate(EVALUATIONS)}, paid_in)
        columns["cost"] = np.asarray(counted)
    columns["ending"] = out.ending_code
    return columns
