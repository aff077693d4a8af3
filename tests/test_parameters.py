"""Parameters of a formula as arguments of its kernel: no number compiles anything, each gives what it spells."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from multistart import Box, certify
from multistart.descents.descend import descend
from multistart.descents.trace import trace
from multistart.errors import ExpressionError, InputError
from multistart.functions import objective as objectives
from multistart.functions.objective import Objective
from multistart.kernels import compile_evaluation, compile_kernel, compiled, compiler
from multistart.kernels.source import write, write_evaluation, write_parts
from multistart.methods import Method
from tests import plain_kernel as plain
from tests.plain_rules import exact_fma
from tests.processes import run
from tests.random_formulas import Formula, formula
from tests.test_grammar_fuzz import Case, check_numbers, starts
from tests.text_functions import TextFunction

TEXT = "(x**2 - 1)**2/4 + a*x + b*(y - c)**2/(1 + a**2) + 2*a*b*x*y/9"
VALUES = {"a": 0.1, "b": 1.5, "c": 0.25}
OTHERS: dict[str, Any] = {"a": 0.7, "b": 2, "c": -1e-3}
TILTED = Objective.from_expression(TEXT, ["x", "y"], VALUES)
ARENA = Box({"x": (-5, 5), "y": (-5, 5)})
STARTS = np.random.default_rng(3).uniform(-2, 2, (40, 2))
METHOD = Method(learning_rate=0.05, max_steps=200)
#: In a process of its own: what it loads, and the ends of descents and the values there.
PROGRAM = textwrap.dedent("""
    import sys, numpy as np
    from multistart.box import Box; from multistart.descents.descend import descend
    from multistart.functions.objective import Objective; from multistart.methods.method import Method
    f = Objective.from_checked(sys.argv[1], ["x", "y"], {"a": 0.7, "b": 2, "c": -1e-3})
    points = np.random.default_rng(3).uniform(-2, 2, (40, 2))
    out = descend(f, Method(learning_rate=0.05, max_steps=200), points, arena=Box({"x": (-5, 5), "y": (-5, 5)}))
    print(sorted({"numba", "sympy"} & set(sys.modules)), out.end.tobytes().hex(), out.value.tobytes().hex())
""")


def put_in(text: str, values: dict[str, Any]) -> str:
    """A formula with numbers written in the places of its parameters."""
    return re.sub(r"[a-z]\w*", lambda name: f"({values[name[0]]})" if name[0] in values else name[0], text)


def same(one: Any, other: Any) -> bool:
    return all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in ("end", "value", "steps"))


# --- no number compiles anything -------------------------------------------------------------------------------


def test_other_numbers_compile_derive_and_hash_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel, the evaluation and what SymPy found are the same objects for all numbers; the ends are not."""
    first = descend(TILTED, METHOD, STARTS, arena=ARENA)
    value = TILTED.value(STARTS)
    TILTED.with_parameters(a=0.3)
    for module, name in (
        (compiled, "_written"), (compiled, "kept_functions"), (compiled, "outline_of"), (compiler, "compile_functions"),
        (objectives, "parse"), (objectives, "parse_open"), (objectives, "gradient_of"), (sympy, "lambdify"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, lambda *_, **__: pytest.fail("asked again"))
    other = TILTED.with_parameters(**OTHERS)
    second = descend(other, METHOD, STARTS, arena=ARENA)
    assert not same(first, second)
    assert (other.value(STARTS) != value).all()
    one, two = compile_kernel(TILTED, METHOD), compile_kernel(other, METHOD)
    assert one.updates is two.updates
    assert one.evaluation.function is two.evaluation.function
    assert other.family is TILTED.family
    back = other.with_parameters(**VALUES)
    assert back == TILTED
    assert same(descend(back, METHOD, STARTS, arena=ARENA), first)


def test_another_process_has_the_same_bits_without_sympy_and_numba() -> None:
    """A process that finds a kernel compiled for some numbers takes it for others: nothing is derived or compiled."""
    descend(TILTED, METHOD, STARTS, arena=ARENA)
    here = descend(TILTED.with_parameters(**OTHERS), METHOD, STARTS, arena=ARENA)
    loaded, end, value = run(PROGRAM, TEXT).rsplit(maxsplit=2)
    assert loaded == "[]"
    assert bytes.fromhex(end) == here.end.tobytes()
    assert bytes.fromhex(value) == here.value.tobytes()


def test_letters_and_numbers_are_not_in_the_text() -> None:
    """Another value, zero and one among them, and other names for the same parameters: the same text to the letter."""
    renamed = Objective.from_expression(TEXT.replace("a", "k").replace("b", "l"), ["x", "y"], {"k": 0, "l": 1, "c": -1})
    for write_it in (lambda f: write(f, METHOD.rule), write_evaluation, write_parts):
        texts = {write_it(f).text for f in (TILTED, TILTED.with_parameters(a=0, b=-1, c=1), renamed)}
        assert len(texts) == 1
        assert "0.1" not in texts.pop()


# --- what is computed is the function that the text spells -----------------------------------------------------


def test_compiled_is_plain_python_to_the_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's text run by Python, with each fused operation rounded once by fractions, ends in the same bits."""
    monkeypatch.setitem(plain._IEEE, "fma", lambda a, b, c: np.float64(exact_fma(float(a), float(b), float(c))))
    f, method = TILTED.with_parameters(**OTHERS), Method(learning_rate=0.05, max_steps=12)
    expected = descend(f, method, STARTS[:3], arena=ARENA)
    with plain.plainly():
        assert same(descend(f, method, STARTS[:3], arena=ARENA), expected)
    kernel = plain.plain_kernel(f, method)
    for mine, theirs in zip(kernel.evaluate(STARTS), compile_evaluation(f).evaluate(STARTS), strict=True):
        assert mine.tobytes() == theirs.tobytes()


@pytest.mark.parametrize("values", [VALUES, OTHERS], ids=["as given", "others"])
@pytest.mark.parametrize(
    "method",
    [
        Method(learning_rate=0.1, max_steps=2000),
        Method("damped_newton", max_steps=50),
        Method("bfgs", max_steps=100),
        Method("scipy", method="trust-exact", max_steps=100),
    ],
    ids=["rule", "hessians", "gradients and values", "SciPy"],
)
def test_every_kind_of_method_descends_on_the_function_with_the_numbers_in_it(
    method: Method, values: dict[str, Any]
) -> None:
    """Descents rest where the formula with the numbers in it is flat, with its values; `trace` goes where they do."""
    f, constant = TILTED.with_parameters(**values), Objective.from_expression(put_in(TEXT, values), ["x", "y"])
    found = descend(f, method, STARTS, arena=ARENA)
    assert (found.ending == "converged").mean() > 0.9
    assert (np.linalg.norm(constant.gradient(found.end), axis=1) < 1e-7).all()
    np.testing.assert_allclose(found.value, constant.value(found.end), atol=1e-14)
    assert trace(f, method, STARTS[0], arena=ARENA)[-1].tobytes() == found.end[0].tobytes()


NUMBERS = st.sampled_from(["0", "1", "-1", "2", "0.5", "0.3", "-1.25", "1e-2", "7", "3.141592653589793"])


def with_parameter(seed: int) -> Formula:
    """A random formula that has the parameter ``a``."""
    return next(made for k in range(100) if (made := formula(f"parameter {seed} {k}", cancelling=0.3)).parameters)


def found_or_refused(make: Callable[[], Objective]) -> Objective | str:
    """The function, or the sentence that refuses it."""
    try:
        return make()
    except ExpressionError as error:
        return str(error)


def check_at(seed: int, value: str) -> None:
    """Refused, or undefined, or within a few roundings of the text's value: as if the number stood in the text."""
    made = with_parameter(seed)
    try:
        opened = Objective.from_expression(made.text, made.variables, made.parameters)
    except ExpressionError:
        return
    asked = Formula(made.text, made.variables, {"a": value})
    expected, found = (
        found_or_refused(lambda: Objective.from_expression(asked.text, asked.variables, asked.parameters)),
        found_or_refused(lambda: opened.with_parameters(a=value)),
    )
    assert found == expected
    if isinstance(found, str):
        return
    case = object.__new__(Case)
    case.made, case.objective = asked, found
    case.text = TextFunction.of(asked.text, asked.variables, asked.parameters)
    check_numbers(case, plain.plain_kernel(case.objective, Method()), starts(asked, seed, 2))


@settings(max_examples=12, derandomize=True)
@given(seed=st.integers(0, 10**6), value=NUMBERS)
def test_any_formula_at_any_number_is_what_its_text_is_at_fifty_digits(seed: int, value: str) -> None:
    """A few formulas of the whole grammar, in the kernel's text and in NumPy."""
    check_at(seed, value)


@pytest.mark.slow
@settings(max_examples=400)
@given(seed=st.integers(0, 10**6), value=NUMBERS)
def test_many_formulas_at_any_number_are_what_their_text_is(seed: int, value: str) -> None:
    """The same of many."""
    check_at(seed, value)


@pytest.mark.parametrize("a", [0.1, "0.30000000000000000000000000001", 0])
def test_a_proof_is_of_the_decimal_that_was_given(a: float | str) -> None:
    """The certificate is that of the formula with the decimal in it, digit for digit, whatever double is nearest."""
    f = Objective.from_expression("(x**2 - 1)**2/4 + a*x", ["x"], {"a": 1}).with_parameters(a=a)
    constant = Objective.from_expression(put_in(f.formula, {"a": a}), ["x"])
    arena = Box({"x": (-2, 2)})
    one, other = certify(f, arena), certify(constant, arena)
    assert one.complete
    assert replace(one, seconds=0) == replace(other, seconds=0)
    assert f.expression.coeff(f.symbols[0]) == sympy.Rational(str(a))
    kernel = compile_evaluation(f)
    for point in one.points:  # and the kernel's slope vanishes there but for the rounding of its number
        (low, high) = point.location[0]
        assert abs(kernel.evaluate(np.array([[(low + high) / 2]]))[1]).max() < 1e-14


# --- which are free, and which numbers are refused -------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "values", "free"),
    [
        ("a*x**2 + b", {"a": 1, "b": 2}, ("a", "b")),
        ("x**a + a*x", {"a": 2}, ()),
        ("x**(2*n) + exp(a*x)**n", {"a": 0.5, "n": 2}, ("a",)),
        ("(a*x**2 + 1)**0.5 + b**x", {"a": 1, "b": 2}, ("a", "b")),
        ("x**2", {}, ()),
    ],
)
def test_a_parameter_is_free_unless_it_stands_in_an_exponent(
    text: str, values: dict[str, Any], free: tuple[str, ...]
) -> None:
    """The rule is read off the text, whatever else is in it; the kernel has as many numbers."""
    f = Objective.from_expression(text, ["x"], values)
    assert f.free_parameters == free
    assert f.numbers.tolist() == [float(values[name]) for name in free]
    assert {str(s) for s in f.family.expression.free_symbols} == {"x", *free}


def test_an_exponent_makes_another_formula() -> None:
    """A number in an exponent is put in: another one is another text, and what is free beside it stays an argument."""
    f = Objective.from_expression("a*x**n + x", ["x"], {"a": 2, "n": 2})
    cube = f.with_parameters(n=3, a=5)
    assert cube.family != f.family
    assert cube.with_parameters(a=1).family == cube.family
    np.testing.assert_allclose(cube.value(np.array([[2.0]])), 42)
    np.testing.assert_allclose(cube.gradient(np.array([[2.0]])), [[61]])


def test_an_evaluator_goes_along_with_free_numbers_alone() -> None:
    """A compiled function is asked for the numbers that a function has; where it is another one it is let go."""
    f = Objective.from_expression("a*x**n + y**2 + x", ["x", "y"], {"a": 2, "n": 2})
    by_kernel = f.evaluated_by(plain.plain_kernel(f, METHOD).evaluation.evaluate)
    assert by_kernel.with_parameters(a=3).evaluator is by_kernel.evaluator
    np.testing.assert_allclose(by_kernel.with_parameters(a=3).value(np.array([[2.0, 0.0]])), [14])
    assert by_kernel.with_parameters(n=3).evaluator is None


@pytest.mark.parametrize(
    ("text", "values", "said"),
    [
        ("a*x**2", {"b": 1}, '"b" is not one of a'),
        ("a*x**2", {"a": float("inf")}, "a is a finite number; got inf"),
        ("a*x**2", {"a": float("nan")}, "a is a finite number; got nan"),
        ("a*x**2", {"a": True}, "a is a finite number; got True"),
        ("a*x**2", {"a": "1/3"}, "a is a finite number; got 1/3"),
        ("a*x**2", {"a": "pi"}, "a is a finite number; got pi"),
        ("a*x**2", {"a": 1e301}, "is not between 1e-300 and 1e300"),
        ("a*x**2", {"a": 0}, 'variable "x" cancels out'),
        ("x**2/a", {"a": 0}, "is not a finite real number"),
        ("x**2/(3*a - 0.3)", {"a": 0.1}, "is not a finite real number"),
        ("log(a)*x**2", {"a": -1}, "is not a finite real number"),
        ("x**2 + sqrt(a - x**2)", {"a": -1}, "nowhere a real number"),
        ("x**2 + exp(a)", {"a": 1000}, "is not a finite real number up to 1e+300"),
        ("x**2 + a**x", {"a": 0}, "needs a base above 0"),
        ("x**2 + (a*x)**40", {"a": 0.12345678901234567}, "makes a number of more than 2048 bits"),
    ],
)
def test_numbers_at_which_there_is_no_function_are_refused(text: str, values: dict[str, Any], said: str) -> None:
    """In a sentence, and the same one as where the formula is read with that number at first."""
    f = Objective.from_expression(text, ["x"], {"a": 2})
    with pytest.raises(InputError) as refused:
        f.with_parameters(**values)
    assert said in str(refused.value)


def test_a_kernel_is_never_run_without_its_numbers() -> None:
    """Compiled code reads what it is given, so too few numbers, or a family that has none, are refused before."""
    for run_it in (compile_kernel, lambda family, _: family.value(STARTS)):
        with pytest.raises(InputError, match="a family of functions has no numbers for a, b, c"):
            run_it(TILTED.family, METHOD)
    with pytest.raises(InputError, match="there are 3 free parameters; got 2 numbers"):
        compile_evaluation(TILTED).evaluate(STARTS, np.zeros(2))


def test_only_a_formula_has_parameters() -> None:
    """A function of the catalogue has none to change."""
    with pytest.raises(InputError, match="the formula has no parameters"):
        objectives.named("peaks").with_parameters(a=1)
