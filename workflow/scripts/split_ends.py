"""Merge the distinct ends of all pieces, and write those of descents that did not come to rest apart."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.study.ends import split_ends

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        (method,) = study.config.methods
        split_ends(study, snakemake.input.ends, study.files(method))


main(snakemake)
