"""What the summary says of where starts ended, how often to restart, and what the starts may have missed."""

from __future__ import annotations

from collections.abc import Sequence

from multistart.plurals import counted, listed, plural
from multistart.study import orbit_words, outside_words, rule_words
from multistart.study.advice import stand_at_a_minimum
from multistart.study.findings import Findings, MethodFindings, Minimum, Unseen
from multistart.study.spelled import (
    box,
    of_starts,
    on_bound,
    percent,
    percent_between,
    point,
    value,
    whole_between,
)
from multistart.study.study import Study

NAMED = 7  # higher minima, or places of rest, listed one by one, as many as pictures number; the others are summed up
REGIONS = 3  # that are described
MOST = 0.8  # of the starts under way: pieces with fewer do not say where these are
VAGUE = 10  # times more restarts may be needed: of these no number is said in short
HITS = 10  # fewer starts at the lowest minimum, without an interval, tell no number; fewer in all no unseen minima
SIDES = 2  # of a box that is described in a sentence
UNIFORM = "uniform random starts"
EDGE = "at the edge of the function"
RESTS = {
    "away from critical points": "away from all critical points, where {standing}",
    EDGE: "at the edge of where the function is defined",
    "unexplained": "where it is flat, as along a line of minima, or on a saddle",
}


def lowest_name(found: Findings, number: int = 1) -> str:
    """How so many minima with the lowest value are called: found, or proven to be all that have it in the arena."""
    proof = found.proof
    proven = proof is not None and len(proof.lowest) == number and all(one.interior for one in proof.lowest)
    one, more = ("the best fit", "best fits") if found.fit is not None else ("the lowest minimum", "lowest minima")
    name = f"the {number} {more}" if number > 1 else one
    return name if proven else f"{name} found"


def arena_word(study: Study) -> str:
    """What the box that descents may move in is called: the domain where it is that, as where they are held there."""
    return "the domain" if study.arena == study.domain else "the arena"


def arena_name(study: Study) -> str:
    """The same, with its sides where they are few."""
    sides = f", {box(study.arena, 12)}" if study.arena.dimensions <= SIDES else ""
    return f"{arena_word(study)}{sides}"


def short_endings(found: MethodFindings) -> list[str]:
    """What became of the starts at no minimum, in the words of a beginner."""
    under_way = "making steps when these" if stand_at_a_minimum(found) else "on their way when the steps"
    share = {
        f"were still {under_way} ran out": found.endings.get("step_limit", 0.0),
        "left the arena": found.endings.get("left_arena", 0.0),
        "came to where the gradient is no finite number": found.endings.get("nonfinite", 0.0),
        f"{came_to_rest(found)} {_at_what(found)}": found.at_rest_at_no_minimum,
        rule_words.UNDECIDED: found.endings.get("undecided", 0.0),
        **orbit_words.in_short(found),
    }
    said = [(of_starts(part, found.starts), what) for what, part in share.items() if part]
    one = ("1 start", "the 1 start")
    return [
        f"{who} {what.replace('were', 'was').replace('their', 'its') if who in one else what}" for who, what in said
    ]


def no_minimum(found: MethodFindings) -> str:
    """What starts did not reach: where they rest unexplained, it may be a line of minima, none of them isolated."""
    unexplained = found.at_rest_at_no_minimum and dict(found.rests).get("unexplained", not found.rests)
    return "isolated minimum" if unexplained else "minimum"


def _at_what(found: MethodFindings) -> str:
    """Where starts are at rest, in short."""
    if [where for where, _ in found.rests] == [EDGE]:
        return RESTS[EDGE]
    flat = no_minimum(found) != "minimum" and len(found.rests) <= 1
    return "where it is flat, or on a saddle" if flat else f"at no {no_minimum(found)}"


def came_to_rest(found: MethodFindings) -> str:
    """What descents did that are at no minimum: those of some rules do not rest, an optimiser may stop on a slope."""
    return "ended" if found.lost.get("visited") or found.lost.get("stopped") else "came to rest"


def paragraphs(study: Study, found: Findings, method: MethodFindings) -> tuple[str, ...]:
    """Where the starts ended, minimum by minimum and ending by ending, and how that is known."""
    lines = [f"- {line}" for line in (*_minima(study, found, method), *_endings(study, method))]
    lead = f"Of the {counted(method.starts, 'start')}{_intervals(study, method)}:"
    rule = (rule_words.flat(method), rule_words.faded(method), rule_words.diverged(method))
    where = " ".join(filter(None, (under_way(method), *rule, _stationary(method), rule_words.visited(method))))
    own = " ".join(filter(None, (outside_words.stopped(method), outside_words.verdict(method))))
    return lead, "\n".join(lines), where, own, labels_known(method)


def _intervals(study: Study, method: MethodFindings) -> str:
    """What stands in brackets behind a share."""
    shown = [share for share in (method.global_share, method.under_way) if share.value > 0 and share.has_ends]
    if not shown:
        return ""
    if shown[0].is_bound:
        return " (in brackets, bounds of the share of the domain from the cells at its boundary, and no interval)"
    level = f"{100 * study.config.estimates.confidence:g} %"
    return f" (in brackets, an interval that holds the share of the domain with a confidence of {level})"


def _minima(study: Study, found: Findings, method: MethodFindings) -> list[str]:
    lines = []
    best = [m for m in method.best if m.count]
    if len(method.best) == 1 and best:
        share = percent_between(method.global_share, method.starts)
        lines.append(f"{share} reached {lowest_name(found)}: {_place(study, best[0])}")
    elif best:
        share, number = percent_between(method.global_share, method.starts), len(method.best)
        name = f"{lowest_name(found, number)}, {value(best[0].value, study.objective.value_name)}"
        places = [f"{_short(m.share, method)} at {point(m.location, study.domain)}" for m in method.best[:NAMED]]
        more = f"; and {number - NAMED} more" if number > NAMED else ""
        lines.append(f"{share} reached one of {name}: {'; '.join(places)}{more}")
    local = [m for m in method.local if m.count]
    lines += [f"{_short(m.share, method)} reached {_place(study, m)}" for m in local[:NAMED]]
    if rest := local[NAMED:]:
        more = f"one of {len(rest):,} more minima" if len(rest) > 1 else "1 more minimum"
        lines.append(f"{_short(_total(rest), method)} reached {more}")
    others = {m.basin for one in found.methods for m in one.minima if m.count}
    unreached = [m for m in method.minima if m.basin in others and not m.count and not (best and m.is_global)]
    if unreached:
        shown = listed([str(m.basin) for m in unreached[:NAMED]])
        names = shown if len(unreached) <= NAMED else f"{unreached[0].basin}, ..., {unreached[-1].basin}"
        lines.append(f"no start reached {plural('minimum', len(unreached))} {names}, which another method did")
    return lines


def _endings(study: Study, method: MethodFindings) -> list[str]:
    """What became of the starts that reached no minimum, ending by ending."""
    parts = []
    if method.endings.get("step_limit"):
        share, most = percent_between(method.under_way, method.starts), counted(method.method.max_steps, "step")
        verb = "was" if share in ("1 start", "the 1 start") else "were"
        what = "had not come to rest" if stand_at_a_minimum(method) else f"{verb} still under way"
        parts.append(f"{share} {what} after {most}")
    parts += [f"{_short(share, method)} {what}" for what, share in orbit_words.each(method).items()]
    if undecided := method.endings.get("undecided"):
        parts.append(f"{_short(undecided, method)} {rule_words.UNDECIDED}")
    if left := method.endings.get("left_arena"):
        parts.append(f"{_short(left, method)} left the arena, {box(study.arena, 12)}")
    if nonfinite := method.endings.get("nonfinite"):
        parts.append(
            f"{_short(nonfinite, method)} came to where the gradient is no finite number{_undefined(study, method)}"
        )
    if lost := method.at_rest_at_no_minimum:
        where = f"{_rests(method)}{_left_out(method)}"
        parts.append(f"{_short(lost, method)} {came_to_rest(method)} at no {no_minimum(method)}: {where}")
    return parts


def _left_out(method: MethodFindings) -> str:
    """That there may be minima among them, where not all ends were looked at."""
    if method.apart is None:
        return ""
    near = f"{method.apart:.1g} of the domain's widths"
    return f"; so many places that of ends within {near} of each other one was looked at, and minima may be missing"


def _undefined(study: Study, method: MethodFindings) -> str:
    """How many of them start there, and the first one, by its row in ``outcomes.parquet``."""
    if not (share := method.facts.get("undefined_start")):
        return ""
    row = ""
    if method.undefined is not None:
        row = f", the first of them in row {method.undefined[0]:,}, at {point(method.undefined[1], study.domain)}"
    who = "all of these" if share == method.endings["nonfinite"] else _short(share, method)
    return f"; {who} start there{row}"


def under_way(found: MethodFindings) -> str:
    """Where most of those start that are still under way; empty where no pieces of the domain say so."""
    shown = found.regions[:REGIONS]
    if sum(r.share for r in shown) < MOST * found.endings.get("step_limit", 0.0):
        return ""
    pieces = "; ".join(f"{box(r.box, 4)} ({percent(r.share)} of the starts)" for r in shown)
    return f"Pieces of the domain from which most are still under way: {pieces}." if pieces else ""


def labels_known(found: MethodFindings) -> str:
    """How it is known which minimum a start reached: by a proof, or by Newton's method."""
    proven, checked = found.facts.get("proven", 0.0), found.facts.get("numeric", 0.0)
    if said := rule_words.followed(found) or rule_words.uncovered(found):
        return said
    if not proven + checked:
        return ""
    which = "Which minimum a start reached"
    if not checked:
        trap, short = rule_words.trap(found), rule_words.not_arriving(found)
        began = ", or it began in a cell that is proven to lead there" if found.proven else ""
        where = f"its descent ended in {trap} around that minimum, which leads nowhere else"
        return f"{which} is proven: {where}{began}.{short}"
    if not proven:
        return f"{which} was checked by Newton's method; no attraction ball proves it."
    began = ", or began in a cell that is proven to lead there" if found.proven else ""
    return (
        f"For {of_starts(proven, found.starts)} it is proven which minimum they reached, as they ended in "
        f"{rule_words.trap(found)}{began}; for {of_starts(checked, found.starts)} it was checked by Newton's method."
        f"{rule_words.not_arriving(found)}"
    )


def restarts_in_short(found: Findings, method: MethodFindings) -> str:
    """How many random starts are enough; empty where none or all reached the lowest minimum, or these cannot tell."""
    if not 0 < method.global_share.value < 1 or method.restarts.value != method.restarts.value:
        return ""
    if method.restarts.high > VAGUE * method.restarts.value:
        return ""
    if few_hits(method):
        return ""
    number = f"{method.restarts.value:,.0f}"
    which = "one of " + lowest_name(found, len(method.best)) if len(method.best) > 1 else lowest_name(found)
    enough = "is enough" if number == "1" else "are enough"
    about = "" if number == "1" else "About "
    return f"{about}{counted(number, 'random start')} {enough} to reach {which} with a probability of 99 %."


def few_hits(method: MethodFindings) -> bool:
    """Whether too few starts reached the lowest minimum to tell how many are needed, of a design without intervals."""
    return not method.restarts.has_ends and sum(m.count for m in method.best) < HITS


def restarts_needed(found: Findings, method: MethodFindings, drawn: str = UNIFORM) -> str:
    """What it costs to reach the lowest minimum by restarts; empty where no start reached it, or too few tell."""
    share = method.global_share
    if not share.value > 0 or (drawn == UNIFORM and few_hits(method)):
        return ""
    number = whole_between(method.restarts, bound=share.is_bound)
    which = "one of " + lowest_name(found, len(method.best)) if len(method.best) > 1 else lowest_name(found)
    one = f"1 {drawn.replace('starts', 'start', 1)} is enough to reach {which}"
    many = f"{counted(number, 'descent')} from {drawn} reach {which} at least once"
    text = (
        f"{one if number == '1' else many} with a probability of 99 %. Restarted until one does, descents take "
        f"{counted(whole_between(method.running_time), method.method.paid_in)} on average."
    )
    if not share.has_ends:
        text += " This design gives no interval; estimates.csv says why."
    return f"{text} The interval of that probability is wide:{share.advice}." if share.advice else text


def minima_missed(found: MethodFindings) -> str:
    """What the starts may not have shown; empty for designs that cannot tell, and for a few starts."""
    if (unseen := found.unseen) is None or found.starts < HITS:
        return ""
    return (
        f"These starts reached {counted(unseen.reached, 'minimum')}. {_one_more(unseen)}; the number of "
        f"minima is estimated as {round(unseen.chao1, 1):,.12g} (Chao1, a lower bound on average). A basin of "
        f"{percent(unseen.detectable)} of the domain would have been met with a probability of {unseen.level} %; of "
        f"smaller ones there may be any number."
    )


def _one_more(unseen: Unseen) -> str:
    """What one more start would find."""
    if unseen.coverage == 1:
        them = "It was" if unseen.reached == 1 else "Each was"
        return f"{them} reached by more than one start, so one more start hardly finds another (Good and Turing)"
    chance = f"a probability of about {percent(1 - unseen.coverage)} (Good and Turing)"
    return f"One more start would end at a minimum that none has reached with {chance}"


def _stationary(found: MethodFindings) -> str:
    """That more steps would change nothing, where descents stood still in floating point."""
    if not (share := found.endings.get("stationary")):
        return ""
    before = ", before the gradient fell to the tolerance" if found.method.gradient_tolerance else ""
    return (
        f"{of_starts(share, found.starts).capitalize()} stood still in floating point, on the same last bits{before}: "
        "more steps change nothing there."
    )


def _rests(found: MethodFindings) -> str:
    """Where descents rest that are at no minimum, as in "0.20 % at saddle 3"."""
    if not found.rests:
        return RESTS["unexplained"]
    named = [(RESTS.get(where, where), share) for where, share in found.rests[:NAMED]]
    standing = rule_words.standing(found)
    if len(named) == 1:
        return named[0][0].format(standing=standing)
    return ", ".join(f"{_short(share, found)} {where.format(standing=standing)}" for where, share in named)


def _short(share: float, method: MethodFindings) -> str:
    """A share in a list that has said of what."""
    return of_starts(share, method.starts).removesuffix(" of the starts")


def _place(study: Study, m: Minimum) -> str:
    where = f"{point(m.location, study.domain)}{on_bound(m.at_bound, study.domain)}"
    return f"minimum {m.basin}, {value(m.value, study.objective.value_name)} at {where}"


def _total(minima: Sequence[Minimum]) -> float:
    return sum(m.share for m in minima)
