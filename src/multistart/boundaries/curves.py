"""Curves: bisected edges of a mesh joined where they are curves, and left as points where they are dust."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from multistart.boundaries.bisection import Brackets
from multistart.boundaries.edges import affordable, pairs_of, sharpened
from multistart.boundaries.labels import Labels, reaches
from multistart.boundaries.mesh import Mesh, Node, Quad, joined
from multistart.box import Box

FEWEST = 6  # points of a curve
TO_JOIN = 2  # descents for each side that is crossed, which join the edges on it
ASIDE = 1 / 32  # of the way between two points on an edge, how far beside their middle it is looked for
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
    """The bisected edges of a mesh, what crosses each of its quads, and which of that is next to each other on a curve.

    Attributes
    ----------
    crossings
        Of quads, counterclockwise. None of one with an edge that is not joined, since there are more than the budget
        reaches for: those are bisected here and there alone.
    links
        Pairs of brackets between which the edge was found to be where the straight line between them is.
    """

    mesh: Mesh
    brackets: Brackets
    crossings: dict[Quad, list[Crossing]]
    links: list[Link]
    descents: int

    @property
    def corners(self) -> NDArray[np.float64]:
        """The corners of each quad counterclockwise, four rows a quad."""
        nodes = [node for i, j, s in self.mesh.quads for node in ((i, j), (i + s, j), (i + s, j + s), (i, j + s))]
        return self.mesh.places(nodes)

    def edges(self) -> Edges:
        """All brackets in the order of curves; those of a few points alone are dust."""
        paths = chains(len(self.brackets), self.links)
        on_curves = [path for path in paths if len(path) >= FEWEST]
        dust = sorted({i for path in paths if len(path) < FEWEST for i in path})
        curve = np.repeat(np.arange(len(on_curves)), [len(path) for path in on_curves]).astype(np.int64)
        order = np.array([*(i for path in on_curves for i in path), *dust], dtype=np.intp)
        on = np.concatenate([curve, np.full(len(dust), DUST)])
        return Edges(self.brackets.rows(order), on, self.mesh.descents + self.descents)


def trace(label: Labels, mesh: Mesh, box: Box, descents: int) -> Traced:
    """Bisect the sides of a mesh's quads on which the label changes, and join them, within a budget of descents.

    Where it does not reach for all of them, those between two basins are joined if it reaches for these.
    """
    of_quads = {quad: mesh.crossings(quad) for quad in mesh.quads}
    sides = list({_key(a, b): None for found in of_quads.values() for _, a, b in found})
    nodes = sorted({node for side in sides for node in side})
    index = {node: i for i, node in enumerate(nodes)}
    codes = np.array([mesh.code(node) for node in nodes], dtype=np.int64)
    ends = np.array([[index[a], index[b]] for a, b in sides], dtype=np.int64).reshape(-1, 2)
    pairs = pairs_of(mesh.places(nodes), codes, *ends.T)
    chosen = _to_be_joined(pairs, descents)
    to_join = TO_JOIN * int(chosen.sum())
    whole, spent = sharpened(label, pairs.rows(chosen), box, descents - to_join)
    others, more = sharpened(label, pairs.rows(~chosen), box, descents - to_join - spent)
    brackets = whole.followed_by(others)
    bisected = [sides[i] for i in whole.pair[_firsts(whole)].tolist()]
    of_side = dict(zip(bisected, _of_pairs(whole), strict=True))
    crossings: dict[Quad, list[Crossing]] = {}
    for quad, found in of_quads.items():
        if all(_key(a, b) in of_side for _, a, b in found):
            crossings[quad] = [each for k, a, b in found for each in _on_side(k, a, b, of_side, brackets)]
    links, last = _links(label, crossings, brackets, descents - spent - more)
    return Traced(mesh, brackets, crossings, links, spent + more + last)


def _to_be_joined(pairs: Brackets, descents: int) -> NDArray[np.bool_]:
    """Which edges the budget reaches for: all, or those between two basins, or none; shape ``(n,)``."""
    basins = reaches(pairs.first) & reaches(pairs.second)
    for rows in (np.ones(len(pairs), dtype=bool), basins):
        if affordable(n := int(rows.sum()), descents - TO_JOIN * n):
            return rows
    return np.zeros(len(pairs), dtype=bool)


def _links(
    label: Labels, crossings: dict[Quad, list[Crossing]], brackets: Brackets, descents: int
) -> tuple[list[Link], int]:
    """The crossings of quads that are one edge, by a descent on each side of the middle between them."""
    ways = [way for found in crossings.values() for way in _ways(found)]
    asked = [link for way in ways for links in way for link in links]
    if not asked or 2 * len(asked) > descents:
        return [], 0
    holds = iter(_beside_middles(label, asked, brackets).tolist())
    found: list[Link] = []
    for way in ways:
        held = [_all_of(holds, links) for links in way]
        found += [(a.bracket, b.bracket) for a, b in way[held.index(True)]] if any(held) else []
    return found, 2 * len(asked)


def _all_of(holds: Iterator[bool], links: list[tuple[Crossing, Crossing]]) -> bool:
    """Whether the next ones of what holds, as many as there are links, are all true; all are taken."""
    return all([next(holds) for _ in links])  # noqa: C419


def _beside_middles(label: Labels, links: list[tuple[Crossing, Crossing]], brackets: Brackets) -> NDArray[np.bool_]:
    """Whether a 32nd of its length beside the middle of each link, the labels are those on the two sides of an edge.

    From the first crossing to the second, what comes after the first counterclockwise is on the right.
    """
    first, second = np.array([[a.bracket, b.bracket] for a, b in links]).T
    along = brackets.points[second] - brackets.points[first]
    size = np.hypot(*along.T)
    across = np.stack([along[:, 1], -along[:, 0]], axis=1) / np.where(size > 0, size, 1.0)[:, None]
    blurred = np.hypot(*(brackets.high - brackets.low).T)
    far = np.maximum(size * ASIDE, 2 * np.maximum(blurred[first], blurred[second]))[:, None] * across
    middle = brackets.points[first] + 0.5 * along
    right, left = label(np.concatenate([middle + far, middle - far])).reshape(2, -1)
    return (right == [a.after for a, _ in links]) & (left == [a.before for a, _ in links])


def _ways(found: list[Crossing]) -> list[list[list[tuple[Crossing, Crossing]]]]:
    """In which ways the crossings of a quad may be joined, each a list of links; a list of ways for each part of them.

    Two that separate the same two labels are one edge; four on four sides are two edges, around the one or the other
    two corners.
    """
    if len(found) == 4 and [each.side for each in found] == [0, 1, 2, 3] and len(set(map(_kind, found))) == 1:
        a, b, c, d = found
        return [[[(a, b), (c, d)], [(b, c), (d, a)]]]
    pairs = [(found[i], found[j]) for i, j in joined([_kind(each) for each in found])]
    return [[[pair]] for pair in pairs]


def _kind(crossing: Crossing) -> tuple[int, int]:
    """The two labels that a crossing separates, the smaller one first."""
    return min(crossing.before, crossing.after), max(crossing.before, crossing.after)


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
