"""Curves: bisected edges of a mesh joined where they are curves, and left as points where they are dust."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from multistart.boundaries.bisection import Brackets
from multistart.boundaries.edges import pairs_of, sharpened
from multistart.boundaries.labels import Labels
from multistart.boundaries.mesh import Mesh, Node, Quad, joined
from multistart.box import Box

DUST = -1  # the curve of a point that is on none
Link = tuple[int, int]  # two brackets that are next to each other on a curve


@dataclass(frozen=True)
class Edges:
    """Where labels meet.

    Attributes
    ----------
    brackets
        One row a point, in the order along each curve, dust last; a closed curve ends with the bracket that it begins
        with.
    curve
        The number of the curve that each is on, :data:`DUST` for none, shape ``(n,)``. A curve separates the same two
        labels all along.
    descents
        How many were made to bisect.
    """

    brackets: Brackets
    curve: NDArray[np.int64]
    descents: int


@dataclass(frozen=True)
class Crossing:
    """Where an edge crosses a side of a quad: its bracket, and the nodes before and after it counterclockwise."""

    bracket: int
    before: Node
    after: Node
    forward: bool  # whether the bracket's first label is that before


@dataclass(frozen=True)
class Traced:
    """The bisected edges of a mesh, and what crosses each of its quads, counterclockwise; none where that is not known.

    That is not known where there are more edges than the budget reaches for, which are bisected here and there alone.
    """

    mesh: Mesh
    brackets: Brackets
    crossings: dict[Quad, list[Crossing]]
    descents: int

    def kinds(self, found: list[Crossing]) -> list[tuple[int, int]]:
        """The two labels that each crossing separates, the smaller one first."""
        at = [crossing.bracket for crossing in found]
        both = zip(self.brackets.first[at].tolist(), self.brackets.second[at].tolist(), strict=True)
        return [(min(pair), max(pair)) for pair in both]

    def links(self) -> list[Link]:
        """Which brackets are next to each other on a curve."""
        found = []
        for crossings in self.crossings.values():
            for a, b in joined(self.kinds(crossings)):
                found.append((crossings[a].bracket, crossings[b].bracket))
        return found

    def edges(self) -> Edges:
        """All brackets in the order of curves."""
        paths = chains(len(self.brackets), self.links())
        on_curves = [path for path in paths if len(path) > 1]
        dust = [path for path in paths if len(path) == 1]
        curve = np.repeat(np.arange(len(on_curves)), [len(path) for path in on_curves]).astype(np.int64)
        order = np.array([i for path in (*on_curves, *dust) for i in path], dtype=np.intp)
        return Edges(
            self.brackets.rows(order), np.concatenate([curve, np.full(len(dust), DUST)]), self.mesh.descents + self.descents
        )


def trace(label: Labels, mesh: Mesh, box: Box, descents: int) -> Traced:
    """Bisect all sides of a mesh's quads on which the label changes, within a budget of descents."""
    of_quads = {quad: mesh.crossings(quad) for quad in mesh.quads}
    sides = {tuple(sorted((a, b))): None for found in of_quads.values() for _, a, b in found}
    nodes = sorted({node for side in sides for node in side})
    index = {node: i for i, node in enumerate(nodes)}
    codes = np.array([mesh.code(node) for node in nodes], dtype=np.int64)
    ends = np.array([[index[a], index[b]] for a, b in sides], dtype=np.int64).reshape(-1, 2)
    pairs = pairs_of(mesh.places(nodes), codes, *ends.T)
    brackets, spent = sharpened(label, pairs, box, descents)
    of_side = _of_pairs(brackets)
    crossings: dict[Quad, list[Crossing]] = {}
    if len(of_side) == len(sides):
        number = {side: i for i, side in enumerate(sides)}
        for quad, found in of_quads.items():
            crossings[quad] = [
                crossing for _, a, b in found for crossing in _on_side(a, b, of_side[number[tuple(sorted((a, b)))]])
            ]
    return Traced(mesh, brackets, crossings, spent)


def chains(count: int, links: list[Link]) -> list[list[int]]:
    """Paths along links through so many things, each in one path; a closed one ends where it begins.

    >>> chains(5, [(0, 2), (2, 1), (3, 4)])
    [[0, 2, 1], [3, 4]]
    >>> chains(3, [(0, 1), (1, 2), (2, 0)])
    [[0, 1, 2, 0]]
    """
    beside: dict[int, list[int]] = defaultdict(list)
    for a, b in links:
        beside[a].append(b)
        beside[b].append(a)
    ends = [i for i in range(count) if len(beside[i]) != 2]
    seen: set[int] = set()
    paths = [_path(i, beside, seen) for i in (*ends, *range(count)) if i not in seen]
    return [[*path, path[0]] if len(path) > 2 and path[0] in beside[path[-1]] else path for path in paths]


def _path(start: int, beside: dict[int, list[int]], seen: set[int]) -> list[int]:
    path, at = [], [start]
    while at:
        path.append(at[0])
        seen.add(at[0])
        at = [i for i in beside[at[0]] if i not in seen]
    return path


def _of_pairs(brackets: Brackets) -> list[list[int]]:
    """The brackets of each pair, in order."""
    cuts = np.flatnonzero(np.diff(brackets.pair)) + 1
    ends = [0, *cuts.tolist(), len(brackets)]
    return [list(range(a, b)) for a, b in pairwise(ends) if b > a]


def _on_side(a: Node, b: Node, brackets: list[int]) -> list[Crossing]:
    """The crossings on a side from a node to another, whose brackets go from the smaller node to the larger."""
    forward = a < b
    return [Crossing(i, a, b, forward) for i in (brackets if forward else reversed(brackets))]
