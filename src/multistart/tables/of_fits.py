"""The tables of a fit to data, in CSV: how good the best fit is, how sure its parameters are, its residuals."""

from __future__ import annotations

from multistart.tables.declaration import COLUMN, Column, Table

FITS = "an objective with a `model`"  # when its tables are made

FITTED = (
    Column("row", "int64", "-", "which row of the data, from 1"),
    Column(COLUMN, "float64", "its own", "the columns of the data that model, response and loss name"),
    Column(
        "fitted",
        "float64",
        "units of the response",
        "what the model says of the response, at minimum 0: its value; of the losses `poisson_log`, `binomial` and "
        "`logistic` the mean that it stands for",
    ),
    Column("residual", "float64", "units of the response", "the response less `fitted`"),
    Column(
        "standardized",
        "float64",
        "standard deviations",
        "`residual` times the root of the row's weight, divided by `residual_deviation`; empty where there is none",
    ),
)

OF_FITS = (
    Table(
        "fit.csv",
        "one quantity",
        "fit",
        "How good the best fit is.",
        (
            Column(
                "quantity",
                "text",
                "-",
                "`rows`; `parameters`; `degrees_of_freedom`, rows less the parameters that they determine; `loss`, the "
                "function at minimum 0; of squares `rss`, the sum of (weighted) squares of residuals, "
                "`residual_deviation`, the root of `rss` / `degrees_of_freedom`, and `r_squared`, 1 - `rss` / the sum "
                "of squares about the mean of the response",
            ),
            Column("value", "float64", "as the quantity", "the number; empty where it has no meaning"),
            Column("note", "text", "-", "what it rests on, or why there is none"),
        ),
        only=FITS,
    ),
    Table(
        "parameters.csv",
        "one minimum and parameter",
        "fit",
        "The parameters of each minimum, the best fit first, with standard errors.",
        (
            Column("basin", "int64", "-", "the minimum, as in `minima.csv`; the 20 lowest at most"),
            Column("loss", "float64", "units of f", "the function there"),
            Column("parameter", "text", "-", "its name"),
            Column("estimate", "float64", "its own", "its value there, on the scale of the model"),
            Column(
                "standard_error",
                "float64",
                "as `estimate`",
                "of the estimate; with `scale: log` by the delta method. Empty where `note` says why",
            ),
            Column(
                "log_standard_error",
                "float64",
                "natural logarithms",
                "with `scale: log`: that of its logarithm; else empty",
            ),
            Column("at_bound", "text", "-", "`low` or `high` where the parameter is held by that bound; else empty"),
            Column(
                "indistinct",
                "text",
                "-",
                "the parameters that the data do not tell apart from it, its own name among them; its own alone where "
                "the data do not depend on it. Empty where it is determined",
            ),
            Column("note", "text", "-", "what the standard error is made from, or why there is none"),
        ),
        only=FITS,
    ),
    Table(
        "correlations.csv",
        "two parameters",
        "fit",
        "How the errors of the best fit's parameters go together.",
        (
            Column("parameter", "text", "-", "the first"),
            Column("other", "text", "-", "the second, which comes later in the order of the variables"),
            Column("correlation", "float64", "-", "of their errors; empty where one of them has none"),
        ),
        only=FITS,
    ),
    Table("fitted.csv", "one row of the data", "fit", "The data beside the best fit.", FITTED, only=FITS),
    Table(
        "curves.csv",
        "one minimum and value of the predictor",
        "fit",
        "The model's curve at each of the lowest minima; no row where it depends on no column, or on several.",
        (
            Column("basin", "int64", "-", "the minimum, as in `minima.csv`"),
            Column("predictor", "text", "-", "the column that the model depends on"),
            Column("at", "float64", "its own", "a value of it"),
            Column("value", "float64", "units of the response", "the model there"),
        ),
        only=FITS,
        for_programs=True,
    ),
)
