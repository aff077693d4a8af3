"""The nearest of some places, with and without a tree."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from multistart.minima import nearest
from multistart.minima.nearest import nearest_place, neighbourhoods


@pytest.mark.parametrize("places", [1, 5, nearest.FEW, nearest.FEW + 1, 300])
def test_few_places_and_many_have_the_same_nearest(places: int) -> None:
    """Asked one by one or by a tree, distance and place are those of SciPy's tree."""
    rng = np.random.default_rng(places)
    points, candidates = rng.normal(size=(200, 3)), rng.normal(size=(places, 3))
    distance, index = nearest_place(points, candidates)
    expected = cKDTree(candidates).query(points, p=np.inf)
    np.testing.assert_array_equal(distance, expected[0])
    np.testing.assert_array_equal(index, expected[1])


@pytest.mark.parametrize("limit", [0, 10**6])
def test_neighbourhoods_are_the_same_by_tree_and_by_table(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The points within reach of each, itself among them."""
    monkeypatch.setattr(nearest, "FEW_POINTS", limit)
    points = np.random.default_rng(0).normal(size=(300, 2))
    close = neighbourhoods(points, 0.2)
    for i in range(300):
        assert sorted(close(i)) == np.flatnonzero(np.abs(points - points[i]).max(axis=1) <= 0.2).tolist()
