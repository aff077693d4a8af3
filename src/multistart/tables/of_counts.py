"""The tables of counts: what became of the starts, and the whole numbers behind intervals and pictures."""

from __future__ import annotations

from multistart.tables.declaration import MANY, Column, Table

TALLY = (
    Column("table", "text", "-", "which of the tables below the row belongs to"),
    Column("basin", "int64", "-", "as in `outcomes.parquet`"),
    Column("ending", "text", "-", "as in `outcomes.parquet`"),
    Column(
        "steps",
        "int64",
        "steps",
        "of one start; in `map` of all starts of a cell together, in `costs` gradients of one start",
    ),
    Column("bin", "int64", "-", "of the final value"),
    Column("cell", "int64", "-", "of the map"),
    Column("code", "int64", "-", "what became of the starts of a cell"),
    Column("fact", "text", "-", "what holds for the starts counted"),
    Column("count", "int64", "starts", "starts that this holds for"),
)
SHARES_TALLY = (
    Column(
        "of",
        "text",
        "-",
        "what is counted: `basin`, `ending` (starts in no basin, by the position of their ending) or `nested` "
        "(`i` starts of a smaller study, `j` the basin); in `counts/` also `outcomes`: `kind` is the SHA-256 of the "
        "outcomes from start `i` on",
    ),
    Column(
        "kind",
        "text",
        "-",
        "`count` (`i` the basin, `j` the replicate), `product`, `core`, `halo` (what neighbouring cells say of "
        "each other), or `segment`, `head`, `tail` (the range of rows, and the labels at its two ends)",
    ),
    Column("i", "int64", "-", "by `kind`"),
    Column("j", "int64", "-", "by `kind`"),
    Column("value", "int64", "-", "the number"),
)

OF_COUNTS = (
    Table(
        "<method>/endings.csv",
        "one combination of ending and basin",
        "estimate",
        "What became of the starts.",
        (
            Column("ending", "text", "-", "as in `outcomes.parquet`"),
            Column("basin", "int64", "-", "as in `outcomes.parquet`"),
            Column("count", "int64", "starts", "starts with this ending and this basin"),
            Column(
                "share",
                "float64",
                "share of all starts",
                "`count` / number of starts; the column sums to 1 up to rounding",
            ),
        ),
    ),
    Table(
        "<method>/tally.parquet",
        "one count",
        "estimate",
        "The counts behind the pictures.",
        TALLY,
        for_programs=True,
    ),
    Table(
        "<method>/shares_tally.parquet",
        "one count",
        "estimate",
        "The counts behind the intervals.",
        SHARES_TALLY,
        for_programs=True,
    ),
    Table(
        "<method>/counts/<rows>.parquet",
        "one count",
        "label, merge_counts",
        "The counts of a part, which are added up; with the checksum of the file that has its rows.",
        (*TALLY, *SHARES_TALLY),
        only=MANY,
        for_programs=True,
    ),
)
