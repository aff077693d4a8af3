"""Nominal 95 % intervals cover exactly known shares: a small version of ``benchmarks/interval_coverage.py``."""

from __future__ import annotations

import json
import math
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

import exact_wells  # noqa: E402
import interval_coverage as coverage  # noqa: E402  (a script beside the package, not part of it)
import jittered_cells as cells  # noqa: E402

from multistart.counts import join_counts  # noqa: E402
from multistart.estimates.intervals import KNOWN, counted  # noqa: E402
from multistart.estimates.variance import freedom  # noqa: E402
from multistart.starts.layout import Layout  # noqa: E402

WELL = json.loads((ROOT / "tests" / "reference" / "multistart_statistics.json").read_text())["double_well"]
STUDIES = 100


def test_the_exact_edges_are_the_worked_ones():
    """Those of the reference, and the share of (0, sqrt 5)."""
    case = WELL["learning_rate_0.5"]
    edges = exact_wells.well_edges(0.5)
    worked = case["basin_edges_of_the_minimum_plus_one_alternating_from_zero"]
    assert edges[:5] == pytest.approx(worked, abs=1e-6)
    assert edges[-1] == pytest.approx(case["accumulation_point"])
    plus = sum(b - a for a, b in list(pairwise(edges))[::2])
    assert plus / math.sqrt(5) == pytest.approx(case["share_of_(0,sqrt(5))_reaching_plus_one"], abs=1e-6)


@pytest.mark.parametrize("lr", [0.1, 0.5, 0.9])
def test_iterating_the_map_agrees_with_the_exact_edges(lr):
    """100,000 starts, but those within rounding of an edge; and plain gradient descent agrees."""
    x = np.random.default_rng(0).uniform(-1.1, 1.1, 100_000) * math.sqrt(1 + 2 / lr)
    low, high, label = (np.array(part) for part in zip(*exact_wells.well_pieces(lr), strict=True))
    piece = np.clip(np.searchsorted(low, x, side="right") - 1, 0, len(low) - 1)
    exact = np.where((x >= low[0]) & (x <= high[-1]), label[piece], exact_wells.DIVERGES)
    clear = np.abs(x[:, None] - np.append(low, high[-1])).min(axis=1) > 1e-9
    found = exact_wells.well_labels(x, lr)
    assert clear.mean() > 0.999
    assert (found == exact)[clear].all()
    end = x[:1000].copy()
    for _ in range(500):
        end = np.clip(end - lr * end * (end**2 - 1), -1e3, 1e3)
    descended = np.where(np.abs(end) > 2, exact_wells.DIVERGES, end > 0)
    assert (descended == found[:1000])[clear[:1000]].all()


@pytest.mark.parametrize("problem", exact_wells.PROBLEMS, ids=lambda p: p.name)
def test_exact_shares_agree_with_many_starts(problem):
    """The formulas of the boxes against counting, within four standard errors."""
    low, high = np.array(problem.low), np.array(problem.high)
    labels = problem.label(np.random.default_rng(1).uniform(low, high, size=(200_000, len(low))))
    shares = problem.shares(low, high)
    assert sum(shares.values()) == pytest.approx(1)
    for basin, p in shares.items():
        error = math.sqrt(max(p * (1 - p), 0) / 200_000)
        assert np.mean(labels == basin) == pytest.approx(p, abs=4 * error + 1e-9)


def cases():
    for problem in exact_wells.PROBLEMS:
        for plan in coverage.plans(problem.dimensions):
            slow = plan.design in ("sobol", "halton") or "oblique" in problem.name
            if problem.name in ("1-D well, lr 0.5", "2-D sum, lr 0.5", "2-D oblique, lr 0.5"):
                yield pytest.param(problem, plan, id=f"{problem.name}: {plan.name}", marks=[pytest.mark.slow] * slow)


@pytest.mark.parametrize(("problem", "plan"), list(cases()))
def test_intervals_cover(problem, plan):
    """No basin's coverage is below 95 % by more than four Monte Carlo standard errors."""
    result = coverage.simulate(problem, plan, STUDIES, np.random.default_rng(11))
    assert result["coverage"].min() >= 0.95 - 4 * math.sqrt(0.95 * 0.05 / STUDIES)


def test_a_jittered_grid_is_close_to_its_nominal_coverage_and_far_narrower_than_wilson():
    """Two dimensions: at most 99 % where 95 % is asked, at less than half of Wilson's width."""
    problem = next(p for p in exact_wells.PROBLEMS if p.name == "2-D sum, lr 0.5")
    plan = next(p for p in coverage.plans(2) if p.name == "jittered_grid")
    result = coverage.simulate(problem, plan, STUDIES, np.random.default_rng(12))
    assert 0.93 < result["coverage"].mean() < 0.99
    assert result["over_wilson"].max() < 0.5


@pytest.mark.parametrize("pieces", [1, 40])
def test_one_dimension_is_covered_where_pieces_are_thinner_than_a_cell(pieces):
    """The trap of neighbours that agree around the one mixed cell: basins a fifth of a cell wide."""
    from multistart.box import Box
    from multistart.estimates.shares import estimate_shares
    from multistart.starts.designs import draw

    hits, rng, cells = 0, np.random.default_rng(pieces), 200
    for seed in range(400):
        x = draw("jittered_grid", Box({"x": (0, 1)}), per_axis=cells, seed=seed)[:, 0]
        centres = (np.arange(pieces) * (cells // pieces) + rng.uniform(0.2, 0.8, pieces)) / cells
        labels = (np.abs(x[:, None] - centres) < 0.1 / cells).any(axis=1).astype(int)
        table = estimate_shares(labels, "jittered_grid", per_axis=cells, basins=[1]).set_index("basin")
        hits += table.loc[1, "low"] <= pieces * 0.2 / cells <= table.loc[1, "high"]
    assert hits / 400 >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / 400)


def not_below(found, studies):
    """No coverage is below its confidence by more than four Monte Carlo standard errors."""
    c = found["confidence"]
    return bool((found["coverage"] >= c - 4 * np.sqrt(c * (1 - c) / studies)).all())


@pytest.mark.parametrize(("axes", "per_cell"), [((2,) * 6, 1), ((2,) * 10, 1), ((4,) * 4, 1), ((2, 2, 2, 20), 1)])
def test_jittered_grids_of_few_cells_cover(axes, per_cell):
    """Half-spaces and mixtures in four to ten dimensions at 80, 90, 95 and 99 %: few cells show little scatter."""
    layout = Layout("jittered_grid", math.prod(axes) * per_cell, axes, per_cell)
    wanted = ("half-space", "all mixed, 0.5")
    for name, parts in cells.basins(axes, np.random.default_rng(3)):
        if name in wanted:
            found = cells.coverage(layout, parts, 120, np.random.default_rng(9))
            assert not_below(found, 120), (name, found)


@pytest.mark.slow
@pytest.mark.parametrize(("axes", "per_cell"), cells.LAYOUTS)
def test_jittered_grids_of_any_cells_cover_any_basin(axes, per_cell):
    """All layouts by all basins, a thousand studies each."""
    assert not_below(cells.run(1000, 5, [(axes, per_cell)]), 1000)


def test_large_jittered_grids_are_hardly_wider_than_the_normal_quantile_makes_them():
    """64 x 64 cells: within five per cent of the plain normal interval of the same variance."""
    layout = Layout("jittered_grid", 64**2, (64, 64))
    for variance in (5.0, 15.0, 200.0):
        plain, found = (
            np.subtract(*counted(2000, 64**2, variance, freedom=f)[::-1]) for f in (KNOWN, freedom(layout, variance))
        )
        assert plain < found < 1.05 * plain


@pytest.mark.parametrize("axes", [(20,), (9, 9), (4, 4, 4), (2, 2, 2, 2), (3, 3, 3), (5, 2, 6)])
def test_the_degrees_of_freedom_are_those_of_the_estimate(axes):
    """All cells alike: of the quadratic form A they are tr(A)^2 / tr(A^2); the excess is a cell's mean weight."""
    layout = Layout("jittered_grid", math.prod(axes), axes)
    form = np.zeros((layout.starts, layout.starts))
    for anchor in np.ndindex(*(n - 1 for n in axes)):
        block = [np.add(anchor, step) for step in np.ndindex(*(2,) * len(axes))]
        signs = np.zeros(layout.starts)
        signs[np.ravel_multi_index(np.transpose(block), axes)] = [(-1) ** sum(s) for s in np.ndindex(*(2,) * len(axes))]
        weight = join_counts._block_weights(
            np.ravel_multi_index(np.array([anchor]).T, axes), join_counts.split_axes(layout)
        )
        form += weight * np.outer(signs, signs) / 2 ** len(axes)
    most, _, excess = freedom(layout, 0.0)
    assert most == pytest.approx(np.trace(form) ** 2 / np.trace(form @ form))
    assert excess == pytest.approx(np.trace(form) / layout.starts)
