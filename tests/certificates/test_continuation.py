from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import flint
import numpy as np
import pytest
import sympy
from mpmath import mp, mpf

from multistart import Box, Objective
from multistart.errors import InputError
from multistart.proofs import Follower, certify, follow
from multistart.proofs.crossings import sign_change
from multistart.proofs.folds import folds_into
from tests.moving_minima import Moving, exact, polynomial, values

pytestmark = pytest.mark.usefixtures("no_balls")

LINE = Box({"x": (-3, 3)})
TILTED = "(x**2 - 1)**2/4 + a*x"
CAMEL = "(4 - 2.1*x**2 + x**4/3)*x**2 + x*y + a*(4*y**2 - 4)*y**2"
CAMEL_BOX = Box({"x": (-3, 3), "y": (-2, 2)})


def family(formula, variables, parameter):
    return Objective.from_expression(formula, variables, {parameter: 1})


def at(objective, value):
    ((name, _),) = objective.parameters
    return replace(objective, parameters=((name, value),))


def followed(formula, values, box=LINE, parameter="a"):
    """The minima of certificates, followed."""
    f = family(formula, box.names, parameter)
    return follow(f, parameter, values, (certify(at(f, v), box) for v in values), box)


def named(following, event):
    return [e for e in following.events if e.event == event]


def width(event):
    return event.high - event.low


def contains(event, number):
    """Whether a bracket has a number of 50 digits."""
    return mpf(event.low) <= number <= mpf(event.high)


@pytest.fixture(scope="module")
def tilted():
    """The tilted double well over 200 values, its minima by closed form: roots of x**3 - x + a."""
    f = family(TILTED, ["x"], "a")
    steps = [round(-0.5 + 0.005 * i + 0.0007, 4) for i in range(200)]
    return follow(f, "a", steps, (roots_that_are_minima(a) for a in steps), LINE)


def roots_that_are_minima(a):
    roots = np.roots([1, 0, -1, a])
    real = np.sort(roots.real[np.abs(roots.imag) < 1e-9])
    polished = real - (real**3 - real + a) / (3 * real**2 - 1)
    return polished[3 * polished**2 > 1][:, None]


def test_the_fold_of_the_tilted_well_is_known_to_the_last_digit(tilted):
    """At 2/(3 sqrt 3) a minimum meets the maximum, at the negative number they appear; proven, within an ulp."""
    with mp.workdps(50):
        fold = 2 / (3 * mp.sqrt(3))
        (gone,), (born,) = named(tilted, "fold"), named(tilted, "born")
        assert contains(gone, fold)
        assert contains(born, -fold)
    assert (gone.proven, born.proven, gone.attractor, born.attractor) == (True, True, 0, 1)
    assert max(width(gone), width(born)) < 1e-15
    assert gone.note == "meets a maximum and vanishes"


def test_the_wells_of_the_tilted_well_cross_where_it_stands_straight(tilted):
    """By symmetry the other well is the lowest from a = 0 on; the bracket has 0, and all values are linked."""
    (crossing,) = named(tilted, "crossing")
    assert crossing.low <= 0 <= crossing.high
    assert width(crossing) < 1e-20
    assert (crossing.attractor, crossing.proven) == (1, True)
    assert [s.numbers for s in tilted.steps[:: len(tilted.steps) // 3]] == [(0,), (1, 0), (1, 0), (1,)]
    links = [m.link for s in tilted.steps[1:] for m in s.minima]
    assert links.count("new") == 1
    assert set(links) == {"new", "proven"}
    assert len(tilted.events) == 3


@pytest.mark.parametrize("a", [[-0.3, 0.2], [-0.3, 0.0, 0.2]])
def test_two_minima_of_a_pitchfork_merge_and_one_splits(a):
    """x**4/4 + a x**2/2 has one minimum from a = 0 on, also where 0 is a value and the minimum is flat there."""
    merging = followed("x**4/4 + a*x**2/2", a)
    both = named(merging, "merged")
    assert [(e.attractor, e.proven) for e in both] == [(0, True), (1, True)]
    assert all(e.low < 0 < e.high and width(e) < 1e-10 for e in both)
    assert merging.steps[-1].numbers == (2,)
    assert both[0].note == "with minimum 1 into minimum 2"
    splitting = followed("x**4/4 - a*x**2/2", a)
    born, (left,) = named(splitting, "born"), named(splitting, "left")
    assert [(e.attractor, e.proven) for e in (left, *born)] == [(0, True), (1, True), (2, True)]
    assert all(e.low < 0 < e.high and width(e) < 1e-10 for e in (left, *born))
    assert left.note == "turns into a maximum between minima 1 and 2"


def test_a_pitchfork_off_the_axes_is_bracketed_too():
    """In the plane, along a diagonal, at a number that is no float: 1/7."""
    formula = "(x + y)**4/4 + (a - 1/7)*(x + y)**2/2 + (x - y - a)**2*(1 + a/5)"
    both = named(followed(formula, [-0.3, 0.4], Box({"x": (-2, 2), "y": (-2, 2)})), "merged")
    assert len(both) == 2
    assert all(e.proven and Fraction(e.low) < Fraction(1, 7) < Fraction(e.high) and width(e) < 1e-7 for e in both)


def test_a_pitchfork_that_is_tilted_a_little_is_a_fold():
    """A tilt of 1e-9 leaves one of two minima: the other ends in a fold, at -3 (1e-9/2)**(2/3)."""
    found = followed("x**4/4 + a*x**2/2 + 1e-9*x", [-0.3, 0.2])
    (fold,) = named(found, "fold")
    with mp.workdps(50):
        assert contains(fold, -3 * (mpf(10) ** -9 / 2) ** (mpf(2) / 3))
    assert fold.proven
    assert found.steps[1].minima[0].proven
    assert len(found.events) == 1


def test_folds_of_the_camel_agree_with_certificates_in_between():
    """Four values are enough to know how many minima each value between them has, as fresh certificates count."""
    found = followed(CAMEL, [0.2, 0.6, 0.9, 1.4], CAMEL_BOX)
    assert all(e.event == "born" and e.proven for e in found.events)
    assert [round(e.low, 9) for e in found.events] == [0.745200895, 0.745200895]
    f = family(CAMEL, ["x", "y"], "a")
    for a in (0.5, 0.7452, 0.74521, 1.1):
        alive = 4 + sum(e.high < a for e in found.events)
        assert len(certify(at(f, a), CAMEL_BOX).minima) == alive


def test_minima_between_values_are_where_certificates_find_them():
    """What is claimed for a whole stretch holds at every value in it: a course's point lies in a fresh enclosure."""
    from multistart.proofs.courses import course
    from multistart.proofs.enclosures import precision
    from multistart.proofs.family import Family, exactly
    from multistart.proofs.tubes import locate

    f = family(CAMEL, ["x", "y"], "a")
    cell = (*CAMEL_BOX.bounds.values(), (0.8, 1.3))
    with precision(128):
        fam = Family.of(f, "a")
        starts = [[*map(flint.arb, p.center), exactly(0.8)] for p in certify(at(f, 0.8), CAMEL_BOX).minima]
        courses = [course(fam, locate(fam, near, 2, cell), exactly(1.3), cell) for near in starts]
        assert len(courses) == 6
        for a in np.linspace(0.8, 1.3, 7).round(4).tolist():
            found = [c.at(fam, exactly(a), cell) for c in courses]
            listed = certify(at(f, a), CAMEL_BOX).minima
            homes = [
                [
                    i
                    for i, p in enumerate(listed)
                    if all(low <= v <= high for v, (low, high) in zip(z, p.location, strict=False))
                ]
                for z in found
            ]
            assert sorted(homes) == [[i] for i in range(6)]


def test_a_minimum_leaves_through_a_face_and_comes_in_through_one():
    """The minimum of (x - a)**2 (1 + a**2) + a is in [-3, 3] while a is."""
    for a in ([-5, -2, 2.5, 4], [-4, -3, 3, 4]):  # the second with minima exactly on the faces
        born, left = followed("(x - a)**2*(1 + a**2) + a", a).events
        assert (born.event, left.event) == ("born", "left")
        assert (born.proven, left.proven) == (True, True)
        assert born.low < -3 < born.high < -2.9999999
        assert 2.9999999 < left.low < 3 < left.high
        assert left.note == "goes out of the box through x = 3"


def test_a_third_minimum_that_is_lowest_in_between_takes_its_turn():
    """Wells at -2, 0 and 2 of depth a, 1/10 and -a: the middle one is the lowest for a within about a tenth of 0."""
    wells = "-(1 + a)*exp(-4*(x + 2)**2) - 1.1*exp(-4*x**2) - (1 - a)*exp(-4*(x - 2)**2)"
    found = followed(wells, [-0.5, 0.5])
    crossings = named(found, "crossing")
    assert [(e.attractor, e.note) for e in crossings] == [
        (1, "lower than minimum 0 from here on"),
        (2, "lower than minimum 1 from here on"),
    ]
    assert crossings[0].low == pytest.approx(-0.1, abs=1e-5)
    assert crossings[1].high == pytest.approx(0.1, abs=1e-5)
    assert all(e.proven for e in crossings)


def test_minima_that_tie_everywhere_do_not_cross():
    """The straight double well scaled by a has two lowest minima at every a."""
    found = followed("(1 + a**2)*(x**2 - 1)**2", [-1, -0.5, 0, 0.5])
    assert found.events == ()
    assert all(s.numbers == (0, 1) for s in found.steps)


def test_a_value_is_the_decimal_that_it_is_written_as():
    """A fold at 1/10, which no float is: the value 0.1 is on it, and the bracket has the decimal."""
    (fold,) = followed("x**3/3 - (1/10 - a)*x", [0, 0.1, 0.2]).events
    assert (fold.event, fold.proven) == ("fold", True)
    assert Fraction(fold.low) <= Fraction(1, 10) <= Fraction(fold.high)
    assert fold.high <= np.nextafter(0.1, 1)


def test_what_is_not_proven_is_said():
    """A minimum of order four in passing is matched, with the reason; its number stays."""
    found = followed("x**4/4 + (a - 0.1)**2*x**2/2", [-0.4, 0.7])
    (matched,) = found.events
    assert (matched.event, matched.proven, matched.low, matched.high) == ("matched", False, -0.4, 0.7)
    assert "without proof" in matched.note
    assert "its Hessian is singular near 0.1" in matched.note
    assert (found.steps[1].numbers, found.steps[1].proven) == ((0,), (False,))


def test_a_match_that_goes_on_is_one_event():
    """(-2)**(2*a) is no formula where a varies, so places alone are compared, and one event says so for all values."""
    f = family("(-2)**(2*a)*x**2 + x", ["x"], "a")
    places = [[[-0.125]], [[-1 / 32]], [[-1 / 128]]]
    found = follow(f, "a", [1, 2, 3], places, LINE)
    assert [s.numbers for s in found.steps] == [(0,)] * 3
    (event,) = found.events
    assert (event.event, event.low, event.high, event.note) == (
        "matched", 1, 3, "taken for the same minimum without proof: nearest in place",
    )  # fmt: skip


def test_a_place_that_is_no_minimum_gets_no_proof():
    """Lists are believed as little as descents: a maximum on a list is linked to nothing with a proof."""
    f = family(TILTED, ["x"], "a")
    found = follow(f, "a", [0.0, 0.001], [[[0.0]], [[0.001]]], LINE)
    assert found.steps[1].proven == (False,)


def test_a_minimum_that_one_list_has_not_keeps_its_number():
    """It is proven to be there; a list that has it again finds it under the same number."""
    f = family(TILTED, ["x"], "a")
    lists = [[[-1.0], [1.0]], roots_that_are_minima(0.1)[:1], roots_that_are_minima(0.2)]
    found = follow(f, "a", [0.0, 0.1, 0.2], lists, LINE)
    assert [s.numbers for s in found.steps] == [(0, 1), (0,), (0, 1)]
    assert [(m.number, m.listed, m.link) for m in found.steps[1].minima] == [(0, 0, "proven"), (1, -1, "proven")]
    assert all(found.steps[2].proven)


def test_a_rough_place_of_a_followed_minimum_keeps_its_number():
    """A listed place a fiftieth of the box off is matched with the minimum that is proven there, which goes on."""
    f = family(TILTED, ["x"], "a")
    found = follow(f, "a", [0.0, 0.1, 0.2], [[[1.0]], [[1.06]], roots_that_are_minima(0.2)[1:]], LINE)
    assert [s.numbers for s in found.steps] == [(0,)] * 3
    assert [s.minima[0].link for s in found.steps] == ["new", "matched", "proven"]
    assert {e.event for e in found.events} == {"matched"}


def test_one_value_at_a_time_is_the_same_as_all(tilted):
    """A follower that is given value after value says what `follow` says, and restores the working precision."""
    before = flint.ctx.prec
    follower = Follower(family(TILTED, ["x"], "a"), "a", LINE)
    steps = [follower.step(s.value, roots_that_are_minima(s.value)) for s in tilted.steps[::60]]
    assert [s.numbers for s in steps] == [s.numbers for s in tilted.steps[::60]]
    assert {e.event for e in follower.events} == {"born", "crossing", "fold"}
    assert flint.ctx.prec == before


def test_bad_input_is_refused_in_a_sentence():
    """A name that is no parameter, values that do not rise, points of another shape, a box of other variables."""
    f = family(TILTED, ["x"], "a")
    with pytest.raises(InputError, match='"b" is no parameter of the objective; it has a'):
        follow(f, "b", [0], [[[1.0]]], LINE)
    with pytest.raises(InputError, match=r"values of a rise; 0.0 comes after 1.0"):
        follow(f, "a", [1, 0], [[[1.0]], [[1.0]]], LINE)
    with pytest.raises(InputError, match=r"minima have shape \(n, 1\); got \(1, 2\)"):
        follow(f, "a", [1], [[[1.0, 2.0]]], LINE)
    with pytest.raises(InputError, match=r"places 0 and 1 at a = 0.0 are one minimum; list it once"):
        follow(f, "a", [0], [[[1.0], [1.00001]]], LINE)
    with pytest.raises(InputError, match="the box bounds y"):
        follow(f, "a", [1], [[[1.0]]], Box({"y": (0, 1)}))


def test_a_fold_is_not_proven_where_there_is_none():
    """The test of folds refuses a minimum of another branch, and a point that is no fold."""
    from multistart.proofs.enclosures import precision
    from multistart.proofs.family import Family, exactly
    from multistart.proofs.folds import find_singular
    from multistart.proofs.tubes import locate

    cell = ((-3.0, 3.0), (0.0, 1.0))
    with precision(128):
        fam = Family.of(family(TILTED, ["x"], "a"), "a")
        right, left = (locate(fam, [flint.arb(x), exactly(0.3)], 1, cell) for x in (0.79, -1.13))
        fold = find_singular(fam, right, cell)
        assert fold.proven
        assert folds_into(fam, right, fold, cell)
        assert not folds_into(fam, left, fold, cell)
        assert not folds_into(fam, right, replace(fold, proven=False), cell)


def test_a_tube_with_two_folds_is_not_taken_for_one():
    """On a = x**3 - x/10, all of which one tube holds, a half has one fold and the whole has two."""
    from multistart.proofs.enclosures import precision
    from multistart.proofs.family import Family
    from multistart.proofs.folds import _turns_once
    from multistart.proofs.tubes import enclose

    with precision(128):
        fam = Family.of(family("a*x - x**4/4 + x**2/20", ["x"], "a"), "a")
        left, middle, right = ((flint.arb(x), flint.arb(x) ** 3 - flint.arb(x) / 10) for x in (-0.5, 0.125, 0.5))
        whole, half = (enclose(fam, start, right, 0) for start in (left, middle))
        assert whole[0].holds(middle)
        assert not whole[0].holds((middle[0], middle[1] + 1))
        assert not _turns_once(fam, *whole)
        assert _turns_once(fam, *half)


def test_a_change_of_sign_is_bracketed_and_never_invented():
    """Bisection keeps both signs; where the ends have one sign, or none that is certain, it says nothing."""
    arb = flint.arb
    low, high = sign_change(lambda p: p * p - 2, arb(1), arb(2))
    assert low**2 < 2 < high**2
    assert high - low <= 4.5e-16
    assert sign_change(lambda p: p * p - 2, arb(2), arb(3)) is None
    assert sign_change(lambda p: p - 1, arb(1), arb(3)) is None
    assert sign_change(lambda p: None, arb(1), arb(3)) is None


# --- random polynomials ----------------------------------------------------------------------------------------------


def check_line(seed):
    """In one dimension, against the order of minima and the discriminant; how many links there were, and proofs."""
    moving, at_values = polynomial(seed, 1), values(seed, 4)
    lists = [moving.minima(v) for v in at_values]
    found = follow(moving.objective, "p", at_values, lists, moving.box)
    check_bookkeeping(found, moving, lists)
    links = [check_stretch(found, moving, i) for i in range(3)]
    return sum(n for n, _ in links), sum(n for _, n in links)


def check_stretch(found, moving, i):
    first, second = found.steps[i], found.steps[i + 1]
    low, high = exact(first.value), exact(second.value)
    events = [e for e in found.events if first.value <= e.low and e.high <= second.value]
    linked = [(first.numbers.index(n), j) for j, n in enumerate(second.numbers) if n in first.numbers]
    assert linked == sorted(linked), (moving.text, "minima on a line keep their order")
    calm = moving.discriminant.count_roots(low, high) == 0 and not moving.passes_end(low, high)
    if calm:
        assert first.numbers == second.numbers, (moving.text, low, high)
        assert {e.event for e in events} <= {"crossing", "matched"}, (moving.text, events)
    for e in events:
        if e.proven and e.note.startswith(("meets", "appears")):
            ends = [moving.discriminant.eval(sympy.Rational(Fraction(v))) for v in (e.low, e.high)]
            assert ends[0] * ends[1] <= 0, (moving.text, e)
    return len(linked), sum(second.proven[j] for _, j in linked)


def check_bookkeeping(found, moving, lists):
    """Every number but the first begins with one event, every one that ends has one, and minima are where they are."""
    begun = {e.attractor for e in named(found, "born")}
    ended = [e.attractor for name in ("fold", "left", "merged") for e in named(found, name)]
    at_first, at_last = ({m.number for m in found.steps[k].minima} for k in (0, -1))
    seen = {m.number for s in found.steps for m in s.minima}
    assert len(named(found, "born")) == len(begun)
    assert len(ended) == len(set(ended))
    assert begun == seen - at_first, moving.text
    assert set(ended) == seen - at_last, moving.text
    assert [len(s.numbers) for s in found.steps] == [len(list_) for list_ in lists]


def check_tracked(moving, at_values):
    """Every proven link, and every proven bracket of a crossing or an exit, against Newton's method at 50 digits."""
    certified = [certify(at(moving.objective, v), moving.box) for v in at_values]
    lists = [np.array([p.center for p in c.minima]) for c in certified]
    found = follow(moving.objective, "p", at_values, certified, moving.box)
    check_bookkeeping(found, moving, lists)
    checked = 0
    for (first, second), old, new in zip(pairwise(found.steps), lists, lists[1:], strict=False):
        for place, number, proven in zip(new, second.numbers, second.proven, strict=True):
            if proven and number in first.numbers:
                start = old[first.numbers.index(number)]
                there = moving.track(start, exact(first.value), exact(second.value))
                assert there is not None, (moving.text, first.value, second.value, number)
                assert max(abs(a - b) for a, b in zip(there, place, strict=True)) < 1e-8, (moving.text, number)
                checked += 1
    for e in found.events:
        if e.proven and e.event == "crossing":
            check_crossing(moving, found, lists, e)
    return checked


def check_crossing(moving, found, lists, event):
    """At 50 digits the minimum that is lower from here on is higher before and lower after."""
    step = max(i for i, s in enumerate(found.steps) if s.value <= event.low)
    numbers, before = found.steps[step].numbers, int(event.note.split()[3])
    if not {event.attractor, before} <= set(numbers):
        return
    for end, sign in ((event.low, 1), (event.high, -1)):
        p = sympy.Rational(Fraction(end))
        places = [lists[step][numbers.index(n)] for n in (event.attractor, before)]
        after, other = (moving.value(moving.track(x, exact(found.steps[step].value), p), p) for x in places)
        assert sign * (after - other) >= 0, (moving.text, event)


def test_random_polynomials_on_a_line_keep_what_algebra_says():
    """Order, folds and exits of five polynomials at four values; all links are proven."""
    counts = [check_line(seed) for seed in range(5)]
    links, proofs = map(sum, zip(*counts, strict=True))
    assert links > 10
    assert proofs == links


def test_random_polynomials_in_the_plane_agree_with_fifty_digits():
    """No link that is proven is another one for Newton's method in small steps."""
    assert sum(check_tracked(polynomial(seed, 2), values(seed, 2)) for seed in (5, 10, 11)) >= 4


@pytest.mark.slow
def test_many_random_polynomials_on_a_line():
    """The same for 400, which is where a false proof would be found."""
    counts = [check_line(seed) for seed in range(100, 500)]
    links, proofs = map(sum, zip(*counts, strict=True))
    assert proofs > 0.99 * links


@pytest.mark.slow
@pytest.mark.parametrize("d", [1, 2])
def test_many_random_polynomials_by_fifty_digits(d):
    """The same for 60, at coarse values."""
    assert sum(check_tracked(polynomial(seed, d), values(seed, 3)) for seed in range(200, 260)) > 20


@pytest.mark.slow
def test_many_wells_that_all_but_merge():
    """Pitchforks with tilts from 1e-3 to 1e-14: one minimum stays, the other ends in its fold."""
    for k in range(3, 15):
        moving = Moving(("x",), f"x**4/4 + p*x**2/2 + x/10**{k}")
        at_values = [-0.3, 0.2]
        found = follow(moving.objective, "p", at_values, [moving.minima(v) for v in at_values], moving.box)
        (fold,) = named(found, "fold")
        with mp.workdps(50):
            assert contains(fold, -3 * (mpf(10) ** -k / 2) ** (mpf(2) / 3))
        assert (fold.attractor, found.steps[1].numbers) == (1, (0,))
