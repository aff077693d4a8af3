"""The sections of a config but objective and starts; each key says what it means, what it takes and its default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Discriminator,
    Tag,
    field_validator,
)

from multistart.config.problems import problem, show, tag_of
from multistart.config.section import Section
from multistart.config.starts_section import MAX_STARTS
from multistart.config.synonyms import refused_word
from multistart.config.values import (
    FORMATS,
    MAX_NAME,
    Bounds,
    Formats,
    PathText,
    Real,
    Text,
    Whole,
    key,
    sequence_of,
    whole_key,
)

MAX_BOUNDARY = 10**8  # descents of a method
MAX_CELLS = 10**7  # of proven shares


def _not_nothing(value: Any) -> Any:
    """Refuse a key with nothing behind its colon, where leaving it out would mean the default."""
    if value is None:
        raise ValueError
    return value


class ArenaSection(Section):
    """The box that a descent may move in."""

    widen: Real = key(
        "the arena is the domain with this many of its own widths added on each side",
        "a finite number of at least 0",
        unit="widths of the domain",
        example=1.0,
        default=1.0,
        ge=0,
    )


class ExecutionSection(Section):
    """How the work is cut; it changes no result."""

    shards: Whole = whole_key(
        "jobs that descend, at least, for each method: parts of 2^20 starts are halved until there are as many, but a "
        "job has 64 starts at least, and a part 256 jobs at most", 1, 10**4, unit="jobs", example=4, default=1,
        otherwise="one for each part of 2^20 starts",
    )  # fmt: skip
    cache: PathText | None = key(
        "folder for compiled kernels and certificates; may be deleted at any time, and shared with people you trust: "
        "whoever can write to it decides what your jobs run",
        "the path of a folder, from the folder that the study is run from",
        example=".cache/multistart",
        otherwise="`multistart` in the user's cache folder, used only if no other user can write to it",
        default=None,
    )

    @field_validator("cache", mode="before")
    @classmethod
    def _given(cls, value: Any) -> Any:
        return _not_nothing(value)


class BasinsSection(Section):
    """When two ends are the same minimum."""

    position_tolerance: Real = key(
        "two ends are one minimum if they are this close along every axis, or if no gradient can tell them apart",
        "a number above 0, at most 0.1",
        unit="widths of the domain",
        example=1e-6,
        default=1e-6,
        gt=0,
        le=0.1,
    )
    value_tolerance: Real = key(
        "... and only if their values differ by at most this",
        "a number above 0, at most 0.1",
        unit="1 + |f|, or less for a function of small values",
        example=1e-9,
        default=1e-9,
        gt=0,
        le=0.1,
    )


class CertificateSection(Section):
    """The search for a proof of all critical points in the arena."""

    max_boxes: Whole = whole_key(
        "boxes that the search may look at; at its end the certificate says what it has not decided",
        1,
        10**7,
        unit="boxes",
        example=150_000,
        default=150_000,
    )


class BoundarySection(Section):
    """The measurement of where basins end."""

    descents: Whole | None = whole_key(
        "how many further descents each method may make to measure where its basins end: edges bisected, and the map "
        "refined along them; 0 for none of that",
        0,
        MAX_BOUNDARY,
        unit="descents",
        example=20_000,
        otherwise="ten for each start, 200,000 at most; of SciPy's methods one for each start, 2000 at most",
        default=None,
    )

    @field_validator("descents", mode="before")
    @classmethod
    def _given(cls, value: Any) -> Any:
        return _not_nothing(value)


class ProvenSharesSection(Section):
    """The proof of shares, by cells of starts that are carried through the descent as sets."""

    max_cells: Whole = whole_key(
        "how many cells each method may carry, largest first; what is undecided then stays so. Four times as many "
        "leave half as much undecided, or less",
        1,
        MAX_CELLS,
        unit="cells",
        example=250_000,
        otherwise="required",
    )
    width: Real = key(
        "end as soon as no more than this is undecided: no share's bounds are further apart then",
        "a number of at least 0, below 1",
        unit="share of the domain",
        example=0.01,
        default=0.0,
        ge=0,
        lt=1,
    )


class SampleSection(Section):
    """A simple random sample of the rows."""

    sample: Whole = whole_key(
        "how many rows to keep: a simple random sample, the same for any number of jobs; all if there are fewer",
        1,
        MAX_STARTS,
        unit="rows",
        example=10_000,
    )


#: Which rows `outcomes.parquet` may have, besides a sample.
KEEP = ("all", "none")


def _keep(value: Any) -> Any:
    if isinstance(value, str) and value not in KEEP:
        raise problem(refused_word("keep", value[:MAX_NAME], (*KEEP, "{sample: 10000}")))
    if isinstance(value, int) and value > 1:
        raise problem(f"got {value}; give all, none, or {{sample: {value}}} for so many rows")
    if not isinstance(value, str | SampleSection) and not (isinstance(value, Mapping) and "sample" in value):
        raise ValueError
    return value


KeepSection = Annotated[
    Annotated[Literal["all", "none"], Tag("word")] | Annotated[SampleSection, Tag(tag_of(SampleSection))],
    Discriminator(lambda value: "word" if isinstance(value, str) else tag_of(SampleSection)),
    BeforeValidator(_keep),
]


class EstimatesSection(Section):
    """How sure the intervals are."""

    confidence: Real = key(
        "the probability with which an interval holds the true number",
        "a number above 0 and below 1, as 0.95",
        unit="probability",
        example=0.95,
        default=0.95,
        gt=0,
        lt=1,
    )


#: What pictures are made for.
STYLES = ("page", "slide")


def _style(value: Any) -> Any:
    if isinstance(value, str) and value not in STYLES:
        raise problem(refused_word("style", value[:MAX_NAME], STYLES))
    return value


Style = Annotated[Literal["page", "slide"], BeforeValidator(_style)]


class SliceSection(Section):
    """The plane that a map of more than two dimensions is drawn in."""

    axes: Annotated[tuple[Text, Text], BeforeValidator(lambda value: tuple(sequence_of(value, 2)))] = key(
        "the two variables that the maps are drawn over, across first, then up",
        "a list of two different variables such as [x1, x2]",
        example=["x1", "x2"],
        otherwise="the first two variables",
        default=("", ""),
    )
    at: dict[Text, Real] = key(
        "where the slice lies in the other variables",
        "a finite number for each variable, as in {x3: 0.0}",
        unit="as the variable",
        example={"x3": 0.0},
        otherwise="through the lowest minimum in the domain that is known, by a descent or by proof; else its centre",
        default={},
    )


MAX_ZOOMS = 8  # of a study
Zoom = dict[Text, Bounds]


def _zooms(value: Any) -> Any:
    if isinstance(value, Mapping):
        raise problem(f"got one box; give a list of boxes, as in [{show(value)}]")
    if not isinstance(value, list | tuple) or not all(isinstance(each, Mapping) for each in value):
        raise ValueError
    if len(value) > MAX_ZOOMS:
        raise problem(f"has {len(value)} boxes; at most {MAX_ZOOMS} are drawn")
    return tuple(value)


class FiguresSection(Section):
    """How pictures are written."""

    dpi: Whole = whole_key(
        "resolution of png, and of images inside svg and pdf", 30, 1200, unit="dots per inch", example=150, default=150
    )
    formats: Formats = key(
        "formats of every picture; the report shows png or svg, so at least one of them",
        f"a list of some of {', '.join(FORMATS)}, such as [png, svg]",
        example=["png", "svg"],
        default=("png", "svg"),
        min_length=1,
    )
    style: Style = key(
        "what the pictures are for: `slide` has text half as large again, in pictures of 4 : 3 for a projector",
        "page or slide",
        example="slide",
        default="page",
    )
    slice: SliceSection | None = key(
        "for more than two dimensions, the plane of the maps",
        "a mapping such as {axes: [x1, x2], at: {x3: 0.0}}",
        example={"axes": ["x1", "x2"], "at": {"x3": 0.0}},
        otherwise="the first two variables, through the lowest minimum",
        default=None,
    )

    zoom: Annotated[tuple[Zoom, ...], BeforeValidator(_zooms)] = key(
        "parts of the domain that are drawn large, from descents of their own; each has a picture. Of more than two "
        "dimensions, parts of the slice",
        "a list of boxes, each with two numbers [low, high] for each variable of the maps, as in "
        "[{x: [0, 1], y: [0, 1]}]",
        unit="as the variable",
        names="a variable of the maps",
        example=[{"x": [0, 1], "y": [0, 1]}],
        otherwise="none",
        default=(),
    )

    @field_validator("slice", mode="before")
    @classmethod
    def _given(cls, value: Any) -> Any:
        return _not_nothing(value)
