"""`bisect`: pairs of starts with different labels, halved until each holds an edge to the last digits that matter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistart.boundaries.labels import Array, Codes, Labels, reaches
from multistart.box import Box

SHARP = 1e-10  # widths of the domain, to which an edge is told where the budget allows
ON_THE_EDGE = 1e-6  # widths of the domain, within which what reaches no basin between two is their edge
MOST_HALVINGS = 1100  # of doubles: from the largest to the smallest


@dataclass(frozen=True)
class Brackets:
    """Edges between two labels, each on the straight line between its two ends.

    Attributes
    ----------
    low, high
        The points on both sides, shape ``(n, d)``: descents from ``low`` have the code ``first``, from ``high``
        ``second``.
    first, second
        Shape ``(n,)``, different from each other.
    pair
        The pair of starts that a bracket lies in, shape ``(n,)``; two or more where a third label lay between them,
        which then follow each other from the one start to the other.
    """

    low: Array
    high: Array
    first: Codes
    second: Codes
    pair: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.pair)

    @property
    def points(self) -> Array:
        """The middles, shape ``(n, d)``."""
        return _middle(self.low, self.high)

    def width(self, box: Box) -> Array:
        """How far the two ends are apart, in widths of the box along the axis where that is most, shape ``(n,)``."""
        return np.asarray((np.abs(self.high - self.low) / box.width).max(axis=1, initial=0.0))

    def followed_by(self, others: Brackets) -> Brackets:
        """These and then the others."""
        return Brackets(
            *(np.concatenate(both) for both in zip(vars(self).values(), vars(others).values(), strict=True))
        )

    def rows(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> Brackets:
        """Some of them."""
        return Brackets(*(getattr(self, name)[which] for name in ("low", "high", "first", "second", "pair")))


def bisect(
    label: Labels, pairs: Brackets, box: Box, *, width: float | Array = SHARP, descents: int | None = None
) -> tuple[Brackets, int]:
    """Halve brackets side by side until they are as narrow as asked, or no double lies between their ends.

    Every halving is a descent. Where it has a third label, the bracket is cut into two, one on each side of that point,
    as long as cuts are no more than pairs. Of later cuts the half at ``low`` is kept, which is a bracket as well; but
    within 1e-6 between two basins what reaches none is their edge, and the bracket stays as wide as it is.

    Parameters
    ----------
    width
        In widths of the box; one for all, or one a bracket, shape ``(n,)``.
    descents
        How many there may be; halvings end before a round that would need more.

    Returns
    -------
    tuple
        The brackets, by their pair and then from the one start to the other; and how many descents they took.
    """
    found, target = pairs, np.broadcast_to(np.asarray(width, dtype=np.float64), (len(pairs),))
    spent, cuts = 0, len(pairs)
    for _ in range(MOST_HALVINGS):
        middle = _middle(found.low, found.high)
        open_ = (found.width(box) > target) & _between(middle, found)
        rows = np.flatnonzero(open_)
        if not len(rows) or (descents is not None and spent + len(rows) > descents):
            break
        code = label(middle[rows])
        spent += len(rows)
        third = (code != found.first[rows]) & (code != found.second[rows])
        stays = (third.cumsum() > cuts) & _on_the_edge(found, rows, code, box)
        target = target.copy()
        target[rows[stays]] = np.inf
        found, target, cut = _halved(found, target, rows[~stays], middle[rows[~stays]], code[~stays], cuts)
        cuts -= cut
    return found, spent


def _on_the_edge(found: Brackets, rows: NDArray[np.intp], code: Codes, box: Box) -> NDArray[np.bool_]:
    """Whether the middles of some brackets reach nothing, narrowly between two basins."""
    basins = reaches(found.first[rows]) & reaches(found.second[rows])
    return np.asarray(basins & ~reaches(code) & (found.rows(rows).width(box) <= ON_THE_EDGE))


def _middle(low: Array, high: Array) -> Array:
    return np.asarray(low + 0.5 * (high - low))


def _between(middle: Array, found: Brackets) -> NDArray[np.bool_]:
    """Whether a middle is another point than both ends."""
    return np.asarray((middle != found.low).any(axis=1) & (middle != found.high).any(axis=1))


def _halved(
    found: Brackets, target: Array, rows: NDArray[np.intp], middle: Array, code: Codes, cuts: int
) -> tuple[Brackets, Array, int]:
    """The brackets with some of them halved; those cut into two stand where the one stood."""
    low, high, second = found.low.copy(), found.high.copy(), found.second.copy()
    upper = code == found.first[rows]
    low[rows[upper]] = middle[upper]
    high[rows[~upper]] = middle[~upper]
    third = ~upper & (code != found.second[rows])
    second[rows[third]] = code[third]
    first = Brackets(low, high, found.first, second, found.pair)
    new = np.flatnonzero(third)[:cuts]
    if not len(new):
        return first, target, 0
    at = rows[new]
    other = Brackets(middle[new], found.high[at], code[new], found.second[at], found.pair[at])
    order = np.argsort(np.concatenate([np.arange(len(first)), at + 0.5]), kind="stable")
    both = (np.concatenate([getattr(first, name), getattr(other, name)])[order] for name in vars(first))
    return Brackets(*both), np.concatenate([target, target[at]])[order], len(new)
