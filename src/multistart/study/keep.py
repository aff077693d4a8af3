"""Which rows of the outcomes a study keeps: all, none, or a sample; what is counted does not depend on it.

The sample is that of all starts, and a job that labels knows those of its part alone, of a study that may come to have
more. A row of the sample of all is in the sample of any of the starts that it is among. So of a part those rows stay
that are in the sample of the :data:`HASHED` starts up to its last one: no other of its rows is in the sample of any
larger study, and to find them takes half a second, however many starts there are. Of `n` rows in `p` parts about
`n (1 + log p)` stay in all, and of more than 64 parts `n / 64` of each further one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from multistart.counts.row_sample import merge_rows, sample_rows
from multistart.files.parts import Part
from multistart.study.storage import Columns, read_rows, write_bytes, write_rows
from multistart.study.study import Study

HASHED = 2**26  # starts up to a part's last one, by which those of its rows are known that no sample takes


def kept(study: Study, part: Part, batches: Iterable[Columns]) -> Iterator[Columns]:
    """Of a part's rows, in batches, those to keep; where not all are, with their number as a first column ``row``.

    Of a sample :func:`may_be_kept`. Every batch is consumed, and one is given at least, so that a table without rows
    still has its columns.
    """
    keep = study.config.keep
    if keep == "all":
        yield from batches
        return
    chosen = list(_chosen(batches, may_be_kept(part, _size(study), study.config.starts.seed), part.first))
    yield {name: np.concatenate([batch[name] for batch in chosen]) for name in chosen[0]}


def may_be_kept(part: Part, size: int, seed: int) -> np.ndarray:
    """The rows of a part, ascending, that may be in the sample of so many rows of a study that has the part.

    All that are in that of some study are among them, whatever the number of its starts; of the part alone, and of one
    that ends with it and has :data:`HASHED` starts at most, they are what its sample takes of the part.
    """
    rows = sample_rows(max(0, min(part.first, part.last - HASHED)), part.last, size, seed)
    return rows[rows >= part.first]


def gather_kept(study: Study, paths: Sequence[Path | str], path: Path | str) -> None:
    """From what was kept of each part, in order, what the study keeps: no row, or the sample of all starts."""
    if not (size := _size(study)):
        write_bytes(path, Path(paths[0]).read_bytes())
        return
    rows = merge_rows((batch["row"] for batch in read_rows(paths, columns=["row"])), size, study.config.starts.seed)
    inside = ((batch, np.isin(batch["row"], rows)) for batch in read_rows(paths))
    write_rows(path, ({name: values[at] for name, values in batch.items()} for batch, at in inside))


def _size(study: Study) -> int:
    keep = study.config.keep
    return 0 if isinstance(keep, str) else keep.sample


def _chosen(batches: Iterable[Columns], rows: np.ndarray, first: int) -> Iterator[Columns]:
    for batch in batches:
        last = first + len(next(iter(batch.values())))
        here = rows[np.searchsorted(rows, first) : np.searchsorted(rows, last)]
        yield {"row": here} | {name: values[here - first] for name, values in batch.items()}
        first = last
