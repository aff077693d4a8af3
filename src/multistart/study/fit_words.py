"""What the summary says of a fit: how good the best one is, its parameters, how sure they are, what is proven of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from multistart.functions.losses import LOSSES
from multistart.plurals import counted, listed, plural
from multistart.study import storage
from multistart.study.findings import Findings, FitFindings, FitParameter, MethodFindings, Number, ProofFindings
from multistart.study.outcome_words import arena_name
from multistart.study.spelled import at_least, at_most, whole_share, with_error
from multistart.study.study import Study

DIGITS = 11  # of the best fit's loss, as many as references certify
SHORT = 4  # parameters that a sentence has
TOGETHER = 0.99  # a correlation from which on two parameters are hardly determined apart
PAIRS = 5  # of such parameters that are named
NEAR = 0.1  # of the best fit's loss: a bound this near to it is told by its distance
#: Losses that are 0 at least, whatever model and data are.
NEVER_NEGATIVE = set(LOSSES) - {"normal", "poisson", "poisson_log"}


def read_fit(folder: Path) -> FitFindings:
    """What the tables of a study say of its best fit."""
    fit, parameters, correlations = (
        storage.read_csv(folder / name) for name in ("fit.csv", "parameters.csv", "correlations.csv")
    )
    best = parameters[parameters["basin"] == 0]
    numbers = zip(fit["quantity"], fit["value"], fit["note"].fillna(""), strict=True)
    high = correlations[correlations["correlation"].abs() >= TOGETHER]
    return FitFindings(
        quantities={quantity: Number(float(value), note=note) for quantity, value, note in numbers},
        parameters=tuple(_parameter(row) for row in best.to_dict("records")),
        together=tuple(high.itertuples(index=False, name=None)),
    )


def _parameter(row: dict[str, Any]) -> FitParameter:
    return FitParameter(
        name=row["parameter"],
        estimate=float(row["estimate"]),
        standard_error=float(row["standard_error"]),
        log_standard_error=float(row["log_standard_error"]),
        at_bound=_text(row["at_bound"]),
        indistinct=tuple(_text(row["indistinct"]).split()),
        note=row["note"],
    )


def _text(cell: object) -> str:
    """A cell of a table; an empty one is missing there."""
    return cell if isinstance(cell, str) else ""


def headline(study: Study, found: Findings, method: MethodFindings, lead: str = "") -> str:
    """Which part of the starts reached the best fit, how good it is, and what is proven of it."""
    best = method.best[0] if method.best else method.minima[0]
    share = whole_share(method.global_share, method.starts)
    ties = f"one of {len(method.best)} equally good best fits" if len(method.best) > 1 else "the best fit"
    good = f"{study.objective.value_name} {best.value:.{DIGITS}g}"
    text = f"{lead}{share} reached {ties}**, {good}; {proven(study, found.proof, best.value)}."
    return f"**{text[:1].upper()}{text[1:]}"


def proven(study: Study, proof: ProofFindings | None, best: float) -> str:
    """What is proven of the best fit that was found, with the box that it is proven in."""
    where = "this box" if study.arena == study.domain else arena_name(study)
    if proof is None or proof.contradicted:
        return "that there is no better one is not proven"
    if proof.lowest and proof.lowest_reached:
        return f"proven the lowest{', and the only minimum,' if is_only(proof) else ''} in {where}"
    low, gap = proof.bound[0], best - proof.bound[0]
    if gap > NEAR * abs(best) and not proof.lower_elsewhere and (said := _in_domain(proof, best)):
        return f"{said}; of {where}, that is not decided"
    if not math.isfinite(low):
        return "no bound of how good a fit can be is proven"
    if proof.lower_elsewhere:
        return f"there are better ones in {where}"
    if low <= 0 and never_negative(study):
        return f"not proven the lowest: no bound above 0 is proven in {where}"
    if gap <= NEAR * abs(best):
        return f"proven: none in {where} is better{_by(gap)}"
    return f"not proven the lowest, only that {study.objective.value_name} is at least {at_least(low, 3)} in {where}"


def _in_domain(proof: ProofFindings, best: float) -> str:
    """What is proven of the domain alone, where that says enough; else nothing."""
    if proof.in_part is None:
        return ""
    low, _, reached = proof.in_part
    if reached and low <= best:
        return "proven the lowest in the domain"
    return f"proven: none in the domain is better{_by(best - low)}" if best - low <= NEAR * abs(best) else ""


def _by(gap: float) -> str:
    """How much better another may be."""
    return f" by more than {at_most(math.nextafter(gap, math.inf), 2)}" if gap > 0 else ""


def never_negative(study: Study) -> bool:
    """Whether a bound below 0 tells nothing: the function is a sum of losses that are 0 at least."""
    return study.objective.fit is not None and study.objective.fit.loss in NEVER_NEGATIVE


def is_only(proof: ProofFindings) -> bool:
    """Whether one minimum is proven to be all there are."""
    return proof.all_minima and proof.minima == 1 and len(proof.lowest) == 1


def parameters(fit: FitFindings, ties: int = 1) -> str:
    """The parameters of the best fit, or the first of several, with standard errors, in a sentence; empty without."""
    if not fit.parameters:
        return ""
    named = [f"{p.name} = {with_error(p.estimate, p.standard_error)}{_at(p)}" for p in fit.parameters[:SHORT]]
    more = f" and {counted(len(fit.parameters) - SHORT, 'more parameter')}" if len(fit.parameters) > SHORT else ""
    errors = "with standard errors" if any(math.isfinite(p.standard_error) for p in fit.parameters) else ""
    text = ", ".join(named) if more else listed(named)
    where = "There" if ties == 1 else "At the first of them"
    return f"{where}, {', '.join(filter(None, [text + more, errors]))}."


def _at(parameter: FitParameter) -> str:
    """That a parameter is held by its bound, as it follows its number."""
    return f" ({_bound(parameter)})" if parameter.at_bound else ""


def _bound(parameter: FitParameter) -> str:
    return f"at its {'lower' if parameter.at_bound == 'low' else 'upper'} bound"


def paragraphs(study: Study, fit: FitFindings) -> tuple[str, ...]:
    """How good the best fit is, a table of its parameters, and which of them are not well determined."""
    if not fit.parameters:
        return ("No start reached a minimum, so there is no fit to speak of.",)
    return (
        _quality(study, fit),
        _table(fit),
        _errors(fit),
        _bounds(fit.parameters),
        _indistinct(fit.parameters),
        _together(fit),
        _vague(fit.parameters),
    )


def _quality(study: Study, fit: FitFindings) -> str:
    rows, loss = int(fit.quantities["rows"].value), fit.quantities["loss"].value
    said = [f"{study.objective.value_name} {loss:.{DIGITS}g}"]
    if study.objective.value_name != "RSS" and math.isfinite(rss := fit.quantities["rss"].value):
        said.append(f"{fit.quantities['rss'].note} {rss:.{DIGITS}g}")
    deviation, r_squared = fit.quantities["residual_deviation"], fit.quantities["r_squared"]
    if math.isfinite(deviation.value):
        freedom = counted(int(fit.quantities["degrees_of_freedom"].value), "degree")
        said.append(f"residual standard deviation {deviation.value:.6g} with {freedom} of freedom")
    if math.isfinite(r_squared.value):
        said.append(f"R² {r_squared.value:.6g} ({r_squared.note})")
    return f"To {counted(rows, 'row')} of data: {'; '.join(said)}."


def _table(fit: FitFindings) -> str:
    """The parameters, one a row."""
    lines = ["| parameter | estimate | standard error |", "|---|---|---|"]
    for p in fit.parameters:
        error = f"{p.standard_error:.6g}" if math.isfinite(p.standard_error) else p.note
        lines.append(f"| {p.name} | {p.estimate:.10g} | {error} |")
    return "\n".join(lines)


def _errors(fit: FitFindings) -> str:
    """What the standard errors are made from."""
    made = {p.note for p in fit.parameters if math.isfinite(p.standard_error)}
    logged = [p.name for p in fit.parameters if math.isfinite(p.log_standard_error)]
    delta = f" {_those(logged)} fitted on the logarithm, hold to first order." if logged else ""
    return f"Standard errors are {next(iter(made))}.{delta}" if made else ""


def _those(names: Sequence[str]) -> str:
    return f"Those of {listed(list(names))}, which {_is(names)}"


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _bounds(parameters: Sequence[FitParameter]) -> str:
    held = [f"{p.name} {_bound(p)}" for p in parameters if p.at_bound]
    if not held:
        return ""
    others = "; the errors of the others are as if it were known" if len(held) == 1 else ""
    return f"The best fit has {listed(held)}, and would be better beyond{others}."


def _indistinct(parameters: Sequence[FitParameter]) -> str:
    """Which parameters the data do not determine."""
    groups = list(dict.fromkeys(p.indistinct for p in parameters if p.indistinct))
    said = [
        f"there the data do not depend on {group[0]}" if len(group) == 1 else
        f"the data do not tell {listed(list(group))} apart: other values of them fit as well"
        for group in groups
    ]  # fmt: skip
    text = "; ".join(said)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _together(fit: FitFindings) -> str:
    """Which parameters are hardly determined apart."""
    pairs = [f"{one} and {other} ({number:.6f})" for one, other, number in fit.together[:PAIRS]]
    if not pairs:
        return ""
    more = len(fit.together) - PAIRS
    rest = f" and {counted(more, 'more pair')} (correlations.csv)" if more > 0 else ""
    text = ", ".join(pairs) + rest if rest else listed(pairs)
    return f"Hardly determined apart, by the correlation of their errors: {text}."


def _vague(parameters: Sequence[FitParameter]) -> str:
    names = [p.name for p in parameters if p.standard_error > abs(p.estimate)]
    if not names:
        return ""
    error = plural("standard error", len(names))
    return f"Of {listed(names)} the data tell little: the {error} {_is(names)} larger than the {'estimate' if len(names) == 1 else 'estimates'}."  # noqa: E501


__all__ = ["headline", "never_negative", "paragraphs", "parameters", "proven", "read_fit"]
