"""Give every start of a part its basin, and count."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.files.parts import part_named
from multistart.study.label import write_counts

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        (method,) = study.config.methods
        part = part_named(snakemake.output.counts)
        reached = bool(snakemake.output.get("reached"))
        proven = snakemake.input.get("proven") or None
        write_counts(study, method, study.files(method), [part], reached=reached, proven=proven)


main(snakemake)
