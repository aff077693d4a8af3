"""A study of a fit: its tables, its words and its pictures, against the data and the model themselves."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from multistart.figures.binning import extent_of
from multistart.figures.drawing import figure_of
from multistart.figures.values_above import heights_above
from multistart.fits import Model, statistics_of
from multistart.functions.objective import Objective
from multistart.proofs import Certificate
from multistart.study import load_study, storage
from multistart.study.certify import certify_arena, read_certificate
from multistart.study.draw import scene
from multistart.study.findings import FitFindings, FitParameter, Lowest, Number, ProofFindings
from multistart.study.fit import curves_table, fit_table, fitted_table
from multistart.study.fit_words import paragraphs, parameters, proven
from tests import figure_scenes
from tests.staged import run, summary

T = np.linspace(0.2, 6, 24)
LEVEL = 1.5 * np.sin(2 * T) + np.random.default_rng(4).normal(0, 0.2, 24)


@pytest.fixture(scope="module")
def wave(tmp_path_factory):
    """A study of a sine with several minima, some on faces of the box that descents are held in; its folder."""
    folder = tmp_path_factory.mktemp("wave")
    pd.DataFrame({"t": T, "level": LEVEL}).to_csv(folder / "wave.csv", index=False)
    study = load_study(
        {
            "study": "wave",
            "objective": {
                "model": "a*sin(w*t)", "data": str(folder / "wave.csv"), "response": "level", "variables": ["a", "w"],
            },
            "domain": {"a": [0.2, 2.5], "w": [0.3, 6]},
            "bounds": "hold",
            "starts": {"design": "jittered_grid", "per_axis": 20, "seed": 1},
            "methods": {"gd": {"optimizer": "gradient_descent", "learning_rate": 0.001, "max_steps": 1000}},
        }
    )  # fmt: skip
    return study, run(study, folder, together=True)


@pytest.fixture(scope="module")
def drawn(wave):
    """Its scene."""
    study, folder = wave
    files = [folder / name for name in ("basins.csv", "tally.parquet", "fit.csv", "fitted.csv", "curves.csv")]
    return scene(study, "gd", files)


def two_predictors(drawn):
    """A scene of a fit with two predictors and weights, in place of the sine."""
    random = np.random.default_rng(5)
    x, z, off = random.normal(size=(3, 60))
    data = {"x": x, "z": z, "y": 1 + 2 * x - z + off, "w": 1 + z**2}
    fit = Objective.from_model("a + b*x + c*z", data, ["a", "b", "c"], response="y", weights="w")
    root = np.sqrt(data["w"])
    best = np.linalg.lstsq(root[:, None] * np.column_stack([np.ones(60), x, z]), root * data["y"], rcond=None)[0]
    found, model = statistics_of(fit, best), Model(fit)
    tables = (fitted_table(found, model), curves_table(model, best[None]), fit_table(found, model))
    fitted, curves, quality = map(pd.DataFrame, tables)
    return replace(drawn, objective=fit, fitted=fitted, curves=curves, quality=quality), data


def test_tables_of_a_fit(wave):
    """The tables hold the data, the model at the minimum, and the statistics of each minimum, bounds included."""
    _, folder = wave
    minima, table, fitted, curves, quality = (
        storage.read_csv(folder / f"{name}.csv") for name in ("minima", "parameters", "fitted", "curves", "fit")
    )
    a, w = minima.loc[0, ["a", "w"]].astype(float)
    assert fitted["row"].tolist() == list(range(1, 25))
    assert fitted["level"].tolist() == LEVEL.tolist()
    assert fitted["fitted"].to_numpy() == pytest.approx(a * np.sin(w * T), rel=1e-12)
    assert (fitted["fitted"] + fitted["residual"]).to_numpy() == pytest.approx(LEVEL, rel=1e-12)
    found = dict(zip(quality["quantity"], quality["value"], strict=True))
    rss = float(((LEVEL - a * np.sin(w * T)) ** 2).sum())
    assert (found["rows"], found["parameters"], found["degrees_of_freedom"]) == (24, 2, 22)
    assert (found["rss"], found["loss"]) == pytest.approx((rss, rss), rel=1e-12)
    assert fitted["standardized"].to_numpy() == pytest.approx(fitted["residual"] / math.sqrt(rss / 22), rel=1e-12)
    places = minima[["a", "w"]].to_numpy()
    assert table["estimate"].to_numpy().reshape(-1, 2) == pytest.approx(places, rel=1e-14)
    on_face = places == [0.2, 6.0]
    assert on_face.any()
    assert (table["at_bound"].notna().to_numpy().reshape(-1, 2) == on_face).all()
    assert (table["standard_error"].isna().to_numpy().reshape(-1, 2) == on_face).all()
    for basin, curve in curves.groupby("basin"):
        a, w = places[basin]
        assert curve["value"].to_numpy() == pytest.approx(a * np.sin(w * curve["at"]), rel=1e-12, abs=1e-12)
        assert (curve["at"].min(), curve["at"].max()) == (T.min(), T.max())


def test_words_of_a_fit(wave):
    """The summary says how many starts reached the best fit, how good it is, and its parameters."""
    study, folder = wave
    said, basins = summary(study, folder), storage.read_csv(folder / "basins.csv")
    count, value = int(basins["count"].iloc[0]), float(basins["value"].iloc[0])
    share = f"{count} of 400 starts ({count / 4:.1f} %, "
    assert said.sentences[1].startswith(f"**{share}")
    assert f"reached the best fit**, RSS {value:.11g}; " in said.sentences[1]
    assert said.sentences[2].startswith("There, a = 1.556 ± 0.059 and w = 2.014 ± 0.011, with standard errors.")
    best = next(section for section in said.sections if section.title == "The best fit")
    assert "| a | 1.556005441 | 0.0594243 |" in best.paragraphs[1]
    assert "RSS = 0.957075" in said.markdown
    assert "f = " not in said.markdown


def test_without_a_minimum(wave):
    """A study that reached no minimum has the data in its tables, and nothing that is made up."""
    study, _ = wave
    model = Model(study.objective)
    assert np.isnan(fitted_table(None, model)["fitted"]).all()
    quality = fit_table(None, model)
    assert quality["value"][:2].tolist() == [24, 2]
    assert np.isnan(quality["value"][2:]).all()
    fit = FitFindings({}, (), ())
    assert parameters(fit) == ""
    assert paragraphs(study, fit) == ("No start reached a minimum, so there is no fit to speak of.",)


def parameter(name, estimate, error, bound="", indistinct=(), note="from X"):
    return FitParameter(name, estimate, error, math.nan, bound, indistinct, note)


def test_what_is_said_of_parameters_that_are_not_determined(wave):
    """Bounds, parameters that are not told apart, high correlations and errors above the estimate are all named."""
    names = ("rows", "loss", "rss", "residual_deviation", "r_squared", "degrees_of_freedom")
    none = math.nan
    fit = FitFindings(
        {name: Number(1.0) for name in names},
        (
            parameter("a", 1.0, none, bound="low", note="none: held"),
            parameter("b", 2.0, none, indistinct=("b", "c"), note="none: alike"),
            parameter("c", 2.0, none, indistinct=("b", "c"), note="none: alike"),
            parameter("d", 1.0, 3.0),
            parameter("e", 5.0, 0.1),
        ),
        (("d", "e", -0.9987654),),
    )
    text = "\n".join(paragraphs(wave[0], fit))
    assert "The best fit has a at its lower bound, and would be better beyond" in text
    assert "The data do not tell b and c apart" in text
    assert "d and e (-0.998765)" in text
    assert "Of d the data tell little: the standard error is larger than the estimate." in text
    assert "| b | 2 | none: alike |" in text
    assert parameters(fit, ties=2).startswith("At the first of them, a = 1 (at its lower bound), ")
    said = "There, a = 1 (at its lower bound), b = 2, c = 2, d = 1.0 ± 3.0 and 1 more parameter, with standard errors."
    assert parameters(fit) == said


def proof(bound, lowest=True, reached=True, **more):
    places = (Lowest((1.5, 2.0), 1.0, True),) if lowest else ()
    given = {"complete": False, "level": None, "contradicted": False, "counts": {}, "undecided": (), "falls": ()}
    given |= {"in_domain": 1, "missed": 0, "uncertified": 0, "lower_elsewhere": False} | more
    return ProofFindings(bound=bound, lowest=places, lowest_reached=reached, **given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "that there is no better one is not proven"),
        (proof((1.0, 1.0)), "proven the lowest in this box"),
        (
            proof((1.0, 1.0), complete=True, counts={"minimum": 1}),
            "proven the lowest, and the only minimum, in this box",
        ),
        (
            proof((1.0, 1.0), complete=True, on_faces=1),
            "proven the lowest, and the only minimum, in this box",
        ),
        (proof((1 - 2.11e-9, 1.0), lowest=False), "proven: none in this box is better by more than 2.2e-09"),
        (proof((0.25, 1.0), lowest=False), "not proven the lowest, only that RSS is at least 0.25 in this box"),
        (proof((-7.0, 1.0), lowest=False), "not proven the lowest: no bound above 0 is proven in this box"),
        (proof((-math.inf, 1.0), lowest=False), "no bound of how good a fit can be is proven"),
        (proof((0.5, 0.6), lowest=False, lower_elsewhere=True), "there are better ones in this box"),
        (proof((1.0, 1.0), contradicted=True), "that there is no better one is not proven"),
    ],
)
def test_what_is_proven_of_the_best_fit(wave, given, said):
    """No more is said than the certificate gives: the lowest, a bound, or nothing; and in which box."""
    study = wave[0]
    assert proven(study, given, 1.0) == said
    wider = replace(study)
    vars(wider)["arena"] = study.domain.widened(1.0)
    assert proven(wider, given, 1.0) == said.replace("this box", "the arena, a in [-2.1, 4.8], w in [-5.4, 11.7]")


@pytest.mark.parametrize(
    ("given", "best", "said"),
    [
        (proof((0.0, 1.0), lowest=False, in_part=(1.0, 1.0, True)), 1.0, "proven the lowest in the domain; of {}"),
        (proof((-math.inf, 1.0), lowest=False, in_part=(1.0, 1.0, True)), 1.0,
         "proven the lowest in the domain; of {}"),
        (proof((0.0, 1.0), lowest=False, in_part=(1 - 2.11e-9, 1.0, False)), 1.0,
         "proven: none in the domain is better by more than 2.2e-09; of {}"),
        (proof((0.0, 0.9), lowest=False, in_part=(1.0, 1.0, True)), 0.9, "proven: none in the domain is better; of {}"),
        (proof((0.0, 1.0), lowest=False, in_part=(0.5, 1.0, False)), 1.0,
         "not proven the lowest: no bound above 0 is proven in {}"),
        (proof((0.0, 0.6), lowest=False, lower_elsewhere=True, in_part=(1.0, 1.0, True)), 1.0,
         "there are better ones in {}"),
        (proof((1 - 2.11e-9, 1.0), lowest=False, in_part=(0.0, 1.0, False)), 1.0,
         "proven: none in {} is better by more than 2.2e-09"),
    ],
)  # fmt: skip
def test_what_is_proven_of_the_domain_where_the_arena_is_not_decided(wave, given, best, said):
    """That it is the lowest in the domain, or how near; of what is better outside no more than is so."""
    wider = replace(wave[0])
    vars(wider)["arena"] = wave[0].domain.widened(1.0)
    arena = "the arena, a in [-2.1, 4.8], w in [-5.4, 11.7]"
    assert proven(wider, given, best) == said.replace("of {}", "of {}, that is not decided").format(arena)


def test_the_domain_is_searched_by_itself_where_the_arena_has_poles(tmp_path, monkeypatch):
    """A hyperbola without poles for parameters above 0: the arena, with those below, is not decided, and the domain is.

    No point of a fine grid of the domain is lower than what is proven, and what is written is what is read.
    """
    monkeypatch.chdir(tmp_path)
    x = np.array([0.5, 1.0, 2.0, 3.0, 4.0, 6.0])
    y = np.round(1 / (0.2 + 0.15 * x) + np.array([3, -2, 1, -3, 2, -1]) / 100, 3)
    pd.DataFrame({"x": x, "y": y}).to_csv("poles.csv", index=False)
    study = load_study(
        {
            "study": "poles",
            "objective": {"model": "1/(b + c*x)", "data": "poles.csv", "response": "y", "variables": ["b", "c"]},
            "domain": {"b": [0.05, 0.5], "c": [0.05, 0.5]},
            "starts": {"design": "grid", "per_axis": 8},
            "methods": {"lm": {"optimizer": "levenberg_marquardt"}},
            "certificate": {"max_boxes": 600},
        }
    )
    monkeypatch.setattr("multistart.study.certify.pilot", lambda study: np.empty((0, 2)))
    certify_arena(study, table_path="points.csv", certificate_path="certificate.json")
    found = read_certificate("certificate.json")
    assert not found.complete
    assert found.global_value[0] <= 0
    assert found.boxes <= study.config.certificate.max_boxes // 10  # of the arena, where the domain is proven
    low, high = found.part.value
    assert high - low < 1e-15
    grid = np.stack(np.meshgrid(*[np.linspace(0.05, 0.5, 200)] * 2), axis=-1).reshape(-1, 2)
    values = ((y - 1 / (grid[:, :1] + grid[:, 1:] * x)) ** 2).sum(axis=1)
    assert low <= values.min() < low + 1e-3
    np.testing.assert_allclose(found.part.lowest, grid[values.argmin()][None], atol=0.01)
    assert found.part == Certificate.from_dict(found.as_dict()).part


def test_picture_of_the_data_and_the_fits(drawn):
    """A curve for each minimum in its colour, the best on top, and every row of the data as a dot."""
    figure = figure_of("fit", drawn)
    ax = figure.axes[0]
    dots = next(line for line in ax.lines if "data" in str(line.get_label()))
    np.testing.assert_allclose(dots.get_xydata(), np.column_stack([T, LEVEL]), rtol=1e-12)
    curves = [line for line in ax.lines if line is not dots]
    assert len(curves) == len(drawn.curves["basin"].unique())
    best = max(curves, key=lambda line: line.get_zorder())
    assert best.get_color() == "#0067A5"
    a, w = drawn.basins.loc[0, ["a", "w"]].astype(float)
    np.testing.assert_allclose(best.get_ydata(), a * np.sin(w * best.get_xdata()), rtol=1e-10, atol=1e-12)
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts[1].startswith("0 lowest, RSS")
    assert len(texts) == 1 + len(curves)


def test_picture_of_residuals(drawn):
    """Residuals of all rows along the predictor, between the lines of their standard deviation."""
    ax = figure_of("residuals", drawn).axes[0]
    np.testing.assert_allclose(ax.lines[0].get_xydata(), drawn.fitted[["t", "residual"]].to_numpy())
    level = sorted(line.get_ydata()[0] for line in ax.lines[1:])
    deviation = math.sqrt((drawn.fitted["residual"] ** 2).sum() / 22)
    assert level == pytest.approx([-deviation, 0, deviation])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("t", "level less fitted")


def test_pictures_of_several_predictors(drawn):
    """With two predictors measured is drawn against fitted, and with weights residuals are in standard deviations."""
    scene, data = two_predictors(drawn)
    assert len(scene.curves) == 0
    dots = figure_of("fit", scene).axes[0].lines[0]
    np.testing.assert_allclose(dots.get_ydata(), data["y"], rtol=1e-12)
    np.testing.assert_allclose(dots.get_xdata(), scene.fitted["fitted"])
    ax = figure_of("residuals", scene).axes[0]
    np.testing.assert_allclose(ax.lines[0].get_ydata(), scene.fitted["standardized"])
    assert float((scene.fitted["standardized"] ** 2).sum()) == pytest.approx(57, rel=1e-12)
    assert "standard deviations" in ax.get_ylabel()


def test_line_on_which_both_are_the_same_is_straight(drawn):
    """What fits may span decades, as probabilities do: measured against fitted keeps even axes, and so its diagonal."""
    scene, _ = two_predictors(drawn)
    spread = np.geomspace(1e-4, 1, len(scene.fitted))
    scene = replace(scene, fitted=scene.fitted.assign(fitted=spread, residual=1 - spread))
    ax = figure_of("fit", scene).axes[0]
    assert {ax.get_xscale(), ax.get_yscale(), figure_of("residuals", scene).axes[0].get_xscale()} == {"linear"}


def test_few_starts_that_end_elsewhere_are_drawn(drawn):
    """Where nearly all starts end at one value, the range is that of the minima which the few others reached."""
    values, basins = drawn.values, drawn.basins  # noqa: PD011 - a frame of that name
    at_best = values["basin"] == 0
    rare = values.assign(count=np.where(at_best, 100_000, np.minimum(values["count"], 1)))
    reached = basins["count"] > 0
    share = np.where(basins["basin"] == 0, 0.999, 1e-4) * reached
    few = replace(drawn, values=rare, basins=basins.assign(share=share))
    extent = extent_of(few)
    assert not extent.single
    assert extent.low < basins.loc[reached, "value"].min() < basins.loc[reached, "value"].max() < extent.high
    assert figure_of("waterfall", few).axes


def test_landscape_of_a_loss(drawn):
    """Colours of a loss that spans orders of magnitude are by ratio, and the bar has the name of its values."""
    figure = figure_of("landscape", drawn)
    bar = next(ax for ax in figure.axes if ax.get_label() == "colourbar")
    assert bar.get_title(loc="left") == "RSS(a, w)"
    levels = figure.axes[0].collections[0].levels
    ratio = levels[2:] / levels[1:-1]
    assert levels[-1] > 10 * levels[0]
    assert ratio.max() < 1.2 * ratio.min()


def test_waterfall_by_orders_of_magnitude():
    """Values over many orders are drawn by how far they are above the lowest, at the foot; others evenly."""
    far = figure_scenes.diverging()
    heights = heights_above(far, extent_of(far))
    ax = figure_of("waterfall", far).axes[0]
    assert ax.get_yscale() == "log"
    assert "above that of minimum 0" in ax.get_ylabel()
    rows, given = heights.values, far.values  # noqa: PD011 - frames of that name
    assert rows["count"].sum() == given["count"].sum()
    assert rows["low"].min() >= heights.foot
    ax.figure.draw_without_rendering()
    assert ax.get_yticklabels()[0].get_text() == "lowest"
    assert figure_of("waterfall", figure_scenes.peaks()).axes[0].get_yscale() == "linear"
