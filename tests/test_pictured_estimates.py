"""What pictures show of a study's estimates: shares, intervals and costs are those of its tables."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from statsmodels.stats.proportion import proportion_confint

from multistart.descents.descend import descend
from multistart.figures import PICTURES
from multistart.figures.drawing import STYLE, figure_of
from multistart.figures.picture import Picture
from multistart.figures.scene import Scene, quantity
from multistart.study import load_study
from multistart.study.draw import scene
from tests import figure_scenes
from tests.small_studies import CONFIG, finished, of_design
from tests.staged import bound


def test_the_scene_of_a_study_has_all_that_the_pictures_need() -> None:
    """From the files of a study there are intervals for minima and endings; each picture is drawn of them below."""
    drawn = scene_of(*PICTURES.values())
    assert drawn.intervals is not None
    assert set(drawn.intervals["code"]) == {0, 1, 2, -1, -3, -4, -5}


@pytest.mark.parametrize(
    ("method", "proven"),
    [
        ({"optimizer": "gradient_descent", "learning_rate": 0.01}, 3),
        ({"optimizer": "gradient_descent", "learning_rate": 0.2}, 0),
        ({"optimizer": "gradient_descent", "learning_rate": {"schedule": "cosine", "from": 0.05}}, 2),
        ({"optimizer": "adam", "learning_rate": 0.01}, 0),
    ],
)
def test_circles_of_attraction_are_those_of_the_method(method: dict, proven: int) -> None:
    """A map has none where nothing is proven of its method; where it has one, descents from inside get there."""
    study = load_study(CONFIG | {"methods": {"gd": {**method, "max_steps": 3000}}})
    drawn = scene(study, "gd", [of_design("jittered_grid") / name for name in ("basins.csv", "tally.parquet")])
    figure = figure_of("basin_map", drawn)
    circles = {(patch.center, patch.radius) for patch in figure.axes[0].patches if isinstance(patch, Circle)}
    assert len(circles) == proven
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts.count("proven to be attracted") == min(proven, 1)
    around = np.exp(2j * np.pi * np.arange(12) / 12)
    for centre, radius in circles:
        starts = np.array(centre) + 0.999 * radius * np.column_stack([around.real, around.imag])
        end = descend(study.objective, study.method("gd"), starts, arena=study.arena).end
        np.testing.assert_allclose(end, np.tile(centre, (12, 1)), atol=1e-3)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_the_same_from_the_files_that_it_declares_alone(name: str) -> None:
    """What a picture says that it reads is all that it reads: more files change nothing of it, to the byte."""
    shown = scene_of(PICTURES[name]), scene_of(*PICTURES.values())
    first, second = (in_text(figure_of(name, each)) for each in shown)
    assert first == second


def in_text(figure: Figure) -> bytes:
    """All that is drawn, with letters as letters and not as outlines, which take a third of the time."""
    buffer = io.BytesIO()
    with mpl.rc_context(STYLE | {"svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", dpi=40, metadata={"Date": None})
    return buffer.getvalue()


@cache
def scene_of(*pictures: Picture) -> Scene:
    """What the files say that some pictures read, of those that the study has."""
    named = {Path(file).name for picture in pictures for file in picture.reads}
    return scene(load_study(CONFIG), "gd", [bounded() / name for name in sorted(named) if (bounded() / name).exists()])


@cache
def bounded() -> Path:
    """The tables of a small study whose boundaries are measured."""
    folder = finished()
    bound(load_study(CONFIG), folder, 3000)
    return folder


def test_error_bars_end_where_the_intervals_do() -> None:
    """Each bar of the shares has its interval across its end."""
    drawn = figure_scenes.peaks()
    ax = figure_of("shares", drawn).axes[0]
    bars = [tuple(line.get_xdata()) for line in ax.lines if np.isfinite(line.get_xdata()).all()]
    known = drawn.intervals.set_index("code")  # type: ignore[union-attr]
    np.testing.assert_allclose(bars, 100 * known.loc[[0, 1, 2, -3], ["low", "high"]].to_numpy())


def test_the_axis_of_restarts_reads_the_probability() -> None:
    """A tick for k restarts stands where k starts succeed with 99 %."""
    figure = figure_of("steps_ecdf", figure_scenes.peaks())
    right = figure.axes[2]
    figure.draw_without_rendering()
    ticks = [(t.get_loc(), float(t.label2.get_text().replace(",", ""))) for t in right.yaxis.get_major_ticks()]
    assert len(ticks) >= 3
    for place, restarts in ticks:
        assert 1 - (1 - place) ** restarts == pytest.approx(0.99)


def test_the_ecdf_reaches_one_for_each_minimum_and_the_share_below() -> None:
    """Above every curve ends at 100 % of the minimum's starts, below at the global share of all starts."""
    drawn = figure_scenes.peaks()
    above, below = figure_of("steps_ecdf", drawn).axes[:2]
    assert [line.get_ydata()[-1] for line in above.lines] == [1.0] * 4
    assert below.lines[0].get_ydata()[-1] == pytest.approx(drawn.basins["share"].iloc[0])


def test_the_success_is_that_of_independent_descents() -> None:
    """One descent succeeds with the global share, two with 1 - (1 - p)^2."""
    drawn = figure_scenes.peaks()
    p = quantity(drawn, "probability_of_global_basin")[0]
    y = figure_of("success", drawn).axes[0].lines[0].get_ydata()
    np.testing.assert_allclose(y[:2], [p, 1 - (1 - p) ** 2])


def test_the_bands_of_convergence_are_those_of_independent_starts() -> None:
    """At the right end a band is as broad as Wilson's interval of as many starts; each line ends at the share."""
    drawn = figure_scenes.peaks()
    ax = figure_of("convergence", drawn).axes[0]
    bands = [c.get_paths()[0].vertices for c in ax.collections if len(c.get_paths()[0].vertices) > 50]
    for band, part in zip(bands, drawn.basins["share"], strict=True):
        at_end = band[np.isclose(band[:, 0], drawn.starts), 1]
        low, high = proportion_confint(part * drawn.starts, drawn.starts, method="wilson")
        assert np.ptp(at_end) == pytest.approx(high - low, rel=1e-6)
    lines = [line for line in ax.lines if len(line.get_xdata()) > 2]
    assert [line.get_ydata()[-1] for line in lines] == pytest.approx(drawn.basins["share"].tolist())
