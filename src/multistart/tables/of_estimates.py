"""The tables that are estimated from the counts, in CSV: shares with intervals, restarts, what was missed."""

from __future__ import annotations

from multistart.tables.declaration import Column, Table
from multistart.tables.of_minima import SHARE

PROVEN = "`proven_shares`"  # when its tables are made

OF_ESTIMATES = (
    Table(
        "<method>/shares.csv",
        "one minimum, or none",
        "estimate",
        "The share of each minimum, with the interval that is right for the design.",
        (
            Column("basin", "int64", "-", "its number; -1, at the end, is no minimum"),
            Column("count", "int64", "starts", "starts in it"),
            SHARE,
            Column(
                "low",
                "float64",
                "share of all starts",
                "lower end of the interval of `estimates.confidence` for this share, for a `grid` of a bound; empty "
                "where the design gives none",
            ),
            Column("high", "float64", "share of all starts", "upper end of that interval"),
            Column(
                "low_all",
                "float64",
                "share of all starts",
                "lower end of an interval that holds for all basins at once, those without a row included; `uniform` "
                "only",
                optional=True,
            ),
            Column(
                "high_all",
                "float64",
                "share of all starts",
                "upper end of that interval; `uniform` only",
                optional=True,
            ),
            Column(
                "proven_low",
                "float64",
                "share of the domain",
                "with `proven_shares`: from at least this part of the domain descents come to rest at the minimum, and "
                "of -1 at no proven one, within the step limit; proven, and so no interval. Empty where that is not "
                "asked for, and at a minimum that is not certified",
            ),
            Column("proven_high", "float64", "share of the domain", "and from at most this part"),
            Column("note", "text", "-", "how the interval was made, or why there is none"),
        ),
        beside_minima=True,
    ),
    Table(
        "<method>/proven_cells.parquet",
        "one cell of the domain",
        "prove_shares",
        "What is proven of all starts in a cell; the cells cover the domain.",
        (
            Column("low_<variable>", "float64", "units of x", "its lower corner, exact"),
            Column("high_<variable>", "float64", "units of x", "its upper corner"),
            Column(
                "basin",
                "int32",
                "-",
                "the minimum at which the descent from each start in it comes to rest within the step limit; -1 where "
                "none does at a proven minimum; -2 undecided; -3 where each does at a proven minimum that no start of "
                "the study reached, which has no number",
            ),
        ),
        only=PROVEN,
    ),
    Table(
        "<method>/estimates.csv",
        "one quantity",
        "estimate",
        "What the starts may have missed, and what the best minimum costs.",
        (
            Column("quantity", "text", "-", "its name"),
            Column(
                "value",
                "float64",
                "as in `unit`",
                "the number; empty where it is refused, `inf` where nothing succeeded",
            ),
            Column("low", "float64", "as in `unit`", "lower end of its interval; empty where it has none"),
            Column("high", "float64", "as in `unit`", "upper end of its interval; empty where it has none"),
            Column("unit", "text", "-", "what it counts"),
            Column("note", "text", "-", "what it rests on, or why it is refused"),
        ),
    ),
    Table(
        "<method>/limits.csv",
        "one step limit, basin and ending",
        "estimate",
        "What the shares had been with fewer steps.",
        (
            Column("limit", "int64", "steps", "10, 30, 100, 300, ... up to the study's own"),
            Column("basin", "int64", "-", "as in `outcomes.parquet`"),
            Column("ending", "text", "-", "as in `outcomes.parquet`, or with basin -1 `under_way`: not yet there"),
            Column("count", "int64", "starts", "as in `endings.csv`"),
            Column("share", "float64", "share of all starts", "as in `endings.csv`"),
        ),
    ),
    Table(
        "<method>/success.csv",
        "one budget",
        "estimate",
        "The chance that restarted descents reach the lowest value within a budget.",
        (
            Column(
                "evaluations",
                "int64",
                "evaluations",
                "the budget: of gradients, or where a method asks for none of values",
            ),
            Column("success", "float64", "probability", "the chance"),
        ),
    ),
    Table(
        "<method>/convergence.csv",
        "one number of starts and basin",
        "estimate",
        "The shares as smaller studies within the study estimate them.",
        (
            Column("starts", "int64", "starts", "of the smaller study"),
            Column("basin", "int64", "-", "as in `shares.csv`"),
            Column("count", "int64", "starts", "as in `shares.csv`"),
            Column("share", "float64", "share of those starts", "`count` / `starts`"),
        ),
    ),
    Table(
        "<method>/diagnoses.csv",
        "one line of the config",
        "estimate",
        "Why starts reach no minimum, and which line to change: tried on a sample of the starts. No row where 99 % "
        "reach one.",
        (
            Column(
                "cause",
                "text",
                "-",
                "`tolerance_too_large`, `tolerance_too_small`, `rate_too_large`, `rate_too_large_far_out` (where the "
                "function curves more than at its minima), `rate_too_small`, `steps_stay_long` (near a minimum, by the "
                "rule), `units_uneven`, `too_few_steps`, `starts_in_a_flat_tail`, `arena_too_small`, "
                "`starts_on_a_ridge`; `unanswered` for what no line changes",
            ),
            Column(
                "number",
                "float64",
                "as the cause",
                "what shows it: the gradient among the starts or at the minimum for a tolerance, the critical learning "
                "rate, how many times the largest curvature is the smallest, the gradient where steps ran out or "
                "where it is flat, widths of the arena, starts on the ridge",
            ),
            Column(
                "now", "text", "-", "the line as it is, below its method or whole; of what is `unanswered`, its ending"
            ),
            Column("write", "text", "-", "the line to write"),
            Column(
                "helps",
                "bool",
                "-",
                "whether more starts of the sample reach a minimum with this line and those above it, or as many in "
                "far fewer steps; else it was tried beside these, and is not advised",
            ),
            Column("tried", "int64", "starts", "in the sample"),
            Column("reached_before", "int64", "starts", "that reach a minimum with the lines of the causes above"),
            Column("reached_after", "int64", "starts", "that reach one with the lines of this cause too"),
            Column("steps_before", "float64", "steps a start", "mean, as `reached_before`"),
            Column("steps_after", "float64", "steps a start", "mean, as `reached_after`"),
        ),
    ),
)
