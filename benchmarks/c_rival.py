"""A C program for one objective, generated from the same SymPy expression, as fast as gcc makes it.

The program holds one array a coordinate, takes blocks of rows that stay in the first-level cache, and runs a fixed
number of steps on each: no stopping rule, no arena. gcc may use every liberty (``-O3 -march=native -ffast-math``) and
glibc's vector libm; it is compiled for each vector width and the fastest of them is the rival.

glibc's vector functions may be off by 4 ulp. To tell what accuracy costs from what the compiler does, there is a second
rival: the same program with ``exp``, ``sin`` and ``cos`` written as :mod:`multistart.kernels.vectormath` has them,
within 1 ulp for usual arguments. Those must not be reassociated, so it is compiled without ``-ffast-math``.
"""

from __future__ import annotations

import itertools
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numba
import numpy as np
import sympy
from sympy.codegen.rewriting import create_expand_pow_optimization

from multistart.functions.objective import Objective
from multistart.kernels.formulas import simplified
from multistart.kernels.vectormath import coefficients

MARCH = f"-march={numba.config.CPU_NAME or 'native'}"  # as the kernel is compiled for
FLAGS = ("-O3", MARCH, "-ffast-math", "-fopenmp-simd")
STRICT_FLAGS = ("-O3", MARCH, "-fno-math-errno", "-fno-trapping-math", "-fopenmp-simd")
WIDTHS = (256, 512)
BLOCKS = (256, 512)
_as_products = create_expand_pow_optimization(64)  # gcc does so itself only with -ffast-math

_PROGRAM = """#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

{functions}
#define D {d}
#define BLOCK {block}

static void step(double (*restrict block)[BLOCK], int m, double rate)
{{
#pragma omp simd
    for (int i = 0; i < m; i++) {{
        {load}
        {gradient}
        {update}
    }}
}}

int main(int argc, char **argv)
{{
    long n = atol(argv[1]), steps = atol(argv[2]);
    double rate = atof(argv[3]);
    double *x = malloc(sizeof(double) * n * D);
    static double block[D][BLOCK] __attribute__((aligned(64)));
    FILE *file = fopen(argv[4], "rb");
    if (!file || fread(x, sizeof(double) * D, n, file) != (size_t)n) return 1;
    fclose(file);
    struct timespec before, after;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    for (long first = 0; first < n; first += BLOCK) {{
        int m = n - first < BLOCK ? n - first : BLOCK;
        for (int i = 0; i < m; i++)
            for (int j = 0; j < D; j++) block[j][i] = x[(first + i) * D + j];
        for (long s = 0; s < steps; s++) step(block, m, rate);
        for (int i = 0; i < m; i++)
            for (int j = 0; j < D; j++) x[(first + i) * D + j] = block[j][i];
    }}
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    printf("%.9f\\n", (after.tv_sec - before.tv_sec) + 1e-9 * (after.tv_nsec - before.tv_nsec));
    file = fopen(argv[5], "wb");
    if (!file || fwrite(x, sizeof(double) * D, n, file) != (size_t)n) return 1;
    return fclose(file);
}}
"""


_FUNCTIONS = """
static inline int64_t bits(double x) {{ union {{ double f; int64_t i; }} u = {{ x }}; return u.i; }}
static inline double from_bits(int64_t n) {{ union {{ int64_t i; double f; }} u = {{ n }}; return u.f; }}
#define SHIFT 6755399441055744.0
static inline double accurate_exp(double x)
{{
    double clamped = x < -746.0 ? -746.0 : x, t = fma(clamped, {inverse_ln2}, SHIFT), k = t - SHIFT;
    double first = fma(-k, {ln2}, clamped), r = fma(-k, {ln2_low}, first), s = r * r;
    double m = 1.0 + (first + fma(s, {exp}, -k * {ln2_low}));
    double result = from_bits(bits(m) + (bits(t) << 52));
    return result < 0.0 ? 0.0 : result;
}}
static inline double circular(double x, double a, int64_t sign, int64_t turn)
{{
    double t = fma(a, {two_over_pi}, SHIFT), k = t - SHIFT, first = fma(-k, {half_pi_0}, a);
    double high = fma(-k, {half_pi_1}, first);
    double low = fma(-k, {half_pi_2}, fma(-k, {half_pi_1}, first - high)), z = high * high;
    int64_t n = bits(t) + turn;
    int even = (n & 1) == 0;
    double lost = fma(-high, low, -0.5 * fma(high, high, -z)), start = even ? high : 1.0;
    double value = start + fma(start * z, {circular}, even ? low : lost);
    return from_bits(bits(value) ^ ((n << 62) & INT64_MIN) ^ sign);
}}
static inline double accurate_sin(double x) {{ return circular(x, fabs(x), bits(x) & INT64_MIN, 0); }}
static inline double accurate_cos(double x) {{ return circular(x, fabs(x), 0, 1); }}
"""


def c_functions() -> str:
    """The elementary functions of the package, for usual arguments, in C."""

    def horner(x: str, terms: list[str]) -> str:
        return terms[0] if len(terms) == 1 else f"fma({horner(x, terms[1:])}, {x}, {terms[0]})"

    e = [repr(c) for c in coefficients.EXP]
    return _FUNCTIONS.format(
        inverse_ln2=coefficients.INVERSE_LN2,
        ln2=coefficients.LN2[0],
        ln2_low=coefficients.LN2[1],
        exp=horner("r", [e[0], horner("s", e[1::2]), horner("s", e[2::2])]),
        two_over_pi=coefficients.TWO_OVER_PI,
        circular=horner("z", [f"(even ? {a} : {b})" for a, b in zip(coefficients.SIN, coefficients.COS, strict=True)]),
        **{f"half_pi_{i}": part for i, part in enumerate(coefficients.HALF_PI_PARTS)},
    )


@dataclass(frozen=True)
class Program:
    """A compiled program.

    Attributes
    ----------
    file
        The executable; ``file.s`` beside it is its assembly.
    width, block
        Preferred vector width in bits, and rows a block.
    factored
        Whether the formulas are those of the kernel, factored, or SymPy's own.
    accurate
        Whether its functions are within 1 ulp as the kernel's are, or glibc's.
    """

    file: Path
    width: int
    block: int
    factored: bool
    accurate: bool

    def run(self, starts: np.ndarray, steps: int, rate: float) -> tuple[float, np.ndarray]:
        """Return the CPU seconds of the descents and their ends."""
        data, ends = self.file.with_suffix(".in"), self.file.with_suffix(".out")
        np.ascontiguousarray(starts, dtype=np.float64).tofile(data)
        command = [str(self.file), str(len(starts)), str(steps), repr(rate), str(data), str(ends)]
        seconds = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        return seconds, np.fromfile(ends).reshape(starts.shape)

    def vectorised(self) -> bool:
        """Whether the program multiplies packed doubles."""
        assembly = self.file.with_suffix(".s").read_text()
        return any("mulpd" in line and ("ymm" in line or "zmm" in line) for line in assembly.splitlines())


def source(objective: Objective, block: int, factored: bool, accurate: bool) -> str:
    """The program's text."""
    d = objective.dimensions
    return _PROGRAM.format(
        functions=c_functions() if accurate else "",
        d=d,
        block=block,
        load=" ".join(f"const double v{j} = block[{j}][i];" for j in range(d)),
        gradient="\n        ".join(gradient_in_c(objective, factored, accurate)),
        update=" ".join(f"block[{j}][i] = v{j} - rate * g{j};" for j in range(d)),
    )


def gradient_in_c(objective: Objective, factored: bool, accurate: bool) -> list[str]:
    """Statements that make g0, g1, ... of v0, v1, ..., with common subexpressions named once."""
    renamed = dict(zip(objective.symbols, sympy.symbols(f"v:{objective.dimensions}"), strict=True))
    gradient = [e.xreplace(renamed) for e in objective.gradient_expressions]
    common, reduced = simplified(gradient) if factored else sympy.cse(gradient, symbols=sympy.numbered_symbols("x"))
    named = [*common, *((f"g{j}", value) for j, value in enumerate(reduced))]
    lines = [f"const double {name} = {sympy.ccode(_as_products(value))};" for name, value in named]
    return [re.sub(r"\b(exp|sin|cos)\(", r"accurate_\1(", line) for line in lines] if accurate else lines


def have_accurate_functions(objective: Objective) -> bool:
    """Whether a gradient has functions, and all of them stand in :func:`c_functions`."""
    functions = {type(f).__name__ for e in objective.gradient_expressions for f in e.atoms(sympy.Function)}
    return bool(functions) and functions <= {"exp", "sin", "cos"}


def build(objective: Objective, folder: Path) -> list[Program]:
    """Compile the program in every variant."""
    programs = []
    ways = (False, True) if have_accurate_functions(objective) else (False,)
    for width, block, factored, accurate in itertools.product(WIDTHS, BLOCKS, (False, True), ways):
        file = folder / f"{objective.name}_{objective.dimensions}_{width}_{block}_{factored:d}{accurate:d}"
        text = source(objective, block, factored, accurate)
        compile_program(file, text, STRICT_FLAGS if accurate else FLAGS, width)
        programs.append(Program(file, width, block, factored, accurate))
    return programs


def compile_program(file: Path, text: str, flags: tuple[str, ...], width: int) -> None:
    """Make a program of a text, for vectors of a width; its assembly stays beside it."""
    code, assembly = str(file.with_suffix(".c")), str(file.with_suffix(".s"))
    file.with_suffix(".c").write_text(text)
    subprocess.run(["gcc", *flags, f"-mprefer-vector-width={width}", "-S", code, "-o", assembly], check=True)
    subprocess.run(["gcc", assembly, "-lmvec", "-lm", "-o", str(file)], check=True)
