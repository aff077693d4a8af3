"""What a config's figures say of maps, held to the domain: boxes that are drawn large, and the slice."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from multistart.config.problems import problem
from multistart.config.sections import FiguresSection, SliceSection
from multistart.config.values import listed
from multistart.errors import did_you_mean

NARROWEST = 1e-11  # of a box's larger coordinate: with thousands of starts across, each has neighbours of its own


def check_zooms(figures: FiguresSection, names: tuple[str, ...], domain: Mapping[str, tuple[float, float]]) -> None:
    """Refuse boxes of other variables than those of the maps, or that reach out of the domain."""
    given = figures.slice.axes if figures.slice is not None and all(figures.slice.axes) else names[:2]
    for number, zoom in enumerate(figures.zoom):
        if set(zoom) != set(given):
            has = f"has {listed(zoom)}" if zoom else "is empty"
            raise problem(f"{has}; give two numbers [low, high] for each of {listed(given)}", at=f"zoom.{number}")
        for name, (low, high) in zoom.items():
            at, (least, most) = f"zoom.{number}.{name}", domain[name]
            got = f"got [{_digits(low)}, {_digits(high)}]"
            if low < least or high > most:
                raise problem(f"{got}; give a part of the domain [{least:g}, {most:g}]", at=at)
            narrowest = NARROWEST * max(abs(low), abs(high), sys.float_info.min)
            if high - low < narrowest:
                raise problem(
                    f"{got}, too narrow for starts beside each other; give a width of {narrowest:.1g} or more", at=at
                )


def _digits(value: float) -> str:
    """A number with as many digits as tell it from others, and no point where it is whole.

    >>> _digits(40.0), _digits(0.1), _digits(1 + 2**-52)
    ('40', '0.1', '1.0000000000000002')
    """
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


def filled_slice(given: SliceSection, domain: Mapping[str, tuple[float, float]]) -> SliceSection:
    """The slice with its axes filled in; where it lies in what is left out is known when minima are."""
    names = list(domain)
    axes = given.axes if "axes" in given.model_fields_set else (names[0], names[1])
    unknown = [name for name in (*axes, *given.at) if name not in names]
    if unknown:
        raise problem(f'"{unknown[0]}" is not one of the variables {listed(names)}{did_you_mean(unknown[0], names)}',
                      at="slice.axes" if unknown[0] in axes else "slice.at")  # fmt: skip
    if axes[0] == axes[1] or set(axes) & set(given.at):
        raise problem("a variable is named twice; each is one of the two axes or held at a place", at="slice")
    for name, place in given.at.items():
        low, high = domain[name]
        if not low <= place <= high:
            raise problem(f"got {place}; give a number within the domain [{low}, {high}]", at=f"slice.at.{name}")
    return SliceSection(axes=axes, at=given.at)
