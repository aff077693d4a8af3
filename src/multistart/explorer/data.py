"""What the explorer holds, as JSON: the page's script reads nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from multistart.explorer.basins import basins_data, colours
from multistart.explorer.contents import Contents
from multistart.explorer.points import (
    critical_data,
    lists_all,
    minima_data,
    proof_data,
    sentence,
    tolerances_data,
    unreached,
)
from multistart.explorer.rules import methods_data, offered, rules_data
from multistart.figures.heights import heights_of
from multistart.figures.palette import HATCHES, INK, INKS, MUTED, NAMED, PAPER, QUIET
from multistart.functions.objective import Objective
from multistart.functions.written import written
from multistart.methods.endings import ENDINGS

VERSION = 1  # of the form of this JSON
GRID = {1: 1601, 2: 121}  # points on an axis, by which the relief is measured


def page_data(contents: Contents) -> dict[str, Any]:
    """Return the page's data. What is not finite is null; every other number reads back to the same bits."""
    more = unreached(contents)
    colour = colours(contents, len(contents.minima) + len(more))
    minima = minima_data(contents, more, colour)
    rules, of_method = offered(contents)
    found = {
        "version": VERSION,
        "made": contents.made,
        "study": contents.study,
        "title": contents.title,
        "formula": written(contents.objective),
        "variables": _names(contents.objective),
        "parameters": dict(contents.objective.parameters),
        "numbers": contents.objective.numbers.tolist(),
        "domain": _box(contents.domain),
        "arena": _box(contents.arena),
        "slice": _plane(contents),
        "relief": _relief(contents, [one["value"] for one in minima]),
        "methods": methods_data(contents, of_method, len(minima)),
        "rules": rules_data(rules, contents),
        "minima": minima,
        "saddles": critical_data(contents, "saddle"),
        "maxima": critical_data(contents, "maximum"),
        "complete": lists_all(contents),
        "sentence": sentence(contents, minima),
        "proof": proof_data(contents),
        "tolerances": tolerances_data(contents, more),
        "basins": basins_data(contents, colour),
        "pair": None if contents.pair is None else contents.pair.tolist(),
        "palette": _palette(),
        "language": "en",
    }
    return {key: _plain(value) for key, value in found.items()}


def _names(objective: Objective) -> list[str]:
    """The variables as the page shows them: its numbers are those that balls roll in, so a logarithm is called so."""
    pairs = zip(objective.parameter_names, objective.logged, strict=True)
    return [f"ln {name}" if logged else name for name, logged in pairs]


def _box(box: Any) -> dict[str, list[float]]:
    return {"low": box.low.tolist(), "high": box.high.tolist()}


def _plane(contents: Contents) -> dict[str, Any] | None:
    plane = contents.plane
    return None if plane is None else {"axes": list(plane.axes), "at": plane.at.tolist()}


def _relief(contents: Contents, known: list[float]) -> dict[str, float]:
    """The values between which heights are shown, as the pictures have them."""
    box = contents.drawn
    axes = [np.linspace(low, high, GRID[box.dimensions]) for low, high in zip(box.low, box.high, strict=True)]
    points = np.stack([each.ravel() for each in np.meshgrid(*axes)], axis=1)
    value = contents.objective.value(contents.in_space(points))
    shown = heights_of(value, np.array(known, dtype=np.float64))
    return {"low": shown.low, "high": shown.high, "power": shown.power}


def _palette() -> dict[str, Any]:
    """The colours of the pictures: those of endings with their inks and patterns, by name."""
    endings = {
        name: {"colour": QUIET[-1 - k], "ink": INKS[-1 - k], "hatch": HATCHES[-1 - k]} for k, name in enumerate(ENDINGS)
    }
    return {"minima": list(NAMED), "more": list(MUTED), "endings": endings, "ink": INK, "paper": PAPER}


def _plain(value: Any) -> Any:
    """The same for JSON, which has no number that is not finite."""
    match value:
        case Mapping():
            return {str(key): _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case bool() | None | int() | str():
            return value
    number = float(value)
    return number if math.isfinite(number) else None
