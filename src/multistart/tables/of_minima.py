"""The tables with one row a minimum or critical point, in CSV."""

from __future__ import annotations

from multistart.tables.declaration import Column, Table

PLACE = Column(
    "<variable>",
    "float64",
    "units of x",
    "where it is; a variable with `scale: log` has two columns, `log_<variable>`, the natural logarithm in which the "
    "study runs, and after all variables its own, the exponential of that",
)
SHARE = Column("share", "float64", "share of all starts", "`count` / number of starts")

MINIMUM = (
    Column("basin", "int64", "-", "its number, from 0"),
    PLACE,
    Column("value", "float64", "units of f", "the function there"),
    Column(
        "kind",
        "text",
        "-",
        "`global` for the lowest value found and its ties, else `local`: `lowest` and `higher` in words and pictures; "
        "where the certificate knows a lower minimum in the arena, all are `local`. Values tie that differ by at most "
        "16 times their rounding, which is measured: "
        "how far values differ among points that differ in their last digits",
    ),
    Column("curvature_min", "float64", "units of f / x²", "smallest eigenvalue of the Hessian"),
    Column("curvature_max", "float64", "units of f / x²", "largest eigenvalue of the Hessian"),
    Column(
        "critical_learning_rate",
        "float64",
        "units of x² / f",
        "2 / `curvature_max`; with a larger learning rate gradient descent no longer settles there. Infinite (`inf`) "
        "where the curvature is 0. In `basins.csv` the limit of the method's own rule (see `multistart methods NAME`): "
        "0 where no rate is small enough, infinite where none is too large; of a rule of one's own by its lines. Empty "
        "where there is none, and the summary says why: the limit depends on the gradients before (adagrad, amsgrad), "
        "the rate is no factor of the steps (rprop), the rule is not smooth where the gradient vanishes, there is a "
        "rate for each variable. Searches and SciPy's methods find their steps by themselves",
    ),
    Column(
        "certified",
        "bool",
        "-",
        "whether the certificate proves this minimum; then place and value are the midpoints of its enclosures, "
        "rounded, or 0 where 0 is enclosed to 1e-12 of the domain's width, of the function's spread. A minimum that a "
        "certificate proves to be none is not in the table",
    ),
    Column(
        "attraction_radius",
        "float64",
        "units of x",
        "radius of the ball around the minimum from which gradient descent provably converges to it, for every "
        "learning rate below 2 / `attraction_curvature` (exact arithmetic; 1e-9 smaller than proven). 0 where there is "
        "none",
    ),
    Column("attraction_curvature", "float64", "units of f / x²", "of that ball. 0 where there is none"),
    Column(
        "at_bound",
        "text",
        "-",
        "at which bounds a minimum is held, as in `x low, y high`; empty inside the domain. Curvatures are then those "
        "in the other coordinates, and empty in a corner. The function falls out of the domain there, by more than its "
        "rounding; only with `bounds: hold`",
        optional=True,
    ),
)

REACHED = (
    Column(
        "count",
        "int64",
        "starts",
        "starts of this method that reached it; can be 0 where only another method did",
    ),
    SHARE,
    Column(
        "steps_median",
        "float64",
        "steps",
        "the smallest number of steps within which 50 % of those starts were there; empty where `count` is 0",
    ),
    Column("steps_p95", "float64", "steps", "as `steps_median`, for 95 %"),
)

CRITICAL_POINT = (
    Column(
        "kind",
        "text",
        "-",
        "`minimum`, `saddle`, `maximum`, by verified signs of the eigenvalues; `degenerate` where they did not decide",
    ),
    Column("place", "text", "-", "`interior`, or for a minimum of the function on the box `face` or `corner`"),
    Column(
        "<variable>",
        "float64",
        "units of x",
        "the midpoint of its enclosure; of a variable with `scale: log` that of its logarithm, as in `minima.csv`",
    ),
    Column("value_low", "float64", "units of f", "the value is not below this, rounded outward"),
    Column("value_high", "float64", "units of f", "the value is not above this, rounded outward"),
    Column(
        "eigenvalue_min",
        "float64",
        "units of f / x²",
        "lower end of the smallest eigenvalue of the Hessian (on a face, along the face)",
    ),
    Column(
        "eigenvalue_max",
        "float64",
        "units of f / x²",
        "upper end of the largest eigenvalue of the Hessian (on a face, along the face)",
    ),
    Column(
        "critical_learning_rate",
        "float64",
        "units of x² / f",
        "lower end of 2 / largest eigenvalue; interior minima only",
    ),
    Column("attraction_radius", "float64", "units of x", "as in `minima.csv`"),
    Column("attraction_curvature", "float64", "units of f / x²", "as in `minima.csv`"),
    Column("touches_boundary", "bool", "-", "whether it may lie on the boundary of the arena"),
    Column(
        "proof",
        "text",
        "-",
        "what was proven: exactly one critical point here; exactly one minimum of the box here; lower than all of the "
        "box around it",
    ),
)

CYCLE = (
    Column("attractor", "int64", "-", "its number, the `basin` of starts that went there; after those of the minima"),
    Column(
        "kind",
        "text",
        "-",
        "`cycle`; `chaotic`, a bounded orbit whose exponent is positive by three standard errors; `undecided`, another "
        "bounded orbit",
    ),
    Column("period", "int64", "updates", "of a cycle: its points; 0 of a bounded orbit"),
    Column(
        "around",
        "int64",
        "-",
        "the minimum that is nearest to the middle of its points, in widths of the domain; -1 where two are about as "
        "near",
    ),
    Column(
        "<variable>",
        "float64",
        "units of x",
        "one of its points: a cycle's in the order of the updates, from the smallest one; up to 256 of a bounded orbit",
    ),
    Column("value", "float64", "units of f", "the function there"),
    Column(
        "multiplier",
        "float64",
        "-",
        "largest modulus of the eigenvalues of the Jacobian of all its updates together; below 1 the cycle attracts",
    ),
    Column(
        "exponent",
        "float64",
        "1 / update",
        "the largest Lyapunov exponent, in natural logarithms; of a cycle exactly ln(`multiplier`) / `period`",
    ),
    Column("exponent_error", "float64", "1 / update", "its standard error, by batch means; 0 of a cycle"),
    Column(
        "proven", "bool", "-", "whether it is proven that there is exactly one such cycle there, and that it attracts"
    ),
)

OF_MINIMA = (
    Table(
        "critical_points.csv",
        "one critical point in the arena",
        "certify",
        "Every minimum, saddle and maximum that is proven, whatever the descents found.",
        CRITICAL_POINT,
    ),
    Table(
        "minima.csv",
        "one minimum",
        "minima",
        "The minima that descents reached, or moved around without coming to rest, shared by all methods.",
        MINIMUM,
    ),
    Table(
        "<method>/basins.csv",
        "one minimum",
        "estimate",
        "What the starts of one method did at each minimum.",
        (*MINIMUM, *REACHED),
        like="minima.csv",
    ),
    Table(
        "<method>/cycles.csv",
        "one point of a cycle or bounded orbit",
        "estimate",
        "What the method's descents went to that is no minimum: cycles, and orbits that stay bounded without a period. "
        "No row where there is none.",
        CYCLE,
    ),
)
