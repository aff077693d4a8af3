"""`Fit`: a model, a loss and measured rows, whose sum over the rows is an objective.

What stands here is the *term* of one row: SymPy differentiates it once, whatever the number of rows. The rows stay
numbers; kernels, proofs and NumPy go through them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from multistart.functions.conditions import Condition, needed
from multistart.functions.formula import parse_open
from multistart.functions.parameters import Value

if TYPE_CHECKING:
    import sympy

Array = NDArray[np.float64]
BLOCK = 16  # rows that are added one after the other, before blocks are added pairwise
#: Losses by name: the formula of a row in the response y, the model's value m and the residual r = y - m.
LOSSES = {"squares": "r**2"}


@dataclass(frozen=True)
class Fit:
    """What a fit is made of.

    Attributes
    ----------
    model
        The model as a formula in the objective's variables, its parameters and the columns.
    response
        What is fitted: a column, or a formula in columns.
    columns
        Names of the columns that are read, in the order of ``rows``.
    loss
        A name of :data:`LOSSES`, or a formula in the model's value ``m``, the columns and the variables.
    reduction
        Whether the terms are summed, or their mean is taken.
    source
        Where the rows come from, for words.
    digest
        SHA-256 of the rows; empty for a family of fits, whose rows are open.
    rows
        The numbers, shape ``(n, c)``.
    """

    model: str
    response: str
    columns: tuple[str, ...]
    loss: str = "squares"
    reduction: Literal["sum", "mean"] = "sum"
    source: str = ""
    digest: str = ""
    rows: Array = field(default_factory=lambda: np.empty((0, 0)), compare=False, repr=False)

    @property
    def count(self) -> int:
        """The number of rows ``n``."""
        return len(self.rows)

    @property
    def family(self) -> Fit:
        """The same for all rows, which are open: what code is compiled of."""
        return replace(self, source="", digest="", rows=np.empty((0, len(self.columns))))

    @property
    def identity(self) -> dict[str, Any]:
        """Which fit this is, as plain data."""
        return {
            "model": self.model, "response": self.response, "columns": list(self.columns), "loss": self.loss,
            "reduction": self.reduction, "rows": self.digest,
        }  # fmt: skip

    def term(self, variables: Sequence[str], parameters: Mapping[str, Value]) -> Term:
        """What one row adds, and what it is made of.

        Raises
        ------
        ExpressionError
            Model, response or loss is no formula, in a sentence.
        """
        import sympy

        m, r = sympy.Symbol("m"), sympy.Symbol("r")
        read = [name for name in self.columns if _names(self.model, name)]
        model = parse_open(self.model, variables, parameters, read)
        response = parse_open(self.response, (), {}, [name for name in self.columns if _names(self.response, name)])
        text = LOSSES.get(self.loss, self.loss)
        names = [name for name in ("m", "r", *variables, *self.columns) if _names(text, name)]
        loss = parse_open(text, names, {}, ())
        put_in = {r: response.expression - m}
        of_value = loss.expression.xreplace(put_in)
        conditions = [*model.conditions, *response.conditions, *response.of_parameters, *model.of_parameters]
        conditions += [
            Condition(c.kind, c.part.xreplace(put_in).xreplace({m: model.expression})) for c in loss.conditions
        ]
        return Term(
            of_value.xreplace({m: model.expression}),
            needed(conditions),
            model.expression,
            response.expression,
            of_value,
        )


@dataclass(frozen=True)
class Term:
    """What one row adds to a fit's objective, in the symbols of variables and columns.

    Attributes
    ----------
    expression, conditions
        The term, and where it is defined.
    model, response
        The model's value and what it is to be.
    loss
        The term as a function of the symbol ``m``, the model's value.
    """

    expression: sympy.Expr
    conditions: tuple[Condition, ...]
    model: sympy.Expr
    response: sympy.Expr
    loss: sympy.Expr


def _names(text: str, name: str) -> bool:
    """Whether a formula names something."""
    import re

    return re.search(rf"\b{name}\b", text) is not None


def digest_of(rows: Array) -> str:
    """The SHA-256 of rows, shape and bits."""
    return hashlib.sha256(repr(rows.shape).encode() + np.ascontiguousarray(rows, dtype="<f8").tobytes()).hexdigest()


def pairwise(terms: Array) -> Array:
    """The sum over the last axis in the order of every kernel: blocks of :data:`BLOCK` in turn, then blocks pairwise.

    Higham 1993, "The accuracy of floating point summation", SIAM J. Sci. Comput. 14(4): the error grows with the
    logarithm of the number of terms. After the k-th block, sums are merged as a binary counter carries.

    >>> pairwise(np.array([[1e16, 1.0, -1e16]]))
    array([0.])
    """
    held: list[Array] = []
    for k, first in enumerate(range(0, terms.shape[-1], BLOCK), start=1):
        total = terms[..., first].copy()
        for j in range(first + 1, min(first + BLOCK, terms.shape[-1])):
            total += terms[..., j]
        carries = k
        while carries % 2 == 0:
            total, carries = held.pop() + total, carries // 2
        held.append(total)
    total = held.pop()
    while held:
        total = held.pop() + total
    return total
