"""The rule ``draw_sweep``: the scene that a method's tables of a sweep make, and the pictures of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from multistart.counts.tally import NO_START, Grid
from multistart.descents.outcomes import BOUNDED, ENDINGS, NO_BASIN
from multistart.figures import SWEEPS
from multistart.figures.drawing import animation_of, figure_of, render
from multistart.figures.sweep_classes import classes_of, code_of, families_of
from multistart.figures.sweep_scene import SweepMaps, SweepScene, SweptNumber
from multistart.files.results import MethodFiles
from multistart.methods import Method
from multistart.minima import Minima
from multistart.minima.basin import unit_box
from multistart.minima.nearest import nearest_place
from multistart.study import storage
from multistart.study.basin import labels_of
from multistart.study.cycles import label_orbits
from multistart.study.draw import by_name, load_drawing, no_collections
from multistart.study.study import Study
from multistart.study.sweep_events import over_a_rate
from multistart.study.sweep_plan import Sweep
from multistart.study.sweep_values import ValueRows, Values

if TYPE_CHECKING:
    from multistart.dynamics import Attractor

TABLES = ("sweep", "events", "attractors", "arrivals")
FRAMES = 60  # values that maps are made of, in two dimensions
ROWS = 240  # and in one, where each is a row of an image
MAP_CELLS = {1: 800, 2: 120}  # an axis: a start in each is looked at
PARTNERS = ("saddle", "maximum")  # kinds of rows that are no attractors at values
MOST = 16  # minima, the lowest, whose branches are followed


def draw_sweep(study: Study, method: str, files: MethodFiles, paths: Iterable[Path | str]) -> None:
    """Draw the picture that each path names, as in ``figures/sweep.png``, from the tables of the sweep."""
    load_drawing()
    named = by_name(paths)
    with no_collections():
        scene = sweep_scene(study, method, files, maps=any(SWEEPS[name].dimensions for name in named))
        for name, targets in named.items():
            if SWEEPS[name].moving:
                contents = [animation_of(name, scene)] * len(targets)
            else:
                figure = figure_of(name, scene)
                contents = [render(figure, file.suffix[1:], study.config.figures.dpi) for file in targets]
            for file, content in zip(targets, contents, strict=True):
                storage.write_bytes(file, content)


def sweep_scene(study: Study, method: str, files: MethodFiles, *, maps: bool = True) -> SweepScene:
    """What the pictures of a method's sweep show.

    Parameters
    ----------
    maps
        Look up what starts reached at some values, for the pictures that are maps.
    """
    sweep = Sweep(study)
    tables = {name: storage.read_csv(files.swept(f"{name}.csv")) for name in TABLES}
    partners = tables["attractors"][tables["attractors"]["kind"].isin(PARTNERS)]
    if len(sweep.shape) == 1:
        tables["attractors"] = _at_values(tables["attractors"], sweep)
    made = study.method(method)
    scene = SweepScene(
        study=study.name,
        method=method,
        method_text=_described(sweep, made, method),
        objective=study.compiled,
        domain=study.domain,
        starts=study.count,
        design_text=study.describe_starts(),
        numbers=_numbers(sweep, method),
        **tables,
        branches=_branches(sweep, method, tables["attractors"]),
        partners=partners if len(partners) else None,
        paid_in=f"{made.paid_in}s",
        style=study.config.figures.style,
    )
    if maps and len(sweep.shape) == 1 and study.objective.dimensions in MAP_CELLS:
        vars(scene)["maps"] = _maps(sweep, method, files, scene)
    return scene


def _numbers(sweep: Sweep, method: str) -> tuple[SweptNumber, ...]:
    return tuple(
        SweptNumber(name, _words(key, method), np.array(values))
        for name, (key, values) in zip(sweep.names, sweep.values.items(), strict=True)  # noqa: PD011 - of no frame
    )


def _words(key: str, method: str) -> str:
    """What a number is called, as "learning rate" or "parameter a"."""
    section, *parts = key.split(".")
    parts = [part for part in parts if part not in (method, "options", "rule", "state")]
    if section == "objective" or parts[0] == "parameters":
        return f"parameter {parts[-1]}"
    return " ".join(parts).replace("_", " ")


def _described(sweep: Sweep, made: Method, method: str) -> str:
    """The method in words, with the values that its swept numbers take in place of one."""
    first, last = (sweep.at(point).method(method).describe() for point in (sweep.points[0], sweep.points[-1]))
    words = [
        a if a == b else f"{a} to {b.split()[-1]}" for a, b in zip(first.split(", "), last.split(", "), strict=True)
    ]
    return ", ".join(words) if len(first.split(", ")) == len(last.split(", ")) else made.describe()


def _branches(sweep: Sweep, method: str, attractors: pd.DataFrame) -> pd.DataFrame | None:
    """Minima and what they become, stable and unstable, of a rule that is a map and whose rate is swept."""
    if len(sweep.points) < 2 or not over_a_rate(sweep, method):
        return None
    from multistart.dynamics.over_rates import branches_of_rate  # with SymPy and FLINT

    study, (low,), (high,) = sweep.study, sweep.points[0], sweep.points[-1]
    places = attractors[attractors["kind"] == "minimum"].drop_duplicates("attractor").sort_values("attractor")
    where = places[list(study.objective.variables)].to_numpy(dtype=float)[:MOST]
    minima = Minima.at(study.compiled, where, study.domain)
    found = branches_of_rate(study.compiled, study.method(method), minima, study.arena, low, high, study.cache)
    frame = pd.DataFrame(found)
    return frame.assign(attractor=places["attractor"].to_numpy()[frame["attractor"]]) if len(frame) else None


def _at_values(attractors: pd.DataFrame, sweep: Sweep) -> pd.DataFrame:
    """The attractors at the values, without branches between them, which a table of a rate has at its end."""
    values = [value for (value,) in sweep.points]
    here = attractors[sweep.names[0]].isin(values) & (attractors["stable"] | (attractors["kind"] == "minimum"))
    first = attractors[here].drop_duplicates([sweep.names[0], "attractor", "kind", *sweep.study.objective.variables])
    return first.reset_index(drop=True)


def _maps(sweep: Sweep, method: str, files: MethodFiles, scene: SweepScene) -> SweepMaps:
    """Which class a start of each cell is of, at values that are spread evenly over all."""
    study, d = sweep.study, sweep.study.objective.dimensions
    rows, cells, shape = _a_start_each(study, MAP_CELLS[d])
    values = Values.of(sweep, method, files)
    codes = code_of(classes_of(scene), families_of(scene))
    places = np.unique(np.linspace(0, len(sweep.points) - 1, FRAMES if d > 1 else ROWS).astype(np.int64))
    images = np.full((len(places), int(np.prod(shape))), NO_START, dtype=np.int64)
    by_value, counts = (dict(list(table.groupby(scene.number.column))) for table in (scene.attractors, scene.sweep))
    for image, place in zip(images, places, strict=True):
        point = sweep.points[place]
        tables = by_value.get(point[0], scene.attractors[:0]), counts[point[0]]
        reached = _reached(sweep.at(point), method, values.read(point), rows, *tables)
        image[cells] = [codes.get(key, NO_START) for key in reached]
    images = images.reshape(len(places), *shape)
    return SweepMaps(places, images.transpose(0, 2, 1) if d == 2 else images)


def _a_start_each(study: Study, most: int) -> tuple[np.ndarray, np.ndarray, tuple[int, ...]]:
    """The first start of each cell of a grid over the domain, the cells that have one, and the grid's shape."""
    grid = study.map_grid
    assert grid is not None, "more than two dimensions have no maps"
    side = grid.shape[0]
    grid = Grid(grid.box, (side // -(-side // most),) * len(grid.shape))
    cell = grid.cells(study.starts(slice(0, study.count)))
    cells, rows = np.unique(cell, return_index=True)
    return rows[cells >= 0], cells[cells >= 0], grid.shape


def _reached(
    study: Study, method: str, rows: ValueRows, some: np.ndarray, attractors: pd.DataFrame, counts: pd.DataFrame
) -> list[tuple[int, str]]:
    """The attractor and kind that some rows came to, as the tables number them; -1 and the ending where none."""
    variables = list(study.objective.variables)
    listed = attractors[attractors["kind"] == "minimum"]
    minima = Minima.at(study.compiled, listed[variables].to_numpy(dtype=float), study.domain)
    found = list(attractors[attractors["kind"] != "minimum"].groupby("attractor", sort=False))
    orbits = [_attractor(each, variables) for _, each in found]
    keys = [(int(number), "minimum") for number in listed["attractor"]]
    keys += [(int(number), str(each["kind"].iloc[0])) for number, each in found]
    keys += [(NO_BASIN, ending) for ending in ENDINGS]
    orbit = _by_distance(study, method, rows, orbits)
    expected = dict(zip(counts["attractor"], counts["count"], strict=True))
    if [expected.get(number, 0) for number, _ in found] == np.bincount(
        orbit[orbit >= 0], minlength=len(found)
    ).tolist():
        orbit = orbit[some]
    else:
        orbit = label_orbits(study, method, rows.end[some], rows.ending_code[some], orbits, 0)
    ends = rows.at(some)
    basin, _ = labels_of(study, method, ends.end, ends.ending_code, minima)
    first = len(listed)
    which = np.where(basin >= 0, basin, np.where(orbit >= 0, first + orbit, first + len(found) + ends.ending_code))
    return [keys[i] for i in which.tolist()]


def _by_distance(study: Study, method: str, rows: ValueRows, orbits: list[Attractor]) -> np.ndarray:
    """The place of the attractor that each row is on, as the tables tell it of cycles; of the others the nearest.

    That is quick, and right where orbits lie apart: whoever asks compares counts.
    """
    cycles = [orbit for orbit in orbits if orbit.period]
    found = label_orbits(study, method, rows.end, rows.ending_code, cycles, 0)
    found = np.array([*(i for i, orbit in enumerate(orbits) if orbit.period), NO_BASIN], dtype=np.int64)[found]
    clouds = [i for i, orbit in enumerate(orbits) if not orbit.period]
    open_ = np.flatnonzero((found == NO_BASIN) & (rows.ending_code == BOUNDED))
    if len(clouds) and len(open_):
        of = np.repeat(clouds, [len(orbits[i].points) for i in clouds])
        points = np.concatenate([orbits[i].points for i in clouds])
        places = (unit_box(each, study.domain) for each in (rows.end[open_], points))
        found[open_] = of[nearest_place(*places)[1]] if len(clouds) > 1 else clouds[0]
    return found


def _attractor(rows: pd.DataFrame, variables: list[str]) -> Attractor:
    """An attractor as its rows in the table have it."""
    from multistart.dynamics import Attractor  # with SymPy and FLINT, which a sweep without cycles does without

    one = rows.iloc[0]
    multiplier, exponent, error = (float(one[name]) for name in ("multiplier", "exponent", "exponent_error"))
    points = rows[variables].to_numpy(dtype=float)
    return Attractor(
        str(one["kind"]), int(one["period"]), points, multiplier, exponent, error, bool(one["proven"]), NO_BASIN
    )
