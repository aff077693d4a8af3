"""Add up the counts of some parts of a method together with each method before it."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.study.compare import merge_pairs

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        merge_pairs(study, snakemake.input.pairs, snakemake.output.pairs)


main(snakemake)
