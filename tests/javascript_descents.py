"""Descents in Node beside those of the kernel: the same starts, and where bits differ, which start and what of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.descents.descend import descend
from multistart.descents.outcomes import ENDINGS
from multistart.descents.prepared import attraction_balls, bounds_of
from multistart.functions.objective import Objective
from multistart.kernels.javascript import imports, objective_script, rule_script
from multistart.methods import Method
from multistart.proofs import Certificate
from tests.javascript import run

Array = NDArray[np.float64]
_PROGRAM = """
import { descend } from "./kernels/javascript/descent.js";
import { judge } from "./kernels/javascript/orbits.js";
import { ENDINGS } from "./kernels/javascript/walk.js";
const cases = [%s];
give(cases.map(([objective, rule], k) => {
  const { starts, ...numbers } = given[k];
  const [d, n] = [objective.dimensions, starts.length / objective.dimensions];
  const problem = { objective, rule, ...numbers };
  const of = { end: new Float64Array(n * d), gradient_norm: new Float64Array(n), value: new Float64Array(n) };
  Object.assign(of, { steps: new Float64Array(n), ending_code: new Float64Array(n), period: new Float64Array(n) });
  for (let i = 0; i < n; i++) {
    const run = judge(problem, descend(problem, starts.subarray(i * d, (i + 1) * d), { record: false }));
    of.end.set(run.end, i * d);
    of.steps[i] = run.steps;
    of.gradient_norm[i] = run.norm;
    of.value[i] = run.value;
    of.ending_code[i] = ENDINGS.indexOf(run.ending);
    of.period[i] = run.period;
  }
  return of;
}));
"""


@dataclass(frozen=True)
class Case:
    """An objective, a method, starts of shape ``(n, d)``, and what bounds and ends the descents."""

    objective: Objective
    method: Method
    starts: Array
    arena: Box | None = None
    certificate: Certificate | None = None

    @property
    def scripts(self) -> tuple[str, str]:
        """The objects of the objective and of the rule."""
        method = self.method.on(self.objective.variables)
        return objective_script(self.objective), rule_script(method.rule, self.objective.dimensions)

    @property
    def numbers(self) -> dict[str, Any]:
        """What the program is given besides."""
        method = self.method.on(self.objective.variables)
        low, high = bounds_of(self.objective, self.arena)
        return {
            "starts": np.ascontiguousarray(self.starts, dtype=np.float64).ravel(),
            "hyper": method.in_kernel(self.objective.dimensions),
            "numbers": self.objective.numbers,
            "low": low, "high": high, "limit": method.max_steps, "tolerance": method.gradient_tolerance,
            "balls": attraction_balls(self.objective, method, self.certificate).tolist(),
        }  # fmt: skip


def in_javascript(cases: list[Case]) -> list[dict[str, Array]]:
    """What became of the starts of each case in Node: arrays by the names of outcomes."""
    scripts = [case.scripts for case in cases]
    lines = imports(*(text for pair in scripts for text in pair), folder="./kernels/javascript")
    program = "\n".join(lines) + _PROGRAM % ",\n".join(f"[{f}, {rule}]" for f, rule in scripts)
    found: Any = run(program, given=[case.numbers for case in cases])
    return found


def in_node(case: Case, script: str, **given: Any) -> Any:
    """What a script gives that has a case's ``problem``, ``starts`` as arrays of their own, and what else is given."""
    objective, rule = case.scripts
    program = f"""
import {{ basinOf, descend, resume }} from "./kernels/javascript/descent.js";
import {{ judge }} from "./kernels/javascript/orbits.js";
const {{ starts: flat, ...numbers }} = given.numbers;
const problem = {{ objective: {objective}, rule: {rule}, ...numbers }};
const d = problem.objective.dimensions;
const starts = Array.from({{ length: flat.length / d }}, (_, i) => flat.slice(i * d, (i + 1) * d));
{script}"""
    lines = [line for line in imports(objective, rule, folder="./kernels/javascript") if "descent.js" not in line]
    others = 'import { driftOf } from "./kernels/javascript/descent.js";'
    return run("\n".join([*lines, others, program]), given={"numbers": case.numbers, **given})


def assert_same(cases: list[Case]) -> set[str]:
    """Hold every start's end, value, gradient norm, steps, ending and period to the kernel's bits; the endings."""
    seen: set[str] = set()
    for case, there in zip(cases, in_javascript(cases), strict=True):
        here = descend(case.objective, case.method, case.starts, arena=case.arena, certificate=case.certificate)
        for name in ("ending_code", "steps", "period", "end", "gradient_norm", "value"):
            expected = getattr(here, name).astype(np.float64)
            found = there[name].reshape(expected.shape)
            same = (expected == found) & (np.signbit(expected) == np.signbit(found))
            wrong = np.unique(np.nonzero(~(same | np.isnan(expected) & np.isnan(found)))[0])
            assert len(wrong) == 0, (
                f"{name} of {len(wrong)} starts of {case.objective.definition} under {case.method.describe()}: "
                f"start {case.starts[wrong[0]].tolist()}, kernel {expected[wrong[0]]}, JavaScript {found[wrong[0]]}, "
                f"{ENDINGS[here.ending_code[wrong[0]]]} after {here.steps[wrong[0]]}"
            )
        seen |= set(here.ending.tolist())
    return seen
