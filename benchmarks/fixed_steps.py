"""The kernel against C: nanoseconds of CPU a start and step, the same fixed number of steps on the same starts."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from statistics import median

import c_rival
import numpy as np
from problems import CASES, Case

from multistart.box import Box
from multistart.descents.descend import descend
from multistart.descents.outcomes import empty
from multistart.kernels import Kernel, compile_kernel
from multistart.kernels.compiled import forget, loaded_loop
from multistart.kernels.compiler import assembly
from multistart.kernels.source import write
from multistart.methods.method import Method

STEPS = 1000
_ARITHMETIC = re.compile(r"\bv?(f?n?m?(?:mul|add|sub|div|max|min|cmp|sqrt)\w*?)\d*([ps])d\b")


def table(folder: Path, *, starts: int, repeats: int) -> tuple[list[str], list[list[str]]]:
    """Return header and rows: C, the kernel at fixed steps, the kernel under a stopping rule, and the ratio."""
    header = ["function", "C", "kernel", "ratio", "goal", "", "under a rule", "with curvatures", "C vectorised"]
    header += ["C, as accurate"]
    runs = [_Runs(case, folder, starts) for case in CASES]
    for _ in range(repeats):  # over all of them each time, so that what disturbs the machine spoils no row whole
        for run in runs:
            run.repeat()
    return header, [run.row() for run in runs]


class _Runs:
    """The C programs and the kernel of one case, and the seconds a start and step of each run so far."""

    def __init__(self, case: Case, folder: Path, n: int) -> None:
        self.case, self.folder, self.points = case, folder, case.starts(n)
        self.programs = c_rival.build(case.objective, folder)
        descend(case.objective, _fixed(case), self.points[:300], cache=folder)
        self.kernel = compile_kernel(case.objective, _fixed(case), folder)
        self.times: dict[object, list[float]] = {}

    def repeat(self) -> None:
        """Run each once."""
        case, points, fixed = self.case, self.points, _fixed(self.case)
        for program in self.programs:
            seconds, _ = program.run(points, STEPS, case.learning_rate)
            self._note(program, seconds / (len(points) * STEPS))
        ruled = replace(fixed, gradient_tolerance=1e-100)  # asked at every step, never reached
        self._note("fixed", _kernel_seconds(self.kernel, points, fixed, None))
        self._note("ruled", _kernel_seconds(self.kernel, points, ruled, case.domain.widened(1e3)))
        before = time.thread_time()
        out = descend(case.objective, fixed, points, cache=self.folder)
        self._note("whole", (time.thread_time() - before) / out.steps.sum())

    def _note(self, what: object, seconds: float) -> None:
        self.times.setdefault(what, []).append(seconds)

    def row(self) -> list[str]:
        """Medians, after a check that all did the same work."""
        seconds = {what: median(times) for what, times in self.times.items()}
        best, accurate = (
            min((p for p in self.programs if p.accurate == wanted), key=seconds.__getitem__, default=None)
            for wanted in (False, True)
        )
        for program in (best, accurate):
            if program is not None:
                _check(self.case, program, self.points, self.folder)
        ratio = seconds["fixed"] / seconds[best]
        return [
            self.case.title,
            f"{1e9 * seconds[best]:.2f}",
            f"{1e9 * seconds['fixed']:.2f}",
            f"{ratio:.2f}",
            f"{self.case.goal}",
            "reached" if ratio <= self.case.goal else "**falls short**",
            f"{1e9 * seconds['ruled']:.2f}",
            f"{1e9 * seconds['whole']:.2f}",
            "yes" if best.vectorised() else "no",
            "" if accurate is None else f"{1e9 * seconds[accurate]:.2f}",
        ]


def _fixed(case: Case) -> Method:
    return Method(learning_rate=case.learning_rate, max_steps=STEPS, gradient_tolerance=0.0)


def _kernel_seconds(kernel: Kernel, points: np.ndarray, method: Method, arena: Box | None) -> float:
    """CPU seconds a start and step of the compiled function alone."""
    out = empty(points)
    d = points.shape[1]
    low, high = (arena.low.copy(), arena.high.copy()) if arena else (np.full(d, -np.inf), np.full(d, np.inf))
    tolerance = method.gradient_tolerance or -1.0
    state = np.empty((len(points), 0))
    rule = (method.in_kernel(d), 0.0, float(method.max_steps), tolerance, low, high, kernel.passes)
    no_balls, go_on = np.empty((0, d + 1)), np.zeros(1, np.uint8)
    before = time.thread_time()
    kernel.descend_rows(
        out.start, out.end, state, out.gradient_norm, out.steps, out.ending_code, *rule, no_balls, go_on
    )
    return (time.thread_time() - before) / out.steps.sum()


def _check(case: Case, program: c_rival.Program, points: np.ndarray, folder: Path) -> None:
    """Both do the same work: after ten steps their points agree to rounding."""
    method = Method(learning_rate=case.learning_rate, max_steps=10, gradient_tolerance=0.0)
    mine = descend(case.objective, method, points, cache=folder).end
    _, theirs = program.run(points, 10, case.learning_rate)
    np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-6 * np.abs(mine).max())


def profile(folder: Path, title: str) -> str:
    """The arithmetic of the kernel's innermost loops and of the C program's, counted in their assembly."""
    case = next(case for case in CASES if case.title == title)
    text = write(case.objective, _fixed(case).rule).text
    mine = [loop for name in ("advance_freely", "advance") for loop in hot_loops(assembly(text, name))[:1]]
    programs = c_rival.build(case.objective, folder)
    program = next(p for p in programs if p.width == c_rival.WIDTHS[-1] and not p.accurate)
    theirs = hot_loops(program.file.with_suffix(".s").read_text())
    return "\n".join(f"{who}: {loop}" for who, loops in (("kernel", mine), ("C", theirs)) for loop in loops)


def hot_loops(assembly: str) -> list[str]:
    """Count the packed instructions of innermost loops, largest first, two at most.

    A loop may hold branches, to a slow path for rare arguments; functions that it calls are not counted.
    """
    lines, labels, loops = assembly.splitlines(), {}, []
    for i, line in enumerate(lines):
        if label := re.match(r"(\.L\w+):", line):
            labels[label.group(1)] = i
        jump = re.match(r"\s+j\w+\s+(\.L\w+)", line)
        if jump and jump.group(1) in labels:
            first = labels[jump.group(1)]
            names = Counter(m.group(1) for b in lines[first:i] if (m := _ARITHMETIC.search(b)) and m.group(2) == "p")
            calls = sum("call" in b and "_ZGV" in b for b in lines[first:i])
            around = any(
                first <= start and 2 * sum(inner.values()) > sum(names.values()) for start, _, inner, _ in loops
            )
            if names and not around:
                loops.append((first, i - first, names, calls))
    loops.sort(key=lambda loop: -sum(loop[2].values()))
    return [
        f"{sum(names.values())} packed of {length} instructions, {calls} calls of vector functions "
        f"({', '.join(f'{n} {name}' for name, n in names.most_common(6))})"
        for _, length, names, calls in loops[:2]
    ]


_COMPILE = """import sys, time
sys.path.insert(0, sys.argv[1])
from fixed_steps import compile_one
print(*compile_one(int(sys.argv[2]), sys.argv[3]))
"""


def compile_seconds() -> list[list[str]]:
    """CPU seconds to compile the loop that kernels share, then a kernel, and to take both from the cache.

    Each function in a process of its own, since Numba keeps what several have in common.
    """
    rows = []
    for k, case in enumerate(CASES):
        with tempfile.TemporaryDirectory() as cache:
            command = [sys.executable, "-c", _COMPILE, str(Path(__file__).parent), str(k), cache]
            printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        loop, kernel, kept = map(float, printed.split())
        rows.append([case.title, f"{loop:.1f}", f"{kernel:.1f}", f"{kept:.2f}"])
    return rows


def compile_one(k: int, cache: str) -> list[float]:
    """Those seconds of one function, into an empty cache."""
    case, seconds = CASES[k], []

    def kernel() -> object:
        return compile_kernel(case.objective, _fixed(case), cache)

    for make in (lambda: loaded_loop(cache), kernel, kernel):
        before = time.process_time()
        make()
        seconds.append(time.process_time() - before)
        forget()
    return seconds
