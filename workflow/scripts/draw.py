"""Draw all pictures of one method."""

from snakemake.script import Snakemake

from multistart.study.jobs import job
from multistart.study.pictures import draw_all, scene


def main(snakemake: Snakemake) -> None:
    with job(snakemake) as study:
        drawn = scene(
            study,
            snakemake.wildcards.method,
            basins_path=snakemake.input.basins,
            tally_path=snakemake.input.tally,
            shares_path=snakemake.input.shares,
            estimates_path=snakemake.input.estimates,
            success_path=snakemake.input.success,
            convergence_path=snakemake.input.convergence,
            critical_points_path=snakemake.input.critical_points,
            certificate_path=snakemake.input.certificate,
            slice_path=snakemake.input.get("slice") or None,
        )
        draw_all(drawn, list(snakemake.output), dpi=study.config.figures.dpi)


main(snakemake)
