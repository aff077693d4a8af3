"""The rule ``boundary``, its second half: how rough a method's boundaries are, how far minima are from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from multistart.boundaries.edge_tracking import Advance
from multistart.boundaries.measure import measure
from multistart.descents.outcomes import empty
from multistart.descents.prepared import prepare
from multistart.files.results import MethodFiles
from multistart.minima import Minima
from multistart.proofs import Certificate
from multistart.study import storage
from multistart.study.boundary import label_function
from multistart.study.certify import provable, read_certificate
from multistart.study.cycles import attractors_of
from multistart.study.proven_cells import proven_radii, read_cells
from multistart.study.study import Study

SEED = 0  # of designs that have none


def measures_writer(
    study: Study,
    method: str,
    files: MethodFiles,
    *,
    descents: int,
    threads: int = 1,
    proven: Path | str | None = None,
) -> Callable[[], None]:
    """What writes ``boundary.csv``, ``uncertainty.csv``, ``shocks.csv`` and ``profile.csv`` of a method.

    With so many descents or fewer, and the same ones whatever the number of threads. Where shares are proven, so is by
    their cells how far no displacement leaves a basin. What it needs has been read, so that it may run in a fork.
    """
    variables = study.objective.variables
    minima = Minima.from_table(storage.read_columns(files.minima), variables)
    certificate = read_certificate(files.certificate)
    label = label_function(study, method, certificate, minima, attractors_of(study, method, files), threads)
    points = storage.read_columns(files.shared / "critical_points.csv")
    rows = np.flatnonzero((points["kind"] != "minimum") & (points["place"] == "interior"))
    balls = attracted(study, method, minima)
    if proven:
        balls = np.maximum(balls, proven_radii(read_cells(proven, variables), minima, study.domain))
    measured = partial(
        measure,
        label,
        study.domain,
        minima.location,
        balls,
        np.stack([points[name][rows] for name in variables], axis=1),
        getattr(study.config.starts, "seed", SEED),
        descents,
        arena=study.arena,
        advance=advance_of(study, method, certificate),
        saddle_rows=rows.astype(np.int64),
        confidence=study.config.estimates.confidence,
    )

    def write() -> None:
        found = measured()
        storage.write_columns(files.table("boundary.csv"), found.boundary_rows())
        storage.write_columns(files.table("uncertainty.csv"), found.uncertainty_rows())
        storage.write_columns(files.table("shocks.csv"), found.shock_rows(variables))
        storage.write_columns(files.table("profile.csv"), found.profile_rows())

    return write


def attracted(study: Study, method: str, minima: Minima) -> np.ndarray:
    """The radii of the balls around minima from which the method provably reaches them, 0 for none; ``(k,)``.

    None for a rule with memory, which is proven in regions of point and state.
    """
    holds = study.method(method).attracted(minima.attraction_curvature)
    return np.where(holds, minima.attraction_radius, 0.0)


def advance_of(study: Study, method: str, certificate: Certificate | None) -> Advance | None:
    """The updates of a method from starts at rest, which nothing but the arena stops.

    None where an update is no map of point and state: of schedules, searches and outside optimisers.
    """
    rule = provable(study.method(method), certificate)
    if not rule.is_map:
        return None
    ready = prepare(study.objective, rule, study.arena, certificate, study.cache)
    ready = replace(ready, method=replace(ready.method, gradient_tolerance=0.0), balls=ready.balls[:0])

    def advance(points: np.ndarray, updates: int) -> np.ndarray:
        out = empty(np.ascontiguousarray(points))
        if len(points):
            ready.follow(out, ready.first_state(len(points)), until=updates)
        return out.end

    return advance
