"""Domain and arena: the boxes that starts are drawn from, and that descents may move in."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping

from multistart.config.objective_section import CatalogueObjective, ObjectiveSection
from multistart.config.problems import problem, show
from multistart.config.values import listed
from multistart.errors import InputError
from multistart.functions import catalogue
from multistart.scales import LOG, log_bounds

LEAST, MOST = math.log(sys.float_info.min), math.log(sys.float_info.max)  # of logarithms of usual doubles
Domain = dict[str, tuple[float, float]]


def usual_domain(objective: ObjectiveSection) -> Domain:
    """That of a function of the catalogue; empty of others."""
    if not isinstance(objective, CatalogueObjective):
        return {}  # refused by the validator, with a sentence
    entry = catalogue.find(objective.name)
    return dict(zip(objective.variable_names, entry.domain(objective.dimensions), strict=True))


def covering(domain: Domain, objective: ObjectiveSection, scale: Mapping[str, str]) -> Domain:
    """A domain in the order of the variables, each of which it names, those on the logarithm above 0."""
    names = objective.variable_names
    missing = [name for name in names if name not in domain]
    foreign = [name for name in domain if name not in names]
    if not domain and not isinstance(objective, CatalogueObjective):
        box = ", ".join(f"{name}: [-3, 3]" for name in names)
        raise problem(f"is missing; {objective.called} needs one, as in {{{box}}}")
    if missing or foreign:
        said = [f"{word} {listed(some)}" for word, some in (("lacks", missing), ("has unknown", foreign)) if some]
        raise problem(f"{' and '.join(said)}; it names exactly the variables {listed(names)}")
    for name in names:
        if scale.get(name) == LOG:
            try:
                log_bounds(*domain[name])
            except InputError as error:
                raise problem(f"{error}, or leave it out of scale", at=name) from None
    return {name: domain[name] for name in names}


def check_widened(domain: Domain, scale: Mapping[str, str], widen: float) -> None:
    """Refuse an arena without finite ends."""
    for name, (low, high) in domain.items():
        if scale.get(name) == LOG:
            _check_logarithm(name, (low, high), widen)
            continue
        reach = widen * (high - low)
        if not (math.isfinite(low - reach) and math.isfinite(high + reach)):
            raise problem(f"got {show(widen)}; it makes {name} infinite, give a smaller number", at="widen")


def _check_logarithm(name: str, bounds: tuple[float, float], widen: float) -> None:
    """Refuse an arena on the logarithm whose ends are 0 or infinite."""
    low, high = log_bounds(*bounds)
    reach = widen * (high - low)
    if not (low - reach > LEAST and high + reach < MOST):
        raise problem(f"got {show(widen)}; on the logarithm it makes {name} 0 or infinite, give a smaller number",
                      at="widen")  # fmt: skip
