"""`StudyConfig`: the sections together, and what they ask of one another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from multistart.config.boxes import check_widened, covering, usual_domain
from multistart.config.maps import check_zooms, filled_slice
from multistart.config.method_section import MethodSection
from multistart.config.model_section import ModelObjective
from multistart.config.objective_section import KINDS, ObjectiveSection
from multistart.config.problems import problem, show
from multistart.config.section import Section
from multistart.config.sections import (
    ArenaSection,
    BasinsSection,
    BoundarySection,
    CertificateSection,
    EstimatesSection,
    ExecutionSection,
    FiguresSection,
    KeepSection,
    ProvenSharesSection,
    SliceSection,
)
from multistart.config.starts_count import check_count, count_of, rows_of
from multistart.config.starts_section import DESIGNS, FileStarts, StartsSection
from multistart.config.sweep_section import KEYS, TAKES, Values, check_key, check_sweep, values_of
from multistart.config.synonyms import meant_key, refused_word
from multistart.config.values import IDENTIFIER, MAX_NAME, Bounds, Identifier, Text, key
from multistart.errors import InputError
from multistart.files.parts import jobs_for
from multistart.functions import catalogue
from multistart.methods import IN_REGIONS
from multistart.methods.provable import MOST_PROVEN, not_proven
from multistart.scales import checked_scales

MOST_NAMED = 3  # methods, in a sentence that refuses


def _held(value: Any) -> Any:
    if isinstance(value, Mapping):
        raise problem("got a mapping; give the box as domain, and bounds: hold to keep descents in it")
    return value


class StudyConfig(Section):
    """One study: objective, domain, design and methods, all of it checked and with every default filled in."""

    study: Identifier = key("name of the study; its results go to `results/<study>/`", IDENTIFIER, example="peaks")
    objective: ObjectiveSection = key(
        "the function whose minima are looked for",
        'a mapping such as {name: peaks} or {expression: "x**2 + y**4", variables: [x, y]}',
        example={"name": "peaks"},
    )
    scale: dict[Text, Text] = key(
        "the scale of a variable: with `log` starts are drawn, descents made and minima proven on its logarithm; "
        "`domain` and all else that a user writes stay in the variable itself",
        "log or linear for each variable that is named, as in {b: log}; log asks for a domain above 0",
        example={"b": "log"},
        otherwise="linear",
        default={},
    )
    domain: dict[Text, Bounds] = key(
        "the box that the starts are drawn from; for functions of the catalogue, their usual one by default",
        "two finite numbers [low, high] for each variable, the lower one first, as in {x: [-3, 3], y: [-3, 3]}",
        unit="as the variable",
        example={"x": [-3, 3], "y": [-3, 3]},
        otherwise="the usual one of the function; needed for an expression or a model",
        default_factory=lambda data: usual_domain(data["objective"]),
        validate_default=True,
    )
    bounds: Annotated[Literal["free", "hold"], BeforeValidator(_held)] = key(
        "whether descents are held in the domain: `hold` puts every coordinate to the nearest point of it after each "
        "update, so that descents may end on its faces",
        "free or hold",
        example="hold",
        default="free",
    )
    arena: ArenaSection = key(
        "the box that a descent may move in; outside it ends as `left_arena`. With `bounds: hold` it is the domain",
        "a mapping such as {widen: 1.0}",
        example={"widen": 1.0},
        default_factory=ArenaSection,
        validate_default=True,
    )
    starts: StartsSection = key(
        "where the descents start",
        "a mapping such as {design: jittered_grid, per_axis: 500, seed: 2026}",
        example={"design": "jittered_grid", "per_axis": 500, "seed": 2026},
    )
    methods: Annotated[dict[Identifier, MethodSection], Field(min_length=1)] = key(
        "one method or more, each under a name of your choice; all descend from the same starts",
        "at least one name with a mapping such as {optimizer: gradient_descent, learning_rate: 0.01}",
        names=IDENTIFIER,
        example={"gradient_descent": {"optimizer": "gradient_descent", "learning_rate": 0.01}},
    )
    execution: ExecutionSection = key(
        "how the work is cut into jobs; changes no result",
        "a mapping such as {shards: 4}",
        example={"shards": 4},
        default_factory=ExecutionSection,
        validate_default=True,
    )
    basins: BasinsSection = key(
        "when two ends are the same minimum",
        "a mapping such as {position_tolerance: 1.0e-6}",
        example={"position_tolerance": 1e-6, "value_tolerance": 1e-9},
        default_factory=BasinsSection,
    )
    certificate: CertificateSection = key(
        "how long to search for a proof of all critical points in the arena",
        "a mapping such as {max_boxes: 150000}",
        example={"max_boxes": 150_000},
        default_factory=CertificateSection,
    )
    estimates: EstimatesSection = key(
        "how sure the intervals are",
        "a mapping such as {confidence: 0.95}",
        example={"confidence": 0.95},
        default_factory=EstimatesSection,
    )
    boundary: BoundarySection = key(
        "how much to spend on where basins end",
        "a mapping such as {descents: 20000}",
        example={"descents": 20_000},
        default_factory=BoundarySection,
    )
    proven_shares: ProvenSharesSection | None = key(
        "how much to spend on bounds of every share that are proven, of methods with gradient_descent at one constant "
        "rate and gradient stopping, in 1 to 3 dimensions",
        "a mapping such as {max_cells: 250000}",
        example={"max_cells": 250_000, "width": 0.01},
        otherwise="none: no share is proven",
        default=None,
    )
    keep: KeepSection = key(
        "which rows `outcomes.parquet` has; shares, intervals and pictures are those of all starts in any case",
        "all, none, or a mapping such as {sample: 10000}",
        example={"sample": 10_000},
        default="all",
    )
    figures: FiguresSection = key(
        "how the pictures are drawn",
        "a mapping such as {dpi: 150, formats: [png, svg]}",
        example={"dpi": 150, "formats": ["png", "svg"]},
        default_factory=FiguresSection,
        validate_default=True,
    )
    sweep: dict[Text, Values] = key(
        "one number of a method or of the objective, or two for a plane, each with the values that it takes in turn, "
        "from the same starts",
        TAKES,
        names=f"the key of a number, {KEYS}",
        unit="as the number",
        example={"methods.gd.learning_rate": {"from": 0.002, "to": 0.2, "count": 200, "scale": "log"}},
        otherwise="none",
        default={},
    )

    @property
    def variables(self) -> tuple[str, ...]:
        """Coordinate names in order, ``d`` of them."""
        return self.objective.variable_names

    @property
    def dimensions(self) -> int:
        """The number of coordinates ``d``."""
        return len(self.variables)

    @property
    def count(self) -> int:
        """The number of starts."""
        return count_of(self.starts, self.dimensions)

    @property
    def in_regions(self) -> list[str]:
        """The methods that stop in regions of point and state, which the proof has to prepare."""
        certified = [name for name, method in self.methods.items() if method.stopping == "certified"]
        return [name for name in certified if self.methods[name].optimizer in IN_REGIONS]

    def resolved(self) -> dict[str, Any]:
        """Return every key with its value, defaults included, in plain types; a valid config again."""
        return self.model_dump(mode="json", exclude_none=True, exclude=_left_out(self))

    @field_validator("objective", mode="before")
    @classmethod
    def _one_objective(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and len(given := [key for key in KINDS if key in value]) != 1:
            said = (
                "give exactly one of name (of the catalogue), expression (a formula of your own) and model (to fit to "
                "data)"
            )
            meant = "" if given else next((m for key in value if (m := meant_key(str(key), tuple(KINDS)))), "")
            raise problem(said + meant)
        if isinstance(value, str) and value in catalogue.ENTRIES:
            raise problem(f'got "{value}"; give a mapping such as {{name: {value}}}')
        return value

    @field_validator("scale")
    @classmethod
    def _of_variables(cls, scale: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        if "objective" in info.data:
            given = info.data["objective"]
            fit = getattr(getattr(given, "_objective", None), "fit", None)
            others = [*getattr(given, "parameters", {}), *(fit.columns if fit is not None else ())]
            try:
                checked_scales(scale, given.variable_names, others)
            except InputError as error:
                raise problem(str(error)) from None
        return scale

    @field_validator("domain")
    @classmethod
    def _covers(cls, domain: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if "objective" not in info.data:
            return domain
        return covering(domain, info.data["objective"], info.data.get("scale", {}))

    @field_validator("arena")
    @classmethod
    def _finite(cls, arena: ArenaSection, info: ValidationInfo) -> ArenaSection:
        scale = info.data.get("scale", {})
        if info.data.get("bounds") == "hold":
            if "widen" in arena.model_fields_set and arena.widen:
                raise problem(
                    f"got {show(arena.widen)}; with bounds: hold the arena is the domain, give 0, or leave it out",
                    at="widen",
                )
            return arena.model_copy(update={"widen": 0.0})
        check_widened(info.data.get("domain", {}), scale, arena.widen)
        return arena

    @field_validator("starts", mode="before")
    @classmethod
    def _known_design(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            design = value.get("design")
            if not isinstance(design, str):
                said = f"got {show(design)}" if "design" in value else "is missing"
                raise problem(f"{said}; give one of {', '.join(DESIGNS)}", at="design")
            if design not in DESIGNS:
                raise problem(refused_word("design", design[:MAX_NAME], DESIGNS), at="design")
        return value

    @field_validator("starts")
    @classmethod
    def _possible(cls, starts: Any, info: ValidationInfo) -> Any:
        if "objective" in info.data:
            names = info.data["objective"].variable_names
            if isinstance(starts, FileStarts):
                known = (info.context or {}).get("starts_rows")
                scale = info.data.get("scale", {})
                starts._rows = known if known is not None else rows_of(starts, names, scale)
            check_count(starts, len(names))
        return starts

    @field_validator("methods", mode="before")
    @classmethod
    def _named(cls, methods: Any) -> Any:
        """Refuse the keys of a method where its name should be."""
        if isinstance(methods, list) and methods and all(isinstance(each, Mapping) for each in methods):
            raise problem("got a list; give each method a name in place of its dash, as in gradient_descent:")
        if isinstance(methods, Mapping) and isinstance(methods.get("optimizer"), str):
            empty = [name for name, value in methods.items() if value is None]
            if empty:
                raise problem(f"the keys of {empty[0]} stand beside its name; indent them below it")
            name = methods["optimizer"][:MAX_NAME]
            raise problem(
                f"a method has a name of its own above its keys, as in {{{name}: {{optimizer: {name}, ...}}}}"
            )
        return methods

    @field_validator("methods")
    @classmethod
    def _distinct(cls, methods: dict[str, MethodSection]) -> dict[str, MethodSection]:
        if "timings" in map(str.lower, methods):
            raise problem('"timings" is the name of a folder of its own; choose another')
        seen: dict[str, str] = {}
        for name in methods:
            if seen.setdefault(name.lower(), name) != name:
                raise problem(f'"{seen[name.lower()]}" and "{name}" would share a folder where case does not count')
        return methods

    @field_validator("methods")
    @classmethod
    def _of_the_variables(cls, methods: dict[str, MethodSection], info: ValidationInfo) -> dict[str, MethodSection]:
        for name, method in methods.items():
            if "objective" in info.data:
                try:
                    method.check_variables(info.data["objective"].variable_names)
                except InputError as error:
                    raise problem(str(error), at=name) from None
                if why := method.made().not_for(info.data["objective"].loss_name):
                    raise problem(why, at=name)
            if info.data.get("bounds") == "hold" and (why := method.made().not_held):
                raise problem(f"{why}; or leave bounds out", at=name)
        return methods

    @field_validator("execution")
    @classmethod
    def _enough(cls, execution: ExecutionSection, info: ValidationInfo) -> ExecutionSection:
        if not {"objective", "starts"} <= set(info.data):
            return execution
        count = count_of(info.data["starts"], len(info.data["objective"].variable_names))
        if "shards" in execution.model_fields_set:
            return execution
        return execution.model_copy(update={"shards": jobs_for(count)})

    @field_validator("figures")
    @classmethod
    def _sliced(cls, figures: FiguresSection, info: ValidationInfo) -> FiguresSection:
        if not {"objective", "domain"} <= set(info.data):
            return figures
        names = info.data["objective"].variable_names
        check_zooms(figures, names, info.data["domain"])
        if len(names) <= 2 and figures.slice is not None:
            raise problem(f"maps in {len(names)} dimensions need no slice; remove it", at="slice")
        if len(names) <= 2:
            return figures
        return figures.model_copy(update={"slice": filled_slice(figures.slice or SliceSection(), info.data["domain"])})

    @field_validator("sweep", mode="before")
    @classmethod
    def _of_numbers(cls, sweep: Any) -> Any:
        if not isinstance(sweep, Mapping) or not sweep:
            raise problem(f"got {show(sweep)}; give the key of a number, {KEYS}, and below it {TAKES}")
        for name, value in sweep.items():
            check_key(name, value)
        return sweep

    @field_validator("sweep")
    @classmethod
    def _written_out(cls, sweep: dict[str, Any]) -> dict[str, tuple[float, ...]]:
        return values_of(sweep)

    @field_validator("proven_shares", mode="before")
    @classmethod
    def _asked(cls, value: Any) -> Any:
        if value is None:
            raise problem("is empty; give a mapping such as {max_cells: 250000}, or leave it out")
        return value

    @model_validator(mode="after")
    def _determined(self) -> StudyConfig:
        if isinstance(self.objective, ModelObjective) and (said := self.objective.undetermined(self.domain)):
            raise problem(said, at="objective.model")
        return self

    @model_validator(mode="after")
    def _provable_shares(self) -> StudyConfig:
        if self.proven_shares is None:
            return self
        if self.bounds == "hold":
            raise problem(
                "shares are proven of descents that nothing holds; leave proven_shares out, or bounds",
                at="proven_shares",
            )
        if isinstance(self.objective, ModelObjective):
            raise problem(
                "shares are proven of formulas, not of fits, whose rounding over the rows of data is not bounded; "
                "leave it out",
                at="proven_shares",
            )
        if self.dimensions > MOST_PROVEN:
            raise problem(
                f"shares are proven in 1 to {MOST_PROVEN} dimensions, and the function has {self.dimensions}; "
                "leave it out",
                at="proven_shares",
            )
        why = {name: not_proven(method) for name, method in self.methods.items()}
        if all(why.values()):
            said = "; ".join(f"{name} has {reason}" for name, reason in list(why.items())[:MOST_NAMED])
            raise problem(
                f"no method is one whose shares can be proven, gradient_descent at one constant learning_rate that "
                f"stops by its gradient: {said}; give one, or leave it out",
                at="proven_shares",
            )
        return self

    @model_validator(mode="after")
    def _possible_sweep(self) -> StudyConfig:
        if self.sweep and self.bounds == "hold":
            raise problem("a sweep follows minima that no bound holds; leave sweep out, or bounds", at="sweep")
        if self.sweep:
            config = self.resolved()
            check_sweep(config, config.pop("sweep"), self.count)
        return self


def _left_out(config: StudyConfig) -> set[str]:
    """Keys that say nothing where they are empty."""
    empty = {name for name in ("sweep", "scale") if not getattr(config, name)}
    return empty | ({"bounds"} if config.bounds == "free" else set())
