"""Say in a few plain sentences what the study found, and record what is needed to repeat it."""

from snakemake.script import Snakemake

from multistart.study.jobs import job
from multistart.files.results import timings
from multistart.study import storage
from multistart.study.certify import read_certificate
from multistart.study.compare import gather
from multistart.study.record import record
from multistart.study.summarize import read_results, write_summary


def main(snakemake: Snakemake) -> None:
    with job(snakemake) as study:
        given, made, parameters = snakemake.input, snakemake.output, snakemake.params
        seconds = [timings(parameters.timings, method, study.parts) for method in study.config.methods]
        results = read_results(study, given.basins, given.tallies, given.estimates, given.diagnoses, seconds)
        write_summary(study, results, read_certificate(given.certificate), text=made.text, page=made.page)
        compared = [made.comparison, made.changes] if len(study.config.methods) > 1 else []
        for table, tables in zip(compared, (given.comparison, given.changes), strict=False):
            storage.write_csv(table, gather(tables))
        recorded = [*given.recorded, *compared]
        content = record(study, recorded, parameters.root, starts_checksum=parameters.starts_checksum)
        storage.write_json(made.record, content)


main(snakemake)
