"""Why a method's starts reach no minimum, and what to change: a sample of them is tried again with other lines."""

from __future__ import annotations

from dataclasses import asdict, fields, replace

import numpy as np
import pandas as pd

from multistart.box import Box
from multistart.descents.descend import descend
from multistart.descents.outcomes import ENDINGS, NO_BASIN, STATIONARY, Outcomes
from multistart.diagnoses import DESIGN, NOTICED, Diagnosis
from multistart.diagnoses.diagnose import diagnose
from multistart.diagnoses.probe import Probe, Setting, sample_size
from multistart.diagnoses.rules import understood
from multistart.methods import Method
from multistart.minima import Minima
from multistart.proofs import Certificate
from multistart.starts.designs import draw
from multistart.study.certify import without_proof
from multistart.study.study import Study

COLUMNS = [
    "cause", "number", "now", "write", "helps",
    "tried", "reached_before", "reached_after", "steps_before", "steps_after",
]  # fmt: skip
ON_LINES = ("grid", "file")  # designs whose starts may lie on a ridge; those of all others are random
WHOLE = "latin_hypercube"  # a design of which a row costs as much as all


def diagnoses_table(
    study: Study, method: str, minima: pd.DataFrame, endings: pd.DataFrame, certificate: Certificate | None
) -> pd.DataFrame:
    """The rows of ``diagnoses.csv``: none where nearly all starts reached a minimum before their steps ran out.

    Nor where descents are held in the domain: what a wider arena, a smaller domain or other units would change there is
    another problem.
    """
    asked = _asked(endings) and understood(study.method(method)) and not study.held
    found = _diagnoses(study, method, minima, certificate) if asked else []
    table = pd.DataFrame([asdict(one) for one in found], columns=[field.name for field in fields(Diagnosis)])
    table["now"] = [f"{one.key}: {one.given}" if one.value else one.key for one in found]
    table["write"] = [f"{one.key}: {one.value}" if one.value else "" for one in found]
    whole = dict.fromkeys(("tried", "reached_before", "reached_after"), np.int64)
    return table[COLUMNS].astype({"helps": bool, **whole})


def _asked(endings: pd.DataFrame) -> bool:
    """Whether a start in a hundred reached no minimum, or ran all its steps at rest."""
    counts, starts = endings["count"], endings["count"].sum()
    noticed = [counts[endings["basin"] == NO_BASIN].sum(), counts[endings["ending"] == ENDINGS[STATIONARY]].sum()]
    return bool(max(noticed) >= NOTICED * starts)


def _diagnoses(study: Study, method: str, minima: pd.DataFrame, certificate: Certificate | None) -> list[Diagnosis]:
    plain = without_proof(study.method(method))
    design = study.config.starts.design
    setting = Setting(plain, study.config.arena.widen, random=design not in ON_LINES)
    found = diagnose(probe_of(study, plain, minima, certificate), setting)
    return [replace(one, given=design) if one.key == DESIGN else one for one in found]


def probe_of(study: Study, method: Method, minima: pd.DataFrame, certificate: Certificate | None) -> Probe:
    """A sample of a study's starts, with the minima that are known and what descends."""

    def run(method: Method, starts: np.ndarray, arena: Box) -> Outcomes:
        return descend(study.objective, method, starts, arena=arena, cache=study.cache)

    starts = _sample(study, sample_size(method.max_steps))
    uniform = draw("uniform", study.domain, count=len(starts), seed=study.config.starts.seed)
    return Probe(
        objective=study.compiled,
        domain=study.domain,
        tolerances=study.tolerances,
        starts=starts,
        random=uniform if study.config.starts.design in ON_LINES else starts,
        known=_known(study, minima, certificate),
        descend=run,
        placed=study.config.starts.design == "file",
    )


def _known(study: Study, minima: pd.DataFrame, certificate: Certificate | None) -> Minima:
    """The minima of the study's table, then those of the certificate."""
    found = Minima.from_table(minima, study.objective.variables)
    proven = [p for p in certificate.points if p.kind == "minimum"] if certificate is not None else []
    centers = np.array([p.center for p in proven]).reshape(-1, study.objective.dimensions)
    balls = np.array([(p.attraction.radius, p.attraction.curvature) if p.attraction else (0, 0) for p in proven])
    both = Minima.at(study.compiled, np.concatenate([found.location, centers]), study.domain)
    radius, curvature = balls.reshape(-1, 2).T
    return replace(
        both,
        attraction_radius=np.concatenate([found.attraction_radius, radius]),
        attraction_curvature=np.concatenate([found.attraction_curvature, curvature]),
    )


def _sample(study: Study, size: int) -> np.ndarray:
    """Some of the starts, drawn at random by the study's seed; all of them where there are no more."""
    if study.count <= size:
        return study.starts(slice(0, study.count))
    rows = np.sort(np.random.default_rng(study.config.starts.seed).choice(study.count, size, replace=False))
    if study.config.starts.design == WHOLE:
        return study.starts(slice(0, study.count))[rows]
    return study.starts_at(rows)
