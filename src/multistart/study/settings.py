"""A checked config as plain values: what a job is given, which then need not load what checks a config."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from multistart.methods.flow import GRADIENT_FLOW
from multistart.methods.provable import not_proven

if TYPE_CHECKING:
    from typing_extensions import TypeIs

    from multistart.config import StudyConfig
    from multistart.config.model_section import ModelObjective
    from multistart.config.objective_section import ExpressionObjective
    from multistart.config.starts_section import FileStarts, GridStarts

#: Mappings whose names are the user's own; the names of any other are keys of the config.
OF_THE_USER = ("domain", "methods", "parameters", "loss", "at", "sweep", "scale")
#: Descents by which boundaries are measured where the config does not say: for each start, and at most.
OF_A_START, MOST = 10, 200_000
SLICE_CELLS, OUTSIDE_SLICE_CELLS = 200, 64  # on an axis of the plane that maps of more than two dimensions show
SLICE_ROWS, FEWEST_CELLS = 4e7, 20  # of a fit: cells times rows of data, but so many cells on an axis at least
OUTSIDE_OF_A_START, OUTSIDE_MOST = 1, 2000  # of methods whose descents take a millisecond
ZOOM_CELLS = {1: 4000, 2: 400}  # of a zoom on an axis
OUTSIDE_ZOOM_CELLS = {1: 1000, 2: 120}  # likewise, of those methods


class Settings(SimpleNamespace):
    """A section of a config with its keys as attributes.

    Keys that are left out where they say nothing are none; a section that was not given is an ``AttributeError``.

    >>> study = settings({"arena": {"widen": 1.0}, "domain": {"x": [-3.0, 3.0]}, "figures": {"dpi": 150}})
    >>> study.arena.widen, study.domain["x"], study.figures.slice
    (1.0, [-3.0, 3.0], None)
    >>> study.resolved()
    {'arena': {'widen': 1.0}, 'domain': {'x': [-3.0, 3.0]}, 'figures': {'dpi': 150}}
    """

    cache: str | None = None  # of execution
    optimizer: str | None = None  # of a method whose rule is the user's own
    slice: Settings | None = None  # of figures
    zoom: Sequence[Mapping[str, list[float]]] = ()  # of figures
    descents: int | None = None  # of boundary
    weights: str | None = None  # of a model
    standard_deviations: str | None = None  # of a model
    proven_shares: Settings | None = None  # of the study
    scale: Mapping[str, str] = MappingProxyType({})  # of the study
    sweep: Mapping[str, list[float]] = MappingProxyType({})  # of the study
    bounds: str = "free"  # of the study

    def resolved(self) -> dict[str, Any]:
        """The mapping that this was made from."""
        return {name: _plain(value) for name, value in vars(self).items()}


def settings(checked: Mapping[str, Any]) -> StudyConfig:
    """A mapping as :meth:`.StudyConfig.resolved` gives it, or some of its sections, with keys as attributes.

    The attributes are those of a :class:`.StudyConfig`, which is why it is said to be one; nothing is checked.
    """
    return cast("StudyConfig", _value("", checked))


def is_expression(objective: object) -> TypeIs[ExpressionObjective]:
    """Whether the function of a config is a formula of the user's own."""
    return hasattr(objective, "expression")


def is_model(objective: object) -> TypeIs[ModelObjective]:
    """Whether the function of a config is a fit: a model, data and a loss."""
    return hasattr(objective, "model")


def is_grid(starts: object) -> TypeIs[GridStarts]:
    """Whether the design of a config has cells."""
    return hasattr(starts, "per_axis")


def is_file(starts: object) -> TypeIs[FileStarts]:
    """Whether the starts are the user's own."""
    return hasattr(starts, "path")


def is_lattice(starts: object) -> bool:
    """Whether there is one start in each cell of a grid, so that neighbours tell where labels change."""
    return is_grid(starts) and starts.per_cell == 1


def boundary_descents(config: StudyConfig, method: str, starts: int) -> int:
    """How many descents may measure where the basins of a method end."""
    given = config.boundary.descents
    if given is not None:
        return int(given)
    if config.methods[method].optimizer == "scipy":
        return min(OUTSIDE_OF_A_START * starts, OUTSIDE_MOST)
    return min(OF_A_START * starts, MOST)


def slice_cells(config: StudyConfig, rows: int) -> int:
    """Cells on an axis of that plane, of a fit to so many rows of data; fewer where descents take a millisecond.

    They are as many for each method of a study, whose maps are compared cell by cell.

    >>> config = settings({"methods": {"gd": {"optimizer": "gradient_descent"}}})
    >>> [slice_cells(config, rows) for rows in (14, 10_000, 100_000)]
    [200, 63, 20]
    >>> config.methods["trf"] = settings({"optimizer": "scipy"})
    >>> [slice_cells(config, rows) for rows in (14, 10_000, 100_000)]
    [64, 63, 20]
    """
    outside = any(method.optimizer == "scipy" for method in config.methods.values())
    most = OUTSIDE_SLICE_CELLS if outside else SLICE_CELLS
    return min(most, max(FEWEST_CELLS, int((SLICE_ROWS / max(rows, 1)) ** 0.5)))


def zoom_cells(config: StudyConfig, method: str) -> int:
    """Cells on an axis of a box that is drawn large, by a method's descents."""
    cells = OUTSIDE_ZOOM_CELLS if config.methods[method].optimizer == "scipy" else ZOOM_CELLS
    return cells[min(len(config.domain), 2)]


def descents_beside(config: StudyConfig, method: str, starts: int, rows: int) -> dict[str, int]:
    """How many descents of a method there may be apart from those of the starts, by the rule that needs them.

    Parameters
    ----------
    rows
        Of data; 1 of a formula.
    """
    d, bisected = len(config.domain), boundary_descents(config, method, starts)
    counts = {
        "slice": slice_cells(config, rows) ** 2 if d > 2 else 0,
        "boundary": bisected,
        "zoom": len(config.figures.zoom) * (zoom_cells(config, method) ** min(d, 2) + bisected),
    }
    return {rule: count for rule, count in counts.items() if count}


def bounded_methods(config: StudyConfig, starts: int) -> list[str]:
    """The methods of which is measured where their basins end."""
    return [name for name in config.methods if boundary_descents(config, name, starts)]


def proven_methods(config: StudyConfig) -> list[str]:
    """The methods whose shares are proven; none where that is not asked for."""
    return [name for name, method in config.methods.items() if config.proven_shares and not not_proven(method)]


def drawn_cells(config: StudyConfig) -> list[str]:
    """The methods whose proven cells are drawn, which are flat then."""
    return proven_methods(config) if len(config.domain) <= 2 else []


def swept_methods(config: StudyConfig) -> list[str]:
    """The methods that a sweep is of: that of its numbers, or all where they are the objective's; none without one."""
    named = [parts[1] for key in config.sweep if (parts := key.split("."))[0] == "methods"]
    return named[:1] or (list(config.methods) if config.sweep else [])


def flow_of(config: StudyConfig) -> str | None:
    """The gradient flow that a study's other methods are compared with: the first one; none where there is none."""
    flows = [name for name, method in config.methods.items() if method.optimizer == GRADIENT_FLOW.name]
    return flows[0] if flows and len(config.methods) > 1 else None


def _value(name: str, value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    if name in OF_THE_USER:
        return {key: _value("", part) for key, part in value.items()}
    return Settings(**{key: _value(key, part) for key, part in value.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return value.resolved() if isinstance(value, Settings) else value
