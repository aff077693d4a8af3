"""Descend from every point of the plane that the maps of more than two dimensions show."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.study.slice import descend_slice

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        descend_slice(
            study,
            snakemake.wildcards.method,
            snakemake.input.minima,
            snakemake.input.certificate,
            snakemake.output.rows,
            cells=snakemake.params.cells,
            threads=snakemake.threads,
        )


main(snakemake)
