"""Names used from outside, where they were first: see :mod:`multistart.minima`."""

from multistart.minima import Minima, Tolerances, find_minima, label

__all__ = ["Minima", "Tolerances", "find_minima", "label"]
