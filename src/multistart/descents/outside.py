"""Descents by SciPy's `minimize` and `least_squares`, start after start, with compiled values and derivatives.

What SciPy says of an end is kept, and not believed: why a descent ended is asked of the point itself. Steps are an
optimiser's iterations; evaluations are counted where they are made. Each row depends on its start alone, so that any
number of processes gives the same bits.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistart.descents.blas import one_thread
from multistart.descents.faces import projected
from multistart.descents.outcomes import CONVERGED, LEFT_ARENA, NONFINITE, STEP_LIMIT, STOPPED, Outcomes
from multistart.descents.pace import Pace, slices
from multistart.descents.prepared import check_function
from multistart.functions.objective import Objective
from multistart.kernels import compile_evaluation, compile_residuals
from multistart.kernels.compiled import Evaluation
from multistart.kernels.machine_code import MachineCode, NativeFunction
from multistart.methods import Method
from multistart.methods.outside import GRADIENT, HESSIAN, OPTIMISERS, Options

Array = NDArray[np.float64]
SLICE = 64  # starts handed to a process at a time, at most
ALONE = 1.0  # seconds of work on a few starts, after which the rest are shared
STILL = 100  # steps on one spot after which an optimiser is no more on its way: steps that it tries and rejects


@dataclass(frozen=True)
class Task:
    """What takes a start to where SciPy brings it: plain data, for any process.

    Attributes
    ----------
    code
        The compiled value, gradient and Hessian; for `least_squares` the compiled residuals.
    numbers
        What it takes besides points: the objective's free parameters.
    optimiser, options
        The name of the method, and its options as `minimize` takes them.
    max_steps
        Steps after which it is ended, should it not end itself.
    low, high
        The arena, shape ``(d,)``.
    held
        Whether these are bounds that SciPy is given, too.
    """

    code: MachineCode
    numbers: Array
    optimiser: str
    options: Options
    max_steps: int
    low: Array
    high: Array
    held: bool = False

    @classmethod
    def of(cls, objective: Objective, method: Method, low: Array, high: Array, cache: Path | str | None) -> Task:
        """That of a method in an arena.

        Raises
        ------
        InputError
            A method that cannot descend on the function.
        """
        check_function(objective, method)
        optimiser = method.outside
        assert optimiser is not None, "a rule has a kernel"
        options = optimiser.for_scipy(method.options, method.max_steps, method.gradient_tolerance, len(low))
        evaluation = compile_evaluation(objective, cache)
        code = compile_residuals(objective, cache) if optimiser.residuals else evaluation.function
        limits = tuple(options.items()), method.max_steps
        return cls(code.compiled, evaluation.numbers, optimiser.name, *limits, low, high, method.bounds is not None)

    def placed(self, point: Array) -> Array:
        """The nearest point of the bounds, where there are some: SciPy's may be off by rounding."""
        return np.clip(point, self.low, self.high) if self.held else point

    def inside(self, points: Array) -> NDArray[np.bool_]:
        """Whether points lie in the arena, shape ``(..., d)`` to ``(...)``."""
        return np.asarray(((points >= self.low) & (points <= self.high)).all(axis=-1))


class _Ended(Exception):
    """A descent has left the arena, has come to what is no point, or has made all its steps."""


class _Way:
    """The way of one descent: the start, the point after each step, and the end that SciPy gave where that is another.

    Attributes
    ----------
    nonfinite
        Whether it came to what is no point; the last one then is the last that was.
    still
        Steps on the spot, at the end.
    calls
        Evaluations of value, gradient and Hessian.
    success, message
        What SciPy said; none where it was ended before it said anything. An error is a message.
    """

    def __init__(self, task: Task, start: Array) -> None:
        self.task, self.points, self.calls = task, [start], [0, 0, 0]
        self.nonfinite, self.still = not np.isfinite(start).all(), 0
        self.success: bool | None = None
        self.message: str | None = None

    def step(self, xk: Array) -> None:
        """What SciPy calls after each step; it tells by the argument's name what to give."""
        xk = self.task.placed(xk)
        self.still = self.still + 1 if np.array_equal(xk, self.points[-1]) else 0
        if not self.come_to(xk) or self.nonfinite or not self.task.inside(self.points[-1]):
            raise _Ended

    def come_to(self, point: Array) -> bool:
        """Take a point; false where all steps are made."""
        if len(self.points) > self.task.max_steps:
            return False
        self.nonfinite = not np.isfinite(point).all()
        if not self.nonfinite:
            self.points.append(np.array(point, dtype=np.float64))
        return True


class _Function:
    """The function that SciPy asks, and which counts; of a point, all is computed at once and remembered."""

    def __init__(self, code: NativeFunction, numbers: Array, d: int, calls: list[int]) -> None:
        self._code, self._numbers, self._calls, self._at = code, numbers, calls, b""
        self._arrays: tuple[np.ndarray, ...]
        self._arrays = np.empty((1, d)), np.empty(1), np.empty((1, d)), np.empty((1, d, d))

    def value(self, x: Array) -> float:
        return float(self._asked(x, 0)[0])

    def gradient(self, x: Array) -> Array:
        return self._asked(x, 1)[0].copy()

    def hessian(self, x: Array) -> Array:
        return self._asked(x, 2)[0].copy()

    def _asked(self, x: Array, what: int) -> Array:
        self._calls[what] += 1
        if (at := x.tobytes()) != self._at:
            self._at = at
            point, *results = self._arrays
            point[...] = x
            results[-1][:] = 0.0  # as an evaluation asks of its Hessian
            self._code(point, self._numbers, *results)
        return self._arrays[1 + what]


class _Residuals(_Function):
    """The residuals that `least_squares` asks, whose halved squares add up to the value, and their Jacobian."""

    def __init__(self, code: NativeFunction, numbers: Array, d: int, calls: list[int]) -> None:
        n = int(numbers[0])
        self._code, self._numbers, self._calls, self._at = code, numbers, calls, b""
        self._arrays = np.empty(d), np.empty(n), np.empty((n, d))

    def residuals(self, x: Array) -> Array:
        return self._asked(x, 0).copy()

    def jacobian(self, x: Array) -> Array:
        return self._asked(x, 1).copy()


def descend_outside(
    objective: Objective,
    method: Method,
    out: Outcomes,
    low: Array,
    high: Array,
    processes: int,
    cache: Path | str | None,
    pace: Pace | None = None,
) -> Iterator[slice]:
    """Fill in why and where descents end, shared among processes; which rows, as they are done."""
    evaluation = compile_evaluation(objective, cache)
    task = Task.of(objective, method, low, high, cache)
    for rows, *found, nonfinite, still in _in_processes(task, out.start, processes, pace):
        part = out.rows(rows)
        assert part.evaluations is not None
        assert part.verdict is not None
        for array, values in zip((part.end, part.steps, part.evaluations, part.verdict), found, strict=True):
            array[:] = values
        _judge(part, task, evaluation, method.gradient_tolerance, np.array(nonfinite), np.array(still))
        yield rows


def ways_outside(
    objective: Objective, method: Method, starts: Array, low: Array, high: Array, cache: Path | str | None
) -> list[Array]:
    """All points of a few descents, shapes ``(steps + 1, d)``."""
    task = Task.of(objective, method, low, high, cache)
    return [np.array(way.points) for way in _ways(task, starts)]


def _in_processes(task: Task, starts: Array, processes: int, pace: Pace | None) -> Iterator[tuple[Any, ...]]:
    """What :func:`_ends` gives of all rows; those of a few quick starts without other processes, which take seconds."""
    first, pace = 0, pace or Pace()
    few = len(starts) <= SLICE or processes == 1
    for rows in slices(len(starts), SLICE, 1, pace) if few else ():
        yield _told(_ends(task, starts[rows], rows), pace)
        first = rows.stop
        if processes > 1 and pace.seconds > ALONE:
            break
    if first == len(starts):
        return
    from joblib import Parallel, delayed, parallel_config  # which a single process does without

    cut = (slice(first + rows.start, first + rows.stop) for rows in slices(len(starts) - first, SLICE, processes, pace))
    with parallel_config("loky", inner_max_num_threads=1):
        pool = Parallel(n_jobs=processes, return_as="generator_unordered")
        done = pool(delayed(_ends)(task, starts[rows], rows) for rows in cut)
    for found in done:
        yield _told(found, pace)


def _told(found: tuple[Any, ...], pace: Pace) -> tuple[Any, ...]:
    """What was found of some rows, without the seconds that they took, which the pace is told."""
    rows, *rest, seconds = found
    pace.take(rows.stop - rows.start, seconds)
    return rows, *rest


def _ends(task: Task, starts: Array, rows: slice) -> tuple[Any, ...]:
    """Of some rows: which, their ends, steps, evaluations, verdicts, the rest of :class:`_Way`, and the seconds."""
    began = time.perf_counter()
    ways = _ways(task, starts)
    by = f"SciPy {version('scipy')}"
    said = [(way.success, way.message, by) for way in ways]
    ends, steps = np.array([way.points[-1] for way in ways]), [len(way.points) - 1 for way in ways]
    calls, nonfinite, still = zip(*((way.calls, way.nonfinite, way.still) for way in ways), strict=True)
    return rows, ends, steps, calls, np.array(said, object), nonfinite, still, time.perf_counter() - began


def _ways(task: Task, starts: Array) -> list[_Way]:
    with one_thread(), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return [_way(task, start) for start in starts]


def _way(task: Task, start: Array) -> _Way:
    """What becomes of one start; an error of SciPy's is the outcome of its start, and ends no study."""
    optimiser, way = OPTIMISERS[task.optimiser], _Way(task, start)
    run = _least_squares if optimiser.residuals else _minimize
    try:
        found = run(task, start, way)
        if found is not None:
            way.success, way.message = bool(found.success), str(found.message)
            end = task.placed(found.x)
            if not np.array_equal(end, way.points[-1]):
                way.come_to(end)
    except _Ended:
        pass
    except Exception as error:
        way.message = f"{type(error).__name__}: {error}"
    return way


def _minimize(task: Task, start: Array, way: _Way) -> Any:
    """What SciPy's `minimize` gives; none where it is not asked, since the start is no place to descend from."""
    from scipy.optimize import minimize  # a third of a second, which jobs of rules do without

    optimiser = OPTIMISERS[task.optimiser]
    function = _Function(_native(task.code), task.numbers, len(start), way.calls)
    if way.nonfinite:
        function.gradient(start) if optimiser.needs >= GRADIENT else function.value(start)  # what tells, as in a kernel
    if way.nonfinite or not task.inside(start):
        return None
    return minimize(
        function.value,
        start,
        method=task.optimiser,
        jac=_asking(function.gradient, way if optimiser.tries else None) if optimiser.needs >= GRADIENT else None,
        hess=function.hessian if optimiser.needs >= HESSIAN else None,
        bounds=list(zip(task.low, task.high, strict=True)) if task.held else None,
        callback=None if optimiser.tries else way.step,
        options=dict(task.options),
    )


def _least_squares(task: Task, start: Array, way: _Way) -> Any:
    """What SciPy's `least_squares` gives, likewise. Its cost is our value, and its gradient ours."""
    from scipy.optimize import least_squares

    function = _Residuals(_native(task.code), task.numbers, len(start), way.calls)
    if way.nonfinite:
        function.jacobian(start)
    if way.nonfinite or not task.inside(start):
        return None
    return least_squares(
        function.residuals,
        start,
        method=task.optimiser,
        jac=_asking(function.jacobian, way),
        bounds=(task.low, task.high) if task.held else (-np.inf, np.inf),
        **dict(task.options),
    )


def _asking(slopes: Callable[[Array], Array], way: _Way | None) -> Callable[[Array], Array]:
    """Gradient or Jacobian; where there is a way, it goes to where those are asked."""

    def asked(x: Array) -> Array:
        if way is not None and not np.array_equal(x, way.points[-1]):
            way.step(x)
        return slopes(x)

    return asked


@lru_cache(maxsize=8)
def _native(code: MachineCode) -> NativeFunction:
    return NativeFunction(code)


def _judge(
    part: Outcomes,
    task: Task,
    evaluation: Evaluation,
    tolerance: float,
    nonfinite: NDArray[np.bool_],
    still: NDArray[np.int64],
) -> None:
    """Fill in why descents ended, by where they did, and nothing that SciPy said."""
    _, gradient, _ = evaluation.evaluate(part.end)
    counted = projected(part.end, gradient, task.low, task.high) if task.held else gradient
    part.gradient_norm[:] = _norms(counted)
    part.ending_code[:] = np.select(
        [
            nonfinite,
            ~task.inside(part.end),
            ~np.isfinite(gradient).all(axis=1),
            part.gradient_norm <= tolerance,
            (part.steps >= task.max_steps) & (still < STILL),
        ],
        [NONFINITE, LEFT_ARENA, NONFINITE, CONVERGED, STEP_LIMIT],
        STOPPED,
    )


def _norms(gradient: Array) -> Array:
    """Norms of the rows, also where squares would be rounded away or have no room."""
    size = np.abs(gradient).max(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        norm = size * np.linalg.norm(gradient / size[:, None], axis=1)
    return np.where((size > 0) & np.isfinite(size), norm, size)
