"""The compiled kernels: packed arithmetic, exact stopping, the same bits in any company, a cache that heals."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sympy

from multistart.box import Box
from multistart.curvature import smallest_eigenvalues
from multistart.descent import descend
from multistart.kernels import compile_kernel, source, write
from multistart.kernels.formulas import Lines, factored, simplified
from multistart.methods import Method
from multistart.objectives import Objective, named
from multistart.outcomes import CONVERGED, LEFT_ARENA, NONFINITE, STEP_LIMIT, Outcomes

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
each_function = pytest.mark.parametrize("objective", FUNCTIONS.values(), ids=FUNCTIONS.keys())


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kernels")


def starts(objective: Objective, n: int, scale: float = 2.0) -> np.ndarray:
    return np.random.default_rng(7).uniform(-scale, scale, (n, objective.dimensions))


def same(one: Outcomes, other: Outcomes) -> bool:
    return all(
        getattr(one, name).tobytes() == getattr(other, name).tobytes()
        for name in ("end", "value", "gradient_norm", "curvature_min", "steps", "ending_code")
    )


def taken(out: Outcomes, rows: np.ndarray | slice) -> Outcomes:
    return Outcomes(**{name: getattr(out, name)[rows] for name in out.__dataclass_fields__})


# --- what the compiler makes of it ---------------------------------------------------------------------------


@each_function
def test_descents_run_in_packed_arithmetic(objective: Objective, cache: Path) -> None:
    """The loop over a block becomes packed multiplications: a later Numba may lose that without a word."""
    rows = compile_kernel(objective, cache).descend_rows
    assembly = rows.inspect_asm(rows.signatures[0])
    packed = re.findall(r"\bv(?:f?n?m(?:ul|add|sub)\w*)pd\s.*%[yz]mm", assembly)
    assert len(packed) >= objective.dimensions * 3


@each_function
def test_what_the_catalogue_needs_is_the_same_on_every_machine(objective: Objective) -> None:
    """None of these functions takes anything from the platform's libm."""
    assert write(objective).platform_dependent == ()


def test_a_power_with_a_variable_exponent_is_reported_as_platform_dependent() -> None:
    """x**y comes from libm, and the kernel says so."""
    x, y = sympy.symbols("x y", positive=True)
    assert write(Objective("expression", x**y + x, ("x", "y"))).platform_dependent == ("pow",)


def test_the_text_does_not_depend_on_names_or_hash_seeds() -> None:
    """The same formula in other letters, and in another interpreter, is the same source, so the cache is hit."""
    program = (
        "from multistart.objectives import Objective; from multistart.kernels import write; import hashlib;"
        "f = Objective.from_expression('exp(-{0}**2)*{1} + sin({0}*{1})**2 + {1}**3/3', ['{0}', '{1}']);"
        "print(hashlib.sha256(write(f).text.encode()).hexdigest())"
    )
    digests = {
        run(program.format(*letters), PYTHONHASHSEED=seed).strip()
        for letters, seed in ((("x", "y"), "1"), (("x", "y"), "2"), (("q", "a"), "3"))
    }
    assert len(digests) == 1


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
def test_kernel_and_numpy_agree_on_value_gradient_and_hessian(objective: Objective, cache: Path) -> None:
    """Two routes, the kernel's lines and SymPy's own printing for NumPy, agree to rounding."""
    points = starts(objective, 200)
    value, gradient, hessian = compile_kernel(objective, cache).evaluate(points)
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


def plain_descent(objective: Objective, method: Method, start: np.ndarray, arena: Box, cache: Path) -> tuple:
    """The rule, update by update, in Python: steps, ending and end. Uses the kernel's gradient, and math.fma's like."""
    kernel = compile_kernel(objective, cache)
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
def test_steps_and_endings_are_those_of_the_plain_rule(objective: Objective, rate: float, cache: Path) -> None:
    """Steps to the stop are exact for rows that converge, leave the arena or run out of steps, and so are the ends."""
    arena = Box(dict.fromkeys(objective.variables, (-2.5, 3.2)))
    method = Method(learning_rate=rate, max_steps=203, gradient_tolerance=1e-3)
    points = starts(objective, 60, 2.6)
    out = descend(objective, method, points, arena=arena, cache=cache)
    plain = [plain_descent(objective, method, start, arena, cache) for start in points]
    assert out.ending_code.tolist() == [ending for _, ending, _ in plain]
    assert out.steps.tolist() == [steps for steps, _, _ in plain]
    np.testing.assert_allclose(out.end, [end for _, _, end in plain], rtol=1e-9, atol=1e-9)
    assert len(set(out.ending_code)) >= 2


def test_every_ending_in_one_block(cache: Path) -> None:
    """Converged, step limit, left arena and nonfinite starts stand side by side, each with its own ending and steps."""
    f = Objective.from_expression("(x**2 - 1)**2/4", ["x"])
    points = np.array([[1.0], [1e-6], [5.0], [np.nan], [np.inf], [1.5], [9.0]])
    out = descend(f, Method(max_steps=10, learning_rate=0.1), points, arena=Box({"x": (-8, 8)}), cache=cache)
    assert out.ending_code.tolist() == [CONVERGED, STEP_LIMIT, LEFT_ARENA, NONFINITE, NONFINITE, STEP_LIMIT, LEFT_ARENA]
    assert out.steps[[0, 1, 3, 4, 6]].tolist() == [0, 10, 0, 0, 0]


def test_a_saddle_passed_within_tolerance_for_one_step_stops_the_descent(cache: Path) -> None:
    """A gradient that is small at one point only, between large ones, is not overlooked."""
    f = Objective.from_expression("x**3/3 + x/10**6", ["x"])  # the gradient dips to 1e-6 at 0 and grows again
    method = Method(learning_rate=1.0, max_steps=50, gradient_tolerance=2e-6)
    out = descend(f, method, np.array([[1.0 - 1e-6], [0.9]]), arena=Box({"x": (-1e4, 1e4)}), cache=cache)
    assert (out.steps[0], out.ending_code[0]) == (1, CONVERGED)


def test_a_logarithm_ends_where_its_argument_does(cache: Path) -> None:
    """Beyond the pole of a logarithm the derivative is finite but the descent has ended."""
    f = Objective.from_expression("log(x) + x**2", ["x"])
    out = descend(f, Method(learning_rate=0.1), np.array([[1e-3], [-1.0]]), cache=cache)
    assert out.ending_code.tolist() == [NONFINITE, NONFINITE]
    assert out.steps[1] == 0


# --- the same bits -------------------------------------------------------------------------------------------

RULE = Method(learning_rate=0.01, max_steps=333, gradient_tolerance=1e-2)


@each_function
@pytest.mark.parametrize("bounded", [True, False])
def test_bits_depend_on_the_start_alone(objective: Objective, bounded: bool, cache: Path) -> None:
    """Permuted, split, alone and on one, two or three threads: every row has the same bits."""
    arena = Box(dict.fromkeys(objective.variables, (-2.2, 2.2))) if bounded else None
    rule = RULE if bounded else replace(RULE, gradient_tolerance=0.0)
    points = starts(objective, 700)
    whole = descend(objective, rule, points, arena=arena, cache=cache)
    order = np.random.default_rng(1).permutation(len(points))
    assert same(descend(objective, rule, points[order], arena=arena, cache=cache), taken(whole, order))
    for rows in (slice(0, 1), slice(3, 16), slice(300, 700)):
        assert same(descend(objective, rule, points[rows], arena=arena, cache=cache), taken(whole, rows))
    for threads in (2, 3):
        assert same(descend(objective, rule, points, arena=arena, cache=cache, threads=threads), whole)


@pytest.mark.parametrize("objective", [FUNCTIONS["peaks"], FUNCTIONS["himmelblau"]], ids=["peaks", "himmelblau"])
@pytest.mark.parametrize(("block", "chunk", "work"), [(1, 1, 1), (7, 3, 1), (64, 16, 10**3), (256, 64, 50)])
def test_bits_do_not_depend_on_block_chunk_or_unrolling(
    objective: Objective,
    block: int,
    chunk: int,
    work: int,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """However many rows and updates are taken at once, the outcome has the same bits."""
    arena = Box(dict.fromkeys(objective.variables, (-2.2, 2.2)))
    points = starts(objective, 300)
    expected = descend(objective, RULE, points, arena=arena, cache=cache)
    free = replace(RULE, gradient_tolerance=0.0)
    expected_free = descend(objective, free, points, cache=cache)
    for name, value in (("BLOCK", block), ("CHUNK", chunk), ("WORK", work)):
        monkeypatch.setattr(source, name, value)
    compile_kernel.cache_clear()
    assert same(descend(objective, RULE, points, arena=arena, cache=tmp_path), expected)
    assert same(descend(objective, free, points, cache=tmp_path), expected_free)
    compile_kernel.cache_clear()


RARE = {
    "underflow": Objective.from_expression("exp(-120*x**2) - exp(-130*(y - 1)**2) + (x**2 + y**2)/20", ["x", "y"]),
    "overflow": Objective.from_expression("exp(300*x**2 - 500) + cos(y)", ["x", "y"]),
    "huge angles": Objective.from_expression("sin(700000*x)/10**6 + cos(900000*y)/10**6 + x*y/9", ["x", "y"]),
    "a logarithm": Objective.from_expression("log(2 + x)*y**2 + exp(-700*x - 690) + x**2", ["x", "y"]),
}


@pytest.mark.parametrize("bounded", [True, False])
@pytest.mark.parametrize("objective", RARE.values(), ids=RARE.keys())
def test_rare_arguments_are_put_aside(
    objective: Objective, bounded: bool, cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where arguments leave the usual range, on some steps of some rows, bits are those of the whole functions."""
    arena = Box(dict.fromkeys(objective.variables, (-2.4, 2.5))) if bounded else None
    rule = RULE if bounded else replace(RULE, gradient_tolerance=0.0)
    points = starts(objective, 400)
    out = descend(objective, rule, points, arena=arena, cache=cache)
    assert "usual_" in write(objective).text
    monkeypatch.setattr(source.vectormath, "USUAL", frozenset())
    assert "usual_exp" not in write(objective).text
    compile_kernel.cache_clear()
    assert same(descend(objective, rule, points, arena=arena, cache=tmp_path), out)
    compile_kernel.cache_clear()


def test_bits_do_not_depend_on_the_vector_width(cache: Path) -> None:
    """A processor without AVX, on which nothing is packed wider than two, gives the same bits."""
    program = textwrap.dedent("""
        import numpy as np, hashlib, tempfile
        from multistart.descent import descend; from multistart.methods import Method
        from multistart.objectives import named
        points = np.random.default_rng(7).uniform(-3, 3, (300, 2))
        out = descend(named("peaks"), Method(max_steps=200), points, cache=tempfile.mkdtemp())
        print(hashlib.sha256(out.end.tobytes() + out.value.tobytes() + out.curvature_min.tobytes()).hexdigest())
    """)
    plain = run(program, NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="")
    assert plain == run(program)


# --- the cache -----------------------------------------------------------------------------------------------

PROGRAM = textwrap.dedent("""
    import sys, time, numpy as np
    from multistart.descent import descend; from multistart.kernels import compile_kernel
    from multistart.methods import Method; from multistart.objectives import Objective
    f = Objective.from_expression("(x**2 - 1)**2/4 + y**2", ["x", "y"])
    kernel = compile_kernel(f, sys.argv[1])
    out = descend(f, Method(max_steps=50), np.array([[0.5, 1.0], [-0.5, 0.3]]), cache=sys.argv[1])
    stats = [dict(kernel.descend_rows.stats.cache_hits), dict(kernel.evaluate_rows.stats.cache_hits)]
    print(sum(map(len, stats)), out.end.tobytes().hex())
""")


def run(program: str, *arguments: object, **environment: str) -> str:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, **environment}, timeout=300
    ).stdout


def test_the_second_run_compiles_nothing(tmp_path: Path) -> None:
    """A second process takes both functions from the cache, and gets the same bits."""
    first, second = run(PROGRAM, tmp_path).split(), run(PROGRAM, tmp_path).split()
    assert first[0] == "0"
    assert second[0] == "2"
    assert first[1] == second[1]


@pytest.mark.parametrize("damage", ["truncated code", "truncated index", "garbage code", "garbage source", "no index"])
def test_a_damaged_entry_is_rebuilt(damage: str, tmp_path: Path) -> None:
    """Whatever happened to an entry's files, the next run gives the same bits, and one after it compiles nothing."""
    good = run(PROGRAM, tmp_path).split()
    (folder,) = tmp_path.iterdir()
    files = {
        "truncated code": list(folder.rglob("*.nbc")),
        "garbage code": list(folder.rglob("*.nbc")),
        "truncated index": list(folder.rglob("*.nbi")),
        "no index": list(folder.rglob("*.nbi")),
        "garbage source": [folder / "kernel.py"],
    }[damage]
    assert files
    for file in files:
        if damage == "no index":
            file.unlink()
        elif damage.startswith("truncated"):
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        else:
            file.write_bytes(b"\x00garbage(" * 100)
    assert run(PROGRAM, tmp_path).split()[1] == good[1]
    assert run(PROGRAM, tmp_path).split() == ["2", good[1]]


def test_two_processes_may_compile_the_same_kernel_at_once(tmp_path: Path) -> None:
    """Both end well with the same bits, and leave an entry that a third one uses."""
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    pair = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    printed = [process.communicate(timeout=300)[0].split() for process in pair]
    assert [process.returncode for process in pair] == [0, 0]
    assert printed[0][1] == printed[1][1]
    assert run(PROGRAM, tmp_path).split() == ["2", printed[0][1]]


def test_a_folder_that_cannot_be_made_does_not_stop_a_descent(tmp_path: Path) -> None:
    """Where the cache's name is taken by a file, the kernel is compiled anew."""
    (tmp_path / "file").write_text("in the way")
    assert run(PROGRAM, tmp_path / "file" / "cache").split()[0] == "0"
    assert (tmp_path / "file").read_text() == "in the way"


# --- stopping by hand ----------------------------------------------------------------------------------------


def test_an_interrupt_stops_a_long_descent(tmp_path: Path) -> None:
    """SIGINT ends a descent that has hours to go: KeyboardInterrupt is raised, and every thread comes to an end."""
    program = textwrap.dedent("""
        import signal, sys, time, numpy as np
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a parent may ignore it
        from multistart.descent import descend
        from multistart.methods import Method; from multistart.objectives import named
        f, points = named("peaks"), np.random.default_rng(1).uniform(-1, 1, (100_000, 2))
        descend(f, Method(max_steps=1), points[:10], threads=2, cache=sys.argv[1])
        print("ready", flush=True)
        try:
            descend(f, Method(max_steps=10**9, gradient_tolerance=0.0), points, threads=2, cache=sys.argv[1])
        except KeyboardInterrupt:
            time.sleep(0.5)
            before = time.process_time()
            time.sleep(1.5)
            working = time.process_time() - before > 0.3  # two threads that went on would take far more
            print("interrupted", "but still at work" if working else "and idle", flush=True)
    """)
    process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    try:
        printed, _ = process.communicate(timeout=60)  # far above a second: the machine may be busy
    finally:
        process.kill()
    assert printed == "interrupted and idle\n"
    assert process.returncode == 0
