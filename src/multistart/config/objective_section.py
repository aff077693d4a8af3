"""The section ``objective``: a function of the catalogue, a formula of the user's own, or a model to fit to data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import (
    Discriminator,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from multistart.config.model_section import ModelObjective
from multistart.config.problems import problem, tag_of
from multistart.config.section import Section
from multistart.config.values import (
    MAX_VARIABLES,
    Parameters,
    Text,
    VariableNames,
    Whole,
    key,
    short_name,
)
from multistart.errors import InputError
from multistart.functions import catalogue
from multistart.functions.formula import parse


class CatalogueObjective(Section):
    """A function of the catalogue, which `multistart functions` lists."""

    called: ClassVar[str] = "a function of the catalogue"

    name: Text = key(
        "a function of the catalogue; `multistart functions` lists them",
        "the name of a function that `multistart functions` lists",
        example="peaks",
        otherwise="required, or `expression`, or `model`",
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

    @property
    def loss_name(self) -> None:
        """It is no fit, and has no loss."""


class ExpressionObjective(Section):
    """A formula of the user's own."""

    called: ClassVar[str] = "an expression"

    expression: Text = key(
        "a formula of your own: variables, parameters, numbers, + - * / **, pi, e and elementary functions",
        'a text such as "a*x**2 + y**4"',
        example="a*x**2 + y**4",
        otherwise="required, or `name`, or `model`",
    )
    variables: VariableNames = key(
        "for an expression or a model: its coordinates, in order; each must occur in it",
        f"a list of 1 to {MAX_VARIABLES} names such as [x, y]",
        example=["x", "y"],
        min_length=1,
        max_length=MAX_VARIABLES,
    )
    parameters: Parameters = key(
        "for an expression or a model: numbers that it names; each must occur in it. In an expression, other ones "
        "compile nothing, but in exponents",
        "a finite number for each name, as in {a: 1.5}; in size 0, or 1e-300 to 1e300",
        example={"a": 1.5},
        default={},
    )

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

    @property
    def loss_name(self) -> None:
        """It is no fit, and has no loss."""


#: The objectives, by the key that only one of them has.
KINDS: dict[str, type[Section]] = {
    "name": CatalogueObjective,
    "expression": ExpressionObjective,
    "model": ModelObjective,
}


def _which_objective(value: Any) -> str:
    keys = value if isinstance(value, Mapping) else type(value).model_fields if isinstance(value, Section) else ()
    return tag_of(next((kind for key, kind in reversed(KINDS.items()) if key in keys), CatalogueObjective))


ObjectiveSection = Annotated[
    Annotated[CatalogueObjective, Tag(tag_of(CatalogueObjective))]
    | Annotated[ExpressionObjective, Tag(tag_of(ExpressionObjective))]
    | Annotated[ModelObjective, Tag(tag_of(ModelObjective))],
    Discriminator(_which_objective),
]
