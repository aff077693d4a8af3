"""The minima, saddles and maxima of the explorer, and what is proven of them, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from multistart.explorer.contents import Array, Contents
from multistart.minima.basin import position_tolerance, unit_box, value_slack
from multistart.minima.nearest import nearest_place
from multistart.plurals import counted
from multistart.proofs import CriticalPoint

MOST = 1000  # points of a kind that a page holds
NEAR = 0.05  # widths of the domain from the plane that is drawn, of points that may be marked on it


def unreached(contents: Contents) -> list[CriticalPoint]:
    """Proven minima that are none of the study's, those in the domain first: a ball may come to them.

    They have the numbers after the study's.
    """
    if contents.certificate is None:
        return []
    proven = [p for p in contents.certificate.points if p.kind == "minimum"]
    if len(contents.minima) and proven:
        known = unit_box(contents.minima.location, contents.domain)
        distance, _ = nearest_place(unit_box(np.array([p.center for p in proven]), contents.domain), known)
        near = distance <= position_tolerance(contents.domain, contents.tolerances)
        proven = [p for p, there in zip(proven, near.tolist(), strict=True) if not there]
    inside = {id(p): bool(contents.domain.contains(np.array(p.center))) for p in proven}
    return sorted(proven, key=lambda p: not inside[id(p)])[:MOST]


def minima_data(contents: Contents, more: Sequence[CriticalPoint], colours: Mapping[int, str]) -> list[dict[str, Any]]:
    """The study's minima by their numbers, then more that are proven."""
    reached = [_reached(contents, k) for k in range(len(contents.minima))]
    found = [*reached, *(_proven(contents, p) for p in more)]
    return [{"number": k, **one, "colour": colours[k]} for k, one in enumerate(found)]


def _reached(contents: Contents, k: int) -> dict[str, Any]:
    minima = contents.minima
    place, radius = minima.location[k].tolist(), float(minima.attraction_radius[k])
    ball = {"center": place, "radius": radius, "curvature": float(minima.attraction_curvature[k])}
    cornered = minima.sides is not None and bool((minima.sides[k] != 0).all())  # where no coordinate is free to curve
    return {
        "kind": str(minima.kind[k]),
        "at": place,
        "value": float(minima.value[k]),
        "proven": bool(minima.certified[k]),
        "reached": contents.made == "study",
        "curvature": [0.0, 0.0] if cornered else [float(minima.curvature_min[k]), float(minima.curvature_max[k])],
        "ball": ball if radius > 0 and contents.has_ball(minima.location[k], radius) else None,
    }


def _proven(contents: Contents, p: CriticalPoint) -> dict[str, Any]:
    certificate, ball = contents.certificate, p.attraction
    assert certificate is not None, "proven by it"
    ball = ball if ball is not None and contents.has_ball(np.array(ball.center), ball.radius) else None
    return {
        "kind": "global" if p.value[0] <= certificate.global_value[1] else "local",
        "at": list(p.center),
        "value": _middle(p.value),
        "proven": True,
        "reached": False,
        "curvature": [_middle(p.eigenvalues[0]), _middle(p.eigenvalues[-1])],
        "ball": ball and {"center": list(ball.center), "radius": ball.radius, "curvature": ball.curvature},
    }


def critical_data(contents: Contents, kind: str) -> list[dict[str, Any]]:
    """The proven saddles or maxima in the domain, lowest first; of more than two dimensions those near the plane."""
    if contents.certificate is None:
        return []
    points = [p for p in contents.certificate.points if p.kind == kind and _is_drawn(contents, np.array(p.center))]
    return [{"at": list(p.center), "value": _middle(p.value), "proven": True} for p in points[:MOST]]


def _is_drawn(contents: Contents, place: Array) -> bool:
    domain, plane = contents.domain, contents.plane
    off = np.zeros(domain.dimensions) if plane is None else np.abs(place - plane.at) / domain.width
    off[list(plane.axes) if plane else []] = 0.0
    return bool(domain.contains(place) and off.max() <= NEAR)


def tolerances_data(contents: Contents, more: Sequence[CriticalPoint]) -> dict[str, Any]:
    """When an end stands at a minimum: the largest distance in widths of the domain, and by how much values may differ.

    As :func:`multistart.minima.basin.nearest` has it; ``value`` has one number for each minimum of the page.
    """
    minima, domain = contents.minima, contents.domain
    places = np.concatenate([minima.location, np.array([p.center for p in more]).reshape(-1, domain.dimensions)])
    values = np.concatenate([minima.value, [_middle(p.value) for p in more]])
    slack = value_slack(contents.objective, places, values, domain, contents.tolerances)
    position = position_tolerance(domain, contents.tolerances)
    return {"position": position, "low": domain.low.tolist(), "width": domain.width.tolist(), "value": slack.tolist()}


def lists_all(contents: Contents) -> bool:
    """Whether it is proven that the arena has no other minimum inside."""
    return contents.certificate is not None and contents.certificate.lists_all(interior=True)


def sentence(contents: Contents, minima: Sequence[Mapping[str, Any]]) -> str:
    """What is proven, in words."""
    certificate, proven = contents.certificate, sum(bool(one["proven"]) for one in minima)
    state = proof_state(contents)
    if certificate is None:
        return f"No list of minima was proven, so there may be others ({contents.not_proven})."
    if state == "contradicts":
        return "The proof of all minima contradicts itself and is not to be believed."
    if state == "all":
        if not proven:
            return "It is proven that there is no minimum in the arena."
        them = "this minimum is the only one" if proven == 1 else f"these {proven} minima are all there are"
        return f"It is proven that {them} in the arena."
    found = f"{counted(len(minima), 'minimum')} found, {_of_them(proven, len(minima))} proven" if minima else ""
    if state == "level":
        above = f"what lies above {contents.objective.value_name} = {certificate.level:.6g} was not searched for"
        return f"{found}; {above}." if found else f"{above[0].upper()}{above[1:]}."
    left = f"whether there are {'others' if found else 'any'} was not decided ({certificate.claim})"
    return f"{found}; {left}." if found else f"{left[0].upper()}{left[1:]}."


def _of_them(number: int, of: int) -> str:
    """How many of some are, as in "all of them" or "but not"."""
    if of == 1:
        return "and" if number else "but not"
    return {0: "none of them", of: "all of them"}.get(number, f"{number} of them")


def proof_data(contents: Contents) -> dict[str, Any]:
    """What is proven, in numbers: for words in other languages."""
    certificate, state = contents.certificate, proof_state(contents)
    if certificate is None:
        return {"state": state, "level": None, "attempted": False, "counts": {}, "lowest": None}
    counted_, lowest = certificate.counts, list(certificate.global_value)
    return {"state": state, "level": certificate.level, "attempted": True, "counts": counted_, "lowest": lowest}


def proof_state(contents: Contents) -> str:
    """Which of the forms of :func:`sentence` holds: none, contradicts, all, level or open."""
    certificate = contents.certificate
    if certificate is None:
        return "none"
    if certificate.degree_agrees is False:
        return "contradicts"
    if lists_all(contents):
        return "all"
    return "level" if certificate.complete and certificate.level is not None else "open"


def _middle(ends: tuple[float, float]) -> float:
    low, high = ends
    return low if low == high else 0.5 * low + 0.5 * high
