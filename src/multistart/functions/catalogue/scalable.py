"""Functions of any number of coordinates: x1, ..., xd."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import product

from multistart.functions.catalogue.entry import MAX_DIMENSIONS, Entry, Minima, added

_JAMIL = "Jamil & Yang 2013, Int. J. Math. Modelling Numer. Optim. 4:150"
_SURJANOVIC = "Surjanovic & Bingham 2013, Virtual Library of Simulation Experiments"

#: Separable functions list their 2**d minima up to this many coordinates.
_ALL_CORNERS = 6
#: Most coordinates of a function whose Hessian is full: SymPy's derivatives then take seconds.
_MAX_COUPLED = 20


def scalable(
    title: str,
    formula: Callable[[int], str],
    half_width: float,
    minima: Callable[[int], Minima],
    source: str,
    *,
    minimum_dimensions: int = 1,
    complete_to: int = 0,
    maximum_dimensions: int = MAX_DIMENSIONS,
    cone: bool = False,
) -> Entry:
    """An entry whose domain is the cube ``[-half_width, half_width]**d``."""
    return Entry(
        title,
        None,
        formula,
        lambda d: ((-half_width, half_width),) * d,
        minima,
        source,
        minimum_dimensions=minimum_dimensions,
        maximum_dimensions=maximum_dimensions,
        complete_to=complete_to,
        cone=cone,
    )


def _each(term: str) -> Callable[[int], str]:
    """A sum of one term a coordinate; ``{x}`` is its name and ``{i}`` its number from 1."""
    return lambda d: added(term.format(x=f"x{i}", i=i) for i in range(1, d + 1))


def _at(coordinate: float, value: float) -> Callable[[int], Minima]:
    """One minimum, with the same value of every coordinate."""
    return lambda d: (((coordinate,) * d, value),)


def _corners(wells: Callable[[int], Sequence[tuple[float, float]]]) -> Callable[[int], Minima]:
    """The minima of a sum of one-dimensional functions: every choice of a well in each coordinate.

    ``wells(i)`` are the ``(position, value)`` of coordinate ``i`` from 1. With many coordinates only one global
    minimum is listed.
    """

    def minima(d: int) -> Minima:
        per_axis = [wells(i) for i in range(1, d + 1)]
        if d > _ALL_CORNERS:
            per_axis = [[min(w, key=lambda well: (well[1], -well[0]))] for w in per_axis]
        points = [(tuple(x for x, _ in c), math.fsum(v for _, v in c)) for c in product(*per_axis)]
        return tuple(sorted(points, key=lambda m: (m[1], m[0])))

    return minima


def _ackley(d: int) -> str:
    squares, cosines = _each("{x}**2")(d), _each("cos(2*pi*{x})")(d)
    return f"-20*exp(-0.2*sqrt(({squares})/{d})) - exp(({cosines})/{d}) + 20 + e"


def _rosenbrock(d: int) -> str:
    return added(f"100*(x{i + 1} - x{i}**2)**2 + (1 - x{i})**2" for i in range(1, d))


def _rosenbrock_minima(d: int) -> Minima:
    return (((1.0,) * d, 0.0), *_ROSENBROCK_LOCAL.get(d, ()))


def _griewank(d: int) -> str:
    cosines = "*".join(f"cos(x{i}/sqrt({i}))" for i in range(1, d + 1))
    return f"({_each('{x}**2')(d)})/4000 - {cosines} + 1"


def _levy(d: int) -> str:
    inner = (f"((x{i} - 1)/4)**2*(1 + 10*sin(pi*(x{i} + 3)/4 + 1)**2)" for i in range(1, d))
    last = f"((x{d} - 1)/4)**2*(1 + sin(pi*(x{d} + 3)/2)**2)"
    return added(["sin(pi*(x1 + 3)/4)**2", *inner, last])


def _zakharov(d: int) -> str:
    line = _each("{i}*{x}/2")(d)
    return f"{_each('{x}**2')(d)} + ({line})**2 + ({line})**4"


def _dixon_price(d: int) -> str:
    return added(["(x1 - 1)**2", *(f"{i}*(2*x{i}**2 - x{i - 1})**2" for i in range(2, d + 1))])


def _dixon_price_minima(d: int) -> Minima:
    """x_i = 2**(2**(1 - i) - 1), the last coordinate of either sign."""
    *first, last = (2.0 ** (2.0 ** (1 - i) - 1) for i in range(1, d + 1))
    return tuple(((*first, sign * last), 0.0) for sign in (-1, 1))


def _trid(d: int) -> str:
    return _each("({x} - 1)**2")(d) + "".join(f" - x{i}*x{i - 1}" for i in range(2, d + 1))


def _trid_minima(d: int) -> Minima:
    return ((tuple(float(i * (d + 1 - i)) for i in range(1, d + 1)), -d * (d + 4) * (d - 1) / 6),)


def _michalewicz_minima(d: int) -> Minima:
    if d > len(_MICHALEWICZ_WELLS):
        return ()
    return ((tuple(x for x, _ in _MICHALEWICZ_WELLS[:d]), math.fsum(v for _, v in _MICHALEWICZ_WELLS[:d])),)


# The lowest well of -sin(x)*sin(i*x**2/pi)**20, i = 1, 2, ..., 10: position, value.
_MICHALEWICZ_WELLS = (
    (2.2029055201726093, -0.8013034100985525),
    (1.5707963267948966, -1.0),
    (1.2849915705529245, -0.9590912698960059),
    (1.9230584698663629, -0.9384624184720834),
    (1.7204697725658413, -0.9888010806215044),
    (1.5707963267948966, -1.0),
    (1.454413971362379, -0.9932271353558816),
    (1.7560865209450263, -0.9828720362722106),
    (1.6557174168210291, -0.9963943649251029),
    (1.5707963267948966, -1.0),
)
# The second minimum, near (-1, 1, ..., 1), that 4 <= d <= 7 coordinates have.
_ROSENBROCK_LOCAL: dict[int, Minima] = {
    4: (((-0.7756592265653526, 0.6130933654850435, 0.38206284633839316, 0.1459720185521946), 3.701428610430017),),
    5: (
        (
            (-0.9620510206947501, 0.93573939597671, 0.8807136041943205, 0.7778776758544064, 0.6050936785926528),
            3.930839434133028,
        ),
    ),
    6: (
        (
            (
                -0.9865749795709937,
                0.9833982288361818,
                0.9721066700530919,
                0.947437436826436,
                0.8986511848517297,
                0.8075739520354176,
            ),
            3.973940500930295,
        ),
    ),
    7: (
        (
            (
                -0.9917225725614055,
                0.9935553935033713,
                0.9921733215946921,
                0.986898762690314,
                0.975164756608873,
                0.9514319827049926,
                0.9052228177139535,
            ),
            3.983600536424854,
        ),
    ),
}
_STYBLINSKI_WELLS = (
    (-2.903534027771177, -39.16616570377141),
    (2.746802770990837, -25.02944665528394),
)


SCALABLE: dict[str, Entry] = {
    "sphere": scalable("Sphere", _each("{x}**2"), 5.12, _at(0.0, 0.0), _SURJANOVIC, complete_to=MAX_DIMENSIONS),
    "sum_squares": scalable(
        "Axis-parallel ellipsoid",
        _each("{i}*{x}**2"),
        10.0,
        _at(0.0, 0.0),
        _SURJANOVIC,
        complete_to=MAX_DIMENSIONS,
    ),
    "rosenbrock": scalable(
        "Rosenbrock's banana valley",
        _rosenbrock,
        2.048,
        _rosenbrock_minima,
        "Rosenbrock 1960, Computer J. 3:175; More, Garbow & Hillstrom 1981, ACM Trans. Math. Softw. 7:17, "
        "problem 1 (d = 2); Shang & Qiu 2006, Evol. Comput. 14:119 (the local minimum)",
        minimum_dimensions=2,
        complete_to=7,
    ),
    "rastrigin": scalable(
        "Rastrigin's egg tray on a bowl",
        lambda d: f"{10 * d} + " + _each("{x}**2 - 10*cos(2*pi*{x})")(d),
        5.12,
        _at(0.0, 0.0),
        f"Rastrigin 1974, Systems of Extremal Control, Nauka; {_SURJANOVIC}",
    ),
    "styblinski_tang": scalable(
        "Styblinski and Tang's tilted double wells",
        lambda d: f"({_each('{x}**4 - 16*{x}**2 + 5*{x}')(d)})/2",
        5.0,
        _corners(lambda i: _STYBLINSKI_WELLS),
        f"Styblinski & Tang 1990, Neural Networks 3:467; {_SURJANOVIC}",
        complete_to=_ALL_CORNERS,
    ),
    "double_wells": scalable(
        "Sum of double wells, basins are products of the exact one-dimensional ones",
        _each("({x}**2 - 1)**2/4"),
        2.0,
        _corners(lambda i: ((-1.0, 0.0), (1.0, 0.0))),
        "textbook quartic (Landau); minima at -1 and 1 in each coordinate by hand",
        complete_to=_ALL_CORNERS,
    ),
    "qing": scalable(
        "Qing's 2**d equal minima",
        _each("({x}**2 - {i})**2"),
        500.0,
        _corners(lambda i: ((-math.sqrt(i), 0.0), (math.sqrt(i), 0.0))),
        f"Qing 2006, IEEE Trans. Antennas Propag. 54:2816; {_JAMIL}",
        complete_to=_ALL_CORNERS,
    ),
    "ackley": scalable(
        "Ackley's funnel; its minimum is the tip of a cone",
        _ackley,
        32.768,
        _at(0.0, 0.0),
        f"Ackley 1987, A Connectionist Machine for Genetic Hillclimbing, Kluwer; {_SURJANOVIC}",
        maximum_dimensions=_MAX_COUPLED,
        cone=True,
    ),
    "griewank": scalable(
        "Griewank's product of cosines on a bowl",
        _griewank,
        600.0,
        _at(0.0, 0.0),
        f"Griewank 1981, J. Optim. Theory Appl. 34:11; {_SURJANOVIC}",
        maximum_dimensions=_MAX_COUPLED,
    ),
    "levy": scalable(
        "Levy's function",
        _levy,
        10.0,
        _at(1.0, 0.0),
        f"Laguna & Marti 2005, J. Glob. Optim. 33:235; {_SURJANOVIC}",
    ),
    "zakharov": Entry(
        "Zakharov's convex valley",
        None,
        _zakharov,
        lambda d: ((-5.0, 10.0),) * d,
        _at(0.0, 0.0),
        _SURJANOVIC,
        maximum_dimensions=_MAX_COUPLED,
        complete_to=_MAX_COUPLED,
    ),
    "dixon_price": scalable(
        "Dixon and Price's chain, two equal minima",
        _dixon_price,
        10.0,
        _dixon_price_minima,
        f"Dixon & Price 1989, J. Optim. Theory Appl. 60:261; {_SURJANOVIC}",
        minimum_dimensions=2,
        complete_to=3,
    ),
    "trid": Entry(
        "Trid, a tridiagonal quadratic",
        None,
        _trid,
        lambda d: ((-float(d * d), float(d * d)),) * d,
        _trid_minima,
        _SURJANOVIC,
        minimum_dimensions=2,
        complete_to=MAX_DIMENSIONS,
    ),
    "michalewicz": Entry(
        "Michalewicz's steep ridges",
        None,
        _each("-sin({x})*sin({i}*{x}**2/pi)**20"),
        lambda d: ((0.0, math.pi),) * d,
        _michalewicz_minima,
        f"Michalewicz 1992, Genetic Algorithms + Data Structures = Evolution Programs, Springer; {_SURJANOVIC}",
        maximum_dimensions=10,
    ),
    "cosine_mixture": scalable(
        "Cosine mixture",
        _each("{x}**2 - 0.1*cos(5*pi*{x})"),
        1.0,
        lambda d: (((0.0,) * d, -d / 10),),
        f"Breiman & Cutler 1993, Math. Program. 58:179; {_JAMIL}",
    ),
    "exponential": scalable(
        "Exponential dip",
        lambda d: f"-exp(-({_each('{x}**2')(d)})/2)",
        1.0,
        _at(0.0, -1.0),
        _JAMIL,
        maximum_dimensions=_MAX_COUPLED,
        complete_to=MAX_DIMENSIONS,
    ),
}
