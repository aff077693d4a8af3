"""Lines that sum expressions over rows of data, in the one order that all fits are summed in.

Data are an address: the number of rows, then the rows, one after the other. Blocks of rows are added one after the
other, then blocks pairwise, as a binary counter carries: :func:`multistart.functions.fit.pairwise` is the reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from multistart.functions.fit import BLOCK

LEVELS = 48  # sums held at a time: as many as 2**48 blocks of rows leave


@dataclass(frozen=True)
class Summed:
    """What is computed of a row, and what of it is summed.

    Attributes
    ----------
    columns
        Numbers in a row.
    lines
        Lines that compute it, in terms of the point and of a row's numbers p0, p1, ...
    parts
        What is summed.
    asked
        What must hold in every row, as conditions of Python.
    mean
        Whether the sums are divided by the number of rows.
    """

    columns: int
    lines: Sequence[str]
    parts: Sequence[str]
    asked: Sequence[str] = ()
    mean: bool = False

    @property
    def room(self) -> int:
        """How many numbers the sums that are held take."""
        return LEVELS * len(self.parts)

    def text(self, held: str = "held") -> list[str]:
        """Lines that leave the sums in total0, total1, ..., and 1 in ``holds``, or -1 where something does not.

        ``data`` is the address of the data, ``held`` the name of what gives the room to work in.
        """
        totals = [f"total{j}" for j in range(len(self.parts))]
        s = len(totals)
        row = [f"p{k} = data[1 + row * {self.columns} + {k}]" for k in range(self.columns)]
        asked = [f"holds = holds if {' and '.join(self.asked)} else -1.0"] if self.asked else []
        each = [*row, *self.lines, *(f"{a} = {a} + {x}" for a, x in zip(totals, self.parts, strict=True)), *asked]
        below = [f"{a} = room[depth * {s} + {j}] + {a}" for j, a in enumerate(totals)]
        return [
            "n = int(data[0])",
            f"room = {held}()",
            "depth = 0",
            "blocks = 0",
            "holds = 1.0",
            f"for first in range(0, n, {BLOCK}):",
            *_in([f"{a} = -0.0" for a in totals]),  # what is added to it stays what it is
            f"    for row in range(first, min(first + {BLOCK}, n)):",
            *_in(each, 2),
            "    blocks += 1",
            "    carries = blocks",
            "    while carries % 2 == 0:",
            "        depth -= 1",
            *_in(below, 2),
            "        carries //= 2",
            *_in([f"room[depth * {s} + {j}] = {a}" for j, a in enumerate(totals)]),
            "    depth += 1",
            "depth -= 1",
            *(f"{a} = room[depth * {s} + {j}]" for j, a in enumerate(totals)),
            "while depth > 0:",
            "    depth -= 1",
            *_in(below),
            *([f"{a} = {a} / float(n)" for a in totals] if self.mean else []),
        ]


def _in(lines: Sequence[str], depth: int = 1) -> list[str]:
    return ["    " * depth + line for line in lines]
