"""Give every start its basin, and count."""

from snakemake.script import Snakemake

from multistart.study.jobs import job
from multistart.study.stages import label_outcomes


def main(snakemake: Snakemake) -> None:
    with job(snakemake) as study:
        label_outcomes(
            study,
            snakemake.wildcards.method,
            snakemake.input.minima,
            snakemake.input.certificate,
            snakemake.input.rows,
            rows_path=snakemake.output.outcomes,
            basins_path=snakemake.output.basins,
            endings_path=snakemake.output.endings,
            tally_path=snakemake.output.tally,
            shares_tally_path=snakemake.output.shares_tally,
        )


main(snakemake)
