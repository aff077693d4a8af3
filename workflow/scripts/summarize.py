"""Say in a few plain sentences what the study found."""

from snakemake.script import Snakemake

from multistart.files.results import timings
from multistart.study.jobs import job
from multistart.study.proof import read_certificate
from multistart.study.summarize import read_results, write_summary


def main(snakemake: Snakemake) -> None:
    with job(snakemake) as study:
        given = snakemake.input
        seconds = [timings(snakemake.params.timings, method, study.parts) for method in study.config.methods]
        results = read_results(study, given.basins, given.tallies, given.estimates, seconds)
        certificate = read_certificate(given.certificate)
        write_summary(study, results, certificate, text=snakemake.output.text, page=snakemake.output.page)


main(snakemake)
