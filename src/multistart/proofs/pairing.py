"""Minima of two neighbouring values of the parameter that no proof has joined, paired one to one; never proven."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from flint import arb

from multistart.proofs.balls import Cell
from multistart.proofs.family import Family
from multistart.proofs.tubes import Point, locate, same

FARTHEST = 0.05  # of the box, along any coordinate: what is farther away is another minimum
BY_NEWTON = "Newton's method leads from one to the other"
BY_DISTANCE = "nearest in place"


@dataclass(frozen=True)
class Place:
    """A minimum at one value: where it is, in floats, and in balls where it is proven."""

    at: tuple[float, ...]
    point: Point | None


@dataclass(frozen=True)
class Pair:
    """An old and a new minimum that are taken for the same one, and why."""

    old: int
    new: int
    why: str


def pair_up(
    family: Family | None, old: Mapping[int, Place], new: Mapping[int, Place], parameter: arb, cell: Cell
) -> list[Pair]:
    """The pairs: first where Newton's method leads from the old place into a new enclosure, then nearest first."""
    pairs = [] if family is None else _by_newton(family, old, new, parameter, cell)
    left = {key: p for key, p in old.items() if key not in {pair.old for pair in pairs}}
    free = {key: p for key, p in new.items() if key not in {pair.new for pair in pairs}}
    return pairs + _by_distance(left, free, cell)


def _by_newton(
    family: Family, old: Mapping[int, Place], new: Mapping[int, Place], parameter: arb, cell: Cell
) -> list[Pair]:
    pairs: list[Pair] = []
    taken: set[int] = set()
    for key, place in old.items():
        point = locate(family, [*map(arb, place.at), parameter], family.dimensions, cell)
        if point is None:
            continue
        for other, target in new.items():
            if other not in taken and target.point is not None and same(family, point, target.point):
                pairs.append(Pair(key, other, BY_NEWTON))
                taken.add(other)
    return [pair for pair in pairs if distance(old[pair.old].at, new[pair.new].at, cell) <= FARTHEST]


def _by_distance(old: Mapping[int, Place], new: Mapping[int, Place], cell: Cell) -> list[Pair]:
    """Greedy, the nearest pair first; ties in the order of the numbers."""
    near = sorted((distance(old[a].at, new[b].at, cell), a, b) for a, b in itertools.product(old, new))
    pairs: list[Pair] = []
    for far, a, b in near:
        free = all(a != pair.old and b != pair.new for pair in pairs)
        if free and far <= FARTHEST:
            pairs.append(Pair(a, b, BY_DISTANCE))
    return pairs


def distance(a: tuple[float, ...], b: tuple[float, ...], cell: Cell) -> float:
    """The largest difference of a coordinate, as a part of the box."""
    return max(abs(v - w) / (high - low) for v, w, (low, high) in zip(a, b, cell, strict=False))
