"""`prove_shares`: lower and upper bounds of every minimum's share of a box, proven, by cells of starts."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.errors import InputError
from multistart.functions.objective import Objective
from multistart.kernels.compiled import digest, kept_or_made
from multistart.kernels.machine_code import NativeFunction
from multistart.methods import Method
from multistart.proofs import Certificate
from multistart.proofs.fit_problem import problem_of
from multistart.reachability.bounds import Bounds, bounds_on, coarser
from multistart.reachability.cells import UNDECIDED, ProvenShares
from multistart.reachability.jet import keys, loaded_jet
from multistart.reachability.landing import Landing, landing
from multistart.reachability.rounding import Rounding
from multistart.reachability.waiting import least_updates

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
Progress = Callable[[int, int], None]
ROOTS = {1: 64, 2: 32, 3: 8}  # cells along an axis to begin with, by dimensions
PIECES = 32  # that may be cut off a cell on its way
BEND = 0.05  # of the gradient, or more of what is not linear, and a set is cut
SIDE = 32  # boxes along an axis of the table that says which minimum is near
SLICE = 1024  # cells that a thread takes at a time
_AS_TEXT = ("carry.py",)
_TEXT = Path(__file__).with_name("carry.py")


def prove_shares(
    objective: Objective,
    method: Method,
    box: Box,
    arena: Box,
    certificate: Certificate,
    *,
    max_cells: int,
    width: float = 0.0,
    threads: int = 1,
    cache: Path | str | None = None,
    progress: Progress | None = None,
) -> ProvenShares:
    """Carry cells of starts through gradient descent as sets, largest first, and halve those that stay undecided.

    Parameters
    ----------
    box
        What the starts are drawn from.
    arena
        What a descent may move in.
    certificate
        Of the arena; it need not be complete. What comes to rest at a minimum that is not in its list does not arrive.
    max_cells
        How many cells are carried at most. The answer depends on this, never on threads or time.
    width
        End as soon as no share's bounds are further apart.
    progress
        Called now and then with how many cells were carried, and how many may be.

    Raises
    ------
    InputError
        Another rule than gradient descent at a constant rate, more than three dimensions, a tolerance of 0, a box
        outside the arena, a fit, or a formula whose rounding is not known.
    """
    rate = _rate_of(objective, method, box, arena, max_cells, width, threads)
    low, high = np.array([arena.bounds[v] for v in objective.variables]).T.copy()
    problem, rounding = problem_of(objective), Rounding(objective)
    bounds = bounds_on(objective, rounding, low, high, rate, method.max_steps, threads)
    faces = tuple(arena.bounds[v] for v in objective.variables)
    landings = [landing(problem, rounding, m, faces, rate, method.gradient_tolerance) for m in certificate.minima]
    carrier = _Carrier(objective, method, rate, low, high, bounds, rounding.jet_text, landings, threads, cache)
    ends = np.array([box.bounds[v] for v in objective.variables]).T
    return _refined(carrier, ends, max_cells, width, len(landings), progress or (lambda done, total: None))


def _rate_of(
    objective: Objective, method: Method, box: Box, arena: Box, max_cells: int, width: float, threads: int
) -> float:
    """The learning rate, of a study for which shares can be proven."""
    if method.optimizer != "gradient_descent" or method.constant_rate is None:
        raise InputError("shares are proven for gradient_descent at a constant learning_rate; leave proven_shares out")
    if objective.fit is not None:
        raise InputError("shares are proven of formulas, not of sums over rows of data; leave proven_shares out")
    if objective.dimensions not in ROOTS:
        raise InputError(f"proven shares are there for 1 to {len(ROOTS)} dimensions; got {objective.dimensions}")
    if method.stopping != "gradient":
        raise InputError('proven shares are there for stopping "gradient"; with "certified" leave them out')
    if not method.gradient_tolerance > 0:
        raise InputError("proven shares need a gradient_tolerance above 0, at which a descent is at rest; got 0")
    if max_cells < 1 or threads < 1 or not width >= 0:
        raise InputError(f"max_cells and threads are at least 1, width at least 0; got {max_cells}, {threads}, {width}")
    if not all(arena.bounds[v][0] <= box.bounds[v][0] and box.bounds[v][1] <= arena.bounds[v][1] for v in box.names):
        raise InputError(f"the box {box} is not inside the arena {arena}")
    return float(method.learning_rate)


def _refined(
    carrier: _Carrier, ends: Array, max_cells: int, width: float, minima: int, progress: Progress
) -> ProvenShares:
    """Generations of cells: each halves what the one before left undecided."""
    d, (low, high) = ends.shape[1], _roots(ends)
    done: list[tuple[Array, Array, Whole]] = []
    whole, cells, updates, decided = float(np.prod(ends[1] - ends[0])), 0, 0, 0.0
    while len(low):
        now = min(len(low), max_cells - cells)
        parts = []
        for part in carrier.carry(low[:now], high[:now]):
            parts.append(part)
            progress(cells + sum(len(each[0]) for each in parts), max_cells)
        verdict, axis, cost = (np.concatenate(column) for column in zip(*parts, strict=True))
        cells, updates, known = cells + now, updates + int(cost.sum()), verdict != UNDECIDED
        done.append((low[:now][known], high[:now][known], verdict[known]))
        decided += math.fsum(np.prod(done[-1][1] - done[-1][0], axis=1).tolist())
        rest = low[now:], high[now:]
        low, high, axis = low[:now][~known], high[:now][~known], axis[~known]
        if cells >= max_cells or 1 - decided / whole <= width:
            low, high = np.concatenate([low, rest[0]]), np.concatenate([high, rest[1]])
            break
        rows = np.arange(len(low))
        narrow = (high - low)[rows, axis] <= 2.0 ** -min(40, 60 // d) * (ends[1] - ends[0])[axis]
        done.append((low[narrow], high[narrow], np.full(int(narrow.sum()), UNDECIDED)))
        low, high = _halved(low[~narrow], high[~narrow], axis[~narrow])
    done.append((low, high, np.full(len(low), UNDECIDED)))
    lows, highs, verdicts = (np.concatenate(parts) for parts in zip(*done, strict=True))
    return ProvenShares(lows, highs, verdicts, minima, cells, updates)


def _roots(ends: Array) -> tuple[Array, Array]:
    """The first cells, with corners in common."""
    d = ends.shape[1]
    lines = [np.linspace(ends[0, i], ends[1, i], ROOTS[d] + 1) for i in range(d)]
    lows = np.stack(np.meshgrid(*(line[:-1] for line in lines), indexing="ij"), axis=-1).reshape(-1, d)
    highs = np.stack(np.meshgrid(*(line[1:] for line in lines), indexing="ij"), axis=-1).reshape(-1, d)
    return np.ascontiguousarray(lows), np.ascontiguousarray(highs)


def _halved(low: Array, high: Array, axis: Whole) -> tuple[Array, Array]:
    """Both halves of each cell across an axis."""
    rows = np.arange(len(low))
    middle = low[rows, axis] + 0.5 * (high[rows, axis] - low[rows, axis])
    upper_low, lower_high = low.copy(), high.copy()
    upper_low[rows, axis], lower_high[rows, axis] = middle, middle
    both = np.stack([low, upper_low], axis=1), np.stack([lower_high, high], axis=1)
    return both[0].reshape(-1, low.shape[1]), both[1].reshape(-1, low.shape[1])


class _Carrier:
    """The compiled text with all that it looks up."""

    def __init__(
        self, objective: Objective, method: Method, rate: float, low: Array, high: Array, bounds: Bounds, jet_text: str,
        landings: list[Landing], threads: int, cache: Path | str | None,
    ) -> None:  # fmt: skip
        d = objective.dimensions
        self._jet = loaded_jet(jet_text, cache)  # to keep it loaded
        addresses = np.array([self._jet.address, 0, 0, d, d], dtype=np.int64)
        self._formula = np.concatenate([addresses, objective.numbers.view(np.int64)])
        self._function = loaded_carry(d, cache)
        self._d, self._threads = d, threads
        tolerance = method.gradient_tolerance * (1 + 1e-9)
        self._options = np.array([rate, method.max_steps, tolerance, PIECES, BEND], dtype=np.float64)
        self._grid = np.concatenate([low, high, bounds.width])
        self._boxes, self._starts, self._sizes = _pyramid(bounds, least_updates(bounds, landings, rate))
        self._near = _near(low, high, landings, d)
        self._places = _places(d)
        self._balls = _balls(landings, d)

    def carry(self, low: Array, high: Array) -> Iterator[tuple[Whole, Whole, Whole]]:
        """Verdict, axis to halve and cost of each cell, some cells at a time."""
        cuts = [slice(i, i + SLICE) for i in range(0, len(low), SLICE)]
        with ThreadPoolExecutor(self._threads) as pool:
            yield from pool.map(lambda cut: self._carry(low[cut], high[cut]), cuts)

    def _carry(self, low: Array, high: Array) -> tuple[Whole, Whole, Whole]:
        n, d = low.shape
        verdict, axis, cost = (np.empty(n, dtype=np.int64) for _ in range(3))
        row = 2 * d + 2 * d * d + 3
        stack, room = np.empty((PIECES + 2) * row), np.empty(8 * row + 128)
        low, high = np.require(low, np.float64, ["C", "W"]), np.require(high, np.float64, ["C", "W"])
        minima, centers, radii, shells, needed, how_many = self._balls
        self._function(
            n, low, high, self._formula, self._options, self._grid, self._boxes, self._starts, self._sizes, self._near,
            self._places, minima, centers, radii, shells, needed, how_many, verdict, axis, cost, stack, room,
        )  # fmt: skip
        return verdict, axis, cost


def loaded_carry(d: int, cache: Path | str | None = None) -> NativeFunction:
    """The compiled text for so many dimensions, from the cache or from the compiler."""
    text = _TEXT.read_text().replace("\nD = 2\n", f"\nD = {d}\n")
    return kept_or_made("sets of starts", digest(text), lambda: text, ("carry",), cache)["carry"]


def _pyramid(bounds: Bounds, waiting: Array) -> tuple[Array, Whole, Whole]:
    """All that is known of boxes, level by level, with where each begins; number of levels, a side, and sizes."""
    each = [*np.moveaxis(bounds.fourth, -1, 0), bounds.update, bounds.hessian, bounds.third, -waiting]
    table = np.stack(each, axis=-1)
    d = table.ndim - 1
    levels = list(coarser(table, d))
    starts = np.cumsum([0, *(level.size for level in levels[:-1])])
    sizes = [len(levels), SIDE, *(level.shape[0] for level in levels)]
    return np.concatenate([level.ravel() for level in levels]), starts, np.array(sizes)


def _near(low: Array, high: Array, landings: list[Landing], d: int) -> Whole:
    """The minimum nearest to each box's middle; only a guess of whose ball to look at."""
    if not landings:
        return np.zeros(SIDE**d, dtype=np.int64)
    lines = [low[i] + (np.arange(SIDE) + 0.5) * (high[i] - low[i]) / SIDE for i in range(d)]
    points = np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1).reshape(-1, d)
    centers = np.array([each.center for each in landings])
    best, index = np.full(len(points), np.inf), np.zeros(len(points), dtype=np.int64)
    for b, center in enumerate(centers):
        distance = np.linalg.norm(points - center, axis=1)
        index[distance < best] = b
        best = np.minimum(best, distance)
    return index


def _places(d: int) -> Whole:
    """Where each derivative stands: along ``i, j``; ``i, j, k``; ``i, j, k, l``, among those of its order."""
    places = []
    for order in (2, 3, 4):
        known = {key: at for at, key in enumerate(keys(d, order))}
        places += [known[tuple(sorted(key))] for key in itertools.product(range(d), repeat=order)]
    return np.array(places)


def _balls(landings: list[Landing], d: int) -> tuple[int, Array, Array, Array, Array, int]:
    """The minima as arrays: centres, radii with deltas, shells of as many for each, and the updates they need."""
    how_many = max((len(each.shells) for each in landings), default=1) or 1
    shells, needed = np.zeros((len(landings), how_many)), np.full((len(landings), how_many), np.inf)
    for b, each in enumerate(landings):
        if each.shells:
            shells[b, : len(each.shells)], needed[b, : len(each.shells)] = np.array(each.shells).T
    centers = np.array([each.center for each in landings], dtype=np.float64).reshape(-1, d)
    radii = np.array([(each.radius or -1.0, each.delta) for each in landings], dtype=np.float64).reshape(-1, 2)
    return len(landings), centers.copy(), radii, shells, needed, how_many
