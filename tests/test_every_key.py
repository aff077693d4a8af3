"""No result is stale: whatever key of the config changes, the results are those of a fresh run, there and back."""

import copy
import itertools
import math
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from multistart.config.reference import documented_keys
from multistart.methods import CATALOGUE
from multistart.study.kept import Kept

from .forked_runs import run
from .live_runs import SMALL, differences, results, write_config
from .small_project import CONFIG

RATE = "methods.gd.learning_rate"
FORMULA = {"expression": "(x**2 - 1)**2 + a*y**2 + b*x", "variables": ["x", "y"], "parameters": {"a": 2, "b": 0.25}}
THREE = {"name": "styblinski_tang", "dimensions": 3}
PLAIN = SMALL | {"domain": {"x": [-3, 3], "y": [-3, 3]}}
BASES = {
    "peaks": PLAIN,
    "small": CONFIG | {"domain": PLAIN["domain"]},
    "formula": PLAIN | {"objective": FORMULA},
    "three": SMALL | {"objective": THREE, "starts": {"design": "sobol", "count": 64, "seed": 1}},
    "file": PLAIN | {"starts": {"design": "file", "path": "own.csv"}},
    "proven": PLAIN | {"proven_shares": {"max_cells": 2000}},
    "fit": SMALL
    | {
        "objective": {"model": "a*exp(-b*t)", "data": "data.csv", "response": "z", "variables": ["a", "b"]},
        "domain": {"a": [0.5, 4], "b": [0.1, 2]},
        "methods": {"gd": {"optimizer": "damped_newton", "max_steps": 50}},
    },
    "swept": PLAIN | {"sweep": {RATE: {"from": 0.01, "to": 0.05, "count": 3, "scale": "linear"}}},
}
TIGHT, WIDE = {"position_tolerance": 1e-7}, {"position_tolerance": 0.1, "value_tolerance": 0.1}
#: Every rule with all of its keys, and one of one's own.
RULED = {
    name: {
        "optimizer": name,
        **{key: each.example if each.default is None else each.default for key, each in entry.settings.items()},
    }
    for name, entry in CATALOGUE.items()
}
OWN = {"state": {"v": 0}, "update": ["v = beta*v + g", "x = x - lr*v"], "parameters": {"beta": 0.9}}
#: A base, a key with dots, and another value; None takes the key away. Several keys: joined by +, with a value each.
CHANGES = [
    ("small", "estimates+figures.formats", [{"confidence": 0.8}, ["svg"]]),
    ("peaks", "keep", "none"),
    ("peaks", "keep", {"sample": 30}),
    ("peaks", "estimates", {"confidence": 0.8}),
    ("peaks", "figures.dpi", 50),
    ("peaks", "figures.formats", ["svg"]),
    ("peaks", "figures.formats", ["png", "pdf"]),
    ("peaks", "figures.style", "slide"),
    ("peaks", "figures.zoom", [{"x": [0, 1], "y": [-1, 0.5]}]),
    ("peaks", "boundary", {"descents": 0}),
    ("peaks", "boundary", {"descents": 900}),
    ("peaks", "proven_shares", {"max_cells": 3000}),
    ("proven", "proven_shares.max_cells", 1500),
    ("proven", "proven_shares.width", 0.5),
    ("proven", "proven_shares", None),
    ("proven", "methods.gd.max_steps", 150),
    ("proven", "starts.seed", 2),
    ("peaks", "certificate", {"max_boxes": 40}),
    ("peaks", "basins", TIGHT),
    ("peaks", "basins", WIDE),
    ("peaks", "basins", {"value_tolerance": 1e-7}),
    ("peaks", "arena", {"widen": 0.1}),
    ("peaks", "arena+bounds", [{"widen": 0}, "hold"]),
    ("peaks", "execution.shards", 3),
    ("peaks", "execution.cache", "elsewhere"),
    ("peaks", "methods.gd.stopping", "certified"),
    ("peaks", "methods.gd.gradient_tolerance", 1e-3),
    ("peaks", "methods.gd.max_steps", 200),
    ("peaks", "methods.gd.learning_rate", 0.02),
    ("peaks", "methods.gd.precondition", "domain"),
    ("peaks", "methods.second", SMALL["methods"]["gd"] | {"learning_rate": 0.03}),
    ("peaks", "methods", RULED),
    ("peaks", "methods.second", {"optimizer": "scipy", "method": "L-BFGS-B", "options": {"ftol": 1e-12}}),
    ("peaks", "methods.second", {"rule": OWN, "learning_rate": {"schedule": "cosine", "from": 0.01}}),
    ("peaks", "methods", {"renamed": SMALL["methods"]["gd"]}),
    ("peaks", "domain.x", [-3, 2.5]),
    ("peaks", "domain", {"y": [-3, 3], "x": [-3, 3]}),
    ("peaks", "domain", None),
    ("peaks", "objective.name", "himmelblau"),
    ("peaks", "starts.seed", 2),
    ("peaks", "starts.per_axis", 13),
    ("peaks", "starts.per_cell", 2),
    ("peaks", "starts.design", "grid"),
    ("formula", "objective.parameters.b", 0.5),
    ("formula", "objective.variables", ["y", "x"]),
    ("formula", "scale+domain", [{"x": "log"}, {"x": [0.1, 3], "y": [-3, 3]}]),
    ("formula", "objective.expression", "(x**2 - 1)**2 + a*y**4 + b*x"),
    ("three", "objective.dimensions", 4),
    ("three", "starts.count", 32),
    ("three", "starts.replicates", 4),
    ("three", "starts.design", "halton"),
    ("three", "starts.seed", 2),
    ("three", "figures.slice", {"axes": ["x3", "x1"], "at": {"x2": 1.0}}),
    ("three", "figures.slice", {"at": {"x3": 1.0}}),
    ("three", "keep", "none"),
    ("file", "starts.path", "other.csv"),
    ("file", "starts", PLAIN["starts"]),
    ("file", "starts.seed", 3),
    ("fit", "objective.data", "later.csv"),
    ("fit", "objective.model", "a*exp(-b*t) + 0.1"),
    ("fit", "objective.response", "log(1 + z)"),
    ("fit", "objective.loss", {"name": "huber", "delta": 0.2}),
    ("fit", "objective.loss", "(z - m)**4"),
    ("fit", "objective.weights", "t"),
    ("fit", "objective.standard_deviations", "0.1 + t"),
    ("fit", "objective.reduction", "mean"),
    ("swept", "sweep", {RATE: {"from": 0.02, "to": 0.06, "count": 4, "scale": "log"}}),
    ("swept", "sweep", {RATE: [0.01, 0.02, 0.03, 0.05]}),
    ("swept", "sweep", None),
    ("swept", "methods.gd.max_steps", 200),
]
#: Where pieces of work are kept, many in a file, in the order of the work: a cache, not results.
KEPT = re.compile(r"/sweep/(values|counts)/")
#: Keys that change no table and no picture, only study.json at most.
HARMLESS = {"execution.shards", "execution.cache", "keep", "starts.seed"}
#: Sections that shape nothing that is kept in a cache: neither formulas nor proofs.
APART = {"estimates", "figures"}
IN_THE_SUITE = ("small-estimates+figures.formats-0",)  # tables and two pictures change, and pictures are left over


def changed(config, keys, values):
    """A config with another value under a key with dots, or under each of several."""
    config, keys = copy.deepcopy(config), keys.split("+")
    for key, value in zip(keys, values if len(keys) > 1 else [values], strict=True):
        *sections, last = key.split(".")
        at = config
        for section in sections:
            at = at[section]
        if value is None:
            del at[last]
        else:
            at[last] = value
    return config


def cases():
    for i, (base, key, value) in enumerate(CHANGES):
        name = f"{base}-{key}-{i}"
        yield pytest.param(base, key, value, id=name, marks=[pytest.mark.slow] * (name not in IN_THE_SUITE))


def with_kernels(folder, cache):
    """A folder to run in, whose cache has the kernels that another one has, and no certificate."""
    (folder / "cache/multistart").mkdir(parents=True, mode=0o700)
    if (kept := cache / "multistart/kernels").is_dir():  # not where this process had the kernel in memory
        shutil.copytree(kept, folder / "cache/multistart/kernels")
    return folder


def called(folder, config, **environment):
    """The results of a run in a folder, and what it said."""
    write_config(folder, config)
    (folder / "own.csv").write_text("x,y\n" + "".join(f"{i / 20 - 2},{(7 * i) % 40 / 10 - 2}\n" for i in range(80)))
    (folder / "other.csv").write_text("y,x\n0,1\n-1.5,0.5\n2,-2\n")
    for name, shift in (("data.csv", 0), ("later.csv", 0.25)):
        rows = [f"{t},{2 * math.exp(-0.7 * t - shift) + 0.05 * (-1) ** t}\n" for t in range(1, 9)]
        (folder / name).write_text("t,z\n" + "".join(rows))
    said = run(folder, **environment)
    return results(folder, config["study"]), said


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Folders with the finished study of each base, made when asked for; one is that of the tests of the workflow."""
    top, made = tmp_path_factory.mktemp("bases"), {}

    def get(name, few_pictures):
        if name == "small" and name not in made:
            for part in ("results", ".snakemake"):
                shutil.copytree(few_pictures / part, top / name / part)
            made[name] = results(top / name, "small")
        if name not in made:
            made[name] = called(with_kernels(top / name, Path(os.environ["XDG_CACHE_HOME"])), BASES[name])[0]
        return top / name, made[name]

    return get


def fresh(tmp_path, finished, config, **environment):
    """The results of a run in an empty folder: kernels are compiled already, certificates are not searched."""
    if not environment:
        with_kernels(tmp_path / "fresh", finished / "cache")
    return called(tmp_path / "fresh", config, **environment)[0]


def without_kept(found):
    """Results but for the files of pieces that are kept."""
    return {name: content for name, content in found.items() if not KEPT.search(name)}


def pieces(folder):
    """What is kept in a folder, each piece by the digest of what shapes it, whatever shares its file."""
    found = {}
    for path in (folder / "results").rglob("*.npz"):
        with np.load(path, allow_pickle=False) as arrays:
            tables = [name.removesuffix("/ends") for name in arrays if name.endswith("/ends")]
            digests = arrays["digests"].tolist()
        kept = Kept(path.parent)
        for digest, table in itertools.product(digests, tables):
            columns = kept.read(digest, table)
            found[path.parent.name, digest, table] = {name: (x.dtype, repr(x.tolist())) for name, x in columns.items()}
    return found


def stale(found, expected):
    """Expected results that were not found so."""
    found, expected = without_kept(found), without_kept(expected)
    return [file for file in differences(found, expected) if file in expected]


@pytest.mark.parametrize(("name", "key", "value"), list(cases()))
def test_a_changed_key_leaves_no_stale_result(base, request, tmp_path, name, key, value):
    """Changed, every file is that of a fresh run; changed back, that of before; what is left over is named.

    But for pieces of a sweep that are kept: those of a fresh run are there, the same, in whatever files. Where a key
    shapes nothing that a cache holds, all runs have the cache of all tests.
    """
    few_pictures = request.getfixturevalue("few_pictures") if name == "small" else None
    finished, before = base(name, few_pictures)
    config = changed(BASES[name], key, value)
    apart = {each.split(".")[0] for each in key.split("+")} <= APART
    cache = {"XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"]} if apart else {}
    expected = fresh(tmp_path, finished, config, **cache)
    assert key in HARMLESS or differences(expected, before) != ["study.json"]
    folder = shutil.copytree(finished, tmp_path / "same")
    found, said = called(folder, config, **cache)
    assert stale(found, expected) == []
    kept = pieces(folder)
    assert {which: kept.get(which) for which in pieces(tmp_path / "fresh")} == pieces(tmp_path / "fresh")
    if "sweep" in config:  # else it has no use for what is kept of its values, and says so
        found, expected = without_kept(found), without_kept(expected)
    left = [file for file in differences(found, expected) if not Path(file).name.startswith(".")]
    assert all(file in said or f" {file.split('/')[0]}/" in said.split("also holds")[-1] for file in left), (left, said)
    assert stale(called(folder, BASES[name], **cache)[0], before) == []


def leaves(config, path=""):
    """A config flat: each key with dots and its value, names of methods and of swept numbers as <name>."""
    if not isinstance(config, dict) or not config:
        return {(path, repr(config))}
    below = {key: "<name>" if path in ("methods", "sweep") else key for key in config}
    return set().union(*(leaves(value, f"{path}.{below[key]}".lstrip(".")) for key, value in config.items()))


def test_every_key_is_changed():
    """Each key of config/README.md that no other begins with is among those changed, but for the name of the study."""
    touched = set()
    for name, key, value in CHANGES:
        touched |= {path for path, _ in leaves(changed(BASES[name], key, value)) ^ leaves(BASES[name])}
    documented = list(documented_keys())
    lowest = {key for key in documented if not any(other.startswith(f"{key}.") for other in documented)}
    missing = {key for key in lowest if not any(f"{path}.".startswith(f"{key}.") for path in touched)}
    assert missing == {"study"}  # another folder
