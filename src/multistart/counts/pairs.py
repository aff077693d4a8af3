"""Two methods from the same starts, counted together: which starts change their basin, which method pays what.

What the paired intervals need adds exactly, and does not grow with the number of starts: costs are counted in bins that
have the exact sums beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from multistart.counts.counter import GRADIENT, Counter, paid
from multistart.counts.frequencies import added, frequencies
from multistart.counts.long_table import Piece, columns_of, long_table, pieces_of
from multistart.counts.shares import ShareTally
from multistart.descents.outcomes import IN_ORBITS, NO_BASIN
from multistart.methods.endings import STOPPED_BY_PLACE
from multistart.starts.layout import Layout

#: What a start's label in the shares is the sum of: the best value reached by the first, by the second method, and two
#: different basins, -1 being one.
BY_FIRST, BY_SECOND, CHANGED = 4, 2, 1
#: A start that goes from one basin to another has both numbers in its label of the moves, those beyond as the last one.
BASINS = 46_000
COST_BITS = 5  # mantissa bits of a bin of costs: each cost up to 62 has its own, and none is wider than 3.2 % of it
Whole = NDArray[np.int64]
Array = NDArray[np.float64]

#: The columns of each frame that tell its rows apart, and those that are sums.
KEYS = {"changes": ["from", "to"], "costs": ["reached", "first_bin", "second_bin"], "apart": ["evaluated"]}
SUMS = {
    "changes": ["count"],
    "costs": ["count", "first_evaluations", "second_evaluations"],
    "apart": ["first_evaluations", "second_evaluations"],
}
#: What is summed apart from the gradients of methods that count their own evaluations, and for how many of the starts.
FUNCTIONS, HESSIANS, COUNTED = range(3)
SHARES = ["kind", "i", "j", "value"]
TALLIES = ("shares", "moves")
COLUMNS = ["table", *KEYS["changes"], *KEYS["costs"], *KEYS["apart"], *SUMS["costs"], *SHARES]
TEXTS = frozenset(("table", "kind"))


@dataclass(frozen=True)
class Reached:
    """Which minimum each of consecutive starts reached, or -1, and at which cost; arrays of shape ``(n,)``.

    Attributes
    ----------
    evaluations
        Of the gradient; of the function, by a method that asks for no gradient.
    functions, hessians
        Evaluations of the function and of its Hessian, by a method that counts its own; none by one that needs neither.
    """

    basin: Whole
    evaluations: Whole
    functions: Whole | None = None
    hessians: Whole | None = None

    @classmethod
    def of(cls, columns: Mapping[str, np.ndarray], paid_in: str = GRADIENT) -> Reached:
        """From columns of labelled outcomes: ``basin, ending, steps``, endings as positions in ``ENDINGS``.

        Attractors that are no minimum are each method's own, and -1 here. Where the method counts its own evaluations
        they are in ``gradient_evaluations`` and the two others, and what a descent pays is that of `paid`; else it has
        evaluated a gradient for each step, and one at the end unless its place alone ended it.
        """
        basin = np.where(np.isin(columns["ending"], IN_ORBITS), NO_BASIN, columns["basin"].astype(np.int64))
        if (cost := paid(columns, paid_in)) is not None:
            return cls(basin, cost, columns["function_evaluations"], columns["hessian_evaluations"])
        return cls(basin, columns["steps"] + ~np.isin(columns["ending"], STOPPED_BY_PLACE))

    @property
    def apart(self) -> list[int]:
        """The sums of :data:`FUNCTIONS` and :data:`HESSIANS`, and the starts of a method that counts."""
        if self.functions is None or self.hessians is None:
            return [0, 0, 0]
        return [int(self.functions.sum()), int(self.hessians.sum()), len(self.basin)]


@dataclass(frozen=True)
class PairedRows:
    """The same consecutive starts under two methods."""

    first: Reached
    second: Reached

    def __len__(self) -> int:
        return len(self.first.basin)


@dataclass(frozen=True, eq=False)
class PairCounts:
    """Counts over starts that two methods began from.

    Attributes
    ----------
    changes
        ``from, to, count``: starts by their basin under the first and under the second method.
    costs
        ``reached, first_bin, second_bin, count, first_evaluations, second_evaluations``: starts by which method
        reached the best value (:data:`BY_FIRST`, :data:`BY_SECOND`, their sum or 0) and by the bins of what the
        descents cost (`cost_bins`), with what they cost in total.
    apart
        ``evaluated, first_evaluations, second_evaluations``: sums by :data:`FUNCTIONS`, :data:`HESSIANS` and
        :data:`COUNTED`; empty where both methods evaluate gradients alone.
    shares
        Starts by the sum of :data:`BY_FIRST`, :data:`BY_SECOND` and :data:`CHANGED`, as far as they hold.
    moves
        Starts by :func:`moves_of`, for the intervals of `changes`.
    """

    changes: pd.DataFrame
    costs: pd.DataFrame
    apart: pd.DataFrame
    shares: ShareTally
    moves: ShareTally

    def evaluated(self, what: int) -> tuple[int, int]:
        """The sums of the first and of the second method, 0 where it evaluates gradients alone."""
        found = self.apart[self.apart["evaluated"] == what]
        return int(found["first_evaluations"].sum()), int(found["second_evaluations"].sum())

    @classmethod
    def sum(cls, parts: Iterable[PairCounts]) -> PairCounts:
        """The counts of all parts, of one at least."""
        first, *others = parts
        return sum(others, first)

    def __add__(self, other: PairCounts) -> PairCounts:
        """The counts of the rows of both."""
        frames = {name: _added(name, getattr(self, name), getattr(other, name)) for name in KEYS}
        return PairCounts(**frames, shares=self.shares + other.shares, moves=self.moves + other.moves)

    def __eq__(self, other: object) -> bool:
        """Whether all counts are the same."""
        return isinstance(other, PairCounts) and all(
            (mine == vars(other)[name]) if name in TALLIES else mine.equals(vars(other)[name])
            for name, mine in vars(self).items()
        )

    def pieces(self) -> list[Piece]:
        """All of it, each with its name as ``table``, as `long_table` puts them one below the other."""
        frames = {name: dict(getattr(self, name).items()) for name in KEYS}
        tallies = {name: getattr(self, name).piece() for name in TALLIES}
        return [{"table": name, **columns} for name, columns in (frames | tallies).items()]

    def to_frame(self) -> pd.DataFrame:
        """All of it as one long table with a first column ``table``, to be stored; `from_frame` reads it."""
        return long_table(self.pieces(), COLUMNS, TEXTS)

    @classmethod
    def from_frame(cls, stacked: pd.DataFrame, layout: Layout) -> PairCounts:
        """What `to_frame` gave."""
        rows, none = pieces_of(stacked, "table"), np.empty(0, dtype=np.int64)
        columns = {
            name: columns_of(stacked, rows.get(name, none), [*KEYS[name], *SUMS[name]] if name in KEYS else SHARES)
            for name in (*KEYS, *TALLIES)
        }
        frames = {name: pd.DataFrame(columns[name], copy=False) for name in KEYS}
        return cls(**frames, **{name: ShareTally.from_piece(columns[name], layout) for name in TALLIES})


@dataclass(frozen=True)
class PairCounter(Counter[PairedRows, PairCounts]):
    """Counts the starts of two methods.

    Attributes
    ----------
    best
        The basins that tie for the lowest value.
    """

    layout: Layout
    best: frozenset[int]

    def of(self, rows: PairedRows, first: int) -> PairCounts:
        """The counts of rows ``first, first + 1, ...``."""
        one, two = rows.first, rows.second
        best = list(self.best)
        reached = BY_FIRST * np.isin(one.basin, best) + BY_SECOND * np.isin(two.basin, best)
        keys = reached, cost_bins(one.evaluations), cost_bins(two.evaluations)
        *cells, count, spent = frequencies(*keys, weight=one.evaluations)
        costs = *cells, count, spent, frequencies(*keys, weight=two.evaluations)[-1]
        return PairCounts(
            _frame("changes", *frequencies(one.basin, two.basin)),
            _frame("costs", *costs),
            _apart(one, two),
            ShareTally.of(reached + CHANGED * (one.basin != two.basin), self.layout, first),
            ShareTally.of(moves_of(one.basin, two.basin), self.layout, first),
        )


def moves_of(one: Whole, two: Whole) -> Whole:
    """A label for each start that goes from one basin to another, which :func:`moved` reads, and 0 for those that stay.

    >>> [moved(label) for label in moves_of(np.array([0, -1, 2]), np.array([3, 1, 2])).tolist()[:2]]
    [(0, 3), (-1, 1)]
    """
    first, second = (np.minimum(basin, BASINS - 2) + 1 for basin in (one, two))
    return np.where(one == two, 0, 1 + BASINS * first + second)


def moved(label: int) -> tuple[int, int]:
    """The two basins of a label of :func:`moves_of`."""
    first, second = divmod(label - 1, BASINS)
    return first - 1, second - 1


def cost_bins(evaluations: Whole) -> Whole:
    """The bin of each cost: one more than it, to :data:`COST_BITS` mantissa bits, as a whole number that grows."""
    return (evaluations + 1.0).view(np.int64) >> (52 - COST_BITS)


def bin_ends(bins: Whole, bits: int = COST_BITS) -> tuple[Array, Array]:
    """The least and the greatest cost in each bin of so many mantissa bits.

    >>> [ends.tolist() for ends in bin_ends(cost_bins(np.array([7, 62, 63, 1000])))]
    [[7.0, 62.0, 63.0, 991.0], [7.0, 62.0, 64.0, 1006.0]]
    """
    low, above = (((bins + more) << (52 - bits)).view(np.float64) for more in (0, 1))
    return low - 1, np.maximum(np.ceil(above) - 1, low) - 1


def coarsened(costs: pd.DataFrame, cells: int) -> tuple[pd.DataFrame, int]:
    """The costs of a `PairCounts` in as many cells or fewer, and the mantissa bits of the bins that do it."""
    bits = COST_BITS
    while len(costs) > cells and bits > 0:
        costs = costs.assign(first_bin=costs["first_bin"] // 2, second_bin=costs["second_bin"] // 2)
        costs = _added("costs", costs)
        bits -= 1
    return costs, bits


def labels_with(*parts: int) -> frozenset[int]:
    """The labels of the shares that have all of these parts, as in ``labels_with(BY_FIRST)``."""
    wanted = sum(parts)
    return frozenset(label for label in range(BY_FIRST + BY_SECOND + CHANGED + 1) if label & wanted == wanted)


def _apart(one: Reached, two: Reached) -> pd.DataFrame:
    sums = np.array([[FUNCTIONS, HESSIANS, COUNTED], one.apart, two.apart], dtype=np.int64)
    return _frame("apart", *(sums if sums[1:].any() else sums[:, :0]))


def _added(name: str, *frames: pd.DataFrame) -> pd.DataFrame:
    """Frames as one: rows with the same keys added up, in order."""
    keys, sums = (
        [np.concatenate([frame[column].to_numpy() for frame in frames]) for column in columns[name]]
        for columns in (KEYS, SUMS)
    )
    return _frame(name, *added(keys, sums))


def _frame(name: str, *columns: Whole) -> pd.DataFrame:
    return pd.DataFrame(dict(zip([*KEYS[name], *SUMS[name]], columns, strict=True)))
