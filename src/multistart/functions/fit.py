"""`Fit`: a model, a loss and measured rows, whose sum over the rows is an objective.

SymPy knows the term of one row, see :mod:`multistart.functions.terms`, whatever the number of rows. The rows stay
numbers; kernels, proofs and NumPy go through them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from multistart.errors import InputError, one_of
from multistart.functions.expressions import constants_in, names_in
from multistart.functions.losses import LOSSES, SQUARES, is_formula, read_loss
from multistart.functions.parameters import Value
from multistart.functions.terms import MEANING, MODEL, RESIDUAL, Term, term_of
from multistart.tables import reserved_columns

Array = NDArray[np.float64]
REDUCTIONS = ("sum", "mean")
BLOCK = 16  # rows that are added one after the other, before blocks are added pairwise


@dataclass(frozen=True)
class Fit:
    """What a fit is made of.

    Attributes
    ----------
    model
        The model as a formula in the objective's variables, its parameters and the columns.
    response
        What is fitted: a column, or a formula in columns and parameters.
    columns
        Names of the columns that are read, in the order of ``rows``.
    loss
        A name of :data:`.losses.LOSSES`, or a formula in the model's value ``m``, the residual ``r``, the columns, the
        variables and the parameters.
    numbers
        Of a loss by name: its numbers, each a number or a formula.
    weights, standard_deviations
        What the loss of a row is multiplied with, and what its residual is divided by: a column, or a formula in
        columns; empty for none.
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
    loss: str = SQUARES
    numbers: tuple[tuple[str, Value], ...] = ()
    weights: str = ""
    standard_deviations: str = ""
    reduction: Literal["sum", "mean"] = "sum"
    source: str = ""
    digest: str = ""
    rows: Array = field(default_factory=lambda: np.empty((0, 0)), compare=False, repr=False)

    @classmethod
    def of(
        cls,
        model: str,
        response: str,
        variables: Sequence[str],
        parameters: Sequence[str] = (),
        *,
        loss: str | Mapping[str, Value] = SQUARES,
        weights: str | None = None,
        standard_deviations: str | None = None,
        reduction: Literal["sum", "mean"] = "sum",
    ) -> Fit:
        """What formulas say of a fit, whose rows come later; a name that is no variable and no parameter is a column.

        Raises
        ------
        InputError
            An unknown loss, a number that it lacks or does not have, a name that occurs nowhere or means two things.
        """
        texts = {"model": model, "response": response, "weights": weights, "standard_deviations": standard_deviations}
        for what, text in texts.items():
            if not isinstance(text, str) and not (text is None and what in ("weights", "standard_deviations")):
                raise InputError(f"{what} is a column or a formula, in quotes; got {text!r}")
        name, numbers = read_loss(loss)
        if reduction not in REDUCTIONS:
            raise InputError(f"a reduction {one_of(reduction, REDUCTIONS)}")
        fit = cls(model, response, (), name, numbers, weights or "", standard_deviations or "", reduction)
        fit._check(variables, parameters)
        named = [each for text in fit._beside_loss for each in names_in(text)]
        named += [each for text in fit._of_loss for each in names_in(text) if each not in fit._meant]
        columns = tuple(dict.fromkeys(each for each in named if each not in (*variables, *parameters)))
        for name in sorted(reserved_columns() & set(columns)):
            raise InputError(f'column "{name}": fitted.csv has a column of its own called so; rename it in the data')
        return replace(fit, columns=columns)

    @property
    def count(self) -> int:
        """The number of rows ``n``."""
        return len(self.rows)

    @property
    def constants(self) -> tuple[str, ...]:
        """The numbers that its formulas call by name: pi, e."""
        return tuple(
            dict.fromkeys(name for text in (*self._beside_loss, *self._of_loss) for name in constants_in(text))
        )

    @property
    def family(self) -> Fit:
        """The same for all rows, which are open: what code is compiled of."""
        return replace(self, source="", digest="", rows=np.empty((0, len(self.columns))))

    def on(self, rows: Array, source: str) -> Fit:
        """The same with rows, shape ``(n, c)``."""
        return replace(self, rows=rows, source=source, digest=digest_of(rows))

    @property
    def identity(self) -> dict[str, Any]:
        """Which fit this is, as plain data."""
        return {
            "model": self.model, "response": self.response, "columns": list(self.columns), "loss": self.loss,
            "numbers": [[name, str(value)] for name, value in self.numbers], "weights": self.weights,
            "standard_deviations": self.standard_deviations, "reduction": self.reduction, "rows": self.digest,
        }  # fmt: skip

    def term(self, variables: Sequence[str], parameters: Mapping[str, Value]) -> Term:
        """What one row adds, and what it is made of.

        Raises
        ------
        ExpressionError
            Model, response or loss is no formula, in a sentence.
        """
        return term_of(self, variables, parameters)

    @property
    def _beside_loss(self) -> list[str]:
        return [self.model, self.response, self.weights, self.standard_deviations]

    @property
    def _of_loss(self) -> list[str]:
        return [self.loss] if is_formula(self.loss) else [value for _, value in self.numbers if isinstance(value, str)]

    @property
    def _meant(self) -> set[str]:
        """The names by which a loss of the user's own calls the model's value and the residual."""
        return set(names_in(self.loss)) & set(MEANING) if is_formula(self.loss) else set()

    def _check(self, variables: Sequence[str], parameters: Sequence[str]) -> None:
        beside = {name for text in self._beside_loss for name in names_in(text)}
        named = beside | {name for text in self._of_loss for name in names_in(text)}
        for what, names in (("variable", variables), ("parameter", parameters)):
            for name in names:
                if name not in named:
                    raise InputError(
                        f'{what} "{name}" occurs neither in the model nor in the loss; remove it or use it'
                    )
        for name in sorted({MODEL, *self._meant} & {*beside, *variables, *parameters}):
            raise InputError(f'"{name}" means {MEANING[name]} in a loss; give what is called so another name')
        self._check_columns(variables)
        if self.weights and self.standard_deviations:
            raise InputError("give weights or standard_deviations, not both: a weight is 1/standard deviation**2")
        if self.standard_deviations and not self._has_residual:
            raise InputError(f"the loss {self.loss} has no residual to divide by standard_deviations; leave them out")

    def _check_columns(self, variables: Sequence[str]) -> None:
        fixed = {what: getattr(self, what) for what in ("response", "weights", "standard_deviations")}
        fixed |= {name: str(value) for name, value in self.numbers if name not in LOSSES[self.loss].estimated}
        for what, text in fixed.items():
            for name in names_in(text):
                if name in variables:
                    raise InputError(f'{what} "{text}" names the variable {name}; it is made of columns')

    @property
    def _has_residual(self) -> bool:
        return RESIDUAL in names_in(self.loss) if is_formula(self.loss) else LOSSES[self.loss].of_residual


def digest_of(rows: Array) -> str:
    """The SHA-256 of rows, shape and bits."""
    return hashlib.sha256(repr(rows.shape).encode() + np.ascontiguousarray(rows, dtype="<f8").tobytes()).hexdigest()


def pairwise(terms: Array) -> Array:
    """The sum over the last axis in the order of every kernel: blocks of :data:`BLOCK` in turn, then blocks pairwise.

    Higham 1993, "The accuracy of floating point summation", SIAM J. Sci. Comput. 14(4): the error grows with the
    logarithm of the number of terms. Kernels merge the sums of blocks as a binary counter carries, and what is left
    from the last to the first; that is level by level, an odd one at the end waiting for the next.

    >>> pairwise(np.array([[1e16, 1.0, -1e16]]))
    array([0.])
    """
    n = terms.shape[-1]
    whole = n - n % BLOCK
    sums = [_in_turn(terms[..., :whole].reshape(*terms.shape[:-1], -1, BLOCK))] if whole else []
    sums += [_in_turn(terms[..., None, whole:])] if n > whole else []
    blocks = np.concatenate(sums, axis=-1)
    while (count := blocks.shape[-1]) > 1:
        pairs = blocks[..., 0 : count - 1 : 2] + blocks[..., 1:count:2]
        blocks = np.concatenate([pairs, blocks[..., count - 1 :]], axis=-1) if count % 2 else pairs
    found: Array = blocks[..., 0]
    return found


def _in_turn(terms: Array) -> Array:
    """The sum over the last axis, one term after the other."""
    total = terms[..., 0].copy()
    for j in range(1, terms.shape[-1]):
        total += terms[..., j]
    return total
