"""Add up the counts of a method together with each method before it, and give every number its interval."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.study.compare import read_pairs, write_comparison

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        files = {method: study.files(method) for method in study.config.methods}
        write_comparison(study, files, read_pairs(study, snakemake.input.pairs), distortion=snakemake.params.distortion)


main(snakemake)
