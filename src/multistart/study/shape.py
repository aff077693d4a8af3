"""What shapes the rows of a method, as a digest: what a job that goes on, and who asks how far a study is, compare.

Nothing here is heavy: the workflow makes the digests of all methods when a run begins.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from multistart.errors import DamagedError
from multistart.files.unfinished import Shape
from multistart.files.whole_files import verify

#: Parameters that say which starts there are, and what is near: of a start itself the row tells.
OF_STARTS = ("starts", "starts_rows", "starts_checksum")
NOT_OF_ROWS = (*OF_STARTS, "study", "basins")


def shape_of(params: Mapping[str, Any], *, data: str | None = None, certificate: Path | str | None = None) -> Shape:
    """What shapes the rows that the rule ``descend`` makes of these parameters.

    Among them are a fingerprint of the code, and the versions of libraries on which rows depend.

    Parameters
    ----------
    data
        The digest of the numbers of a fit.
    certificate
        The file by which descents stop, where they do; as :func:`stopping_by`.
    """
    rows = {key: value for key, value in params.items() if key not in NOT_OF_ROWS}
    starts = {key: params[key] for key in OF_STARTS if key in params}
    starts["starts"] = {key: value for key, value in params["starts"].items() if key != "per_cell"}
    shape = Shape(_digest([rows, data])[:32], params["starts"].get("per_cell", 1), _digest(starts)[:16])
    return stopping_by(shape, certificate) if certificate else shape


def stopping_by(shape: Shape, certificate: Path | str) -> Shape:
    """The same where descents stop by a certificate: by what it says, but not by how long that took.

    Raises
    ------
    DamagedError
        The file does not hold what was written into it.
    """
    verify(certificate)
    said = json.loads(Path(certificate).read_text(encoding="utf-8"))
    said.pop("seconds", None)
    return replace(shape, digest=_digest([shape.digest, said])[:32])


def shape_there(shape: Shape, method: Mapping[str, Any], results: Path) -> Shape:
    """What shapes the rows that are there of a method, by its section of the config: with the study's certificate,
    where it stops by it; while that is not there, no row has this shape.
    """
    if method["stopping"] == "certified":
        with suppress(DamagedError, FileNotFoundError):
            return stopping_by(shape, results / "certificate.json")
    return shape


def _digest(made: Any) -> str:
    return hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()
