"""Nanoseconds an element of every elementary function, beside NumPy's and libm's, on one thread.

    python benchmarks/vectormath.py [--repeats 30]

`ours` and `math` are compiled loops over 4096 contiguous float64, `numpy` is the ufunc with `out=`. The minimum
over interleaved repeats is shown, in time of this thread's CPU, so that a busy machine disturbs little. `huge` is
`ours` where every argument is past 1e6, which is the slow path of the trigonometric functions.
"""

from __future__ import annotations

import argparse
import math
import platform
import time
from collections.abc import Callable

import llvmlite.binding
import numba
import numpy as np
from numba import njit

from multistart.kernels import vectormath

SIZE = 4096
LOOPS = 20  # calls in one timing
NUMPY = {
    "acos": "arccos", "asin": "arcsin", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh",
}  # fmt: skip


def compiled_loop(function) -> Callable[[np.ndarray, np.ndarray], None]:
    """A loop that writes ``function`` of every argument."""

    @njit
    def loop(arguments, results):
        for i in range(arguments.size):
            results[i] = function(arguments[i])

    return loop


def fastest(candidates: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Nanoseconds an element of each, the least of interleaved repeats."""
    best = dict.fromkeys(candidates, math.inf)
    for call in candidates.values():
        call()
    for _ in range(repeats):
        for name, call in candidates.items():
            start = time.thread_time_ns()
            for _ in range(LOOPS):
                call()
            best[name] = min(best[name], (time.thread_time_ns() - start) / LOOPS / SIZE)
    return best


def row(name: str, repeats: int) -> dict[str, float]:
    """The timings of one function."""
    x, out = np.linspace(0.01, 0.99, SIZE) + (name == "acosh"), np.empty(SIZE)
    ours, libm = compiled_loop(getattr(vectormath, name)), compiled_loop(getattr(math, name))
    ufunc = getattr(np, NUMPY.get(name, name))
    candidates = {"ours": lambda: ours(x, out), "numpy": lambda: ufunc(x, out=out), "math": lambda: libm(x, out)}
    if name in ("sin", "cos", "tan"):
        huge = x * 1e15
        candidates["huge"] = lambda: ours(huge, out)
    return fastest(candidates, repeats)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=30)
    repeats = parser.parse_args().repeats
    print(
        f"{llvmlite.binding.get_host_cpu_name()}, Python {platform.python_version()}, numba {numba.__version__},",
        end="",
    )
    print(f" NumPy {np.__version__}; ns an element, {SIZE} elements\n")
    print("| function | ours | numpy | math | huge |\n|---|---|---|---|---|")
    for name in sorted(vectormath.NAMES):
        times = row(name, repeats)
        cells = [f"{times[key]:.2f}" if key in times else "" for key in ("ours", "numpy", "math", "huge")]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
