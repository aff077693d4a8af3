"""Measure how rough the boundaries of a method's basins are, and how far its minima are from them."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.files.results import MethodFiles
from multistart.study.measure import write_measures

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        (method,) = study.config.methods
        write_measures(
            study,
            method,
            MethodFiles.of(study.name, method),
            descents=snakemake.params.descents,
            threads=max(1, snakemake.threads),
        )


main(snakemake)
