"""The rule ``zoom``: a box of ``figures.zoom``, with descents of its own and the edges in it."""

from __future__ import annotations

from collections.abc import Mapping

from multistart.boundaries.find import find_edges
from multistart.boundaries.lattice import around, centres
from multistart.box import Box
from multistart.descents.outcomes import codes
from multistart.files.results import MethodFiles
from multistart.minima import Minima
from multistart.study import storage
from multistart.study.basin import labels_of
from multistart.study.boundary import PathLike, boundary_table, fixed_of, in_space, label_function, lifted
from multistart.study.certify import read_certificate
from multistart.study.cycles import attractors_of
from multistart.study.descend import descend_from
from multistart.study.settings import zoom_cells
from multistart.study.study import Study


def write_zoom(
    study: Study,
    method: str,
    files: MethodFiles,
    plane: PathLike | None,
    *,
    number: int,
    box: Mapping[str, tuple[float, float]],
    descents: int,
    threads: int = 1,
) -> None:
    """Descend from the middles of a box's cells, and bisect the edges between them.

    Parameters
    ----------
    plane
        The slice of a study of more than two dimensions: the box lies in it.
    number
        That of the box in the config, from 1, by which its files are named.
    descents
        How many there may be to bisect; none are bisected with 0.
    """
    variables = study.objective.variables
    minima = Minima.from_table(storage.read_columns(files.minima), variables)
    certificate = read_certificate(files.certificate)
    given = Box(box).on_scales(study.config.scale)
    shown = Box({name: given.bounds[name] for name in (study.plane.axes if plane is not None else variables)})
    fixed = {} if plane is None else fixed_of(plane, variables)
    attractors = attractors_of(study, method, files)
    points = centres(shown, zoom_cells(study.config, method))
    label = label_function(study, method, certificate, minima, attractors, threads)
    if plane is not None:
        label = lifted(label, variables, shown.names, fixed)
    upwards = points.swapaxes(0, points.ndim - 2).reshape(-1, shown.dimensions)  # the first axis varies fastest
    starts = in_space(upwards, variables, shown.names, fixed)
    out = descend_from(study, method, starts, certificate, threads, None)
    rows = storage.outcome_columns(out, variables)
    rows["basin"], rows["label"] = labels_of(study, method, out.end, out.ending_code, minima, attractors)
    storage.write_rows(files.zoomed("map", number), [rows])
    known = codes(rows["basin"], rows["ending"]).reshape(points.shape[:-1]).T
    edges, _ = find_edges(label, around(label, shown, points, known), descents)
    storage.write_rows(files.zoomed("boundary", number), [boundary_table(edges, shown, study, fixed)])
