"""The codes of a method's map, as its picture has them; without pandas, which takes longer to load than they."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from multistart.counts.grid import Grid
from multistart.descents.outcomes import ENDINGS, IN_ORBITS, NO_BASIN, codes
from multistart.files.whole_files import verify
from multistart.study import storage
from multistart.study.schema import arrow_types, check_read

Codes = np.ndarray
_COLUMNS = ["table", "ending", "basin", "cell", "code", "count"]


@dataclass(frozen=True)
class TallyFile:
    """The map of a tally, and what became of starts that went to no minimum, read from its file alone."""

    path: Path

    def map(self, grid: Grid) -> Codes:
        """The commonest code of each cell, ``(ny, nx)``, row 0 lowest; ``(1, nx)`` in one dimension."""
        counted = self._rows("map", "cell", "code", "count")
        inside = counted["cell"] >= 0
        cell, code, count = (counted[name][inside] for name in ("cell", "code", "count"))
        if self._endings:
            cell, code, count = _added(cell, self.with_endings(code), count)
        return np.atleast_2d(grid.codes(cell, code, count).T)  # first variable across

    def with_endings(self, code: Codes) -> Codes:
        """Codes of attractors that are no minima as those of their endings."""
        if not self._endings:
            return code
        present, which = np.unique(code, return_inverse=True)
        drawn = np.array([self._endings.get(each, each) for each in present.tolist()], dtype=np.int64)
        return drawn[which].reshape(code.shape)

    @cached_property
    def _endings(self) -> dict[int, int]:
        """The code of the ending of each attractor that is no minimum."""
        rows = self._rows("endings", "ending", "basin")
        orbits = {ENDINGS[code]: -1 - code for code in IN_ORBITS}
        both = zip(rows["basin"].tolist(), rows["ending"].tolist(), strict=True)
        return {basin: orbits[ending] for basin, ending in both if basin != NO_BASIN and ending in orbits}

    @cached_property
    def _table(self) -> pa.Table:
        verify(self.path)
        file = pq.ParquetFile(self.path, read_dictionary=["table"], page_checksum_verification=True)
        check_read(self.path, arrow_types(pq.read_schema(self.path)))
        return file.read(columns=_COLUMNS)

    def _rows(self, table: str, *columns: str) -> storage.Columns:
        """Some columns of one of the tables that the file holds one below the other."""
        of = self._table.column("table").combine_chunks()
        names = of.dictionary.to_pylist()
        there = np.flatnonzero(np.from_dlpack(of.indices) == (names.index(table) if table in names else -1))
        first = int(there[0]) if len(there) else 0  # its rows follow each other
        rows = self._table.slice(first, len(there))
        return {name: _values(rows.column(name).combine_chunks()) for name in columns}


def _values(column: pa.Array) -> np.ndarray:
    numbers = pa.types.is_integer(column.type)
    return np.from_dlpack(column) if numbers else np.array(column.to_pylist(), dtype=object)


def _added(cell: Codes, code: Codes, count: Codes) -> tuple[Codes, Codes, Codes]:
    """Counts of the same code in the same cell, of several attractors that are no minima, as one."""
    keys, which = np.unique(np.stack([cell, code]), axis=1, return_inverse=True)
    total = np.zeros(keys.shape[1], dtype=np.int64)
    np.add.at(total, which.ravel(), count)
    return keys[0], keys[1], total


def map_of_slice(path: Path) -> Codes:
    """The code of each cell of the plane that is shown of more than two dimensions, likewise."""
    rows = next(iter(storage.read_rows([path], columns=["basin", "ending"])))
    side = round(len(rows["basin"]) ** 0.5)
    return codes(rows["basin"], rows["ending"]).reshape(side, side)
