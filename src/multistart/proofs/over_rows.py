"""Trusted: enclosures of a function's expressions at any precision; of a fit, sums over its rows one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sympy
from flint import arb

from multistart.errors import InputError
from multistart.functions.objective import Objective
from multistart.proofs.enclosures import Enclosure

MOST_ROWS = 1000  # of data: some milliseconds for a box
Enclose = Callable[[Sequence[arb]], Sequence[arb]]
Expressions = Callable[[Objective], Sequence[sympy.Expr]]


def enclosure_of(objective: Objective, expressions: Expressions) -> Enclose:
    """What encloses expressions of a function over a box, of a fit summed over its rows, or their means.

    Parameters
    ----------
    expressions
        Takes them from the function, of a fit from its term: the value, or derivatives.

    Raises
    ------
    InputError
        A function without enclosures, or a fit to more than :data:`MOST_ROWS` rows.

    >>> line = Objective.from_model("a*x", {"x": [1, 2], "y": [0, 0]}, ["a"], response="y")
    >>> enclosure_of(line, lambda f: f.gradient_expressions)([arb(3)])
    [30.0000000000000]
    """
    if objective.fit is None:
        return Enclosure(expressions(objective), objective.symbols)
    of_row = row_by_row(objective, expressions)
    n = objective.fit.count if objective.fit.reduction == "mean" else 1

    def summed(box: Sequence[arb]) -> list[arb]:
        return [sum(column[1:], column[0]) / n for column in zip(*of_row(box), strict=True)]

    return summed


def row_by_row(objective: Objective, expressions: Expressions) -> Callable[[Sequence[arb]], list[Sequence[arb]]]:
    """The same without the sum: what encloses expressions of a function's term for each row; of a formula, itself."""
    if objective.fit is None:
        whole = Enclosure(expressions(objective), objective.symbols)
        return lambda box: [whole(box)]
    if objective.fit.count > MOST_ROWS:
        raise InputError(f"{objective.fit.count:,} rows of data are too many to enclose one by one")
    term = Enclosure(expressions(objective.term), (*objective.symbols, *objective.term.open_symbols))
    rows = [[arb(v) for v in row] for row in objective.fit.rows.tolist()]
    return lambda box: [term([*box, *row]) for row in rows]
