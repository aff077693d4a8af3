"""Draw the pictures of all methods beside each other."""

from snakemake.script import Snakemake

from multistart.study.jobs import job
from multistart.study.draw import draw_comparisons


def main(snakemake: Snakemake) -> None:
    with job(snakemake) as study:
        draw_comparisons(study, snakemake.input.files, snakemake.output)


main(snakemake)
