"""Make the explorer of a study: the page on which a click drops a ball."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.study.explore import write_explorer

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        files = {method: study.files(method) for method in study.config.methods}
        write_explorer(study, files, snakemake.output.page, boundaries=snakemake.input.boundaries)


main(snakemake)
