"""Descend at some of the values of a sweep, those that are not there yet."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job, progress
from multistart.study import storage
from multistart.study.sweep_values import descend_share

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        files = {method: study.files(method) for method in study.config.methods}
        number, jobs = snakemake.params.share
        told = progress(f"sweep, share {number + 1} of {jobs}")
        names = descend_share(study, files, number, jobs, threads=snakemake.threads, progress=told)
        storage.write_json(snakemake.output.done, {"values": names})


main(snakemake)
