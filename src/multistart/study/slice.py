"""The rule ``slice``: for maps of more than two dimensions, descents from a plane through the domain."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from multistart.minima import Minima
from multistart.study import storage
from multistart.study.certify import read_certificate
from multistart.study.descend import descend_from
from multistart.study.label import labels_of
from multistart.study.study import Study

PathLike = Path | str


def slice_points(study: Study, minima: Minima, cells: int) -> np.ndarray:
    """Cell centres of the slice that maps of more than two dimensions show, shape ``(cells**2, d)``, rows upwards."""
    plane = study.plane(minima)
    names = study.objective.variables
    points = np.tile([plane.at.get(name, 0.0) for name in names], (cells * cells, 1))
    middle = (np.arange(cells) + 0.5) / cells
    up, across = np.meshgrid(middle, middle, indexing="ij")
    for name, unit in zip(plane.axes, (across, up), strict=True):
        j = names.index(name)
        points[:, j] = study.domain.low[j] + study.domain.width[j] * unit.ravel()
    return points


def descend_slice(
    study: Study,
    method: str,
    minima_path: PathLike,
    certificate_path: PathLike,
    path: PathLike,
    *,
    cells: int,
    threads: int,
) -> None:
    """Descend from the cell centres of the slice, and label the ends."""
    minima = Minima.from_table(storage.read_csv(minima_path), study.objective.variables)
    certificate = read_certificate(certificate_path)
    out = descend_from(study, method, slice_points(study, minima, cells), certificate, threads, None)
    rows = storage.outcome_columns(out, study.objective.variables)
    rows["basin"], rows["label"] = labels_of(study, method, out.end, out.ending_code, minima)
    storage.write_rows(path, [rows])
