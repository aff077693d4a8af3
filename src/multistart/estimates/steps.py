"""How long descents take, from the table of counts over (basin, ending, steps): ECDFs, shares at step limits.

Descents come as a DataFrame with columns ``basin, ending, steps, count``, one row for each combination that occurred.
Tables of different starts concatenate: every function here first adds equal rows up, so order and cuts change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from multistart.counts.frequencies import added
from multistart.descents.outcomes import ENDINGS, NO_BASIN, STEP_LIMIT
from multistart.errors import InputError
from multistart.methods.endings import STOPPED_BY_PLACE

COLUMNS = ["basin", "ending", "steps", "count"]
UNDER_WAY = "under_way"
LIMITS = (10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000)


def merged(descents: pd.DataFrame) -> pd.DataFrame:
    """The table with equal rows added up, in order of basin, ending and steps.

    Raises
    ------
    InputError
        A missing column, no start, or a negative number of starts or steps.
    """
    missing = [name for name in COLUMNS if name not in descents.columns]
    if missing:
        raise InputError(f"a table of descents has columns {', '.join(COLUMNS)}; {', '.join(missing)} missing")
    if descents["count"].sum() < 1 or descents["count"].min() < 0 or descents["steps"].min() < 0:
        raise InputError("a table of descents needs at least one start, and no negative counts or steps")
    at = np.flatnonzero(descents["count"].to_numpy() > 0)
    basin, steps, count = (descents[name].to_numpy()[at] for name in ("basin", "steps", "count"))
    word, words = pd.factorize(descents["ending"].astype(str), sort=True)
    basin, word, steps, count = added([basin, word[at], steps], [count])
    return pd.DataFrame({"basin": basin, "ending": words.array[word], "steps": steps, "count": count}, copy=False)


def gradient_evaluations(descents: pd.DataFrame) -> pd.Series:
    """What a descent of each row of a table costs: a gradient for each step, and one at the end that stopped it.

    A descent that left the arena or entered an attraction ball is stopped by where it is, before a gradient there.

    >>> rows = pd.DataFrame({"ending": ["converged", "step_limit", "left_arena", "trapped"], "steps": 10})
    >>> gradient_evaluations(rows).tolist()
    [11, 11, 10, 10]
    """
    return descents["steps"] + ~descents["ending"].isin([ENDINGS[code] for code in STOPPED_BY_PLACE])


def ecdf(descents: pd.DataFrame, basins: Iterable[int] | None = None) -> pd.DataFrame:
    """The fraction of starts that have reached one of ``basins`` (every minimum by default) after so many steps.

    Returns
    -------
    DataFrame
        ``steps, count, of_basin, of_all``: cumulated starts, over the starts that reach the basins at all, and over
        all starts, so that ``of_all`` rises to the share and not to one. Empty where no start reaches them.

    >>> ecdf(pd.DataFrame({"basin": [0, 0, -1], "ending": "converged", "steps": [5, 9, 7], "count": [1, 2, 1]}))
       steps  count  of_basin  of_all
    0      5      1  0.333333    0.25
    1      9      3  1.000000    0.75
    """
    descents = merged(descents)
    wanted = descents["basin"] > NO_BASIN if basins is None else descents["basin"].isin(list(basins))
    by_steps = descents[wanted].groupby("steps", sort=True)["count"].sum()
    reached = by_steps.cumsum()
    return pd.DataFrame(
        {
            "steps": by_steps.index.to_numpy(),
            "count": reached.to_numpy(),
            "of_basin": reached.to_numpy() / max(int(by_steps.sum()), 1),
            "of_all": reached.to_numpy() / int(descents["count"].sum()),
        }
    )


def ecdf_by_basin(descents: pd.DataFrame) -> pd.DataFrame:
    """`ecdf` of every basin, one below the other, with a first column ``basin``; ``-1`` has no row."""
    descents = merged(descents)
    parts = [ecdf(descents, [b]).assign(basin=b) for b in sorted(descents["basin"].unique()) if b > NO_BASIN]
    table = pd.concat(parts, ignore_index=True) if parts else ecdf(descents).assign(basin=NO_BASIN)
    return table[["basin", "steps", "count", "of_basin", "of_all"]]


def quantile_steps(descents: pd.DataFrame, basins: Iterable[int], levels: Sequence[float] = (0.5, 0.95)) -> list[float]:
    """The smallest steps by which these fractions of a basin's starts are there; nan for a basin without a start."""
    curve = ecdf(descents, basins)
    if curve.empty:
        return [float("nan")] * len(levels)
    total = int(curve["count"].iloc[-1])
    targets = [np.ceil(level * total - 1e-9) for level in levels]
    return [float(curve["steps"].iloc[int(np.searchsorted(curve["count"], target))]) for target in targets]


def shares_at_limits(descents: pd.DataFrame, limits: Iterable[int] = LIMITS) -> pd.DataFrame:
    """Where the starts would be counted had the study stopped earlier, from the same descents.

    A descent that stopped after ``s`` steps counts in its basin and ending for limits ``>= s``, and as ``under_way``
    for lower ones. Limits beyond the study's own are left out if some descents were still under way there.

    Returns
    -------
    DataFrame
        ``limit, basin, ending, count, share``; for every limit the shares add to one.
    """
    descents = merged(descents)
    still = descents["ending"] == ENDINGS[STEP_LIMIT]
    last = int(descents.loc[still, "steps"].max()) if still.any() else int(descents["steps"].max())
    chosen = sorted({int(limit) for limit in limits if 0 <= limit < last} | {last})
    words = pd.Index(sorted({*descents["ending"], UNDER_WAY}), dtype="str")
    rows, late = descents.assign(ending=words.get_indexer(descents["ending"])), words.get_loc(UNDER_WAY)
    never = still.to_numpy() & (descents["basin"].to_numpy() == NO_BASIN)
    counted = [_at_limit(rows, limit, never, late) for limit in chosen]
    basin, word, count = (np.concatenate(columns) for columns in zip(*counted, strict=True))
    return pd.DataFrame(
        {
            "limit": np.repeat(np.array(chosen), [len(columns[0]) for columns in counted]),
            "basin": basin,
            "ending": words.array[word],
            "count": count,
            "share": count / int(descents["count"].sum()),
        },
        copy=False,
    )


def _at_limit(rows: pd.DataFrame, limit: int, never: NDArray[np.bool_], late: int) -> tuple[NDArray[np.int64], ...]:
    """Basins, endings by number and counts at a limit of steps; ``late`` is the ending of those that it cuts off."""
    under_way = (rows["steps"].to_numpy() > limit) | never
    keys = (np.where(under_way, other, rows[name]) for name, other in (("basin", NO_BASIN), ("ending", late)))
    return added(list(keys), [rows["count"].to_numpy()])
