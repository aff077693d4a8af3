"""What the summary says of where basins end: how that was found, how rough it is, how far a minimum is from it."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from multistart.boundaries.taking_part import STEP_LIMIT, are_cut_short
from multistart.box import Box
from multistart.files.results import MethodFiles
from multistart.plurals import counted, listed
from multistart.study import storage
from multistart.study.findings import BoundaryFindings, Shock
from multistart.study.spelled import at_least, typed

ENDS = 12  # of intervals that are written out
SHARP = 1e-10  # widths of the domain
VERDICT = "verdict_"


def read_boundary(files: MethodFiles, domain: Box) -> BoundaryFindings:
    """What the tables of a method say of its boundaries."""
    edges = storage.read_frame(files.table("boundary.parquet"))
    measured = storage.read_csv(files.table("boundary.csv"))
    endings = edges[["first_ending", "second_ending"]]
    limited = are_cut_short(endings["first_ending"]) | are_cut_short(endings["second_ending"])
    told, cut = edges[~limited], set(endings[limited].to_numpy().ravel()) - {""}
    verdicts = measured.loc[measured["quantity"].str.startswith(VERDICT), "note"]
    return BoundaryFindings(
        between=len(told),
        sharp=int((told["width"] <= SHARP).sum()),
        widest=float(told["width"].max()) if len(told) else 0.0,
        limited=int(limited.sum()),
        by_steps=cut <= {STEP_LIMIT},
        ends=tuple(_ends(told, domain)) if domain.dimensions == 1 else (),
        verdicts=tuple(map(str, verdicts)),
        shock=_shock(storage.read_csv(files.table("shocks.csv"))),
    )


def _ends(edges: pd.DataFrame, domain: Box) -> list[float]:
    """In one dimension, the places of edges in as many decimals as they are told to; of a logarithm, in its unit.

    >>> edges = pd.DataFrame({"x": [-1.06e-10, 1.7320508075688772], "width": [1e-10, 1e-10]})
    >>> _ends(edges, Box({"x": (-2.2, 2.2)}))
    [0.0, 1.732050808]
    """
    (name,), (across,) = domain.names, domain.width
    off, at = np.maximum(edges["width"] * across / 2, np.spacing(edges[name].abs())), edges[name]
    if domain.logs:
        at = np.exp(at)
        off = at * off
    decimals = np.floor(-np.log10(off)).astype(int)
    return [round(x, most) + 0.0 for x, most in zip(at.tolist(), decimals.tolist(), strict=True)]


def _shock(shocks: pd.DataFrame) -> Shock | None:
    rows = shocks[shocks["high"].notna()]
    if rows.empty:
        return None
    row = rows.iloc[0]
    return Shock(int(row["minimum"]), float(row["low"]), float(row["high"]), int(row["lands_in"]))


def paragraphs(found: BoundaryFindings | None, variables: tuple[str, ...], lengths: str = "") -> tuple[str, ...]:
    """Where basins end, how rough that is, and how far from the lowest minimum; none where it was not measured.

    Variables are called as their user calls them; what lengths are measured in is said where it is not those.
    """
    if found is None:
        return ()
    rough = "\n".join(f"- {verdict}" for verdict in found.verdicts) if found.between else ""
    return (f"{_edges(found, variables)} {_limited(found)}".strip(), rough, _distance(found.shock, lengths))


def _edges(found: BoundaryFindings, variables: tuple[str, ...]) -> str:
    if not found.between:
        why = f"{_cut(found)} between any two" if found.limited else "no two starts beside each other show one"
        return f"No edge between two basins was found: {why}."
    if 0 < len(found.ends) <= ENDS:
        where = listed([f"{end:.12g}" for end in found.ends])
        return f"Basins end at {typed(variables[0])} = {where}, found by descents from both sides of each end."
    others = f", the others to {found.widest:.1g} or less" if 0 < found.sharp < found.between else ""
    exact = f"{found.sharp:,} of them" if others else "each"
    to = f"{found.widest:.1g}" if not found.sharp else "1e-10"
    return (
        f"Where starts beside each other reach different basins, the edge between them was bisected by descents from "
        f"both sides: {counted(found.between, 'point')}, {exact} to {to} of the domain's width{others}."
    )


def _limited(found: BoundaryFindings) -> str:
    if not found.limited:
        return ""
    points = counted(found.limited, "further point" if found.between else "point")
    if found.by_steps:
        return (
            f"At {points} only the steps run out on one side: that is how far they reach, and no boundary of a basin."
        )
    return f"At {points} a limit or a tolerance ends the descents of one side: that is no boundary of a basin."


def _cut(found: BoundaryFindings) -> str:
    return "the steps run out" if found.by_steps else "a limit or a tolerance ends descents"


def _distance(shock: Shock | None, lengths: str) -> str:
    if shock is None or math.isnan(shock.high):
        return ""
    into = f"into that of minimum {shock.lands_in}" if shock.lands_in >= 0 else "to where no minimum is reached"
    proven = f"; no displacement below {at_least(shock.low, 4)} does, proven" if shock.low > 0 else ""
    return (
        f"The smallest displacement found that leaves the basin of minimum {shock.minimum} has length {shock.high:.6g}"
        f"{lengths} and leads {into}{proven}."
    )
