"""What a study found, in a few plain sentences: findings in, text out, and nothing is computed on the way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from multistart.plurals import counted, plural
from multistart.study import rule_words
from multistart.study.certify import not_attempted
from multistart.study.findings import Findings, MethodFindings, Minimum, ProofFindings
from multistart.study.regions import UnderWay
from multistart.study.settings import is_expression
from multistart.study.spelled import box, percent, percent_between, point, whole_between
from multistart.study.study import Study

NAMED = 6  # minima, or places of rest, that are listed one by one; the others are summed up
REGIONS = 3  # that are described
RESTS = {
    "away from critical points": "away from all critical points, where {standing}",
    "unexplained": "on a saddle or a flat tail",
}


def summary(study: Study, found: Findings) -> str:
    """Return ``summary.md``."""
    several = len(found.methods) > 1
    paragraphs = [f"# {study.name}: which minimum does a descent reach?", asked(study, found.methods[0].starts)]
    paragraphs.append(proven(study, found.proof))
    for method in found.methods:
        paragraphs += [f"## {method.name}"] if several else []
        paragraphs += [reached(study, method), restarts_needed(method), minima_missed(method)]
        paragraphs += [not_reached(study, method), rule_words.critical(method), steps_taken(method)]
    if several:
        paragraphs += ["## Side by side, from the same starts", side_by_side(found.methods)]
    return "\n\n".join(p for p in paragraphs if p) + "\n"


def asked(study: Study, starts: int) -> str:
    """What the study asks: of which function, from which starts."""
    name = study.objective.name
    if is_expression(study.config.objective):
        values = [f"{key} = {value:g}" for key, value in study.config.objective.parameters.items()]
        name = f"`{study.objective.formula}`" + (f" with {', '.join(values)}" if values else "")
    return (
        f"From {counted(starts, 'start')} on {name} ({study.describe_starts()}; {_domain(study)}), "
        f"which minimum does each descent reach? Shares are fractions of all starts."
    )


def proven(study: Study, proof: ProofFindings | None) -> str:
    """What is proven of the minima themselves, and where proof and descents differ."""
    if proof is None:
        return (
            f"No list of critical points was proven ({not_attempted(study)}); the minima are those that descents found."
        )
    text = f"Proven apart from the descents, in the arena: {proof.sentence}"
    if proof.uncertified:
        several = f"{counted(proof.uncertified, 'minimum')} that are"
        what = "a minimum that is" if proof.uncertified == 1 else several
        text += f" Descents reached {what} not in this list (`certified` is False in basins.csv)."
    if proof.missed:
        minima = counted(proof.in_domain, "certified minimum")
        text += f" No start reached {proof.missed} of the {minima} in the domain."
    if proof.lower_elsewhere:
        text += (
            " Lower values than that of any minimum reached are on the faces of the arena or at edges of the domain of "
            "definition; the minimum called global is the lowest that is at neither."
        )
    return text


def reached(study: Study, found: MethodFindings) -> str:
    """Which share of the starts reached the global minimum, and which the local ones."""
    rule = found.method.describe()
    if not found.reached:
        return f"With {rule}, **no descent reached a minimum**. {rule_words.advice(found)}"
    if any(m.count for m in found.best):
        share = percent_between(found.global_share)
        sentences = [f"With {rule}, **{share} reached the global minimum**" + _where(study, found.best)]
    else:
        sentences = [f"With {rule}, **no start reached the global minimum**"]
    if local := found.local:
        number = "a" if len(local) == 1 else len(local)
        lead = f"{percent(_total(local))} ended in {number} local {plural('minimum', len(local))}"
        sentences.append(lead + _listed(study, local))
    return ". ".join(sentences) + "."


def restarts_needed(found: MethodFindings) -> str:
    """What it costs to reach the global minimum by restarting; empty where no start reached it."""
    share = found.global_share
    if not share.value > 0:
        return ""
    number = whole_between(found.restarts, bound=share.is_bound)
    text = (
        f"{counted(number, 'descent')} from uniform random starts {'reaches' if number == '1' else 'reach'} the global "
        f"minimum at least once with a probability of 99 %; the expected running time of restarts until one does is "
        f"{counted(whole_between(found.running_time), 'gradient evaluation')}."
    )
    if not share.has_ends:
        text += " This design gives no interval; estimates.csv says why."
    return f"{text} The interval of that probability is wide:{share.advice}." if share.advice else text


def minima_missed(found: MethodFindings) -> str:
    """What the starts may not have shown; empty for designs that cannot tell."""
    if (unseen := found.unseen) is None:
        return ""
    return (
        f"These starts reached {counted(unseen.reached, 'minimum')}. The probability that "
        f"one more start would end at a minimum that none has reached is estimated as {percent(1 - unseen.coverage)} "
        f"(Good and Turing, for any basins), and the number of minima from below as Chao1 {unseen.chao1:,.1f}, a lower "
        f"bound on average. A basin of {percent(unseen.detectable)} of the domain would have been met with a "
        f"probability of {unseen.level} %; of smaller ones there may be any number."
    )


def not_reached(study: Study, found: MethodFindings) -> str:
    """What became of the starts that reached no minimum, and how the labels of the others are known."""
    known = " ".join(filter(None, (_stationary(found), rule_words.visited(found), labels_known(found))))
    parts = _parts(study, found)
    if not parts:
        return f"Every start reached a minimum. {known}".strip()
    regions, thrown = under_way(found.regions), rule_words.diverged(found.facts.get("diverged", 0.0))
    return " ".join(filter(None, ("Of the rest, " + ", ".join(parts) + ".", regions, thrown, known)))


def under_way(found: UnderWay | None) -> str:
    """Where starts are mostly still under way; empty where no piece of the domain is."""
    if found is None:
        return ""
    listed = "; ".join(f"{percent(r.share)} within {box(r.box, 4)}" for r in found.regions[:REGIONS])
    number = "one piece" if len(found.regions) == 1 else f"{len(found.regions)} pieces"
    text = f"Those still under way start mostly in {number} of the domain: {listed}."
    if found.arrived is None:
        return text
    return f"{text} Those that reached a minimum start within {box(found.arrived, 4)}, but for single ones."


def labels_known(found: MethodFindings) -> str:
    """How the labels are known: by a proof, or by place and value."""
    covered, numeric = found.facts.get("proven", 0.0), found.facts.get("numeric", 0.0)
    if said := rule_words.uncovered(found):
        return said
    if not covered + numeric:
        return ""
    if not numeric:
        return "Every label of a start that reached a minimum is proven: it ended in that minimum's attraction ball."
    return (
        f"The basin of {percent(covered)} of all starts is proven by an attraction ball, of {percent(numeric)} numeric."
    )


def steps_taken(found: MethodFindings) -> str:
    """How many steps the descents took, and how long."""
    jobs = f"; their jobs, with start-up and compilation, took {found.seconds:.1f} s" if found.seconds else ""
    return f"The descents took {counted(found.steps, 'step')}{jobs}."


def side_by_side(methods: Sequence[MethodFindings]) -> str:
    """The methods as the rows of a table."""
    lines = [
        "| method | global | local | step limit | left arena | not finite | steps a start |",
        "|---|---|---|---|---|---|---|",
    ]
    for m in methods:
        ends = [percent(m.endings.get(ending, 0.0)) for ending in ("step_limit", "left_arena", "nonfinite")]
        cells = [m.name, percent(_total(m.best)), percent(_total(m.local)), *ends, f"{m.steps / m.starts:.1f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _domain(study: Study) -> str:
    bounds, names = study.domain.bounds, study.domain.names
    if len(bounds) > 2 and len(set(bounds.values())) == 1:
        low, high = next(iter(bounds.values()))
        return f"{names[0]}, ..., {names[-1]} in [{low:.12g}, {high:.12g}]"
    return box(study.domain, 12)


def _total(minima: Sequence[Minimum]) -> float:
    return float(np.sum([m.share for m in minima]))


def _where(study: Study, best: Sequence[Minimum]) -> str:
    places = [point(m.location, study.domain) for m in best]
    value = f"f = {best[0].value:.6g}"
    if len(places) == 1:
        return f", {value} at {places[0]}"
    shown = "; ".join(f"{percent(m.share)} {place}" for m, place in zip(best[:NAMED], places, strict=False))
    more = f"; and {len(places) - NAMED} more" if len(places) > NAMED else ""
    return f" {value}, which is reached at {len(places)} places ({shown}{more})"


def _listed(study: Study, local: Sequence[Minimum]) -> str:
    shown = [f"{percent(m.share)} f = {m.value:.6g} at {point(m.location, study.domain)}" for m in local[:NAMED]]
    if rest := local[NAMED:]:
        together = f" {len(rest)} together" if len(rest) > 1 else ""
        shown.append(f"the other{together} {percent(_total(rest))}")
    return f": {'; '.join(shown)}"


def _parts(study: Study, found: MethodFindings) -> list[str]:
    """What became of the starts that reached no minimum, ending by ending."""
    parts = []
    if found.endings.get("step_limit"):
        share, most = percent_between(found.under_way), counted(found.method.max_steps, "step")
        flat = rule_words.flat(found.facts.get("flat", 0.0))
        parts.append(f"{share} were still under way after {most}{flat}")
    if left := found.endings.get("left_arena"):
        widths = counted(f"{study.config.arena.widen:g}", "width")
        parts.append(f"{percent(left)} left the arena, {widths} around the domain")
    if nonfinite := found.endings.get("nonfinite"):
        parts.append(f"{percent(nonfinite)} came to where the gradient is not finite")
    if lost := found.at_rest_at_no_minimum:
        parts.append(f"{percent(lost)} came to rest at no minimum ({_rests(found)})")
    return parts


def _stationary(found: MethodFindings) -> str:
    """That more steps would change nothing, where descents stood still in floating point."""
    if not (share := found.endings.get("stationary")):
        return ""
    return (
        f"{percent(share)} stood still in floating point, on the same last bits, before the gradient fell to the "
        "tolerance: more steps change nothing there."
    )


def _rests(found: MethodFindings) -> str:
    """Where descents rest that are at no minimum, as in "0.20 % at saddle 3"."""
    if not found.rests:
        return RESTS["unexplained"]
    named = [(RESTS.get(where, where), share) for where, share in found.rests[:NAMED]]
    return ", ".join(f"{percent(share)} {where.format(standing=rule_words.standing(found))}" for where, share in named)
