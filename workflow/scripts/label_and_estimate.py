"""Give every start of a small study its basin, count, and give every number its interval."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.study.estimate import write_tables
from multistart.study.label import label_parts

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        (method,) = study.config.methods
        files = study.files(method)
        reached = bool(snakemake.output.get("reached"))
        proven = snakemake.input.get("proven") or None
        labelled = label_parts(study, method, files, study.parts, reached=reached, proven=proven)
        write_tables(study, method, files, labelled, processes=snakemake.threads, proven=proven)


main(snakemake)
