"""The compiled kernels: packed arithmetic, exact stopping, the same bits in any company."""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numba
import numpy as np
import pytest
import sympy

from multistart.box import Box
from multistart.descents.descend import descend
from multistart.descents.outcomes import (
    BOUNDED,
    CONVERGED,
    CYCLE,
    LEFT_ARENA,
    NONFINITE,
    STATIONARY,
    STEP_LIMIT,
    Outcomes,
)
from multistart.descents.prepared import bounds_of
from multistart.functions.objective import Objective, named
from multistart.kernels import compile_evaluation, compile_kernel, compiled, source
from multistart.kernels.boxes import LARGEST, box_of, magnitude
from multistart.kernels.compiled import UPDATES, loaded
from multistart.kernels.compiled import _outline as outlined
from multistart.kernels.compiler import assembly, compile_functions
from multistart.kernels.curvature import smallest_eigenvalues
from multistart.kernels.formulas import Lines, factored, simplified
from multistart.kernels.machine_code import NativeFunction, as_data, from_data
from multistart.kernels.recorded import record_orbits
from multistart.kernels.source import write, write_evaluation
from multistart.kernels.straight import Straight
from multistart.kernels.vectormath import boxed_exp, exp
from multistart.methods.method import Method
from tests.disassembly import disassembled
from tests.other_processors import made_for
from tests.plain_kernel import plainly
from tests.processes import run

TANH_SIN = Objective.from_expression("tanh(x - 1)*y + sin(2*x) + tanh(y)*sin(x*y) + (x**2 + y**2)/10", ["x", "y"])
FUNCTIONS = {
    "peaks": named("peaks"),
    "himmelblau": named("himmelblau"),
    "rastrigin": named("rastrigin"),
    "styblinski_tang": named("styblinski_tang", 4),
    "tanh_sin": TANH_SIN,
    "six_dimensions": named("rosenbrock", 6),
    "roots": Objective.from_expression("sqrt(1 + x**2) + y**4/(2 + x**2)**(3/2) + log(3 + y**2)", ["x", "y"]),
}
SLOW = {"six_dimensions", "rastrigin"}  # what four coordinates, and the sines of another function, show as well
each_function = pytest.mark.parametrize(
    "objective",
    [pytest.param(f, id=name, marks=[pytest.mark.slow] * (name in SLOW)) for name, f in FUNCTIONS.items()],
)


def starts(objective: Objective, n: int, scale: float = 2.0) -> np.ndarray:
    return np.random.default_rng(7).uniform(-scale, scale, (n, objective.dimensions))


def same(one: Outcomes, other: Outcomes) -> bool:
    return all(
        getattr(one, name).tobytes() == getattr(other, name).tobytes()
        for name in ("end", "value", "gradient_norm", "curvature_min", "steps", "ending_code")
    )


def taken(out: Outcomes, rows: np.ndarray | slice) -> Outcomes:
    return out.rows(rows)


# --- what the compiler makes of it ---------------------------------------------------------------------------


SQUARES = """
import math
from multistart.kernels.compiler import exported
@exported("void(f8[::1])")
def squares(x):
    for i in range(x.size):
        x[i] = x[i] * x[i]
"""
WIDE = "+avx512f,+avx512vl,+avx512dq,+avx512bw,+avx512cd,+avx2,+avx,+fma"


@each_function
def test_descents_run_in_packed_arithmetic(objective: Objective, tmp_path: Path) -> None:
    """The loop over a block becomes packed multiplications: a later Numba may lose that without a word."""
    code = compile_kernel(objective, RULE).updates["advance"].compiled
    packed = re.findall(
        r"\bv(?:f?n?m(?:ul|add|sub)\w*)pd\s.*%[yz]mm",
        disassembled(code, write(objective, RULE.rule).text, "advance", tmp_path),
    )
    assert len(packed) >= objective.dimensions * 3


@pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="names x86 processors")
def test_the_widest_vectors_are_used(tmp_path: Path) -> None:
    """A processor that LLVM would leave at half of its width, since wide vectors once slowed its clock, uses all."""
    assert "%zmm" in made_for("skylake-avx512", WIDE, lambda: assembly(SQUARES, "squares"), tmp_path)


ROOTS = SQUARES.replace("import exported", "import exported, interleaved_with_roots").replace(
    "        x[i] = x[i] * x[i]", "        interleaved_with_roots()\n        x[i] = 1.0 / math.sqrt(x[i])"
)


@pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="names x86 processors")
@pytest.mark.parametrize(("processor", "vectors"), [("sapphirerapids", 1), ("znver4", 2)])
def test_loops_with_roots_take_one_vector_at_a_time_where_roots_of_wide_ones_are_slow(
    processor: str, vectors: int, tmp_path: Path
) -> None:
    """There a second vector waits for the same divider; on other processors it fills the time of the first."""
    said = made_for(processor, WIDE, lambda: assembly(ROOTS, "squares"), tmp_path)
    assert len(re.findall(r"vsqrtpd\s.*%zmm", said)) == vectors


def test_what_may_hold_memory_is_refused() -> None:
    """The short way to machine code releases nothing: a function that may hold an array would keep it for ever."""
    kept = numba.njit(pipeline_class=Straight)(lambda x: x)
    with pytest.raises(ValueError, match="give njit _nrt=False"):
        kept(np.zeros(3))


def test_which_updates_divide_by_roots() -> None:
    """Those that do so for each coordinate; what all coordinates share is one root among many operations."""
    marks = {
        name: re.findall(r"interleaved\w*\(\)", write(named("peaks"), Method(name).rule).text)
        for name in ("heavy_ball", "normalized", "adagrad", "rmsprop", "adam")
    }
    assert marks == {
        "heavy_ball": ["interleaved()"],
        "normalized": ["interleaved()"],
        "adagrad": ["interleaved_with_roots()"],
        "rmsprop": ["interleaved_with_roots()"],
        "adam": [],
    }


@each_function
def test_what_the_catalogue_needs_is_the_same_on_every_machine(objective: Objective) -> None:
    """None of these functions takes anything from the platform's libm."""
    assert write(objective, Method().rule).platform_dependent == ()


def test_a_power_with_a_variable_exponent_is_reported_as_platform_dependent() -> None:
    """x**y comes from libm, and the kernel says so."""
    x, y = sympy.symbols("x y", positive=True)
    assert write_evaluation(Objective("expression", x**y + x, ("x", "y"))).platform_dependent == ("pow",)


DIGEST = """
import hashlib, sys
from multistart.functions.objective import Objective; from multistart.kernels.source import write
from multistart.methods.method import Method
x, y = sys.argv[1]
f = Objective.from_expression(f"exp(-{x}**2)*{y} + sin({x}*{y})**2 + {y}**3/3", [x, y])
digest = hashlib.sha256(write(f, Method().rule).text.encode()).hexdigest()
"""


def test_the_text_does_not_depend_on_names_or_hash_seeds() -> None:
    """The same formula in other letters, and in another interpreter, is the same source, so the cache is hit."""
    here: dict[str, str] = {}
    with mock.patch.object(sys, "argv", ["", "xy"]):
        exec(DIGEST, here)
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    assert run(DIGEST + "print(digest)", "qa", PYTHONHASHSEED=seed).strip() == here["digest"]


# --- the arithmetic ------------------------------------------------------------------------------------------


@each_function
def test_factoring_keeps_the_function(objective: Objective) -> None:
    """A formula and its factored form agree to 40 digits at random points."""
    for part in objective.gradient_expressions:
        for point in starts(objective, 3):
            at = dict(zip(objective.symbols, map(sympy.Rational, point), strict=True))
            difference = (part - factored(part)).evalf(50, subs=at)
            assert abs(difference) < 1e-40


def test_a_sum_of_products_is_one_chain_of_fused_multiply_adds() -> None:
    """Horner's scheme for a cubic takes one product and two fused multiply-adds."""
    x = sympy.Symbol("x")
    lines = Lines()
    lines.compute([2 * x**3 - 16 * x + sympy.Rational(5, 2)])
    assert [line.split(" = ")[1] for line in lines.text] == ["x * x", "fma(2.0, t0, -16.0)", "fma(x, t1, 2.5)"]


def test_common_subexpressions_are_computed_once() -> None:
    """One exponential for a value and its derivative."""
    x = sympy.Symbol("x")
    lines = Lines()
    lines.compute([sympy.exp(-(x**2)), -2 * x * sympy.exp(-(x**2))])
    assert sum("exp(" in line for line in lines.text) == 1
    assert simplified([x])[1] == [x]


@each_function
def test_kernel_and_numpy_agree_on_value_gradient_and_hessian(objective: Objective) -> None:
    """Two routes, the kernel's lines and SymPy's own printing for NumPy, agree to rounding."""
    points = starts(objective, 200)
    value, gradient, hessian = compile_evaluation(objective).evaluate(points)
    for mine, numpy in (
        (value, objective.value(points)),
        (gradient, objective.gradient(points)),
        (hessian, objective.hessian(points)),
    ):
        np.testing.assert_allclose(mine, numpy, rtol=1e-11, atol=1e-10 * (1 + np.abs(numpy).max()))


@pytest.mark.parametrize("d", [1, 2, 3, 7])
def test_smallest_eigenvalues_are_those_of_lapack(d: int) -> None:
    """The smallest eigenvalue of random symmetric matrices, to rounding; nan stays nan."""
    a = np.random.default_rng(d).normal(size=(50, d, d))
    a += a.transpose(0, 2, 1)
    a[0, 0, 0] = np.nan
    expected = np.linalg.eigvalsh(a[1:])[:, 0]
    smallest = smallest_eigenvalues(a.copy())
    assert np.isnan(smallest[0])
    np.testing.assert_allclose(smallest[1:], expected, atol=1e-13 * d * np.abs(expected).max())


# --- the stopping rule ---------------------------------------------------------------------------------------


def plain_descent(objective: Objective, method: Method, start: np.ndarray, arena: Box) -> tuple:
    """The rule, update by update, in Python: steps, ending and end. Uses the kernel's gradient, and math.fma's like."""
    kernel = compile_evaluation(objective)
    x, steps = start.copy(), 0
    while True:
        gradient = kernel.evaluate(x[None])[1][0]
        if not np.isfinite(x).all():
            return steps, NONFINITE, x
        if not ((x >= arena.low) & (x <= arena.high)).all():
            return steps, LEFT_ARENA, x
        if not np.isfinite(gradient).all():
            return steps, NONFINITE, x
        if np.sqrt(np.sum(gradient**2)) <= method.gradient_tolerance:
            return steps, CONVERGED, x
        if steps >= method.max_steps:
            return steps, STEP_LIMIT, x
        x, steps = x - method.learning_rate * gradient, steps + 1


@pytest.mark.parametrize(
    ("objective", "rate"), [(FUNCTIONS["himmelblau"], 0.01), (FUNCTIONS["peaks"], 0.02), (TANH_SIN, 0.05)]
)
def test_steps_and_endings_are_those_of_the_plain_rule(objective: Objective, rate: float) -> None:
    """Steps to the stop are exact for rows that converge, leave the arena or run out of steps, and so are the ends."""
    arena = Box(dict.fromkeys(objective.variables, (-2.5, 3.2)))
    method = Method(learning_rate=rate, max_steps=203, gradient_tolerance=1e-3)
    points = starts(objective, 60, 2.6)
    out = descend(objective, method, points, arena=arena)
    plain = [plain_descent(objective, method, start, arena) for start in points]
    assert out.ending_code.tolist() == [ending for _, ending, _ in plain]
    assert out.steps.tolist() == [steps for steps, _, _ in plain]
    np.testing.assert_allclose(out.end, [end for _, _, end in plain], rtol=1e-9, atol=1e-9)
    assert len(set(out.ending_code)) >= 2


def test_every_ending_in_one_block() -> None:
    """Converged, step limit, left arena and nonfinite starts stand side by side, each with its own ending and steps."""
    f = named("double_well")
    points = np.array([[1.0], [1e-6], [5.0], [np.nan], [np.inf], [1.5], [9.0]])
    out = descend(f, Method(max_steps=10, learning_rate=0.1), points, arena=Box({"x": (-8, 8)}))
    assert out.ending_code.tolist() == [CONVERGED, STEP_LIMIT, LEFT_ARENA, NONFINITE, NONFINITE, STEP_LIMIT, LEFT_ARENA]
    assert out.steps[[0, 1, 3, 4, 6]].tolist() == [0, 10, 0, 0, 0]


@pytest.mark.parametrize(
    ("rule", "rate", "ending"), [("gradient_descent", 3e-3, "converged"), ("adam", 0.05, "visited")]
)
def test_a_tolerance_is_kept_to_the_last_bit(rule: str, rate: float, ending: str) -> None:
    """A norm of just the tolerance stops a descent, the next float below it does not, though squares cannot tell."""
    objective = FUNCTIONS["himmelblau" if rule == "gradient_descent" else "peaks"]
    points = starts(objective, 40)
    method = Method(rule, learning_rate=rate, max_steps=500, gradient_tolerance=0.1)
    out = descend(objective, method, points)
    stopped = np.flatnonzero(out.ending == ending)
    assert len(stopped) > 20
    for i in stopped:
        norm = out.gradient_norm[i]
        at, below = (
            descend(objective, replace(method, gradient_tolerance=tolerance), points)
            for tolerance in (norm, np.nextafter(norm, 0.0))
        )
        assert (at.steps[i], at.gradient_norm[i]) == (out.steps[i], norm)
        assert below.steps[i] > out.steps[i]
        assert (below.gradient_norm[below.ending == ending] < norm).all()


def test_a_saddle_passed_within_tolerance_for_one_step_stops_the_descent() -> None:
    """A gradient that is small at one point only, between large ones, is not overlooked."""
    f = Objective.from_expression("x**3/3 + x/10**6", ["x"])  # the gradient dips to 1e-6 at 0 and grows again
    method = Method(learning_rate=1.0, max_steps=50, gradient_tolerance=2e-6)
    with plainly():
        out = descend(f, method, np.array([[1.0 - 1e-6], [0.9]]), arena=Box({"x": (-1e4, 1e4)}))
    assert (out.steps[0], out.ending_code[0]) == (1, CONVERGED)


def test_a_logarithm_ends_where_its_argument_does() -> None:
    """Beyond the pole of a logarithm the derivative is finite but the descent has ended."""
    f = Objective.from_expression("log(x) + x**2", ["x"])
    with plainly():
        out = descend(f, Method(learning_rate=0.1), np.array([[1e-3], [-1.0]]))
    assert out.ending_code.tolist() == [NONFINITE, NONFINITE]
    assert out.steps[1] == 0


# --- the same bits -------------------------------------------------------------------------------------------

RULE = Method(learning_rate=0.01, max_steps=333, gradient_tolerance=1e-2)


def write_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on kernels have the texts that the writer, changed by a test, would write."""
    compiled.forget()
    compiled._written.cache_clear()
    monkeypatch.setattr(
        compiled, "outline_of", lambda objective, rule, cache: outlined(compiled._written(objective, rule))
    )


@each_function
@pytest.mark.parametrize("bounded", [True, False])
def test_bits_depend_on_the_start_alone(objective: Objective, bounded: bool) -> None:
    """Permuted, split, alone and on one, two or three threads: every row has the same bits."""
    arena = Box(dict.fromkeys(objective.variables, (-2.2, 2.2))) if bounded else None
    rule = RULE if bounded else replace(RULE, gradient_tolerance=0.0)
    points = starts(objective, 700)
    whole = descend(objective, rule, points, arena=arena)
    order = np.random.default_rng(1).permutation(len(points))
    assert same(descend(objective, rule, points[order], arena=arena), taken(whole, order))
    for rows in (slice(0, 1), slice(3, 16), slice(300, 700)):
        assert same(descend(objective, rule, points[rows], arena=arena), taken(whole, rows))
    for threads in (2, 3):
        assert same(descend(objective, rule, points, arena=arena, threads=threads), whole)


@pytest.mark.parametrize(
    ("name", "block", "chunk", "work"),
    [("peaks", 1, 1, 1), ("himmelblau", 7, 3, 1), ("peaks", 64, 16, 10**3), ("himmelblau", 256, 64, 50)],
)
def test_bits_do_not_depend_on_block_chunk_or_unrolling(
    name: str,
    block: int,
    chunk: int,
    work: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However many rows and updates are taken at once, the outcome has the same bits."""
    objective = FUNCTIONS[name]
    arena = Box(dict.fromkeys(objective.variables, (-2.2, 2.2)))
    points = starts(objective, 300)
    expected = descend(objective, RULE, points, arena=arena)
    free = replace(RULE, gradient_tolerance=0.0)
    expected_free = descend(objective, free, points)
    for constant, value in (("BLOCK", block), ("CHUNK", chunk), ("WORK", work)):
        monkeypatch.setattr(source, constant, value)
    write_anew(monkeypatch)
    assert same(descend(objective, RULE, points, arena=arena), expected)
    assert same(descend(objective, free, points), expected_free)
    compiled.forget()


RARE = {
    "underflow, huge angles": Objective.from_expression(
        "exp(-120*x**2) - exp(-130*(y - 1)**2) + (x**2 + y**2)/20 + sin(k*x - f)/10**6 + cos(900000*(y - f/9))/10**6",
        ["x", "y"],
        {"k": 700000, "f": 0.3},
    ),
    "overflow, a logarithm": Objective.from_expression(
        "exp(300*x**2 - 500) + cos(y) + log(2 + x)*y**2 + exp(-700*x - 690)", ["x", "y"]
    ),
    "a straight line all of whose angles are huge": Objective.from_expression(
        "sin(k*x - f)/10**19 + x**2", ["x"], {"k": 10**17, "f": 0.3}
    ),
}


GOING = -1  # the code of a walk that nothing has ended


def assert_walked(out: Outcomes, objective: Objective, method: Method, arena: Box | None) -> None:
    """Each descent, and the orbit from its end, is what the whole functions lead to by one update at a time."""
    kernel, d = compile_kernel(objective, method), objective.dimensions
    hyper = method.in_kernel(d)
    numbers, formula = objective.numbers, np.array([d, kernel.outline.words, *objective.numbers.view(np.int64)])
    result = np.empty(3 + kernel.outline.words)

    def walk(point: np.ndarray, due: float, limit: float, tolerance: float, *bounds: np.ndarray) -> np.ndarray:
        stops = np.concatenate([hyper, numbers]), limit, tolerance, *bounds
        kernel.updates["walk"](point, 0.0, due, *stops, np.empty(0), 0, 0.0, 0, formula, result)
        return result[:3].copy()

    ends, (low, high) = out.start.copy(), bounds_of(objective, arena, method)
    limit, tolerance = float(method.max_steps), float(method.gradient_tolerance or -1.0)
    found = np.array([walk(end, math.inf, limit, tolerance, low, high) for end in ends])
    judged = np.isin(out.ending_code, [STATIONARY, CYCLE, BOUNDED])  # what had all its updates, by more of them
    codes = np.where(judged, STEP_LIMIT, out.ending_code)
    for mine, walked in zip((codes, out.gradient_norm, out.steps, out.end), (*found.T, ends), strict=True):
        assert np.where(np.isnan(walked), np.nan, walked).tobytes() == mine.astype(float).tobytes()
    going = np.array([walk(end, 40.0, math.inf, -1.0, *bounds_of(objective, None))[0] == GOING for end in ends])
    assert going.sum() >= 60
    assert record_orbits(kernel, out.end, 40, hyper)[-1][going].tobytes() == ends[going].tobytes()


@pytest.mark.parametrize("bounded", [True, False])
@pytest.mark.parametrize("objective", RARE.values(), ids=RARE.keys())
def test_rare_arguments_are_put_aside(objective: Objective, bounded: bool) -> None:
    """Where arguments leave the usual range, on some steps of some rows, bits are those of the whole functions."""
    arena = Box(dict.fromkeys(objective.variables, (-2.4, 2.5))) if bounded else None
    rule = RULE if bounded else replace(RULE, gradient_tolerance=0.0)
    assert "usual_" in write(objective, rule.rule).text
    assert_walked(descend(objective, rule, starts(objective, 400), arena=arena), objective, rule, arena)


def test_a_block_does_not_ask_whether_arguments_are_usual_that_the_arena_bounds() -> None:
    """So of straight lines in a coordinate, and of exponentials of wide wells; else it does ask, at every point."""
    asked = "smaller(margin, margina)"
    for function in (named("rastrigin", 2), FUNCTIONS["himmelblau"], FUNCTIONS["peaks"]):
        assert asked not in write(function, Method().rule).text
    assert asked not in write(Objective.from_expression("sin(x) + exp(-y**2)", ["x", "y"]), Method().rule).text
    for formula in ("sin(x*y) + x**2", "sin(x) + exp(-9*y**2)", "cos(x + y**2)", "sin(x) + log(y)*y"):
        assert asked in write(Objective.from_expression(formula, ["x", "y"]), Method().rule).text
    for formula in (
        "exp(sqrt(x)) + y**2",
        "exp(1/x) + y",
        "exp(x + sin(1/y))",
        "exp(-k*x**2) + y",
    ):  # may be nan, or k huge
        objective = Objective.from_expression(formula, ["x", "y"], {"k": 1.0} if "k" in formula else {})
        assert asked in write(objective.family, Method().rule).text


WELLS = {
    "a well on a slope": "8*x*exp(-(x - 1)**2 - y**2) + (x**2 + y**2)/20",
    "growth": "exp(x*y/2 - 3) + exp(4 - y)/90 + (x**2 + y**2)/3 + sin(x)",
}


@pytest.mark.parametrize("formula", WELLS.values(), ids=WELLS.keys())
def test_exponentials_are_asked_for_outside_of_the_box_that_bounds_them(formula: str) -> None:
    """Bits are those of the whole functions also of starts far outside, where results are subnormal or overflow."""
    objective = Objective.from_expression(formula, ["x", "y"])
    arenas = [None, *(Box(dict.fromkeys(objective.variables, (-a, a - 1.0))) for a in (15.0, 60.0))]
    points = np.concatenate([starts(objective, 400, 60.0), starts(objective, 200, 14.0)])
    points[:100, 0], points[:100, 1] = np.linspace(27.0, 29.0, 100), 1e-3  # where exp(-(x - 1)**2) is subnormal
    assert "boxed_exp" in write(objective, Method().rule).text
    for arena in arenas:
        assert_walked(descend(objective, RULE, points, arena=arena), objective, RULE, arena)


def test_no_argument_is_larger_in_a_box_than_its_bound() -> None:
    """At random points and corners, of sums, products, powers and functions; and in its box none is above the limit."""
    x, y, shared = sympy.symbols("v0 v1 x0")
    definitions = {shared: (x - 2) * y}
    for expr in (-(x**2) - (y + 1) ** 2, shared**3 / 7 - x, sympy.cos(shared) * y - sympy.tanh(x) ** 2, 3 * x - 40):
        box = box_of({"m": expr}, definitions)
        reach = box.reach if box.margins else 0.7
        side = [-reach, *np.random.default_rng(1).uniform(-reach, reach, 200), reach]
        values = sympy.lambdify((x, y), expr.xreplace(definitions))(*np.meshgrid(side, side))
        bound = magnitude(expr, reach, definitions)
        assert np.abs(values).max() <= bound * (1.0 + 1e-14)
        assert bound <= LARGEST or not box.margins
    assert box.reach == pytest.approx((LARGEST - 40) / 3)
    assert box.coordinates == ["v0"]


def test_an_exponential_in_its_box_has_the_bits_of_the_whole_function() -> None:
    """Up to the largest magnitude that is called usual."""
    for x in [*np.random.default_rng(1).uniform(-LARGEST, LARGEST, 3000), -708.0, -LARGEST, 0.0, LARGEST, 708.0]:
        assert boxed_exp(x, True)[0] == exp(x)


def bits_of_peaks(functions: Mapping[str, NativeFunction]) -> tuple[str, list[int]]:
    """Of updates of a block of rows, what they end in, and value, gradient and Hessian there; and how many moved on."""
    peaks, method = named("peaks"), Method(max_steps=200)
    hyper = method.in_kernel(2)
    block, aside = np.zeros((3, 304)), np.zeros((6, 304))
    block[:2] = aside[:2] = np.random.default_rng(7).uniform(-3, 3, (2, 304))
    aside[3], far = 200.0, np.full(2, 50.0)
    functions["advance"](200, block, 304, 304, hyper, 200.0, 1e-16, np.zeros(2), far, np.zeros(1), 0)
    functions["advance_singly"](200, aside, 304, 304, hyper, 200.0, 1e-8, -far, far)
    found = replace(compile_evaluation(peaks), function=functions["evaluate"]).evaluate(block[:2].T)
    bits = b"".join(each.tobytes() for each in (block, aside, *found))
    return hashlib.sha256(bits).hexdigest(), [int((rows[2] > 100).sum()) for rows in (block, aside)]


def test_bits_do_not_depend_on_the_vector_width(tmp_path: Path) -> None:
    """A processor without AVX, on which nothing is packed wider than two, gives the same bits."""
    peaks, rule = named("peaks"), Method().rule
    here = loaded(UPDATES, peaks, rule)[1] | {"evaluate": compile_evaluation(peaks).function}
    text = write(peaks, rule).text
    texts = [(text, UPDATES), (write_evaluation(peaks).text, ("evaluate",))]
    codes = made_for("generic", "", lambda: json.dumps([as_data(compile_functions(*of)) for of in texts]), tmp_path)
    data = zip(json.loads(codes), texts, strict=True)
    made = {name: code for each, (_, names) in data for name, code in from_data(each, names).items()}
    narrow = re.findall(r"%([xyz])mm", disassembled(made["advance"], text, "advance", tmp_path, alone=False))
    assert set(narrow) == {"x"}
    bits, moved = bits_of_peaks(here)
    assert min(moved) > 100
    assert bits_of_peaks({name: NativeFunction(code) for name, code in made.items()})[0] == bits


DESCENTS = """
import hashlib, numpy as np
from multistart.descents.descend import descend; from multistart.functions.objective import named
from multistart.methods.method import Method
out = descend(named("peaks"), Method(max_steps=200), np.random.default_rng(7).uniform(-3, 3, (300, 2)))
bits = hashlib.sha256(out.end.tobytes() + out.value.tobytes() + out.curvature_min.tobytes()).hexdigest()
moved = [int((out.steps > 100).sum())]
"""


@pytest.mark.slow
def test_bits_of_descents_do_not_depend_on_the_vector_width() -> None:
    """Nor do those of a process of its own for such a processor."""
    here: dict[str, Any] = {}
    exec(DESCENTS, here)
    assert min(here["moved"]) > 100
    assert run(DESCENTS + "print(bits)", NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="").strip() == here["bits"]
