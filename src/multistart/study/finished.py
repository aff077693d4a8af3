"""What is finished of a study that may be running: which rows have descended, where they went, and when that was.

Nothing is written, and no lock is asked for. A file that goes while it is looked for, since a job has used it up, is as
one that was never there; so is one that does not hold what was written into it, or that is of other starts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from multistart.counts.counter import coordinates
from multistart.counts.method import MethodCounts
from multistart.counts.shares import ShareTally
from multistart.descents.outcomes import ENDINGS, NO_BASIN
from multistart.errors import DamagedError
from multistart.files.parts import part_named
from multistart.files.results import MethodFiles
from multistart.files.unfinished import Shape, chunks
from multistart.files.whole_files import note_of
from multistart.minima import Minima
from multistart.study import storage
from multistart.study.basin import labels_of
from multistart.study.study import Study

T = TypeVar("T")
TALLY = "shares_tally.parquet"  # what a finished method has counted


class Rows(NamedTuple):
    """A file with ``size`` of the rows ``first .. last - 1``, and when it was written, in seconds since 1970."""

    first: int
    last: int
    size: int
    path: Path
    time: float


class Read(NamedTuple):
    """The numbers of some rows, ascending, and their starts, ends, endings and steps."""

    numbers: NDArray[np.int64]
    columns: storage.Columns


@dataclass(frozen=True)
class Finished:
    """The files of a method whose rows are those of the study, by the notes that were made of them.

    Attributes
    ----------
    parts, ends
        Of whole parts, or pieces of them, no row twice, in order. Rows may go when they are labelled; ends stay.
    counts
        Of parts, which have no notes: they are of the study where its minima are current, and they are younger.
    chunks
        Of pieces that are not finished; they may have the same rows.
    """

    parts: list[Rows]
    ends: list[Rows]
    counts: list[Rows]
    chunks: list[Rows]

    @classmethod
    def of(cls, study: Study, files: MethodFiles, shape: Shape | None) -> Finished:
        """What there is now of a shape; where it is not known, as of results that were copied, of any."""
        folders = (files.parts, files.folder / "ends", files.folder / "counts")
        found = (_named_by_rows(folder, shape if folder.name != "counts" else None) for folder in folders)
        parts, ends, counts = (without_twice(rows for rows in each if rows.last <= study.count) for each in found)
        unfinished = [
            Rows(chunk.rows.start, chunk.rows.stop, chunk.count, chunk.path, time_of(chunk.path))
            for chunk in chunks(files)
            if chunk.shape.per_cell == study.layout.per_cell and chunk.rows.stop <= study.count
            if shape is None or chunk.shape == shape == Shape.noted(note_of(chunk.path))
        ]
        return cls(parts, ends, counts, unfinished)

    @property
    def descended(self) -> list[Rows]:
        """The parts and pieces all of whose rows have descended."""
        return without_twice([*self.ends, *self.parts])


def _named_by_rows(folder: Path, shape: Shape | None) -> list[Rows]:
    """The files of a folder, of a shape where one is given; one that goes meanwhile is before all times."""
    found = []
    for path in folder.glob("part-*.parquet"):
        try:
            part = part_named(path)
        except ValueError:
            continue
        if shape in (None, Shape.noted(note_of(path))):
            found.append(Rows(part.first, part.last, len(part), path, time_of(path)))
    return found


def time_of(path: Path) -> float:
    """When a file was written; before all times where it is gone."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return -1.0


def without_twice(found: Iterable[Rows]) -> list[Rows]:
    """Those that share no row, in order; of some that begin together the longest."""
    kept: list[Rows] = []
    for rows in sorted(found, key=lambda rows: (rows.first, -rows.last, rows.path)):
        if not kept or rows.first >= kept[-1].last:
            kept.append(rows)
    return kept


def spread(found: Sequence[Rows], most: int) -> list[Rows]:
    """Of files those that have about so many rows, one at least, spread over all."""
    return list(found[:: max(1, -(-sum(rows.size for rows in found) // most))])


def is_current(minima: Path, methods: Iterable[Finished], starts: int) -> bool:
    """Whether the study's minima are those of all its ends: those of all rows are there, and none is younger."""
    time = time_of(minima)
    return all(
        sum(rows.size for rows in one.ends) == starts and all(rows.time <= time for rows in one.ends) for one in methods
    )


@dataclass(frozen=True)
class Looked:
    """What rows of a method came to.

    Attributes
    ----------
    tally
        By basin; what goes round a cycle, or does not rest, is at no minimum and has -1.
    endings
        Of those with -1, by the word.
    steps
        The updates of all together, of which is known how many they took; nan where of none.
    whole
        Whether the method's tables are written.
    """

    tally: ShareTally
    endings: Counter[str] = field(default_factory=Counter)
    steps: float = float("nan")
    whole: bool = False

    def plus(self, basins: ShareTally, endings: ShareTally, minima: int) -> Looked:
        """With the shares of other rows, where attractors that are no minima have numbers after these."""
        label = {basin: basin if basin < minima else NO_BASIN for basin in {NO_BASIN, *basins.basins, *_edges(basins)}}
        words = Counter({ENDINGS[code]: endings.count([code]) for code in endings.basins if code >= 0})
        return Looked(self.tally + basins.joined(label), self.endings + words, self.steps, self.whole)


def _edges(tally: ShareTally) -> set[int]:
    return {int(basin) for s in tally.segments for border in (s.head, s.tail) for basin in border}


def counted(study: Study, files: MethodFiles, finished: Finished, minima: int) -> Looked | None:
    """What rows came to by the counts of a method that is finished, or of its parts that are labelled; else none.

    Only where the minima are current, whose labels they have.
    """
    time, nothing = time_of(files.minima), Looked(ShareTally.empty(study.layout))
    if time_of(files.table(TALLY)) >= time:
        for frame in readable(files.table(TALLY), storage.read_frame):
            basins, endings = (
                ShareTally.from_frame(frame[frame["of"] == of], study.layout) for of in ("basin", "ending")
            )
            return replace(nothing.plus(basins, endings, minima), whole=True)
    looked = nothing
    for rows in finished.counts:
        for frame in readable(rows.path, storage.read_frame) if rows.time >= time else ():
            counts = MethodCounts.from_frame(frame, study.layout)
            looked = looked.plus(counts.basins, counts.endings, minima)
    return looked if looked.tally.segments else None


def read(study: Study, finished: Finished, most: int) -> tuple[list[Read], list[Read], int]:
    """The rows of some parts and pieces, and of some chunks those that are in no part; about so many, no row twice.

    And how many further rows chunks have, of which no more is read than their numbers where the name does not tell.
    """
    some = set(spread([*finished.parts, *finished.chunks], most))
    whole = [one for rows in finished.parts if rows in some and (one := _read(study, rows)) is not None]
    descended, loose, more = finished.descended, list[Read](), 0
    before: list[tuple[int, NDArray[np.int64]]] = []  # that end behind the first row of the next one
    for rows in sorted(finished.chunks):
        one = _read(study, rows) if rows in some else None
        numbers = one.numbers if one is not None else np.empty(0, np.int64) if rows in some else _numbers(rows)
        before = [(last, others) for last, others in before if last > rows.first]
        taken = [np.arange(other.first, other.last) for other in descended if _overlap(rows, other)]
        new = np.isin(numbers, np.concatenate([numbers[:0], *taken, *(others for _, others in before)]), invert=True)
        before.append((rows.last, numbers[new]))
        if one is None:
            more += int(new.sum())
        elif new.any():
            loose.append(Read(numbers[new], {name: column[new] for name, column in one.columns.items()}))
    return whole, loose, more


def _numbers(rows: Rows) -> NDArray[np.int64]:
    """The numbers of a chunk's rows, as its name tells, or itself where it has not all of those; none if it is gone."""
    if rows.size == rows.last - rows.first:
        return np.arange(rows.first, rows.last)
    found = readable(rows.path, lambda path: [batch["row"] for batch in storage.read_rows([path], columns=["row"])])
    return np.concatenate([np.empty(0, np.int64), *(numbers for batches in found for numbers in batches)])


def _overlap(rows: Rows, other: Rows) -> bool:
    return rows.first < other.last and other.first < rows.last


def _read(study: Study, rows: Rows) -> Read | None:
    """The rows of a file; none of one that is gone, is not what was written, or has other starts."""
    names = [f"{at}_{name}" for at in ("start", "end") for name in study.objective.variables]
    wanted = ["row", *names, "ending", "steps"]
    found = readable(rows.path, lambda path: list(storage.read_rows([path], columns=wanted)))
    if not found or not found[0]:
        return None
    columns = {name: np.concatenate([batch[name] for batch in found[0]]) for name in found[0][0]}
    numbers = columns.pop("row", np.arange(rows.first, rows.last))
    first = coordinates(columns, "start", study.objective.variables)[:1]
    if len(numbers) != len(columns["steps"]) or not np.array_equal(first, study.starts_at(numbers[:1])):
        return None
    return Read(numbers, columns)


def readable(path: Path, read: Callable[[Path], T]) -> list[T]:
    """What a function reads from a file; nothing where it is gone, or does not hold what was written into it."""
    try:
        return [read(path)]
    except (DamagedError, FileNotFoundError):
        return []


def labelled(study: Study, method: str, minima: Minima, read: Iterable[Read]) -> Looked:
    """What rows came to, by minima alone."""
    tally, endings, steps = ShareTally.empty(study.layout), Counter[str](), 0
    for numbers, columns in read:
        ending = columns["ending"]
        basin, _ = labels_of(study, method, coordinates(columns, "end", study.objective.variables), ending, minima)
        for run in np.split(np.arange(len(numbers)), np.flatnonzero(np.diff(numbers) > 1) + 1):
            tally += ShareTally.of(basin[run], study.layout, int(numbers[run[0]]))
        codes, counts = np.unique(ending[basin == NO_BASIN], return_counts=True)
        endings += Counter({ENDINGS[code]: int(n) for code, n in zip(codes, counts, strict=True)})
        steps += int(columns["steps"].sum())
    return Looked(tally, endings, float(steps))
