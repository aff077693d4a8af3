"""``multistart extend``: a study that has run is given more starts, and descends from the new ones alone.

It is the study of a larger number in the config: what the rows, the counts of a part and the labels are made of does
not depend on how many starts there are, so that all that is there is there already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from multistart.config import StudyConfig, read_config
from multistart.config.starts_section import CountedStarts, GridStarts
from multistart.config.yaml_files import read_yaml
from multistart.errors import InputError, did_you_mean
from multistart.files.results import MethodFiles
from multistart.plurals import counted
from multistart.study.run import run_study
from multistart.study.run_lock import run_by
from multistart.study.running import left_of, read_record
from multistart.study.same_cut import There, jobs_as_there, not_as_there

RESULTS, RECORD = Path("results"), "study.json"
#: Why a design has no more starts than it has, and what to do.
OTHERS = {
    "latin_hypercube": "with more starts its slabs are narrower and every start is another one; use sobol or uniform, "
    "or run a larger one as a study of another name",
    "grid": "with more cells every start is another one; run a finer one as a study of another name",
    "file": "its starts are those of your file; add rows to that and run the study, which descends from all of them",
}


def extend(
    study: str,
    *,
    count: str | None = None,
    per_cell: str | None = None,
    cores: str | None = None,
    more: Sequence[str] = (),
) -> int:
    """Run a study with more starts, and say which line of its config to change; the exit code as of `run`.

    Parameters
    ----------
    study
        The name of one in ``results/``, or the file of its config.
    count, per_cell
        How many starts it, or each of its cells, is to have in all.
    cores, more
        As of :func:`multistart.study.run.run`.

    Raises
    ------
    InputError
        No such study, one whose starts would be others, no more starts than there are, or as `run`.
    """
    given = _config_of(study)
    key, text = _asked(count, per_cell)
    before = read_config(given, study)
    if (said := run_by(RESULTS / before.study)) and not {"-n", "--dry-run", "--dryrun"} & set(more):
        raise InputError(said)
    _check_design(before, key, study)
    there = getattr(before.starts, key)
    _check_more(wanted := _number(text, key, there), key, there)
    larger = _with(given, "starts", key, wanted)
    after = read_config(larger, _option(key))
    _check_there(before, after, key)
    changes = {("starts", key): getattr(after.starts, key)}
    if (jobs := _jobs(before, after)) != after.execution.shards:
        changes["execution", "shards"] = jobs
        after = read_config(_with(larger, "execution", "shards", jobs), study)
    print(_announced(before, after), flush=True)
    code = run_study(after, study, cores, more)
    if _record_of(after.study).get("starts") == after.count:
        print(_lines_to_change(study, changes, after.study), flush=True)
    return code


def _with(config: Mapping[str, Any], section: str, key: str, value: object) -> dict[str, Any]:
    return {**config, section: {**(config.get(section) or {}), key: value}}


def _config_of(study: str) -> Mapping[str, Any]:
    """What the file of a config says, or the record of a study in ``results/``, which is run as its last run was."""
    if Path(study).is_file():
        given = read_yaml(Path(study))
        read_config(given, study)
        return given
    names = [file.parent.name for file in RESULTS.glob(f"*/{RECORD}")]
    if study in names:
        return {**_record_of(study)["config"], "execution": _last_execution(study)}
    if (RESULTS / study).is_dir():
        why = f"{RESULTS}/{study} has no {RECORD}, since that study has not ended; give its config in place of its name"
        raise InputError(run_by(RESULTS / study) or why)
    raise InputError(
        f'"{study}" is neither the config of a study nor the name of one in {RESULTS}/{did_you_mean(study, names)}'
    )


def _record_of(name: str) -> dict[str, Any]:
    """The ``study.json`` of a study; empty where there is none."""
    file = RESULTS / name / RECORD
    return read_record(file) if file.is_file() else {}


def _last_execution(name: str) -> dict[str, Any]:
    """How the last run of a study cut its work, which changes no result, so that no record has it."""
    return dict(left_of(RESULTS / name).config.get("execution", {}))


def _jobs(before: StudyConfig, after: StudyConfig) -> int:
    """How many jobs the larger study is cut for: so that pieces stay as they are, unless the config asks for others.

    Of a grid every row has another number, whatever the pieces.
    """
    asked, there = after.execution.shards, _last_execution(after.study) if _record_of(after.study) else {}
    if isinstance(before.starts, GridStarts) or before.execution.shards != there.get("shards", before.execution.shards):
        return asked
    return jobs_as_there(before.count, after.count, asked, _is_there(before))


def _is_there(config: StudyConfig) -> There:
    """Whether all methods of a study have descended from the starts of a piece."""
    files = [MethodFiles.of(config.study, method) for method in config.methods]
    return lambda piece: all(of_method.ends(piece).exists() for of_method in files)


def _asked(count: str | None, per_cell: str | None) -> tuple[str, str]:
    if (count is None) == (per_cell is None):
        raise InputError("give either --count, how many starts the study is to have in all, or --per-cell")
    return ("count", count) if count is not None else ("per_cell", str(per_cell))


def _number(text: str, key: str, there: int) -> int:
    """The whole number that was asked for; how large it may be, the config says."""
    if not re.fullmatch("-?[0-9]{1,30}", text):
        raise InputError(
            f'{_option(key)}: got "{text[:40]}"; give a whole number in digits, more than {_there(there, key)}'
        )
    return int(text)


def _option(key: str) -> str:
    return f"--{key.replace('_', '-')}"


def _check_design(config: StudyConfig, key: str, study: str) -> None:
    starts = config.starts
    if starts.design in OTHERS:
        raise InputError(f"{study}: starts.design is {starts.design}: {OTHERS[starts.design]}")
    if isinstance(starts, CountedStarts) and starts.replicates > 1:
        raise InputError(
            f"{study}: starts.replicates is {starts.replicates}: more starts in each would move those of all but the "
            "first; run a larger one as a study of another name"
        )
    if key != (right := "per_cell" if isinstance(starts, GridStarts) else "count"):
        raise InputError(f"{study}: starts.design is {starts.design}, which has no {key}; give {_option(right)}")


def _check_there(before: StudyConfig, after: StudyConfig, key: str) -> None:
    """Refuse what has fewer starts than there are, or what is another study than the one in its folder."""
    there, wanted = getattr(before.starts, key), getattr(after.starts, key)
    if record := _record_of(after.study):
        found, given = _without(record["config"], key), _without(after.resolved(), key)
        if other := [name for name in dict.fromkeys([*found, *given]) if found.get(name) != given.get(name)]:
            raise InputError(
                f"{RESULTS}/{after.study} was run with another config ({', '.join(other)}); run the study with this "
                "one first, or give its name, which extends what is there"
            )
        there = max(there, record["config"]["starts"].get(key, 1))
    _check_more(wanted, key, there)


def _check_more(wanted: int, key: str, there: int) -> None:
    if wanted <= there:
        few = "fewer than" if wanted < there else "no more than"
        raise InputError(f"{_option(key)}: {wanted} is {few} {_there(there, key)}; give more than {there}")


def _there(there: int, key: str) -> str:
    of_cell = "" if key == "count" else " a cell"
    return f"the {counted(f'{there:,}', 'start')}{of_cell} that {'is' if there == 1 else 'are'} there"


def _without(config: Mapping[str, Any], key: str) -> dict[str, Any]:
    """A config without the number of starts, and without what changes no result."""
    left = {name: value for name, value in config.items() if name != "execution"}
    return left | {"starts": {name: value for name, value in config["starts"].items() if name != key}}


def _announced(before: StudyConfig, after: StudyConfig) -> str:
    """What there is and what comes, and how many descents are repeated since their rows are gone."""
    said = f"{after.study}: {before.count:,} starts, and {counted(f'{after.count - before.count:,}', 'more start')}"
    gone = _gone(before, after) if after.keep != "all" and _record_of(after.study) else 0
    return f"{said}; {counted(f'{gone:,}', 'descent')} of a method again, whose rows were not kept" if gone else said


def _gone(before: StudyConfig, after: StudyConfig) -> int:
    """The starts whose rows are needed once more, where not all are kept: those of parts that are no more as they were.

    Of whole parts the counts are there. Of a grid every part has other rows.
    """
    if isinstance(before.starts, GridStarts):
        return before.count
    return sum(map(len, not_as_there(before.count, after.count, after.execution.shards, _is_there(before))))


def _lines_to_change(study: str, changes: Mapping[tuple[str, str], int], name: str) -> str:
    """Which lines of the config make the next run of it mean the same study, and repeat nothing."""
    if not Path(study).is_file():
        said = [f"{section}.{key} is now to be {number}" for (section, key), number in changes.items()]
        return f"In the config of {name}, {' and '.join(said)}, so that its next run means the same study."
    said = [_line_to_change(Path(study), *keys, number) for keys, number in changes.items()]
    return f"In {study}, {' and '.join(said)}, so that its next run means the same study."


def _line_to_change(study: Path, section: str, key: str, number: int) -> str:
    if (place := next(_places(study, section, key), None)) is not None:
        return f"line {place}, write `{key}: {number}`"
    if (at := next(_places(study, section), None)) is not None:
        return f"add `{key}: {number}` to {section} (line {at})"
    return f"add `{section}: {{{key}: {number}}}`"


def _places(file: Path, *keys: str) -> Iterator[int]:
    """The line of a key of a YAML file, from 1; none where it is not there."""
    nodes = [yaml.compose(file.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)]
    for key in keys:
        found = [pair for node in nodes if isinstance(node, yaml.MappingNode) for pair in node.value]
        marks = [name for name, _ in found if name.value == key]
        nodes = [value for name, value in found if name.value == key]
    yield from (mark.start_mark.line + 1 for mark in marks)
