"""Find and number the minima that the descents reached."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.study.minima import collect_minima

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        files = [study.files(method) for method in study.config.methods]
        collect_minima(study, files, snakemake.input.certificate, snakemake.output.minima)


main(snakemake)
