"""The explorer as a person uses it: clicks, keys, sliders, and what it says."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.browser.visits import until

if TYPE_CHECKING:
    from playwright.sync_api import Page

FAST = "speed=10000"  # steps a second: a thousand steps take six frames
AT_REST = "!explorer.playback.playing && explorer.playback.at >= explorer.playback.length"
TEXTS = Path(__file__).parents[2] / "src/multistart/explorer/texts"
ENGLISH = json.loads((TEXTS / "en.json").read_text(encoding="utf-8"))
VIETNAMESE = json.loads((TEXTS / "vi.json").read_text(encoding="utf-8"))
BEGIN = """(address) => {
    explorer.state = undefined;
    explorer.address.written = null;
    explorer.teacher.forget();
    history.replaceState(null, "", address);
    explorer.reopen();
}"""
BALLS = """explorer.balls.map(({ run, basin, start, method }) => ({
    start: Array.from(start), end: Array.from(run.end), steps: run.steps, ending: run.ending, basin,
    value: run.value, period: run.period ?? null, rule: method.rule, values: method.values,
    path: Array.from(run.points),
}))"""


@dataclass
class Explorer:
    """What a test does with an explorer's page, once it is there."""

    page: Page

    def __post_init__(self) -> None:
        until(self.page, "window.explorer?.balls")

    def begin(self, address: str, size: dict[str, int]) -> None:
        """Take a used page back to how it opens, at another address and in a window of a size."""
        self.page.set_viewport_size(size)
        self.page.emulate_media(color_scheme="light", reduced_motion="no-preference")
        self.page.evaluate(BEGIN, f"#{address}")

    def click(self, across: float, up: float) -> None:
        """Click on the picture, at parts of its width and height."""
        width, height = self._size()
        self.page.locator("#view").click(position={"x": across * width, "y": (1 - up) * height})

    def drag(self, *places: tuple[float, float], let_go: bool = True) -> None:
        """Press at the first of some places, move to the others, let go."""
        box, mouse = self.page.locator("#view").bounding_box(), self.page.mouse
        assert box
        at = [(box["x"] + x * box["width"], box["y"] + (1 - y) * box["height"]) for x, y in places]
        mouse.move(*at[0])
        mouse.down()
        for each in at[1:]:
            mouse.move(*each, steps=4)
        if let_go:
            mouse.up()

    def rest(self) -> None:
        """Wait until all balls are at their ends, and what that changed is drawn."""
        until(self.page, AT_REST)

    def balls(self) -> list[dict[str, Any]]:
        """All descents: start, end, steps, ending, place of the minimum reached, value, period, method and path."""
        return self.page.evaluate(BALLS)

    def state(self) -> dict[str, Any]:
        """What the page keeps in its address, and more."""
        return self.page.evaluate("structuredClone(explorer.state)")

    def said(self) -> str:
        """What a screen reader is told."""
        return " ".join(self.page.locator("#status").inner_text().split())

    def address(self) -> str:
        """The fragment that brings this case back, once it is kept."""
        self.page.wait_for_timeout(400)
        return self.page.evaluate("location.hash").removeprefix("#")

    def rate(self, typed: object, ball: int = 0) -> None:
        """Type a learning rate."""
        field = self.page.locator(f"#methods > li:nth-child({ball + 1}) input[data-number=learning_rate]")
        field.fill(str(typed))
        field.press("Enter")

    def choose(self, preset: str) -> list[dict[str, Any]]:
        """Click on a preset; its balls at their ends."""
        self.page.locator(f"#presets button[data-preset={preset}]").click()
        self.rest()
        return self.balls()

    def _size(self) -> tuple[float, float]:
        box = self.page.locator("#view").bounding_box()
        assert box
        return box["width"], box["height"]


def words_of(key: str, table: dict[str, Any] = ENGLISH) -> re.Pattern[str]:
    """A text of the page as a pattern: each ``{name}`` in it is a group of that name, or the same again."""
    text, seen = table[key], set[str]()

    def group(gap: re.Match[str]) -> str:
        name = gap[1]
        again = name in seen
        seen.add(name)
        return f"(?P={name})" if again else f"(?P<{name}>.+?)"

    several = text if isinstance(text, str) else text["other"]
    return re.compile(re.sub(r"\\{(\w+)\\}", group, re.escape(several)))
