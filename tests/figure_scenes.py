"""Scenes for the tests of the pictures, from a plain NumPy gradient descent and a labeller by nearest known minimum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import sympy

from multistart.box import Box
from multistart.counts import nested
from multistart.counts.shares import ShareTally
from multistart.estimates.restarts import success_within_budget
from multistart.estimates.shares import share, share_table
from multistart.estimates.table import estimates_table
from multistart.figures.scene import EMPTY, ENDINGS, MapImage, Scene, codes_of
from multistart.functions.objective import Objective, named
from multistart.minima import Minima
from multistart.starts.layout import Layout

DOUBLE_WELL = "(x**2 - 1)**2 / 4"
RASTRIGIN = "20 + x**2 + y**2 - 10*cos(2*pi*x) - 10*cos(2*pi*y)"
TANG = " + ".join(f"(x{i}**4 - 16*x{i}**2 + 5*x{i})/2" for i in range(1, 7))


def descend(
    f: Objective, start: np.ndarray, arena: Box, rate: float, max_steps: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ends ``(n, d)``, steps ``(n,)`` and endings ``(n,)`` of plain gradient descent, tolerance 1e-6."""
    end, steps = start.copy(), np.full(len(start), max_steps)
    ending = np.full(len(start), "step_limit", dtype=object)
    active = np.arange(len(start))
    for step in range(max_steps + 1):
        gradient = f.gradient(end[active])
        with np.errstate(all="ignore"):
            states = {
                "nonfinite": ~np.isfinite(gradient).all(axis=1),
                "left_arena": ~arena.contains(end[active]),
                "converged": np.linalg.norm(gradient, axis=1) <= 1e-6,
            }
        stop = np.zeros(len(active), dtype=bool)
        for name, state in states.items():
            new = state & ~stop
            ending[active[new]], steps[active[new]] = name, step
            stop |= new
        active, gradient = active[~stop], gradient[~stop]
        if not len(active) or step == max_steps:
            break
        end[active] -= rate * gradient
    return end, steps, ending


def traces(f: Objective, start: np.ndarray, arena: Box, rate: float, max_steps: int) -> list[np.ndarray]:
    """The trajectory ``(steps + 1, d)`` of each start, all walked side by side."""
    paths, end, active = [[point] for point in start], start.copy(), np.arange(len(start))
    for _ in range(max_steps):
        gradient = f.gradient(end[active])
        with np.errstate(all="ignore"):
            going = arena.contains(end[active]) & (np.linalg.norm(gradient, axis=1) > 1e-6)
        active, gradient = active[going], gradient[going]
        if not len(active):
            break
        end[active] -= rate * gradient
        for i in active.tolist():
            paths[i].append(end[i].copy())
    return [np.array(path) for path in paths]


def binned_values(value: np.ndarray, code: np.ndarray, ending: np.ndarray, minima: np.ndarray) -> pd.DataFrame:
    """Counts in bins of about equal numbers of starts, with extra edges close to each minimum."""
    finite = value[np.isfinite(value)]
    if finite.size:
        near = (minima[:, None] + np.array([-1e-6, 1e-6])).ravel()
        edges = np.unique(np.concatenate([np.quantile(finite, np.linspace(0, 1, 200)), near]))
    else:
        edges = np.array([0.0, 1.0])
    place = np.clip(np.searchsorted(edges, value, side="right") - 1, 0, len(edges) - 2)
    ok = np.isfinite(value)
    frame = pd.DataFrame({"basin": np.maximum(code, -1), "ending": ending})
    frame["low"] = np.where(ok, edges[place], np.nan)
    frame["high"] = np.where(ok, edges[place + 1], np.nan)
    return frame.groupby(["basin", "ending", "low", "high"], dropna=False).size().rename("count").reset_index()


def label(end: np.ndarray, ending: np.ndarray, minima: np.ndarray) -> np.ndarray:
    """The nearest minimum within 0.05 of a converged end, else -1."""
    if not len(minima):
        return np.full(len(end), -1)
    with np.errstate(all="ignore"):
        distance = np.stack([np.linalg.norm(end - m, axis=1) for m in minima], axis=1)
    return np.where((ending == "converged") & (distance.min(axis=1) < 0.05), distance.argmin(axis=1), -1)


def estimated(frame: pd.DataFrame, best: list[int], basins: int, per_axis: int, d: int) -> dict[str, object]:
    """What a scene knows of the intervals of its shares, and of what restarts cost."""
    layout = Layout("jittered_grid", len(frame), (per_axis,) * d)
    labels, ending = frame["basin"].to_numpy(), frame["ending"].to_numpy()
    tally = ShareTally.of(labels, layout)
    shares = share_table(tally, basins=range(basins)).rename(columns={"basin": "code"})
    of_endings = ShareTally.of(np.where(labels < 0, [ENDINGS.index(e) for e in ending], -1), layout)
    found = {-1 - code: share(of_endings, [code]) for code in range(len(ENDINGS))}
    ends = pd.DataFrame([(code, s.low, s.high) for code, s in found.items()], columns=["code", "low", "high"])
    steps = frame.groupby(["basin", "ending", "steps"]).size().rename("count").reset_index()
    table = estimates_table(tally, steps, best, np.random.default_rng(1), resamples=50)
    confidence = pd.DataFrame([{"quantity": "confidence", "value": 0.95}])
    few = [
        (n, b, int((labels[nested.members(layout, n, 0, len(labels), 1)] == b).sum()))
        for n in nested.sizes(layout)
        for b in range(-1, basins)
    ]
    counts = pd.DataFrame([*few, *((len(labels), b, int((labels == b).sum())) for b in range(-1, basins))],
                          columns=["starts", "basin", "count"])  # fmt: skip
    return {
        "intervals": pd.concat([shares[shares["code"] >= 0], ends])[["code", "low", "high"]],
        "estimates": pd.concat([confidence, table]),
        "success": success_within_budget(steps, best, 20_000),
        "nested": counts.assign(share=counts["count"] / counts["starts"]),
    }


def make(
    f: Objective,
    domain: Box,
    minima: Sequence[Sequence[float]],
    per_axis: int,
    rate: float = 0.01,
    max_steps: int = 1000,
    study: str = "study",
    axes: tuple[str, ...] = (),
    fixed: Mapping[str, float] | None = None,
    traced: int = 40,
    critical: pd.DataFrame | None = None,
) -> Scene:
    """A whole scene: jittered grid over the map's axes, descents, labels and counts."""
    rng, fixed, axes = np.random.default_rng(2026), dict(fixed or {}), axes or f.variables
    box = Box({name: domain.bounds[name] for name in axes})
    cells = np.stack(np.meshgrid(*[np.arange(per_axis)] * len(axes)), axis=-1).reshape(-1, len(axes))
    across = box.low + (cells + rng.random(cells.shape)) / per_axis * box.width
    start = np.stack(
        [across[:, axes.index(n)] if n in axes else np.full(len(across), fixed[n]) for n in f.variables], axis=1
    )
    arena = domain.widened(1.0)
    end, steps, ending = descend(f, start, arena, rate, max_steps)
    minima = np.array(minima, dtype=float).reshape(-1, f.dimensions)
    value_at = f.value(minima) if len(minima) else np.empty(0)
    order = np.argsort(value_at, kind="stable")
    minima, value_at = minima[order], value_at[order]
    basin = label(end, ending, minima)
    frame = pd.DataFrame({"basin": basin, "ending": ending, "steps": steps})
    code = codes_of(frame)
    basins = pd.DataFrame(Minima.at(f, minima, domain).columns(f.variables))
    lowest = value_at.min() if len(minima) else 0.0
    basins["kind"] = np.where(value_at <= lowest + 1e-6, "global", "local")
    basins["count"] = [int((basin == b).sum()) for b in basins["basin"]]
    basins["share"] = basins["count"] / len(start)
    shape = (per_axis,) * len(axes)
    picks = rng.choice(len(start), min(traced, len(start)), replace=False)
    return Scene(
        study=study,
        method="gradient_descent",
        method_text=f"gradient descent, learning rate {rate}, at most {max_steps} steps",
        objective=f,
        domain=domain,
        arena=arena,
        starts=len(start),
        design_text=f"jittered grid, {' × '.join([str(per_axis)] * len(axes))} cells, seed 2026",
        basins=basins,
        endings=frame.groupby(["ending", "basin"]).size().rename("count").reset_index(),
        steps=frame.groupby(["basin", "ending", "steps"]).size().rename("count").reset_index(),
        values=binned_values(f.value(end), code, ending, value_at),
        map=MapImage(axes, box, fixed, code.reshape(shape), steps.reshape(shape).astype(float)),
        trajectories=traces(f, start[picks], arena, rate, max_steps),
        trajectory_basins=code[picks].tolist(),
        critical_points=critical,
        **estimated(frame, basins.loc[basins["kind"] == "global", "basin"].tolist(), len(minima), per_axis, len(axes)),  # type: ignore[arg-type]
    )


PEAKS_CRITICAL = pd.DataFrame(
    [("saddle", 0.416323, -0.394145), ("saddle", -0.265938, 0.466740), ("saddle", 1.098273, 0.854461),
     ("maximum", 1.285685, -0.004848), ("maximum", -0.460025, -0.629197), ("maximum", -0.009318, 1.581368)],
    columns=["kind", "x", "y"],
)  # fmt: skip


@cache
def peaks(per_axis: int = 60) -> Scene:
    """Peaks from catalogue minima, three minima and two ways to reach none."""
    f = named("peaks")
    assert f.domain is not None
    return make(f, f.domain, [m for m, _ in f.minima], per_axis, study="peaks", critical=PEAKS_CRITICAL)


@cache
def double_well() -> Scene:
    """One dimension; learning rate 0.5, so that the basins alternate towards the edge and some starts diverge."""
    critical = pd.DataFrame({"kind": ["maximum"], "x": [0.0]})
    f = Objective.from_expression(DOUBLE_WELL, ["x"])
    return make(f, Box({"x": (-2.4, 2.4)}), [[-1], [1]], 400, 0.5, 300, "double_well", traced=24, critical=critical)


@cache
def rastrigin() -> Scene:
    """One global minimum and 120 local ones."""
    f = Objective.from_expression(RASTRIGIN, ["x", "y"])
    near = np.arange(-5, 6, dtype=float)
    for _ in range(60):
        slope, curvature = (
            2 * near + 20 * np.pi * np.sin(2 * np.pi * near),
            2 + 40 * np.pi**2 * np.cos(2 * np.pi * near),
        )
        near -= slope / curvature
    minima = np.stack(np.meshgrid(near, near), axis=-1).reshape(-1, 2)
    return make(f, Box({"x": (-5.12, 5.12), "y": (-5.12, 5.12)}), minima, 66, 0.001, 400, "rastrigin")


@cache
def tang() -> Scene:
    """Six dimensions: 64 minima, a slice through the plane of x1 and x2."""
    variables = tuple(f"x{i}" for i in range(1, 7))
    roots = [-2.903534, 2.746803]
    minima = np.stack(np.meshgrid(*[roots] * 6, indexing="ij"), axis=-1).reshape(-1, 6)
    fixed = {"x3": -2.9, "x4": -2.9, "x5": 2.75, "x6": -2.9}
    return make(
        Objective.from_expression(TANG, variables), Box(dict.fromkeys(variables, (-5.0, 5.0))), minima, 40,
        study="styblinski_tang", axes=("x1", "x2"), fixed=fixed,
    )  # fmt: skip


@cache
def unbounded() -> Scene:
    """No minimum at all: every descent leaves the arena downhill."""
    f = Objective.from_expression("x**3 + y", ["x", "y"])
    return make(f, Box({"x": (-1, 1), "y": (-1, 1)}), [], 20, 0.1, 100, "slope", traced=12)


@cache
def nowhere_finite() -> Scene:
    """The logarithm of a negative number everywhere in the box: all values nan."""
    f = Objective.from_expression("log(x - 9) + y**2", ["x", "y"])
    return make(f, Box({"x": (-1, 1), "y": (-1, 1)}), [], 10, study="nowhere", traced=5)


@cache
def half_finite() -> Scene:
    """A parabola where x > 0, nan elsewhere; x and y of very different widths."""
    f = Objective.from_expression("(sqrt(x) - 1)**2 + y**2/900", ["x", "y"])
    return make(f, Box({"x": (-1, 3), "y": (-40, 40)}), [[1, 0]], 30, 0.3, 1000, "half", traced=20)


@cache
def constant() -> Scene:
    """A constant function: every start converges at once, at no minimum."""
    f = Objective("flat", sympy.Integer(2), ("x", "y"))
    return make(f, Box({"x": (-1, 1), "y": (-1, 1)}), [], 10, study="flat", traced=5)


@cache
def diverging() -> Scene:
    """Steep walls and too large a step: most starts fly off, some to infinity; the map has holes."""
    f = Objective.from_expression("(1 - x)**2 + 100*(y - x**2)**2", ["x", "y"])
    box = Box({"x": (-2, 2), "y": (-1, 3)})
    scene = make(f, box, [[1, 1]], 40, 0.0018, 1000, "rosenbrock", traced=30)
    code = scene.map.code.copy()
    code[np.random.default_rng(0).random(code.shape) < 0.2] = EMPTY
    return replace(scene, map=replace(scene.map, code=code))


@cache
def no_starts() -> Scene:
    """A scene in which nothing was drawn at all."""
    scene, frame = unbounded(), unbounded().values  # noqa: PD011 - a frame named values
    empty = np.full((4, 4), EMPTY)
    return replace(
        scene, starts=0, basins=scene.basins.iloc[:0], endings=scene.endings.iloc[:0], steps=scene.steps.iloc[:0],
        values=frame.iloc[:0], intervals=None, estimates=None, success=None, nested=None,
        map=replace(scene.map, code=empty, steps=np.full((4, 4), np.nan)),
        trajectories=[], trajectory_basins=[], critical_points=None,
    )  # fmt: skip


ORDINARY = {"peaks": peaks, "double_well": double_well, "rastrigin": rastrigin, "tang": tang}
DEGENERATE = {
    "unbounded": unbounded, "nowhere_finite": nowhere_finite, "half_finite": half_finite, "constant": constant,
    "diverging": diverging, "no_starts": no_starts,
}  # fmt: skip
assert ENDINGS[0] == "converged"
