"""From the tables of a study, and its certificate, to what was found."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from multistart.counts.tally import Tally
from multistart.descents.outcomes import NO_BASIN
from multistart.proofs import Certificate
from multistart.study.findings import Findings, MethodFindings, Minimum, Number, ProofFindings, Unseen
from multistart.study.regions import where_under_way
from multistart.study.study import Study

DETECTED = "smallest_basin_detected_at_"  # and the level, in the name of the quantity
LOWER = 1e-9  # of 1 + |f|: a value this much below the best minimum's is lower, and no rounding


@dataclass(frozen=True)
class MethodTables:
    """The tables of one method that findings are read off, and how long its descents took in seconds."""

    name: str
    basins: pd.DataFrame
    tally: Tally
    estimates: pd.DataFrame
    seconds: float | None = None


def find(study: Study, tables: Sequence[MethodTables], certificate: Certificate | None) -> Findings:
    """Read off the tables of all methods, and the certificate, what a study found."""
    methods = tuple(method_findings(study, one) for one in tables)
    return Findings(_proof(study, methods, certificate) if certificate is not None else None, methods)


def method_findings(study: Study, tables: MethodTables) -> MethodFindings:
    """What one method gave."""
    tally, starts = tables.tally, tables.tally.starts
    numbers = numbers_of(tables.estimates)
    endings = tally.endings
    return MethodFindings(
        name=tables.name,
        method=study.method(tables.name),
        starts=starts,
        steps=int((tally.steps["steps"] * tally.steps["count"]).sum()),
        minima=_minima(tables.basins, study.objective.variables),
        global_share=numbers["probability_of_global_basin"],
        restarts=numbers["restarts_for_99_percent"],
        running_time=numbers["expected_running_time"],
        unseen=_unseen(numbers),
        endings=_shares(endings, "ending", starts),
        lost=_shares(endings[endings["basin"] == NO_BASIN], "ending", starts),
        under_way=numbers["share_still_under_way"],
        regions=where_under_way(tally, study.map_grid),
        facts=_shares(tally.facts, "fact", starts),
        seconds=tables.seconds,
    )


def numbers_of(estimates: pd.DataFrame) -> dict[str, Number]:
    """The rows of ``estimates.csv`` by their quantity."""
    notes = estimates["note"].fillna("") if "note" in estimates else [""] * len(estimates)
    columns = (estimates[name].astype(float) for name in ("value", "low", "high"))
    return {q: Number(*row) for q, *row in zip(estimates["quantity"], *columns, notes, strict=True)}


def _shares(counts: pd.DataFrame, of: str, starts: int) -> dict[str, float]:
    return {str(name): int(n) / starts for name, n in counts.groupby(of)["count"].sum().items() if n}


def _minima(basins: pd.DataFrame, variables: Sequence[str]) -> tuple[Minimum, ...]:
    return tuple(
        Minimum(
            basin=int(row["basin"]),
            location=tuple(float(row[name]) for name in variables),
            value=float(row["value"]),
            is_global=row["kind"] == "global",
            certified=bool(row["certified"]),
            critical_learning_rate=float(row["critical_learning_rate"]),
            count=int(row["count"]),
            share=float(row["share"]),
        )
        for row in basins.to_dict("records")
    )


def _unseen(numbers: Mapping[str, Number]) -> Unseen | None:
    found, coverage = numbers["minima_found"].value, numbers["good_turing_coverage"].value
    if math.isnan(coverage) or not found:
        return None
    (smallest,) = (name for name in numbers if name.startswith(DETECTED))
    level = smallest.removeprefix(DETECTED).removesuffix("_percent")
    return Unseen(int(found), coverage, numbers["minima_chao1"].value, numbers[smallest].value, level)


def _proof(study: Study, methods: Sequence[MethodFindings], certificate: Certificate) -> ProofFindings:
    minima = methods[0].minima
    reached = [m for i, m in enumerate(minima) if any(found.minima[i].count for found in methods)]
    in_domain = _inside(study, [p.center for p in certificate.points if p.kind == "minimum"])
    best = min((m.value for m in minima if m.is_global), default=math.nan)
    return ProofFindings(
        sentence=certificate.sentence,
        uncertified=sum(not m.certified for m in reached),
        in_domain=in_domain,
        missed=max(in_domain - _inside(study, [m.location for m in reached if m.certified]), 0),
        lower_elsewhere=certificate.global_value[1] < best - LOWER * (1 + abs(best)),
    )


def _inside(study: Study, places: Sequence[Sequence[float]]) -> int:
    """How many places are in the domain."""
    return int(study.domain.contains(np.array(places).reshape(-1, study.domain.dimensions)).sum())
