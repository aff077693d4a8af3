"""Variables on the logarithm: a study runs in ln b, as one of the hand-transformed function would, and speaks of b."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from multistart import Box, Method, Objective, certify, descend, named
from multistart.config import read_config
from multistart.errors import ConfigError, InputError
from multistart.figures.drawing import figure_of
from multistart.figures.logarithms import ticks
from multistart.kernels.source import write, write_evaluation
from multistart.proofs.family import Family
from multistart.scales import logarithm
from multistart.study import load_study, storage
from multistart.study.boundary_words import _ends, paragraphs, read_boundary
from multistart.study.draw import scene
from multistart.study.findings import Shock
from multistart.study.sentences import lengths
from multistart.study.spelled import box, point
from multistart.study.starts import copy_starts

from . import staged
from .plain_kernel import plainly

GD = Method("gradient_descent", learning_rate=0.05)
#: The text of a function in b, and that of the same in s = ln b by hand.
BY_HAND = [
    ("(log(b) - 1)**2 + (a - 2)**2", "(s - 1)**2 + (a - 2)**2"),
    ("a**2*b - a/b", "a**2*exp(s) - a*exp(-s)"),
    ("sqrt(b)*a**2 + b**2", "exp(s/2)*a**2 + exp(2*s)"),
    ("log(a*b) + a**2 + b", "log(a*exp(s)) + a**2 + exp(s)"),
]
TWO_WELLS = "(log(b)**2 - 1)**2 + (a - 2)**2/4 + log(b)/5"
STUDY = {
    "study": "logs",
    "objective": {"expression": TWO_WELLS, "variables": ["a", "b"]},
    "scale": {"b": "log"},
    "domain": {"a": [0, 4], "b": [0.05, 20]},
    "arena": {"widen": 0.5},
    "starts": {"design": "jittered_grid", "per_axis": 12, "seed": 3},
    "methods": {"gd": {"optimizer": "gradient_descent", "learning_rate": {"a": 0.5, "b": 0.05}}},
    "certificate": {"max_boxes": 3000},
}


def test_kernels_are_those_of_the_hand_transformed_function():
    """What is compiled is the same text: so are all bits of descents, values and derivatives."""
    for text, by_hand in BY_HAND:
        f = Objective.from_expression(text, ["a", "b"]).on_scales({"b": "log"})
        g = Objective.from_expression(by_hand, ["a", "s"])
        assert write(f, GD.rule).text == write(g, GD.rule).text, text
        assert write_evaluation(f).text == write_evaluation(g).text, text
        assert f.variables == ("a", "log_b")
        assert f.parameter_names == ("a", "b")


def test_a_fit_on_the_logarithm_descends_as_the_hand_transformed_model():
    """The same bits of every outcome, from data; and another identity than the fit in b."""
    data = {"x": np.array([1.0, 2.0, 4.0, 7.0]), "y": np.array([0.4, 0.9, 1.4, 1.9])}
    f = Objective.from_model("b1*(1 - exp(-b2*x))", data, ["b1", "b2"], response="y")
    hand = Objective.from_model("b1*(1 - exp(-exp(s)*x))", data, ["b1", "s"], response="y")
    logged = f.on_scales({"b2": "log"})
    starts = np.array([[1.0, -1.0], [3.0, -2.0], [2.0, 0.5]])
    assert write(logged, GD.rule).text == write(hand, GD.rule).text
    with plainly():
        one, other = (descend(each, replace(GD, max_steps=200), starts) for each in (logged, hand))
    for name in ("end", "value", "gradient_norm", "steps", "ending"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert logged.identity != f.identity


def test_values_and_slopes_are_those_of_the_chain_rule():
    """f(ln b) has the value of f(b), and b f'(b) as its slope, where the formula is defined."""
    for text, _ in BY_HAND:
        f = Objective.from_expression(text, ["a", "b"])
        g, points = f.on_scales({"b": "log"}), np.array([[1.5, -0.7], [0.3, 2.0]])
        users = g.in_users_units(points)
        np.testing.assert_allclose(users, np.column_stack([points[:, 0], np.exp(points[:, 1])]))
        np.testing.assert_allclose(g.in_variables(users), points)
        np.testing.assert_allclose(g.value(points), f.value(users))
        np.testing.assert_allclose(g.gradient(points), f.gradient(users) * [[1, b] for b in users[:, 1]])


def test_conditions_of_what_is_above_0_are_gone_and_others_stay():
    """log(b) is defined for every ln b, log(a*b) for a above 0 alone."""
    f = Objective.from_expression("sqrt(b) + log(a*b) + a**2", ["a", "b"]).on_scales({"b": "log"})
    assert [str(c) for c in f.conditions] == ["a*exp(log_b) > 0"]
    assert np.isnan(f.value(np.array([[-1.0, 0.0]])))


def test_a_catalogue_function_keeps_the_minima_that_have_a_logarithm():
    """Its known minima are where they were, in the user's units; its domain, where it has one there."""
    f = named("himmelblau").on_scales({"x": "log"})
    kept = [place for place, _ in named("himmelblau").minima if place[0] > 0]
    assert len(kept) == 2
    np.testing.assert_allclose(f.in_users_units(np.array([place for place, _ in f.minima])), kept)
    assert f.domain is None


def test_the_proof_is_that_of_the_hand_transformed_function():
    """Enclosures of points, values and eigenvalues agree to the bit, and their names are honest."""
    f = Objective.from_expression(TWO_WELLS, ["a", "b"]).on_scales({"b": "log"})
    g = Objective.from_expression("(s**2 - 1)**2 + (a - 2)**2/4 + s/5", ["a", "s"])
    one = certify(f, Box({"a": (0, 4), "b": (0.05, 20)}).on_scales({"b": "log"}), max_boxes=3000)
    low, high = logarithm(0.05), logarithm(20)
    other = certify(g, Box({"a": (0, 4), "s": (low, high)}), max_boxes=3000)
    assert one.complete
    assert one.points == other.points
    assert one.variables == ("a", "log_b")


def test_a_family_over_a_parameter_is_that_of_the_hand_transformed_function():
    """Sweeps of a number of the formula prove in ln b, too."""
    from flint import arb

    f = Objective.from_expression("(log(b)**2 - 1)**2 + c*log(b)", ["b"], {"c": 0.2}).on_scales({"b": "log"})
    g = Objective.from_expression("(s**2 - 1)**2 + c*s", ["s"], {"c": 0.2})
    at = [arb("0.3"), arb("0.25")]
    assert str(Family.of(f, "c").jet(at)) == str(Family.of(g, "c").jet(at))


@pytest.mark.parametrize(
    ("scale", "said"),
    [
        ({"c": "log"}, '"c" is not one of the variables a, b'),
        ({"b": "log10"}, 'b: "log10" is not one of linear, log; did you mean "log"?'),
        ({"a": "log"}, "domain.a: got [0, 4], which touches 0, where there is no logarithm; give a lower bound above"),
    ],
)
def test_a_wrong_scale_is_refused_before_any_work(scale, said):
    """In a sentence with the key, the value and what to do."""
    with pytest.raises(ConfigError, match=re.escape(said)):
        read_config(STUDY | {"scale": scale})


def test_a_name_that_the_logarithm_would_take_is_refused():
    """Of a variable in a config, and of a parameter in Python."""
    both = {"expression": "b**2 + log_b**2", "variables": ["b", "log_b"]}
    with pytest.raises(ConfigError, match="b: its logarithm is called log_b, which is a name already"):
        read_config(STUDY | {"objective": both, "domain": {"b": [1, 2], "log_b": [1, 2]}})
    with pytest.raises(InputError, match="scale b: its logarithm is called log_b"):
        Objective.from_expression("b**2 + log_b", ["b"], {"log_b": 1}).on_scales({"b": "log"})


def test_an_arena_whose_ends_are_no_doubles_is_refused():
    """On the logarithm a few widths are many powers of ten."""
    with pytest.raises(ConfigError, match=r"arena.widen: got 400.*on the logarithm it makes b 0 or infinite"):
        read_config(STUDY | {"arena": {"widen": 400}})


def test_linear_says_nothing_and_a_study_without_scale_is_what_it_was():
    """The word linear is allowed, and leaves the variables as they are."""
    assert "scale" not in read_config({**STUDY, "scale": {}}).resolved()
    study = load_study(STUDY | {"scale": {"a": "linear"}, "methods": {"gd": {"optimizer": "sign", "learning_rate": 1}}})
    assert study.objective.variables == ("a", "b")
    assert study.domain == Box({"a": (0, 4), "b": (0.05, 20)})


def test_starts_are_even_on_the_logarithm():
    """A grid has equal ratios; the arena is as many times below and above the domain."""
    study = load_study(STUDY | {"starts": {"design": "grid", "per_axis": 5}})
    starts = study.objective.in_users_units(study.starts(slice(0, 25)))
    b = np.unique(starts[:, 1].round(12))
    np.testing.assert_allclose(b[1:] / b[:-1], 400 ** (1 / 5))
    low, high = study.arena.users.bounds["b"]
    np.testing.assert_allclose([0.05 / low, high / 20], 20)


def test_starts_of_a_file_are_in_the_users_units(tmp_path):
    """Its column is b; the checked copy has ln b under its own name; what has no logarithm is named with its row."""
    file = tmp_path / "own.csv"
    file.write_text("b,a\n1,2\n0.5,3\n", encoding="utf-8")
    config = STUDY | {"starts": {"design": "file", "path": str(file)}}
    study = load_study(config)
    expected = np.array([[2.0, 0.0], [3.0, np.log(0.5)]])
    np.testing.assert_array_equal(study.starts(slice(0, 2)), expected)
    copy_starts(file, ["a", "b"], tmp_path / "starts.parquet", checksum=storage.checksum(file), scale={"b": "log"})
    assert list(storage.read_frame(tmp_path / "starts.parquet")) == ["start_a", "start_log_b"]
    copied = study.with_starts(tmp_path / "starts.parquet")
    np.testing.assert_array_equal(copied.starts(slice(0, 2)), expected)
    file.write_text("a,b\n1,2\n2,-0.5\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"row 2: b is -0.5, which has no logarithm; with scale log"):
        read_config(config)


def test_slices_and_boxes_of_zooms_are_given_in_the_users_units():
    """The plane lies, and its boxes end, where their logarithms are."""
    text = "(log(b) - 1)**2 + (a - 2)**2 + log(c)**2"
    drawn = {"slice": {"axes": ["b", "a"], "at": {"c": 2}}, "zoom": [{"a": [1, 2], "b": [1, 10]}]}
    config = STUDY | {"objective": {"expression": text, "variables": ["a", "b", "c"]}, "figures": drawn}
    config |= {"domain": {"a": [0, 4], "b": [0.05, 20], "c": [0.5, 4]}, "scale": {"b": "log", "c": "log"}}
    config |= {"starts": {"design": "sobol", "count": 8}, "methods": {"gd": {"optimizer": "bfgs"}}}
    study = load_study(config)
    assert list(study.plane.axes) == ["log_b", "a"]
    assert study.plane.at == {"log_c": logarithm(2)}
    assert study.zooms == [Box({"a": (1, 2), "log_b": (0, logarithm(10))})]


def test_places_and_boxes_are_said_in_the_users_units():
    """Words name b, and say what it is."""
    domain = Box({"a": (0, 4), "b": (1e-5, 1e-2)}).on_scales({"b": "log"})
    assert point([2.0, np.log(5.5e-4)], domain) == "(2, 0.00055)"
    assert box(domain, 12) == "a in [0, 4], b in [1e-05, 0.01]"
    assert domain.widened(1.0).users.bounds["b"] == pytest.approx((1e-8, 10.0))


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The study in a folder, through all of its stages."""
    study = load_study(STUDY)
    folder = staged.run(study, tmp_path_factory.mktemp("logs"), together=True)
    staged.bound(study, folder, descents=400)
    return study, folder


def test_tables_have_both_names_and_outcomes_the_honest_one(ran):
    """b is the exponential of log_b, of minima and of critical points; a rate is given by the user's name."""
    study, folder = ran
    for name in ("minima.csv", "basins.csv", "critical_points.csv"):
        table = storage.read_csv(folder / name)
        at = list(table).index("log_b")
        assert list(table)[at - 1 : at + 2] == ["a", "log_b", "b"]
        assert len(table) >= 2
        np.testing.assert_allclose(table["b"], np.exp(table["log_b"]), rtol=1e-15)
    known = [logarithm(b) for b in storage.read_csv(folder / "minima.csv")["b"]]
    slope = [4 * s * (s**2 - 1) + 0.2 for s in known]
    np.testing.assert_allclose(slope, 0, atol=1e-7)
    assert study.method("gd").on(study.objective.parameter_names).rate == (0.5, 0.05)


def test_words_speak_of_the_users_variables(ran):
    """No sentence has the name of a logarithm."""
    study, folder = ran
    text = staged.summary(study, folder).markdown
    assert "b in [0.05, 20]" in text
    assert "(2, 0.359112)" in text
    assert "log_b" not in text
    found = read_boundary(staged.files_of(study, folder)["gd"], study.domain)
    found = replace(found, shock=Shock(minimum=0, low=0.0, high=1.25, lands_in=1))
    *_, distance = paragraphs(found, study.objective.parameter_names, lengths(study))
    assert "has length 1.25 in (a, ln b) and leads into that of minimum 1" in distance


def test_ends_of_basins_in_one_variable_are_told_in_its_units():
    """In as many decimals as an edge is told to, on the logarithm, and what that is of b."""
    edges = pd.DataFrame({"log_b": [np.log(20.0) + 1e-9], "width": [1e-8]})
    assert _ends(edges, Box({"b": (1, 100)}).on_scales({"b": "log"})) == [20.0]


@pytest.mark.parametrize("name", ["basin_map", "trajectories"])
def test_pictures_have_logarithmic_axes_of_the_users_variable(ran, name):
    """The axis is called b, its numbers are powers of ten, and stand where their logarithms are."""
    study, folder = ran
    figure = figure_of(name, scene(study, "gd", [*folder.glob("*.csv"), *folder.glob("*.parquet"), *_proof(folder)]))
    axis = figure.axes[0].yaxis
    assert axis.get_label_text() == "b"
    shown = dict(zip(axis.get_major_locator()(), axis.get_major_formatter().seq, strict=True))
    assert {"10⁻¹", "1", "10"} == set(shown.values())
    np.testing.assert_allclose(sorted(shown), np.log([0.1, 1, 10]))
    assert "log_b" not in " ".join(text.get_text() for text in figure.findobj(Text))


def _proof(folder):
    return folder.glob("certificate.json")


def test_ticks_between_powers_of_ten_are_round_numbers():
    """However little of the logarithm an axis shows, two numbers stand at it at least, where they belong."""
    for low, high in ((1e-8, 1e9), (0.02, 3), (0.9, 1.1), (2.0, 2.0001), (4e5, 5e5)):
        major, minor = ticks(np.log(low), np.log(high))
        values = [
            float(
                text.replace("10⁻", "1e-").translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"))
                if "⁻" in text
                else re.sub(r"^10([⁰-⁹¹²³]+)$", _whole, text)
            )
            for text in major.values()
        ]
        assert len(major) >= 2
        np.testing.assert_allclose(values, np.exp(list(major)), rtol=1e-3)
        assert all(np.diff(sorted(minor)) > 0)


def _whole(power):
    return "1e" + power[1].translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"))
