"""Draw the pictures of one kind of one method."""

from snakemake.script import Snakemake

from multistart.study.jobs import job
from multistart.study.draw import draw_all


def main(snakemake: Snakemake) -> None:
    with job(snakemake) as study:
        draw_all(study, snakemake.wildcards.method, snakemake.input, snakemake.output)


main(snakemake)
