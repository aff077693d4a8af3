"""Give every number its interval."""

from snakemake.script import Snakemake

from multistart.study.estimation import estimate
from multistart.study.jobs import job


def main(snakemake: Snakemake) -> None:
    with job(snakemake) as study:
        estimate(
            study,
            snakemake.wildcards.method,
            shares_tally_path=snakemake.input.shares_tally,
            tally_path=snakemake.input.tally,
            basins_path=snakemake.input.basins,
            certificate_path=snakemake.input.certificate,
            shares_path=snakemake.output.shares,
            estimates_path=snakemake.output.estimates,
            limits_path=snakemake.output.limits,
            success_path=snakemake.output.success,
            convergence_path=snakemake.output.convergence,
        )


main(snakemake)
