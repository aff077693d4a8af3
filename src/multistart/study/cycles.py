"""What attracts a method's descents besides minima: found from the distinct ends, numbered after the minima."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from multistart.descents.outcomes import IN_ORBITS, NO_BASIN
from multistart.files.results import MethodFiles
from multistart.minima import Minima
from multistart.study import storage
from multistart.study.descend import OrbitEnds
from multistart.study.ends import merged
from multistart.study.study import Study

if TYPE_CHECKING:  # with SciPy and FLINT, which a study without cycles does not load
    from multistart.dynamics import Attractor

FILE = "cycles.csv"


def attractors_of(study: Study, method: str, files: MethodFiles) -> list[Attractor]:
    """The attractors besides minima of a method, from its distinct ends, in their order."""
    ends = merged(study, files.ends_in_orbits(study.parts, study.pieces, study.config.keep)).orbits
    if not len(ends.end):
        return []
    minima = Minima.from_table(storage.read_columns(files.minima), study.objective.variables)
    return attractors_from(study, method, ends, minima)


def attractors_from(study: Study, method: str, ends: OrbitEnds, minima: Minima) -> list[Attractor]:
    """The same from such ends, of which there are some."""
    from multistart.dynamics import find_attractors

    return find_attractors(
        study.compiled, study.method(method), ends.end, ends.ending_code, minima, study.domain, study.tolerances,
        study.cache, study.arena, ends.start,
    )  # fmt: skip


def label_orbits(
    study: Study, method: str, end: np.ndarray, ending_code: np.ndarray, attractors: Sequence[Attractor], first: int
) -> np.ndarray:
    """The number of the attractor that each end is on, -1 where on none, shape ``(n,)``; numbers begin at ``first``."""
    found = np.full(len(end), NO_BASIN, dtype=np.int64)
    rows = np.flatnonzero(np.isin(ending_code, IN_ORBITS))
    if len(rows) and attractors:
        from multistart.dynamics import which_attractor

        number = which_attractor(
            study.compiled, study.method(method), end[rows], ending_code[rows], list(attractors), study.domain,
            study.tolerances, study.cache,
        )  # fmt: skip
        found[rows] = np.where(number >= 0, number + first, NO_BASIN)
    return found


def write_cycles(study: Study, attractors: Sequence[Attractor], first: int, path: Path | str) -> None:
    """Write ``cycles.csv``: a row a point of each attractor, in order."""
    sizes = [len(a.points) for a in attractors]
    points = np.concatenate([np.empty((0, study.objective.dimensions)), *(a.points for a in attractors)])
    numbers = {
        "attractor": np.arange(first, first + len(attractors), dtype=np.int64),
        "kind": np.array([a.kind for a in attractors], dtype=object),
        "period": np.array([a.period for a in attractors], dtype=np.int64),
        "around": np.array([a.around for a in attractors], dtype=np.int64),
    }
    columns = {name: np.repeat(column, sizes) for name, column in numbers.items()}
    columns |= dict(zip(study.objective.variables, points.T, strict=True))
    columns["value"] = study.compiled.value(points)
    for name in ("multiplier", "exponent", "exponent_error"):
        columns[name] = np.repeat(np.array([getattr(a, name) for a in attractors], dtype=np.float64), sizes)
    columns["proven"] = np.repeat(np.array([a.proven for a in attractors], dtype=bool), sizes)
    storage.write_columns(path, columns)
