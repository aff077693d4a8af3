"""The rule ``sweep``: descents from the same starts at every value of a number, and what changes with it.

The tables are written value by value, so memory does not grow with the number of values: the rows of two of them are
held, since what changes is said from one to the next.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import numpy as np

from multistart.descents.blas import one_thread
from multistart.descents.descend import Progress
from multistart.errors import MultistartError
from multistart.files.results import MethodFiles
from multistart.study import storage
from multistart.study.certify import read_certificate
from multistart.study.study import Study
from multistart.study.sweep_attractors import Families
from multistart.study.sweep_events import Lives, event_columns, events_of, known_events, unstable_branches
from multistart.study.sweep_minima import MinimaOfSweep, minima_of_values
from multistart.study.sweep_plan import Sweep
from multistart.study.sweep_tables import DIFFERENCE, Labelled, ValueCounts, attractor_rows, change_rows
from multistart.study.sweep_values import Values, descend_values

Files = Mapping[str, MethodFiles]


def write_sweep(study: Study, files: Files, *, threads: int = 1, progress: Progress | None = None) -> None:
    """Descend at all values that are not there, and write the tables of the sweep, those of each of its methods.

    Raises
    ------
    MultistartError
        The counts of a value do not add up to the number of starts.
    """
    sweep = Sweep(study)
    values = {method: Values.of(sweep, method, files[method]) for method in sweep.methods}
    for of_method in values.values():
        descend_values(of_method, sweep.points, threads=threads, progress=progress)
    with one_thread():  # of BLAS, whose sums depend on their number
        minima = minima_of_values(sweep, list(values.values()), files[sweep.methods[0]])
        for method, of_method in values.items():
            _write_tables(sweep, of_method, files[method], minima, threads)


def _write_tables(sweep: Sweep, values: Values, files: MethodFiles, minima: MinimaOfSweep, threads: int) -> None:
    families, lives = Families(values.method, minima.total), Lives(minima.total)
    pairs = max(sum(map(sweep.has_before, range(len(sweep.points)))), 1)
    before: ValueCounts | None = None
    certificate = read_certificate(files.certificate)
    with ExitStack() as stack:
        aside = stack.enter_context(ThreadPoolExecutor(min(threads, 2)))
        known = aside.submit(known_events, sweep, values.method, minima, certificate)
        branches = aside.submit(unstable_branches, sweep, values.method, minima.at[0], certificate)
        tables = {
            name: stack.enter_context(storage.csv_batches(files.swept(f"{name}.csv")))
            for name in ("sweep", "attractors", "arrivals", "changes")
        }
        for i, (counts, rows) in enumerate(_in_order(sweep, values, minima, families, threads)):
            for name, columns in rows.items():
                tables[name](_behind(dict(zip(sweep.names, sweep.points[i], strict=True)), columns))
            changes = change_rows(before, counts, pairs) if before is not None and sweep.has_before(i) else None
            if changes is not None:
                tables["changes"](_behind(_both(sweep, i), changes))
            lives.add(counts, changes)
            before = counts
        if not any(map(sweep.has_before, range(len(sweep.points)))):
            tables["changes"](_no_changes(sweep))
        if unstable := branches.result():
            tables["attractors"](unstable)
        events = events_of(sweep, lives, known.result())
    storage.write_columns(files.swept("events.csv"), event_columns(events))


def _in_order(
    sweep: Sweep, values: Values, minima: MinimaOfSweep, families: Families, threads: int
) -> Iterator[tuple[ValueCounts, dict[str, storage.Columns]]]:
    """The counts of each value and its rows, by the tables that they are of; some values at once.

    Numbers are given to attractors value by value, in between.
    """

    def labelled(i: int) -> Labelled:
        point = sweep.points[i]
        return Labelled.of(sweep.at(point), values.method, values.read(point), minima.at[i])

    def rows(counts: ValueCounts) -> tuple[ValueCounts, dict[str, storage.Columns]]:
        tables = {"sweep": _complete(sweep, counts.sweep_rows()), "arrivals": counts.arrival_rows()}
        return counts, tables | {"attractors": attractor_rows(counts)}

    def numbered(each: Labelled) -> ValueCounts:
        return ValueCounts.of(each, families.numbered(each.study, each.came.attractors, each.minima))

    with ThreadPoolExecutor(threads) as pool:
        seen = ahead(pool, labelled, range(len(sweep.points)), threads)
        yield from ahead(pool, rows, map(numbered, seen), threads)


def ahead(pool: ThreadPoolExecutor, work: Callable[[Any], Any], given: Iterable[Any], most: int) -> Iterator[Any]:
    """What work makes of each thing given, in order, while so many of the next are under way."""
    held: deque[Future[Any]] = deque()
    for each in given:
        held.append(pool.submit(work, each))
        if len(held) > most:
            yield held.popleft().result()
    while held:
        yield held.popleft().result()


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
    return columns | {name: np.empty(0) for name in DIFFERENCE}
