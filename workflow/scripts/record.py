"""Record what is needed to repeat the study."""

from snakemake.script import Snakemake

from multistart import storage
from multistart.study.jobs import job
from multistart.study.record import record


def main(snakemake: Snakemake) -> None:
    with job(snakemake) as study:
        storage.write_json(snakemake.output.record, record(study, snakemake.input, snakemake.params.root))


main(snakemake)
