"""Say what the best fit says of its parameters."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.study.fit import write_fit

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        write_fit(study, snakemake.input.minima, dict(snakemake.output.items()))


main(snakemake)
