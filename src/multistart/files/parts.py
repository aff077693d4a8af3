"""Starts come in parts of a fixed number of rows; jobs take whole parts, so how work is cut changes no file.

Nothing here is heavy: the workflow plans with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

PART = 2**20  # rows of a part but the last: some seconds of descents, and 100 MB of outcomes in the plane
A_JOB = 4  # parts that a job takes where the config does not say how many jobs there are
FEWEST = 64  # rows of a piece but the last
_NAME = re.compile(r"part-(\d+)(?:-(\d+)-rows(?:-from-(\d+))?)?")
_JOB = re.compile(r"(.+)_(\d+)_to_(\d+)")


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
        """The name of these rows, which says how many they are, and the first, where they are not those of a whole part.

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
    """What one job each descends from: the parts, halved until there are as many as wanted, or of :data:`FEWEST` rows.

    >>> [piece.name for piece in pieces_of(parts_of(PART // 2 + 3), 2)]
    ['part-00001-524288-rows', 'part-00001-3-rows-from-524288']
    """
    length = PART
    while length > FEWEST and sum(-(-len(part) // length) for part in parts) < jobs:
        length //= 2
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


class JobName(NamedTuple):
    """What a job does, and the numbers of the first and last part that it takes: its rule, log and timing are so named.

    >>> str(JobName("descend_gd", 1, 4)), JobName.read("descend_gd_1_to_4"), JobName.read("minima")
    ('descend_gd_1_to_4', JobName(what='descend_gd', first=1, last=4), None)
    """

    what: str
    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.what}_{self.first}_to_{self.last}"

    @classmethod
    def of(cls, what: str, run: Sequence[Part]) -> JobName:
        """The name of the job that takes a run of parts."""
        return cls(what, run[0].number, run[-1].number)

    @classmethod
    def read(cls, name: str) -> JobName | None:
        """The parts of a name; none where it is that of another job."""
        found = _JOB.fullmatch(name)
        return cls(found[1], int(found[2]), int(found[3])) if found else None


def jobs_for(starts: int) -> int:
    """How many jobs descend where the config does not say: one for every four million starts."""
    return -(-len(parts_of(starts)) // A_JOB)


def runs(parts: Sequence[Part], jobs: int) -> list[Sequence[Part]]:
    """The parts in runs, one a job: about as many as wanted, all but the last of one length, a power of two.

    So runs are aligned: a larger study has these where runs are as long, and longer runs are made of whole ones.

    >>> [len(run) for run in runs(parts_of(10 * PART), 3)]
    [4, 4, 2]
    """
    length = 1 << (-(-len(parts) // jobs) - 1).bit_length()
    return cut(parts, length)


def cut(parts: Sequence[Part], length: int) -> list[Sequence[Part]]:
    """The parts in runs of a length."""
    return [parts[i : i + length] for i in range(0, len(parts), length)]
