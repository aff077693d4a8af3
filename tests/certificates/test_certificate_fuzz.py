"""Certificates of random functions against a search of their text, which knows neither SymPy nor enclosures."""

from __future__ import annotations

import numpy as np
import pytest

from multistart import Box, Objective
from multistart.errors import InputError
from multistart.proofs import Certificate, certify
from tests.certificate_truth import refutations
from tests.random_problems import KINDS, Problem, problem
from tests.text_functions import TextFunction

BOXES = 1500
MANY = {"cancelled": 8, "edge": 6, "punctured": 6, "grammar": 6}


def certified(p: Problem) -> Certificate | None:
    """The certificate, or none if the function is refused."""
    try:
        objective = Objective.from_expression(p.text, list(p.box))
        return certify(objective, Box(p.box), **{"max_boxes": BOXES} | p.options)
    except InputError:
        return None


def check(p: Problem, seed: int) -> Certificate | None:
    """Nothing in the certificate is false as far as a search can tell."""
    c = certified(p)
    if c is not None:
        found = refutations(c, TextFunction.of(p.text, list(p.box)), seed=seed, count=500)
        assert not [claim for claim in found if not claim.startswith("SOFT")], (p, c.sentence, c.global_value)
    return c


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_false_in_certificates_of_random_functions(kind):
    """Four functions or more of each of ten kinds, in 1-D to 3-D; most are not refused."""
    found = [check(problem(f"{kind} {seed}", kind), seed) for seed in range(MANY.get(kind, 4))]
    assert sum(c is not None for c in found) >= 0.5 * len(found)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", range(4))
def test_nothing_is_false_in_certificates_of_thousands_of_random_functions(kind, part):
    """Two thousand seven hundred, seventy-five of each kind in each part."""
    for seed in range(100 + 75 * part, 175 + 75 * part):
        check(problem(f"{kind} {seed}", kind), seed)


TRUE = "cos(x)*cosh(y) + (x - 1)**2/3 + y**4"
BOX = {"x": (-3.0, 4.0), "y": (-2.0, 2.0)}


@pytest.fixture(scope="module")
def honest() -> Certificate:
    return certify(Objective.from_expression(TRUE, ["x", "y"]), Box(BOX))


def altered(c: Certificate, **changes) -> list[str]:
    """The first words of what is found to be false in a certificate of which something was changed."""
    from dataclasses import replace

    claims = refutations(replace(c, **changes), TextFunction.of(TRUE, ["x", "y"]), count=500)
    return [claim.split(":")[0] for claim in claims]


def test_the_search_would_see_what_is_false(honest):
    """A dropped point, a wrong kind, value, place or ball, and a lowest value too high are each found by name."""
    from dataclasses import replace

    first, *rest = honest.points
    assert not altered(honest)
    assert "MISSING" in altered(honest, points=tuple(rest))
    assert "KIND" in altered(honest, points=(replace(first, kind="saddle"), *rest))
    assert "VALUE" in altered(
        honest, points=(replace(first, value=tuple(np.nextafter(first.value[1], [9, 99]))), *rest)
    )
    moved = tuple((b, np.nextafter(b, 9) + 1e-12) for _, b in first.location)
    assert "EMPTY" in altered(honest, points=(replace(first, location=moved), *rest))
    assert "LOWEST" in altered(honest, global_value=(honest.global_value[1] + 1e-9, honest.global_value[1] + 1))
    ball = replace(first.attraction, curvature=first.attraction.curvature / 2)
    assert "BALL" in altered(honest, points=(replace(first, attraction=ball), *rest))
