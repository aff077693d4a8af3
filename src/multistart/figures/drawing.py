"""From a scene to a picture to the bytes of its file, under one style."""

from __future__ import annotations

import importlib
import io
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from multistart.figures import PICTURES
from multistart.figures.layout import STYLES
from multistart.figures.palette import INK, PAPER
from multistart.figures.scene import Scene
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
    "svg.hashsalt": "multistart",
    "svg.image_inline": True,
    "text.parse_math": False,  # a file's name may hold two dollars, and numbers are plain
}

COMPRESSION = 3  # of 9: two thirds of the time of Matplotlib's 6, for files an eighth larger


def figure_of(name: str, scene: Scene) -> Figure:
    """Draw a picture of the gallery; Matplotlib's global settings stay as they are."""
    with mpl.rc_context(STYLE | {"font.size": 9 * STYLES[scene.style].text}):
        figure: Figure = importlib.import_module(f"multistart.figures.gallery.{name}").draw(scene)
        plain_numbers(figure)
    figure.set_label(name)
    return figure


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
    title, alt = name.replace("_", " "), PICTURES[name].alt
    said: dict[str, Any] = {
        "png": {"metadata": {"Title": title, "Description": alt}, "pil_kwargs": {"compress_level": COMPRESSION}},
        "svg": {"metadata": {"Title": title, "Description": alt, "Date": None}},
        "pdf": {"metadata": {"Title": title, "Subject": alt, "CreationDate": None}},
    }
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format=file_format, dpi=dpi, **said[file_format])
    return buffer.getvalue()
