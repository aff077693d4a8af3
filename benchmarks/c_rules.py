"""A C program for one objective under one rule *and its stopping rule*, generated from the same SymPy expression.

It does what :func:`multistart.descents.descend` asks of a kernel: the rule's own assignments, at each update the
question whether the gradient is small, the point outside the arena, or the count of updates at its limit, and for each
start its end, gradient norm, count and ending. As the kernel does, it takes blocks of rows that stay in the first-level
cache, and every four or sixteen updates puts waiting starts in the place of those that have stopped: without that the
last row of a block would keep all others waiting. Written as one would by hand, each row stands still by a select.

gcc gets the liberties of :mod:`c_rival`, and is tried in the same vector widths, with SymPy's formulas and the
kernel's, with glibc's vector functions and with those as accurate as the kernel's (then without ``-ffast-math``), and
for formulas without functions with one and with four updates in registers between a load and a store. The fastest is
the rival.
"""

from __future__ import annotations

import itertools
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from c_rival import FLAGS, STRICT_FLAGS, WIDTHS, c_functions, compile_program, gradient_in_c, have_accurate_functions

from multistart.box import Box
from multistart.functions.objective import Objective
from multistart.kernels.updates import hyperparameters, update, words
from multistart.methods import Method
from multistart.methods.rule import Rule

UNROLLED = (1, 4)
CHUNKS = (4, 16)
CONVERGED, STEP_LIMIT, LEFT_ARENA = 0, 2, 3  # as in :data:`multistart.methods.endings.ENDINGS`

_PROGRAM = """#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

{functions}
#define D {d}
#define WORDS {words}
#define BLOCK 256
#define UNROLL {unroll}
#define CHUNK {chunk}
#define NUMBERS {numbers}
#define select(asked, yes, no) ((asked) ? (yes) : (no))
#define smaller(a, b) select((a) < (b), a, b)

struct rule {{ double hyper[NUMBERS], first[WORDS], low[D], high[D], limit, tolerance; }};

static void advance(double (*restrict block)[BLOCK], int m, const struct rule *restrict rule)
{{
    {hyper}
    {bounds}
    const double limit = rule->limit, tolerance = rule->tolerance, tolerance2 = tolerance * tolerance;
#pragma omp simd
    for (int i = 0; i < m; i++) {{
        {load}
        double taken = block[WORDS][i];
        {updates}
        {store}
        block[WORDS][i] = taken;
    }}
}}

static double norm_at(const double *point)
{{
    {point}
    {gradient}
    return sqrt({square});
}}

int main(int argc, char **argv)
{{
    long n = atol(argv[1]), waiting = 0;
    struct rule rule;
    double *starts = malloc(sizeof(double) * n * D), *ends = calloc(n, sizeof(double) * (D + 3)), due[BLOCK];
    static double block[WORDS + 1][BLOCK] __attribute__((aligned(64)));
    static long row[BLOCK];
    FILE *file = fopen(argv[2], "rb");
    if (!file || fread(&rule, sizeof rule, 1, file) != 1 || fread(starts, sizeof(double) * D, n, file) != (size_t)n)
        return 1;
    fclose(file);
    memset(ends, 1, sizeof(double) * n * (D + 3));
    struct timespec before, after;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    int m = 0;
    for (;;) {{
        for (int i = 0; i < m || (i < BLOCK && waiting < n);) {{
            if (i < m) {{
                double taken = block[WORDS][i];
                if (taken == due[i] && taken < rule.limit) {{ i++; continue; }}
                double *end = ends + row[i] * (D + 3);
                int inside = 1;
                for (int j = 0; j < D; j++) {{
                    end[j] = block[j][i];
                    inside &= rule.low[j] <= end[j] && end[j] <= rule.high[j];
                }}
                end[D] = norm_at(end);
                end[D + 1] = taken;
                end[D + 2] = !inside ? {left} : end[D] > rule.tolerance ? {limit} : {converged};
                if (waiting == n) {{
                    if (i < --m) {{
                        for (int k = 0; k <= WORDS; k++) block[k][i] = block[k][m];
                        due[i] = due[m];
                        row[i] = row[m];
                    }}
                    continue;
                }}
            }} else m++;
            for (int j = 0; j < D; j++) block[j][i] = starts[waiting * D + j];
            for (int k = D; k < WORDS; k++) block[k][i] = rule.first[k];
            block[WORDS][i] = due[i] = 0.0;
            row[i++] = waiting++;
        }}
        if (m == 0) break;
        for (int pass = 0; pass < CHUNK / UNROLL; pass++) advance(block, m, &rule);
        for (int i = 0; i < m; i++) due[i] += CHUNK;
    }}
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    printf("%.9f\\n", (after.tv_sec - before.tv_sec) + 1e-9 * (after.tv_nsec - before.tv_nsec));
    file = fopen(argv[3], "wb");
    if (!file || fwrite(ends, sizeof(double) * (D + 3), n, file) != (size_t)n) return 1;
    return fclose(file);
}}
"""


@dataclass(frozen=True)
class Ends:
    """What a program found: seconds of CPU, and for each start its end, gradient norm, updates and ending's code."""

    seconds: float
    end: np.ndarray
    gradient_norm: np.ndarray
    steps: np.ndarray
    ending: np.ndarray


@dataclass(frozen=True)
class Program:
    """A compiled program: the executable, and what it is a variant in, as in :class:`c_rival.Program`."""

    file: Path
    width: int
    unroll: int
    chunk: int
    factored: bool
    accurate: bool

    def run(self, starts: np.ndarray, method: Method, arena: Box) -> Ends:
        """Descend from every start."""
        data, ends = self.file.with_suffix(".in"), self.file.with_suffix(".out")
        d = starts.shape[1]
        first = method.rule.first_state(1, d, method.numbers)[0]
        stops = [float(method.max_steps), float(method.gradient_tolerance)]
        parts = [method.in_kernel(d), np.zeros(d), first, arena.low, arena.high, stops, starts.ravel()]
        np.concatenate(parts).astype(np.float64).tofile(data)
        command = [str(self.file), str(len(starts)), str(data), str(ends)]
        seconds = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        found = np.fromfile(ends).reshape(-1, d + 3)
        return Ends(seconds, found[:, :d], found[:, d], found[:, d + 1], found[:, d + 2])


def build(objective: Objective, method: Method, folder: Path) -> list[Program]:
    """Compile the program in every variant."""
    programs = []
    ways = (False, True) if have_accurate_functions(objective) else (False,)
    unrolled = UNROLLED if not ways[1:] else UNROLLED[:1]  # a function is a long chain of operations already
    for width, unroll, chunk, factored, accurate in itertools.product(WIDTHS, unrolled, CHUNKS, (False, True), ways):
        name = f"{objective.name}_{objective.dimensions}_{method.rule.name}"
        file = folder / f"{name}_{width}_{unroll}_{chunk}_{factored:d}{accurate:d}"
        text = source(objective, method, unroll=unroll, chunk=chunk, factored=factored, accurate=accurate)
        compile_program(file, text, STRICT_FLAGS if accurate else FLAGS, width)
        programs.append(Program(file, width, unroll, chunk, factored, accurate))
    return programs


def source(objective: Objective, method: Method, *, unroll: int, chunk: int, factored: bool, accurate: bool) -> str:
    """The program's text."""
    d, rule = objective.dimensions, method.rule
    names, gradient = words(rule, d), gradient_in_c(objective, factored, accurate)
    square = " + ".join(f"g{j} * g{j}" for j in range(d))
    return _PROGRAM.format(
        functions=c_functions() if accurate else "",
        d=d,
        words=len(names),
        unroll=unroll,
        chunk=chunk,
        numbers=len(method.in_kernel(d)),
        hyper=" ".join(f"const double {line.replace('hyper', 'rule->hyper')};" for line in hyperparameters(rule, d)),
        bounds=" ".join(f"const double low{j} = rule->low[{j}], high{j} = rule->high[{j}];" for j in range(d)),
        load=" ".join(f"double {name} = block[{k}][i];" for k, name in enumerate(names)),
        updates="\n        ".join([_update(rule, d, gradient, square)] * unroll),
        store=" ".join(f"block[{k}][i] = {name};" for k, name in enumerate(names)),
        point=" ".join(f"const double v{j} = point[{j}];" for j in range(d)),
        gradient="\n    ".join(gradient),
        square=square,
        left=LEFT_ARENA,
        limit=STEP_LIMIT,
        converged=CONVERGED,
    )


def _update(rule: Rule, d: int, gradient: list[str], square: str) -> str:
    """One update of row ``i``, or none where it has to stop; a block of its own."""
    names, lines = words(rule, d), update(rule, d, taken="taken", norm="sqrt(square)")
    lines = [line.replace("abs(", "fabs(") for line in lines]
    own = sorted({line.partition(" = ")[0] for line in lines} - set(names))
    inside = " & ".join(f"(low{j} <= old_v{j}) & (old_v{j} <= high{j})" for j in range(d))
    still = "".join(f" & (fabs(v{j} - old_v{j}) <= {rule.rate}_ * tolerance)" for j in range(d) if rule.rest == "step")
    return "\n            ".join([
        "{",
        *gradient,
        f"const double square = {square}{''.join(f', old_{name} = {name}' for name in names)};",
        *([f"double {', '.join(own)};"] if own else []),
        *(f"{line};" for line in lines),
        f"const int going = ({inside}) & (taken < limit) & !((square <= tolerance2){still});",
        *(f"{name} = going ? {name} : old_{name};" for name in names),
        "taken = going ? taken + 1.0 : taken;",
        "}",
    ])  # fmt: skip
