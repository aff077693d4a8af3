"""Which basin an end of a method is in: apart from what counts, for jobs that descend and label alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from multistart.descents.outcomes import LABELS, NO_BASIN, RESTING, STATIONARY, TRAPPED
from multistart.minima import Minima, label, trapped_by, trapped_in
from multistart.study.cycles import label_orbits
from multistart.study.study import Study

if TYPE_CHECKING:
    from multistart.dynamics import Attractor


def labels_of(
    study: Study,
    method: str,
    end: np.ndarray,
    ending_code: np.ndarray,
    minima: Minima,
    attractors: Sequence[Attractor] = (),
) -> tuple[np.ndarray, np.ndarray]:
    """The basin of each end and how it is known, shapes ``(n,)``.

    An end inside the ball of a certified minimum is ``proven`` to belong to it, with a rule with memory one at which
    its region ended the descent; but not one that stands still in floating point far from it, since only exact numbers
    would go on. Any other end of a descent that came to rest is labelled by place and value, ``numeric``, and so is an
    end in a ball where the way there has errors. What went to another attractor has the number of that, which comes
    after those of the minima, and is ``numeric``, too; the rest have basin -1 and label ``none``.
    """
    basin = np.full(len(end), NO_BASIN, dtype=np.int64)
    known = np.full(len(end), LABELS.index("none"), dtype=np.int8)
    stopped = np.flatnonzero(np.isin(ending_code, (*RESTING, TRAPPED)))
    basin[stopped] = trapped_in(end[stopped], minima, study.method(method))
    if study.method(method).rule.region is not None:
        trapped = np.flatnonzero(ending_code == TRAPPED)
        basin[trapped] = trapped_by(end[trapped], minima)
    still = stopped[(ending_code[stopped] == STATIONARY) & (basin[stopped] >= 0)]
    basin[still[label(study.compiled, end[still], minima, study.domain, study.tolerances) < 0]] = NO_BASIN
    followed = study.method(method).tighter is not None
    known[stopped[basin[stopped] >= 0]] = LABELS.index("numeric" if followed else "proven")
    rest = stopped[basin[stopped] < 0]
    basin[rest] = label(study.compiled, end[rest], minima, study.domain, study.tolerances)
    known[rest[basin[rest] >= 0]] = LABELS.index("numeric")
    if len(attractors):
        orbit = label_orbits(study, method, end, ending_code, attractors, len(minima))
        basin[orbit >= 0] = orbit[orbit >= 0]
        known[orbit >= 0] = LABELS.index("numeric")
    return basin, known
