"""The rule ``compare``: a method beside each that stands before it in the config, start by start.

Each method after the first has the pairs with those before it, so that one method more makes its own pairs and no
others. Where all rows are kept they are read from the outcomes, else from ``reached``, which the rule ``label`` writes
before the rows leave the disk.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from multistart.counts.long_table import long_table, pieces_of
from multistart.counts.pairs import COLUMNS, COUNTED, TEXTS, PairCounter, PairCounts, PairedRows, Reached
from multistart.errors import MultistartError
from multistart.estimates.comparison import RATIO, change_rows, comparison_rows
from multistart.estimates.distortion import COLUMNS as DISTORTION
from multistart.estimates.distortion import distortion_rows
from multistart.files.parts import Part
from multistart.files.results import MethodFiles
from multistart.study import storage
from multistart.study.settings import flow_of
from multistart.study.study import Study

Pairs = dict[str, PairCounts]
Files = Mapping[str, MethodFiles]


def count_pairs(study: Study, files: Files, parts: Sequence[Part]) -> Iterator[Pairs]:
    """The last method beside each other one: the counts of each part, by the name of the other."""
    *others, method = study.config.methods
    counter = PairCounter(study.layout, best_basins(files[method]))
    for part in parts:
        mine = _reached(study, method, files, part)
        yield {other: counter.of(PairedRows(_reached(study, other, files, part), mine), part.first) for other in others}


def best_basins(files: MethodFiles) -> frozenset[int]:
    """The minima that tie for the lowest value."""
    minima = storage.read_csv(files.minima)
    return frozenset(minima.loc[minima["kind"] == "global", "basin"].tolist())


def _reached(study: Study, method: str, files: Files, part: Part) -> Reached:
    path = files[method].compared(part, study.parts, study.config.keep)
    batches = list(storage.read_rows([path], columns=storage.REACHED))
    columns = {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
    return Reached.of(columns, study.method(method).paid_in)


def write_pairs(study: Study, files: Files, parts: Sequence[Part]) -> None:
    """Count, and write the counts of each part."""
    *_, method = study.config.methods
    for part, pairs in zip(parts, count_pairs(study, files, parts), strict=True):
        _write(files[method].pairs(part), pairs)


def read_pairs(study: Study, paths: Iterable[Path | str]) -> Iterator[Pairs]:
    """What :func:`write_pairs` wrote."""
    for path in paths:
        frame = storage.read_frame(path)
        rows = pieces_of(frame, "first")
        yield {other: PairCounts.from_frame(frame.iloc[at], study.layout) for other, at in rows.items()}


def merge_pairs(study: Study, paths: Iterable[Path | str], path: Path | str) -> None:
    """The rule ``merge_pairs``: add up the counts of some files into one."""
    _write(path, _sum(study, read_pairs(study, paths)))


def _write(path: Path | str, pairs: Pairs) -> None:
    pieces = [{"first": other, **piece} for other, counts in pairs.items() for piece in counts.pieces()]
    storage.write_frame(path, long_table(pieces, ["first", *COLUMNS], TEXTS | {"first"}))


def _sum(study: Study, parts: Iterable[Pairs]) -> Pairs:
    *others, _ = study.config.methods
    counted = list(parts)
    return {other: PairCounts.sum(part[other] for part in counted) for other in others}


def write_comparison(study: Study, files: Files, parts: Iterable[Pairs], *, distortion: bool = False) -> None:
    """Add up the counts of all parts, check that no start was lost, and write what they say of each pair.

    Parameters
    ----------
    distortion
        Write what the methods make of a flow's basins, with no row where the flow comes after them in the config.

    Raises
    ------
    MultistartError
        The counts do not add up to the number of starts.
    """
    *_, method = study.config.methods
    pairs = _sum(study, parts)
    for other, counts in pairs.items():
        if (starts := int(counts.changes["count"].sum())) != study.count:
            raise MultistartError(f"{other} and {method} share {starts} starts of {study.count}; run the study again")
    of_pairs = {other: _compared(study, other, method, counts) for other, counts in pairs.items()}
    storage.write_csv(files[method].table("comparison.csv"), _stacked(of_pairs, method))
    confidence = study.config.estimates.confidence
    changes = {other: change_rows(counts, confidence) for other, counts in pairs.items()}
    storage.write_csv(files[method].table("changes.csv"), _stacked(changes, method))
    flow = flow_of(study.config)
    if flow or distortion:
        storage.write_csv(files[method].table("distortion.csv"), _distortion(study, flow, method, pairs))


def _distortion(study: Study, flow: str | None, last: str, pairs: Pairs) -> pd.DataFrame:
    """The rows of a method, or where it is the flow of all before it."""
    frames = [
        distortion_rows(counts.moves, flow_first=last != flow, confidence=study.config.estimates.confidence).assign(
            method=other if last == flow else last, flow=flow
        )
        for other, counts in pairs.items()
        if flow in (other, last)
    ]
    columns = ["method", "flow", *DISTORTION]
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)


def _compared(study: Study, first: str, second: str, counts: PairCounts) -> pd.DataFrame:
    first_counts, second_counts = counts.evaluated(COUNTED)
    longest = _longest(study, first, first_counts), _longest(study, second, second_counts)
    rng = np.random.default_rng(study.config.starts.seed)
    rows = comparison_rows(counts, rng, confidence=study.config.estimates.confidence, longest=longest)
    paid_in = [study.method(name).paid_in for name in (first, second)]
    if len(set(paid_in)) > 1:  # a gradient costs no known number of values
        note = f"not compared: {first} pays in {paid_in[0]}s, {second} in {paid_in[1]}s"
        rows.loc[rows["quantity"] == RATIO, ["value", "low", "high", "note"]] = [math.nan, math.nan, math.nan, note]
    return rows


def _longest(study: Study, method: str, counts_own: int) -> int | None:
    """The most gradients that a descent can evaluate; not known of a method that counts its own."""
    return None if counts_own else study.method(method).max_steps + 1


def _stacked(frames: Mapping[str, pd.DataFrame], second: str) -> pd.DataFrame:
    """One below the other, with the names of both methods as the first columns."""
    stacked = pd.concat([frame.assign(first=first, second=second) for first, frame in frames.items()])
    return stacked[["first", "second", *stacked.columns.drop(["first", "second"])]]


def gather(paths: Iterable[Path | str]) -> pd.DataFrame:
    """The tables of all methods after the first as one."""
    return pd.concat([storage.read_csv(path) for path in paths], ignore_index=True)
