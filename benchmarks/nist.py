"""Ten thousand starts for each of NIST's problems, and the same ones through other programs: the table of docs/fits.md.

A rival goes through the same starts in the same order until its time is up: how many that were stands in the table.
"""

from __future__ import annotations

import argparse
import logging
import math
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from least_squares import by_lmfit, by_scipy, multistart
from nist_problems import CERTIFIED, Problem
from pages import markdown

STARTS = 10_000
AT_LEAST = 20  # starts of a rival, whatever its time
PART = 10  # starts that a rival is given at a time
SURE = 0.99
HEADER = ["problem", "program", "starts", "at the optimum", "restarts for 99 %", "ms a start", "s for 99 %"]
Fit = Callable[[np.ndarray], np.ndarray]


def by_pypesto(problem: Problem) -> Fit:
    """The multistart of pyPESTO with its least-squares optimiser, in the box."""
    import pypesto
    import pypesto.optimize

    logging.getLogger("pypesto").setLevel(logging.ERROR)
    residuals, jacobian = problem.scalar
    objective = pypesto.Objective(res=residuals, sres=jacobian)
    optimizer = pypesto.optimize.ScipyOptimizer(method="ls_trf", options={"x_scale": "jac"})

    def run(starts: np.ndarray) -> np.ndarray:
        box = problem.box
        given = pypesto.Problem(objective, lb=box.low, ub=box.high, x_guesses=starts)
        found = pypesto.optimize.minimize(given, optimizer=optimizer, n_starts=len(starts), progress_bar=False)
        ends = {int(each["id"]): each["x"] for each in found.optimize_result.list}
        missing = np.full(starts.shape[1], np.nan)
        return np.array([missing if ends[i] is None else ends[i] for i in range(len(starts))])

    return run


def timed(fit: Fit, starts: np.ndarray) -> tuple[np.ndarray, float]:
    """Ends, and seconds of CPU."""
    before = time.process_time()
    ends = fit(starts)
    return ends, time.process_time() - before


def in_time(fit: Fit, starts: np.ndarray, seconds: float) -> tuple[np.ndarray, float]:
    """Ends of the first starts, as many as there is time for."""
    fit(starts[:2])  # for what is loaded and compiled
    ends, spent = [], 0.0
    for first in range(0, len(starts), PART):
        if spent > seconds and first >= AT_LEAST:
            break
        part, more = timed(fit, starts[first : first + PART])
        ends.append(part)
        spent += more
    return np.concatenate(ends), spent


def restarts(share: float) -> int | None:
    """Starts after which the optimum was reached once with the probability of 99 %; none where it never was."""
    if share <= 0:
        return None
    return 1 if share >= SURE else math.ceil(math.log(1 - SURE) / math.log(1 - share))


def row(problem: Problem, program: str, ends: np.ndarray, seconds: float) -> list[str]:
    """A row of the table."""
    share, each = float(problem.reached(ends).mean()), seconds / len(ends)
    needed = restarts(share)
    cost = ["-", f"{1000 * each:.3g}", "-"] if needed is None else [
        f"{needed:,}", f"{1000 * each:.3g}", f"{needed * each:.2g}"
    ]  # fmt: skip
    return [problem.name, program, f"{len(ends):,}", f"{share:.1%}", *cost]


def rows(name: str, cache: Path, seconds: float) -> Iterator[list[str]]:
    """The rows of a problem."""
    problem = Problem(name)
    starts, own = problem.starts(STARTS), multistart(problem, cache)
    own(starts[:2])
    yield row(problem, "multistart", *timed(own, starts))
    rivals = {"lmfit": by_lmfit(problem, exact=False), "SciPy lm": by_scipy(problem, "lm"),
              "SciPy trf": by_scipy(problem, "trf"), "pyPESTO": by_pypesto(problem)}  # fmt: skip
    for program, fit in rivals.items():
        with np.errstate(all="ignore"):
            yield row(problem, program, *in_time(fit, starts, seconds))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of CPU, for each rival and problem")
    parser.add_argument("problems", nargs="*", help="names; all ten by default")
    arguments = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as cache:
        for name in arguments.problems or CERTIFIED:
            for each in rows(name, Path(cache), arguments.seconds):
                print(*each, flush=True)
                found.append(each)
    print(markdown(HEADER, found))


if __name__ == "__main__":
    main()
