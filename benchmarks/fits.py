"""Fits: a row of data against C; what a fit compiles for whatever its rows; two threads; memory of many starts.

Alone: ``python benchmarks/fits.py`` prints the section of docs/benchmarks.md on fits.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import c_fits
import numpy as np
from pages import markdown
from scaling import GIB, largest_memory

from multistart.box import Box
from multistart.descents.descend import descend
from multistart.descents.outcomes import empty
from multistart.descents.prepared import prepare
from multistart.functions.objective import Objective
from multistart.kernels import compile_kernel
from multistart.methods import Method
from multistart.study import storage

NEVER = 1e-100  # a tolerance that is asked for at each update, and not reached
FEW, MANY = 14, 1000  # rows of data
STARTS = {FEW: 1024, MANY: 128}
UPDATES = {FEW: 2**20, MANY: 2**16}  # times starts, so that what a start's first and last point cost is little
RATE = 1e-3
GOAL, COMPILE_GOAL = 1.2, 3.0


@dataclass(frozen=True)
class Model:
    """A model, its variables, what the data are made with, and a box of starts around that."""

    title: str
    formula: str
    truth: dict[str, float]
    low: float
    high: float

    def fit(self, rows: int) -> Objective:
        """The mean of squares over so many rows, made with noise from a seed."""
        rng = np.random.default_rng(rows)
        x = np.linspace(self.low, self.high, rows)
        y = self.values(x) + 0.02 * rng.normal(size=rows)
        return Objective.from_model(self.formula, {"x": x, "y": y}, list(self.truth), response="y", reduction="mean")

    def values(self, x: np.ndarray) -> np.ndarray:
        """The model with the numbers that the data are made with."""
        model = Objective.from_expression(self.formula, ["x"], self.truth)
        return model.value(x[:, None])

    def starts(self, n: int, seed: int = 0) -> np.ndarray:
        """Starts within a half of the truth."""
        truth = np.array(list(self.truth.values()))
        return truth + np.random.default_rng(seed).uniform(-0.5, 0.5, (n, len(truth)))

    @property
    def arena(self) -> Box:
        """Far around all that a descent does."""
        return Box({name: (value - 100.0, value + 100.0) for name, value in self.truth.items()})


MODELS = (
    Model("a line", "a + b*x", {"a": 1.0, "b": -0.5}, 0.0, 3.0),
    Model("Misra1a", "b1*(1 - exp(-b2*x))", {"b1": 2.0, "b2": 0.6}, 0.5, 6.0),
    Model("Rat42, logistic", "b1/(1 + exp(b2 - b3*x))", {"b1": 2.0, "b2": 1.5, "b3": 1.0}, 0.0, 5.0),
    Model("one neuron", "a*tanh(b*x + c)", {"a": 1.5, "b": 0.8, "c": -0.4}, -2.0, 3.0),
)


class _Runs:
    """The C programs and the kernel of a fit, and the nanoseconds of each run so far."""

    def __init__(self, model: Model, rows: int, programs: list[c_fits.Program], folder: Path) -> None:
        self.model, self.rows, self.programs = model, rows, programs
        self.fit, self.starts = model.fit(rows), model.starts(STARTS[rows])
        self.steps = UPDATES[rows] // STARTS[rows]
        method = Method(learning_rate=RATE, max_steps=self.steps, gradient_tolerance=NEVER)
        self.prepared = prepare(self.fit, method, model.arena, None, folder.parent)
        self.nanoseconds: dict[object, list[float]] = {}
        mine, _ = self._descend()
        for program in programs:
            _, theirs = program.run(self._data, self.starts, self.steps, RATE)
            np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-9)

    @property
    def _data(self) -> np.ndarray:
        assert self.fit.fit is not None
        return self.fit.fit.rows

    def _descend(self) -> tuple[np.ndarray, float]:
        """Where the kernel's descents end, and its CPU seconds, under a stopping rule that stops none of them."""
        out = empty(self.starts)
        state = self.prepared.first_state(len(out))
        before = time.thread_time()
        self.prepared.follow(out, state)
        seconds = time.thread_time() - before
        assert (out.steps == self.steps).all()
        return out.end, seconds

    def repeat(self) -> None:
        """Run each once."""
        for program in self.programs:
            self._note(program, program.run(self._data, self.starts, self.steps, RATE)[0])
        self._note("kernel", self._descend()[1])

    def _note(self, what: object, seconds: float) -> None:
        each = 1e9 * seconds / (UPDATES[self.rows] * self.rows)
        self.nanoseconds.setdefault(what, []).append(each)

    def row(self) -> list[str]:
        """Medians."""
        cost = {what: median(times) for what, times in self.nanoseconds.items()}
        free, same = (min(cost[p] for p in self.programs if p.accurate == way) for way in (False, True))
        ratio = cost["kernel"] / same
        return [
            self.model.title, str(self.rows), f"{free:.3f}", f"{same:.3f}", f"{cost['kernel']:.3f}", f"{ratio:.2f}",
            "reached" if ratio <= GOAL else f"**falls short by {ratio / GOAL - 1:.0%}**",
        ]  # fmt: skip


def table(folder: Path, *, repeats: int) -> tuple[list[str], list[list[str]]]:
    """Return header and rows: nanoseconds of CPU a row of data, start and update."""
    runs = []
    for k, model in enumerate(MODELS):
        (place := folder / f"fits{k}").mkdir()
        programs = c_fits.build(f"model{k}", model.fit(FEW), place)
        runs += [_Runs(model, rows, programs, place) for rows in (FEW, MANY)]
    for _ in range(repeats):  # over all of them each time, so that what disturbs the machine spoils no row whole
        for run in runs:
            run.repeat()
    header = ["model", "rows of data", "C, all liberties", "C, the same functions", "kernel", "ratio", f"goal: {GOAL}"]
    return header, [run.row() for run in runs]


def compile_table(repeats: int) -> tuple[list[str], list[list[str]]]:
    """Return header and rows: CPU seconds of compile_kernel in processes of their own, by the number of rows."""
    seconds: dict[tuple[int, int], list[float]] = {(k, rows): [] for rows in (FEW, 10**5) for k in range(len(MODELS))}
    for _ in range(repeats):
        for k, rows in seconds:
            with tempfile.TemporaryDirectory() as cache:
                seconds[k, rows].append(_in_a_process("compile", k, rows, cache)["cpu"])
    return ["model", "14 rows, CPU s", "10^5 rows, CPU s", f"goal: {COMPILE_GOAL:g}"], [
        [model.title, *(f"{x:.2f}" for x in both), "reached" if max(both) <= COMPILE_GOAL else "**falls short**"]
        for k, model in enumerate(MODELS)
        for both in [[median(seconds[k, rows]) for rows in (FEW, 10**5)]]
    ]


def threads_ratio(cache: Path, repeats: int) -> float:
    """How many times faster two threads are than one on one neuron, by the clock on the wall."""
    ratios = []
    for _ in range(repeats):
        one, two = (_in_a_process("descend", 10**6, threads, cache)["wall"] for threads in (1, 2))
        ratios.append(one / two)
    return median(ratios)


def memory_table(cache: Path, largest: int) -> tuple[list[str], list[list[str]]]:
    """Return header and rows: the largest resident memory of descents in batches, as a study makes them."""
    counts = [10**k for k in range(4, 8) if 10**k <= largest]
    found = [_in_a_process("descend", n, 1, cache) for n in counts]
    return ["starts", "CPU microseconds a start", "resident memory, GiB"], [
        [f"10^{len(str(n)) - 1}", f"{1e6 * m['cpu'] / n:.2f}", f"{m['memory'] / GIB:.2f}"]
        for n, m in zip(counts, found, strict=True)
    ]


def _in_a_process(*arguments: object) -> dict[str, float]:
    command = [sys.executable, __file__, *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _compile(model: int, rows: int, cache: str) -> dict[str, float]:
    """CPU seconds of a kernel, after the loop, which all kernels share, has been compiled."""
    from multistart.kernels.compiled import loaded_loop

    loaded_loop(cache)
    fit = MODELS[model].fit(rows)
    before = time.process_time()
    compile_kernel(fit, Method(learning_rate=RATE), cache)
    return {"cpu": time.process_time() - before}


def _descend_many(n: int, threads: int, cache: str) -> dict[str, float]:
    """CPU and wall seconds and memory of n descents on one neuron, a hundred updates of each, in batches."""
    model = MODELS[-1]
    fit, method = model.fit(FEW), Method(learning_rate=RATE, max_steps=100)
    descend(fit, method, model.starts(1000), arena=model.arena, cache=cache, threads=threads)
    cpu, wall = time.process_time(), time.perf_counter()
    for first in range(0, n, storage.ROWS):
        starts = model.starts(min(storage.ROWS, n - first), seed=first)
        descend(fit, method, starts, arena=model.arena, cache=cache, threads=threads)
    return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall, "memory": largest_memory()}


def section(folder: Path, *, quick: bool) -> str:
    """The section of docs/benchmarks.md."""
    repeats = 1 if quick else 5
    parts = ["## Fits\n\n" + WORDS, markdown(*table(folder, repeats=repeats))]
    parts += [COMPILE_WORDS, markdown(*compile_table(1 if quick else 3))]
    parts += [
        f"Two threads are {threads_ratio(folder, repeats):.2f} times as fast as one (goal: 1.9, on an idle machine)."
    ]
    parts += [MEMORY_WORDS, markdown(*memory_table(folder, 10**5 if quick else 10**7))]
    return "\n\n".join(parts)


WORDS = (
    "Nanoseconds of CPU a row of data, start and update, mean of squares, gradient descent. The C programs are "
    "generated from the same term, take fixed steps without a stopping rule, and sum rows one after the other; with "
    "rows outside or starts outside, in two vector widths, blocks of 64 or 256 starts, with SymPy's formulas or the "
    "kernel's: the fastest of the 16 counts. `C, all liberties` has glibc's vector functions and `-ffast-math`, `C, "
    "the same functions` the kernel's `exp` and `tanh` written in C. The kernel sums pairwise in blocks of 16, asks at "
    "each update whether to stop, and writes how each start ended."
)
COMPILE_WORDS = (
    "CPU seconds of `compile_kernel` for a model that is new, value and derivatives with it, in a process that has the "
    "loop, which all kernels share, compiled before: the text is the same for any number of rows."
)
MEMORY_WORDS = "One neuron on 14 rows, a hundred updates, on one thread, in batches as a study makes them."

if __name__ == "__main__":
    match sys.argv[1:]:
        case ["compile", model, rows, cache]:
            print(json.dumps(_compile(int(model), int(rows), cache)))
        case ["descend", n, threads, cache]:
            print(json.dumps(_descend_many(int(n), int(threads), cache)))
        case options:
            with tempfile.TemporaryDirectory() as name:
                print(section(Path(name), quick="--quick" in options))
