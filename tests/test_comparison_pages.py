"""Methods beside each other in pictures, words and on the page: what they say is what the tables hold."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from multistart.figures import COMPARISONS, comparisons_of
from multistart.figures.comparisons.arrivals import arrived, spread
from multistart.figures.drawing import figure_of, render
from multistart.figures.scene import Comparison
from multistart.methods import RULES, Method
from multistart.study import Study, comparison_words, load_study, storage
from multistart.study.compare import gather
from multistart.study.draw import comparison
from multistart.study.findings import Number, PairFindings
from multistart.study.page import page
from multistart.study.page_pairs import changes_table
from multistart.study.read_findings import PairTables, find
from multistart.study.summarize import read_results
from tests import figure_scenes
from tests.conftest import MadeOnce
from tests.html_pages import Page
from tests.staged import compare, files_of
from tests.test_summaries import tables_of

HERE = Path(__file__).parent
CONFIG = yaml.safe_load((HERE / "studies/three_methods.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def study() -> Study:
    """Three learning rates on Himmelblau's function: one creeps, one fits, one jumps."""
    return load_study(CONFIG)


@pytest.fixture(scope="module")
def folder(study: Study, made_once: MadeOnce) -> Path:
    """Its tables."""
    tables = tables_of("three_methods", made_once)
    return made_once("compared", lambda made: compare(study, shutil.copytree(tables, made)))


@pytest.fixture(scope="module")
def tables(study: Study, folder: Path) -> PairTables:
    """Those of its pairs."""
    others = list(study.config.methods)[1:]
    return PairTables(*(gather(folder / m / name for m in others) for name in ("comparison.csv", "changes.csv")))


@pytest.fixture(scope="module")
def shown(study: Study, folder: Path) -> Comparison:
    """What its pictures show, from the files that they say they read."""
    named = {file for picture in COMPARISONS.values() for file in picture.reads}
    files = [folder / file.replace("<method>", method) for method in study.config.methods for file in sorted(named)]
    return comparison(study, [file for file in files if file.exists()])


def texts(figure: Figure) -> list[str]:
    """All that a picture says."""
    return [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_fontsize"))]


SCENES = ("double_well", "tang", "nowhere_finite", "no_starts")


@pytest.mark.parametrize("name", COMPARISONS)
@pytest.mark.parametrize(("count", "style"), [(2, "slide"), (7, "page")])
def test_every_comparison_is_drawn_of_few_and_many_methods(
    shown: Comparison, count: int, style: str, name: str
) -> None:
    """In both styles, in the same bytes each time, with no warning; it says how many methods there are."""
    methods = tuple(replace(shown.methods[i % 3], method=f"method_{i}", style=style) for i in range(count))
    first = shown.pairs[shown.pairs["second"] == "usual"]
    pairs = pd.concat([first.assign(first=f"method_{i}", second=f"method_{j}") for j in range(count) for i in range(j)])
    one = figure_of(name, Comparison(methods, pairs))
    assert f"{count} methods from the same starts" in " ".join(texts(one))
    assert count > 2 or render(one, "svg", 40) == render(figure_of(name, Comparison(methods, pairs)), "svg", 40)


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("name", ["basin_maps", "arrivals"])
def test_comparisons_draw_every_scene(shown: Comparison, scene: str, name: str) -> None:
    """One dimension, six, a hundred minima, none at all: each is drawn, twice the same method beside itself."""
    one = {**figure_scenes.ORDINARY, **figure_scenes.DEGENERATE}[scene]()
    both = Comparison((one, replace(one, method="again")), shown.pairs)
    assert len(render(figure_of(name, both), "png", 40)) > 2000


def test_maps_have_one_scale_of_colours_and_shades(shown: Comparison) -> None:
    """The same method twice gives the same image, and another one where no slow method stands beside it."""
    slow, usual, bold = shown.methods
    figure = figure_of("basin_maps", Comparison((usual, bold, usual), shown.pairs))
    images = [ax.images[0].get_array() for ax in figure.axes if ax.get_label().startswith("map")]
    assert np.array_equal(images[0], images[2])
    alone = figure_of("basin_maps", Comparison((usual, slow, usual), shown.pairs)).axes[0].images[0].get_array()
    assert alone.shape == images[0].shape
    assert not np.array_equal(images[0], alone)


def test_endings_that_look_alike_are_one_entry_of_the_legend(shown: Comparison) -> None:
    """Converged with one method and visited with another, both at no minimum: one swatch, and words true of both."""
    scenes = tuple(
        replace(scene, endings=scene.endings.iloc[:0].reindex([0]).assign(basin=-1, ending=ending, count=7))
        for scene, ending in zip(shown.methods, ("converged", "visited", "visited"), strict=True)
    )
    said = texts(figure_of("basin_maps", Comparison(scenes, shown.pairs)))
    assert said.count("gradient small, no minimum") == 1
    assert "converged, no minimum" not in said


def test_costs_that_are_not_compared_are_said_to_be_so(shown: Comparison) -> None:
    """An empty row of a picture would be a riddle: it has a word, and no other row has."""
    pairs = shown.pairs.copy()
    pairs.loc[pairs["quantity"] == "ratio_of_expected_running_times", ["value", "low", "high"]] = np.nan
    assert texts(figure_of("pairs", Comparison(shown.methods, pairs))).count("not compared") == 3
    pairs[["value", "low", "high"]] = 1.0
    assert "not compared" not in texts(figure_of("pairs", Comparison(shown.methods, pairs)))


def test_each_map_has_the_name_and_the_share_of_its_method(shown: Comparison) -> None:
    """Read from the picture: all, none, and the share of the table."""
    said = texts(figure_of("basin_maps", shown))
    share = shown.methods[2].basins["count"].sum() / 900
    assert [said[said.index(name) + 1] for name in ("careful", "usual", "bold")] == [
        "0 %",
        "100 %",
        f"{share:.1%}".replace("%", " %"),
    ]


def test_arrivals_count_gradients(shown: Comparison) -> None:
    """A curve's last height is the share; it rises at gradient evaluations, which are one more than the steps."""
    usual = shown.methods[1]
    curve, steps = arrived(usual), usual.steps[usual.steps["basin"] >= 0]
    assert curve["of_all"].iloc[-1] == 1
    assert curve["steps"].iloc[-1] == steps["steps"].max() + (1 if "converged" in set(steps["ending"]) else 0)
    twice = replace(usual, paid=usual.steps.assign(steps=2 * usual.steps["steps"]))  # of a method that counts its own
    assert (arrived(twice)["steps"] > curve["steps"]).all()
    drawn = [line for ax in figure_of("arrivals", shown).axes for line in ax.lines]
    assert [line.get_ydata()[-1] for line in drawn] == pytest.approx([1, 0.5422], abs=1e-4)  # none of the first


def test_lines_of_methods_are_told_apart_in_grey(shown: Comparison) -> None:
    """No two of twelve methods have the same dashes and width."""
    figure = figure_of(
        "arrivals", Comparison(tuple(replace(shown.methods[1], method=f"m{i}") for i in range(12)), shown.pairs)
    )
    looks = {(line.get_linestyle(), line.get_linewidth(), str(line._dash_pattern)) for line in figure.axes[0].lines}
    assert len(looks) == 12


@given(st.lists(st.floats(0, 5), min_size=1, max_size=20))
def test_labels_never_overlap(heights: list[float]) -> None:
    """Places are a line apart, within the axes, in the order of the heights; where there is room they stay."""
    wanted = np.array(heights)
    places = spread(wanted, 0.25, 5.0)
    ordered = places[np.argsort(wanted, kind="stable")]
    assert all(b - a >= 0.25 - 1e-9 for a, b in pairwise(ordered))
    assert ordered[0] >= 0.125 - 1e-9
    assert ordered[-1] <= 5 - 0.125 + 1e-9
    if len(heights) == 1 and 0.125 <= heights[0] <= 4.875:
        assert places[0] == pytest.approx(heights[0])


def test_points_of_pairs_are_those_of_the_table(shown: Comparison) -> None:
    """Read from the axes: value and ends; a ratio without an end is an arrow."""
    figure = figure_of("pairs", shown)
    axes = {ax.get_label(): ax for ax in figure.axes}
    more = shown.pairs[shown.pairs["quantity"] == "difference_of_global_shares"]
    drawn = [line for line in axes["difference_of_global_shares"].lines if line.get_marker() == "o"]
    assert [line.get_xdata()[0] for line in drawn] == pytest.approx(more["value"].tolist())
    arrows = [line for line in axes["ratio_of_expected_running_times"].lines if line.get_marker() == "<"]
    assert len(arrows) == 2  # only the second of a pair with `careful` reaches the minimum


def test_the_page_says_which_starts_change_their_basin(tables: PairTables, folder: Path) -> None:
    """Rows and columns add up to the counts of the methods; no start is lost."""
    made = changes_table(tables.changes, "usual", "bold")
    assert [cell.text for cell in made.total][-1] == "900"
    numbers = np.array([[int(cell.text.replace(",", "")) for cell in row[1:]] for row in made.rows])
    assert (numbers[:, :-1].sum(axis=1) == numbers[:, -1]).all()
    counts = storage.read_csv(folder / "usual/basins.csv")["count"].tolist()
    assert numbers[:, -1].tolist() == counts
    assert [heading for heading, _ in made.headings] == [
        "with usual",
        "to minimum 1",
        "to minimum 2",
        "to no minimum",
        "all",
    ]


def test_the_page_has_all_methods_beside_each_other(study: Study, folder: Path, tables: PairTables) -> None:
    """The maps of all at the head in one picture, each alone further down; a table a pair; with one method nothing."""
    names = ("basins.csv", "tally.parquet", "estimates.csv", "diagnoses.csv", "cycles.csv")
    files = files_of(study, folder).values()
    results = read_results(study, *([one.table(name) for one in files] for name in names), [[]] * 3)
    root = Page(page(study, results, "# T\n", tables)).root
    (section,) = [part for part in root.all("section") if part.attributes.get("id") == "comparison"]
    first, *rest = [f"figures/{name}.png" for name in comparisons_of(flow=False)]
    assert [image.attributes["src"] for image in section.all("img")] == rest
    shown = [image.attributes["src"] for image in root.all("img")]
    assert shown[0] == first
    assert shown.count(first) == 1
    assert all(shown.count(f"{method}/figures/basin_map.png") == 1 for method in study.config.methods)
    assert [heading.text for heading in section.all("h4")] == ["careful, then usual", "careful, then bold"]
    alone = Page(page(study, results[:1], "# T\n")).root
    assert not [part for part in alone.all("section") if part.attributes.get("id") == "comparison"]


def pair(value: float, low: float, high: float, ratio: tuple[float, float, float]) -> PairFindings:
    """A pair with these numbers."""
    return PairFindings("usual", "bold", Number(0.1, 0.05, 0.15), Number(value, low, high), Number(*ratio))


Words = Callable[..., str]


@pytest.fixture(scope="module")
def words(study: Study, folder: Path) -> Words:
    """``words(*pairs)`` is what is said of pairs of the methods that reach something."""
    names = ("basins.csv", "tally.parquet", "estimates.csv", "diagnoses.csv", "cycles.csv")
    files = [one for name, one in files_of(study, folder).items() if name != "careful"]
    some = load_study(CONFIG | {"methods": {n: m for n, m in CONFIG["methods"].items() if n != "careful"}})
    results = read_results(some, *([one.table(name) for one in files] for name in names), [[]] * 2)
    found = find(some, results, None)
    return lambda *pairs: "\n".join(comparison_words.paragraphs(some, replace(found, pairs=pairs)))


def test_function_and_hessian_evaluations_are_said_apart(words: Words) -> None:
    """Of the method that needs them, on average; of one that evaluates gradients alone nothing."""
    searching = replace(
        pair(0.02, 0.01, 0.03, (0.5, 0.4, 0.6)), apart={"function": (0.0, 31.25), "hessian": (0.0, 0.0)}
    )
    said = words(searching)
    assert said.count("on average.") == 1
    assert "A descent with `bold` takes 31.2 function evaluations besides, on average." in said
    both = replace(searching, apart={"function": (3.0, 31.25), "hessian": (0.0, 8.0)})
    said = words(both)
    assert "`bold` takes 31.2 function evaluations and 8.0 Hessian evaluations besides" in said
    assert "`usual` takes 3.0 function evaluations besides" in said


NAN = math.nan
SAID = [
    (
        pair(0.02, 0.01, 0.03, (0.5, 0.4, 0.6)),
        ["2.00 percentage points more (1.00 to 3.00)", "0.5 times as many (0.4 to 0.6)."],
        ["cannot", "no difference"],
    ),
    (
        pair(-0.02, -0.03, -0.01, (1.5, 1.2, math.inf)),
        ["2.00 percentage points fewer (1.00 to 3.00)", "1.5 times as many (at least 1.2)."],
        ["cannot"],
    ),
    (
        pair(0.02, -0.01, 0.05, (1.0, 0.9, 1.1)),
        ["(from 1.00 fewer to 5.00 more): no difference can be told", "; which needs fewer cannot be told."],
        [],
    ),
    (pair(0.0, -0.01, 0.01, (1.0, 1.0, 1.0)), ["As many reach", "no difference can be told"], []),
    (
        pair(0.0, -0.01, 0.01, (0.66, 0.0, math.inf)),
        ["0.66 times as many in these starts; of others it cannot be told, as so few starts fail"],
        ["at least 0", "(0 to"],
    ),
    (pair(0.0, -0.01, 0.01, (0.66, 0.0, 0.9)), ["0.66 times as many (at most 0.9)."], ["(0 to", "fewer cannot"]),
    (
        pair(0.02, NAN, NAN, (0.5, NAN, NAN)),
        ["of these starts; how many of the domain this design does not tell", "0.5 times as many, in these starts."],
        ["(", "for the domain, made"],
    ),
    (
        pair(-0.02, -0.03, -0.01, (math.inf, 12.9, math.inf)),
        ["Only with `usual` does a start reach one", "restarts with `bold` take more", "(at least 12 times as many)."],
        [],
    ),
    (
        pair(0.02, 0.01, 0.03, (0.0, 0.0, 0.1)),
        ["Only with `bold` does a start reach one", "restarts with `usual` take more", "(at least 10 times as many)."],
        [],
    ),
    (pair(0.02, 0.01, 0.03, (0.0, 0.0, 3.0)), ["Only with `bold` does a start reach one."], ["at least"]),
    (pair(0.0, -0.01, 0.01, (NAN, 0.0, math.inf)), ["With neither method a start reaches"], ["times", "told"]),
    (
        pair(0.00001, 0.000001, 0.00002, (1.0003, 1.0001, 1.0005)),
        ["0.0010 percentage points more (0.0001 to 0.0020)", "1.0003 times as many (1.0001 to 1.0005)."],
        ["cannot"],
    ),
]


@pytest.mark.parametrize(("found", "expected", "never"), SAID)
def test_words_claim_what_the_interval_tells(
    words: Words, found: PairFindings, expected: list[str], never: list[str]
) -> None:
    """More, fewer, and not told apart; without an interval nothing is said of the domain; never rounded over 0 or 1."""
    said = words(found).partition("basin. ")[2]
    for phrase in expected:
        assert phrase in said
    for phrase in never:
        assert phrase not in said


def plain_steps(method: Method, updates: int) -> float:
    """How far a rule has gone per update, over the gradient, on ground whose gradient is 1 everywhere."""
    beta, rate, b, x, before = method.numbers.get("momentum", 0.0), method.learning_rate, 0.0, 0.0, 0.0
    for _ in range(updates):
        before, b = x, beta * b + 1
        x -= rate * (1 + beta * b if method.optimizer == "nesterov" else b)
    return before - x


@pytest.mark.parametrize("name", [name for name, entry in RULES.items() if getattr(entry, "effective_rate", None)])
def test_the_effective_rate_is_what_steps_come_to(name: str) -> None:
    """On a slope that does not change, the textbook's recurrence takes steps of that length after a while."""
    method = Method(name, learning_rate=0.03, **({} if name == "gradient_descent" else {"momentum": 0.8}))
    assert method.effective_rate == pytest.approx(plain_steps(method, 300), rel=1e-9)


def test_momentum_is_compared_at_equal_steps(study: Study, folder: Path) -> None:
    """Which rate to write is said, and with that rate that both take equal steps; plain rates are left alone."""
    gd = {"optimizer": "gradient_descent", "learning_rate": 0.01}
    said = []
    for rate in (0.01, 0.001):
        ball = {"optimizer": "heavy_ball", "learning_rate": rate, "momentum": 0.9}
        some = load_study(CONFIG | {"methods": {"usual": gd, "bold": ball}})
        names = ("basins.csv", "tally.parquet", "estimates.csv", "diagnoses.csv", "cycles.csv")
        files = [one for method, one in files_of(study, folder).items() if method != "careful"]
        results = read_results(some, *([one.table(name) for one in files] for name in names), [[]] * 2)
        found = replace(find(some, results, None), pairs=(pair(0.02, 0.01, 0.03, (0.5, 0.4, 0.6)),))
        said.append(comparison_words.paragraphs(some, found)[-1])
    assert "with `bold` to 0.1 and with `usual` to 0.01" in said[0]
    assert "write `learning_rate: 0.001` for `bold`" in said[0]
    assert said[1] == "On a slope that does not change, `bold` and `usual` take equal steps, 0.01 times the gradient."
    assert comparison_words.paragraphs(study, replace(found, pairs=())) == ()
