"""The same starts through other programs: starts a second to a label that is checked against the known minima."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import scipy.optimize
import sympy
from problems import PEAKS

from multistart.descents.descend import descend
from multistart.methods.method import Method

RULE = Method(learning_rate=0.01, max_steps=1000, gradient_tolerance=1e-8)
CLOSE = 1e-3  # an end this near a known minimum has its label
F = PEAKS.objective
MINIMA = np.array([location for location, _ in F.minima])
Descend = Callable[[np.ndarray], np.ndarray]


def labels(ends: np.ndarray) -> np.ndarray:
    """The position of the known minimum at which each descent ended, -1 for none."""
    found = np.full(len(ends), -1)
    for label, minimum in enumerate(MINIMA):
        found[sum((ends[:, j] - x) ** 2 for j, x in enumerate(minimum)) < CLOSE**2] = label
    return found


def multistart(cache: Path) -> Descend:
    """The package itself, on one thread."""
    return lambda starts: descend(F, RULE, starts, arena=PEAKS.domain.widened(1.0), cache=cache).end


def textbook() -> Descend:
    """The loop of the textbooks: a lambdified gradient, one point at a time."""
    gradient = sympy.lambdify(F.symbols, F.gradient_expressions, modules="math")

    def one(x: float, y: float) -> tuple[float, float]:
        for _ in range(RULE.max_steps):
            g, h = gradient(x, y)
            if g * g + h * h <= RULE.gradient_tolerance**2:
                break
            x, y = x - RULE.learning_rate * g, y - RULE.learning_rate * h
        return x, y

    return lambda starts: np.array([one(*map(float, start)) for start in starts])


def numpy_arrays() -> Descend:
    """A lambdified gradient over arrays, with common subexpressions; rows that have stopped leave."""

    def run(starts: np.ndarray) -> np.ndarray:
        x, going = starts.copy(), np.arange(len(starts))
        for _ in range(RULE.max_steps):
            gradient = F.gradient(x[going])
            alive = (gradient**2).sum(axis=1) > RULE.gradient_tolerance**2
            going = going[alive]
            x[going] -= RULE.learning_rate * gradient[alive]
        return x

    return run


def jax_jit() -> Descend:
    """JAX in float64: one compiled while-loop over all starts."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    gradient = sympy.lambdify(F.symbols, F.gradient_expressions, modules="jax", cse=True)

    @jax.jit
    def run(starts):
        def step(state):
            x, moving, count = state
            g = jnp.stack(gradient(x[0], x[1]))
            moving = moving & ((g**2).sum(axis=0) > RULE.gradient_tolerance**2)
            return jnp.where(moving, x - RULE.learning_rate * g, x), moving, count + 1

        def going(state):
            return state[1].any() & (state[2] < RULE.max_steps)

        return jax.lax.while_loop(going, step, (starts.T, jnp.ones(len(starts), bool), 0))[0].T

    return lambda starts: np.asarray(run(starts))


def scalar_functions() -> tuple[Callable, Callable]:
    """Value and gradient at one point."""
    value = sympy.lambdify(F.symbols, F.expression, modules="math", cse=True)
    gradient = sympy.lambdify(F.symbols, F.gradient_expressions, modules="math", cse=True)
    return (lambda x: value(x[0], x[1])), (lambda x: np.array(gradient(x[0], x[1])))


def scipy_loop() -> Descend:
    """SciPy's L-BFGS-B from every start, with the exact gradient."""
    fun, jac = scalar_functions()
    bounds = list(zip(PEAKS.domain.low, PEAKS.domain.high, strict=True))

    def one(start: np.ndarray) -> np.ndarray:
        return scipy.optimize.minimize(fun, start, jac=jac, method="L-BFGS-B", bounds=bounds, tol=1e-12).x

    return lambda starts: np.array([one(start) for start in starts])


def pypesto_multistart() -> Descend:
    """The multistart of pyPESTO with the same optimiser."""
    import pypesto
    import pypesto.optimize

    logging.getLogger("pypesto").setLevel(logging.ERROR)
    fun, jac = scalar_functions()
    optimizer = pypesto.optimize.ScipyOptimizer(method="L-BFGS-B", tol=1e-12)

    def run(starts: np.ndarray) -> np.ndarray:
        problem = pypesto.Problem(
            pypesto.Objective(fun=fun, grad=jac), lb=PEAKS.domain.low, ub=PEAKS.domain.high, x_guesses=starts
        )
        result = pypesto.optimize.minimize(problem, optimizer=optimizer, n_starts=len(starts), progress_bar=False)
        ends = {int(r["id"]): r["x"] for r in result.optimize_result.list}
        return np.array([ends[i] for i in range(len(starts))])

    return run


def table(cache: Path, *, scale: float, repeats: int) -> tuple[list[str], list[list[str]]]:
    """Return header and rows, in starts a second of CPU."""
    contestants: dict[str, tuple[Descend, int]] = {
        "multistart": (multistart(cache), 50_000),
        "textbook loop (scalar lambdify)": (textbook(), 20),
        "NumPy lambdify over arrays": (numpy_arrays(), 5_000),
        "JAX jit, float64": (jax_jit(), 20_000),
        "SciPy L-BFGS-B loop": (scipy_loop(), 200),
        "pyPESTO multistart, L-BFGS-B": (pypesto_multistart(), 100),
    }
    all_starts = PEAKS.starts(50_000)
    reference = labels(multistart(cache)(all_starts))
    rates: dict[str, list[float]] = {name: [] for name in contestants}
    agreeing, labelled = {}, {}
    for repeat in range(repeats + 1):
        for name, (run, count) in contestants.items():
            n = max(5, int(count * scale))
            before = time.process_time()
            found = labels(run(all_starts[:n]))
            if repeat:  # the first time is for compilers
                rates[name].append(n / (time.process_time() - before))
            agreeing[name] = np.mean(found == reference[:n])
            labelled[name] = np.mean(found >= 0)
    mine = median(rates["multistart"])
    rows = [
        [name, f"{median(rate):,.0f}", f"{mine / median(rate):,.1f}", f"{labelled[name]:.1%}", f"{agreeing[name]:.1%}"]
        for name, rate in rates.items()
    ]
    return ["program", "starts a second", "multistart is faster by", "at a known minimum", "same label"], rows
