"""Add up the counts of a method together with each method before it, and give every number its interval."""

from snakemake.script import Snakemake

from multistart.study.jobs import job
from multistart.files.results import MethodFiles
from multistart.study.compare import read_pairs, write_comparison


def main(snakemake: Snakemake) -> None:
    with job(snakemake) as study:
        files = {method: MethodFiles.of(study.name, method) for method in study.config.methods}
        write_comparison(study, files, read_pairs(study, snakemake.input.pairs))


main(snakemake)
