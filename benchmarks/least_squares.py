"""Fits a second to a verified optimum: Levenberg and Marquardt's method against lmfit and a loop of SciPy's."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from nist_problems import Problem
from scipy.optimize import least_squares

from multistart.descents.descend import descend
from multistart.methods import Method

PROBLEMS = ("Misra1a", "Rat42", "MGH09")
GOALS = {"lmfit": 100, "SciPy": 30}
Fit = Callable[[np.ndarray], np.ndarray]
METHOD = Method("levenberg_marquardt")


def multistart(problem: Problem, cache: Path) -> Fit:
    """The package's own, on one thread."""
    return lambda starts: descend(problem.objective, METHOD, starts, cache=cache).end


def one_by_one(fit: Fit) -> Fit:
    """A loop over starts; what raises an error has reached nothing."""

    def run(starts: np.ndarray) -> np.ndarray:
        return np.array([_survived(fit, start) for start in starts])

    return run


def _survived(fit: Fit, start: np.ndarray) -> np.ndarray:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return fit(start)
    except ValueError:  # as of residuals that are not finite
        return np.full(len(start), np.nan)


def by_scipy(problem: Problem, method: str) -> Fit:
    """SciPy's least_squares with the exact Jacobian, in the parameters' own scales."""
    residuals, jacobian = problem.scalar
    scaled = {} if method == "lm" else {"x_scale": "jac"}
    return one_by_one(lambda start: least_squares(residuals, start, jac=jacobian, method=method, **scaled).x)


def by_lmfit(problem: Problem, *, exact: bool) -> Fit:
    """The minimizer of lmfit as it comes, and with the exact Jacobian."""
    import lmfit

    residuals, jacobian = problem.scalar

    def values(p: lmfit.Parameters) -> np.ndarray:
        return np.array(list(p.valuesdict().values()))

    slopes = {"Dfun": lambda p: jacobian(values(p))} if exact else {}

    def fit(start: np.ndarray) -> np.ndarray:
        parameters = lmfit.Parameters()
        for name, value in zip(problem.parameters, start, strict=True):
            parameters.add(name, value=value)
        found = lmfit.minimize(lambda p: residuals(values(p)), parameters, calc_covar=False, **slopes)
        return values(found.params)

    return one_by_one(fit)


def verified_a_second(problem: Problem, fit: Fit, starts: np.ndarray, repeats: int) -> tuple[float, float]:
    """Fits to the certified optimum in a second of CPU, and the part of starts that come to it."""
    rates = []
    for repeat in range(repeats + 1):
        before = time.process_time()
        ends = fit(starts)
        spent, reached = time.process_time() - before, problem.reached(ends)
        if repeat:  # the first time is for compilers
            rates.append(reached.sum() / spent)
    return median(rates), float(reached.mean())


def table(cache: Path, *, scale: float, repeats: int) -> tuple[list[str], list[list[str]]]:
    """Return header and rows."""
    rows = []
    for name in PROBLEMS:
        problem = Problem(name)
        mine, arrived = verified_a_second(
            problem, multistart(problem, cache), problem.starts(int(20_000 * scale)), repeats
        )
        rows.append([name, "multistart", f"{mine:,.0f}", f"{arrived:.1%}", "", ""])
        few = problem.starts(int(200 * scale))
        rivals = {f"SciPy {method}": by_scipy(problem, method) for method in ("lm", "trf", "dogbox")}
        rivals |= {"lmfit": by_lmfit(problem, exact=False), "lmfit, exact Jacobian": by_lmfit(problem, exact=True)}
        for rival, fit in rivals.items():
            theirs, there = verified_a_second(problem, fit, few, repeats)
            ratio, goal = mine / theirs, GOALS[rival.split()[0].rstrip(",")]
            verdict = f"{goal}: {'reached' if ratio >= goal else '**falls short**'}"
            rows.append([name, rival, f"{theirs:,.0f}", f"{there:.1%}", f"{ratio:,.0f}", verdict])
    return ["problem", "program", "verified fits a second", "at the optimum", "multistart is faster by", "goal"], rows


if __name__ == "__main__":
    import tempfile

    from pages import markdown

    with tempfile.TemporaryDirectory() as folder:
        print(markdown(*table(Path(folder), scale=1.0, repeats=3)))
