"""Copy the columns that a fit names, checked, into a table that jobs read."""

from typing import TYPE_CHECKING

from multistart.study.jobs import logged
from multistart.study.data import copy_data
from multistart.study.settings import settings

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with logged(snakemake):
        given = snakemake.params
        objective = settings({"objective": given.objective}).objective
        copy_data(objective, snakemake.output.table, digest=given.digest)


main(snakemake)
