"""Say in a few plain sentences what the study found."""

from snakemake.script import Snakemake

from multistart.study.jobs import job
from multistart.study.proof import read_certificate
from multistart.study.summary import read_results, write_summary


def main(snakemake: Snakemake) -> None:
    with job(snakemake) as study:
        results = read_results(study, snakemake.input.basins, snakemake.input.tallies, snakemake.params.timings)
        certificate = read_certificate(snakemake.input.certificate)
        write_summary(study, results, certificate, text=snakemake.output.text, page=snakemake.output.page)


main(snakemake)
