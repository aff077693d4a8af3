"""What a config may say, and how a wrong one is refused."""

from __future__ import annotations

import copy
import json
import math
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, get_args

import jsonschema
import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multistart.config import config_schema, read_config
from multistart.config.method_section import MethodSection
from multistart.config.model_section import ModelObjective
from multistart.config.problems import MAX_PROBLEMS, allowed
from multistart.config.reference import documented_keys, with_reference
from multistart.config.starts_section import DESIGNS, GRIDS, MAX_STARTS, CountedStarts, FileStarts, GridStarts
from multistart.config.strict_yaml import load
from multistart.errors import ConfigError
from multistart.methods import CATALOGUE, OPTIMIZERS
from multistart.methods.search import LEAST_SQUARES
from multistart.starts import designs
from multistart.study import settings as plain

ROOT = Path(__file__).parents[1]
READY = [ROOT / "config/config.yaml", *sorted((ROOT / "config/studies").rglob("*.yaml"))]

VALID: dict[str, Any] = {
    "study": "peaks",
    "objective": {"name": "peaks"},
    "domain": {"x": [-3, 3], "y": [-3, 3]},
    "arena": {"widen": 1.0},
    "starts": {"design": "jittered_grid", "per_axis": 500, "seed": 2026},
    "methods": {
        "gd": {"optimizer": "gradient_descent", "learning_rate": 0.01, "max_steps": 1000, "gradient_tolerance": 1e-8}
    },
    "execution": {"shards": 4},
    "basins": {"position_tolerance": 1e-6, "value_tolerance": 1e-9},
    "figures": {"dpi": 150, "formats": ["png", "svg"]},
}
FORMULA: dict[str, Any] = VALID | {
    "objective": {"expression": "a*x**2 + y**4", "variables": ["x", "y"], "parameters": {"a": 1.5}}
}
SIX: dict[str, Any] = VALID | {
    "objective": {"name": "styblinski_tang", "dimensions": 6},
    "domain": {f"x{i}": [-5, 5] for i in range(1, 7)},
    "starts": {"design": "sobol", "count": 1024},
    "figures": {"slice": {"axes": ["x1", "x2"], "at": {"x3": 0.0}}},
}
FIT: dict[str, Any] = VALID | {
    "objective": {
        "model": "b1*(1 - exp(-b2*x))",
        "data": str(ROOT / "data/misra1a.csv"),
        "response": "y",
        "variables": ["b1", "b2"],
    },
    "domain": {"b1": [100, 800], "b2": [1.0e-5, 1.0e-2]},
}
OF_A_MODEL = {f"objective.{name}" for name in ModelObjective.model_fields} - {
    "objective.variables",
    "objective.parameters",
}
#: A rule of one's own on a function of x and y.
NAMED_Y = {"rule": {"state": {"y": 0}, "update": ["y = 0.9*y + g", "x = x - lr*y"]}, "learning_rate": 0.01}
GONE = object()


def changed(config: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with one value, named by its dotted path, replaced or taken away."""
    result = copy.deepcopy(config)
    *above, last = path.split(".")
    place = result
    for part in above:
        place = place.setdefault(part, {})
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return result


def refusal(config: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        read_config(config)
    return str(caught.value)


# config, key to change, value, the key that the message names, a piece of what it says
WRONG: list[tuple[dict[str, Any], str, Any, str, str]] = [
    # keys
    (VALID, "strats", {}, "strats", 'unknown key; did you mean "starts"?'),
    (VALID, "threads", 8, "threads", "unknown key; allowed here: study, objective, scale, domain, bounds"),
    (VALID, "objective.nmae", "peaks", "objective.nmae", 'did you mean "name"?'),
    (VALID, "arena.widden", 1, "arena.widden", 'did you mean "widen"?'),
    (VALID, "starts.sead", 1, "starts.sead", 'did you mean "seed"?'),
    (VALID, "methods.gd.learning_rat", 1, "methods.gd.learning_rat", 'did you mean "learning_rate"?'),
    (VALID, "methods.gd.impetus", 0.9, "methods.gd.impetus", "unknown key; allowed here: optimizer"),
    (VALID, "execution.shard", 1, "execution.shard", 'did you mean "shards"?'),
    (VALID, "basins.tolerance", 1, "basins.tolerance", "unknown key"),
    (VALID, "figures.dp", 100, "figures.dp", 'did you mean "dpi"?'),
    (SIX, "figures.slice.axis", ["x1", "x2"], "figures.slice.axis", 'did you mean "axes"?'),
    (VALID, "study", GONE, "study", "is missing; give a name"),
    (VALID, "objective", GONE, "objective", "is missing; give a mapping such as {name: peaks}"),
    (VALID, "starts", GONE, "starts", "is missing; give a mapping such as {design"),
    (VALID, "methods", GONE, "methods", "is missing; give at least one name"),
    (VALID, "starts.design", GONE, "starts.design", "is missing; give one of uniform"),
    (VALID, "starts.per_axis", GONE, "starts.per_axis", "is missing; give a whole number from 1"),
    (VALID, "methods.gd.optimizer", GONE, "methods.gd.optimizer", "is missing; give one of gradient_descent"),
    (VALID, "methods.gd.learning_rate", GONE, "methods.gd.learning_rate", "is missing; give a finite number above 0"),
    (FORMULA, "objective.variables", GONE, "objective.variables", "is missing; give a list of 1 to 100 names"),
    # names that become folders
    (VALID, "study", "my study", "study", 'got "my study"; give a name: a letter, then letters, digits, _ or -'),
    (VALID, "study", "../peaks", "study", 'got "../peaks"; give a name'),
    (VALID, "study", "peaks\n", "study", 'got "peaks\\n"; give a name'),
    (VALID, "study", "", "study", 'got ""; give a name'),
    (VALID, "study", "2nd", "study", 'got "2nd"'),
    (VALID, "study", "Gipfel-ä", "study", 'got "Gipfel-ä"'),
    (VALID, "study", "a" * 61, "study", "at most 60 characters"),
    (VALID, "study", 2026, "study", "got 2026; give a name"),
    (VALID, "study", True, "study", "got true; give a name"),
    (VALID, "study", None, "study", "got nothing; give a name"),
    (VALID, "methods", {"a/b": VALID["methods"]["gd"]}, "methods.a/b", "it becomes a folder"),
    (VALID, "methods", {3: VALID["methods"]["gd"]}, "methods.3", "it becomes a folder"),
    (VALID, "methods", {"gd": VALID["methods"]["gd"], "GD": VALID["methods"]["gd"]}, "methods", "share a folder"),
    (VALID, "methods", {}, "methods", "got {}; give at least one name"),
    (VALID, "methods", ["gradient_descent"], "methods", "give at least one name with a mapping"),
    (VALID, "methods.gd", "gradient_descent", "methods.gd", 'got "gradient_descent"; give'),
    (VALID, "methods.gd", NAMED_Y, "methods.gd", 'rule has the name "y", which is a variable of the function'),
    # objective
    (VALID, "objective", "peaks", "objective", 'got "peaks"; give a mapping such as {name: peaks}'),
    (VALID, "objective", {}, "objective", "exactly one of name"),
    (VALID, "objective.name", "peeks", "objective.name", 'did you mean "peaks"?'),
    (VALID, "objective.name", 3, "objective.name", "got 3; give the name of a function"),
    (VALID, "objective.name", None, "objective.name", "got nothing; give the name"),
    (VALID, "objective.dimensions", 3, "objective.dimensions", "has 2 dimensions; got dimensions: 3"),
    (SIX, "objective.dimensions", 0, "objective.dimensions", "got 0; give a whole number from 1 to 100"),
    (SIX, "objective.dimensions", 101, "objective.dimensions", "got 101; give a whole number from 1 to 100"),
    (SIX, "objective.dimensions", 2.5, "objective.dimensions", "got 2.5; give a whole number"),
    (VALID, "objective.variables", ["x"], "objective.variables", "a function of the catalogue does not use it"),
    (FORMULA, "objective.dimensions", 2, "objective.dimensions", "an expression does not use it"),
    (FORMULA, "objective.name", "peaks", "objective", "exactly one of name"),
    (FORMULA, "objective.expression", "a*x^2 + y", "objective.expression", "a power is written **"),
    (FORMULA, "objective.expression", "a*x*__import__('os')*y", "objective.expression", "__import__"),
    (FORMULA, "objective.expression", "a*x + (y", "objective.expression", "is not a formula"),
    (FORMULA, "objective.expression", "a*x + y + z", "objective.expression", '"z" is not defined'),
    (FORMULA, "objective.expression", "a*x", "objective.expression", 'variable "y" does not occur'),
    (FORMULA, "objective.expression", "x + y", "objective.expression", 'parameter "a" does not occur'),
    (FORMULA, "objective.expression", "a*x + y - y", "objective.expression", 'variable "y" cancels out'),
    (FORMULA, "objective.expression", "a*x + y/0", "objective.expression", "not a finite real number"),
    (FORMULA, "objective.expression", "a*x + sinn(y)", "objective.expression", 'did you mean "sin"?'),
    (FORMULA, "objective.expression", 12, "objective.expression", "got 12; give a text such as"),
    (FORMULA, "objective.variables", "x", "objective.variables", 'got "x"; give a list'),
    (FORMULA, "objective.variables", [], "objective.variables", "got []; give a list"),
    (FORMULA, "objective.variables", ["x", "x"], "objective.variables", '"x" is given twice'),
    (FORMULA, "objective.variables", ["x", "e"], "objective.variables", '"e" is a reserved name'),
    (FORMULA, "objective.variables", ["x", "steps"], "objective.variables", '"steps" is a reserved name'),
    (FORMULA, "objective.variables", ["x", "y z"], "objective.variables", "not a plain name"),
    (FORMULA, "objective.variables", ["x", True], "objective.variables", "give a list of 1 to 100 names"),
    (FORMULA, "objective.variables", ["x", "y" * 61], "objective.variables", "longer than 60 characters"),
    (FORMULA, "objective.parameters", {f"a{i}": 1 for i in range(1001)}, "objective.parameters", "at most 1000"),
    (FORMULA, "objective.parameters", {"pi": 3}, "objective.parameters", '"pi" is a reserved name'),
    (FORMULA, "objective.parameters.a", "big", "objective.parameters.a", 'got "big"; give a finite number'),
    (FORMULA, "objective.parameters.a", math.nan, "objective.parameters.a", "got nan; give a finite number"),
    (FORMULA, "objective.parameters.a", 1e-301, "objective.parameters.a", "1e-300 to 1e300"),
    (FORMULA, "objective.parameters.a", 10**5000, "objective.parameters.a", "a number of more than 60 digits"),
    # domain and arena
    (FORMULA, "domain", GONE, "domain", "is missing; an expression needs one, as in {x: [-3, 3], y: [-3, 3]}"),
    (VALID, "domain", {"x": [-3, 3]}, "domain", "lacks y; it names exactly the variables x, y"),
    (VALID, "domain", {"x": [-3, 3], "z": [0, 1]}, "domain", "lacks y and has unknown z"),
    (VALID, "domain", {}, "domain", "lacks x, y"),
    (VALID, "domain", [-3, 3], "domain", "got [-3, 3]; give two finite numbers [low, high] for each variable"),
    (VALID, "domain.x", [3, -3], "domain.x", "got [3, -3]; give two finite numbers [low, high]"),
    (VALID, "domain.x", [3, 3], "domain.x", "the lower one first"),
    (VALID, "domain.x", [0, math.inf], "domain.x", "got [0, inf]; give two finite numbers"),
    (VALID, "domain.x", [math.nan, 1], "domain.x", "got [nan, 1]; give two finite numbers"),
    (VALID, "domain.x", [-1e308, 1e308], "domain.x", "give two finite numbers"),
    (VALID, "domain.x", [0, 1, 2], "domain.x", "got [0, 1, 2]"),
    (VALID, "domain.x", 3, "domain.x", "got 3; give two finite numbers"),
    (VALID, "domain.x", ["a", "b"], "domain.x", "give two finite numbers"),
    (VALID, "domain.x", [False, True], "domain.x", "give two finite numbers"),
    (VALID, "arena.widen", -0.5, "arena.widen", "got -0.5; give a finite number of at least 0"),
    (VALID, "arena.widen", math.inf, "arena.widen", "got inf; give a finite number"),
    (VALID, "arena.widen", 1e308, "arena.widen", "it makes x infinite"),
    (VALID, "arena", 1.0, "arena", "got 1.0; give a mapping such as {widen: 1.0}"),
    # starts
    (VALID, "starts", "sobol", "starts", 'got "sobol"; give a mapping'),
    (VALID, "starts.design", "sobel", "starts.design", 'did you mean "sobol"?'),
    (VALID, "starts.design", ["grid"], "starts.design", "give one of uniform"),
    (VALID, "starts.design", None, "starts.design", "got nothing; give one of uniform"),
    (VALID, "starts.per_axis", 0, "starts.per_axis", "got 0; give a whole number from 1 to 10^10"),
    (VALID, "starts.per_axis", -5, "starts.per_axis", "got -5; give a whole number"),
    (VALID, "starts.per_axis", 2.5, "starts.per_axis", "got 2.5; give a whole number"),
    (VALID, "starts.per_axis", 500.0, "starts.per_axis", "got 500.0; give a whole number"),
    (VALID, "starts.per_axis", "500", "starts.per_axis", 'got "500"; give a whole number'),
    (VALID, "starts.per_axis", True, "starts.per_axis", "got true; give a whole number"),
    (VALID, "starts.per_axis", None, "starts.per_axis", "got nothing; give a whole number"),
    (VALID, "starts.per_axis", 200_000, "starts.per_axis", "at most 10^10, so at most 100000 on each axis"),
    (SIX, "starts", {"design": "grid", "per_axis": 47}, "starts.per_axis", "so at most 46 on each axis"),
    (VALID, "starts.per_cell", 0, "starts.per_cell", "got 0; give a whole number from 1"),
    (VALID, "starts", {"design": "grid", "per_axis": 5, "per_cell": 2}, "starts.per_cell", "a grid has one start"),
    (VALID, "starts", {"design": "jittered_grid", "per_axis": 90_000, "per_cell": 2}, "starts.per_axis", "70710 on"),
    (VALID, "starts.replicates", 2, "starts.replicates", "a design on a grid does not use it"),
    (SIX, "starts.per_cell", 2, "starts.per_cell", "a design without a grid does not use it"),
    (SIX, "starts.replicates", 1.5, "starts.replicates", "got 1.5; give a whole number"),
    (VALID, "starts", {"design": "uniform", "count": 5, "replicates": 2}, "starts.replicates", "need no replicates"),
    (SIX, "starts", {"design": "sobol", "count": 10**9, "replicates": 16}, "starts.count", "at most 625000000 each"),
    (VALID, "starts.count", 100, "starts.count", "a design on a grid does not use it"),
    (SIX, "starts.per_axis", 100, "starts.per_axis", "a design without a grid does not use it; it takes design, count"),
    (SIX, "starts.count", 1e3, "starts.count", "got 1000.0; give a whole number"),
    (SIX, "starts.count", "1e3", "starts.count", 'got "1e3"; give a whole number'),
    (SIX, "starts.count", 10**11, "starts.count", "give a whole number from 1 to 10^10"),
    (SIX, "starts", {"design": "sobol", "count": 2 * 10**9}, "starts.count", "sobol takes at most"),
    (SIX, "starts", {"design": "latin_hypercube", "count": 10**8}, "starts.count", "latin_hypercube takes at most"),
    (VALID, "starts.seed", -1, "starts.seed", "got -1; give a whole number from 0 to 2^63 - 1"),
    (VALID, "starts.seed", 2**63, "starts.seed", "from 0 to 2^63 - 1"),
    (VALID, "starts.seed", 1.5, "starts.seed", "got 1.5; give a whole number"),
    (VALID, "starts", {"design": "file", "path": "a.csv", "count": 3}, "starts.count", "design file does not use it"),
    (VALID, "starts", {"design": "file"}, "starts.path", "is missing; give the path"),
    (VALID, "starts", {"design": "file", "path": ""}, "starts.path", "give the path"),
    (VALID, "starts", {"design": "file", "path": "no/such.csv"}, "starts.path", "there is no file no/such.csv"),
    (VALID, "starts", {"design": "file", "path": "a\u202eb.csv"}, "starts.path", "a character that is not shown"),
    (VALID, "starts", {"design": "file", "path": "starts.txt"}, "starts.path", "neither .csv nor .parquet"),
    # estimates and rows
    (VALID, "estimates.confidence", 1, "estimates.confidence", "got 1; give a number above 0 and below 1"),
    (VALID, "estimates.confidence", 95, "estimates.confidence", "got 95; give a number above 0"),
    (VALID, "estimates.confidense", 0.9, "estimates.confidense", 'did you mean "confidence"?'),
    (VALID, "keep", "al", "keep", 'did you mean "all"?'),
    (VALID, "keep", None, "keep", "got nothing; give all, none, or a mapping such as {sample: 10000}"),
    (VALID, "keep", {"sampled": 5}, "keep", "give all, none, or a mapping such as {sample: 10000}"),
    (VALID, "keep", {"sample": 5, "x": 1}, "keep.x", "unknown key; allowed here: sample"),
    (VALID, "keep", {"sample": 0}, "keep.sample", "got 0; give a whole number from 1 to 10^10"),
    # methods
    (VALID, "methods.gd.optimizer", "gradient_decent", "methods.gd.optimizer", 'did you mean "gradient_descent"?'),
    (VALID, "methods.gd.learning_rate", 0, "methods.gd.learning_rate", "got 0; give a finite number above 0"),
    (VALID, "methods.gd.learning_rate", -0.01, "methods.gd.learning_rate", "got -0.01; give"),
    (VALID, "methods.gd.learning_rate", math.nan, "methods.gd.learning_rate", "got nan; give"),
    (VALID, "methods.gd.learning_rate", math.inf, "methods.gd.learning_rate", "got inf; give"),
    (VALID, "methods.gd.learning_rate", "fast", "methods.gd.learning_rate", 'got "fast"; give'),
    (VALID, "methods.gd.learning_rate", "1e-999", "methods.gd.learning_rate", 'got "1e-999"; give'),
    (VALID, "methods.gd.learning_rate", "1e999", "methods.gd.learning_rate", 'got "1e999"; give'),
    (VALID, "methods.gd.learning_rate", [0.1, 0.2], "methods.gd.learning_rate", "got [0.1, 0.2]; give"),
    (VALID, "methods.gd.max_steps", 0, "methods.gd.max_steps", "got 0; give a whole number from 1 to 10^9"),
    (VALID, "methods.gd.max_steps", 10**9 + 1, "methods.gd.max_steps", "from 1 to 10^9"),
    (VALID, "methods.gd.max_steps", 10.5, "methods.gd.max_steps", "got 10.5"),
    (VALID, "methods.gd.gradient_tolerance", -1e-8, "methods.gd.gradient_tolerance", "got -1e-08; give 0, or"),
    (VALID, "methods.gd.gradient_tolerance", -1e-8, "methods.gd.gradient_tolerance", "0, or a positive finite number"),
    # execution, basins, figures
    (VALID, "execution.shards", 0, "execution.shards", "got 0; give a whole number from 1 to 10000"),
    (VALID, "execution.shards", 10_001, "execution.shards", "from 1 to 10000"),
    (VALID, "execution.shards", 2.0, "execution.shards", "got 2.0"),
    (VALID, "execution", None, "execution", "got nothing; give a mapping"),
    (VALID, "basins.position_tolerance", 0, "basins.position_tolerance", "above 0, at most 0.1"),
    (VALID, "basins.value_tolerance", 0.2, "basins.value_tolerance", "above 0, at most 0.1"),
    (VALID, "figures.dpi", 29, "figures.dpi", "from 30 to 1200"),
    (VALID, "figures.dpi", 1201, "figures.dpi", "from 30 to 1200"),
    (VALID, "figures.dpi", "high", "figures.dpi", 'got "high"'),
    (VALID, "figures.formats", ["pgn"], "figures.formats", 'did you mean "png"?'),
    (VALID, "figures.formats", [], "figures.formats", "got []; give a list"),
    (VALID, "figures.formats", "png", "figures.formats", 'got "png"; give a list'),
    (VALID, "figures.formats", ["png", "png"], "figures.formats", "given twice"),
    (VALID, "figures.formats", ["pdf"], "figures.formats", "the report shows png or svg"),
    (VALID, "figures.formats", [1], "figures.formats", "got [1]; give a list"),
    (VALID, "figures.slice", {}, "figures.slice", "maps in 2 dimensions need no slice"),
    (SIX, "figures.slice", None, "figures.slice", "got nothing; give a mapping"),
    (SIX, "figures.slice.axes", ["x1"], "figures.slice.axes", "a list of two different variables"),
    (SIX, "figures.slice.axes", ["x1", "x1"], "figures.slice", "a variable is named twice"),
    (SIX, "figures.slice.axes", ["x1", "x3"], "figures.slice", "a variable is named twice"),
    (SIX, "figures.slice.axes", ["x1", "y"], "figures.slice.axes", '"y" is not one of the variables x1, x2'),
    (SIX, "figures.slice.at", {"x9": 0}, "figures.slice.at", '"x9" is not one of the variables'),
    (SIX, "figures.slice.at.x3", 9, "figures.slice.at.x3", "within the domain [-5.0, 5.0]"),
    (SIX, "figures.slice.at.x3", "low", "figures.slice.at.x3", 'got "low"; give a finite number'),
]  # fmt: skip


@pytest.mark.parametrize(
    ("config", "path", "value", "key", "piece"), WRONG, ids=[f"{w[3]}-{i}" for i, w in enumerate(WRONG)]
)
def test_a_wrong_value_is_refused_in_one_line(config, path, value, key, piece):
    """The message names the key, says what is allowed, and stays one line of this package's own words."""
    said = refusal(changed(config, path, value))
    assert said.startswith(f"config: {key}: ")
    assert piece in said
    assert "\n" not in said
    assert len(said) < 420
    for word in ("Traceback", "pydantic", "Input should", "http", "<class", "None"):
        assert word not in said


@pytest.mark.parametrize("config", [VALID, FORMULA, SIX])
def test_the_bases_of_the_wrong_configs_are_right(config):
    """Each wrong config above is wrong in what it changes alone."""
    read_config(config)


def test_all_problems_are_listed_and_many_are_counted():
    """Problems of different sections come in one message; past the fifth they are counted."""
    said = refusal(VALID | {"study": "a b", "starts": {"design": "sobel"}, "figures": {"dpi": 1, "formats": []}})
    assert [line.split(":")[0].strip() for line in said.splitlines()] == [
        "config", "study", "starts.design", "figures.dpi", "figures.formats",
    ]  # fmt: skip
    assert said.startswith("config: 4 problems")
    many = refusal({f"key{i}": i for i in range(30)})
    assert len(many.splitlines()) == MAX_PROBLEMS + 2
    assert many.splitlines()[-1].strip() == "and 29 more"  # four keys are missing


def test_a_misspelt_key_is_not_also_missing():
    """One slip of the pen is one problem."""
    config = changed(VALID, "objective", GONE) | {"objektive": {"name": "peaks"}}
    said = refusal(config)
    assert said.startswith('config: objektive: unknown key; did you mean "objective"? Allowed here: study')


def test_a_method_may_have_the_name_of_a_key():
    """What a user names and what the package names do not get mixed up."""
    said = refusal(VALID | {"methods": {"optimizer": {"optimizer": "gradient_descent", "learning_rate": -1}}})
    assert said == "config: methods.optimizer.learning_rate: got -1; give a finite number above 0"


def test_a_method_cannot_take_the_folder_of_the_timings():
    """Its results would mix with the timings of the jobs."""
    assert "timings" in refusal(VALID | {"methods": {"Timings": {"optimizer": "gradient_descent", "learning_rate": 1}}})


@pytest.mark.parametrize("config", [None, 3, [], [1, 2]])
def test_a_config_is_a_mapping(config):
    """Anything else is refused, also where a type checker would have said so."""
    assert "give a mapping of keys" in refusal(config)


@pytest.mark.parametrize("path", READY, ids=lambda path: path.stem)
def test_every_ready_study_is_complete_and_valid(path):
    """Ready studies run as they are, and what they resolve to is a config that resolves to itself."""
    study = read_config(path)
    again = read_config(json.loads(json.dumps(study.resolved())))
    assert again == study
    assert json.dumps(again.resolved()) == json.dumps(study.resolved())
    assert path.name == "config.yaml" or study.study == path.stem


def test_the_default_study_is_the_one_that_is_published():
    """250,000 starts of peaks, each with up to 1000 steps of 0.01."""
    study = read_config(READY[0])
    assert (study.study, study.count, study.variables, study.dimensions) == ("peaks", 250_000, ("x", "y"), 2)
    assert study.resolved() == {
        "study": "peaks",
        "objective": {"name": "peaks", "dimensions": 2},
        "domain": {"x": [-3.0, 3.0], "y": [-3.0, 3.0]},
        "arena": {"widen": 1.0},
        "starts": {"design": "jittered_grid", "per_axis": 500, "per_cell": 1, "seed": 2026},
        "methods": {
            "gradient_descent": {
                "optimizer": "gradient_descent", "learning_rate": 0.01, "max_steps": 1000, "gradient_tolerance": 1e-8,
                "stopping": "gradient",
            }
        },
        "execution": {"shards": 1},
        "basins": {"position_tolerance": 1e-6, "value_tolerance": 1e-9},
        "certificate": {"max_boxes": 150_000},
        "estimates": {"confidence": 0.95},
        "boundary": {},
        "keep": "all",
        "figures": {"dpi": 150, "formats": ["png", "svg"], "style": "page", "zoom": []},
    }  # fmt: skip


def test_only_four_keys_are_required():
    """The rest has defaults: the usual domain, an arena three times as wide, one shard."""
    method = {"optimizer": "gradient_descent", "learning_rate": 0.01}
    study = read_config(
        {
            "study": "peaks",
            "objective": {"name": "peaks"},
            "starts": {"design": "jittered_grid", "per_axis": 500},
            "methods": {"gd": method},
        }
    )
    expected = VALID | {"objective": {"name": "peaks"}, "execution": {"shards": 1}}
    assert study.resolved() == read_config(expected).resolved()


def test_the_order_of_keys_does_not_matter():
    """A domain in another order than the variables is put in theirs."""
    turned = {key: VALID[key] for key in reversed(VALID)} | {"domain": {"y": [-3, 3], "x": [-3, 3]}}
    assert json.dumps(read_config(turned).resolved()) == json.dumps(read_config(VALID).resolved())


def test_a_slice_is_filled_in():
    """Beyond two dimensions maps lie over two axes; where in the others is known with the minima, or given."""
    domain = SIX["domain"] | {"x4": [0, 5]}
    slice_ = read_config(SIX | {"domain": domain}).resolved()["figures"]["slice"]
    assert slice_ == {"axes": ["x1", "x2"], "at": {"x3": 0.0}}
    given = read_config(SIX | {"figures": {"slice": {"at": {"x4": 2.5}}}}).resolved()["figures"]["slice"]
    assert given == {"axes": ["x1", "x2"], "at": {"x4": 2.5}}
    assert read_config(SIX | {"figures": {}}).resolved()["figures"]["slice"]["at"] == {}
    assert read_config(SIX | {"figures": {}}).resolved()["figures"]["slice"]["axes"] == ["x1", "x2"]


@pytest.mark.parametrize(("count", "shards"), [(3, 1), (2**20, 1), (2**20 + 1, 2), (10**8, 96), (10**10, 9537)])
def test_shards_follow_the_number_of_starts(count, shards):
    """A small study is one job, since a job takes a second to start; what is asked for is done."""
    many = changed(VALID, "execution", GONE) | {"starts": {"design": "uniform", "count": count}}
    assert read_config(many).execution.shards == shards
    assert read_config(many | {"execution": {"shards": 3}}).execution.shards == 3


@pytest.mark.parametrize(("text", "number"), [("1e-3", 1e-3), ("2E-2", 2e-2), ("1.0e1", 10.0), (".5e0", 0.5)])
def test_numbers_that_yaml_reads_as_text_are_numbers(text, number):
    """YAML 1.1 takes 1e-3 for text."""
    assert yaml.safe_load(text) == text
    assert read_config(changed(VALID, "methods.gd.learning_rate", text)).methods["gd"].learning_rate == number
    assert read_config(changed(VALID, "domain.x", [f"-{text}", text])).domain["x"] == (-number, number)


def test_whole_parameters_stay_exact():
    """A parameter keeps its type, so that a formula's coefficient is the number that was written."""
    given = {"a": 3}
    parameters = read_config(changed(FORMULA, "objective.parameters", given)).objective.parameters
    assert parameters == {"a": 3}
    assert isinstance(parameters["a"], int)


def test_numpy_numbers_are_numbers():
    """A notebook may build its config from arrays."""
    config = changed(changed(VALID, "starts.per_axis", np.int64(7)), "methods.gd.learning_rate", np.float64(0.5))
    study = read_config(config)
    assert study.count == 49
    json.dumps(study.resolved())


def test_a_study_does_not_change():
    """What was checked stays what it was."""
    with pytest.raises(ValueError, match="frozen"):
        read_config(VALID).study = "other"


# --- files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("study: a\nobjective: {name: peaks}\nstudy: b\n", 'line 3: the key "study" is given twice, first in line 1'),
        ("methods:\n  gd: {}\n  gd: {}\n", 'line 3: methods: the key "gd" is given twice, first in line 2'),
        ("starts: {seed: 1, seed: 2}\n", 'the key "seed" is given twice'),
        ("study: [a\n", "line 1: the [ of this line is not closed"),
        ("study: a: b\n", 'line 1: a value with a colon stands in quotes, as in study: "a: b"'),
        ("\tstudy: a\n", "line 1: begins with a tab"),
        ("a: [1]\n]\n", "line 2, column 1: is not readable as YAML"),
        ("study: !!python/object/apply:os.system ['true']\n", "line 1: study: the tag tag:yaml.org,2002:python"),
        ("study: !!str 3\n", "line 1: study: the tag tag:yaml.org,2002:str is not used in a config"),
        ("a: 1\n---\nb: 2\n", "line 2: another document begins"),
        ("", "got nothing; give a mapping of keys"),
        ("- a\n", 'got [\'a\']; give a mapping of keys'),
        ("? [a, b]\n: 1\n", "line 1: a key is one word"),
        ("a: &x b\n*x : 1\n", "line 2: a key is one word"),
        ("a: &x {b: 1}\nc: {<<: *x}\n", "line 2: c: << merges mappings"),
        ("[" * 3000, "line 1: nested more than 20 levels deep"),
        ("study: 1" + "0" * 5000 + "\n", "is a number of 5001 characters; at most 400 are read"),
        ("study: a\u202eb\n", "line 1: has the character U+202E, which is not shown"),
        ("a: 1\nstudy: a\x85b\n", "line 2: has the character U+0085"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_config_is_refused(tmp_path, text, piece):
    """The message begins with the file, and says the line where one can be said."""
    path = tmp_path / "study.yaml"
    path.write_text(text)
    said = refusal(path)
    assert said.startswith(f"{path}: ")
    assert piece in said
    assert len(said.splitlines()) == 1


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    """No file, a folder, a pipe, a device, bytes that are no text, and a file of a size that no config has."""
    os.mkfifo(tmp_path / "pipe.yaml")
    for device in (tmp_path / "pipe.yaml", Path("/dev/zero")):
        assert "is a pipe or a device; a config is a file" in refusal(device)
    for encoding in ("utf-16", "utf-16-le"):
        (tmp_path / f"{encoding}.yaml").write_text("study: ä", encoding=encoding)
        assert "UTF-16" in refusal(tmp_path / "utf-16.yaml")
    assert "there is no such file" in refusal("a\0b.yaml")
    assert len(refusal("a" * 5000)) < 300
    (tmp_path / "bytes.yaml").write_bytes(b"study: \xff\xfe")
    (tmp_path / "large.yaml").write_bytes(b"#" * 1_000_001)
    assert "there is no such file" in refusal(tmp_path / "none.yaml")
    assert "is a folder; a config is a file" in refusal(tmp_path)
    assert "not a text in UTF-8" in refusal(tmp_path / "bytes.yaml")
    assert "at most 1,000,000 bytes" in refusal(str(tmp_path / "large.yaml"))


def test_a_config_that_contains_itself_is_refused(tmp_path):
    """YAML can write a mapping into itself."""
    path = tmp_path / "study.yaml"
    path.write_text("objective: &again\n  name: *again\n")
    assert "line 2: objective.name: *again stands for nothing that is complete here" in refusal(path)


def test_an_alias_is_what_it_stands_for(tmp_path):
    """Two methods may share a mapping; a text that unfolds to a million values is refused at once."""
    path = tmp_path / "study.yaml"
    text = yaml.safe_dump(VALID).replace("gd:", "gd: &one", 1) + "\n"
    path.write_text(text.replace("objective:", "  again: *one\nobjective:") if "again" in text else text)
    assert read_config(path).methods["gd"].learning_rate == 0.01
    path.write_text("a0: &a0 [1]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30)))
    assert "unfolds to more than 200,000 values" in refusal(path)


#: What YAML 1.1 (or a careless reader) takes for something that a person would not, and what is said.
AMBIGUOUS = [
    ("starts.seed", "010", "010 is 8 to some readers of YAML and 10 to others; write 10 or 8"),
    ("starts.seed", "-010", "-010 is -8 to some readers of YAML and -10 to others"),
    ("starts.seed", "08", "08 is a text to some readers of YAML and 8 to others; write 8"),
    ("starts.seed", "0x10", "0x10 is a number in another base to some readers of YAML; write 16"),
    ("starts.seed", "0o10", "write 8"),
    ("starts.seed", "-0b11", "write -3"),
    ("starts.seed", "1_000", "1_000 is a number to some readers of YAML and a text to others; write 1000"),
    ("arena.widen", "1_0.5", "write 10.5"),
    ("starts.seed", "2:30", "2:30 is 150 (to the base 60) to some readers of YAML and a text to others; write 150"),
    ("domain.x", "[-1:30, 1]", "-1:30 is -90 (to the base 60)"),
    ("arena.widen", "1:30.5", "write 90.5"),
    ("arena.widen", ".inf", ".inf is not a finite number"),
    ("arena.widen", "-.INF", "-.INF is not a finite number"),
    ("arena.widen", ".NaN", ".NaN is not a finite number"),
    ("arena.widen", "1e400", "1e400 is larger than any number"),
    ("methods.gd.gradient_tolerance", "1e-400", "so small that it would be read as 0"),
    ("study", "no", 'no is false to some readers of YAML and a text to others; write false, or "no" in quotes'),
    ("study", "On", 'On is true to some readers of YAML and a text to others; write true, or "On"'),
    ("study", "2026-01-02", '2026-01-02 is a date to some readers of YAML; write "2026-01-02" in quotes'),
    ("study", "2026-1-2 10:30:00", "is a date"),
    ("execution.cache", "~", '~ alone is nothing in YAML; leave the key out, or write "~" in quotes'),
    ("study", "=", '= has a meaning of its own'),
]  # fmt: skip


@pytest.mark.parametrize(("key", "text", "piece"), AMBIGUOUS)
def test_what_readers_of_yaml_differ_about_is_refused(tmp_path, key, text, piece):
    """The line, the key, what was written, how it would be read and what to write, in one sentence."""
    path = tmp_path / "study.yaml"
    written = yaml.safe_dump(changed(VALID, key, "PUT-IN"))
    path.write_text(written.replace("PUT-IN", text))
    line = next(i for i, line in enumerate(written.splitlines()) if "PUT-IN" in line)
    said = refusal(path)
    assert said.startswith(f"{path}: line {line + 1}: {key}: "), said
    assert piece in said


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e3", 1000.0), ("1E-3", 1e-3), ("-.5", -0.5), ("+1.", 1.0), ("1.e2", 100.0), ("12", 12), ("-0", 0),
     ("0.10", 0.1), ("1e", "1e"), ("n", "n"), ("y", "y"), ("x1", "x1"), ("1.2.3", "1.2.3"), ("null", None),
     ("TRUE", True), ("a:b", "a:b"), ("'010'", "010"), ('"no"', "no"), ('"~"', "~"), ("010.5", 10.5)],
)  # fmt: skip
def test_plain_words_have_their_one_value(text, value):
    """Numbers as a person writes them, 1e3 among them; quoted words are texts; keys are always texts."""
    found = load(f"{text if value is not None else 'key'}: {text}")
    (read,) = found.values()
    assert (type(read), read) == (type(value), value)
    assert all(isinstance(key, str) for key in found)


def test_keys_are_texts(tmp_path):
    """A variable may be called no or on, and y is not true."""
    assert load("{no: 1, on: 2, 010: 3, y: 4}") == {"no": 1, "on": 2, "010": 3, "y": 4}


@pytest.mark.parametrize("cache", ["", " ", "a\0b", "a\u202eb", None, 3])
def test_a_cache_that_no_folder_can_be_is_refused(cache):
    """An empty name, a character that is not shown, nothing at all."""
    said = refusal(changed(VALID, "execution.cache", cache))
    assert said.startswith("config: execution.cache: got ")
    assert said.isprintable()


def test_what_a_user_wrote_is_shown_as_text():
    """Escape sequences and what turns a line around are spelled out, in keys, values, paths and file names."""
    evil = "\x1b[31m\u202eevil\r\x07"
    wrong = [changed(VALID, evil, 1), changed(VALID, "study", evil), changed(VALID, "objective.name", evil)]
    wrong += [
        changed(VALID, "starts", {"design": "file", "path": f"{evil}.csv"}),
        changed(VALID, "methods", {evil: {}}),
    ]
    wrong += [changed(FORMULA, "objective.expression", evil), changed(FORMULA, "objective.variables", [evil])]
    for config in wrong:
        said = refusal(config)
        assert all(line.isprintable() for line in said.splitlines()), said
        assert "\\x1b" in said or "\\u001b" in said or "\\u202e" in said
    assert refusal(Path(f"{evil}.yaml")).isprintable()


def test_many_unknown_keys_are_counted_not_looked_into(monkeypatch):
    """Of 5,000 unknown keys the first few are shown, with what was perhaps meant, and the rest counted."""
    looked: list[object] = []
    monkeypatch.setattr("multistart.config.problems.meant_key", lambda word, names: looked.append(word) or "")
    said = refusal(VALID | {f"unknown{i}": i for i in range(5_000)})
    assert "5000 problems" in said
    assert "and 4995 more" in said
    assert len(looked) <= 20


def with_file(path: Path) -> dict[str, Any]:
    return VALID | {"starts": {"design": "file", "path": str(path)}, "execution": {}}


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("names", [("x", "y"), ("start_y", "start_x"), ("start_x", "y")])
def test_a_file_of_starts_counts_its_rows(tmp_path, suffix, names):
    """Columns are named as the variables or with start_ before them, in any order, beside others."""
    table = pd.DataFrame({names[0]: [0, 1, 2], names[1]: [0.5, 1.5, 2.5], "note": ["a", "b", None]})
    path = tmp_path / f"starts.{suffix}"
    table.to_csv(path, index=False) if suffix == "csv" else table.to_parquet(path)
    study = read_config(with_file(path))
    assert (study.count, study.execution.shards) == (3, 1)
    assert read_config(study.resolved()) == study


def test_a_wrong_file_of_starts_is_refused(tmp_path):
    """In one line that names the key, the file, the column and the first bad row."""
    path = tmp_path / "starts.csv"
    path.write_text("x,y\n1,2\n1,two\n")
    said = refusal(with_file(path))
    assert said == f'config: starts.path: {path}, column "y", row 2: "two" is not a finite number'


# --- schema and documentation ------------------------------------------------------------------------------------


def test_the_schema_in_the_repository_is_the_models():
    """`python -m multistart.config` was run after the last change."""
    committed = (ROOT / "workflow/schemas/config.schema.json").read_text(encoding="utf-8")
    assert json.loads(committed) == config_schema()


@cache
def of_the_schema() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(config_schema())


@pytest.mark.parametrize("path", READY, ids=lambda path: path.stem)
def test_the_schema_accepts_what_the_models_accept(path):
    """As written and as resolved."""
    validator = of_the_schema()
    validator.validate(yaml.safe_load(path.read_text()))
    validator.validate(read_config(path).resolved())


@pytest.mark.parametrize(
    "path",
    ["new", "objective.new", "arena.new", "starts.new", "methods.gd.new", "execution.new", "basins.new", "figures.new",
     "figures.slice.new", "methods.a b"],
)  # fmt: skip
def test_the_schema_refuses_unknown_keys_at_every_level(path):
    """Nothing that the models refuse by name slips through an editor."""
    validator = of_the_schema()
    for config in (VALID, FORMULA, SIX):
        if path.startswith("figures.slice") and config is not SIX:
            continue
        assert validator.is_valid(config)
        assert not validator.is_valid(changed(config, path, {}))


def test_the_schema_is_a_schema():
    """It follows the rules of JSON Schema itself."""
    jsonschema.Draft202012Validator.check_schema(config_schema())


def test_every_key_is_documented():
    """The README holds the tables that the models make, with a row a key."""
    readme = (ROOT / "config/README.md").read_text(encoding="utf-8")
    assert readme == with_reference(readme)
    for key, field in documented_keys().items():
        assert f"\n| `{key}` | {field.description[:9]}" in readme
        assert allowed(field)
        assert field.examples


@pytest.mark.parametrize("key", sorted(documented_keys()))
def test_every_example_is_allowed(key):
    """The example of a key stands in a valid config."""
    value = documented_keys()[key].examples[0]
    path = key.replace("<name>", "gd")
    base = SIX if key.startswith(("figures.slice", "starts.count")) or "dimensions" in key else VALID
    base = FORMULA if key in ("objective.expression", "objective.variables", "objective.parameters") else base
    if key in ("starts.path", "objective.data"):
        return  # the file is the user's
    base = FIT if key in OF_A_MODEL else base
    if key == "objective.dimensions":
        base = changed(SIX, "domain", GONE)
    base = SIX if key == "starts.replicates" else base
    if key == "scale":
        base = FORMULA | {"objective": {"expression": "b**2 + a", "variables": ["a", "b"]}}
        base |= {"domain": {"a": [-1, 1], "b": [0.1, 10]}}
    base = changed(base, "arena", GONE) if key == "bounds" else base
    base = changed(base, "proven_shares", {"max_cells": 10}) if key.startswith("proven_shares.") else base
    if path in ("methods.gd.method", "methods.gd.options"):
        base = changed(base, "methods.gd", {"optimizer": "scipy", "method": "L-BFGS-B"})
    for rule in CATALOGUE.values():
        if path.removeprefix("methods.gd.") in set(rule.settings) - {"learning_rate"}:
            needed = {h.name: h.example for h in rule.settings.values() if h.default is None}
            base = FIT if getattr(rule, "asks", None) == LEAST_SQUARES else base
            base = changed(base, "methods.gd", {"optimizer": rule.name, **needed})
    if path.startswith("methods.gd.rule"):
        own = {"update": ["v = v*beta", "x = x - lr*g*v"], "state": {"v": 1}, "parameters": {"beta": 0.9}}
        value = value if key.endswith("rule") else {"update": ["x = x - lr*g"]}
        base, path = changed(base, "methods.gd.optimizer", GONE), "methods.gd.rule"
        read_config(changed(base, path, own))
    if key.startswith("sweep."):
        values = {"from": 0.002, "to": 0.2, "count": 3} | {key.rpartition(".")[2]: value}
        path, value = "sweep", {"methods.gd.learning_rate": values}
    read_config(changed(base, path, value))


def test_jobs_ask_plain_settings_what_the_workflow_asks_the_checked_config():
    """Which methods have boundaries, proofs, sweeps and a flow to be compared with is the same, in each ready study."""
    questions = [plain.proven_methods, plain.drawn_cells, plain.swept_methods, plain.flow_of]
    for file in READY:
        checked = read_config(file)
        handed = plain.settings(checked.resolved())
        assert plain.bounded_methods(handed, 400) == plain.bounded_methods(checked, 400)
        assert [ask(handed) for ask in questions] == [ask(checked) for ask in questions]


def test_designs_and_optimizers_are_those_of_the_package():
    """The lists that messages quote are the values that the models take, and those that the package can do."""
    assert (GRIDS, DESIGNS) == (designs.GRIDS, designs.DESIGNS)
    assert MAX_STARTS <= designs.MAX_STARTS
    models = (GridStarts, CountedStarts, FileStarts)
    names = [name for model in models for name in get_args(model.model_fields["design"].annotation)]
    assert sorted(names) == sorted(DESIGNS)
    literal, nothing = get_args(MethodSection.model_fields["optimizer"].annotation)
    assert (get_args(literal), nothing) == (OPTIMIZERS, type(None))


def test_reading_a_config_loads_nothing_heavy():
    """A workflow reads its config each time it starts; SymPy and the like would cost each dry run a second."""
    code = (
        "import sys; from multistart.config import read_config; read_config(sys.argv[1]);"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code, READY[0]], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"multistart", "pydantic"} <= loaded
    assert not loaded & {"sympy", "numba", "pandas", "matplotlib", "scipy", "pyarrow", "seaborn", "joblib", "numpy"}


# --- anything at all ---------------------------------------------------------------------------------------------

LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.binary(max_size=3), st.dates(),
    st.sampled_from(["x", "1e-3", "grid", "sobol", "file", "png", 10**400, "x**x", "\ud800", "a\nb", "["]),
)  # fmt: skip
ANYTHING = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LEAVES, inner, max_size=3))
ALL_PATHS = sorted(
    {key.replace("<name>", "gd") for key in documented_keys()}
    | {"domain.x", "domain.x1", "objective.parameters.a", "figures.slice.at.x3", "figures.slice.at.x4", "methods.gd"}
    | {"methods.new", "starts.new", "new"}
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([VALID, FORMULA, SIX, FIT]),
    st.lists(st.tuples(st.sampled_from(ALL_PATHS), ANYTHING | st.just(GONE)), min_size=1, max_size=3),
)
def test_any_change_gives_a_study_or_a_refusal(base, changes):
    """A config either becomes a study whose resolved form is one again, or is refused in a few printable lines."""
    config = base
    for path, value in changes:
        try:
            config = changed(config, path, value)
        except (KeyError, TypeError, AttributeError):  # a change before took away what this one changes
            continue
    try:
        study = read_config(config)
    except ConfigError as error:
        said = str(error)
        assert len(said.splitlines()) <= MAX_PROBLEMS + 2
        assert "pydantic" not in said
        said.encode()
    else:
        assert read_config(json.loads(json.dumps(study.resolved()))) == study


def test_a_style_that_is_none_is_refused_with_the_one_meant():
    """In a line that names the key, what was given, and what there is."""
    with pytest.raises(ConfigError, match=r"figures.style: .*slides.*slide"):
        read_config(VALID | {"figures": {"style": "slides"}})


SWEPT = "methods.gradient_descent.learning_rate"


@pytest.mark.parametrize(
    ("sweep", "said"),
    [
        ({"methods.gradient_descent.learning_rat": [1]}, f'names no number; did you mean "{SWEPT}"'),
        ({SWEPT: [0.1, -1]}, f"sweep.{SWEPT}: has -1 after 0.1; give the values in ascending order"),
        ({SWEPT: [-1, 0.1]}, f"sweep.{SWEPT}: got -1.0; give a finite number above 0"),
        ({SWEPT: [0.1, 0.1]}, f"sweep.{SWEPT}: has 0.1 twice"),
        ({SWEPT: []}, f"sweep.{SWEPT}: has no value"),
        ({SWEPT: 3}, f"sweep.{SWEPT}: got 3; give a list of numbers"),
        ({SWEPT: ["fast"]}, f'sweep.{SWEPT}: got "fast" among its values'),
        ({SWEPT: {"from": 0, "to": 1, "count": 5, "scale": "log"}}, "ratios need a from above 0"),
        ({SWEPT: {"from": 1, "to": 1, "count": 5}}, "got from 1, to 1; from is below to"),
        ({SWEPT: {"from": 0.1, "to": 1, "count": 1}}, f"sweep.{SWEPT}.count: got 1; give a whole number from 2"),
        ({SWEPT: {"from": 0.1, "to": 1, "count": 3, "scale": "lin"}}, 'did you mean "linear"'),
        ({"starts.per_axis": [10, 20]}, "it changes the starts, which are the same at every value"),
        ({"domain.x": [1, 2]}, "it changes the starts, which are the same at every value"),
        ({SWEPT: [1], "methods.gradient_descent.max_steps": [1], "a": [1]}, "sweep: has 3 keys"),
        (
            {
                SWEPT: {"from": 0.1, "to": 1, "count": 200},
                "methods.gradient_descent.max_steps": {"from": 1, "to": 100, "count": 100},
            },
            "200 x 100 values are 20,000 in all; at most 10,000 are possible",
        ),
        ({"objective.parameters.a": [1]}, "names no number: a function by name has none"),
        ({SWEPT: ["0,1", "0,2"]}, "give finite numbers; a decimal number has a point: 0.1"),
        ({SWEPT: {"from": 1e-320, "to": 1, "count": 5, "scale": "log"}}, "to 1, which are too far apart"),
        ({"methods.gradient_descent.momentum": [0.5]}, f"momentum: names no number; numbers are {SWEPT}"),
        (
            {"methods": {"gradient_descent": {"learning_rate": [0.1]}}},
            f'sweep: has "methods" with keys below it; write the key in one piece, {SWEPT}: ...',
        ),
        ({}, "sweep: got {}; give the key of a number"),
        (None, "sweep: got nothing; give the key of a number"),
    ],
)
def test_a_sweep_that_is_none_is_refused(sweep, said):
    """In one sentence that names the key, the value and what is allowed, before anything starts."""
    config = yaml.safe_load((ROOT / "config/studies/tiny.yaml").read_text())
    with pytest.raises(ConfigError, match=re.escape(said)) as error:
        read_config(config | {"sweep": sweep})
    assert len(str(error.value).splitlines()) == 1


def test_a_range_is_the_values_between_its_ends():
    """Both ends as given, what is between to twelve digits, and the list is a valid config again."""
    config = yaml.safe_load((ROOT / "config/studies/tiny.yaml").read_text())
    study = read_config(config | {"sweep": {SWEPT: {"from": 0.1, "to": 0.7, "count": 7}}})
    assert study.sweep == {SWEPT: (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)}
    ratios = read_config(config | {"sweep": {SWEPT: {"from": 0.001, "to": 1, "count": 4, "scale": "log"}}})
    assert ratios.sweep[SWEPT] == (0.001, 0.01, 0.1, 1.0)
    assert read_config(ratios.resolved()) == ratios
    assert "sweep" not in read_config(config).resolved()
