"""Edges of basins: bisected, joined, left as dust, and the map along them."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from multistart import Box, Method, descend, named
from multistart.boundaries.bisection import SHARP, bisect
from multistart.boundaries.curves import DUST
from multistart.boundaries.edges import neighbours, pairs_of, sharpened
from multistart.boundaries.find import find_edges
from multistart.boundaries.lattice import around, made

SQUARE = Box({"x": (-3, 3), "y": (-3, 3)})
LINE = Box({"x": (-3, 3)})
BUDGET = 60_000


def jittered(box: Box, cells: int, label, seed: int = 1):
    """A lattice of one random start in each cell."""
    at = np.stack(np.meshgrid(*[np.arange(cells)] * box.dimensions, indexing="ij"), axis=-1)
    points = box.low + box.width * (at + np.random.default_rng(seed).random(at.shape)) / cells
    return around(label, box, points, label(points.reshape(-1, box.dimensions)).reshape(points.shape[:-1]))


class Counted:
    """A label function that knows how often it was asked."""

    def __init__(self, label):
        self.label, self.asked = label, 0

    def __call__(self, points):
        self.asked += len(points)
        return self.label(points)


def disc_and_line(points):
    """1 in a disc of radius 1.3, 5 beyond the line x = 2 + y/10, else 0."""
    codes = (np.hypot(*points.T) < 1.3).astype(np.int64)
    codes[points[:, 0] > 2 + points[:, 1] / 10] = 5
    return codes


def strip(points):
    """7 in a strip an eighth as wide as a cell of 50, up and down,, across the whole square; else 0."""
    return np.where(np.abs(points[:, 1] - points[:, 0] - 0.7) < 0.011, 7, 0)


def waves(points):
    """Intervals in turn."""
    return (np.sin(9 * points[:, 0]) > 0).astype(np.int64)


def dust(points):
    """0 and 1, of which neither is on any area that a start could hit."""
    across, up = np.floor(points * 1e7).astype(np.int64).T
    return (across ^ up) & 1


def double_well(rate: float):
    """Labels of gradient descent on (x² - 1)²/4: 1 at +1, 0 at -1, -4 where it leaves."""
    f, method = named("double_well"), Method("gradient_descent", learning_rate=rate, max_steps=3000)

    def label(points):
        out = descend(f, method, points, arena=LINE.widened(1.0))
        return np.where(out.ending == "left_arena", -4, (out.end[:, 0] > 0).astype(np.int64))

    return label


def exact_edges(rate: str, count: int) -> list[float]:
    """Positive edges of the double well: the update maps each to minus the one before, the first to 0."""
    with mpmath.workdps(40):
        a = mpmath.mpf(rate)
        found = [mpmath.mpf(0), mpmath.sqrt((1 + a) / a)]
        while len(found) < count:
            last = found[-1]
            found.append(mpmath.findroot(lambda x, y=last: x * (1 + a - a * x * x) + y, last + (last - found[-2]) / 20))
        return [float(x) for x in found]


@pytest.mark.parametrize(("rate", "known"), [("0.5", 2.2335911724373397), ("0.9", None)])
def test_the_ends_of_intervals_of_the_double_well_are_exact(rate, known):
    """The first six edges on each side of 0, and the last one, beyond which descents leave, to 1e-9."""
    expected = exact_edges(rate, 6)
    assert known is None or abs(expected[4] - known) < 1e-12
    label = double_well(float(rate))
    edges, _ = find_edges(label, made(label, LINE, 150), 5000)
    found = edges.brackets.points[:, 0]
    for edge in expected:
        assert np.abs(found - edge).min() < 1e-9
        assert np.abs(found + edge).min() < 1e-9
    last = np.sqrt((2 + float(rate)) / float(rate))
    assert found.max() == pytest.approx(last, abs=1e-9)
    assert edges.brackets.second[-1] == -4
    assert (np.diff(found) > 0).all()


def test_curves_are_those_that_are_known():
    """A circle is one closed curve, a line one from border to border, each point on them to 1e-10 of the box."""
    lattice = jittered(SQUARE, 60, disc_and_line)
    edges, _ = find_edges(disc_and_line, lattice, BUDGET)
    assert set(edges.curve.tolist()) == {0, 1}
    points, first = edges.brackets.points, edges.brackets.first
    of_circle = edges.curve == edges.curve[np.isin(first, (0, 1)) & np.isin(edges.brackets.second, (0, 1))][0]
    circle, line = points[of_circle], points[~of_circle]
    assert np.abs(np.hypot(*circle.T) - 1.3).max() < 2 * 6 * SHARP
    assert np.abs(line[:, 0] - 2 - line[:, 1] / 10).max() < 2 * 6 * SHARP
    assert (circle[0] == circle[-1]).all()
    assert sorted([line[0, 1], line[-1, 1]]) == [-3, 3]
    for path in (circle, line):
        assert np.hypot(*np.diff(path, axis=0).T).max() < 0.3  # no jump over more than two cells
    turned = np.unwrap(np.arctan2(*circle.T[::-1]))
    assert abs(abs(turned[-1] - turned[0]) - 2 * np.pi) < 1e-9
    assert (np.diff(turned) * np.sign(turned[-1] - turned[0]) > -1e-9).all()  # in order


def test_the_mosaic_is_a_map_sixteen_times_as_sharp():
    """Of 16 x 16 parts of a cell, a fiftieth as many are on the wrong side as of the cells as they are."""
    cells = 60
    lattice = jittered(SQUARE, cells, disc_and_line)
    _, mosaic = find_edges(disc_and_line, lattice, BUDGET)
    plain = lattice.codes[1:-1, 1:-1].repeat(16, axis=0).repeat(16, axis=1)
    sharp = plain.copy()
    for level, (i, j), code in zip(mosaic.level.tolist(), mosaic.index.tolist(), mosaic.code, strict=True):
        size = 16 >> level
        sharp[i * size : (i + 1) * size, j * size : (j + 1) * size] = code
    middle = -3 + 6 * (np.arange(16 * cells) + 0.5) / (16 * cells)
    middles = np.stack(np.meshgrid(middle, middle, indexing="ij"), axis=-1)
    true = disc_and_line(middles.reshape(-1, 2)).reshape(sharp.shape)
    assert (sharp != true).mean() < (plain != true).mean() / 50


def test_the_cells_of_a_mosaic_do_not_overlap():
    """Cells that a parent covers are no cells: their parts add up to the whole cells that are cut."""
    lattice = jittered(SQUARE, 40, disc_and_line)
    _, mosaic = find_edges(disc_and_line, lattice, BUDGET)
    whole = np.unique(mosaic.index >> mosaic.level[:, None], axis=0)
    assert (0.25**mosaic.level).sum() == len(whole)


def test_a_strip_thinner_than_a_cell_is_followed_from_border_to_border():
    """Starts hit it here and there; both of its sides are whole curves from where it is seen on."""
    lattice = jittered(SQUARE, 50, strip)
    edges, _ = find_edges(strip, lattice, 10 * BUDGET)
    points = edges.brackets.points
    offset = points[:, 1] - points[:, 0] - 0.7
    assert np.abs(np.abs(offset) - 0.011).max() < 2 * 6 * SHARP
    length = sum(np.hypot(*np.diff(points[edges.curve == k], axis=0).T).sum() for k in range(edges.curve.max() + 1))
    assert length > 0.97 * 2 * np.sqrt(2) * 5.3  # both sides of all of it
    assert edges.curve.max() < 8


def test_a_third_label_on_the_way_splits_a_pair():
    """Between two starts with 0 and 2 lies a strip with 1: both of its ends are found, in order, each to 1e-10."""

    def label(x):
        return (x[:, 0] > 0.1).astype(np.int64) + (x[:, 0] > 0.10625)

    pair = pairs_of(np.array([[-1.0], [1.0]]), np.array([0, 2]), np.array([0]), np.array([1]))
    found, spent = bisect(label, pair, LINE)
    np.testing.assert_allclose(found.points[:, 0], [0.1, 0.10625], atol=6 * SHARP)
    assert found.first.tolist() == [0, 1]
    assert found.second.tolist() == [1, 2]
    assert found.pair.tolist() == [0, 0]
    assert spent < 2 * 34
    for codes, ends in ((found.first, found.low), (found.second, found.high)):
        assert (label(ends) == codes).all()


def test_a_bracket_can_be_halved_to_the_last_bit():
    """Asked for no width, it ends with two neighbouring doubles."""
    pair = pairs_of(np.array([[0.0], [1.0]]), np.array([0, 1]), np.array([0]), np.array([1]))
    found, _ = bisect(lambda x: (x[:, 0] > 1 / 3).astype(np.int64), pair, LINE, width=0.0)
    assert np.nextafter(found.low[0, 0], 1) == found.high[0, 0]
    assert found.low[0, 0] <= 1 / 3 < found.high[0, 0]


@pytest.mark.parametrize(("half", "rows"), [(1e-8, 1), (1e-3, 2)])
def test_what_stands_still_on_an_edge_is_the_edge(half, rows):
    """Between two basins a strip of no basin is one edge where it has less than 1e-6 of the domain, else two."""

    def label(x):
        return np.where(np.abs(x[:, 0] - 0.3) < half, -1, (x[:, 0] > 0.3).astype(np.int64))

    pair = pairs_of(np.array([[0.3 - 0.7], [0.3 + 0.7]]), np.array([0, 1]), np.array([0]), np.array([1]))
    found, _ = sharpened(label, pair, LINE, 1000)
    assert len(found) == rows
    width = found.width(LINE)
    assert width.max() <= max(SHARP, 3 * half / 6 if rows == 1 else 0)
    assert rows == 2 or (width[0] >= 2 * half / 6 and abs(found.points[0, 0] - 0.3) < 2 * half)


def test_what_stands_still_on_an_edge_is_no_side_of_it():
    """A pair that was cut already keeps both basins where descents stand still between them, within 1e-6."""

    def label(x):
        basins = np.digitize(x[:, 0], [0.3, 0.55])
        return np.where((np.abs(x[:, 0] - 0.3) < 1e-7) | (np.abs(x[:, 0] - 0.55) < 0.1), -1, basins)

    pair = pairs_of(np.array([[-1.0], [1.0]]), np.array([0, 2]), np.array([0]), np.array([1]))
    found, _ = bisect(label, pair, LINE)
    assert found.first.tolist() == [0, -1]
    assert found.second.tolist() == [1, 2]
    np.testing.assert_allclose(found.points[:, 0], [0.3, 0.65], atol=6e-6)


def test_dust_is_left_as_points():
    """Labels that change from each start to the next are joined to nothing, and still bisected, each to 1e-10."""
    counted = Counted(dust)
    lattice = jittered(SQUARE, 80, dust)
    edges, mosaic = find_edges(counted, lattice, 5000)
    assert (edges.curve == DUST).all()
    assert 100 < len(edges.curve) < 200
    assert counted.asked <= 5000
    assert edges.brackets.width(SQUARE).max() <= SHARP
    assert (dust(edges.brackets.low) == edges.brackets.first).all()
    assert len(mosaic.level) == len(mosaic.code)


def test_dust_of_a_limit_leaves_a_boundary_between_basins_a_curve():
    """Where steps run out here and there, more often than a budget reaches for, basins are still parted by a line."""

    def label(p):
        return np.where(p[:, 1] < 0, np.where(dust(p) > 0, -3, 0), (p[:, 0] > 0.2).astype(np.int64))

    counted = Counted(label)
    edges, _ = find_edges(counted, jittered(SQUARE, 80, label), 6000)
    found = edges.brackets
    basins = (found.first >= 0) & (found.second >= 0)
    assert counted.asked == edges.descents <= 6000
    line = basins & (found.points[:, 1] > 0.05)
    assert (edges.curve[line] >= 0).all()
    assert np.abs(found.points[line, 0] - 0.2).max() <= 6 * SHARP
    assert (edges.curve[~basins] == DUST).all()
    assert 40 < (~basins).sum() < 1000  # of some thousands


def newton(points):
    """Which root of z³ - 1 Newton's map leads to."""
    z = points[:, 0] + 1j * points[:, 1]
    for _ in range(60):
        z = z - (z**3 - 1) / (3 * z**2)
    return np.abs(z[:, None] - np.exp(2j * np.pi * np.arange(3) / 3)).argmin(axis=1)


def test_every_point_of_a_fractal_boundary_has_its_two_labels_beside_it():
    """Newton's map, with a budget for all pairs and for few: no bracket holds anything but what it says."""
    box = Box({"x": (-1, 1), "y": (-1, 1)})
    lattice = made(newton, box, 40)
    for budget in (2000, 20_000):
        edges, _ = find_edges(newton, lattice, budget)
        found = edges.brackets
        assert len(found) > 20
        assert (newton(found.low) == found.first).all()
        assert (newton(found.high) == found.second).all()
        assert (found.first != found.second).all()
        for curve in range(edges.curve.max() + 1):
            rows = found.rows(edges.curve == curve)
            pairs = {frozenset(pair) for pair in zip(rows.first.tolist(), rows.second.tolist(), strict=True)}
            assert len(pairs) == 1


@pytest.mark.parametrize("budget", [0, 1, 300, 3000])
def test_a_budget_in_descents_is_kept(budget):
    """No more labels are asked for than there may be, and as many as are said."""
    for box, label in (
        (SQUARE, disc_and_line),
        (SQUARE, strip),
        (LINE, lambda x: (np.sin(9 * x[:, 0]) > 0).astype(np.int64)),
    ):
        counted = Counted(label)
        edges, _ = find_edges(counted, jittered(box, 50, label), budget)
        assert counted.asked == edges.descents <= budget


def test_a_small_budget_tells_basins_better_than_where_the_steps_run_out():
    """All edges to a 16th of the starts' distance; to 1e-10 those between basins first."""

    def label(p):
        return np.where(p[:, 1] > 1, -3, (p[:, 0] > 0.2).astype(np.int64))

    lattice = jittered(SQUARE, 30, label)
    pairs = pairs_of(lattice.points.reshape(-1, 2), lattice.codes.ravel(), *neighbours(lattice.codes))
    found, _ = sharpened(label, pairs, SQUARE, 1200)
    width, basins = found.width(SQUARE), (found.first >= 0) & (found.second >= 0)
    assert width.max() <= pairs.width(SQUARE).max() / 16
    assert (width[basins] <= SHARP).all()
    assert not (width[~basins] <= SHARP).all()


def test_rows_descend_alike_however_they_are_asked_for():
    """A label function that is asked in pieces gives the same edges, bit for bit."""

    def pieces(p):
        return np.concatenate([disc_and_line(p[i : i + 7]) for i in range(0, len(p), 7)])

    lattice = jittered(SQUARE, 40, disc_and_line)
    (one, tiles), (other, others) = (find_edges(label, lattice, BUDGET) for label in (disc_and_line, pieces))
    for name in ("low", "high", "first", "second"):
        np.testing.assert_array_equal(getattr(one.brackets, name), getattr(other.brackets, name))
    np.testing.assert_array_equal(tiles.index, others.index)
