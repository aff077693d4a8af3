"""Draw the pictures of one method."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.study.draw import draw_all

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        method, files = snakemake.wildcards.method, snakemake.input
        draw_all(study, method, files, snakemake.output, processes=snakemake.threads)


main(snakemake)
