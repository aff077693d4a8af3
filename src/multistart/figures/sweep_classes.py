"""What the pictures of a sweep tell apart: attractors, each in one colour at all values, and the endings at none.

A minimum and the cycles and bounded motions around it have one colour, and patterns tell these apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.patches import Patch

from multistart.figures.classes import ENDING_TEXT
from multistart.figures.palette import HATCHES, INK, MUTED, NAMED, PAPER, QUIET, mixed
from multistart.figures.scene import ENDINGS
from multistart.figures.sweep_scene import Array, SweepScene

NONE = -1  # the attractor of starts that reach none
FURTHER = 1_000_000  # stands for all attractors past the named colours
KINDS = {"minimum": "", "cycle": "\\\\\\", "chaotic": "+++", "undecided": "xxx"}
#: What a legend says of the patterns.
SAID = {
    "cycle": "in a cycle around it",
    "chaotic": "chaotic around it",
    "undecided": "bounded around it, no period found",
}
LIGHT = 0.5  # of the mean of red, green and blue: colours above it have dark patterns


@dataclass(frozen=True)
class Look:
    """One thing that starts come to, and how it is drawn.

    Attributes
    ----------
    attractor, kind
        As in ``sweep.csv``, but for :data:`FURTHER`.
    family
        The minimum that it is or is around, else the attractor itself; -1 of an ending at none.
    """

    attractor: int
    kind: str
    family: int
    colour: str
    hatch: str

    @property
    def ink(self) -> str:
        """A colour for patterns and letters upon its own."""
        if self.attractor == NONE:
            return "#777777" if self.kind == "nonfinite" else "#5A5A5A"
        return INK if float(mixed(self.colour, self.colour, 0).mean()) > LIGHT else PAPER


def families_of(scene: SweepScene) -> dict[int, int]:
    """The minimum that each attractor is or is around, itself where it is around none."""
    known = scene.attractors[["attractor", "around"]].drop_duplicates("attractor")
    return {a: around if around >= 0 else a for a, around in known.itertuples(index=False)}


def classes_of(scene: SweepScene) -> list[Look]:
    """Attractors that a start reaches at any value, families together, minima first; then endings at none."""
    families = families_of(scene)
    reached = scene.sweep[(scene.sweep["count"] > 0) | (scene.sweep["kind"] == "minimum")]
    found = reached[["attractor", "kind"]].drop_duplicates()
    keys = {
        (families.get(a, a), list(KINDS).index(kind), a, kind) for a, kind in found.itertuples(index=False) if a >= 0
    }
    colours = _colours(sorted({family for family, *_ in keys}))
    looks = {
        (a if family in colours else FURTHER, kind): Look(
            a if family in colours else FURTHER, kind, family if family in colours else FURTHER,
            colours.get(family, MUTED[0]), KINDS[kind],
        )
        for family, _, a, kind in sorted(keys)
    }  # fmt: skip
    endings = sorted({kind for a, kind in found.itertuples(index=False) if a < 0}, key=ENDINGS.index)
    codes = [-1 - ENDINGS.index(kind) for kind in endings]
    return [*looks.values(), *(Look(NONE, k, NONE, QUIET[c], HATCHES[c]) for k, c in zip(endings, codes, strict=True))]


def code_of(looks: list[Look], families: dict[int, int]) -> dict[tuple[int, str], int]:
    """The place among the classes of each attractor and kind, of endings by their names with attractor -1."""
    own = {(look.attractor, look.kind): i for i, look in enumerate(looks)}
    more = {kind: i for (a, kind), i in own.items() if a == FURTHER}
    rest = {(a, kind): i for a in families for kind, i in more.items() if (a, kind) not in own}
    return own | rest


def legend_of(scene: SweepScene, looks: list[Look]) -> tuple[list[Artist], list[str]]:
    """A colour for each family, a pattern for each kind, and what endings look like."""
    handles: list[Artist] = []
    labels: list[str] = []
    for family in dict.fromkeys(look.family for look in looks if look.attractor != NONE):
        colour = next(look.colour for look in looks if look.family == family)
        handles.append(Patch(facecolor=colour, edgecolor=INK, linewidth=0.6))
        labels.append(_name(scene, family))
    for kind, said in SAID.items():
        if any(look.kind == kind and look.attractor != NONE for look in looks):
            handles.append(Patch(facecolor=PAPER, edgecolor=INK, hatch=KINDS[kind], linewidth=0.6))
            labels.append(said)
    for look in (look for look in looks if look.attractor == NONE):
        handles.append(Patch(facecolor=look.colour, edgecolor=look.ink, hatch=look.hatch, linewidth=0.6))
        labels.append(ending_text(look.kind))
    return handles, labels


def ending_text(kind: str) -> str:
    """What is said of starts that end so and are at no attractor."""
    text = ENDING_TEXT[kind]
    return f"{text}, no attractor told" if kind in ("cycle", "bounded") else text


def _name(scene: SweepScene, family: int) -> str:
    if family == FURTHER:
        return "further attractors"
    of_it = scene.sweep[scene.sweep["attractor"] == family]
    if not (of_it["kind"] == "minimum").all():
        return f"attractor {family}, around no minimum alone"
    return f"minimum {family}{_lowest(of_it)}"


def _lowest(of_it: pd.DataFrame) -> str:
    if not of_it["lowest"].any():
        return ""
    return ", lowest" if of_it["lowest"].all() else ", lowest at some values"


def _colours(families: list[int]) -> dict[int, str]:
    """A named colour for each of the first families; minima have those that they have in all pictures."""
    return dict(zip(families, NAMED, strict=False))


@dataclass(frozen=True)
class Shares:
    """Of each class at each value the share, and the ends of its interval, nan where it has none: ``(classes, m)``."""

    share: Array
    low: Array
    high: Array


def shares_of(scene: SweepScene, looks: list[Look]) -> Shares:
    """The shares of all starts; where attractors are drawn as one they have no interval."""
    codes, rows = code_of(looks, families_of(scene)), scene.sweep
    which = np.array([codes.get(key, -1) for key in zip(rows["attractor"], rows["kind"], strict=True)], dtype=np.int64)
    rows, which = rows[which >= 0], which[which >= 0]
    at = which, scene.number.place_of(rows[scene.number.column])
    share, times = np.zeros((2, len(looks), len(scene.number.taken)))
    np.add.at(share, at, rows["share"].to_numpy())
    np.add.at(times, at, 1)
    ends = np.full((2, *share.shape), np.nan)
    for end, name in zip(ends, ("low", "high"), strict=True):
        end[at] = rows[name].to_numpy()
    return Shares(share, *np.where(times == 1, ends, np.nan))
