"""`Search`: a method that walks row by row, and is no formula of a coordinate: line searches, second-order methods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from multistart.methods.rule import Array, Hyperparameter, Numbers, Rule

#: What a search counts, in the last words of a row: values, gradients beside those of its points, Hessians.
COUNTERS = 3
BOUNDED = "bounded_"  # before the name of a module: of the walk that puts its trials back into a box
SHARED = 1  # words of a row that every search has: the norm of the last gradient
#: Why there is no critical learning rate of one.
BY_ITSELF = "it finds its steps by itself"
APART: Literal["apart"] = "apart"
LEAST_SQUARES: Literal["least_squares"] = "least_squares"
#: What searches ask for at a point: of any function, or of a fit alone (gradient and normal matrix at once; how the
#: model bends along a direction).
PARTS = {APART: ("value", "gradient", "hessian"), LEAST_SQUARES: ("value", "slopes", "bend")}


@dataclass(frozen=True)
class Search(Rule):
    """A method that is hand-written for the kernel, see :mod:`multistart.kernels.searches`; its ``update`` is empty.

    To add one, write its update there, add an entry to :data:`multistart.methods.searches.SEARCHES`, and a plain loop
    of it to ``tests/plain_searches.py``.

    Attributes
    ----------
    says
        What it does, in a line.
    pseudocode
        Its update as a textbook has it, a line each.
    kernel
        The module of :mod:`multistart.kernels.searches` that has it, and its function there.
    asks
        What it asks for at a point, one of :data:`PARTS`; what is of fits alone is refused for other functions.
    memory
        Numbers, vectors and matrices that a row remembers; all are 0 before the first update. The default is room for
        all that have no matrix: searches with rows of one size share a loop, which takes longer to compile than they.
    room
        Vectors and matrices that an update works in, besides gradient and next row.
    tighter
        Of one that follows a curve with errors: the numbers of a second run that has to come to the same place.
    differs
        How libraries differ from it.
    order
        What holds of its numbers, as in ``"first_rate <= largest_rate"``.
    not_held
        Why it cannot be held in a box, in a sentence; a search that can be has another walk of the same name in the
        module ``bounded_<module>``, to which the gradient is the projected one, and which puts its trials back.
    """

    unproven: str = "whose regions are not derived"
    says: str = ""
    pseudocode: tuple[str, ...] = ()
    kernel: tuple[str, str] = ("", "walk")
    asks: Literal["apart", "least_squares"] = APART
    memory: tuple[int, int, int] = (1, 2, 0)
    room: tuple[int, int] = (0, 0)
    tighter: Callable[[Numbers], Numbers] | None = None
    differs: str = ""
    order: tuple[str, ...] = ()
    not_held: str = ""

    @property
    def settings(self) -> dict[str, Hyperparameter]:
        """Hyperparameters by name."""
        return {h.name: h for h in self.hyperparameters}

    def held(self) -> Search:
        """The search whose trials are put back into a box, which is its arena."""
        module, walk = self.kernel
        return self if module.startswith(BOUNDED) else replace(self, kernel=(BOUNDED + module, walk))

    @property
    def identity(self) -> dict[str, Any]:
        """Everything that shapes its kernel, as plain data."""
        return {"search": list(self.kernel), "hyperparameters": [h.name for h in self.hyperparameters]}

    def words(self, d: int) -> int:
        """Numbers in a row of ``d`` coordinates: the point, the norm, its memory, what it counts."""
        numbers, vectors, matrices = self.memory
        return d + SHARED + numbers + vectors * d + matrices * d * d + COUNTERS

    def working_room(self, d: int) -> int:
        """Numbers that an update works in besides the row: the gradient first."""
        vectors, matrices = self.room
        return (1 + vectors) * d + matrices * d * d

    def first_state(self, n: int, d: int, numbers: Numbers) -> Array:
        """The state of ``n`` descents before their first updates."""
        import numpy as np

        return np.zeros((n, self.words(d) - d))
