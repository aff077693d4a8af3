"""Cells that meet a given one: by the list, and one by one."""

from hypothesis import given
from hypothesis import strategies as st

from multistart.proofs.places import Places

END = st.sampled_from([-1.0, 0.0, 0.1, 0.2, 0.30000000000000004, 0.3, 1.0])
CELL = st.lists(st.tuples(END, END).map(lambda ends: tuple(sorted(ends))), min_size=2, max_size=2)


@given(st.lists(CELL, max_size=40), CELL)
def test_the_cells_that_have_a_point_in_common(cells, wanted):
    """Closed cells that share an end meet; ends that differ in the last place do not."""
    places = Places(2)
    for cell in cells:
        places.add(cell)
    one_by_one = [
        i for i, cell in enumerate(cells) if all(a <= q and p <= b for (a, b), (p, q) in zip(cell, wanted, strict=True))
    ]
    assert places.meeting(wanted) == one_by_one
