"""The exact multiply-add of the explorer in JavaScript, against exact integers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.javascript import run

SMALLEST, LARGEST = 5e-324, float(np.finfo(float).max)
EDGES = [0.0, SMALLEST, 2.0**-1022, 2.0**-1022 - SMALLEST, 2.0**-537, 0.5, 1.0, 1.0 + 2.0**-52, 1.0 - 2.0**-53, 3.0]
EDGES += [2.0**53 - 1, 2.0**512, 2.0**970, 2.0**1023, LARGEST, math.inf, math.nan, 2.0**-1074 * 3, 2.0**-511]
EDGES += [-x for x in EDGES]


def rounded(a: float, b: float, c: float) -> float:
    """``a*b + c`` rounded once, by Python's integers, whose quotient is rounded once."""
    if not (math.isfinite(a) and math.isfinite(b)) or a == 0 or b == 0:
        return a * b + c
    if not math.isfinite(c):
        return c
    (n, d), (m, e), (k, f) = a.as_integer_ratio(), b.as_integer_ratio(), c.as_integer_ratio()
    numerator = n * m * f + k * d * e
    if numerator == 0:
        return 0.0
    try:
        return numerator / (d * e * f)
    except OverflowError:
        return math.inf if numerator > 0 else -math.inf


def any_bits(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.integers(0, 2**64, n, dtype=np.uint64).view(np.float64)


def short(rng: np.random.Generator, n: int, bits: int) -> np.ndarray:
    """Numbers of a few bits between 2**-60 and 2**60."""
    return np.ldexp(rng.integers(-(2**bits), 2**bits, n).astype(float), rng.integers(-60, 60 - bits, n))


def half_way(rng: np.random.Generator, n: int) -> np.ndarray:
    """Products and sums of few bits at chance distances, that end at the middle of two doubles or a hair beside it.

    A product of two doubles is their middle where it has 54 bits; a c of a few bits further down decides.
    """
    a = (2 * rng.integers(2**26, 2**27, n) + 1).astype(float)  # 28 bits times 26 and 27 bits: 54 and 55
    b = (2 * rng.integers(2**24, 2**26, n) + 1).astype(float)
    c = np.ldexp(rng.choice([-1.0, 0.0, 1.0, 3.0], n), rng.integers(-140, 120, n))
    scale = np.ldexp(1.0, rng.integers(-100, 100, n))
    return np.stack([a * scale, b, c * scale])


def cases(n: int, rng: np.random.Generator) -> np.ndarray:
    """``n`` triples of each kind: any bits, ordinary ones, near cancellation, ties, and at both edges of the range."""
    normal, scale = rng.standard_normal, lambda low, high: np.ldexp(1.0, rng.integers(low, high, n))
    a, b = normal(n) * scale(-30, 30), normal(n) * scale(-30, 30)
    with np.errstate(over="ignore", under="ignore"):
        nearly = np.nextafter(-a * b, rng.choice([-math.inf, math.inf], n))
        kinds = [
            np.stack([any_bits(rng, n), any_bits(rng, n), any_bits(rng, n)]),
            np.stack([normal(n), normal(n), normal(n) * scale(-60, 60)]),
            np.stack([a, b, -a * b]),
            np.stack([a, b, nearly * (1 + rng.integers(-3, 4, n) * 2.0**-50)]),
            np.stack([short(rng, n, 27), short(rng, n, 27), short(rng, n, 20)]),
            half_way(rng, n),
            subnormal(rng, n),
            np.stack([normal(n) * scale(480, 560), normal(n) * scale(440, 500), normal(n) * scale(1000, 1024)]),
            largest(rng, n),
            rng.choice(EDGES, (3, n)),
            np.stack([rng.choice(EDGES, n), any_bits(rng, n), rng.choice(EDGES, n)]),
        ]
    return np.concatenate(kinds, axis=1)


def subnormal(rng: np.random.Generator, n: int) -> np.ndarray:
    """Products and sums near the smallest normal number and below, ties of theirs among them."""
    a = np.where(rng.random(n) < 0.5, rng.standard_normal(n), rng.integers(-(2**20), 2**20, n) + 0.5)
    exponent = rng.integers(500, 575, n)
    b = np.where(rng.random(n) < 0.5, rng.standard_normal(n), rng.integers(-(2**12), 2**12, n).astype(float))
    c = np.where(rng.random(n) < 0.5, rng.integers(-(2**53), 2**53, n), rng.integers(-8, 8, n)) * SMALLEST
    return np.stack([np.ldexp(a, -exponent), np.ldexp(b, -rng.integers(500, 575, n)), c])


def largest(rng: np.random.Generator, n: int) -> np.ndarray:
    """Products that just do not overflow, or do, alone and against a number as large."""
    a = np.ldexp(rng.uniform(0.5, 1, n), rng.integers(1, 1024, n))
    b = LARGEST / a * (1 + rng.integers(-8, 4, n) * 2.0**-52)
    c = rng.choice([-LARGEST, LARGEST, -1.0, 2.0**970, -(2.0**970), 2.0**969, -(2.0**916)], n)
    return np.stack([a, b, c * (1 - rng.integers(0, 2**20, n) * 2.0**-53)])


SCRIPT = """
import { fma } from "./kernels/javascript/ieee.js";
const [a, b, c] = given;
give(a.map((x, i) => fma(x, b[i], c[i])));
"""


def wrong(triples: np.ndarray) -> list[tuple[float, ...]]:
    """The triples for which JavaScript's fma is another double than the exact one; all nan are one."""
    seen = run(SCRIPT, given=list(triples))
    truth = np.array([rounded(*triple) for triple in zip(*triples.tolist(), strict=True)])
    same = (seen.view(np.int64) == truth.view(np.int64)) | (np.isnan(seen) & np.isnan(truth))
    return [(*triples[:, i].tolist(), seen[i], truth[i]) for i in np.flatnonzero(~same)]


def test_the_multiply_add_is_rounded_once():
    """Of 220,000 triples of every kind none is off by a bit, among them thousands half way between two doubles."""
    assert wrong(cases(20_000, np.random.default_rng(1))) == []


@pytest.mark.slow
def test_a_million_multiply_adds_are_rounded_once():
    """Nor of more than a million."""
    assert wrong(cases(100_000, np.random.default_rng(2))) == []
