"""Which rows of the outcomes a study keeps: all, none, or a sample; what is counted does not depend on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np

from multistart.counts.row_sample import sample_rows
from multistart.files.parts import Part
from multistart.study.storage import Columns
from multistart.study.study import Study


def kept(study: Study, part: Part, batches: Iterable[Columns]) -> Iterator[Columns]:
    """Of a part's rows, in batches, those to keep; where not all are, with their number as a first column ``row``.

    The sample depends on the seed and the number of starts alone. Every batch is consumed, and one is given at least,
    so that a table without rows still has its columns.
    """
    keep = study.config.keep
    if keep == "all":
        yield from batches
        return
    size = 0 if keep == "none" else keep.sample
    chosen = list(_chosen(batches, _sample(study.count, size, study.config.starts.seed), part.first))
    yield {name: np.concatenate([batch[name] for batch in chosen]) for name in chosen[0]}


@lru_cache(maxsize=1)
def _sample(starts: int, size: int, seed: int) -> np.ndarray:
    """The rows of a study's sample, which all its parts ask for."""
    return sample_rows(0, starts, size, seed)


def _chosen(batches: Iterable[Columns], rows: np.ndarray, first: int) -> Iterator[Columns]:
    for batch in batches:
        last = first + len(next(iter(batch.values())))
        here = rows[np.searchsorted(rows, first) : np.searchsorted(rows, last)]
        yield {"row": here} | {name: values[here - first] for name, values in batch.items()}
        first = last
