"""Descend from every start of one shard."""

from snakemake.script import Snakemake

from multistart.study.jobs import job, progress
from multistart.study.stages import descend_shard


def main(snakemake: Snakemake) -> None:
    with job(snakemake) as study:
        method, shard = snakemake.wildcards.method, snakemake.params.shard
        descend_shard(
            study,
            method,
            shard,
            snakemake.output.rows,
            certificate_path=snakemake.input.get("certificate"),
            threads=snakemake.threads,
            progress=progress(f"{method}, shard {shard + 1} of {study.config.execution.shards}"),
        )


main(snakemake)
