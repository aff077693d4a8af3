"""Descents: blocks of starts over threads -> outcomes; `trace` for one trajectory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from multistart.box import Box
from multistart.descents.outcomes import STATIONARY, STEP_LIMIT, Outcomes, empty
from multistart.errors import InputError
from multistart.functions.objective import Objective
from multistart.kernels import Kernel, compile_kernel
from multistart.kernels.curvature import smallest_eigenvalues
from multistart.methods.method import Method
from multistart.proofs import Certificate

SLICE = 8192  # starts handed to a thread at a time; the block inside drains once for each
HESSIANS = 2**18  # doubles of second derivatives held by a thread at a time
Array = NDArray[np.float64]
Progress = Callable[[int, int], None]


def descend(
    objective: Objective,
    method: Method,
    starts: Array,
    *,
    arena: Box | None = None,
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
    certificate
        For a method with ``stopping="certified"``: the certificate whose attraction balls end a descent.
    threads
        Threads to share the starts among; the outcome does not depend on it.
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
        Starts or arena of the wrong shape or names, no thread, or certified stopping without a certificate.
    """
    starts = np.ascontiguousarray(starts, dtype=np.float64)
    if starts.ndim != 2 or starts.shape[1] != objective.dimensions:
        raise InputError(f"starts have shape (n, {objective.dimensions}); got {starts.shape}")
    if threads < 1:
        raise InputError(f"threads is a whole number of at least 1; got {threads}")
    kernel = compile_kernel(objective, cache)
    out = empty(starts)
    stop = np.zeros(1, dtype=np.uint8)
    arguments = _arguments(objective, method, arena)
    balls = attraction_balls(objective, method, certificate)
    jobs = (delayed(_descend_slice)(kernel, out, rows, arguments, balls, stop) for rows in _slices(len(starts)))
    done = 0
    try:
        for count in Parallel(n_jobs=threads, prefer="threads", return_as="generator_unordered")(jobs):
            done += count
            if progress is not None:
                progress(done, len(starts))
    finally:
        stop[0] = 1  # an interrupted descent ends within one chunk of steps in every thread
    return out


def trace(
    objective: Objective,
    method: Method,
    start: Array,
    *,
    arena: Box | None = None,
    certificate: Certificate | None = None,
    cache: Path | str | None = None,
) -> Array:
    """Return all points of one descent, shape ``(steps + 1, d)``: the same bits as :func:`descend` passes through.

    Parameters
    ----------
    start
        Shape ``(d,)``.
    arena, certificate, cache
        As in :func:`descend`.
    """
    start = np.ascontiguousarray(start, dtype=np.float64)
    if start.shape != (objective.dimensions,):
        raise InputError(f"a start has shape ({objective.dimensions},); got {start.shape}")
    return _walk(objective, method, start[None], arena, certificate, cache, points=method.max_steps + 1)[0]


def sketch(
    objective: Objective,
    method: Method,
    starts: Array,
    *,
    arena: Box | None = None,
    certificate: Certificate | None = None,
    points: int = 1000,
    cache: Path | str | None = None,
) -> list[Array]:
    """Return descents to be drawn: every point at first, after each ``points`` points only every other one.

    The last point is the end of the descent. Shapes ``(m, d)``, with m of a few thousand at most.
    """
    starts = np.ascontiguousarray(starts, dtype=np.float64)
    return _walk(objective, method, starts, arena, certificate, cache, points)


def _walk(
    objective: Objective,
    method: Method,
    starts: Array,
    arena: Box | None,
    certificate: Certificate | None,
    cache: Path | str | None,
    points: int,
) -> list[Array]:
    """Descend by single steps, then by pairs, and so on: the rule has no memory, so the points are the same."""
    kernel = compile_kernel(objective, cache)
    balls, stop = attraction_balls(objective, method, certificate), np.zeros(1, dtype=np.uint8)
    paths = [[start] for start in starts]
    active = np.arange(len(starts))
    taken, stride = 0, 1
    while len(active) and taken < method.max_steps:
        stride = min(stride * (1 + (len(paths[active[0]]) % points == 0)), method.max_steps - taken)
        out = empty(np.stack([paths[row][-1] for row in active]))
        arguments = _arguments(objective, replace(method, max_steps=stride), arena)
        _follow(kernel, out, slice(0, len(active)), arguments, balls, stop)
        for row, end, steps in zip(active, out.end, out.steps, strict=True):
            if steps:
                paths[row].append(end)
        active = active[np.isin(out.ending_code, (STEP_LIMIT, STATIONARY))]  # at the limit of this stride
        taken += stride
    return [np.array(path) for path in paths]


def attraction_balls(objective: Objective, method: Method, certificate: Certificate | None) -> Array:
    """The balls in which a method's descents may stop, a row of centre and radius each, shape ``(k, d + 1)``.

    In the order of their first coordinates. None unless the method stops in them, and only those whose promise covers
    its learning rate.
    """
    if method.stopping != "certified":
        return np.empty((0, objective.dimensions + 1))
    if certificate is None:
        raise InputError('stopping "certified" needs a certificate, as in descend(..., certificate=certify(f, arena))')
    found = [p.attraction for p in certificate.minima if p.attraction is not None]
    rows = [[*ball.center, ball.radius] for ball in found if ball.holds_for(method.learning_rate)]
    return np.array(sorted(rows), dtype=np.float64).reshape(-1, objective.dimensions + 1)


def _slices(n: int) -> Iterator[slice]:
    """The rows cut into slices, small ones last, so that threads finish together."""
    first = 0
    while first < n:
        last = min(n, first + (SLICE if n - first > 2 * SLICE else SLICE // 4))
        yield slice(first, last)
        first = last


def _descend_slice(
    kernel: Kernel, out: Outcomes, rows: slice, arguments: tuple, balls: Array, stop: NDArray[np.uint8]
) -> int:
    _follow(kernel, out, rows, arguments, balls, stop)
    if not stop[0]:
        _describe_ends(kernel, out, rows)
    return rows.stop - rows.start


def _follow(
    kernel: Kernel, out: Outcomes, rows: slice, arguments: tuple, balls: Array, stop: NDArray[np.uint8]
) -> None:
    """Fill in where descents end, and why."""
    kernel.descend_rows(
        out.start[rows],
        out.end[rows],
        out.gradient_norm[rows],
        out.steps[rows],
        out.ending_code[rows],
        *arguments,
        kernel.passes,
        balls,
        stop,
    )


def _describe_ends(kernel: Kernel, out: Outcomes, rows: slice) -> None:
    """Fill in value and curvature, as many rows at a time as their Hessians fit in a few megabytes."""
    at_once = max(1, HESSIANS // out.start.shape[1] ** 2)
    for first in range(rows.start, rows.stop, at_once):
        part = slice(first, min(first + at_once, rows.stop))
        out.value[part], _, hessian = kernel.evaluate(out.end[part])
        out.curvature_min[part] = smallest_eigenvalues(hessian, kernel.cache)


def _arguments(objective: Objective, method: Method, arena: Box | None) -> tuple[float, float, float, Array, Array]:
    """What the kernel needs besides the starts: rate, step limit, tolerance, low and high ends."""
    d = objective.dimensions
    if arena is None:
        low, high = np.full(d, -np.inf), np.full(d, np.inf)
    elif arena.names == objective.variables:
        low, high = arena.low.copy(), arena.high.copy()
    else:
        raise InputError(
            f"the arena names {', '.join(arena.names)}; the objective has {', '.join(objective.variables)}"
        )
    tolerance = method.gradient_tolerance or -1.0  # no norm is below it, so all steps are run
    return float(method.learning_rate), float(method.max_steps), float(tolerance), low, high
