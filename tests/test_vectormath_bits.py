"""The elementary functions have the same bits in every array and on every machine, and loops are packed."""

from __future__ import annotations

import hashlib
import math
import os
import platform
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from numba import njit

import multistart.kernels.vectormath as vm
from tests.disassembly import disassembled
from tests.processes import run
from tests.test_vectormath import EDGES, EXTREME, WORST
from tests.vectormath_reference import (
    EXPONENTS,
    HARDEST,
    LOOPS,
    NAMES,
    POWER_LOOPS,
    functions_of,
    name_of_loop,
    over,
    raised,
    sample,
    usual_over,
)

#: The hashes of the bits of every function at `fixed_arguments` and at `hard_arguments`, nan counting as one.
DIGESTS = [
    "9b6bcacd9b485c20350bbe2ec502ce9fff949cb76e0ff6e08840f769e30ae983",
    "159f607ddd39e3c7c79746b3919eaca9654647d3ea7103fe2eeb4f7b832d81a4",
]
#: Where one formula of a function ends and another begins, or a result begins to be infinite, subnormal, or nothing.
SEAMS = [0.5, 1.0, 22.0, 708.0, 709.782712893384, 710.4758600739439, 745.1332191019411, 746.0, 1e6, 2.0**30, 2.0**64]
SEAMS += [math.sqrt(0.5), math.sqrt(2), 0.41421356237309503, 2.414213562373095, 2.0**-27, 2.0**-1022, 2.0**-960]


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


def hard_arguments() -> np.ndarray:
    """Likewise, where it is hard: all that is known to be, seams and edges, beside 1, in all usual binades."""
    known = [x for cases in EDGES.values() for x, _ in cases] + [x for cases in EXTREME.values() for x in cases]
    known = np.array(known + [x for _, x in WORST.values()])
    n = np.arange(5_000, dtype=np.uint64) * np.uint64(0xD1342543DE82EF95)
    n ^= n >> np.uint64(29)
    usual = (n & np.uint64(0x800FFFFFFFFFFFFF)) | (np.uint64(1010) + n % np.uint64(24)) << np.uint64(52)
    beside_one = np.float64(1).view(np.int64) + (n.view(np.int64) >> (12 + n % np.uint64(52)).astype(np.int64))
    quarter_turns = (n % np.uint64(3_000_000)).astype(float) * (np.pi / 2)
    at_seams = np.array(SEAMS).view(np.int64)[:, None] + np.arange(-3, 4)
    both = np.concatenate([known, at_seams.ravel().view(np.float64), HARDEST])
    return np.concatenate([both, -both, usual.view(np.float64), beside_one.view(np.float64), quarter_turns])


def digest(results: Sequence[np.ndarray]) -> str:
    """One hash over the bits of results, nan counting as one."""
    return hashlib.sha256(bits(np.array(results)).astype("<i8").tobytes()).hexdigest()


def compiled_digests() -> list[str]:
    """The hashes of every function, compiled, at both sets of arguments."""
    found = []
    for x in (fixed_arguments(), hard_arguments()):
        found.append(digest([*(over(name, x) for name in NAMES), *(raised(x, *each) for each in EXPONENTS)]))
    return found


def test_the_same_bits_on_every_machine():
    """The hashes of a million results are those that were recorded; no machine may disagree."""
    assert compiled_digests() == DIGESTS


@pytest.mark.slow
@pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="names x86 processors")
@pytest.mark.parametrize("processor", ["generic", "nehalem", "haswell"])
def test_the_same_bits_for_other_processors(processor):
    """Compiled for a processor without fused multiply-add or wide registers, the bits stay."""
    program = "import tests.test_vectormath_bits as t; print(*t.compiled_digests())"
    command = f"import sys; sys.path.insert(0, sys.argv[1]); {program}"
    environment = os.environ | {"NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": FEATURES[processor]}
    arguments = [sys.executable, "-c", command, str(Path(__file__).parent.parent)]
    run = subprocess.run(arguments, env=environment, capture_output=True, text=True)
    assert run.stdout.split() == DIGESTS, run.stderr


FEATURES = {"generic": "", "nehalem": "+sse4.2", "haswell": "+avx2,+fma"}


@pytest.mark.parametrize("name", sorted(vm.USUAL))
def test_usual_forms_have_the_same_bits_where_their_margin_says_so(name):
    """The cheaper form is right wherever its margin is not negative, and that is everywhere but in the rare ranges."""
    rng = np.random.default_rng(4)
    edges = np.array(
        [0.0, -0.0, 708.0, 708.1, 709.7, 710.0, -708.0, -708.1, -727.0, -745.2, -746.0, -746.1, 1e6, 1e6 + 1]
    )
    x = np.concatenate([sample(name, 4000, rng), edges, -edges, [math.inf, -math.inf, math.nan, 1e308, 5e-324]])
    expected = (np.abs(x) <= 708) | (x <= -746) if name == "exp" else np.abs(x) <= 1e6
    np.testing.assert_array_equal(usual_where(name, x), expected)


def test_the_margin_of_an_exponential_has_exact_edges():
    """It is a product of two factors, and at the floats beside an edge has the sign that it has without rounding."""
    steps = np.concatenate([np.arange(-300, 301), np.random.default_rng(5).integers(-(10**9), 10**9, 20000)])
    for edge, inwards in ((708.0, -1), (-708.0, 1), (-746.0, -1)):
        x = edge + inwards * steps * np.spacing(708.0)
        np.testing.assert_array_equal(usual_where("exp", x), steps >= 0)
    assert usual_where("exp", np.concatenate([-746 - 10.0 ** np.arange(-12, 300), [-math.inf]])).all()
    assert not usual_where("exp", np.concatenate([708 + 10.0 ** np.arange(-12, 300), [math.inf]])).any()


def usual_where(name: str, x: np.ndarray) -> np.ndarray:
    """Where margins are not negative; there the bits are those of the whole function, or it fails."""
    values, margins = usual_over(name, x)
    usual = margins >= 0
    np.testing.assert_array_equal(bits(values[usual]), bits(over(name, x)[usual]))
    return usual


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
def test_loops_are_packed(name, tmp_path):
    """A loop over the function is packed arithmetic on whole registers."""
    loop = f"over_{name}"
    text = disassembled(functions_of(LOOPS)[loop].compiled, LOOPS, loop, tmp_path)
    assert len(PACKED.findall(text)) >= (1 if name == "sqrt" else 10)


@x86_only
def test_no_loop_calls_libm(tmp_path):
    """Nor does anything that a loop calls for rare arguments."""
    text = disassembled(functions_of(LOOPS)["over_sin"].compiled, LOOPS, "over_sin", tmp_path, alone=False)
    assert "R_X86_64" in text or ".section" in text  # what is called by name is to be seen
    assert not libm_calls(text)


@x86_only
@pytest.mark.parametrize(("n", "denominator"), EXPONENTS)
def test_powers_are_packed(n, denominator, tmp_path):
    """So is a loop over a power."""
    loop = name_of_loop(n, denominator)
    text = disassembled(functions_of(POWER_LOOPS)[loop].compiled, POWER_LOOPS, loop, tmp_path)
    assert PACKED.search(text)


@x86_only
def test_a_whole_gradient_is_packed():
    """Several functions in one expression, three of them with a slow path, still make one packed loop."""
    from multistart.kernels.vectormath import cos, exp, half_power, sin, tan, tanh

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
from multistart.kernels.vectormath import exp, power, sin

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
total, hits = caller.total(x).hex(), sum(caller.total.stats.cache_hits.values())
"""


def test_cached_callers(tmp_path, monkeypatch):
    """Code in another file that inlines the functions, slow paths too, is cached on disk and loaded with its bits.

    Compiled in this process, loaded in another.
    """
    (tmp_path / "caller.py").write_text(CALLER)
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "argv", ["", str(tmp_path)])
    monkeypatch.delitem(sys.modules, "caller", raising=False)
    here: dict[str, Any] = {}
    exec(USE, here)
    found = run(USE + "print(total, hits)", str(tmp_path), NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    assert found.split() == [here["total"], "1"]
    assert here["hits"] == 0


def test_integers_are_arguments_too():
    """An integer argument is its float."""
    for name in NAMES:
        function = getattr(vm, name)
        assert function(1) == function(1.0)
