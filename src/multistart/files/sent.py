"""What a job needs that runs where no folder is shared with the one who sends it, as in a pod of Kubernetes.

Snakemake packs files of the current folder, and the job unpacks them in an empty one. By itself it packs what it has
read and what Git tracks; a clone with a module that Git does not track yet, a download without Git, or starts and data
of the user's own would come without some of what the job reads. Nothing here is heavy.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from multistart.errors import InputError

MOST = 10_000_000  # bytes of a file that Snakemake packs; it leaves out larger ones with a warning
OF_WORKFLOW = ("src", "workflow")  # the folders of the project that a job reads
_MADE = {"__pycache__"}


def files_to_send(project: Path, own: Iterable[str]) -> list[str]:
    """The files that a job reads before it has any input: those of the workflow, and the user's own.

    Parameters
    ----------
    project
        The folder of the Snakefile.
    own
        The user's files that the config names.

    Raises
    ------
    InputError
        A job would not find a file: the current folder is not the project's, or a file of the user's own is outside
        it, is named by its whole path, or is too large.
    """
    if not project.samefile(Path.cwd()):
        raise InputError(f"jobs on other machines are sent the files of the current folder: run this in {project}")
    for name in own:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise InputError(
                f"{name}: jobs on other machines find files in {project} alone; put a copy there, name that"
            )
        if (size := os.path.getsize(name)) > MOST:
            raise InputError(
                f"{name} has {size / 1e6:.1f} MB, and Snakemake sends jobs on other machines no file above "
                f"{MOST / 1e6:.0f} MB: make it smaller (Parquet in place of CSV), or run where folders are shared"
            )
    found = (path for folder in OF_WORKFLOW for path in (project / folder).rglob("*") if path.is_file())
    return [*(str(path.relative_to(project)) for path in found if _MADE.isdisjoint(path.parts)), *own]


def other_package(sources: Path) -> str:
    """A sentence where the package that runs is not the one in a folder of sources, by which results are told apart.

    Else "".
    """
    runs = Path(__file__).resolve().parents[2]
    if runs == sources.resolve():
        return ""
    return (
        f"This job would run the package in {runs}, and not the one it was sent in {sources}: set PYTHONPATH to that."
    )
