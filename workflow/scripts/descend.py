"""Descend from every start of a piece."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job, progress
from multistart.files.parts import part_named
from multistart.study.descend import descend_parts
from multistart.study.shape import shape_of

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        (method,) = study.config.methods
        piece = part_named(snakemake.output.rows)
        files = study.files(method)
        told = progress(f"{method}, rows {piece.first:,} to {piece.last - 1:,}")
        params, certificate = dict(snakemake.params.items()), snakemake.input.get("certificate")
        shape = shape_of(params, data=study.data_digest, certificate=certificate)
        descend_parts(study, method, [piece], files, threads=snakemake.threads, shape=shape, progress=told)


main(snakemake)
