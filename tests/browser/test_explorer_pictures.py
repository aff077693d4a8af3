"""What the explorer draws, which a person has looked at: ``python -m tests.browser.test_explorer_pictures`` anew.

Compared is what is left of a picture and its reference when both are small and blurred: letters of another font may
differ, a ball, a basin or an axis may not.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from tests.browser.conftest import Explore
from tests.browser.explorers import FAST, Explorer
from tests.browser.pages import make_pages
from tests.browser.visits import Visits
from tests.browsers import chromium

HERE = Path(__file__).parent / "pictures"
WIDTH = 320  # pixels
COLOURS = 128
BLUR = 2.0  # pixels
TILE = 10  # pixels
TOLERANCE = 14.0  # of 255: the mean difference of a tile in a colour
RACE = "start=-0.5,1.2&method=gradient_descent&method=heavy_ball&method=adam"
PICTURES = {
    "map": ("peaks", "#view", "start=-1.3,-2.5"),
    "map-dark": ("peaks", "#view", f"{RACE}&theme=dark"),
    "map-of-a-slice": ("space", "#view", "start=0.3,1.5,-1.2"),
    "curve": ("curve", "#view", "start=0.1"),
    "surface": ("peaks", "#view", "view=surface&start=-1.3,-2.5"),
    "chart": ("peaks", "#chart", RACE),
}


def drawn(explorer: Explorer, canvas: str) -> Image.Image:
    """A canvas of the page when all balls are at their ends, small."""
    explorer.rest()
    explorer.page.evaluate("new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")
    image = Image.open(io.BytesIO(explorer.page.locator(canvas).screenshot())).convert("RGB")
    return image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)


def difference(first: Image.Image, second: Image.Image) -> float:
    """The largest mean difference of a tile in a colour, of 255, when both are blurred."""
    second = second.convert("RGB").resize(first.size)
    a, b = (np.asarray(image.filter(ImageFilter.GaussianBlur(BLUR)), dtype=float) for image in (first, second))
    height, width = (size // TILE * TILE for size in a.shape[:2])
    off = np.abs(a - b)[:height, :width].reshape(height // TILE, TILE, width // TILE, TILE, 3)
    return float(off.mean(axis=(1, 3)).max())


@pytest.mark.parametrize("name", PICTURES)
def test_views_look_as_a_person_has_seen_them(name: str, explore: Explore) -> None:
    """Map, curve, surface and chart are the pictures that were looked at, in light and dark."""
    page, canvas, address = PICTURES[name]
    with Image.open(HERE / f"{name}.png") as seen:
        off = difference(drawn(explore(page, address), canvas), seen)
    assert off < TOLERANCE, "python -m tests.browser.test_explorer_pictures, then look at them"


def test_another_start_and_a_hidden_layer_are_seen(explore: Explore) -> None:
    """A ball elsewhere, or basins that are not drawn, change a picture by more than that."""
    with Image.open(HERE / "map.png") as seen:
        assert difference(drawn(explore("peaks", "start=1.3,-1.2"), "#view"), seen) > TOLERANCE
        assert difference(drawn(explore("peaks", "start=-1.3,-2.5&hide=basins"), "#view"), seen) > TOLERANCE


def test_the_reference_pictures_are_those_of_the_views() -> None:
    """None is left over, none is missing."""
    assert sorted(path.stem for path in HERE.glob("*.png")) == sorted(PICTURES)


def main(names: list[str]) -> None:
    """Draw the references of some pictures, or of all."""
    from playwright.sync_api import sync_playwright

    HERE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as made, sync_playwright() as driver:
        make_pages(pages := Path(made) / "pages")
        visits = Visits(driver.chromium.launch(executable_path=chromium()))
        for name in names or PICTURES:
            page, canvas, address = PICTURES[name]
            image = drawn(Explorer(visits.open(pages / f"{page}.html", f"{FAST}&{address}")), canvas)
            image.quantize(COLOURS, Image.Quantize.FASTOCTREE).save(HERE / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main(sys.argv[1:])
