"""The tables of boundaries: where basins end, the map along their edges, how rough they are, and how far."""

from __future__ import annotations

from multistart.tables.declaration import VARIABLE, Column, Table
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
MEASURED = (
    Column(
        "quantity",
        "text",
        "-",
        "`labels` that take part; `share_cut_short`, of pairs of starts; `basin_entropy` and `boundary_basin_entropy` "
        "(nats), the latter `_corrected` for few starts a box, and `_if_straight`, what straight boundaries have, "
        "with `low` and `high` of single directions; "
        "`uncertainty_exponent`; `boundary_dimension`; `share_of_points_not_crossed_again` and "
        "`share_of_points_with_all_labels`, of boundary points; `verdict_...`, what can be said in words",
    ),
    Column("value", "float64", "as the quantity", "the number; empty where there is none, and of words"),
    Column("low", "float64", "as the quantity", "lower end of its interval, of `estimates.confidence`"),
    Column("high", "float64", "as the quantity", "upper end"),
    Column("note", "text", "-", "what it rests on, or why there is none; of a verdict, the words"),
)
UNCERTAINTY = (
    Column("eps", "float64", "widths of the domain", "how far the two starts of a pair are apart"),
    Column("pairs", "int64", "pairs", "independent ones, uniform in the domain, of which no start was cut short"),
    Column("uncertain", "int64", "pairs", "those of them with two labels"),
    Column("share", "float64", "share of pairs", "`uncertain` / `pairs`"),
    Column("low", "float64", "share of pairs", "lower end of its interval (Clopper and Pearson)"),
    Column("high", "float64", "share of pairs", "upper end"),
    Column("slope", "float64", "-", "the exponent from here to the next smaller length; empty where none is seen"),
    Column(
        "fitted",
        "float64",
        "share of pairs",
        "the power of `eps` that is fitted; empty at lengths that it leaves out, and where there is none",
    ),
)
SHOCKS = (
    Column("minimum", "int64", "-", "the `basin` that is left: the lowest ones, as many as the budget was enough for"),
    Column(
        "low",
        "float64",
        "units of x",
        "no smaller displacement leaves it, proven: the radius of its attraction ball, or of a larger one of "
        "`proven_shares`; 0 where none is known",
    ),
    Column(
        "high",
        "float64",
        "units of x",
        "the length of the smallest that was found to lead elsewhere; empty for none. Where a maximum or saddle is "
        "nearest, longer than to that by as much as the tolerance lets descents rest there",
    ),
    Column(f"direction_{VARIABLE}", "float64", "-", "its unit vector"),
    Column("lands_in", "int64", "-", "the basin that it leads to, -1 for none"),
    Column(
        "saddle",
        "int64",
        "-",
        "the row of `critical_points.csv`, from 0, that the boundary leads to from there, under updates of the method; "
        "-1 where it was not followed, or to none of them",
    ),
    Column("note", "text", "-", "how it ends where it leads to no basin, how well it is refined, or why there is none"),
)
PROFILE = (
    Column("minimum", "int64", "-", "its `basin`"),
    Column("radius", "float64", "units of x", "how far from it starts are"),
    Column("directions", "int64", "directions", "random ones, in two dimensions one in each of so many sectors"),
    Column("inside", "int64", "directions", "in which a descent reaches the minimum"),
    Column("cut_short", "int64", "directions", "in which a limit ended it: not inside, as far as is known"),
    Column("share", "float64", "share of directions", "`inside` / `directions`"),
    Column("low", "float64", "share of directions", "lower end of its interval (Clopper and Pearson)"),
    Column("high", "float64", "share of directions", "upper end"),
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
        "<method>/boundary.csv",
        "one quantity",
        "boundary",
        "How rough the boundaries of the basins are, and what can be said of them.",
        MEASURED,
        only=BUDGET,
    ),
    Table(
        "<method>/uncertainty.csv",
        "one distance",
        "boundary",
        "How many pairs of starts so far apart have two labels.",
        UNCERTAINTY,
        only=BUDGET,
    ),
    Table(
        "<method>/shocks.csv",
        "one minimum",
        "boundary",
        "The smallest displacement from a minimum that leaves its basin.",
        SHOCKS,
        only=BUDGET,
    ),
    Table(
        "<method>/profile.csv",
        "one minimum and distance",
        "boundary",
        "In how many directions starts at some distance from a minimum are still in its basin.",
        PROFILE,
        only=BUDGET,
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
