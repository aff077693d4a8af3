"""Methods of a study beside each other, from the same starts: the tables of the rule ``compare``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pytest

from multistart.counts.shares import ShareTally
from multistart.errors import MultistartError
from multistart.estimates.comparison import BOTH, CHANGING, DIFFERENCE, FIRST_ONLY, RATIO, SECOND_ONLY
from multistart.estimates.shares import share
from multistart.files import parts
from multistart.study import load_study, storage
from multistart.study.compare import count_pairs, gather, write_comparison
from tests.staged import compare, files_of, run

CONFIG = {
    "study": "compared",
    "objective": {"name": "peaks"},
    "starts": {"design": "jittered_grid", "per_axis": 20, "seed": 3},
    "methods": {
        "slow": {"optimizer": "gradient_descent", "learning_rate": 0.01, "max_steps": 200},
        "fast": {"optimizer": "gradient_descent", "learning_rate": 0.05, "max_steps": 200},
        "wild": {"optimizer": "gradient_descent", "learning_rate": 0.09, "max_steps": 150},
    },
}
PAIRS = [("slow", "fast"), ("slow", "wild"), ("fast", "wild")]
TABLES = ("fast/comparison.csv", "fast/changes.csv", "wild/comparison.csv", "wild/changes.csv")


@pytest.fixture(scope="module", autouse=True)
def _only_what_is_compared() -> Iterator[None]:
    """No comparison reads the estimates and diagnoses of a method, which take half the time of a study."""
    with (
        mock.patch("multistart.study.estimate.estimates", return_value={}),
        mock.patch("multistart.study.diagnose._asked", return_value=False),
    ):
        yield


def compared(folder: Path, *, together: bool = True, **changes: Any) -> Path:
    """The folder of a study whose methods are compared."""
    study = load_study(CONFIG | changes)
    return compare(study, run(study, folder, together=together), together=together)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study in one part."""
    return compared(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def outcomes(whole: Path) -> dict[str, pd.DataFrame]:
    """The rows of each method; a start in a cycle, which is the method's own, is at no minimum."""
    rows = {name: pd.read_parquet(whole / name / "outcomes.parquet") for name in CONFIG["methods"]}
    in_a_cycle = rows["wild"]["ending"] == "cycle"
    assert (rows["wild"].loc[in_a_cycle, "basin"] > 2).any()  # numbered after the minima
    return {name: each.assign(basin=each["basin"].mask(each["ending"] == "cycle", -1)) for name, each in rows.items()}


def table(folder: Path, name: str) -> pd.DataFrame:
    """The tables of that name of all methods as one."""
    return gather(folder / method / name for method in ("fast", "wild"))


def of_pair(rows: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """The rows of two methods."""
    return rows[(rows["first"] == first) & (rows["second"] == second)]


def test_every_pair_is_compared_once(whole: Path) -> None:
    """In the order of the config: the earlier method is the first."""
    found = table(whole, "comparison.csv")[["first", "second"]].drop_duplicates()
    assert list(found.itertuples(index=False, name=None)) == PAIRS


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_changes_are_those_of_the_rows(whole: Path, outcomes: dict, first: str, second: str) -> None:
    """Row i is the same start under both: crossing the basins of the outcomes gives the table, all starts in it."""
    found = of_pair(table(whole, "changes.csv"), first, second)
    expected = Counter(zip(outcomes[first]["basin"], outcomes[second]["basin"], strict=True))
    assert found.set_index(["from", "to"])["count"].to_dict() == dict(expected)
    assert found["count"].sum() == 400


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_changes_have_the_intervals_of_shares(whole: Path, outcomes: dict, first: str, second: str) -> None:
    """Of starts that go from one basin to another as of a basin's starts; where they stay there is none."""
    study, found = load_study(CONFIG), of_pair(table(whole, "changes.csv"), first, second)
    assert found["share"].to_numpy() == pytest.approx(found["count"] / 400)
    stays = found["from"] == found["to"]
    assert found.loc[stays, ["low", "high"]].isna().all(axis=None)
    for row in found[~stays].itertuples():
        came, went = row[found.columns.get_loc("from") + 1], row[found.columns.get_loc("to") + 1]
        moved = (outcomes[first]["basin"] == came) & (outcomes[second]["basin"] == went)
        alone = share(ShareTally.of(moved.to_numpy().astype(np.int64), study.layout), {1})
        assert (row.low, row.high) == pytest.approx((alone.low, alone.high))
        assert row.low <= row.share <= row.high
    assert (~stays).any()


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_quantities_are_those_of_the_rows(whole: Path, outcomes: dict, first: str, second: str) -> None:
    """Shares, their difference, and what restarts cost, from the rows themselves; each interval holds its number."""
    found = of_pair(table(whole, "comparison.csv"), first, second).set_index("quantity")
    a, b = outcomes[first], outcomes[second]
    hit, other = a["basin"] == 0, b["basin"] == 0
    expected = {
        CHANGING: (a["basin"] != b["basin"]).mean(),
        BOTH: (hit & other).mean(),
        FIRST_ONLY: (hit & ~other).mean(),
        SECOND_ONLY: (~hit & other).mean(),
        DIFFERENCE: other.mean() - hit.mean(),
        RATIO: cost(b) / other.sum() / (cost(a) / hit.sum()) if other.any() else np.inf,
    }
    assert found["value"].to_dict() == pytest.approx(expected)
    assert (found["low"] <= found["value"]).all()
    assert (found["value"] <= found["high"]).all()


def cost(rows: pd.DataFrame) -> int:
    """Gradients that descents took: one a step, and one where they stopped inside the arena."""
    return int(rows["steps"].sum() + (~rows["ending"].isin(["left_arena", "trapped"])).sum())


@pytest.mark.parametrize("keep", ["none", {"sample": 40}])
def test_what_is_kept_changes_no_comparison(whole: Path, tmp_path: Path, keep: Any) -> None:
    """Where rows leave the disk, what they reached is noted before; the tables are the same to the byte."""
    folder = compared(tmp_path, keep=keep)
    for name in TABLES:
        assert storage.checksum(folder / name) == storage.checksum(whole / name), name
    assert pd.read_parquet(folder / "slow/reached").columns.tolist() == ["basin", "steps", "ending"]
    assert not (whole / "slow/reached").exists()


@pytest.mark.parametrize("keep", ["none", "all"])
def test_parts_change_no_comparison(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: str) -> None:
    """Six parts, counted apart, written, read and added up, give the tables of one.

    From what was noted before rows left the disk, and from the rows themselves.
    """
    monkeypatch.setattr(parts, "PART", 73)
    folder = compared(tmp_path, together=False, keep=keep)
    assert len(list((folder / "wild/pairs").glob("*.parquet"))) == 6
    for name in TABLES:
        assert storage.checksum(folder / name) == storage.checksum(whole / name), name


def test_one_method_more_changes_no_pair_of_the_others(whole: Path, tmp_path: Path) -> None:
    """With the first two methods alone their table is the same, to the byte, though the third finds what it may."""
    two = {name: CONFIG["methods"][name] for name in ("slow", "fast")}
    folder = compared(tmp_path, methods=two)
    for name in TABLES[:2]:
        assert storage.checksum(folder / name) == storage.checksum(whole / name), name


def test_minima_that_tie_are_one_best_value(tmp_path: Path) -> None:
    """Himmelblau's four minima: a start that goes to another of them changes its basin, and still reaches the best."""
    methods = {
        name: {"optimizer": "gradient_descent", "learning_rate": rate, "max_steps": 500}
        for name, rate in (("slow", 0.002), ("fast", 0.02))
    }
    folder = compared(tmp_path, objective={"name": "himmelblau"}, methods=methods)
    found = storage.read_csv(folder / "fast/comparison.csv").set_index("quantity")["value"]
    changes = storage.read_csv(folder / "fast/changes.csv")
    both = changes[(changes["from"] >= 0) & (changes["to"] >= 0)]
    assert found[BOTH] == both["count"].sum() / 400
    assert (both["from"] != both["to"]).any()


def test_a_lost_start_stops_the_comparison(whole: Path) -> None:
    """Counts of some parts are no comparison: both methods and both numbers are named."""
    study = load_study(CONFIG | {"methods": {name: CONFIG["methods"][name] for name in ("slow", "fast")}})
    files = files_of(study, whole)
    (one,) = count_pairs(study, files, study.parts)
    lost = one["slow"].changes.assign(count=one["slow"].changes["count"] - 1)
    one["slow"] = replace(one["slow"], changes=lost)
    with pytest.raises(MultistartError, match=r"slow and fast share \d+ starts of 400"):
        write_comparison(study, files, [one])
