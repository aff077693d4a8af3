"""Count a part of a method together with each method before it."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.files.parts import part_named
from multistart.study.compare import write_pairs

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        files = {method: study.files(method) for method in study.config.methods}
        write_pairs(study, files, [part_named(snakemake.output.pairs)])


main(snakemake)
