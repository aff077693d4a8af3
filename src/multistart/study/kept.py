"""`Kept`: what was computed of many things, each by a digest of all that shapes it, many in one file.

A sweep has up to 10^4 values and something to keep of each: a file for each would be as many checksums to verify
whenever a run is planned. So they share files of some megabytes, archives of NumPy arrays that are named by what they
hold. Which things share a file changes nothing of what is read.
"""

from __future__ import annotations

import hashlib
import io
import logging
import time
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from threading import Lock

import numpy as np

from multistart.errors import DamagedError
from multistart.files.whole_files import is_locked, remove, verify
from multistart.study.storage import Columns, write_bytes

SIZE = 2**23  # bytes of a file, about
OFTEN = 10.0  # seconds of work that a killed run loses, at most or of one thing
HELD = 8  # tables of files that are held in memory
Tables = Mapping[str, Columns]
_log = logging.getLogger(__name__)


class Kept:
    """Tables of things by their digests, in the files of a folder.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Kept(folder).write([("a", {"rows": {"x": np.array([1.0, 2.0])}}), ("b", {"rows": {"x": np.array([3.0])}})])
    ...     kept = Kept(folder)
    ...     ("b" in kept, "c" in kept, kept.read("b", "rows"), len(list(Path(folder).glob("*.npz"))))
    (True, False, {'x': array([3.])}, 1)
    """

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)
        self._lock = Lock()
        self._tables: OrderedDict[tuple[Path, str], tuple[np.ndarray, Columns]] = OrderedDict()
        self._places: dict[str, tuple[Path, int]] = {}
        for path in sorted(self._folder.glob("*.npz")):
            self._enter(path)

    def __contains__(self, digest: str) -> bool:
        return digest in self._places

    def read(self, digest: str, table: str) -> Columns:
        """One of the tables of a thing."""
        path, place = self._places[digest]
        with self._lock:
            ends, columns = self._table(path, table)
        rows = slice(int(ends[place - 1]) if place else 0, int(ends[place]))
        return {name: _objects(column[rows]) for name, column in columns.items()}

    def write(self, things: Iterable[tuple[str, Tables]]) -> None:
        """Keep some things, all with tables and columns of the same names and types, as they come.

        Where one fails, those before it are kept.
        """
        held: list[tuple[str, Tables]] = []
        size, began = 0, time.monotonic()
        try:
            for digest, tables in things:
                held.append((digest, tables))
                size += _size(tables)
                if size > SIZE or time.monotonic() - began > OFTEN:
                    self._write(held)
                    held, size, began = [], 0, time.monotonic()
        finally:
            self._write(held)

    def forget_all_but(self, digests: Collection[str]) -> None:
        """Remove the files that hold none of these."""
        of_file: dict[Path, set[str]] = {}
        for digest, (path, _) in self._places.items():
            of_file.setdefault(path, set()).add(digest)
        for path, holds in of_file.items():
            if holds.isdisjoint(digests):
                self._leave(path)

    def _write(self, held: list[tuple[str, Tables]]) -> None:
        if not held:
            return
        digests = [digest for digest, _ in held]
        arrays: dict[str, np.ndarray] = {"digests": np.array(digests)}
        for table, columns in held[0][1].items():
            first = next(iter(columns))
            arrays[f"{table}/ends"] = np.cumsum([len(tables[table][first]) for _, tables in held])
            for name in columns:
                arrays[f"{table}.{name}"] = np.concatenate([_plain(tables[table][name]) for _, tables in held])
        content = io.BytesIO()
        np.savez(content, allow_pickle=False, **arrays)
        path = self._folder / f"{hashlib.sha256(' '.join(digests).encode()).hexdigest()[:32]}.npz"
        write_bytes(path, content.getvalue())
        self._places.update((digest, (path, place)) for place, digest in enumerate(digests))

    def _enter(self, path: Path) -> None:
        """Say what a file holds; one that is damaged is removed, and one that is being written left alone."""
        if is_locked(path):
            return
        try:
            verify(path)
            with np.load(path, allow_pickle=False) as arrays:
                digests = arrays["digests"].tolist()
        except DamagedError as error:
            _log.warning("%s It is made anew.", error)
            remove(path)
            return
        self._places.update((digest, (path, place)) for place, digest in enumerate(digests))

    def _leave(self, path: Path) -> None:
        self._places = {digest: at for digest, at in self._places.items() if at[0] != path}
        remove(path)

    def _table(self, path: Path, table: str) -> tuple[np.ndarray, Columns]:
        """A table of all things of a file, and where the rows of each end."""
        if (path, table) not in self._tables:
            with np.load(path, allow_pickle=False) as arrays:
                columns = {name.removeprefix(f"{table}."): arrays[name] for name in arrays if _of(name, table)}
                self._tables[path, table] = arrays[f"{table}/ends"], columns
            while len(self._tables) > HELD:
                self._tables.popitem(last=False)
        self._tables.move_to_end((path, table))
        return self._tables[path, table]


def _of(name: str, table: str) -> bool:
    return name.startswith(f"{table}.")


def _size(tables: Tables) -> int:
    return sum(column.nbytes for columns in tables.values() for column in columns.values())


def _plain(column: np.ndarray) -> np.ndarray:
    """A column of texts as NumPy keeps them without a pickle."""
    return column.astype(str) if column.dtype == object else column


def _objects(column: np.ndarray) -> np.ndarray:
    """A column of texts as it was given."""
    return column.astype(object) if column.dtype.kind == "U" else column
