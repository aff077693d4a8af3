"""Bisect the edges of a method's basins, refine the map along them, and measure how rough they are."""

from contextlib import nullcontext
from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.study.beside import beside
from multistart.study.boundary import write_edges
from multistart.study.measure import measures_writer

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        (method,) = study.config.methods
        files, given, threads = study.files(method), snakemake.input, max(1, snakemake.threads)
        measured = snakemake.params.descents // 2
        edges = snakemake.params.descents - measured
        plane, proven = given.get("plane") or None, given.get("proven") or None
        measure = measures_writer(study, method, files, descents=measured, threads=threads, proven=proven)
        shared = snakemake.threads == 0  # with what else is at work on this machine
        with beside(measure) if shared else nullcontext():
            write_edges(study, method, files, given.rows, plane, descents=edges, threads=threads)
        if not shared:
            measure()


main(snakemake)
