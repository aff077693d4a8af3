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

from multistart.descent import descend
from multistart.kernels import compile_kernel
from multistart.methods import Method

STEPS = 1000
_ARITHMETIC = re.compile(r"\bv?(f?n?m?(?:mul|add|sub|div|max|min|cmp|sqrt)\w*?)\d*([ps])d\b")


def table(folder: Path, *, starts: int, repeats: int) -> tuple[list[str], list[list[str]]]:
    """Return header and rows: C, the kernel at fixed steps, the kernel under a stopping rule, and the ratio."""
    header = ["function", "C", "kernel", "ratio", "goal", "", "kernel with arena and tolerance", "C vectorised"]
    return header, [_row(case, folder, starts, repeats) for case in CASES]


def _row(case: Case, folder: Path, n: int, repeats: int) -> list[str]:
    points = case.starts(n)
    programs = c_rival.build(case.objective, folder)
    fixed = Method(learning_rate=case.learning_rate, max_steps=STEPS, gradient_tolerance=0.0)
    ruled = replace(fixed, gradient_tolerance=1e-100)  # asked at every step, never reached
    arena = case.domain.widened(1e3)
    descend(case.objective, fixed, points[:300], cache=folder)
    times: dict[object, list[float]] = {}
    for _ in range(repeats):
        for program in programs:
            seconds, _ = program.run(points, STEPS, case.learning_rate)
            times.setdefault(program, []).append(seconds / (n * STEPS))
        for name, method, box in (("fixed", fixed, None), ("ruled", ruled, arena)):
            before = time.thread_time()
            out = descend(case.objective, method, points, arena=box, cache=folder)
            times.setdefault(name, []).append((time.thread_time() - before) / out.steps.sum())
    best = min(programs, key=lambda program: median(times[program]))
    c, mine, mine_ruled = (1e9 * median(times[key]) for key in (best, "fixed", "ruled"))
    _check(case, best, points, folder)
    return [
        case.title,
        f"{c:.2f}",
        f"{mine:.2f}",
        f"{mine / c:.2f}",
        f"{case.goal}",
        "reached" if mine / c <= case.goal else "**falls short**",
        f"{mine_ruled:.2f}",
        "yes" if best.vectorised() else "no",
    ]


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
    (program, *_) = [p for p in c_rival.build(case.objective, folder) if p.width == c_rival.WIDTHS[-1]]
    theirs = hot_loops(program.file.with_suffix(".s").read_text())
    return "\n".join(f"{who}: {loop}" for who, loops in (("kernel", mine), ("C", theirs)) for loop in loops)


def hot_loops(assembly: str) -> list[str]:
    """Count the packed instructions of loops without inner labels, largest first, two at most."""
    lines, labels, loops = assembly.splitlines(), {}, []
    for i, line in enumerate(lines):
        if label := re.match(r"(\.L\w+):", line):
            labels[label.group(1)] = i
        jump = re.match(r"\s+j\w+\s+(\.L\w+)", line)
        if jump and jump.group(1) in labels:
            body = lines[labels[jump.group(1)] + 1 : i]
            names = Counter(m.group(1) for b in body if (m := _ARITHMETIC.search(b)) and m.group(2) == "p")
            if names and len(body) < 1000:  # longer ones are those around them
                loops.append((sum(names.values()), len(body), names))
    loops.sort(key=lambda loop: -loop[0])
    return [
        f"{total} packed of {length} instructions ({', '.join(f'{n} {name}' for name, n in names.most_common(6))})"
        for total, length, names in loops[:2]
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
