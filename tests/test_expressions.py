"""Text becomes exactly the expression it spells, and nothing else ever happens to it."""

from __future__ import annotations

import ast
import operator
from fractions import Fraction

import mpmath
import pytest
import sympy
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from multistart.errors import ExpressionError
from multistart.functions import expressions
from multistart.functions.derivation import hessian_pieces
from multistart.functions.expressions import FUNCTIONS, check, check_names
from multistart.functions.formula import parse

X, Y = sympy.symbols("x y")


# ---------------------------------------------------------------- exactness


@given(st.integers(0, 10**18), st.integers(0, 18), st.integers(-280, 280))
def test_a_decimal_is_the_rational_it_spells(digits: int, places: int, power: int) -> None:
    """A literal with a fraction and an exponent is exactly that fraction, not the nearest double."""
    whole = f"{digits:019d}"
    literal = f"{whole[: 19 - places].lstrip('0') or '0'}.{whole[19 - places :]}e{power}"
    exact = Fraction(digits, 10**places) * Fraction(10) ** power
    assume(exact != 0)
    assert parse(f"{literal}*x", ["x"]).expression == sympy.Rational(exact.numerator, exact.denominator) * X


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("0.1*x", X / 10),
        ("1_000*x", 1000 * X),
        (".5*x", X / 2),
        ("5.*x", 5 * X),
        ("1e-3*x", X / 1000),
        ("x - 0.3 + 0.1 + 0.2", X),
        ("+x", X),
        ("e*x + pi", sympy.E * X + sympy.pi),
        ("x\n  + 1", X + 1),
        ("-x**2", -(X**2)),
        ("(-x)**2", X**2),
        ("2**-x", sympy.Integer(2) ** -X),
        ("-2**2*x", -4 * X),
        ("x**2**3", X**8),
        ("(x**2)**3", X**6),
        ("x/2/4", X / 8),
        ("x/2*4", 2 * X),
        ("x - 1 - 2", X - 3),
        ("x - (1 - 2)", X + 1),
        ("--x", X),
    ],
)
def test_precedence_and_numbers_by_hand(text: str, means: sympy.Expr) -> None:
    """Powers bind tighter than signs and to the right, the rest to the left, decimals are exact."""
    assert parse(text, ["x"]).expression == means


@pytest.mark.parametrize("text", ["x**2 # bowl", "x**2 # bowl\n + 0.1*x", "#x"])
def test_a_comment_is_refused(text: str) -> None:
    """A formula is one line, of which a comment would swallow the rest without a word."""
    with pytest.raises(ExpressionError, match='"#" is not allowed'):
        parse(text, ["x"])


# ---------------------------------------------------------------- a second evaluator

_OPERATIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow}
#: Functions that are real for every real argument, so that a random formula has a value.
_TOTAL = ("exp", "sin", "cos", "tan", "atan", "sinh", "cosh", "tanh", "asinh")
_BINDING = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3, "**": 4}

Tree = tuple


def _trees() -> st.SearchStrategy[Tree]:
    leaf = st.one_of(
        st.sampled_from([("name", "x"), ("name", "y"), ("name", "pi"), ("name", "e")]),
        st.decimals("0.001", "99", places=3).map(lambda v: ("number", str(v))),
        st.integers(0, 20).map(lambda v: ("number", str(v))),
    )

    def grow(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        return st.one_of(
            st.tuples(st.sampled_from(["+", "-", "*", "/"]), inner, inner),
            st.tuples(st.just("**"), inner, st.integers(1, 3).map(lambda v: ("number", str(v)))),
            st.tuples(st.just("neg"), inner),
            st.tuples(st.sampled_from(_TOTAL), inner),
        )

    return st.recursive(leaf, grow, max_leaves=10)


def _text(tree: Tree, outer: int = 0, right: bool = False) -> str:
    """Spell a tree with the fewest brackets, so that precedence is what is tested."""
    kind = tree[0]
    if kind in ("name", "number"):
        return tree[1]
    if kind in _TOTAL:
        return f"{kind}({_text(tree[1])})"
    binding = _BINDING[kind]
    if kind == "neg":
        spelt = f"-{_text(tree[1], binding)}"
    elif kind == "**":
        spelt = f"{_text(tree[1], binding, right=True)}**{_text(tree[2], binding)}"
    else:
        spelt = f"{_text(tree[1], binding)} {kind} {_text(tree[2], binding, right=True)}"
    return f"({spelt})" if binding < outer or (binding == outer and right) else spelt


def _value(tree: Tree, at: dict[str, mpmath.mpf]) -> mpmath.mpf:
    """The tree's value, from mpmath alone: no parser and no SymPy on this route."""
    kind = tree[0]
    if kind == "name":
        return at[tree[1]]
    if kind == "number":
        return mpmath.mpf(tree[1])
    parts = [_value(part, at) for part in tree[1:]]
    if any(abs(part) > 50 for part in parts) and kind in ("exp", "sinh", "cosh", "**"):
        raise OverflowError
    if kind == "neg":
        return -parts[0]
    return getattr(mpmath, kind)(*parts) if kind in _TOTAL else _OPERATIONS[kind](*parts)


@settings(max_examples=120)
@given(_trees(), st.integers(1, 1000), st.integers(1, 1000))
@example(("**", ("neg", ("name", "x")), ("number", "2")), 500, 700)
@example(("-", ("name", "x"), ("-", ("name", "y"), ("name", "x"))), 500, 700)
@example(("/", ("name", "x"), ("/", ("name", "y"), ("number", "3"))), 500, 700)
def test_a_random_formula_has_the_value_of_its_tree(tree: Tree, i: int, j: int) -> None:
    """Spelt with as few brackets as precedence allows, a formula evaluates to what an independent evaluator says."""
    x, y = Fraction(i, 617), Fraction(j, 511)
    names = [n for n in ("x", "y") if f"'{n}'" in str(tree)]
    with mpmath.workdps(60):
        at = {"x": mpmath.mpf(i) / 617, "y": mpmath.mpf(j) / 511, "pi": +mpmath.pi, "e": +mpmath.e}
        try:
            expected = _value(tree, at)
        except (ZeroDivisionError, OverflowError):
            assume(False)
        try:
            expression = parse(_text(tree), names).expression
        except ExpressionError as refusal:
            known = ("cancels out", "not a finite", "too large to differentiate")  # sinh(sinh(sinh(x)))
            assume(not any(reason in str(refusal) for reason in known))
            raise
        numbers = {X: sympy.Rational(x.numerator, x.denominator), Y: sympy.Rational(y.numerator, y.denominator)}
        got = sympy.lambdify((X, Y), expression, modules="mpmath")(*(mpmath.mpf(n.p) / n.q for n in numbers.values()))
        assert abs(got - expected) <= mpmath.mpf(10) ** -25 * max(1, abs(expected))


# ---------------------------------------------------------------- refusals

REFUSED = [
    # reaching for Python
    ("x.real", "x.real"),
    ("x.__class__.__mro__", "x.__class__"),
    ("__import__('os').system('true')", "__import__"),
    ("open('f')", "open('f')"),
    ("eval('x')", "eval('x')"),
    ("getattr(x, 'y')", "getattr(x, 'y')"),
    ("(lambda: x)()", "lambda: x"),
    ("lambda x: x", "lambda x: x"),
    ("[x for x in (1,)]", "for x in"),
    ("{x: 1}", "{x: 1}"),
    ("{x}", "{x}"),
    ("x[0]", "x[0]"),
    ("(x, 1)", "(x, 1)"),
    ("f'{x}'", "f'{x}'"),
    ("'x'", "'x'"),
    ("b'x'", "b'x'"),
    ("(x := 1)", "x := 1"),
    ("x if x else 1", "x if x else 1"),
    ("x and 1", "x and 1"),
    ("not x", "not x"),
    ("x < 1", "x < 1"),
    ("x == 1", "x == 1"),
    ("*x", "*x"),
    ("await x", "await x"),
    ("yield x", "yield"),
    ("x; import os", "; import os"),
    ("import os", "import os"),
    ("x = 1", "x = 1"),
    ("x\n\nimport os", "import os"),
    ("exp(*x)", "*x"),
    ("exp(x, evaluate=False)", "exp(x, evaluate=False)"),
    ("exp(x, x)", "exactly one argument"),
    ("exp()", "exactly one argument"),
    ("exp", "needs an argument"),
    ("sin.x", "sin.x"),
    ("sin(cos)*x", '"cos" is a function'),
    ("pi(x)", "pi(x)"),
    ("x(1)", "x(1)"),
    ("True*x", "True"),
    ("None*x", "None"),
    ("...*x", "..."),
    ("1j*x", "1j"),
    # operators that are not arithmetic, or not smooth
    ("x^2", "x**2"),
    ("x//2", "x // 2"),
    ("x % 2", "x % 2"),
    ("x @ x", "x @ x"),
    ("x << 2", "x << 2"),
    ("x | 1", "x | 1"),
    ("~x", "~x"),
    ("abs(x)", "abs(x)"),
    ("sine(x)", 'did you mean "sin"'),
    ("2x", "2x"),
    ("x y", "x y"),
    ("(x", "(x"),
    ("x)", "x)"),
    ("", "such as"),
    ("   ", "such as"),
    # names
    ("x + z", '"z" is not defined'),
    ("x + I", '"I" is not defined'),
    ("x + zoo", '"zoo" is not defined'),
    ("1", '"x" does not occur'),
    ("x - x", '"x" cancels'),
    ("x**0", '"x" cancels'),
    # numbers
    ("0x10*x", "0x10"),
    ("1e400*x", "1e400"),
    ("1e-400*x", "1e-400"),
    ("9" * 61 + "*x", "999"),
    ("9" * 3900 + "*x", "999"),
    ("1/0*x", "1 / 0"),
    ("x/(1 - 1)", "not a finite real number"),
    ("0**-1*x", "0 ** (-1)"),
    ("log(0)*x", "log(0)"),
    ("log(-1)*x", "log(-1)"),
    ("sqrt(-2)*x", "sqrt(-2)"),
    ("(-1)**0.5*x", "(-1) ** 0.5"),
    ("asin(2)*x", "asin(2)"),
    ("tan(pi/2)*x", "tan(pi / 2)"),
    # bombs
    ("9**9**9*x", "9 ** 9"),
    ("x**65", "x ** 65"),
    ("x**-65", "x ** (-65)"),
    ("x**1e300", "x ** 1e+300"),
    ("(x**64)**64", "more than 64"),
    ("((x**8)**8)**8", "more than 64"),
    ("x**40*x**40", "more than 64"),
    ("10**60*10**60*" * 12 + "x", "more than 2048 bits"),
    ("2**(63.5)**2*x", "at most 64"),
    ("exp(exp(exp(100)))*x", "exp(exp(100))"),
    ("sqrt(exp(exp(exp(100))) - 1)*x", "exp(exp(100))"),
    ("x**exp(exp(exp(exp(9))))", "exp(exp(9))"),
    ("cosh(cosh(cosh(20)))*x", "cosh(cosh(20))"),
    # look-alikes, control characters
    ("\uff58 + 1", "\\\\uff58"),
    ("x\u00b2", 'write "x**2"'),
    ("3\u00d7x", 'write "3*x"'),
    ("x \u2212 1", 'write "x - 1"'),
    ("\U0001d465", "U0001d465"),
    ("x\u200b", "u200b"),
    ("\u202ex", "u202e"),
    ("x\x00", None),
    ("x\x00+1", None),
    ("x\\\n+1", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "quoted"), REFUSED, ids=[ascii(t)[:40] for t, _ in REFUSED])
def test_what_is_not_allowed_is_refused_and_quoted(text: str, quoted: str | None) -> None:
    """Anything outside the list is an ExpressionError whose short message quotes the offending piece."""
    with pytest.raises(ExpressionError) as refusal:
        parse(text, ["x"])
    message = str(refusal.value)
    assert len(message) < 330
    assert "\n" not in message
    if quoted is not None:
        assert quoted.replace("\\\\", "\\").replace("\\*", "*") in message, message


def _nested(pattern: str, levels: int) -> str:
    text = "x"
    for _ in range(levels):
        text = pattern.format(text)
    return text


BOMBS = {
    "brackets": "(" * 150 + "x" + ")" * 150,
    "brackets past the parser": "(" * 1900 + "x" + ")" * 1900,
    "open brackets": "(" * 3999,
    "signs": "-" * 3000 + "x",
    "signs past the length": "-" * 100_000 + "x",
    "calls": _nested("sin({})", 45),
    "powers to the right": "**".join(["x"] * 60),
    "powers to the left": _nested("({})**x", 41),
    "length": "x" + "+x" * 2000,
    "pieces": "x" + "+x" * 600,
    "product": "*".join(f"(x+{i})" for i in range(1, 35)),
    "tower": _nested("(x+1)**({})", 30),
    "tanh in tanh": _nested("tanh(x+{})", 6),
    "cosh in cosh": _nested("cosh(x-2*{}**2)", 4),
    "quotients": _nested("sin(x)/({}+x)", 19),
    "sines": _nested("sin({}*x)", 19),
    "tree": "(" * 5
    + "sin(x)"
    + "".join(f"*cos(x+{i}))**x" for i in range(5))
    + "*exp(x**x**x**x**x**x)*x**x**x**x**x**x**x",
}


@pytest.mark.parametrize("name", [n for n in BOMBS if n != "brackets"])
def test_formulas_that_would_take_long_are_refused_by_size(name: str) -> None:
    """Nesting, length, towers and long products are refused from their size alone, before SymPy sees them."""
    with pytest.raises(ExpressionError, match=r"at most|not a formula|too large"):
        check(BOMBS[name], ["x"])


def test_plain_brackets_cost_nothing() -> None:
    """Brackets that group nothing leave no trace in the tree."""
    assert parse(BOMBS["brackets"], ["x"]).expression == X


@pytest.mark.parametrize("n", [101, 500])
def test_many_variables_are_refused(n: int) -> None:
    """More than 100 variables are refused, naming the first one too many."""
    names = [f"x{i}" for i in range(n)]
    with pytest.raises(ExpressionError, match='"x100" is variable 101; the most is 100'):
        check(" + ".join(names), names)


def test_full_hessians_are_bounded_by_their_size() -> None:
    """A product over many variables is refused, a sum over as many is not: the count is of Hessian pieces."""
    names = [f"x{i}" for i in range(60)]
    check(" + ".join(f"cos({n})" for n in names), names)
    with pytest.raises(ExpressionError, match=r"too large to differentiate twice: about \d+ pieces, at most 16000"):
        check(" * ".join(f"cos({n})" for n in names[:39]), names[:39])


@pytest.mark.parametrize(
    "text",
    ["x*y", "sin(x*y)", "x**y", "x**2*y**3 + exp(-x**2 - y**2)", "(x + y)/(1 + x**2)", "*".join(["sin(x+y)"] * 6)],
)
def test_the_count_of_hessian_pieces_bounds_what_sympy_makes(text: str) -> None:
    """SymPy's simplified Hessian never has more pieces than the count by the chain rule, up to signs and inverses."""
    tree = ast.parse(text, mode="eval").body
    f = parse(text, ["x", "y"]).expression
    made = sum(sum(1 for _ in sympy.preorder_traversal(sympy.diff(f, a, b))) for a, b in ((X, X), (X, Y), (Y, Y)))
    assert made <= 3 * hessian_pieces(tree, frozenset()) + 10


@given(st.text(alphabet="xy01.e+-*/() ,\n\x00^sincoexplgtaqr_[]{}:='\"@", max_size=40))
@settings(max_examples=200)
def test_any_text_is_parsed_or_refused(text: str) -> None:
    """Random text gives an expression of its variables or an ExpressionError, nothing else."""
    try:
        expression = parse(text, ["x"]).expression
    except ExpressionError:
        return
    assert expression.free_symbols == {X}
    assert {type(f).__name__ for f in expression.atoms(sympy.Function)} <= set(FUNCTIONS) | {"Abs", "cot", "sec"}


@pytest.mark.parametrize("value", [None, 3, b"x", ["x"], object()])
def test_a_formula_is_text(value: object) -> None:
    """Anything but text is refused with an example."""
    with pytest.raises(ExpressionError, match="a formula is a text such as"):
        parse(value, ["x"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("exp", "reserved"),
        ("pi", "reserved"),
        ("value", "reserved"),
        ("basin", "reserved"),
        ("lambda", "reserved"),
        ("if", "reserved"),
        ("x y", "plain name"),
        ("1x", "plain name"),
        ("", "plain name"),
        ("_x", "plain name"),
        ("x-1", "plain name"),
        ("../x", "plain name"),
        ("x\n", "plain name"),
        ("\u03b1", "plain name"),
        (5, "plain name"),
    ],
)
def test_names_are_plain_and_not_reserved(name: object, why: str) -> None:
    """A variable that is reserved, or not letters, digits and underscores, is refused with the reason."""
    with pytest.raises(ExpressionError, match=why):
        check_names([name])  # type: ignore[list-item]


def test_a_name_given_twice_is_refused() -> None:
    """The repeated name is quoted."""
    with pytest.raises(ExpressionError, match='"x" is given twice'):
        check_names(["x", "y", "x"])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_of_the_list_is_sympys(name: str) -> None:
    """Each allowed function is SymPy's of the same name, or a logarithm to another base."""
    expression = parse(f"{name}(x)", ["x"]).expression
    if name in ("log2", "log10"):
        assert (type(expression).__name__, expression.args) == (name, (X,))
        assert expression.rewrite(sympy.log) == sympy.log(X) / sympy.log(int(name[3:]))
    else:
        assert expression == getattr(sympy, name)(X)


def test_checking_needs_no_sympy() -> None:
    """`check` does not load SymPy, which a workflow that starts should not wait for."""
    import subprocess
    import sys

    code = "import sys, multistart.functions.expressions as e; e.check('x**2', ['x']); sys.exit('sympy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_limits_are_stated_where_they_are_read() -> None:
    """The module's docstring names every limit."""
    limits = [name for name in vars(expressions) if name.startswith("MAX_")]
    assert len(limits) == 8
    assert [name for name in limits if name not in (expressions.__doc__ or "")] == []
