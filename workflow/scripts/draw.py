"""Draw the pictures of one kind of one method."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.study.draw import draw_all

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        draw_all(study, snakemake.wildcards.method, snakemake.input, snakemake.output)


main(snakemake)
