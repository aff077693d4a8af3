"""Do the intervals for two methods from the same starts hold? Pairs whose exact shares and costs are known.

    python benchmarks/pair_coverage.py --studies 1000 --table docs/intervals.md

Three questions: the difference of two shares by every design (`of_designs`), on jittered grids of few cells
(`of_cells`), and the ratio of two running times (`of_ratios`). Prints a table of the worst found; with ``--table`` it
replaces that between the markers of the page.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from exact_wells import Problem, rotated_well, sum_of_wells
from interval_coverage import BEGIN, END, PER_AXIS, Plan, plans
from jittered_cells import LAYOUTS, POINTS

from multistart.box import Box
from multistart.counts.pairs import BY_FIRST, BY_SECOND, CHANGED, PairCounter, PairedRows, Reached
from multistart.counts.shares import ShareTally
from multistart.estimates.differences import difference
from multistart.estimates.ratios import running_time_ratio
from multistart.starts.designs import draw
from multistart.starts.layout import Layout

CONFIDENCES = (0.80, 0.95, 0.99)
ONLY_FIRST, ONLY_SECOND = {BY_FIRST + CHANGED}, {BY_SECOND + CHANGED}
LONGEST = 1001
BOX_2D = (-2.5, -2.2), (2.4, 2.3)
#: Two problems on one box: the basin 0 of the first, and a basin of the second, are what both are to reach.
PAIRS: tuple[tuple[str, Problem, Problem, int], ...] = (
    ("1-D, lr .5 and .4", *(sum_of_wells("", lr, (-2.5,), (2.4,)) for lr in (0.5, 0.4)), 0),
    ("2-D sum, lr .5 and .4", *(sum_of_wells("", lr, *BOX_2D) for lr in (0.5, 0.4)), 0),
    ("2-D sum, equal", *(sum_of_wells("", lr, *BOX_2D) for lr in (0.5, 0.5)), 0),
    ("2-D sum, disjoint", *(sum_of_wells("", lr, *BOX_2D) for lr in (0.5, 0.5)), 3),
    ("2-D oblique, .6 and .7", *(rotated_well("", 0.5, a, (-2.0, -1.9), (1.9, 2.1)) for a in (0.6, 0.7)), 0),
    ("3-D sum, lr .5 and .45", *(sum_of_wells("", lr, (-2.3, -2.2, -2.2), (2.3, 2.3, 2.2)) for lr in (0.5, 0.45)), 0),
)


def of_designs(
    pair: tuple[str, Problem, Problem, int], plan: Plan, studies: int, rng: np.random.Generator
) -> pd.DataFrame:
    """The coverage of the difference at 95 %, and its mean width; the box of a grid is shifted at random."""
    name, one, two, basin = pair
    low, high = np.array(one.low), np.array(one.high)
    hits, width = 0, 0.0
    for _ in range(studies):
        shift = (high - low) / PER_AXIS[len(low)] * (rng.random(len(low)) - 0.5) * (plan.design == "grid")
        box = Box({f"x{i}": ends for i, ends in enumerate(zip(low + shift, high + shift, strict=True))})
        starts = draw(plan.design, box, seed=int(rng.integers(2**62)), **plan.size)
        tally = ShareTally.of(labels(one.label(starts) == 0, two.label(starts) == basin), layout(plan, len(starts)))
        exact = two.shares(box.low, box.high)[basin] - one.shares(box.low, box.high)[0]
        found = difference(tally, ONLY_SECOND, ONLY_FIRST)
        hits += found.low - 1e-12 <= exact <= found.high + 1e-12
        width += found.high - found.low
    return pd.DataFrame(
        [{"case": name, "design": plan.name, "confidence": 0.95, "coverage": hits / studies, "width": width / studies}]
    )


def labels(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The labels of starts by which of the two methods reaches the best value; where both or neither do, no change."""
    return BY_FIRST * first + BY_SECOND * second + CHANGED * (first != second)


def layout(plan: Plan, starts: int) -> Layout:
    """What estimates must know of the design."""
    return Layout.of(
        plan.design,
        starts,
        per_axis=plan.size.get("per_axis"),
        per_cell=plan.size.get("per_cell", 1),
        replicates=plan.size.get("replicates", 1),
    )


def cell_cases(axes: Sequence[int], rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """Names and the parts of each cell that only the first, and only the second, brings to the best; ``(2, cells)``."""
    d, n = len(axes), math.prod(axes)
    cells = np.stack(np.unravel_index(np.arange(n), tuple(axes)), axis=1)
    normal, centre = rng.standard_normal(d), rng.uniform(0.3, 0.7, d)
    forms: dict[str, tuple[Callable, Callable]] = {
        "half-spaces, one beside the other": (
            lambda x: (x - centre) @ normal < 0,
            lambda x: (x - centre) @ normal < 0.3 * np.linalg.norm(normal) / max(axes),
        ),
        "half-spaces that cross": (lambda x: (x - centre) @ normal < 0, lambda x: x[:, 0] < centre[0]),
        "layers": (lambda x: x[:, -1] < centre[-1], lambda x: x[:, -1] < centre[-1] + 0.4 / axes[-1]),
        "a checkerboard and its other colour": (
            lambda x: np.floor(1.5 * x * axes).sum(axis=1) % 2 == 0,
            lambda x: np.floor(1.5 * x * axes).sum(axis=1) % 2 == 1,
        ),
        "ball and half-space": (
            lambda x: ((x - centre) ** 2).sum(axis=1) < 0.1 * d,
            lambda x: (x - centre) @ normal < 0,
        ),
    }
    for name, (first, second) in forms.items():
        points = [(cells + rng.random((n, d))) / axes for _ in range(POINTS)]
        yield (
            name,
            np.array(
                [
                    np.mean([first(x) & ~second(x) for x in points], axis=0),
                    np.mean([second(x) & ~first(x) for x in points], axis=0),
                ]
            ),
        )
    for plus, minus in ((0.5, 0.5), (0.3, 0.0), (0.02, 0.01), (0.9, 0.05)):
        yield f"all mixed, {plus} and {minus}", np.repeat([[minus], [plus]], n, axis=1)
    yield "one cell", np.array([np.zeros(n), np.eye(1, n, n // 2)[0] * 0.5])
    yield "nothing", np.zeros((2, n))


def of_cells(axes: Sequence[int], per_cell: int, parts: np.ndarray, studies: int, rng: np.random.Generator):
    """The coverage of the difference on a jittered grid at all confidences."""
    n = math.prod(axes) * per_cell
    grid = Layout("jittered_grid", n, tuple(axes), per_cell)
    exact = float((parts[1] - parts[0]).mean())
    only_first, either = np.repeat(parts[0], per_cell), np.repeat(parts.sum(axis=0), per_cell)
    held = np.zeros(len(CONFIDENCES))
    for _ in range(studies):
        u = rng.random(n)
        tally = ShareTally.of(labels(u < only_first, (u >= only_first) & (u < either)), grid)
        for c, confidence in enumerate(CONFIDENCES):
            found = difference(tally, ONLY_SECOND, ONLY_FIRST, confidence)
            held[c] += found.low - 1e-12 <= exact <= found.high + 1e-12
    return pd.DataFrame({"confidence": CONFIDENCES, "coverage": held / studies})


#: Which of two methods reach the best value from ``n`` starts: from a generator, ``n`` and a probability.
DEPENDENCE: dict[str, Callable] = {
    "independent": lambda rng, n, p: (rng.random(n) < p, rng.random(n) < p),
    "equal": lambda rng, n, p: (lambda hit: (hit, hit.copy()))(rng.random(n) < p),
    "nested": lambda rng, n, p: (lambda u: (u < p, u < min(1.5 * p, 1)))(rng.random(n)),
    "disjoint": lambda rng, n, p: (lambda u: (u < p / 2, (u > 0.5) & (u < 0.5 + p / 2)))(rng.random(n)),
}
#: What descents of both methods cost: from a generator, and who reaches the best value.
COSTS: dict[str, Callable] = {
    "equal": lambda rng, a, b: (np.full(len(a), 11), np.full(len(a), 11)),
    "dear failures": lambda rng, a, b: (np.where(a, 11, LONGEST), np.where(b, 11, LONGEST)),
    "dear hits": lambda rng, a, b: (np.where(a, LONGEST, 11), np.where(b, LONGEST, 11)),
    "together": lambda rng, a, b: (lambda u: (_spread(u, a, 50, 250), _spread(u, b, 30, 150)))(rng.random(len(a))),
    "against each other": lambda rng, a, b: (
        lambda u: ((1 + 1000 * u**4).astype(int), (1 + 1000 * (1 - u) ** 4).astype(int))
    )(rng.random(len(a))),
    "few dear failures": lambda rng, a, b: tuple(
        np.where(hit, 20, np.where(rng.random(len(a)) < 0.1, LONGEST, 10)) for hit in (a, b)
    ),
}


def _spread(u: np.ndarray, hit: np.ndarray, least: int, more: int) -> np.ndarray:
    return np.where(hit, least + more * u, np.where(u < 0.5, LONGEST, 20 + 180 * u)).astype(int)


def of_ratios(
    dependence: str,
    costs: str,
    n: int,
    p: float,
    studies: int,
    rng: np.random.Generator,
    confidence: float = 0.95,
    resamples: int = 300,
) -> pd.DataFrame:
    """The coverage of the ratio of running times over studies of ``n`` independent starts."""

    def study(rng: np.random.Generator, n: int) -> tuple[np.ndarray, ...]:
        hits = DEPENDENCE[dependence](rng, n, p)
        return (*hits, *COSTS[costs](rng, *hits))

    first, second, one, two = study(np.random.default_rng(0), 300_000)
    exact = two.mean() / second.mean() * first.mean() / one.mean()
    exact = 1.0 if dependence == "equal" and (one == two).all() else exact
    counter = PairCounter(Layout.of("uniform", n), frozenset([0]))
    held = 0
    for _ in range(studies):
        first, second, one, two = study(rng, n)
        rows = PairedRows(Reached(np.where(first, 0, 1), one), Reached(np.where(second, 0, 1), two))
        found = running_time_ratio(
            counter.of(rows, 0).costs, rng, confidence=confidence, resamples=resamples, longest=(LONGEST, LONGEST)
        )
        held += found.low * 0.998 <= exact <= found.high * 1.002  # the exact one is a mean of many
    return pd.DataFrame([{"confidence": confidence, "coverage": held / studies}])


def run(studies: int, seed: int) -> pd.DataFrame:
    """All of it, one row a case."""
    frames = []
    for i, pair in enumerate(PAIRS):
        for j, plan in enumerate(plans(pair[1].dimensions)):
            frames.append(of_designs(pair, plan, studies, np.random.default_rng([seed, i, j])))
    for i, (axes, per_cell) in enumerate(LAYOUTS):
        rng = np.random.default_rng([seed, 100 + i])
        for name, parts in cell_cases(axes, rng):
            case = f"{' x '.join(map(str, axes))} cells of {per_cell}: {name}"
            found = of_cells(axes, per_cell, parts, studies, rng)
            frames.append(found.assign(case=case, design="jittered_grid, few cells"))
    for i, (dependence, costs) in enumerate((d, c) for d in DEPENDENCE for c in COSTS):
        for n in (10, 50, 300):
            for p in (0.02, 0.1, 0.5, 0.95):
                rng = np.random.default_rng([seed, 1000 + i, n, int(100 * p)])
                found = of_ratios(dependence, costs, n, p, studies, rng)
                case = f"{dependence}, costs {costs}, {n} starts, p = {p}"
                frames.append(found.assign(case=case, design="ratio of running times"))
    return pd.concat(frames, ignore_index=True)


def markdown(results: pd.DataFrame, studies: int) -> str:
    """The table of the page: the least and the mean coverage by design and confidence, with the case of the least."""
    lines = [
        f"{studies} studies a case; the standard error of a coverage of 0.95 is {math.sqrt(0.0475 / studies):.4f}.",
        "",
        "| interval | nominal | cases | least coverage | mean coverage | where it is least |",
        "|---|---|---|---|---|---|",
    ]
    for (design, confidence), part in results.groupby(["design", "confidence"], sort=False):
        worst = part.loc[part["coverage"].idxmin()]
        lines.append(
            f"| {design} | {confidence} | {len(part)} | {worst['coverage']:.3f} | {part['coverage'].mean():.3f} "
            f"| {worst['case']} |"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, print, and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--table", type=Path, help="page whose table is replaced")
    options = parser.parse_args(arguments)
    table = markdown(run(options.studies, options.seed), options.studies)
    print(table)
    if options.table:
        text = options.table.read_text(encoding="utf-8")
        begin, end = BEGIN.format("pairs"), END.format("pairs")
        before, after = text.split(begin)[0], text.split(end)[1]
        options.table.write_text(f"{before}{begin}\n{table}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
