"""What the summary says of the proof: what it lists, how far it reaches, and where descents differ from it."""

from __future__ import annotations

from multistart.plurals import counted, listed, plural
from multistart.study.advice import stand_at_a_minimum
from multistart.study.certify import not_attempted
from multistart.study.findings import Findings, ProofFindings
from multistart.study.fit_words import never_negative
from multistart.study.outcome_words import arena_name, arena_word
from multistart.study.spelled import at_least, at_most, box, part, point, value
from multistart.study.study import Study

TIES = 4  # places of the same lowest value that are named


def headline(study: Study, found: Findings) -> str:
    """What is proven, in a sentence."""
    proof = found.proof
    if proof is None:
        return "No list of minima was proven, so there may be others."
    if proof.contradicted:
        return "The proof of all minima contradicts itself and is not to be believed."
    if proof.unbounded:
        said = unbounded(study, proof)
        reached = any(method.reached for method in found.methods) and not said.startswith("No")
        return f"But {said[0].lower()}{said[1:]}" if reached else said
    if proof.lowest and not all(one.interior for one in proof.lowest):
        where = arena_word(study)
        none = f"It is proven that there is no minimum in {where}. " if no_minimum(proof) else ""
        return f"{none}The lowest value in {where} is on its edge: {_lowest(study, proof)}."
    if proof.lowest and not proof.all_minima:
        return partial(study, found, proof)
    if proof.all_minima:
        return _all_listed(study, found, proof)
    found_one = proof.minima or any(m.count for method in found.methods for m in method.minima)
    which = "are other minima, or lower ones," if found_one else "are minima"
    return f"Whether there {which} was not decided."


def no_minimum(proof: ProofFindings | None) -> bool:
    """Whether the arena is proven to have none inside."""
    return proof is not None and proof.all_minima and not proof.minima


def unbounded(study: Study, proof: ProofFindings) -> str:
    """That no lower bound is proven, and where the function falls."""
    near = f"in {arena_word(study)} "
    if proof.falls:
        near = f"near {', '.join(' = '.join(part(x, name, study.domain)) for name, x in proof.falls)} "
    lower, f = proof.lower_elsewhere or not proof.minima, study.objective.value_name  # than at the minima, not theirs
    if proof.bound[1] == float("inf") or not lower:
        return f"No lower bound of {f} is proven {near.rstrip()}."
    return (
        f"{near[0].upper()}{near[1:]}{f} falls below {at_most(proof.bound[1], 2)}, and no lower bound of {f} is proven."
    )


def partial(study: Study, found: Findings, proof: ProofFindings) -> str:
    """That the lowest minimum is proven and nothing more."""
    them = "it" if len(proof.lowest) == 1 else "any of them"
    reached = "" if proof.lowest_reached else _none_there(found, them)
    tie = "minimum is" if len(proof.lowest) == 1 else "minima are"
    said = (_lowest(study, proof), reached, _unsearched(study, proof))
    return f"The lowest {tie} proven: {'; '.join(filter(None, said))}."


def _unsearched(study: Study, proof: ProofFindings) -> str:
    """What a search left out, as it follows what it found; nothing where it left out nothing."""
    if proof.level is not None and not proof.undecided:
        return f"what lies above {value(proof.level, study.objective.value_name)} was not searched for"
    return "" if proof.complete else "higher ones may be missing from the list"


def _all_listed(study: Study, found: Findings, proof: ProofFindings) -> str:
    """That there are no other minima in the arena."""
    number = proof.minima
    if not number:
        return f"It is proven that there is no minimum in {arena_name(study)}."
    if number > proof.in_domain or proof.missed:
        where = "the domain" if number > proof.in_domain else arena_name(study)
        comma, more = "," if "," in where else "", number - proof.in_domain
        around = f"; {more:,} more {'lies' if more == 1 else 'lie'} in the arena around it" if more else ""
        minima = f"{counted(proof.in_domain, 'minimum')}{_missed(found, proof)}"
        return f"It is proven that {where}{comma} has {minima}{around}."
    if number == 1:
        return f"It is proven that there is no other minimum in {arena_name(study)}."
    return f"It is proven that these {number} minima are all there are in {arena_name(study)}."


def _none_there(found: Findings, them: str) -> str:
    """That no start reached a minimum; where some stand at one and go on, that none came to rest."""
    standing = any(stand_at_a_minimum(method) for method in found.methods)
    return f"no descent came to rest at {them}" if standing else f"no start reached {them}"


def _missed(found: Findings, proof: ProofFindings) -> str:
    """How many of the minima in the domain no start reached, as it follows their number."""
    if not proof.missed:
        return ("", ", and it was reached", ", and each was reached")[min(proof.in_domain, 2)]
    if proof.missed == proof.in_domain:
        return f", and {_none_there(found, 'it' if proof.missed == 1 else 'any of them')}"
    return f", {proof.missed} of which no start reached"


def paragraphs(study: Study, found: Findings) -> tuple[str, ...]:
    """What the certificate lists and how far, and where proof and descents differ."""
    proof = found.proof
    if proof is None:
        return (f"No list of critical points was proven ({not_attempted(study)}).",)
    lowest = f"{_bound(study, proof)} {_of_domain(study, proof)}".rstrip()
    return _listed(study, proof), _scope(study, proof), lowest, _compared(found, proof)


def _listed(study: Study, proof: ProofFindings) -> str:
    kinds = [counted(n, kind if kind != "degenerate" else "degenerate one") for kind, n in proof.counts.items() if n]
    number = sum(proof.counts.values())
    what = f"{counted(number, 'critical point')}: {listed(kinds)}" if number else "no critical point"
    faces = f"; and {counted(proof.on_faces, 'minimum')} on its faces" if proof.on_faces else ""
    where = f"{arena_word(study)}, {box(study.arena, 12)}"
    return f"A search apart from the descents, inside {where}, lists and proves {what}{faces}."


def _scope(study: Study, proof: ProofFindings) -> str:
    if proof.contradicted:
        return "The list contradicts itself: its points do not add up to the degree of the gradient along the boundary."
    if proof.complete:
        return f"The list is complete: {arena_word(study)} has no other critical point."
    if proof.level is not None and not proof.undecided:
        level = value(proof.level, study.objective.value_name)
        return f"The list is complete up to {level}; what lies above was not searched for."
    return f"The list is not complete; undecided: {', '.join(proof.undecided)}." if proof.undecided else ""


def _bound(study: Study, proof: ProofFindings) -> str:
    (low, high), where = proof.bound, arena_word(study)
    low = max(low, 0.0) if never_negative(study) else low
    if proof.unbounded:
        return unbounded(study, proof)
    if proof.lowest:
        return f"The lowest value in {where} is {_lowest(study, proof)}; certificate.json has all its proven digits."
    if f"{low:.6g}" == f"{high:.6g}":
        return f"The lowest value in {where} is {value(low, study.objective.value_name)}."
    between = f"is at least {at_least(low)}"
    if high < float("inf"):
        between = f"lies between {at_least(low)} and {at_most(high)}"
    return f"The lowest value in {where} {between}."


def _of_domain(study: Study, proof: ProofFindings) -> str:
    """The lowest value in the domain, where that was searched for by itself; else nothing."""
    if proof.in_part is None:
        return ""
    low, high, _ = proof.in_part
    low = max(low, 0.0) if never_negative(study) else low
    if f"{low:.6g}" == f"{high:.6g}":
        said = f"is {value(low, study.objective.value_name)}"
    else:
        said = (
            f"lies between {at_least(low)} and {at_most(high)}"
            if high < float("inf")
            else f"is at least {at_least(low)}"
        )
    return f"In the domain, searched by itself, the lowest value {said}." if low > -float("inf") else ""


def _compared(found: Findings, proof: ProofFindings) -> str:
    said = []
    if proof.missed:
        said.append(f"The domain has {counted(proof.in_domain, 'proven minimum')}{_missed(found, proof)}.")
    if proof.uncertified:
        verb = "is" if proof.uncertified == 1 else "are"
        said.append(
            f"Descents reached {counted(proof.uncertified, 'minimum')} that {verb} not in the list (`certified` is "
            f"False in basins.csv)."
        )
    if proof.lower_elsewhere:
        said.append("The arena has lower values than that of any minimum that a start reached.")
    return " ".join(said)


def _lowest(study: Study, proof: ProofFindings) -> str:
    places = [point(one.location, study.domain) for one in proof.lowest]
    number = len(places)
    shown = listed(places) if number <= TIES else places[0]
    more = f" and at {number - 1} more {plural('place', number - 1)}" if number > TIES else ""
    tie = ", equal as far as can be told" if number > 1 else ""
    return f"{value(proof.lowest[0].value, study.objective.value_name)} at {shown}{more}{tie}"
