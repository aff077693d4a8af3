"""What a study found, in a few plain sentences with the numbers in them."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from multistart.counts.tally import Tally
from multistart.descents.outcomes import ENDINGS, NO_BASIN, RESTING
from multistart.plurals import counted, plural
from multistart.proofs import Certificate
from multistart.study import storage
from multistart.study.answers import minima_missed, percent, percent_between, restarts_needed
from multistart.study.places import under_way
from multistart.study.proof import not_attempted
from multistart.study.settings import is_expression
from multistart.study.study import Study

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; }} pre {{ white-space: pre-wrap; font: inherit; }}
table {{ border-collapse: collapse; }} td, th {{ padding: 0.2em 0.7em; text-align: right; border: 1px solid #ccc; }}
</style></head><body><pre>{text}</pre>
{tables}
</body></html>
"""
NAMED = 6  # minima that are listed one by one; the others are summed up


@dataclass(frozen=True)
class Result:
    """What one method gave: its tables, and how long its descents took in seconds (none where not known)."""

    method: str
    basins: pd.DataFrame
    tally: Tally
    estimates: pd.DataFrame
    seconds: float | None = None

    def share(self, ending: str | None = None, basin: int | None = None) -> float:
        """The part of all starts with an ending, or in a basin, or both."""
        frame = self.tally.endings
        if ending is not None:
            frame = frame[frame["ending"] == ending]
        if basin is not None:
            frame = frame[frame["basin"] == basin]
        return float(frame["count"].sum()) / self.tally.starts

    def fact(self, name: str) -> float:
        """The part of all starts that a fact of the tally holds for."""
        frame = self.tally.facts
        return float(frame.loc[frame["fact"] == name, "count"].sum()) / self.tally.starts


def read_results(
    study: Study,
    basins: Sequence[Path | str],
    tallies: Sequence[Path | str],
    estimates: Sequence[Path | str],
    timings: Sequence[Sequence[Path | str]],
) -> list[Result]:
    """Return the results of all methods in their order; ``timings`` are Snakemake's benchmark files of the descents."""
    return [
        Result(method, storage.read_csv(b), storage.read_tally(t), storage.read_csv(e), _seconds(files))
        for method, b, t, e, files in zip(study.config.methods, basins, tallies, estimates, timings, strict=True)
    ]


def write_summary(
    study: Study, results: Sequence[Result], certificate: Certificate | None, *, text: Path | str, page: Path | str
) -> None:
    """Write the summary as Markdown, and with the tables as one HTML page."""
    summary = summarize(study, results, certificate)
    storage.write_text(text, summary)
    tables = [f"<h2>{r.method}: minima</h2>{r.basins.to_html(index=False)}" for r in results]
    tables += [f"<h2>{r.method}: estimates</h2>{r.estimates.to_html(index=False, na_rep='')}" for r in results]
    tables += [f"<h2>{r.method}: endings</h2>{r.tally.endings.to_html(index=False)}" for r in results]
    storage.write_text(page, PAGE.format(title=study.name, text=html.escape(summary), tables="\n".join(tables)))


def _seconds(files: Sequence[Path | str]) -> float | None:
    """The sum of the wall times of jobs; none where a timing is missing or damaged."""
    try:
        seconds = sum(float(pd.read_csv(file, sep="\t")["s"].iloc[0]) for file in files)
    except (OSError, ValueError, LookupError):  # Snakemake's files, which have no checksum
        return None
    return seconds if math.isfinite(seconds) else None


def summarize(study: Study, results: Sequence[Result], certificate: Certificate | None) -> str:
    """Return ``summary.md``."""
    proof = _proven(study, certificate, results)
    paragraphs = [f"# {study.name}: which minimum does a descent reach?", _asked(study, results[0]), proof]
    for result in results:
        if len(results) > 1:
            paragraphs.append(f"## {result.method}")
        paragraphs += [_reached(study, result), restarts_needed(result.estimates), minima_missed(result.estimates)]
        paragraphs += [_rest(study, result), _stability(study, result), _time(result)]
    if len(results) > 1:
        paragraphs += ["## Side by side, from the same starts", _comparison(results)]
    return "\n\n".join(p for p in paragraphs if p) + "\n"


def _asked(study: Study, result: Result) -> str:
    objective = study.objective
    name = objective.name
    if is_expression(study.config.objective):
        values = [f"{key} = {value:g}" for key, value in study.config.objective.parameters.items()]
        name = f"`{objective.formula}`" + (f" with {', '.join(values)}" if values else "")
    return (
        f"From {counted(result.tally.starts, 'start')} on {name} ({study.describe_starts()}; {_box(study)}), "
        f"which minimum does each descent reach? Shares are fractions of all starts."
    )


def _proven(study: Study, certificate: Certificate | None, results: Sequence[Result]) -> str:
    """What is proven of the minima themselves, and where proof and descents differ."""
    if certificate is None:
        return (
            f"No list of critical points was proven ({not_attempted(study)}); the minima are those that descents found."
        )
    text = f"Proven apart from the descents, in the arena: {certificate.sentence}"
    basins = results[0].basins
    reached = np.zeros(len(basins), dtype=bool)
    for result in results:
        reached |= result.basins["count"].to_numpy() > 0
    uncertified = int((reached & ~basins["certified"].to_numpy(dtype=bool)).sum())
    if uncertified:
        what = "a minimum that is" if uncertified == 1 else f"{counted(uncertified, 'minimum')} that are"
        text += f" Descents reached {what} not in this list (`certified` is False in basins.csv)."
    centers = np.array([p.center for p in certificate.points if p.kind == "minimum"]).reshape(
        -1, len(study.domain.names)
    )
    inside = int(study.domain.contains(centers).sum())
    places = basins.loc[reached & basins["certified"].to_numpy(dtype=bool), list(study.domain.names)].to_numpy()
    missed = inside - int(study.domain.contains(places).sum())
    if missed > 0:
        text += f" No start reached {missed} of the {counted(inside, 'certified minimum')} in the domain."
    best = basins.loc[basins["kind"] == "global", "value"].min()  # nan where there is none
    if certificate.global_value[1] < best - 1e-9 * (1 + abs(best)):
        text += (
            " Lower values than that of any minimum reached are on the faces of the arena or at edges of the domain of "
            "definition; the minimum called global is the lowest that is at neither."
        )
    return text


def _box(study: Study) -> str:
    bounds = study.domain.bounds
    if len(bounds) > 2 and len(set(bounds.values())) == 1:
        low, high = next(iter(bounds.values()))
        return f"{study.domain.names[0]}, ..., {study.domain.names[-1]} in [{low:.12g}, {high:.12g}]"
    return ", ".join(f"{name} in [{low:.12g}, {high:.12g}]" for name, (low, high) in bounds.items())


def _reached(study: Study, result: Result) -> str:
    rule = study.method(result.method).describe()
    basins = result.basins
    if basins.empty or not basins["count"].sum():
        return f"With {rule}, **no descent reached a minimum**. {_advice(result)}"
    best = basins[basins["kind"] == "global"]
    if best["count"].sum():
        share = percent_between(result.estimates, "probability_of_global_basin")
        sentences = [f"With {rule}, **{share} reached the global minimum**" + _where(study, best)]
    else:
        sentences = [f"With {rule}, **no start reached the global minimum**"]
    local = basins[basins["kind"] != "global"]
    if len(local):
        lead = f"{percent(local['share'].sum())} ended in {'a' if len(local) == 1 else len(local)} local "
        lead += plural("minimum", len(local))
        sentences.append(lead + _listed(study, local))
    return ". ".join(sentences) + "."


def _where(study: Study, best: pd.DataFrame) -> str:
    places = [point(study, row) for row in best.itertuples()]
    value = f"f = {best['value'].iloc[0]:.6g}"
    if len(places) == 1:
        return f", {value} at {places[0]}"
    shown = "; ".join(f"{percent(s)} {p}" for s, p in zip(best["share"][:NAMED], places, strict=False))
    more = f"; and {len(places) - NAMED} more" if len(places) > NAMED else ""
    return f" {value}, which is reached at {len(places)} places ({shown}{more})"


def _listed(study: Study, local: pd.DataFrame) -> str:
    shown = [f"{percent(r.share)} f = {r.value:.6g} at {point(study, r)}" for r in local[:NAMED].itertuples()]
    rest = local[NAMED:]
    more = (
        f"; the other{f' {len(rest)} together' if len(rest) > 1 else ''} {percent(rest['share'].sum())}"
        if len(rest)
        else ""
    )
    return f": {'; '.join(shown)}{more}"


def _rest(study: Study, result: Result) -> str:
    rule = study.method(result.method)
    parts = []
    if result.share("step_limit"):
        flat = result.fact("flat")
        share = percent_between(result.estimates, "share_still_under_way")
        part = f"{share} were still under way after {counted(rule.max_steps, 'step')}"
        if flat:
            part += f" ({percent(flat)} where it is so flat that as many steps again would hardly move them)"
        parts.append(part)
    if left := result.share("left_arena"):
        parts.append(
            f"{percent(left)} left the arena, {counted(f'{study.config.arena.widen:g}', 'width')} around the domain"
        )
    if nonfinite := result.share("nonfinite"):
        parts.append(f"{percent(nonfinite)} came to where the gradient is not finite")
    if lost := sum(result.share(ENDINGS[code], NO_BASIN) for code in RESTING):
        parts.append(f"{percent(lost)} came to rest at no minimum ({_rests(result)})")
    known = f"{_stationary(result)} {_known(study, result)}".strip()
    if not parts:
        return f"Every start reached a minimum. {known}".strip()
    text = "Of the rest, " + ", ".join(parts) + "."
    if result.share("step_limit") and (where := under_way(result.tally, study.map_grid)):
        text += f" {where}"
    if diverged := result.fact("diverged"):
        text += f" {percent(diverged)} diverged: the step was too long for the curvature there."
    return f"{text} {known}".strip()


def _stationary(result: Result) -> str:
    """That more steps would change nothing, where descents stood still in floating point."""
    if not (share := result.share("stationary")):
        return ""
    return (
        f"{percent(share)} stood still in floating point, on the same last bits, before the gradient fell to the "
        "tolerance: more steps change nothing there."
    )


def _rests(result: Result) -> str:
    """Where descents rest that are at no minimum, as in "0.20 % at saddle 3"."""
    frame = result.tally.facts
    rests = frame[frame["fact"].str.startswith("rest ")].sort_values("count", ascending=False)
    if rests.empty:
        return "on a saddle or a flat tail"
    words = {
        "rest away from critical points": f"away from all critical points, where {_stand(result)}",
        "rest unexplained": "on a saddle or a flat tail",
    }
    named = [
        (words.get(fact, fact.removeprefix("rest ")), n) for fact, n in zip(rests["fact"], rests["count"], strict=True)
    ]
    return ", ".join(f"{percent(n / result.tally.starts)} {fact}" for fact, n in named[:NAMED])


def _stand(result: Result) -> str:
    """Why descents stand still where the gradient is not zero."""
    reasons = {
        "converged": "the gradient is below the tolerance",
        "stationary": "a step is too short to change a coordinate",
    }
    return " or ".join(reason for ending, reason in reasons.items() if result.share(ending, NO_BASIN))


def _known(study: Study, result: Result) -> str:
    """How the labels are known."""
    proven, numeric = result.fact("proven"), result.fact("numeric")
    rule = study.method(result.method)
    if rule.stopping == "certified" and not proven:
        return f"No attraction ball covers learning rate {rule.learning_rate:g}, so none stopped a descent."
    if not proven + numeric:
        return ""
    if not numeric:
        return "Every label of a start that reached a minimum is proven: it ended in that minimum's attraction ball."
    return (
        f"The basin of {percent(proven)} of all starts is proven by an attraction ball, of {percent(numeric)} numeric."
    )


def _advice(result: Result) -> str:
    ending = result.tally.endings.groupby("ending")["count"].sum().idxmax()
    return {
        "step_limit": "Most were still under way: raise max_steps, or the learning rate.",
        "left_arena": "Most left the arena: lower the learning rate, or widen the arena.",
        "nonfinite": "Most met a gradient that is not finite: lower the learning rate, or narrow the domain.",
        "stationary": "Most stand still where a step is too short to change a coordinate: raise the learning rate.",
    }.get(str(ending), "Most came to rest on a saddle or a flat tail: lower the gradient tolerance.")


def _stability(study: Study, result: Result) -> str:
    rule = study.method(result.method)
    basins = result.basins
    if basins.empty:
        return ""
    critical = basins["critical_learning_rate"]
    rates = ", ".join(f"{r.critical_learning_rate:.4g} (minimum {r.basin})" for r in basins.itertuples())
    if len(basins) > NAMED:
        rates = f"from {critical.min():.4g} to {critical.max():.4g} for these {len(basins)}; each is in basins.csv"
    text = f"A minimum stops attracting above the learning rate 2/lambda_max: {rates}."
    unstable = int((result.basins["critical_learning_rate"] <= rule.learning_rate).sum())
    return text + (
        f" At {rule.learning_rate:g}, {unstable} of them {'attracts' if unstable == 1 else 'attract'} no more."
        if unstable
        else ""
    )


def _time(result: Result) -> str:
    steps = int((result.tally.steps["steps"] * result.tally.steps["count"]).sum())
    jobs = f"; their jobs, with start-up and compilation, took {result.seconds:.1f} s" if result.seconds else ""
    return f"The descents took {counted(steps, 'step')}{jobs}."


def _comparison(results: Sequence[Result]) -> str:
    lines = [
        "| method | global | local | step limit | left arena | not finite | steps a start |",
        "|---|---|---|---|---|---|---|",
    ]
    for r in results:
        best = r.basins.loc[r.basins["kind"] == "global", "share"].sum()
        local = r.basins.loc[r.basins["kind"] != "global", "share"].sum()
        mean = (r.tally.steps["steps"] * r.tally.steps["count"]).sum() / r.tally.starts
        ends = [percent(r.share(ending)) for ending in ("step_limit", "left_arena", "nonfinite")]
        lines.append(f"| {r.method} | {percent(best)} | {percent(local)} | {' | '.join(ends)} | {mean:.1f} |")
    return "\n".join(lines)


def point(study: Study, row: object) -> str:
    """The coordinates of a minimum in a table, rounded for reading."""
    numbers = [float(getattr(row, name)) for name in study.objective.variables]
    shown = [0.0 if abs(x) < 1e-9 * width else x for x, width in zip(numbers, study.domain.width, strict=True)]
    offset = [np.log10(max(1.0, abs(x) / width)) for x, width in zip(numbers, study.domain.width, strict=True)]
    return "(" + ", ".join(f"{x:.{6 + int(extra)}g}" for x, extra in zip(shown, offset, strict=True)) + ")"
