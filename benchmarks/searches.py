"""Damped Newton and BFGS of the package against SciPy's: the same starts, to a label that is checked."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import scipy.optimize
import sympy
from problems import PEAKS
from rivals import Descend, F, labels, scalar_functions

from multistart.descents.descend import descend
from multistart.methods import Method

STEPS, TOLERANCE = 1000, 1e-8
PAIRS = (("damped_newton", "Newton-CG"), ("damped_newton", "trust-exact"), ("bfgs", "BFGS"))
GOAL = 50


def compiled(name: str, cache: Path) -> Descend:
    """The package's own, on one thread."""
    method, arena = Method(name, max_steps=STEPS, gradient_tolerance=TOLERANCE), PEAKS.domain.widened(1.0)
    return lambda starts: descend(F, method, starts, arena=arena, cache=cache).end


def by_scipy(name: str) -> Descend:
    """SciPy's of a name, with exact gradient and, where it takes one, Hessian."""
    fun, jac = scalar_functions()
    second = sympy.lambdify(F.symbols, F.hessian_expressions, modules="math", cse=True)
    hess: dict[str, Callable] = {} if name == "BFGS" else {"hess": lambda x: np.array(second(x[0], x[1]))}
    tolerance = {"xtol": TOLERANCE} if name == "Newton-CG" else {"gtol": TOLERANCE}

    def one(start: np.ndarray) -> np.ndarray:
        options = {"maxiter": STEPS, **tolerance}
        return scipy.optimize.minimize(fun, start, jac=jac, method=name, options=options, **hess).x

    return lambda starts: np.array([one(start) for start in starts])


def rate_of(run: Descend, starts: np.ndarray, repeats: int) -> tuple[float, float]:
    """Starts a second of CPU, and the part of them that ends at a known minimum."""
    rates = []
    for repeat in range(repeats + 1):
        before = time.process_time()
        found = labels(run(starts))
        if repeat:  # the first time is for compilers
            rates.append(len(starts) / (time.process_time() - before))
    return median(rates), float(np.mean(found >= 0))


def table(cache: Path, *, scale: float, repeats: int) -> tuple[list[str], list[list[str]]]:
    """Return header and rows."""
    starts, rows = PEAKS.starts(50_000), []
    for name, other in PAIRS:
        mine, arrived = rate_of(compiled(name, cache), starts[: int(50_000 * scale)], repeats)
        theirs, there = rate_of(by_scipy(other), starts[: int(200 * scale)], repeats)
        ratio = mine / theirs
        rows.append([
            name, f"{mine:,.0f}", f"{arrived:.1%}", f"SciPy {other}", f"{theirs:,.0f}", f"{there:.1%}",
            f"{ratio:,.0f}", "reached" if ratio >= GOAL else "**falls short**",
        ])  # fmt: skip
    header = ["search", "starts a second", "at a minimum", "beside", "starts a second", "at a minimum", "faster by"]
    return [*header, f"goal: {GOAL}"], rows
