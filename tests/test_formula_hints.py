"""What is offered to whoever types a formula as in a book or in another language: it is right, and never taken."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from mpmath import mp, mpf

from multistart.errors import ExpressionError
from multistart.functions.elsewhere import OTHERWISE, SAME, UNSMOOTH, WRITTEN
from multistart.functions.expressions import FUNCTIONS, check
from multistart.functions.formula import parse
from multistart.functions.retyped import Retyped
from tests.random_formulas import formula
from tests.text_functions import TextFunction, Undefined


def refusal(text: str, names: tuple[str, ...] = ("x", "y")) -> str:
    with pytest.raises(ExpressionError) as caught:
        check(text, [name for name in names if name in text.lower()] or ["x"])
    return str(caught.value)


#: What is typed, and the formulas that are offered.
OFFERED = [
    ("3(x+1)", ["3*(x+1)"]), ("3x", ["3*x"]), ("x(y)", ["x*(y)"]), ("2 sin x", ["2*sin(x)"]), ("2sin(x)", ["2*sin(x)"]),
    ("x^2 + y^2", ["x**2 + y**2"]), ("e^x", ["e**x"]), ("(x+1)(y-1)", ["(x+1)*(y-1)"]), ("x y", ["x*y"]),
    ("2xy", ["2*x*y"]), ("1/2x", ["1/2*x", "1/(2*x)"]), ("e^2x", ["e**2*x", "e**(2*x)"]),
    ("1/2(x+1)", ["1/2*(x+1)", "1/(2*(x+1))"]), ("x/2sin(y)", ["x/2*sin(y)", "x/(2*sin(y))"]),
    ("sin^2(x)", ["sin(x)**2"]), ("sin^2 x + cos^2 y", ["sin(x)**2 + cos(y)**2"]), ("sinx cosy", ["sin(x)*cos(y)"]),
    ("f(x,y) = x^2+y^2", ["x**2+y**2"]), ("1,5*x", ["1.5*x"]), ("0,5x^2", ["0.5*x**2"]), ("[x+1]*2", ["(x+1)*2"]),
    ("np.sin(x)", ["sin(x)"]), ("Sin(X)", ["sin(x)"]), ("PI*x", ["pi*x"]), ("ln x", ["log(x)"]),
    ("ln(x)", ["log(x)"]), ("arctan(x)", ["atan(x)"]), ("x² + y²", ["x**2 + y**2"]), ("3πx", ["3*pi*x"]),
    ("√(x)", ["sqrt(x)"]), ("2·x", ["2*x"]), ("log10 x", ["log10(x)"]), ("lg(x)", ["log10(x)"]),
    ("20+x^2+y^2-10(cos 2πx + cos 2πy)", ["20+x**2+y**2-10*(cos(2*pi*x) + cos(2*pi*y))"]),
    ("3(1-x)^2e^(-x^2-(y+1)^2)", ["3*(1-x)**2*e**(-x**2-(y+1)**2)"]),
    ("3(x+1) + abs(y)", ["3*(x+1) + sqrt(y**2 + 1e-6)"]), ("abs(3(x+1))", ["sqrt((3*(x + 1))**2 + 1e-6)"]),
    ("|x| + 3(y+1)", ["sqrt(x**2 + 1e-6) + 3*(y+1)"]), ("x^2*max(x, y)", ["x**2*log(exp(x) + exp(y))"]),
    ("abs(x) + abs(y)", ["sqrt(x**2 + 1e-6) + sqrt(y**2 + 1e-6)"]), ("2x*min(x, y)", ["2*x*(-log(exp(-x) + exp(-y)))"]),
    ("abs(x) + ln(abs(y))", ["sqrt(x**2 + 1e-6) + log(sqrt(y**2 + 1e-6))"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "offered"), OFFERED)
def test_what_is_typed_as_in_a_book_is_offered_as_it_is_written_here(text, offered):
    """The text is refused, what to write stands at the end of the sentence, and each of it is a formula."""
    said = refusal(text)
    assert said.endswith("; write " + " or ".join(f'"{each}"' for each in offered))
    for each in offered:
        check(each, [name for name in ("x", "y") if name in each])


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("3(x+1) + abs(y)", "a product is written *, abs has a kink"),
        ("x^2 + |y|", "a power is written **, abs has a kink"),
        ("abs(x) + max(x, y)", "abs has a kink, max has a kink"),
    ],
)
def test_all_mistakes_of_a_formula_are_named_at_once(text, reasons):
    """Each with its reason, so that who mends one does not run into the next."""
    assert f'"{text}" is not a formula: {reasons}; write ' in refusal(text)


#: What has no one meaning, or none here.
NOT_OFFERED = ["sin x^2", "sin x*y", "exp -x", "2 3*x", "x[0]", "x!", "x = 2", "xq", "3(x", "x y z q", "f(x)", "x'"]


@pytest.mark.parametrize("text", NOT_OFFERED)
def test_what_might_mean_anything_is_not_guessed(text):
    """It is refused without a formula to write in its place."""
    assert '; write "' not in refusal(text)


SAID = [
    ("abs(x - 1)", "has a kink; write sqrt((x - 1)**2 + 1e-6)"),
    ("|x|", "has a kink; write sqrt(x**2 + 1e-6)"),
    ("max(x, 2*y)", "write log(exp(x) + exp(2*y))"),
    ("min(x, y + 1)", "write -log(exp(-x) + exp(-(y + 1)))"),
    ("max(x, y, 0)", "write log(exp(x) + exp(y) + exp(0))"), ("sign(x)", "jumps"), ("floor(x)", "jumps"),
    ("x % 2", "it jumps"), ("x > 0", "a smooth switch is"), ("x if x > 0 else 0", "a smooth switch is"),
    ("if(x > 0, x, y)", "a smooth switch is"), ("log(x, 10)", "log takes one argument; write log10(x)"),
    ("log(x, 3)", "write log(x)/log(3)"), ("pow(x, 2)", "write x**2"), ("sec(x)", "write 1/cos(x)"),
    ("sinn(x)", 'did you mean "sin"?'), ("x + alpa", "name it under variables, or with its value under parameters"),
    ("(x", "1 bracket is opened and 0 closed"), ("x +", "nothing stands behind the last +"), ("x, y", "without commas"),
    ("'x'", "no quotes of its own"), ("1j*x", "numbers are real"), ("x[0]", "a name of its own, as x1, x2"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "piece"), SAID)
def test_what_is_not_here_is_refused_with_what_to_write_instead(text, piece):
    """In one sentence that quotes it."""
    said = refusal(text)
    assert piece in said
    assert said.startswith('"')
    assert len(said) < 330


TRUE = {
    "pow": lambda a, b: a**b, "power": lambda a, b: a**b, "square": lambda a: a * a, "sqr": lambda a: a * a,
    "cbrt": mp.cbrt, "exp2": lambda a: mpf(2) ** a, "exp10": lambda a: mpf(10) ** a, "expm1": mp.expm1,
    "log1p": mp.log1p, "sec": mp.sec, "csc": mp.csc, "cosec": mp.csc, "cot": mp.cot, "cotan": mp.cot, "ctg": mp.cot,
    "sech": mp.sech, "csch": mp.csch, "coth": mp.coth, "hypot": mp.hypot, "softplus": lambda a: mp.log1p(mp.exp(a)),
    **dict.fromkeys(("sigmoid", "logistic", "expit"), lambda a: 1 / (1 + mp.exp(-a))),
    "ln": mp.ln, "loge": mp.ln, "lg": mp.log10, "log_10": mp.log10, "ld": lambda a: mp.log(a, 2),
    "lb": lambda a: mp.log(a, 2), "log_2": lambda a: mp.log(a, 2), "arcsin": mp.asin, "arccos": mp.acos,
    "arctan": mp.atan, "arctg": mp.atan, "tg": mp.tan, "sh": mp.sinh, "ch": mp.cosh, "th": mp.tanh, "tgh": mp.tanh,
    "arcsinh": mp.asinh, "arccosh": mp.acosh, "arctanh": mp.atanh, "arsinh": mp.asinh, "arcosh": mp.acosh,
    "artanh": mp.atanh, "root": mp.sqrt,
}  # fmt: skip


def offered_for(name: str, arguments: int = 2) -> TextFunction:
    """What is to be written for a call of a name with the arguments x - 1/8 and y."""
    given = ["x - 1/8", "y"][:arguments]
    said = refusal(f"{name}({', '.join(given)})")
    written = re.search(r"; write (.*?)$", said)
    assert written, said
    text = written[1].strip('"')
    names = [v for v in ("x", "y") if v in text.replace("exp", "")]
    parse(text, names)
    return TextFunction.of(text, names)


@pytest.mark.parametrize("name", [*SAME, *WRITTEN])
def test_what_is_to_be_written_for_another_name_is_the_same_function(name):
    """At three points, by mpmath's function of that name."""
    assert set(TRUE) == {*SAME, *WRITTEN}
    two = name in WRITTEN and "{1}" in WRITTEN[name]
    f, compared = offered_for(name, 2 if two else 1), 0
    for x, y in ((0.5, 1.25), (0.75, 2.0), (1.75, 0.5)):
        with mp.workdps(50):
            try:
                value = f.value_at([x, y][: f.dimensions])
            except Undefined:
                continue
            assert abs(value - TRUE[name](*[mpf(x) - mpf(1) / 8, mpf(y)][: 2 if two else 1])) < mpf(10) ** -40
            compared += 1
    assert compared


@pytest.mark.parametrize(
    ("names", "true", "off"),
    [
        (("abs", "fabs"), lambda a, b: abs(a), 1.1e-3),
        (("max", "maximum", "fmax"), max, 0.7),
        (("min", "minimum", "fmin"), min, 0.7),
        (("relu",), lambda a, b: max(a, 0), 0.7),
        (("sign", "sgn", "signum"), lambda a, b: mp.sign(a), 1e-6),
        (("heaviside", "step", "theta"), lambda a, b: (1 + mp.sign(a)) / 2, 1e-6),
        (("round",), lambda a, b: mp.nint(a), 0.5),
    ],
)
def test_a_smooth_function_in_place_of_one_with_kinks_is_near_it(names, true, off):
    """As near as the offer can be: within a thousandth for |x|, log 2 for the larger of two."""
    for name in names:
        assert name in UNSMOOTH
        f = offered_for(name, 2 if "{1}" in UNSMOOTH[name][1] else 1)
        for x, y in ((0.375, 1.25), (-3.0, -2.5), (1.75, 0.5), (-0.25, 2.0)):
            assert abs(f.value_at([x, y][: f.dimensions]) - true(mpf(x) - mpf(1) / 8, mpf(y))) <= off, (name, x)


def test_no_function_is_known_by_two_names():
    """What is a hint is not among the functions, and what a hint says to write is."""
    hints = {*SAME, *WRITTEN, *UNSMOOTH, *OTHERWISE}
    assert not hints & set(FUNCTIONS)
    assert set(SAME.values()) <= set(FUNCTIONS)


def as_in_a_book(text: str) -> str:
    """A formula without its * where a name or a bracket follows, and with ^ for **."""
    text = re.sub(r"(?<=[\w)])\*(?=[(a-z])", " ", text.replace("**", "^"))
    return re.sub(r"(?<=[\d)]) (?=[(a-z])", "", text)


def test_random_formulas_typed_as_in_a_book_are_offered_as_they_were():
    """Of three hundred, none is offered as another function unless its own is offered beside it."""
    offered = 0
    for seed in range(300):
        made = formula(f"book {seed}")
        text = " ".join(made.text.split())
        known = {*made.variables, *made.parameters, "pi", "e"}
        typed = as_in_a_book(text)
        found = Retyped(typed, known, FUNCTIONS).candidates
        if typed == text or not found:
            continue
        trees = [ast.dump(ast.parse(each, mode="eval")) for each in found]
        assert ast.dump(ast.parse(text, mode="eval")) in trees, (text, typed, found)
        offered += 1
    assert offered > 200


@pytest.mark.parametrize("page", ["README.md", "config/README.md"])
def test_pages_list_all_functions(page):
    """In the order of the allow-list."""
    assert f"`{' '.join(FUNCTIONS)}`" in (Path(__file__).parents[1] / page).read_text(encoding="utf-8")
