"""Pictures of sweeps: what they show is what the tables hold, in every sweep there may be; none is an empty frame."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from multistart.box import Box
from multistart.figures import SWEEPS, sweeps_of
from multistart.figures.drawing import animation_of, figure_of, render
from multistart.figures.layout import sheet
from multistart.figures.scene import EMPTY
from multistart.figures.sweep_classes import classes_of, shares_of
from multistart.figures.sweep_maps import painted
from multistart.figures.sweep_marks import APART, Mark, levels_of, marks_of
from multistart.figures.sweep_scene import SweepMaps, SweepScene, SweptNumber
from multistart.figures.sweeps import plane, rate_and_steps
from multistart.functions.objective import Objective, named
from multistart.study import load_study
from multistart.study.draw_sweep import draw_sweep, sweep_scene
from multistart.study.sweep import write_sweep
from tests.staged import files_of, run
from tests.test_pictures import CELL, GREYS, TOLERANCE, difference, small

RATES = np.array([0.01, 0.02, 0.04, 0.08])
SWEEP = ["learning_rate", "attractor", "kind", "period", "lowest", "count", "share", "low", "high", "steps_median",
         "steps_p95", "expected_running_time", "expected_running_time_low", "expected_running_time_high"]  # fmt: skip
ATTRACTORS = ["learning_rate", "attractor", "kind", "period", "around", "stable", "x", "y", "value", "multiplier",
              "exponent", "exponent_error", "proven"]  # fmt: skip
EVENTS = [
    (0, "doubling", 0.05, 0.05, True, "period 1 to 2"),
    (0, "doubling", 0.06, 0.06, False, "period 2 to 4"),
    (0, "doubling", 0.062, 0.062, False, "period 4 to 8"),
    (0, "born", 0.0624, 0.0626, False, "chaos: doublings accumulate here"),
    (1, "crisis", 0.04, 0.08, False, "goes over to the attractor of minimum 0; none did"),
]


def scene(**changes) -> SweepScene:
    """Two minima of peaks at four rates; at the last a cycle, chaos, and starts that ran out of steps."""
    rows, points = [], []
    for i, rate in enumerate(RATES):
        last = i == 3
        time = [900.0, 800.0, 700.0, np.inf][i]
        rows.append((rate, 0, "minimum", 1, True, 0 if last else 50, 0 if last else 0.5, 0.4, 0.6, 20, 30, time,
                     0.9 * time, 1.1 * time))  # fmt: skip
        rows.append((rate, 1, "minimum", 1, False, 30, 0.3, 0.25, 0.35, 40, 50, 2000, 1800, 2200))
        rows.append((rate, -1, "step_limit", 0, False, 20, 0.2, 0.1, 0.3, *[np.nan] * 5))
        points.append((rate, 0, "minimum", 1, 0, not last, 0.2, -1.6, -6.5, 0.9, -0.1, 0.0, True))
        points.append((rate, 1, "minimum", 1, 1, True, -1.3, 0.2, -3.0, 0.9, -0.05, 0.0, True))
    rows += [(0.08, 2, "cycle", 2, False, 40, 0.4, 0.3, 0.5, *[np.nan] * 5),
             (0.08, 3, "chaotic", 0, False, 10, 0.1, 0.05, 0.2, *[np.nan] * 5)]  # fmt: skip
    points += [(0.08, 2, "cycle", 2, 0, True, 0.2, y, -6.0, 0.5, -0.3, 0.0, True) for y in (-1.8, -1.4)]
    points += [(0.08, 3, "chaotic", 0, -1, True, 0.0, y, -5.0, np.nan, 0.4, 0.01, False) for y in np.linspace(1, 2, 9)]
    arrivals = [(r, s, 0.5 * (i + 1) / 4 * (s > 5), 0.1, 0.6, 5000 / s if s > 5 else np.inf)
                for i, r in enumerate(RATES) for s in (1, 10, 100)]  # fmt: skip
    codes = np.tile(np.arange(4).repeat(2)[:6].reshape(2, 3), (4, 1, 1))
    made = SweepScene(
        study="made_up", method="gd", method_text="gradient descent, at most 100 steps", objective=named("peaks"),
        domain=Box({"x": (-3, 3), "y": (-3, 3)}), starts=100, design_text="grid",
        numbers=(SweptNumber("learning_rate", "learning rate", RATES),),
        sweep=pd.DataFrame(rows, columns=SWEEP), attractors=pd.DataFrame(points, columns=ATTRACTORS),
        events=pd.DataFrame(EVENTS, columns=["attractor", "event", "low", "high", "proven", "note"]),
        arrivals=pd.DataFrame(arrivals, columns=["learning_rate", "steps", "share", "low", "high",
                                                 "expected_running_time"]),
        maps=SweepMaps(np.arange(4), codes),
    )  # fmt: skip
    return replace(made, **changes)


def at_one_value(made: SweepScene) -> SweepScene:
    """The scene with its first value alone."""
    tables = {name: getattr(made, name) for name in ("sweep", "attractors", "arrivals")}
    first = {name: table[table["learning_rate"] == RATES[0]] for name, table in tables.items()}
    assert made.maps is not None
    maps = SweepMaps(made.maps.places[:1], made.maps.codes[:1])
    number = replace(made.number, taken=RATES[:1])
    return replace(made, numbers=(number,), maps=maps, events=made.events.iloc[:0], **first)


def in_chaos(made: SweepScene) -> SweepScene:
    """The scene with nothing but chaos."""
    sweep, points = made.sweep, made.attractors
    again = [sweep[sweep["kind"] == "chaotic"].assign(learning_rate=rate, share=1.0) for rate in RATES]
    clouds = [points[points["kind"] == "chaotic"].assign(learning_rate=rate) for rate in RATES]
    assert made.maps is not None
    maps = SweepMaps(made.maps.places, np.zeros_like(made.maps.codes))
    return replace(made, sweep=pd.concat(again), attractors=pd.concat(clouds), events=made.events.iloc[:0], maps=maps)


def on_a_line(made: SweepScene) -> SweepScene:
    """The scene in one dimension."""
    assert made.maps is not None
    maps = SweepMaps(made.maps.places, made.maps.codes[:, 0])
    f = Objective.from_expression("(x**2 - 1)**2", ["x"])
    return replace(
        made, objective=f, domain=Box({"x": (-3, 3)}), maps=maps, attractors=made.attractors.drop(columns="y")
    )


def in_a_plane(**changes) -> SweepScene:
    """A plane of the rates and three momenta."""
    made = scene()
    momenta = np.array([0.0, 0.5, 0.98])
    each = [made.sweep.assign(momentum=m, expected_running_time=made.sweep["expected_running_time"] * (1 + m))
            for m in momenta]  # fmt: skip
    numbers = (made.number, SweptNumber("momentum", "momentum", momenta))
    return replace(made, numbers=numbers, sweep=pd.concat(each), maps=None, **changes)


def nothing_reached(made: SweepScene) -> SweepScene:
    """No start reaches a minimum at any value."""
    sweep = made.sweep[made.sweep["attractor"] < 0].assign(share=1.0, count=100)
    arrivals = made.arrivals.assign(share=0.0, expected_running_time=np.inf)
    assert made.maps is not None
    maps = SweepMaps(made.maps.places, np.zeros_like(made.maps.codes))
    none = {"attractors": made.attractors.iloc[:0], "events": made.events.iloc[:0]}
    return replace(made, sweep=sweep, arrivals=arrivals, maps=maps, **none)


LOOKED_AT = Path(__file__).parent / "pictures_of_sweeps.png"
DRAWN = [name for name, declared in SWEEPS.items() if not declared.moving]

CASES = {
    "usual": scene,
    "slide": lambda: scene(style="slide"),
    "one value": lambda: at_one_value(scene()),
    "chaos and no event": lambda: in_chaos(scene()),
    "a line": lambda: on_a_line(scene()),
    "nothing": lambda: nothing_reached(scene()),
    "no intervals, unknown exponents": lambda: scene(
        attractors=scene().attractors.assign(exponent=np.nan),
        sweep=scene().sweep.assign(low=np.nan, high=np.nan, expected_running_time_low=np.nan,
                                   expected_running_time_high=np.nan)),
    "plane": in_a_plane,
    "plane of nothing": lambda: replace(in_a_plane(), sweep=in_a_plane().sweep.assign(share=0.0,
                                                                                  expected_running_time=np.inf)),
}  # fmt: skip


@cache
def picture(case, name):
    """A picture of a case, drawn once for all tests that only look at it."""
    return figure_of(name, CASES[case]())


def texts(figure) -> str:
    return " ".join(t.get_text() for t in figure.findobj(lambda a: hasattr(a, "get_fontsize")) if t.get_text())


@pytest.mark.parametrize("case", CASES)
def test_every_sweep_is_drawn(case):
    """Each picture of each sweep is drawn without a warning, has a title, and is either full or one sentence."""
    made = CASES[case]()
    for name, declared in sweeps_of(len(made.numbers), made.domain.dimensions).items():
        if declared.moving:
            continue
        figure = picture(case, name)
        if case != "usual":  # which is rendered below
            figure.draw_without_rendering()
        assert "gd" in texts(figure)
        drawn = [a for ax in figure.axes for a in (*ax.lines, *ax.patches, *ax.collections, *ax.images)]
        assert bool(drawn) == bool(figure.axes)
        assert figure.axes or any(len(t.get_text()) > 30 and t.get_text().endswith(".") for t in figure.texts)


def test_which_sweep_has_which_pictures():
    """A plane has the plane alone; maps are of one and two dimensions, the animation of two."""
    assert set(sweeps_of(2, 2)) == {"plane"}
    assert set(sweeps_of(1, 3)) == {"sweep", "bifurcation", "rate_and_steps"}
    assert set(sweeps_of(1, 1)) == {*sweeps_of(1, 3), "maps_by_value"}
    assert set(sweeps_of(1, 2)) == {*sweeps_of(1, 1), "maps_in_motion"} == set(SWEEPS) - {"plane"}


def test_bands_are_the_shares_of_the_table_and_make_all_starts():
    """The heights of the classes at each value are those of the rows, and add up to one."""
    made = scene()
    looks = classes_of(made)
    shares = shares_of(made, looks)
    assert [(look.attractor, look.kind, look.family) for look in looks] == [
        (0, "minimum", 0), (2, "cycle", 0), (1, "minimum", 1), (3, "chaotic", 3), (-1, "step_limit", -1)
    ]  # fmt: skip
    assert shares.share[:, :3] == pytest.approx(np.array([[0.5, 0, 0.3, 0, 0.2]] * 3).T)
    assert shares.share[:, 3] == pytest.approx([0, 0.4, 0.3, 0.1, 0.2])
    assert (shares.low[1, 3], shares.high[1, 3]) == (0.3, 0.5)
    (bands,) = (ax for ax in picture("usual", "sweep").axes if ax.get_ylabel() == "of all starts")
    filled = [patch for patch in bands.patches if patch.get_hatch() or patch.get_facecolor()[3] == 1]
    assert max(patch.get_data().values.max() for patch in filled) == pytest.approx(1)  # noqa: PD011 - of no frame


def test_many_minima_share_colours_and_lose_no_start():
    """Attractors past the named colours are one band, whose share is the sum of theirs."""
    rows = [(rate, k, "minimum", 1, k == 0, 5, 0.05, 0.0, 0.1, 9, 9, 100, 90, 110) for rate in RATES for k in range(20)]
    points = [(r, k, "minimum", 1, k, True, k, 0, 0, 0.5, -0.7, 0, True) for r in RATES for k in range(20)]
    made = scene(sweep=pd.DataFrame(rows, columns=SWEEP), attractors=pd.DataFrame(points, columns=ATTRACTORS),
                 events=scene().events.iloc[:0])  # fmt: skip
    looks = classes_of(made)
    shares = shares_of(made, looks)
    assert len(looks) == 9
    assert shares.share.sum(axis=0) == pytest.approx(1)
    assert shares.share[-1] == pytest.approx(12 * 0.05)
    assert np.isnan(shares.low[-1]).all()
    figure_of("sweep", made).draw_without_rendering()


def test_marks_say_what_the_events_say():
    """The doublings of a cascade are one mark, with its chaos; a bracket is said as one; equal ones are joined."""
    said = [mark.text for mark in marks_of(scene())]
    assert said == [
        "at 0.04 to 0.08: the attractor of minimum 1 goes over to the attractor of minimum 0",
        "at 0.05: minimum 0 no longer attracts",
        "at 0.06 to 0.0625: periods double to chaos around minimum 0",
    ]
    opens = [(0, "born", at, at, False, "a window of period 3 opens: and so on") for at in (0.06, 0.07)]
    ends = [(0, "doubling", at, at, False, "a window of period 3: and so on") for at in (0.0601, 0.075)]
    of_windows = pd.DataFrame([opens[0], ends[0], opens[1], ends[1]], columns=scene().events.columns)
    said = [mark.text for mark in marks_of(scene(events=of_windows))]
    assert said == ["at 0.07: a window of period 3 opens in chaos around minimum 0"]
    both = pd.DataFrame([(k, *EVENTS[0][1:]) for k in (0, 1)], columns=scene().events.columns)
    assert [mark.text for mark in marks_of(scene(events=both))] == ["at 0.05: minima 0 and 1 no longer attract"]


def test_what_is_no_minimum_is_not_called_one():
    """A mark of chaos around no minimum alone names an attractor, beside one of a minimum at the same place."""
    lost = [(number, "crisis", 0.04, 0.05, False, "loses its starts: 3 leave the arena") for number in (0, 3)]
    events = pd.DataFrame(lost, columns=scene().events.columns)
    said = [mark.text for mark in marks_of(scene(events=events))]
    assert said == ["at 0.04 to 0.05: minimum 0 loses its starts", "at 0.04 to 0.05: attractor 3 loses its starts"]


def test_numbers_above_an_axis_do_not_meet():
    """Ten marks at nearly one place stand in rows of their own, and far ones in the first."""
    made = scene()
    at = [0.02, *np.linspace(0.06, 0.0605, 4), 0.079]
    marks = [Mark(((x, x),), ("is gone", "are gone"), (0,)) for x in at]
    levels = levels_of(sheet(made, "t"), 5.0, made, marks)
    assert levels == [0, 0, 1, 2, 3, 0]
    assert APART > 0


def test_steps_between_limits_are_those_of_the_limit_below():
    """Where a value has limits of its own (it is the steps that are swept), nothing is said beyond its last."""
    made = scene()
    own = made.arrivals[(made.arrivals["learning_rate"] > 0.01) | (made.arrivals["steps"] < 100)]
    steps, share, cost = rate_and_steps.grids(replace(made, arrivals=own))
    assert steps.tolist() == [1, 10, 100]
    assert share[0, :2].tolist() == [0, 0.125]
    assert np.isnan(share[0, 2])
    assert share[3].tolist() == [0, 0.5, 0.5]
    assert rate_and_steps.best_of(cost) == (1, 2)
    assert "learning rate 0.01, stopped after 100 steps, 50 gradient evaluations" in texts(
        picture("usual", "rate_and_steps")
    )


def test_the_plane_marks_its_best_pair():
    """The pair that is said and marked is that of the least cost; ties for the lowest add up."""
    made = in_a_plane()
    share, cost = plane.grids(made)
    assert share[:, 0].tolist() == [0.5, 0.5, 0.5, 0]
    assert np.isnan(cost[3]).all()
    assert cost[:3, 0].tolist() == [900, 800, 700]
    assert "learning rate 0.04 and momentum 0, 700 gradient evaluations" in texts(picture("plane", "plane"))


def test_maps_have_the_colours_of_the_bands():
    """A pixel has the colour of its class, or its pattern's, and an empty one that of its nearest."""
    looks = classes_of(scene())
    code = np.zeros((4, 4), dtype=np.int64)
    code[:, 2:] = 1
    code[0, 0] = EMPTY
    image = painted(code, looks, 64, bordered=False)
    assert image.shape == (64, 64, 3)
    blue = tuple(int(looks[0].colour[i : i + 2], 16) for i in (1, 3, 5))
    assert {tuple(p) for p in image[:, :32].reshape(-1, 3).tolist()} == {blue}
    assert len({tuple(p) for p in image[:, 32:].reshape(-1, 3).tolist()}) == 2


def sheet_of_all():
    """The usual sweep and a plane, each picture small and in grey."""
    names = [(case, name) for case, n in (("usual", 1), ("plane", 2)) for name in sweeps_of(n, 2) if name in DRAWN]
    image = Image.new("L", (3 * CELL[0], 2 * CELL[1]), 255)
    for i, (case, name) in enumerate(names):
        image.paste(small(picture(case, name)), (i % 3 * CELL[0], i // 3 * CELL[1]))
    return image


def test_pictures_are_those_that_were_looked_at():
    """Each looks like the one that a person has seen: ``python -m tests.test_sweep_pictures`` draws them anew."""
    with Image.open(LOOKED_AT) as seen:
        assert difference(sheet_of_all(), seen.convert("L")) < TOLERANCE
        other = scene(sweep=scene().sweep.assign(share=scene().sweep["share"].replace({0.5: 0.4, 0.3: 0.4})))
        cell = seen.convert("L").crop((0, 0, *CELL))
    changed = Image.new("L", CELL, 255)
    changed.paste(small(figure_of("sweep", other)), (0, 0))
    assert difference(changed, cell) > TOLERANCE


def test_the_animation_has_a_frame_a_value_and_the_same_bytes():
    """It opens, goes through all values, is small, and a second one is the same."""
    content = animation_of("maps_in_motion", scene())
    assert content == animation_of("maps_in_motion", scene())
    with Image.open(io.BytesIO(content)) as image:
        assert (image.format, image.n_frames) == ("GIF", 4)
        assert image.info["loop"] == 0
    assert len(content) < 200_000


def test_the_same_sweep_gives_the_same_file():
    """Two drawings of a scene are the same bytes, and say what they show."""
    first, second = (render(figure_of("sweep", scene()), "svg", 50) for _ in range(2))
    assert first == second
    assert SWEEPS["sweep"].alt.encode() in first


def test_maps_count_what_the_table_counts(tmp_path):
    """What a sweep's maps show of all starts is what its table counts: minima, a cycle, and starts at none."""
    objective = {"expression": "(x**2 - 1)**2/4 + a*x", "variables": ["x"], "parameters": {"a": 0.0}}
    config = {
        "study": "well", "objective": objective, "domain": {"x": [-1.2, 1.2]},
        "starts": {"design": "grid", "per_axis": 40},
        "methods": {"gd": {"optimizer": "gradient_descent", "learning_rate": 0.1, "max_steps": 300}},
        "sweep": {"methods.gd.learning_rate": [0.1, 1.1, 1.4]},
    }  # fmt: skip
    study = load_study(config)
    run(study, tmp_path)
    files = files_of(study, tmp_path)["gd"]
    write_sweep(study, files_of(study, tmp_path))
    made = sweep_scene(study, "gd", files)
    looks = classes_of(made)
    shares = shares_of(made, looks)
    assert made.maps is not None
    for i, image in zip(made.maps.places, made.maps.codes, strict=True):
        counted = np.bincount(image, minlength=len(looks))
        assert counted.tolist() == np.rint(40 * shares.share[:, i]).tolist()
    assert made.method_text == "gradient descent, learning rate 0.1 to 1.4, at most 300 steps"
    assert made.branches is not None
    first = made.branches[made.branches["period"] == 2]
    inside = first[first["stable"] & (first["attractor"] == 1)]["x"]
    assert inside.between(0.7, 1.2).all()


def test_values_without_an_attractor_are_drawn(tmp_path):
    """Where the function has no minimum and all starts leave, every picture is drawn, and maps show that they left."""
    objective = {"expression": "x**3 - a*x", "variables": ["x"], "parameters": {"a": 1}}
    config = {
        "study": "cubic", "objective": objective, "domain": {"x": [-0.5, 1.2]}, "figures": {"dpi": 40},
        "boundary": {"descents": 0}, "starts": {"design": "grid", "per_axis": 40},
        "methods": {"gd": {"optimizer": "gradient_descent", "learning_rate": 0.1, "max_steps": 300}},
        "sweep": {"objective.parameters.a": [-2, -1, 1, 2]},
    }  # fmt: skip
    study = load_study(config)
    run(study, tmp_path)
    files = files_of(study, tmp_path)["gd"]
    write_sweep(study, files_of(study, tmp_path))
    made = sweep_scene(study, "gd", files)
    assert set(made.attractors["a"]) == {1, 2}
    assert made.maps is not None
    looks = [classes_of(made)[i] for i in made.maps.codes[:2].ravel()]
    assert {(look.attractor, look.kind) for look in looks} == {(-1, "left_arena")}
    paths = [tmp_path / f"{name}.png" for name in ("sweep", "bifurcation", "rate_and_steps", "maps_by_value")]
    draw_sweep(study, "gd", files, paths)
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


if __name__ == "__main__":
    few = sheet_of_all().point(lambda grey: round(grey * (GREYS - 1) / 255) * 255 // (GREYS - 1))
    few.quantize(GREYS).save(LOOKED_AT, optimize=True)
