"""Prove the critical points in the arena."""

from snakemake.script import Snakemake

from multistart.study.jobs import job
from multistart.study.certify import certify_arena


def main(snakemake: Snakemake) -> None:
    with job(snakemake) as study:
        certify_arena(study, table_path=snakemake.output.table, certificate_path=snakemake.output.certificate)


main(snakemake)
