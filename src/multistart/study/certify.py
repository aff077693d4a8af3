"""The rule ``certify``: all critical points in the arena, proven before and apart from the descents."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from multistart.descents.descend import descend
from multistart.descents.outcomes import RESTING
from multistart.files.cache_entries import read_entry, source_digest, write_entry
from multistart.kernels.machine_code import machine, version_of
from multistart.methods.method import Method
from multistart.minima import find_minima
from multistart.proofs import Certificate
from multistart.proofs.certificate import Part
from multistart.starts.designs import draw
from multistart.study import storage
from multistart.study.study import Study

PILOT = 1000  # descents whose minima are verified first
PILOT_OUTSIDE = 100  # likewise by SciPy, of which each takes about a millisecond
PILOT_ROWS, FEWEST = 10**6, 20  # of a fit: descents times rows of data, but so many descents at least
MAX_DIMENSIONS = 10  # beyond, a search by boxes proves nothing in any budget
LISTED_OF_FITS, FEWER = 3, 10  # parameters up to which a fit's minima are all looked for, in so small a part
TELLS = 0.1  # of the lowest value: a bound that is no further below it says enough
CHEAP_ROWS = 20  # of data: with more there are fewer boxes
MAX_ROWS = 10_000  # of data: with so many a search takes minutes, and gigabytes beyond


def certify_arena(study: Study, *, table_path: Path | str, certificate_path: Path | str) -> None:
    """Prove the critical points in the arena and write them as a table and as ``certificate.json``.

    The minima that a pilot of descents reached are verified first, so a search that its budget cuts short has
    still proven what was found; one that is not complete is followed by a search for the lowest value alone.
    """
    certificate = certificate_of(study)
    storage.write_columns(table_path, _with_users_units(study, (certificate or _none(study)).columns()))
    record = certificate.as_dict() if certificate else {"claim": not_attempted(study), "complete": False}
    storage.write_json(certificate_path, record)


def _with_users_units(study: Study, columns: storage.Columns) -> storage.Columns:
    """Columns of points with, after those of the variables, what those that are logarithms are logarithms of."""
    variables = study.objective.variables
    points = np.stack([np.asarray(columns[name], dtype=np.float64) for name in variables], axis=1)
    users, found = study.objective.users_columns(points), dict[str, np.ndarray]()
    for name, column in columns.items():
        found |= {name: column} | (users if name == variables[-1] else {})
    return found


def certificate_of(study: Study) -> Certificate | None:
    """The certificate of a study, kept in its cache under everything that shapes it; none of too many dimensions."""
    if not_attempted(study):
        return None
    key = _key(study)
    certificate = _read(study.cache, key)
    if certificate is None:
        certificate = _search(study)
        _keep(study.cache, key, certificate)
    return certificate


def read_certificate(path: Path | str) -> Certificate | None:
    """The certificate of a study; none where it was not attempted."""
    record = storage.read_json(path)
    return Certificate.from_dict(record) if "points" in record else None


def without_proof(method: Method) -> Method:
    """The method with gradient stopping alone, for where there is no certificate (yet)."""
    return replace(method, stopping="gradient")


def provable(method: Method, certificate: Certificate | None) -> Method:
    """The method as it can be run beside this certificate: without certified stopping where there is none."""
    return without_proof(method) if certificate is None else method


def not_attempted(study: Study) -> str:
    """Why there is no certificate; empty where there is one."""
    if study.rows > MAX_ROWS:
        return f"not attempted: {study.rows:,} rows of data, of at most {MAX_ROWS:,}"
    if study.objective.dimensions > MAX_DIMENSIONS:
        return f"not attempted: {study.objective.dimensions} dimensions, of at most {MAX_DIMENSIONS}"
    return ""


def _search(study: Study) -> Certificate:
    from multistart.proofs import certify  # with SymPy and FLINT, which a kept certificate does without

    seeds, boxes, shells = pilot(study), _boxes(study), _shells_needed(study)
    if study.objective.fit is not None:
        return _search_fit(study, seeds)
    certificate = certify(study.objective, study.arena, max_boxes=boxes, seeds=seeds, shells=shells)
    if certificate.lists_all():
        return certificate
    known = np.concatenate([seeds, [p.center for p in certificate.points]]) if certificate.points else seeds
    lowest = certify(study.objective, study.arena, max_boxes=boxes, seeds=known, level="lowest", shells=shells)
    return lowest if lowest.complete and len(lowest.points) >= len(certificate.points) else certificate


def _search_fit(study: Study, seeds: np.ndarray) -> Certificate:
    """The best fits first, which is quick; then all critical points, where that is too.

    Of an arena around the domain a small part of the budget decides, or the domain alone is searched, around which
    there may be poles and valleys; the whole budget goes to the arena where that leaves the domain open, too.
    """
    from multistart.proofs import certify

    boxes, shells = _boxes(study), _shells_needed(study)
    few = max(1, boxes // FEWER)

    def of_arena(most: int) -> Certificate:
        return certify(study.objective, study.arena, max_boxes=most, seeds=seeds, level="lowest", shells=shells)

    lowest = of_arena(boxes if study.arena == study.domain else few)
    if not _tells(lowest) and study.arena != study.domain:
        domain = certify(study.objective, study.domain, max_boxes=few, seeds=_inside(study, seeds), level="lowest")
        lowest = lowest if domain.complete else of_arena(boxes)
        lowest = lowest if _tells(lowest) else replace(lowest, part=_part(study, domain))
    if study.objective.dimensions > LISTED_OF_FITS:
        return lowest
    listed = certify(study.objective, study.arena, max_boxes=few, seeds=seeds, shells=shells)
    return listed if listed.lists_all() else lowest


def _tells(lowest: Certificate) -> bool:
    """Whether the lowest value is proven, or a bound that is near to it."""
    low, high = lowest.global_value
    return lowest.complete or (math.isfinite(high) and high - low <= TELLS * abs(high))


def _inside(study: Study, seeds: np.ndarray) -> np.ndarray:
    """Those in the domain."""
    return np.asarray(seeds[study.domain.contains(seeds)])


def _part(study: Study, found: Certificate) -> Part:
    """What is proven of the lowest value in the domain alone."""
    return Part(tuple(study.domain.bounds.values()), found.global_value, tuple(p.center for p in found.lowest))


def _boxes(study: Study) -> int:
    """The budget; of a fit with many rows, of which a box costs more, fewer."""
    return max(1, study.config.certificate.max_boxes * CHEAP_ROWS // max(CHEAP_ROWS, study.rows))


def _shells_needed(study: Study) -> bool:
    """Whether a method stops in regions of a rule with memory."""
    methods = [study.method(name) for name in study.config.methods]
    return any(method.stopping == "certified" and method.rule.region is not None for method in methods)


def pilot(study: Study) -> np.ndarray:
    """The minima that uniform starts reach by the study's first method."""
    function = study.compiled  # first, while the job that descends compiles the descent
    method = _pilot_method(study)
    starts = draw("uniform", study.domain, count=_pilot_size(study), seed=study.config.starts.seed)
    out = descend(study.objective, method, starts, arena=study.arena, cache=study.cache)
    ends = out.end[np.isin(out.ending_code, RESTING)]
    minima = find_minima(function, ends, study.domain, study.tolerances, held=study.held)
    return minima.location if minima.sides is None else minima.location[~minima.sides.any(axis=1)]


def _pilot_method(study: Study) -> Method:
    return without_proof(study.method(next(iter(study.config.methods))))


def _pilot_size(study: Study) -> int:
    most = PILOT if _pilot_method(study).outside is None else PILOT_OUTSIDE
    fit = study.objective.fit
    return most if fit is None else min(most, max(FEWEST, PILOT_ROWS // fit.count))


def _key(study: Study) -> dict[str, Any]:
    """Everything that shapes a certificate: the function, the box, the search, its pilot, and what computes them."""
    libraries = ("python-flint", "sympy", "numpy", "scipy")
    return {
        "objective": study.objective.identity,
        "box": list(study.arena.bounds.items()),
        "options": {**vars(study.config.certificate), "shells": _shells_needed(study)},
        "pilot": {
            "starts": _pilot_size(study),
            "seed": study.config.starts.seed,
            "domain": list(study.domain.bounds.items()),
            "method": _pilot_method(study).identity,
            "basins": vars(study.config.basins),
        },
        "package": source_digest("**/*.py"),
        "libraries": {name: version_of(name) for name in libraries},
        "machine": machine(),
    }


def kept_certificate(study: Study) -> Certificate | None:
    """The certificate of a study where it is kept; none where it is not."""
    return _read(study.cache, _key(study))


def _read(cache: Path | str | None, key: dict[str, Any]) -> Certificate | None:
    """The certificate that is kept under a key; none where there is none, or not a sound one."""
    content = read_entry(cache, "certificates", key)
    return Certificate.from_dict(content) if content is not None else None


def _keep(cache: Path | str | None, key: dict[str, Any], certificate: Certificate) -> None:
    if certificate.degree_agrees is not False:  # what contradicts itself is not worth a second look
        write_entry(cache, "certificates", key, certificate.as_dict())


def _none(study: Study) -> Certificate:
    """A certificate of nothing, for its empty table."""
    low_high = tuple(study.arena.bounds.values())
    unknown = (-np.inf, np.inf)
    return Certificate(
        "", study.objective.variables, low_high, (), (), (), unknown, False, False, None, None, 0, 0.0, {}
    )
