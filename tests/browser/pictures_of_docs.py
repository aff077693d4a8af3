"""The pictures of the README and of docs/explorer.md: ``python -m tests.browser.pictures_of_docs`` takes them anew."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.explorers import FAST, Explorer
from tests.browser.visits import Visits
from tests.browsers import chromium

DOCS = Path(__file__).parents[2] / "docs"
RACE = "start=-0.1,1.2&method=gradient_descent,learning_rate:0.01&method=heavy_ball&method=adam"
TAKEN = {
    "explorer.png": (RACE, {"width": 1400, "height": 880}),
    "explorer_surface.png": (f"{RACE}&view=surface&theme=dark", {"width": 1400, "height": 880}),
}


def main() -> None:
    """Each picture is a window of the page in docs/explorer, in 256 colours."""
    with sync_playwright() as driver:
        visits = Visits(driver.chromium.launch(executable_path=chromium()))
        for name, (address, size) in TAKEN.items():
            explorer = Explorer(visits.open(DOCS / "explorer/peaks.html", f"{FAST}&{address}", size=size))
            explorer.rest()
            explorer.page.wait_for_timeout(1000)
            image = Image.open(io.BytesIO(explorer.page.screenshot())).convert("RGB")
            image.quantize(256, Image.Quantize.FASTOCTREE).save(DOCS / "images" / name, optimize=True)
        visits.close()


if __name__ == "__main__":
    main()
