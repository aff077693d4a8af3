"""The rule ``merge_ends``: distinct ends of some pieces after each other, of which those of all are made in a tree.

What is distinct is the first of its cell, so it does not matter how rows were cut into pieces, nor in which tree the
pieces are merged, as long as their order stays. Minima and attractors are found from what comes out, and no table
depends on how many jobs there were.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from multistart.files.parts import PART
from multistart.files.results import MethodFiles
from multistart.study import storage
from multistart.study.descend import DistinctEnds
from multistart.study.study import Study


def merged(study: Study, paths: Iterable[Path | str]) -> DistinctEnds:
    """The distinct ends of files, in their order."""
    ends = DistinctEnds(study)
    for path in paths:  # one by one: only files of descents that did not rest have columns of where these started
        for columns in storage.read_rows([path], rows=PART):
            ends.add(columns)
    return ends


def told_apart(study: Study, files: MethodFiles) -> float | None:
    """How wide the cells are, in widths of the domain, of which one end each was looked at; none where that is as
    usual, since there are not too many.
    """
    ends = merged(study, files.distinct_ends(study.parts, study.pieces, study.config.keep))
    return ends.apart if ends.doubled else None


def merge_ends(study: Study, paths: Iterable[Path | str], path: Path | str) -> None:
    """Write the distinct ends of files into one of the same columns."""
    storage.write_rows(path, [merged(study, paths).columns()])


def split_ends(study: Study, paths: Iterable[Path | str], files: MethodFiles) -> None:
    """Write the distinct ends of all pieces: of descents that came to rest, and apart from them of those that did not.

    Labels need the second alone, and more starts most often bring no new one.
    """
    ends = merged(study, paths)
    storage.write_rows(files.at_rest, [ends.columns(orbits=False)])
    storage.write_rows(files.orbits, [ends.columns(rest=False)])
