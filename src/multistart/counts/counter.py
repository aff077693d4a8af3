"""What all counts have in common: a counter makes them of some rows, and counts of different rows add."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from multistart.descents.outcomes import IN_ORBITS, NO_BASIN

GRADIENT = "gradient evaluation"  # as `Method.paid_in` calls it
Array = NDArray[np.float64]


@dataclass(frozen=True)
class LabelledRows:
    """Consecutive rows of a method's outcomes with their labels, ``n`` of each column.

    Attributes
    ----------
    start, end
        Shape ``(n, d)``.
    value, gradient_norm, steps
        As in the table of outcomes.
    ending, label
        Positions in ``ENDINGS`` and ``LABELS``.
    basin
        The number of the minimum, or of another attractor of the method's, or -1.
    evaluations
        Gradients, or where it asks for none values, of a method that counts its own; none where steps tell them.
    success
        What an outside optimiser called a success, true, false or None; none of other methods.
    """

    start: Array
    end: Array
    value: Array
    gradient_norm: Array
    steps: NDArray[np.int64]
    ending: NDArray[np.int8]
    basin: NDArray[np.int64]
    label: NDArray[np.int8]
    evaluations: NDArray[np.int64] | None = None
    success: NDArray[np.object_] | None = None

    @classmethod
    def of(cls, columns: Mapping[str, np.ndarray], variables: Sequence[str], paid_in: str = GRADIENT) -> LabelledRows:
        """The rows of a table with a column a coordinate, of a method that is paid in what `Method.paid_in` says."""
        names = ("value", "gradient_norm", "steps", "ending", "basin", "label")
        start, end = (coordinates(columns, at, variables) for at in ("start", "end"))
        cost, success = paid(columns, paid_in), columns.get("optimizer_success")
        return cls(start, end, **{name: columns[name] for name in names}, evaluations=cost, success=success)

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def at_no_minimum(self) -> NDArray[np.bool_]:
        """Which rows have reached no minimum, shape ``(n,)``: those on other attractors among them."""
        return (self.basin == NO_BASIN) | np.isin(self.ending, IN_ORBITS)


def paid(columns: Mapping[str, np.ndarray], paid_in: str = GRADIENT) -> NDArray[np.int64] | None:
    """What each descent cost, of a method that counts its own: the column of what `Method.paid_in` says.

    It is the method's and not that of some rows: descents that all end before their first gradient have paid none.
    """
    return columns.get(f"{paid_in.replace(' ', '_')}s")


def coordinates(columns: Mapping[str, np.ndarray], prefix: str, variables: Sequence[str]) -> Array:
    """The coordinates with a prefix (``start``, ``end``) as one array, shape ``(n, d)``."""
    return np.stack([columns[f"{prefix}_{name}"] for name in variables], axis=1)


class Counts(Protocol):
    """Whole numbers that say something of rows, and add exactly: in any order and grouping, to the counts of all."""

    def __add__(self, other): ...


R = TypeVar("R", contravariant=True)
C = TypeVar("C", bound=Counts)


class Counter(ABC, Generic[R, C]):
    """Makes counts of rows; knows what they are measured by.

    Implementations: :class:`.tally.OutcomeCounter`, what became of the starts, for pictures and summary;
    :class:`.shares.ShareCounter`, starts by basin, and by ending, with what the intervals of their shares need;
    :class:`.nested.NestedCounter`, starts by basin in smaller studies within the study; and
    :class:`.method.MethodCounter`, all of them. :class:`.pairs.PairCounter` counts rows of two methods together.

    To add one, write a class of counts with ``+``, ``to_frame`` and ``from_frame``, and a counter with ``of``; add both
    to :mod:`.method` and to the list in tests/test_counts.py, which cuts rows into parts in all ways and adds them up.
    """

    @abstractmethod
    def of(self, rows: R, first: int) -> C:
        """The counts of rows ``first, first + 1, ...`` of the design."""
