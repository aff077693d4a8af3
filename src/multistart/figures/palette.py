"""Colours: eight for the lowest minima, muted ones for further minima, greys and patterns for no minimum.

The eight differ by at least 18 in CIELAB under simulated deuteranopia and protanopia and by at least 3 in lightness;
where two touch, a boundary line tells them apart in grey print. `tests/test_figures.py` measures both.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RGB = NDArray[np.float64]

NAMED = ("#0067A5", "#EB9F12", "#12A67C", "#8E2560", "#F3E75B", "#7CC4EE", "#CB4F0C", "#33207F")
"""The colours of basins 0 to 7."""

MUTED = ("#9DB5C4", "#C9B08F", "#A3BFA0", "#C79FA8", "#A79CC2", "#8F8A80", "#D8D2A8")
"""Shared by the remaining basins so that neighbours on the map differ."""

QUIET = {
    -1: "#F7F1E3", -2: "#F7F1E3", -3: "#ABABAB", -4: "#DADADA", -5: "#2B2B2B", -6: "#C8D6C0", -7: "#F7F1E3",
    -8: "#DDD2E6", -9: "#F6C9B4", -10: "#A58C78", -11: "#C9E3E3",
}  # fmt: skip
"""By class code: converged at no minimum, trapped at none, step limit, left the arena, not finite, at rest at none,
visited at none, stopped by itself at none, in a cycle, bounded, undecided."""

INKS = {
    -1: "#A08A50",
    -2: "#A08A50",
    -3: "#6B6B6B",
    -4: "#B5B5B5",
    -5: "#1F1F1F",
    -6: "#6F8A60",
    -7: "#A08A50",
    -8: "#7E6796",
    -9: "#C06A48",
    -10: "#5A4233",
    -11: "#3E7377",
}
"""As ``QUIET``, stronger, for lines."""

HATCHES = {
    -1: "...",
    -2: "...",
    -3: "////",
    -4: "",
    -5: "xxxx",
    -6: "...",
    -7: "...",
    -8: "...",
    -9: "\\\\\\\\",
    -10: "++++",
    -11: "||||",
}
#: On the curves of basins 0 to 7, which grey print does not tell apart.
CURVE_MARKS = "os^Dv<>p"
INK = "#1F1F1F"
PAPER = "#FFFFFF"
SHADES = 64


def mixed(colour: str, other: str, amount: float) -> RGB:
    """A colour with a fraction ``amount`` of another, mixed in sRGB; components in [0, 1]."""
    return (1 - amount) * _components(colour) + amount * _components(other)


def shades(colour: str) -> RGB:
    """A ramp of one hue, light (few steps) to dark (many), shape ``(SHADES, 3)``."""
    t = np.linspace(0, 1, SHADES)[:, None]
    light, dark = mixed(colour, PAPER, 0.45), mixed(colour, "#000000", 0.5)
    base = mixed(colour, colour, 0)
    return np.where(t < 0.5, light + 2 * t * (base - light), base + (2 * t - 1) * (dark - base))


def neighbours(code: NDArray[np.int64]) -> dict[int, set[int]]:
    """For each basin of a label map ``(ny, nx)``, the basins that touch it, corners included."""
    shifted = [(code[1:], code[:-1]), (code[:, 1:], code[:, :-1]), (code[1:, 1:], code[:-1, :-1])]
    shifted.append((code[1:, :-1], code[:-1, 1:]))
    unlike = [(a != b) & (a >= 0) & (b >= 0) for a, b in shifted]  # few of all: the rest is looked at once
    first, second = (np.concatenate([pair[k][at] for pair, at in zip(shifted, unlike, strict=True)]) for k in (0, 1))
    keys = np.unique(first.astype(np.int64) << 32 | second)
    touching: dict[int, set[int]] = {}
    for a, b in zip((keys >> 32).tolist(), (keys & 0xFFFFFFFF).tolist(), strict=True):
        touching.setdefault(a, set()).add(b)
        touching.setdefault(b, set()).add(a)
    return touching


def colours_of(basins: int, code: NDArray[np.int64]) -> dict[int, str]:
    """A colour for each basin ``0 .. basins - 1`` and each ending.

    Basins past the eighth are coloured greedily: the least used muted colour that no neighbour on the map has.
    """
    colours = dict([*QUIET.items(), *enumerate(NAMED[:basins])])
    touching = neighbours(np.atleast_2d(code)) if basins > len(NAMED) else {}
    chosen: dict[int, int] = {}
    used = [0] * len(MUTED)
    for b in range(len(NAMED), basins):
        taken = {chosen[other] for other in touching.get(b, ()) if other in chosen}
        free = [i for i in range(len(MUTED)) if i not in taken] or list(range(len(MUTED)))
        chosen[b] = min(free, key=lambda i: used[i])
        used[chosen[b]] += 1
        colours[b] = MUTED[chosen[b]]
    return colours


def _components(colour: str) -> RGB:
    """Red, green and blue of "#RRGGBB"; Matplotlib's own reader would be loaded wherever a colour is named."""
    return np.frombuffer(bytes.fromhex(colour[1:]), dtype=np.uint8) / 255
