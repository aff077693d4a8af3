"""What newcomers call keys and words of a config: the names that other programs and books have for them.

They are hints of what to write, never read as it: a key has one name, so that configs that mean the same look it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from multistart.errors import did_you_mean

MANY, SHOWN = 24, 12  # names that a message lists, and those that it shows of more

#: Words for what a key takes, by the name of the key.
WORDS: dict[str, dict[str, str]] = {
    "design": {
        **dict.fromkeys(("random", "rand", "iid", "monte_carlo", "montecarlo", "mc", "independent", "unif"), "uniform"),
        **dict.fromkeys(("regular", "meshgrid", "mesh", "lattice", "linspace", "cartesian", "factorial"), "grid"),
        **dict.fromkeys(("stratified", "jitter", "jittered", "random_grid", "stratified_random"), "jittered_grid"),
        **dict.fromkeys(("lhs", "lhd", "latin", "lhc", "latin_hypercube_sampling"), "latin_hypercube"),
        **dict.fromkeys(("quasirandom", "quasi_random", "qmc", "quasi", "low_discrepancy", "scrambled"), "sobol"),
        **dict.fromkeys(("hammersley", "van_der_corput"), "halton"),
        **dict.fromkeys(("csv", "parquet", "table", "own", "custom", "points", "normal", "gaussian"), "file"),
    },
    "optimizer": dict.fromkeys(
        ("gd", "sgd", "gradient", "steepest_descent", "steepest", "vanilla", "plain", "batch_gradient_descent"),
        "gradient_descent",
    )
    | dict.fromkeys(
        (
            "minimize",
            "lbfgs",
            "l_bfgs",
            "l_bfgs_b",
            "cg",
            "newton_cg",
            "tnc",
            "slsqp",
            "nelder_mead",
            "simplex",
            "powell",
            "cobyqa",
            "cobyla",
            "trust_exact",
            "trust_ncg",
            "trust_krylov",
            "trust_constr",
            "trf",
            "dogbox",
            "least_squares",
            "leastsq",
        ),
        "scipy",
    )
    | dict.fromkeys(("lm", "levenberg", "marquardt", "gauss_newton", "lmfit"), "levenberg_marquardt")
    | dict.fromkeys(("flow", "ode", "continuous", "gradient_ode", "exact_flow"), "gradient_flow"),
    "formats": dict.fromkeys(("jpg", "jpeg", "tiff", "tif", "gif", "bmp", "webp"), "png")
    | dict.fromkeys(("eps", "ps", "vector"), "pdf"),
    "stopping": {"none": "gradient", "proven": "certified", "certificate": "certified", "proof": "certified"},
    "keep": {"yes": "all", "true": "all", "everything": "all", "no": "none", "false": "none", "nothing": "none"},
}

#: Other names of keys; of several, the one that is allowed where it stands.
KEYS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("lr", "eta", "step_size", "stepsize", "step", "rate", "alpha", "gamma"), ("learning_rate",)),
    **dict.fromkeys(
        ("steps", "iterations", "iteration", "max_iterations", "maxiter", "max_iter", "niter", "epochs", "n_steps"),
        ("max_steps",),
    ),
    **dict.fromkeys(("tol", "gtol", "tolerance", "eps", "epsilon", "xtol"), ("gradient_tolerance",)),
    **dict.fromkeys(
        ("n", "number", "num", "size", "n_starts", "nstarts", "samples", "n_samples", "points", "n_points", "starts"),
        ("count", "per_axis", "sample"),
    ),
    **dict.fromkeys(
        ("cells", "per_dimension", "per_dim", "resolution", "grid_size", "axis", "bins"),
        ("per_axis", "dpi", "count"),
    ),
    "count": ("per_axis", "sample"),
    "per_axis": ("count",),
    **dict.fromkeys(("random_state", "random_seed", "rng"), ("seed",)),
    **dict.fromkeys(("function", "f", "objective_function", "cost", "loss", "target"), ("objective", "name")),
    **dict.fromkeys(("formula", "expr", "equation"), ("expression",)),
    **dict.fromkeys(("vars", "coordinates", "names", "variable", "dims"), ("variables",)),
    **dict.fromkeys(("constants", "params", "values"), ("parameters",)),
    **dict.fromkeys(("dimension", "dim", "d", "ndim"), ("dimensions",)),
    **dict.fromkeys(("bound", "constraints", "projection", "hold"), ("bounds",)),
    **dict.fromkeys(("box", "range", "ranges", "limits", "region", "space"), ("domain", "arena")),
    **dict.fromkeys(("title", "project", "id", "experiment"), ("study",)),
    **dict.fromkeys(("sampling", "init", "initial", "start_points", "x0"), ("starts",)),
    **dict.fromkeys(("optimizers", "algorithm", "algorithms", "solver"), ("methods", "optimizer")),
    **dict.fromkeys(("method", "rule", "type", "kind"), ("methods", "optimizer", "design")),
    **dict.fromkeys(("file", "filename", "csv", "file_name"), ("path",)),
    **dict.fromkeys(("pictures", "plots", "plot", "images"), ("figures",)),
    **dict.fromkeys(("extension", "extensions", "filetype"), ("formats",)),
    **dict.fromkeys(("level", "ci"), ("confidence",)),
    **dict.fromkeys(("jobs", "threads", "workers", "cores"), ("shards",)),
    **dict.fromkeys(("margin", "padding", "factor"), ("widen",)),
    "seeds": ("seed",),
}


def meant_word(key: str, word: str, allowed: Collection[str]) -> str:
    """``'; did you mean "uniform"?'`` for another name of what a key takes, or a near miss; else nothing.

    >>> meant_word("design", "Monte Carlo", ["uniform", "grid"])
    '; did you mean "uniform"?'
    """
    return _known(WORDS.get(key, {}).get(_plain(word), ""), allowed) or did_you_mean(word, allowed)


def meant_key(key: str, allowed: Collection[str]) -> str:
    """The same for a key; of a near miss and another name, the other name."""
    names = (_known(name, allowed) for name in KEYS.get(_plain(key), ()))
    return next(filter(None, names), "") or did_you_mean(_plain(key), allowed)


def refused_word(key: str, word: str, allowed: Collection[str]) -> str:
    """The sentence that refuses a word outside a fixed list, with what was perhaps meant."""
    return f'"{word}" is not one of {some_of(allowed)}{meant_word(key, word, allowed)}'


def some_of(names: Collection[str]) -> str:
    """Names, or the first of very many."""
    if len(names) <= MANY:
        return ", ".join(names)
    return f"{', '.join(list(names)[:SHOWN])} and {len(names) - SHOWN} more, which config/README.md lists"


def _known(name: str, allowed: Collection[str] | Mapping[str, object]) -> str:
    return f'; did you mean "{name}"?' if name in allowed else ""


def _plain(word: str) -> str:
    return str(word).strip().lower().replace(" ", "_").replace("-", "_")
