"""What others need of :mod:`multistart.minima`: the minima near ends, and the basin of each end."""

from multistart.minima.basin import label, trapped_in
from multistart.minima.find import find_minima
from multistart.minima.proven import certify_minima, without_denied
from multistart.minima.scales import Tolerances, value_unit
from multistart.minima.settle import settle
from multistart.minima.table import Minima

__all__ = [
    "Minima", "Tolerances", "certify_minima", "find_minima", "label", "settle", "trapped_in", "value_unit",
    "without_denied",
]  # fmt: skip
