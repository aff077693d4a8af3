"""The rule ``summarize``: a study on one page of HTML, with its words, its pictures and its tables.

The page links the pictures that the study draws, and waits for none of them: where one is not there, it says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from multistart.figures import Picture, comparisons_of, pictures_of, sweeps_of
from multistart.methods.rate import changes
from multistart.study.page_pairs import changes_tables
from multistart.study.page_tables import PageTable, endings_table, estimates_table, minima_table
from multistart.study.page_text import page_text
from multistart.study.read_findings import MethodTables, PairTables
from multistart.study.settings import bounded_methods, drawn_cells, flow_of, proven_methods, swept_methods
from multistart.study.study import Study
from multistart.tables.all_files import for_people

HERE = Path(__file__).parent  # where page.html and page.css are, which the workflow's rule names too
SHOWN = ("png", "svg")  # the formats of pictures in a page, the better first; a study has one of them at least
ZOOMED = ("svg", "pdf", "png")  # the formats that a picture leads to


@dataclass(frozen=True)
class Shown:
    """A picture of one method on the page: its words, the image, and the file it leads to."""

    title: str
    alt: str
    caption: str
    image: str
    file: str


@dataclass(frozen=True)
class MethodPage:
    """What the page has of one method."""

    name: str
    pictures: tuple[Shown, ...]
    endings: PageTable
    estimates: PageTable


@dataclass(frozen=True)
class SweepPage:
    """What the page has of a method's sweep: its pictures; the words are those of the summary."""

    method: str
    pictures: tuple[Shown, ...]


@dataclass(frozen=True)
class ComparisonPage:
    """What the page has of all methods beside each other: pictures, and which starts change their basin."""

    pictures: tuple[Shown, ...]
    changes: list[tuple[str, PageTable]]


def page(study: Study, results: Sequence[MethodTables], markdown: str, pairs: PairTables | None = None) -> str:
    """Return ``summary.html``, whose words are those of ``summary.md``; whatever a user typed is escaped."""
    reader = Environment(autoescape=True, loader=FileSystemLoader(HERE), undefined=StrictUndefined)
    reader.globals["zip"] = zip
    formats = study.config.figures.formats
    first, fit = results[0].name, study.objective.fit is not None
    shared = {name: declared for name, declared in pictures_of(False, fit=fit).items() if declared.of_function}
    of_fit, of_function = (
        tuple(_shown(f"{first}/", name, each, formats) for name, each in shared.items() if each.of_fit == wanted)
        for wanted in (True, False)
    )
    return reader.get_template("page.html").render(
        text=page_text(markdown),
        function=of_function,
        fit=of_fit,
        methods=[_method(study, tables) for tables in results],
        comparison=_comparison(pairs, formats) if pairs else None,
        sweeps=[_sweep(study, method, formats) for method in swept_methods(study.config)],
        minima=minima_table(results, study.objective.parameter_names, study.objective.value_name),
        files=for_people(
            [tables.name for tables in results],
            swept_methods(study.config),
            bounded_methods(study.config, study.count),
            proven=proven_methods(study.config),
            flow=flow_of(study.config) is not None,
            fit=fit,
        ),
    )


def _method(study: Study, tables: MethodTables) -> MethodPage:
    method, formats = study.config.methods.get(tables.name), study.config.figures.formats
    changing = method is not None and changes(method.resolved().get("learning_rate"))
    drawn = pictures_of(
        changing, zooms=bool(study.config.figures.zoom), proven=tables.name in drawn_cells(study.config)
    )
    own = {name: declared for name, declared in drawn.items() if not declared.of_function}
    pictures = tuple(_shown(f"{tables.name}/", name, declared, formats) for name, declared in own.items())
    return MethodPage(tables.name, pictures, endings_table(tables), estimates_table(tables.estimates))


def _comparison(pairs: PairTables, formats: Sequence[str]) -> ComparisonPage:
    drawn = comparisons_of(flow=pairs.distortion is not None)
    pictures = tuple(_shown("", name, declared, formats) for name, declared in drawn.items())
    return ComparisonPage(pictures, changes_tables(pairs.changes))


def _sweep(study: Study, method: str, formats: Sequence[str]) -> SweepPage:
    drawn = sweeps_of(len(study.config.sweep), study.objective.dimensions)
    pictures = tuple(_shown(f"{method}/", name, declared, formats) for name, declared in drawn.items())
    return SweepPage(method, pictures)


def _shown(folder: str, name: str, declared: Picture, formats: Sequence[str]) -> Shown:
    endings = [next(f for f in wanted if f in formats) for wanted in (SHOWN, ZOOMED)]
    image, file = (f"{folder}figures/{name}.{'gif' if declared.moving else ending}" for ending in endings)
    return Shown(declared.title, declared.alt, declared.caption, image, file)
