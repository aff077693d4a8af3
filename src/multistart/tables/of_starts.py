"""The tables with one row a start, in Parquet: starts, descents, outcomes, and the slice of the maps."""

from __future__ import annotations

from multistart.tables.declaration import MANY, Column, Table

START = Column("start_<variable>", "float64", "units of x", "where the descent started")

#: What a descent by a method that counts its own evaluations leaves besides.
EVALUATIONS = tuple(
    Column(
        f"{of}_evaluations",
        "int64",
        "evaluations",
        f"points at which it asked for {what}, each once{more}; only of methods whose steps do not tell",
        optional=True,
    )
    for of, what, more in (
        ("function", "the function's value", ""),
        ("gradient", "the gradient", ", the end among them"),
        ("hessian", "the Hessian", ""),
    )
)
#: What an outside optimiser says of an end; the ending does not depend on it.
VERDICT = (
    Column(
        "optimizer_success",
        "bool",
        "-",
        "whether the optimiser called it a success, which is not believed; empty where it was ended before it said "
        "anything; only of SciPy's methods",
        optional=True,
    ),
    Column(
        "optimizer_message",
        "category",
        "-",
        "what it said, or the error that it raised, word for word; only of SciPy's methods",
        optional=True,
    ),
    Column("optimizer_version", "category", "-", "which it was; only of SciPy's methods", optional=True),
)
#: What a descent leaves; all of it depends on the config and the number of the start alone.
DESCENT = (
    START,
    Column(
        "end_<variable>",
        "float64",
        "units of x",
        "where it ended. After `left_arena` this is the first point outside; after `nonfinite` the last point at which "
        "it stood",
    ),
    Column("value", "float64", "units of f", "the function at the end"),
    Column(
        "gradient_norm",
        "float64",
        "units of f / x",
        "Euclidean norm of the gradient at the end; with `bounds: hold` of the projected gradient, without the "
        "components that lead out of the domain",
    ),
    Column(
        "curvature_min",
        "float64",
        "units of f / x²",
        "smallest eigenvalue of the Hessian at the end: positive in a bowl, negative on a saddle or a hilltop; with "
        "`bounds: hold` in the coordinates that no bound holds, empty in a corner",
    ),
    Column(
        "steps",
        "int64",
        "steps",
        "updates made, of SciPy's methods iterations; 0 for a start that was outside the arena or already at rest",
    ),
    *EVALUATIONS,
    Column("ending", "category", "-", "why the descent stopped, see below"),
    *VERDICT,
)
LABEL = (
    Column(
        "basin",
        "int32",
        "-",
        "the number of the minimum it reached, after `cycle` and `bounded` of the attractor in `cycles.csv`; or -1",
    ),
    Column(
        "label",
        "category",
        "-",
        "how the basin is known: `proven`, the end lies in the attraction ball of a certified minimum, from where "
        "gradient descent provably converges to it, or a region of a rule with memory ended the descent, or all of the "
        "cell in `proven_cells.parquet` that it starts in is proven to lead there; `numeric`, "
        "the end agrees with the minimum in place and value, or a curve was followed into the ball with errors "
        "(`gradient_flow`); `none`, basin -1",
    ),
)
OUTCOME = (*DESCENT, *LABEL)
ROW = Column(
    "row",
    "int64",
    "-",
    "the number of the start in the design, from 0; only where not all rows are kept (`keep: none` or "
    "`keep: {sample: N}`)",
    optional=True,
)

ENDS = (
    Column("<variable>", "float64", "units of x", "where descents came to rest"),
    Column(
        "start.<variable>",
        "float64",
        "units of x",
        "where a descent that did not rest had started; only where there is one",
        optional=True,
    ),
    Column(
        "ending",
        "category",
        "-",
        "`cycle` or `bounded` of a descent that did not rest; only where there is one",
        optional=True,
    ),
    Column(
        "cells.doubled",
        "int64",
        "-",
        "how many times cells were doubled along each axis, of which the first end at rest is here; only where there "
        "would be more than 2^20",
        optional=True,
    ),
)

OF_STARTS = (
    Table(
        "starts.parquet",
        "one start",
        "starts",
        "The checked copy of your own starts, which jobs read their part of.",
        (START,),
        only="design `file`",
        for_programs=True,
    ),
    Table(
        "data.parquet",
        "one measurement",
        "data",
        "The checked copy of the columns that a fit names, which jobs read.",
        (Column("<column>", "float64", "-", "a column of the data"),),
        only="an objective with a `model`",
        for_programs=True,
    ),
    Table(
        "<method>/parts/<part>.parquet",
        "one start",
        "descend",
        "The descents as they came from the jobs, in parts of 2^20 starts, or pieces of these.",
        DESCENT,
        for_programs=True,
    ),
    Table(
        "<method>/ends/<rows>.parquet",
        "one distinct end",
        "descend, merge_ends",
        "The places where descents of a part, or piece, came to rest, from which minima are found; and where those "
        "that go round cycles, or do not rest, stood last.",
        ENDS,
        for_programs=True,
    ),
    Table(
        "<method>/ends.parquet",
        "one distinct end",
        "split_ends",
        "The places where any descent came to rest.",
        (ENDS[0], ENDS[-1]),
        only=MANY,
        for_programs=True,
    ),
    Table(
        "<method>/orbits.parquet",
        "one distinct end",
        "split_ends",
        "The places where descents stood last that go round cycles, or do not rest.",
        ENDS,
        only=MANY,
        for_programs=True,
    ),
    Table(
        "<method>/outcomes.parquet",
        "one start",
        "estimate, label",
        "Where every descent started, where it ended and why, and which basin its start is in; of more than 2^20 "
        "starts, where all rows are kept, a folder of parts.",
        (ROW, *OUTCOME),
    ),
    Table(
        "<method>/kept/<rows>.parquet",
        "one start",
        "label, merge_counts",
        "The rows of a part that may be in the sample of this study, or of one with more starts.",
        (ROW, *OUTCOME),
        only="more than 2^20 starts of which not all rows are kept",
        like="<method>/outcomes.parquet",
        for_programs=True,
    ),
    Table(
        "<method>/slice.parquet",
        "one point of the map",
        "slice",
        "Descents from the plane that the maps show.",
        OUTCOME,
        only="more than two dimensions",
        like="<method>/outcomes.parquet",
    ),
)
