"""The rule ``sweep``: descents from the same starts at every value of a number, and what changes with it.

The tables are written value by value, so memory does not grow with the number of values: the rows of two of them are
held, since what changes is said from one to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

from multistart.descents.descend import Progress
from multistart.errors import MultistartError
from multistart.files.parts import cut
from multistart.files.results import MethodFiles
from multistart.study import storage
from multistart.study.study import Study
from multistart.study.sweep_attractors import Families, attractors_at
from multistart.study.sweep_events import Lives, event_columns, events_of
from multistart.study.sweep_minima import NumberedMinima, minima_of_values
from multistart.study.sweep_plan import Point, Sweep
from multistart.study.sweep_tables import ValueCounts, attractor_rows, change_rows
from multistart.study.sweep_values import Values, descend_values

Files = Mapping[str, MethodFiles]
Writer = Callable[[storage.Columns], None]


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
    minima = minima_of_values(sweep, list(values.values()), files[sweep.methods[0]])
    for method, of_method in values.items():
        _write_tables(sweep, of_method, files[method], minima)


def descend_some(
    study: Study, files: Files, job: int, jobs: int, *, threads: int, progress: Progress | None = None
) -> None:
    """Descend at those values that are one job's share of so many, for all methods of the sweep."""
    sweep = Sweep(study)
    points = shares_of(sweep.points, jobs)[job]
    for method in sweep.methods:
        descend_values(Values.of(sweep, method, files[method]), points, threads=threads, progress=progress)


def shares_of(points: Sequence[Point], jobs: int) -> list[Sequence[Point]]:
    """The values in as many runs as there are jobs, or fewer."""
    return cut(points, -(-len(points) // jobs))  # type: ignore[arg-type, return-value]


def _write_tables(sweep: Sweep, values: Values, files: MethodFiles, minima: Sequence[NumberedMinima]) -> None:
    first = 1 + max((int(each.number.max(initial=-1)) for each in minima), default=-1)
    families, lives = Families(values.method, first), Lives()
    before: ValueCounts | None = None
    pairs = max(sum(map(sweep.has_before, range(len(sweep.points)))), 1)
    with ExitStack() as stack:
        tables = {
            name: stack.enter_context(storage.csv_batches(files.swept(f"{name}.csv")))
            for name in ("sweep", "attractors", "arrivals", "changes")
        }
        for i, point in enumerate(sweep.points):
            counts = _counted(sweep, values, point, minima[i], families)
            numbers = dict(zip(sweep.names, point, strict=True))
            tables["sweep"](_behind(numbers, _complete(sweep, counts.sweep_rows())))
            tables["attractors"](_behind(numbers, attractor_rows(counts)))
            tables["arrivals"](_behind(numbers, counts.arrival_rows()))
            changes = change_rows(before, counts, pairs) if before is not None and sweep.has_before(i) else None
            if changes is not None:
                ends = [dict(zip(sweep.names, each, strict=True)) for each in (sweep.points[i - 1], point)]
                both = {f"{name}_{side}": x for side, end in zip(("from", "to"), ends, strict=True) for name, x in end.items()}
                tables["changes"](_behind(both, changes))
            lives.add(counts, changes)
            before = counts
        if pairs == 0:
            pass
    storage.write_columns(files.swept("events.csv"), event_columns(events_of(sweep, values.method, minima, lives)))


def _counted(
    sweep: Sweep, values: Values, point: Point, minima: NumberedMinima, families: Families
) -> ValueCounts:
    study, rows = sweep.at(point), values.read(point)
    others = families.numbered(study, attractors_at(study, values.method, rows, minima), minima)
    return ValueCounts.of(study, values.method, rows, minima, others)


def _complete(sweep: Sweep, rows: storage.Columns) -> storage.Columns:
    """The rows of a value, if no start was lost."""
    if (total := int(rows["count"].sum())) != sweep.study.count:
        raise MultistartError(f"the sweep counts {total} starts of {sweep.study.count}; run the study again")
    return rows


def _behind(numbers: Mapping[str, float], rows: storage.Columns) -> storage.Columns:
    """Rows with numbers in front, the same in each."""
    import numpy as np

    n = len(next(iter(rows.values())))
    return {name: np.full(n, float(value)) for name, value in numbers.items()} | rows
