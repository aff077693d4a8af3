"""Boundaries: where basins end, as points on both sides of an edge, and what can be said of that edge.

Everything here asks a label function (:mod:`.labels`) what becomes of starts, and nothing else of a study.
"""

from multistart.boundaries.labels import Labels

__all__ = ["Labels"]
