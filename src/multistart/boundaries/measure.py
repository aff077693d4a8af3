"""`measure`: all that is measured of the boundaries of one method, in one call within a budget of descents."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistart.boundaries.crossings import OF_A_POINT, OF_ITS_LINES, Again, Crossings, crossed_again, crossings
from multistart.boundaries.edge_tracking import Advance, Tracked, track
from multistart.boundaries.entropy import Entropies, entropies
from multistart.boundaries.labels import Array, Labels
from multistart.boundaries.metered import Metered
from multistart.boundaries.points import Measured, length, refused
from multistart.boundaries.profile import Profile, profile
from multistart.boundaries.shocks import Shock, affordable, shocks
from multistart.boundaries.taking_part import names, take_part
from multistart.boundaries.uncertainty import Exponent, Pairs, exponent, fit, power, sample_all
from multistart.boundaries.verdict import of_crossings, of_mixing, of_roughness, of_sharing
from multistart.boundaries.wada import Wada, wada
from multistart.box import Box
from multistart.estimates.intervals import clopper_pearson

#: How the budget is shared out, in this order; what one part does not need the following ones have.
PARTS = {
    "crossings": 0.08, "wada": 0.07, "shocks": 0.2, "tracks": 0.03, "profile": 0.06, "boxes": 0.28, "pairs": 0.28
}  # fmt: skip
MOST = 100  # boundary points
OF_AN_END = 10  # descents
Columns = dict[str, NDArray]


@dataclass(frozen=True)
class Measures:
    """What was measured, and the rows that it has in the tables of `tables.of_boundaries`.

    Attributes
    ----------
    seen
        How many starts of pairs and boxes had each code.
    shocks
        Of the lowest minima, as many as the budget was enough for, of ``minima`` in all.
    saddles
        For each shock the row of ``critical_points.csv`` where its boundary leads to, -1 for none; shape ``(k,)``.
    spent
        Descents.
    """

    dimensions: int
    seen: dict[int, int]
    pairs: Pairs
    exponent: Exponent
    entropies: Entropies
    again: Again
    wada: Wada
    minima: int
    shocks: list[Shock]
    saddles: NDArray[np.int64]
    profile: Profile
    confidence: float
    spent: int

    def boundary_rows(self) -> Columns:
        """The columns of ``boundary.csv``."""
        rows = [("labels", self._labels()), ("share_cut_short", self._cut_short()), *self._entropies()]
        rows += [
            ("uncertainty_exponent", self.exponent.measured),
            ("boundary_dimension", self._dimension()),
            ("share_of_points_not_crossed_again", self._not_again()),
            ("share_of_points_with_all_labels", self._all_labels()),
            *((f"verdict_{name}", refused(text)) for name, text in self._verdicts().items()),
        ]
        quantity, found = zip(*rows, strict=True)
        value, low, high, note = zip(*found, strict=True)
        return {
            "quantity": np.array(quantity, dtype=object),
            **{n: np.array(v, dtype=np.float64) for n, v in (("value", value), ("low", low), ("high", high))},
            "note": np.array(note, dtype=object),
        }

    def uncertainty_rows(self) -> Columns:
        """The columns of ``uncertainty.csv``."""
        pairs, first = self.pairs, self.exponent.first
        low, high = np.array(pairs.intervals(self.confidence), dtype=np.float64).reshape(-1, 2).T
        fitted = np.full(len(pairs.eps), np.nan)
        if first < len(fitted):
            fitted[first:] = power(pairs.eps[first:], fit(pairs.part(first), power).parameters)[0]
        return {
            "eps": pairs.eps, "pairs": pairs.pairs, "uncertain": pairs.uncertain, "share": pairs.share,
            "low": low, "high": high, "slope": pairs.slopes(), "fitted": fitted,
        }  # fmt: skip

    def shock_rows(self, variables: tuple[str, ...]) -> Columns:
        """The columns of ``shocks.csv``."""
        lands = np.array([shock.lands_in for shock in self.shocks], dtype=np.int64)
        found = np.array([not math.isnan(shock.high) for shock in self.shocks], dtype=bool)
        directions = np.array([shock.direction for shock in self.shocks]).reshape(-1, self.dimensions)
        notes = [
            "; ".join(filter(None, (shock.note, names([code]) if ok and code < 0 else "")))
            for shock, code, ok in zip(self.shocks, lands.tolist(), found, strict=True)
        ]
        return {
            "minimum": np.array([shock.minimum for shock in self.shocks], dtype=np.int64),
            "low": np.array([shock.low for shock in self.shocks], dtype=np.float64),
            "high": np.array([shock.high for shock in self.shocks], dtype=np.float64),
            **{f"direction_{name}": directions[:, j] for j, name in enumerate(variables)},
            "lands_in": np.where(found, np.maximum(lands, -1), -1),
            "saddle": self.saddles,
            "note": np.array(notes, dtype=object),
        }

    def profile_rows(self) -> Columns:
        """The columns of ``profile.csv``."""
        rows = self.profile
        return {
            "minimum": rows.minimum, "radius": rows.radius, "directions": rows.directions, "inside": rows.inside,
            "cut_short": rows.left_out, "share": rows.share, "low": rows.low, "high": rows.high,
        }  # fmt: skip

    def _labels(self) -> Measured:
        codes = np.array(sorted(self.seen), dtype=np.int64)
        part = take_part(codes)
        note = f"take part: {names(codes[part]) or 'none'}"
        if not part.all():
            note += f"; left out, since a limit or a tolerance has made them: {names(codes[~part])}"
        return Measured(float(part.sum()), math.nan, math.nan, note)

    def _cut_short(self) -> Measured:
        """Of pairs."""
        n = self.pairs.left_out + int(self.pairs.pairs.sum())
        share = self.pairs.left_out / n if n else math.nan
        interval = clopper_pearson(self.pairs.left_out, n, self.confidence)
        return Measured(
            share,
            interval.low,
            interval.high,
            f"of {n} pairs of starts, with one that was cut short: in no number below",
        )

    def _entropies(self) -> list[tuple[str, Measured]]:
        found = self.entropies
        note = f"computed for {found.points} starts a box, over all directions; low and high are of single directions"
        straight = Measured(found.straight.mean, found.straight.least, found.straight.most, note)
        return [
            ("basin_entropy", found.whole),
            ("boundary_basin_entropy", found.boundary),
            ("boundary_basin_entropy_corrected", found.corrected),
            ("boundary_basin_entropy_if_straight", straight),
        ]

    def _dimension(self) -> Measured:
        """Nothing is below that of a smooth boundary, or above that of the domain."""
        d, (value, low, high, note) = self.dimensions, self.exponent.measured
        if math.isnan(value):
            return refused(note)
        least, most, between = (min(max(d - alpha, d - 1.0), float(d)) for alpha in (high, low, value))
        note = f"{d} less the exponent, between the same lengths" + (f"; {d - 1} at least" if value > 1 else "")
        return Measured(between, least, most, note)

    def _not_again(self) -> Measured:
        """At the smallest length at which there are lines."""
        found = [
            row for row in zip(*vars(self.again).values(), self.again.intervals(self.confidence), strict=True) if row[1]
        ]
        if not found:
            return refused("lines at random found no boundary point whose neighbours all end by themselves")
        _, n, k, ends = found[-1]
        note = ", ".join(f"{k} of {n} at {length(r)}" for r, n, k, _ in found)
        return Measured(
            k / n, ends.low, ends.high, f"by the length of lines to each side in widths of the domain: {note}"
        )

    def _all_labels(self) -> Measured:
        found = self.wada
        if found.reason:
            return refused(found.reason)
        each = zip(found.complete, found.distance, strict=True)
        note = f"of {found.points} boundary points: " + ", ".join(f"{k} within {length(r)}" for k, r in each)
        ends = found.intervals(self.confidence)[-1]
        return Measured(found.complete[-1] / found.points, ends.low, ends.high, f"{note} widths of the domain")

    def _verdicts(self) -> dict[str, str]:
        if sum(take_part(np.array(sorted(self.seen), dtype=np.int64))) < 2:
            return {"roughness": "There is no boundary to measure: one label takes part at most."}
        return {
            "roughness": of_roughness(self.pairs, self.exponent, self.confidence),
            "neighbourhoods": of_crossings(self.again, self.confidence),
            "mixing": of_mixing(self.entropies, self.confidence),
            "sharing": of_sharing(self.wada, self.wada.intervals(self.confidence), self.confidence),
        }


def measure(
    label: Labels,
    box: Box,
    minima: Array,
    balls: Array,
    saddles: Array,
    seed: int,
    budget: int,
    *,
    arena: Box | None = None,
    advance: Advance | None = None,
    saddle_rows: NDArray[np.int64] | None = None,
    confidence: float = 0.95,
) -> Measures:
    """Measure roughness, shocks and profiles with so many descents or fewer; the same numbers for the same seed.

    Parameters
    ----------
    box
        The domain.
    minima
        Places, shape ``(k, d)``; the code of minimum i is i.
    balls
        Radii of balls from which the method provably reaches each minimum, shape ``(k,)``; 0 for none.
    saddles
        Places of critical points that boundaries may lead to, shape ``(m, d)``.
    arena
        Where displaced starts may lie; the domain where none is given.
    advance
        The method's updates, see `edge_tracking.Advance`; without, no boundary is tracked.
    saddle_rows
        The row of each saddle in ``critical_points.csv``; their places in the list where none are given.
    """
    counted, region, left = Metered(label), arena or box, _Left(budget)
    rng = dict(zip(PARTS, np.random.default_rng(seed).spawn(len(PARTS)), strict=True))
    points = _crossings(counted, box, left("crossings", counted), rng["crossings"])
    again = crossed_again(counted, box, points, rng["crossings"])
    shared = wada(counted, box, points, left("wada", counted), rng["wada"])
    given = left("shocks", counted)
    few = affordable(len(minima), box.dimensions, given)
    found = shocks(counted, region, minima[:few], balls[:few], rng["shocks"], given, toward=saddles)
    tracked = _saddles(counted, box, minima, found, advance, saddles, left("tracks", counted))
    around = profile(counted, box, region, minima, rng["profile"], left("profile", counted), confidence=confidence)
    all_over = Metered(counted)
    mixed = entropies(all_over, box, left("boxes", counted), rng["boxes"], confidence=confidence)
    pairs = sample_all(all_over, box, left("pairs", counted), rng["pairs"])
    rows = np.arange(len(saddles)) if saddle_rows is None else saddle_rows
    named = np.where(tracked >= 0, rows[np.maximum(tracked, 0)], -1) if len(rows) else tracked
    return Measures(
        box.dimensions, all_over.seen, pairs, exponent(pairs, confidence), mixed, again, shared, len(minima), found,
        named, around, confidence, counted.spent,
    )  # fmt: skip


@dataclass
class _Left:
    """What each part may spend: its own, and what those before it have left."""

    budget: int
    given: float = 0.0

    def __call__(self, part: str, counted: Metered) -> int:
        self.given += PARTS[part] * self.budget
        return max(int(self.given + 1e-6) - counted.spent, 0)


def _crossings(label: Labels, box: Box, budget: int, rng: np.random.Generator) -> Crossings:
    return crossings(label, box, min(budget // (OF_A_POINT + OF_ITS_LINES), MOST), rng)


def _saddles(
    label: Labels, box: Box, minima: Array, found: list[Shock], advance: Advance | None, saddles: Array, budget: int
) -> NDArray[np.int64]:
    """The place in the list of the saddle that the boundary at each shock leads to, -1 for none."""
    named = np.full(len(found), -1, dtype=np.int64)
    rows = [i for i, shock in enumerate(found) if not math.isnan(shock.high)]
    if advance is None or budget < OF_AN_END * len(rows) or not rows:
        return named
    own, outside = np.array([found[i].minimum for i in rows]), np.stack([found[i].outside for i in rows])
    inside = _last_inside(label, minima[own], outside, own)
    tracked: Tracked = track(label, advance, inside, outside, own, box, saddles, budget - OF_AN_END * len(rows))
    named[rows] = np.where(tracked.arrived, tracked.saddle, -1)
    return named


def _last_inside(label: Labels, minima: Array, outside: Array, own: NDArray[np.int64]) -> Array:
    """The last point before each one outside that is in the basin: beside a saddle descents are cut short."""
    part = np.append(1 - 10.0 ** -np.arange(10, 1, -1), 0.0)  # of the way there, falling; at 0 is the minimum
    points = minima[:, None] + (outside - minima)[:, None] * part[:, None]
    stays = label(points.reshape(-1, minima.shape[1])).reshape(len(own), -1) == own[:, None]
    return np.asarray(points[np.arange(len(own)), stays.argmax(axis=1)])
