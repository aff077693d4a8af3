"""Explorers of small studies, run through their stages in one process: for tests of pages, and of what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from multistart.explorer.contents import Contents
from multistart.study import Study, load_study
from multistart.study.explore import contents_of, explorer
from multistart.study.slice import descend_slice
from tests.small_studies import CONFIG
from tests.staged import bound, files_of, run

EDGES = ("boundary.parquet", "mosaic.parquet")


def finished(config: Mapping[str, Any], *, descents: int = 0, cells: int = 8) -> tuple[Study, Contents]:
    """A study that has run, and what its explorer shows; with so many descents for boundaries, and cells of slices."""
    study, folder = load_study(config), Path(mkdtemp())
    run(study, folder)
    files = files_of(study, folder)
    if study.objective.dimensions > 2:
        for method, of_method in files.items():
            at = (of_method.minima, of_method.certificate, of_method.table("slice.parquet"))
            descend_slice(study, method, *at, cells=cells, threads=1)
    if descents:
        bound(study, folder, descents)
    edges = [of_method.table(name) for of_method in files.values() for name in EDGES if descents]
    return study, contents_of(study, files, edges)


def page(folder: Path, **changes: Any) -> Path:
    """A page of peaks from a small study, with some of its sections replaced, in a folder: the file."""
    study, contents = finished(CONFIG | {"starts": {"design": "jittered_grid", "per_axis": 40, "seed": 1}} | changes)
    file = folder / "explore.html"
    file.write_text(explorer(study, contents), encoding="utf-8")
    return file
