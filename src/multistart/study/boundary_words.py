"""What the summary says of where basins end: how that was found, how rough it is, how far a minimum is from it."""

from __future__ import annotations

import math

import pandas as pd

from multistart.files.results import MethodFiles
from multistart.plurals import counted, listed
from multistart.study import storage
from multistart.study.findings import BoundaryFindings, Shock
from multistart.study.spelled import typed

ENDS = 12  # of intervals that are written out
SHARP = 1e-10  # widths of the domain
VERDICT = "verdict_"
STEP_LIMIT = "step_limit"


def read_boundary(files: MethodFiles, variables: tuple[str, ...]) -> BoundaryFindings:
    """What the tables of a method say of its boundaries."""
    edges = storage.read_frame(files.table("boundary.parquet"))
    measured = storage.read_csv(files.table("boundary.csv"))
    limited = (edges["first_ending"] == STEP_LIMIT) | (edges["second_ending"] == STEP_LIMIT)
    ends = edges.loc[~limited, variables[0]].tolist() if len(variables) == 1 else []
    verdicts = measured.loc[measured["quantity"].str.startswith(VERDICT), "note"]
    return BoundaryFindings(
        between=int((~limited).sum()),
        sharp=int((edges.loc[~limited, "width"] <= SHARP).sum()),
        limited=int(limited.sum()),
        ends=tuple(ends),
        verdicts=tuple(map(str, verdicts)),
        shock=_shock(storage.read_csv(files.table("shocks.csv"))),
    )


def _shock(shocks: pd.DataFrame) -> Shock | None:
    rows = shocks[shocks["high"].notna()]
    if rows.empty:
        return None
    row = rows.iloc[0]
    return Shock(int(row["minimum"]), float(row["low"]), float(row["high"]), int(row["lands_in"]))


def paragraphs(found: BoundaryFindings | None, variables: tuple[str, ...]) -> tuple[str, ...]:
    """Where basins end, how rough that is, and how far from the lowest minimum; none where it was not measured."""
    if found is None:
        return ()
    rough = "\n".join(f"- {verdict}" for verdict in found.verdicts) if found.between else ""
    return (f"{_edges(found, variables)} {_limited(found)}".strip(), rough, _distance(found.shock))


def _edges(found: BoundaryFindings, variables: tuple[str, ...]) -> str:
    if not found.between:
        return "No edge between two basins was found: no two starts beside each other show one."
    if 0 < len(found.ends) <= ENDS:
        where = listed([f"{end:.10g}" for end in found.ends])
        return f"Basins end at {typed(variables[0])} = {where}, found by descents from both sides of each end."
    exact = "each" if found.sharp == found.between else f"{found.sharp:,} of them"
    return (
        f"Where starts beside each other reach different basins, the edge between them was bisected by descents from "
        f"both sides: {counted(found.between, 'point')}, {exact} to 1e-10 of the domain's width."
    )


def _limited(found: BoundaryFindings) -> str:
    if not found.limited:
        return ""
    return (
        f"At {counted(found.limited, 'further point' if found.between else 'point')} only the steps run out on one "
        "side: that is how far they reach, and no boundary of a basin."
    )


def _distance(shock: Shock | None) -> str:
    if shock is None or math.isnan(shock.high):
        return ""
    into = f"into that of minimum {shock.lands_in}" if shock.lands_in >= 0 else "to where no minimum is reached"
    proven = f"; no displacement below {shock.low:.4g} does, proven" if shock.low > 0 else ""
    return (
        f"The smallest displacement found that leaves the basin of minimum {shock.minimum} has length {shock.high:.6g} "
        f"and leads {into}{proven}."
    )
