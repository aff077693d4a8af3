"""Balls on a fit's page are the study's descents: sums over rows of data in JavaScript have the kernel's bits."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest

from multistart.box import Box
from multistart.functions.fit import pairwise
from multistart.functions.objective import Objective
from multistart.kernels.javascript import imports, objective_script
from multistart.methods import Method
from tests import test_fit_kernels as fit_kernels
from tests.javascript import run
from tests.javascript_descents import Case, assert_same
from tests.plain_kernel import to_the_bit

ADAM = Method("adam", learning_rate=0.1, max_steps=4)
ARENA = Box({"a": (-9, 300), "b": (-1, 1)})
SATURATION, SKEWED = "a*(1 - exp(-b*x))", "a*tanh(b*x/99) + b*log(a)"


def fit(model: str, n: int, reduction: Literal["sum", "mean"] = "sum") -> Objective:
    """A model in a and b, fitted to so many rows, made up."""
    rng = np.random.default_rng(n)
    x = rng.uniform(1, 600, n)
    data = {"x": x, "y": 200 * (1 - np.exp(-0.004 * x)) + rng.normal(size=n)}
    return Objective.from_model(model, data, ["a", "b"], response="y", reduction=reduction)


def case(objective: Objective) -> Case:
    """Descents of a fit by Adam, two of them from where the second model has no logarithm."""
    return Case(objective, ADAM, np.array([[150.0, 0.003], [0.4, 0.01], [-3.0, 0.002], [0.0, 0.0]]), ARENA)


@pytest.mark.parametrize("model", [SATURATION, SKEWED])
def test_sums_over_rows_have_the_bits_of_the_kernels_text(model: str) -> None:
    """One block of rows, three and a part, a mean; and where a row is not defined."""
    with to_the_bit():
        seen = assert_same([case(fit(model, n)) for n in (16, 53)] + [case(fit(model, 33, "mean"))])
    assert ("nonfinite" in seen) == (model == SKEWED)


def test_losses_powers_and_logarithms_have_the_bits_of_the_kernels_text() -> None:
    """A loss in pieces, one with a logarithm, a power whose exponent is a variable, a variable on its logarithm."""
    x = np.linspace(1.0, 6.0, 17)
    data = {"x": x, "y": 2 * (1 - np.exp(-x / 2)) + np.cos(9 * x)}
    losses: list[Any] = [{"name": "huber", "delta": 0.2}, "log(1 + exp(-y*m))"]
    fits = [Objective.from_model("a*(1 - exp(-b*x))", data, ["a", "b"], response="y", loss=loss) for loss in losses]
    power = Objective.from_model("a*x**b", data, ["a", "b"], response="y").on_scales({"a": "log"})
    starts = np.array([[0.7, 0.4], [2.5, -0.2]])
    cases = [Case(f, ADAM, starts, ARENA) for f in fits]
    with to_the_bit():
        assert_same([*cases, Case(power, ADAM, starts, Box({"log_a": (-9, 9), "b": (-1, 1)}))])


@pytest.mark.parametrize("name", ["gradient_descent", "adam"])
def test_balls_that_are_held_in_a_box_have_the_bits_of_the_kernels_text(name: str) -> None:
    """Put back into the box after each update, where the projected gradient says what rests; in units of widths."""
    f = Objective.from_expression("(x - 3)**2 + (y + 1)**2*(1 + x**2/9) + x*y", ["x", "y"])
    box, starts = Box({"x": (-2, 2), "y": (-0.5, 2)}), np.array([[2.0, 2.0], [-1.7, 0.1], [3.0, 0.0]])
    method = Method(name, learning_rate=0.1, max_steps=20, gradient_tolerance=0.5)
    widths = Method(name, learning_rate=0.1, max_steps=20, precondition=(4.0, 0.5))
    cases = [Case(f, each.held_in(box), starts, box) for each in (method, widths)]
    with to_the_bit():
        assert "left_arena" in assert_same([*cases, Case(f, widths, starts, box.widened(1.0))])


def test_a_ball_of_a_fit_has_the_bits_of_the_compiled_kernel() -> None:
    """The compiled descents and values themselves, of seven blocks of rows; the kernel is that of other tests, too."""
    seen = assert_same([Case(fit_kernels.weighted(100), fit_kernels.RULE, fit_kernels.starts(60), fit_kernels.ARENA)])
    assert {"converged", "left_arena", "nonfinite"} <= seen


def test_a_script_of_a_fit_is_for_all_rows() -> None:
    """No script depends on the data, so it is printed once for a model."""
    assert objective_script(fit(SATURATION, 7)) == objective_script(fit(SATURATION, 999))
    assert objective_script(fit(SATURATION, 7)) != objective_script(fit(SATURATION, 7, "mean"))


def test_rows_are_summed_in_the_order_of_numpys_reference() -> None:
    """Of numbers whose sum depends on the order: for every number of rows up to 200, and for several values of a."""
    rows = np.random.default_rng(1).normal(size=200) * 10.0 ** np.random.default_rng(2).integers(-8, 9, 200)
    script = objective_script(Objective.from_model("a", {"y": rows}, ["a"], response="y", loss="m*y"))
    program = "\n".join(imports(script, folder="./kernels/javascript"))
    program += f"const f = {script};give(given.map((numbers) => f.exact.value([1], numbers)));"
    found: Any = run(program, given=[np.concatenate([[n], rows[:n]]) for n in range(1, 201)])
    assert found == [float(pairwise(rows[None, :n])[0]) for n in range(1, 201)]
    assert any(float(rows[:n].sum()) != found[n - 1] for n in range(1, 201))


def test_what_depends_on_a_row_alone_is_computed_once() -> None:
    """Logarithms of a column are taken once a page, not at each step."""
    script = objective_script(fit("a*log(x) + b", 40)).replace(" log(", " counted(")
    program = "\n".join(imports(script, folder="./kernels/javascript"))
    program += f"""
import {{ log }} from "./kernels/javascript/logarithm.js";
let times = 0;
const counted = (x) => {{ times += 1; return log(x); }};
const f = {script};
for (let k = 0; k < 50; k++) f.exact.gradient([k, 1], given, new Float64Array(2));
give(times);"""
    assert run(program, given=fit("a*log(x) + b", 40).numbers) == 40
