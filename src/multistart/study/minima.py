"""The rule ``minima``: what all methods reached, found from distinct ends, numbered, and marked where proven."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from multistart.files.results import MethodFiles
from multistart.kernels import compile_evaluation
from multistart.minima import Minima, certify_minima, find_minima, settle, without_denied
from multistart.proofs import Certificate
from multistart.study import storage
from multistart.study.certify import read_certificate
from multistart.study.descend import DistinctEnds
from multistart.study.ends import merged
from multistart.study.study import Study

AT_ONCE = 2**17  # ends that minima are looked for near, as many as memory is asked for (:mod:`.costs`)
AROUND = 256  # points of orbits, of a method, spread over all, that minima are looked for below


def collect_minima(study: Study, files: Iterable[MethodFiles], certificate_path: Path | str, path: Path | str) -> None:
    """Find the minima that the descents of all methods reached, number them, and mark what is proven.

    Those that cycles and bounded orbits are around are found, too, downhill from points of these.

    The distinct ends of all pieces of a method are merged first, so what is found does not depend on how many there
    are.
    """
    certificate = read_certificate(certificate_path)
    nothing = np.empty((0, study.objective.dimensions))
    minima = find_minima(study.compiled, nothing, study.domain, held=study.held)
    for of_method in files:
        paths = of_method.distinct_ends(study.parts, study.pieces, study.config.keep)
        for places in in_turn(study, merged(study, paths)):
            minima = find_minima(study.compiled, places, study.domain, study.tolerances, known=minima, held=study.held)
    minima = settled(study, minima, certificate)
    users = study.objective.users_columns(minima.location)
    storage.write_columns(path, minima.columns(study.objective.variables, users))


def in_turn(study: Study, ends: DistinctEnds) -> Iterator[np.ndarray]:
    """The places that minima are looked for near, at most :data:`AT_ONCE` at a time, and a few more."""
    orbits = ends.orbits.end
    around = below(study, orbits[:: -(-len(orbits) // AROUND)]) if len(orbits) else orbits
    cuts = range(AT_ONCE, len(ends.at_rest), AT_ONCE)
    *others, last = np.split(ends.at_rest, cuts)
    yield from others
    yield np.concatenate([last, around])


def settled(study: Study, minima: Minima, certificate: Certificate | None) -> Minima:
    """The minima with the same bits on every machine, those that are none left out, with what is proven of the rest."""
    minima = settle(minima, compile_evaluation(study.objective, study.cache), study.domain)
    if certificate is None:
        return minima
    minima = without_denied(study.compiled, minima, certificate, study.domain, study.tolerances)
    return certify_minima(study.compiled, minima, certificate, study.domain, study.tolerances)


def below(study: Study, points: np.ndarray) -> np.ndarray:
    """What Newton's method finds from points of orbits, which go round minima that they do not rest at."""
    from multistart.diagnoses.newton import minima_below  # which a study whose descents all rest does without

    return minima_below(study.compiled, points, study.domain, study.arena)
