"""Whether values fall update by update, asked of many rows in compiled code: as NumPy finds it, row for row."""

from unittest import mock

import numpy as np
import pytest
from numpy.typing import NDArray

from multistart import Method, Objective, descend, named
from multistart.box import Box
from multistart.descents import orbits
from multistart.kernels import compile_evaluation
from multistart.kernels.compiled import VALUES, loaded
from multistart.kernels.derivatives import needed

#: Functions with usual and rare arguments, and one that is not defined everywhere.
MIXED = Objective("mixed", "y*exp(-60*x**2) + sin(30*x*y) + log(2 + x) + a*x", ("x", "y"), parameters=(("a", 0.5),))


def test_values_of_a_block_are_those_of_an_evaluation() -> None:
    """To the bit, also where arguments are rare or the function is not defined, and for any number of a parameter."""
    points = np.random.default_rng(1).normal(size=(300, 2)) * np.array([1.0, 20.0])
    points[:60] *= 10.0 ** np.arange(60)[:, None]
    points[60:63] = [[-2.0, 1.0], [np.nan, 1.0], [np.inf, 0.0]]
    for objective in (MIXED, MIXED.with_parameters(a=-3.0)):
        evaluation, values = compile_evaluation(objective), loaded(("values",), objective.family, VALUES)[1]["values"]
        out = np.empty(2 * 304)
        block = np.ascontiguousarray(np.pad(points, ((0, 4), (0, 0))).T)
        values(block, 304, 300, evaluation.numbers.copy(), out)
        expected = evaluation.evaluate(points)[0]
        assert np.isnan(expected).any()
        assert np.array_equal(
            out[:300].view(np.int64)[~np.isnan(expected)], expected.view(np.int64)[~np.isnan(expected)]
        )
        assert np.isnan(out[:300][np.isnan(expected)]).all()
        assert (out[304:604] < 0).any()


@pytest.mark.parametrize("method", ["gradient_descent", "adam"])
def test_what_falls_is_what_numpy_finds(method: str) -> None:
    """On ways in and ways out, in cycles and in chaos: the verdict on a row does not depend on who is asked."""
    peaks, arena = named("peaks"), Box({"x": (-4, 4), "y": (-4, 4)})
    starts = np.random.default_rng(2).uniform(-4, 4, (700, 2))
    compared, left = [], 0

    def by_both(asked: orbits._Orbits, rows: NDArray[np.float64]) -> NDArray[np.bool_]:
        verdicts = []
        for many in (1, 10**9):
            with mock.patch("multistart.descents.orbits.MANY", many):
                verdicts.append(falling(asked, rows))
        compared.append(verdicts)
        nonlocal left
        left += np.count_nonzero(np.isnan(asked.follow(rows, orbits.FALLS)[-1]).any(axis=1) & verdicts[0])
        return verdicts[0]

    falling = orbits._falling
    with mock.patch("multistart.descents.orbits._falling", by_both):
        for rate in (0.001, 0.02, 0.06, 0.3):
            descend(peaks, Method(method, learning_rate=rate, max_steps=60), starts, arena=arena, threads=1)
    compiled, numpy = map(np.concatenate, zip(*compared, strict=True))
    assert np.array_equal(compiled, numpy)
    assert 0 < compiled.sum() < len(compiled)
    assert left > 0


def test_lines_that_are_needed() -> None:
    """Of lines only those stay on which a result depends, in their order."""
    lines = ["t0 = x * x", "t1, m1 = usual_exp(t0)", "t2 = t0 + 1.0", "t3 = fma(t1, 2.0, t0)"]
    assert needed(lines, ["t3"]) == [lines[0], lines[1], lines[3]]
    assert needed(lines, ["t2"]) == [lines[0], lines[2]]
    assert needed(lines, ["2.0"]) == []
