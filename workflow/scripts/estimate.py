"""Add up the counts of all parts, and give every number its interval."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.study.estimate import write_tables
from multistart.study.keep import gather_kept
from multistart.study.label import read_counts, write_checksums

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        (method,) = study.config.methods
        files, checksums = study.files(method), dict[int, str]()
        counts = read_counts(study, snakemake.input.counts, checksums)
        if snakemake.input.kept:
            gather_kept(study, snakemake.input.kept, files.outcomes)
        write_tables(study, method, files, counts, proven=snakemake.input.get("proven") or None)
        if snakemake.output.get("checksums"):
            write_checksums(study, files, checksums)


main(snakemake)
