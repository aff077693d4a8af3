"""The tables of a sweep: what changes where a number of the config changes, from the same starts at every value."""

from __future__ import annotations

from multistart.tables.declaration import SWEPT, VARIABLE, Column, Table

SWEEP = "a sweep"
VALUE = Column(
    SWEPT,
    "float64",
    "as the number",
    "the value of the swept number, named by the last part of its key, as `learning_rate`; of a plane two columns",
)
ATTRACTOR = Column(
    "attractor",
    "int64",
    "-",
    "the number of the minimum, the same at all values; cycles and bounded motions are numbered after the minima; -1 "
    "for none",
)
KIND = Column("kind", "text", "-", "`minimum`, `cycle`, `chaotic` or `undecided`")
PERIOD = Column("period", "int64", "updates", "1 of a minimum, of a cycle its period, 0 of others")
SHARES = (
    Column("share", "float64", "share of all starts", "`count` / number of starts"),
    Column("low", "float64", "share of all starts", "lower end of its interval, that of the design; empty for none"),
    Column("high", "float64", "share of all starts", "upper end"),
)
TIME = "expected_running_time"
OF_A_VALUE = (
    VALUE,
    ATTRACTOR,
    Column("kind", "text", "-", f"{KIND.meaning}; of starts at none how they ended, as in `outcomes.parquet`"),
    PERIOD,
    Column("lowest", "bool", "-", "whether it is the lowest minimum of those at this value, or ties with it"),
    Column("count", "int64", "starts", "starts that reached it; the counts of a value add up to all starts"),
    *SHARES,
    Column(
        "steps_median", "float64", "steps", "within which 50 % of those starts were there; empty where there is none"
    ),
    Column("steps_p95", "float64", "steps", "as `steps_median`, for 95 %"),
    Column(
        TIME,
        "float64",
        "gradient evaluations",
        "of descents from fresh starts until one reaches this minimum, or where it ties for the lowest any of those; "
        "values, of methods that ask for no gradient; `inf` where no start did; empty of what is no minimum",
    ),
    Column(f"{TIME}_low", "float64", "gradient evaluations", "lower end of its interval; empty where there is none"),
    Column(f"{TIME}_high", "float64", "gradient evaluations", "upper end"),
)
EVENTS = (
    Column("attractor", "int64", "-", "as in `sweep.csv`; -1 for all"),
    Column(
        "event",
        "text",
        "-",
        "`born`, `doubling` (of a period; that of a minimum is 1), `pitchfork` (a cycle gives way to two of its "
        "period), `neimark_sacker` (it gives way to motion around it, as two complex multipliers leave the unit "
        "circle), `fold`, `merged`, `crossing` (another minimum is "
        "the lowest), `crisis` (it no longer holds its starts), `left` (the arena, or it is not found any more), "
        "`matched` (taken for that of the value before, without a proof)",
    ),
    Column("low", "float64", "as the number", "it happens at this value or above"),
    Column("high", "float64", "as the number", "... and at this value or below"),
    Column("proven", "bool", "-", "whether that is proven; else it was measured"),
    Column("note", "text", "-", "what happens, in a few words; empty where the event says it all"),
)
CHANGES = (
    Column(f"{SWEPT}_from", "float64", "as the number", "the value"),
    Column(f"{SWEPT}_to", "float64", "as the number", "the next value"),
    Column("attractor_from", "int64", "-", "which the starts reach at the value, -1 for none"),
    Column("attractor_to", "int64", "-", "which they reach at the next value"),
    Column("count", "int64", "starts", "how many; those of a pair of values add up to all starts"),
    Column("share", "float64", "share of all starts", "`count` / number of starts"),
    Column(
        "share_low",
        "float64",
        "share of all starts",
        "lower end of its interval, that of the design; empty for none, and of starts that stay at an attractor",
    ),
    Column("share_high", "float64", "share of all starts", "upper end"),
    Column(
        "difference",
        "float64",
        "share of all starts",
        "of the starts that reach the lowest minimum: at the next value less at the value",
    ),
    Column("low", "float64", "share of all starts", "lower end of its interval, made for pairs; empty for none"),
    Column("high", "float64", "share of all starts", "upper end"),
    Column("low_all", "float64", "share of all starts", "lower end where the intervals of all pairs hold at once"),
    Column("high_all", "float64", "share of all starts", "upper end (Bonferroni's correction)"),
)
ATTRACTORS = (
    VALUE,
    ATTRACTOR,
    Column(
        "kind",
        "text",
        "-",
        f"{KIND.meaning}; `saddle` or `maximum`, what a minimum of a swept function meets in a fold",
    ),
    PERIOD,
    Column("around", "int64", "-", "the minimum that it is, or that the middle of its points is at; -1 for none"),
    Column(
        "stable",
        "bool",
        "-",
        "whether it attracts; of minima, under rules of which it is not known at which rate they stop, it is taken to; "
        "of a rate, branches that do not come after all values; so do saddles and maxima, at values of their own",
    ),
    Column(VARIABLE, "float64", "units of x", "the minimum, a point of the cycle or of the motion"),
    Column("value", "float64", "units of f", "the function there"),
    Column(
        "multiplier",
        "float64",
        "-",
        "how many times farther away one round takes a point beside it, at most: stable below 1; empty where unknown",
    ),
    Column("exponent", "float64", "1 / update", "largest Lyapunov exponent, natural logarithm; empty where unknown"),
    Column("exponent_error", "float64", "1 / update", "its standard error; 0 where it follows from the multiplier"),
    Column("proven", "bool", "-", "whether it is proven to be there"),
)
ARRIVALS = (
    VALUE,
    Column("steps", "int64", "steps", "a limit of steps, 40 or fewer of them at each value"),
    Column("share", "float64", "share of all starts", "that have reached the lowest minimum within so many steps"),
    *SHARES[1:],
    Column(TIME, "float64", "gradient evaluations", "as in `sweep.csv`, had this been the limit; empty where unknown"),
)

OF_SWEEPS = (
    Table(
        "<method>/sweep/sweep.csv",
        "one attractor, or way to end, at one value",
        "sweep",
        "What the starts reach at every value of the swept number, how soon, and what the best minimum costs.",
        OF_A_VALUE,
        only=SWEEP,
    ),
    Table(
        "<method>/sweep/events.csv",
        "one event",
        "sweep",
        "What happens to minima and cycles where the number is swept, and between which values.",
        EVENTS,
        only=SWEEP,
    ),
    Table(
        "<method>/sweep/changes.csv",
        "one pair of attractors at two neighbouring values",
        "sweep",
        "How many starts go from which attractor to which at the next value.",
        CHANGES,
        only=SWEEP,
    ),
    Table(
        "<method>/sweep/attractors.csv",
        "one point of an attractor at one value",
        "sweep",
        "Where minima, cycles and bounded motions are at every value, and whether they attract.",
        ATTRACTORS,
        only=SWEEP,
    ),
    Table(
        "<method>/sweep/arrivals.csv",
        "one limit of steps at one value",
        "sweep",
        "How many starts have reached the lowest minimum within so many steps, at every value.",
        ARRIVALS,
        only=SWEEP,
    ),
)
