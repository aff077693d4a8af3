"""Ends -> minima -> labels: polish, find, settle, and which basin an end is in.

An end becomes a minimum in three steps: Newton's method polishes it (:mod:`.polish`), the point must be a strict
minimum, which is decided in 640 bits where doubles cannot tell (:mod:`.nature`), and points that agree in position and
value, or that no gradient tells apart (:mod:`.flat`), are one. Minima with equal values at different places stay apart.
"""

from multistart.minima.basin import label, trapped_by, trapped_in
from multistart.minima.find import find_minima
from multistart.minima.proven import certify_minima, without_denied
from multistart.minima.scales import Tolerances, value_unit
from multistart.minima.settle import settle
from multistart.minima.table import Minima

__all__ = [
    "Minima", "Tolerances", "certify_minima", "find_minima", "label", "settle", "trapped_by", "trapped_in",
    "value_unit", "without_denied",
]  # fmt: skip
