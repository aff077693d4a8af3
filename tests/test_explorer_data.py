"""What the explorer holds: the study's own labels, points and numbers, to the bit, and nothing of the machine."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from multistart.counts.grid import NO_START
from multistart.descents.descend import descend
from multistart.descents.outcomes import ENDINGS
from multistart.explorer.basins import raster
from multistart.explorer.contents import LabelMap
from multistart.explorer.curves import simplified
from multistart.explorer.data import page_data
from multistart.explorer.html import html, in_script, texts
from multistart.explorer.program import ARITHMETIC, program
from multistart.explorer.sliders import rate_slider, slider
from multistart.figures.palette import NAMED, QUIET
from multistart.methods import RULES, Method
from multistart.study import load_study
from multistart.study.boundary import label_function
from multistart.study.draw import scene
from multistart.study.explore import contents_of_config, explorer
from tests.browser.pages import SPACE as PAGE_OF_SPACE
from tests.explorer_data import finished
from tests.html_pages import Page
from tests.javascript import run
from tests.plain_kernel import plainly, to_the_bit
from tests.small_project import CONFIG as SMALL
from tests.small_studies import CONFIG

GD = {"optimizer": "gradient_descent", "learning_rate": 0.01, "max_steps": 300}
FAST = GD | {"learning_rate": 0.03, "max_steps": 1000}
WELLS = {
    "study": "wells",
    "objective": {"expression": "(x**2 - 1)**2/4 + a*x", "variables": ["x"], "parameters": {"a": 0.1}},
    "domain": {"x": [-2, 2]},
    "starts": {"design": "grid", "per_axis": 50},
    "methods": {"gd": GD | {"learning_rate": 0.1}},
}
SPACE = {
    "study": "space",
    "objective": PAGE_OF_SPACE["objective"],
    "domain": {"x": [-2, 2], "y": [-1, 1], "z": [-2, 3]},
    "starts": {"design": "uniform", "count": 64, "seed": 1},
    "methods": {"gd": GD | {"learning_rate": 0.05}},
    "figures": {"slice": {"axes": ["z", "x"], "at": {"y": 0.25}}},
}
SEVERAL = {
    "falling": GD | {"learning_rate": {"schedule": "cosine", "from": 0.02, "to": 0.0001}},
    "typed": {"rule": {"update": ["v = 0.9*v + g", "x = x - lr*v"], "state": {"v": 0}}, "learning_rate": 0.001},
    "of_each": GD | {"learning_rate": {"x": 0.01, "y": 0.02}},
    "centred": {"optimizer": "rmsprop", "learning_rate": 0.01, "centered": True},
    "certified": GD | {"stopping": "certified"},
    "formula": GD | {"learning_rate": {"formula": "0.02*(1 - t/N)"}},
    "bfgs": {"optimizer": "scipy", "method": "BFGS", "max_steps": 50},
    "flow": {"optimizer": "gradient_flow", "max_steps": 500},
    "newton": {"optimizer": "damped_newton", "max_steps": 50},
}
for typed in ("typed", "centred"):
    SEVERAL[typed]["max_steps"] = 300


@pytest.fixture(scope="module")
def peaks() -> tuple[Any, Any]:
    """A small study of peaks whose basins meet, with its boundaries."""
    starts = {"design": "jittered_grid", "per_axis": 20, "seed": 1}
    return finished(CONFIG | {"starts": starts, "methods": {"gd": FAST}}, descents=4000)


@pytest.fixture(scope="module")
def data(peaks) -> dict[str, Any]:
    """What the explorer of that holds."""
    return page_data(peaks[1])


@pytest.fixture
def finished_project(request) -> Path:
    """A copy of the project in which a small study has run."""
    return request.getfixturevalue("finished")


def codes(basins: dict[str, Any]) -> np.ndarray:
    """The codes of a map, ``(rows, columns)``, as a page unpacks them."""
    bytes_ = zlib.decompress(base64.b64decode(basins["codes"]), -zlib.MAX_WBITS)
    return np.frombuffer(bytes_, dtype=np.uint8).reshape(basins["rows"], basins["columns"])


def meant(basins: dict[str, Any]) -> np.ndarray:
    """The study's code of each pixel: a minimum, or -1 - the place of an ending."""
    of_class = [c["minimum"] if c["ending"] is None else -1 - ENDINGS.index(c["ending"]) for c in basins["classes"]]
    return np.array(of_class)[codes(basins)]


def middles(data: dict[str, Any], rows: int, columns: int) -> np.ndarray:
    """The middles of the pixels of a map of a plane, ``(rows, columns, 2)``."""
    low, high = np.array(data["domain"]["low"]), np.array(data["domain"]["high"])
    x, y = ((np.arange(n) + 0.5) / n * (high[k] - low[k]) + low[k] for k, n in enumerate((columns, rows)))
    return np.stack(np.meshgrid(x, y), axis=-1)


def test_the_map_says_what_becomes_of_the_middles_of_its_pixels(peaks, data) -> None:
    """Where the study has edges, descents from the middles of pixels are labelled as the map has it, but beside edges.

    The truth is the label function, of which the map's cells have only sampled some starts.
    """
    study, contents = peaks
    (basins,) = data["basins"]
    assert (basins["method"], basins["columns"], basins["rows"]) == ("gd", 400, 400)
    drawn, some = meant(basins), slice(7, None, 26)
    points = middles(data, 400, 400)[some, some].reshape(-1, 2)
    truth = label_function(study, "gd", contents.certificate, contents.minima)(points)
    agrees = truth == drawn[some, some].ravel()
    assert agrees.mean() > 0.95
    assert len(set(truth.tolist())) >= 4


def test_the_map_is_that_of_the_picture(peaks) -> None:
    """Cells without refinement have the codes that the scene of the pictures has, in the same rows and columns."""
    study, contents = peaks
    (label_map,) = contents.maps
    from tests.small_studies import finished as tables

    starts = {"design": "jittered_grid", "per_axis": 20, "seed": 1}
    folder = tables(starts=starts, methods={"gd": FAST})
    drawn = scene(study, "gd", [folder / name for name in ("basins.csv", "tally.parquet")])
    assert (drawn.map.code == label_map.code).all()
    plain = raster(replace(label_map, mosaic=None), 2)
    assert (plain == drawn.map.code).all()


def test_a_map_of_many_cells_has_fewer_pixels_and_one_with_holes_is_filled() -> None:
    """At most 400 an axis, each with the code of the cell that its middle lies in; a hole has its neighbour's."""
    code = np.arange(500)[None, :] + np.zeros((500, 1), dtype=np.int64)
    found = raster(LabelMap("gd", code), 2)
    assert found.shape == (400, 400)
    assert found[0].tolist() == [int((k + 0.5) * 1.25) for k in range(400)]
    holes = np.where(np.eye(9, dtype=bool), NO_START, 5)
    assert (raster(LabelMap("gd", holes), 2) == 5).all()


def test_edges_lie_where_labels_change(peaks, data) -> None:
    """A hair to both sides of a point of a curve that is no limit, descents come to two minima, or one and none."""
    study, contents = peaks
    edges = [edge["points"] for edge in data["basins"][0]["edges"] if not edge["limited"]]
    points = np.concatenate([np.array(edge).reshape(-1, 2) for edge in edges])
    assert len(points) > 20
    inside = points[(np.abs(points) < 2.9).all(axis=1)][::5]
    away = np.array([[0.02, 0.0], [-0.02, 0.0], [0.0, 0.02], [0.0, -0.02]])
    label = label_function(study, "gd", contents.certificate, contents.minima)
    found = label((inside[:, None] + away).reshape(-1, 2)).reshape(-1, 4)
    assert (found.min(axis=1) < found.max(axis=1)).mean() > 0.9


def test_simplified_lines_stay_as_near_as_is_said() -> None:
    """No point of a circle is further from the line than the reach, and few are kept."""
    angle = np.linspace(0, 2 * np.pi, 2000)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    kept = simplified(circle, np.full(2, 1e-3))
    assert len(kept) < 150
    radius = np.linalg.norm(0.5 * kept[1:] + 0.5 * kept[:-1], axis=1)
    assert radius.min() >= 1 - 1e-3
    assert (kept[0] == circle[0]).all()


def test_minima_are_those_of_the_study_to_the_bit(peaks, data) -> None:
    """Through the page's JSON: places, values, kinds, attraction balls, in the study's order and colours."""
    _, contents = peaks
    minima = json.loads(in_script(data))["minima"]
    assert [one["number"] for one in minima] == [0, 1, 2]
    assert np.array([one["at"] for one in minima]).tobytes() == contents.minima.location.tobytes()
    assert [one["value"] for one in minima] == contents.minima.value.tolist()
    assert [one["kind"] for one in minima] == ["global", "local", "local"]
    assert [one["colour"] for one in minima] == list(NAMED[:3])
    assert all(one["proven"] and one["reached"] for one in minima)
    assert [one["ball"]["radius"] for one in minima] == contents.minima.attraction_radius.tolist()
    assert data["complete"]
    assert data["sentence"] == "It is proven that these 3 minima are all there are in the arena."
    assert len(data["saddles"]) == len([p for p in contents.certificate.points if p.kind == "saddle"])


def test_balls_hold_for_the_methods_that_are_named() -> None:
    """Gradient descent below two over the curvature of the ball; not a rule with memory, nor a larger rate."""
    methods = {"gd": GD, "wild": GD | {"learning_rate": 0.5}, "heavy": GD | {"optimizer": "heavy_ball"}}
    data = page_data(contents_of_config(load_study(CONFIG | {"methods": methods})))
    assert [each["attracted"] for each in data["methods"]] == [[0, 1, 2], [], []]
    rule = Method("gradient_descent", learning_rate=0.01)
    for one in data["minima"]:
        assert rule.learning_rate * one["ball"]["curvature"] < 2


def test_the_pair_of_starts_ends_apart(peaks, data) -> None:
    """Two starts within a five-hundredth of the domain, whose descents come to two minima."""
    study, contents = peaks
    pair = np.array(data["pair"])
    assert np.abs(pair[0] - pair[1]).max() <= 2e-3 * 6
    first, second = label_function(study, "gd", contents.certificate, contents.minima)(pair)
    assert first != second
    assert min(first, second) >= 0


def test_every_rule_of_the_program_is_offered_with_its_value_on_its_slider(data) -> None:
    """All first-order rules; a slider's ends hold its value, and a logarithmic one begins above 0."""
    assert [rule["id"] for rule in data["rules"]][: len(RULES)] == list(RULES)
    for rule in data["rules"]:
        for h in rule["hyperparameters"]:
            assert h["low"] <= h["value"] <= h["high"], (rule["id"], h)
            assert h["low"] < h["high"], (rule["id"], h)
            assert h["low"] > 0 or not h["log"], (rule["id"], h)
    rate = data["rules"][0]["hyperparameters"][0]
    assert rate["log"]


@pytest.mark.parametrize("name", RULES)
def test_a_slider_holds_only_what_its_rule_takes(name: str) -> None:
    """Both ends of each slider are numbers that the rule accepts, as a method of a config would."""
    entry, method = RULES[name], Method(name)
    for h in entry.hyperparameters:
        if h.name == "learning_rate":
            ends, _ = rate_slider(method.rule, method.numbers, np.array([1.0, 40.0]), 6.0)
        else:
            ends = slider(h, method.numbers[h.name])
        for end in (ends.low, ends.high):
            Method(name, **{h.name: int(end) if h.whole else end})


def test_the_rate_slider_spans_the_critical_rates() -> None:
    """From well below the smallest to beyond the largest; of a rule whose steps do not shrink, parts of the domain."""
    curvature = np.array([2.0, 40.0])
    descent, heavy, sign = (Method(name) for name in ("gradient_descent", "heavy_ball", "sign"))
    for method, factor in ((descent, 2.0), (heavy, 3.8)):
        ends, rate = rate_slider(method.rule, method.numbers, curvature, 6.0)
        assert ends.low < 0.01 * factor / 40
        assert ends.high > factor / 2
        assert rate < factor / 40
    ends, rate = rate_slider(sign.rule, sign.numbers, curvature, 6.0)
    assert (ends.low, ends.high, rate) == (6e-5, 3.0, 0.06)


def test_methods_of_every_kind_are_there_and_those_that_no_ball_rolls_by_say_why() -> None:
    """Schedules, own rules, rates of each variable, flags and proven stops have rules of their own or the program's;
    a search, the flow and SciPy's have a sentence.
    """
    contents = contents_of_config(load_study(CONFIG | {"methods": {"gd": GD, **SEVERAL}}))
    data = page_data(contents)
    methods, rules = ({each[key]: each for each in data[name]} for name, key in (("methods", "name"), ("rules", "id")))
    assert list(methods) == ["gd", *SEVERAL]
    assert [m["name"] for m in methods.values() if not m["playable"]] == ["bfgs", "flow", "newton"]
    assert all(m["why"].endswith("in a page.") and m["rule"] is None for m in methods.values() if not m["playable"])
    assert {m["rule"] for m in methods.values() if m["playable"]} == {
        "gradient_descent", "falling", "typed", "of_each", "centred", "formula",
    }  # fmt: skip
    assert methods["certified"]["rule"] == "gradient_descent"
    assert len(methods["certified"]["balls"]) == 3
    assert methods["of_each"]["values"]["learning_rate"] == [0.01, 0.02]
    assert rules["of_each"]["hyperparameters"][0]["each"]
    assert rules["falling"]["schedule"] == "cosine from 0.02 to 0.0001"
    assert methods["falling"]["values"]["schedule_to"] == 0.0001
    assert rules["centred"]["title"] == "RMSProp, centered"
    assert rules["typed"]["lines"] == ["v = 0.9*v + g", "x = x - lr*v"]
    assert {h["name"]: h["value"] for h in rules["formula"]["hyperparameters"]} == methods["formula"]["values"]
    assert explorer(load_study(CONFIG), contents).count("<script") == 3


def test_a_line_has_one_row_and_its_edges_are_points() -> None:
    """In one dimension; parameters are named and handed to the function as numbers."""
    _, contents = finished(WELLS, descents=400)
    data = page_data(contents)
    (basins,) = data["basins"]
    assert basins["rows"] == 1
    assert basins["columns"] == 4000
    row = meant(basins)[0]
    (edge,) = [e["points"] for e in basins["edges"] if not e["limited"]]
    (maximum,) = data["maxima"]
    assert edge == pytest.approx(maximum["at"], abs=1e-4)
    x = (np.arange(4000) + 0.5) / 1000 - 2
    assert (row == np.where(x < edge[0], 0, 1)).mean() > 0.999
    assert (data["parameters"], data["numbers"]) == ({"a": 0.1}, [0.1])
    assert data["slice"] is None
    assert data["title"] == "wells"


def test_three_dimensions_show_the_slice_of_the_study() -> None:
    """Its axes, what the others are held at, its cells; and the two minima off it."""
    study, contents = finished(SPACE, cells=6)
    data = page_data(contents)
    assert data["slice"]["axes"] == [2, 0]
    assert data["slice"]["at"][1] == 0.25
    (basins,) = data["basins"]
    assert (basins["columns"], basins["rows"]) == (6, 6)
    z, x = np.meshgrid((np.arange(6) + 0.5) / 6 * 5 - 2, (np.arange(6) + 0.5) / 6 * 4 - 2)
    points = np.stack([x.ravel(), np.full(36, 0.25), z.ravel()], axis=1)
    truth = label_function(study, "gd", contents.certificate, contents.minima)(points)
    assert (meant(basins).ravel() == truth).all()
    assert all(len(one["at"]) == 3 for one in data["minima"])
    assert data["pair"] is None or {point[1] for point in data["pair"]} == {0.25}


def test_two_methods_have_a_map_each_in_one_set_of_colours() -> None:
    """Also one by SciPy, which no ball rolls by."""
    methods = {"gd": GD, "bfgs": {"optimizer": "scipy", "method": "BFGS", "max_steps": 50}}
    _, contents = finished(CONFIG | {"methods": methods, "starts": {"design": "grid", "per_axis": 6}})
    data = page_data(contents)
    assert [basins["method"] for basins in data["basins"]] == ["gd", "bfgs"]
    for basins in data["basins"]:
        for each in basins["classes"]:
            known = data["minima"][each["minimum"]]["colour"] if each["ending"] is None else None
            assert each["colour"] == (known or QUIET[-1 - ENDINGS.index(each["ending"])])


def test_a_config_alone_gives_the_minima_that_a_study_would_number_likewise(data) -> None:
    """Proven or reached by a few descents, in the same order, to the bit; and no map."""
    found = page_data(contents_of_config(load_study(CONFIG)))
    assert found["made"] == "config"
    assert found["basins"] == []
    assert [one["at"] for one in found["minima"]] == [one["at"] for one in data["minima"]]
    assert set(found) == set(data)


def test_a_function_without_a_minimum_has_a_page() -> None:
    """What is proven is said, the sliders have ends, and there is no pair."""
    objective = {"expression": "x**3 - a*x", "variables": ["x"], "parameters": {"a": -1}}
    data = page_data(contents_of_config(load_study(CONFIG | {"objective": objective, "domain": {"x": [-1, 1]}})))
    assert (data["minima"], data["pair"]) == ([], None)
    assert data["sentence"] == "It is proven that there is no minimum in the arena."
    assert all(h["low"] < h["high"] for rule in data["rules"] for h in rule["hyperparameters"])


def test_where_nothing_is_proven_the_page_says_so() -> None:
    """Of more dimensions than a proof is tried in."""
    many = {
        "objective": {"name": "sphere", "dimensions": 12},
        "starts": {"design": "uniform", "count": 9, "seed": 1},
        "methods": {"gd": {"optimizer": "gradient_descent", "learning_rate": 0.3}},
    }
    with plainly():
        data = page_data(contents_of_config(load_study(CONFIG | many)))
    assert not data["complete"]
    assert data["sentence"].startswith("No list of minima was proven, so there may be others (not attempted: 12")
    assert data["minima"]
    assert not any(one["proven"] for one in data["minima"])
    assert data["slice"]["axes"] == [0, 1]


HOSTILE = "</script><img src=x onerror=alert(1)>"


def test_whatever_is_typed_stands_in_the_page_as_text(data) -> None:
    """A title, a name or a rule that would end the script or bring a picture of its own is neither."""
    hostile = {**data, "title": HOSTILE, "study": HOSTILE, "formula": f"<!--{HOSTILE}\u2028"}
    text = html(hostile, "(() => {})();")
    page = Page(text)
    assert len(page.root.all("script")) == 3
    assert page.root.all("img") == []
    (title,) = page.root.all("title")
    assert title.text == HOSTILE
    inside = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert json.loads(inside[1])["title"] == HOSTILE
    assert "\u2028" not in inside[1]


def test_the_page_may_ask_for_nothing(data) -> None:
    """Its policy forbids every request, and no element names another file."""
    page = Page(html(data, "(() => {})();"))
    (policy,) = [m.attributes["content"] for m in page.root.all("meta") if "http-equiv" in m.attributes]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert not any("http" in allowed or "*" in allowed or "unsafe-eval" in allowed for allowed in rules.values())
    for element in page.root.all("link", "img", "iframe", "script", "object", "embed", "video", "audio"):
        assert not {"src", "href", "data"} & set(element.attributes), element


def test_numbers_that_are_not_finite_are_null(peaks) -> None:
    """JSON has no other numbers."""
    _, contents = peaks
    minima = replace(contents.minima, curvature_max=np.array([np.inf, np.nan, 1.0]))
    found = page_data(replace(contents, minima=minima))
    assert [one["curvature"][1] for one in found["minima"]] == [None, None, 1.0]
    json.loads(in_script(found))


def test_the_page_of_a_finished_study_is_small_and_tells_nothing_of_the_machine(finished_project: Path) -> None:
    """At most 400 kB, of which no word is a folder of this machine; the same study in it."""
    text = (finished_project / "results/small/explore.html").read_text(encoding="utf-8")
    assert len(text.encode()) < 400_000
    assert str(finished_project.parent) not in text
    assert not re.search(r"/(home|tmp|root|usr|work)/", text)
    inside = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    data = json.loads(inside[1])
    assert (data["made"], data["study"]) == ("study", "small")
    assert data["methods"][0]["values"] == {"learning_rate": SMALL["methods"]["gd"]["learning_rate"]}
    assert data["basins"][0]["edges"]


WALKS = """import { descend } from "%s";

globalThis.found = [];
for (const [id, values] of Object.entries(given.methods)) {
  const hyper = Float64Array.from(rules[id].hyper, (name) => (name === "N" ? given.limit : values[name]));
  const problem = { ...given, objective, rule: rules[id], hyper, tolerance: 1e-8, balls: [] };
  const runs = given.starts.map((start) => descend(problem, start));
  globalThis.found.push(runs.map(({ end, steps }) => [...end, steps]));
}
"""


def test_the_one_script_of_a_page_descends_with_the_bits_of_the_study(peaks, data, tmp_path: Path) -> None:
    """As joined, by rules of the page with its own numbers: the ends and steps of `descend` to the last bit."""
    study, contents = peaks
    main = tmp_path / "main.js"
    main.write_text(WALKS % os.path.relpath(ARITHMETIC / "descent.js", tmp_path))
    rules = {rule["id"]: rule for rule in data["rules"]}
    names = ("gradient_descent", "nesterov", "adam", "lion")
    methods = {name: {h["name"]: h["value"] for h in rules[name]["hyperparameters"]} for name in names}
    starts = np.array([[0.3, -1.5], [-1.0, 0.5], [1.2, 0.1], [2.9, 2.9]])
    given = {"methods": methods, "limit": 200, "numbers": [], "starts": starts.tolist(), **data["arena"]}
    found = run(program(contents, main=main) + "give(globalThis.found);", given=given)
    for name, runs in zip(names, found, strict=True):
        with to_the_bit():
            out = descend(study.objective, Method(name, max_steps=200, **methods[name]), starts, arena=study.arena)
        assert [ends[-1] for ends in runs] == out.steps.tolist(), name
        assert np.array([ends[:-1] for ends in runs]).tobytes() == out.end.tobytes(), name


JOB = """
import json, sys
from pathlib import Path
from multistart.files.results import MethodFiles
from multistart.study.explore import write_explorer
from multistart.study.settings import settings
from multistart.study.study import Study
study = Study(settings(json.loads(Path("results/small/study.json").read_text())["config"] | {"execution": {}}))
files = {"gd": MethodFiles.of("small", "gd")}
write_explorer(study, files, sys.argv[1], [files["gd"].table(f"{name}.parquet") for name in ("boundary", "mosaic")])
print(*sys.modules)
"""


def test_the_job_loads_no_library_that_takes_longer_than_its_work(finished_project: Path, tmp_path: Path) -> None:
    """With kernels and script in the cache: no frames, SymPy, Numba, FLINT or Matplotlib; the page is the same."""
    command = [sys.executable, "-c", JOB, str(tmp_path / "page.html")]
    done = subprocess.run(command, cwd=finished_project, capture_output=True, text=True, check=True)
    assert not {"pandas", "sympy", "numba", "flint", "matplotlib", "pydantic", "scipy.optimize"} & set(
        done.stdout.split()
    )
    made = (tmp_path / "page.html").read_bytes()
    assert made == (finished_project / "results/small/explore.html").read_bytes()


def test_every_language_has_the_same_words() -> None:
    """As many keys as English."""
    known = texts()
    assert next(iter(known)) == "en"
    assert all(set(words) == set(known["en"]) for words in known.values())
