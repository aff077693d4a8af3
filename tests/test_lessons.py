"""What docs/lessons.md says is what its studies say. ``python -m tests.test_lessons`` draws its pictures."""

from __future__ import annotations

import re
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from multistart import descend
from multistart.descents.outcomes import Outcomes
from multistart.descents.trace import trace
from multistart.study import load_study
from multistart.study.sweep import write_sweep
from tests.plain_kernel import plainly
from tests.staged import compare, files_of, run, summary

ROOT = Path(__file__).parents[1]
LESSONS = ROOT / "config/studies/lessons"
PAGE = ROOT / "docs/lessons.md"
#: What the page asks to change, by study: a text of its config, and what to write in its place.
CHANGES = {
    "bowl": [("learning_rate: 0.01", "learning_rate: 0.16")],
    "fixed_or_dynamic": [("from: 0.01", "from: 0.05")],
}
IN_THE_SUITE = ("bowl",)
#: Pictures of the page: the study, its method where the picture is of one, and the picture.
PICTURES = {
    "bowl_fixed": ("bowl", "fixed", "trajectories"),
    "bowl_time_based": ("bowl", "time_based", "trajectories"),
    "two_valleys": ("two_valleys", "gradient_descent", "basin_map"),
    "ripples": ("ripples", "gradient_descent", "basin_map"),
    "fixed_or_dynamic": ("fixed_or_dynamic", "", "basin_maps"),
    "optimisers_maps": ("optimisers", "", "basin_maps"),
    "optimisers_arrivals": ("optimisers", "", "arrivals"),
    "own_rule": ("own_rule", "", "basin_maps"),
    "rate_and_steps": ("rate_and_steps", "gradient_descent", "rate_and_steps"),
    "rate_and_steps_sweep": ("rate_and_steps", "gradient_descent", "sweep"),
}

#: Where the balls of the page's addresses end: the first coordinate of a minimum, the period of a cycle, or the ending.
ROLLS = {
    "bowl": [["step_limit"] * 3, ["left_arena"]],
    "two_valleys": [[-1.43, 4.31]],
    "ripples": [[2, 2.36]],
    "fixed_or_dynamic": [[0.23, "step_limit", 0.23]],
    "optimisers": [[0.3, 0.23, -1.35]],
    "own_rule": [[0.23, 0.3]],
    "rate_and_steps": [[2], [4]],
}
ROLLED_IN_THE_SUITE = ("two_valleys", "ripples", "rate_and_steps")


def said_on_the_page(name: str) -> list[str]:
    """What the page quotes of a study: from where its config is named to where the next one is."""
    _, _, after = PAGE.read_text(encoding="utf-8").partition(f"`config/studies/lessons/{name}.yaml`")
    own = re.split(r"`config/studies/lessons/", after)[0]
    return re.findall(r"^> (.+)$", own, flags=re.MULTILINE)


def told(config: str, folder: Path) -> str:
    """The summary of a lesson."""
    study = load_study(yaml.safe_load(config))
    run(study, folder, together=True)
    if len(study.config.methods) > 1:
        compare(study, folder)
    if study.config.sweep:
        write_sweep(study, files_of(study, folder))
    return summary(study, folder).markdown


@pytest.mark.parametrize(
    "name",
    [
        path.stem if path.stem in IN_THE_SUITE else pytest.param(path.stem, marks=pytest.mark.slow)
        for path in sorted(LESSONS.glob("*.yaml"))
    ],
)
def test_the_page_quotes_what_the_studies_say(name: str, tmp_path: Path) -> None:
    """Each quotation is in the summary of the study as it is, or with the line changed that the page asks to change."""
    config = (LESSONS / f"{name}.yaml").read_text(encoding="utf-8")
    texts = [told(config, tmp_path / "as it is")]
    for i, (old, new) in enumerate(CHANGES.get(name, [])):
        assert old in config
        texts.append(told(config.replace(old, new, 1), tmp_path / f"changed {i}"))
    quotes = said_on_the_page(name)
    assert quotes
    assert [quote for quote in quotes if not any(quote in text for text in texts)] == []


@pytest.mark.parametrize(
    ("method", "end"),
    [("fixed", 0.56799608984109378), ("dynamic", 0.54978206448941611), ("time_based", 0.50000000840142032)],
)
def test_the_first_lesson_ends_where_courses_do(method: str, end: float) -> None:
    """From x = 2, after 50 steps, recomputed with 50 digits."""
    study = load_study(LESSONS / "bowl.yaml")
    path = trace(study.objective, study.method(method), np.array([2.0]), arena=study.arena)
    assert len(path) == 51
    assert path[-1, 0] == pytest.approx(end, abs=1e-12)
    zeros = len(re.findall("^0*", f"{path[-1, 0]:.12f}".removeprefix("0.5"))[0])
    said = f"{end:.6g}" if method != "time_based" else f"0.5 and {('six', 'seven', 'eight')[zeros - 6]} zeros before"
    assert f"`{method}` {'has come ' * (method == 'fixed')}to {said}" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "lesson",
    [name if name in ROLLED_IN_THE_SUITE else pytest.param(name, marks=pytest.mark.slow) for name in sorted(ROLLS)],
)
def test_balls_of_a_lesson_roll_as_the_page_says(lesson: str) -> None:
    """From the starts of each address, by its methods and numbers, descents end where the words beside it say."""
    text = PAGE.read_text(encoding="utf-8")
    _, _, after = text.partition(f"**Let it roll** on `results/{lesson}/explore.html`")
    addresses = re.findall(r"`(#[^`]+)`", after.partition("\n\n")[0])
    assert [endings_from(lesson, address) for address in addresses] == ROLLS[lesson]


def endings_from(lesson: str, address: str) -> list[Any]:
    """Where the balls of an address end: a coordinate to two places, a period, or the ending's name."""
    parts = [part.split("=") for part in address.removeprefix("#").split("&")]
    starts = np.array([[float(x) for x in value.split(",")] for key, value in parts if key == "start"])
    asked = [value.split(",") for key, value in parts if key == "method"] or [["gradient_descent"]]
    config = yaml.safe_load((LESSONS / f"{lesson}.yaml").read_text(encoding="utf-8")) | {"sweep": None}
    usual = next(iter(config["methods"].values()))
    methods = {}
    for name, *numbers in asked:
        method = config["methods"].get(name) or {"optimizer": name, "max_steps": usual["max_steps"]}
        methods[name] = method | {key: float(number) for key, number in (pair.split(":") for pair in numbers)}
    study = load_study({key: value for key, value in config.items() if value is not None} | {"methods": methods})
    with nullcontext() if study.objective.name == "peaks" else plainly():  # of peaks others have compiled the kernels
        outs = [descend(study.objective, study.method(name), starts, arena=study.arena) for name in methods]
    return [ended(out, k) for out in outs for k in range(len(starts))]


def ended(out: Outcomes, k: int) -> Any:
    """What became of one descent."""
    if out.ending[k] == "cycle":
        return int(out.period[k])
    return round(float(out.end[k, 0]), 2) if out.ending[k] in ("converged", "visited") else str(out.ending[k])


def test_every_lesson_is_on_the_page_and_every_picture_is_there() -> None:
    """Configs and pictures are those that the page names."""
    text = PAGE.read_text(encoding="utf-8")
    lessons = {path.stem for path in LESSONS.glob("*.yaml")}
    assert set(re.findall(r"`config/studies/lessons/(\w+)\.yaml`", text)) == lessons
    assert set(re.findall(r"images/lessons/(\w+)\.png", text)) == set(PICTURES)
    assert {path.stem for path in (ROOT / "docs/images/lessons").glob("*.png")} == set(PICTURES)


def draw() -> None:
    """Run the studies, and copy their pictures to the page's folder."""
    import shutil
    import subprocess

    target = ROOT / "docs/images/lessons"
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(LESSONS.glob("*.yaml")):
        config = yaml.safe_load(path.read_text(encoding="utf-8")) | {"figures": {"dpi": 80, "formats": ["png"]}}
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump(config, file, sort_keys=False)
            file.flush()
            subprocess.run(["multistart", "run", file.name], cwd=ROOT, check=True)
    for name, (study, method, picture) in PICTURES.items():
        shutil.copy(ROOT / "results" / study / method / f"figures/{picture}.png", target / f"{name}.png")


if __name__ == "__main__":
    draw()
