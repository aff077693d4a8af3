"""A study run through its stages in one process, without Snakemake."""

from __future__ import annotations

from pathlib import Path

from multistart.files.parts import cut, runs
from multistart.files.results import MethodFiles
from multistart.study import Study
from multistart.study.certify import certify_arena
from multistart.study.descend import descend_parts
from multistart.study.estimate import write_tables
from multistart.study.label import label_parts, read_counts, write_counts
from multistart.study.minima import collect_minima


def run(study: Study, folder: Path, *, together: bool = False) -> Path:
    """The tables of a study of one method; the folder that they are in.

    Parameters
    ----------
    together
        Label and estimate in one step whatever the number of parts, and not by the counts of each part.
    """
    (method,) = study.config.methods
    files = MethodFiles(folder, folder)
    certify_arena(study, table_path=folder / "critical_points.csv", certificate_path=files.certificate)
    for parts in runs(study.parts, study.config.execution.shards):
        descend_parts(study, method, parts, files, threads=2)
    collect_minima(study, [files.ends(part) for part in study.parts], files.certificate, files.minima)
    if together:
        write_tables(study, method, files, label_parts(study, method, files, study.parts))
        return folder
    for parts in cut(study.parts, 4):
        write_counts(study, method, files, parts)
    write_tables(study, method, files, read_counts(study, map(files.counts, study.parts)))
    return folder
