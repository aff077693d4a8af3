"""Views of the explorer: contours, ticks, colours, labels of pixels and what is picked."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from multistart.figures import palette
from multistart.figures.raster import PATTERNS
from multistart.methods.endings import ENDINGS
from tests.colour_vision import DEUTERANOPIA, PROTANOPIA, lab
from tests.javascript import run

SCRIPTS = "./explorer/scripts"

#: A canvas that draws nothing, 400 x 300 px at (10, 20) of a page, on which letters are 7 px wide.
CANVAS = """
const quiet = () => new Proxy({ font: "12px sans-serif", measureText: (text) => ({ width: 7 * text.length }) },
  { get: (target, name) => target[name] ?? (() => {}), set: Reflect.set });
globalThis.document = { createElement: () => ({ getContext: quiet }) };
const canvas = { clientWidth: 400, clientHeight: 300, getContext: quiet,
  getBoundingClientRect: () => ({ left: 10, top: 20, width: 400, height: 300 }) };
"""


def contours(values: np.ndarray, level: float) -> list[np.ndarray]:
    """Lines ``(n, 2)`` in columns and rows of a grid of values ``(rows, columns)``."""
    lines = run(
        f"""import {{ contourLines }} from "{SCRIPTS}/contours.js";
        give(contourLines(given.values, given.columns, given.rows, given.level));""",
        given={"values": values.ravel(), "columns": values.shape[1], "rows": values.shape[0], "level": level},
    )
    return [np.reshape(line, (-1, 2)) for line in lines]


def test_a_contour_of_a_bowl_is_one_closed_circle() -> None:
    """On x² + y² = 1/2 every point is as far from the middle as the chords of cells allow, and the line closes."""
    axis = np.linspace(-1, 1, 41)
    (line,) = contours(axis[:, None] ** 2 + axis**2, 0.5)
    radius = np.hypot(*(line / 20 - 1).T)
    assert (line[0] == line[-1]).all()
    assert np.abs(radius - np.sqrt(0.5)).max() < 0.05**2  # of an interpolated square over a cell
    turned = np.unwrap(np.arctan2(*(line / 20 - 1).T[::-1]))
    assert abs(turned[-1] - turned[0]) == pytest.approx(2 * np.pi)


def test_a_contour_that_leaves_the_grid_ends_at_its_border() -> None:
    """A slope has one straight line from border to border."""
    (line,) = contours(np.tile(np.arange(5.0), (4, 1)), 1.5)
    assert sorted(line[:, 1].tolist()) == [0, 1, 2, 3]
    assert (line[:, 0] == 1.5).all()


@pytest.mark.parametrize(("middle", "joined"), [(0.4, True), (-0.4, False)])
def test_in_a_saddle_cell_the_middle_decides(middle: float, joined: bool) -> None:
    """Where two opposite corners are above, they are joined if the cell's middle is above as well."""
    high = 1.0 + 2 * middle
    lines = contours(np.array([[high, -1.0], [-1.0, high]]), 0.0)
    cut_off = [set(map(tuple, line.round(9).tolist())) for line in lines]
    x = high / (high + 1)
    low_corners = [{(x, 0.0), (1.0, 1 / (high + 1))}, {(0.0, x), (1 / (high + 1), 1.0)}]
    high_corners = [{(x, 0.0), (0.0, x)}, {(1.0, 1 / (high + 1)), (1 / (high + 1), 1.0)}]
    expected = [{(round(a, 9), round(b, 9)) for a, b in pair} for pair in (low_corners if joined else high_corners)]
    assert all(line in cut_off for line in expected)
    assert len(lines) == 2


def test_a_contour_stops_beside_what_is_not_finite() -> None:
    """A cell with a corner that is no number has no line, and no line has a place that is none."""
    values = np.tile(np.arange(5.0), (5, 1))
    values[2, 2] = np.nan
    lines = contours(values, 1.5)
    assert len(lines) == 2
    assert all(np.isfinite(line).all() for line in lines)


def test_ticks_are_round_decimals_inside_their_range() -> None:
    """Ticks are 1, 2, 2.5 or 5 times a power of ten apart, at most as many as asked for, without rounding in sight."""
    generator = np.random.default_rng(5)
    low = generator.normal(size=300) * 10.0 ** generator.integers(-8, 8, 300)
    width = 10.0 ** generator.uniform(-6, 6, 300) * np.maximum(1e-3, np.abs(low)) ** generator.integers(0, 2, 300)
    ranges = [[-1.0, 1.0], [0.0, 0.7], [0.1, 0.4], *np.column_stack([low, low + width]).tolist()]
    found = run(
        f"""import {{ niceTicks, tickLabels }} from "{SCRIPTS}/ticks.js";
        give(given.map(([low, high]) => {{ const t = niceTicks(low, high, 6); return [t, tickLabels(t)]; }}));""",
        given=ranges,
    )
    for (low_end, high_end), (ticks, labels) in zip(ranges, found, strict=True):
        slack = 1e-9 * (high_end - low_end)
        assert len(ticks) <= 6
        assert len(set(labels)) == len(ticks)
        plain = [label.replace("−", "-") for label in labels if "0" <= label[-1] <= "9" or label == "0"]
        assert set(map(float, plain)) <= set(ticks)
        assert not any("." in label for label in plain) or any(label[-1] != "0" for label in plain)
        assert all(low_end - slack <= tick <= high_end + slack for tick in ticks)
        if len(ticks) > 1:
            step = np.diff(ticks).mean()
            mantissa = step / 10.0 ** np.floor(np.log10(step) + 1e-9)
            assert np.abs(mantissa - np.array([1, 2, 2.5, 5])).min() < 1e-6 * max(1.0, max(map(abs, ticks)) / step)
    assert found[1] == [[0, 0.2, 0.4, 0.6], ["0.0", "0.2", "0.4", "0.6"]]
    assert found[2] == [[0.1, 0.2, 0.3, 0.4], ["0.1", "0.2", "0.3", "0.4"]]


def test_logarithmic_ticks_are_powers_of_ten() -> None:
    """Over many decades powers of ten, evenly; over one or two 2 and 5 times them as well; steps are whole."""
    many, few, steps, ends = run(
        f"""import {{ logTicks, logLabels, stepTicks, stepLabels, numberLabel }} from "{SCRIPTS}/ticks.js";
        give([logTicks(1e-20, 1e3, 6), logTicks(0.4, 30, 6), stepTicks(1000, 6, true),
          [logLabels([1e-20, 1]), stepLabels([0, 10000]), numberLabel(-6.5511333), numberLabel(2.7e-77, 4, 1e-12),
           numberLabel(NaN), numberLabel(1.5e20)]]);"""
    )
    exponents = np.log10(many)
    assert len(many) <= 6
    assert np.allclose(exponents, exponents.round())
    assert len(set(np.diff(exponents.round()))) == 1
    assert few == [0.5, 1, 2, 5, 10, 20]
    assert steps == [0, 1, 10, 100, 1000]
    assert ends == [["10⁻²⁰", "10⁰"], ["0", "10,000"], "−6.551", "0", "–", "1.5×10²⁰"]


def test_colours_are_those_of_the_figures() -> None:
    """Basins, endings and the inks of patterns have the colours of the pictures."""
    named, muted, quiet, patterns = run(
        f"""import {{ basinColours, mutedColours, quietColours, endingPatterns }} from "{SCRIPTS}/colours.js";
        give([basinColours, mutedColours, quietColours, endingPatterns]);"""
    )
    assert (tuple(named), tuple(muted)) == (palette.NAMED, palette.MUTED)
    assert quiet == {ENDINGS[-1 - code]: colour for code, colour in palette.QUIET.items()}
    assert patterns == {ENDINGS[-1 - code]: [p.__name__, ink] for code, (p, ink) in PATTERNS.items()}


@pytest.mark.parametrize("seen", [DEUTERANOPIA, PROTANOPIA, np.eye(3)], ids=["deuteranopia", "protanopia", "normal"])
def test_balls_that_race_are_told_apart(seen: np.ndarray) -> None:
    """Colours of any two balls differ by at least 18 in CIELAB, as those of minima do; each has a mark of its own."""
    styles = run(f"""import {{ ballStyles }} from "{SCRIPTS}/colours.js"; give(ballStyles);""")
    assert len(styles) == 6 == len({style["mark"] for style in styles})
    for a, b in itertools.combinations([style["colour"] for style in styles], 2):
        assert np.linalg.norm(lab(a, seen) - lab(b, seen)) >= 18, (a, b)


def labels(codes: np.ndarray, size: int, walls: list[list[float]]) -> np.ndarray:
    """Codes of the pixels of a square image, row 0 at the top, over a domain that fills its middle half."""
    flat = run(
        f"""import {{ basinLabels }} from "{SCRIPTS}/basinImage.js";
        const {{ size, columns, rows, codes, walls }} = given;
        const part = (k) => 2 * (k + 0.5) / size - 0.5;
        give([...basinLabels({{ columns, rows, codes }}, size, size, part, (j) => 1 - part(j), walls)]);""",
        given={
            "size": size, "columns": codes.shape[1], "rows": codes.shape[0], "codes": codes.ravel().tolist(),
            "walls": walls,
        },
    )  # fmt: skip
    return np.reshape(flat, (size, size))


def test_pixels_have_the_basin_of_their_side_of_an_edge() -> None:
    """Along a slanted edge every pixel but those on it has the code of its side, though cells are eight pixels wide."""
    size, cells = 128, 8
    middles = (np.arange(cells) + 0.5) / cells
    below = middles[None, :] > 0.3 + 0.4 * middles[:, None]  # right of a line that leans right, rows from the lowest
    wall = [32 + 64 * 0.3, 96.0, 32 + 64 * 0.7, 32.0]
    found = labels(below.astype(int), size, [wall])
    j, i = np.mgrid[:size, :size] + 0.5
    inside = (np.abs(i - 64) < 32) & (np.abs(j - 64) < 32)
    side = (i - wall[0]) * (wall[3] - wall[1]) - (j - wall[1]) * (wall[2] - wall[0])
    far = np.abs(side) > 1.5 * np.hypot(wall[2] - wall[0], wall[3] - wall[1])
    assert (found[~inside] == 255).all()
    assert (found[inside & far] == (side < 0)[inside & far]).all()


def test_pixels_without_edges_have_the_strongest_cell() -> None:
    """Of a straight border between cells every pixel has its own cell's code."""
    found = labels(np.array([[0, 1], [0, 1]]), 16, [])
    assert (found[4:12, 4:8] == 0).all()
    assert (found[4:12, 8:12] == 1).all()


def test_intervals_end_at_edges() -> None:
    """Intervals of starts end where an edge was bisected, and half-way between starts where none was."""
    found = run(
        f"""import {{ basinIntervals }} from "{SCRIPTS}/intervals.js";
        const edges = [{{ points: [0.2718281828], limited: false }}];
        give(basinIntervals({{ columns: 10, codes: [0, 0, 0, 1, 1, 1, 2, 2, 2, 2], edges }}, 0, 1));"""
    )
    assert [(one["from"], one["to"], one["code"]) for one in found] == [
        (0, 0.2718281828, 0), (0.2718281828, pytest.approx(0.6), 1), (pytest.approx(0.6), 1, 2),
    ]  # fmt: skip


@pytest.mark.parametrize("plane", [None, {"axes": [2, 0], "at": [0.5, 7.0, 0.25]}], ids=["plane", "slice"])
def test_what_is_picked_is_drawn_there(plane: dict | None) -> None:
    """A point that is picked lies on the slice and is projected to where the picture was touched; outside none is."""
    d = 2 if plane is None else 3
    data = {
        "variables": list("xyz"[:d]), "domain": {"low": [-1.0, -2.0, 0.0][:d], "high": [3.0, 1.0, 4.0][:d]},
        "slice": plane, "minima": [], "saddles": [], "maxima": [],
    }  # fmt: skip
    found = run(
        f"""import {{ createMap }} from "{SCRIPTS}/map.js";
        import {{ drawnPlane }} from "{SCRIPTS}/heat.js";
        {CANVAS}
        const map = createMap(canvas, {{ data: given, texts: null }});
        const places = [];
        for (let x = 10; x < 410; x += 7) for (let y = 20; y < 320; y += 7) places.push([x, y, map.pick(x, y)]);
        give([drawnPlane(given), places]);""",
        given=data,
    )
    drawn, places = found
    axes = drawn["axes"]
    inside = np.array([[x, y, point[axes[0]], point[axes[1]]] for x, y, point in places if point])
    assert 0.3 < len(inside) / len(places) < 0.95
    if plane:
        assert {point[1] for _, _, point in places if point} == {7.0}
    view = drawn["view"]
    for px, value, k in ((inside[:, 0], inside[:, 2], 0), (inside[:, 1], inside[:, 3], 1)):
        free = (value > view["low"][k]) & (value < view["high"][k])
        slope, start = np.polyfit(px[free], value[free], 1)
        assert np.abs(start + slope * px[free] - value[free]).max() < 1e-9
        assert (slope > 0) == (k == 0)
        assert value.min() == pytest.approx(view["low"][k])
        assert value.max() == pytest.approx(view["high"][k])


def test_a_trail_keeps_what_is_seen() -> None:
    """Points that are one pixel are one vertex, a cycle is drawn once, and a trail stops where a point is no number."""
    points = np.concatenate([np.linspace([0, 0], [1, 1], 1000), np.tile([[90.0, 0.0], [0.0, 90.0]], (500, 1))])
    points = np.concatenate([points, [[np.nan, 0.0], [5.0, 5.0]]])
    trail, place, end = run(
        f"""import {{ pixelTrail, placeAt }} from "{SCRIPTS}/trails.js";
        const project = (numbers, k) => [numbers[k], numbers[k + 1]];
        const run = {{ points: given }};
        give([pixelTrail(run, 2, project), placeAt(run, 2, project, 1000.25), placeAt(run, 2, project, 3000)]);""",
        given=points.ravel(),
    )
    assert max(trail["updates"]) == 1999
    assert np.isfinite(trail["xs"]).all()
    assert sum(not jump for jump in trail["jumps"]) <= 8 < len(points)
    assert place == [67.5, 22.5]
    assert end == [5, 5]


def test_the_chart_is_logarithmic_where_that_says_more() -> None:
    """Values that fall by decades to a lowest of zero have a logarithmic axis; a minimum below zero rules that out."""
    found = run(
        f"""import {{ axisEnds, isLogarithmic, rangeOf, runSeries }} from "{SCRIPTS}/series.js";
        const falling = rangeOf([[100, 1, 1e-9, 0, NaN]]);
        const series = runSeries({{ points: new Float64Array(2 * 50001), norms: new Float64Array(50001) }}, 2, () => 1);
        give([isLogarithmic(falling, 0), isLogarithmic(falling, -6), isLogarithmic(rangeOf([[3, 2]]), 0),
          axisEnds(rangeOf([[2, 2]]), false), axisEnds(rangeOf([[NaN]]), false), axisEnds(falling, true),
          series.steps.length, series.steps[1]]);"""
    )
    assert found[:3] == [True, False, False]
    assert found[3][0] < 2 < found[3][1]
    assert found[4] == [0, 1]
    assert 0 < found[5][0] < 1e-9
    assert found[5][1] > 100
    assert found[6] <= 20_001
    assert found[7] == 3
