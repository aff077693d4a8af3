"""The rule ``estimate``: from the counts of a method to its tables, with intervals and what the best minimum costs."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from multistart.counts.method import MethodCounts
from multistart.counts.nested import sizes
from multistart.counts.shares import ShareTally
from multistart.counts.tally import Tally, check_complete, quantiles
from multistart.descents.outcomes import RARE, WITHOUT_MINIMUM
from multistart.estimates.restarts import success_within_budget
from multistart.estimates.shares import share, share_table
from multistart.estimates.steps import gradient_evaluations, shares_at_limits
from multistart.estimates.table import estimates_table
from multistart.files.results import MethodFiles
from multistart.methods import Method
from multistart.minima import Minima
from multistart.minima.faces import curvature_on
from multistart.proofs import Certificate
from multistart.study import storage
from multistart.study.beside import beside
from multistart.study.certify import read_certificate
from multistart.study.cycles import attractors_of, write_cycles
from multistart.study.descend import AT_REST
from multistart.study.diagnose import diagnoses_table
from multistart.study.ends import told_apart
from multistart.study.findings import APART
from multistart.study.proven_cells import read_cells, with_bounds
from multistart.study.study import Study

if TYPE_CHECKING:
    from multistart.reachability import ProvenShares

BUDGET = 10.0  # expected running times that the curve of success covers


def write_tables(
    study: Study,
    method: str,
    files: MethodFiles,
    parts: Iterable[MethodCounts],
    *,
    processes: int = 1,
    proven: Path | str | None = None,
) -> None:
    """Add up the counts of all parts, check that no start was lost, and write all tables of a method but the rows.

    A second process, where there may be one, looks for causes while this one estimates. Where shares are proven, the
    table of their cells gives bounds.

    Raises
    ------
    MultistartError
        The counts do not add up to the number of starts.
    """
    counts = _of_study(study, MethodCounts.sum(parts))
    check_complete(counts.outcomes, study.count)
    minima = storage.read_csv(files.minima)
    minima["critical_learning_rate"] = _critical_rates(study, study.method(method), minima)
    basins = basin_table(minima, counts.outcomes)
    endings = counts.outcomes.endings
    at_minima = counts.outcomes.at_minima().endings
    certificate = read_certificate(files.certificate)
    cells = read_cells(proven, study.objective.variables) if proven else None

    def diagnose() -> None:
        found = diagnoses_table(study, method, minima, at_minima, certificate)
        storage.write_csv(files.table("diagnoses.csv"), found)

    with beside(diagnose) if processes > 1 else nullcontext():
        storage.write_csv(files.table("basins.csv"), basins)
        write_cycles(study, attractors_of(study, method, files), len(minima), files.table("cycles.csv"))
        storage.write_csv(files.table("endings.csv"), endings.assign(share=endings["count"] / study.count))
        storage.write_tally(files.table("tally.parquet"), counts.outcomes)
        storage.write_frame(files.table("shares_tally.parquet"), counts.shares_frame())
        apart = told_apart(study, files)
        for name, frame in estimates(study, method, basins, counts, certificate, cells, apart).items():
            storage.write_csv(files.table(name), frame)
    if processes == 1:
        diagnose()


def _of_study(study: Study, counts: MethodCounts) -> MethodCounts:
    """The counts as the tables of a study of so many starts have them: its nested studies, and cells as large as fit.

    Those of parts are the same in any larger study.
    """
    nested = counts.nested.of(sizes(study.layout))
    if study.counted_grid is None or study.map_grid is None:
        return replace(counts, nested=nested)
    return replace(counts, nested=nested, outcomes=counts.outcomes.on(study.map_grid, study.counted_grid))


def _critical_rates(study: Study, method: Method, minima: pd.DataFrame) -> np.ndarray:
    """The rates of a method above which minima stop attracting; nan where that is not known.

    Of steps in units of widths they are those of the function in these units, whose Hessian is ``W H W``.
    """
    if method.precondition is None:
        return method.critical_learning_rate(minima["curvature_max"].to_numpy(dtype=np.float64))
    found, widths = Minima.from_table(minima, study.objective.variables), np.array(method.precondition)
    hessian = study.compiled.hessian(found.location) * widths[:, None] * widths
    free = np.zeros(found.location.shape, dtype=np.int8) if found.sides is None else found.sides
    return method.of_its_units().critical_learning_rate(curvature_on(hessian, free)[1])


def basin_table(minima: pd.DataFrame, counted: Tally) -> pd.DataFrame:
    """One row a minimum, with how many starts reached it and in how many steps."""
    table = minima.copy()
    steps = dict(iter(counted.steps.groupby("basin")))
    rows = [steps.get(basin, counted.steps.iloc[:0]) for basin in table["basin"]]
    table["count"] = [int(frame["count"].sum()) for frame in rows]
    table["share"] = table["count"] / counted.starts
    ends = np.array([quantiles(frame, (0.5, 0.95)) for frame in rows]).reshape(-1, 2)
    table["steps_median"], table["steps_p95"] = ends[:, 0], ends[:, 1]
    return table


def estimates(
    study: Study,
    method: str,
    basins: pd.DataFrame,
    counts: MethodCounts,
    certificate: Certificate | None,
    cells: ProvenShares | None = None,
    apart: float | None = None,
) -> dict[str, pd.DataFrame]:
    """Every number with its interval, what the starts may have missed and what the best minimum costs, by file.

    ``apart`` as of :func:`.ends.told_apart`.
    """
    confidence, paid = study.config.estimates.confidence, counts.outcomes.steps_paid
    steps_are_gradients = paid is counts.outcomes.steps
    best = basins.loc[basins["kind"] == "global", "basin"].tolist()
    certified = basins.loc[basins["certified"], "basin"].tolist()
    shares = share_table(counts.basins, confidence, basins=basins["basin"])
    table = estimates_table(
        counts.basins,
        paid,
        best,
        np.random.default_rng(study.config.starts.seed),
        confidence=confidence,
        certified_minima=minima_in_domain(study, certificate),
        longest=study.method(method).max_steps + 1 if steps_are_gradients else None,
        paid_in=f"{study.method(method).paid_in}s",
        minima=len(basins),
    )
    return {
        "shares.csv": with_bounds(shares, cells, certified).assign(note=shares.attrs["method"]),
        "estimates.csv": pd.concat(
            [_confidence(confidence), table, _endings(counts.endings, confidence), *_left_out(apart)]
        ),
        "limits.csv": shares_at_limits(counts.outcomes.steps),
        "success.csv": success_within_budget(paid, best, _budget(table, paid)),
        "convergence.csv": _nested(counts.nested.to_frame(), shares, study.count),
    }


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
        if quantity in RARE and not tally.count(codes):
            continue
        found = share(tally, codes, confidence)
        rows.append((quantity, found.share, found.low, found.high, "share", found.method))
    return pd.DataFrame(rows, columns=["quantity", "value", "low", "high", "unit", "note"])


def _left_out(apart: float | None) -> list[pd.DataFrame]:
    """That not all ends were looked at, where it is so."""
    if apart is None:
        return []
    row = {"quantity": APART, "value": apart, "low": np.nan, "high": np.nan, "unit": "widths of the domain"}
    note = f"more than {AT_REST:,} distinct ends: one is looked at in each cell as wide as this; others may be minima"
    return [pd.DataFrame([row | {"note": note}])]


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
