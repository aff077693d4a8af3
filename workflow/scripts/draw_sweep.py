"""Draw the pictures of a method's sweep."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.study.draw_sweep import draw_sweep

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        method = snakemake.wildcards.method
        draw_sweep(study, method, study.files(method), snakemake.output)


main(snakemake)
