"""The basins at up to sixty values, one after the other, as an animation."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image, ImageDraw, ImageFont

from multistart.figures.layout import sheet
from multistart.figures.logarithms import users_axes
from multistart.figures.names import numbers, setting
from multistart.figures.palette import INK, PAPER
from multistart.figures.picture import Picture
from multistart.figures.sweep_classes import classes_of, legend_of
from multistart.figures.sweep_maps import painted
from multistart.figures.sweep_scene import SweepScene
from multistart.figures.ticks import value_ticks

PICTURE = Picture(
    title="The basins in motion",
    place=60,
    alt="The map of the starts while the swept number goes through its values: colours say what each start reaches.",
    caption=(
        "The same starts while the number goes through its values; the value stands above the map, and the mark below "
        "it says how far along it is. Colours and patterns are those of the maps side by side."
    ),
    reads=("<method>/sweep/sweep.csv", "<method>/sweep/attractors.csv"),
    dimensions=(2,),
    moving=True,
)

DPI = 80
COLOURS = 64
A_FRAME, AN_END = 150, 1200  # milliseconds that a value is shown, and the first and last
LARGEST = 2_000_000  # bytes; of a longer animation every other value is left out, until it is no larger
ROOM = 0.36  # inches above the map, for the value, and as much below it for how far along it is


def draw(scene: SweepScene) -> bytes:
    """A GIF that goes on for ever; the same scene gives the same bytes."""
    assert scene.maps is not None, "the maps are there where this is asked for"
    ground, place = _ground(scene)
    looks, maps, values = classes_of(scene), scene.maps, scene.number.taken
    said = numbers(values[maps.places].tolist())
    side = min(place[2] - place[0], place[3] - place[1])
    chosen = np.arange(len(maps.places))
    frames = []
    for k in chosen.tolist():
        part = maps.places[k] / max(len(values) - 1, 1)
        image = Image.fromarray(painted(maps.codes[k], looks, side)[::-1])
        frames.append(_frame(ground, place, image, f"{scene.number.words} {said[k]}", part))
    palette = _palette(frames)
    few = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    while len(content := _gif(few)) > LARGEST and len(few) > 2:
        few = [*few[:-1:2], few[-1]]
    return content


def _ground(scene: SweepScene) -> tuple[Image.Image, tuple[int, int, int, int]]:
    """The picture without a map: title, axes and legend; and where the map's pixels go."""
    page = sheet(scene, f"Basins over the {scene.number.words} {setting(scene)}")
    box, room = scene.domain, ROOM * page.style.text
    ratio = float(box.width[1] / box.width[0])
    tall, wide = page.tall - 2 * room, page.wide
    across, up = (min(wide, tall / ratio), min(tall, wide * ratio)) if 0.4 <= ratio <= 2.5 else (wide, tall)
    ax = page.axes(page.left, page.top - room - up, across, up, label="map")
    ax.set(xlim=(box.low[0], box.high[0]), ylim=(box.low[1], box.high[1]), xlabel=box.names[0], ylabel=box.names[1])
    ax.spines[["top", "right"]].set_visible(True)
    for axis in (ax.xaxis, ax.yaxis):
        value_ticks(axis, 6)
    users_axes(page.figure, scene.objective)
    page.legend(*legend_of(scene, classes_of(scene)), "where starts end", page.left + across + 0.25)
    canvas, page.figure.dpi = FigureCanvasAgg(page.figure), DPI
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    corners = ax.get_window_extent()
    place = (round(corners.x0), image.height - round(corners.y1), round(corners.x1), image.height - round(corners.y0))
    return image, place


def _frame(
    ground: Image.Image, place: tuple[int, int, int, int], image: Image.Image, said: str, part: float
) -> Image.Image:
    """The picture at one value: its map, the value above it, and a mark on a line above that."""
    left, top, right, bottom = place
    frame = ground.copy()
    frame.paste(image.resize((right - left, bottom - top), Image.Resampling.NEAREST), (left, top))
    pen = ImageDraw.Draw(frame)
    pen.rectangle((left, top, right, bottom), outline=INK)
    pen.text((left, top - 8), said, font=_font(round(0.17 * DPI)), fill=INK, anchor="ls")
    line, at = top - 4, round(left + part * (right - left))
    pen.line((left, line, right, line), fill="#B5B5B5", width=2)
    pen.line((left, line, at, line), fill=INK, width=3)
    return frame


def _palette(frames: list[Image.Image]) -> Image.Image:
    """Few colours for all frames, from some of them side by side."""
    some = frames[:: max(1, len(frames) // 6)]
    sheet_ = Image.new("RGB", (some[0].width, sum(frame.height for frame in some)), PAPER)
    for i, frame in enumerate(some):
        sheet_.paste(frame, (0, i * frame.height))
    return sheet_.quantize(COLOURS, method=Image.Quantize.MEDIANCUT)


def _gif(frames: list[Image.Image]) -> bytes:
    buffer = io.BytesIO()
    times = [AN_END, *[A_FRAME] * (len(frames) - 2), AN_END][: len(frames)]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=times, loop=0, optimize=False)
    return buffer.getvalue()


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """The letters of all pictures, which come with Matplotlib."""
    return ImageFont.truetype(Path(mpl.get_data_path()) / "fonts/ttf/DejaVuSans-Bold.ttf", size)
