"""Update rules against C under the same stopping rule; and what a new formula, and a second rule on it, compile for.

Alone: ``python benchmarks/rules.py`` prints the sections of docs/benchmarks.md on rules, with :mod:`adam_elsewhere`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import adam_elsewhere
import c_rules
import numpy as np
from pages import markdown
from problems import CASES, PEAKS, Case

from multistart.descents.outcomes import Outcomes, empty
from multistart.descents.prepared import prepare
from multistart.methods import Method

STOPS = {"max_steps": 1000, "gradient_tolerance": 1e-8}
DESCENT = Method("gradient_descent", learning_rate=0.01, **STOPS)
ON_PEAKS = (
    DESCENT,
    Method("heavy_ball", learning_rate=0.01, momentum=0.9, **STOPS),
    Method("nesterov", learning_rate=0.01, momentum=0.9, **STOPS),
    Method("rmsprop", learning_rate=0.01, **STOPS),
    Method("adam", learning_rate=0.05, **STOPS),
)
#: Functions that gradient descent is measured on besides, with rates of the ready studies.
ELSEWHERE = {"Himmelblau": 0.005, "Rastrigin, 2-D": 0.002, "Styblinski-Tang, 4-D": 0.01}
NEVER = 1e-100  # a tolerance that is asked for at each update, and not reached
SHORT = 8  # times as many starts where descents are short, so that a run takes milliseconds
GOAL, COMPILE_GOAL = 1.1, 2.0


def problems() -> list[tuple[Case, Method]]:
    """Functions and the rules that are measured on them: as in studies, and to the step limit in small steps."""
    cases = [(case, ELSEWHERE[case.title]) for case in CASES if case.title in ELSEWHERE]
    to_rest = [(case, replace(DESCENT, learning_rate=rate)) for case, rate in cases]
    to_limit = [(c, replace(DESCENT, learning_rate=c.learning_rate, gradient_tolerance=NEVER)) for c, _ in cases]
    return [*((PEAKS, method) for method in ON_PEAKS), *to_rest, *to_limit]


def table(folder: Path, *, starts: int, repeats: int) -> tuple[list[str], list[list[str]]]:
    """Return header and rows: nanoseconds of CPU an update, of the kernel and of the fastest C programs."""
    runs = [_Runs(case, method, folder / f"c{k}", starts) for k, (case, method) in enumerate(problems())]
    for _ in range(repeats):  # over all of them each time, so that what disturbs the machine spoils no row whole
        for run in runs:
            run.repeat()
    header = ["rule", "function", "to", "updates a start", "C", "C, as accurate", "kernel", "ratio to the faster"]
    return [*header, f"goal: {GOAL}"], [run.row() for run in runs]


class _Runs:
    """The C programs and the kernel of a function under a rule, and the seconds an update of each run so far."""

    def __init__(self, case: Case, method: Method, folder: Path, n: int) -> None:
        self.case, self.method = case, method.on(case.objective.variables)
        self.starts = case.starts(n if case is PEAKS or method.gradient_tolerance == NEVER else n * SHORT)
        self.arena = case.domain.widened(1.0)
        folder.mkdir()
        self.programs = c_rules.build(case.objective, method, folder)
        self.prepared = prepare(case.objective, method, self.arena, None, folder.parent)
        self.seconds: dict[object, list[float]] = {}
        mine, _ = self._descend()
        for program in self.programs:
            _check(mine, program.run(self.starts, self.method, self.arena))
        self.updates = mine.steps.mean()

    def _descend(self) -> tuple[Outcomes, float]:
        """What the kernel finds, and its CPU seconds, without value and Hessian of the ends."""
        out = empty(self.starts)
        for array in (out.end, out.gradient_norm, out.steps, out.ending_code):
            array.fill(0)  # so that its memory is there, as it is in the C programs
        state = self.prepared.first_state(len(out))
        before = time.thread_time()
        self.prepared.follow(out, state)
        return out, time.thread_time() - before

    def repeat(self) -> None:
        """Run each program once, and the kernel right before and after it."""
        self._run_kernel()
        for program in self.programs:
            found = program.run(self.starts, self.method, self.arena)
            self._note(program, found.seconds / found.steps.sum())
            self._run_kernel()

    def _run_kernel(self) -> None:
        out, seconds = self._descend()
        self._note("kernel", seconds / out.steps.sum())

    def _ratio(self, program: c_rules.Program) -> float:
        """The median over repeats of the kernel's time, the mean of right before and after, to that of a program.

        What slows the machine down for seconds, as a neighbour on the same core does, slows both down.
        """
        kernel = np.reshape(self.seconds["kernel"], (-1, len(self.programs) + 1))
        k = self.programs.index(program)
        return float(np.median((kernel[:, k] + kernel[:, k + 1]) / 2.0 / self.seconds[program]))

    def _note(self, what: object, seconds: float) -> None:
        self.seconds.setdefault(what, []).append(1e9 * seconds)

    def row(self) -> list[str]:
        """Medians; the ratio is that to the fastest program, run by run."""
        cost = {what: median(times) for what, times in self.seconds.items()}
        best = [min((cost[p] for p in self.programs if p.accurate == way), default=None) for way in (False, True)]
        ratio = self._ratio(min(self.programs, key=lambda program: cost[program]))
        return [
            self.method.rule.title,
            self.case.title,
            "the limit" if self.method.gradient_tolerance == NEVER else "a gradient of 1e-8",
            f"{self.updates:.0f}",
            *("" if each is None else f"{each:.2f}" for each in best),
            f"{cost['kernel']:.2f}",
            f"{ratio:.2f}",
            "reached" if ratio <= GOAL else f"**falls short by {ratio / GOAL - 1:.0%}**",
        ]


def _check(mine: Outcomes, theirs: c_rules.Ends) -> None:
    """Both did the same work: to rounding, which a rule that never rests may enlarge in some rows."""
    assert np.mean(mine.steps == theirs.steps) > 0.99
    assert abs(mine.steps.sum() / theirs.steps.sum() - 1) < 0.01
    close = np.abs(mine.end - theirs.end).max(axis=1) < 1e-6
    assert close.mean() > (0.9 if mine.steps.max() == 1000 else 0.999)


@dataclass(frozen=True)
class Compiled:
    """What a process is to compile for, in the cache that those before have left."""

    words: str
    function: str
    method: str


NEW = (
    Compiled("the first kernel of all", "himmelblau", "gradient_descent"),
    Compiled("a new formula", "peaks", "gradient_descent"),
    Compiled("a second rule on it", "peaks", "heavy_ball"),
    Compiled("a third", "peaks", "nesterov"),
    Compiled("a fourth", "peaks", "adam"),
)
_COMPILE = """import sys, time
from multistart import Method, named
from multistart.kernels import compile_kernel
before = time.process_time()
compile_kernel(named(sys.argv[1]), Method(sys.argv[2], learning_rate=0.01), sys.argv[3])
print(time.process_time() - before)
"""


def compile_table(repeats: int) -> tuple[list[str], list[list[str]]]:
    """Return header and rows: CPU seconds of compile_kernel, each in a process of its own."""
    seconds: dict[Compiled, list[float]] = {new: [] for new in NEW}
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as cache:
            for new in NEW:
                command = [sys.executable, "-c", _COMPILE, new.function, new.method, cache]
                printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                seconds[new].append(float(printed))
    return ["what is new", "function", "rule", "CPU s", f"goal: {COMPILE_GOAL:g}"], [
        [new.words, new.function, new.method, f"{median(times):.2f}",
         "" if new.function != "peaks" else "reached" if median(times) <= COMPILE_GOAL else "**falls short**"]
        for new, times in seconds.items()
    ]  # fmt: skip


def section(folder: Path, *, quick: bool) -> str:
    """The sections of docs/benchmarks.md."""
    repeats = 1 if quick else 7
    parts = ["## Update rules against C\n\n" + C_WORDS]
    parts += [markdown(*table(folder, starts=1024 if quick else 8192, repeats=repeats))]
    parts += [COMPILE_WORDS]
    parts += [markdown(*compile_table(1 if quick else 3))]
    parts += ["## Adam elsewhere\n\n" + adam_elsewhere.WORDS]
    parts += [markdown(*adam_elsewhere.table(folder, scale=0.1 if quick else 1.0, repeats=1 if quick else 5))]
    return "\n\n".join(parts)


C_WORDS = (
    "Nanoseconds of CPU an update, from the same starts under the same stopping rule: gradient norm (of momentum "
    "rules also the next step), an arena three times as wide as the domain, 1000 updates. The C programs are "
    "generated from the rule's assignments and the formula, ask at each update, put waiting starts in the place of "
    "stopped ones every 4 or 16 updates, and write end, gradient norm, count and ending of each. `C` is the fastest "
    "with glibc's functions and all liberties (`-O3 -march=native -ffast-math -fopenmp-simd`, libmvec), `C, as "
    "accurate` the fastest with the kernel's `exp`, `sin` and `cos` written in C (`-O3 -march=native -fno-math-errno "
    "-fno-trapping-math -fopenmp-simd`); both in two vector widths, with SymPy's formulas and the kernel's, and one "
    "or, without functions, four updates between load and store. Held against the goal is the faster. To the limit "
    "means that the tolerance is asked for and never reached: the rest is what the start and the end of a descent "
    "cost."
)

COMPILE_WORDS = (
    "CPU seconds of `compile_kernel` in a process of its own, which loads Numba and SymPy first, with what the rows "
    "above have left in the cache. The loop is compiled once for all, and the formula's value and derivatives once for "
    "all rules."
)

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print(section(Path(name), quick="--quick" in sys.argv))
