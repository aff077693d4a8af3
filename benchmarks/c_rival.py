"""A C program for one objective, generated from the same SymPy expression, as fast as gcc makes it.

The program holds one array a coordinate, takes blocks of rows that stay in the first-level cache, and runs a fixed
number of steps on each: no stopping rule, no arena. gcc may use every liberty (``-O3 -march=native -ffast-math``) and
glibc's vector libm; it is compiled for each vector width and the fastest of them is the rival.
"""

from __future__ import annotations

import itertools
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sympy

from multistart.kernels.formulas import simplified
from multistart.objectives import Objective

FLAGS = ("-O3", "-march=native", "-ffast-math", "-fopenmp-simd")
WIDTHS = (256, 512)
BLOCKS = (256, 512)

_PROGRAM = """#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

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
    """

    file: Path
    width: int
    block: int
    factored: bool

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


def source(objective: Objective, block: int, factored: bool) -> str:
    """The program's text, with common subexpressions named once."""
    d = objective.dimensions
    names = sympy.symbols(f"v:{d}")
    renamed = dict(zip(objective.symbols, names, strict=True))
    gradient = [e.xreplace(renamed) for e in objective.gradient_expressions]
    common, reduced = simplified(gradient) if factored else sympy.cse(gradient, symbols=sympy.numbered_symbols("x"))
    lines = [f"const double {name} = {sympy.ccode(value)};" for name, value in common]
    lines += [f"const double g{j} = {sympy.ccode(value)};" for j, value in enumerate(reduced)]
    return _PROGRAM.format(
        d=d,
        block=block,
        load=" ".join(f"const double v{j} = block[{j}][i];" for j in range(d)),
        gradient="\n        ".join(lines),
        update=" ".join(f"block[{j}][i] = v{j} - rate * g{j};" for j in range(d)),
    )


def build(objective: Objective, folder: Path) -> list[Program]:
    """Compile the program in every variant."""
    programs = []
    for width, block, factored in itertools.product(WIDTHS, BLOCKS, (False, True)):
        file = folder / f"{objective.name}_{objective.dimensions}_{width}_{block}_{factored:d}"
        file.with_suffix(".c").write_text(source(objective, block, factored))
        flags = [*FLAGS, f"-mprefer-vector-width={width}"]
        text, assembly = str(file.with_suffix(".c")), str(file.with_suffix(".s"))
        subprocess.run(["gcc", *flags, "-S", text, "-o", assembly], check=True)
        subprocess.run(["gcc", assembly, "-lmvec", "-lm", "-o", str(file)], check=True)
        programs.append(Program(file, width, block, factored))
    return programs
