"""The rule ``draw``: the scene that a study's tables make, and the pictures of it."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from multistart.box import Box
from multistart.counts.tally import NO_START, Tally, bin_edges, map_image
from multistart.descents.outcomes import ENDINGS, IN_ORBITS, WITHOUT_MINIMUM, codes
from multistart.descents.trace import sketch
from multistart.figures.scene import Comparison, MapImage, Scene, Zoom
from multistart.files.results import MEASURES, PROVEN_CELLS
from multistart.methods.flow import GRADIENT_FLOW
from multistart.methods.method import Method
from multistart.methods.rate import changes, rates
from multistart.minima import Minima
from multistart.minima.scales import value_spread, value_unit
from multistart.study import storage
from multistart.study.basin import labels_of
from multistart.study.beside import beside, in_turn
from multistart.study.certify import provable, read_certificate
from multistart.study.descend import descend_from
from multistart.study.settings import is_grid
from multistart.study.study import Study

TRAJECTORIES = 36
RATES = 10_000  # steps of which a picture has the learning rate
POINTS = 250  # of a trajectory that are all drawn; after as many more, every other one, and so on


def scene(study: Study, method: str, files: Iterable[Path | str]) -> Scene:
    """Return what the pictures of one method show, as far as these files tell it.

    Parameters
    ----------
    files
        The files that some pictures read, as they declare them; what is in none of these is empty in the scene.
    """
    at = {Path(file).name: Path(file) for file in files}
    basins, all_counted = storage.read_csv(at["basins.csv"]), storage.read_tally(at["tally.parquet"])
    counted = all_counted.at_minima()
    minima = Minima.from_table(basins, study.objective.variables)
    shares, estimates, success, nested, points = (
        storage.read_csv(at[name]) if name in at else None
        for name in ("shares.csv", "estimates.csv", "success.csv", "convergence.csv", "critical_points.csv")
    )
    measured, uncertainty, shocks, profile = (storage.read_csv(at[name]) if name in at else None for name in MEASURES)
    parameters, fitted, curves, quality = (
        storage.read_csv(at[name]) if name in at else None
        for name in ("parameters.csv", "fitted.csv", "curves.csv", "fit.csv")
    )
    certificate, unit = at.get("certificate.json"), value_unit(study.compiled, study.domain)
    paths, ends = _trajectories(study, method, minima, certificate) if certificate else ([], [])
    attracted = study.method(method).attracted(basins["attraction_curvature"].to_numpy(dtype=float))
    return Scene(
        study=study.name,
        method=method,
        method_text=study.method(method).describe(),
        objective=study.compiled,
        domain=study.domain,
        arena=study.arena,
        starts=counted.starts,
        design_text=study.describe_starts(),
        basins=basins.assign(attraction_radius=basins["attraction_radius"].where(attracted, 0.0)),
        endings=counted.endings.assign(share=counted.endings["count"] / counted.starts),
        steps=counted.steps,
        paid=counted.steps_paid,
        paid_in=f"{study.method(method).paid_in}s",
        edges=storage.read_frame(at["boundary.parquet"]) if "boundary.parquet" in at else None,
        mosaic=_mosaic(at.get("mosaic.parquet"), all_counted),
        zooms=_zooms(study, at, all_counted),
        boxes=_boxes(study),
        of_flow=study.method(method).optimizer == GRADIENT_FLOW.name,
        measured=measured,
        uncertainty=uncertainty,
        shocks=shocks,
        profile=profile,
        parameters=parameters,
        fitted=fitted,
        curves=curves,
        quality=quality,
        proven=storage.read_frame(at[PROVEN_CELLS]) if PROVEN_CELLS in at else None,
        bounds=None if shares is None else shares[["basin", "proven_low", "proven_high"]].dropna(),
        values=_values(counted, minima, unit),
        map=_map(study, counted) if study.map_grid is not None else _plane(study, at.get("slice.parquet")),
        trajectories=paths,
        trajectory_basins=ends,
        critical_points=None if points is None else _inside(study, points),
        intervals=None if shares is None or estimates is None else _intervals(shares, estimates),
        estimates=estimates,
        success=success,
        nested=nested,
        rates=_rates(study.method(method)),
        spread=value_spread(study.compiled, study.domain),
        style=study.config.figures.style,
    )


def _inside(study: Study, points: pd.DataFrame) -> pd.DataFrame | None:
    """The critical points of the interior that lie in the domain; none where nothing is known of them."""
    places = points[list(study.objective.variables)].to_numpy(dtype=np.float64).reshape(-1, study.objective.dimensions)
    inside = points[study.domain.contains(places) & (points["place"] == "interior").to_numpy()]
    return inside if len(inside) else None


def _intervals(shares: pd.DataFrame, estimates: pd.DataFrame) -> pd.DataFrame:
    """The intervals of the classes: of basins, and of endings at no minimum by their negative codes."""
    of_basins = shares.loc[shares["basin"] >= 0].rename(columns={"basin": "code"})
    by_quantity = estimates.set_index("quantity")
    of_endings = [
        by_quantity.loc[[name], ["low", "high"]].assign(code=-1 - codes[0])
        for name, codes in WITHOUT_MINIMUM.items()
        if name in by_quantity.index
    ]
    return pd.concat([of_basins, *of_endings], ignore_index=True)[["code", "low", "high"]]


def _rates(method: Method) -> tuple[np.ndarray, np.ndarray] | None:
    """The learning rate at steps that are near enough to each other to be seen as all; none where it is one number."""
    if not changes(method.rate):
        return None
    steps = np.unique(np.linspace(0, method.max_steps - 1, min(method.max_steps, RATES)).astype(np.int64))
    return steps, rates(method.rate, method.max_steps, steps)  # type: ignore[arg-type]


def _values(counted: Tally, minima: Minima, unit: float) -> pd.DataFrame:
    frame = counted.values  # noqa: PD011 (a frame of that name, not the values of a frame)
    low, high = bin_edges(frame["bin"].to_numpy(), float(minima.value[0]) if len(minima) else 0.0, unit)
    return frame.assign(low=low, high=high).drop(columns="bin")


def _map(study: Study, counted: Tally) -> MapImage:
    grid = study.map_grid
    assert grid is not None, "more than two dimensions have a slice"
    code, steps = map_image(counted, grid)
    return MapImage(study.objective.variables, study.domain, {}, code.T, steps.T)  # first variable across


def _plane(study: Study, path: Path | None) -> MapImage:
    """The plane of the maps for more than two dimensions, with no start in it where its descents are not read.

    Where it lies is known from where they start.
    """
    axes = tuple(study.plane.axes)
    box = Box({name: study.domain.bounds[name] for name in axes})
    if path is None:
        return MapImage(axes, box, {}, np.array([[NO_START]]), np.array([[np.nan]]))
    return _image(path, axes, box, study.objective.variables)


def _image(path: Path, axes: tuple[str, ...], box: Box, variables: Iterable[str]) -> MapImage:
    """The map of a box from the rows that start in the middles of its cells."""
    rows = next(iter(storage.read_rows([path])))
    shape = (round(len(rows["steps"]) ** (1 / len(axes))),) * len(axes)
    fixed = {name: float(rows[f"start_{name}"][0]) for name in variables if name not in axes}
    code = codes(rows["basin"], rows["ending"]).reshape(shape)
    return MapImage(axes, box, fixed, code, rows["steps"].reshape(shape).astype(float))


def _mosaic(path: Path | None, counted: Tally) -> pd.DataFrame | None:
    if path is None:
        return None
    frame = storage.read_frame(path)
    return frame.assign(code=_at_minima(frame["code"].to_numpy(), counted))


def _at_minima(code: np.ndarray, counted: Tally) -> np.ndarray:
    """Codes of attractors that are no minima as those of their endings, as in the map."""
    endings = counted.endings[counted.endings["basin"] >= 0]
    rows = endings[endings["ending"].isin([ENDINGS[i] for i in IN_ORBITS])]
    of_ending = {basin: -1 - ENDINGS.index(ending) for basin, ending in zip(rows["basin"], rows["ending"], strict=True)}
    present, which = np.unique(code, return_inverse=True)
    drawn = np.array([of_ending.get(each, each) for each in present.tolist()], dtype=np.int64)
    return drawn[which].reshape(code.shape)


def _zooms(study: Study, at: Mapping[str, Path], counted: Tally) -> tuple[Zoom, ...]:
    """The boxes that are drawn large whose files are there."""
    found = []
    for number, box in enumerate(_boxes(study), start=1):
        if (path := at.get(f"map-{number}.parquet")) is None:
            continue
        image = _image(path, box.names, box, study.objective.variables)
        image = replace(image, code=_at_minima(image.code, counted))
        found.append(Zoom(image, storage.read_frame(at[f"boundary-{number}.parquet"])))
    return tuple(found)


def _boxes(study: Study) -> tuple[Box, ...]:
    """The boxes of ``figures.zoom``, along the axes of the maps."""
    axes = tuple(study.plane.axes) if study.objective.dimensions > 2 else study.objective.variables
    return tuple(Box({name: zoom.bounds[name] for name in axes}, dict(zoom.logs)) for zoom in study.zooms)


def _trajectories(
    study: Study, method: str, minima: Minima, certificate_path: Path
) -> tuple[list[np.ndarray], list[int]]:
    """A few dozen of the study's own starts, spread over its rows, with their paths and what became of them."""
    starts, certificate = study.starts_at(_spread_rows(study)), read_certificate(certificate_path)
    rule = provable(study.method(method), certificate)
    out = descend_from(study, method, starts, certificate, threads=1, progress=None)
    basin, _ = labels_of(study, method, out.end, out.ending_code, minima)
    paths = sketch(
        study.objective, rule, starts, arena=study.arena, certificate=certificate, points=POINTS, cache=study.cache
    )
    return paths, codes(basin, out.ending_code).tolist()


def _spread_rows(study: Study) -> np.ndarray:
    """Rows of a few dozen starts: cells spread over the grid by a Halton sequence, or rows evenly spaced."""
    starts = study.config.starts
    if not is_grid(starts):
        return np.unique(np.linspace(0, study.count - 1, TRAJECTORIES).astype(np.int64))
    per_axis, d = starts.per_axis, study.objective.dimensions
    cells = (_halton(TRAJECTORIES, d) * per_axis).astype(np.int64)
    return np.unique(np.ravel_multi_index(tuple(cells.T), (per_axis,) * d))


def _halton(n: int, d: int) -> np.ndarray:
    """Halton's sequence in the unit cube from its second point, shape ``(n, d)``.

    Coordinate j of point i has the digits of i in the j-th prime base, mirrored at the point (Halton 1960, Numer. Math.
    2). SciPy has it too, in a module that takes a second to load.
    """
    bases = [b for b in range(2, 600) if all(b % q for q in range(2, b))][:d]
    points = np.zeros((n, d))
    for j, base in enumerate(bases):
        left, unit = np.arange(1, n + 1), 1.0
        while left.any():
            unit /= base
            points[:, j] += unit * (left % base)
            left = left // base
    return points


def draw_all(
    study: Study, method: str, files: Iterable[Path | str], paths: Iterable[Path | str], *, processes: int = 1
) -> None:
    """Draw the picture that each path names, as in ``figures/basin_map.png``, from the files that they read.

    The pictures are shared out among so many processes, which all draw the same scene.
    """
    with no_collections():
        _draw(study, scene(study, method, files), paths, processes)


def comparison(study: Study, files: Iterable[Path | str]) -> Comparison:
    """What the pictures of several methods show, from the files that these read of each."""
    given = list(map(Path, files))
    of_method = {method: [file for file in given if file.parent.name == method] for method in study.config.methods}
    tables, distortion = (
        [storage.read_csv(file) for file in given if file.name == name] for name in ("comparison.csv", "distortion.csv")
    )
    scenes = (scene(study, method, own) for method, own in of_method.items())
    beside_flow = [table for table in distortion if len(table)]
    return Comparison(
        tuple(scenes),
        pd.concat(tables, ignore_index=True),
        pd.concat(beside_flow, ignore_index=True) if beside_flow else None,
    )


def draw_comparisons(study: Study, files: Iterable[Path | str], paths: Iterable[Path | str]) -> None:
    """As :func:`draw_all`, for the pictures of several methods; the files of a method lie in a folder of its name."""
    with no_collections():
        _draw(study, comparison(study, files), paths, processes=1)


def _draw(study: Study, drawn: Scene | Comparison, paths: Iterable[Path | str], processes: int) -> None:
    load_drawing()
    pictures, dpi = list(by_name(paths).items()), study.config.figures.dpi
    with in_turn(pictures) as next_ones, ExitStack() as others:
        work = partial(_draw_each, drawn, next_ones, dpi)
        for _ in range(1, processes):
            others.enter_context(beside(work))
        work()


def _draw_each(drawn: Scene | Comparison, pictures: Iterable[tuple[str, list[Path]]], dpi: float) -> None:
    from multistart.figures.drawing import figure_of, render  # late, see load_drawing

    for name, targets in pictures:
        figure = figure_of(name, drawn)
        for file in targets:
            storage.write_bytes(file, render(figure, file.suffix[1:], dpi))


@contextmanager
def no_collections() -> Iterator[None]:
    """Ten pictures leave little garbage, and to look for it among all that is loaded takes a tenth of their time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def by_name(paths: Iterable[Path | str]) -> dict[str, list[Path]]:
    """The files of each picture."""
    by_name: dict[str, list[Path]] = {}
    for path in map(Path, paths):
        by_name.setdefault(path.stem, []).append(path)
    return by_name


def load_drawing() -> None:
    """Load what draws, without what no picture here has, and takes six tenths of a second.

    Seaborn as where SciPy is not installed: densities are then its own, and cluster maps are refused. Matplotlib's
    classes without the help texts and signatures of their ``set``, which are made as the classes are. That is so in all
    of the process; so a job does this, and not the package where it is imported.
    """
    hidden = [name for name in ("scipy.stats", "scipy.cluster") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    artist = importlib.import_module("matplotlib.artist").Artist
    described = vars(artist)["_update_set_signature_and_docstring"]
    artist._update_set_signature_and_docstring = classmethod(lambda _: None)
    try:
        importlib.import_module("seaborn")
        importlib.import_module("multistart.figures.drawing")
    finally:
        artist._update_set_signature_and_docstring = described
        for name in hidden:
            del sys.modules[name]
