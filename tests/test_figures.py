"""The pictures: what their legends claim, whether their colours can be told apart, and that they always draw."""

from __future__ import annotations

import importlib
import io
import itertools
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import _pylab_helpers
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from PIL import Image

from multistart.box import Box
from multistart.figures import PICTURES
from multistart.figures.binning import extent_of, finite_rows, rebinned
from multistart.figures.classes import classes_of, percent
from multistart.figures.clipping import pieces
from multistart.figures.drawing import figure_of, render
from multistart.figures.names import named as named_setting
from multistart.figures.palette import CURVE_MARKS, NAMED, QUIET, colours_of, shades
from multistart.figures.paths import walk
from multistart.figures.picture import declared
from multistart.figures.raster import LINE, raster, shade_of
from multistart.figures.relief import Relief
from multistart.figures.scene import Scene
from multistart.figures.surface import Surface, levels_of
from multistart.figures.ticks import inner_ticks
from multistart.functions.objective import named
from tests import figure_scenes
from tests.colour_vision import DEUTERANOPIA, PROTANOPIA, lab

SCENES: dict[str, Callable[[], Scene]] = {**figure_scenes.ORDINARY, **figure_scenes.DEGENERATE}


@cache
def laid_out(scene: str, name: str) -> tuple[Figure, list[Bbox], list[Bbox]]:
    """A picture of a scene, where its legends and texts stand, and its data: once for all tests that only look at it.

    Places are taken before some test renders the picture in another size.
    """
    figure = figure_of(name, SCENES[scene]())
    figure.draw_without_rendering()
    texts, areas = ([a.get_window_extent() for a in of] for of in ([*figure.legends, *figure.texts], figure.axes))
    return figure, texts, areas


def picture(scene: str, name: str) -> Figure:
    """A picture of a scene, drawn once."""
    return laid_out(scene, name)[0]


def drawn_artists(figure: Figure) -> int:
    """The number of lines, patches and collections in the figure's axes."""
    return sum(len(ax.lines) + len(ax.patches) + len(ax.collections) for ax in figure.axes)


def legend_texts(figure: Figure) -> list[str]:
    """All entries of the figure's legends, each in one line."""
    return [" ".join(t.get_text().split()) for legend in figure.legends for t in legend.get_texts()]


def all_text(figure: Figure) -> str:
    """The title and notes of a figure, in one line."""
    return " ".join(word for t in figure.texts for word in t.get_text().split())


@pytest.mark.parametrize("scene", SCENES)
def test_every_picture_draws_every_scene(scene: str) -> None:
    """No scene, however little it holds, raises or warns; the picture has a title and leaves no global state."""
    before = dict(mpl.rcParams)
    for name in PICTURES:
        figure = picture(scene, name)
        assert "starts" in all_text(figure) or PICTURES[name].of_function, name
        assert dict(mpl.rcParams) == before, name
        assert not _pylab_helpers.Gcf.figs, name


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_becomes_pixels(name: str) -> None:
    """Its PNG is as large as was asked for, and not of one colour."""
    image = Image.open(io.BytesIO(render(picture("diverging", name), "png", 40)))
    assert image.size == pytest.approx(tuple(40 * picture("diverging", name).get_size_inches()), abs=1)
    assert len(image.convert("RGB").getcolors(10**6)) > 10


#: What is drawn in another way in two dimensions than in one; of the other pictures one scene is enough.
IN_THE_PLANE = ("basin_map", "landscape", "surface", "trajectories")


@pytest.mark.parametrize(
    ("scene", "name"),
    [
        *(("double_well", name) for name in PICTURES),
        *(pytest.param("rastrigin", name, marks=[pytest.mark.slow] * (name not in IN_THE_PLANE)) for name in PICTURES),
    ],
)
def test_the_same_scene_gives_the_same_svg(scene: str, name: str) -> None:
    """Two drawings of one scene are the same bytes, and hold no date."""
    first, second = (render(figure, "svg", 50) for figure in (picture(scene, name), figure_of(name, SCENES[scene]())))
    assert first == second
    assert b"<dc:date>" not in first


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_says_of_itself_what_its_module_declares(name: str) -> None:
    """What is read from the text of a module is what the module holds when it is run."""
    assert PICTURES[name] == importlib.import_module(f"multistart.figures.gallery.{name}").PICTURE


def test_the_file_of_a_picture_has_its_name_and_description() -> None:
    """For whoever does not see it: in the texts of a PNG, the metadata of an SVG and of a PDF."""
    alt = PICTURES["steps_ecdf"].alt
    png, svg, pdf = (render(picture("double_well", "steps_ecdf"), form, 40) for form in ("png", "svg", "pdf"))
    texts = Image.open(io.BytesIO(png)).text  # type: ignore[attr-defined]
    assert (texts["Title"], texts["Description"]) == ("steps ecdf", alt)
    assert f"<dc:description>{alt}</dc:description>".encode() in svg
    assert b"/Title (steps ecdf)" in pdf


def test_the_list_of_pictures_loads_no_library() -> None:
    """The workflow plans with it each time it starts; what draws takes half a second to load."""
    listed = "import sys; from multistart.figures import PICTURES; print(len(PICTURES), *sys.modules)"
    done = subprocess.run([sys.executable, "-c", listed], capture_output=True, text=True, check=True)
    count, *modules = done.stdout.split()
    assert int(count) == len(PICTURES)
    assert not {"matplotlib", "numpy", "pandas", "seaborn", "scipy", "pyarrow"} & set(modules)


def test_a_module_that_declares_no_picture_is_refused(tmp_path: Path) -> None:
    """In one sentence that names the file, whether it says nothing or says it by a computation."""
    for text in ("x = 1\n", "PICTURE = make()\n"):
        (tmp_path / "mine.py").write_text(text)
        with pytest.raises(ValueError, match=r"mine\.py declares no picture: write PICTURE = Picture"):
            declared(tmp_path / "mine.py")
    (tmp_path / "mine.py").write_text('PICTURE = Picture(alt="A.", caption="B.", reads=())\n')
    with pytest.raises(ValueError, match=r"mine\.py declares no picture: .*'title' and 'place'"):
        declared(tmp_path / "mine.py")


def test_places_in_the_order_of_reading_are_all_different() -> None:
    """No two pictures have the same place, the map of the basins is the first, and titles are short and differ."""
    places = [picture.place for picture in PICTURES.values()]
    assert places == sorted(set(places))
    assert next(iter(PICTURES)) == "basin_map"
    titles = {picture.title for picture in PICTURES.values()}
    assert len(titles) == len(PICTURES)
    assert max(map(len, titles)) < 45


def test_a_learning_rate_is_drawn_step_by_step_with_the_limits_of_the_minima() -> None:
    """The line is the rate of each step; a minimum's limit is across it where the axis can show it, and named."""
    scene = figure_scenes.peaks()
    limits = [0.066, 1e-8, 0.128] + [np.nan] * (len(scene.basins) - 3)
    steps, rate = np.arange(1000), 0.1 * 0.99 ** np.arange(1000)
    falling = replace(scene, rates=(steps, rate), basins=scene.basins.assign(critical_learning_rate=limits))
    figure = figure_of("rate", falling)
    line, *across = figure.axes[0].lines
    np.testing.assert_array_equal(line.get_xydata(), np.column_stack([steps, rate]))
    level = {y[0] for y in (other.get_ydata() for other in across) if y[0] == y[1]}
    assert level == {0.066, 0.128}
    said = [text for text in legend_texts(figure) if "attracts" in text]
    assert said == ["minimum 0 attracts below 0.066", "minimum 2 attracts below 0.128"]
    assert "same in all steps" in all_text(figure_of("rate", scene))


def test_no_label_of_an_axis_is_mathematics() -> None:
    """Numbers are plain text, powers of ten too; Matplotlib would parse each for milliseconds."""
    scene = figure_scenes.peaks()
    many = replace(scene, values=scene.values.assign(count=lambda f: 10**6 * f["count"]))  # noqa: PD011 - a frame
    figure = figure_of("final_values", many)
    figure.draw_without_rendering()
    labels = [t.get_text() for t in figure.axes[0].get_yticklabels() + figure.axes[0].get_xticklabels()]
    assert {"10⁶", "10⁸", "−6"} <= set(labels)
    assert not any("$" in label for label in labels)


def test_bars_have_the_names_of_their_classes() -> None:
    """Beside each bar of the shares stands the class that it counts."""
    names = [" ".join(t.get_text().split()) for t in picture("peaks", "shares").axes[0].get_yticklabels()]
    assert names == [" ".join(f"{e.name} {e.detail}".split()) for e in classes_of(figure_scenes.peaks())]


@pytest.mark.parametrize("scene", SCENES)
def test_the_maps_legend_lists_each_class_with_its_share(scene: str) -> None:
    """The legend of the basin map names each ending at no minimum that occurs and each minimum, with its percentage."""
    drawn = SCENES[scene]()
    texts = legend_texts(picture(scene, "basin_map"))
    rest = drawn.endings[drawn.endings["basin"] < 0].groupby("ending")["count"].sum()
    words = {"step_limit": "step limit", "left_arena": "left the arena", "nonfinite": "not finite"}
    for ending, count in rest.items():
        word = words.get(str(ending), "no minimum")
        assert any(word in t and t.endswith(percent(count / drawn.starts)) for t in texts)
    for b, share in zip(drawn.basins["basin"][:8], drawn.basins["share"][:8], strict=True):
        assert any(t.startswith(f"{b} ") and t.endswith(f": {percent(share)}") for t in texts)
    more = len(drawn.basins) - 8
    assert any(t.startswith(f"{more} more") for t in texts) == (more > 0)


@pytest.mark.parametrize("scene", SCENES)
def test_shares_of_all_classes_make_one(scene: str) -> None:
    """The classes divide the starts: their counts sum to the number of starts."""
    drawn = SCENES[scene]()
    assert sum(e.count for e in classes_of(drawn)) == drawn.starts


@pytest.mark.parametrize("scene", SCENES)
def test_legends_stand_beside_the_data(scene: str) -> None:
    """No legend, title or note overlaps a data area, and none leaves the picture."""
    for name in PICTURES:
        figure, texts, areas = laid_out(scene, name)
        for box in texts:
            assert figure.bbox.x0 <= box.x0, name
            assert box.x1 <= figure.bbox.x1, name
            assert not any(box.overlaps(area) for area in areas), name


@pytest.mark.parametrize("seen", [DEUTERANOPIA, PROTANOPIA, np.eye(3)], ids=["deuteranopia", "protanopia", "normal"])
def test_colours_of_minima_survive_colour_blindness(seen: np.ndarray) -> None:
    """Any two of the eight differ by at least 18 in CIELAB (a just noticeable difference is about 2.3)."""
    for a, b in itertools.combinations(NAMED, 2):
        assert np.linalg.norm(lab(a, seen) - lab(b, seen)) >= 18, (a, b)


def test_colours_of_minima_survive_grey_print() -> None:
    """Any two of the eight differ by at least 3 in lightness, any two of the first three by at least 10."""
    light = [lab(c)[0] for c in NAMED]
    assert np.diff(sorted(light)).min() >= 3
    assert np.diff(sorted(light[:3])).min() >= 10


def test_endings_differ_from_minima_and_each_other() -> None:
    """The quiet colours differ from each other and the eight by at least 8, under deuteranopia too."""
    quiet = [QUIET[c] for c in (-1, -3, -4, -5, -6)]
    for a, b in itertools.combinations(quiet, 2):
        assert np.linalg.norm(lab(a, DEUTERANOPIA) - lab(b, DEUTERANOPIA)) >= 8, (a, b)
    for a, b in itertools.product(quiet, NAMED):
        assert np.linalg.norm(lab(a, DEUTERANOPIA) - lab(b, DEUTERANOPIA)) >= 8, (a, b)


@pytest.mark.parametrize("colour", NAMED)
def test_shades_get_darker_with_steps(colour: str) -> None:
    """The ramp of each hue falls in lightness throughout, by at least 25 in all, so grey print keeps it."""
    light = np.array([lab(c)[0] for c in shades(colour)])
    assert (np.diff(light) < 0).all()
    assert light[0] - light[-1] >= 25


@pytest.mark.parametrize("scene", ["peaks", "rastrigin", "tang"])
def test_a_dark_line_divides_every_two_classes(scene: str) -> None:
    """Where two map pixels of different class touch, the image between them is darker than a light grey."""
    drawn = SCENES[scene]()
    image, code = raster(drawn, shade_of(drawn)[0]), drawn.map.code
    size = image.shape[1] // code.shape[1]
    rows, columns = np.nonzero(code[:, 1:] != code[:, :-1])
    assert len(rows) > 0
    for r, c in zip(rows.tolist(), columns.tolist(), strict=True):
        line = image[r * size : (r + 1) * size, (c + 1) * size - 1 : (c + 1) * size - 1 + LINE]
        assert line.max() < 100


def test_neighbouring_further_minima_differ_in_colour() -> None:
    """On the map of 121 minima no two touching basins have the same colour."""
    scene = figure_scenes.rastrigin()
    colours, code = colours_of(len(scene.basins), scene.map.code), scene.map.code
    pairs = {(a, b) for a, b in zip(code[:, 1:].ravel().tolist(), code[:, :-1].ravel().tolist(), strict=True)}
    pairs |= {(a, b) for a, b in zip(code[1:].ravel().tolist(), code[:-1].ravel().tolist(), strict=True)}
    for a, b in pairs:
        assert a == b or not np.array_equal(colours[a], colours[b])


@pytest.mark.parametrize("name", ["landscape", "basin_map", "trajectories"])
def test_a_slice_is_named(name: str) -> None:
    """The head of a picture over a slice gives every fixed coordinate; without a slice there is no such word."""
    scene = figure_scenes.tang()
    text = all_text(picture("tang", name))
    assert "slice" in text
    for variable, value in scene.map.fixed.items():
        assert f"{variable} = {value:g}".replace("-", "−") in text
    assert "slice" not in all_text(picture("peaks", name))


@pytest.mark.parametrize("scene", SCENES)
def test_the_name_of_an_axis_is_clear_of_its_labels(scene: str) -> None:
    """Of small shares too: of both axes of arrivals, no label reaches the name at the left."""
    figure = picture(scene, "steps_ecdf")
    figure.draw_without_rendering()
    for ax in figure.axes:
        if ax.get_ylabel().startswith("of "):
            name = ax.yaxis.label.get_window_extent()
            assert all(name.x1 < label.get_window_extent().x0 for label in ax.get_yticklabels())


@pytest.mark.parametrize("scene", SCENES)
def test_no_picture_calls_a_minimum_global(scene: str) -> None:
    """A picture knows the lowest that was found, as the summary says; that none is lower it does not know."""
    for name in PICTURES:
        words = " ".join(t.get_text() for t in picture(scene, name).findobj(mpl.text.Text)).lower()
        assert "global" not in words, name
        assert "local" not in words, name


def test_bars_are_as_long_as_the_shares_and_hatched_where_lowest() -> None:
    """Each bar's length is the share in percent, its label says it, and the lowest minima alone are hatched."""
    scene = figure_scenes.peaks()
    ax = figure_of("shares", scene).axes[0]
    bars = sorted(ax.patches, key=lambda bar: bar.get_y())
    entries = classes_of(scene)
    np.testing.assert_allclose([b.get_width() for b in bars], [100 * e.share for e in entries])
    assert [bool(b.get_hatch()) for b in bars] == [e.kind == "global" for e in entries]
    assert {percent(e.share) for e in entries} <= {t.get_text() for t in ax.texts}


def test_the_histogram_of_final_values_shows_every_start_or_says_so() -> None:
    """Bars of the final values sum to the finite starts less those noted as beyond the axis."""
    for name, make in SCENES.items():
        scene = make()
        figure, extent = picture(name, "final_values"), extent_of(scene)
        drawn = sum(bar.get_height() for ax in figure.axes for bar in ax.patches)
        if figure.axes:
            assert drawn + extent.beyond + extent.nonfinite == pytest.approx(scene.starts), name
        else:
            assert "no range of values" in all_text(figure) or "No start ended at a finite value" in all_text(figure)


def test_rebinning_keeps_counts() -> None:
    """Bins of any width put into a picture's bins keep their number of starts, narrow ones as whole numbers."""
    rng = np.random.default_rng(1)
    low = rng.random(50)
    rows = pd.DataFrame({"low": low, "high": low + rng.random(50) * 1e-3, "count": rng.integers(1, 9, 50)})
    counts = rebinned(rows, np.linspace(-0.1, 1.2, 27))
    assert counts.sum() == rows["count"].sum()
    assert np.array_equal(counts, np.round(counts))


def test_the_waterfall_is_sorted_and_as_wide_as_the_starts() -> None:
    """Stretches rise from left to right, but for steps too small to see, to the fraction of finite starts."""
    for name, make in SCENES.items():
        scene = make()
        if not picture(name, "waterfall").axes:
            continue
        points = np.array(picture(name, "waterfall").axes[0].collections[1].get_segments())
        extent = extent_of(scene)
        assert (np.diff(points[:, :, 1].mean(axis=1)) >= -(extent.high - extent.low) / 400).all(), name
        np.testing.assert_allclose(points[1:, 0, 0], points[:-1, 1, 0])
        assert points[-1, 1, 0] == pytest.approx(100 * finite_rows(scene.values)["count"].sum() / scene.starts)


def test_tied_minima_are_one_stretch_each_in_the_waterfall() -> None:
    """The two minima of the double well have equal values; each is one stretch, beside starts that ended elsewhere."""
    scene = figure_scenes.double_well()
    away = pd.DataFrame({"basin": -1, "ending": "step_limit", "low": [0.5], "high": [0.6], "count": [100]})
    ax = figure_of("waterfall", replace(scene, values=pd.concat([scene.values, away]))).axes[0]  # noqa: PD011 - a frame
    assert [t.get_text() for t in ax.texts] == ["0", "1"]


def test_a_million_starts_draw_no_more_than_a_thousand() -> None:
    """Pictures hold as many artists for 300 times the counts: nothing is drawn by the start."""
    few = figure_scenes.peaks()
    scaled = {
        k: getattr(few, k).assign(count=lambda f: 300 * f["count"]) for k in ("basins", "endings", "steps", "values")
    }
    many = replace(few, starts=300 * few.starts, **scaled)
    for name in PICTURES:
        assert drawn_artists(figure_of(name, many)) == drawn_artists(picture("peaks", name))


def test_steep_walls_do_not_eat_the_levels() -> None:
    """On Rosenbrock's function at least a third of the levels lie below the median, on peaks they are even."""
    x, y = np.meshgrid(np.linspace(-2, 2, 101), np.linspace(-1, 3, 101))
    steep = (1 - x) ** 2 + 100 * (y - x**2) ** 2
    levels = levels_of(steep)
    assert (levels <= np.median(steep)).mean() > 1 / 3
    peaks = levels_of(named("peaks").value(np.random.default_rng(0).uniform(-3, 3, (2000, 2))))
    assert np.diff(peaks) == pytest.approx(np.diff(peaks)[0])
    assert (np.diff(levels) > 0).all()


def test_paths_are_cut_where_they_leave() -> None:
    """Every drawn piece stays in the view; a path that leaves and returns is two pieces, cut at the face."""
    box = Box({"x": (-1, 1), "y": (-1, 1)})
    path = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 0.5], [0.0, 0.5], [1e200, 0.5]])
    out = pieces(path, box)
    assert [p.tolist() for p in out] == [[[0, 0], [1, 0]], [[1, 0.5], [0, 0.5], [1, 0.5]]]
    assert pieces(path + 5, box) == []


def test_trajectories_stay_inside_their_axes() -> None:
    """Paths that fly off are drawn within the axes only, with an end mark each."""
    scene = figure_scenes.diverging()
    ax = figure_of("trajectories", scene).axes[0]
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    points = np.concatenate([line.get_xydata() for line in ax.lines])
    points = points[np.isfinite(points).all(axis=1)]
    slack = 1e-9
    assert (points >= np.array([left, low]) - slack).all()
    assert (points <= np.array([right, high]) + slack).all()


def test_a_name_with_dollars_is_drawn_as_it_is():
    """Two dollars in the name of a starts file are no formula."""
    scene = replace(figure_scenes.no_starts(), design_text=r"the starts of a$\frac$.csv")
    assert render(figure_of("shares", scene), "png", 40)


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize(
    "scene", ["rastrigin", *(pytest.param(scene, marks=pytest.mark.slow) for scene in ("peaks", "tang"))]
)
def test_a_slide_has_larger_text_and_keeps_it_inside(scene: str, name: str) -> None:
    """A slide is 4 : 3; its axes are numbered half as large again as a page's, and no legend or title leaves it."""
    page, slide = picture(scene, name), figure_of(name, replace(SCENES[scene](), style="slide"))
    slide.draw_without_rendering()
    for text in [*slide.legends, *slide.texts]:
        box = text.get_window_extent()
        assert slide.bbox.x0 <= box.x0
        assert box.x1 <= slide.bbox.x1
        assert slide.bbox.y0 <= box.y0
    if page.axes:
        assert slide.get_figwidth() / slide.get_figheight() == pytest.approx(4 / 3)
        sizes = [figure.axes[0].yaxis.get_major_ticks()[0].label1.get_size() for figure in (page, slide)]
        assert sizes[1] == pytest.approx(1.5 * sizes[0])


def test_a_hill_hides_what_is_behind_it() -> None:
    """Of a ridge the near side and the crest are seen, the foot behind it is not."""
    x = np.linspace(-1, 1, 201)
    ridge = np.exp(-50 * (x[None, :] + x[:, None]) ** 2)  # across the line of sight
    relief = Relief(Surface(Box({"x": (-1, 1), "y": (-1, 1)}), x, x, ridge, np.array([0.0, 1.0])))
    near, crest, far = (-0.5, -0.5), (0.0, 0.0), (0.2, 0.2)
    places = np.array([near, crest, far])
    points = relief.on(places, np.exp(-50 * places.sum(axis=1) ** 2))
    assert relief.visible(points, -135.0).tolist() == [True, True, False]
    assert relief.visible(points, 45.0).tolist()[1:] == [True, True]


def test_a_long_zigzag_is_drawn_at_its_beginning_only() -> None:
    """A path that jumps back and forth is cut where that has been seen, with a line to its end; others are not."""
    view = Box({"x": (-1, 1), "y": (-1, 1)})
    steps = np.arange(400)
    zigzag = np.column_stack([0.5 * (-1.0) ** steps, steps / 1000])
    seen = walk(zigzag, view)
    assert seen.zigzag
    assert sum(map(len, seen.parts)) < 20
    assert seen.rest is not None
    assert seen.rest[-1].tolist() == zigzag[-1].tolist()
    leaving = walk(np.column_stack([zigzag[:, 0], steps / 100]), view)
    assert leaving.gone
    assert leaving.rest[-1][1] == pytest.approx(1)  # the arrow stands on the frame
    spiral = np.column_stack([np.cos(steps / 20), np.sin(steps / 20)]) * (1 - steps / 400)[:, None] * 0.9
    assert not walk(spiral, view).zigzag


def test_a_minimum_that_no_start_reached_is_marked() -> None:
    """Where a proof knows a minimum and no descent rests there, the legend says so, and not that there is none."""
    scene = figure_scenes.peaks()
    known = pd.DataFrame({"kind": ["minimum"], "x": [-1.3474], "y": [0.2045]})
    unreached = replace(scene, basins=scene.basins.iloc[:0], critical_points=known)
    assert "minimum where no descent rests (1)" in legend_texts(figure_of("landscape", unreached))
    nothing = replace(unreached, critical_points=None)
    assert "no minimum reached" in legend_texts(figure_of("landscape", nothing))


@pytest.mark.parametrize("name", ["final_values", "waterfall", "shares", "steps_ecdf", "success", "convergence"])
def test_a_sentence_stands_where_there_is_nothing_to_draw(name: str) -> None:
    """A study of a constant function has no axes in its charts, but a sentence that ends with a full stop."""
    figure = picture("constant", name)
    assert not figure.axes
    assert all_text(figure).endswith(".")


def test_no_bin_of_final_values_reaches_below_the_lowest_minimum() -> None:
    """Starts that ended on the way to it are right of its line: one bin begins there."""
    scene = figure_scenes.peaks()
    bins = [bar for bar in picture("peaks", "final_values").axes[0].patches if bar.get_zorder() < 3]
    width = max(bar.get_width() for bar in bins)
    places = [(bar.get_x() - scene.basins["value"].min()) / width for bar in bins if bar.get_width() > 0.9 * width]
    assert places
    assert places == pytest.approx(np.round(places), abs=1e-6)


@pytest.mark.parametrize(("low", "high"), [(-5, 5), (-3, 3), (0, 1), (-32.768, 32.768), (290, 400)])
def test_the_axes_of_small_maps_have_two_numbers_at_least(low: float, high: float) -> None:
    """None of them at an end, where two maps meet."""
    ax = Figure().add_subplot()
    ax.set_xlim(low, high)
    inner_ticks(ax.xaxis, 2, edge=0.1)
    ticks = np.array(ax.get_xticks())
    assert 2 <= len(ticks) <= 6
    assert low + 0.1 * (high - low) <= ticks.min() < ticks.max() <= high - 0.1 * (high - low)


def test_lines_of_shares_are_told_apart_in_grey() -> None:
    """Each has marks of its own."""
    lines = [line for line in picture("peaks", "convergence").axes[0].lines if line.get_marker() in CURVE_MARKS]
    assert len({line.get_marker() for line in lines}) == len({line.get_color() for line in lines}) > 1


def test_a_title_names_a_method_that_has_a_name_of_its_own() -> None:
    """What is called what its rule is called stands below the title with its numbers."""
    scene = figure_scenes.peaks()
    assert named_setting(replace(scene, method="gradient_descent")) == "peaks"
    assert named_setting(replace(scene, method="bold")) == "peaks with bold"


def test_the_bar_of_a_minimum_stands_on_its_line() -> None:
    """The middle of each bar of a minimum that stands alone is the minimum's value."""
    scene = figure_scenes.peaks()
    bars = [bar for bar in picture("peaks", "final_values").axes[0].patches if bar.get_zorder() == 3]
    middle = sorted(bar.get_x() + bar.get_width() / 2 for bar in bars)
    assert middle == pytest.approx(sorted(scene.basins["value"]))
