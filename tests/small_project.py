"""A small study in a copy of the project, and Snakemake called there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from multistart import figures, tables
from multistart.files.results import BOUNDARIES
from multistart.study import storage
from tests import forked_runs

ROOT = Path(__file__).parent.parent
ODD_NAME = "it's {a} $clone"
TABLES = ["minima.csv", "critical_points.csv", *(f"gd/{name}" for name in (*tables.kept_by_method(), *BOUNDARIES))]
#: Of the pictures that every study has two, where nothing is claimed of them; and those that only some studies have.
FEW_PICTURES = {
    name: picture for name, picture in figures.PICTURES.items() if name not in list(figures.pictures_of(False))[1:-1]
}
CONFIG = {
    "study": "small",
    "objective": {"name": "peaks"},
    "starts": {"design": "jittered_grid", "per_axis": 12, "seed": 1},
    "methods": {"gd": {"optimizer": "gradient_descent", "learning_rate": 0.01, "max_steps": 300}},
    "figures": {"dpi": 40, "formats": ["png"]},
}


def snakemake(folder, *arguments, cores=2, python=sys.executable):
    """Run snakemake in a copy of the project with the package of that copy."""
    environment = os.environ | {
        "PYTHONPATH": str(folder / "src"),
        "PATH": f"{Path(python).parent}:{os.environ['PATH']}",
    }
    command = [str(python), "-m", "snakemake", "--cores", str(cores), *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def forked(folder, *arguments, code=0):
    """The same in forks of this process, in a tenth of the time; what was said."""
    found, said = forked_runs.snakemake(folder, *arguments)
    assert (found == 0) == (code == 0), said
    return said


def reruns(folder, *arguments):
    """How many jobs of each rule a dry run would start."""
    return jobs_in(forked(folder, "--dry-run", *arguments))


def jobs_in(plan):
    """How many jobs of each rule a plan has, by what Snakemake says of it."""
    lines = [line.split() for line in plan.splitlines()]
    return {
        words[0]: int(words[1]) for words in lines if len(words) == 2 and words[1].isdigit() and words[0] != "total"
    }


def write_config(folder, **changes):
    """Write the config of the copy, with some sections replaced."""
    (folder / "config/config.yaml").write_text(yaml.safe_dump(CONFIG | changes))


def checksums(folder, study="small"):
    return {name: storage.checksum(folder / "results" / study / name) for name in TABLES}


def copy_project(folder):
    for part in ("src", "workflow", "profiles", "config"):
        shutil.copytree(ROOT / part, folder / part)
    shutil.copy(ROOT / "Snakefile", folder)
    write_config(folder)
    return folder


def run_small_study(folder):
    """A copy of the project in which a small study has run, what was printed, and where: under an odd name."""
    odd = copy_project(folder.with_name(ODD_NAME))
    python = Path(sys.executable)
    if (python.parents[1] / "pyvenv.cfg").exists():
        python = linked_environment(odd / ".venv", python)
    done = snakemake(odd, python=python)
    (odd / "output.txt").write_text(f"{python}\n{done.stdout}{done.stderr}")
    shutil.rmtree(odd / ".venv", ignore_errors=True)
    odd.rename(folder)


def draw_few_pictures(small, folder):
    """A copy of that project in which the study has two pictures, drawn where `FEW_PICTURES` are all that there are.

    Its page is made again, which shows all.
    """
    shutil.copytree(small, folder)
    shutil.rmtree(folder / "results/small/gd/figures")
    (folder / "results/small/summary.html").unlink()
    forked(folder)


def linked_environment(folder, python):
    """The interpreter of a virtual environment that is another one's in all but its place."""
    (folder / "bin").mkdir(parents=True)
    shutil.copy(python.parents[1] / "pyvenv.cfg", folder)
    (folder / "lib").symlink_to(python.parents[1] / "lib")
    (folder / "bin/python").symlink_to(python)
    return folder / "bin/python"
