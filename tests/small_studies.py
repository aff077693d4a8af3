"""Small studies of peaks, one for each design, run once for all tests of a worker."""

from __future__ import annotations

from contextlib import nullcontext
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from unittest import mock

from multistart.files import parts
from multistart.study import load_study
from tests.staged import run, summary

CONFIG: dict[str, Any] = {
    "study": "small",
    "objective": {"name": "peaks"},
    "starts": {"design": "jittered_grid", "per_axis": 12, "seed": 1},
    "methods": {"gd": {"optimizer": "gradient_descent", "learning_rate": 0.01, "max_steps": 300}},
}
DESIGNS: dict[str, dict[str, Any]] = {
    "jittered_grid": {"design": "jittered_grid", "per_axis": 12, "seed": 1},
    "two a cell": {"design": "jittered_grid", "per_axis": 8, "per_cell": 2},
    "grid": {"design": "grid", "per_axis": 15},
    "uniform": {"design": "uniform", "count": 150},
    "sobol": {"design": "sobol", "count": 32, "replicates": 5},
    "one sobol": {"design": "sobol", "count": 128},
    "latin_hypercube": {"design": "latin_hypercube", "count": 25, "replicates": 4},
}
DIAGNOSED = ("jittered_grid",)  # which others are compared with
KEPT: dict[str, Any] = {"none": "none", "sample": {"sample": 30}, "more than there are": {"sample": 10_000}}


def finished(*, diagnosed: bool = False, **changes: Any) -> Path:
    """The tables of the small study with some sections replaced; that of diagnoses is empty if they are not asked for.

    To look for causes takes a third of such a study, and tells the same of all designs.
    """
    asked = nullcontext() if diagnosed else mock.patch("multistart.study.diagnose._asked", return_value=False)
    with asked:
        return run(load_study(CONFIG | changes), Path(mkdtemp()))


@cache
def of_design(name: str) -> Path:
    """The tables of one design, from a single part."""
    return finished(starts=DESIGNS[name], diagnosed=name in DIAGNOSED)


@cache
def in_parts(name: str, shards: int) -> Path:
    """The tables of one design, from parts of 41 starts in some jobs."""
    with mock.patch.object(parts, "PART", 41):
        return finished(starts=DESIGNS[name], execution={"shards": shards}, diagnosed=name in DIAGNOSED)


@cache
def of_kept(name: str) -> Path:
    """The tables of the small study of which only some rows are kept, from a single part."""
    return finished(keep=KEPT[name], diagnosed=True)


def told(folder: Path, **changes: Any) -> str:
    """The summary of a finished study."""
    study = load_study(CONFIG | changes)
    return summary(study, folder).markdown
