"""Cost a start and memory from 10^5 to 10^8 starts, in batches as a study makes them; and two threads against one."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from problems import PEAKS
from rivals import RULE

from multistart.descents.descend import descend
from multistart.study import storage

GIB = 2**30


def run(n: int, threads: int, cache: str) -> dict[str, float]:
    """Descend from n starts in batches; CPU and wall seconds, mean steps, and the largest resident memory in bytes."""
    arena = PEAKS.domain.widened(1.0)
    descend(PEAKS.objective, RULE, PEAKS.starts(1000), arena=arena, cache=cache, threads=threads)
    cpu, wall, steps = time.process_time(), time.perf_counter(), 0
    for first in range(0, n, storage.ROWS):
        starts = PEAKS.starts(min(storage.ROWS, n - first), seed=first)
        steps += int(descend(PEAKS.objective, RULE, starts, arena=arena, cache=cache, threads=threads).steps.sum())
    return {
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - wall,
        "steps": steps / n,
        "memory": largest_memory(),
    }


def largest_memory() -> int:
    """The largest resident memory of this process, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage also counts what the parent had when it started this process
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measured(n: int, threads: int, cache: Path) -> dict[str, float]:
    """The same in a process of its own, whose memory is its own."""
    command = [sys.executable, __file__, str(n), str(threads), str(cache)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def table(cache: Path, *, largest: int) -> tuple[list[str], list[list[str]], float]:
    """Return header, rows, and the largest cost a start as a multiple of the smallest."""
    counts = [10**k for k in range(5, 9) if 10**k <= largest]
    found = [measured(n, 1, cache) for n in counts]
    costs = [1e6 * m["cpu"] / n for n, m in zip(counts, found, strict=True)]
    rows = [
        [f"10^{len(str(n)) - 1}", f"{cost:.3f}", f"{m['steps']:.0f}", f"{m['memory'] / GIB:.2f}"]
        for n, cost, m in zip(counts, costs, found, strict=True)
    ]
    header = ["starts", "CPU microseconds a start", "mean steps", "resident memory, GiB"]
    return header, rows, max(costs) / min(costs)


def threads_ratio(cache: Path, *, n: int, repeats: int) -> float:
    """How many times faster two threads are than one, by the clock on the wall; median of interleaved pairs."""
    ratios = [measured(n, 1, cache)["wall"] / measured(n, 2, cache)["wall"] for _ in range(repeats)]
    return float(np.median(ratios))


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])))
