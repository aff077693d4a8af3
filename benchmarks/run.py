"""Measure everything that docs/benchmarks.md reports, print it and write it: `make bench`."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import certificates
import certified_stopping
import fits
import fixed_steps
import large_study
import latency
import least_squares
import rivals
import rules
import scaling
import searches
import whole_study
from pages import markdown

REPOSITORY = Path(__file__).parent.parent
TUNING = {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"}
PACKAGES = ("multistart", "numba", "llvmlite", "numpy", "scipy", "sympy", "jax", "lmfit", "pypesto", "snakemake")


def main() -> None:
    """Run the benchmarks, whole or quick."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two minutes, to see that the benchmarks themselves work")
    parser.add_argument("--largest", type=float, default=1e8, help="most starts of the scaling table")
    parser.add_argument("--output", type=Path, help="file to write; docs/benchmarks.md, or none where quick")
    arguments = parser.parse_args()
    pages: list[str] = []

    def say(text: str) -> None:
        print(text + "\n", flush=True)
        pages.append(text)

    if TUNING & os.environ.keys():  # OpenBLAS reads them when it is loaded, so begin again without
        for variable in TUNING:
            os.environ.pop(variable, None)
        os.execv(sys.executable, [sys.executable, *sys.argv])
    with tempfile.TemporaryDirectory() as name:
        _measure(Path(name), arguments.quick, int(arguments.largest), say)
    output = arguments.output or (None if arguments.quick else REPOSITORY / "docs" / "benchmarks.md")
    if output:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text("\n\n".join(pages) + "\n")


def _measure(folder: Path, quick: bool, largest: int, say) -> None:
    say("# Benchmarks\n\nWritten by `make bench`. CPU time, medians of interleaved repeats.\n\n" + machine())
    header, rows = fixed_steps.table(folder, starts=1024 if quick else 16384, repeats=1 if quick else 9)
    say(f"## Against C\n\nNanoseconds a start and step, {fixed_steps.STEPS} fixed steps. {C_WORDS}")
    say(markdown(header, rows))
    for row in rows:
        if "short" in row[5]:
            say(f"Profile of {row[0]}:\n\n```\n{fixed_steps.profile(folder, row[0])}\n```")
    say(
        "Seconds of CPU to compile the loop over a block, once for all functions in as many coordinates; the kernel "
        "with value and derivatives; and to take all from the cache. Each in a process of its own, which has loaded "
        "Numba and SymPy:"
    )
    say(markdown(["function", "loop", "kernel", "cached"], fixed_steps.compile_seconds()))
    say(rules.section(folder, quick=quick))
    say(fits.section(folder, quick=quick))
    say("## Against other programs\n\n" + RIVALS_WORDS)
    say(markdown(*rivals.table(folder, scale=0.1 if quick else 1.0, repeats=1 if quick else 5)))
    say("## Searches\n\n" + SEARCHES_WORDS)
    say(markdown(*searches.table(folder, scale=0.1 if quick else 1.0, repeats=1 if quick else 5)))
    say("## Least squares\n\n" + LEAST_SQUARES_WORDS)
    say(markdown(*least_squares.table(folder, scale=0.1 if quick else 1.0, repeats=1 if quick else 5)))
    ratio = scaling.threads_ratio(folder, n=10**5 if quick else 10**6, repeats=1 if quick else 5)
    say(f"## Threads\n\nTwo threads are {ratio:.2f} times as fast as one (goal: 1.9, on an idle machine).")
    header, rows, spread = scaling.table(folder, largest=10**5 if quick else largest)
    say("## Many starts\n\nPeaks on one thread, in batches as a study makes them.\n\n" + markdown(header, rows))
    say(f"The dearest start costs {spread:.2f} times the cheapest (goal: 1.1); memory has a goal of 2 GiB.")
    say("## Certificates\n\nAll critical points of a function in a box, proven; CPU seconds of the first run of each.")
    say(certificates.table(list(certificates.PROBLEMS)[: 2 if quick else None]))
    say("The functions of the catalogue of at most three dimensions, on their domains, with the default budget.")
    say(certificates.catalogue_table(list(certificates.catalogue())[: 3 if quick else None]))
    say("## Stopping where the certificate allows\n\n" + CERTIFIED_WORDS)
    say(markdown(*certified_stopping.table(folder, starts=10**4 if quick else 10**5, repeats=1 if quick else 5)))
    study = REPOSITORY / "config" / ("studies/tiny.yaml" if quick else "config.yaml")
    header, rows, wall, descents = whole_study.table(study, os.cpu_count() or 1)
    say(f"## A whole study\n\n`{study.relative_to(REPOSITORY)}`: {wall:.1f} s in all.\n\n" + markdown(header, rows))
    say(f"{wall - descents:.1f} s go by outside the descend job (goal: 30 s).")
    header, rows = large_study.table([100] if quick else [1000, 3163], os.cpu_count() or 1)
    say("## Large studies\n\nThe default study with more cells and `keep: none`, seconds and megabytes.")
    say(markdown(header, rows))
    say("## What a user waits for\n\n" + LATENCY_WORDS)
    say(markdown(*latency.table(repeats=1 if quick else 3)))


def machine() -> str:
    """The machine and the versions in use."""
    try:
        model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        model = None
    versions = [f"{package} {importlib.metadata.version(package)}" for package in PACKAGES]
    gcc = subprocess.run(["gcc", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    return (
        f"{model.group(1) if model else platform.processor()}, {os.cpu_count()} processors, {platform.system()} "
        f"{platform.release()}, load {load} at the start.\n"
        f"Python {platform.python_version()}, {', '.join(versions)}; {gcc}, {' '.join(platform.libc_ver())}."
    )


C_WORDS = (
    "The C program is generated from the same gradient, and compiled by "
    f"`gcc {' '.join(['-O3', '-march=native', '-ffast-math', '-fopenmp-simd'])}` with glibc's vector libm, in two "
    "vector widths, two block sizes, and with the formulas as SymPy gives them and as the kernel factors them: the "
    "fastest of the eight counts. It runs its steps and asks nothing; "
    "`kernel` runs the same steps without arena or tolerance and says how each row ended; `under a rule` it is asked "
    "at each step whether it has to stop; `with curvatures` is all of `descend`, with value and Hessian of each end. "
    "glibc's vector functions may be off by 4 ulp, the kernel's are within 1: `C, as accurate` is the best of the "
    "same C programs with `exp`, `sin` and `cos` as the kernel has them, without the test for rare arguments."
)
CERTIFIED_WORDS = (
    "The same starts with `stopping: gradient`, to a gradient of 1e-8, and with `stopping: certified`, to the first "
    "point in a ball that provably leads to one minimum. Both end in the same basins. `arrive` is the part of the "
    "starts that end at a minimum; the others go on to the step limit either way. Microseconds are CPU time of all of "
    "`descend`, one thread; the certificate is made before, once for all starts."
)
LATENCY_WORDS = (
    "`snakemake --cores 2` in a copy of the project, caches warm, against a bare Snakemake workflow of three empty "
    "`script:` jobs in the same run: medians, wall seconds, for the dry run CPU seconds. One method more is also "
    "compared with those before it and drawn beside them; its goal is that no file of the methods which were there is "
    "written again. Its ratio cannot be 2: with every start of a process and every "
    "import free, its descents (0.6 s), estimates (0.6), pictures on two cores (1.7) and six jobs of Snakemake (2.1) "
    "take 5.1 s, and each of the four processes on its path adds 0.2 to 1.1 s."
)
RIVALS_WORDS = (
    "Peaks, starts uniform in the domain. Starts a second of CPU, until each end has the label of the known minimum "
    "it is at, or none. The first four run gradient descent by the same rule; the optimisers of the last two are "
    "free to end elsewhere, and stay in the domain."
)

LEAST_SQUARES_WORDS = (
    "Fits a second of CPU that come to the certified optimum of three of NIST's problems, in the sum of squares to "
    "1e-8, from the same uniform starts in a box that both of NIST's starts and the optimum span. `multistart` is "
    "`descend` with `levenberg_marquardt` on one thread, with value and Hessian of each end; SciPy's `least_squares` "
    "has the exact Jacobian and the scales of its columns; lmfit is `minimize` as it comes, and with the exact "
    "Jacobian, without errors of parameters."
)
SEARCHES_WORDS = (
    "Peaks, starts uniform in the domain, starts a second of CPU to a label that is checked as above. SciPy's have the "
    "exact gradient and Hessian as Python functions. Both go to a gradient of 1e-8, Newton-CG to steps of 1e-8, in at "
    "most 1000 steps; whoever goes to the plain around peaks is at no minimum."
)

if __name__ == "__main__":
    sys.exit(main())
