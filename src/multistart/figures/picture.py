"""`Picture`: what a picture says of itself, known without loading what it is drawn with."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_DECLARATION = re.compile(r"^PICTURE = .*(?:\n[ )].*)*", flags=re.MULTILINE)  # to the next line that is not indented


@dataclass(frozen=True)
class Picture:
    """The declaration of a picture, which stands once, in the module that draws it.

    To add one, write ``gallery/<name>.py`` with two names, ``PICTURE = Picture(...)`` in plain values and
    ``draw(scene)``, which returns a Matplotlib figure; then ``python -m multistart.figures`` makes the pages anew that
    list the pictures. All modules of the gallery are pictures. One of several methods beside each other is written
    likewise, as ``comparisons/<name>.py`` with ``draw(comparison)``; one of a swept number as ``sweeps/<name>.py`` with
    ``draw(scene)`` of a :class:`.SweepScene`.

    Attributes
    ----------
    title
        What it is called on pages: what it answers, in a few plain words and without the names of study and method.
    place
        Where it comes in the order of reading, by number, lowest first: places are tens apart, to leave room between.
    alt
        What it shows, for whoever does not see it: the description in its file, and in ``docs/results.md``.
    caption
        How to read it: below it in the report.
    reads
        The files that it is drawn from, below the folder of the study, as tables are declared. Those that a study does
        not have (a slice of two dimensions, a file of starts that a design draws) are no input.
    of_function
        Whether it shows the function alone, so that a page of several methods has it once.
    of_schedule
        Whether it shows how a learning rate changes, so that only methods have it whose rate does.
    of_zooms
        Whether it shows the boxes of ``figures.zoom``, so that only studies that have some have it.
    of_proven
        Whether it shows proven shares, so that only methods have it of which some are.
    of_fit
        Whether it is of a fit to data, so that only studies of one have it.
    of_plane
        Whether it is of two swept numbers; of one, if not.
    of_flow
        Whether it is of a study with the gradient flow among its methods; of any, if not.
    dimensions
        Of the functions that have it; all where none is given.
    moving
        Whether it is an animation, a GIF in place of the formats of the study; then ``draw`` returns its bytes.
    """

    title: str
    place: int
    alt: str
    caption: str
    reads: tuple[str, ...]
    of_function: bool = False
    of_schedule: bool = False
    of_zooms: bool = False
    of_proven: bool = False
    of_fit: bool = False
    of_plane: bool = False
    of_flow: bool = False
    dimensions: tuple[int, ...] = ()
    moving: bool = False


def declared(file: Path) -> Picture:
    """Return what a module of the gallery declares.

    Its text is read, not run, since what it imports takes half a second; and of its text the declaration alone, since
    to parse all modules takes longer than all else that a page of words does.

    Raises
    ------
    ValueError
        With the name of the file, where it declares no picture in plain values.
    """
    for found in _DECLARATION.findall(file.read_text(encoding="utf-8")):
        match ast.parse(found).body[0]:
            case ast.Assign([ast.Name("PICTURE")], ast.Call(ast.Name("Picture"), [], values)):
                return _picture(file, {str(value.arg): ast.literal_eval(value.value) for value in values})
    raise ValueError(f"{file} declares no picture: write PICTURE = Picture(title=..., place=..., ...)")


def _picture(file: Path, given: dict[str, Any]) -> Picture:
    try:
        return Picture(**given)
    except TypeError as error:  # which names what is missing, or is none of a picture's
        raise ValueError(f"{file} declares no picture: {error}") from None
