"""The five sentences at the head of a summary, in the words of the second week of a course."""

from __future__ import annotations

from multistart.plurals import counted
from multistart.study import advice, outcome_words, proof_words
from multistart.study.findings import Findings, MethodFindings
from multistart.study.settings import is_file
from multistart.study.spelled import box, of_starts, point, value
from multistart.study.study import Study

SIDES = 2  # of a domain that is described in a sentence


def sentences(study: Study, found: Findings) -> list[str]:
    """At most five: what was done, which minimum was reached, what became of the rest, what is proven, what next."""
    if len(found.methods) > 1:
        said = [_asked(study, found), _best_method(study, found), _other_methods(found)]
    else:
        (method,) = found.methods
        said = [_asked(study, found), lowest(study, found, method), _rest(method)]
    return [sentence for sentence in (*said, proof_words.headline(study, found), _next(found)) if sentence]


def _asked(study: Study, found: Findings) -> str:
    if is_file(study.config.starts):
        where = f"the {counted(found.methods[0].starts, 'point')} of {study.config.starts.path}"
    else:
        over = box(study.domain, 12) if study.domain.dimensions <= SIDES else "the domain"
        where = f"{counted(found.methods[0].starts, 'point')} all over {over}"
    if len(found.methods) > 1:
        names = [f"`{m.name}`" for m in found.methods]
        return f"Descents by {', '.join(names[:-1])} and {names[-1]} started from {where}."
    method = found.methods[0].method
    title = method.rule.title
    return f"{title[0].upper()}{title[1:]} started from {where}, with {method.describe().removeprefix(f'{title}, ')}."


def lowest(study: Study, found: Findings, method: MethodFindings) -> str:
    """Which part of the starts reached the lowest minimum."""
    best = [m for m in method.best if m.count]
    if not method.reached:
        return f"**{_capital(of_starts(0.0, method.starts))} reached a minimum.**"
    if not best:
        return f"**No start reached {outcome_words.lowest_name(found)}.**"
    share = of_starts(sum(m.share for m in best), method.starts)
    if len(method.best) > 1:
        where = f"{outcome_words.lowest_name(found, len(method.best))}**, all with {value(best[0].value)}"
        return f"**{_capital(share)} reached one of {where}."
    alone = len(method.minima) == 1 and found.proof is not None and found.proof.all_minima
    name = "the only minimum" if alone and found.proof.in_domain <= 1 else outcome_words.lowest_name(found)  # type: ignore[union-attr]
    return f"**{_capital(share)} reached {name}**, {value(best[0].value)} at {point(best[0].location, study.domain)}."


def _rest(method: MethodFindings) -> str:
    """What became of the others, ending by ending."""
    others = sum(m.share for m in method.local)
    reached = sum(1 for m in method.local if m.count)
    parts = []
    if others:
        where = "a higher minimum" if reached == 1 else f"one of {reached} higher minima"
        parts.append(f"{of_starts(others, method.starts)} reached {where}")
    parts += outcome_words.short_endings(method)
    text = f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)
    return f"{_capital(text)}." if parts else ""


def _best_method(study: Study, found: Findings) -> str:
    """The method by which most starts reached the lowest minimum."""
    best = max(found.methods, key=lambda m: sum(b.share for b in m.best))
    if not any(b.count for b in best.best):
        return f"**By no method did a start reach {outcome_words.lowest_name(found)}.**"
    sentence = lowest(study, found, best)
    return sentence.replace("reached", f"reached with `{best.name}`", 1)


def _other_methods(found: Findings) -> str:
    best = max(found.methods, key=lambda m: sum(b.share for b in m.best))
    if not any(b.count for b in best.best):
        return ""
    others = [m for m in found.methods if m is not best]
    parts = [f"with `{m.name}` {of_starts(sum(b.share for b in m.best), m.starts)} did" for m in others]
    return f"{_capital(', '.join(parts))}."


def _next(found: Findings) -> str:
    """What to do next: the lines that help, or how often to restart."""
    for method in found.methods:
        if said := advice.headline(method, named=len(found.methods) > 1):
            return said
    return outcome_words.restarts_in_short(found, found.methods[0]) if len(found.methods) == 1 else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
