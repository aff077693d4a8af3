"""Draw the pictures of all methods beside each other."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.study.draw import draw_comparisons

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        draw_comparisons(study, snakemake.input.files, snakemake.output)


main(snakemake)
