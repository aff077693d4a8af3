"""The section ``objective`` of a fit: a model, the data that it is fitted to, and a loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, PrivateAttr, ValidationInfo, model_validator

from multistart.config.problems import problem, show
from multistart.config.section import Section
from multistart.config.synonyms import refused_word
from multistart.config.values import MAX_NAME, MAX_VARIABLES, Parameters, PathText, Text, VariableNames, exact, key
from multistart.errors import InputError

if TYPE_CHECKING:
    from multistart.functions.objective import Objective

REDUCTIONS = ("sum", "mean")


def _loss(value: Any) -> Any:
    """A name, a formula, or a mapping of a name and its numbers, each a number or a formula."""
    if isinstance(value, str) or not isinstance(value, Mapping):
        if not isinstance(value, str) or not value.strip():
            raise ValueError
        return value
    if not all(isinstance(name, str) for name in value):
        raise ValueError
    return {name: number if isinstance(number, str) else _number(name, number) for name, number in value.items()}


def _number(name: str, number: Any) -> int | float:
    try:
        return exact(number)
    except (ValueError, OverflowError):
        raise problem(f"got {show(number)}; give a number, or a formula in columns", at=name) from None


def _reduction(value: Any) -> Any:
    if isinstance(value, str) and value not in REDUCTIONS:
        raise problem(refused_word("reduction", value[:MAX_NAME], REDUCTIONS))
    return value


Loss = Annotated[str | dict[str, str | int | float], BeforeValidator(_loss)]
Reduction = Annotated[Literal["sum", "mean"], BeforeValidator(_reduction)]


class ModelObjective(Section):
    """A model that is fitted to data."""

    called: ClassVar[str] = "a model"

    model: Text = key(
        "a model to fit to data: a formula in the variables, which are to be found, and in columns of the data",
        'a text such as "b1*(1 - exp(-b2*x))"',
        example="b1*(1 - exp(-b2*x))",
        otherwise="required, or `name`, or `expression`",
    )
    data: PathText = key(
        "for a model: CSV or Parquet file with one row a measurement; the columns that formulas name are read",
        "the path of a .csv or .parquet file, from the folder that the study is run from",
        example="data/misra1a.csv",
        min_length=1,
    )
    response: Text = key(
        "for a model: what was measured, a column or a formula in columns",
        "the name of a column, or a formula in columns such as log(y)",
        example="y",
        min_length=1,
    )
    variables: VariableNames = key(
        "for a model: what is to be found, in order; each must occur in the model or in the loss",
        f"a list of 1 to {MAX_VARIABLES} names such as [b1, b2]",
        example=["b1", "b2"],
        min_length=1,
        max_length=MAX_VARIABLES,
    )
    parameters: Parameters = key(
        "for a model: numbers that its formulas name and that stay as they are; each must occur",
        "a finite number for each name, as in {a: 1.5}; in size 0, or 1e-300 to 1e300",
        example={"a": 1.5},
        default={},
    )
    loss: Loss = key(
        "for a model: what a row adds. A name of the table below, with its numbers if it has some; or a formula in the "
        "model's value `m`, the residual `r`, columns and variables",
        'a name such as squares, a mapping such as {name: huber, delta: 1.5}, or a formula as "log(1 + exp(-y*m))"',
        example={"name": "huber", "delta": 1.5},
        default="squares",
    )
    weights: Text | None = key(
        "for a model: what the loss of each row is multiplied with, a column or a formula in columns, above 0",
        "the name of a column, or a formula in columns",
        example="1/y",
        otherwise="none",
        default=None,
        min_length=1,
    )
    standard_deviations: Text | None = key(
        "for a model: what the residual of each row is divided by, a column or a formula in columns, above 0",
        "the name of a column, or a formula in columns",
        example="0.02*y",
        otherwise="none",
        default=None,
        min_length=1,
    )
    reduction: Reduction = key(
        "for a model: whether the losses of all rows are added, or their mean is taken",
        "sum or mean",
        example="mean",
        default="sum",
    )
    _objective: Any = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _fits(self, info: ValidationInfo) -> ModelObjective:
        if not (info.context or {}).get("checked"):
            self._objective = self._built()
        return self

    def _built(self) -> Objective:
        from multistart.functions.objective import Objective  # with NumPy, which a config of another function need not

        given = self.model_dump(exclude={"model", "data", "variables"})
        try:
            return Objective.from_model(self.model, self.data, self.variables, **given)
        except InputError as error:
            raise problem(str(error)) from None

    @property
    def digest(self) -> str:
        """That of the numbers that are read, see :class:`multistart.functions.fit.Fit`; of what was checked alone."""
        return str(self._objective.fit.digest)

    @property
    def rows(self) -> int:
        """How many rows of data there are; of what was checked alone."""
        return int(self._objective.fit.count)

    def undetermined(self, domain: Mapping[str, tuple[float, float]]) -> str:
        """Which variables the data do not determine in a domain, in a sentence; empty where they do."""
        if self._objective is None:
            return ""
        from multistart.box import Box
        from multistart.functions.determined import undetermined

        return undetermined(self._objective, Box(dict(domain)))

    @property
    def variable_names(self) -> tuple[str, ...]:
        """Coordinate names, ``d`` of them."""
        return self.variables

    @property
    def loss_name(self) -> str:
        """The loss by its name, or its formula."""
        return str(self.loss["name"]) if isinstance(self.loss, dict) else self.loss
