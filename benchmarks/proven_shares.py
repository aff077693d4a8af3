"""How long a proof of shares takes on peaks, beside descents from a million starts.

    python benchmarks/proven_shares.py

Wall and CPU seconds of one run each, on two threads.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from typing import Any

from multistart import Box, Method, certify, descend, draw, named
from multistart.reachability import prove_shares

RUNS = ((0.05, 1.5, 250_000), (0.01, 3.0, 2_000_000))  # rate, half width of the domain, cells


def timed(run: Callable[[], Any]) -> tuple[Any, float, float]:
    """What a call returns, its wall seconds, and the CPU seconds of it and its forks."""
    wall, cpu = time.perf_counter(), _cpu()
    found = run()
    return found, time.perf_counter() - wall, _cpu() - cpu


def _cpu() -> float:
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def main() -> None:
    """Print a line a run."""
    peaks = named("peaks")
    print("rate | domain | cells | undecided | wall s | CPU s | CPU s of a million descents |")
    for rate, half, cells in RUNS:
        box = Box({"x": (-half, half), "y": (-half, half)})
        arena, method = box.widened(1.0), Method("gradient_descent", learning_rate=rate, max_steps=1000)
        certificate = certify(peaks, arena)
        proven, wall, cpu = timed(
            lambda: prove_shares(peaks, method, box, arena, certificate, max_cells=cells, threads=2)  # noqa: B023
        )
        starts = draw("uniform", box, count=1_000_000, seed=1)
        descend(peaks, method, starts[:10], arena=arena)  # compiled before
        _, _, descents = timed(lambda: descend(peaks, method, starts, arena=arena, threads=2))  # noqa: B023
        domain = f"[-{half:g}, {half:g}]²"
        print(f"{rate} | {domain} | {cells:,} | {proven.undecided:.2%} | {wall:.1f} | {cpu:.1f} | {descents:.1f} |")


if __name__ == "__main__":
    main()
