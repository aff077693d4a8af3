"""`ShareTally`: labels of a range of rows, condensed to whole numbers that merge exactly in any order.

Besides counts it holds what neighbouring cells say of each other, and the few labels on each side of a cut that
are needed to judge the neighbourhoods across it. Memory does not grow with the number of starts but for that slab.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from multistart.counts.counter import Counter, LabelledRows
from multistart.counts.join_counts import NEAR, Key, border_rows, join_counts
from multistart.counts.long_table import columns_of
from multistart.errors import InputError
from multistart.starts.layout import Layout

#: Rows condensed at a time.
BLOCK = 1 << 18
FRAME_COLUMNS = ("kind", "i", "j", "value")
SIDES = ("head", "tail")


@dataclass(frozen=True, eq=False)
class Segment:
    """Rows ``start .. stop - 1`` without a gap, with the labels next to both ends."""

    start: int
    stop: int
    head: NDArray[np.int32]
    tail: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class ShareTally:
    """What the intervals of shares need to know of some rows of a design.

    Attributes
    ----------
    layout
        The whole design.
    numbers
        ``("count", basin, replicate)``, and for grids ``("product", basin, basin)`` or ``("near ...", basin, 0)``.
    segments
        The ranges of rows seen, in order, none adjacent to another.

    >>> layout = Layout.of("jittered_grid", 4, per_axis=4)
    >>> left, right = ShareTally.of([0, 0], layout), ShareTally.of([1, 1], layout, start=2)
    >>> (right + left) == ShareTally.of([0, 0, 1, 1], layout)
    True
    """

    layout: Layout
    numbers: collections.Counter[Key]
    segments: tuple[Segment, ...]

    @classmethod
    def empty(cls, layout: Layout) -> ShareTally:
        """No rows yet: ``sum(parts, ShareTally.empty(layout))`` merges any number of parts."""
        return cls(layout, collections.Counter(), ())

    @classmethod
    def of(cls, labels: ArrayLike, layout: Layout, start: int = 0) -> ShareTally:
        """Condense the labels of rows ``start, start + 1, ...``, shape ``(n,)``; ``-1`` is "no minimum".

        Raises
        ------
        InputError
            Labels that are no whole numbers of at least -1, or rows outside the design.
        """
        labels = _checked(np.asarray(labels), layout, start)
        step = max(BLOCK, 4 * border_rows(layout))
        parts = [_condensed(labels[i : i + step], layout, start + i) for i in range(0, len(labels), step)]
        return reduce(cls.__add__, parts, cls.empty(layout))

    def __add__(self, other: ShareTally) -> ShareTally:
        """Merge two tallies of different rows of one design: exact, associative and commutative."""
        if self.layout != other.layout:
            raise InputError(f"tallies of different designs do not merge: {self.layout} and {other.layout}")
        numbers = _plus(self.numbers, other.numbers)
        joined: list[Segment] = []
        for segment in sorted((*self.segments, *other.segments), key=lambda s: s.start):
            if joined and joined[-1].stop > segment.start:
                raise InputError(f"rows {segment.start} to {min(joined[-1].stop, segment.stop) - 1} are tallied twice")
            if joined and joined[-1].stop == segment.start:
                last = joined.pop()
                numbers = _plus(numbers, _across(last, segment, self.layout))
                segment = _join(last, segment, self.layout)
            joined.append(segment)
        return ShareTally(self.layout, numbers, tuple(joined))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ShareTally)
            and self.layout == other.layout
            and self.numbers == other.numbers
            and self.to_frame().equals(other.to_frame())
        )

    @property
    def complete(self) -> bool:
        """Whether every row of the design is in."""
        return [(s.start, s.stop) for s in self.segments] == [(0, self.layout.starts)]

    @property
    def basins(self) -> list[int]:
        """Labels seen, in order, ``-1`` first."""
        return sorted({a for kind, a, _ in self.numbers if kind == "count"})

    def count(self, basins: Iterable[int]) -> int:
        """Starts in a group of basins."""
        group = frozenset(basins)
        return sum(n for (kind, a, _), n in self.numbers.items() if kind == "count" and a in group)

    def joined(self, label: Mapping[int, int]) -> ShareTally:
        """The tally of the same rows with other labels, which may be the same for several: exact, without the rows.

        >>> tally = ShareTally.of([0, 1, 2, 1], Layout.of("jittered_grid", 4, per_axis=4))
        >>> tally.joined({0: 0, 1: 1, 2: 1}) == ShareTally.of([0, 1, 1, 1], tally.layout)
        True
        """
        numbers: collections.Counter[Key] = collections.Counter()
        for (kind, a, b), n in self.numbers.items():
            numbers[_joined_key(kind, a, b, label)] += n
        segments = tuple(
            Segment(s.start, s.stop, *(_joined_border(border, label) for border in (s.head, s.tail)))
            for s in self.segments
        )
        return ShareTally(self.layout, _plus(numbers, collections.Counter()), segments)

    def of_each(self) -> dict[int, ShareTally]:
        """For each label the tally of what is counted of it, so that many labels one by one cost no more than all.

        >>> tally = ShareTally.of([0, 1, 2, 1], Layout.of("uniform", 4))
        >>> [(label, alone.count([label])) for label, alone in tally.of_each().items()]
        [(0, 1), (1, 2), (2, 1)]
        """
        numbers: dict[int, collections.Counter[Key]] = collections.defaultdict(collections.Counter)
        for (kind, a, b), n in self.numbers.items():
            near = map(int, kind.removeprefix(NEAR).split()) if kind.startswith(NEAR) else ()
            for label in {a, *near, *((b,) if kind == "product" else ())}:
                numbers[label][kind, a, b] = n
        return {label: ShareTally(self.layout, numbers[label], self.segments) for label in sorted(numbers)}

    def piece(self) -> dict[str, NDArray]:
        """The tally as long columns ``kind, i, j, value`` of whole numbers, to be stored; `from_piece` reads them."""
        kinds, counted = [], []
        for (kind, i, j), n in sorted(self.numbers.items()):
            kinds.append(kind)
            counted.append((i, j, n))
        blocks = [np.array(counted, dtype=np.int64).reshape(-1, 3).T]
        for s in self.segments:
            kinds.append("segment")
            blocks.append(np.array([[s.start], [s.stop], [0]]))
            for side, border in zip(SIDES, (s.head, s.tail), strict=True):
                kinds += [side] * len(border)
                blocks.append(np.stack([np.full(len(border), s.start), np.arange(len(border)), border]))
        whole = np.concatenate(blocks, axis=1)
        return dict(zip(FRAME_COLUMNS, (np.array(kinds, dtype=object), *whole), strict=True))

    @classmethod
    def from_piece(cls, piece: Mapping[str, NDArray], layout: Layout) -> ShareTally:
        """Read what `piece` gave."""
        kind, i, j, value = (piece[name] for name in FRAME_COLUMNS)
        apart = {of: kind == of for of in ("segment", *SIDES)}
        counted = np.flatnonzero(~np.logical_or.reduce(list(apart.values())))
        keys = zip(*(column[counted].tolist() for column in (kind, i, j)), strict=True)
        numbers = collections.Counter(dict(zip(keys, value[counted].tolist(), strict=True)))
        borders = []
        for side in SIDES:
            rows = np.flatnonzero(apart[side])
            rows = rows[np.argsort(i[rows], kind="stable")]
            ends = (np.searchsorted(i[rows], i[apart["segment"]], side=end) for end in ("left", "right"))
            borders.append([value[rows[a:b]].astype(np.int32) for a, b in zip(*ends, strict=True)])
        ranges = (column[apart["segment"]].tolist() for column in (i, j))
        return cls(layout, numbers, tuple(map(Segment, *ranges, *borders)))

    def to_frame(self) -> pd.DataFrame:
        """The same as a frame; `from_frame` reads it."""
        piece = self.piece()
        return pd.DataFrame(piece | {"kind": pd.array(piece["kind"], dtype="str")}, copy=False)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, layout: Layout) -> ShareTally:
        """Read what `to_frame` wrote."""
        return cls.from_piece(columns_of(frame, np.arange(len(frame)), FRAME_COLUMNS), layout)


@dataclass(frozen=True)
class ShareCounter(Counter[LabelledRows, ShareTally]):
    """Counts starts by basin, or by ending those that reached no minimum.

    Attributes
    ----------
    by
        ``basin`` or ``ending``. "Still under way" is a part of basin -1, and what neighbouring cells say of it is
        counted as for a basin; starts at a minimum have the label -1 then.
    """

    layout: Layout
    by: str = "basin"

    def of(self, rows: LabelledRows, first: int) -> ShareTally:
        """The tally of rows ``first, first + 1, ...``."""
        labels = rows.basin if self.by == "basin" else np.where(rows.at_no_minimum, rows.ending, -1)
        return ShareTally.of(labels, self.layout, first)


def _checked(labels: NDArray, layout: Layout, start: int) -> NDArray[np.int32]:
    if labels.ndim != 1 or not (np.issubdtype(labels.dtype, np.integer) or labels.size == 0):
        raise InputError(f"labels are whole numbers, shape (n,); got {labels.dtype}, shape {labels.shape}")
    if labels.size and (labels.min() < -1 or labels.max() >= 2**31):
        raise InputError(f"labels are -1 (no minimum) or a basin's number; got {labels.min()} to {labels.max()}")
    if not 0 <= start <= start + len(labels) <= layout.starts:
        raise InputError(f"rows {start} to {start + len(labels) - 1} are not in a design of {layout.starts} starts")
    return labels.astype(np.int32)


def _condensed(labels: NDArray[np.int32], layout: Layout, start: int) -> ShareTally:
    numbers = join_counts(labels, start, layout)
    replicate = np.arange(start, start + len(labels)) // layout.per_replicate
    keys, counts = np.unique(labels * np.int64(layout.replicates) + replicate, return_counts=True)
    for key, n in zip(keys.tolist(), counts.tolist(), strict=True):
        numbers["count", key // layout.replicates, key % layout.replicates] = n
    border = border_rows(layout)
    segment = Segment(start, start + len(labels), labels[:border].copy(), _last(labels, border).copy())
    return ShareTally(layout, _plus(numbers, collections.Counter()), (segment,))


def _joined_key(kind: str, a: int, b: int, label: Mapping[int, int]) -> Key:
    if kind == "product":
        return kind, label[a], label[b]
    if kind.startswith(NEAR):
        near = sorted({label[int(each)] for each in kind.removeprefix(NEAR).split()})
        return NEAR + " ".join(map(str, near)), label[a], b
    return kind, label[a], b


def _joined_border(border: NDArray[np.int32], label: Mapping[int, int]) -> NDArray[np.int32]:
    return np.array([label[each] for each in border.tolist()], dtype=np.int32)


def _across(left: Segment, right: Segment, layout: Layout) -> collections.Counter[Key]:
    """Neighbourhoods with rows on both sides of the cut: those of the joined border less those of its sides."""
    both = np.concatenate((left.tail, right.head))
    first = left.stop - len(left.tail)
    total = join_counts(both, first, layout)
    total.subtract(join_counts(left.tail, first, layout))
    total.subtract(join_counts(right.head, right.start, layout))
    return total


def _join(left: Segment, right: Segment, layout: Layout) -> Segment:
    border = border_rows(layout)
    head = np.concatenate((left.head, right.head[: max(border - (left.stop - left.start), 0)]))
    tail = np.concatenate((_last(left.tail, max(border - (right.stop - right.start), 0)), right.tail))
    return Segment(left.start, right.stop, head, tail)


def _last(labels: NDArray[np.int32], n: int) -> NDArray[np.int32]:
    return labels[len(labels) - min(n, len(labels)) :]


def _plus(a: collections.Counter[Key], b: collections.Counter[Key]) -> collections.Counter[Key]:
    """Sum with zeros left out, so that equal tallies are equal whatever the way they were merged."""
    total = collections.Counter(a)
    total.update(b)
    return collections.Counter({key: n for key, n in total.items() if n})
