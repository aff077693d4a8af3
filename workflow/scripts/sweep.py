"""Descend at the values of a sweep that are not there yet, and write its tables."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job, progress
from multistart.study.sweep import write_sweep

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        files = {method: study.files(method) for method in study.config.methods}
        write_sweep(study, files, threads=snakemake.threads, told=lambda things: progress("sweep", things=things))


main(snakemake)
