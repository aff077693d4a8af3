"""The rule ``prove_shares``: lower and upper bounds of a method's shares, by cells of starts carried as sets."""

from __future__ import annotations

from collections.abc import Callable

from multistart.files.results import PROVEN_CELLS, MethodFiles
from multistart.minima import Minima
from multistart.study import storage
from multistart.study.certify import read_certificate
from multistart.study.proven_cells import basins_of, cells_table
from multistart.study.study import Study


def write_cells(
    study: Study,
    method: str,
    files: MethodFiles,
    *,
    threads: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write ``proven_cells.parquet`` of a method: the same bytes whatever the number of threads.

    Raises
    ------
    MultistartError
        Two minima of the study are proven to be one, or nothing can be proven of the formula.
    """
    from multistart.reachability import prove_shares  # with SymPy, FLINT and Numba

    variables, given = study.objective.variables, study.config.proven_shares
    certificate = read_certificate(files.certificate)
    assert given is not None, "the rule is there where shares are to be proven"
    assert certificate is not None, "attempted in few dimensions"
    basins = basins_of(certificate, Minima.from_table(storage.read_columns(files.minima), variables))
    shares = prove_shares(
        study.objective, study.method(method), study.domain, study.arena, certificate,
        max_cells=given.max_cells, width=given.width, threads=threads, cache=study.cache, progress=progress,
    )  # fmt: skip
    storage.write_rows(files.table(PROVEN_CELLS), [cells_table(shares, basins, variables)])
