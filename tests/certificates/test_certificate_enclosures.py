"""Claims about the trusted code: enclosures contain the truth, and refuse or say nan where they cannot."""

from __future__ import annotations

import random

import mpmath
import pytest
import sympy
from flint import arb, ctx, fmpq

from multistart import Box, Objective
from multistart.errors import InputError
from multistart.functions.formula import symbolic
from multistart.proofs import certify
from multistart.proofs.balls import ball, eigenvalue_bounds, outward
from multistart.proofs.enclosures import BUILT, FUNCTIONS, Enclosure, OutsideDomain, precision
from multistart.proofs.extended import Extended
from multistart.proofs.problem import Problem, exact_ends, scaled_gradient

X, Y = sympy.symbols("x y")
LEAVES = (X, Y, X, Y, sympy.Rational(1, 3), sympy.Rational(-7, 5), sympy.Integer(2), sympy.pi, sympy.E)


def random_expression(rng: random.Random, depth: int) -> sympy.Expr:
    if depth == 0:
        return rng.choice(LEAVES)
    kind = rng.choice(["+", "*", "-", "/", "power", "root", "call", "call"])
    a = random_expression(rng, depth - 1)
    if kind == "call":
        return symbolic(rng.choice([*FUNCTIONS, *BUILT]))(a)
    if kind == "power":
        return a ** rng.choice([2, 3, 4, 5, -1, -2])
    if kind == "root":
        return a ** sympy.Rational(rng.choice([1, 3, -1, 2]), rng.choice([2, 3]))
    b = random_expression(rng, depth - 1)
    return {"+": a + b, "-": a - b, "*": a * b, "/": a / b if b != 0 else a}[kind]


def containments(seed: int, wanted: int) -> int:
    """Check at least ``wanted`` finite enclosures of value, gradient and Hessian; return how many."""
    rng, checked = random.Random(seed), 0
    while checked < wanted:
        e = random_expression(rng, rng.choice([2, 3, 4]))
        if not {X, Y} & e.free_symbols or e.has(sympy.zoo, sympy.nan, sympy.oo, sympy.I) or e.count_ops() > 60:
            continue
        if any(part.is_number and part.is_real is False for part in sympy.preorder_traversal(e)):
            continue  # acos(2): no formula may have it
        gradient = [sympy.diff(e, s) for s in (X, Y)]
        parts = [e, *gradient, *(sympy.diff(g, s) for g in gradient for s in (X, Y))]
        if any(p.has(sympy.zoo, sympy.nan, sympy.I) for p in parts):
            continue
        # SymPy forgets the brackets around the quotient that it prints for log2 in a power.
        truth = sympy.lambdify([X, Y], [part.rewrite(sympy.log) for part in parts], "mpmath")
        problem = Problem(e, (X, Y))
        enclose = Enclosure(parts, (X, Y))
        for _ in range(40):
            checked += check_box(rng, problem, enclose, truth)
    return checked


def check_box(rng, problem, enclose, truth) -> int:
    scale = 10.0 ** rng.uniform(-9, 0.5)
    corner = [rng.uniform(-3, 3) for _ in range(2)]
    ends = [(c, c + scale * rng.random()) for c in corner]
    point = [rng.choice([low, high, rng.uniform(low, high)]) for low, high in ends]
    balls = [ball(low, high) for low, high in ends]
    try:
        with mpmath.workdps(60):
            expected = [mpmath.mpmathify(v) for v in truth(*map(mpmath.mpf, point))]
    except (ZeroDivisionError, ValueError, OverflowError):
        return 0
    if any(isinstance(v, mpmath.mpc) or not mpmath.isfinite(v) for v in expected):
        return 0
    try:
        enclosures = [*enclose(balls), *problem.hessian(balls)]
        intervals = [*enclose.extended(exact_ends(ends)), problem.range(balls, ends)]
    except OutsideDomain:
        pytest.fail(f"{problem.expression} is defined at {point}, which lies in {ends}")
    for a, v in zip(intervals, [*expected, expected[0]], strict=True):
        assert spans(a, v), (problem.expression, ends, point, a, v)
    finite = [(a, v) for a, v in zip(enclosures, [*expected, *expected[3:]], strict=True) if a.is_finite()]
    for a, v in finite:
        assert contains(a, v), (problem.expression, ends, point, a, v)
    return len(finite)


def contains(a: arb, v: mpmath.mpf) -> bool:
    """Whether the ball meets the 50-digit value; its last digits are the reference's own error."""
    with precision(300):
        sign, man, exp, _ = v._mpf_
        exact = arb(man) * arb(2) ** exp * (-1 if sign else 1)
        return bool(a.overlaps(arb(exact, 1e-40 * max(1.0, abs(float(v))))))


def spans(a: Extended, v: mpmath.mpf) -> bool:
    """Whether the interval, which may be infinite, has the 50-digit value."""
    slack = mpmath.mpf(10) ** -40 * max(1, abs(v))
    with mpmath.workdps(60):
        return as_number(a.low) <= v + slack and v - slack <= as_number(a.high)


def as_number(end: arb) -> mpmath.mpf:
    """An exact or infinite end."""
    if not end.is_finite():
        return mpmath.inf if end > 0 else -mpmath.inf
    mantissa, exponent = end.man_exp()
    return mpmath.ldexp(mpmath.mpf(int(mantissa)), int(exponent))


def test_enclosures_contain_what_mpmath_computes_with_fifty_digits():
    """On random boxes of random expressions no true value, slope or curvature is outside its enclosure."""
    assert containments(seed=1, wanted=4000) >= 4000


def test_derivatives_are_those_of_the_function_itself():
    """Gradient and Hessian enclose mpmath's difference quotients of the function, which know no SymPy."""
    f = Objective.from_expression(
        "exp(-x**2/3)*sin(x*y) + sqrt(1+x**2)*atan(y)/7 + log(2+y**2)**3 + tanh(x)**x", ["x", "y"]
    )
    value, problem = sympy.lambdify(f.symbols, f.expression, "mpmath"), Problem(f.expression, f.symbols)
    rng = random.Random(7)
    for _ in range(10):
        point = [rng.uniform(0.3, 2), rng.uniform(-2, 2)]
        enclosures = [*problem.field([arb(v) for v in point]), *problem.hessian([arb(v) for v in point])]
        with mpmath.workdps(60):
            orders = [(1, 0), (0, 1), (2, 0), (1, 1), (1, 1), (0, 2)]
            quotients = [mpmath.diff(value, tuple(map(mpmath.mpf, point)), order) for order in orders]
        for a, v in zip(enclosures, quotients, strict=True):
            assert a.rad() < 1e-10
            assert abs(float(a.mid()) - float(v)) < 1e-12 * (1 + abs(float(v)))


@pytest.mark.slow
def test_a_hundred_thousand_containments():
    """The same a hundred thousand times."""
    assert containments(seed=2, wanted=100_000) >= 100_000


def test_even_powers_of_a_ball_around_zero_are_not_negative():
    """FLINT's own powers are nan or negative there (python-flint issues 8 and 426)."""
    for n in (2, 4, 6):
        (power,) = Enclosure([X**n], [X])([arb(0, 1)])
        assert power.is_finite()
        assert power > -1e-8
        assert power.contains(1)


def test_constants_are_exact_rationals_at_every_precision():
    """A third is a third at 53 and at 200 bits, also if it was a decimal; a float is the fraction it is."""
    third, tenth = Enclosure([X / 3], [X]), Enclosure([X * sympy.Float(0.1)], [X])
    for bits in (53, 200):
        with precision(bits):
            assert third([arb(1)])[0].contains(arb(fmpq(1, 3)))
            assert tenth([arb(1)])[0].contains(arb(0.1))
            assert third([arb(1)])[0].rel_accuracy_bits() > bits - 8


@pytest.mark.parametrize("e", [sympy.Abs(X), sympy.Max(X, 1), sympy.Piecewise((X, X > 0), (0, True)), sympy.gamma(X)])
def test_what_is_not_on_the_list_is_refused_in_a_sentence(e):
    """No enclosure is better than a wrong one."""
    with pytest.raises(InputError, match="no rigorous enclosure of"):
        certify(Objective("f", e, ("x",)), Box({"x": (-1, 1)}))


LEAVES_ITS_DOMAIN = [
    sympy.sqrt(X), sympy.log(X), 1 / X, sympy.tan(X + sympy.pi / 2), sympy.asin(1 + X), sympy.atanh(1 - X),
    sympy.acosh(1 + X), symbolic("log2")(X), symbolic("log10")(X),
]  # fmt: skip


@pytest.mark.parametrize("e", LEAVES_ITS_DOMAIN)
def test_a_ball_that_leaves_the_domain_gives_nan(e):
    """Nothing is known there, and nan fails every comparison."""
    (a,) = Enclosure([e], [X])([arb(0, 0.5)])
    assert not a.is_finite()
    assert not any((a > 0, a < 0))


def test_a_box_on_which_nothing_is_defined_is_recognised():
    """The root of negative numbers only is not undecided but absent."""
    for e in (sympy.sqrt(X), sympy.log(X), X ** sympy.Rational(1, 3), symbolic("log2")(X), symbolic("log10")(X)):
        with pytest.raises(OutsideDomain):
            Enclosure([e], [X])([arb(-2, 1)])
    for e in (sympy.atanh(X - 1), sympy.atanh(1 - X), sympy.acosh(X + 0.5), symbolic("log10")(X)):
        with pytest.raises(OutsideDomain):
            Enclosure([e], [X]).extended([Extended(arb(-1), arb(0), False, True)])


def test_inverse_hyperbolic_functions_are_enclosed_tightly_on_wide_balls():
    """From the values at the ends, where FLINT's own formulas know nothing; nan as soon as an end is outside."""
    for name, low, high in (
        ("acosh", 1.0625, 3.0),
        ("acosh", 1.125, 1e3),
        ("atanh", -0.5, 0.5),
        ("atanh", -0.75, 0.96875),
    ):
        (a,) = Enclosure([symbolic(name)(X)], [X])([arb(low).union(arb(high))])
        ends = [getattr(mpmath, name)(end) for end in (low, high)]
        assert (float(a.lower()), float(a.upper())) == pytest.approx(tuple(map(float, ends)), rel=1e-8, abs=1e-5)
        assert contains(a, ends[0] + (ends[1] - ends[0]) / 3)
    for e, box in ((sympy.acosh(X), (0.9, 2.0)), (sympy.atanh(X), (0.5, 1.0)), (sympy.atanh(X), (-1.5, 0.0))):
        assert not Enclosure([e], [X])([arb(box[0]).union(arb(box[1]))])[0].is_finite()


def test_inverse_hyperbolic_functions_and_logarithms_at_their_edges():
    """On intervals with open and closed ends: 0 at 1, infinite at -1, 1 and 0, never taken there."""
    (a,) = Enclosure([sympy.acosh(X)], [X]).extended([Extended(arb(-2), arb(3))])
    assert (a.low, a.low_open) == (arb(0), False)
    (a,) = Enclosure([sympy.acosh(X)], [X]).extended([Extended(arb(1), arb(3), True)])
    assert a.is_positive
    (a,) = Enclosure([sympy.atanh(X)], [X]).extended([Extended(arb(-7), arb(1))])
    assert not a.low.is_finite()
    assert not a.high.is_finite()
    assert a.low_open
    assert a.high_open
    (a,) = Enclosure([sympy.atanh(X)], [X]).extended([Extended(arb(0), arb(1), True)])
    assert a.is_positive
    for name, base in (("log2", 2), ("log10", 10)):
        (a,) = Enclosure([symbolic(name)(X)], [X]).extended([Extended(arb(0), arb(base) ** 3)])
        assert not a.low.is_finite()
        assert spans(a, mpmath.mpf(3))
        assert a.high < 3 + 1e-12
        (a,) = Enclosure([symbolic(name)(X)], [X]).extended([Extended(arb(1), arb(base), True)])
        assert a.is_positive


def test_the_closed_root_encloses_the_values_where_the_root_is_defined():
    """The root on [-1, 1] takes [0, 1]; on balls it says nan, since a proof may not use it there."""
    root = Enclosure([sympy.sqrt(X)], [X])
    assert not root([arb(0, 1)])[0].is_finite()
    assert root.extended(exact_ends([(-1.0, 1.0)])) == (Extended(arb(0), arb(1)),)


def test_precision_is_restored_after_success_and_after_an_error():
    """The working precision belongs to the whole process."""
    before = ctx.prec
    certify(Objective.from_expression("x**2", ["x"]), Box({"x": (-1, 1)}))
    assert ctx.prec == before
    with pytest.raises(ZeroDivisionError), precision(200):
        raise ZeroDivisionError
    assert ctx.prec == before
    with pytest.raises(InputError):
        certify(Objective("f", sympy.Abs(X), ("x",)), Box({"x": (-1, 1)}))
    assert ctx.prec == before


def test_precision_is_restored_when_the_search_itself_fails(monkeypatch):
    """An error in the middle of a proof at 128 bits leaves the process at its old precision."""
    monkeypatch.setattr("multistart.proofs.zeros._maps_inside", lambda *_: 1 / 0)
    before = ctx.prec
    with pytest.raises(ZeroDivisionError):
        certify(Objective.from_expression("x**2 + x**4", ["x"]), Box({"x": (-1, 2)}))
    assert ctx.prec == before


def test_floats_are_rounded_outward():
    """The floats around a third contain it and are neighbours."""
    low, high = outward(arb(1) / 3)
    assert fmpq(*low.as_integer_ratio()) < fmpq(1, 3) < fmpq(*high.as_integer_ratio())
    assert high - low < 2e-16
    assert outward(arb(0.5)) == (0.5, 0.5)
    assert outward(arb.nan()) == (-float("inf"), float("inf"))


def test_a_ball_contains_the_interval_it_was_made_of():
    """Also where the midpoint and the radius are rounded."""
    rng = random.Random(3)
    for _ in range(1000):
        low = rng.uniform(-1, 1) * 10 ** rng.uniform(-300, 300)
        high = low + abs(low) * 10 ** rng.uniform(-16, 3)
        assert ball(low, high).contains(arb(low))
        assert ball(low, high).contains(arb(high))


@pytest.mark.parametrize("d", [1, 2, 3, 5])
def test_eigenvalues_of_every_matrix_inside_are_enclosed(d):
    """Random symmetric matrices picked from an interval matrix have their eigenvalues in the bounds."""
    rng = random.Random(d)
    for _ in range(30):
        radius = 10 ** rng.uniform(-8, 0)
        center = [[rng.uniform(-2, 2) for _ in range(d)] for _ in range(d)]
        hessian = [[arb(center[min(i, j)][max(i, j)], radius) for j in range(d)] for i in range(d)]
        bounds = eigenvalue_bounds(hessian)
        shift = {(i, j): rng.choice([-1, 1, rng.uniform(-1, 1)]) * radius for i in range(d) for j in range(i, d)}
        member = mpmath.matrix(d, d)
        for i in range(d):
            for j in range(d):
                key = min(i, j), max(i, j)
                member[i, j] = mpmath.mpf(center[key[0]][key[1]]) + shift[key]
        values = sorted(mpmath.eigsy(member, eigvals_only=True)) if d > 1 else [member[0, 0]]
        for a, v in zip(bounds, values, strict=True):
            assert a.overlaps(arb(float(v), 1e-13)), (hessian, a, v)


def test_the_scaled_gradient_is_the_gradient_times_a_positive_function():
    """Exactly: the quotient of the two fields is the same exponential in every component."""
    f = Objective.from_expression("3*(1-x)**2*exp(-x**2-(y+1)**2) - x*exp(-x**2-y**2) + 5", ["x", "y"])
    scaled = scaled_gradient(f.expression, f.symbols)
    ratios = [sympy.log(sympy.simplify(s / g)) for s, g in zip(scaled, f.gradient_expressions, strict=True)]
    point = {f.symbols[0]: sympy.Rational(3, 7), f.symbols[1]: sympy.Rational(-5, 9)}
    first, second = (sympy.N(r.subs(point), 40) for r in ratios)
    assert first.is_real
    assert abs(first - second) < 1e-35


@pytest.mark.parametrize(
    "text", ["x**2 + exp(-x**2-y**2)", "exp(x*y)+exp(-x-y)", "exp(x**2+y**2)*x", "cos(x)*exp(-x**2-y**2)"]
)
def test_other_functions_are_not_scaled(text):
    """Only decaying Gaussians times polynomials are; anything else keeps its own gradient."""
    f = Objective.from_expression(text, ["x", "y"])
    assert scaled_gradient(f.expression, f.symbols) is None
