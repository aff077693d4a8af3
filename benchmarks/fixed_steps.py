"""The kernel against C: nanoseconds of CPU a start and step, the same fixed number of steps on the same starts."""

from __future__ import annotations

import re
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
from multistart.descent import descend
from multistart.kernels import Kernel, compile_kernel
from multistart.methods import Method
from multistart.outcomes import empty

STEPS = 1000
_ARITHMETIC = re.compile(r"\bv?(f?n?m?(?:mul|add|sub|div|max|min|cmp|sqrt)\w*?)\d*([ps])d\b")


def table(folder: Path, *, starts: int, repeats: int) -> tuple[list[str], list[list[str]]]:
    """Return header and rows: C, the kernel at fixed steps, the kernel under a stopping rule, and the ratio."""
    header = ["function", "C", "kernel", "ratio", "goal", "", "under a rule", "with curvatures", "C vectorised"]
    header += ["C, as accurate"]
    return header, [_row(case, folder, starts, repeats) for case in CASES]


def _row(case: Case, folder: Path, n: int, repeats: int) -> list[str]:
    points = case.starts(n)
    programs = c_rival.build(case.objective, folder)
    fixed = Method(learning_rate=case.learning_rate, max_steps=STEPS, gradient_tolerance=0.0)
    ruled = replace(fixed, gradient_tolerance=1e-100)  # asked at every step, never reached
    arena = case.domain.widened(1e3)
    descend(case.objective, fixed, points[:300], cache=folder)
    kernel = compile_kernel(case.objective, folder)
    times: dict[object, list[float]] = {}
    for _ in range(repeats):
        for program in programs:
            seconds, _ = program.run(points, STEPS, case.learning_rate)
            times.setdefault(program, []).append(seconds / (n * STEPS))
        for name, method, box in (("fixed", fixed, None), ("ruled", ruled, arena)):
            times.setdefault(name, []).append(_kernel_seconds(kernel, points, method, box))
        before = time.thread_time()
        out = descend(case.objective, fixed, points, cache=folder)
        times.setdefault("whole", []).append((time.thread_time() - before) / out.steps.sum())
    best = min((p for p in programs if not p.accurate), key=lambda program: median(times[program]))
    accurate = min((median(times[p]) for p in programs if p.accurate), default=None)
    for program in (p for p in programs if p.accurate):
        _check(case, program, points, folder)
    c, mine, mine_ruled, whole = (1e9 * median(times[key]) for key in (best, "fixed", "ruled", "whole"))
    _check(case, best, points, folder)
    return [
        case.title,
        f"{c:.2f}",
        f"{mine:.2f}",
        f"{mine / c:.2f}",
        f"{case.goal}",
        "reached" if mine / c <= case.goal else "**falls short**",
        f"{mine_ruled:.2f}",
        f"{whole:.2f}",
        "yes" if best.vectorised() else "no",
        "" if accurate is None else f"{1e9 * accurate:.2f}",
    ]


def _kernel_seconds(kernel: Kernel, points: np.ndarray, method: Method, arena: Box | None) -> float:
    """CPU seconds a start and step of the compiled function alone."""
    out = empty(points)
    d = points.shape[1]
    low, high = (arena.low.copy(), arena.high.copy()) if arena else (np.full(d, -np.inf), np.full(d, np.inf))
    tolerance2 = method.gradient_tolerance**2 or -1.0
    rule = (method.learning_rate, float(method.max_steps), tolerance2, low, high, kernel.passes)
    no_balls, go_on = np.empty((0, d + 1)), np.zeros(1, np.uint8)
    before = time.thread_time()
    kernel.descend_rows(out.start, out.end, out.gradient_norm, out.steps, out.ending_code, *rule, no_balls, go_on)
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
    kernel = compile_kernel(case.objective, folder).descend_rows
    mine = hot_loops(kernel.inspect_asm(kernel.signatures[0]))
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


def compile_seconds() -> list[list[str]]:
    """CPU seconds to compile each kernel anew, and to take it from the cache."""
    rows = []
    for case in CASES:
        with tempfile.TemporaryDirectory() as name:
            seconds = []
            for _ in range(2):
                compile_kernel.cache_clear()
                before = time.process_time()
                compile_kernel(case.objective, name)
                seconds.append(time.process_time() - before)
        rows.append([case.title, f"{seconds[0]:.1f}", f"{seconds[1]:.2f}"])
    compile_kernel.cache_clear()
    return rows
