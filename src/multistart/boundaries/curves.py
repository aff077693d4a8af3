"""Curves: bisected edges of a mesh joined where they are curves, and left as points where they are dust."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
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
    """Where an edge crosses a side of a quad: its bracket, and the codes before and after it, counterclockwise."""

    bracket: int
    side: int
    before: int
    after: int


@dataclass(frozen=True)
class Traced:
    """The bisected edges of a mesh, and what crosses each of its quads, counterclockwise; none where that is not known.

    That is not known where there are more edges than the budget reaches for, which are bisected here and there alone.
    """

    mesh: Mesh
    brackets: Brackets
    crossings: dict[Quad, list[Crossing]]
    descents: int

    @cached_property
    def corners(self) -> dict[Quad, NDArray[np.float64]]:
        """The corners of each quad counterclockwise, shape ``(4, 2)``."""
        nodes = [node for i, j, s in self.mesh.quads for node in ((i, j), (i + s, j), (i + s, j + s), (i, j + s))]
        return dict(zip(self.mesh.quads, self.mesh.places(nodes).reshape(-1, 4, 2), strict=True))

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
        on = np.concatenate([curve, np.full(len(dust), DUST)])
        return Edges(self.brackets.rows(order), on, self.mesh.descents + self.descents)


def trace(label: Labels, mesh: Mesh, box: Box, descents: int) -> Traced:
    """Bisect all sides of a mesh's quads on which the label changes, within a budget of descents."""
    of_quads = {quad: mesh.crossings(quad) for quad in mesh.quads}
    sides = list({_key(a, b): None for found in of_quads.values() for _, a, b in found})
    nodes = sorted({node for side in sides for node in side})
    index = {node: i for i, node in enumerate(nodes)}
    codes = np.array([mesh.code(node) for node in nodes], dtype=np.int64)
    ends = np.array([[index[a], index[b]] for a, b in sides], dtype=np.int64).reshape(-1, 2)
    pairs = pairs_of(mesh.places(nodes), codes, *ends.T)
    brackets, spent = sharpened(label, pairs, box, descents)
    of_side = dict(zip((sides[i] for i in brackets.pair[_firsts(brackets)].tolist()), _of_pairs(brackets), strict=True))
    crossings: dict[Quad, list[Crossing]] = {}
    if len(of_side) == len(sides):
        for quad, found in of_quads.items():
            crossings[quad] = [each for k, a, b in found for each in _on_side(k, a, b, of_side, brackets)]
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


def _firsts(brackets: Brackets) -> NDArray[np.intp]:
    """The first bracket of each pair."""
    return np.flatnonzero(np.diff(brackets.pair, prepend=-1))


def _of_pairs(brackets: Brackets) -> list[range]:
    """The brackets of each pair, in order."""
    ends = [*_firsts(brackets).tolist(), len(brackets)]
    return [range(a, b) for a, b in pairwise(ends)]


def _key(a: Node, b: Node) -> tuple[Node, Node]:
    return (a, b) if a < b else (b, a)


def _on_side(
    side: int, a: Node, b: Node, of_side: dict[tuple[Node, Node], range], brackets: Brackets
) -> list[Crossing]:
    """The crossings from a node to another, whose brackets go from the smaller node to the larger."""
    found = of_side[_key(a, b)]
    both = [(i, side, int(brackets.first[i]), int(brackets.second[i])) for i in found]
    if a < b:
        return [Crossing(*each) for each in both]
    return [Crossing(i, side, second, first) for i, side, first, second in reversed(both)]
