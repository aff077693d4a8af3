"""The elementary functions of the explorer in JavaScript have the bits of the kernel's."""

from __future__ import annotations

import numpy as np
import pytest

from multistart.kernels import vectormath
from multistart.kernels.javascript.coefficients import SCRIPT, coefficients_script
from tests.javascript import run
from tests.test_vectormath_bits import DIGESTS, bits, digest, fixed_arguments, hard_arguments
from tests.vectormath_reference import EXPONENTS, NAMES, over, raised, sample

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
APPLY = f"""
const functions = {{ {", ".join(NAMES)} }};
const over = (name, x) => x.map((a) => functions[name](a));
const powers = (n, denominator, x) => x.map((a) => (denominator === 1 ? power(a, n) : halfPower(a, n)));
"""
EVERY = """
const [names, exponents, ...sets] = given;
give(sets.map((x) => [...names.map((name) => over(name, x)), ...exponents.map(([n, d]) => powers(n, d, x))]));
"""


def test_the_bits_are_those_of_the_kernel():
    """At 20,000 arguments, and at as many hard ones, all functions and powers give what compiled code gave."""
    results = run(IMPORTS + APPLY + EVERY, given=[NAMES, EXPONENTS, fixed_arguments(), hard_arguments()])
    assert [digest(of_set) for of_set in results] == DIGESTS


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_million_arguments(name):
    """Among a million arguments of every region and a tenth as many of any bits none has another value."""
    rng = np.random.default_rng(27)
    x = np.concatenate([sample(name, 1_000_000, rng), any_bits(rng)])
    seen = run(IMPORTS + APPLY + "give(over(...given));", given=[name, x])
    assert x[bits(seen) != bits(over(name, x))].tolist() == []


@pytest.mark.slow
@pytest.mark.parametrize(("n", "denominator"), EXPONENTS)
def test_a_million_powers(n, denominator):
    """Likewise of powers, among them arguments whose powers are subnormal or overflow."""
    rng = np.random.default_rng(28)
    edge = min(1100 * denominator / abs(n), 1022)
    x = np.concatenate([np.exp2(rng.uniform(-edge, edge, 900_000)) * rng.choice([1, -1], 900_000), any_bits(rng)])
    expected = raised(x, n, denominator)
    seen = run(IMPORTS + APPLY + "give(powers(...given));", given=[n, denominator, x])
    assert x[bits(seen) != bits(expected)].tolist() == []


def any_bits(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 2**64, 100_000, dtype=np.uint64).view(np.float64)


def test_constants_are_in_step():
    """The module of constants is what the kernel's constants give: run `python -m multistart.kernels.javascript`."""
    assert SCRIPT.read_text() == coefficients_script()


def test_hubers_functions_have_the_bits_of_the_kernel():
    """What Huber's loss is made of: at its corners, between them, far out, and at what is no number."""
    names = sorted(vectormath.PIECEWISE)
    x = np.concatenate([[0.0, -0.0, 1.0, -1.0, np.nextafter(1, 2), np.inf, -np.inf, np.nan], fixed_arguments()[:500]])
    script = f'import {{ {", ".join(names)} }} from "./kernels/javascript/piecewise.js";\n'
    script += f"const functions = {{ {', '.join(names)} }};\n"
    seen = run(script + f"give({names}.map((name) => given[0].map((a) => functions[name](a))));", given=[x])
    for name, found in zip(names, seen, strict=True):
        expected = np.array([getattr(vectormath, name)(a) for a in x])
        assert np.array_equal(bits(np.array(found))[x == x], bits(expected)[x == x])
