"""Heat maps of what the lowest minimum takes: a share of the starts, and a cost; each with its colour bar."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from multistart.figures.layout import Sheet
from multistart.figures.sweep_scene import Array, SweepScene

NOWHERE = "#DADADA"  # where there is no number
BAR = 0.13  # inches
HEAD = 0.62  # inches above a heat map, for its bar, numbers and name
PALETTE = "mako"


def two_maps(page: Sheet, gap: float, *, right_label: bool) -> tuple[Axes, Axes]:
    """Axes side by side over the whole width, with room above each for its colour bar."""
    wide = (page.width - page.left - gap - 0.35) / 2
    tall = page.tall - HEAD * page.style.text
    left = page.axes(page.left, page.bottom, wide, tall, label="share")
    right = page.axes(page.left + wide + gap, page.bottom, wide, tall, label="cost")
    right.tick_params(labelleft=right_label)
    return left, right


def heat_map(page: Sheet, ax: Axes, across: Array, up: Array, values: Array, norm: Normalize, reverse: bool) -> str:
    """Cells with edges ``across`` and ``up``, values ``(m, k)``, grey where not finite; the name of the palette."""
    palette = f"{PALETTE}_r" if reverse else PALETTE
    ax.set_facecolor(NOWHERE)
    shown = np.ma.masked_invalid(values.T)
    mesh = ax.pcolormesh(across, up, shown, cmap=sns.color_palette(palette, as_cmap=True), norm=norm, shading="flat")
    mesh.set_rasterized(True)
    return palette


def colour_bar(page: Sheet, ax: Axes, palette: str, norm: Normalize, name: str) -> None:
    """The key above a heat map, with its name and unit."""
    place, size = ax.get_position(), page.style.text
    left, top, wide = place.x0 * page.width, place.y1 * page.height, place.width * page.width
    bar = page.axes(left, top + 0.24 * size, wide, BAR, label="colourbar")
    page.figure.colorbar(ScalarMappable(norm, sns.color_palette(palette, as_cmap=True)), cax=bar,
                         orientation="horizontal")  # fmt: skip
    bar.tick_params(labelsize=page.points(8), pad=1, length=2)
    page.text(left, top + 0.28 * size + BAR, name, 8.5, weight="bold", va="bottom")
    if isinstance(norm, LogNorm):
        low, high = (float(end or 1.0) for end in (norm.vmin, norm.vmax))
        few = page.style.brief and high > 3e4 * low
        ticks = LogLocator(subs=(1, 2, 5) if high < 150 * low else (1,)).tick_values(low, high)[:: 2 if few else 1]
        bar.xaxis.set(major_locator=FixedLocator([t for t in ticks if low <= t <= high]),
                      minor_locator=NullLocator(), major_formatter=FuncFormatter(lambda x, _: f"{x:,.0f}"))  # fmt: skip
    else:
        bar.xaxis.set(major_locator=MaxNLocator(5), major_formatter=FuncFormatter(lambda x, _: f"{100 * x:.3g} %"))


def share_norm(share: Array) -> Normalize:
    """From 0 to the largest share."""
    return mpl.colors.Normalize(0, max(float(np.nanmax(share)), 1e-9))


def cost_norm(cost: Array) -> Normalize:
    """Logarithmic over all finite costs."""
    finite = cost[np.isfinite(cost)]
    low, high = float(finite.min()), float(finite.max())
    return LogNorm(low, max(high, 1.05 * low))


def costs_name(page: Sheet, scene: SweepScene) -> str:
    """What a colour bar of costs is called."""
    return f"cost in {scene.paid_in}" + ("" if page.style.brief else ", until one does")
