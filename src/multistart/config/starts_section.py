"""The section ``starts``: the designs, by what says how many starts they have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    Discriminator,
    PrivateAttr,
    Tag,
    ValidationInfo,
    field_validator,
)

from multistart.config.problems import problem, tag_of
from multistart.config.section import Section
from multistart.config.values import (
    PathText,
    Whole,
    key,
    whole_key,
)

#: The names of `multistart.starts.designs`, which would load NumPy.
GRIDS = ("grid", "jittered_grid")
DESIGNS = ("uniform", *GRIDS, "latin_hypercube", "sobol", "halton", "file")
MAX_STARTS = 10**10


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

    called: ClassVar[str] = "a design on a grid"

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

    called: ClassVar[str] = "a design without a grid"

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

    called: ClassVar[str] = "the design file"

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


StartsSection = Annotated[
    Annotated[GridStarts, Tag(tag_of(GridStarts))]
    | Annotated[CountedStarts, Tag(tag_of(CountedStarts))]
    | Annotated[FileStarts, Tag(tag_of(FileStarts))],
    Discriminator(_which_starts),
]
