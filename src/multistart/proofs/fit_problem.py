"""Trusted: the objective of a fit, a sum over rows of data, as a function that can be certified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
import sympy
from flint import arb
from numpy.typing import NDArray

from multistart.functions.chain_rule import slope
from multistart.functions.conditions import Condition
from multistart.functions.formula import Formula
from multistart.functions.objective import Objective
from multistart.functions.terms import MODEL
from multistart.proofs.enclosures import ZERO, Enclosure, OutsideDomain, enclosure_of, exact
from multistart.proofs.problem import Code, Problem, shared
from multistart.proofs.row_sums import RowSums

if TYPE_CHECKING:
    from multistart.proofs.balls import Cell
    from multistart.proofs.batch import Looks
    from multistart.proofs.branch_and_prune import Pruning
    from multistart.proofs.faces import Face
    from multistart.proofs.search import Search


@dataclass(frozen=True)
class FitProblem(Problem):
    """A sum, or mean, over rows of the expression, which is the term of one row.

    Attributes
    ----------
    columns
        The symbols of the data in the expression.
    data
        The numbers, shape ``(n, c)``.
    digest
        Which data these are.
    divisor
        What the sum is divided by: 1, or ``n`` for a mean.
    residual
        Where a row's term is the square of something smooth, that; none where it is not known to be.
    """

    columns: tuple[sympy.Symbol, ...] = ()
    data: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)), repr=False, compare=False)
    digest: str = ""
    divisor: int = 1
    residual: sympy.Expr | None = None

    @cached_property
    def text(self) -> str:
        """The term, and of which rows it is the sum."""
        what = "sum" if self.divisor == 1 else "mean"
        return f"{what} over {self.rows} rows of data (SHA-256 {self.digest}) of {self.expression}"

    @property
    def rows(self) -> int:
        """The number of rows ``n``."""
        return len(self.data)

    @property
    def all_symbols(self) -> tuple[sympy.Symbol, ...]:
        """Those of the variables, then those of the columns."""
        return (*self.symbols, *self.columns)

    def code(self, expressions: Sequence[sympy.Expr], conditions: Sequence[Condition] = ()) -> Code:
        """Code for the least parts of conditions, and for sums of expressions behind them."""
        of_row = enclosure_of((*(exact(c.part) for c in conditions), *expressions), self.all_symbols)
        return RowSums(of_row, [c.kind for c in conditions], self.data, self.divisor)

    @cached_property
    def _field(self) -> tuple[sympy.Expr, ...]:
        return self._gradient  # nothing is multiplied: rows have no exponent in common

    @property
    def scaled(self) -> bool:
        """The field is the gradient."""
        return False

    def least(self, cell: Cell) -> float:
        """Trusted. A lower bound of the function on a cell, where it is defined."""
        from multistart.proofs.batch import Cells
        from multistart.proofs.contractors import lower_bound

        low, high = np.array(cell, dtype=np.float64).T
        cells = Cells(low[None], high[None])
        with np.errstate(all="ignore"):
            smooth = self.looks.defined(cells)[0][0]
            found = lower_bound(self.looks.look(cells)) if smooth else self.looks.value(cells).low
        return self.looks.unscaled(float(np.fmax(found[0], -np.inf)))

    def pruning(self, search: Search) -> Pruning:
        """What settles most of a search's face by many intervals at once."""
        from multistart.proofs.branch_and_prune import Pruning

        return Pruning(self, search)

    @cached_property
    def looks(self) -> Looks:
        """Code for many cells at once."""
        from multistart.proofs.batch import looks_of

        return looks_of(self)

    def is_injective(self, face: Face, cell: Cell) -> bool:
        """Trusted. Whether the gradient along a face is injective on a cell of it, by mean-value forms row by row."""
        from multistart.proofs.batch import Cells
        from multistart.proofs.injectivity import injective_on

        low, high = np.array(face.full(cell), dtype=np.float64).T
        with np.errstate(all="ignore"):
            return bool(injective_on(self.looks, Cells(low[None], high[None]), face.free)[0])

    def good_points(self, bounds: Sequence[tuple[float, float]]) -> list[list[float]]:
        """Where descents in floats from all over a box end, lowest first; proves nothing."""
        from multistart.proofs.trial_fits import trial_fits

        return trial_fits(self, bounds)


def problem_of(objective: Objective) -> Problem:
    """What is certified of an objective."""
    fit = objective.fit
    if fit is None:
        return shared(Problem(objective.expression, objective.symbols, objective.conditions))
    term = objective.term
    found = FitProblem(
        term.expression, term.symbols, term.conditions, term.open_symbols, fit.rows, fit.digest,
        fit.count if fit.reduction == "mean" else 1, _residual(objective),
    )  # fmt: skip
    return shared(found)


@lru_cache(maxsize=16)
def _residual(objective: Objective) -> sympy.Expr | None:
    """Trusted. ``s (m - t)`` of a loss ``s**2 (m - t)**2``, with ``s`` and ``t`` made of columns alone.

    ``s**2`` is half of the second derivative, which is constant then, and above 0 in every row; ``t`` is where the
    first is 0. Of rows with a factor below 0, as a loss of the user's own may have, no sum of squares is made.
    """
    found = objective.fitted
    m, loss = sympy.Symbol(MODEL), exact(found.loss)
    curvature = sympy.simplify(sympy.diff(loss, m, 2))
    columns = {sympy.Symbol(name) for name in objective.term.arguments}
    if not (curvature.free_symbols <= columns and _is_positive(curvature, objective)):
        return None
    target = -slope(loss, m).xreplace({m: sympy.S.Zero}) / curvature
    if sympy.simplify(loss - curvature / 2 * (m - target) ** 2) != 0 or not target.free_symbols <= columns:
        return None
    written = sympy.sqrt(curvature / 2) * (exact(found.model) - target)
    return exact(objective.put_in(Formula(written, ())).expression)


def _is_positive(of_columns: sympy.Expr, objective: Objective) -> bool:
    """Trusted. Whether what is made of columns alone is certainly above 0 in every row."""
    assert objective.fit is not None
    code, found = Enclosure([of_columns], objective.term.open_symbols), objective.fit.rows.tolist()
    rows = found if of_columns.free_symbols else found[:1]
    try:
        return all(code([arb(v) for v in row])[0] > ZERO for row in rows)
    except OutsideDomain:
        return False
