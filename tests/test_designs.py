import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, qmc

from multistart.box import Box
from multistart.errors import InputError
from multistart.starts.designs import DESIGNS, GRIDS, MAX_LATIN_HYPERCUBE, SEQUENCES, draw, size

BOX = Box({"x": (-3, 3), "y": (0, 1)})
SIZES = {
    "uniform": {"count": 123},
    "grid": {"per_axis": 11},
    "jittered_grid": {"per_axis": 7, "per_cell": 3},
    "latin_hypercube": {"count": 41, "replicates": 3},
    "sobol": {"count": 41, "replicates": 3},
    "halton": {"count": 41, "replicates": 3},
}


@settings(max_examples=60)
@given(st.sampled_from(sorted(SIZES)), st.integers(0, 2**63 - 1), st.data())
def test_a_slice_is_the_slice_of_the_whole(design, seed, data):
    """Any rows of a design equal those rows of the whole, to the last bit."""
    whole = draw(design, BOX, seed=seed, **SIZES[design])
    first = data.draw(st.integers(0, len(whole)))
    last = data.draw(st.integers(first, len(whole)))
    np.testing.assert_array_equal(draw(design, BOX, seed=seed, rows=(first, last), **SIZES[design]), whole[first:last])


GRIDDED = st.tuples(st.integers(1, 9), st.integers(1, 40), st.integers(1, 3), st.integers(0, 2**63 - 1))


def jittered(per_axis, per_cell, d, seed, rows=None):
    """A jittered grid of a box whose sides differ."""
    box = Box({f"x{j}": (-(j + 1), 2) for j in range(d)})
    return draw("jittered_grid", box, per_axis=per_axis, per_cell=per_cell, seed=seed, rows=rows)


@settings(max_examples=100)
@given(GRIDDED, st.data())
def test_any_rows_of_cells_with_several_starts_are_those_of_the_whole(grid, data):
    """From any start of any cell to any other, be that one row, whole cells or parts of cells at both ends."""
    whole = jittered(*grid)
    first = data.draw(st.integers(0, len(whole)))
    last = data.draw(st.integers(first, len(whole)))
    np.testing.assert_array_equal(jittered(*grid, rows=(first, last)), whole[first:last])


@settings(max_examples=100)
@given(GRIDDED, st.integers(1, 40))
def test_more_starts_a_cell_leave_those_that_there_are(grid, more):
    """Start k of a cell is the same point, to the last bit, whatever the number of starts a cell."""
    per_axis, per_cell, d, seed = grid
    few, many = jittered(*grid), jittered(per_axis, per_cell + more, d, seed)
    cells = many.reshape(-1, per_cell + more, d)
    np.testing.assert_array_equal(cells[:, :per_cell].reshape(-1, d), few)


def test_one_start_a_cell_has_the_bits_that_it_always_had():
    """The first start of each cell is the row of its cell in the generator's table, as before cells had several."""
    raw = np.random.Philox(2026).random_raw(8) >> np.uint64(11)
    within = (raw * 2.0**-53).reshape(4, 2)
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    box = Box({"x": (0, 1), "y": (0, 1)})
    for per_cell in (1, 5):
        points = draw("jittered_grid", box, per_axis=2, per_cell=per_cell, seed=2026)
        np.testing.assert_array_equal(points[::per_cell], (corners + within) / 2)


@pytest.mark.parametrize("per_cell", [2, 3, 8, 21])
def test_no_number_of_the_generator_is_used_twice(per_cell):
    """All coordinates within all cells are different numbers of the beginning of the table: octaves do not overlap."""
    points = draw("jittered_grid", Box({"x": (0, 1)}), per_axis=64, per_cell=per_cell, seed=3)[:, 0]
    table = (np.random.Philox(3).random_raw(64 << (per_cell - 1).bit_length()) >> np.uint64(11)) * 2.0**-53
    nearest = np.abs(points[:, None] * 64 % 1 - table).argmin(axis=1)
    np.testing.assert_allclose(table[nearest], points * 64 % 1, rtol=0, atol=2.0**-46)
    assert len(set(nearest)) == 64 * per_cell


@pytest.mark.parametrize("per_cell", [2, 3, 7, 32])
def test_starts_of_a_cell_are_uniform_and_independent(per_cell):
    """Each start of a cell is uniform in it, and none tells of another of the cell, of a neighbour, or a coordinate."""
    per_axis = 64
    points = draw("jittered_grid", Box({"x": (0, 1), "y": (0, 1)}), per_axis=per_axis, per_cell=per_cell, seed=11)
    within = (points * per_axis % 1).reshape(per_axis**2, per_cell, 2)
    for place in range(per_cell):
        for axis in range(2):
            tenths = np.bincount((within[:, place, axis] * 10).astype(int), minlength=10)
            assert chisquare(tenths).pvalue > 1e-6
    columns = np.concatenate([within.reshape(per_axis**2, -1), np.roll(within, 1, axis=0).reshape(per_axis**2, -1)], 1)
    correlation = np.corrcoef(columns.T) - np.eye(columns.shape[1])
    assert np.abs(correlation).max() < 6 / per_axis  # six standard errors
    pairs = (within[:, 0] > 0.5) @ [1, 2] + 4 * ((within[:, -1] > 0.5) @ [1, 2])
    assert chisquare(np.bincount(pairs, minlength=16)).pvalue > 1e-6


@settings(max_examples=60)
@given(st.sampled_from(["uniform", "sobol", "halton"]), st.integers(1, 300), st.integers(1, 300), st.integers(0, 2**63))
def test_a_longer_design_begins_with_the_shorter_one(design, count, more, seed):
    """The rows of fewer starts are the first of those of more, to the last bit: also of scrambled sequences."""
    few, many = (draw(design, BOX, count=n, seed=seed) for n in (count, count + more))
    np.testing.assert_array_equal(many[:count], few)


@settings(max_examples=60)
@given(st.sampled_from([qmc.Sobol, qmc.Halton]), st.integers(1, 30), st.integers(1, 300_000), st.integers(0, 2**63))
def test_a_sequence_goes_to_a_row_as_scipy_walks_there(engine, d, row, seed):
    """Rows from any on are, bit for bit, those that SciPy comes to by a step for each point before."""
    name, options = engine.__name__.lower(), {"bits": 32} if engine is qmc.Sobol else {}
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
    walked = engine(d, rng=rng, **options).fast_forward(row).random(5)
    found = draw(name, Box({f"x{j}": (0, 1) for j in range(d)}), count=row + 5, seed=seed, rows=(row, row + 5))
    np.testing.assert_array_equal(found, walked)


@pytest.mark.parametrize("engine", [qmc.Sobol, qmc.Halton])
def test_a_row_far_on_is_gone_to_without_a_step_for_each_before(engine, monkeypatch):
    """The last of 10^9 starts is not walked to, which is what SciPy does when it is asked to go forward."""
    monkeypatch.setattr(engine, "fast_forward", None)
    point = draw(engine.__name__.lower(), BOX, count=10**9, rows=(10**9 - 1, 10**9))
    assert point.shape == (1, 2)
    assert BOX.contains(point).all()


def test_a_longer_latin_hypercube_is_another_one():
    """Its slabs are narrower: no row of fewer starts need be one of more."""
    few, many = (draw("latin_hypercube", BOX, count=n, seed=1) for n in (10, 20))
    assert not np.isclose(many[:10], few).all(axis=1).any()


@pytest.mark.parametrize("design", sorted(SIZES))
@pytest.mark.parametrize("d", [1, 2, 5])
def test_designs_fill_their_size_inside_the_box(design, d):
    """Every design has the number of rows that size() says, all inside the box, in 1, 2 and 5 dimensions."""
    box = Box({f"x{j}": (-(j + 1), 2) for j in range(d)})
    options = {"per_axis": 3} if design in GRIDS else {"count": 50}
    points = draw(design, box, **options)
    assert points.shape == (size(design, d, **options), d)
    assert box.contains(points).all()


def test_a_jittered_grid_has_one_start_in_each_cell():
    """Counting the starts of a 20 x 20 jittered grid cell by cell gives one everywhere, in row order."""
    points = draw("jittered_grid", BOX, per_axis=20, seed=8)
    cells = np.floor((points - BOX.low) / BOX.width * 20).astype(int)
    np.testing.assert_array_equal(cells @ [20, 1], np.arange(400))


def test_a_latin_hypercube_has_one_start_in_each_slab():
    """Each of the n slabs of each axis holds exactly one start."""
    points = draw("latin_hypercube", BOX, count=64)
    slabs = np.floor((points - BOX.low) / BOX.width * 64).astype(int)
    for axis in range(2):
        np.testing.assert_array_equal(np.sort(slabs[:, axis]), np.arange(64))


def test_a_grid_is_cell_centres():
    """The grid of two cells an axis lies at a quarter and three quarters, last coordinate fastest."""
    points = draw("grid", Box({"x": (0, 4), "y": (0, 8)}), per_axis=2)
    assert points.tolist() == [[1, 2], [1, 6], [3, 2], [3, 6]]


@pytest.mark.parametrize("design", [d for d in sorted(SIZES) if d != "grid"])
def test_the_seed_decides(design):
    """Another seed gives other starts, the same seed the same."""
    a, b, c = (draw(design, BOX, seed=s, **SIZES[design]) for s in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert not np.isclose(a, c).all(axis=1).any()


@pytest.mark.parametrize("design", SEQUENCES)
def test_replicates_are_different_scramblings(design):
    """Each replicate holds other points than the first."""
    first, second = np.split(draw(design, BOX, count=64, replicates=2), 2)
    assert not np.isclose(first, second).all(axis=1).any()


def test_uniform_rows_are_philox_raw_bits():
    """The first numbers are the published generator's raw output times 2^-53, so a study's starts never change."""
    raw = np.random.Philox(2026).random_raw(4) >> np.uint64(11)
    points = draw("uniform", Box({"x": (0, 1), "y": (0, 1)}), count=2, seed=2026)
    np.testing.assert_array_equal(points.ravel(), raw * 2.0**-53)
    assert points[0, 0] == 0.17174895248729471


def test_uniform_is_uniform():
    """Mean and variance of 10^5 uniform starts agree with 1/2 and 1/12 within four standard errors."""
    u = draw("uniform", Box({"x": (0, 1)}), count=100_000, seed=5)[:, 0]
    assert abs(u.mean() - 0.5) < 4 * np.sqrt(1 / 12 / 1e5)
    assert abs(u.var() - 1 / 12) < 4 * np.sqrt(1 / 180 / 1e5)


def test_a_users_starts_are_taken_as_they_are():
    """Design file returns its points, or a slice of them, unchanged and as a copy."""
    points = np.array([[0.1, 0.2], [9.0, 9.0]])
    taken = draw("file", BOX, points=points)
    np.testing.assert_array_equal(taken, points)
    taken[0] = 7
    assert points[0, 0] == 0.1


@pytest.mark.parametrize(
    ("design", "options", "piece"),
    [
        ("sobel", {"count": 4}, 'did you mean "sobol"'),
        ("grid", {"count": 4}, "takes per_axis, not count"),
        ("uniform", {"per_axis": 4}, "takes count, not per_axis"),
        ("uniform", {}, "needs count"),
        ("uniform", {"count": 0}, "at least 1; got 0"),
        ("uniform", {"count": -3}, "got -3"),
        ("uniform", {"count": 2.5}, "got 2.5"),
        ("uniform", {"count": True}, "got True"),
        ("uniform", {"count": 10, "replicates": 2}, "replicates belong to"),
        ("grid", {"per_axis": 3, "per_cell": 2}, "per_cell belongs to jittered_grid"),
        ("grid", {"per_axis": 10**6}, "at most"),
        ("latin_hypercube", {"count": MAX_LATIN_HYPERCUBE}, "use sobol for more"),
        ("sobol", {"count": 2 * 10**9}, "more replicates"),
        ("uniform", {"count": 10, "rows": (5, 11)}, "not within the 10 starts"),
        ("uniform", {"count": 10, "rows": (7, 5)}, "not within"),
        ("file", {}, "needs points"),
        ("file", {"points": np.array([[0.0, np.nan]])}, "row 0 is not"),
        ("file", {"points": np.zeros((0, 2))}, "n of at least 1"),
    ],
)
def test_sizes_that_a_design_cannot_take_are_refused(design, options, piece):
    """Each refusal says what was asked, what was seen and what would do."""
    with pytest.raises(InputError, match=piece):
        draw(design, BOX, **options)


def test_every_design_has_a_size_here():
    """The table above covers the designs that there are."""
    assert set(SIZES) | {"file"} == set(DESIGNS)
