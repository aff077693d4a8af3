"""What a run leaves at its beginning beside its lock, so that others know what is being run; nothing heavy is here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from multistart.errors import InputError, WriteError
from multistart.files.unfinished import Shape
from multistart.files.whole_files import checksum_file, verify, whole
from multistart.study.run_lock import holder, is_alive

#: What the config in every record has.
RECORDED = {"study", "objective", "domain", "arena", "starts", "methods", "basins", "estimates", "keep", "figures"}


@dataclass(frozen=True)
class Left:
    """What is known of the last run of a study.

    Attributes
    ----------
    config
        With every default filled in.
    starts_rows
        How many rows the user's own file of starts had; none for other designs.
    begun
        When it began, in seconds since 1970; none where only the record of a finished study is there.
    shapes
        For each method what shapes its rows, but for a certificate; of results from elsewhere it is not known.
    """

    config: dict[str, Any]
    starts_rows: int | None
    begun: float | None
    shapes: dict[str, Shape]


def leave(results: Path, config: Mapping[str, Any], starts_rows: int | None, shapes: Mapping[str, Shape]) -> str:
    """Write the config of a run that begins; return "", or a sentence that says why it cannot be written.

    ``results/.<study>.run.json`` appears whole and replaces that of the run before. Not for a dry run, nor for jobs.

    Parameters
    ----------
    shapes
        For each method what shapes its rows, but for a certificate.
    """
    content = {"config": config, "starts_rows": starts_rows, "shapes": {m: str(shape) for m, shape in shapes.items()}}
    try:
        with whole(_file(results), recorded=False) as stream:
            stream.write(json.dumps(content, indent=1).encode())
    except WriteError as error:
        return str(error)
    return ""


def left_of(results: Path) -> Left:
    """What the last run of a study left; of a finished study whose results were taken elsewhere, its record.

    Raises
    ------
    InputError
        Neither is there.
    """
    file, record = _file(results), results / "study.json"
    if file.is_file():
        found = _read(file)
        noted = {method: Shape.noted(shape) for method, shape in found["shapes"].items()}
        shapes = {method: shape for method, shape in noted.items() if shape}
        return Left(found["config"], found["starts_rows"], file.stat().st_mtime, shapes)
    if record.is_file():
        found = read_record(record)
        return Left(found["config"] | {"execution": {}}, found["starts"], None, {})
    others = sorted(set(_studies(results.parent)))
    there = f"; there are: {', '.join(others)}" if others else ""
    raise InputError(
        f"no run of a study {results.name} has begun in {results.parent.absolute()}/{there}; give the name of one, or "
        "its config, in the folder that it is run in"
    )


def read_record(file: Path) -> dict[str, Any]:
    """The ``study.json`` of a study.

    Raises
    ------
    InputError
        It is damaged or edited, of a version with other keys, or of another study than the folder that it is in is
        called by.
    """
    try:
        if checksum_file(file).is_file():
            verify(file)
        found = json.loads(file.read_text(encoding="utf-8"))
        config, starts = found["config"], found["starts"]
        if config["study"] == file.parent.name and set(config) >= RECORDED and config["methods"] and starts > 0:
            return dict(found)
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    raise InputError(f"{file} is not what a run of {file.parent.name} wrote; give its config, or run it again")


def _read(file: Path) -> dict[str, Any]:
    """What :func:`leave` wrote."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if all(Shape.noted(shape) for shape in found["shapes"].values()) and "starts_rows" in found:
            return {**found, "config": dict(found["config"])}
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    raise InputError(f"{file} is damaged; run the study, which writes it anew")


def _studies(folder: Path) -> list[str]:
    found = [file.name[1 : -len(_SUFFIX)] for file in folder.glob(f".*{_SUFFIX}")]
    return [*found, *(file.parent.name for file in folder.glob("*/study.json"))]


_SUFFIX = ".run.json"


def _file(results: Path) -> Path:
    return results.with_name(f".{results.name}{_SUFFIX}")


def runs_now(results: Path) -> tuple[bool | None, str]:
    """Whether a study is being run, none where another machine would have to be asked, and who runs or ran it.

    Told by what the run entered in its lock, which is only read: to try the lock could turn a run away.
    """
    found = holder(results)
    if not {"process", "host", "since"} <= set(found):
        return False, ""
    who = "process {process} on {host}, since {since}".format(**found)
    return is_alive(found), who
