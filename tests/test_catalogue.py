"""The catalogue: every known minimum is one, and is where the literature prints it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from multistart import Objective, named
from multistart.errors import InputError
from multistart.functions import catalogue
from multistart.functions.catalogue.table import markdown

HERE = Path(__file__).parent
PUBLISHED = json.loads((HERE / "reference" / "catalogue.json").read_text())["minima"]
#: (name, d): each function in its own dimension, scalable ones in 2, 3 and 5.
CASES = [
    (name, d)
    for name, entry in catalogue.ENTRIES.items()
    for d in ((entry.dimensions,) if entry.dimensions else (2, 3, 5))
]
SMOOTH = [case for case in CASES if not catalogue.ENTRIES[case[0]].cone]
ULP = 2.0**-53


@cache
def derived(name: str, d: int) -> Objective:
    """A function of the catalogue, derived once for all tests of it."""
    return named(name, d)


@cache
def in_digits(name: str, d: int) -> Callable[..., tuple[object, list, list]]:
    """Value, gradient and lower half of the Hessian of a function, to be called with numbers of any digits."""
    f = derived(name, d)
    lower = [list(row[: i + 1]) for i, row in enumerate(f.hessian_expressions)]
    parts = (f.expression, list(f.gradient_expressions), lower)
    return sympy.lambdify(f.symbols, parts, modules="mpmath", docstring_limit=0)


def band(printed: str) -> float:
    """One unit of the last printed digit; nothing for a whole number, which is exact."""
    exponent = Decimal(printed).as_tuple().exponent
    assert isinstance(exponent, int)
    return 10.0**exponent if exponent < 0 else 0.0


def test_there_are_many_functions_of_each_kind() -> None:
    """The catalogue holds at least 24 functions: peaks, planar, scalable, one-dimensional ones and Mueller-Brown."""
    dimensions = [entry.dimensions for entry in catalogue.ENTRIES.values()]
    assert len(dimensions) >= 24
    assert min(dimensions.count(d) for d in (1, 2, None)) >= 8
    assert {"peaks", "muller_brown", "rastrigin", "double_well"} <= set(catalogue.ENTRIES)


@pytest.mark.parametrize(("name", "d"), CASES)
def test_minima_lie_inside_the_domain_lowest_first_and_distinct(name: str, d: int) -> None:
    """Every function has a known minimum; all lie strictly inside the domain, ordered by value, then coordinates."""
    f = derived(name, d)
    assert f.minima
    assert f.domain is not None
    points = np.array([point for point, _ in f.minima])
    assert points.shape == (len(f.minima), d)
    assert ((points > f.domain.low) & (points < f.domain.high)).all()
    keys = [(value, point) for point, value in f.minima]
    assert keys == sorted(keys)
    assert len({tuple(point) for point in points.round(6)}) == len(keys)


@pytest.mark.parametrize(("name", "d"), SMOOTH)
def test_a_known_minimum_is_a_minimum(name: str, d: int) -> None:
    """At every known minimum, evaluated with 40 digits: the Hessian is positive definite, a Newton step stays within
    one ulp a coordinate (so the listed double is the nearest one, but for a tie), and the value is right to one ulp.
    """
    for point, value in derived(name, d).minima:
        with mpmath.workdps(40):
            there, slopes, bends = in_digits(name, d)(*(mpmath.mpf(x) for x in point))
            hessian = [[bends[max(i, j)][min(i, j)] for j in range(d)] for i in range(d)]
            gradient, hessian = mpmath.matrix(slopes), mpmath.matrix(hessian)
            mpmath.cholesky(hessian)  # raises unless positive definite
            newton = mpmath.lu_solve(hessian, gradient)
            for x, step in zip(point, newton, strict=True):
                assert abs(step) <= 1.5 * ULP * max(abs(x), 1e-300), (point, step)
            # The value belongs to the exact minimum, which lies below the listed double by half a step's work.
            lowest = there - (gradient.T * newton)[0] / 2
            assert abs(value - lowest) <= 1.5 * ULP * abs(value) + mpmath.mpf(10) ** -28, (point, value)


@pytest.mark.parametrize(("name", "d"), SMOOTH)
def test_the_double_gradient_vanishes_relative_to_curvature(name: str, d: int) -> None:
    """In double precision the gradient at a known minimum is zero up to the rounding of the point times curvature."""
    f = derived(name, d)
    points = np.array([point for point, _ in f.minima])
    curvature = np.abs(f.hessian(points)).max(axis=(1, 2))
    scale = np.maximum(1.0, np.abs(points).max(axis=1))
    size = np.linalg.norm(f.gradient(points), axis=1)
    assert (size <= 1e-12 * np.maximum(curvature, 1.0) * scale).all(), size / curvature
    assert (np.linalg.eigvalsh(f.hessian(points))[:, 0] > 0).all()


@pytest.mark.parametrize("d", [1, 2, 3, 5])
def test_the_minimum_of_ackley_is_a_cone(d: int) -> None:
    """At 0 Ackley's function is 0 and rises in every direction with slope 4/sqrt(d): a tip without a gradient."""
    f = named("ackley", d)
    assert catalogue.find("ackley").cone
    assert f.minima == (((0.0,) * d, 0.0),)
    assert abs(f.value(np.zeros((1, d)))[0]) < 1e-14
    assert np.isnan(f.gradient(np.zeros((1, d)))).all()
    directions = np.random.default_rng(7).normal(size=(50, d))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    t = 1e-6
    # 4 t / sqrt(d) + O(t**2): the bowl's curvature is about 100
    np.testing.assert_allclose(f.value(t * directions) / t, 4 / np.sqrt(d), atol=1e-3)


@pytest.mark.parametrize(("name", "d", "point", "value", "source"), PUBLISHED)
def test_value_as_published(name: str, d: int, point: list[str], value: str, source: str) -> None:
    """The literature's minimum is in the list, point and value, within one unit of the last printed digit."""
    minima = [
        m
        for m in named(name, d).minima
        if all(abs(x - float(p)) <= band(p) + 1e-15 * abs(x) for x, p in zip(m[0], point, strict=False))
    ]
    assert len(minima) == 1, source
    assert abs(minima[0][1] - float(value)) <= band(value) + 1e-15 * abs(float(value)), source


def test_every_function_has_a_published_minimum() -> None:
    """No function is in the catalogue without a published minimum to test it against."""
    assert {row[0] for row in PUBLISHED} == set(catalogue.ENTRIES)


COMPLETE = [(n, d) for n, d in CASES if d <= 3 and catalogue.find(n).lists_all(d) and not catalogue.find(n).cone]


@pytest.mark.parametrize("starts", [150, pytest.param(2000, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("name", "d"), COMPLETE)
def test_a_search_finds_no_unlisted_minimum(name: str, d: int, starts: int) -> None:
    """Where the list is said to be complete, damped Newton descents from random starts end at listed minima only.

    This is evidence, not proof: a certificate is the proof.
    """
    f = derived(name, d)
    assert f.domain is not None
    known = np.array([point for point, _ in f.minima])
    x = f.domain.low + f.domain.width * np.random.default_rng(11).random((starts, d))
    flat = 1e-8 * np.median(np.abs(f.hessian(x)).max(axis=(1, 2)))  # Forrester's has a flat inflection
    x = _newton_descent(f, x)
    hessian = f.hessian(x)
    fine = np.isfinite(hessian).all(axis=(1, 2)) & f.domain.contains(x)
    x, hessian = x[fine], hessian[fine]
    size = np.linalg.norm(f.gradient(x), axis=1)
    lowest = np.linalg.eigvalsh(hessian)[:, 0]
    arrived = x[(lowest > flat) & (size <= 1e-6 * lowest * f.domain.width.max())]
    assert len(arrived) > 0
    distance = np.linalg.norm((arrived[:, None, :] - known[None, :, :]) / f.domain.width, axis=2).min(axis=1)
    assert distance.max() < 1e-5, arrived[distance.argmax()]


def _newton_descent(f: Objective, x: np.ndarray, steps: int = 150) -> np.ndarray:
    """Newton with absolute curvatures and step halving, until all rest: goes down, quadratic near a minimum."""
    assert f.domain is not None
    for _ in range(steps):
        g, h, value = f.gradient(x), f.hessian(x), f.value(x)
        ok = np.isfinite(h).all(axis=(1, 2)) & np.isfinite(g).all(axis=1)
        curvature, axes = np.linalg.eigh(np.where(ok[:, None, None], h, np.eye(x.shape[1])))
        flattest = 1e-8 * np.abs(curvature).max(axis=1, keepdims=True) + 1e-30
        along = np.einsum("nij,ni->nj", axes, np.where(ok[:, None], g, 0.0)) / np.maximum(np.abs(curvature), flattest)
        step = np.einsum("nij,nj->ni", axes, along)
        length = np.ones(len(x))
        for _ in range(12):
            worse = ~(f.value(x - length[:, None] * step) <= value)
            length[worse] /= 3
        length[~(f.value(x - length[:, None] * step) <= value)] = 0
        before, x = x, x - length[:, None] * step
        if (np.abs(x - before) <= 1e-13 * f.domain.width).all():
            break
    return x


@pytest.mark.parametrize(("name", "d"), CASES)
def test_gradient_and_hessian_agree_with_finite_differences(name: str, d: int) -> None:
    """SymPy's derivatives equal central differences with 60 digits (second route), to 9 digits of the largest."""
    f = derived(name, d)
    assert f.domain is not None
    value = sympy.lambdify(f.symbols, f.expression, modules="mpmath", docstring_limit=0)
    # Near the centre, where Easom's needle is not yet lost in underflow.
    x = f.domain.center + np.minimum(f.domain.width, 10) * np.random.default_rng(3).uniform(-0.3, 0.3, size=(1, d))
    with mpmath.workdps(60):
        h = mpmath.mpf(10) ** -15

        def at(i: int, a: int, j: int = 0, b: int = 0) -> mpmath.mpf:
            return value(*(mpmath.mpf(c) + h * (a * (k == i) + b * (k == j)) for k, c in enumerate(x[0])))

        slopes = [(at(i, 1) - at(i, -1)) / (2 * h) for i in range(d)]
        upper = {
            (i, j): (at(i, 1, j, 1) - at(i, 1, j, -1) - at(i, -1, j, 1) + at(i, -1, j, -1)) / (4 * h * h)
            for i, j in itertools.combinations_with_replacement(range(d), 2)
        }
        bends = [[upper[min(i, j), max(i, j)] for j in range(d)] for i in range(d)]
    np.testing.assert_allclose(f.gradient(x)[0], np.array(slopes, dtype=float), atol=1e-9 * _size(slopes))
    np.testing.assert_allclose(f.hessian(x)[0], np.array(bends, dtype=float), atol=1e-9 * _size(bends))


def _size(numbers: list) -> float:
    return float(np.abs(np.array(numbers, dtype=float)).max())


@pytest.mark.parametrize(("name", "d"), CASES)
def test_a_formula_can_be_pasted_into_a_configuration(name: str, d: int) -> None:
    """Every formula is also a legal user's expression and gives the same function."""
    f = derived(name, d)
    pasted = Objective.from_expression(f.formula, f.variables)
    assert pasted.expression == f.expression


@pytest.mark.parametrize("name", [n for n, e in catalogue.ENTRIES.items() if e.dimensions is None])
def test_scalable_functions_take_their_dimensions_and_refuse_others(name: str) -> None:
    """A scalable function has 2 coordinates by default, takes its whole range, and says the range when refusing."""
    entry = catalogue.find(name)
    assert named(name).dimensions == 2
    low, high = entry.minimum_dimensions, entry.maximum_dimensions
    assert named(name, low).dimensions == low
    assert len(entry.domain(high)) == len(entry.variables(high)) == high
    assert entry.minima(high)
    for wrong in (low - 1, high + 1, 2.5, True, "3"):
        with pytest.raises(InputError, match=f"from {low} to {high}, a whole number; got {wrong}"):
            catalogue.dimensions_of(entry, wrong)


def test_a_fixed_function_refuses_another_dimension_with_the_fix() -> None:
    """Asking Himmelblau's function for three dimensions says it has two and what to do."""
    assert named("himmelblau", 2).dimensions == 2
    with pytest.raises(InputError, match="has 2 dimensions; got dimensions: 3; leave the key out"):
        named("himmelblau", 3)
    with pytest.raises(InputError, match="has 1 dimension;"):
        named("double_well", True)


@pytest.mark.parametrize(
    ("typed", "meant"), [("rastrigni", "rastrigin"), ("Himmelblau", "himmelblau"), ("six_hump", "six_hump_camel")]
)
def test_an_unknown_name_is_refused_with_a_suggestion(typed: str, meant: str) -> None:
    """A near miss is answered with the name that was meant, in one line."""
    with pytest.raises(InputError, match=f'"{typed}"; did you mean "{meant}"') as refusal:
        named(typed)
    assert len(str(refusal.value)) < 150


def test_a_hopeless_name_points_to_the_list() -> None:
    """A name near nothing is answered with the command that lists all."""
    with pytest.raises(InputError, match="`multistart functions` lists all"):
        catalogue.find("xyzzy")


@given(st.sampled_from(["styblinski_tang", "double_wells", "qing"]), st.integers(1, 6))
def test_separable_functions_have_two_to_the_d_minima(name: str, d: int) -> None:
    """A sum of double wells has a minimum for every choice of wells."""
    assert len(catalogue.find(name).minima(d)) == 2**d


@pytest.mark.parametrize("name", ["styblinski_tang", "double_wells", "qing"])
def test_with_many_coordinates_only_a_global_minimum_is_listed(name: str) -> None:
    """Beyond six coordinates one global minimum stands for the 2**d, and the entry says that it is not all."""
    entry = catalogue.find(name)
    assert entry.lists_all(6)
    assert not entry.lists_all(7)
    (only,) = entry.minima(7)
    assert only[1] == pytest.approx(entry.minima(6)[0][1] * 7 / 6)


def test_listing_needs_no_symbolic_or_array_library() -> None:
    """The catalogue imports neither SymPy nor NumPy, so `multistart functions` starts at once."""
    import subprocess
    import sys

    code = (
        "import sys; from multistart.functions import catalogue; sys.exit(bool({'numpy', 'sympy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_documented_table_is_in_step() -> None:
    """docs/functions.md is what the catalogue gives; `python -m multistart.functions.catalogue.table` rewrites it."""
    assert (HERE.parent / "docs" / "functions.md").read_text() == markdown()
