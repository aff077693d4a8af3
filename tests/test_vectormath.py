"""The elementary functions: how far from the truth, right at the edges, packed, and the same bits everywhere."""

from __future__ import annotations

import hashlib
import importlib.util
import math
import os
import platform
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import flint
import mpmath
import numpy as np
import pytest
from mpmath import mp
from numba import njit

import multistart.vectormath as vm
from multistart.vectormath import coefficients

NAMES = sorted(vm.NAMES)
TRIGONOMETRIC = ("cos", "sin", "tan")
ODD = ("asin", "asinh", "atan", "sin", "sinh", "tan", "tanh")
POWERS = (-12, -5, -3, -2, -1, 2, 3, 4, 5, 6, 7, 10, 12, 64)
HALVES = (-7, -5, -3, -1, 1, 3, 5, 7)
SMALLEST, SMALLEST_NORMAL, LARGEST = 5e-324, 2.0**-1022, sys.float_info.max

#: name -> (largest error seen in ulp, where): found in more than 10^7 arguments; the docstrings say the same.
WORST = {
    "acos": (0.6293, 0.5689508472925927),
    "asin": (0.625, -0.4654123586688096),
    "asinh": (0.915, 0.34336821992058836),
    "atan": (0.8499, 0.4290193791782935),
    "cos": (0.9445, 49705.50199831702),
    "cosh": (0.8327, -534.7727263972877),
    "exp": (0.9277, -1.020150340985429),
    "log": (0.8402, 0.7060329956481141),
    "sin": (0.9466, -43406.5914262745),
    "sinh": (0.9244, 0.3592097099834497),
    "sqrt": (0.5, 1.389853111282091e-282),
    "tan": (0.8392, 77199.11604844179),
    "tanh": (0.8959, -0.17392046804930833),
}
#: of the bits of every function at `fixed_arguments`.
DIGEST = "c88f9e586894a926dfc02e3f79e73e188a0a71bb623654d6db540c2fa1f21d4a"


def compiled_loop(function):
    @njit
    def loop(arguments, results):
        for i in range(arguments.size):
            results[i] = function(arguments[i])

    return loop


LOOPS = {name: compiled_loop(getattr(vm, name)) for name in NAMES}


def over(name: str, x: np.ndarray) -> np.ndarray:
    results = np.empty_like(x)
    LOOPS[name](x, results)
    return results


# ---------------------------------------------------------------- arguments


def any_float(rng: np.random.Generator, n: int) -> np.ndarray:
    """Finite floats with uniform bits: every binade, subnormal numbers and both signs."""
    x = rng.integers(0, 2**64, 2 * n, dtype=np.uint64).view(np.float64)
    return x[np.isfinite(x)][:n]


def hardest_of_every_binade() -> np.ndarray:
    """For each exponent the float64 closest to a multiple of pi/2 (Kahan; Muller 2016, section 11.2)."""
    found = []
    with mp.workprec(1400):
        two_over_pi = int(mp.floor(2 / mp.pi * mpmath.mpf(2) ** 1300))
    for exponent in range(-52, 972):
        ratio = Fraction(two_over_pi, 2 ** (1300 - exponent))
        before, last = 0, 1  # denominators of the convergents: the multiples m of 2**exponent with m*ratio near integer
        numerator, denominator = ratio.numerator % ratio.denominator, ratio.denominator
        while numerator:
            quotient, rest = divmod(denominator, numerator)
            before, last = last, quotient * last + before
            if last >= 2**53:
                break
            if last >= 2**52:
                found.append(math.ldexp(float(last), exponent))
            denominator, numerator = numerator, rest
    return np.array(found)


HARDEST = hardest_of_every_binade()


def sample(name: str, n: int, rng: np.random.Generator) -> np.ndarray:
    """About ``n`` arguments: where the function is used, where its parts meet, and everywhere else."""
    uniform, quarter = rng.uniform, n // 4
    both = {
        "exp": [uniform(-746, 710, quarter), uniform(-2, 2, quarter), uniform(-40, 1, quarter)],
        "log": [uniform(0.5, 2, quarter), uniform(0.9, 1.1, quarter), np.exp2(uniform(-1074, 1024, quarter))],
        "sqrt": [uniform(0, 4, quarter), np.exp2(uniform(-1074, 1024, quarter))],
        "tanh": [uniform(-1, 1, quarter), uniform(-22, 22, quarter), uniform(-0.4, 0.4, quarter)],
        "sinh": [uniform(-1, 1, quarter), uniform(-23, 23, quarter), uniform(-711, 711, quarter)],
        "atan": [uniform(-1, 1, quarter), uniform(-3, 3, quarter), np.exp2(uniform(-3, 3, quarter))],
        "asin": [uniform(-1, 1, quarter), uniform(-0.6, 0.6, quarter), 1 - np.exp2(uniform(-53, 0, quarter))],
        "sin": [
            uniform(-10, 10, quarter),
            uniform(-1e5, 1e5, quarter),
            np.rint(uniform(-6.3e5, 6.3e5, quarter)) * (np.pi / 2),
            HARDEST if len(HARDEST) < quarter else rng.choice(HARDEST, 100, replace=False),
        ],
    }
    like = {"cosh": "sinh", "cos": "sin", "tan": "sin", "acos": "asin", "asinh": "atan"}
    everywhere = any_float(rng, quarter)
    if name in ("log", "sqrt"):
        everywhere = np.abs(everywhere)
    if name in ("asin", "acos"):
        everywhere = np.copysign(np.exp2(uniform(-1074, 0, quarter)), everywhere)
    return np.concatenate([*both[like.get(name, name)], everywhere])


# ---------------------------------------------------------------- errors


def ulps(value: float, truth: mpmath.mpf) -> float:
    """The error in ulps of the true value; infinity and whatever is larger than 2**1024 count as 2**1024."""
    largest = mpmath.mpf(2) ** 1024
    value, truth = (max(min(number, largest), -largest) for number in (mpmath.mpf(value), truth))
    _, exponent = mpmath.frexp(truth)
    ulp = mpmath.mpf(2) ** (min(max(int(exponent) - 53, -1074), 971))
    return float(abs(value - truth) / ulp)


def clipped(name: str, x: float) -> float:
    """Arguments past all overflow are brought to where the references still compute."""
    return min(max(x, -1000.0), 1000.0) if name in ("exp", "sinh", "cosh") else x


def mpmath_errors(name: str, x: np.ndarray, y: np.ndarray) -> list[float]:
    function = getattr(mp, name)
    with mp.workprec(120):
        return [ulps(b, function(mpmath.mpf(clipped(name, a)))) for a, b in zip(x.tolist(), y.tolist(), strict=True)]


def arb_errors(function, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The same, from Arb's enclosures: ten times as fast, and never less than the true error."""
    errors = np.empty(x.size)
    for i, (a, b) in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
        truth = function(flint.arb(a))
        size = abs(float(truth.mid()))
        if not 0 < size < LARGEST or not math.isfinite(b):
            errors[i] = ulps(b, mpmath.mpf(truth.mid().str(40, radius=False)))
            continue
        errors[i] = float(((flint.arb(b) - truth) / math.ulp(size)).abs_upper())
    return errors


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
        errors = arb_errors(lambda a: getattr(a, name)(), clip_all(name, x), over(name, x))
    worst = int(np.argmax(errors))
    print(f'"{name}": ({errors[worst]:.4f}, {x[worst]!r}),')
    assert x.size > 990_000
    assert errors[worst] < 1.0
    assert errors[worst] <= WORST[name][0] + 5e-5


def clip_all(name: str, x: np.ndarray) -> np.ndarray:
    return np.clip(x, -1000, 1000) if name in ("exp", "sinh", "cosh") else x


@pytest.mark.parametrize("name", NAMES)
def test_docstrings_record_the_worst_case(name):
    """The worst case that a docstring names has the error it names."""
    error, argument = WORST[name]
    seen = mpmath_errors(name, np.array([argument]), over(name, np.array([argument])))[0]
    assert seen == pytest.approx(error, abs=2e-4)
    assert f"{error:.3f} ulp" in getattr(vm, name).__doc__
    assert repr(argument) in getattr(vm, name).__doc__


# ---------------------------------------------------------------- powers


def power_loop(n: int, denominator: int):
    function = vm.power if denominator == 1 else vm.half_power
    return compiled_loop(njit(lambda x: function(x, n), error_model="numpy", forceinline=True))


POWER_LOOPS = {(n, 1): power_loop(n, 1) for n in POWERS} | {(n, 2): power_loop(n, 2) for n in HALVES}


def power_errors(n: int, denominator: int, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    edge = min(1100 * denominator / abs(n), 1022)
    x = np.concatenate([rng.uniform(0.5, 2, count // 2), np.exp2(rng.uniform(-edge, edge, count // 2))])
    if denominator == 1:
        x *= rng.choice([-1.0, 1.0], x.size)
    y = np.empty_like(x)
    POWER_LOOPS[n, denominator](x, y)

    def truth(a: flint.arb) -> flint.arb:
        return a**n if denominator == 1 else a.sqrt() ** n

    with flint.ctx.workprec(200):
        return x, arb_errors(truth, x, y)


@pytest.mark.parametrize(("n", "denominator"), POWER_LOOPS)
def test_powers_within_one_ulp(n, denominator):
    """Compensated products are within 1 ulp for every exponent, also where the result is subnormal or overflows."""
    x, errors = power_errors(n, denominator, 2000, np.random.default_rng(11))
    assert errors.max() < 0.8, x[errors.argmax()]


@pytest.mark.slow
@pytest.mark.parametrize(("n", "denominator"), POWER_LOOPS)
def test_powers_of_a_million(n, denominator):
    """The bound in the docstrings holds for a million arguments of each exponent."""
    x, errors = power_errors(n, denominator, 1_000_000, np.random.default_rng(12))
    print(f"({n}, {denominator}): {errors.max():.4f} at {x[errors.argmax()]!r}")
    assert errors.max() < 0.76


@pytest.mark.parametrize(("n", "denominator"), POWER_LOOPS)
def test_powers_of_zero_infinity_and_nan(n, denominator):
    """Powers of 0, infinity and nan are those of C's `pow`; a half power of a negative number is nan."""
    x = np.array([0.0, -0.0, math.inf, math.nan, 1.0, -math.inf, -1.0])
    y = np.empty_like(x)
    POWER_LOOPS[n, denominator](x, y)
    with np.errstate(all="ignore"):
        expected = np.power(x, n / denominator)
    if denominator == 2:
        expected[5:] = math.nan
    if (n, denominator) == (1, 2):
        expected[1] = 0.0
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(np.signbit(y[[0, 1, 2]]), np.signbit(expected[[0, 1, 2]]))


def test_powers_called_from_python():
    """From Python the bits are those of compiled code; an exponent that is no constant is refused when compiled."""
    assert vm.power(1.1, 5) == njit(lambda x: vm.power(x, 5))(1.1)
    assert vm.half_power(2.0, 1) == math.sqrt(2.0)
    assert vm.power(3.0, 0) == 1.0
    assert vm.power(3.0, 1) == 3.0
    with pytest.raises(Exception, match="No implementation of function"):
        njit(lambda x, n: vm.power(x, n))(1.1, 5)


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
}
#: Arguments at the ends of the range, for which `test_within_one_ulp` asks as well.
EXTREME = {
    "exp": [709.782712893384, -745.1332191019411, -745.1332191019412, -708.0, -708.3964185322641, -709.0],
    "log": [SMALLEST, 1e-310, SMALLEST_NORMAL, LARGEST, 0.9999999999999999, 1.0000000000000002],
    "sinh": [710.4758600739439, -710.4758600739439, 22.0, 22.000000000000004],
    "cosh": [710.4758600739439, -710.4758600739439, 22.0, 22.000000000000004],
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


@pytest.mark.parametrize("name", ["exp", "sinh", "atan", "tanh", "asinh"])
def test_monotone_where_pieces_meet(name):
    """Stepping float by float over the seams between two formulas, no value is below its predecessor."""
    seams = {"exp": [0.34657, -708.0], "sinh": [22.0, 0.34657], "atan": [math.sqrt(2) - 1, math.sqrt(2) + 1]}
    for seam in seams.get(name, [22.0, 0.17329]):
        x = np.float64(seam).view(np.int64) + np.arange(-2000, 2000)
        y = over(name, np.sort(x.view(np.float64)))
        assert (np.diff(y) >= -np.spacing(np.abs(y[1:]))).all()


# ---------------------------------------------------------------- the same bits everywhere


def bits(x) -> np.ndarray:
    """The bits, with one nan for all of them."""
    return np.where(np.isnan(x), np.nan, x).view(np.int64)


@pytest.mark.parametrize("name", NAMES)
def test_packed_equals_scalar(name):
    """Bits do not depend on the length of the array, on where it starts, nor on the neighbours, huge ones included."""
    rng = np.random.default_rng(5)
    x = rng.permutation(sample(name, 400, rng))
    function = getattr(vm, name)
    one_by_one = np.array([function(value) for value in x])
    for length in range(1, 18):
        for start in range(9):
            part = slice(start * 17, start * 17 + length)
            np.testing.assert_array_equal(bits(over(name, x[part])), bits(one_by_one[part]))
    np.testing.assert_array_equal(bits(over(name, x)), bits(one_by_one))
    np.testing.assert_array_equal(bits(over(name, x[::-1].copy())[::-1]), bits(one_by_one))


def fixed_arguments() -> np.ndarray:
    """The same 20 000 floats on every machine, made with integers only."""
    n = np.arange(10_000, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    n ^= n >> np.uint64(31)
    near_one = (n & np.uint64(0x800FFFFFFFFFFFFF)) | (
        np.uint64(1020) + (n >> np.uint64(52)) % np.uint64(8)
    ) << np.uint64(52)
    return np.concatenate([n, near_one]).view(np.float64)


def digest() -> str:
    """One hash over the bits of every function at the fixed arguments."""
    x = fixed_arguments()
    results = [over(name, x) for name in NAMES]
    for loop in POWER_LOOPS.values():
        results.append(np.empty_like(x))
        loop(x, results[-1])
    return hashlib.sha256(bits(np.array(results)).astype("<i8").tobytes()).hexdigest()


def test_the_same_bits_on_every_machine():
    """The hash of half a million results is the one that was recorded; no machine may disagree."""
    assert digest() == DIGEST


@pytest.mark.slow
@pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="names x86 processors")
@pytest.mark.parametrize("processor", ["generic", "nehalem", "haswell"])
def test_the_same_bits_for_other_processors(processor):
    """Compiled for a processor without fused multiply-add or wide registers, the bits stay."""
    command = "import sys; sys.path.insert(0, sys.argv[1]); import test_vectormath as t; print(t.digest())"
    environment = os.environ | {"NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": FEATURES[processor]}
    run = subprocess.run(
        [sys.executable, "-c", command, str(Path(__file__).parent)], env=environment, capture_output=True, text=True
    )
    assert run.stdout.strip() == DIGEST, run.stderr


FEATURES = {"generic": "", "nehalem": "+sse4.2", "haswell": "+avx2,+fma"}


# ---------------------------------------------------------------- packed instructions


def wide_registers() -> bool:
    try:
        features = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return platform.machine() == "x86_64" and " avx2" in features and " fma" in features


PACKED = re.compile(r"\bv(?:sqrt|mul|div|fn?m(?:add|sub)\d+)pd\b.*%[yz]mm")
x86_only = pytest.mark.skipif(not wide_registers(), reason="reads the assembly of a processor with AVX2 and FMA")


def assembly(loop) -> str:
    return loop.inspect_asm(loop.signatures[0])


def libm_calls(text: str) -> set[str]:
    """The functions of libm whose address the code takes."""
    return set(re.findall(r"[\s$]([a-z]\w*)\b", text)) & ({*dir(math), "fma"} - {"pi", "e", "tau", "inf", "nan"})


@x86_only
@pytest.mark.parametrize("name", NAMES)
def test_loops_are_packed(name):
    """A loop over the function is packed arithmetic on whole registers, and calls no libm."""
    over(name, np.ones(3))
    text = assembly(LOOPS[name])
    assert len(PACKED.findall(text)) >= (1 if name == "sqrt" else 10)
    assert not libm_calls(text)


@x86_only
@pytest.mark.parametrize(("n", "denominator"), POWER_LOOPS)
def test_powers_are_packed(n, denominator):
    """So is a loop over a power."""
    POWER_LOOPS[n, denominator](np.ones(3), np.ones(3))
    assert PACKED.search(assembly(POWER_LOOPS[n, denominator]))


@x86_only
def test_a_whole_gradient_is_packed():
    """Several functions in one expression, three of them with a slow path, still make one packed loop."""
    from multistart.vectormath import cos, exp, half_power, sin, tan, tanh

    @njit(error_model="numpy", forceinline=True)
    def gradient(x, y):
        radius = half_power(1.0 + x * x, 3)
        return sin(3.0 * x) * exp(-x * x - y * y) + tanh(x * y), cos(x + y) * tan(x) / radius

    @njit(error_model="numpy")
    def step(x, y, rate):
        for i in range(x.size):
            dx, dy = gradient(x[i], y[i])
            x[i] -= rate * dx
            y[i] -= rate * dy

    step(np.ones(20), np.ones(20), 0.01)
    assert len(PACKED.findall(assembly(step))) > 80


# ---------------------------------------------------------------- use from elsewhere


CALLER = """
import numba
from multistart.vectormath import exp, power, sin

@numba.njit(cache=True)
def total(x):
    s = 0.0
    for i in range(x.size):
        s += sin(x[i]) * exp(-power(x[i], 2))
    return s
"""

USE = """
import sys; sys.path.insert(0, sys.argv[1])
import numpy as np, caller
x = np.array([0.5, 1e9, 1e300, -3.0])
print(caller.total(x).hex(), sum(caller.total.stats.cache_hits.values()))
"""


def test_cached_callers(tmp_path):
    """Code in another file that inlines the functions, slow paths too, is cached on disk and loaded with its bits."""
    (tmp_path / "caller.py").write_text(CALLER)
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    runs = [
        subprocess.run([sys.executable, "-c", USE, str(tmp_path)], env=environment, capture_output=True, text=True)
        for _ in range(2)
    ]
    (first, no_hits), (second, hits) = (run.stdout.split() for run in runs)
    assert (no_hits, hits) == ("0", "1")
    assert first == second


def test_integers_are_arguments_too():
    """An integer argument is its float."""
    for name in NAMES:
        function = getattr(vm, name)
        assert function(1) == function(1.0)


def test_names_are_the_functions():
    """NAMES lists what the package has for one argument, and all of what formulas may use."""
    from multistart.expressions import FUNCTIONS

    assert set(vm.__all__) - vm.NAMES == {"NAMES", "power", "half_power", "source_digest"}
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
