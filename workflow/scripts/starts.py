"""Copy the user's own starts, checked, into a table that jobs read parts of."""

from typing import TYPE_CHECKING

from multistart.study.jobs import logged
from multistart.study.starts import copy_starts

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with logged(snakemake):
        given = snakemake.params
        copy_starts(
            given.path, given.variables, snakemake.output.table, checksum=given.checksum, scale=dict(given.scale)
        )


main(snakemake)
