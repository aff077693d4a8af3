"""Sums of functions of different variables: their critical points are the combinations of the parts'.

``f(x, y) = g(x) + h(y)`` has a critical point at ``(x, y)`` exactly where ``g`` has one at ``x`` and ``h`` at ``y``,
and a local minimum on a box, its boundary included, exactly where both have one. So each part is searched by itself.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import sympy
from flint import arb

from multistart.functions.conditions import Condition
from multistart.proofs.balls import Interval, inertia, outward
from multistart.proofs.clusters import components, values_on
from multistart.proofs.cut import Cut
from multistart.proofs.enclosures import ZERO, OutsideDomain, exact, precision
from multistart.proofs.faces import Cell, Face
from multistart.proofs.problem import Problem, shared
from multistart.proofs.search import Findings, Open
from multistart.proofs.zeros import Zero

BITS = 128  # for sums of levels
_Group = tuple[set[sympy.Basic], list[sympy.Expr], list[Condition]]  # variables, terms, conditions


@dataclass(frozen=True)
class Part:
    """A part of a sum that shares no variable with the others; ``axes`` are the places of its variables."""

    problem: Problem
    axes: tuple[int, ...]

    def cell(self, whole: Cell) -> Cell:
        """The ends of a cell in this part's coordinates."""
        return tuple(whole[i] for i in self.axes)


def parts_of(problem: Problem) -> list[Part]:
    """Trusted. The parts of a sum, as many as there are; the function itself where it is not separable.

    Terms, and conditions, that share a variable, directly or through others, are in one part; constants are in the
    first. Parts of few variables come first.
    """
    if problem.rows > 1:  # its expression is that of a row
        return [Part(problem, tuple(range(problem.dimensions)))]
    terms_of_all = sympy.Add.make_args(exact(problem.expression))
    constants = [term for term in terms_of_all if not term.free_symbols]
    groups: list[_Group] = []
    pieces: list[_Group] = [(t.free_symbols, [t], []) for t in terms_of_all if t.free_symbols]
    pieces += [(c.part.free_symbols, [], [c]) for c in problem.conditions]
    for joined in pieces:
        for group in [group for group in groups if group[0] & joined[0]]:
            groups.remove(group)
            joined = joined[0] | group[0], group[1] + joined[1], group[2] + joined[2]
        groups.append(joined)
    if len(groups) < 2 or set.union(*(group[0] for group in groups)) != set(problem.symbols):
        return [Part(problem, tuple(range(problem.dimensions)))]
    groups.sort(key=lambda group: len(group[0]))
    groups[0][1].extend(constants)
    return [_part(problem, *group) for group in groups]


def _part(problem: Problem, symbols: set[sympy.Basic], terms: list[sympy.Expr], conditions: list[Condition]) -> Part:
    axes = tuple(i for i, s in enumerate(problem.symbols) if s in symbols)
    part = Problem(sympy.Add(*terms), tuple(problem.symbols[i] for i in axes), tuple(conditions))
    return Part(shared(part), axes)


def levels(parts: Sequence[Part], found: Sequence[Findings], cuts: Sequence[Cut], cut: Cut) -> list[float]:
    """Trusted. What a part can be at most where the sum is at or below its level: the others have their lowest values.

    ``found`` and ``cuts`` are those of searches for the parts' lowest values; a falling level of the sum falls to
    the sum of theirs.
    """
    with precision(BITS):
        lows = [arb(_least(part.problem, f, c)) for part, f, c in zip(parts, found, cuts, strict=True)]
        cut.fall(outward(sum((arb(c.level) for c in cuts), ZERO))[1])
        level = arb(cut.level)
        return [outward(level - sum(lows[:i] + lows[i + 1 :], ZERO))[1] for i in range(len(parts))]


def _least(problem: Problem, found: Findings, cut: Cut) -> float:
    """Trusted. A lower bound of the function: the lowest value is at what was found, or is the level."""
    cells = [*(z.cell for z in found.zeros), *(o.cell for o in (*found.open, *found.open_edge))]
    cells += [face.full(zero.cell if zero else ()) for face, zero in found.minima]
    return min([cut.level, *(values_on(problem, cell)[0] for cell in cells)])


@dataclass(frozen=True)
class _Item:
    """What a part contributes to a combination: a verified point of a face, or an undecided cell."""

    held: tuple[int, ...] = ()
    zero: Zero | None = None
    open: Open | None = None
    on_edge: bool = False


def drop_above(problem: Problem, found: Findings, cut: Cut) -> Findings:
    """Trusted. What is not certainly above the level, of what was found on the way to it."""
    with precision(BITS):
        zeros = [z for z in found.zeros if not cut.drops(problem, z.face.embed(z.balls))]
        minima = [(face, z) for face, z in found.minima if not cut.drops(problem, face.embed(z.balls if z else ()))]
    return replace(found, zeros=zeros, minima=minima)


def combine(parts: Sequence[Part], found: Sequence[Findings], bounds: Cell, *, bits: int, most: int) -> Findings | None:
    """Trusted. The findings for the sum from those for its parts; none if there are more than ``most`` combinations.

    A combination with anything undecided in it is undecided.
    """
    inner = [[*(_Item(z.face.held, z) for z in f.zeros), *(_Item(open=o) for o in _merge(f.open))] for f in found]
    lowest = [_lowest(part, f, bits) for part, f in zip(parts, found, strict=True)]
    if sum(math.prod(map(len, items)) for items in (inner, lowest)) > most:
        return None
    points, cells = _join(parts, bounds, itertools.product(*inner))
    on_edge = (items for items in itertools.product(*lowest) if any(item.on_edge for item in items))
    minima, edge_cells = _join(parts, bounds, on_edge)
    zeros = [zero for _, zero in points if zero is not None]
    return Findings(zeros, cells, minima, edge_cells, sum(f.undefined for f in found))


def _lowest(part: Part, found: Findings, bits: int) -> list[_Item]:
    """Trusted. Where the part has, or may have, a minimum on its box."""
    signs = [(z, _is_minimum(part.problem, z, bits)) for z in found.zeros]
    inside = [_Item(z.face.held, z) for z, sign in signs if sign]
    unclear = [Open(z.cell, flat=True) for z, sign in signs if sign is None]
    edge = [_Item(face.held, zero, on_edge=True) for face, zero in found.minima]
    return [
        *inside,
        *edge,
        *(_Item(open=o) for o in _merge([*found.open, *unclear])),
        *(_Item(open=o, on_edge=True) for o in _merge(found.open_edge)),
    ]


def _is_minimum(problem: Problem, zero: Zero, bits: int) -> bool | None:
    """Trusted. Whether a zero of a part's field is a minimum of the part; none if that cannot be said."""
    with precision(bits):
        try:
            if not problem.value(zero.balls)[0].is_finite():
                return None
        except OutsideDomain:
            return False
        try:
            eigenvalues = inertia(zero.face.hessian(problem, zero.balls))
        except OutsideDomain:
            return None
        if eigenvalues is None:
            return None
        return True if all(e > ZERO for e in eigenvalues) else False if any(e < ZERO for e in eigenvalues) else None


def _merge(cells: Sequence[Open]) -> list[Open]:
    """The hulls of cells that touch, so that few are combined."""
    if len(cells) < 2:
        return list(cells)
    ends = np.array([c.cell for c in cells])
    labels = components(ends[:, :, 0], ends[:, :, 1])
    groups = [np.flatnonzero(labels == label).tolist() for label in range(labels.max() + 1)]
    return [
        Open(
            tuple(zip(ends[group, :, 0].min(axis=0).tolist(), ends[group, :, 1].max(axis=0).tolist(), strict=True)),
            unexamined=any(cells[i].unexamined for i in group),
            flat=any(cells[i].flat for i in group),
            edge=any(cells[i].edge for i in group),
        )
        for group in groups
    ]


def _join(
    parts: Sequence[Part], bounds: Cell, combinations: Iterable[Sequence[_Item]]
) -> tuple[list[tuple[Face, Zero | None]], list[Open]]:
    """Trusted. Points and undecided cells in all ``d`` coordinates."""
    points: list[tuple[Face, Zero | None]] = []
    cells: list[Open] = []
    for items in combinations:
        if any(item.open for item in items):
            cells.append(_join_cells(parts, bounds, items))
        else:
            points.append(_join_points(parts, bounds, items))
    return points, cells


def _join_cells(parts: Sequence[Part], bounds: Cell, items: Sequence[_Item]) -> Open:
    ends: dict[int, Interval] = {}
    for part, item in zip(parts, items, strict=True):
        if item.open:
            cell = item.open.cell
        else:
            cell = Face(part.cell(bounds), item.held).full(item.zero.cell if item.zero else ())
        ends |= dict(zip(part.axes, cell, strict=True))
    opens = [item.open for item in items if item.open]
    return Open(
        tuple(ends[i] for i in range(len(bounds))),
        unexamined=any(o.unexamined for o in opens),
        flat=any(o.flat for o in opens),
        edge=any(o.edge for o in opens),
    )


def _join_points(parts: Sequence[Part], bounds: Cell, items: Sequence[_Item]) -> tuple[Face, Zero | None]:
    held: dict[int, int] = {}
    running: dict[int, tuple[arb, Interval]] = {}
    for part, item in zip(parts, items, strict=True):
        held |= dict(zip(part.axes, item.held, strict=True))
        if item.zero:
            free = [part.axes[i] for i in item.zero.face.free]
            running |= dict(zip(free, zip(item.zero.balls, item.zero.cell, strict=True), strict=True))
    face = Face(bounds, tuple(held[i] for i in range(len(bounds))))
    if not face.free:
        return face, None
    balls, cell = zip(*(running[i] for i in face.free), strict=True)
    return face, Zero(face, balls, cell)
