"""A study run through its stages in one process, without Snakemake."""

from __future__ import annotations

from pathlib import Path

from multistart.study import Study, stages
from multistart.study.estimation import estimate
from multistart.study.proof import certify_arena

LABELLED = {
    "rows": "outcomes.parquet", "basins": "basins.csv", "endings": "endings.csv", "tally": "tally.parquet",
    "shares_tally": "shares_tally.parquet",
}  # fmt: skip
ESTIMATED = {name: f"{name}.csv" for name in ("shares", "estimates", "limits", "success", "convergence")}


def run(study: Study, folder: Path) -> Path:
    """The tables of a study of one method; the folder that they are in."""
    (method,) = study.config.methods
    shards = [folder / f"shard-{i}.parquet" for i in range(study.config.execution.shards)]
    certificate, minima = folder / "certificate.json", folder / "minima.csv"
    certify_arena(study, table_path=folder / "critical_points.csv", certificate_path=certificate)
    for i, path in enumerate(shards):
        stages.descend_shard(study, method, i, path, certificate_path=certificate, threads=2)
    stages.collect_minima(study, shards, certificate, minima)
    labelled = {f"{key}_path": folder / name for key, name in LABELLED.items()}
    stages.label_outcomes(study, method, minima, certificate, shards, **labelled)
    estimated = {f"{key}_path": folder / name for key, name in ESTIMATED.items()}
    needed = {key: labelled[key] for key in ("shares_tally_path", "tally_path", "basins_path")}
    estimate(study, method, **needed, certificate_path=certificate, **estimated)
    return folder
