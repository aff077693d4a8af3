"""Starts come in parts of a fixed number of rows; a job takes one or a piece of one, which changes no table.

Nothing here is heavy: the workflow plans with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

PART = 2**20  # rows of a part but the last: some seconds of descents, and 100 MB of outcomes in the plane
A_FEW = 4  # parts that one job labels, counts and estimates
FAN = 64  # files that a job merges, and pieces that such a job reads
FEWEST = 64  # rows of a piece but the last
MOST = 256  # pieces of a part, which one job labels
MOST_JOBS = 10**4  # that a config may ask for
PATTERN = r"part-\d+(?:-\d+-rows(?:-from-\d+)?)?"  # what names of parts and pieces look like
OF_ROWS = r"rows-\d+-to-\d+"  # and those of what is merged
_NAME = re.compile(r"part-(\d+)(?:-(\d+)-rows(?:-from-(\d+))?)?")


@dataclass(frozen=True)
class Part:
    """Consecutive rows ``first .. last - 1`` of a design: a part, counted from 1, or a piece of one.

    >>> [(part.name, part.first, part.last) for part in parts_of(PART + 5)]
    [('part-00001', 0, 1048576), ('part-00002-5-rows', 1048576, 1048581)]
    """

    number: int
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first

    @property
    def name(self) -> str:
        """The name of these rows; it says how many they are, and the first, where they are not those of a whole part.

        So the short last part of a study is not taken for the whole one that it is in a larger study.
        """
        short = f"-{len(self)}-rows" if len(self) < PART else ""
        later = f"-from-{self.first}" if self.first % PART else ""
        return f"part-{self.number:05d}{short}{later}"


def parts_of(starts: int) -> list[Part]:
    """The parts of so many starts, in order."""
    cuts = [*range(0, starts, PART), starts]
    return [Part(i + 1, first, last) for i, (first, last) in enumerate(pairwise(cuts))]


def pieces_of(parts: Sequence[Part], jobs: int) -> list[Part]:
    """What one job each descends from: the parts, halved until there are as many as wanted.

    But a piece has :data:`FEWEST` rows at least, and a part :data:`MOST` pieces.

    >>> [piece.name for piece in pieces_of(parts_of(PART // 2 + 3), 2)]
    ['part-00001-524288-rows', 'part-00001-3-rows-from-524288']
    """
    all_lengths = list(lengths(parts))
    return cut(parts, next((length for length in all_lengths if _pieces(parts, length) >= jobs), all_lengths[-1]))


def lengths(parts: Sequence[Part]) -> Iterator[int]:
    """How many rows the pieces of these parts may have, the longest first."""
    length, longest = PART, max(map(len, parts))
    yield length
    while length >= 2 * FEWEST and 2 * longest <= MOST * length:
        length //= 2
        yield length


def cut(parts: Sequence[Part], length: int) -> list[Part]:
    """The pieces of a length of some parts, in order."""
    return [
        Part(part.number, first, min(first + length, part.last))
        for part in parts
        for first in range(part.first, part.last, length)
    ]


def part_named(path: Path | str) -> Part:
    """The part, or piece of one, that a file is named by.

    >>> part_named("parts/part-00002-5-rows.parquet")
    Part(number=2, first=1048576, last=1048581)
    >>> part_named("parts/part-00001-3-rows-from-524288.parquet")
    Part(number=1, first=524288, last=524291)
    """
    found = _NAME.fullmatch(Path(path).stem)
    if found is None:
        raise ValueError(f"{path} is not named by a part")
    first = int(found[3] or (int(found[1]) - 1) * PART)
    return Part(int(found[1]), first, first + int(found[2] or PART))


def _pieces(parts: Sequence[Part], length: int) -> int:
    """How many pieces of a length there are."""
    return sum(-(-len(part) // length) for part in parts)


@dataclass(frozen=True)
class Rows:
    """Consecutive rows ``first .. last - 1`` of which one file is merged from those of their parts, or pieces.

    >>> Rows(0, 128).name
    'rows-0-to-127'
    """

    first: int
    last: int

    @property
    def name(self) -> str:
        """The name of these rows."""
        return f"rows-{self.first}-to-{self.last - 1}"


Cut = Part | Rows


def rows_named(name: str) -> Cut:
    """What :func:`tree` merges, or comes to, by its name.

    >>> rows_named("rows-0-to-127")
    Rows(first=0, last=128)
    """
    found = re.fullmatch(r"rows-(\d+)-to-(\d+)", name)
    return Rows(int(found[1]), int(found[2]) + 1) if found else part_named(name)


def tree(those: Sequence[Cut]) -> tuple[list[Cut], dict[Rows, list[Cut]]]:
    """What is left to merge, :data:`FAN` files at most, when neighbours are merged, as many at a time.

    And of each file that is merged what it is merged from, in order.

    >>> left, of = tree(parts_of(100 * PART))
    >>> [rows.name for rows in left], [part.number for part in of[left[1]]][:2]
    (['rows-0-to-67108863', 'rows-67108864-to-104857599'], [65, 66])
    """
    left, of = list(those), dict[Rows, list[Cut]]()
    while len(left) > FAN:
        groups = [left[i : i + FAN] for i in range(0, len(left), FAN)]
        merged = {Rows(group[0].first, group[-1].last): group for group in groups if len(group) > 1}
        left = [*merged, *(group[0] for group in groups if len(group) == 1)]  # the last alone may be one
        of |= merged
    return left, of


def few(parts: Sequence[Part], pieces: Sequence[Part], keep: object) -> bool:
    """Whether one job a method labels, counts and estimates, which takes less time than several take to start.

    So it does of one part, whose pieces a job that labels reads in any case. Where not all rows are kept, parts are
    counted one by one, since those that are gone are not counted again.
    """
    return len(parts) == 1 or (len(parts) <= A_FEW and len(pieces) <= FAN and keep == "all")


def jobs_for(starts: int) -> int:
    """How many jobs descend where the config does not say: one for each part."""
    return len(parts_of(starts))
