"""`Layout`: what an estimate must know of a design to judge its labels: size, grid, cells, replicates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from multistart.errors import InputError, one_of
from multistart.starts.designs import DESIGNS, GRIDS, SEQUENCES


@dataclass(frozen=True)
class Layout:
    """The rows of a design, in order: replicate by replicate, cell by cell, the last coordinate fastest.

    Parameters
    ----------
    design
        One of ``designs.DESIGNS``.
    starts
        All rows, over all replicates.
    per_axis
        Cells on each axis, ``d`` numbers; empty for designs without cells.
    per_cell
        Starts in each cell of a jittered grid; they are consecutive rows.
    replicates
        Independent scramblings of a Latin hypercube, Sobol or Halton design.
    """

    design: str
    starts: int
    per_axis: tuple[int, ...] = ()
    per_cell: int = 1
    replicates: int = 1

    def __post_init__(self) -> None:
        if self.design not in DESIGNS:
            raise InputError(f"design {one_of(self.design, DESIGNS)}")
        if self.starts < 1 or self.per_cell < 1 or self.replicates < 1 or min(self.per_axis, default=1) < 1:
            raise InputError(f"a design has at least one start, cell and replicate; got {self}")
        if (self.design in GRIDS) != bool(self.per_axis):
            raise InputError(f"{' and '.join(GRIDS)} need per_axis, other designs do not take it; got {self}")
        if self.design in GRIDS and math.prod(self.per_axis) * self.per_cell != self.starts:
            raise InputError(f"{self.per_axis} cells of {self.per_cell} do not make {self.starts} starts")
        if self.per_cell > 1 and self.design != "jittered_grid":
            raise InputError(f"only a jittered_grid has several starts in a cell; got {self}")
        if self.replicates > 1 and self.design not in SEQUENCES:
            raise InputError(f"replicates belong to {', '.join(SEQUENCES)}; got {self.replicates} of {self.design}")
        if self.starts % self.replicates:
            raise InputError(f"{self.starts} starts are not {self.replicates} replicates of one size")

    @classmethod
    def of(
        cls,
        design: str,
        starts: int,
        *,
        per_axis: int | Sequence[int] | None = None,
        per_cell: int = 1,
        replicates: int = 1,
    ) -> Layout:
        """Build a layout; the dimension of a grid with one ``per_axis`` follows from the number of starts.

        >>> Layout.of("jittered_grid", 250_000, per_axis=500).per_axis
        (500, 500)
        """
        if per_axis is None:
            return cls(design, starts, (), per_cell, replicates)
        axes = _axes(per_axis, starts, per_cell) if isinstance(per_axis, int) else tuple(int(m) for m in per_axis)
        return cls(design, starts, axes, per_cell, replicates)

    @property
    def strides(self) -> tuple[int, ...]:
        """Rows between neighbours along each axis of a grid with one start a cell."""
        return tuple(math.prod(self.per_axis[a + 1 :]) for a in range(len(self.per_axis)))

    @property
    def per_replicate(self) -> int:
        """Starts in one replicate."""
        return self.starts // self.replicates


def _axes(per_axis: int, starts: int, per_cell: int) -> tuple[int, ...]:
    """``per_axis`` as often as its power makes the number of starts; one axis where per_axis is 1."""
    dimensions = 1
    while per_axis > 1 and per_axis**dimensions * per_cell < starts:
        dimensions += 1
    if per_axis < 1 or per_axis**dimensions * per_cell != starts:
        raise InputError(
            f"{starts} starts are not per_axis={per_axis} to a whole power times per_cell={per_cell}; "
            "give per_axis as a tuple where the axes differ"
        )
    return (per_axis,) * dimensions
