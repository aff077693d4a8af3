"""From a scene to a picture to the bytes of its file, under one style."""

from __future__ import annotations

import importlib
import io
from contextlib import AbstractContextManager
from types import ModuleType
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from multistart.figures import COMPARISONS, PICTURES, SWEEPS
from multistart.figures.layout import STYLES
from multistart.figures.logarithms import users_axes
from multistart.figures.palette import INK, PAPER
from multistart.figures.scene import Comparison, Scene
from multistart.figures.sweep_scene import SweepScene
from multistart.figures.ticks import plain_numbers

STYLE: dict[Any, Any] = {
    "axes.titlesize": "medium",
    "axes.edgecolor": INK,
    "axes.linewidth": 0.8,
    "axes.labelcolor": INK,
    "axes.formatter.limits": (-4, 5),
    "axes.formatter.use_mathtext": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": PAPER,
    "hatch.linewidth": 0.6,
    "image.composite_image": False,
    "legend.frameon": False,
    "path.simplify": True,
    "savefig.facecolor": PAPER,
    "svg.fonttype": "path",
    "text.hinting": "none",  # letters on whole pixels take a tenth of all drawing
    "svg.hashsalt": "multistart",
    "svg.image_inline": True,
    "text.parse_math": False,  # a file's name may hold two dollars, and numbers are plain
}

COMPRESSION = 3  # of 9: two thirds of the time of Matplotlib's 6, for files an eighth larger


def figure_of(name: str, scene: Scene | Comparison | SweepScene) -> Figure:
    """Draw a picture of the gallery, of a sweep, or a comparison; Matplotlib's global settings stay as they are."""
    with _styled(scene):
        figure: Figure = _module(name).draw(scene)
        plain_numbers(figure)
        users_axes(figure, (scene.methods[0] if isinstance(scene, Comparison) else scene).objective)
    figure.set_label(name)
    return figure


def animation_of(name: str, scene: SweepScene) -> bytes:
    """The bytes of an animation's file; the same scene gives the same bytes."""
    with _styled(scene):
        drawn: bytes = _module(name).draw(scene)
    return drawn


def _styled(scene: Scene | Comparison | SweepScene) -> AbstractContextManager[None]:
    return mpl.rc_context(STYLE | {"font.size": 9 * STYLES[scene.style].text})


def _module(name: str) -> ModuleType:
    place = "comparisons" if name in COMPARISONS else "sweeps" if name in SWEEPS else "gallery"
    return importlib.import_module(f"multistart.figures.{place}.{name}")


def render(figure: Figure, file_format: str, dpi: float = 150) -> bytes:
    """The bytes of a picture's file, with its name and description in it; the same figure gives the same bytes.

    Parameters
    ----------
    file_format
        "png", "svg" or "pdf".
    dpi
        Dots per inch; in SVG and PDF of the images inside.
    """
    name, buffer = str(figure.get_label()), io.BytesIO()
    title, alt = name.replace("_", " "), (PICTURES | COMPARISONS | SWEEPS)[name].alt
    with mpl.rc_context(STYLE):
        if file_format == "png":
            return _png(figure, dpi, {"Title": title, "Description": alt})
        said = {
            "svg": {"Title": title, "Description": alt, "Date": None},
            "pdf": {"Title": title, "Subject": alt, "CreationDate": None},
        }
        figure.savefig(buffer, format=file_format, dpi=dpi, metadata=said[file_format])
    return buffer.getvalue()


def _png(figure: Figure, dpi: float, texts: dict[str, str]) -> bytes:
    """The figure as a PNG without transparency, which has a quarter fewer bytes to compress."""
    drawn, canvas, buffer, info = figure.dpi, FigureCanvasAgg(figure), io.BytesIO(), PngInfo()
    figure.dpi = dpi
    canvas.draw()
    figure.dpi = drawn
    for key, text in texts.items():
        info.add_text(key, text)
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    image.save(buffer, "png", compress_level=COMPRESSION, pnginfo=info, dpi=(dpi, dpi))
    return buffer.getvalue()
