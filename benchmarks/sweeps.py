"""Sweeps: starts times values a second of CPU against loops of NumPy and of SciPy, and memory by the number of values.

``python benchmarks/sweeps.py`` prints both tables. Each run is a process of its own, for its CPU time and its memory.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).parent.parent
KEY = "methods.gd.learning_rate"
LOW, HIGH, STEPS, TOLERANCE = 0.002, 0.2, 1000, 1e-6
ELSEWHERE = 151 * 1000 / 25  # Attractors.jl, by its own documentation, on another machine and another map


def config(per_axis: int, values: int, more: int = 0) -> dict:
    """A sweep of the rate of gradient descent on peaks, over so many values and so many more between them."""
    rates = np.geomspace(LOW, HIGH, values)
    between = np.sqrt(rates[: 2 * more : 2] * rates[1 : 2 * more : 2])
    return {
        "study": "sweep",
        "objective": {"name": "peaks"},
        "domain": {"x": [-3, 3], "y": [-3, 3]},
        "starts": {"design": "jittered_grid", "per_axis": per_axis, "seed": 2026},
        "methods": {"gd": {"optimizer": "gradient_descent", "learning_rate": 0.01, "max_steps": STEPS}},
        "sweep": {KEY: sorted([*rates.tolist(), *between.tolist()])},
    }


def prepare(folder: Path, per_axis: int, values: int) -> None:
    """The minima and the certificate that a sweep reads, from a study without one."""
    base = {key: value for key, value in config(per_axis, values).items() if key != "sweep"}
    (folder / "base.json").write_text(json.dumps(base))
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile"), "--quiet"]
    command += ["--directory", str(folder), "--cores", "1", "--configfile", str(folder / "base.json")]
    subprocess.run(command, check=True, capture_output=True)


def of_this(per_axis: int, values: int) -> int:
    """Descents at all values, and all tables of the sweep, in one thread."""
    from multistart.files.results import MethodFiles
    from multistart.study import load_study
    from multistart.study.sweep import write_sweep

    write_sweep(load_study(config(per_axis, values)), {"gd": MethodFiles.of("sweep", "gd")})
    return per_axis**2 * values


def of_more(per_axis: int, values: int) -> int:
    """The same with ten values more, where the others are there."""
    from multistart.files.results import MethodFiles
    from multistart.study import load_study
    from multistart.study.sweep import write_sweep

    write_sweep(load_study(config(per_axis, values, MORE)), {"gd": MethodFiles.of("sweep", "gd")})
    return per_axis**2 * MORE


def of_numpy(per_axis: int, values: int) -> int:
    """Descents of all starts at once, in NumPy, those that have arrived let go; no tables."""
    axis = np.linspace(-3, 3, per_axis)
    starts = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    for rate in np.geomspace(LOW, HIGH, values):
        points = starts.copy()
        for _ in range(STEPS):
            gradient = slope(points[:, 0], points[:, 1])
            going = np.hypot(*gradient) > TOLERANCE
            points = points[going] - rate * np.stack([each[going] for each in gradient], axis=1)
    return len(starts) * values


def of_scipy(per_axis: int, values: int) -> int:
    """A descent after the other by ``scipy.optimize.minimize`` with gradient descent as its method, by joblib."""
    from joblib import Parallel, delayed

    axis = np.linspace(-3, 3, per_axis)
    starts = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    rates = np.geomspace(LOW, HIGH, values)
    Parallel(n_jobs=1)(delayed(_by_scipy)(start, rate) for rate in rates for start in starts)
    return len(starts) * values


def _by_scipy(start: np.ndarray, rate: float) -> np.ndarray:
    from scipy.optimize import OptimizeResult, minimize

    def descent(fun, x0, args=(), jac=None, **_):
        x = x0
        for _ in range(STEPS):
            gradient = jac(x)
            if np.hypot(*gradient) <= TOLERANCE:
                break
            x = x - rate * gradient
        return OptimizeResult(x=x, fun=fun(x), success=True)

    return minimize(lambda x: 0.0, start, jac=lambda x: np.array(slope(x[0], x[1])), method=descent).x


def slope(x, y):
    """The gradient of peaks, differentiated by hand."""
    one, two, three = np.exp(-(x**2) - (y + 1) ** 2), np.exp(-(x**2) - y**2), np.exp(-((x + 1) ** 2) - y**2)
    lump, rise = 3 * (1 - x) ** 2, 10 * (x / 5 - x**3 - y**5)
    return (
        -(6 * (1 - x) + 2 * x * lump) * one - (2 - 30 * x**2 - 2 * x * rise) * two + 2 * (x + 1) / 3 * three,
        -2 * (y + 1) * lump * one + (50 * y**4 + 2 * y * rise) * two + 2 * y / 3 * three,
    )


MORE = 10
CONTENDERS = {"multistart, with tables": of_this, "NumPy": of_numpy, "SciPy and joblib": of_scipy, "ten more": of_more}


def measured(folder: Path, name: str, per_axis: int, values: int) -> dict:
    """CPU and wall seconds and peak memory of one contender in a process of its own, which loads first."""
    command = [sys.executable, __file__, name, str(per_axis), str(values)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder).stdout)


def child(name: str, per_axis: int, values: int) -> None:
    """Run a contender in this process, and say what it took."""
    if name == "ten more":
        of_this(per_axis, values)  # which is kept
    else:
        CONTENDERS[name](4, 2)  # loads, and compiles what is not kept
    before, clock = os.times(), time.perf_counter()
    done = CONTENDERS[name](per_axis, values)
    after, usage = os.times(), resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.user + after.system - before.user - before.system
    wall, peak = time.perf_counter() - clock, usage.ru_maxrss / 1024
    print(json.dumps({"descents": done, "cpu": cpu, "wall": wall, "peak": peak}))


def main() -> None:
    """Print both tables."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, 20, 2)
        print("| by | starts | values | CPU seconds | starts times values a CPU second |\n|---|--:|--:|--:|--:|")
        for contender, per_axis, values in zip(CONTENDERS, (200, 50, 10), (20, 20, 10), strict=False):
            m = measured(folder, contender, per_axis, values)
            print(f"| {contender} | {per_axis**2:,} | {values} | {m['cpu']:.1f} | {m['descents'] / m['cpu']:,.0f} |")
        print(f"| Attractors.jl, elsewhere | 1,000 | 151 | 25 | {ELSEWHERE:,.0f} |\n")
        print("| starts | values | CPU seconds | of them a value, ms | ten values more, s | peak memory, MB |")
        print("|--:|--:|--:|--:|--:|--:|")
        for per_axis, values in ((20, 20), (20, 200), (20, 2000), (20, 10_000), (200, 200)):
            m, more = (measured(folder, name, per_axis, values) for name in ("multistart, with tables", "ten more"))
            row = (f"{m['cpu']:.1f}", f"{1000 * m['cpu'] / values:.0f}", f"{more['cpu']:.1f}", f"{m['peak']:.0f}")
            print(f"| {per_axis**2:,} | {values:,} | {' | '.join(row)} |")


if __name__ == "__main__":
    child(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])) if len(sys.argv) > 1 else main()
