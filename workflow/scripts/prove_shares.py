"""Prove bounds of a method's shares, by cells of starts that are carried through the descent as sets."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job, progress
from multistart.study.prove_shares import write_cells

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        (method,) = study.config.methods
        said = progress(f"proven shares, {method}", things="cells at most")
        write_cells(study, method, study.files(method), threads=snakemake.threads, progress=said)


main(snakemake)
