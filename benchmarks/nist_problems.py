"""NIST's nonlinear regression problems in the tests' reference data, each with a box of starts, for all programs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sympy

from multistart.box import Box
from multistart.functions.objective import Objective
from multistart.starts.designs import draw

FOLDER = Path(__file__).parent.parent / "tests" / "reference" / "nist"
CERTIFIED = json.loads((FOLDER / "nist_strd.json").read_text())["problems"]
CLOSE = 1e-8  # an end is at the certified optimum where its sum of squares is no more than this above, relatively
WIDER = 0.1  # of what starts and optimum span, on each side


@dataclass(frozen=True)
class Problem:
    """One of the problems."""

    name: str

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The measurements."""
        return pd.read_csv(FOLDER / CERTIFIED[self.name]["file"]).astype(float)

    @cached_property
    def objective(self) -> Objective:
        """The sum of squares, as the package has it."""
        return Objective.from_model(self.model, self.rows, self.parameters, response="y")

    @property
    def model(self) -> str:
        """The model's formula."""
        return CERTIFIED[self.name]["model"]

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters."""
        return [p["name"] for p in CERTIFIED[self.name]["parameters"]]

    def numbers(self, what: str) -> np.ndarray:
        """Certified values, or starts, of all parameters."""
        return np.array([float(p[what]) for p in CERTIFIED[self.name]["parameters"]])

    @property
    def box(self) -> Box:
        """What both of NIST's starts and the optimum span, and a tenth more on each side."""
        known = np.array([self.numbers(what) for what in ("start1", "start2", "value")])
        low, high = known.min(axis=0), known.max(axis=0)
        more = WIDER * (high - low)
        return Box({name: ends for name, *ends in zip(self.parameters, low - more, high + more, strict=True)})

    def starts(self, count: int) -> np.ndarray:
        """Points of the box; fewer are the first of more."""
        return draw("uniform", self.box, count=count, seed=2026)

    def reached(self, ends: np.ndarray) -> np.ndarray:
        """Which ends are at the certified optimum, by the sum of squares that the package finds there."""
        best = float(CERTIFIED[self.name]["residual_sum_of_squares"])
        return self.objective.value(ends) <= best * (1 + CLOSE)

    @cached_property
    def scalar(self) -> tuple[Any, Any]:
        """Residuals, ``m - y``, and Jacobian at one point by NumPy, as a user writes them."""
        x, y = self.rows["x"].to_numpy(), self.rows["y"].to_numpy()
        names = {name: sympy.Symbol(name) for name in [*self.parameters, "x"]}
        model = sympy.sympify(self.model, locals=names)
        slopes = [sympy.diff(model, names[name]) for name in self.parameters]
        f = sympy.lambdify(list(names.values()), model, "numpy")
        g = sympy.lambdify(list(names.values()), slopes, "numpy", cse=True)

        def residuals(p: np.ndarray) -> np.ndarray:
            with np.errstate(all="ignore"):
                return f(*p, x) - y

        def jacobian(p: np.ndarray) -> np.ndarray:
            with np.errstate(all="ignore"):
                return np.stack([np.broadcast_to(part, len(y)) for part in g(*p, x)], axis=1)

        return residuals, jacobian
