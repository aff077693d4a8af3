"""The elementary functions of the explorer in JavaScript have the bits of the kernel's."""

from __future__ import annotations

import numpy as np
import pytest

from tests.test_vectormath import EDGES, EXTREME, WORST
from tests.test_vectormath_bits import bits
from tests.vectormath_reference import NAMES, sample

MODULES = {
    "exponential": ("exp", "tanh", "sinh", "cosh"),
    "logarithm": ("log", "log2", "log10"),
    "trigonometric": ("sin", "cos", "tan"),
    "inverse": ("asin", "acos", "atan"),
    "inverse_hyperbolic": ("asinh", "acosh", "atanh"),
    "powers": ("sqrt", "power", "halfPower"),
}
IMPORTS = "".join(
    f'import {{ {", ".join(names)} }} from "./kernels/javascript/{module}.js";\n' for module, names in MODULES.items()
)
FUNCTIONS = f"const functions = {{ {', '.join(NAMES)} }};\n"
OVER = "give(given.map(([name, x]) => x.map(functions[name])));"
POWERS = "give(given.map(([n, half, x]) => x.map((a) => (half ? halfPower(a, n) : power(a, n)))));"


def arguments(name: str, n: int, rng: np.random.Generator) -> np.ndarray:
    """``n`` numbers of every region, a sixth of any bits, and all that is known to be hard, with both signs."""
    known = [x for x, _ in EDGES[name]] + list(EXTREME.get(name, [])) + [WORST[name][1], np.nan]
    any_bits = rng.integers(0, 2**64, n // 6, dtype=np.uint64).view(np.float64)
    return np.concatenate([sample(name, n - n // 6, rng), any_bits, known, np.negative(known)])


def other_bits(expected: list[np.ndarray], seen: list[np.ndarray], x: list[np.ndarray]) -> list[float]:
    """The arguments whose results differ in any bit; all nan are one."""
    different = [bits(a) != bits(b) for a, b in zip(expected, seen, strict=True)]
    return [float(v) for a, wrong in zip(x, different, strict=True) for v in a[wrong]]


@pytest.mark.parametrize("name", NAMES)
def test_functions(name):
    pass
