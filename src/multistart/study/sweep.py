"""The rule ``sweep``: descents from the same starts at every value of a number, and what changes with it.

What is counted of a value is kept beside its rows, so that the tables of a list with a value more are those counts put
together with its own. They are written value by value, and memory does not grow with the number of values: the counts
of two of them are held, since what changes is said from one to the next.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from multistart.descents.blas import one_thread
from multistart.descents.descend import Progress
from multistart.errors import MultistartError
from multistart.files.cache_entries import source_digest
from multistart.files.results import MethodFiles
from multistart.files.whole_files import checksum
from multistart.minima import Minima
from multistart.plurals import counted
from multistart.study import storage
from multistart.study.certify import read_certificate
from multistart.study.kept import Kept, Tables
from multistart.study.study import Study
from multistart.study.sweep_attractors import Families
from multistart.study.sweep_counts import Counted
from multistart.study.sweep_events import Known, Lives, event_columns, events_from, events_of, known_of
from multistart.study.sweep_minima import MinimaOfSweep, minima_of_values
from multistart.study.sweep_plan import Sweep
from multistart.study.sweep_tables import DIFFERENCE, OF_A_CHANGE, ValueCounts, attractor_rows, change_rows
from multistart.study.sweep_values import Values, ahead, descend_values, digest_of

Files = Mapping[str, MethodFiles]
#: What says how far it is, by what is gone through.
Told = Callable[[str], Progress]
_log = logging.getLogger(__name__)


def write_sweep(study: Study, files: Files, *, threads: int = 1, told: Told | None = None) -> None:
    """Descend at all values that are not there, and write the tables of the sweep, those of each of its methods.

    Raises
    ------
    MultistartError
        The counts of a value do not add up to the number of starts.
    """
    sweep = Sweep(study)
    values = {method: Values.of(sweep, method, files[method]) for method in sweep.methods}
    at = counted(len(sweep.points), "value")
    with _stage(f"descents at {at}"):
        for of_method in values.values():
            descend_values(of_method, sweep.points, threads=threads, progress=told("starts") if told else None)
    with one_thread():  # of BLAS, whose sums depend on their number
        with _stage(f"minima at {at}"):
            minima = minima_of_values(sweep, list(values.values()), files[sweep.methods[0]])
        for method, of_method in values.items():
            of = f", {method}" if len(values) > 1 else ""
            counts = ValuesCounted(sweep, of_method, minima)
            with ThreadPoolExecutor(1) as aside:
                known = aside.submit(counts.known)
                with _stage(f"counts at {at}{of}"):
                    counts.make(threads, told("values counted") if told else None)
                with _stage(f"events and tables{of}"):
                    _write_tables(counts, known.result())
                counts.kept.forget_all_but({*counts.keys, counts.key_of_known})


@contextmanager
def _stage(words: str) -> Iterator[None]:
    """Say, where a person reads it, when a part of the rule is done and how long it took."""
    began = time.perf_counter()
    yield
    _log.info("sweep: %s, %.1f s", words, time.perf_counter() - began)


@dataclass(frozen=True)
class ValuesCounted:
    """What is counted of one method's descents at all values, kept by all that shapes it."""

    sweep: Sweep
    values: Values
    minima: MinimaOfSweep

    @cached_property
    def kept(self) -> Kept:
        """What is there of it."""
        return Kept(self.values.files.value_counts)

    @cached_property
    def keys(self) -> list[str]:
        """A digest of all that the counts of a value depend on, for each."""
        config = self.sweep.study.config.resolved()
        common = [_package(), *(config[name] for name in ("basins", "estimates"))]
        minima = {id(at): _digest_of(at.minima) for at in self.minima.at}
        return [
            digest_of([self.values.key(point), minima[id(at)], common])
            for point, at in zip(self.sweep.points, self.minima.at, strict=True)
        ]

    def make(self, threads: int, progress: Progress | None = None) -> None:
        """Count at the values whose counts are not there, and forget those of other minima."""
        missing = [i for i, key in enumerate(self.keys) if key not in self.kept]

        def made(i: int) -> tuple[str, Tables]:
            point, values = self.sweep.points[i], self.values
            rows, ends, minima = values.read(point), values.ends(point), self.minima.at[i].minima
            counts = Counted.of(self.sweep.at(point), values.method, rows, ends, minima)
            return self.keys[i], counts.to_tables(self.sweep.study.objective.dimensions)

        def said(things: Iterator[tuple[str, Tables]]) -> Iterator[tuple[str, Tables]]:
            for done, thing in enumerate(things, start=1):
                yield thing
                if progress is not None:
                    progress(done, len(missing))

        with ThreadPoolExecutor(threads) as pool:
            self.kept.write(said(ahead(pool, made, missing, threads)))

    def read(self, i: int) -> Counted:
        """The counts of a value."""
        return Counted.from_tables({name: self.kept.read(self.keys[i], name) for name in Counted.names()})

    @cached_property
    def key_of_known(self) -> str:
        """A digest of all that is known without the counts depends on: of the values the first and the last."""
        values, ends = self.values, [self.sweep.points[0], self.sweep.points[-1]]
        certificate = values.files.certificate
        proven = checksum(certificate) if certificate.exists() else None
        return digest_of([_package(), *map(values.shaped_by, ends), _digest_of(self.minima.at[0].minima), proven])

    def known(self) -> Known:
        """What is known without the counts, kept like them where it is long to find."""
        key, sweep, values = self.key_of_known, self.sweep, self.values
        if key not in self.kept:
            known = known_of(sweep, values.method, self.minima, read_certificate(values.files.certificate))
            if not known.branches or sweep.of_objective:  # which is of all values, and soon found
                return known
            self.kept.write([(key, {"events": event_columns(known.events), "branches": known.branches})])
        return Known(events_from(self.kept.read(key, "events")), self.kept.read(key, "branches"))


@cache
def _package() -> str:
    """A digest of all sources."""
    return source_digest("**/*.py")


def _digest_of(minima: Minima) -> str:
    columns = (column for column in vars(minima).values() if column is not None)
    return hashlib.sha256(b"".join(column.tobytes() for column in columns)).hexdigest()


def _write_tables(counts: ValuesCounted, known: Known) -> None:
    sweep, minima, method = counts.sweep, counts.minima, counts.values.method
    files, count = counts.values.files, len(sweep.points)
    families, lives = Families(method, minima.total), Lives(minima.total)
    pairs = max(sum(map(sweep.has_before, range(count))), 1)
    before: ValueCounts | None = None
    with ExitStack() as stack:
        write = {
            name: stack.enter_context(storage.csv_batches(files.swept(f"{name}.csv")))
            for name in ("sweep", "attractors", "arrivals", "changes")
        }
        for i, point in enumerate(sweep.points):
            study, found = sweep.at(point), counts.read(i)
            others = families.numbered(study, found.attractors, minima.at[i])
            value = ValueCounts(study, method, found, minima.at[i], others)
            numbers = dict(zip(sweep.names, point, strict=True))
            write["sweep"](_behind(numbers, _complete(sweep, value.sweep_rows())))
            write["arrivals"](_behind(numbers, found.arrivals))
            write["attractors"](_behind(numbers, attractor_rows(value, count)))
            changes = change_rows(before, value, pairs) if before is not None and sweep.has_before(i) else None
            if changes is not None:
                write["changes"](_behind(_both(sweep, i), changes))
            lives.add(value, changes)
            before = value
        if not any(map(sweep.has_before, range(count))):
            write["changes"](_no_changes(sweep))
        if known.branches:
            write["attractors"](known.branches)
    storage.write_columns(files.swept("events.csv"), event_columns(events_of(sweep, lives, known.events)))


def _complete(sweep: Sweep, rows: storage.Columns) -> storage.Columns:
    """The rows of a value, if no start was lost."""
    if (total := int(rows["count"].sum())) != sweep.study.count:
        raise MultistartError(f"the sweep counts {total} starts of {sweep.study.count}; run the study again")
    return rows


def _both(sweep: Sweep, i: int) -> dict[str, float]:
    """The values of the point before and of this one, by their columns."""
    sides = (("from", sweep.points[i - 1]), ("to", sweep.points[i]))
    return {f"{name}_{side}": x for side, point in sides for name, x in zip(sweep.names, point, strict=True)}


def _behind(numbers: Mapping[str, float], rows: storage.Columns) -> storage.Columns:
    """Rows with numbers in front, the same in each."""
    n = len(next(iter(rows.values())))
    return {name: np.full(n, float(value)) for name, value in numbers.items()} | rows


def _no_changes(sweep: Sweep) -> storage.Columns:
    """No rows of ``changes.csv``, of a sweep whose values have no neighbours."""
    names = [f"{name}_{side}" for side in ("from", "to") for name in sweep.names]
    whole = ("attractor_from", "attractor_to", "count")
    columns: storage.Columns = {name: np.empty(0) for name in names}
    columns |= {name: np.empty(0, dtype=np.int64) for name in whole}
    return columns | {name: np.empty(0) for name in (*OF_A_CHANGE, *DIFFERENCE)}
