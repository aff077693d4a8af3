"""Which rows of the outcomes a study keeps: all, none, or a sample; what is counted does not depend on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from multistart.config.sections import SampleSection
from multistart.estimates.retention import sample_rows
from multistart.study.storage import ROWS, Columns
from multistart.study.study import Study


def kept(study: Study, batches: Iterable[Columns]) -> Iterator[Columns]:
    """Of batches of consecutive rows, the rows to keep; where not all are, with their number as a first column ``row``.

    The sample depends on the seed and the number of starts alone. Every batch is consumed, and one is given at least,
    so that a table without rows still has its columns.
    """
    keep = study.config.keep
    if keep == "all":
        yield from batches
        return
    size = keep.sample if isinstance(keep, SampleSection) else 0
    yield from _in_row_groups(_chosen(batches, sample_rows(0, study.count, size, study.config.starts.seed)))


def _chosen(batches: Iterable[Columns], rows: np.ndarray) -> Iterator[Columns]:
    first = 0
    for batch in batches:
        last = first + len(next(iter(batch.values())))
        here = rows[np.searchsorted(rows, first) : np.searchsorted(rows, last)]
        yield {"row": here} | {name: values[here - first] for name, values in batch.items()}
        first = last


def _in_row_groups(batches: Iterable[Columns]) -> Iterator[Columns]:
    """Small batches joined, so that a sparse sample is not cut into many groups."""
    held: list[Columns] = []
    for batch in batches:
        held.append(batch)
        if sum(len(part["row"]) for part in held) >= ROWS:
            yield _joined(held)
            held = []
    if held:
        yield _joined(held)


def _joined(parts: list[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
