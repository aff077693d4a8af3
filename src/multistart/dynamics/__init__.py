"""Dynamics: an update rule as a map of point and state, its cycles, chaos, and what attracts descents that do not rest.

A rule's update F takes (point, state) to the next (:mod:`.map`), with its Jacobian by differentiating the rule's own
lines (:mod:`.lines`). A periodic orbit of F (:mod:`.periods`) is polished to a cycle with its multipliers
(:mod:`.cycles`), which a proof can follow (:mod:`.proof`); other orbits have a Lyapunov exponent (:mod:`.exponents`).
:mod:`.attractors` puts a name to where a study's descents went that neither rested nor left.

Over the learning rate a cycle is one of a family (:mod:`.family`), whose stability changes somewhere
(:mod:`.stability`); families that begin where others lose it are a cascade (:mod:`.cascade`), with events
(:mod:`.doublings`) and branches to be drawn (:mod:`.branches`). Crowds of orbits (:mod:`.crowds`) show where attractors
are lost or merge (:mod:`.crises`). :mod:`.over_rates` asks all of that for a sweep.
"""

from multistart.dynamics.attractors import Attractor, find_attractors, which_attractor
from multistart.dynamics.cycles import Cycle, polished
from multistart.dynamics.exponents import lyapunov
from multistart.dynamics.map import RuleMap
from multistart.dynamics.periods import periods
from multistart.dynamics.proof import is_proven

__all__ = [
    "Attractor", "Cycle", "RuleMap", "find_attractors", "is_proven", "lyapunov", "periods", "polished",
    "which_attractor",
]  # fmt: skip
