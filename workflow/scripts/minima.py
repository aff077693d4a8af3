"""Find and number the minima that the descents reached."""

from snakemake.script import Snakemake

from multistart.study.jobs import job
from multistart.study.minima import collect_minima


def main(snakemake: Snakemake) -> None:
    with job(snakemake) as study:
        collect_minima(study, snakemake.input.ends, snakemake.input.certificate, snakemake.output.minima)


main(snakemake)
