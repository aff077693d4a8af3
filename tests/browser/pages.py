"""The pages that are tried in a browser: explorers of a study, of a function of one variable and of one of three."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from multistart.minima import Minima
from multistart.study import Study, load_study
from multistart.study.explore import contents_of_config, explorer, write_explorer
from tests.staged import DEFAULT, bound, files_of, run

PER_AXIS = 60
DESCENTS = 4000  # that measure the boundaries of the study
CURVE = {
    "study": "wells",
    "objective": {"name": "double_well"},
    "starts": {"design": "jittered_grid", "per_axis": 40, "seed": 1},
    "methods": {"gd": {"optimizer": "gradient_descent", "learning_rate": 0.05, "max_steps": 1000}},
}
SPACE = {
    "study": "space",
    "objective": {"expression": "(x**2 - 1)**2 + (y - x/2)**2 + (z**2 - 1)**2 + x*z/4", "variables": ["x", "y", "z"]},
    "domain": {"x": [-2, 2], "y": [-2, 2], "z": [-2, 2]},
    "starts": {"design": "sobol", "count": 512, "seed": 1},
    "methods": {"gd": {"optimizer": "gradient_descent", "learning_rate": 0.02, "max_steps": 1000}},
}


def peaks() -> Study:
    """The default study with fewer starts."""
    sections = yaml.safe_load(DEFAULT.read_text(encoding="utf-8"))
    return load_study(sections | {"starts": {**sections["starts"], "per_axis": PER_AXIS}})


STUDIES = {"peaks": peaks(), "curve": load_study(CURVE), "space": load_study(SPACE)}


@cache
def minima_of(page: str) -> Minima:
    """The minima of a page's function, without the page."""
    return contents_of_config(STUDIES[page]).minima


def make_pages(folder: Path) -> None:
    """The page of each, ``peaks.html`` from the tables of a study that has run, beside them; the others as
    ``multistart page`` makes them.
    """
    folder.mkdir()
    study = run(STUDIES["peaks"], folder, together=True)
    bound(STUDIES["peaks"], study, DESCENTS)
    write_explorer(STUDIES["peaks"], files_of(STUDIES["peaks"], study), folder / "peaks.html")
    for name in ("curve", "space"):
        made = explorer(STUDIES[name], contents_of_config(STUDIES[name]))
        (folder / f"{name}.html").write_text(made, encoding="utf-8")
