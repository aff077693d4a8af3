"""Copy the user's own starts, checked, into a table that jobs read parts of."""

from snakemake.script import Snakemake

from multistart.study.jobs import logged
from multistart.study.starts import copy_starts


def main(snakemake: Snakemake) -> None:
    with logged(snakemake):
        given = snakemake.params
        copy_starts(given.path, given.variables, snakemake.output.table, checksum=given.checksum)


main(snakemake)
