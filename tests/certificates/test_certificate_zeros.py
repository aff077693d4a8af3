"""Claims about verification: a zero is proven where there is one, and nowhere else."""

from __future__ import annotations

import pytest
from flint import arb, fmpq

from multistart import Objective
from multistart.proofs.enclosures import precision
from multistart.proofs.faces import Face, interior
from multistart.proofs.problem import Problem
from multistart.proofs.zeros import newton, verify


def problem(formula: str, names: str) -> Problem:
    f = Objective.from_expression(formula, list(names))
    return Problem(f.expression, f.symbols)


LINE, PLANE = interior(((-2.0, 2.0),)), interior(((-2.0, 2.0), (-2.0, 2.0)))


@pytest.mark.parametrize("bits", [64, 128, 300])
def test_the_enclosure_contains_the_exact_zero(bits):
    """Zeros at 1/3 and -2/7, which no float is, to nearly all bits asked for."""
    zero = verify(problem("(x-1/3)**2 + (y+2/7)**4 + (y+2/7)**2", "xy"), PLANE, [0.3, -0.3], bits)
    with precision(400):
        for a, exact in zip(zero.balls, (fmpq(1, 3), fmpq(-2, 7)), strict=True):
            assert a.contains(arb(exact)) or a.overlaps(arb(exact))
            assert a.rad() < arb(2) ** (20 - bits)
    for (low, high), exact in zip(zero.cell, (fmpq(1, 3), fmpq(-2, 7)), strict=True):
        assert fmpq(*low.as_integer_ratio()) < exact < fmpq(*high.as_integer_ratio())


@pytest.mark.parametrize(
    ("formula", "near"),
    [
        ("x**3", 1e-3),  # a double zero of the slope
        ("x**3/3 + 1e-40*x", 1e-3),  # none, by a hair
        ("x**3/3 + 1e-40*x", 1e-20),
        ("sqrt(x)", 1e-6),
        ("x**4", 1e-8),
    ],
)
def test_no_zero_is_proven_where_there_is_none_or_a_degenerate_one(formula, near):
    """However close the slope comes to 0."""
    assert verify(problem(formula, "x"), LINE, [near], 128) is None


def test_a_poor_start_costs_steps_and_no_digits():
    """Two digits of the golden ratio are enough to prove a hundred bits of it."""
    zero = verify(problem("x**3/3 - x**2/2 - x", "x"), LINE, [1.6], 128)
    with precision(300):
        assert zero.balls[0].overlaps((1 + arb(5).sqrt()) / 2)
        assert zero.balls[0].rad() < arb(2) ** -100


def test_newton_stays_in_reach():
    """From a start whose iteration leaves the cell it returns nothing."""
    p = problem("x**3/3 - x", "x")
    assert newton(p, LINE, [1.3], ((1.2, 1.4),)) is None
    assert newton(p, LINE, [1.3], ((0.5, 1.4),)) == pytest.approx([1.0])


def test_a_face_holds_its_coordinate_exactly():
    """Along x = 0.1, the zero in y alone; the held end is the float itself."""
    face = Face(((0.1, 1.0), (-2.0, 2.0)), (-1, 0))
    zero = verify(problem("x*y**2 - y*x**2", "xy"), face, [0.0], 128)
    assert face.full(zero.cell)[0] == (0.1, 0.1)
    low, high = zero.cell[0]
    half = fmpq(*(0.1).as_integer_ratio()) / 2
    assert fmpq(*low.as_integer_ratio()) <= half <= fmpq(*high.as_integer_ratio())
