"""The rule ``explore``: the page on which a click drops a ball, from a study's tables or from its config alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from multistart.explorer.contents import Array, Columns, Contents, LabelMap, Plane
from multistart.explorer.data import page_data
from multistart.explorer.hair import hair_apart
from multistart.explorer.html import html, html_without
from multistart.explorer.program import program
from multistart.explorer.rules import why_no_page, why_not_playable
from multistart.files.results import MethodFiles
from multistart.functions import catalogue
from multistart.methods.method import MAX_STEPS, Method
from multistart.methods.rate import changes
from multistart.minima import Minima, find_minima
from multistart.proofs import Certificate
from multistart.study import storage
from multistart.study.boundary import fixed_of, label_function
from multistart.study.certify import certificate_of, kept_certificate, not_attempted, pilot, read_certificate
from multistart.study.map_codes import TallyFile, map_of_slice
from multistart.study.minima import settled
from multistart.study.settings import settings
from multistart.study.slice import lowest_point
from multistart.study.study import Study

QUICK = 2000  # steps of a descent, for a page of a config alone
LONG = 20_000  # steps, beyond which no two starts are looked for
BOXES = 20_000  # of a search for critical points, likewise


def write_explorer(
    study: Study, files: Mapping[str, MethodFiles], path: Path | str, boundaries: Iterable[Path | str] = ()
) -> None:
    """Write the explorer of a study that has run.

    Parameters
    ----------
    boundaries
        The tables of boundaries that the study has; others of their names are of an earlier config.
    """
    if why := why_no_page(study.objective):
        storage.write_text(path, html_without(title(study), why))
    else:
        storage.write_text(path, explorer(study, contents_of(study, files, boundaries)))


def explorer(study: Study, contents: Contents) -> str:
    """The page of some contents."""
    return html(page_data(contents), program(contents, study.cache))


def contents_of(study: Study, files: Mapping[str, MethodFiles], boundaries: Iterable[Path | str] = ()) -> Contents:
    """What the tables of a study hold for its explorer."""
    known = set(map(Path, boundaries))
    first = next(iter(files.values()))
    minima = Minima.from_table(storage.read_columns(first.minima), study.objective.variables)
    certificate = read_certificate(first.certificate)
    plane = _plane_of(study, first) if study.objective.dimensions > 2 else None
    maps = tuple(_map(study, method, of_method, known) for method, of_method in files.items())
    contents = Contents(
        "study", study.name, title(study), study.compiled, study.domain, study.arena, _methods(study), minima,
        certificate, study.tolerances, not_attempted(study), plane, maps,
    )  # fmt: skip
    return replace(contents, pair=_pair(study, contents, certificate))


def contents_of_config(study: Study) -> Contents:
    """The same of a study that has not run, in a few seconds: what is proven by then, what some descents reached."""
    certificate = kept_certificate(study) or certificate_of(_quick(study))
    minima = _quick_minima(study, certificate)
    plane = None
    if study.objective.dimensions > 2:
        at = _held(study, lowest_point(study, minima, certificate))
        plane = Plane(_axes(study), at)
    contents = Contents(
        "config", study.name, title(study), study.compiled, study.domain, study.arena, _methods(study), minima,
        certificate, study.tolerances, not_attempted(study), plane,
    )  # fmt: skip
    return replace(contents, pair=_pair(study, contents, certificate, most=LONG))


def title(study: Study) -> str:
    """What the function is called: in the catalogue, or as the study."""
    if study.objective.of_catalogue:
        return catalogue.find(study.objective.name).title
    return study.name.replace("_", " ")


def _methods(study: Study) -> dict[str, Method]:
    return {name: study.method(name) for name in study.config.methods}


def _map(study: Study, method: str, files: MethodFiles, boundaries: Collection[Path]) -> LabelMap:
    """The map of a method, as its picture has it, with what its boundaries tell where these are measured."""
    tally, grid = TallyFile(files.table("tally.parquet")), study.map_grid
    code = map_of_slice(files.table("slice.parquet")) if grid is None else tally.map(grid)
    mosaic, edges = (
        _columns(files.table(name)) if files.table(name) in boundaries else None
        for name in ("mosaic.parquet", "boundary.parquet")
    )
    if mosaic is not None:
        mosaic = {**mosaic, "code": tally.with_endings(mosaic["code"])}
    return LabelMap(method, code, mosaic, edges)


def _columns(path: Path) -> Columns | None:
    """The columns of a table; none where it has no row."""
    batches = list(storage.read_rows([path]))
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]} if batches else None


def _axes(study: Study) -> tuple[int, int]:
    across, up = (study.objective.variables.index(name) for name in study.plane.axes)
    return across, up


def _plane_of(study: Study, files: MethodFiles) -> Plane:
    """The plane that the study's slice lies in."""
    at = fixed_of(files.table("slice.parquet"), study.objective.variables)
    return Plane(_axes(study), np.array([at[name] for name in study.objective.variables]))


def _held(study: Study, through: Array) -> Array:
    """A point of the plane that the slice would lie in."""
    held = dict(zip(study.objective.variables, through.tolist(), strict=True)) | dict(study.plane.at)
    return np.array([held[name] for name in study.objective.variables])


def _pair(study: Study, contents: Contents, certificate: Certificate | None, most: int = MAX_STEPS) -> Array | None:
    """Two starts a hair apart whose descents by the first method that balls roll by end at different minima.

    None where that takes more than ``most`` steps a descent.
    """
    playable = [name for name, method in contents.methods.items() if not why_not_playable(method)]
    if not playable or len(contents.minima) < 2 or contents.methods[playable[0]].max_steps > most:
        return None
    label = label_function(study, playable[0], certificate, contents.minima)
    return hair_apart(lambda points: label(contents.in_space(points)), contents)


def _quick(study: Study) -> Study:
    """The study with descents and a search that end soon; a rate that changes takes all its steps."""
    sections = study.config.resolved()
    methods = {
        name: given if changes(given.get("learning_rate")) else {**given, "max_steps": min(given["max_steps"], QUICK)}
        for name, given in sections["methods"].items()
    }
    boxes = min(sections["certificate"]["max_boxes"], BOXES)
    config = settings({**sections, "methods": methods, "certificate": {"max_boxes": boxes}})
    return replace(study, config=config)


def _quick_minima(study: Study, certificate: Certificate | None) -> Minima:
    """The minima that a pilot reached or a certificate lists, numbered as a study would that reached all of them."""
    proven = [] if certificate is None else [p.center for p in certificate.points if p.kind == "minimum"]
    places = np.concatenate([pilot(_quick(study)), np.array(proven).reshape(-1, study.objective.dimensions)])
    return settled(
        study, find_minima(study.compiled, places, study.domain, study.tolerances, held=study.held), certificate
    )
