"""Descend from every start of some parts."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job, progress
from multistart.files.parts import part_named
from multistart.files.results import MethodFiles
from multistart.study.descend import descend_parts
from multistart.study.old_rows import shape_of

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        (method,) = study.config.methods
        parts = [part_named(path) for path in snakemake.output.parts]
        files = MethodFiles.of(study.name, method)
        told = progress(f"{method}, rows {parts[0].first:,} to {parts[-1].last - 1:,}")
        given = {name: snakemake.input[name] for name in ("data", "certificate") if snakemake.input.get(name)}
        shape = shape_of(study, dict(snakemake.params.items()), given)
        descend_parts(study, method, parts, files, threads=snakemake.threads, shape=shape, progress=told)


main(snakemake)
