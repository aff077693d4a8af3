"""Merge the distinct ends of some pieces."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.study.ends import merge_ends

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        merge_ends(study, snakemake.input.ends, snakemake.output.ends)


main(snakemake)
