"""Methods: an update rule with its hyperparameters and its stopping rule.

A rule is written as in a textbook (:mod:`.entry`, in the words of :mod:`.language`), and made into lines of a kernel
(:mod:`.translation`, by the arithmetic of :mod:`.arithmetic`), under a rate that may change (:mod:`.rate`).
"""

from multistart.methods.catalogue import CATALOGUE, IN_REGIONS, OPTIMIZERS, RULES
from multistart.methods.entry import Entry
from multistart.methods.method import MAX_STEPS, STOPPING, Method
from multistart.methods.rule import Flag, Hyperparameter, Rule, State
from multistart.methods.schedules import SCHEDULES
from multistart.methods.search import Search
from multistart.methods.searches import SEARCHES

__all__ = [
    "CATALOGUE", "IN_REGIONS", "MAX_STEPS", "OPTIMIZERS", "RULES", "SCHEDULES", "SEARCHES", "STOPPING", "Entry",
    "Flag", "Hyperparameter", "Method", "Rule", "Search", "State",
]  # fmt: skip
