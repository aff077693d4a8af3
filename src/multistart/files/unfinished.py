"""Rows that are there before the file that they belong to: of a job that was killed, or of a study of another cut.

A job that descends writes what is done now and then into chunks, files that are no outputs of it, since outputs are
removed when it fails. Chunks, and the files of parts, have a note of what shaped their rows; how rows are read and
compared is said in :mod:`multistart.study.old_rows`. Nothing here is heavy: the workflow calls it each time it starts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from multistart.errors import DamagedError
from multistart.files.parts import Cut, Part, part_named, rows_named
from multistart.files.results import BY_ROWS, MethodFiles
from multistart.files.whole_files import move, note_of, remove

_CHUNK = re.compile(r"(\d+)-of-rows-(\d+)-to-(\d+)")
_NOTE = re.compile(r"([^-]+)-([^-]*)-([1-9]\d*)")
_FOLDER = re.compile(r"[0-9a-f]{32}-[0-9a-f]*-\d+")


@dataclass(frozen=True)
class Shape:
    """What rows are of, so that of two files with one shape those with the same number are the same.

    >>> Shape.noted(str(Shape("ab", 4, "c"))), Shape.noted("")
    (Shape(digest='ab', per_cell=4, starts='c'), None)

    Attributes
    ----------
    digest
        Of what shapes a row besides its start.
    per_cell
        By how many starts a cell they are numbered, 1 if none.
    starts
        A digest of which starts there are, but for their number.
    """

    digest: str
    per_cell: int = 1
    starts: str = ""

    def __str__(self) -> str:
        return f"{self.digest}-{self.starts}-{self.per_cell}"

    @classmethod
    def noted(cls, note: str) -> Shape | None:
        """That of a file with this note; none where it says nothing of rows."""
        found = _NOTE.fullmatch(note)
        return cls(found[1], int(found[3]), found[2]) if found else None

    def numbers(self, rows: range, shape: Shape) -> range:
        """Some rows of this numbering, and perhaps others, as they are numbered in another."""
        if self.per_cell == shape.per_cell:
            return rows
        first, last = rows.start // self.per_cell, -(-rows.stop // self.per_cell)
        return range(first * shape.per_cell, last * shape.per_cell)


@dataclass(frozen=True)
class Chunk:
    """A file with so many rows among ``rows``, all of them or some: then a column ``row`` says which."""

    path: Path
    shape: Shape
    count: int
    rows: range

    @property
    def gaps(self) -> bool:
        """Whether it has not all of these rows."""
        return self.count < len(self.rows)

    def overlaps(self, rows: range) -> bool:
        """Whether it may have one of some rows."""
        return max(self.rows.start, rows.start) < min(self.rows.stop, rows.stop)


def chunk_path(files: MethodFiles, shape: Shape, count: int, rows: range) -> Path:
    """The name of a chunk of so many rows, the first and the last of ``rows`` among them."""
    return files.unfinished / str(shape) / f"{count}-of-rows-{rows.start}-to-{rows.stop - 1}.parquet"


def chunks(files: MethodFiles) -> Iterator[Chunk]:
    """All chunks of a method, by their names: of any shape, and not verified."""
    for path in sorted(files.unfinished.glob("*/*.parquet")):
        found, shape = _CHUNK.fullmatch(path.stem), Shape.noted(path.parent.name)
        if found and shape and _FOLDER.fullmatch(path.parent.name):
            yield Chunk(path, shape, int(found[1]), range(int(found[2]), int(found[3]) + 1))


def rows_there(files: MethodFiles, shape: Shape, rows: range) -> list[Chunk]:
    """The files, chunks and those of parts, that say they have some of these rows, of that shape."""
    found = [chunk for chunk in chunks(files) if note_of(chunk.path) == str(chunk.shape)]
    parts = ((path, part) for path in sorted(files.parts.glob("part-*.parquet")) if (part := _part(path)))
    for path, part in parts:
        if shape.per_cell > 1 or Chunk(path, shape, len(part), range(part.first, part.last)).overlaps(rows):
            noted = Shape.noted(note_of(path))
            found += [Chunk(path, noted, len(part), range(part.first, part.last))] if noted else []
    of_digest = (chunk for chunk in found if chunk.shape.digest == shape.digest)
    return [chunk for chunk in of_digest if chunk.overlaps(shape.numbers(rows, chunk.shape))]


def _part(path: Path) -> Part | None:
    with suppress(ValueError):
        return part_named(path)
    return None


def forget(files: MethodFiles, shape: Shape, parts: Iterable[Part]) -> None:
    """Remove the chunks of these parts, whose rows are in files by now, and those of other digests."""
    own = [range(part.first, part.last) for part in parts]
    _remove(
        chunk
        for chunk in chunks(files)
        if chunk.shape.digest != shape.digest
        or (chunk.shape == shape and any(rows.start <= chunk.rows.start < chunk.rows.stop <= rows.stop for rows in own))
    )


def _remove(those: Iterable[Chunk]) -> None:
    # Not their folder: another job may be about to write into it.
    for chunk in list(those):
        remove(chunk.path)


def clear(files: MethodFiles, parts: Sequence[Part], shape: Shape, *, rows_stay: bool = True) -> None:
    """Remove the chunks of a method whose parts are all written; and, of any, folders without chunks.

    Files of rows go too that have other names, and of which Snakemake knows no more: where rows stay, those whose rows
    are in the files of these parts, as those of a smaller study; where they do not, all. No job of the method may be
    running.
    """
    if all(files.ends(part).exists() for part in parts):
        _remove(chunks(files))
        others = set(files.parts.glob("part-*.parquet")) - set(map(files.descended, parts))
        if rows_stay:
            there = all(files.descended(part).exists() for part in parts)
            others &= set(of_others(files, parts, shape) if there else ())
        for path in others:
            if Shape.noted(note_of(path)):
                remove(path)
    for folder in (*files.unfinished.glob("*"), files.unfinished):
        with suppress(OSError):
            folder.rmdir()


def of_others(files: MethodFiles, parts: Sequence[Part], shape: Shape) -> Iterator[Path]:
    """The files of the rows of these parts by other names: of a smaller study, or of pieces that were cut otherwise.

    Of rows and ends their notes tell. What is counted of them is named by rows that end where such ends do.
    """
    own = {path(part) for part in parts for path in (files.descended, files.ends)}
    paths = (path for folder in BY_ROWS for path in sorted((files.folder / folder).glob("*.parquet")))
    named = [(path, rows) for path in paths if path not in own and (rows := _rows(path))]
    noted = {path for path, rows in named if _has(shape, parts[-1].last, Shape.noted(note_of(path)), rows)}
    lasts = {rows.last for path, rows in named if path in noted and path.parent == files.ends(parts[0]).parent}
    yield from (path for path, rows in named if path in noted or (rows.last in lasts and path.parent != files.parts))


def _has(shape: Shape, count: int, other: Shape | None, rows: Cut) -> bool:
    """Whether a study of so many starts has the rows of a file with another shape."""
    if other is None or (other.digest, other.starts) != (shape.digest, shape.starts):
        return False
    return other.per_cell < shape.per_cell or (other.per_cell == shape.per_cell and rows.last <= count)


def _rows(path: Path) -> Cut | None:
    with suppress(ValueError):
        return rows_named(path.stem)
    return None


def set_aside(files: MethodFiles, parts: Iterable[Part], per_cell: int) -> None:
    """Make chunks of the files that have the names of parts and rows of a grid with another number of starts a cell.

    Else they would be removed to make way for those, and the rows in them be descended again.
    """
    for part in parts:
        path = files.descended(part)
        noted = Shape.noted(note_of(path))
        if noted and noted.per_cell != per_cell and path.exists():
            remove(files.ends(part))
            with suppress(DamagedError):
                move(path, chunk_path(files, noted, len(part), range(part.first, part.last)))
