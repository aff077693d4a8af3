"""The pictures of ten studies, which a person has looked at: ``python -m tests.test_pictures`` draws them anew.

Each reference is a sheet of all pictures of a study and method, small and in a few greys, as a person sees them on
paper. Compared is what is left of both when they are blurred: letters may differ by a pixel, a bar or a legend may not.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from matplotlib.figure import Figure
from PIL import Image, ImageFilter

from multistart.figures import PICTURES
from multistart.figures.drawing import figure_of, render
from multistart.figures.scene import Scene
from multistart.study import Study, load_study
from multistart.study.draw import scene
from multistart.study.slice import descend_slice
from tests.conftest import MadeOnce
from tests.staged import bound, run

HERE = Path(__file__).parent
NAMES = sorted(name for name, picture in PICTURES.items() if not picture.of_fit)  # none of these studies is of a fit
CELL = 200, 150  # pixels of a picture on a sheet
COLUMNS = 4
GREYS = 16
BLUR = 2.0  # pixels
TILE = 10  # pixels
DESCENTS = 6000  # that measure the boundaries of a study
TOLERANCE = 18.0  # of 255: the mean difference of a tile
FAST = ("peaks",)  # the others are slow


def studies() -> dict[str, Study]:
    """Each study with each of its methods alone, by the name of its sheet; peaks as slides too."""
    found = {}
    for path in sorted((HERE / "studies").glob("*.yaml")):
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
        for name, method in config["methods"].items():
            sheet = path.stem if len(config["methods"]) == 1 else f"{path.stem}-{name}"
            found[sheet] = load_study(config | {"methods": {name: method}})
    slides = yaml.safe_load((HERE / "studies/peaks.yaml").read_text(encoding="utf-8")) | {"figures": {"style": "slide"}}
    return found | {"peaks-slides": load_study(slides)}


STUDIES = studies()
SHEETS = [name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in STUDIES]


def tables(study: Study, folder: Path) -> None:
    """All that pictures of a study of one method are drawn from."""
    (method,) = study.config.methods
    run(study, folder, together=True)
    if study.objective.dimensions > 2:
        descend_slice(study, method, folder / "minima.csv", folder / "certificate.json", folder / "slice.parquet",
                      cells=60, threads=2)  # fmt: skip
    bound(study, folder, DESCENTS)


def drawn(study: Study, folder: Path) -> Scene:
    """What its pictures show."""
    (method,) = study.config.methods
    names = {Path(file).name for picture in PICTURES.values() for file in picture.reads}
    names |= {f"zoom/{file.name}" for file in (folder / "zoom").glob("[!.]*.parquet")}
    return scene(study, method, [folder / name for name in names if (folder / name).exists()])


def small(figure: Figure) -> Image.Image:
    """A figure in grey, as broad as a cell."""
    image = Image.open(io.BytesIO(render(figure, "png", 60))).convert("L")
    return image.resize((CELL[0], round(image.height * CELL[0] / image.width)), Image.Resampling.LANCZOS)


def sheet_of(shown: Scene) -> Image.Image:
    """All pictures of a scene, by name, row by row."""
    rows = -(-len(NAMES) // COLUMNS)
    sheet = Image.new("L", (COLUMNS * CELL[0], rows * CELL[1]), 255)
    for i, name in enumerate(NAMES):
        sheet.paste(small(figure_of(name, shown)), (i % COLUMNS * CELL[0], i // COLUMNS * CELL[1]))
    return sheet


def difference(first: Image.Image, second: Image.Image) -> float:
    """The largest mean difference of a tile, of 255, when both are blurred; 255 where their sizes differ."""
    if first.size != second.size:
        return 255.0
    a, b = (np.asarray(image.filter(ImageFilter.GaussianBlur(BLUR)), dtype=float) for image in (first, second))
    height, width = (size // TILE * TILE for size in a.shape)
    off = np.abs(a - b)[:height, :width].reshape(height // TILE, TILE, width // TILE, TILE)
    return float(off.mean(axis=(1, 3)).max())


def cells(sheet: Image.Image) -> Iterator[tuple[str, Image.Image]]:
    """The pictures of a sheet by name."""
    for i, name in enumerate(NAMES):
        left, top = i % COLUMNS * CELL[0], i // COLUMNS * CELL[1]
        yield name, sheet.crop((left, top, left + CELL[0], top + CELL[1]))


@pytest.mark.parametrize("name", SHEETS)
def test_pictures_are_those_that_were_looked_at(name: str, made_once: MadeOnce) -> None:
    """Each picture of ten studies looks like the one that a person has seen; a change of any is looked at again."""
    folder = made_once(f"pictures-of-{name}", lambda made: tables(STUDIES[name], made))
    sheet = sheet_of(drawn(STUDIES[name], folder))
    with Image.open(HERE / f"pictures/{name}.png") as reference:
        seen = dict(cells(reference.convert("L")))
    off = {picture: difference(image, seen[picture]) for picture, image in cells(sheet)}
    changed = [f"{picture} ({by:.0f})" for picture, by in off.items() if by > TOLERANCE]
    assert not changed, "python -m tests.test_pictures, then look at them"


def test_a_moved_bar_and_a_missing_legend_are_seen(made_once: MadeOnce) -> None:
    """Both change a picture by more than is tolerated; other letters and half a pixel do not."""
    folder = made_once("pictures-of-peaks", lambda made: tables(STUDIES["peaks"], made))
    shown = drawn(STUDIES["peaks"], folder)
    moved, bare, lettered = (figure_of("final_values", shown) for _ in range(3))
    bar = max((bar for bar in moved.axes[0].patches), key=lambda bar: bar.get_height() * (bar.get_zorder() > 2))
    bar.set_x(bar.get_x() + 2 * bar.get_width())
    bare.legends[0].remove()
    for text in lettered.findobj(lambda artist: hasattr(artist, "set_fontstretch")):
        text.set_y(text.get_position()[1] + 0.0005)
    usual = small(figure_of("final_values", shown))
    assert difference(small(moved), usual) > TOLERANCE
    assert difference(small(bare), usual) > TOLERANCE
    assert difference(small(lettered), usual) < TOLERANCE / 2


def test_another_share_is_seen(made_once: MadeOnce) -> None:
    """A bar that is longer by a twentieth of the axis is another picture."""
    folder = made_once("pictures-of-peaks", lambda made: tables(STUDIES["peaks"], made))
    shown = drawn(STUDIES["peaks"], folder)
    basins = shown.basins.assign(count=shown.basins["count"] + [0, 45, 0])
    other = figure_of("shares", replace(shown, basins=basins))
    assert difference(small(other), small(figure_of("shares", shown))) > TOLERANCE


def test_the_reference_pictures_are_those_of_the_studies() -> None:
    """None is left over, none is missing."""
    assert sorted(path.stem for path in (HERE / "pictures").glob("*.png")) == sorted(STUDIES)


if __name__ == "__main__":
    (HERE / "pictures").mkdir(exist_ok=True)
    for each in sys.argv[1:] or STUDIES:
        with tempfile.TemporaryDirectory() as made:
            tables(STUDIES[each], Path(made))
            image = sheet_of(drawn(STUDIES[each], Path(made)))
            few = image.point(lambda grey: round(grey * (GREYS - 1) / 255) * 255 // (GREYS - 1))
            few.quantize(GREYS).save(HERE / f"pictures/{each}.png", optimize=True)
