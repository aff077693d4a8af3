"""What the summary says of starts that went neither to rest nor away: into cycles, and into chaos."""

from __future__ import annotations

from collections.abc import Sequence

from multistart.plurals import counted
from multistart.study.findings import MethodFindings, Orbit

IN_SHORT = 2  # attractors that are named at the head; of more their number is said
NAMED = 6  # that are listed one by one
REST = {"cycle": "went round cycles", "bounded": "moved about without coming to rest"}
WITHOUT = {
    "cycle": "went round cycles that have no number: these are not isolated, or do not attract",
    "bounded": "moved about without coming to rest, on no orbit that has a number",
}


def name(orbit: Orbit) -> str:
    """What starts went into, as in "a cycle of period 2 around minimum 0"."""
    where = f" around minimum {orbit.around}" if orbit.around >= 0 else ""
    match orbit.kind:
        case "cycle":
            return f"a cycle of period {orbit.period}{where}"
        case "chaotic":
            return f"chaos{where}"
    return f"an orbit{where} that does not come to rest"


def in_short(found: MethodFindings) -> dict[str, float]:
    """What starts did that went to attractors that are no minima, each with its share of all starts."""
    reached = [orbit for orbit in found.orbits if orbit.count]
    cycles, others = _apart(reached)
    if len({name(orbit) for orbit in reached}) <= IN_SHORT:
        said = [(f"went into {name(orbit)}", orbit.share) for orbit in reached]
    else:
        said = [(f"went into {_number(cycles)}", _total(cycles))] if cycles else []
        said += [(REST["bounded"], _total(others))] if others else []
    rest = [(REST[ending], share) for ending, share in _left(found).items()]
    if cycles:
        rest = [(what.replace("round cycles", "round other cycles"), share) for what, share in rest]
    return _added([*said, *rest])


def each(found: MethodFindings) -> dict[str, float]:
    """The same attractor by attractor, with what is known of it."""
    reached = [orbit for orbit in found.orbits if orbit.count]
    said = _added([(f"went into {name(orbit)}{_known(orbit)}", orbit.share) for orbit in reached[:NAMED]])
    if more := reached[NAMED:]:
        said[f"went into {counted(len(more), 'other such attractor')}, see cycles.csv"] = _total(more)
    return said | {WITHOUT[ending]: share for ending, share in _left(found).items()}


def _known(orbit: Orbit) -> str:
    if orbit.kind == "cycle":
        return ", which is proven to attract" if orbit.proven else ""
    return f" (Lyapunov exponent {orbit.exponent:.2g} a step, standard error {orbit.exponent_error:.1g})"


def _number(cycles: list[Orbit]) -> str:
    return name(cycles[0]) if len(cycles) == 1 else f"one of {len(cycles)} cycles"


def _added(parts: list[tuple[str, float]]) -> dict[str, float]:
    """The shares of what is called alike, added."""
    said: dict[str, float] = {}
    for what, share in parts:
        said[what] = said.get(what, 0.0) + share
    return said


def _apart(orbits: Sequence[Orbit]) -> tuple[list[Orbit], list[Orbit]]:
    """Cycles, and bounded orbits."""
    return [o for o in orbits if o.kind == "cycle"], [o for o in orbits if o.kind != "cycle"]


def _total(orbits: list[Orbit]) -> float:
    return sum(orbit.share for orbit in orbits)


def _left(found: MethodFindings) -> dict[str, float]:
    """The share of starts in a cycle, or bounded, that are on no attractor with a number; by what most of them did."""
    lost = {ending: found.lost.get(ending, 0.0) for ending in REST}
    rest = sum(lost.values()) - sum(orbit.share for orbit in found.orbits)
    return {max(lost, key=lambda ending: lost[ending]): rest} if rest > 0.5 / found.starts else {}
