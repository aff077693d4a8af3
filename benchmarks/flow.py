"""The gradient flow on peaks: starts a second and gradients a start, beside SciPy's solve_ivp with the same tolerance.

    python benchmarks/flow.py

CPU seconds of one thread. SciPy is given the gradient as plain Python of two floats, which is its fastest.
"""

from __future__ import annotations

import math
import time

import numpy as np
from scipy.integrate import solve_ivp

from multistart import Box, Method, certify, descend, named
from multistart.descents.outcomes import empty
from multistart.descents.prepared import prepare

STARTS, OF_SCIPY, TIME = 40_000, 60, 20.0
PEAKS, ARENA = named("peaks"), Box({"x": (-9, 9), "y": (-9, 9)})


def slope(_: float, point: np.ndarray) -> tuple[float, float]:
    """Minus the gradient of peaks."""
    x, y = point
    a, b, c = math.exp(-x * x - (y + 1) ** 2), math.exp(-x * x - y * y), math.exp(-((x + 1) ** 2) - y * y)
    q = x / 5 - x**3 - y**5
    across = -6 * (1 - x) * a - 6 * x * (1 - x) ** 2 * a - 10 * ((0.2 - 3 * x * x) * b - 2 * x * q * b)
    up = -6 * (y + 1) * (1 - x) ** 2 * a - 10 * (-5 * y**4 * b - 2 * y * q * b)
    return -(across + 2 * (x + 1) / 3 * c), -(up + 2 * y / 3 * c)


def main() -> None:
    """Print a line for each way to follow the flow."""
    certificate = certify(PEAKS, ARENA)
    starts = np.random.default_rng(1).uniform(-3, 3, (STARTS, 2))
    method = Method("gradient_flow", stopping="certified")
    descend(PEAKS, method, starts[:10], arena=ARENA, certificate=certificate)  # compiled
    prepared, one = prepare(PEAKS, method, ARENA, certificate, None), empty(starts, counted=True)
    state, begun = prepared.first_state(STARTS), time.process_time()
    prepared.follow(one, state)
    alone = time.process_time() - begun
    both = descend(PEAKS, method, starts, arena=ARENA, certificate=certificate)
    together = time.process_time() - begun - alone
    trapped = one.ending == "trapped"
    for name, seconds, out in (("first run", alone, one), ("both runs", together, both)):
        gradients = out.evaluations[:, 1]  # type: ignore[index]
        print(f"{name}: {STARTS / seconds:,.0f} starts/s, {gradients.mean():.0f} gradients a start, "
              f"{gradients[trapped].mean():.0f} of those that come to a minimum")  # fmt: skip
    for name in ("RK45", "LSODA"):
        begun, gradients = time.process_time(), 0
        for start in starts[trapped][:OF_SCIPY]:
            gradients += solve_ivp(slope, (0, TIME), start, method=name, rtol=1e-8, atol=1e-8).nfev
        seconds = time.process_time() - begun
        print(f"SciPy's {name}: {OF_SCIPY / seconds:,.0f} starts/s, {gradients / OF_SCIPY:.0f} gradients a start")


if __name__ == "__main__":
    main()
