"""Record what is needed to repeat the study."""

from snakemake.script import Snakemake

from multistart.study import storage
from multistart.study.jobs import job
from multistart.study.record import record


def main(snakemake: Snakemake) -> None:
    with job(snakemake) as study:
        parameters = snakemake.params
        content = record(study, snakemake.input, parameters.root, starts_checksum=parameters.starts_checksum)
        storage.write_json(snakemake.output.record, content)


main(snakemake)
