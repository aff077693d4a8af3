"""Where minima merge or split in a singular point that is no fold, as a pitchfork: a proven bracket of the parameter.

Around the place stands a small region. No critical point is on its boundary for any parameter of the bracket, so none
goes in or out; at either end of the bracket all critical points inside are counted by a certificate. So many minima
become so many there, whatever happens in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb

from multistart.box import Box
from multistart.proofs.balls import Cell, apply, excludes_zero, mean_value
from multistart.proofs.certification import certify
from multistart.proofs.courses import Course, course, joined
from multistart.proofs.enclosures import OutsideDomain, precision
from multistart.proofs.family import Family, exactly
from multistart.proofs.folds import Singular, eigenvectors
from multistart.proofs.tubes import Point

SHARPNESS = (40, 34, 28, 22, 16, 10)  # halvings of the parameter's size that are tried as the bracket's half
WIDER = 3.0  # times as far as the minima at the bracket's ends
MOST_CELLS = 2000
MOST_BOXES = 2000


@dataclass(frozen=True)
class Gathering:
    """So many minima ``before`` are so many ``after``, inside a region, while the parameter goes from low to high."""

    region: Box
    low: float
    high: float
    before: int
    after: int

    def contains(self, point: Sequence[arb]) -> bool:
        """Trusted. Whether a critical point is in the region."""
        ends = zip(point, self.region.low, self.region.high, strict=False)
        return all(a > arb(low) and a < arb(high) for a, low, high in ends)


def gather(
    family: Family, singular: Singular, below: Sequence[Course], above: Sequence[Course], cell: Cell
) -> Gathering | None:
    """The sharpest bracket that is proven around a singular point, to which minima come from below and from above.

    The courses are followed as far as they go. All of them are in the region at their end of the bracket.
    """
    center = singular.z[-1].mid()
    size = abs(center).max(abs(arb(cell[-1][1]) - arb(cell[-1][0]))).mid()
    sharpest = size * arb(2) ** -SHARPNESS[0]
    lower = [_onward(family, c, center - sharpest, cell) for c in below]
    upper = [_onward(family, c, center + sharpest, cell) for c in above]
    for halvings in SHARPNESS:
        half = size * arb(2) ** -halvings
        low, high = float(center - half), float(center + half)
        points = [c.at(family, exactly(low), cell) for c in lower]
        points += [c.at(family, exactly(high), cell) for c in upper]
        known = [p for p in points if p is not None]
        if known and len(known) == len(points):
            region = _region(family, singular, known, cell)
            found = None if region is None else _counted(family, singular, region, low, high)
            if found is not None and all(found.contains(p) for p in known):
                return found
    return None


def _onward(family: Family, done: Course, parameter: arb, cell: Cell) -> Course:
    """The course up to where it ended, and on towards a parameter."""
    return joined(done, course(family, done.end, parameter.mid(), cell))


def _region(family: Family, singular: Singular, points: Sequence[Point], cell: Cell) -> Box | None:
    center = [float(a) for a in singular.z[:-1]]
    sizes = [high - low for low, high in cell[:-1]]
    far = max(abs(float(a) - c) / size for p in points for a, c, size in zip(p, center, sizes, strict=False))
    ends = [(c - WIDER * far * size, c + WIDER * far * size) for c, size in zip(center, sizes, strict=True)]
    if not all(low < high for low, high in ends):
        return None
    return Box(dict(zip(family.objective.variables, ends, strict=True)))


def _counted(family: Family, singular: Singular, region: Box, low: float, high: float) -> Gathering | None:
    turned = eigenvectors(family, singular.z)
    if turned is None:
        return None
    rows = [[arb(float(v)) for v in column] for column in turned[1].T]
    if not _is_closed(family, region, exactly(low).union(exactly(high)), rows):
        return None
    counts = []
    for value in (low, high):
        with precision(53):
            certificate = certify(family.at(value), region, max_boxes=MOST_BOXES)
        if not certificate.lists_all(interior=True) or any(not p.eigenvalues for p in certificate.points):
            return None
        counts.append(len(certificate.minima))
    return Gathering(region, low, high, counts[0], counts[1])


def _is_closed(family: Family, region: Box, parameter: arb, turned: list[list[arb]]) -> bool:
    """Trusted. Whether ``g`` vanishes nowhere on a region's boundary, for no parameter of a ball.

    Looked at are the components of ``g`` along the rows of ``turned``, the eigenvectors of the singular Hessian: one
    varies little, and the others do so with all that varies much.
    """
    ends = [(arb(low), arb(high)) for low, high in region.bounds.values()]
    faces = [
        [*((low, high) for low, high in ends[:i]), (end, end), *((low, high) for low, high in ends[i + 1 :])]
        for i in range(len(ends))
        for end in ends[i]
    ]
    cells = [[*face, (parameter.lower(), parameter.upper())] for face in faces]
    for _ in range(MOST_CELLS):
        if not cells:
            return True
        cell = cells.pop()
        if not _is_clear(family, cell, turned):
            axis = max(range(len(cell)), key=lambda i: float(cell[i][1] - cell[i][0]) / _width(region, parameter, i))
            low, high = cell[axis]
            middle = ((low + high) / 2).mid()
            cells += [[*cell[:axis], half, *cell[axis + 1 :]] for half in ((low, middle), (middle, high))]
    return False


def _width(region: Box, parameter: arb, i: int) -> float:
    return float(region.width[i]) if i < region.dimensions else 2 * float(parameter.rad())


def _is_clear(family: Family, cell: Sequence[tuple[arb, arb]], turned: list[list[arb]]) -> bool:
    """Trusted. Whether a component of ``g`` along a row has no zero on a cell, in the mean-value form."""
    z = [low.union(high) for low, high in cell]
    center = [a.mid() for a in z]
    try:
        _, rows = family.jet(z)
        at_center, _ = family.jet(center)
    except OutsideDomain:
        return False
    jacobian = list(zip(*(apply(turned, column) for column in zip(*rows, strict=True)), strict=True))
    offset = [a - c for a, c in zip(z, center, strict=True)]
    return any(excludes_zero(a) for a in mean_value(apply(turned, at_center), jacobian, offset))
