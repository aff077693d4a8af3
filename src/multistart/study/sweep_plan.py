"""`Sweep`: which numbers of a study are swept, through which values, and the study at each of them.

A method's number changes nothing but the method. A number of the objective is an argument of its kernel. So nothing
is compiled for a value, and the starts are those of the study.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any

from multistart.study.settings import is_expression, is_model, settings, swept_methods
from multistart.study.study import Study
from multistart.tables.of_sweeps import OF_SWEEPS

Point = tuple[float, ...]
#: Parts of a key that say nothing of the number.
QUIET = {"parameters", "options", "rule", "state"}
WHOLE = 2**53  # from there on a number of a sweep is no count, and not all of its digits are meant


@dataclass(frozen=True)
class Sweep:
    """The sweep of a study.

    >>> from multistart.study import load_study
    >>> study = load_study({"study": "demo", "objective": {"name": "peaks"},
    ...     "starts": {"design": "grid", "per_axis": 3}, "methods": {"gd": {"optimizer": "gradient_descent",
    ...     "learning_rate": 0.01}}, "sweep": {"methods.gd.learning_rate": [0.1, 0.2]}})
    >>> sweep = Sweep(study)
    >>> sweep.names, sweep.points, sweep.methods, sweep.at((0.2,)).method("gd").learning_rate
    (['learning_rate'], [(0.1,), (0.2,)], ['gd'], 0.2)
    """

    study: Study

    @property
    def values(self) -> dict[str, list[float]]:
        """The values of each swept number, by its key."""
        return {key: list(values) for key, values in self.study.config.sweep.items()}

    @cached_property
    def points(self) -> list[Point]:
        """All values in order; of a plane all pairs, the first number slowest."""
        return list(product(*self.values.values()))

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each number has."""
        return tuple(map(len, self.values.values()))

    @cached_property
    def names(self) -> list[str]:
        """What the numbers are called in tables and sentences, one each."""
        taken = {
            *self.study.config.domain,
            *self.study.objective.variables,
            *(name for table in OF_SWEEPS for name in table.plain_names),
        }
        return [_name(key, taken) for key in self.values]

    @property
    def methods(self) -> list[str]:
        """The methods that it is of: that of the number, or all."""
        return swept_methods(self.study.config)

    @property
    def of_objective(self) -> bool:
        """Whether the function changes."""
        return next(iter(self.values)).startswith("objective.")

    @property
    def base(self) -> Point:
        """The numbers of the study itself; nan for one that it does not say."""
        config = self.study.config.resolved()
        return tuple(_found(config, key) for key in self.values)

    def at(self, point: Point) -> Study:
        """The study with these numbers, and nothing swept."""
        config = self.study.config.resolved()
        config.pop("sweep")
        for key, value in zip(self.values, point, strict=True):
            config = _changed(config, key.split("."), value)
        study = replace(self.study, config=settings(config))
        for name in ("domain", "arena", "layout"):
            vars(study)[name] = getattr(self.study, name)
        if self.of_objective:
            given = study.config.objective
            assert is_expression(given) or is_model(given), "a function of the catalogue has no parameters"
            numbers = {name: given.parameters[name] for name in map(_last, self.values)}
            vars(study)["objective"] = self.study.objective.with_parameters(**numbers)
        else:
            vars(study).update(objective=self.study.objective, compiled=self.study.compiled)
        return study

    def has_before(self, i: int) -> bool:
        """Whether the point before this one is its neighbour: in a plane only along a row, where the second changes."""
        return i % self.shape[-1] > 0


def _last(key: str) -> str:
    return key.rpartition(".")[2]


def _name(key: str, taken: set[str]) -> str:
    section, *parts = key.split(".")
    parts = parts[section == "methods" :]
    name = "_".join(part for part in parts if part not in QUIET)
    return "_".join((section, *parts)) if name in taken else name


def _changed(config: Mapping[str, Any], path: list[str], value: float) -> dict[str, Any]:
    """A config with another number in a place, whole where it was; what is not on the way there is shared."""
    first, *rest = path
    if rest:
        return {**config, first: _changed(config.get(first) or {}, rest, value)}
    whole = isinstance(config.get(first), int) and value == int(value) and abs(value) < WHOLE
    return {**config, first: int(value) if whole else value}


def _found(config: Any, key: str) -> float:
    for part in key.split("."):
        config = config.get(part) if isinstance(config, Mapping) else None
    return float(config) if isinstance(config, int | float) else math.nan
