"""The rows of a fit: read from a file or from memory, and asked whether the formulas are defined on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from multistart.errors import InputError
from multistart.files.columns import Wanted, header_of, read_batches
from multistart.files.columns.wording import listed, shown
from multistart.functions.conditions import NONNEGATIVE, POSITIVE, Condition
from multistart.functions.fit import Fit
from multistart.functions.terms import Term
from multistart.plurals import counted

if TYPE_CHECKING:
    import sympy

Array = NDArray[np.float64]
Data = str | Path | Mapping[str, Any]
FIRST = 20  # rows whose terms are looked at one by one
IN_MEMORY = "the data"  # what messages call a table that is no file


def with_rows(fit: Fit, data: Data, variables: Sequence[str], parameters: Sequence[str] = ()) -> Fit:
    """The fit with the columns that it names, read from a ``.csv`` or ``.parquet`` file, a DataFrame or a mapping.

    Raises
    ------
    InputError
        In a sentence that names file, column and row: no such file or column, a value that is no finite number, a name
        that is a column and a variable at once.
    """
    if isinstance(data, str | Path):
        return _from_file(fit, Path(data), variables, parameters)
    from multistart.files.columns import arrays

    if not hasattr(data, "keys"):
        raise InputError(f"data are a path, a DataFrame or a mapping of columns; got {type(data).__name__}")
    wanted = Wanted(fit.columns, row="measurement")
    _check_names(IN_MEMORY, [str(name) for name in data], fit, variables, parameters)
    return fit.on(arrays.read(IN_MEMORY, data, wanted), IN_MEMORY)


def _from_file(fit: Fit, path: Path, variables: Sequence[str], parameters: Sequence[str]) -> Fit:
    wanted = Wanted(fit.columns, row="measurement")
    _check_names(path, header_of(path, wanted), fit, variables, parameters)
    return fit.on(np.concatenate(list(read_batches(path, wanted))), str(path))


def _check_names(
    path: object, names: Sequence[str], fit: Fit, variables: Sequence[str], parameters: Sequence[str]
) -> None:
    """Refuse what names mean twice, or not at all."""
    for what, given in (("variable", variables), ("parameter", parameters)):
        for name in given:
            if name in names:
                raise InputError(f'"{name}" is a {what} and a column of {shown(path)}; give one of them another name')
    for name in fit.constants:
        if name in names:
            raise InputError(f'"{name}" is a number in formulas and a column of {shown(path)}; rename the column')
    if not fit.columns:
        raise InputError(f"neither model nor response names a column of {shown(path)}; its columns are {listed(names)}")


def check_rows(fit: Fit, term: Term, variables: Sequence[str]) -> None:
    """Ask whether there are rows enough, and whether all of them are what the formulas ask for.

    Raises
    ------
    InputError
        Naming the file and the first row where it is not so.
    """
    if fit.count < len(variables):
        raise InputError(
            f"{shown(fit.source)} has {counted(fit.count, 'row')}, fewer than the {len(variables)} variables, which it "
            "cannot determine"
        )
    for condition, said in term.asked:
        values = _at_rows(fit, condition.part)
        good = {POSITIVE: values > 0, NONNEGATIVE: values >= 0}.get(condition.kind, np.abs(values) > 0)
        _all(fit, good, condition.part, values, said)
    for name in variables:
        if name not in map(str, term.expression.free_symbols):
            raise InputError(f'variable "{name}" cancels out of the fit; remove it')
    _check_somewhere(fit, term)
    for part in term.constants:
        values = _at_rows(fit, part)
        _all(fit, np.isfinite(values), part, values, "a part of the formulas is not finite")


def _check_somewhere(fit: Fit, term: Term) -> None:
    """Refuse a condition on the variables that the form of the first rows' terms shows to hold nowhere."""
    import sympy

    columns = [sympy.Symbol(name) for name in fit.columns]
    for i, row in enumerate(fit.rows[:FIRST].tolist()):
        put_in = dict(zip(columns, map(sympy.Rational, row), strict=True))
        for condition in term.conditions:
            if Condition(condition.kind, condition.part.xreplace(put_in)).never_holds:
                said = f"the formulas ask for {condition}, which holds nowhere in this row"
                raise InputError(f"{shown(fit.source)}, row {i + 1}: {said}")


def _at_rows(fit: Fit, part: sympy.Expr) -> Array:
    """A part that is made of columns alone, at each row."""
    import sympy

    columns = [sympy.Symbol(name) for name in fit.columns]
    with np.errstate(all="ignore"):
        found = sympy.lambdify(columns, part, modules="numpy", cse=True)(*fit.rows.T)
    return np.broadcast_to(np.asarray(found, dtype=np.float64), fit.count)


def _all(fit: Fit, good: NDArray[np.bool_], part: sympy.Expr, values: Array, said: str) -> None:
    if good.all():
        return
    i = int(np.argmin(good))
    named = [(name, fit.rows[i, j]) for j, name in enumerate(fit.columns) if name in map(str, part.free_symbols)]
    where = ", ".join(f"{name} = {value:g}" for name, value in named)
    raise InputError(f"{shown(fit.source)}, row {i + 1}: {said}, and here {where}; correct the row or leave it out")
