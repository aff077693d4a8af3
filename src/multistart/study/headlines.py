"""The five sentences at the head of a summary, in the words of the second week of a course."""

from __future__ import annotations

import numpy as np

from multistart.plurals import counted, listed
from multistart.study import advice, fit_words, outcome_words, proof_words
from multistart.study.findings import Findings, MethodFindings
from multistart.study.settings import is_file
from multistart.study.spelled import box, of_starts, on_bound, point, typed, value
from multistart.study.study import Study

OTHERS = 3  # methods that are named one by one


def sentences(study: Study, found: Findings) -> list[str]:
    """At most five: what was done, which minimum was reached, what became of the rest, what is proven, what next.

    Of a fit one more, its parameters.
    """
    if len(found.methods) > 1:
        said = [_asked(study, found), _best_method(study, found), _other_methods(found)]
    else:
        (method,) = found.methods
        said = [_asked(study, found), lowest(study, found, method), _rest(method)]
    if found.fit is not None and any(m.count for method in found.methods for m in method.best):
        said.insert(2, fit_words.parameters(found.fit, len(found.methods[0].best)))
    said += [_proven(study, found), _next(study, found)]
    return [sentence for sentence in said if sentence]


def _proven(study: Study, found: Findings) -> str:
    """What is proven; of a fit what was not said with the best one."""
    proof = found.proof
    if found.fit is None:
        return proof_words.headline(study, found)
    if proof is None or (proof.lowest_reached and fit_words.is_only(proof)):
        return ""
    more = proof.all_minima or (bool(proof.lowest) and not proof.lowest_reached)
    return proof_words.headline(study, found) if more else ""


def _asked(study: Study, found: Findings) -> str:
    if is_file(study.config.starts):
        where = f"the {counted(found.methods[0].starts, 'point')} of {typed(str(study.config.starts.path))}"
    else:
        over = box(study.domain, 12) if study.domain.dimensions <= outcome_words.SIDES else "the domain"
        held = (
            ", and was held there" if study.held and len(found.methods) == 1 else ", and were held there" * study.held
        )
        where = f"{counted(found.methods[0].starts, 'point')} all over {over}{held}"
    if len(found.methods) > 1:
        names = [f"`{m.name}`" for m in found.methods]
        return f"Descents by {listed(names)} started from {where}."
    method = found.methods[0].method
    title = method.rule.title
    steps = f"{'at most' if method.gradient_tolerance else 'exactly'} {counted(method.max_steps, 'step')}"
    numbers = method.describe_numbers()
    return f"{_capital(title)} started from {where}, with {f'{numbers} and ' if numbers else ''}{steps} each."


def lowest(study: Study, found: Findings, method: MethodFindings, lead: str = "") -> str:
    """Which part of the starts reached the lowest minimum, behind some first words."""
    best = [m for m in method.best if m.count]
    if not method.reached:
        came = "came to rest at" if advice.stand_at_a_minimum(method) else "reached"
        what = outcome_words.no_minimum(method)
        return f"**{_capital(of_starts(0.0, method.starts))} {came} {'an' if what[0] == 'i' else 'a'} {what}.**"
    if not best:
        return _none_at_the_lowest(study, found)
    if found.fit is not None:
        return fit_words.headline(study, found, method, lead)
    share = of_starts(sum(m.share for m in best), method.starts)
    if len(method.best) > 1:
        where = f"{outcome_words.lowest_name(found, len(method.best))}**, all with {value(best[0].value)}"
        return f"**{_capital(lead + share)} reached one of {where}."
    proof = found.proof
    alone = proof is not None and proof.all_minima and proof.minima == 1 and len(method.minima) == 1
    name = "the only minimum" if alone else outcome_words.lowest_name(found)
    where = (
        f"{value(best[0].value)} at {point(best[0].location, study.domain)}{on_bound(best[0].at_bound, study.domain)}"
    )
    return f"**{_capital(lead + share)} reached {name}**, {where}."


def _none_at_the_lowest(study: Study, found: Findings) -> str:
    """That starts reached minima, but not the lowest of the arena; and where it is."""
    places = found.proof.lowest if found.proof is not None else ()
    if not places or not all(one.interior for one in places):
        return "**No start reached the lowest minimum.**"
    which = "the lowest minimum" if len(places) == 1 else f"any of the {len(places)} lowest minima"
    outside = not study.domain.contains(np.array([one.location for one in places])).any()
    where = ", outside the domain" if outside else ""
    at = f" at {point(places[0].location, study.domain)}" if len(places) == 1 else ""
    return f"**No start reached {which}**, {value(places[0].value, study.objective.value_name)}{at}{where}."


def _rest(method: MethodFindings) -> str:
    """What became of the others, ending by ending."""
    others = sum(m.share for m in method.local)
    reached = sum(1 for m in method.local if m.count)
    parts = []
    if others:
        where = "a higher minimum" if reached == 1 else f"one of {reached} higher minima"
        parts.append(f"{of_starts(others, method.starts)} reached {where}")
    parts += outcome_words.short_endings(method)
    parts = [*parts[:1], *(part.replace(" of the starts", "", 1) for part in parts[1:])]
    text = listed(parts)
    return f"{_capital(text)}." if parts else ""


def _best_method(study: Study, found: Findings) -> str:
    """The method by which most starts reached the lowest minimum."""
    best = max(found.methods, key=lambda m: sum(b.share for b in m.best))
    if not best.reached:
        return "**By no method did a start reach a minimum.**"
    if not any(b.count for b in best.best):
        return _none_at_the_lowest(study, found)
    return lowest(study, found, best, f"with `{best.name}`, ")


def _other_methods(found: Findings) -> str:
    best = max(found.methods, key=lambda m: sum(b.share for b in m.best))
    if not any(b.count for b in best.best):
        return ""
    others = [m for m in found.methods if m is not best]
    if len(others) > OTHERS:
        most = max(others, key=lambda m: sum(b.share for b in m.best))
        share = of_starts(sum(b.share for b in most.best), most.starts).removesuffix(" of the starts")
        return f"With the {len(others)} other methods at most {share} did, with `{most.name}`."
    shares = [of_starts(sum(b.share for b in m.best), m.starts).removesuffix(" of the starts") for m in others]
    parts = [f"with `{m.name}` {share} did" for m, share in zip(others, shares, strict=True)]
    return f"{_capital(', '.join(parts))}."


def _next(study: Study, found: Findings) -> str:
    """What to do next: the lines that help, or how often to restart, of which a user's own starts tell nothing.

    Nothing where there is no minimum.
    """
    if proof_words.no_minimum(found.proof):
        return ""
    helped_first = sorted(found.methods, key=lambda method: not any(d.helps for d in method.diagnoses))
    for method in helped_first:
        if said := advice.headline(method, named=len(found.methods) > 1):
            return said
    if len(found.methods) > 1 or is_file(study.config.starts):
        return ""
    return outcome_words.restarts_in_short(found, found.methods[0])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
