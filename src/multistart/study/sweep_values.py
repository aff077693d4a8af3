"""The rule ``sweep``, its first half: descents from the same starts at every value, kept under what shapes them.

A value's rows are kept by a digest of all that they depend on, so a value that was descended at before is not
descended at again, whatever else of the sweep has changed, and a run that was killed goes on about where it was. Which
job takes a value, and with how many threads, changes no bit of them.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.metadata import version
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistart.counts.counter import coordinates, paid
from multistart.descents.descend import Progress
from multistart.descents.outcomes import CONVERGED, EVALUATIONS, Outcomes
from multistart.descents.prepared import attraction_balls
from multistart.files.cache_entries import source_digest
from multistart.files.results import ENDS_APART, MethodFiles
from multistart.files.whole_files import checksum
from multistart.kernels.machine_code import machine
from multistart.methods.endings import STOPPED_BY_PLACE
from multistart.proofs import Certificate
from multistart.study import storage
from multistart.study.certify import read_certificate
from multistart.study.descend import STARTED, DistinctEnds, descend_from
from multistart.study.kept import Kept, Tables
from multistart.study.settings import is_file
from multistart.study.study import Study
from multistart.study.sweep_plan import Point, Sweep

#: The sources that a row depends on.
SHAPED_BY = (
    "functions/*.py", "kernels/**/*.py", "methods/*.py", "descents/*.py", "starts/*.py", "proofs/attraction.py",
    "dynamics/*.py", "minima/*.py", "study/descend.py", "study/kept.py", "study/sweep_values.py",
)  # fmt: skip


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
    _keys: dict[Point, str] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, sweep: Sweep, method: str, files: MethodFiles) -> Values:
        """With the certificate of the study where it is needed."""
        needs = sweep.study.method(method).stopping == "certified" and not sweep.of_objective
        return cls(sweep, method, files, read_certificate(files.certificate) if needs else None)

    @cached_property
    def kept(self) -> Kept:
        """What is there of descents at values."""
        return Kept(self.files.values)

    def key(self, point: Point) -> str:
        """A digest of all that the rows of a value depend on."""
        if point not in self._keys:
            self._keys[point] = digest_of(self.shaped_by(point))
        return self._keys[point]

    def shaped_by(self, point: Point) -> dict[str, Any]:
        """All that the rows of a value depend on, as plain data."""
        study = self.sweep.at(point)
        config = study.config.resolved()
        return {
            **{key: config[key] for key in ("objective", "scale", "domain", "arena", "starts") if key in config},
            "rows": self._starts,
            "ends": min(config["basins"]["position_tolerance"], ENDS_APART),
            "method": study.method(self.method).identity,
            "balls": self._balls(study),
            "package": _package(),
            "scipy": version("scipy") if study.method(self.method).outside is not None else None,
            "machine": machine() if study.method(self.method).outside is not None else None,
        }

    @cached_property
    def _starts(self) -> str | int:
        """A digest of the user's own starts, or how many there are."""
        study, starts = self.sweep.study, self.sweep.study.config.starts
        return checksum(study.starts_table or starts.path) if is_file(starts) else study.count

    def _balls(self, study: Study) -> str | None:
        """A digest of where descents may stop."""
        if self.certificate is None:
            return None
        balls = attraction_balls(study.objective, study.method(self.method), self.certificate)
        return hashlib.sha256(balls.tobytes()).hexdigest()

    def missing(self, points: Sequence[Point]) -> list[Point]:
        """Those of some values that are not there."""
        return [point for point in points if self.key(point) not in self.kept]

    def read(self, point: Point) -> ValueRows:
        """The rows of a value."""
        rows = self.kept.read(self.key(point), "rows")
        end = coordinates(rows, "end", self.sweep.study.objective.variables)
        steps, ending = rows["steps"].astype(np.int64), rows["ending"]
        cost = rows.get("cost", steps + ~np.isin(ending, STOPPED_BY_PLACE))
        return ValueRows(end, steps, cost, ending, "cost" in rows)

    def ends(self, point: Point) -> storage.Columns:
        """The distinct ends of a value, with a column ``ending``, as those of a study are kept."""
        return self.kept.read(self.key(point), "ends")


def descend_values(
    values: Values, points: Sequence[Point], *, threads: int, progress: Progress | None = None
) -> list[Point]:
    """Descend at those of some values that are not there; which they were."""
    missing, study = values.missing(points), values.sweep.study
    if not missing:
        return []
    starts = study.starts(slice(0, study.count))
    rule = study.method(values.method).outside is None  # others share a value's starts among processes
    at_once = max(1, min(threads, len(missing))) if rule else 1
    told = _Together(len(missing) * len(starts), progress)

    def made(point: Point) -> tuple[str, Tables]:
        of_value = told.of_value()
        at = values.sweep.at(point)
        out = descend_from(at, values.method, starts, values.certificate, threads // at_once, of_value)
        rows = _columns(out, study, study.method(values.method).paid_in)
        return values.key(point), {"rows": rows, "ends": distinct_ends(at, out, values.certificate)}

    with ThreadPoolExecutor(at_once) as pool:
        values.kept.write(ahead(pool, made, missing, at_once))
    return missing


def ahead(pool: ThreadPoolExecutor, work: Callable[[Any], Any], given: Iterable[Any], most: int) -> Iterator[Any]:
    """What work makes of each thing given, in order, while so many of the next are under way."""
    held: deque[Future[Any]] = deque()
    try:
        for each in given:
            held.append(pool.submit(work, each))
            if len(held) > most:
                yield held.popleft().result()
        while held:
            yield held.popleft().result()
    finally:
        for future in held:
            future.cancel()


def distinct_ends(study: Study, out: Outcomes, certificate: Certificate | None) -> storage.Columns:
    """The distinct ends of descents at a value, and the ending of each, and where those started that did not rest."""
    ends = DistinctEnds(study, certificate)
    variables = study.objective.variables
    for _ in ends.passing([storage.outcome_columns(out, variables)]):
        pass
    columns = ends.columns()
    n = len(columns[variables[0]])
    none = {STARTED + name: np.full(n, np.nan) for name in variables}
    return {"ending": np.full(n, CONVERGED, dtype=np.int8)} | none | columns


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
    """Descend at one job's share of the values, for all methods of the sweep; their digests."""
    sweep = Sweep(study)
    points = sweep.points[job * len(sweep.points) // jobs : (job + 1) * len(sweep.points) // jobs]
    values = [Values.of(sweep, method, files[method]) for method in sweep.methods]
    for of_method in values:
        descend_values(of_method, points, threads=threads, progress=progress)
    return [of_method.key(point) for of_method in values for point in points]


def digest_of(plain: Any) -> str:
    """A digest of plain data."""
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:32]


@cache
def _package() -> str:
    return source_digest(*SHAPED_BY)


def _columns(out: Outcomes, study: Study, paid_in: str) -> storage.Columns:
    columns: storage.Columns = {f"end_{name}": out.end[:, j] for j, name in enumerate(study.objective.variables)}
    columns["steps"] = out.steps.astype(np.int32)
    if out.evaluations is not None:
        counted = paid({name: out.evaluations[:, k] for k, name in enumerate(EVALUATIONS)}, paid_in)
        columns["cost"] = np.asarray(counted)
    columns["ending"] = out.ending_code
    return columns
