"""Rows that were descended from before, taken up again: no start's outcome is computed twice because a job was killed.

What a descent comes to is a function of its start, and of what :mod:`multistart.study.shape` makes a digest of:
function, arena, method, certificate, data, code, libraries. So a row of a file is used where its checksum and its
digest are right and its start is the one that is asked for, to the bit; where it stands only says where to look.
Nothing else is believed, and what is not used is descended again, so files have the same bytes whatever was there.

:class:`multistart.study.kept.Kept`, which keeps what a sweep has at each value, asks for what it has by one digest a
value; here rows are asked for in ranges that were cut otherwise when they were written, and have columns of objects.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from multistart.counts.counter import coordinates
from multistart.errors import DamagedError
from multistart.files.parts import Part
from multistart.files.results import MethodFiles
from multistart.files.unfinished import Chunk, Shape, chunk_path, rows_there
from multistart.files.whole_files import remove
from multistart.study import storage
from multistart.study.storage import Columns
from multistart.study.study import Study

OFTEN = 20.0  # seconds of work that a killed job loses, about
WORTH = 5.0  # seconds: what took longer is kept when a batch ends
Rows = NDArray[np.int64]
_log = logging.getLogger(__name__)


class OldRows:
    """The rows of a part that are there, in chunks and in files of other parts."""

    def __init__(self, study: Study, files: MethodFiles, shape: Shape | None, part: Part) -> None:
        self._variables, self._shape = study.objective.variables, shape
        self._files = [] if shape is None else rows_there(files, shape, range(part.first, part.last))

    def of(self, first: int, starts: np.ndarray) -> tuple[NDArray[np.bool_], Columns]:
        """Which of the starts of the rows from one on have been descended from, and their rows; of others anything."""
        there, columns = np.zeros(len(starts), dtype=np.bool_), Columns()
        for chunk in self._files:
            if self._shape is None or there.all():
                break
            rows = range(first, first + len(starts))
            if not chunk.overlaps(wanted := self._shape.numbers(rows, chunk.shape)):
                continue
            if (found := _read(chunk, wanted)) is None:
                continue
            old, read = found
            new = renumbered(old, chunk.shape.per_cell, self._shape.per_cell) - first
            inside = np.flatnonzero((new >= 0) & (new < len(starts)))
            place = new[inside]
            same = _bits(coordinates(read, "start", self._variables)[inside]) == _bits(starts[place])
            which = np.flatnonzero(same.all(axis=1) & ~there[place])
            place, inside = place[which], inside[which]
            for name, column in read.items():
                columns.setdefault(name, np.empty(len(starts), dtype=column.dtype))[place] = column[inside]
            there[place] = True
        return there, columns


def renumbered(rows: Rows, per_cell: int, to: int) -> Rows:
    """Rows of a grid with so many starts a cell, as they are numbered in one with ``to``; -1 of those it has not."""
    cell, k = np.divmod(rows, per_cell)
    return np.where(k < to, cell * to + k, -1)


def _bits(points: np.ndarray) -> NDArray[np.int64]:
    return np.ascontiguousarray(points).view(np.int64)


def _read(chunk: Chunk, wanted: range) -> tuple[Rows, Columns] | None:
    """The numbers of some rows of a file, and the rows; none where it is damaged, or went meanwhile."""
    try:
        if chunk.gaps:
            columns = storage.read_between(chunk.path, 0, chunk.count)
            return columns.pop("row"), columns
        first, last = max(chunk.rows.start, wanted.start), min(chunk.rows.stop, wanted.stop)
        columns = storage.read_between(chunk.path, first - chunk.rows.start, last - chunk.rows.start)
        return np.arange(first, last), columns
    except (DamagedError, FileNotFoundError) as error:
        _log.warning("%s Its rows are descended again.", error)
        if isinstance(error, DamagedError):
            remove(error.path)
        return None


class Unfinished:
    """The rows of a batch that are done, kept in a few chunks while others are not.

    A chunk and one before it that has no more rows become one: of n times that something was kept, log n chunks stay.
    """

    def __init__(
        self,
        files: MethodFiles,
        shape: Shape | None,
        rows: Rows,
        columns: Columns,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._files, self._shape, self._rows, self._columns, self._clock = files, shape, rows, columns, clock
        self._new: list[Rows] = []
        self._chunks: list[tuple[Path, Rows]] = []
        self._last = clock()

    def take(self, done: slice) -> None:
        """Take rows that are done, and keep what is not kept where that is due."""
        self._new.append(np.arange(done.start, done.stop))
        if self._clock() - self._last > OFTEN:
            self.keep()

    def finish(self) -> None:
        """Keep the last rows of the batch, where that is worth it."""
        if self._clock() - self._last > WORTH:
            self.keep()

    def keep(self) -> None:
        """Write what is not written."""
        if self._shape is None or not self._new:
            return
        which, before = np.concatenate(self._new), []
        while self._chunks and len(self._chunks[-1][1]) <= len(which):
            path, earlier = self._chunks.pop()
            which = np.concatenate([earlier, which])
            before.append(path)
        which.sort()
        rows = self._rows[which]
        among = range(int(rows[0]), int(rows[-1]) + 1)
        path = chunk_path(self._files, self._shape, len(rows), among)
        numbers = {"row": rows} if len(rows) < len(among) else {}
        batch = numbers | {name: column[which] for name, column in self._columns.items()}
        storage.write_rows(path, [batch], str(self._shape))
        for old in before:
            remove(old)
        self._chunks.append((path, which))
        self._new, self._last = [], self._clock()
