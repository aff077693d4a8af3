"""Say in a few plain sentences what the study found."""

from snakemake.script import Snakemake

from multistart.study.jobs import job
from multistart.study.summary import read_results, write_summary


def main(snakemake: Snakemake) -> None:
    with job(snakemake) as study:
        results = read_results(study, snakemake.input.basins, snakemake.input.tallies, snakemake.params.timings)
        write_summary(study, results, text=snakemake.output.text, page=snakemake.output.page)


main(snakemake)
