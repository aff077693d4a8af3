"""The rule ``boundary``: where the basins of a method end, by descents from both sides of every edge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from multistart.boundaries.curves import Edges
from multistart.boundaries.find import find_edges
from multistart.boundaries.labels import Codes, Labels
from multistart.boundaries.lattice import Lattice, around, made
from multistart.boundaries.mosaic import Mosaic
from multistart.box import Box
from multistart.counts.counter import coordinates
from multistart.descents.outcomes import ENDINGS, NO_BASIN, codes
from multistart.files.results import MethodFiles
from multistart.minima import Minima
from multistart.proofs import Certificate
from multistart.study import storage
from multistart.study.basin import labels_of
from multistart.study.certify import read_certificate
from multistart.study.cycles import attractors_of
from multistart.study.descend import descend_from
from multistart.study.study import Study

if TYPE_CHECKING:
    from multistart.dynamics import Attractor

PathLike = Path | str
OF_A_LATTICE = 4  # a study whose starts are no lattice spends this part of its descents on one
MOST_CELLS = {1: 20_000, 2: 500}  # of such a lattice on an axis, by dimension


def write_edges(
    study: Study,
    method: str,
    files: MethodFiles,
    rows: Sequence[PathLike],
    plane: PathLike | None,
    *,
    descents: int,
    threads: int = 1,
) -> None:
    """Write ``boundary.parquet`` and ``mosaic.parquet`` of a method.

    Parameters
    ----------
    rows
        The rows of all starts, where these are a lattice, see :func:`.settings.is_lattice`; else none. Of a study whose
        parts are labelled by jobs they have basins, and need have no places.
    plane
        The slice that the maps of more than two dimensions show.
    """
    minima = Minima.from_table(storage.read_columns(files.minima), study.objective.variables)
    certificate = read_certificate(files.certificate)
    if plane is not None:  # whose rows tell no cycles apart
        label = label_function(study, method, certificate, minima, threads=threads)
        on_plane, box, points, known = _of_slice(study, plane, label)
        lattice = around(on_plane, box, points, known)
        edges, mosaic = find_edges(on_plane, lattice, descents - lattice.descents)
        fixed = fixed_of(plane, study.objective.variables)
    else:
        attractors = attractors_of(study, method, files)
        label = label_function(study, method, certificate, minima, attractors, threads)
        lattice = _lattice(study, method, minima, attractors, rows, label, descents)
        edges, mosaic = find_edges(label, lattice, descents - lattice.descents)
        fixed = {}
    storage.write_rows(files.table("boundary.parquet"), [boundary_table(edges, lattice.box, study, fixed)])
    storage.write_rows(files.table("mosaic.parquet"), [mosaic_table(mosaic, lattice.cells)])


def label_function(
    study: Study,
    method: str,
    certificate: Certificate | None,
    minima: Minima,
    attractors: Sequence[Attractor] = (),
    threads: int = 1,
) -> Labels:
    """What becomes of starts of a study by a method, descending afresh, in the codes of its tables."""

    def label(points: np.ndarray) -> Codes:
        if not len(points):
            return np.empty(0, dtype=np.int64)
        out = descend_from(study, method, points, certificate, threads, None)
        basin, _ = labels_of(study, method, out.end, out.ending_code, minima, attractors)
        return codes(basin, out.ending_code)

    return label


def boundary_table(edges: Edges, box: Box, study: Study, fixed: Mapping[str, float]) -> storage.Columns:
    """One row a point of an edge, in the order along each curve; the basin with the lower number is first."""
    found, n = edges.brackets, len(edges.brackets)
    places = {name: np.full(n, value) for name, value in fixed.items()}
    places |= dict(zip(box.names, found.points.T, strict=True))
    ranks = (np.where(side >= 0, side, np.iinfo(np.int64).max + side) for side in (found.first, found.second))
    turned = np.greater(*ranks)
    first, second = np.where(turned, (found.second, found.first), (found.first, found.second))
    columns = {"curve": edges.curve} | {name: places[name] for name in study.objective.variables}
    columns |= {"first": np.maximum(first, NO_BASIN), "second": np.maximum(second, NO_BASIN)}
    return columns | {"first_ending": _endings(first), "second_ending": _endings(second), "width": found.width(box)}


def mosaic_table(mosaic: Mosaic, cells: int) -> storage.Columns:
    """One row a cell along an edge, of a lattice of so many cells an axis."""
    places = dict(zip("ij", mosaic.index.T, strict=False))
    return {"level": mosaic.level, "cells": cells * 2**mosaic.level, **places, "code": mosaic.code}


def _endings(code: Codes) -> np.ndarray:
    """The endings of codes without a basin as words, others empty."""
    return np.array(["", *ENDINGS], dtype=object)[np.maximum(-code, 0)]


def _lattice(
    study: Study,
    method: str,
    minima: Minima,
    attractors: Sequence[Attractor],
    rows: Sequence[PathLike],
    label: Labels,
    descents: int,
) -> Lattice:
    """The starts themselves where they are a lattice, else one of its own."""
    d = study.objective.dimensions
    if not rows:
        cells = max(2, min(int((descents // OF_A_LATTICE) ** (1 / d)) - 2, MOST_CELLS[d]))
        return made(label, study.domain, cells)
    variables = study.objective.variables
    needed = [*(f"end_{name}" for name in variables), "ending", "basin"]
    batches = storage.read_rows(rows, columns=needed)
    known = np.concatenate([_known(study, method, minima, attractors, columns) for columns in batches])
    points = study.starts(slice(0, len(known)))
    shape = (round(len(points) ** (1 / d)),) * d
    return around(label, study.domain, points.reshape(*shape, d), known.reshape(shape))


def _known(
    study: Study, method: str, minima: Minima, attractors: Sequence[Attractor], columns: storage.Columns
) -> Codes:
    """The codes of some rows, by their labels where they have these."""
    if "basin" in columns:
        return codes(columns["basin"].astype(np.int64), columns["ending"])
    end = coordinates(columns, "end", study.objective.variables)
    return codes(labels_of(study, method, end, columns["ending"], minima, attractors)[0], columns["ending"])


def _of_slice(study: Study, path: PathLike, label: Labels) -> tuple[Labels, Box, np.ndarray, Codes]:
    """Labels of points of the slice's plane, the plane's part of the domain, and what is known of it by its rows."""
    axes = tuple(study.plane.axes)
    box = Box({name: study.domain.bounds[name] for name in axes})
    columns: dict[str, list[np.ndarray]] = {
        name: [] for name in ("basin", "ending", *(f"start_{axis}" for axis in axes))
    }
    for batch in storage.read_rows([path]):
        for name, parts in columns.items():
            parts.append(batch[name])
    whole = {name: np.concatenate(parts) for name, parts in columns.items()}
    side = round(len(whole["ending"]) ** 0.5)
    points = coordinates(whole, "start", axes).reshape(side, side, 2)
    known = codes(whole["basin"], whole["ending"]).reshape(side, side)
    variables = study.objective.variables
    on_plane = lifted(label, variables, axes, fixed_of(path, variables))
    return on_plane, box, points.transpose(1, 0, 2), known.T  # the first axis goes across


def lifted(label: Labels, variables: Sequence[str], axes: Sequence[str], fixed: Mapping[str, float]) -> Labels:
    """Labels of points of a plane, given along two axes; the other variables are fixed."""
    return lambda points: label(in_space(points, variables, axes, fixed))


def in_space(
    points: np.ndarray, variables: Sequence[str], axes: Sequence[str], fixed: Mapping[str, float]
) -> np.ndarray:
    """Points given along some axes, shape ``(n, m)``, in all variables; the others are fixed."""
    at = dict(zip(axes, points.T, strict=True))
    return np.stack([at[n] if n in at else np.full(len(points), fixed[n]) for n in variables], axis=1)


def fixed_of(path: PathLike, variables: Iterable[str]) -> dict[str, float]:
    """The first start of a slice, by its variables: where it is in those that are no axis."""
    first = next(iter(storage.read_rows([path])))
    return {name: float(first[f"start_{name}"][0]) for name in variables}
