"""`Mesh`: the quadrilaterals between four starts of a lattice, cut in four where an edge in them is no simple one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from multistart.boundaries.labels import Array, Labels
from multistart.boundaries.lattice import Lattice, thin

PARTS = 16  # of a side that is cut four times: 16 times the lattice on an axis
SIZES = (16, 8, 4, 2, 1)  # of quads
Node = tuple[int, int]  # a place in the plane, in 16ths of the distance between starts
Quad = tuple[int, int, int]  # its lowest node, and how many 16ths its sides have


class Mesh:
    """A lattice of two dimensions with finer nodes where they are needed.

    Attributes
    ----------
    quads
        Those that have nodes of different codes, and all that come from one that was cut, in order.
    descents
        How many were made for finer nodes.
    """

    def __init__(self, lattice: Lattice) -> None:
        self._lattice = lattice
        self._coarse: list[list[int]] = lattice.codes.tolist()  # ten times as fast to ask for one as the array
        self._fine: dict[Node, int] = {}
        self._busy: set[tuple[int, int, int]] = set()  # sides of coarse quads that have finer nodes
        self._cut: set[Node] = set()  # the lowest nodes of quads of the lattice that were cut
        self._crossed: dict[Quad, list[tuple[int, Node, Node]]] = {}  # what :meth:`crossings` found
        self.quads: list[Quad] = _edge_quads(lattice.codes)
        self.descents = 0

    def refine(self, label: Labels, descents: int) -> None:
        """Cut quads with more than two labels, more than one edge, or an edge thinner than a cell, 4 times at most.

        A strip thinner than a cell is cut to the end, two times at once, and followed where it leads on: into a quad in
        which it is seen on one side alone. All that are to be cut are cut together, or none where their descents are
        more than are left.
        """
        strips = set(_quads_at(thin(self._lattice.codes)))
        leaves = {*self.quads, *strips}
        cut = strips | {quad for quad in leaves if not self.simple(quad)}
        while cut:
            parts = {quad: 4 if quad in strips and quad[2] >= 4 else 2 for quad in sorted(cut)}
            nodes = sorted({node for quad in cut for node in _cuts(quad, parts[quad]) if self.code(node) is None})
            if self.descents + len(nodes) > descents:
                break
            self._add(nodes, label)
            self._cut.update(quad[:2] for quad in cut if quad[2] == PARTS)
            children = {child: quad in strips for quad in parts for child in _children(quad, parts[quad])}
            touched = self._touching(nodes)
            beside = self._beside(touched, leaves)
            leaves = (leaves - cut) | set(children) | beside
            asked = set(children) | (touched & leaves)
            strips = {quad for quad in asked if self._dives(quad) or (children.get(quad) and self.crossings(quad))}
            cut = {quad for quad in asked if quad[2] > 1 and (quad in strips or not self.simple(quad))}
        self.quads = sorted(quad for quad in leaves if quad[2] < PARTS or self.crossings(quad))

    def code(self, node: Node) -> int | None:
        """The code of a node; none where there is none."""
        if node[0] % PARTS == 0 and node[1] % PARTS == 0:
            return self._coarse[node[0] // PARTS][node[1] // PARTS]
        return self._fine.get(node)

    def places(self, nodes: Iterable[Node]) -> Array:
        """Where nodes are, shape ``(n, 2)``: between starts bilinear, so on straight lines along a side."""
        keys = np.array(list(nodes), dtype=np.int64).reshape(-1, 2)
        points = self._lattice.points
        i, j = np.minimum(keys // PARTS, np.array(points.shape[:2]) - 2).T
        u, v = ((keys - PARTS * np.stack([i, j], axis=1)) / PARTS).T[:, :, None]
        low, high = points[i, j] + u * (points[i + 1, j] - points[i, j]), _along(points, i, j + 1, u)
        found = low + v * (high - low)
        exact = (keys % PARTS == 0).all(axis=1)  # the starts themselves, to the bit
        found[exact] = points[keys[exact, 0] // PARTS, keys[exact, 1] // PARTS]
        return np.asarray(found)

    def around(self, quad: Quad) -> list[list[Node]]:
        """The nodes on the four sides of a quad, counterclockwise, both ends included."""
        i, j, s = quad
        corners = [(i, j), (i + s, j), (i + s, j + s), (i, j + s), (i, j)]
        return [self._side(*ends) for ends in pairwise(corners)]

    def crossings(self, quad: Quad) -> list[tuple[int, Node, Node]]:
        """Where the code changes around a quad: the side, and the nodes before and after."""
        if quad not in self._crossed:
            sides = [[(node, self.code(node)) for node in side] for side in self.around(quad)]
            found = [(k, *a, *b) for k, side in enumerate(sides) for a, b in pairwise(side)]
            self._crossed[quad] = [(k, a, b) for k, a, first, b, second in found if first != second]
        return self._crossed[quad]

    def simple(self, quad: Quad) -> bool:
        """Whether there are two labels around it, and one edge that goes in on one side and out on another; or none."""
        found = self.crossings(quad)
        codes = {self.code(node) for _, *ends in found for node in ends}
        return not found or (len(found) == 2 and len(codes) == 2 and found[0][0] != found[1][0])

    def _dives(self, quad: Quad) -> bool:
        """Whether all that is seen of an edge is on one side."""
        return len({side for side, _, _ in self.crossings(quad)}) == 1

    def _side(self, a: Node, b: Node) -> list[Node]:
        size = max(abs(b[0] - a[0]), abs(b[1] - a[1]))
        if size == 1 or (size == PARTS and _side_key(a, b) not in self._busy):
            return [a, b]
        di, dj = (b[0] - a[0]) // size, (b[1] - a[1]) // size
        between = ((a[0] + k * di, a[1] + k * dj) for k in range(1, size))
        return [a, *(node for node in between if node in self._fine), b]

    def _add(self, nodes: list[Node], label: Labels) -> None:
        self._fine.update(zip(nodes, label(self.places(nodes)).tolist(), strict=True))
        self.descents += len(nodes)
        for i, j in nodes:
            if j % PARTS == 0:
                self._busy.add((0, i // PARTS, j // PARTS))
            if i % PARTS == 0:
                self._busy.add((1, i // PARTS, j // PARTS))

    def _touching(self, nodes: list[Node]) -> set[Quad]:
        """Places of quads of any size that have one of these nodes on a side; what was found of them holds no more."""
        found: set[Quad] = set()
        for i, j in nodes:
            for s in SIZES:
                across, up = ([a - a % s, a - s] if a % s == 0 else [a - a % s] for a in (i, j))
                if len(across) + len(up) > 2:
                    found.update((a, b, s) for a in across for b in up)
        for quad in found:
            self._crossed.pop(quad, None)
        return found

    def _beside(self, touched: set[Quad], known: set[Quad]) -> set[Quad]:
        """Whole quads of the lattice that were uniform until a node on one of their sides had another code."""
        last = [PARTS * (size - 1) for size in self._lattice.codes.shape]
        whole = {(i, j, s) for i, j, s in touched if s == PARTS and 0 <= i < last[0] and 0 <= j < last[1]}
        whole = {quad for quad in whole if quad not in known and quad[:2] not in self._cut}
        return {quad for quad in whole if self.crossings(quad)}


def joined(kinds: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Which of the edges that cross the sides of a quad are one: those that separate the same two labels, if just two.

    >>> joined([(0, 1), (0, 2), (0, 2), (1, 2)])
    [(1, 2)]
    """
    twice = [kind for kind, count in Counter(kinds).items() if count == 2]
    return [(first, kinds.index(kind, first + 1)) for kind in twice for first in [kinds.index(kind)]]


def _along(points: Array, i: NDArray[np.int64], j: NDArray[np.int64], u: Array) -> Array:
    return np.asarray(points[i, j] + u * (points[i + 1, j] - points[i, j]))


def _side_key(a: Node, b: Node) -> tuple[int, int, int]:
    low = min(a, b)
    return int(a[0] == b[0]), low[0] // PARTS, low[1] // PARTS


def _edge_quads(codes: NDArray[np.int64]) -> list[Quad]:
    corner = codes[:-1, :-1]
    differ = (corner != codes[1:, :-1]) | (corner != codes[:-1, 1:]) | (corner != codes[1:, 1:])
    return [(PARTS * i, PARTS * j, PARTS) for i, j in np.argwhere(differ).tolist()]


def _quads_at(starts: NDArray[np.bool_]) -> Iterator[Quad]:
    """The quads that have one of these starts as a corner."""
    last = np.array(starts.shape) - 1
    for i, j in np.argwhere(starts).tolist():
        for a, b in ((i - 1, j - 1), (i, j - 1), (i - 1, j), (i, j)):
            if 0 <= a < last[0] and 0 <= b < last[1]:
                yield (PARTS * a, PARTS * b, PARTS)


def _cuts(quad: Quad, parts: int) -> list[Node]:
    """The nodes that cut a quad in so many parts an axis, its corners included."""
    i, j, s = quad
    at = range(0, s + 1, s // parts)
    return [(i + a, j + b) for a in at for b in at]


def _children(quad: Quad, parts: int) -> list[Quad]:
    i, j, s = quad
    at = range(0, s, s // parts)
    return [(i + a, j + b, s // parts) for a in at for b in at]
