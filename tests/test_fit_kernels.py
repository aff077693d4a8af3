"""Compiled sums over rows of data: the formula's numbers, the order of their sum, and the same bits in any company."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from multistart.box import Box
from multistart.descents.descend import descend
from multistart.descents.outcomes import CONVERGED, LEFT_ARENA, NONFINITE, STEP_LIMIT, TRAPPED
from multistart.functions import fit
from multistart.functions.fit import pairwise
from multistart.functions.objective import Objective
from multistart.kernels import compile_evaluation, compile_kernel, compiled, fit_source, sums, vectormath
from multistart.kernels.compiled import APART, PARTS, VALUES, loaded
from multistart.kernels.compiler import compile_functions
from multistart.kernels.derivatives import everything_of, slope_of
from multistart.kernels.machine_code import NativeFunction
from multistart.kernels.source import write, write_evaluation, write_parts, write_values
from multistart.methods import RULES, Method
from tests import plain_kernel as plain
from tests.disassembly import disassembled
from tests.plain_rules import exact_fma, run_lines
from tests.test_kernels import same, write_anew

ROWS = (1, 15, 16, 17, 33, 1000)
ARENA = Box({"a": (-4.0, 4.0), "b": (-2.0, 2.5)})
RULE = Method(learning_rate=0.05, max_steps=150, gradient_tolerance=1e-2)


def weighted(n: int, reduction: str = "mean", model: str = "a*exp(-b*x) + log(b + x)") -> Objective:
    """An exponential that may overflow, a logarithm that may be undefined, and one that depends on a column alone."""
    rng = np.random.default_rng(n)
    x, y, w = rng.uniform(0.5, 3.0, n), rng.normal(size=n), rng.uniform(1.5, 4.0, n)
    data = {"x": x, "y": y, "w": w}
    return Objective.from_model(model, data, ["a", "b"], response="y", loss="r**2*log(w)", reduction=reduction)  # type: ignore[arg-type]


def starts(n: int) -> np.ndarray:
    return np.random.default_rng(5).uniform([-3.0, -0.7], [3.0, 2.0], (n, 2))


def own(name: str):
    return lambda x: float(getattr(vectormath, name)(float(x)))


def row_by_row(objective: Objective, lines: Sequence[str], parts: Sequence[str], point: np.ndarray) -> np.ndarray:
    """Parts of the term at each row of data, by Python and the elementary functions of the package."""
    names = {"exp": own("exp"), "log": own("log"), "fma": exact_fma}
    body, found = compile("\n".join(lines), "<lines>", "exec"), []
    for row in objective.fit.rows:  # type: ignore[union-attr]
        here = names | {f"v{j}": float(v) for j, v in enumerate(point)} | {f"p{j}": float(x) for j, x in enumerate(row)}
        exec(body, here)
        found.append([eval(part, here) for part in parts])
    return np.array(found).T


# --- the numbers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_value_gradient_and_hessian_are_those_of_the_sum_written_out(reduction: str) -> None:
    """Of a dozen rows, to rounding, by NumPy's route as well, also where it is not defined in one row."""
    f, points = weighted(12, reduction), starts(40)
    found = (compile_evaluation(f) if reduction == "mean" else plain.plain_evaluation(f)).evaluate(points)
    out = f.written_out()
    for mine, spelled, numpy in zip(
        found,
        (out.value(points), out.gradient(points), out.hessian(points)),
        (f.value(points), f.gradient(points), f.hessian(points)),
        strict=True,
    ):
        np.testing.assert_allclose(mine, spelled, rtol=1e-11, atol=1e-11)
        np.testing.assert_allclose(mine, numpy, rtol=1e-11, atol=1e-11)
    assert 0 < np.isnan(found[0]).sum() < 40


@pytest.mark.parametrize("n", ROWS)
def test_sums_are_in_the_order_of_the_reference(n: int) -> None:
    """Value and derivatives, and a descent's gradient, to the bit: terms row by row in Python, added as said."""
    f, point = weighted(max(n, 2)), np.array([1.25, 0.75])
    f = replace(f, fit=replace(f.fit, rows=f.fit.rows[:n], digest="fewer"))  # type: ignore[arg-type, union-attr]
    whole, slope = everything_of(f), slope_of(f)
    lines = [*whole.coefficients.computed(), *whole.lines.text]
    expected = pairwise(row_by_row(f, lines, whole.values[: 3 + len(whole.pairs)], point)) / n
    value, gradient, hessian = compile_evaluation(f).evaluate(point[None])
    assert [value[0], *gradient[0], *(hessian[0][pair] for pair in whole.pairs)] == expected.tolist()
    lines = [*slope.coefficients.computed(), *slope.exact.text]
    g = pairwise(row_by_row(f, lines, slope.parts[:2], point)) / n
    for tolerance in (0.0, 1e-12):  # by advance_freely, and by advance
        method = Method(learning_rate=0.3, max_steps=1, gradient_tolerance=tolerance)
        end = descend(f, method, point[None], arena=ARENA if tolerance else None).end[0]
        assert end.tolist() == [exact_fma(-0.3, g[j], point[j]) for j in range(2)]


MEANS = """
from multistart.kernels.compiler import exported
from multistart.kernels.sums import write_means
@exported("void(CPointer(f8), i8, i8, CPointer(f8))")
def means(numbers, size, n, out):
    write_means(numbers, size, n, out)
"""


def test_means_are_quotients_to_the_bit() -> None:
    """Of sums of any size and sign, of the rarest, and of those whose quotient by n is next to half between two."""
    compute, rng = NativeFunction(compile_functions(MEANS, ["means"])["means"]), np.random.default_rng(1)
    rare = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, -3e-308, 1e-279, 1.7e308, -9e307])
    for n in [*range(1, 20), 10**5, *(2**k - 1 for k in range(5, 33)), *rng.integers(1, 2**32, 20)]:
        half = (2 * rng.integers(2**52, 2**53, 500) + 1).astype(object)  # in units of half a place
        near = np.array([float(m * int(n)) for m in half])
        common = rng.uniform(-2.0, 2.0, 500) * 2.0 ** rng.integers(-900, 900, 500)
        usual = [common, near, np.nextafter(near, 0.0), np.nextafter(near, np.inf)]
        for numbers in [*usual, rare, np.concatenate([common, rare])]:
            out = np.empty(len(numbers))
            compute(numbers, len(numbers), int(n), out)
            assert out.tobytes() == (numbers / float(n)).tobytes()


def test_a_block_is_that_of_the_reference() -> None:
    """Kernels and NumPy add as many rows one after the other."""
    assert sums.BLOCK == fit.BLOCK


def test_values_of_a_block_are_those_of_an_evaluation() -> None:
    """To the bit, where arguments are usual, rare, or the function is not defined."""
    f, points = weighted(33), starts(300)
    points[:20, 1] = np.linspace(-0.4, 900.0, 20)  # down to exp(-2700)
    out, block = np.empty(2 * 304), np.ascontiguousarray(np.pad(points, ((0, 4), (0, 0))).T)
    loaded(("values",), f, VALUES)[1]["values"](block, 304, 300, f.numbers, out)
    expected = compile_evaluation(f).evaluate(points)[0]
    assert out[:300].tobytes() == expected.tobytes()
    assert np.isnan(expected).any()
    assert (out[304:604] < 0).sum() > np.isnan(expected).sum()


def test_parts_are_those_of_the_whole() -> None:
    """Value, gradient and Hessian by themselves, as searches ask for them, to rounding."""
    f = weighted(33)
    parts, points = loaded(PARTS[APART], f, APART)[1], starts(5)
    for name, whole in zip(PARTS[APART], compile_evaluation(f).evaluate(points), strict=True):
        for point, expected in zip(points, whole, strict=True):
            out = np.empty(expected.size)
            parts[name](point, f.numbers, out)
            if name != "hessian" or np.isfinite(expected).all():
                np.testing.assert_allclose(out, expected.ravel(), rtol=1e-12, atol=1e-12)


# --- the text ------------------------------------------------------------------------------------------------


def test_the_text_does_not_depend_on_the_rows() -> None:
    """Fifteen rows, or 10^5 others: the same texts to the letter; a mean has another."""
    few, many, total = weighted(15), weighted(10**5), weighted(15, "sum")
    for of in (lambda f: write(f, RULE.rule), write_evaluation, write_values, write_parts):
        assert of(few).text == of(many).text != of(total).text


def test_other_data_compile_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their kernel is the same, and their ends are others."""
    first = descend(weighted(33), RULE, starts(20), arena=ARENA)
    for name in ("_written", "kept_functions"):
        monkeypatch.setattr(compiled, name, lambda *_, **__: pytest.fail("asked again"))
    one, two = compile_kernel(weighted(33), RULE), compile_kernel(weighted(1000), RULE)
    assert one.updates is two.updates
    assert one.evaluation.function is two.evaluation.function
    assert not same(descend(weighted(1000), RULE, starts(20), arena=ARENA), first)


def test_what_depends_on_columns_alone_is_computed_once_a_row() -> None:
    """The logarithm of a column stands before the loop over points, in which there are only those of points."""
    text = write(weighted(12), RULE.rule).text
    tile = text[text.index("def sums_of_gradient") : text.index("sums_at_point,")]
    assert len(re.findall(r"\blog\(", tile)) == 1
    assert tile.index("log(") < tile.index("for i in range(lanes)")
    assert len(re.findall(r"\blog\(", text[text.index("def usual_term") : text.index("def sums_of_gradient")])) == 1


def test_points_run_in_packed_arithmetic(tmp_path: Path) -> None:
    """The loop over points becomes packed multiplications, some for each row of data that is taken together."""
    f = weighted(12)
    code = compile_kernel(f, RULE).updates["advance"].compiled
    shown = disassembled(code, write(f, RULE.rule).text, "advance", tmp_path, alone=False)
    packed = re.findall(r"\bv(?:f?n?m(?:ul|add|sub)\w*)pd\s.*%[yz]mm", shown)
    assert len(packed) >= 20 * fit_source.ROWS


# --- descents ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bounded", [True, False])
def test_bits_depend_on_the_start_alone(bounded: bool) -> None:
    """Permuted, split, alone and on one, two or three threads: every start has the same bits."""
    f, points, arena = weighted(33), starts(300), ARENA if bounded else None
    rule = RULE if bounded else Method(learning_rate=0.05, max_steps=150, gradient_tolerance=0.0)
    whole = descend(f, rule, points, arena=arena)
    order = np.random.default_rng(1).permutation(300)
    assert same(descend(f, rule, points[order], arena=arena), whole.rows(order))
    for rows in (slice(0, 1), slice(3, 16), slice(100, 300)):
        assert same(descend(f, rule, points[rows], arena=arena), whole.rows(rows))
    for threads in (2, 3):
        assert same(descend(f, rule, points, arena=arena, threads=threads), whole)


def test_every_ending_stands_side_by_side() -> None:
    """Rest, the limit, the arena's edge, and a logarithm that is not defined in one row of data."""
    f = weighted(33)
    points = np.concatenate([starts(100), [[0.0, np.nan], [np.inf, 1.0], [3.0, -0.6]]])
    out = descend(f, RULE, points, arena=ARENA)
    assert {CONVERGED, STEP_LIMIT, LEFT_ARENA, NONFINITE} == set(out.ending_code.tolist())
    x = f.fit.rows[:, f.fit.columns.index("x")]  # type: ignore[union-attr]
    undefined = points[:100, 1] + x.min() <= 0
    assert undefined.any()
    assert (out.ending_code[:100][undefined] == NONFINITE).all()
    assert (out.steps[:100][undefined] == 0).all()
    norms = np.linalg.norm(compile_evaluation(f).evaluate(out.end)[1], axis=1)
    assert ((norms <= 1e-2) == (out.ending_code == CONVERGED))[np.isfinite(norms)].all()


@pytest.mark.parametrize("bounded", [True, False])
def test_compiled_is_plain_python_to_the_bit(bounded: bool) -> None:
    """The text run by Python, where lanes are many or one: in the same ends, also of what is rare and set aside."""
    f = weighted(17)
    method = Method(learning_rate=0.05, max_steps=9, gradient_tolerance=1e-2 if bounded else 0.0)
    points = np.array([[1.0, 0.5], [-2.0, 1.5], [0.5, -1.9], [1.0, 400.0]])
    arena = Box({"a": (-4.0, 4.0), "b": (-2.0, 500.0)}) if bounded else None
    expected = descend(f, method, points, arena=arena)
    with plain.to_the_bit():
        found = descend(f, method, points, arena=arena)
    for mine, theirs in zip(vars(found).values(), vars(expected).values(), strict=True):
        assert mine is None or np.array_equal(mine, theirs, equal_nan=True)  # no bits of a nan are promised
    assert len(set(expected.ending_code.tolist())) > 1


@pytest.mark.parametrize(("block", "chunk", "tile", "rows"), [(7, 3, 16, 1), (64, 16, 32, 3)])
@pytest.mark.slow
def test_bits_do_not_depend_on_block_chunk_or_tile(
    block: int, chunk: int, tile: int, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many starts, updates and rows of data are taken at once, the outcome has the same bits."""
    f, points = weighted(33), starts(200)
    expected = descend(f, RULE, points, arena=ARENA)
    for name, value in (("BLOCK", block), ("TILE", tile), ("ROWS", rows)):
        monkeypatch.setattr(fit_source, name, value)
    monkeypatch.setattr("multistart.kernels.source.CHUNK", chunk)
    write_anew(monkeypatch)
    assert same(descend(f, RULE, points, arena=ARENA), expected)
    compiled.forget()


def test_a_ball_traps_what_enters_it() -> None:
    """At the first point that lies in it, as an orbit without balls says."""
    f, method = weighted(33), Method(learning_rate=0.1, max_steps=3000, gradient_tolerance=1e-4)
    points = starts(60)[starts(60)[:, 1] > 0]
    kernel, rest = compile_kernel(f, method), descend(f, method, points, arena=ARENA)
    center = rest.end[rest.ending_code == CONVERGED][0]
    ball = np.array([[*center, 0.05]])
    with mock.patch("multistart.descents.prepared.attraction_balls", return_value=ball):
        trapped = descend(f, method, points, arena=ARENA)
    inside = trapped.ending_code == TRAPPED
    assert inside.sum() > 20
    assert (np.linalg.norm(trapped.end[inside] - center, axis=1) <= 0.05).all()
    before = np.maximum(trapped.steps[inside] - 1, 1)
    for start, end, steps in zip(points[inside], trapped.end[inside], before, strict=True):
        one = replace(method, max_steps=int(steps))
        at = descend(f, one, start[None], arena=ARENA).end[0]
        assert np.linalg.norm(at - center) > 0.05
        g = kernel.evaluate(at[None])[1][0]
        np.testing.assert_allclose(at - 0.1 * g, end, rtol=1e-12)


@pytest.mark.parametrize("name", RULES)
def test_every_rule_descends_a_fit_by_its_own_lines(name: str) -> None:
    """State, schedules and norms of the gradient: the text run by Python is the rule run on NumPy's gradient."""
    data = {"x": np.array([0.5, 1.0, 2.0, 3.5]), "y": np.array([1.0, -0.5, 0.75, 2.0])}
    f = Objective.from_model("a + b*x", data, ["a", "b"], response="y", reduction="mean")
    points = np.array([[1.0, 0.5], [-0.5, 1.0]])
    numbers = {"learning_rate": 0.02} if "learning_rate" in Method(name).numbers else {}
    method = Method(name, max_steps=5, **numbers)
    with plain.plainly():
        end = descend(f, method, points, arena=Box(dict.fromkeys("ab", (-1e40, 1e40)))).end
    for point, found in zip(points, end, strict=True):
        *_, last = run_lines(method, lambda x: f.gradient(x[None])[0], point)
        np.testing.assert_allclose(found, last["x"], rtol=1e-10)
