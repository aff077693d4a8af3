"""All methods that a config file can name."""

from __future__ import annotations

from multistart.methods.adaptive import ADAPTIVE
from multistart.methods.entry import Entry
from multistart.methods.flow import GRADIENT_FLOW
from multistart.methods.gradients import GRADIENTS
from multistart.methods.momentum import MOMENTUM
from multistart.methods.outside import SCIPY
from multistart.methods.search import Search
from multistart.methods.searches import SEARCHES
from multistart.methods.signs import SIGNS

#: Update rules as in a textbook, and with searches and the flow, and SciPy's methods, all that a config file can name.
RULES = {entry.name: entry for entry in (*GRADIENTS, *MOMENTUM, *ADAPTIVE, *SIGNS)}
CATALOGUE: dict[str, Entry | Search] = {**RULES, **SEARCHES, GRADIENT_FLOW.name: GRADIENT_FLOW}
OPTIMIZERS = (*CATALOGUE, SCIPY)
#: Those with memory of which regions of point and state are proven.
IN_REGIONS = tuple(name for name, entry in RULES.items() if entry.region)
