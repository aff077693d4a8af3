"""Descend from every start of some parts."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job, progress
from multistart.files.parts import part_named
from multistart.study.descend import descend_parts

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        (method,) = study.config.methods
        parts = [part_named(path) for path in snakemake.output.parts]
        files = study.files(method)
        told = progress(f"{method}, rows {parts[0].first:,} to {parts[-1].last - 1:,}")
        descend_parts(study, method, parts, files, threads=snakemake.threads, progress=told)


main(snakemake)
