"""Regions of the heavy ball and of Nesterov: from their edge descents stay and arrive, and the energy does not rise.

The edge is walked in 50 digits, where the claim is about the exact iteration, and by the compiled kernel.
"""

from __future__ import annotations

import math
import random
from dataclasses import replace
from functools import cache
from typing import Any
from unittest import mock

import mpmath
import numpy as np
import pytest
import sympy

from multistart import Box, Method, Objective, descend, named
from multistart.descents.outcomes import empty
from multistart.descents.prepared import prepare
from multistart.descents.trace import trace_states
from multistart.errors import InputError
from multistart.methods.rate import rates as rates_at
from multistart.methods.regions import Region, rises
from multistart.proofs import Attraction, Certificate, CriticalPoint, certify
from tests.staged import proof_of_peaks

PEAKS = named("peaks")
BOWLS = Objective.from_expression("(x**2 - 1)**2/4 + y**2 + x*y/10", ["x", "y"])
WIDE = Box({"x": (-2.5, 2.5), "y": (-2.5, 2.5)})
ROUNDING = mpmath.mpf("1e-45")  # of 50 digits, where a descent has arrived
METHODS = [
    Method("heavy_ball", learning_rate=rate, momentum=momentum, max_steps=3000)
    for rate, momentum in ((0.01, 0.5), (0.003, 0.9), (0.03, 0.0))
] + [
    Method("nesterov", learning_rate=rate, momentum=momentum, max_steps=3000)
    for rate, momentum in ((0.01, 0.5), (0.01, 0.9), (0.02, 0.99))
]


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return certify(PEAKS, PEAKS.domain, shells=True)


def regions_of(certificate: Certificate, method: Method) -> list[tuple[CriticalPoint, Attraction, Region]]:
    found = []
    for p in certificate.minima:
        if p.attraction is not None and (region := method.region(p.attraction.shells)) is not None:
            found.append((p, p.attraction, region))
    return found


def on_the_edge(center: Any, region: Region, n: int, seed: int, size: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Points and states with ``|x + shift b - center|² + weight |b|² = (size radius)²``, in random directions."""
    rng = np.random.default_rng(seed)
    d = len(center)
    z = rng.standard_normal((n, 2 * d))
    z *= size * region.radius / np.linalg.norm(z, axis=1, keepdims=True)
    state = z[:, d:] / math.sqrt(region.weight) if region.weight > 0 else np.zeros((n, d))
    return np.array(center) + z[:, :d] - region.shift * state, state


def step(method: Method, gradient: Any, x: Any, b: Any) -> tuple[list[Any], list[Any]]:
    """One update as the textbook has it, in whatever numbers are given."""
    rate, momentum, g = (mpmath.mpf(method.learning_rate), mpmath.mpf(method.momentum), gradient(x))
    b = [momentum * bi + gi for bi, gi in zip(b, g, strict=True)]
    direction = b if method.rule.name == "heavy_ball" else [gi + momentum * bi for gi, bi in zip(g, b, strict=True)]
    return [xi - rate * each for xi, each in zip(x, direction, strict=True)], b


def energy(method: Method, value: Any, x: Any, b: Any) -> Any:
    """Of the heavy ball ``f(x) + B/(2a) |s|²``; of Nesterov ``f(x - B s) + |s|²/(2a)``, with the step ``s = -a b``."""
    rate, momentum = mpmath.mpf(method.learning_rate), mpmath.mpf(method.momentum)
    square = sum(bi * bi for bi in b)
    if method.rule.name == "heavy_ball":
        return value(x) + momentum * rate / 2 * square
    return value([xi + momentum * rate * bi for xi, bi in zip(x, b, strict=True)]) + rate / 2 * square


@cache
def in_digits(expression: sympy.Expr, symbols: tuple[sympy.Symbol, ...]) -> tuple[Any, Any]:
    """Value and gradient in 50 digits."""
    exact = sympy.nsimplify(expression, rational=True)
    value = sympy.lambdify([symbols], exact, "mpmath", docstring_limit=0)
    slopes = [sympy.diff(exact, s) for s in symbols]
    return value, sympy.lambdify([symbols], slopes, "mpmath", docstring_limit=0)


def rises_in(f: Objective, method: Method, p: CriticalPoint, region: Region, *, n: int, steps: int, seed: int) -> None:
    """The energy falls in every update from the edge on, in 50 digits, and no point leaves the attraction ball."""
    value, gradient = in_digits(f.expression, f.symbols)
    assert p.attraction is not None
    with mpmath.workdps(50):
        for x, b in zip(*on_the_edge(p.center, region, n, seed), strict=True):
            point, state = [mpmath.mpf(v) for v in x], [mpmath.mpf(v) for v in b]
            before = energy(method, value, point, state)
            for _ in range(steps):
                point, state = step(method, gradient, point, state)
                after = energy(method, value, point, state)
                assert after <= before + ROUNDING
                assert mpmath.norm([a - c for a, c in zip(point, p.center, strict=True)]) < p.attraction.radius
                before = after


@pytest.mark.parametrize("method", METHODS, ids=Method.describe_numbers)
def test_energy_does_not_rise_from_the_edge_of_a_region(method: Method, certificate: Certificate) -> None:
    """On peaks, in random directions of point and step; and every region lies in its minimum's ball."""
    found = regions_of(certificate, method)
    assert found
    for p, ball, region in found:
        rises_in(PEAKS, method, p, region, n=4, steps=25, seed=1)
        x, _ = on_the_edge(p.center, region, 2000, seed=2)
        assert np.linalg.norm(x - p.center, axis=1).max() < ball.radius


def test_the_shells_hold_what_they_say(certificate: Certificate) -> None:
    """NumPy's eigenvalues at random points are within the bounds, and values on spheres above the bounds."""
    rng = np.random.default_rng(5)
    for p in certificate.minima:
        assert p.attraction is not None
        shells = p.attraction.shells
        direction = rng.standard_normal((2000, 2))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        for shell, rise in zip(shells, rises(shells), strict=True):
            inside = np.array(p.center) + direction * shell.radius * rng.random((2000, 1))
            eigenvalues = np.linalg.eigvalsh(PEAKS.hessian(inside))
            assert shell.lowest <= eigenvalues.min()
            assert eigenvalues.max() <= shell.highest <= p.attraction.curvature
            sphere = PEAKS.value(np.array(p.center) + direction * shell.radius)
            least = float(sphere.min()) - p.value[1]
            assert 0.6 * least < rise <= least


def test_nesterovs_inner_radii_are_as_large_as_published(certificate: Certificate) -> None:
    """With the lowest values on spheres the radii .344, .336, .208 at momentum .5, and .285, .280, .185 at .9.

    They are the largest r with ``r + B sqrt(2 a m(r)) <= R`` at ``a = 1/L``, of balls R of .455, .434 and .252.
    """
    published = {0.5: (0.344, 0.336, 0.208), 0.9: (0.285, 0.280, 0.185)}
    for momentum, radii in published.items():
        for p, expected in zip(certificate.minima, radii, strict=True):
            assert p.attraction is not None
            shells = p.attraction.shells
            levels = rises(shells)
            rate = 1 / shells[-1].highest
            fits = [
                shell.radius
                for shell, level in zip(shells, levels, strict=True)
                if shell.radius + momentum * math.sqrt(2 * rate * level) <= p.attraction.radius
            ]
            assert max(fits) > expected - shells[0].radius


@pytest.fixture(scope="module")
def of_bowls() -> Certificate:
    return certify(BOWLS, WIDE, shells=True)


COMPILED = [
    Method("heavy_ball", learning_rate=0.1, momentum=0.7, max_steps=3000),
    Method("nesterov", learning_rate=0.05, momentum=0.9, max_steps=3000),
]


@pytest.mark.parametrize("method", COMPILED, ids=lambda method: method.rule.title)
def test_compiled_descents_that_are_trapped_go_on_to_that_minimum(method: Method, of_bowls: Certificate) -> None:
    """Every start that a region stops ends at the region's minimum under the other way of stopping; alone or not."""
    starts = np.random.default_rng(7).uniform(-2.4, 2.4, (2000, 2))
    certified = replace(method, stopping="certified")
    trapped, free = descend(BOWLS, certified, starts, certificate=of_bowls), descend(BOWLS, method, starts)
    assert set(trapped.ending) == {"trapped"}
    assert set(free.ending) == {"converged"}
    ball = of_bowls.proven_minimum(trapped.end, 1e-300)
    assert set(ball) == {0, 1}
    centers = np.array([p.center for p in of_bowls.minima])
    assert np.abs(free.end - centers[ball]).max() < 1e-6
    assert (trapped.steps % 16 == 0).all()
    assert 1.3 * trapped.steps.mean() < free.steps.mean()
    single = [descend(BOWLS, certified, start[None], certificate=of_bowls) for start in starts[:30]]
    assert np.concatenate([one.end for one in single]).tobytes() == trapped.end[:30].tobytes()
    for i in range(5):
        path, state = trace_states(BOWLS, certified, starts[i], certificate=of_bowls)
        assert path[-1].tobytes() == trapped.end[i].tobytes()
        assert len(path) == trapped.steps[i] + 1 == len(state["b"])
        inside = [_is_inside(of_bowls, certified, x, b) for x, b in zip(path[::16], state["b"][::16], strict=True)]
        assert inside == [False] * (len(inside) - 1) + [True]


def _is_inside(certificate: Certificate, method: Method, x: np.ndarray, b: np.ndarray) -> bool:
    """Whether point and state are in a region, by its definition."""
    for p, _, region in regions_of(certificate, method):
        away = x + region.shift * b - np.array(p.center)
        if away @ away + region.weight * (b @ b) <= region.radius**2:
            return True
    return False


@pytest.mark.parametrize("method", COMPILED, ids=lambda method: method.rule.title)
def test_just_outside_is_not_claimed(method: Method, of_bowls: Certificate) -> None:
    """Points with state 1e-8 inside of the edge are trapped at once, those 1e-8 outside are not; so among many regions.

    Of more than 64 regions the compiled search sorts out most by their first coordinate.
    """
    prepared = prepare(BOWLS, replace(method, stopping="certified"), None, of_bowls, None)
    far = np.column_stack([np.linspace(-9, 9, 100), np.full(100, 50.0), np.tile(prepared.balls[0, 2:], (100, 1))])
    balls = np.vstack([prepared.balls, far])
    many = replace(prepared, balls=balls[np.argsort(balls[:, 0])])
    for p, _, region in regions_of(of_bowls, method):
        for size, inside in ((1 - 1e-8, True), (1 + 1e-8, False)):
            x, b = on_the_edge(p.center, region, 200, seed=4, size=size)
            for one in (prepared, many):
                out = empty(x)
                one.follow(out, b.copy(), until=1)
                assert ((out.ending == "trapped") & (out.steps == 0) == inside).all()


def test_beyond_its_conditions_no_region_is_claimed(certificate: Certificate) -> None:
    """At rates above 2 (1 - B)/L of the heavy ball and 1/L of Nesterov, at changing ones, and without shells.

    It is said before anything is compiled.
    """
    shells, without = certificate.minima[0].attraction.shells, proof_of_peaks(0)  # type: ignore[union-attr]
    for name, limit in (("heavy_ball", 2 * (1 - 0.5) / shells[0].highest), ("nesterov", 1 / shells[1].highest)):
        assert Method(name, learning_rate=0.999 * limit, momentum=0.5).region(shells) is not None
        assert Method(name, learning_rate=1.001 * limit, momentum=0.5).region(shells) is None
        with pytest.raises(InputError, match=r"no attraction region is proven for .* at a rate that changes"):
            Method(name, learning_rate={"schedule": "cosine", "from": 0.01}, stopping="certified")
        with pytest.raises(InputError, match="a rate of each variable"):
            Method(name, learning_rate={"x": 0.01, "y": 0.01}, stopping="certified")
        method = Method(name, learning_rate=0.001, stopping="certified")
        with (
            pytest.raises(InputError, match=r"needs a certificate with shells, as in certify\(f, arena, shells=True"),
            mock.patch("multistart.descents.prepared.compile_kernel", side_effect=AssertionError("too early")),
        ):
            descend(PEAKS, method, np.zeros((1, 2)), certificate=without)
    assert Method("heavy_ball").region(()) is None


def random_bowl(seed: int) -> Objective:
    """A function of one to three variables with minima that are neither round nor even."""
    rng = random.Random(f"bowl {seed}")
    names = "xyz"[: rng.choice((1, 1, 2, 2, 2, 3))]
    terms = [f"{rng.uniform(0.2, 4):.3f}*({v} - {rng.uniform(-0.5, 0.5):.3f})**2" for v in names]
    for v in names:
        waves = rng.uniform(-1.5, 1.5), rng.uniform(0.5, 4), v, rng.uniform(0, 6)
        terms.append("{:.3f}*sin({:.3f}*{} + {:.3f})".format(*waves))
    terms.append(f"{rng.uniform(-1, 1):.3f}*{rng.choice(names)}*{rng.choice(names)}")
    terms.append(f"{rng.uniform(-1, 1):.3f}*{names[0]}**3")
    return Objective.from_expression(" + ".join(terms), list(names))


def hunt(seed: int, *, n: int, steps: int) -> int:
    """How many regions of random methods on a random bowl hold in 50 digits."""
    f, rng = random_bowl(seed), random.Random(f"method {seed}")
    found = certify(f, Box(dict.fromkeys(f.variables, (-1.5, 1.5))), max_boxes=3000, shells=True)
    held = 0
    for p in found.minima[:2]:
        for name in ("heavy_ball", "nesterov"):
            momentum = rng.choice((0.0, 0.3, 0.9, 0.99, rng.random()))
            limit = (2 * (1 - momentum) if name == "heavy_ball" else 1) / p.eigenvalues[-1][1]
            method = Method(name, learning_rate=limit * rng.choice((0.02, 0.4, 0.9, 0.97)), momentum=momentum)
            if p.attraction is not None and (region := method.region(p.attraction.shells)) is not None:
                rises_in(f, method, p, region, n=n, steps=steps, seed=seed)
                held += 1
    return held


def test_regions_of_random_bowls_and_methods_hold() -> None:
    """In 50 digits the energy falls and the ball keeps the descent, whatever function, rate and momentum."""
    assert sum(hunt(seed, n=2, steps=12) for seed in range(6)) > 8


@pytest.mark.slow
def test_regions_of_many_random_bowls_and_methods_hold() -> None:
    """The same for a hundred functions, from more places and further."""
    assert sum(hunt(seed, n=6, steps=60) for seed in range(100, 200)) > 150


def test_a_region_too_large_is_found_out(certificate: Certificate) -> None:
    """With the energy allowed four times what is proven, some descent from the edge leaves the ball or gains energy."""
    method = Method("heavy_ball", learning_rate=0.003, momentum=0.9)
    failed = 0
    for p, _, region in regions_of(certificate, method):
        wrong = Region(3 * region.radius, region.shift, region.weight / 9)
        try:
            rises_in(PEAKS, method, p, wrong, n=6, steps=25, seed=3)
        except AssertionError:
            failed += 1
    assert failed


def test_rates_that_change_trap_and_those_that_add_up_to_little_need_not_arrive(certificate: Certificate) -> None:
    """From the edge of a ball no point is further away than the one before; at rates that fade some stop on the way."""
    p = certificate.minima[1]
    assert p.attraction is not None
    angle = np.linspace(0, 6.2, 12)[:, None]
    edge = np.array(p.center) + p.attraction.radius * np.hstack([np.cos(angle), np.sin(angle)])
    most = 1.999 / p.attraction.curvature
    rates: list[tuple[dict[str, Any], bool]] = [
        ({"schedule": "linear", "from": most / 50, "over": 10}, False),
        ({"schedule": "exponential", "from": most, "factor": 0.1}, False),
        ({"formula": f"{most}*exp(-t)"}, False),
        ({"schedule": "warmup_cosine", "peak": most, "warmup": 3, "to": 0.01}, True),
        ({"schedule": "warm_restarts", "from": most, "every": 7}, True),
        ({"schedule": "inverse_root", "from": most}, True),
    ]
    for rate, arrives in rates:
        method = Method(learning_rate=rate, max_steps=300)
        assert method.arrives == arrives
        assert method.attracted(np.array(p.attraction.curvature))
        x, before = edge, np.linalg.norm(edge - p.center, axis=1)
        for each in rates_at(method.rate, 300, np.arange(300)):
            x = x - each * PEAKS.gradient(x)
            after = np.linalg.norm(x - p.center, axis=1)
            assert (after <= before + 1e-15).all()
            before = after
        assert (before.max() < 1e-6) == arrives
    for name, numbers, arrives in (
        ("step", {"factor": 0.5}, False), ("step", {"factor": 1}, True), ("pieces", {"factor": 0.5, "at": [3]}, True),
        ("polynomial", {"power": 2}, False), ("cosine", {}, False), ("cosine", {"to": 1e-9}, True),
        ("time_based", {}, False), ("inverse_time", {"decay": 1}, True), ("constant", {}, True),
    ):  # fmt: skip
        assert Method(learning_rate={"schedule": name, "from": 0.01, **numbers}).arrives == arrives
    assert Method(learning_rate={"schedule": "one_cycle", "peak": 0.01}).arrives
    assert Method(learning_rate={"formula": "0.01"}).arrives
