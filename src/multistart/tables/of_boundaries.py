"""The tables of boundaries: where basins end, and the map along their edges."""

from __future__ import annotations

from multistart.tables.declaration import Column, Table
from multistart.tables.of_starts import OUTCOME

BUDGET = "descents for `boundary`"
ZOOM = "boxes in `figures.zoom`"
BOUNDARY = (
    Column(
        "curve",
        "int64",
        "-",
        "the curve that the point is on, whose rows follow each other along it; -1 for a point that is on none. In one "
        "dimension each end of an interval is one of its own",
    ),
    Column("<variable>", "float64", "units of x", "where the edge is: the middle between the two last descents"),
    Column("first", "int64", "-", "the basin on one side, the lower one; -1 where no minimum is reached there"),
    Column("second", "int64", "-", "the basin on the other side, or -1"),
    Column("first_ending", "text", "-", "how descents of that side end where it is no basin; empty where it is one"),
    Column("second_ending", "text", "-", "likewise"),
    Column(
        "width",
        "float64",
        "widths of the domain",
        "how far the descents on the two sides began apart, along the axis where that is most: the edge is between. "
        "1e-10 or less where the budget reached for it; more where descents between end at the edge's saddle",
    ),
)

OF_BOUNDARIES = (
    Table(
        "<method>/boundary.parquet",
        "one point of an edge",
        "boundary",
        "Where the basins end, bisected by descents from both sides.",
        BOUNDARY,
        only=BUDGET,
    ),
    Table(
        "<method>/mosaic.parquet",
        "one cell along an edge",
        "boundary",
        "The cells of the map along edges, cut until each has one label, at most to 1/16 of the distance of starts.",
        (
            Column("level", "int64", "-", "how often the cells of the starts were halved to make it, 0 to 4"),
            Column("cells", "int64", "-", "how many cells of its level there are on an axis"),
            Column("i", "int64", "-", "its place among the cells of its level along the first axis of the map, from 0"),
            Column("j", "int64", "-", "along the second; only of two dimensions or more", optional=True),
            Column(
                "code",
                "int64",
                "-",
                "the basin of its starts, or -1 - the place of their ending in `multistart.descents.outcomes.ENDINGS`",
            ),
        ),
        only=BUDGET,
        for_programs=True,
    ),
    Table(
        "<method>/zoom/map-<i>.parquet",
        "one start of a zoom",
        "zoom",
        "Descents from the cells of a box of `figures.zoom`.",
        OUTCOME,
        only=ZOOM,
        like="<method>/outcomes.parquet",
        for_programs=True,
    ),
    Table(
        "<method>/zoom/boundary-<i>.parquet",
        "one point of an edge",
        "zoom",
        "Where the basins end in that box.",
        BOUNDARY,
        only=ZOOM,
        like="<method>/boundary.parquet",
        for_programs=True,
    ),
)
