"""Random formulas of the whole grammar through the kernel, against their text at 50 digits and in plain NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from unittest import mock

import numpy as np
import pytest
import sympy
from mpmath import mp, mpf

from multistart.box import Box
from multistart.descents.descend import descend
from multistart.descents.outcomes import (
    CONVERGED,
    ENDINGS,
    LEFT_ARENA,
    NONFINITE,
    STATIONARY,
    STEP_LIMIT,
    TRAPPED,
)
from multistart.errors import ExpressionError
from multistart.functions.expressions import FUNCTIONS
from multistart.functions.objective import Objective
from multistart.kernels import Kernel, compile_kernel
from multistart.methods.method import Method
from multistart.proofs import certify
from tests.plain_kernel import plain_kernel, plainly
from tests.random_formulas import Formula, formula
from tests.text_functions import Ambiguous, TextFunction, Truth, Undefined

#: Formulas of as many different productions as possible: each of those in forty as they come is in one of these, and
#: each function, were it off by a part in 10^12 in the kernel, would be noticed.
SEEDS = (
    1, 10, 13, 21, 22, 24, 28, 39, 70, 84, 86, 97, 133, 204, 298, 404, 423, 554, 617, 675, 676, 699, 797, 825, 899, 959
)  # fmt: skip
ROUNDINGS = 8  # times the first-order bound; what is measured stays below 1


def starts(made: Formula, seed: int, n: int = 6) -> np.ndarray:
    """Points of several sizes, negative ones among them."""
    rng, d = np.random.default_rng([seed, 5]), len(made.variables)
    whole = rng.integers(-1, 2, (2, d))
    return np.vstack([rng.uniform(-2.5, 2.5, (n, d)), rng.uniform(0, 1, (n, d)), 10 * rng.normal(size=(2, d)), whole])


@dataclass
class Case:
    """A formula in its three readings: the package's, the kernel's, and its text."""

    made: Formula
    objective: Objective = field(init=False)
    text: TextFunction = field(init=False)

    def __post_init__(self) -> None:
        made = self.made
        self.objective = Objective.from_expression(made.text, made.variables, made.parameters)
        self.text = TextFunction.of(made.text, made.variables, made.parameters)

    @property
    def d(self) -> int:
        return len(self.made.variables)


def parsed(made: Formula) -> Case | None:
    """The formula, or none if the package refuses it in one sentence."""
    try:
        return Case(made)
    except ExpressionError as error:
        assert_one_sentence(str(error))
        return None


def assert_one_sentence(message: str) -> None:
    assert message, "empty"
    assert "\n" not in message, message
    assert len(message) < 400, message
    assert '"' in message or "got" in message, message


# --- value, gradient, Hessian ------------------------------------------------------------------------------------


def check_numbers(case: Case, kernel: Kernel, points: np.ndarray) -> int:
    """Kernel and NumPy agree with 50 digits to a few roundings, and have no value where the text has none.

    Returns how many points were compared.
    """
    found = {
        "kernel": kernel.evaluate(points),
        "NumPy": (case.objective.value(points), case.objective.gradient(points), case.objective.hessian(points)),
    }
    compared = 0
    for k, point in enumerate(points):
        try:
            truth = case.text.at(point)
        except Undefined:
            for route, (value, _, _) in found.items():
                assert not np.isfinite(value[k]), (case.made, point, route, value[k], "the text has no value here")
            continue
        except Ambiguous:
            continue
        for route, (value, gradient, hessian) in found.items():
            complaint = difference(truth, value[k], gradient[k], hessian[k], whole=(point == np.rint(point)).any())
            assert not complaint, (case.made, point.tolist(), route, complaint)
        compared += 1
    return compared


def difference(truth: Truth, value: float, gradient: np.ndarray, hessian: np.ndarray, *, whole: bool) -> str:
    """The first number that is further from the truth than rounding explains.

    At whole numbers a derivative may be nan: SymPy writes that of sqrt(x^4) as 2 sqrt(x^4) / x.
    """
    d = len(gradient)
    pairs = [("value", value, truth.value, truth.value_error)]
    pairs += [(f"gradient {i}", gradient[i], truth.gradient[i], truth.gradient_error[i]) for i in range(d)]
    pairs += [
        (f"hessian {i} {j}", hessian[i, j], truth.hessian[i][j], truth.hessian_error[i, j])
        for i in range(d)
        for j in range(d)
    ]
    for name, mine, true, error in pairs:
        if mp.isnan(true) or not np.isfinite(error):
            continue
        if name != "value" and np.isnan(mine) and whole:
            continue
        if not np.isfinite(mine) or abs(mpf(float(mine)) - true) > ROUNDINGS * error + 1e-280:
            return f"{name}: {mine!r}, true is {mp.nstr(true, 20)}, rounding explains {error:.1e}"
    return ""


# --- descents ----------------------------------------------------------------------------------------------------


@dataclass
class Path:
    """The end, the steps and the ending of each of ``n`` descents, walked as a textbook writes it."""

    end: np.ndarray
    steps: np.ndarray
    code: np.ndarray
    unsure: np.ndarray  # where something was too large, or a slope infinite, perhaps times 0


def walked(text: TextFunction, start: np.ndarray, method: Method, low: float, high: float, balls: np.ndarray) -> Path:
    n = len(start)
    x, code, steps = start.copy(), np.full(n, -1), np.zeros(n, int)
    unsure = np.zeros(n, bool)
    for step in range(method.max_steps + 1):
        value, gradient, _ = text.jets(x)
        with np.errstate(all="ignore"):
            large = np.abs(np.nan_to_num(np.c_[x, value, gradient], nan=0, posinf=1e200)).max(axis=1) > 1e100
            unsure |= (code < 0) & (large | (np.isfinite(value) & ~np.isfinite(gradient).all(axis=1)))
            norm = np.sqrt((gradient**2).sum(axis=1))
            distance = np.sqrt(((x[:, None] - balls[None, :, :-1]) ** 2).sum(axis=2))
        trapped = (distance <= balls[None, :, -1]).any(axis=1)
        undefined = np.isnan(value) | ~np.isfinite(gradient).all(axis=1)
        outside = ~((x >= low) & (x <= high)).all(axis=1)
        still, near = at_rest(x, method.learning_rate * gradient)
        unsure |= (code < 0) & (step == method.max_steps) & near & ~still
        now = np.select(
            [
                outside,
                undefined,
                trapped,
                norm <= (method.gradient_tolerance or -1),
                still & (step == method.max_steps),
                np.full(n, step == method.max_steps),
            ],
            [LEFT_ARENA, NONFINITE, TRAPPED, CONVERGED, STATIONARY, STEP_LIMIT],
            -1,
        )
        fresh = (code < 0) & (now >= 0)
        code[fresh], steps[fresh] = now[fresh], step
        move = code < 0
        with np.errstate(all="ignore"):
            x[move] = x[move] - method.learning_rate * gradient[move]
    return Path(x, steps, code, unsure)


def at_rest(x: np.ndarray, move: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which rows an update surely leaves as they are, bit for bit, and which it moves by last bits at most."""
    with np.errstate(all="ignore"):
        still = (np.abs(move) <= np.spacing(np.abs(x)) / 4) & ((move == 0) | (x != 0))
        last_bits = 16 * np.finfo(float).eps * np.abs(x).max(axis=1)
        return still.all(axis=1), (np.abs(move) <= last_bits[:, None]).all(axis=1)


def check_descents(case: Case, kernel: Kernel, seed: int, balls: tuple = ()) -> dict[int, int]:
    """Descents free, under a rule and certified end as the textbook's; returns how many ended how.

    Rows that end otherwise after a nudge of 1e-9 are left out: there rounding decides. What further updates show of
    those that are under way is tested in test_orbits.py.
    """
    rng = np.random.default_rng([seed, 8])
    start = np.vstack(
        [rng.uniform(-1, 2, (14, case.d)), rng.uniform(-4, 4, (6, case.d)), rng.integers(-1, 2, (6, case.d))]
    )
    counts: dict[int, int] = {}
    rate = float(rng.choice([0.01, 0.1, 0.003]))
    rows = np.array([[*b.center, b.radius] for b in balls if b.holds_for(rate)]).reshape(-1, case.d + 1)
    for tolerance, width, stopping in ((0.0, np.inf, "gradient"), (0.05, 3.0, "gradient"), (0.05, 3.0, "certified")):
        if stopping == "certified" and not balls:
            continue
        method = Method(learning_rate=rate, max_steps=7, gradient_tolerance=tolerance, stopping=stopping)
        near = rows if stopping == "certified" else rows[:0]
        plain, nudged = (walked(case.text, x, method, -width, width, near) for x in (start, start * (1 + 1e-9)))
        arena = None if width == np.inf else Box(dict.fromkeys(case.made.variables, (-width, width)))
        certificate = mock.Mock(minima=[mock.Mock(attraction=b) for b in balls])
        with plainly(kernel), mock.patch("multistart.descents.descend.judge_orbits"):
            out = descend(case.objective, method, start, arena=arena, certificate=certificate)
        with np.errstate(invalid="ignore"):
            apart = np.abs(plain.end - nudged.end).max(axis=1)
            sure = ~plain.unsure & (apart < 1e-4) & (plain.code == nudged.code) & (plain.steps == nudged.steps)
        for k in np.flatnonzero(sure):
            mine, true = (out.ending_code[k], out.steps[k]), (plain.code[k], plain.steps[k])
            if mine != true and doubtful(case, out.end[k], plain.end[k], *mine, *true):
                continue
            assert mine == true, (case.made, start[k].tolist(), method, "ending and steps", mine, true)
            with np.errstate(invalid="ignore"):
                off = np.nan_to_num(np.abs(out.end[k] - plain.end[k])).max()
            assert off <= apart[k] + 1e-12 * (1 + np.abs(plain.end[k]).max()), (
                case.made,
                start[k].tolist(),
                method,
                off,
            )
            counts[int(plain.code[k])] = counts.get(int(plain.code[k]), 0) + 1
    return counts


def doubtful(case: Case, mine: np.ndarray, true: np.ndarray, code: int, steps: int, plain: int, taken: int) -> bool:
    """Whether two endings differ for a reason that is no error.

    In doubles the text overflows to nan where it is defined, or 50 digits do not tell whether it is: tan(acos(x)) at 0.
    Or SymPy wrote a derivative as 0/0 at a whole number: 2 sqrt(x^4) / x at 0. Or around 0 an update moves by ever
    smaller numbers or not at all, as it rounds.
    """
    if {code, plain} == {STEP_LIMIT, STATIONARY} and min(np.abs(mine).min(), np.abs(true).min()) <= 1e-15:
        return True
    if np.isfinite(mine).all() and case.text.defined_at(mine) is None:
        return True
    if plain == NONFINITE and np.isfinite(true).all() and case.text.defined_at(true) is not False:
        return True
    whole = np.array_equal(mine, np.rint(mine))
    return bool(code == NONFINITE and steps == 0 and whole and case.text.defined_at(mine))


# --- the tests ---------------------------------------------------------------------------------------------------


def check_uncompiled(seeds: Sequence[int]) -> dict[int, int]:
    """The formulas of some seeds, the kernel's text run by Python; returns how many descents ended how."""
    compared, parsed_ones, endings = 0, 0, dict.fromkeys(range(len(ENDINGS)), 0)
    for seed in seeds:
        case = parsed(formula(seed, cancelling=0.15))
        if case is None:
            continue
        kernel = plain_kernel(case.objective, Method())
        compared += check_numbers(case, kernel, starts(case.made, seed))
        for code, count in check_descents(case, kernel, seed).items():
            endings[code] += count
        parsed_ones += 1
    assert parsed_ones > 0.8 * len(seeds)
    assert compared > 5 * parsed_ones
    return endings


def check_compiled(seeds: range) -> None:
    """The same, compiled, with balls where there are any."""
    for seed in seeds:
        case = parsed(formula(f"compiled {seed}", cancelling=0.1))
        if case is None:
            continue
        kernel = compile_kernel(case.objective, Method())
        check_numbers(case, kernel, starts(case.made, seed))
        box = Box(dict.fromkeys(case.made.variables, (-3, 3)))
        found = certify(case.objective, box, max_boxes=500).minima
        check_descents(case, kernel, seed, tuple(p.attraction for p in found if p.attraction is not None))


def test_random_formulas_are_what_their_text_says():
    """Two dozen of 1 to 4 variables: values, derivatives and descents, with the kernel's text run by Python."""
    endings = check_uncompiled(SEEDS)
    assert min(endings[code] for code in (CONVERGED, STEP_LIMIT, LEFT_ARENA, NONFINITE)) > 0


def test_compiled_formulas_are_what_their_text_says():
    """A random formula, compiled, and one with attraction balls."""
    check_compiled(range(1))
    case = Case(Formula("(x**2 - 1)**2/4 + y**2 + x*y/10", ("x", "y")))
    kernel = compile_kernel(case.objective, Method())
    found = certify(case.objective, Box({"x": (-3, 3), "y": (-3, 3)})).minima
    assert check_numbers(case, kernel, starts(case.made, 1)) > 0
    endings = check_descents(case, kernel, 1, tuple(p.attraction for p in found if p.attraction is not None))
    assert endings[TRAPPED] > 0


UNDEFINED = [
    ("sqrt(x)", 0.0), ("sqrt(x)", -1.0), ("log(x)", 0.0), ("log(x)", -1.0), ("x**2/x", 0.0), ("sqrt(x)**2", -1.0),
    ("exp(2*log(x))", -0.5), ("1/x", 0.0), ("x*(1/x) + x", 0.0), ("sin(asin(x))", 1.5), ("cos(acos(x))", -1.5),
    ("log(sqrt(x))", -0.1), ("x**1.5/x**0.5", -0.2), ("x + 0*log(x)", -1.0), ("x + log(x)**0", -1.0), ("x**x", -0.5),
    ("x**(1/3)", -1.0), ("log(x**2) - 2*log(x) + x", -1.0), ("(x**2)**0.5", 0.0), ("asin(x)", 1.0),
    ("sqrt(x)*sqrt(x)", -1.0), ("exp(-1/x)", 0.0), ("tanh(log(x))", 0.0), ("atan(1/x)", 0.0), ("exp(-log(x))", -2.0),
    ("x/log(x)", 0.0), ("1/(1/x)", 0.0), ("x**2.5 + (x/x)**2", 0.0), ("1/log(x)**2", 0.0), ("log(log(x + 1))", 0.0),
    ("sqrt(log(x + 2))", -1.5), ("x + 0/sin(x)", 0.0), ("asin(1 - x) + acos(1 - x) - x", -0.1),
    ("x**x*x**(-x) + x", 0.0), ("x**(x + 2)", 0.0), ("x + 0*atanh(x)", 1.0), ("tanh(atanh(x)) + x", -1.0),
    ("x + 0*acosh(x + 1)", -0.5), ("cosh(acosh(x + 1))", -0.1), ("acosh(x + 1)", 0.0),
    ("x + 0*log2(x)", -1.0), ("log10(x)", 0.0),
    ("2**log2(x) + x", 0.0), ("atanh(x)", -1.0),
]  # fmt: skip


@pytest.mark.parametrize(("text", "x"), UNDEFINED)
def test_a_descent_ends_at_once_where_the_text_has_no_value_or_no_slope(text, x):
    """In company of one that goes on, free or under a rule."""
    objective = Objective.from_expression(text, ["x"])
    kernel = plain_kernel(objective, Method())
    for tolerance in (0.0, 1e-3):
        method = Method(learning_rate=1e-3, max_steps=5, gradient_tolerance=tolerance)
        with plainly(kernel):
            out = descend(objective, method, np.array([[x], [0.37]]))
        assert out.ending_code.tolist() == [NONFINITE, STEP_LIMIT], tolerance
        assert out.steps.tolist() == [0, 5], tolerance


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_thousands_of_random_formulas_are_what_their_text_says(part):
    """Three thousand of them."""
    check_uncompiled(range(1000 + 300 * part, 1300 + 300 * part))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(6))
def test_compiled_formulas_by_the_dozen_are_what_their_text_says(part):
    """Seventy-two of them."""
    check_compiled(range(100 + 12 * part, 112 + 12 * part))


def test_every_function_and_every_operation_occurs_in_the_random_formulas():
    """Two hundred of them leave nothing of the grammar out."""
    text = " ".join(formula(seed).text for seed in range(200))
    assert all(f"{name}(" in text for name in FUNCTIONS)
    assert all(piece in text for piece in ("**(1/2)", "**(-1)", "**(sqrt(2))", ")/(", "*x", "(-x", " a", "(pi)", "w"))


TYPED = [
    "x", "x**2", "x**2 + y**2", "x*y", "x**2*y", "x**3", "x**4 - x**2", "(x-1)**2", "(x-1)**2/(x+2)", "1/x",
    "1/(1+x**2)", "x/(1+x**2)", "sin(x)", "cos(x)", "tan(x)", "sin(x)*sin(y)", "sin(x)+sin(y)", "sin(x)+y**2",
    "sin(x*y)", "sin(1/x)", "x*sin(1/x)", "sin(x)/x", "sin(x)**2", "exp(x)", "exp(-x)", "exp(-x**2)", "exp(-x)+y**2",
    "exp(-x)*sin(x)", "exp(x*y)", "exp(-x**2-y**2)", "x*exp(-x)", "e**x", "e**(-x**2)", "2**x", "log(x)", "x*log(x)",
    "log(1+x**2)", "log(x)**2", "-log(x)", "log(x*y)", "sqrt(x)", "sqrt(x**2+y**2)", "sqrt(1-x**2)", "x**0.5",
    "x**1.5", "x**(1/3)", "x**-1", "x**-2", "x**x", "x**y", "tanh(x)", "sinh(x)*cosh(y)", "asin(x)", "acos(x)+x",
    "atan(x)", "asinh(x)", "acosh(x)", "atanh(x)", "log2(x)", "log10(x)", "x*log2(x)", "acosh(1 + x**2)", "atanh(x*y)",
    "atan(y/x)", "pi*x", "-x", "+x", "-(-x)", "(x)", "x + x", "x/2", "3", "x - x", "x/x",
    "0*x", "x**0", "1e-3*x**2", ".5*x", "5.*x", "(x+y+z)**2", "100*(y-x**2)**2+(1-x)**2",
    "(x**2+y-11)**2+(x+y**2-7)**2", "20+x**2+y**2-10*(cos(2*pi*x)+cos(2*pi*y))", "x*y*z", "(x-y)**2", "x**64",
    "cos(x)*cos(y)*exp(-((x-pi)**2+(y-pi)**2))",
]  # fmt: skip
MISTYPED = [
    "x^2", "2x", "2 x", "ln(x)", "abs(x)", "|x|", "max(x, 1)", "sin x", "sin", "sin()", "sin(x, y)", "x²", "x·y",
    "π*x", "(x", "x)", "x +", "", " ", "x = 2", "f(x)", "y = x**2", "x,y", "np.sin(x)", "x.real", "x[0]",
    "lambda x: x", "x if x else 1", "x > 0", "not x", "x % 2", "x // 2", "x @ y", "sinx", "1/0", "log(0)", "0/0*x",
    "sqrt(-1)*x", "log(-1) + x", "x**1000", "x + q", "10**400*x", "exp(1000)*x", "import os", "__import__('os')",
    "x; y", "x\\ny", "'x'", "1j*x", "True", "x**2 # square", "e(x)", "exp^x", "e^x", "x**", "**x", "1,5*x", "0x10*x",
    "x!", "sec(x)", "arcsin(x)", "log_10(x)", "log1p(x)", "floor(x)", "3(x+1)", "2 sin x", "x(y)", "(x+1)(y-1)", "1/2x",
    "e^2x", "sin^2(x)", "f(x)=x^2", "0,5x", "[x+1]*2", "min(x, y)", "sign(x)", "acosh(0.5)*x", "atanh(1)*x",
    "log10(0)*x", "log2(-1)*x", "acosh(-x**2)", "atanh(2 + x**2)", "log10(-x**2)", "x**2y", "X**2", "x'", "x!",
]  # fmt: skip


def names_of(text: str) -> tuple[str, ...]:
    return tuple(name for name in ("x", "y", "z") if name in text.replace("exp", "")) or ("x",)


@pytest.mark.parametrize("text", TYPED)
def test_what_a_beginner_types_works_or_is_refused_in_one_sentence(text):
    """Eighty formulas: read, written as a kernel, and right at a few points; refused where nothing depends on x."""
    case = parsed(Formula(text, names_of(text)))
    if case is None:
        assert text in ("3", "x - x", "x/x", "0*x", "x**0")
        return
    kernel = plain_kernel(case.objective, Method())
    assert check_numbers(case, kernel, starts(case.made, 1, 3)) > 0
    check_descents(case, kernel, 1)


@pytest.mark.parametrize("text", MISTYPED)
def test_what_is_no_formula_is_refused_in_one_sentence(text):
    """Sixty-five that look like formulas elsewhere."""
    with pytest.raises(ExpressionError) as refused:
        Objective.from_expression(text, names_of(text))
    assert_one_sentence(str(refused.value))


POWERS_OF_POWERS = [
    ("(y**2)**1.5", 0.0), ("(x**2*y**2)**1.5 + y", 0.0), ("((x - 1)**2)**2.5", 1.0), ("(y**3)**2.5", 0.0),
    ("((x**2)**1.5 + (y**2)**1.25)**1.5", 0.0), ("exp((x**2)**1.5)", 0.0), ("((x**2)**1.5)**1.25", 0.0),
]  # fmt: skip


@pytest.mark.parametrize(("text", "at"), POWERS_OF_POWERS)
def test_a_power_of_a_power_has_its_slope_where_its_base_is_0(text, at):
    """|y|^3 is flat at 0, however SymPy would write its derivative; elsewhere it is SymPy's to 25 digits."""
    case = Case(Formula(text, names_of(text)))
    kernel, zero = plain_kernel(case.objective, Method()), np.full((1, case.d), at)
    truth = case.text.at(zero[0])
    assert all(mp.isfinite(slope) for slope in truth.gradient)
    for gradient in (kernel.evaluate(zero)[1], case.objective.gradient(zero)):
        np.testing.assert_allclose(gradient[0], np.array(truth.gradient, float), atol=1e-300)
    for slope, symbol in zip(case.objective.gradient_expressions, case.objective.symbols, strict=True):
        places = dict(zip(case.objective.symbols, (0.7, 1.3), strict=False))
        other = sympy.diff(case.objective.expression, symbol)
        assert abs(slope.evalf(30, subs=places) - other.evalf(30, subs=places)) < 1e-25


def test_a_descent_from_where_a_power_of_a_power_is_flat_is_at_rest():
    """It converges at once, and its neighbours come near."""
    objective = Objective.from_expression("(y**2)**1.5", ["y"])
    with plainly():
        out = descend(objective, Method(learning_rate=0.1, max_steps=500), np.array([[0.0], [0.5], [-0.5]]))
    assert out.ending_code.tolist() == [CONVERGED, STEP_LIMIT, STEP_LIMIT]
    assert np.abs(out.end).max() < 0.01
