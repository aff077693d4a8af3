"""How rough the boundaries are: the share of uncertain starts over the distance, and how steeply it falls."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator
from numpy.typing import NDArray

from multistart.figures.layout import Sheet, sentence, sheet
from multistart.figures.names import TOGETHER, setting
from multistart.figures.palette import INK, NAMED
from multistart.figures.picture import Picture
from multistart.figures.scene import Scene

PICTURE = Picture(
    title="How rough are the boundaries?",
    place=110,
    alt=(
        "The share of pairs of starts with two labels against how far they are apart, on logarithmic axes, with the "
        "power that is fitted to it; below, the exponent between neighbouring distances."
    ),
    caption=(
        "How rough the boundaries of the basins are: of pairs of starts so far apart, the share that have two labels, "
        "with its interval. Between smooth basins it falls as the distance does, with exponent 1; the rougher the "
        "boundary, the smaller the exponent. Below, the exponent from each distance to the next, which is the same "
        "everywhere only where one number says it all. Starts that a limit cut short are in no pair."
    ),
    reads=("<method>/basins.csv", "<method>/tally.parquet", "<method>/uncertainty.csv", "<method>/boundary.csv"),
)

BELOW = 1.35  # inches of the axes of exponents
GAP = 0.18
SPAN = 0.5  # decades between the distances of an exponent that is drawn, or more
FEWEST = 5  # uncertain pairs at both ends of an exponent that is drawn
MEASURED, FITTED = INK, NAMED[0]
#: The words beside the picture, in their order.
WORDS = ("verdict_roughness", "verdict_neighbourhoods", "verdict_mixing")


def draw(scene: Scene) -> Figure:
    """The shares with their intervals, the fitted power, and the exponents between neighbouring distances."""
    title = f"How rough are the boundaries {setting(scene)}?"
    if scene.uncertainty is None or scene.measured is None:
        return sentence(scene, title, "Boundaries were not measured: boundary.descents is 0.")
    rows, quantities = scene.uncertainty, scene.measured.set_index("quantity")
    if not rows["uncertain"].sum():
        return sentence(scene, title, str(quantities.loc["verdict_roughness", "note"]))
    page = sheet(scene, title)
    told = bool(rows["fitted"].notna().any() or len(local_slopes(rows)[0]))
    under = BELOW + GAP if told else 0.0
    ax = page.axes(page.left, page.bottom + under, page.wide, page.tall - under)
    handles, axes = [_shares(page, ax, rows), *_power(ax, rows)], [ax]
    if told:
        axes.append(page.axes(page.left, page.bottom, page.wide, BELOW, label="exponents"))
        _exponents(page, axes[-1], rows, quantities.loc["uncertainty_exponent"])
        ax.tick_params(labelbottom=False)
    for each in axes:
        each.set(xscale="log", xlim=(rows["eps"].min() / 1.6, rows["eps"].max() * 1.6))
        each.grid(True, which="major", lw=0.5, color="#E2E2E2", zorder=0)
        _decades_alone(each.xaxis)
    _decades_alone(ax.yaxis)
    ax.set(ylabel="share of pairs with two labels")
    axes[-1].set(xlabel="distance of the two starts, in widths of the domain (logarithmic)")
    labels = [str(handle.get_label()) for handle in handles]
    words = [part for name in WORDS for part in (_words(quantities, name), "")]  # a line between two of them
    page.legend(handles, labels, "uncertain starts", page.beside, words)
    return page.figure


def _decades_alone(axis: Axis) -> None:
    """Ticks at powers of ten where two of them are on the axis: those between are a third of the picture's time."""
    low, high = axis.get_view_interval()
    if high >= 100 * low:
        axis.set_minor_locator(NullLocator())


def _words(quantities: pd.DataFrame, name: str) -> str:
    return str(quantities.loc[name, "note"]).replace(" %", f"{TOGETHER}%") if name in quantities.index else ""


def _shares(page: Sheet, ax: Axes, rows: pd.DataFrame) -> Line2D:
    """Points where pairs were uncertain, and where none was the upper end of what the share may be."""
    seen, none = rows[rows["uncertain"] > 0], rows[rows["uncertain"] == 0]
    size = page.points(5)
    ax.set_yscale("log")
    ends = np.stack([seen["share"] - seen["low"], seen["high"] - seen["share"]])
    ax.errorbar(
        seen["eps"], seen["share"], ends, color=MEASURED, marker="o", ms=size, ls="none", elinewidth=1.2,
        capsize=0.5 * size, zorder=3,
    )  # fmt: skip
    ax.plot(none["eps"], none["high"], color=MEASURED, marker="v", mfc="none", ms=size, ls="none", zorder=3)
    ax.set_ylim(seen["low"].min() / 1.5, min(1.0, rows["high"].max() * 1.5))
    return Line2D([], [], color=MEASURED, marker="o", ms=size, lw=1.2, label="of pairs so far apart, with its interval")


def _power(ax: Axes, rows: pd.DataFrame) -> list[Line2D]:
    """The fitted power over the distances that it is fitted to; none where there is none."""
    fitted = rows.dropna(subset="fitted")
    if fitted.empty:
        return []
    return ax.plot(fitted["eps"], fitted["fitted"], color=FITTED, lw=2, zorder=2, label="the power that fits best")


def _exponents(page: Sheet, ax: Axes, rows: pd.DataFrame, found: pd.Series) -> None:
    """Between neighbouring distances as far as pairs tell, beside that of all with its interval, and 1."""
    place, slope, half = local_slopes(rows)
    ax.errorbar(place, slope, half, color=MEASURED, marker="o", ms=page.points(4), ls="none", elinewidth=1, zorder=3)
    ax.axhline(1.0, color="#8A8A8A", lw=1, ls=(0, (4, 3)), zorder=1)
    ax.annotate(
        "smooth", (1, 1.0), (-4, 2), xycoords=("axes fraction", "data"), textcoords="offset points", ha="right",
        va="bottom", size=page.points(8), color="#6A6A6A",
    )  # fmt: skip
    fitted = rows.dropna(subset="fitted")
    if len(fitted):
        across = [fitted["eps"].min(), fitted["eps"].max()]
        ax.plot(across, [found["value"]] * 2, color=FITTED, lw=2, zorder=2)
        ax.fill_between(across, found["low"], found["high"], color=FITTED, alpha=0.2, lw=0, zorder=1)
    ax.set_ylabel("exponent")
    ax.set_ylim(0, max(1.35, min(2.0, float(np.nanmax([1.0, *(slope + half)])) + 0.05)))


def local_slopes(rows: pd.DataFrame) -> tuple[NDArray[np.float64], ...]:
    """Middles of distances, exponents between them and their 95 % half-widths, where both ends have enough pairs.

    Of distances half a decade apart or more, each pair of them once; the variance of ``ln(k/n)`` of a binomial number
    ``k`` is ``(1 - k/n) / k``, nearly.
    """
    stride = max(1, math.ceil(SPAN / math.log10(rows["eps"].iloc[0] / rows["eps"].iloc[1])))
    told = rows[rows["uncertain"] >= FEWEST].iloc[::stride]
    eps, k, share = (told[name].to_numpy(dtype=float) for name in ("eps", "uncertain", "share"))
    variance, apart = (1 - share) / k, np.log(eps[:-1] / eps[1:])
    slope = np.log(share[:-1] / share[1:]) / apart
    half = 1.96 * np.sqrt(variance[:-1] + variance[1:]) / apart
    return np.sqrt(eps[:-1] * eps[1:]), slope, half
