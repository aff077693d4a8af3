"""From the tallies of a study to its shares with intervals, and to what the best minimum costs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from multistart.descents.outcomes import LEFT_ARENA, NONFINITE, RESTING, STEP_LIMIT, TRAPPED
from multistart.estimates import ShareTally, estimates_table, share, share_table
from multistart.estimates.restarts import success_within_budget
from multistart.estimates.steps import gradient_evaluations, shares_at_limits
from multistart.proofs import Certificate
from multistart.study import storage
from multistart.study.proof import read_certificate
from multistart.study.share_counts import read_nested, read_share_tally
from multistart.study.study import Study

PathLike = Path | str
#: Ends at no minimum that get an interval of their own, by their codes.
WITHOUT_MINIMUM = {
    "share_still_under_way": (STEP_LIMIT,),
    "share_left_arena": (LEFT_ARENA,),
    "share_nonfinite": (NONFINITE,),
    "share_at_rest_at_no_minimum": (*RESTING, TRAPPED),
}
BUDGET = 10.0  # expected running times that the curve of success covers


def estimate(
    study: Study,
    method: str,
    *,
    shares_tally_path: PathLike,
    tally_path: PathLike,
    basins_path: PathLike,
    certificate_path: PathLike,
    shares_path: PathLike,
    estimates_path: PathLike,
    limits_path: PathLike,
    success_path: PathLike,
    convergence_path: PathLike,
) -> None:
    """Give every number its interval, and answer what the starts may have missed and what the best minimum costs."""
    basins, counted = storage.read_csv(basins_path), storage.read_tally(tally_path)
    tally = read_share_tally(shares_tally_path, study.layout)
    confidence = study.config.estimates.confidence
    shares = share_table(tally, confidence, basins=basins["basin"])
    storage.write_csv(shares_path, shares.assign(note=shares.attrs["method"]))

    best = basins.loc[basins["kind"] == "global", "basin"].tolist()
    estimates = estimates_table(
        tally,
        counted.steps,
        best,
        np.random.default_rng(study.config.starts.seed),
        confidence=confidence,
        certified_minima=minima_in_domain(study, read_certificate(certificate_path)),
        longest=study.method(method).max_steps + 1,
    )
    endings = read_share_tally(shares_tally_path, study.layout, of="ending")
    storage.write_csv(estimates_path, pd.concat([_confidence(confidence), estimates, _endings(endings, confidence)]))
    storage.write_csv(limits_path, shares_at_limits(counted.steps))
    storage.write_csv(success_path, success_within_budget(counted.steps, best, _budget(estimates, counted.steps)))
    storage.write_csv(convergence_path, _nested(read_nested(shares_tally_path), shares, study.count))


def minima_in_domain(study: Study, certificate: Certificate | None) -> int | None:
    """The proven number of minima in the domain's interior; none where not all are listed, whatever their values."""
    if certificate is None or not certificate.lists_all():
        return None
    centers = np.array([p.center for p in certificate.points if p.kind == "minimum"])
    return int(study.domain.contains(centers.reshape(-1, study.objective.dimensions)).sum())


def _confidence(confidence: float) -> pd.DataFrame:
    row = {"quantity": "confidence", "value": confidence, "low": np.nan, "high": np.nan, "unit": "probability"}
    return pd.DataFrame([row | {"note": "of each interval below, and of those in shares.csv"}])


def _endings(tally: ShareTally, confidence: float) -> pd.DataFrame:
    rows = []
    for quantity, codes in WITHOUT_MINIMUM.items():
        found = share(tally, codes, confidence)
        rows.append((quantity, found.share, found.low, found.high, "share", found.method))
    return pd.DataFrame(rows, columns=["quantity", "value", "low", "high", "unit", "note"])


def _nested(counts: pd.DataFrame, shares: pd.DataFrame, starts: int) -> pd.DataFrame:
    """The share of each basin as fewer of the same starts estimate it, and as all do."""
    parts = [(int(n), dict(zip(part["basin"], part["count"], strict=True))) for n, part in counts.groupby("starts")]
    parts.append((starts, dict(zip(shares["basin"], shares["count"], strict=True))))
    rows = [(n, int(b), int(part.get(b, 0))) for n, part in parts for b in shares["basin"]]
    table = pd.DataFrame(rows, columns=["starts", "basin", "count"])
    return table.assign(share=table["count"] / table["starts"])


def _budget(estimates: pd.DataFrame, steps: pd.DataFrame) -> int:
    """Gradient evaluations to follow the success over: some expected running times, or as many mean descents."""
    time = float(estimates.set_index("quantity").loc["expected_running_time", "value"])
    mean = float((steps["count"] * gradient_evaluations(steps)).sum() / steps["count"].sum())
    return max(int(np.ceil(BUDGET * (time if np.isfinite(time) else mean))), 1)
