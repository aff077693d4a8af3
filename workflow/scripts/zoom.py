"""Descend from the cells of a box that is drawn large, and bisect the edges in it."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.study.zoom import write_zoom

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        (method,) = study.config.methods
        write_zoom(
            study,
            method,
            study.files(method),
            snakemake.input.get("plane") or None,
            number=int(snakemake.wildcards.number),
            box=dict(snakemake.params.box),
            descents=snakemake.params.descents,
            threads=snakemake.threads,
        )


main(snakemake)
