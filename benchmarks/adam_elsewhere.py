"""Adam of the package, of optax and of torch: the same starts on peaks, to a label that is checked.

optax and torch are no part of the project: who has them installed (``pip install optax torch``) gets their rows.
"""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np
import sympy
from problems import PEAKS
from rivals import Descend, F, labels

from multistart.descents.descend import descend
from multistart.methods import Method

ADAM = Method("adam", learning_rate=0.05, max_steps=1000, gradient_tolerance=1e-8)
GOAL = 10


def multistart(cache: Path) -> Descend:
    """The package itself, on one thread."""
    return lambda starts: descend(F, ADAM, starts, arena=PEAKS.domain.widened(1.0), cache=cache).end


def optax_vmap() -> Descend:
    """Optax under jit and vmap, in float64: a compiled while-loop a start, with the exact gradient."""
    import jax
    import jax.numpy as jnp
    import optax

    jax.config.update("jax_enable_x64", True)
    gradient = sympy.lambdify(F.symbols, F.gradient_expressions, modules="jax", cse=True)
    adam = optax.adam(ADAM.numbers["learning_rate"])

    def one(start):
        def step(carried):
            x, g, state, count = carried
            updates, state = adam.update(g, state)
            x = optax.apply_updates(x, updates)
            return x, jnp.stack(gradient(*x)), state, count + 1

        def going(carried):
            _, g, _, count = carried
            return ((g**2).sum() > ADAM.gradient_tolerance**2) & (count < ADAM.max_steps)

        return jax.lax.while_loop(going, step, (start, jnp.stack(gradient(*start)), adam.init(start), 0))[0]

    run = jax.jit(jax.vmap(one))
    return lambda starts: np.asarray(run(starts))


def torch_batched() -> Descend:
    """Adam of torch on all starts at once, in float64, with the exact gradient; its state knows of no single row."""
    import torch

    torch.set_num_threads(1)
    functions = {"exp": torch.exp}
    gradient = sympy.lambdify(F.symbols, F.gradient_expressions, modules=[functions, "math"], cse=True)

    @torch.no_grad()
    def run(starts: np.ndarray) -> np.ndarray:
        x = torch.tensor(starts.T.copy())
        x.grad = torch.empty_like(x)
        adam = torch.optim.Adam([x], lr=ADAM.numbers["learning_rate"])
        for _ in range(ADAM.max_steps):
            x.grad[0], x.grad[1] = gradient(x[0], x[1])
            adam.step()
        return x.numpy().T.copy()

    return run


#: Packages, how they are used, and the starts that each is given: of the sizes tried the fastest.
RIVALS: tuple[tuple[str, str, Callable[[], Descend], int], ...] = (
    ("optax", "jit, vmap, float64", optax_vmap, 2_000),
    ("torch", "batched, float64, one thread", torch_batched, 20_000),
)


def table(cache: Path, *, scale: float, repeats: int) -> tuple[list[str], list[list[str]]]:
    """Return header and rows, in starts a second of CPU."""
    all_starts = PEAKS.starts(50_000)
    runs = {"multistart": (multistart(cache), int(50_000 * scale))}
    runs |= {name: (make(), int(n * scale)) for name, _, make, n in RIVALS if find_spec(name)}
    rates: dict[str, list[float]] = {name: [] for name in runs}
    found: dict[str, np.ndarray] = {}
    for repeat in range(repeats + 1):
        for name, (run, n) in runs.items():
            before = time.process_time()
            found[name] = labels(run(all_starts[:n]))
            if repeat:  # the first time is for compilers
                rates[name].append(n / (time.process_time() - before))
    mine, reference = median(rates["multistart"]), found["multistart"]
    rows = [["multistart", f"{mine:,.0f}", f"{np.mean(reference >= 0):.1%}", "", "", ""]]
    for name, how, _, _ in RIVALS:
        if name not in runs:
            rows.append([f"{name}: not installed", "", "", "", "", ""])
            continue
        rate, there = median(rates[name]), found[name]
        both = min(len(there), len(reference))
        rows.append([
            f"{name} {importlib.metadata.version(name)}, {how}", f"{rate:,.0f}", f"{np.mean(there >= 0):.1%}",
            f"{np.mean(there[:both] == reference[:both]):.1%}", f"{mine / rate:,.1f}",
            "reached" if mine / rate >= GOAL else f"**falls short by {1 - mine / rate / GOAL:.0%}**",
        ])  # fmt: skip
    return ["program", "starts a second", "at a known minimum", "same label", "faster by", f"goal: {GOAL}"], rows


WORDS = (
    "Peaks, rate 0.05, starts uniform in the domain, 1000 updates or to a gradient of 1e-8: starts a second of CPU "
    "until each end has the label of the known minimum it is at, or none. optax and torch have the exact gradient, "
    "with common subexpressions; torch makes all updates of all starts. optax takes 2,000 starts "
    "at a time and torch 20,000: of the sizes tried those that they are fastest with."
)
