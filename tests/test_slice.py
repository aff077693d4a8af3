"""Where the slice of more than two dimensions lies."""

import numpy as np

from multistart.functions.objective import named
from multistart.minima import Minima
from multistart.study import load_study
from multistart.study.slice import lowest_point, slice_points

CONFIG = {
    "study": "tang",
    "objective": {"name": "styblinski_tang", "dimensions": 4},
    "starts": {"design": "uniform", "count": 10, "seed": 1},
    "methods": {"gd": {"optimizer": "gradient_descent", "learning_rate": 0.01}},
}


def test_a_slice_goes_through_the_lowest_minimum_in_the_domain() -> None:
    """Through the lowest that is known and lies in the domain, and where none is known through the centre."""
    study = load_study(CONFIG)
    places = np.array([[-9.0] * 4, [-2.9] * 4, [2.7] * 4])
    minima = Minima.at(named("styblinski_tang", 4), places[1:], study.domain)
    assert lowest_point(study, minima, None).tolist() == [-2.9] * 4
    away = Minima.at(named("styblinski_tang", 4), places[:1], study.domain)
    assert lowest_point(study, away, None).tolist() == [0.0] * 4


def test_where_the_config_says_where_the_slice_lies_it_lies_there() -> None:
    """``figures.slice.at`` stands for the variables that it names; the others are those of the minimum."""
    study = load_study(CONFIG | {"figures": {"slice": {"axes": ["x2", "x3"], "at": {"x4": 1.5}}}})
    points = slice_points(study, np.array([-2.9, 9.0, 9.0, -2.9]), 3)
    assert points.shape == (9, 4)
    assert set(points[:, 0]) == {-2.9}
    assert set(points[:, 3]) == {1.5}
    assert len(set(points[:, 1])) == 3
