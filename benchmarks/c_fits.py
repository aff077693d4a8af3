"""A C program for gradient descent on a sum over rows of data, generated from the same SymPy expression of a term.

It takes a fixed number of steps from every start, without a stopping rule, and sums rows one after the other in one
number: what one would write. Two loops are tried, rows outside and starts inside with the sums in memory, and starts
outside, eight or four in a register, with the sums in registers; in both vector widths, in several blocks of starts,
with SymPy's formulas and the kernel's; with the kernel's elementary functions written in C (:mod:`c_rival`), and with
glibc's vector functions and all liberties. What depends on a row alone is left to gcc, which moves it out of the loop.
"""

from __future__ import annotations

import itertools
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sympy
from c_rival import FLAGS, STRICT_FLAGS, WIDTHS, _as_products, c_functions, compile_program

from multistart.functions.objective import Objective
from multistart.kernels.formulas import simplified
from multistart.kernels.vectormath import coefficients

BLOCKS = (64, 256)
_PROGRAM = """#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

{functions}
#define D {d}
#define BLOCK {block}
#define COLUMNS {columns}

static void step(double (*restrict block)[BLOCK], double (*restrict sums)[BLOCK], int m, double rate,
                 const double *restrict rows, long n)
{{
{loops}
}}

int main(int argc, char **argv)
{{
    long n = atol(argv[1]), steps = atol(argv[2]), count = atol(argv[3]);
    double rate = atof(argv[4]);
    double *rows = malloc(sizeof(double) * count * COLUMNS), *x = malloc(sizeof(double) * n * D);
    static double block[D][BLOCK] __attribute__((aligned(64))), sums[D][BLOCK] __attribute__((aligned(64)));
    FILE *file = fopen(argv[5], "rb");
    if (!file || fread(rows, sizeof(double) * COLUMNS, count, file) != (size_t)count) return 1;
    if (fread(x, sizeof(double) * D, n, file) != (size_t)n) return 1;
    fclose(file);
    struct timespec before, after;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    for (long first = 0; first < n; first += BLOCK) {{
        int m = n - first < BLOCK ? n - first : BLOCK;
        for (int i = 0; i < m; i++)
            for (int j = 0; j < D; j++) block[j][i] = x[(first + i) * D + j];
        for (long s = 0; s < steps; s++) step(block, sums, m, rate, rows, count);
        for (int i = 0; i < m; i++)
            for (int j = 0; j < D; j++) x[(first + i) * D + j] = block[j][i];
    }}
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    printf("%.9f\\n", (after.tv_sec - before.tv_sec) + 1e-9 * (after.tv_nsec - before.tv_nsec));
    file = fopen(argv[6], "wb");
    if (!file || fwrite(x, sizeof(double) * D, n, file) != (size_t)n) return 1;
    return fclose(file);
}}
"""
_ROWS_OUTSIDE = """    for (int j = 0; j < D; j++) for (int i = 0; i < m; i++) sums[j][i] = 0.0;
    for (long k = 0; k < n; k++) {{
        {row}
#pragma omp simd
        for (int i = 0; i < m; i++) {{
            {load}
            {term}
            {add}
        }}
    }}
#pragma omp simd
    for (int i = 0; i < m; i++) {{ {update} }}
"""
_STARTS_OUTSIDE = """#pragma omp simd
    for (int i = 0; i < m; i++) {{
        {load}
        {zero}
        for (long k = 0; k < n; k++) {{
            {row}
            {term}
            {add}
        }}
        {update}
    }}
"""
_TANH = """
static inline double accurate_tanh(double x)
{{
    double a = fabs(x), c = 2.0 * (a > 22.0 ? 22.0 : a);
    double t = fma(c, {inverse_ln2}, SHIFT), k = t - SHIFT, first = fma(-k, {ln2}, c), r = fma(-k, {ln2_low}, first);
    double lost = fma(-k, {ln2_low}, first - r), tail = fma(r * r, {expm1}, lost);
    double scale = from_bits((bits(t) - bits(SHIFT) + 1023) << 52);
    double whole = scale - 1.0, part = scale * r, rest = scale * tail, total = whole + part;
    rest = ((whole - total) + part) + rest;
    double high = total + rest, low = (total - high) + rest;
    double divisor = 2.0 + high, big = 2.0 > high ? 2.0 : high, small = 2.0 > high ? high : 2.0;
    double divisor_low = ((big - divisor) + small) + low, inverse = 1.0 / divisor, q = high * inverse;
    double residue = fma(-q, divisor, high) + fma(-q, divisor_low, low);
    return from_bits(bits(fma(residue, inverse, q)) | (bits(x) & INT64_MIN));
}}
"""


@dataclass(frozen=True)
class Program:
    """A compiled program, and whether its functions are the kernel's."""

    file: Path
    accurate: bool
    words: str

    def run(self, rows: np.ndarray, starts: np.ndarray, steps: int, rate: float) -> tuple[float, np.ndarray]:
        """Return the CPU seconds of the descents and their ends."""
        data, ends = self.file.with_suffix(".in"), self.file.with_suffix(".out")
        np.concatenate([rows.ravel(), starts.ravel()]).astype(np.float64).tofile(data)
        numbers = [str(len(starts)), str(steps), str(len(rows)), repr(rate)]
        command = [str(self.file), *numbers, str(data), str(ends)]
        seconds = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        return seconds, np.fromfile(ends).reshape(starts.shape)


def build(name: str, objective: Objective, folder: Path) -> list[Program]:
    """Compile the program in every variant."""
    programs = []
    for width, block, factored, outside, accurate in itertools.product(
        WIDTHS, BLOCKS, (False, True), (False, True), (False, True)
    ):
        words = f"{width}_{block}_{factored:d}{outside:d}{accurate:d}"
        file = folder / f"{name}_{words}"
        text = source(objective, block, factored=factored, starts_outside=outside, accurate=accurate)
        compile_program(file, text, STRICT_FLAGS if accurate else FLAGS, width)
        programs.append(Program(file, accurate, words))
    return programs


def source(objective: Objective, block: int, *, factored: bool, starts_outside: bool, accurate: bool) -> str:
    """The program's text."""
    assert objective.fit is not None
    d, columns = objective.dimensions, objective.fit.columns
    sums = [f"sum{j}" if starts_outside else f"sums[{j}][i]" for j in range(d)]
    by = " / n" if objective.fit.reduction == "mean" else ""
    loops = (_STARTS_OUTSIDE if starts_outside else _ROWS_OUTSIDE).format(
        row=" ".join(f"const double p{j} = rows[k * COLUMNS + {j}];" for j in range(len(columns))),
        load=" ".join(f"const double v{j} = block[{j}][i];" for j in range(d)),
        zero=" ".join(f"double sum{j} = 0.0;" for j in range(d)),
        term="\n            ".join(_term(objective.family.term, factored, accurate)),
        add=" ".join(f"{total} += g{j};" for j, total in enumerate(sums)),
        update=" ".join(f"block[{j}][i] -= rate * ({total}{by});" for j, total in enumerate(sums)),
    )
    return _PROGRAM.format(
        functions=c_functions() + _tanh() if accurate else "", d=d, block=block, columns=len(columns), loops=loops
    )


def _term(term: Objective, factored: bool, accurate: bool) -> list[str]:
    """Statements that make g0, g1, ... of v0, v1, ... and p0, p1, ..."""
    new = (*sympy.symbols(f"v:{term.dimensions}"), *sympy.symbols(f"p:{len(term.arguments)}"))
    renamed = dict(zip((*term.symbols, *term.open_symbols), new, strict=True))
    gradient = [e.xreplace(renamed) for e in term.gradient_expressions]
    common, reduced = simplified(gradient) if factored else sympy.cse(gradient, symbols=sympy.numbered_symbols("x"))
    named = [*common, *((f"g{j}", value) for j, value in enumerate(reduced))]
    lines = [f"const double {name} = {sympy.ccode(_as_products(value))};" for name, value in named]
    return [re.sub(r"\b(exp|tanh)\(", r"accurate_\1(", line) for line in lines] if accurate else lines


def _tanh() -> str:
    def horner(x: str, terms: list[str]) -> str:
        return terms[0] if len(terms) == 1 else f"fma({horner(x, terms[1:])}, {x}, {terms[0]})"

    return _TANH.format(
        inverse_ln2=coefficients.INVERSE_LN2,
        ln2=coefficients.LN2[0],
        ln2_low=coefficients.LN2[1],
        expm1=horner("r", [repr(c) for c in coefficients.EXPM1]),
    )
