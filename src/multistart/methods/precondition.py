"""Steps in units of the domain's widths: a rule's lines, run in ``z = x / w`` in place of x.

A width w is rounded to a power of two. So ``z = x / w``, the gradient ``w * g`` by z, and ``x = w * z`` are exact, and
a descent has the bits of one of the function of z, up to overflow and underflow. Gradient descent so has the rate
``learning_rate * w**2`` in each variable. State is that of z; tolerances and arena are those of x.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from multistart.errors import InputError
from multistart.methods.rule import WIDTH, Hyperparameter, Rule

DOMAIN = "domain"
_PLACE, _SLOPE = f"place_in_{WIDTH}s", f"slope_in_{WIDTH}s"
_WIDTH = Hyperparameter(WIDTH, "unit of a variable that steps are made in", 1.0, unit="x", above=0, per_coordinate=True)
UNPROVEN = "whose steps are in units of the domain's widths"


@lru_cache(maxsize=256)
def preconditioned(rule: Rule) -> Rule:
    """The rule in ``z = x / w``. What was proven or known of it in x is claimed no more.

    >>> from multistart.methods.gradient_descent import GRADIENT_DESCENT
    >>> for line in preconditioned(GRADIENT_DESCENT.rule({})).update: print(line)
    slope_in_domain_widths = domain_width * g
    place_in_domain_widths = (1.0 / domain_width) * x
    place_in_domain_widths = fma(-learning_rate, slope_in_domain_widths, place_in_domain_widths)
    x = domain_width * place_in_domain_widths
    """
    return replace(
        rule,
        hyperparameters=(*rule.hyperparameters, _WIDTH),
        update=(
            f"{_SLOPE} = {WIDTH} * g",
            f"{_PLACE} = (1.0 / {WIDTH}) * x",
            *map(_in_widths, rule.update),
            f"x = {WIDTH} * {_PLACE}",
        ),
        reach=f"{rule.reach} * {WIDTH} * {WIDTH}" if rule.reach else None,
        critical_learning_rate=None,
        critical_words="",
        step_length=None,
        attracted=None,
        region=None,
        unproven=UNPROVEN,
    )


def _in_widths(line: str) -> str:
    return re.sub(r"\b[xg]\b", lambda name: _PLACE if name.group() == "x" else _SLOPE, line)


def checked_widths(given: str | Sequence[float] | None) -> str | tuple[float, ...] | None:
    """``"domain"``, or widths as powers of two; none where none are given.

    Raises
    ------
    InputError
        Neither.

    >>> checked_widths((700.0, 1e-2)), checked_widths("domain")
    ((512.0, 0.0078125), 'domain')
    """
    if given is None or (isinstance(given, str) and given == DOMAIN):
        return given
    widths = () if isinstance(given, str) else tuple(given)
    try:
        numbers = [float(width) for width in widths]
    except (TypeError, ValueError):
        numbers = []
    if not numbers or not all(0 < width < math.inf for width in numbers):
        raise InputError(
            f"precondition is {DOMAIN}, or from Python a width above 0 for each variable, as in box.width; got {given}"
        )
    return tuple(map(power_of_two, numbers))


def power_of_two(width: float) -> float:
    """The power of two that is nearest to a width in ratio.

    >>> power_of_two(6.0), power_of_two(5.6), power_of_two(0.01)
    (8.0, 4.0, 0.0078125)
    """
    mantissa, exponent = math.frexp(width)
    return math.ldexp(1.0, exponent if mantissa >= math.sqrt(0.5) else exponent - 1)
