"""Whatever users did to a study before: its tables are those of its config as it is now, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import sequences

QUICK = 3  # steps of the sequence that is always run


@pytest.mark.parametrize(
    ("seed", "steps"), [(0, QUICK), *(pytest.param(seed, 8, marks=pytest.mark.slow) for seed in range(1, 13))]
)
def test_after_anything_a_study_is_that_of_its_config(seed: int, steps: int, tmp_path: Path) -> None:
    """Runs, kills, edits of the config, of the code, of the user's files, damages: in the end as if none had been."""
    with sequences.small():
        assert sequences.hunt(seed, tmp_path, steps) == ""
