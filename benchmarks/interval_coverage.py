"""Do the intervals for shares hold? A thousand studies of each objective with exactly known shares, by every design.

    python benchmarks/interval_coverage.py --studies 1000 --table docs/intervals.md --figure docs/images/coverage.png

Prints the tables, of all designs and of jittered grids of few cells (`jittered_cells`); with ``--table`` they replace
those between the markers of that page.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jittered_cells
import numpy as np
import pandas as pd
from exact_wells import PROBLEMS, Problem

from multistart.box import Box
from multistart.estimates.intervals import wilson
from multistart.estimates.shares import estimate_shares
from multistart.starts.designs import SEQUENCES, draw

REPLICATES = 16
BEGIN, END = "<!-- {} table: benchmarks/interval_coverage.py -->", "<!-- end of {} table -->"
#: Cells on each axis by dimension, chosen so that all designs have about as many starts.
PER_AXIS = {1: 256, 2: 64, 3: 16}
PER_AXIS_TWO = {1: 128, 2: 45, 3: 13}


@dataclass(frozen=True)
class Plan:
    """A design as a study would lay it out: its name in the table, and what draws it."""

    name: str
    design: str
    size: Mapping[str, int]


def plans(d: int) -> list[Plan]:
    """Every design that gives an interval, in ``d`` dimensions."""
    m, two = PER_AXIS[d], PER_AXIS_TWO[d]
    replicated = {"count": m**d // REPLICATES, "replicates": REPLICATES}
    return [
        Plan("uniform", "uniform", {"count": m**d}),
        Plan("jittered_grid", "jittered_grid", {"per_axis": m}),
        Plan("jittered_grid, 2 a cell", "jittered_grid", {"per_axis": two, "per_cell": 2}),
        Plan("grid", "grid", {"per_axis": m}),
        *(Plan(f"{name}, {REPLICATES} replicates", name, replicated) for name in SEQUENCES),
    ]


def shares_of_one_study(problem: Problem, plan: Plan, box: Box, seed: int, basins: Sequence[int]) -> pd.DataFrame:
    """Draw, label and estimate, as a study does."""
    labels = problem.label(draw(plan.design, box, seed=seed, **plan.size))
    cells = {key: plan.size[key] for key in ("per_axis", "per_cell") if key in plan.size}
    labels = labels.reshape(REPLICATES, -1) if "replicates" in plan.size else labels
    return estimate_shares(labels, plan.design, basins=[b for b in basins if b >= 0], **cells).set_index("basin")


def simulate(problem: Problem, plan: Plan, studies: int, rng: np.random.Generator) -> pd.DataFrame:
    """Run studies; one row a basin: exact share, coverage, mean width, and the width over Wilson's at as many starts.

    A grid is not random, so its box is shifted at random by up to a cell for each study, and the exact shares with it.
    """
    low, high = np.array(problem.low), np.array(problem.high)
    of_box = problem.shares(low, high)
    basins = sorted(of_box)
    hit, width, unlike = (np.zeros(len(basins)) for _ in range(3))
    for _ in range(studies):
        shift = (high - low) / PER_AXIS[problem.dimensions] * (rng.random(len(low)) - 0.5) * (plan.design == "grid")
        box = Box({f"x{i}": ends for i, ends in enumerate(zip(low + shift, high + shift, strict=True))})
        table = shares_of_one_study(problem, plan, box, int(rng.integers(2**62)), basins).loc[basins]
        shares = problem.shares(box.low, box.high) if shift.any() else of_box
        exact = np.array([shares[b] for b in basins])
        hit += (table["low"].to_numpy() <= exact + 1e-12) & (exact - 1e-12 <= table["high"].to_numpy())
        width += (table["high"] - table["low"]).to_numpy()
        starts = int(table["count"].sum())
        unlike += [np.subtract(*wilson(int(c), starts)[::-1]) for c in table["count"]]
    return pd.DataFrame(
        {
            "objective": problem.name,
            "design": plan.name,
            "starts": starts,
            "basin": basins,
            "share": exact,
            "coverage": hit / studies,
            "width": width / studies,
            "over_wilson": width / unlike,
        }
    )


def run(studies: int, seed: int, problems: Iterable[Problem] = PROBLEMS) -> pd.DataFrame:
    """All objectives by all designs; every pair has its own stream of random numbers."""
    jobs = [(i, p, j, plan) for i, p in enumerate(problems) for j, plan in enumerate(plans(p.dimensions))]
    parts = []
    for i, problem, j, plan in jobs:
        parts.append(simulate(problem, plan, studies, np.random.default_rng([seed, i, j])))
        print(f"{problem.name}: {plan.name}: {parts[-1]['coverage'].round(3).tolist()}", file=sys.stderr, flush=True)
    return pd.concat(parts, ignore_index=True)


def markdown(results: pd.DataFrame, studies: int) -> str:
    """The table of the page: coverage over the basins, and the mean width over Wilson's of those that exist."""
    error = math.sqrt(0.95 * 0.05 / studies)
    lines = [
        f"{studies} studies for each line; the standard error of a coverage of 0.95 is {error:.4f}.",
        "",
        "| objective | design | starts | least coverage | mean coverage | mean width / Wilson |",
        "|---|---|---|---|---|---|",
    ]
    for (objective, design), part in results.groupby(["objective", "design"], sort=False):
        lines.append(
            f"| {objective} | {design} | {part.starts.iloc[0]} | {part.coverage.min():.3f} "
            f"| {part.coverage.mean():.3f} | {part.over_wilson[part.share > 1e-12].mean():.2f} |"
        )
    return "\n".join(lines)


def draw_figure(results: pd.DataFrame, studies: int, path: Path) -> None:
    """Draw coverage (every basin a dot) and width over Wilson's, one panel an objective in each row."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    objectives, designs = results.objective.unique(), list(results.design.unique())[::-1]
    figure, axes = plt.subplots(
        2, len(objectives), figsize=(2.1 * len(objectives) + 1.6, 6.2), sharey=True, sharex="row"
    )
    margin = 2 * math.sqrt(0.95 * 0.05 / studies)
    for column, objective in enumerate(objectives):
        part = results[results.objective == objective]
        at = [designs.index(name) for name in part.design]
        top, bottom = axes[0, column], axes[1, column]
        top.axvspan(0.95 - margin, 0.95 + margin, color="0.85", zorder=0)
        top.axvline(0.95, color="0.4", linewidth=0.8)
        top.plot(part.coverage, at, "o", color="#0072B2", alpha=0.6, markersize=5)
        bottom.axvline(1, color="0.4", linewidth=0.8)
        bottom.plot(part.over_wilson, at, "s", color="#D55E00", alpha=0.6, markersize=5)
        top.set_title(objective, fontsize=9)
        bottom.set_xscale("log")
        for axis in (top, bottom):
            axis.set_yticks(range(len(designs)), designs, fontsize=8)
            axis.tick_params(axis="x", labelsize=8)
            axis.grid(axis="y", color="0.92")
    axes[0, 0].set_xlim(min(0.92, results.coverage.min() - 0.005), 1.005)
    figure.supxlabel(
        "above: coverage of nominal 95 % intervals, grey: two standard errors; below: width over Wilson's", fontsize=9
    )
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, print, and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--table", type=Path, help="page whose table is replaced")
    parser.add_argument("--figure", type=Path)
    options = parser.parse_args(arguments)
    results = run(options.studies, options.seed)
    tables = {
        "coverage": markdown(results, options.studies),
        "cells": jittered_cells.markdown(jittered_cells.run(options.studies, options.seed), options.studies),
    }
    for name, table in tables.items():
        print(table)
        if options.table:
            text = options.table.read_text(encoding="utf-8")
            begin, end = BEGIN.format(name), END.format(name)
            before, after = text.split(begin)[0], text.split(end)[1]
            options.table.write_text(f"{before}{begin}\n{table}\n{end}{after}", encoding="utf-8")
    if options.figure:
        draw_figure(results, options.studies, options.figure)


if __name__ == "__main__":
    main()
