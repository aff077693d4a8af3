"""`rule_script`: an update rule in JavaScript, from the lines that a kernel is made of."""

from __future__ import annotations

import json
from collections.abc import Iterator

from multistart.kernels import updates
from multistart.kernels.javascript.of_objective import needed
from multistart.kernels.javascript.printing import EXACT, PLAIN, Dialect, literal, method
from multistart.methods.rule import Rule

DIALECTS = (EXACT, PLAIN)


def rule_script(rule: Rule, d: int) -> str:
    """Return the text of a JavaScript expression: an object with an update rule in ``d`` coordinates.

    It reads

    - ``words``: the numbers of a row, coordinates then state;
    - ``hyper``: the names of the numbers in a kernel's array, ``N`` first, one for each coordinate as often;
    - ``first(hyper)``: the state before the first update;
    - ``rest``, ``autonomous``, ``region``, ``remembers``, ``attracts``: as the rule has them; whether it has state;
      whether below the critical rate of an attraction ball it provably stays in that;
    - ``exact`` and ``plain``, each with ``update(row, g, norm, taken, hyper, next, tolerance)``, which makes one update
      and says whether the row may be at rest besides: no coordinate moved by more than its rate times the tolerance;
      and with ``projected(row, g, hyper, out)`` of a rule that is held in a box, what of the gradient counts there,
      null of any other;
    - ``velocity(row, taken, hyper)``: what the point would move by were the gradient zero; null of a rule without
      state;
    - ``critical(curvature, hyper)``: the rate above which a minimum of this largest Hessian eigenvalue stops
      attracting, infinite where none is too large; null where that is not known.
    """
    parts = [
        f"dimensions: {d}",
        f"words: {len(updates.words(rule, d))}",
        f"hyper: {json.dumps(list(places(rule, d)))}",
        f"rest: {json.dumps(rule.rest)}",
        f"autonomous: {json.dumps(rule.autonomous)}",
        f"region: {json.dumps(rule.region is not None)}",
        f"remembers: {json.dumps(bool(rule.state))}",
        f"attracts: {json.dumps(rule.attracted is not None and rule.autonomous)}",
        method("first(hyper)", [f"return [{', '.join(_first(rule, d))}];"]),
        _velocity(rule),
        _critical(rule, d),
        *(
            f"{dialect.name}: {literal([_update(rule, d, dialect), _projected(rule, d, dialect)])}"
            for dialect in DIALECTS
        ),
    ]
    return literal(parts)


def places(rule: Rule, d: int) -> Iterator[str]:
    """The names of the numbers that a kernel takes of a rule, in their order."""
    yield "N"
    for h in rule.hyperparameters:
        yield from [h.name] * (d if h.per_coordinate else 1)


def _first(rule: Rule, d: int) -> Iterator[str]:
    """The state before the first update, in the order of the row's words."""
    names = list(places(rule, d))
    for state in rule.state:
        for j in range(1 if state.shared else d):
            if isinstance(state.start, str):
                several = names.count(state.start) > 1
                yield f"hyper[{names.index(state.start) + (j if several else 0)}]"
            else:
                yield repr(float(state.start))


def _update(rule: Rule, d: int, dialect: Dialect) -> str:
    names = updates.words(rule, d)
    loads = [f"{name} = row[{k}]" for k, name in enumerate(names)]
    loads += [f"g{j} = g[{j}]" for j in range(d)] + updates.hyperparameters(rule, d)
    lines = dialect.lines([*loads, *updates.update(rule, d, taken="taken", norm="norm")])
    lines += [f"next[{k}] = {name};" for k, name in enumerate(names)]
    rests = updates.at_rest(rule, d, [f"row[{j}]" for j in range(d)])
    lines += [f"return {dialect.expression(' and '.join(rests)) if rests else 'true'};"]
    return method("update(row, g, norm, taken, hyper, next, tolerance)", lines)


def _projected(rule: Rule, d: int, dialect: Dialect) -> str:
    if not rule.bounds:
        return "projected: null"
    names = updates.words(rule, d)[:d]
    loads = [*(f"{name} = row[{j}]" for j, name in enumerate(names)), *(f"g{j} = g[{j}]" for j in range(d))]
    held = [f"h{j}" for j in range(d)]
    lines = needed([*loads, *updates.hyperparameters(rule, d), *updates.projected(rule, d)], held)
    return method("projected(row, g, hyper, out)", [*dialect.lines(lines), *(f"out[{j}] = h{j};" for j in range(d))])


def _velocity(rule: Rule) -> str:
    body = "return driftOf(this, row, taken, hyper);" if rule.state else "return null;"
    return method("velocity(row, taken, hyper)", [body])


def _critical(rule: Rule, d: int) -> str:
    formula = rule.critical_learning_rate
    if formula is None:
        return method("critical(curvature, hyper)", ["return null;"])
    given = ["curvature_ = 0.0 if curvature <= 0.0 else curvature", "infinity_ = math.inf"]
    given += updates.hyperparameters(rule, d)
    lines = needed([*given, *map(updates.underscored, formula.lines)], ["critical_"])
    return method("critical(curvature, hyper)", [*EXACT.lines(lines), "return critical_;"])
