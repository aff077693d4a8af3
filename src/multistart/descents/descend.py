"""`descend`: starts, shared among threads, to outcomes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, ThreadPoolExecutor, wait
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.descents.agreement import mark_undecided
from multistart.descents.faces import along_the_face, pushed_out
from multistart.descents.orbits import judge_orbits
from multistart.descents.outcomes import Outcomes, empty
from multistart.descents.outside import descend_outside
from multistart.descents.pace import Pace, slices, timed
from multistart.descents.prepared import Prepared, bounds_of, held, prepare
from multistart.errors import InputError
from multistart.functions.objective import Objective
from multistart.kernels import Kernel, compile_evaluation
from multistart.kernels.compiled import Evaluation
from multistart.kernels.curvature import smallest_eigenvalues
from multistart.methods import Method
from multistart.methods.method import Bounds
from multistart.proofs import Certificate

SLICE = 8192  # starts handed to a thread at a time, at most; the block inside drains once for each
FEWEST = 8  # that take a kernel as long as one
HESSIANS = 2**18  # doubles of second derivatives held by a thread at a time
Array = NDArray[np.float64]
Progress = Callable[[int, int], None]


def descend(
    objective: Objective,
    method: Method,
    starts: Array,
    *,
    arena: Box | None = None,
    bounds: Box | None = None,
    certificate: Certificate | None = None,
    threads: int = 1,
    progress: Progress | None = None,
    cache: Path | str | None = None,
) -> Outcomes:
    """Descend from every start; no start is dropped, and each row's bits depend on that row alone.

    Parameters
    ----------
    starts
        Shape ``(n, d)``. A start outside the arena, or not finite, ends at once with 0 steps.
    arena
        The box a descent may move in; everywhere where none is given.
    bounds
        The box a descent is held in: after each update every coordinate is put to the nearest point of it. Descents
        then may end on its faces. It is the arena, too.
    certificate
        For a method with ``stopping="certified"``: the certificate whose attraction balls end a descent.
    threads
        Threads, or for an outside optimiser processes, to share the starts among; the outcome does not depend on it.
    progress
        Called as ``progress(done, n)`` while the descents go on.
    cache
        Folder for compiled kernels, see :func:`multistart.kernels.compile_kernel`.

    Returns
    -------
    Outcomes
        One row a start, in the order of the starts.

    Raises
    ------
    InputError
        Starts, arena or bounds of the wrong shape or names, no thread, certified stopping without a certificate, or a
        method that cannot be held.
    """
    out, done = descending(
        objective, method, starts, arena=arena, bounds=bounds, certificate=certificate, threads=threads, cache=cache
    )
    ready = 0
    with closing(done):
        for rows in done:
            ready += rows.stop - rows.start
            if progress is not None:
                progress(ready, len(out))
    return out


def descending(
    objective: Objective,
    method: Method,
    starts: Array,
    *,
    arena: Box | None = None,
    bounds: Box | None = None,
    certificate: Certificate | None = None,
    threads: int = 1,
    cache: Path | str | None = None,
    pace: Pace | None = None,
) -> tuple[Outcomes, Generator[slice]]:
    """What :func:`descend` gives, as it comes about: outcomes to be filled in, and which rows have been, in any order.

    Nothing is done before the rows are asked for; where they are not asked for to the end, close them. With a pace,
    slow starts come a few at a time; outcomes do not depend on it.

    Raises
    ------
    InputError
        As :func:`descend`.
    """
    starts = np.ascontiguousarray(starts, dtype=np.float64)
    if starts.ndim != 2 or starts.shape[1] != objective.dimensions:
        raise InputError(f"starts have shape (n, {objective.dimensions}); got {starts.shape}")
    if threads < 1:
        raise InputError(f"threads is a whole number of at least 1; got {threads}")
    method = held(objective, method, bounds)
    if method.outside is not None:
        out = empty(starts, counted=True, judged=True)
        low, high = bounds_of(objective, arena, method)
        done = descend_outside(objective, method, out, low, high, threads, cache, pace)
        return out, _described(done, compile_evaluation(objective, cache), out, method.bounds)
    prepared = prepare(objective, method, arena, certificate, cache)
    out = empty(starts, counted=prepared.counts)
    return out, _in_threads(prepared, out, threads, pace)


def _described(done: Iterable[slice], evaluation: Evaluation, out: Outcomes, bounds: Bounds | None) -> Generator[slice]:
    """Fill in what is to be said of ends, as they come."""
    for rows in done:
        _describe_ends(evaluation, out.rows(rows), bounds)
        yield rows


def _in_threads(prepared: Prepared, out: Outcomes, threads: int, pace: Pace | None) -> Generator[slice]:
    """Fill in outcomes; which rows, as they are done."""
    work = partial(timed, partial(_descend_slice, prepared, out))
    cut = slices(len(out), min(SLICE, prepared.at_once), threads, pace, FEWEST)
    with ThreadPoolExecutor(threads) as pool:
        try:
            for rows, seconds in map(work, cut) if threads == 1 else _as_done(pool, work, cut, threads):
                if pace is not None:
                    pace.take(rows.stop - rows.start, seconds)
                yield rows
        finally:
            prepared.stop[0] = 1  # an interrupted descent ends within one chunk of steps in every thread
            pool.shutdown(wait=False, cancel_futures=True)


def _as_done(pool: Executor, work: Callable[[slice], Any], cut: Iterator[slice], threads: int) -> Generator[Any]:
    """What work gives for each slice, as it is done; one waits for each thread, the next are cut at the pace so far."""
    given = {pool.submit(work, rows) for rows in islice(cut, 2 * threads)}
    while given:
        done, given = wait(given, return_when=FIRST_COMPLETED)
        for each in done:
            yield each.result()
        given |= {pool.submit(work, rows) for rows in islice(cut, len(done))}


def _descend_slice(prepared: Prepared, out: Outcomes, rows: slice) -> None:
    part = out.rows(rows)
    state = prepared.first_state(len(part))
    prepared.follow(part, state)
    mark_undecided(prepared, part, state)
    if not prepared.stop[0]:
        judge_orbits(prepared, part, state)
        _describe_ends(prepared.kernel, part, prepared.method.bounds)


def _describe_ends(kernel: Kernel | Evaluation, out: Outcomes, bounds: Bounds | None) -> None:
    """Fill in value and curvature, as many rows at a time as their Hessians fit in a few megabytes.

    What is no number gets one sign, which is else the processor's choice.
    """
    at_once = max(1, HESSIANS // out.start.shape[1] ** 2)
    for first in range(0, len(out), at_once):
        part = slice(first, first + at_once)
        out.value[part], gradient, hessian = kernel.evaluate(out.end[part])
        if bounds is None:
            out.curvature_min[part] = smallest_eigenvalues(hessian, kernel.cache)
            continue
        at_bound = pushed_out(out.end[part], gradient, *bounds)
        out.curvature_min[part] = smallest_eigenvalues(along_the_face(hessian, at_bound), kernel.cache)
        out.curvature_min[part][at_bound.all(axis=1)] = np.nan
    for numbers in (out.end, out.value, out.gradient_norm, out.curvature_min):
        numbers[np.isnan(numbers)] = np.nan
