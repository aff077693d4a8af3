"""What ``stopping: certified`` gains: steps and CPU time against stopping by the gradient, on the same starts."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np

from multistart.descents.descend import descend
from multistart.descents.outcomes import CONVERGED, TRAPPED
from multistart.descents.prepared import attraction_balls
from multistart.functions.objective import named
from multistart.methods.method import Method
from multistart.proofs import certify
from multistart.starts.designs import draw

#: name, dimensions where free, learning rate, step limit, and by how many widths the arena is wider than the domain
CASES = (
    ("peaks", None, 0.01, 1000, 1.0),
    ("muller_brown", None, 1e-4, 3000, 0.0),
    ("six_hump_camel", None, 0.01, 1000, 1.0),
    ("himmelblau", None, 0.005, 1000, 1.0),
    ("styblinski_tang", 4, 0.01, 1000, 1.0),
    ("rastrigin", 2, 0.002, 3000, 0.0),
    ("rastrigin", 2, 0.002, 3000, 1.0),
)


def table(folder: Path, *, starts: int, repeats: int) -> tuple[list[str], list[list[str]]]:
    """Return header and rows: balls, mean steps and microseconds of CPU a start either way, and the gain."""
    header = ["function", "balls", "arrive", "steps", "certified", "us a start", "certified", "faster by"]
    return header, [_row(*case, folder, starts, repeats) for case in CASES]


def _row(
    name: str, d: int | None, rate: float, steps: int, wider: float, folder: Path, n: int, repeats: int
) -> list[str]:
    f = named(name) if d is None else named(name, d)
    arena = f.domain.widened(wider)
    certificate = certify(f, arena)
    points = draw("uniform", f.domain, count=n, seed=3)
    by_gradient = Method(learning_rate=rate, max_steps=steps)
    methods = (by_gradient, replace(by_gradient, stopping="certified"))
    times: tuple[list[float], list[float]] = ([], [])
    means, arrived = [0.0, 0.0], [0.0, 0.0]
    for repeat in range(repeats + 1):
        for k, method in enumerate(methods):
            before = time.thread_time()
            out = descend(f, method, points, arena=arena, certificate=certificate, cache=folder)
            times[k].extend([time.thread_time() - before] if repeat else [])  # the first compiles
            means[k] = float(out.steps.mean())
            arrived[k] = float(np.isin(out.ending_code, (CONVERGED, TRAPPED)).mean())
    cost = [1e6 * median(seconds) / n for seconds in times]
    return [
        name + (f", {d}-D" if d else "") + (f", arena {1 + 2 * wider:g} times as wide" if wider else ""),
        str(len(attraction_balls(f, methods[1], certificate))),
        f"{arrived[1]:.1%}",
        *(f"{mean:.1f}" for mean in means),
        *(f"{c:.3f}" for c in cost),
        f"{cost[0] / cost[1]:.2f}",
    ]
