"""From the tables of a study, and its certificate, to what was found."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from multistart.counts.tally import Tally
from multistart.descents.outcomes import NO_BASIN
from multistart.diagnoses import Diagnosis
from multistart.estimates.comparison import CHANGING, DIFFERENCE, RATIO
from multistart.estimates.distortion import ANY, MINIMUM
from multistart.proofs import Certificate, CriticalPoint
from multistart.proofs.certificate import EDGE
from multistart.study.findings import (
    APART,
    BoundaryFindings,
    DistortionFindings,
    Findings,
    FitFindings,
    Lowest,
    MethodFindings,
    Minimum,
    Number,
    Orbit,
    PairFindings,
    ProofFindings,
    ProvenFindings,
    Unseen,
)
from multistart.study.regions import where_under_way
from multistart.study.study import Study

DETECTED = "smallest_basin_detected_at_"  # and the level, in the name of the quantity
LOWER = 1e-9  # of 1 + |f|: a value this much below the best minimum's is lower, and no rounding
LOOKED_AT, AT_ONCE = 4096, 64  # starts, for one at which the function is not defined; and of them before the next
THIN = 1e-3  # of the arena's width: an edge this thin is a place


@dataclass(frozen=True)
class MethodTables:
    """The tables of one method that findings are read off, and how long its descents took in seconds.

    The tally is that of minima: starts that went to other attractors, the orbits, are in it as at none.
    """

    name: str
    basins: pd.DataFrame
    tally: Tally
    estimates: pd.DataFrame
    diagnoses: tuple[Diagnosis, ...] = ()
    seconds: float | None = None
    orbits: tuple[Orbit, ...] = ()
    boundary: BoundaryFindings | None = None
    proven: ProvenFindings | None = None


@dataclass(frozen=True)
class PairTables:
    """The tables of a study in which two methods at a time are compared."""

    comparison: pd.DataFrame
    changes: pd.DataFrame
    distortion: pd.DataFrame | None = None


def find(
    study: Study,
    tables: Sequence[MethodTables],
    certificate: Certificate | None,
    pairs: PairTables | None = None,
    fit: FitFindings | None = None,
) -> Findings:
    """Read off the tables of all methods, of pairs where there are several, and the certificate, what a study found."""
    methods = tuple(method_findings(study, one) for one in tables)
    proof = _proof(study, methods, certificate) if certificate is not None else None
    distortions = distortion_findings(pairs.distortion) if pairs and pairs.distortion is not None else ()
    return Findings(proof, methods, pair_findings(pairs.comparison) if pairs else (), distortions, fit)


def pair_findings(comparison: pd.DataFrame) -> tuple[PairFindings, ...]:
    """What is found of each two methods, in the order of the table."""
    found = []
    for (first, second), rows in comparison.groupby(["first", "second"], sort=False):
        numbers = numbers_of(rows)
        three = numbers[CHANGING], numbers[DIFFERENCE], numbers[RATIO]
        found.append(PairFindings(str(first), str(second), *three, _apart(numbers)))
    return tuple(found)


def distortion_findings(distortion: pd.DataFrame) -> tuple[DistortionFindings, ...]:
    """What each method makes of the flow's basins, in the order of the table."""
    found = []
    for (method, flow), rows in distortion.groupby(["method", "flow"], sort=False):
        totals = rows.set_index("basin_flow").loc[[ANY, MINIMUM], ["share", "low", "high"]].astype(float)
        numbers = (Number(*row) for row in totals.itertuples(index=False))
        found.append(DistortionFindings(str(method), str(flow), *numbers))
    return tuple(found)


def _apart(numbers: Mapping[str, Number]) -> dict[str, tuple[float, float]]:
    """What is counted apart from gradients, where it is."""
    names = {
        what: [f"{what}_evaluations_of_{side}" for side in ("first", "second")] for what in ("function", "hessian")
    }
    return {what: (numbers[one].value, numbers[two].value) for what, (one, two) in names.items() if one in numbers}


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
        diagnoses=tables.diagnoses,
        seconds=tables.seconds,
        orbits=tables.orbits,
        boundary=tables.boundary,
        proven=tables.proven,
        undefined=_first_undefined(study, starts) if "undefined_start" in set(tally.facts["fact"]) else None,
        apart=numbers[APART].value if APART in numbers else None,
    )


def numbers_of(estimates: pd.DataFrame) -> dict[str, Number]:
    """The rows of ``estimates.csv`` by their quantity."""
    notes = estimates["note"].fillna("") if "note" in estimates else [""] * len(estimates)
    columns = (estimates[name].astype(float) for name in ("value", "low", "high"))
    return {q: Number(*row) for q, *row in zip(estimates["quantity"], *columns, notes, strict=True)}


def read_diagnoses(table: pd.DataFrame) -> tuple[Diagnosis, ...]:
    """The diagnoses of ``diagnoses.csv``."""
    rows = []
    for row in table.to_dict("records"):
        key, _, given = str(row.pop("now")).partition(": ")
        write = row.pop("write")
        _, _, value = ("" if pd.isna(write) else str(write)).partition(": ")
        rows.append(Diagnosis(key=key, given=given, value=value, **row))
    return tuple(rows)


def read_orbits(cycles: pd.DataFrame, endings: pd.DataFrame) -> tuple[Orbit, ...]:
    """The attractors of ``cycles.csv``, with their starts by the tally's endings."""
    starts, by_basin = int(endings["count"].sum()), endings.groupby("basin")["count"].sum()
    return tuple(
        Orbit(
            kind=str(row["kind"]),
            period=int(row["period"]),
            around=int(row["around"]),
            exponent=float(row["exponent"]),
            exponent_error=float(row["exponent_error"]),
            proven=bool(row["proven"]),
            count=int(by_basin.get(row["attractor"], 0)),
            share=int(by_basin.get(row["attractor"], 0)) / starts,
        )
        for row in cycles.drop_duplicates("attractor").to_dict("records")
    )


def _first_undefined(study: Study, starts: int) -> tuple[int, tuple[float, ...]] | None:
    """The first start at which the gradient is no finite number, of the first :data:`LOOKED_AT`."""
    for first in range(0, min(starts, LOOKED_AT), AT_ONCE):
        points = study.starts(slice(first, min(starts, first + AT_ONCE)))
        rows = np.flatnonzero(~np.isfinite(study.compiled.gradient(points)).all(axis=1))
        if len(rows):
            return first + int(rows[0]), tuple(points[rows[0]].tolist())
    return None


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
            at_bound=at_bound if isinstance(at_bound := row.get("at_bound"), str) else "",
            in_corner=math.isnan(row["curvature_max"]),
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
    on_faces = certificate.boundary if study.held else ()
    in_domain = _inside(study, [p.center for p in (*certificate.points, *on_faces) if p.kind == "minimum"])
    lowest = tuple(replace(one, interior=True) if study.held else one for one in _lowest(certificate))
    part = certificate.part
    return ProofFindings(
        complete=certificate.lists_all(),
        level=certificate.level,
        contradicted=certificate.degree_agrees is False,
        counts=certificate.counts,
        undecided=tuple(sorted({reason for u in certificate.undecided for reason in u.reason.split(", ")})),
        bound=certificate.global_value,
        lowest=lowest,
        falls=_falls(study, certificate),
        in_domain=in_domain,
        missed=max(in_domain - _inside(study, [m.location for m in reached if m.certified]), 0),
        uncertified=sum(not m.certified for m in reached),
        lowest_reached=_reached(study, [one.location for one in lowest], reached),
        lower_elsewhere=_lower_elsewhere(certificate, [m.value for m in minima if m.is_global]),
        on_faces=len(on_faces),
        in_part=(*part.value, _reached(study, part.lowest, reached)) if part is not None else None,
    )


def _lowest(certificate: Certificate) -> tuple[Lowest, ...]:
    """Where the lowest value is taken; empty where an undecided region may hold a lower one."""
    return tuple(Lowest(p.center, _value(p), p.place == "interior") for p in certificate.lowest)


def _value(p: CriticalPoint) -> float:
    """The middle of an enclosure; 0 where it holds 0, which is then the number meant."""
    low, high = p.value
    return 0.0 if low <= 0 <= high else low + (high - low) / 2


def _lower_elsewhere(certificate: Certificate, best: Sequence[float]) -> bool:
    value = min(best, default=math.nan)
    return certificate.global_value[1] < value - LOWER * (1 + abs(value))


def _falls(study: Study, certificate: Certificate) -> tuple[tuple[str, float], ...]:
    """Where the edge of the domain of definition is at which the lowest values are undecided.

    Along a variable on which no condition of the formula depends, the search has cut the edge down as well: it is left
    out.
    """
    edges = [u for u in certificate.undecided if EDGE in u.reason]
    if not edges or math.isfinite(certificate.global_value[0]):
        return ()
    involved = study.objective.restricted
    hull = np.array(min(edges, key=lambda u: u.value[0]).hull)
    thin = (hull[:, 1] - hull[:, 0]) / study.arena.width < THIN
    places = zip(study.arena.names, hull.mean(axis=1).tolist(), thin.tolist(), strict=True)
    found = tuple((name, middle) for name, middle, known in places if known and name in involved)
    return found if len(found) == len(involved) else ()


def _reached(study: Study, places: Sequence[Sequence[float]], reached: Sequence[Minimum]) -> bool:
    """Whether one of the places is a minimum that starts reached."""
    return any(_same_place(study, one, m.location) for one in places for m in reached)


def _same_place(study: Study, one: Sequence[float], other: Sequence[float]) -> bool:
    return bool((np.abs(np.subtract(one, other)) <= study.tolerances.position * study.domain.width).all())


def _inside(study: Study, places: Sequence[Sequence[float]]) -> int:
    """How many places are in the domain."""
    return int(study.domain.contains(np.array(places).reshape(-1, study.domain.dimensions)).sum())
