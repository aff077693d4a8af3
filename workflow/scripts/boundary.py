"""Bisect the edges of a method's basins, and refine the map along them."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.files.results import MethodFiles
from multistart.study.boundary import write_edges

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        (method,) = study.config.methods
        given = snakemake.input
        write_edges(
            study,
            method,
            MethodFiles.of(study.name, method),
            given.rows,
            given.get("plane") or None,
            descents=snakemake.params.descents,
            threads=max(1, snakemake.threads),
        )


main(snakemake)
