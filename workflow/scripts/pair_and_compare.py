"""Compare a method of a small study with each method before it, from the same starts."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.study.compare import count_pairs, write_comparison

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        files = {method: study.files(method) for method in study.config.methods}
        write_comparison(study, files, count_pairs(study, files, study.parts), distortion=snakemake.params.distortion)


main(snakemake)
