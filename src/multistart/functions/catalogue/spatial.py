"""Functions of three, four or six coordinates: x1, x2, ..."""

from __future__ import annotations

from collections.abc import Sequence

from multistart.functions.catalogue.entry import Entry, added, fixed

_DIXON = "Dixon & Szego 1978, Towards Global Optimisation 2, North-Holland, p. 1"
_SURJANOVIC = "Surjanovic & Bingham 2013, Virtual Library of Simulation Experiments"


def _hartmann(rates: Sequence[Sequence[str]], centres: Sequence[Sequence[str]]) -> str:
    """Minus four Gaussians in the unit cube, with the usual heights."""
    exponents = (
        added(f"{a}*(x{i} - {p})**2" for i, (a, p) in enumerate(zip(row, centre, strict=True), start=1))
        for row, centre in zip(rates, centres, strict=True)
    )
    heights = ("1.0", "1.2", "3.0", "3.2")
    return "".join(f" - {c}*exp(-({e}))" for c, e in zip(heights, exponents, strict=True)).strip()


def _shekel(centres: Sequence[Sequence[str]], widths: Sequence[str]) -> str:
    """Minus a Lorentzian foxhole at each centre."""
    holes = (
        f"1/({added(f'(x{i} - {a})**2' for i, a in enumerate(centre, start=1))} + {c})"
        for centre, c in zip(centres, widths, strict=True)
    )
    return f"-({added(holes)})"


SPATIAL: dict[str, Entry] = {
    "hartmann_3": fixed(
        "Hartmann's four Gaussians in 3 dimensions",
        _hartmann(
            [["3", "10", "30"], ["0.1", "10", "35"]] * 2,
            [
                ["0.3689", "0.1170", "0.2673"],
                ["0.4699", "0.4387", "0.7470"],
                ["0.1091", "0.8732", "0.5547"],
                ["0.03815", "0.5743", "0.8828"],
            ],
        ),
        ((0.0, 1.0),) * 3,
        (
            ((0.11461433858967197, 0.5556488499718569, 0.8525469535208657), -3.8627821478207554),
            ((0.10933750083503116, 0.8605242217690773, 0.5641231710535382), -3.0897641630922505),
            ((0.3687227270704408, 0.1175616288257356, 0.2675737430168289), -1.0008168635629282),
        ),
        f"{_DIXON}; {_SURJANOVIC}",
    ),
    "hartmann_6": fixed(
        "Hartmann's four Gaussians in 6 dimensions",
        _hartmann(
            [
                ["10", "3", "17", "3.5", "1.7", "8"],
                ["0.05", "10", "17", "0.1", "8", "14"],
                ["3", "3.5", "1.7", "10", "17", "8"],
                ["17", "8", "0.05", "10", "0.1", "14"],
            ],
            [
                ["0.1312", "0.1696", "0.5569", "0.0124", "0.8283", "0.5886"],
                ["0.2329", "0.4135", "0.8307", "0.3736", "0.1004", "0.9991"],
                ["0.2348", "0.1451", "0.3522", "0.2883", "0.3047", "0.6650"],
                ["0.4047", "0.8828", "0.8732", "0.5743", "0.1091", "0.0381"],
            ],
        ),
        ((0.0, 1.0),) * 6,
        (
            (
                (
                    0.20168951100670543,
                    0.15001069182345797,
                    0.476873974221897,
                    0.2753324304940561,
                    0.31165161660011326,
                    0.6573005340656203,
                ),
                -3.3223680114155147,
            ),
            (
                (
                    0.4046531277061713,
                    0.8824449239723832,
                    0.8461015704781808,
                    0.5739896924303658,
                    0.1389266036672439,
                    0.038495892478237266,
                ),
                -3.203161918396231,
            ),
        ),
        f"{_DIXON}; {_SURJANOVIC}",
    ),
    "shekel": fixed(
        "Shekel's five foxholes in 4 dimensions",
        _shekel(
            [["4"] * 4, ["1"] * 4, ["8"] * 4, ["6"] * 4, ["3", "7", "3", "7"]],
            ["0.1", "0.2", "0.2", "0.4", "0.4"],
        ),
        ((0.0, 10.0),) * 4,
        (
            ((4.000037152819676, 4.00013327659156, 4.000037152819676, 4.00013327659156), -10.153199679058227),
            ((7.999583305120821, 7.999641588712129, 7.999583305120821, 7.999641588712129), -5.100772140331988),
            ((1.0001315875670855, 1.0001563413719277, 1.0001315875670855, 1.0001563413719277), -5.055197728932867),
            ((5.998749537020335, 6.000287366987216, 5.998749537020335, 6.000287366987216), -2.6828603956931394),
            ((3.0017963949110316, 6.998333939622431, 3.0017963949110316, 6.998333939622431), -2.6304716684108937),
        ),
        f"{_DIXON}; {_SURJANOVIC}",
    ),
    "wood": fixed(
        "Wood's (Colville's) two coupled valleys",
        "100*(x1**2 - x2)**2 + (x1 - 1)**2 + (x3 - 1)**2 + 90*(x3**2 - x4)**2"
        " + 10.1*((x2 - 1)**2 + (x4 - 1)**2) + 19.8*(x2 - 1)*(x4 - 1)",
        ((-10.0, 10.0),) * 4,
        (((1.0, 1.0, 1.0, 1.0), 0.0),),
        f"More, Garbow & Hillstrom 1981, ACM Trans. Math. Softw. 7:17, problem 14; {_SURJANOVIC}",
    ),
}
