"""Designs: how starts are laid out in a box.

Row i of a design is a function of (design, box, size, seed, i) alone, so a slice equals the slice of the
whole, and parts, cores and machines cannot change a study. Random rows come from the counter-based
generator Philox (Salmon et al. 2011), whose raw 64-bit stream NumPy keeps stable, turned into numbers in
[0, 1) by hand: the top 53 bits times 2^-53.

A larger size adds starts to those of a smaller one: ``uniform``, ``sobol`` and ``halton`` begin with the same rows
(each replicate does), and in each cell of a ``jittered_grid`` the first ``k`` starts do not depend on ``per_cell``.

Designs: ``uniform``; ``grid`` and ``jittered_grid``, on cells; ``latin_hypercube``, ``sobol`` and ``halton``, in
replicates; ``file``. To add one of a sequence in the unit cube, write ``rows(d, count, rng, low, high)``, which returns
rows ``low .. high - 1`` of ``count``, shape ``(high - low, d)``; put it into ``_SAMPLERS`` under its name, and the name
into :data:`SEQUENCES` here and into ``DESIGNS`` and ``CountedStarts`` of :mod:`multistart.config.starts_section`. Which
interval it has is then said by ``_interval`` of :mod:`multistart.estimates.shares`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.errors import InputError, one_of

if TYPE_CHECKING:
    from scipy.stats import qmc

GRIDS = ("grid", "jittered_grid")
SEQUENCES = ("latin_hypercube", "sobol", "halton")
DESIGNS = ("uniform", *GRIDS, *SEQUENCES, "file")

MAX_STARTS = 10**11
#: Of one Sobol sequence; its generator counts in 32 bits.
MAX_SOBOL = 10**9
#: A Latin hypercube is made whole before it is cut: this many numbers take 320 MB while it is made.
MAX_LATIN_HYPERCUBE = 2 * 10**7

Array = NDArray[np.float64]


def size(
    design: str,
    dimensions: int,
    *,
    count: int | None = None,
    per_axis: int | None = None,
    per_cell: int = 1,
    replicates: int = 1,
) -> int:
    """Return the number of starts of a design.

    Parameters
    ----------
    count
        Starts, for designs without a grid; starts in one replicate for ``sobol``, ``halton``, ``latin_hypercube``.
    per_axis
        Cells on each axis, for ``grid`` and ``jittered_grid``.
    per_cell
        Starts in each cell of a ``jittered_grid``.
    replicates
        Independent scramblings of ``sobol``, ``halton``, ``latin_hypercube``.

    Raises
    ------
    InputError
        Unknown design, or a size that the design cannot take.
    """
    if design not in DESIGNS:
        raise InputError(f"design {one_of(design, DESIGNS)}")
    wanted, other = ("per_axis", "count") if design in GRIDS else ("count", "per_axis")
    given = {"count": count, "per_axis": per_axis}
    if given[other] is not None:
        raise InputError(f"{design} takes {wanted}, not {other}")
    if per_cell != 1 and design != "jittered_grid":
        raise InputError(f"{design} has no cells with several starts; per_cell belongs to jittered_grid")
    if replicates != 1 and design not in SEQUENCES:
        raise InputError(f"{design} has no scramblings; replicates belong to {', '.join(SEQUENCES)}")
    for name, number in ((wanted, given[wanted]), ("per_cell", per_cell), ("replicates", replicates)):
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 1:
            raise InputError(f"{design} needs {name}, a whole number of at least 1; got {number}")
    total = int(per_axis) ** dimensions * int(per_cell) if design in GRIDS else int(count) * int(replicates)  # type: ignore[arg-type]
    if total > MAX_STARTS:
        raise InputError(f"{design} would have {total:.3g} starts; at most {MAX_STARTS:.0e} are possible")
    if design == "latin_hypercube" and int(count) * dimensions > MAX_LATIN_HYPERCUBE:  # type: ignore[arg-type]
        limit = MAX_LATIN_HYPERCUBE // dimensions
        raise InputError(f"latin_hypercube takes at most {limit} starts in {dimensions}-D; use sobol for more")
    if design == "sobol" and int(count) > MAX_SOBOL:  # type: ignore[arg-type]
        raise InputError(f"sobol takes at most {MAX_SOBOL} starts in one replicate; use more replicates or uniform")
    return total


def draw(
    design: str,
    box: Box,
    *,
    seed: int = 2026,
    count: int | None = None,
    per_axis: int | None = None,
    per_cell: int = 1,
    replicates: int = 1,
    points: Array | None = None,
    rows: tuple[int, int] | None = None,
) -> Array:
    """Return rows of a design, shape ``(n, d)``.

    Grids number their cells with the last coordinate fastest; replicates follow one another.

    Parameters
    ----------
    design
        ``uniform``; ``grid`` (cell centres); ``jittered_grid`` (one uniform start in each cell);
        ``latin_hypercube``, ``sobol``, ``halton`` (scrambled, from ``scipy.stats.qmc``); ``file``.
    seed
        Ignored by ``grid`` and ``file``.
    count, per_axis, per_cell, replicates
        See :func:`size`.
    points
        The user's own starts, for ``file``.
    rows
        ``(first, last + 1)``; all rows where it is not given.

    Raises
    ------
    InputError
        As :func:`size`; or rows outside the design.

    >>> draw("grid", Box({"x": (0, 1), "y": (0, 2)}), per_axis=2).tolist()
    [[0.25, 0.5], [0.25, 1.5], [0.75, 0.5], [0.75, 1.5]]
    """
    if design == "file":
        points = _checked(points, box)
        total = len(points)
    else:
        total = size(design, box.dimensions, count=count, per_axis=per_axis, per_cell=per_cell, replicates=replicates)
    first, last = rows if rows is not None else (0, total)
    if not 0 <= first <= last <= total:
        raise InputError(f"rows ({first}, {last}) are not within the {total} starts of the design")
    if points is not None:
        return points[first:last].copy()
    if design in SEQUENCES:
        unit = _sequence_rows(design, box.dimensions, int(count), seed, first, last)  # type: ignore[arg-type]
    elif design == "uniform":
        unit = _uniform(seed, first, last, box.dimensions)
    else:
        cells = int(per_axis)  # type: ignore[arg-type]
        cell = np.arange(first, last, dtype=np.int64) // per_cell
        offset = 0.5 if design == "grid" else _within_cells(seed, first, last, cells, per_cell, box.dimensions)
        unit = (_cells(cell, cells, box.dimensions) + offset) / cells
    return np.minimum(box.low + box.width * unit, box.high)


def _uniform(seed: int, first: int, last: int, d: int) -> Array:
    """Rows ``first .. last - 1`` of an endless table of uniform numbers with ``d`` columns."""
    if first == last:
        return np.empty((0, d))
    skip = first * d
    generator = np.random.Philox(seed).advance(skip // 4)  # one counter value gives four numbers
    raw = generator.random_raw(skip % 4 + (last - first) * d)[skip % 4 :]
    unit: Array = (raw >> np.uint64(11)) * np.float64(2.0**-53)
    return unit.reshape(-1, d)


def _within_cells(seed: int, first: int, last: int, per_axis: int, per_cell: int, d: int) -> Array:
    """Where in its cell each start of these rows lies, from 0 to 1: a function of cell and place, not of ``per_cell``.

    Of the endless table of uniform numbers, the first start of each cell has a row among the first ``cells``, the next
    one among as many more, the next two among twice as many, the next four among four times as many: octaves, so that
    consecutive starts have consecutive rows in each octave, and no row is read twice.
    """
    cells = per_axis**d
    if per_cell == 1:
        return _uniform(seed, first, last, d)
    cell, place = np.divmod(np.arange(first, last, dtype=np.int64), per_cell)
    octave = np.frexp(place)[1]  # 0 for the first start, 1 for the next, 2 for the next two, ...
    width = np.int64(1) << np.maximum(octave - 1, 0)  # the starts of a cell that are in the octave
    row = np.where(octave, (cells + cell - 1) * width + place, cell)
    within = np.empty((last - first, d))
    for each in np.unique(octave):
        rows = row[here := octave == each]
        within[here] = _uniform(seed, int(rows[0]), int(rows[-1]) + 1, d)[rows - rows[0]]
    return within


def _cells(cell: NDArray[np.int64], per_axis: int, d: int) -> NDArray[np.int64]:
    """The grid coordinates of cells that are numbered with the last coordinate fastest."""
    return np.stack([cell // per_axis ** (d - 1 - j) % per_axis for j in range(d)], axis=1)


def _sequence_rows(design: str, d: int, count: int, seed: int, first: int, last: int) -> Array:
    parts = [np.empty((0, d))]
    for replicate in range(first // count, -(-last // count)):
        low, high = max(first - replicate * count, 0), min(last - replicate * count, count)
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(replicate,)))
        parts.append(_SAMPLERS[design](d, count, rng, low, high))
    return np.concatenate(parts)


def _latin_hypercube(d: int, count: int, rng: np.random.Generator, low: int, high: int) -> Array:
    from scipy.stats import qmc  # half a second that the other designs need not pay

    return qmc.LatinHypercube(d, rng=rng).random(count)[low:high]


def _sobol(d: int, count: int, rng: np.random.Generator, low: int, high: int) -> Array:
    from scipy.stats import qmc

    with warnings.catch_warnings():  # sizes that are no power of two are the user's choice, see config/README.md
        warnings.filterwarnings("ignore", message="The balance properties")
        engine = qmc.Sobol(d, bits=32, rng=rng)
        if low:
            _fast_forward(engine, low)
        return engine.random(high - low)


def _fast_forward(engine: qmc.Sobol, low: int) -> None:
    """Bring a new Sobol engine to a point at once: SciPy does it point by point, which takes seconds for 10^9.

    Point n is the shift, and the direction numbers at the ones of the Gray code of n, added without carry (Antonov and
    Saleev 1979). Where SciPy has other names for these, it does it itself.
    """
    if not all(hasattr(engine, name) for name in ("_quasi", "_sv", "num_generated")):
        engine.fast_forward(low)
        return
    gray = (low - 1) ^ ((low - 1) >> 1)
    ones = [bit for bit in range(gray.bit_length()) if gray >> bit & 1]
    engine._quasi ^= np.bitwise_xor.reduce(engine._sv[:, ones], axis=1, dtype=engine._quasi.dtype)
    engine.num_generated = low


def _halton(d: int, count: int, rng: np.random.Generator, low: int, high: int) -> Array:
    from scipy.stats import qmc

    engine = qmc.Halton(d, rng=rng)
    engine.num_generated = low  # its fast_forward makes all points before
    return engine.random(high - low)


_SAMPLERS: dict[str, Callable[[int, int, np.random.Generator, int, int], Array]] = {
    "latin_hypercube": _latin_hypercube,
    "sobol": _sobol,
    "halton": _halton,
}


def _checked(points: Array | None, box: Box) -> Array:
    if points is None:
        raise InputError("design file needs points, an array of shape (n, d)")
    points = np.asarray(points, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != box.dimensions or len(points) == 0:
        raise InputError(f"starts have shape (n, {box.dimensions}) with n of at least 1; got {points.shape}")
    if not np.isfinite(points).all():
        raise InputError(f"starts must be finite; row {int(np.argmin(np.isfinite(points).all(axis=1)))} is not")
    return points
