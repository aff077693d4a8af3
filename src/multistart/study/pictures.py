"""The scene that a study's tables make, ready for the figures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from multistart.box import Box
from multistart.counts.tally import Tally, bin_edges, codes, map_image
from multistart.descents.descend import descend, sketch
from multistart.figures import FIGURES, MapImage, Scene, render
from multistart.minima import Minima
from multistart.proofs import Certificate
from multistart.study import storage
from multistart.study.estimation import WITHOUT_MINIMUM
from multistart.study.label import labels_of
from multistart.study.proof import read_certificate, without_proof
from multistart.study.settings import is_grid
from multistart.study.study import Study

TRAJECTORIES = 36


def scene(
    study: Study,
    method: str,
    *,
    basins_path: Path | str,
    tally_path: Path | str,
    shares_path: Path | str,
    estimates_path: Path | str,
    success_path: Path | str,
    convergence_path: Path | str,
    critical_points_path: Path | str,
    certificate_path: Path | str,
    slice_path: Path | str | None = None,
) -> Scene:
    """Return all that the pictures of one method need.

    Parameters
    ----------
    slice_path
        The labelled descents from the slice, for more than two dimensions.
    """
    basins = storage.read_csv(basins_path)
    counted = storage.read_tally(tally_path)
    minima = Minima.from_table(basins, study.objective.variables)
    estimates = storage.read_csv(estimates_path)
    paths, ends = _trajectories(study, method, minima, read_certificate(certificate_path))
    return Scene(
        study=study.name,
        method=method,
        method_text=study.method(method).describe(),
        objective=study.compiled,
        domain=study.domain,
        arena=study.arena,
        starts=counted.starts,
        design_text=study.describe_starts(),
        basins=basins,
        endings=counted.endings.assign(share=counted.endings["count"] / counted.starts),
        steps=counted.steps,
        values=_values(counted, minima),
        map=_sliced_map(study, slice_path) if slice_path is not None else _map(study, counted),
        trajectories=paths,
        trajectory_basins=ends,
        critical_points=_inside(study, storage.read_csv(critical_points_path)),
        intervals=_intervals(storage.read_csv(shares_path), estimates),
        estimates=estimates,
        success=storage.read_csv(success_path),
        nested=storage.read_csv(convergence_path),
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
        by_quantity.loc[[name], ["low", "high"]].assign(code=-1 - codes[0]) for name, codes in WITHOUT_MINIMUM.items()
    ]
    return pd.concat([of_basins, *of_endings], ignore_index=True)[["code", "low", "high"]]


def _values(counted: Tally, minima: Minima) -> pd.DataFrame:
    frame = counted.values  # noqa: PD011 (a frame of that name, not the values of a frame)
    low, high = bin_edges(frame["bin"].to_numpy(), float(minima.value[0]) if len(minima) else 0.0)
    return frame.assign(low=low, high=high).drop(columns="bin")


def _map(study: Study, counted: Tally) -> MapImage:
    grid = study.map_grid
    assert grid is not None, "more than two dimensions have a slice"
    code, steps = map_image(counted, grid)
    return MapImage(study.objective.variables, study.domain, {}, code.T, steps.T)  # first variable across


def _sliced_map(study: Study, slice_path: Path | str) -> MapImage:
    plane = study.plane
    rows = next(iter(storage.read_rows([slice_path])))
    side = int(np.sqrt(len(rows["steps"])))
    code = codes(rows["basin"], rows["ending"]).reshape(side, side)
    box = Box({name: study.domain.bounds[name] for name in plane.axes})
    return MapImage(tuple(plane.axes), box, dict(plane.at), code, rows["steps"].reshape(side, side).astype(float))


def _trajectories(
    study: Study, method: str, minima: Minima, certificate: Certificate | None
) -> tuple[list[np.ndarray], list[int]]:
    """A few dozen of the study's own starts, spread over its rows, with their paths and what became of them."""
    starts = study.starts_at(_spread_rows(study))
    rule = without_proof(study.method(method)) if certificate is None else study.method(method)
    out = descend(study.objective, rule, starts, arena=study.arena, certificate=certificate, cache=study.cache)
    basin, _ = labels_of(study, method, out.end, out.ending_code, minima)
    paths = sketch(study.objective, rule, starts, arena=study.arena, certificate=certificate, cache=study.cache)
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


def draw_all(drawn: Scene, paths: Iterable[Path | str], *, dpi: int) -> None:
    """Draw the picture that each path names, as in ``figures/basin_map.png``."""
    by_name: dict[str, list[Path]] = {}
    for path in map(Path, paths):
        by_name.setdefault(path.stem, []).append(path)
    for name, files in by_name.items():
        figure = FIGURES[name](drawn)
        for file in files:
            storage.write_bytes(file, render(figure, file.suffix[1:], dpi))
