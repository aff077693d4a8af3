"""The rows of ``estimates.csv``: every number of a study with unit, interval, and the reason where it is refused."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from multistart.counts.shares import ShareTally
from multistart.descents.outcomes import NO_BASIN
from multistart.estimates import restarts, shares, unseen

COLUMNS = ["quantity", "value", "low", "high", "unit", "note"]
SUCCESS = (0.90, 0.95, 0.99)
WIDER = ": wider than needed"
LOWER_BOUND = "a lower bound on average, however the basins are; the interval is of that bound, not of their number"
PRIOR = (
    "{}, if before the first start any number of minima and any division of the volume among them were equally likely; "
    "where some basins are far smaller than the rest it is too sure"
)


@dataclass(frozen=True)
class Row:
    """One quantity."""

    quantity: str
    value: float
    low: float = math.nan
    high: float = math.nan
    unit: str = ""
    note: str = ""


def estimates_table(
    tally: ShareTally,
    steps: pd.DataFrame,
    global_basins: Collection[int],
    rng: np.random.Generator,
    *,
    confidence: float = 0.95,
    certified_minima: int | None = None,
    longest: int | None = None,
    paid_in: str = "gradient evaluations",
    resamples: int = 2000,
    minima: int | None = None,
) -> pd.DataFrame:
    """Answer what the starts may have missed and what the best minimum costs.

    Parameters
    ----------
    tally
        Of all starts.
    steps
        Counts over (basin, ending, steps) of the same starts (`steps`).
    global_basins
        The basins that tie for the lowest value; empty if no minimum was found.
    certified_minima
        The proven number of minima in the domain, where there is a complete certificate.
    longest
        The most evaluations that a descent can take, see `restarts.running_time`.
    paid_in
        Which evaluations descents are paid in.
    minima
        How many of the basins, the first ones, are those of minima; all where it is not given.

    Returns
    -------
    DataFrame
        ``quantity, value, low, high, unit, note``; nan where a number is refused, with the reason in the note.
    """
    found = [b for b in tally.basins if b != NO_BASIN and (minima is None or b < minima)]
    rows = [*_found(tally, found, certified_minima), *_unseen(tally, found, confidence)]
    rows += _global(tally, global_basins, confidence)
    time = restarts.running_time(steps, global_basins, rng, confidence=confidence, resamples=resamples, longest=longest)
    rows.append(_time(tally, time, paid_in))
    return pd.DataFrame([vars(row) for row in rows], columns=COLUMNS)


def _time(tally: ShareTally, time: restarts.Estimate, unit: str) -> Row:
    """The expected running time; its interval needs starts that show their scatter, as those of shares do."""
    name = "expected_running_time"
    reason = shares.no_interval(tally.layout)
    if reason:
        return Row(name, time.value, unit=unit, note=reason)
    note = "Bayesian bootstrap over starts as if independent, and one more start at the worst"
    return Row(name, time.value, time.low, time.high, unit, note + ("" if tally.layout.design == "uniform" else WIDER))


def _found(tally: ShareTally, found: Collection[int], certified: int | None) -> list[Row]:
    note = "proven by the certificate" if certified is not None else "no complete certificate"
    return [
        Row("starts", tally.layout.starts, unit="starts"),
        Row("starts_without_minimum", tally.layout.starts - tally.count(found), unit="starts"),
        Row("minima_found", len(found), unit="minima"),
        Row("minima_certified", math.nan if certified is None else certified, unit="minima", note=note),
    ]


def _unseen(tally: ShareTally, found: Collection[int], confidence: float) -> list[Row]:
    counts = [tally.count([b]) for b in found]
    n, w, none = sum(counts), len(counts), tally.layout.starts - sum(counts)
    chao, classic = (unseen.chao1(counts, bias_corrected=b, confidence=confidence) for b in (True, False))
    reached = "of the part of the domain from which a minimum is reached"
    rows = [
        Row("good_turing_coverage", unseen.good_turing_coverage(counts, none), unit="probability"),
        Row("minima_chao1", chao.value, chao.low, chao.high, "minima", f"bias-corrected; {LOWER_BOUND}"),
        Row("minima_chao1_classic", classic.value, classic.low, classic.high, "minima", LOWER_BOUND),
        Row(
            "minima_boender_rinnooy_kan",
            unseen.expected_minima(n, w),
            unit="minima",
            note=PRIOR.format("posterior expectation"),
        ),
        Row(
            "unseen_volume_boender_rinnooy_kan",
            unseen.unseen_volume(n, w),
            unit="share",
            note=PRIOR.format(f"posterior expectation {reached}"),
        ),
        Row(
            "all_found_boender_rinnooy_kan",
            unseen.all_found(n, w),
            unit="probability",
            note=PRIOR.format("posterior probability"),
        ),
    ]
    reason = unseen.refusal(tally.layout.design)
    if reason:
        rows = [Row(row.quantity, math.nan, unit=row.unit, note=reason) for row in rows]
    return [*rows, _smallest(tally, confidence, reason)]


def _smallest(tally: ShareTally, confidence: float, reason: str) -> Row:
    name, unit = f"smallest_basin_detected_at_{_percent(confidence)}", "share"
    if reason and tally.layout.design != "jittered_grid":
        return Row(name, math.nan, unit=unit, note=reason)
    note = "a jittered grid detects it at least as surely as independent starts" if reason else ""
    return Row(name, unseen.smallest_detectable(tally.layout.starts, confidence), unit=unit, note=note)


def _global(tally: ShareTally, basins: Collection[int], confidence: float) -> list[Row]:
    p = shares.share(tally, basins, confidence)
    note = f"{len(basins)} basins tie for the lowest value" if len(basins) > 1 else ""
    method = p.method
    rows = [
        Row(
            "probability_of_global_basin",
            p.share,
            p.low,
            p.high,
            "probability",
            "; ".join(filter(None, (note, method))),
        )
    ]
    for success in SUCCESS:
        k = restarts.restarts_between(p.share, p.low, p.high, success)
        rows.append(
            Row(f"restarts_for_{_percent(success)}", k.value, k.low, k.high, "uniform starts", "from the row above")
        )
    return rows


def _percent(fraction: float) -> str:
    return f"{100 * fraction:g}_percent"
