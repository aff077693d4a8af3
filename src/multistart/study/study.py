"""`Study`: a configuration turned into the objects that it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from multistart.box import Box
from multistart.counts.grid import Grid
from multistart.files.parts import Part, parts_of, pieces_of
from multistart.files.results import MethodFiles
from multistart.files.whole_files import verify
from multistart.functions.measurements import with_rows
from multistart.functions.objective import Objective, named
from multistart.kernels import compile_evaluation
from multistart.methods.method import Method
from multistart.minima import Tolerances
from multistart.plurals import counted
from multistart.scales import LOG, logarithm, on_scale
from multistart.starts.designs import draw, size
from multistart.starts.file import pick_starts, read_starts
from multistart.starts.layout import Layout
from multistart.study.data import fit_of
from multistart.study.settings import Settings, is_expression, is_file, is_grid, is_model, settings

if TYPE_CHECKING:
    from multistart.config import StudyConfig
    from multistart.config.sections import SliceSection
    from multistart.config.starts_section import FileStarts

MAP_CELLS = {1: 2000, 2: 500}  # most cells on an axis of the map, by dimension
FINE_CELLS = {1: 1920, 2: 480}  # that starts without a grid are counted in: numbers that have many divisors
STARTS_A_CELL = {1: 4, 2: 4}  # of designs without a grid, so that few cells stay empty


@dataclass(frozen=True)
class Study:
    """Everything that a configuration says, as objects.

    >>> study = load_study({"study": "demo", "objective": {"name": "peaks"},
    ...     "starts": {"design": "grid", "per_axis": 3}, "methods": {"gd": {"optimizer": "gradient_descent",
    ...     "learning_rate": 0.01}}})
    >>> study.starts(slice(0, 2)).tolist()
    [[-2.0, -2.0], [-2.0, 0.0]]
    """

    #: The checked config as plain values, see :mod:`multistart.study.settings`.
    config: StudyConfig
    #: How many rows the user's own file of starts has, for the design ``file``.
    starts_rows: int | None = None
    #: A checked copy of the user's own starts, for the design ``file``; without it their file is read.
    starts_table: Path | None = None
    #: A checked copy of the data of a fit; without it their file is read.
    data_table: Path | None = None
    #: Where a job finds the study's files, where they are copies of what a storage keeps.
    copies: Path | None = None

    @property
    def name(self) -> str:
        """The study's name, a plain identifier."""
        return self.config.study

    @property
    def folder(self) -> Path:
        """The folder of the study's files, in the current one or where a job has its copies."""
        return self.copies or Path("results", self.name)

    def files(self, method: str) -> MethodFiles:
        """The files of a method, and those that all methods share."""
        return MethodFiles(self.folder / method, self.folder)

    @cached_property
    def objective(self) -> Objective:
        """The function whose minima are looked for."""
        given = self.config.objective
        if is_expression(given):
            made = Objective.from_checked(given.expression, given.variables, given.parameters)
        elif is_model(given):
            fit = fit_of(given)
            rows = with_rows(fit, self.data_table or given.data, given.variables, tuple(given.parameters))
            made = Objective.of_fit(replace(rows, source=given.data), given.variables, given.parameters)
        else:
            made = named(given.name, given.dimensions)
        return made.on_scales(self.config.scale)

    @cached_property
    def compiled(self) -> Objective:
        """The same function, with values and derivatives by its kernel: the same bits everywhere, without SymPy."""
        return self.objective.evaluated_by(compile_evaluation(self.objective, self.cache).evaluate)

    @property
    def data_digest(self) -> str | None:
        """The digest of the numbers of the user's own data; none where there are none."""
        return self.objective.fit.digest if self.objective.fit and is_model(self.config.objective) else None

    @property
    def rows(self) -> int:
        """The rows of data that a value of the function is a sum over; 1 of a formula."""
        return 1 if self.objective.fit is None else self.objective.fit.count

    @cached_property
    def domain(self) -> Box:
        """The box that starts are drawn from, in the objective's variables: on the logarithm where they are."""
        return Box(self.config.domain).on_scales(self.config.scale)

    @cached_property
    def arena(self) -> Box:
        """The box that a descent may move in."""
        return self.domain.widened(self.config.arena.widen)

    @property
    def held(self) -> bool:
        """Whether descents are held in the domain, which then is the arena, too."""
        return self.config.bounds == "hold"

    @property
    def cache(self) -> str | None:
        """The folder that is named for compiled kernels and certificates; none for the user's own."""
        return self.config.execution.cache

    @property
    def count(self) -> int:
        """The number of starts."""
        starts = self.config.starts
        if is_file(starts):
            assert self.starts_rows is not None, "counted when the config was read"
            return self.starts_rows
        return size(dimensions=len(self.config.domain), **{k: v for k, v in vars(starts).items() if k != "seed"})

    @property
    def tolerances(self) -> Tolerances:
        """When two ends are one minimum."""
        basins = self.config.basins
        return Tolerances(basins.position_tolerance, basins.value_tolerance)

    def method(self, name: str) -> Method:
        """The method of a name in the configuration."""
        return self._methods[name]

    @cached_property
    def _methods(self) -> dict[str, Method]:
        given = {name: Method(**settings.resolved()) for name, settings in self.config.methods.items()}
        methods = {name: method.in_units_of(self.domain) for name, method in given.items()}
        return {name: method.held_in(self.domain) for name, method in methods.items()} if self.held else methods

    @cached_property
    def layout(self) -> Layout:
        """What estimates must know of the design: size, cells, replicates."""
        starts = self.config.starts
        if is_grid(starts):
            axes = (starts.per_axis,) * self.objective.dimensions
            return Layout(starts.design, self.count, axes, per_cell=starts.per_cell)
        return Layout(starts.design, self.count, replicates=getattr(starts, "replicates", 1))

    def starts(self, rows: slice) -> NDArray[np.float64]:
        """Rows of the design, shape ``(n, d)``."""
        starts = self.config.starts
        if is_file(starts):
            found = read_starts(*self._starts_file(starts), (rows.start, rows.stop))
            return found if self.starts_table else self.objective.in_variables(found)
        return draw(**vars(starts), box=self.domain, rows=(rows.start, rows.stop))

    def starts_at(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """A few single rows of the design, ascending, shape ``(n, d)``."""
        starts = self.config.starts
        if is_file(starts):
            found = pick_starts(*self._starts_file(starts), rows)
            return found if self.starts_table else self.objective.in_variables(found)
        if starts.design != "latin_hypercube":
            return np.concatenate([self.starts(slice(row, row + 1)) for row in rows.tolist()])
        cuts = np.arange(0, self.count, starts.count)  # a replicate is made whole, whichever rows are wanted
        of_replicates = zip(cuts, np.split(rows, np.searchsorted(rows, cuts[1:])), strict=True)
        wanted = [(cut, here) for cut, here in of_replicates if len(here)]
        return np.concatenate([self.starts(slice(cut, cut + starts.count))[here - cut] for cut, here in wanted])

    def _starts_file(self, starts: FileStarts) -> tuple[Path, tuple[str, ...]]:
        """The file that starts are read from, and its columns: a checked copy has the objective's own variables."""
        if self.starts_table:
            return self.starts_table, self.objective.variables
        return Path(starts.path), self.objective.parameter_names

    def with_starts(self, table: Path | str) -> Study:
        """The study with a checked copy of the user's own starts, of which a job reads its rows alone.

        Raises
        ------
        DamagedError
            The copy does not hold what was written into it.
        """
        verify(table)
        return replace(self, starts_table=Path(table))

    def with_data(self, table: Path | str) -> Study:
        """The study with a checked copy of the data of its fit.

        Raises
        ------
        DamagedError
            The copy does not hold what was written into it.
        """
        verify(table)
        return replace(self, data_table=Path(table))

    @property
    def parts(self) -> list[Part]:
        """The rows in parts."""
        return parts_of(self.count)

    @cached_property
    def pieces(self) -> list[Part]:
        """The rows in what one job each descends from."""
        return pieces_of(self.parts, self.config.execution.shards)

    def pieces_of(self, part: Part) -> list[Part]:
        """Those of a part."""
        return [piece for piece in self.pieces if piece.number == part.number]

    @cached_property
    def counted_grid(self) -> Grid | None:
        """The cells that starts are counted in, whatever their number; none for more than two dimensions."""
        d = self.objective.dimensions
        if d > 2:
            return None
        if not is_grid(self.config.starts):
            return Grid(self.domain, (FINE_CELLS[d],) * d)
        per_axis = self.config.starts.per_axis
        return Grid(self.domain, (per_axis // -(-per_axis // MAP_CELLS[d]),) * d)

    @cached_property
    def map_grid(self) -> Grid | None:
        """The cells of maps: those that starts are counted in, or where starts are few these joined to larger ones."""
        fine, d = self.counted_grid, self.objective.dimensions
        if fine is None or is_grid(self.config.starts):
            return fine
        most = max(1.0, (self.count / STARTS_A_CELL[d]) ** (1 / d))
        cells = max(n for n in range(1, FINE_CELLS[d] + 1) if FINE_CELLS[d] % n == 0 and n <= most)
        return Grid(self.domain, (cells,) * d)

    @property
    def plane(self) -> SliceSection:
        """The plane of the maps, for more than two dimensions, as far as the config says where it lies."""
        given, scale = self.config.figures.slice, self.config.scale
        assert given is not None, "filled in when the config is read"
        if not scale:
            return given
        at = {on_scale(name, scale): logarithm(x) if scale.get(name) == LOG else x for name, x in given.at.items()}
        return cast("SliceSection", Settings(axes=[on_scale(name, scale) for name in given.axes], at=at))

    @property
    def zooms(self) -> list[Box]:
        """The boxes that are drawn large, in the objective's variables."""
        return [Box(zoom).on_scales(self.config.scale) for zoom in self.config.figures.zoom]

    def describe_starts(self) -> str:
        """The design in words, as in "jittered grid, 500 x 500 cells, seed 2026"."""
        starts = self.config.starts
        words = [starts.design.replace("_", " ")]
        if is_grid(starts):
            words.append(" x ".join([f"{starts.per_axis:,}"] * self.objective.dimensions) + " cells")
            words += [f"{counted(starts.per_cell, 'start')} a cell"] if starts.per_cell > 1 else []
        elif is_file(starts):
            words = [f"the starts of {starts.path}"]
        elif starts.replicates > 1:
            words.append(f"{counted(starts.replicates, 'replicate')} of {starts.count:,}")
        if starts.design not in ("grid", "file"):
            words.append(f"seed {starts.seed}")
        return ", ".join(words)


def load_study(config: Mapping[str, Any] | str | Path, *, starts_rows: int | None = None) -> Study:
    """Return the study that a configuration describes.

    Parameters
    ----------
    config
        A mapping, or the path of a YAML file, with the keys of ``config/README.md``.
    starts_rows
        How many rows the user's file of starts has, where it was read before; without it the file is read whole.

    Raises
    ------
    ConfigError
        The configuration is wrong; each problem names the key, the value and the fix.
    """
    from multistart.config import read_config  # with pydantic, which a job does without

    checked = read_config(config, starts_rows=starts_rows)
    return Study(settings(checked.resolved()), checked.count)
