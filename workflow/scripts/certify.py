"""Prove the critical points in the arena."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.study.certify import certify_arena

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        certify_arena(study, table_path=snakemake.output.table, certificate_path=snakemake.output.certificate)


main(snakemake)
