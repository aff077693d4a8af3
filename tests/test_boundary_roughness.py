"""How rough boundaries are: entropies, exponents and Wada, on label functions whose boundaries are known."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest

from multistart.boundaries import entropy, uncertainty, verdict
from multistart.boundaries.crossings import crossed_again, crossings
from multistart.boundaries.metered import Metered
from multistart.boundaries.points import length
from multistart.boundaries.taking_part import take_part
from multistart.boundaries.uncertainty import Pairs, exponent, fit, logarithm, power, sample_all, sample_pairs
from multistart.boundaries.wada import wada
from multistart.box import Box
from multistart.descents.outcomes import LEFT_ARENA, STEP_LIMIT
from tests.label_functions import (
    EDGES,
    GRAZING,
    PLANE,
    ROOT_5,
    UNIT,
    WELL,
    Array,
    Codes,
    cantor,
    double_well,
    grazing,
    half,
    newton,
)

CANTOR = 1 - math.log(2) / math.log(3)
REPETITIONS = 200
CUBE = Box({"x": (0, 1), "y": (0, 1), "z": (0, 1)})


def grid(n: int, d: int = 2) -> Array:
    """The middles of n cells an axis."""
    axes = np.meshgrid(*[(np.arange(n) + 0.5) / n] * d, indexing="ij")
    return np.stack(axes, axis=-1).reshape(-1, d)


def entropy_of(share: Array) -> Array:
    """Of two labels."""
    return -share * np.log(share) - (1 - share) * np.log1p(-share)


def test_the_edges_of_the_double_well_are_the_published_ones():
    """At rate .5: 0, sqrt 3, 2.1477634564163589, ..., toward sqrt 5, with gaps that shrink by a factor of 6."""
    published = [0, 1.7320508075688773, 2.1477634564163589, 2.2212277154789160, 2.2335911724373397]
    assert np.abs(EDGES[:5] - published).max() < 1e-14
    gaps = np.diff(EDGES)
    assert gaps[7] / gaps[8] == pytest.approx(6, abs=1e-3)
    assert EDGES[-1] == pytest.approx(ROOT_5, abs=1e-14)


@pytest.mark.parametrize(("n", "published"), [(3, 0.542), (5, 0.486), (10, 0.439), (20, 0.421), (50, 0.405)])
def test_a_straight_boundary_has_the_entropy_of_the_reference(n, published):
    """In square boxes of n x n starts, to the .003 that the reference was simulated to."""
    assert entropy.straight_boundaries(grid(n), 512).mean == pytest.approx(published, abs=0.0035)


def test_more_starts_lead_to_the_entropy_of_the_continuum():
    """0.40015 for square boxes: what lacks falls as 1/n."""
    fifty, hundred = (entropy.straight_boundaries(grid(n), 256).mean for n in (50, 100))
    assert 2 * hundred - fifty == pytest.approx(0.40015, abs=1e-4)


def test_the_entropy_of_a_straight_boundary_is_that_of_random_planes():
    """In three dimensions, of the places that are used: planes drawn one by one, and boxes that they cut counted."""
    at, rng = entropy.places(3), np.random.default_rng(3)
    normal = rng.standard_normal((200_000, 3))
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    offset = rng.uniform(-0.9, 0.9, 200_000)  # of planes from the middle of the unit cube
    below = ((at - 0.5) @ normal.T < offset).mean(axis=0)
    cut = below[(below > 0) & (below < 1)]
    assert entropy.straight_boundaries(at).mean == pytest.approx(entropy_of(cut).mean(), abs=0.003)


def test_places_fill_boxes_of_any_dimension():
    """They lie in the unit cube, no two alike, and their mean is its middle, nearly."""
    for d in (1, 2, 3, 4, 7, 20):
        at = entropy.places(d)
        assert at.min() >= 0
        assert at.max() <= 1
        assert len(np.unique(at, axis=0)) == len(at) == {1: 25, 2: 25, 3: 27}.get(d, 32)
        assert np.abs(at.mean(axis=0) - 0.5).max() < 0.12


def covered(found: list[entropy.Measured], true: float) -> int:
    """How many of the intervals hold the truth."""
    return sum(each.low <= true <= each.high for each in found)


def least_covered(nominal: float = 0.95) -> float:
    """Three standard errors of a simulated coverage below the nominal one."""
    n = REPETITIONS
    return n * (nominal - 3 * math.sqrt(nominal * (1 - nominal) / n))


def test_intervals_of_entropies_cover_those_of_an_upright_boundary():
    """Of x > 0.2 all offsets in a box are alike, so S_bb is the mean of h(1/5), ..., h(4/5), and S_b that by chance."""
    boundary = entropy_of(np.arange(1, 5) / 5).mean()
    side = 0.1
    whole = boundary * 0.8 * side / (1 - side)
    label = partial(half, direction=(1, 0), offset=0.2)
    found = [entropy.entropies(label, PLANE, 25 * 700, np.random.default_rng(i), side=side) for i in range(REPETITIONS)]
    assert min(each.boundary_boxes for each in found) >= entropy.FEWEST
    assert covered([each.boundary for each in found], boundary) >= least_covered()
    assert covered([each.whole for each in found], whole) >= least_covered()


def test_an_upright_boundary_is_not_called_more_mixed_than_straight_ones():
    """It cuts off whole columns of starts: its boxes have more entropy than over all directions, and are straight."""
    label = partial(half, direction=(1, 0), offset=0.2)
    upright = entropy.entropies(label, PLANE, 25 * 4000, np.random.default_rng(7))
    assert upright.boundary.low > upright.straight.mean
    assert upright.straight.most == pytest.approx(entropy_of(np.arange(1, 5) / 5).mean(), abs=1e-12)
    told = "no other than straight boundaries have: 0.440 to 0.587 by direction, 0.484 over all."
    assert verdict.of_mixing(upright).endswith(told)
    mixed = entropy.entropies(lambda x: np.arange(len(x)) % 2, PLANE, 25 * 400, np.random.default_rng(7))
    assert "more than straight boundaries have" in verdict.of_mixing(mixed)
    ends = entropy.straight_boundaries(entropy.places(1))
    assert ends.least == pytest.approx(ends.mean, abs=1e-12) == ends.most


def test_labels_at_random_have_ln_2_once_the_bias_is_added():
    """Of two labels without any order the entropy of a box is ln 2; of 25 starts it lacks 1/50."""
    rng = np.random.default_rng(4)
    found = entropy.entropies(lambda x: rng.integers(0, 2, len(x)), PLANE, 25 * 4000, rng)
    assert found.corrected.value == pytest.approx(math.log(2), abs=0.002)
    assert found.boundary.value == pytest.approx(math.log(2) - 1 / 50, abs=0.002)


def test_fewer_than_thirty_boundary_boxes_have_no_entropy():
    """And the reason says how many there are."""
    found = entropy.entropies(half, PLANE, 25 * 40, np.random.default_rng(5))
    assert math.isnan(found.boundary.value)
    assert found.boundary.note == f"only {found.boundary_boxes} of 40 boxes have two labels, and 30 are needed"


def test_a_curve_of_the_step_limit_is_no_boundary():
    """Boxes and pairs that it cuts are left out, and counted; leaving the arena is a label like a basin."""

    def label(x: Array) -> Codes:
        return np.where(x[:, 0] > 0.5, -1 - STEP_LIMIT, np.where(x[:, 0] > 0, -1 - LEFT_ARENA, 0))

    boxes = entropy.entropies(label, PLANE, 25 * 2000, np.random.default_rng(6))
    assert boxes.left_out == pytest.approx(0.25 * 2000, rel=0.2)
    mixed = boxes.boundary_boxes / boxes.boxes
    assert mixed == pytest.approx(0.8 * 0.05 / 0.7, rel=0.35)  # those of x = 0 alone
    pairs = sample_pairs(label, PLANE, np.array([0.03]), np.array([20_000]), np.random.default_rng(7))
    assert pairs.left_out / 20_000 == pytest.approx(0.25, abs=0.02)
    assert pairs.share[0] == pytest.approx(0.03 * 2 / math.pi / 0.75, rel=0.2)
    assert take_part(np.array([0, -1 - LEFT_ARENA, -1 - STEP_LIMIT])).tolist() == [True, True, False]


def test_intervals_of_the_exponent_cover_that_of_cantor_labels():
    """1 - ln 2 / ln 3, in 200 studies of 30,000 descents."""
    found = [exponent(sample_all(cantor, UNIT, 30_000, np.random.default_rng(i))) for i in range(REPETITIONS)]
    assert covered([each.measured for each in found], CANTOR) >= least_covered()


def test_intervals_of_the_exponent_cover_that_of_a_straight_boundary():
    """1, in 200 studies of 30,000 descents; none of them is called fractal."""
    pairs = [sample_all(half, PLANE, 30_000, np.random.default_rng(i)) for i in range(REPETITIONS)]
    found = [exponent(each) for each in pairs]
    assert covered([each.measured for each in found], 1.0) >= least_covered()
    assert not any(map(verdict.is_fractal, pairs, found))


@pytest.mark.parametrize(
    ("label", "box", "budget", "true", "band"),
    [
        pytest.param(cantor, UNIT, 400_000, CANTOR, 0.0, id="cantor"),
        pytest.param(newton, PLANE, 200_000, 0.5566, 0.0011, id="newton"),
        pytest.param(grazing, GRAZING, 20_000, 0.1926, 0.0027, id="grazing"),
    ],
)
def test_exponents_are_those_of_the_references(label, box, budget, true, band):
    """Within four standard errors and the reference's own band, and called fractal."""
    pairs = sample_all(label, box, budget, np.random.default_rng(1))
    found = exponent(pairs)
    assert abs(found.measured.value - true) < 4 * found.error + 3 * band
    assert found.error < 0.03
    assert verdict.is_fractal(pairs, found)
    assert verdict.of_roughness(pairs, found).startswith("Fractal between")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("label", "box", "budget", "true", "band"),
    [
        pytest.param(newton, PLANE, 8_000_000, 0.5566, 0.0011, id="newton"),
        pytest.param(grazing, GRAZING, 2_000_000, 0.1926, 0.0027, id="grazing"),
    ],
)
def test_exponents_are_those_of_the_references_of_millions_of_descents(label, box, budget, true, band):
    """Within four errors, which are 0.006 at most."""
    found = exponent(sample_all(label, box, budget, np.random.default_rng(9)))
    assert abs(found.measured.value - true) < 4 * math.hypot(found.error, band)
    assert found.error < 0.006


def exact_share(eps: float) -> float:
    """Of starts of the double well that have an edge within ``eps``."""
    edges = np.concatenate([-EDGES[::-1], EDGES, [-ROOT_5, ROOT_5]])
    edges.sort()
    gaps = np.minimum(np.diff(edges), 2 * eps)  # two edges near each other share their surroundings
    return float(gaps.sum() / (2 * ROOT_5))


def test_the_double_well_has_the_uncertain_shares_of_the_reference():
    """Exactly computed from its edges: what the logarithm of its exponent is seen by."""
    published = [0.03346958, 0.004656789, 0.0005674330, 6.773938e-5, 8.010331e-6]
    exact = [exact_share(10.0**-k) for k in range(2, 7)]
    assert exact == pytest.approx(published, rel=2e-6)


def test_the_logarithm_of_the_double_well_is_named():
    """A power is fitted well below 1, and yet it is not called fractal: 1 with a logarithm is likelier."""
    eps = np.geomspace(1e-2, 1e-6, 13)
    share = np.array([exact_share(e) for e in eps])
    n = 10_000_000
    pairs = Pairs(eps, np.full(13, n), np.random.default_rng(10).binomial(n, share))
    found = exponent(pairs)
    assert found.measured.high < 1
    assert found.measured.value == pytest.approx(0.92, abs=0.02)
    assert not verdict.is_fractal(pairs, found)
    assert "1 with a logarithm" in verdict.of_roughness(pairs, found)
    assert found.log_deviance < 0
    by_decade = pairs.slopes()[:12].reshape(4, 3).mean(axis=1)
    assert by_decade == pytest.approx([0.8566, 0.9142, 0.9230, 0.9272], abs=0.05)
    assert by_decade[0] < by_decade[1:].min()


def test_a_fit_is_where_no_other_parameters_are_likelier():
    """Of both laws, beside parameters around it."""
    pairs = sample_all(cantor, UNIT, 60_000, np.random.default_rng(11))
    n, k = pairs.pairs.astype(float), pairs.uncertain.astype(float)
    for law in (power, logarithm):
        found = fit(pairs, law)
        for scale in (0.99, 1.01):
            for place in range(2):
                other = found.parameters.copy()
                other[place] *= scale
                assert uncertainty._deviance(n, k, law(pairs.eps, other)[0]) > found.deviance


def test_standard_errors_of_a_fit_are_the_scatter_of_its_exponents():
    """Of binomial counts with exponent .6, in 200 studies."""
    eps, rng = np.geomspace(0.1, 1e-4, 8), np.random.default_rng(12)
    fits = [fit(Pairs(eps, np.full(8, 3000), rng.binomial(3000, 0.5 * eps**0.6)), power) for _ in range(REPETITIONS)]
    exponents = np.array([each.parameters[1] for each in fits])
    assert exponents.mean() == pytest.approx(0.6, abs=4 * exponents.std() / math.sqrt(REPETITIONS))
    assert exponents.std() == pytest.approx(np.mean([each.errors[1] for each in fits]), rel=0.2)


def test_lengths_that_are_no_power_yet_are_dropped():
    """Shares that saturate at large lengths: the exponent is that of the others, and its note says which they are."""
    eps = np.geomspace(0.3, 1e-5, 12)
    share = np.minimum(0.1, 2 * eps**0.5)
    n = 40_000
    pairs = Pairs(eps, np.full(12, n), np.random.default_rng(13).binomial(n, share))
    found = exponent(pairs)
    assert found.first >= 3
    assert fit(pairs, power).chi2 > 10 * fit(pairs, power).df
    assert found.measured.value == pytest.approx(0.5, abs=0.03)
    assert f"between {length(eps[found.first])} and 1e-5" in found.measured.note


def test_pairs_are_as_far_apart_as_they_say_and_stay_in_the_domain():
    """In widths of the domain, in three dimensions, from points uniform in it."""
    asked = []

    def label(x: Array) -> Codes:
        asked.append(x)
        return np.zeros(len(x), dtype=np.int64)

    box = Box({"x": (-2, 2), "y": (0, 1e-3), "z": (5, 6)})
    sample_pairs(label, box, np.array([0.03]), np.array([4000]), np.random.default_rng(14))
    (points,) = asked
    assert box.contains(points).all()
    first, second = np.split((points - box.low) / box.width, 2)
    assert np.linalg.norm(first - second, axis=1) == pytest.approx(0.03, rel=1e-6)
    assert first.mean(axis=0) == pytest.approx(0.5, abs=0.03)


def test_newton_on_three_roots_is_wada():
    """Each boundary point has all three labels however near; of three stripes none has."""
    rng = np.random.default_rng(15)
    shared = wada(newton, PLANE, crossings(newton, PLANE, 60, rng), 20_000, rng)
    assert shared.points >= 50
    assert shared.complete == (shared.points,) * 3
    assert verdict.of_sharing(shared, shared.intervals()).startswith("Wada as far as can be told")

    def stripes(x: Array) -> Codes:
        return np.digitize(x[:, 0], [-0.3, 0.4])

    apart = wada(stripes, PLANE, crossings(stripes, PLANE, 40, rng), 20_000, rng)
    assert apart.complete[-1] == 0
    assert verdict.of_sharing(apart, apart.intervals()).startswith("Not Wada")
    assert "(99 %: of at least" in verdict.of_sharing(shared, shared.intervals(0.99), 0.99)


def test_wada_is_not_asked_of_two_labels_or_of_few_points():
    """With the reason."""
    rng = np.random.default_rng(16)
    assert "three or more" in wada(half, PLANE, crossings(half, PLANE, 20, rng), 20_000, rng).reason
    assert "15 are needed" in wada(newton, PLANE, crossings(newton, PLANE, 20, rng), 1000, rng).reason


def test_lines_cross_a_smooth_boundary_once_and_a_fractal_one_again():
    """Down to 1e-11 widths of the domain: a straight one and the double well's, Cantor's and Newton's."""
    rng = np.random.default_rng(17)
    for label, box in ((half, PLANE), (double_well, WELL)):
        again = crossed_again(label, box, crossings(label, box, 60, rng), rng)
        assert again.lines == again.not_again == (60,) * 5
        assert verdict.of_crossings(again).startswith("Smooth as far as can be told between 1e-3 and 1e-11")
    for label, box in ((cantor, UNIT), (newton, PLANE)):
        again = crossed_again(label, box, crossings(label, box, 60, rng), rng)
        assert max(again.not_again) < 0.35 * 60
        assert "Smooth" not in verdict.of_crossings(again)


def test_boundary_points_are_beside_the_boundary():
    """Of a plane in three dimensions, with a label on each side."""
    label = Metered(partial(half, direction=(0.6, 0.0, 0.8), offset=0.7))
    found = crossings(label, CUBE, 50, np.random.default_rng(18))
    assert len(found.points) == 50
    assert np.abs(found.points @ [0.6, 0.0, 0.8] - 0.7).max() < 1e-12
    assert (np.sort(found.beside, axis=1) == [0, 1]).all()


def test_smooth_is_not_said_of_an_exponent_that_is_not_known():
    """An interval from .4 to 1.6 holds 1, and says nothing; one without 1 says not smooth."""
    pairs = Pairs(np.geomspace(0.03, 0.003, 4), np.full(4, 200), np.array([20, 9, 5, 2]))
    assert verdict.of_roughness(pairs, exponent(pairs)).startswith("Pairs of starts do not tell")
    few = Pairs(np.geomspace(0.03, 0.003, 4), np.full(4, 200), np.array([2, 1, 0, 0]))
    assert verdict.of_roughness(few, exponent(few)).startswith("How rough the boundary is cannot be told: only 3 of")
    many = Pairs(np.geomspace(0.03, 0.0003, 8), np.full(8, 10**6), (10**6 * np.geomspace(0.03, 0.0003, 8)).astype(int))
    assert verdict.of_roughness(many, exponent(many)).startswith("Smooth as far as pairs of starts tell")


def test_fractal_needs_two_halves_that_agree():
    """A straight stretch over too few decades, or one that bends, is not called so."""
    eps, n = np.geomspace(0.03, 1e-6, 12), 10**6
    bent = Pairs(eps, np.full(12, n), (n * 0.2 * (eps / 0.03) ** (0.3 + 0.02 * np.arange(12))).astype(int))
    found = exponent(bent)
    assert found.measured.high < 1
    assert not verdict.is_fractal(bent, found)
    short = Pairs(eps[:6], np.full(6, n), (n * 0.5 * np.geomspace(0.03, 0.001, 6) ** 0.4).astype(int))
    short = Pairs(np.geomspace(0.03, 0.001, 6), short.pairs, short.uncertain)
    assert not verdict.is_fractal(short, exponent(short))
    assert "are not two decades" in verdict.of_roughness(short, exponent(short))
    straight = Pairs(eps, np.full(12, n), (n * 0.5 * eps**0.4).astype(int))
    assert verdict.is_fractal(straight, exponent(straight))
