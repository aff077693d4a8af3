"""The elementary functions: how far from the truth, right at the edges, made of derived constants."""

from __future__ import annotations

import importlib.util
import math
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import flint
import mpmath
import numpy as np
import pytest
from mpmath import mp

import multistart.kernels.vectormath as vm
from multistart.kernels.vectormath import coefficients, payne_hanek
from tests.vectormath_reference import (
    IN_ARB,
    LARGEST,
    NAMES,
    ODD,
    SMALLEST,
    SMALLEST_NORMAL,
    arb_errors,
    clip_all,
    mpmath_errors,
    over,
    sample,
)

#: name -> (largest error seen in ulp, where): found in more than 10^7 arguments; the docstrings say the same.
WORST = {
    "acosh": (0.7018, 1.0588468546704737),
    "atanh": (0.7121, 0.1663947595880554),
    "log10": (0.6701, 1.3264592372803767),
    "log2": (0.7456, 1.4009967177639615),
    "acos": (0.6293, 0.5689508472925927),
    "asin": (0.625, -0.4654123586688096),
    "asinh": (0.915, 0.34336821992058836),
    "atan": (0.8499, 0.4290193791782935),
    "cos": (0.9445, 49705.50199831702),
    "cosh": (0.8327, -534.7727263972877),
    "exp": (0.9393, -485.5332169065873),
    "log": (0.8402, 0.7060329956481141),
    "sin": (0.9466, -43406.5914262745),
    "sinh": (0.9244, 0.3592097099834497),
    "sqrt": (0.5, 1.389853111282091e-282),
    "tan": (0.8392, 77199.11604844179),
    "tanh": (0.8959, -0.17392046804930833),
}


@pytest.mark.parametrize("name", NAMES)
def test_within_one_ulp(name):
    """No error exceeds 1 ulp, in a sample of every region; `sin` and its kin included past 1e5 and 1e300."""
    x = np.append(sample(name, 2400, np.random.default_rng(7)), EXTREME.get(name, []))
    errors = mpmath_errors(name, x, over(name, x))
    assert max(errors) < 1.0, x[int(np.argmax(errors))]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_worst_of_a_million(name):
    """Among a million arguments none is off by 1 ulp, nor by more than the docstring says."""
    x = sample(name, 1_000_000, np.random.default_rng(2026))
    with flint.ctx.workprec(200):
        truth = IN_ARB.get(name) or getattr(flint.arb, name)
        errors = arb_errors(truth, clip_all(name, x), over(name, x))
    worst = int(np.argmax(errors))
    print(f'"{name}": ({errors[worst]:.4f}, {x[worst]!r}),')
    assert x.size > 990_000
    assert errors[worst] < 1.0
    assert errors[worst] <= WORST[name][0] + 5e-5


@pytest.mark.parametrize("name", NAMES)
def test_docstrings_record_the_worst_case(name):
    """The worst case that a docstring names has the error it names."""
    error, argument = WORST[name]
    seen = mpmath_errors(name, np.array([argument]), over(name, np.array([argument])))[0]
    assert seen == pytest.approx(error, abs=2e-4)
    assert f"{error:.3f} ulp" in getattr(vm, name).__doc__
    assert repr(argument) in getattr(vm, name).__doc__


# ---------------------------------------------------------------- edges


INF, NAN = math.inf, math.nan
#: name -> (argument, value) pairs where the value is exact, or the nearest float; odd functions at the negatives too.
EDGES = {
    "exp": [(0.0, 1.0), (-0.0, 1.0), (SMALLEST, 1.0), (INF, INF), (-INF, 0.0), (709.7827128933841, INF), (-746.0, 0.0)],
    "log": [(0.0, -INF), (-0.0, -INF), (1.0, 0.0), (INF, INF), (-1.0, NAN), (-SMALLEST, NAN), (-INF, NAN)],
    "sqrt": [(0.0, 0.0), (-0.0, -0.0), (4.0, 2.0), (INF, INF), (-1.0, NAN), (-INF, NAN), (2.0**-1074, 2.0**-537)],
    "sin": [(0.0, 0.0), (INF, NAN)],
    "cos": [(0.0, 1.0), (-0.0, 1.0), (SMALLEST, 1.0), (INF, NAN), (-INF, NAN)],
    "tan": [(0.0, 0.0), (INF, NAN)],
    "asin": [(0.0, 0.0), (1.0, math.pi / 2), (1.0000000000000002, NAN), (INF, NAN)],
    "acos": [
        (0.0, math.pi / 2),
        (-0.0, math.pi / 2),
        (1.0, 0.0),
        (-1.0, math.pi),
        (-1.0000000000000002, NAN),
        (INF, NAN),
    ],
    "atan": [(0.0, 0.0), (1.0, math.pi / 4), (INF, math.pi / 2), (LARGEST, math.pi / 2), (1e20, math.pi / 2)],
    "sinh": [(0.0, 0.0), (INF, INF), (710.475860073944, INF)],
    "cosh": [(0.0, 1.0), (-0.0, 1.0), (SMALLEST, 1.0), (INF, INF), (-INF, INF), (-710.475860073944, INF)],
    "tanh": [(0.0, 0.0), (INF, 1.0), (LARGEST, 1.0), (19.5, 1.0), (22.5, 1.0)],
    "asinh": [(0.0, 0.0), (INF, INF)],
    "acosh": [(1.0, 0.0), (INF, INF), (0.9999999999999999, NAN), (0.0, NAN), (-1.0, NAN), (-LARGEST, NAN), (-INF, NAN)],
    "atanh": [(0.0, 0.0), (1.0, INF), (1.0000000000000002, NAN), (2.0, NAN), (LARGEST, NAN), (INF, NAN)],
}
for _name, _base in (("log2", 2), ("log10", 10)):
    EDGES[_name] = [*EDGES["log"], (float(_base), 1.0), (float(_base**3), 3.0), (1 / _base, -1.0)]
#: Arguments at the ends of the range, for which `test_within_one_ulp` asks as well.
EXTREME = {
    "exp": [709.782712893384, -745.1332191019411, -745.1332191019412, -708.0, -708.3964185322641, -709.0],
    "log": [SMALLEST, 1e-310, SMALLEST_NORMAL, LARGEST, 0.9999999999999999, 1.0000000000000002],
    "sinh": [710.4758600739439, -710.4758600739439, 22.0, 22.000000000000004],
    "cosh": [710.4758600739439, -710.4758600739439, 22.0, 22.000000000000004],
    "log2": [SMALLEST, 1e-310, SMALLEST_NORMAL, LARGEST, 0.9999999999999999, 1.0000000000000002],
    "log10": [SMALLEST, 1e-310, SMALLEST_NORMAL, LARGEST, 0.9999999999999999, 1.0000000000000002],
    "acosh": [1.0000000000000002, LARGEST, 2.0**30, 2.0**30 + 1, 2.0**30 - 1, 1e154, 1e155, 1.25, 1.4142135623730951],
    "atanh": [0.9999999999999999, -0.9999999999999998, 2.0**-27, 2.0**-26, 0.5, 1e-8, -0.17157287525380988],
    "asinh": [LARGEST, 2.0**30, 2.0**30 + 1, 1e154, 1e155, 2.0**-27, 2.0**-26, -1.181455460893959e-16],
    "sin": [1e22, LARGEST, math.pi, 1e6, 1000000.0000000001, 6381956970095103 * 2.0**797],
    "cos": [1e22, LARGEST, math.pi / 2, 1e6, 1000000.0000000001, 6381956970095103 * 2.0**797],
    "tan": [1e22, LARGEST, math.pi / 2, 1e6, 1000000.0000000001, 6381956970095103 * 2.0**797],
}


@pytest.mark.parametrize("name", NAMES)
def test_edges(name):
    """Zeros (with their sign), infinities, subnormal numbers and the edges of overflow come out right."""
    cases = [*EDGES[name], (NAN, NAN)]
    if name in ODD:
        cases += [(tiny, tiny) for tiny in (SMALLEST, 1e-310, SMALLEST_NORMAL)]
        cases += [(-x, -y) for x, y in cases]
    x, expected = np.array(cases).T.copy()
    y = over(name, x)
    np.testing.assert_array_equal(y, expected)
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(y[known]), np.signbit(expected[known]))


@pytest.mark.parametrize("name", [*ODD, "cos", "cosh"])
def test_symmetric_bit_for_bit(name):
    """Odd functions are odd and even functions even, in every bit."""
    x = sample(name, 2000, np.random.default_rng(3))
    sign = -1.0 if name in ODD else 1.0
    np.testing.assert_array_equal(over(name, -x), sign * over(name, x))


@pytest.mark.parametrize("name", ["exp", "sinh", "atan", "tanh", "asinh", "log2", "log10", "acosh", "atanh"])
def test_monotone_where_pieces_meet(name):
    """Stepping float by float over the seams between two formulas, no value is below its predecessor."""
    seams = {"exp": [0.34657, -708.0], "sinh": [22.0, 0.34657], "atan": [math.sqrt(2) - 1, math.sqrt(2) + 1]}
    seams |= {key: [math.sqrt(0.5), math.sqrt(2), 1.0] for key in ("log2", "log10")}
    seams |= {"acosh": [2.0**30, 1.25, math.sqrt(9 / 8)], "atanh": [2.0**-27, 0.1715728752538099, 0.5]}
    for seam in seams.get(name, [22.0, 0.17329]):
        x = np.float64(seam).view(np.int64) + np.arange(-2000, 2000)
        y = over(name, np.sort(x.view(np.float64)))
        assert (np.diff(y) >= -np.spacing(np.abs(y[1:]))).all()


def test_powers_of_the_base_have_whole_logarithms():
    """log2 of each power of 2, subnormal ones too, and log10 of the double next to each power of 10, is a whole number.

    Of subnormal doubles only those with enough bits are next to a power of 10.
    """
    twos, tens = np.arange(-1074, 1024), np.arange(-310, 309)
    np.testing.assert_array_equal(over("log2", np.ldexp(1.0, twos)), twos)
    np.testing.assert_array_equal(over("log10", np.array([float(f"1e{n}") for n in tens])), tens)


def test_python_calls_what_compiled_code_has_called():
    """In a process that has compiled a formula first, which leaves out what Python needs, Python still may call."""
    program = (
        "import numpy as np; from multistart.functions.objective import Objective;"
        "from multistart.kernels import compile_evaluation, vectormath as vm;"
        "f = Objective.from_expression('exp(x) + tanh(x)', ['x']);"
        "value, *_ = compile_evaluation(f, '/dev/null/nowhere').evaluate(np.array([[1.0]]));"
        "assert value[0] == vm.exp(1.0) + vm.tanh(1.0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=300)


def test_names_are_the_functions():
    """NAMES lists what the package has for one argument, and all of what formulas may use; the rest is listed here."""
    from multistart.functions.expressions import FUNCTIONS

    others = {"NAMES", "PIECEWISE", "USUAL", "boxed_exp", "power", "half_power"} | vm.PIECEWISE
    assert set(vm.__all__) - vm.NAMES == others | {f"usual_{name}" for name in vm.USUAL}
    assert set(FUNCTIONS) <= vm.NAMES


# ---------------------------------------------------------------- constants


def derivation():
    path = Path(__file__).resolve().parent.parent / "benchmarks" / "derive_coefficients.py"
    spec = importlib.util.spec_from_file_location("derive_coefficients", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_coefficients_are_derived():
    """Every constant is what the script derives, to the last bit."""
    derived = derivation()
    assert derived.MODULE.read_text() == derived.source()


def test_exact_constants():
    """The split constants have the widths that make the reductions exact, and cos begins with 1 - x^2/2."""
    assert coefficients.COS[0] == -0.5
    assert Fraction(coefficients.LN2[0]).numerator.bit_length() <= 42
    assert Fraction(coefficients.HALF_PI_PARTS[1]).numerator.bit_length() <= 33
    with mp.workprec(400):
        missing = mp.pi / 2 - sum(mpmath.mpf(part) for part in coefficients.HALF_PI_PARTS)
        assert abs(missing) < mpmath.mpf(2) ** -139


# ---------------------------------------------------------------- the slow path


def test_huge_arguments_are_multiplied_exactly():
    """The 192 bits of `a * 2/pi` are those of Python's integers, carries included (one in 2000 has one)."""
    rng = np.random.default_rng(8)
    words = sum(word << 64 * (19 - i) for i, word in enumerate(coefficients.TWO_OVER_PI_WORDS))
    for a in np.ldexp(rng.uniform(0.5, 1, 30_000), rng.integers(17, 1025, 30_000)).tolist():
        mantissa, exponent = math.frexp(a)
        integer, shift = int(math.ldexp(mantissa, 53)), exponent - 53
        window = (words >> (20 * 64 - (62 + shift) - 192)) % 2**192
        expected = integer * window % 2**192
        high, middle, low = (int(word) for word in payne_hanek._turns(a))
        assert (high << 128) + (middle << 64) + low == expected, a


@pytest.mark.parametrize("words", [(5, 0, 0), (5, 7, 0), (5, 7, 9), (2**64 - 1, 2**64 - 1, 1), (0, 0, 0)])
def test_negation_carries(words):
    """Two's complement of 192 bits carries from word to word, as Python's integers do."""
    high, middle, low = (int(word) for word in payne_hanek._negated(*(np.uint64(word) for word in words)))
    number = (words[0] << 128) + (words[1] << 64) + words[2]
    assert (high << 128) + (middle << 64) + low == -number % 2**192
