"""What is finished of a study that may be running: which rows have descended, where they went, and when that was.

Nothing is written, and no lock is asked for. A file that goes while it is looked for, since a job has used it up, is as
one that was never there; so is one whose bytes are not those that were written.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from multistart.counts.counter import coordinates
from multistart.counts.method import MethodCounts
from multistart.counts.shares import ShareTally
from multistart.descents.outcomes import ENDINGS, IN_ORBITS, NO_BASIN
from multistart.errors import DamagedError
from multistart.files.parts import part_named
from multistart.files.results import MethodFiles
from multistart.minima import Minima
from multistart.study import storage
from multistart.study.basin import labels_of
from multistart.study.study import Study


class Rows(NamedTuple):
    """Consecutive rows that a file is of, and when it was written, in seconds since 1970."""

    first: int
    last: int
    path: Path
    time: float

    def __len__(self) -> int:
        return self.last - self.first


@dataclass
class Looked:
    """What some rows of a method came to: their shares, their endings at no minimum, and how many steps they took."""

    tally: ShareTally
    endings: collections.Counter[str] = field(default_factory=collections.Counter)
    steps: int = 0
    stepped: int = 0
    #: Files that could not be believed, or that went.
    left_out: int = 0


def rows_in(folder: Path, starts: int, since: float = 0.0) -> list[Rows]:
    """The files of a folder that are named by rows, none twice, in order; of rows of the study, and none too old."""
    found = []
    for path in folder.glob("part-*.parquet"):
        try:
            part, time = part_named(path), path.stat().st_mtime
        except (ValueError, FileNotFoundError):
            continue
        if part.last <= starts and time >= since:
            found.append(Rows(part.first, part.last, path, time))
    return without_twice(found)


def without_twice(found: Iterable[Rows]) -> list[Rows]:
    """Those that share no row, the longest of those that begin together; in order."""
    kept: list[Rows] = []
    for rows in sorted(found, key=lambda rows: (rows.first, -rows.last, rows.path)):
        if not kept or rows.first >= kept[-1].last:
            kept.append(rows)
    return kept


def descended(files: MethodFiles, starts: int, since: float = 0.0) -> list[Rows]:
    """What has descended: its rows are there, or its ends are, which outlast them."""
    folders = (files.ends_folder, files.parts_folder)
    return without_twice(rows for folder in folders for rows in rows_in(folder, starts, since))


def some(found: Sequence[Rows], most: int) -> list[Rows]:
    """Of files those that have about so many rows at most, one at least, spread over all."""
    return list(found[:: max(1, -(-sum(map(len, found)) // most))])


def read(study: Study, files: Sequence[Rows]) -> tuple[list[tuple[int, storage.Columns]], int]:
    """Where each file's rows begin, and their ends, endings and steps; and how many files are left out."""
    names = [f"end_{name}" for name in study.objective.variables]
    found = []
    for rows in files:
        batches = readable(rows.path, [*names, "ending", "steps"])
        columns = {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]} if batches else {}
        if columns and len(columns["steps"]) == len(rows):
            found.append((rows.first, columns))
    return found, len(files) - len(found)


def readable(path: Path, columns: Sequence[str] | None = None) -> list[storage.Columns]:
    """The rows of a file in batches; none of one that is gone, or that does not hold what was written."""
    try:
        return list(storage.read_rows([path], columns=columns))
    except (DamagedError, FileNotFoundError):
        return []


def labelled(
    study: Study, method: str, minima: Minima, batches: Iterable[tuple[int, storage.Columns]], left_out: int = 0
) -> Looked:
    """What rows came to. Those in cycles and bounded orbits, which are at no minimum, are told by their endings."""
    looked = Looked(ShareTally.empty(study.layout), left_out=left_out)
    for first, columns in batches:
        ending = columns["ending"]
        basin, _ = labels_of(study, method, coordinates(columns, "end", study.objective.variables), ending, minima)
        looked.tally += ShareTally.of(basin, study.layout, first)
        looked.endings += _words(ending[basin == NO_BASIN])
        looked.steps += int(columns["steps"].sum())
        looked.stepped += len(basin)
    return looked


def _words(endings: np.ndarray) -> collections.Counter[str]:
    codes, counts = np.unique(endings, return_counts=True)
    return collections.Counter({ENDINGS[code]: int(n) for code, n in zip(codes, counts, strict=True)})


def counted(study: Study, minima: Minima, files: Iterable[Rows]) -> Looked:
    """The same from the counts of parts that are labelled: exact, of all their rows."""
    looked = Looked(ShareTally.empty(study.layout))
    for rows in files:
        try:
            counts = MethodCounts.from_frame(storage.read_frame(rows.path), study.layout)
        except (DamagedError, FileNotFoundError):
            looked.left_out += 1
            continue
        add(looked, counts.basins, counts.endings, len(minima))
    return looked


def add(looked: Looked, basins: ShareTally, endings: ShareTally, minima: int) -> None:
    """Add the shares of some rows by basin and by ending; attractors that are no minima count as none."""
    looked.tally += basins.joined({basin: basin if basin < minima else NO_BASIN for basin in _all_labels(basins)})
    for code in endings.basins:
        if code >= 0:
            looked.endings[ENDINGS[code]] += endings.count([code])


def _all_labels(tally: ShareTally) -> Iterator[int]:
    yield NO_BASIN
    yield from tally.basins
