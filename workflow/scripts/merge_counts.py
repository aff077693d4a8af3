"""Add up the counts of some parts of a method."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.study.keep import gather_kept
from multistart.study.label import merge_counts

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        merge_counts(study, snakemake.input.counts, snakemake.output.counts)
        if snakemake.input.kept:
            gather_kept(study, snakemake.input.kept, snakemake.output.kept[0])


main(snakemake)
