"""The tables of two methods from the same starts: what is compared, and the counts and rows it is made from."""

from __future__ import annotations

from multistart.tables.declaration import MANY, Column, Table
from multistart.tables.of_counts import SHARES_TALLY

SEVERAL = "two methods or more"
BESIDE_THE_FLOW = f"{SEVERAL} of which one is `gradient_flow`"
OF_THE_PAIR = (
    Column("first", "text", "-", "the method that stands first in the config"),
    Column("second", "text", "-", "the other method"),
)
COMPARISON = (
    *OF_THE_PAIR,
    Column("quantity", "text", "-", "its name, see below"),
    Column("value", "float64", "as in `unit`", "the number; empty where neither method succeeded, `inf` where one did"),
    Column("low", "float64", "as in `unit`", "lower end of its interval; empty where it has none"),
    Column("high", "float64", "as in `unit`", "upper end of its interval; empty where it has none"),
    Column("unit", "text", "-", "what it counts"),
    Column("note", "text", "-", "what the interval rests on, or why there is none"),
)
CHANGES = (
    *OF_THE_PAIR,
    Column(
        "from",
        "int64",
        "-",
        "the minimum that starts reach under the first method, -1 for none: cycles and bounded orbits are no minima, "
        "and each method numbers its own",
    ),
    Column("to", "int64", "-", "that under the second"),
    Column("count", "int64", "starts", "how many"),
    Column("share", "float64", "share of all starts", "`count` over all starts"),
    Column(
        "low",
        "float64",
        "share of the domain",
        "lower end of the interval that the design gives; empty for none, and where the basin is the same",
    ),
    Column("high", "float64", "share of the domain", "upper end of that interval"),
)
DISTORTION = (
    Column("method", "text", "-", "the method"),
    Column("flow", "text", "-", "the gradient flow that it is compared with: the first one of the config"),
    Column(
        "basin_flow",
        "text",
        "-",
        "the basin of starts under the flow, -1 for none, undecided ones among them; or `any`, in the row of all that "
        "change, and `minimum`, in that of all that go from a minimum to another one",
    ),
    Column("basin", "text", "-", "their basin under the method, another one; `any` and `minimum` likewise"),
    Column("count", "int64", "starts", "how many"),
    Column("share", "float64", "share of all starts", "`count` over all starts"),
    Column("low", "float64", "share of the domain", "lower end of its interval; empty where it has none"),
    Column("high", "float64", "share of the domain", "upper end of its interval; empty where it has none"),
    Column("note", "text", "-", "what the interval rests on, or why there is none"),
)
PAIRS = (
    Column("first", "text", "-", "the other method"),
    Column("table", "text", "-", "which of `changes`, `costs`, `apart`, `shares`, `moves` the row belongs to"),
    *CHANGES[2:4],
    Column("reached", "int64", "-", "who reached the lowest value: 4 the other method, 2 this one, 6 both"),
    Column("first_bin", "int64", "-", "of what descents of the other method cost"),
    Column("second_bin", "int64", "-", "of what descents of this method cost"),
    Column(
        "evaluated",
        "int64",
        "-",
        "what is counted apart: 0 the function, 1 its Hessian, 2 the starts of a method that counts",
    ),
    CHANGES[4],
    Column("first_evaluations", "int64", "evaluations", "of the other method, all these starts together"),
    Column("second_evaluations", "int64", "evaluations", "of this method"),
    *SHARES_TALLY[1:],
)
REACHED = (
    Column("basin", "int32", "-", "as in `outcomes.parquet`"),
    Column("steps", "int64", "steps", "as in `outcomes.parquet`"),
    *(
        Column(f"{of}_evaluations", "int64", "evaluations", "as in `outcomes.parquet`", optional=True)
        for of in ("function", "gradient", "hessian")
    ),
    Column("ending", "category", "-", "as in `outcomes.parquet`"),
)

OF_PAIRS = (
    Table(
        "comparison.csv",
        "one quantity of two methods",
        "summarize",
        "What two methods make of the same starts: shares, their difference, the ratio of their costs.",
        COMPARISON,
        only=SEVERAL,
    ),
    Table(
        "changes.csv",
        "one pair of basins of two methods",
        "summarize",
        "How many starts go from which basin to which when the method changes.",
        CHANGES,
        only=SEVERAL,
    ),
    Table(
        "distortion.csv",
        "one pair of basins of the flow and a method",
        "summarize",
        "Which starts each method takes to another basin than the gradient flow does.",
        DISTORTION,
        only=BESIDE_THE_FLOW,
    ),
    Table(
        "<method>/comparison.csv",
        "one quantity of two methods",
        "compare",
        "The rows of `comparison.csv` of a method and those before it.",
        COMPARISON,
        only=SEVERAL,
        for_programs=True,
    ),
    Table(
        "<method>/changes.csv",
        "one pair of basins of two methods",
        "compare",
        "The rows of `changes.csv` of a method and those before it.",
        CHANGES,
        only=SEVERAL,
        for_programs=True,
    ),
    Table(
        "<method>/distortion.csv",
        "one pair of basins of the flow and a method",
        "compare",
        "The rows of `distortion.csv` of a method, or where it is the flow of those before it.",
        DISTORTION,
        only=BESIDE_THE_FLOW,
        for_programs=True,
    ),
    Table(
        "<method>/pairs/<rows>.parquet",
        "one count",
        "pair, merge_pairs",
        "The counts of a part of a method together with each before it, which are added up.",
        PAIRS,
        only=f"{SEVERAL}, of {MANY}",
        for_programs=True,
    ),
    Table(
        "<method>/reached/<part>.parquet",
        "one start",
        "estimate, label",
        "Which minimum each start reached and in how many steps, where not all rows are kept.",
        REACHED,
        only=f"{SEVERAL}, or a grid of more than 2^20 starts, of which not all rows are kept",
        for_programs=True,
    ),
)
