"""What became of the starts of a method, in whole numbers: pictures and summary read this, not rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from multistart.counts.counter import Counter, LabelledRows
from multistart.counts.frequencies import added, frequencies
from multistart.counts.grid import NO_START as NO_START
from multistart.counts.grid import Grid, commonest
from multistart.counts.long_table import Piece, long_table, pieces_of, whole
from multistart.counts.rests import RestPlaces
from multistart.descents.outcomes import (
    ENDINGS,
    IN_ORBITS,
    LABELS,
    LEFT_ARENA,
    NO_BASIN,
    NONFINITE,
    RESTING,
    STEP_LIMIT,
    TRAPPED,
    codes,
)
from multistart.errors import MultistartError
from multistart.methods import Method

VALUE_BITS = 10  # mantissa bits of a value bin: 0.1 % of the distance from the lowest value
SMALL = 1e-3  # the scale of values below which bins are measured by it
FLAT_PART = 0.01  # of the domain's diagonal
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Tally:
    """Counts over labelled rows; each frame has one row for each combination that occurs.

    Attributes
    ----------
    endings
        ``ending, basin, count``.
    steps
        ``basin, ending, steps, count``.
    values
        ``basin, ending, bin, count``; the bins are those of :func:`value_bins`.
    map
        ``cell, code, count, steps``: descents that started in a cell of the map, and their steps in total;
        the code is :func:`codes`. Empty for more than two dimensions.
    facts
        ``fact, count``: ``flat``, rows at the step limit so flat that as many steps again would move them by
        less than 1 % of the domain's diagonal; ``diverged``, rows that left, or were no longer finite, in steps longer
        than the domain's diagonal; ``no_minimum``, rows at rest at no minimum; ``proven`` and ``numeric``, rows by how
        their minimum is known; ``success`` and ``false_success``, rows that an outside optimiser called a success, and
        those of them that are at no minimum; where there are any ``undefined_start``, rows that start where the
        gradient is no finite number; and what a study adds.
    costs
        As ``steps``, but with the gradients that a method counted itself, or values where it asks for no gradient, less
        the one at the end, in place of the number of steps; empty where that is one for each step.
    """

    endings: pd.DataFrame
    steps: pd.DataFrame
    values: pd.DataFrame
    map: pd.DataFrame
    facts: pd.DataFrame
    costs: pd.DataFrame = field(default_factory=lambda: _frame("costs", *[np.empty(0, np.int64)] * 4))

    @property
    def steps_paid(self) -> pd.DataFrame:
        """The frame whose ``steps`` tell what descents cost, see `estimates.steps.gradient_evaluations`."""
        return self.costs if len(self.costs) else self.steps

    @property
    def starts(self) -> int:
        """The number of rows counted."""
        return int(self.endings["count"].sum())

    @classmethod
    def sum(cls, tallies: Sequence[Tally]) -> Tally:
        """All tallies added up at once, one at least."""
        if len(tallies) == 1:
            return tallies[0]
        return cls(**{name: _added(name, [getattr(one, name) for one in tallies]) for name in KEYS})

    def on(self, coarser: Grid, counted: Grid) -> Tally:
        """The same with the map in the cells of a coarser grid than it was counted in; see `Grid.joined`."""
        joined = self.map.assign(cell=counted.joined(self.map["cell"].to_numpy(), coarser))
        return replace(self, map=_added("map", [joined]))

    def at_minima(self) -> Tally:
        """The same with starts on attractors that are no minima counted as at none, by their endings."""
        rows = self.endings[self.endings["ending"].isin(_ORBITS) & (self.endings["basin"] != NO_BASIN)]
        if rows.empty:
            return self
        code = {basin: -1 - ENDINGS.index(ending) for basin, ending in zip(rows["basin"], rows["ending"], strict=True)}
        none = dict.fromkeys(code, NO_BASIN)
        frames = {}
        for name, keys in KEYS.items():
            frame = getattr(self, name)
            frame = frame.replace({"code": code} if name == "map" else {"basin": none} if "basin" in keys else {})
            frames[name] = _added(name, [frame])
        return Tally(**frames)

    def pieces(self) -> list[Piece]:
        """All frames, each with its name as ``table``, as `long_table` puts them one below the other."""
        return [{"table": name, **dict(frame.items())} for name, frame in vars(self).items()]

    def to_frame(self) -> pd.DataFrame:
        """All frames one below the other, told apart by a first column ``table``; `from_frame` reads it."""
        return long_table(self.pieces(), COLUMNS, TEXTS)

    @classmethod
    def from_frame(cls, stacked: pd.DataFrame) -> Tally:
        """What `to_frame` gave."""
        rows, frames = pieces_of(stacked, "table"), {}
        for name, keys in KEYS.items():
            at = rows.get(name, np.empty(0, dtype=np.int64))
            columns = {key: stacked[key] for key in (*keys, *SUMS[name])}
            frames[name] = pd.DataFrame(
                {key: each.array[at] if key in TEXTS else whole(each, at) for key, each in columns.items()}, copy=False
            )
        return cls(**frames)

    def __add__(self, other: Tally) -> Tally:
        """The tally of the rows of both."""
        return Tally.sum([self, other])

    def __eq__(self, other: object) -> bool:
        """Whether all frames are the same."""
        return isinstance(other, Tally) and all(frame.equals(vars(other)[name]) for name, frame in vars(self).items())


#: The columns of each frame that tell its rows apart; the others are sums.
KEYS = {
    "endings": ["ending", "basin"],
    "steps": ["basin", "ending", "steps"],
    "values": ["basin", "ending", "bin"],
    "map": ["cell", "code"],
    "facts": ["fact"],
    "costs": ["basin", "ending", "steps"],
}
SUMS = {name: ["count", "steps"] if name == "map" else ["count"] for name in KEYS}


#: The columns of all frames.
COLUMNS = ["table", "basin", "ending", "steps", "bin", "cell", "code", "fact", "count"]
TEXTS = frozenset(("table", "ending", "fact"))
#: Endings in the order of their words, in which frames are, and the place of each code among them.
_WORDS = pd.array(sorted(ENDINGS), dtype="str")
_ORBITS = tuple(ENDINGS[code] for code in IN_ORBITS)
_RANK = np.array([sorted(ENDINGS).index(word) for word in ENDINGS], dtype=np.int64)


@dataclass(frozen=True)
class OutcomeCounter(Counter[LabelledRows, Tally]):
    """Counts what became of the starts of a method.

    Attributes
    ----------
    lowest
        The value that value bins are measured from: the lowest minimum's, 0 where there is none.
    unit
        The scale of values, see :func:`multistart.minima.scales.value_unit`.
    method
        Its rule may say how long a step is where the gradient has some norm, and so what is flat, and what diverged.
    diagonal
        Length of the domain's diagonal.
    grid
        Cells of the map; none for more than two dimensions.
    rests
        Places where descents may rest that reach no minimum; none where no certificate lists them.
    """

    lowest: float
    method: Method
    diagonal: float
    grid: Grid | None
    rests: RestPlaces | None = None
    unit: float = 1.0

    def of(self, rows: LabelledRows, first: int = 0) -> Tally:
        """The tally of some rows, wherever they are in the design."""
        word = _RANK[rows.ending]
        bins = value_bins(rows.value, self.lowest, self.unit)
        return Tally(
            endings=_frame("endings", *frequencies(word, rows.basin)),
            steps=_frame("steps", *frequencies(rows.basin, word, rows.steps)),
            values=_frame("values", *frequencies(rows.basin, word, bins)),
            map=self._map(rows),
            facts=self._facts(rows),
            costs=self._costs(rows, word),
        )

    @staticmethod
    def _costs(rows: LabelledRows, word: NDArray[np.int64]) -> pd.DataFrame:
        if rows.evaluations is None:
            return _frame("costs", *frequencies(word[:0], word[:0], word[:0]))
        paid = rows.evaluations - ~np.isin(rows.ending, (LEFT_ARENA, TRAPPED))
        return _frame("costs", *frequencies(rows.basin, word, np.maximum(paid, 0)))  # an error may come before any

    def _map(self, rows: LabelledRows) -> pd.DataFrame:
        code, steps = codes(rows.basin, rows.ending), rows.steps
        if self.grid is None:
            return _frame("map", *frequencies(code[:0], code[:0], weight=steps[:0]))
        return _frame("map", *frequencies(self.grid.cells(rows.start), code, weight=steps))

    def _facts_of_steps(self, rows: LabelledRows) -> dict[str, NDArray[np.bool_]]:
        """What steps too long or too short tell; nothing where the rule does not say how long they are."""
        if self.method.rule.step_length is None:
            return {}
        step = self.method.step_length(rows.gradient_norm)
        long = step > self.diagonal
        return {
            # not what merely came to where f is undefined
            "diverged": np.isin(rows.ending, (LEFT_ARENA, NONFINITE)) & long,
            "flat": (rows.ending == STEP_LIMIT) & (step * self.method.max_steps < FLAT_PART * self.diagonal),
        }

    def _facts(self, rows: LabelledRows) -> pd.DataFrame:
        lost = (rows.basin == NO_BASIN) & np.isin(rows.ending, RESTING)
        facts = {
            **self._facts_of_steps(rows),
            "no_minimum": lost,
            "proven": rows.label == LABELS.index("proven"),
            "numeric": (rows.label == LABELS.index("numeric")) & ~np.isin(rows.ending, IN_ORBITS),
        }
        if rows.success is not None:
            called = rows.success == True  # noqa: E712 (of each of many objects)
            facts |= {"success": called, "false_success": called & (rows.basin == NO_BASIN)}
        counts = {name: int(np.count_nonzero(mask)) for name, mask in facts.items()}
        if outside := int(np.count_nonzero((rows.ending == NONFINITE) & (rows.steps == 0))):
            counts["undefined_start"] = outside
        if self.rests is not None and lost.any():
            counts |= self.rests.facts(rows.end[lost])
        number = np.array([counts[fact] for fact in sorted(counts)], dtype=np.int64)
        return pd.DataFrame({"fact": sorted(counts), "count": number})


def _frame(name: str, *columns: NDArray[np.int64]) -> pd.DataFrame:
    """A frame of a tally from its keys and sums, with endings as words."""
    found = dict(zip([*KEYS[name], *SUMS[name]], columns, strict=True))
    return pd.DataFrame(found | ({"ending": _WORDS[found["ending"]]} if "ending" in found else {}), copy=False)


def _added(name: str, frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames of tallies as one: rows with the same keys added up, in order."""
    numbers, words = {}, {}
    for column in (*KEYS[name], *SUMS[name]):
        stacked = pd.concat([frame[column] for frame in frames], ignore_index=True)
        if column in TEXTS:
            numbers[column], words[column] = pd.factorize(stacked, sort=True)
        else:
            numbers[column] = stacked.to_numpy(dtype=np.int64)
    sums = added([numbers[key] for key in KEYS[name]], [numbers[key] for key in SUMS[name]])
    found = dict(zip(numbers, sums, strict=True))
    return pd.DataFrame(found | {key: of.array[found[key]] for key, of in words.items()}, copy=False)


def check_complete(counted: Tally, starts: int) -> None:
    """Raise where the counts do not add up to the number of starts: no start is ever dropped.

    Raises
    ------
    MultistartError
        With both numbers.
    """
    for name in ("endings", "steps", "values"):
        total = int(getattr(counted, name)["count"].sum())
        if total != starts:
            raise MultistartError(f"the table of {name} counts {total} starts of {starts}; run the study again")


def value_bins(value: Array, lowest: float, unit: float = 1.0) -> NDArray[np.int64]:
    """The bin of each value, a whole number that grows with it: distance from ``lowest`` to 10 mantissa bits.

    Distances below ``1e-12 (1 + |lowest|)`` share bin 0, of a function of ``SMALL`` values those below
    ``1e-12 (unit + |lowest|)``; values that are not finite share the last bin.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        distance = value - lowest
        floor = _floor(lowest, unit)
        size = np.where(np.abs(distance) < floor, 0.0, np.abs(distance))
        size = np.where(np.isfinite(distance), size, np.inf)
    bits = size.view(np.int64) >> (52 - VALUE_BITS)
    return np.where(np.isfinite(distance) & (distance < 0), -bits, bits)


def _floor(lowest: float, unit: float) -> float:
    return 1e-12 * ((unit if unit < SMALL else 1.0) + abs(lowest))


def bin_edges(bins: NDArray[np.int64], lowest: float, unit: float = 1.0) -> tuple[Array, Array]:
    """The values ``(low, high)`` between which a bin lies; nan for the bin of values that are not finite."""
    size = np.abs(bins)
    ends = np.stack([size, size + 1]) << (52 - VALUE_BITS)
    near, far = ends.view(np.float64)
    infinite = np.float64(np.inf).view(np.int64) >> (52 - VALUE_BITS)
    low, high = np.where(bins < 0, -far, near), np.where(bins < 0, -near, far)
    low, high = np.where(bins == 0, 0.0, low), np.where(bins == 0, _floor(lowest, unit), high)
    low, high = (np.where(size >= infinite, np.nan, edge) for edge in (low, high))
    return lowest + low, lowest + high


def map_image(counted: Tally, grid: Grid) -> tuple[NDArray[np.int64], Array]:
    """The commonest code and the mean steps of its descents in each cell, both of the grid's shape.

    A tie goes to the smaller code; a cell in which no descent started has :data:`NO_START` and nan.
    """
    frame = counted.map[counted.map["cell"] >= 0]
    frame = frame.iloc[commonest(*(frame[name].to_numpy() for name in ("cell", "code", "count")))]
    code = np.full(np.prod(grid.shape), NO_START, dtype=np.int64)
    steps = np.full(np.prod(grid.shape), np.nan)
    code[frame["cell"]] = frame["code"]
    steps[frame["cell"]] = frame["steps"] / frame["count"]
    return code.reshape(grid.shape), steps.reshape(grid.shape)


def quantiles(frame: pd.DataFrame, levels: tuple[float, ...]) -> list[float]:
    """Quantiles of steps from a frame with ``steps`` and ``count``: the smallest number that enough rows keep to."""
    if frame.empty:
        return [float("nan")] * len(levels)
    ordered = frame.groupby("steps")["count"].sum().sort_index()
    reached = ordered.cumsum().to_numpy()
    at = np.searchsorted(reached, np.array(levels) * reached[-1], side="left")
    return [float(ordered.index[min(i, len(ordered) - 1)]) for i in at]
