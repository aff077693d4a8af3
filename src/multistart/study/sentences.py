"""What a study found, in words: at most five short sentences, then sections for those who want to know more.

Findings in, text out, and nothing is computed on the way. ``summary.md``, the page and the terminal are made from the
same :class:`Summary`. The sentences are for a reader in the second week of a course, the sections for experts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from multistart.files.results import TIMED
from multistart.functions.losses import SQUARES, is_formula
from multistart.functions.written import loss_of, parts_of
from multistart.plurals import counted, listed
from multistart.study import (
    advice,
    boundary_words,
    comparison_words,
    distortion_words,
    fit_words,
    headlines,
    outcome_words,
    proof_words,
    proven_words,
    rule_words,
    sweep_words,
)
from multistart.study.findings import Findings, MethodFindings
from multistart.study.settings import is_expression, is_file
from multistart.study.spelled import LONG, box, of_starts, typed
from multistart.study.study import Study
from multistart.study.sweep_words import SweepTables


@dataclass(frozen=True)
class Section:
    """A heading with paragraphs below it: sentences, or a list whose lines begin with ``- ``, or a table."""

    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """What a study found.

    Attributes
    ----------
    title
        Of the page.
    sentences
        At most five, in the words of a beginner; of a sweep one for each of its methods besides.
    sections
        What experts want, those without paragraphs left out.
    """

    title: str
    sentences: tuple[str, ...]
    sections: tuple[Section, ...]

    @property
    def short(self) -> str:
        """Title and sentences as Markdown, a sentence a line: what the terminal shows."""
        return f"# {self.title}\n\n" + "\n".join(self.sentences) + "\n"

    @property
    def markdown(self) -> str:
        """All of it: ``summary.md``."""
        sections = ["\n\n".join((f"## {section.title}", *section.paragraphs)) for section in self.sections]
        return "\n".join([self.short, *(f"{section}\n" for section in sections)])


def summary(study: Study, found: Findings, sweeps: Sequence[SweepTables] = ()) -> Summary:
    """What a study found, in words."""
    several = len(found.methods) > 1
    sections = [Section("Side by side", (side_by_side(found.methods),))] if several else []
    sections += [Section("How the methods compare", comparison_words.paragraphs(study, found))] if several else []
    sections += [Section("What steps make of the basins", distortion_words.paragraphs(study, found))]
    sections += [Section("The best fit", fit_words.paragraphs(study, found.fit))] if found.fit else []
    for method in found.methods:
        for title, paragraphs in _of_method(study, found, method):
            of_method = f"{method.name}: {title[0].lower()}{title[1:]}"
            sections.append(Section(of_method if several else title, paragraphs))
    sections += [Section(title, paragraphs) for title, paragraphs in sweep_words.sections(study, sweeps, found)]
    sections += [Section("Learning rates", rule_words.critical(found.methods))]
    sections += [Section("What is proven", proof_words.paragraphs(study, found))]
    sections += [Section("What was run", (asked(study, found), *_steps_taken(study, found)))]
    shown = [Section(s.title, tuple(filter(None, s.paragraphs))) for s in sections]
    title = f"{study.name}: which minimum does a descent reach?"
    said = (*headlines.sentences(study, found), *sweep_words.headlines(study, sweeps, found))
    return Summary(title, said, tuple(s for s in shown if s.paragraphs))


def _of_method(study: Study, found: Findings, method: MethodFindings) -> list[tuple[str, tuple[str, ...]]]:
    drawn = "starts drawn at random from the file" if is_file(study.config.starts) else outcome_words.UNIFORM
    return [
        ("Where the starts ended", outcome_words.paragraphs(study, found, method)),
        ("Shares with proof", proven_words.paragraphs(study, found, method)),
        (
            "Where basins end",
            boundary_words.paragraphs(method.boundary, study.objective.parameter_names, lengths(study)),
        ),
        ("What to change", advice.paragraphs(study, method)),
        ("Random restarts", (outcome_words.restarts_needed(found, method, drawn), outcome_words.minima_missed(method))),
    ]


def lengths(study: Study) -> str:
    """What lengths are measured in, where it is not the user's variables."""
    objective = study.objective
    pairs = zip(objective.parameter_names, objective.logged, strict=True)
    names = [f"ln {name}" if logged else name for name, logged in pairs]
    return f" in ({', '.join(names[:LONG])})" if any(objective.logged) and len(names) <= LONG else ""


def asked(study: Study, found: Findings) -> str:
    """What was run: which function, from which starts."""
    name = study.objective.name
    if study.objective.fit is not None:
        name = _fit(study)
    elif is_expression(study.config.objective):
        values = [f"{key} = {value:g}" for key, value in study.config.objective.parameters.items()]
        name = f"`{study.objective.formula}`" + (f" with {', '.join(values)}" if values else "")
    starts, described = f"{found.methods[0].starts:,}", study.describe_starts()
    if is_file(study.config.starts):
        described = f"the starts of {typed(str(study.config.starts.path))}"
    arena = f"a descent that leaves the arena, {box(study.arena, 12)}, is stopped"
    if study.held:
        arena = "descents are held in it: after each update every coordinate is put to the nearest point of it"
    return f"The function: {name}. The domain: {box(study.domain, 12)}; {arena}. The starts: {starts}, {described}."


def _fit(study: Study) -> str:
    """What is summed over the rows of which data."""
    fit, given = study.objective.fit, dict(study.objective.parameters)
    assert fit is not None, "asked for a fit"
    what = "the mean" if fit.reduction == "mean" else "the sum"
    loss = "" if is_formula(fit.loss) else "least squares, " if fit.loss == SQUARES else f"the loss {fit.loss}, "
    said = [*parts_of(fit), *(f"{name} = {value:g}" for name, value in given.items())]
    where = f", with {listed([typed(each) for each in said])}" if said else ""
    return f"{loss}{what} of {typed(loss_of(fit))} over {counted(fit.count, 'row')} of {typed(fit.source)}{where}"


def _steps_taken(study: Study, found: Findings) -> list[str]:
    """How many steps the descents of each method took, and how long."""
    lines, about = [], "about " if len(study.pieces) > TIMED else ""
    for m in found.methods:
        jobs = f"; their jobs, with start-up and compilation, took {about}{m.seconds:.1f} s" if m.seconds else ""
        lines.append(f"{m.name}: {m.method.describe()}. The descents took {counted(m.steps, 'step')}{jobs}.")
    return ["\n".join(f"- {line}" for line in lines) if len(lines) > 1 else f"The method {lines[0]}"]


def side_by_side(methods: Sequence[MethodFindings]) -> str:
    """The methods as the rows of a table."""
    lines = [
        "| method | at the lowest minimum | at higher minima | at no minimum | steps a start |",
        "|---|---|---|---|---|",
    ]
    for m in methods:
        shares = (sum(b.share for b in m.best), sum(b.share for b in m.local), 1 - m.reached / m.starts)
        cells = [
            m.name,
            *(of_starts(share, m.starts).removesuffix(" of the starts") for share in shares),
            f"{m.steps / m.starts:,.1f}".removesuffix(".0"),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
