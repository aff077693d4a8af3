"""Basins that a page computes: those of a closed form, and those of the study but for rounding at their edges."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.descents.descend import descend
from multistart.functions.objective import Objective, named
from multistart.kernels.javascript import imports, objective_script, rule_script
from multistart.methods import Method
from multistart.methods.endings import ENDINGS
from tests.javascript import run

NAMED = 239  # codes of minima, before that of further ones
WELLS = Objective.from_expression("(x**2 - 1)**2/4 + (y**2 - 1)**2/4", ["x", "y"])


def codes(objective: Objective, method: Method, box: Box, minima: list[list[float]], side: int) -> NDArray[np.int64]:
    """The classes of cells of a box by the page's own program, ``(side, side)``: minima, or -1 less an ending."""
    method = method.on(objective.variables)
    script, rule = objective_script(objective), rule_script(method.rule, objective.dimensions)
    tolerances = {"position": 1e-4, "low": box.low, "width": box.width, "value": [1e-6] * len(minima)}
    arena = box.widened(1.0)
    data = {
        "variables": list(objective.variables), "slice": None, "numbers": [], "rules": [],
        "domain": {"low": box.low, "high": box.high}, "arena": {"low": arena.low, "high": arena.high},
        "minima": [{"at": at[:-1], "value": at[-1], "ball": None} for at in minima],
        "tolerances": tolerances,
        "methods": [{"playable": True, "limit": method.max_steps, "tolerance": method.gradient_tolerance}],
    }  # fmt: skip
    program = "\n".join(imports(script, rule, folder="./kernels/javascript"))
    program += f"""
import {{ codesOfCells }} from "./explorer/scripts/cellBasins.js";
const model = {{ data: given.data, objective: {script}, rules: {{ r: {rule} }}, numbers: [] }};
const method = {{ rule: "r", values: {{ learning_rate: {method.learning_rate} }} }};
const cells = {{ columns: {side}, rows: {side} }}, half = {side * side // 2};
const parts = [codesOfCells(model, method, cells, 0, half), codesOfCells(model, method, cells, half, {side * side})];
give(Float64Array.from(parts.flatMap((part) => [...part])));
"""
    found: Any = run(program, given={"data": data})
    code = found.astype(np.int64).reshape(side, side)
    return np.where(code > NAMED, -1 - (code - NAMED - 1), code)


def middles(box: Box, side: int) -> NDArray[np.float64]:
    """The middles of the cells, row by row from the lowest."""
    across, up = (low + width * (np.arange(side) + 0.5) / side for low, width in zip(box.low, box.width, strict=True))
    return np.column_stack([np.tile(across, side), np.repeat(up, side)])


def test_basins_of_a_separable_function_are_its_quadrants() -> None:
    """Of two double wells side by side, each start comes to the minimum of its signs; on an axis to none."""
    minima = [[x, y, 0.0] for x in (-1.0, 1.0) for y in (-1.0, 1.0)]
    box = Box({"x": (-1.5, 1.5), "y": (-1.5, 1.5)})
    found = codes(WELLS, Method(learning_rate=0.2, max_steps=500), box, minima, 15)
    x, y = (np.sign(part).reshape(15, 15) for part in middles(box, 15).round(9).T)
    expected = np.where((x == 0) | (y == 0), -1 - ENDINGS.index("converged"), (x + 1) + (y + 1) / 2)
    np.testing.assert_array_equal(found, expected)


def test_where_minima_stop_attracting_cells_are_of_cycles() -> None:
    """Above the rate 2/lambda_max of the wells, 1, almost all descents go round a cycle, and are said to."""
    minima = [[x, y, 0.0] for x in (-1.0, 1.0) for y in (-1.0, 1.0)]
    box = Box({"x": (-1.2, 1.2), "y": (-1.2, 1.2)})
    found = codes(WELLS, Method(learning_rate=1.1, max_steps=2000), box, minima, 8)
    assert (found == -1 - ENDINGS.index("cycle")).mean() > 0.9


def test_plain_basins_of_peaks_are_the_kernels_but_at_edges() -> None:
    """Of 3,600 starts few have another label in plain arithmetic, and each of these a neighbour with that label."""
    peaks, box, side = named("peaks"), Box({"x": (-3, 3), "y": (-3, 3)}), 60
    method = Method(learning_rate=0.03, max_steps=300)
    places = np.array([[0.22827892, -1.62553496], [-1.34739624, 0.20451887], [0.29644555, 0.32019625]])
    minima = [[*place, float(peaks.value(place[None])[0])] for place in places]
    found = codes(peaks, method, box, minima, side)
    out = descend(peaks, method, middles(box, side), arena=box.widened(1.0), threads=1)
    near = np.abs(out.end[:, None] - places).max(axis=2)
    rests = out.ending_code == ENDINGS.index("converged")
    label = np.where(rests & (near.min(axis=1) < 1e-3), near.argmin(axis=1), -1 - out.ending_code.astype(np.int64))
    label = label.reshape(side, side)
    other = np.argwhere(found != label)
    assert len(other) <= 4
    for j, i in other:
        assert found[j, i] in label[max(j - 1, 0) : j + 2, max(i - 1, 0) : i + 2]
