"""Jittered grids of few cells along an axis, in one to ten dimensions: do their intervals hold at any confidence?

A study needs no starts here: cell i's start is in the basin with probability p_i, the part of the cell that the basin
fills, whatever its form. A case is the array of the p_i, and its exact share is their mean.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from multistart.counts.shares import ShareTally
from multistart.estimates.intervals import clopper_pearson, counted
from multistart.estimates.variance import freedom, variance
from multistart.starts.layout import Layout

CONFIDENCES = (0.80, 0.90, 0.95, 0.99)
#: Cells along each axis, and starts in a cell.
LAYOUTS: tuple[tuple[tuple[int, ...], int], ...] = (
    *(((2,) * d, 1) for d in (1, 2, 3, 4, 5, 6, 8, 10)),
    ((3,) * 3, 1), ((3,) * 5, 1), ((4,) * 3, 1), ((4,) * 4, 1), ((5,) * 4, 1), ((4,) * 5, 1),
    ((2, 20), 1), ((2, 2, 2, 20), 1), ((2, 2, 2, 2, 2, 20), 1), ((3, 7, 2), 1),
    ((20,), 1), ((8, 8), 1), ((64, 64), 1), ((16, 16, 16), 1),
    ((2, 2), 2), ((2,) * 6, 2), ((8, 8), 2), ((3, 3, 3), 3),
)  # fmt: skip
POINTS = 200  # of a cell, from which its part in the basin is computed

Parts = NDArray[np.float64]


def basins(axes: Sequence[int], rng: np.random.Generator) -> Iterator[tuple[str, Parts]]:
    """Names and parts ``p_i``, shape ``(cells,)``: half-spaces, layers, balls, checkerboards, mixtures."""
    d, n = len(axes), math.prod(axes)
    cells = np.stack(np.unravel_index(np.arange(n), tuple(axes)), axis=1)
    normal, centre = rng.standard_normal(d), rng.uniform(0.3, 0.7, d)
    middle = np.sort(((rng.random((2000, d)) - centre) ** 2).sum(axis=1))
    forms = {
        "half-space": lambda x: (x - centre) @ normal < 0,
        "diagonal": lambda x: x.sum(axis=1) < d / 2,
        "first axis": lambda x: x[:, 0] < centre[0],
        "last axis": lambda x: x[:, -1] < centre[-1],
        "ball": lambda x: ((x - centre) ** 2).sum(axis=1) < middle[1000],
        "small ball": lambda x: ((x - centre) ** 2).sum(axis=1) < middle[200],
        "checkerboard": lambda x: np.floor(1.5 * x * axes).sum(axis=1) % 2 == 0,
    }
    for name, inside in forms.items():
        parts = [inside((cells + rng.random((n, d))) / axes) for _ in range(POINTS)]
        yield name, np.mean(parts, axis=0)
    for part in (0.03, 0.1, 0.3, 0.5):
        yield f"all mixed, {part}", np.full(n, part)
    yield "all mixed at random", rng.random(n)


def coverage(layout: Layout, parts: Parts, studies: int, rng: np.random.Generator) -> pd.DataFrame:
    """The coverage, and the mean width over that of `clopper_pearson`, for each confidence."""
    n, exact = layout.starts, float(parts.mean())
    held, width, whole = np.zeros((3, len(CONFIDENCES)))
    for _ in range(studies):
        labels = (rng.random(n) < np.repeat(parts, layout.per_cell)).astype(np.int32)
        tally, count = ShareTally.of(labels, layout), int(labels.sum())
        spread = variance(tally.numbers, layout, frozenset([1]))
        assert spread is not None
        for c, confidence in enumerate(CONFIDENCES):
            low, high = counted(count, n, spread, confidence, freedom(layout, spread))
            held[c] += low - 1e-12 <= exact <= high + 1e-12
            width[c] += high - low
            whole[c] += np.subtract(*clopper_pearson(count, n, confidence)[::-1])
    return pd.DataFrame({"confidence": CONFIDENCES, "coverage": held / studies, "over_exact": width / whole})


def run(studies: int, seed: int, layouts: Sequence[tuple[tuple[int, ...], int]] = LAYOUTS) -> pd.DataFrame:
    """All layouts by all basins."""
    frames = []
    for i, (axes, per_cell) in enumerate(layouts):
        layout = Layout("jittered_grid", math.prod(axes) * per_cell, axes, per_cell)
        rng = np.random.default_rng([seed, i])
        for name, parts in basins(axes, rng):
            frames.append(
                coverage(layout, parts, studies, rng).assign(cells=_cells(axes), per_cell=per_cell, basin=name)
            )
    return pd.concat(frames, ignore_index=True)


def _cells(axes: Sequence[int]) -> str:
    return f"{axes[0]}^{len(axes)}" if len(set(axes)) == 1 and len(axes) > 1 else " x ".join(map(str, axes))


def markdown(results: pd.DataFrame, studies: int) -> str:
    """The table of the page: for each layout and confidence the least coverage over all basins."""
    cases = results["basin"].nunique()
    lines = [
        f"{studies} studies for each of {cases} basins and each layout; the least coverage over the basins, and in "
        "brackets the mean width over that of Clopper and Pearson's interval of as many independent starts.",
        "",
        f"| cells | starts a cell | {' | '.join(f'{100 * c:.0f} %' for c in CONFIDENCES)} |",
        "|---|---|" + "---|" * len(CONFIDENCES),
    ]
    for (cells, per_cell), part in results.groupby(["cells", "per_cell"], sort=False):
        by = part.groupby("confidence")
        shown = [f"{c:.3f} ({w:.2f})" for c, w in zip(by["coverage"].min(), by["over_exact"].mean(), strict=True)]
        lines.append(f"| {cells} | {per_cell} | {' | '.join(shown)} |")
    return "\n".join(lines)
