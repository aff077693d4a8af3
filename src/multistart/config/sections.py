"""The sections of a config, one model each; each key says what it means, what it takes and its default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    PrivateAttr,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from multistart.config.problems import problem, tag_of
from multistart.config.values import (
    FORMATS,
    MAX_NAME,
    MAX_VARIABLES,
    Formats,
    Parameter,
    PathText,
    Real,
    Text,
    VariableNames,
    Whole,
    key,
    sequence_of,
    short_name,
    whole_key,
)
from multistart.errors import InputError, one_of
from multistart.functions import catalogue
from multistart.functions.expressions import check_names
from multistart.functions.formula import parse
from multistart.methods.method import MAX_STEPS, OPTIMIZERS, STOPPING

#: The names of `multistart.starts.designs`, which would load NumPy.
GRIDS = ("grid", "jittered_grid")
DESIGNS = ("uniform", *GRIDS, "latin_hypercube", "sobol", "halton", "file")
MAX_STARTS = 10**10
MAX_PARAMETERS = 1000


def _not_nothing(value: Any) -> Any:
    """Refuse a key with nothing behind its colon, where leaving it out would mean the default."""
    if value is None:
        raise ValueError
    return value


class Section(BaseModel):
    """A mapping of the config; unknown keys are refused and nothing changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# --- objective ---------------------------------------------------------------------------------------------------


class CatalogueObjective(Section):
    """A function of the catalogue, which `multistart functions` lists."""

    label: ClassVar[str] = "a function of the catalogue"

    name: Text = key(
        "a function of the catalogue; `multistart functions` lists them",
        "the name of a function that `multistart functions` lists",
        example="peaks",
        otherwise="required, or `expression`",
    )
    dimensions: Whole = key(
        "number of coordinates; only scalable functions such as rastrigin have a choice",
        f"a whole number from 1 to {MAX_VARIABLES}",
        example=4,
        otherwise="the function's own, 2 if scalable",
        ge=1,
        le=MAX_VARIABLES,
        default_factory=lambda data: catalogue.dimensions_of(catalogue.find(data["name"]), None),
    )

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        catalogue.find(short_name(name))
        return name

    @field_validator("dimensions")
    @classmethod
    def _possible(cls, dimensions: int, info: ValidationInfo) -> int:
        if "name" in info.data:
            catalogue.dimensions_of(catalogue.find(info.data["name"]), dimensions)
        return dimensions

    @property
    def variable_names(self) -> tuple[str, ...]:
        """Coordinate names, ``d`` of them."""
        return catalogue.find(self.name).variables(self.dimensions)


class ExpressionObjective(Section):
    """A formula of the user's own."""

    label: ClassVar[str] = "an expression"

    expression: Text = key(
        "a formula of your own: variables, parameters, numbers, + - * / **, pi, e and elementary functions",
        'a text such as "a*x**2 + y**4"',
        example="a*x**2 + y**4",
        otherwise="required, or `name`",
    )
    variables: VariableNames = key(
        "for an expression: its coordinates, in order; each must occur in it",
        f"a list of 1 to {MAX_VARIABLES} names such as [x, y]",
        example=["x", "y"],
        min_length=1,
        max_length=MAX_VARIABLES,
    )
    parameters: dict[Text, Parameter] = key(
        "for an expression: numbers that it names; each must occur in it",
        "a finite number for each name, as in {a: 1.5}; in size 0, or 1e-300 to 1e300",
        example={"a": 1.5},
        default={},
    )

    @field_validator("parameters")
    @classmethod
    def _named(cls, parameters: dict[str, float | int]) -> dict[str, float | int]:
        if len(parameters) > MAX_PARAMETERS:
            raise problem(f"{len(parameters)} parameters; at most {MAX_PARAMETERS} are possible")
        check_names([short_name(name) for name in parameters], what="parameter")
        return parameters

    @model_validator(mode="after")
    def _spelled(self, info: ValidationInfo) -> ExpressionObjective:
        if (info.context or {}).get("checked"):
            return self
        try:
            parse(self.expression, self.variables, self.parameters)
        except InputError as error:
            raise problem(str(error), at="expression") from None
        return self

    @property
    def variable_names(self) -> tuple[str, ...]:
        """Coordinate names, ``d`` of them."""
        return self.variables


def _which_objective(value: Any) -> str:
    expression = isinstance(value, ExpressionObjective) or (isinstance(value, Mapping) and "expression" in value)
    return tag_of(ExpressionObjective if expression else CatalogueObjective)


Objective = Annotated[
    Annotated[CatalogueObjective, Tag(tag_of(CatalogueObjective))]
    | Annotated[ExpressionObjective, Tag(tag_of(ExpressionObjective))],
    Discriminator(_which_objective),
]

# --- starts ------------------------------------------------------------------------------------------------------


def _seed_key() -> Any:
    return key(
        "seed of everything random; `grid` and `file` draw nothing from it",
        "a whole number from 0 to 2^63 - 1",
        example=2026,
        default=2026,
        ge=0,
        le=2**63 - 1,
    )


def _design_key(*names: str) -> Any:
    return key("how the starts are laid out", f"one of {', '.join(DESIGNS)}", example=names[-1])


class GridStarts(Section):
    """Starts in the cells of a grid."""

    label: ClassVar[str] = "a design on a grid"

    design: Literal["grid", "jittered_grid"] = _design_key(*GRIDS)
    per_axis: Whole = whole_key(
        "for `grid` (cell centres) and `jittered_grid` (one random start in each cell): cells on each axis",
        1,
        MAX_STARTS,
        unit="cells",
        example=500,
    )
    per_cell: Whole = whole_key(
        "for `jittered_grid`: starts in each cell; two or more give an unbiased variance",
        1,
        10**6,
        unit="starts",
        example=2,
        default=1,
    )
    seed: Whole = _seed_key()

    @field_validator("per_cell")
    @classmethod
    def _random(cls, per_cell: int, info: ValidationInfo) -> int:
        if per_cell > 1 and info.data.get("design") == "grid":
            raise problem(f"got {per_cell}; a grid has one start a cell, at its centre; use jittered_grid or give 1")
        return per_cell


class CountedStarts(Section):
    """Starts without a grid."""

    label: ClassVar[str] = "a design without a grid"

    design: Literal["uniform", "latin_hypercube", "sobol", "halton"] = _design_key("uniform", "sobol")
    count: Whole = whole_key(
        "for `uniform`, `latin_hypercube`, `sobol`, `halton`: number of starts, in each replicate if there are several",
        1,
        MAX_STARTS,
        unit="starts",
        example=65536,
    )
    replicates: Whole = whole_key(
        "for `latin_hypercube`, `sobol`, `halton`: independent scramblings of `count` starts each; intervals need two "
        "or more",
        1,
        10**4,
        unit="replicates",
        example=16,
        default=1,
    )
    seed: Whole = _seed_key()

    @field_validator("replicates")
    @classmethod
    def _scrambled(cls, replicates: int, info: ValidationInfo) -> int:
        if replicates > 1 and info.data.get("design") == "uniform":
            raise problem(f"got {replicates}; uniform starts need no replicates, use a larger count or give 1")
        return replicates


class FileStarts(Section):
    """The user's own starts."""

    label: ClassVar[str] = "the design file"

    design: Literal["file"] = _design_key("file")
    path: PathText = key(
        "for `file`: CSV or Parquet file with a column for each variable, named as it or with start_ before it",
        "the path of a .csv or .parquet file, from the folder that the study is run from",
        example="my_starts.csv",
        min_length=1,
    )
    seed: Whole = _seed_key()
    _rows: int = PrivateAttr(default=0)


def _which_starts(value: Any) -> str:
    design = value.get("design") if isinstance(value, Mapping) else getattr(value, "design", None)
    return tag_of(GridStarts if design in GRIDS else FileStarts if design == "file" else CountedStarts)


Starts = Annotated[
    Annotated[GridStarts, Tag(tag_of(GridStarts))]
    | Annotated[CountedStarts, Tag(tag_of(CountedStarts))]
    | Annotated[FileStarts, Tag(tag_of(FileStarts))],
    Discriminator(_which_starts),
]

# --- the other sections ------------------------------------------------------------------------------------------


class Arena(Section):
    """The box that a descent may move in."""

    widen: Real = key(
        "the arena is the domain with this many of its own widths added on each side",
        "a finite number of at least 0",
        unit="widths of the domain",
        example=1.0,
        default=1.0,
        ge=0,
    )


class Method(Section):
    """An update rule with its hyperparameters and stopping rule."""

    optimizer: Literal["gradient_descent"] = key(
        "the update rule", f"one of {', '.join(OPTIMIZERS)}", example="gradient_descent"
    )
    learning_rate: Real = key(
        "factor of the gradient in one step", "a finite number above 0", unit="x² / f", example=0.01, gt=0
    )
    max_steps: Whole = whole_key(
        "steps after which a descent ends as `step_limit`, or as `stationary` where it stands still",
        1,
        MAX_STEPS,
        unit="steps",
        example=1000,
        default=1000,
    )
    gradient_tolerance: Real = key(
        "a descent ends as `converged` once the norm of the gradient is at most this; 0 runs all steps",
        "0, or a positive finite number",
        unit="f / x",
        example=1e-8,
        default=1e-8,
        ge=0,
    )

    stopping: Literal["gradient", "certified"] = key(
        "`certified` also ends a descent, as `trapped`, once it provably converges to a certified minimum",
        f"one of {', '.join(STOPPING)}",
        example="certified",
        default="gradient",
    )

    @field_validator("optimizer", "stopping", mode="before")
    @classmethod
    def _known(cls, name: Any, info: ValidationInfo) -> Any:
        allowed = OPTIMIZERS if info.field_name == "optimizer" else STOPPING
        if isinstance(name, str) and name not in allowed:
            raise problem(one_of(name[:MAX_NAME], allowed))
        return name


class Execution(Section):
    """How the work is cut; it changes no result."""

    shards: Whole = whole_key(
        "jobs that descend, about, for each method; a job takes one part of 2^20 starts at least, so a small study has "
        "one", 1, 10**4, unit="jobs", example=4, default=1, otherwise="one for every 4 parts",
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


class Basins(Section):
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


class Certificate(Section):
    """The search for a proof of all critical points in the arena."""

    max_boxes: Whole = whole_key(
        "boxes that the search may look at; at its end the certificate says what it has not decided",
        1,
        10**7,
        unit="boxes",
        example=150_000,
        default=150_000,
    )


class Sample(Section):
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
        raise problem(one_of(value[:MAX_NAME], (*KEEP, "{sample: 10000}")))
    if not isinstance(value, str | Sample) and not (isinstance(value, Mapping) and "sample" in value):
        raise ValueError
    return value


Keep = Annotated[
    Annotated[Literal["all", "none"], Tag("word")] | Annotated[Sample, Tag(tag_of(Sample))],
    Discriminator(lambda value: "word" if isinstance(value, str) else tag_of(Sample)),
    BeforeValidator(_keep),
]


class Estimates(Section):
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


class Slice(Section):
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
        otherwise="the centre of the domain",
        default={},
    )


class Figures(Section):
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
    slice: Slice | None = key(
        "for more than two dimensions, the plane of the maps",
        "a mapping such as {axes: [x1, x2], at: {x3: 0.0}}",
        example={"axes": ["x1", "x2"], "at": {"x3": 0.0}},
        otherwise="the first two variables, the others at the centre of the domain",
        default=None,
    )

    @field_validator("slice", mode="before")
    @classmethod
    def _given(cls, value: Any) -> Any:
        return _not_nothing(value)
