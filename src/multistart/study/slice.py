"""The rule ``slice``: for maps of more than two dimensions, descents from a plane through the domain."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from multistart.minima import Minima
from multistart.proofs import Certificate
from multistart.study import storage
from multistart.study.basin import labels_of
from multistart.study.certify import read_certificate
from multistart.study.descend import descend_from
from multistart.study.settings import slice_cells
from multistart.study.study import Study

PathLike = Path | str


def slice_points(study: Study, through: np.ndarray, cells: int) -> np.ndarray:
    """Cell centres of the slice that maps of more than two dimensions show, shape ``(cells**2, d)``, rows upwards.

    It goes ``through`` a point of the domain, in the variables of which the config does not say where it lies.
    """
    plane = study.plane
    names = study.objective.variables
    held = dict(zip(names, through.tolist(), strict=True)) | dict(plane.at)
    points = np.tile([held[name] for name in names], (cells * cells, 1))
    middle = (np.arange(cells) + 0.5) / cells
    up, across = np.meshgrid(middle, middle, indexing="ij")
    for name, unit in zip(plane.axes, (across, up), strict=True):
        j = names.index(name)
        points[:, j] = study.domain.low[j] + study.domain.width[j] * unit.ravel()
    return points


def lowest_point(study: Study, minima: Minima, certificate: Certificate | None) -> np.ndarray:
    """The lowest minimum in the domain that is known, by a descent or by proof; else the centre; shape ``(d,)``."""
    known = list(zip(minima.value.tolist(), minima.location, strict=True))
    proven = [] if certificate is None else [p for p in certificate.points if p.kind == "minimum"]
    known += [(p.value[0] + 0.5 * (p.value[1] - p.value[0]), np.array(p.center)) for p in proven]
    inside = [(value, place) for value, place in known if study.domain.contains(place[None]).all()]
    centre = study.domain.low + 0.5 * study.domain.width
    return np.asarray(min(inside, key=lambda found: found[0])[1]) if inside else centre


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
    """Descend from the cell centres of the slice, which goes through the lowest minimum, and label the ends.

    Of a fit to many rows of data, and where a method of SciPy is among the study's, there are fewer ``cells``.
    """
    minima = Minima.from_table(storage.read_columns(minima_path), study.objective.variables)
    certificate = read_certificate(certificate_path)
    cells = min(cells, slice_cells(study.config, study.rows))
    points = slice_points(study, lowest_point(study, minima, certificate), cells)
    out = descend_from(study, method, points, certificate, threads, None)
    rows = storage.outcome_columns(out, study.objective.variables)
    rows["basin"], rows["label"] = labels_of(study, method, out.end, out.ending_code, minima)
    storage.write_rows(path, [rows])
