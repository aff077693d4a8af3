"""Bisect the edges of a method's basins, refine the map along them, and measure how rough they are."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.study.boundary import write_edges
from multistart.study.measure import write_measures

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        (method,) = study.config.methods
        files, given, threads = study.files(method), snakemake.input, max(1, snakemake.threads)
        measured = snakemake.params.descents // 2
        edges = snakemake.params.descents - measured
        write_edges(study, method, files, given.rows, given.get("plane") or None, descents=edges, threads=threads)
        proven = given.get("proven") or None
        write_measures(study, method, files, descents=measured, threads=threads, proven=proven)


main(snakemake)
