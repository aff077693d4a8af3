"""What is given of a fit: data are read as a person meant them, all else is refused in one sentence with its place."""

import numpy as np
import pandas as pd
import pytest

from multistart import Box, Objective
from multistart.errors import ConfigError, InputError
from multistart.functions.determined import undetermined
from multistart.study import load_study
from multistart.study.data import copy_data, fit_of
from multistart.study.settings import settings

FILES = {
    "ok.csv": "x,y,w\n1,2,1\n2,3,1\n3,5,2\n",
    "empty.csv": "",
    "header.csv": "x,y\n",
    "text.csv": "x,y\n1,2\nfoo,3\n",
    "nan.csv": "x,y\n1,2\n2,nan\n",
    "inf.csv": "x,y\n1,2\n2,inf\n",
    "missing.csv": "x,y\n1,2\n2,\n",
    "negative.csv": "x,y,w\n0,-2,0\n2,3,1\n1,0.5,-1\n",
    "twice.csv": "x,x,y\n1,2,3\n",
    "spaced.csv": "dose (mg),Response y\n1,2\n2,3\n",
    "variable.csv": "b1,x,y\n1,2,3\n2,3,4\n",
    "one.csv": "x,y\n1,2\n",
    "semicolons.csv": "x;y\n1;2\n",
    "reserved.csv": "x,y,m\n1,2,3\n2,3,4\n",
    "named.csv": "x,pi,e\n1,2,3\n2,3,5\n3,5,8\n",
    "half.csv": "x,y\n1,0.5\n2,0.25\n",
}
GIVEN = {"model": "b1*exp(-b2*x)", "data": "ok.csv", "variables": ["b1", "b2"], "response": "y"}
#: What is changed, and what the sentence has in it.
REFUSED = [
    ({"data": "no.csv"}, "there is no file no.csv"),
    ({"data": "."}, "is neither .csv nor .parquet"),
    ({"data": "ok.txt"}, "is neither .csv nor .parquet"),
    ({"data": "empty.csv"}, "empty.csv is empty; it needs a header and one row a measurement"),
    ({"data": "header.csv"}, "header.csv has no rows; it needs one row a measurement"),
    ({"data": "text.csv"}, 'text.csv, column "x", row 2: "foo" is not a finite number'),
    ({"data": "nan.csv"}, 'nan.csv, column "y", row 2: "nan" is not a finite number'),
    ({"data": "inf.csv"}, 'inf.csv, column "y", row 2: "inf" is not a finite number'),
    ({"data": "missing.csv"}, 'missing.csv, column "y", row 2: a number is missing'),
    ({"data": "twice.csv"}, 'twice.csv has two columns "x"; leave one of them'),
    ({"data": "semicolons.csv"}, 'separated by ";": separate fields with ","'),
    ({"data": "variable.csv"}, '"b1" is a variable and a column of variable.csv'),
    ({"data": "one.csv"}, "one.csv has 1 row, fewer than the 2 variables"),
    ({"data": "nothing.parquet"}, 'nothing.parquet, column "y", row 2: a number is missing'),
    ({"data": "texts.parquet"}, 'texts.parquet, column "x" holds'),
    ({"response": "yy"}, 'ok.csv has no column "yy"; its columns are x, y, w; did you mean "y"?'),
    ({"response": "b1"}, 'response "b1" names the variable b1; it is made of columns'),
    ({"response": "y +"}, '"y +" is not a formula: nothing stands behind the last +'),
    ({"response": "log(y)", "data": "negative.csv"}, ".csv, row 1: the formulas ask for y > 0, and here y = -2;"),
    ({"model": "b1*exp(-b2*dose)", "data": "spaced.csv"}, 'rename "dose (mg)" to "dose"'),
    ({"model": "b1*exp(-b2*dose_mg)", "data": "spaced.csv"}, 'rename "dose (mg)" to "dose_mg"'),
    ({"model": "b1*exp(-b2*m)", "data": "reserved.csv"}, '"m" means the model\'s value in a loss'),
    ({"model": "b1*exp(-b2*z)"}, 'ok.csv has no column "z"'),
    ({"model": "b1*exp(-b2*x"}, "1 bracket is opened and 0 closed"),
    ({"model": "b1*abs(b2*x)"}, "abs has a kink"),
    ({"model": "b1*x"}, 'variable "b2" occurs neither in the model nor in the loss'),
    ({"model": "b1*x**b2", "data": "negative.csv"}, "row 1: the formulas ask for x > 0, and here x = 0"),
    ({"model": "b1*exp(-b2*x)/(x-2)"}, "row 2: the formulas ask for x - 2 != 0, and here x = 2"),
    ({"model": "b1*exp(1000*x) + b2"}, "row 1: a part of the formulas is not finite, and here x = 1"),
    ({"model": "log(-b1**2 - 1)*b2*x"}, "the fit is nowhere a real number: -b1**2 - 1 > 0 holds nowhere"),
    ({"model": "sqrt(x - 5 - b1**2)*b2"}, "row 1: the formulas ask for -b1**2 + x - 5 >= 0, which holds nowhere"),
    ({"weights": "w", "data": "negative.csv"}, "negative.csv, row 1: a weight is above 0, and here w = 0"),
    ({"standard_deviations": "w", "data": "negative.csv"}, "row 1: a standard deviation is above 0, and here w = 0"),
    ({"weights": "v"}, 'has no column "v"'),
    ({"weights": "b1"}, 'weights "b1" names the variable b1'),
    ({"weights": "w", "standard_deviations": "w"}, "give weights or standard_deviations, not both"),
    ({"standard_deviations": "w", "loss": "poisson"}, "the loss poisson has no residual to divide"),
    ({"loss": "huber"}, "huber needs delta, as in {name: huber, delta: 1.5}"),
    ({"loss": {"name": "huber", "delta": 0}}, "delta of the loss huber is above 0; got 0"),
    ({"loss": {"name": "huber", "dleta": 1}}, 'did you mean "delta"?'),
    ({"loss": {"name": "huber", "delta": "b1"}}, 'delta "b1" names the variable b1'),
    ({"loss": {"name": "squares", "delta": 1}}, '"delta": squares has no numbers'),
    ({"loss": {"delta": 1}}, "a loss has a name"),
    ({"loss": "hubber"}, 'did you mean "huber"?'),
    ({"loss": "mse"}, '"mse" is called squares, with reduction: mean, here'),
    ({"loss": "l1"}, "the absolute value has a kink"),
    ({"loss": "abs(r)"}, "abs has a kink"),
    ({"loss": "normal"}, "normal needs sigma, as in {name: normal, sigma: sigma}"),
    ({"loss": "poisson", "data": "negative.csv"}, "row 1: the loss poisson asks for response >= 0, and here y = -2"),
    ({"loss": "logistic"}, "row 1: the loss logistic asks for trials - response >= 0, and here y = 2"),
    ({"loss": "log(1 + exp(-y*q))"}, 'ok.csv has no column "q"'),
    ({"loss": "0*(m - y)"}, 'variable "b1" cancels out of the fit'),
    ({"variables": ["m", "b2"], "model": "m*exp(-b2*x)"}, "\"m\" means the model's value in a loss"),
    ({"variables": ["r", "b2"], "model": "r*exp(-b2*x)", "loss": "r**4"}, '"r" means the residual'),
    ({"variables": ["b1", "x"], "model": "b1*x"}, '"x" is a variable and a column of ok.csv'),
    ({"variables": ["b1", "b1"]}, 'variable "b1" is given twice'),
    ({"variables": ["value", "b2"], "model": "value*exp(-b2*x)"}, 'variable "value" is a reserved name'),
    ({"parameters": {"k": 1}}, 'parameter "k" occurs neither'),
    ({"parameters": {"x": 1}}, '"x" is a parameter and a column'),
    ({"reduction": "median"}, 'did you mean "mean"?'),
    ({"data": {"x": [1, 2], "y": [1, 2, 3]}}, "the columns of the data have different lengths: x 2, y 3"),
    ({"data": {"x": [[1, 2]], "y": [1]}}, 'column "x" has shape (1, 2)'),
    ({"data": {"x": ["a"], "y": [1]}}, 'the data, column "x" holds'),
    ({"data": {"x": [1, 2, np.nan], "y": [1, 2, 3]}}, 'the data, column "x", row 3: "nan" is not a finite number'),
    ({"data": {"x": [2**53 + 1, 1], "y": [1, 2]}}, f'row 1: no double is "{2**53 + 1}"'),
    ({"data": {"x": [], "y": []}}, "the data has no rows"),
    ({"data": {"x": np.array([2**64 - 1, 1], np.uint64), "y": [1, 2]}}, f'row 1: no double is "{2**64 - 1}"'),
    ({"data": {"e": [1, 2], "y": [1, 2]}, "model": "b1*e + b2"}, '"e" is a number in formulas and a column'),
    ({"response": "pi", "data": "named.csv"}, '"pi" is a number in formulas and a column of named.csv;'),
    ({"weights": 3}, "weights is a column or a formula, in quotes; got 3"),
    ({"response": None}, "response is a column or a formula, in quotes; got None"),
    ({"data": 3}, "data are a path, a DataFrame or a mapping of columns; got int"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    pd.DataFrame({"x": [1.0, 2.0], "y": [1, None]}).to_parquet("nothing.parquet")
    pd.DataFrame({"x": ["a", "b"], "y": [1, 2]}).to_parquet("texts.parquet")


def built(**changes):
    given = GIVEN | changes
    return Objective.from_model(given.pop("model"), given.pop("data"), given.pop("variables"), **given)


@pytest.mark.parametrize(("changes", "piece"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_is_no_fit_is_refused_in_one_sentence(changes, piece):
    """The sentence names file, column and row, or the piece of a formula, and what to write."""
    with pytest.raises(InputError) as caught:
        built(**changes)
    said = str(caught.value)
    assert piece in said
    assert len(said.splitlines()) == 1
    assert len(said) < 400
    assert said.isprintable()


def test_a_frame_a_mapping_and_files_are_the_same_data(tmp_path):
    """The same digest and values of a CSV file, a Parquet file, a DataFrame with other columns besides, and lists."""
    frame = pd.DataFrame({"note": ["a", "b", "c"], "y": [2, 3, 5], "x": [1.0, 2.0, 3.0]})
    frame.to_parquet(tmp_path / "same.parquet")
    at = np.array([[2.0, -0.25]])
    fits = [built(data=data) for data in ("ok.csv", tmp_path / "same.parquet", frame, {"x": [1, 2, 3], "y": [2, 3, 5]})]
    assert len({fit.fit.digest for fit in fits}) == 1
    assert len({fit.value(at)[0] for fit in fits}) == 1
    assert fits[0].fit.columns == ("x", "y")
    assert built(data="ok.csv", weights="w").fit.columns == ("x", "y", "w")
    assert built(data="named.csv", response="x", model="b1*exp(-b2*x)").fit.columns == ("x",)  # pi and e are not meant
    exact = np.array([2**63, 2**53, 1], np.uint64)
    assert built(data={"x": [1, 2, 3], "y": exact}).fit.rows[0, 1] == 2.0**63


def test_a_column_may_be_called_as_those_of_results():
    """Only what a formula or a fit's own tables call so is reserved for columns of data."""
    fit = Objective.from_model("a*count", {"count": [1, 2, 3], "value": [2, 3, 5]}, ["a"], response="value")
    assert fit.value(np.array([[1.0]]))[0] == 1 + 1 + 4


@pytest.mark.parametrize(
    ("model", "variables", "piece"),
    [
        ("a + b*x", "ab", ""),
        ("a*exp(-b*x) + c*exp(-d*x)", "abcd", ""),
        ("a + b*same", "ab", "the data do not determine a and b: what one changes, the others undo in every row; same"),
        ("a*exp(-b*same)", "ab", "do not determine a and b"),
        ("a*x + b*zero", "ab", "do not determine b, which changes the loss of no row; zero is 0 in every row"),
        ("a*b*x", "ab", "do not determine a and b: what one changes"),
        ("a*exp(b + c*x)", "abc", "do not determine a and b: what one"),
        ("a*exp(-1e6*b*x) + a*x", "ab", ""),  # too small for doubles, which says nothing
        ("1e200*a + b*x", "ab", ""),  # and what is too large
    ],
)
def test_what_data_cannot_determine_is_named(model, variables, piece):
    """By the rank of the rows' gradients, at points of the domain where these are numbers."""
    data = {"x": [0.5, 1, 2, 3, 4], "y": [1, 3, 4, 8, 9], "same": [2] * 5, "zero": [0] * 5}
    named = {name: data[name] for name in ("x", "y")} | {n: data[n] for n in ("same", "zero") if n in model}
    fit = Objective.from_model(model, named, list(variables), response="y")
    said = undetermined(fit, Box(dict.fromkeys(variables, (0.1, 5.0))))
    assert said.startswith(piece and "the data ")
    assert piece in said


def test_other_numbers_for_parameters_are_another_fit():
    """With the rows asked again; a parameter that there is not, and one at which a row is undefined, are refused."""
    fit = built(model="b1*log(k - x) + b2", parameters={"k": 10})
    other = fit.with_parameters(k=4.5)
    assert other.identity == built(model="b1*log(k - x) + b2", parameters={"k": 4.5}).identity
    at = np.array([[1.0, 2.0]])
    assert other.value(at) == sum((y - np.log(4.5 - x) - 2) ** 2 for x, y in ((1, 2), (2, 3), (3, 5)))
    with pytest.raises(InputError, match=r"row 3: the formulas ask for 3 - x > 0, and here x = 3"):
        fit.with_parameters(k=3)
    with pytest.raises(InputError, match='"q" is not one of k'):
        fit.with_parameters(q=3)


def config(**objective):
    return {
        "study": "fit",
        "objective": GIVEN | objective,
        "domain": {"b1": [1, 10], "b2": [-1, 1]},
        "starts": {"design": "grid", "per_axis": 3},
        "methods": {"newton": {"optimizer": "damped_newton"}},
    }


def test_a_study_reads_the_fit_that_its_config_names():
    """Loss with numbers, weights and reduction included; what is resolved is a valid config again."""
    given = config(
        loss={"name": "huber", "delta": 1.5}, weights="w", reduction="mean", parameters={}, response="log(y)"
    )
    study = load_study(given)
    expected = built(loss={"name": "huber", "delta": 1.5}, weights="w", reduction="mean", response="log(y)")
    assert study.objective.identity == expected.identity
    assert study.objective.fit.source == "ok.csv"
    again = load_study(study.config.resolved())
    assert again.objective.identity == expected.identity
    assert load_study(config()).objective.fit.loss == "squares"


def test_a_checked_copy_is_what_jobs_fit_to(tmp_path):
    """The rule data keeps the columns that are named, bit for bit; a file that changed meanwhile is refused."""
    checked, table = (
        settings(config(parameters={}, loss="squares", reduction="sum")).objective,
        tmp_path / "data.parquet",
    )
    copy_data(checked, table, digest=load_study(config()).objective.fit.digest)
    assert list(pd.read_parquet(table)) == ["x", "y"]
    study = load_study(config()).with_data(table)
    (tmp_path / "ok.csv").write_text("x,y\n9,9\n")
    assert study.objective.fit.rows.tolist() == [[1, 2], [2, 3], [3, 5]]
    assert study.objective.fit.source == "ok.csv"
    with pytest.raises(InputError, match=r"ok\.csv was changed while the study ran"):
        copy_data(checked, table, digest="of what it was")
    assert fit_of(checked).columns == ("x", "y")


@pytest.mark.parametrize(
    ("changes", "piece"),
    [
        ({"response": "yy"}, 'config: objective: ok.csv has no column "yy"'),
        ({"loss": 3}, "config: objective.loss: got 3; give a name such as squares, a mapping such as {name: huber"),
        ({"loss": {"name": "huber", "delta": True}}, "config: objective.loss.delta: got true; give a number"),
        ({"reduction": "median"}, 'config: objective.reduction: "median" is not one of sum, mean'),
        ({"model": "b1*b2*x"}, "config: objective.model: the data do not determine b1 and b2"),
        ({"data": 3}, "config: objective.data: got 3; give the path of a .csv or .parquet file"),
        ({"weihgts": "w"}, 'config: objective.weihgts: unknown key; did you mean "weights"?'),
        ({"name": "peaks"}, "config: objective: give exactly one of name (of the catalogue), expression"),
    ],
)
def test_a_config_of_no_fit_names_the_key(changes, piece):
    """Before any work starts, in a line."""
    with pytest.raises(ConfigError) as caught:
        load_study(config(**changes))
    assert str(caught.value).startswith(piece)
    assert len(str(caught.value).splitlines()) == 1
