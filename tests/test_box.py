"""Boxes refuse bounds that are none, contain what they should, and widen by their own width."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multistart import Box
from multistart.errors import InputError

FINITE = st.floats(-1e6, 1e6)
INTERVAL = st.tuples(FINITE, st.floats(1e-3, 1e6)).map(lambda pair: (pair[0], pair[0] + pair[1]))
BOXES = st.lists(INTERVAL, min_size=1, max_size=5).map(lambda b: Box({f"x{i}": ends for i, ends in enumerate(b)}))


@pytest.mark.parametrize(
    ("ends", "why"),
    [
        ((3, -3), "lower bound must be below"),
        ((1, 1), "lower bound must be below"),
        ((0, float("inf")), "two finite numbers"),
        ((float("-inf"), 0), "two finite numbers"),
        ((float("nan"), 1), "two finite numbers"),
        ((0, float("nan")), "two finite numbers"),
        ((0,), "two finite numbers"),
        ((0, 1, 2), "two finite numbers"),
        (("0", "1"), "two finite numbers"),
        ("01", "two finite numbers"),
        ((False, True), "two finite numbers"),
        ((None, 1), "two finite numbers"),
        (5, "two finite numbers"),
        (None, "two finite numbers"),
        ((0, 10**400), "two finite numbers"),
        ((-1.7e308, 1.7e308), "wider than the largest"),
    ],
)
def test_bounds_that_are_none_are_refused_by_name(ends: object, why: str) -> None:
    """Whatever is not two finite numbers in increasing order is refused, naming the coordinate."""
    with pytest.raises(InputError, match=f"^y: .*{why}"):
        Box({"x": (0, 1), "y": ends})  # type: ignore[dict-item]


def test_a_box_needs_a_coordinate() -> None:
    """An empty box is refused with an example of the fix."""
    with pytest.raises(InputError, match=r"at least one coordinate, as in \{x: \[-3, 3\]\}"):
        Box({})


@given(BOXES)
def test_a_box_is_closed(box: Box) -> None:
    """Corners and centre are inside; the next double beyond a bound, nan and infinity are outside."""
    inside = np.array([box.low, box.high, box.center])
    assert box.contains(inside).all()
    for i in range(box.dimensions):
        for outside in (np.nextafter(box.low[i], -np.inf), np.nextafter(box.high[i], np.inf), np.nan, np.inf):
            point = box.center.copy()
            point[i] = outside
            assert not box.contains(point[None])[0]


@given(BOXES, st.floats(0, 10))
def test_widening_adds_its_width_on_each_side(box: Box, factor: float) -> None:
    """A widened box has the same centre, 1 + 2 factor times the width, and contains the box."""
    wide = box.widened(factor)
    assert wide.names == box.names
    np.testing.assert_allclose(wide.width, (1 + 2 * factor) * box.width, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(wide.center, box.center, rtol=1e-9, atol=1e-6)
    assert wide.contains(np.array([box.low, box.high])).all()
    assert box.widened(0) == box


@pytest.mark.parametrize("factor", [-0.1, float("nan"), float("inf")])
def test_a_box_does_not_shrink(factor: float) -> None:
    """Negative, infinite and nan factors are refused with what is allowed."""
    with pytest.raises(InputError, match="finite factor >= 0"):
        Box({"x": (0, 1)}).widened(factor)


def test_a_box_wide_past_the_largest_number_is_refused() -> None:
    """Widening that overflows is refused, not infinite."""
    with pytest.raises(InputError, match="x: "):
        Box({"x": (0, 1e308)}).widened(1.0)


def test_boxes_compare_by_names_order_and_bounds() -> None:
    """Equal boxes hash alike; other bounds, names or order make another box; arrays cannot be written to."""
    box = Box({"x": (0, 1), "y": (0, 2)})
    assert box == Box({"x": (0.0, 1.0), "y": (0.0, 2.0)})
    assert hash(box) == hash(Box({"x": (0.0, 1.0), "y": (0.0, 2.0)}))
    assert box != Box({"y": (0, 2), "x": (0, 1)})
    assert box != Box({"x": (0, 1), "z": (0, 2)})
    assert box.volume == 2.0
    with pytest.raises(ValueError, match="read-only"):
        box.low[0] = 7
