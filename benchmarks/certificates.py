"""What certificates cost: ``python benchmarks/certificates.py [name ...]`` prints a table.

With ``--catalogue`` it is that of the catalogue, on the domains, with the default budget: every function of at most
three coordinates, those of any number in the plane and in space. Where the search does not end complete, the next
columns tell of the one for the lowest value alone, to which a study then turns.

Seconds are CPU time of the process, the first run of each function, with differentiation and code generation.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from multistart import Box, Objective, named
from multistart.functions.catalogue import ENTRIES
from multistart.proofs import Certificate, certify

STYBLINSKI = " + ".join(f"(x{i}**4 - 16*x{i}**2 + 5*x{i})/2" for i in range(1, 5))
ROSENBROCK = " + ".join(f"100*(x{i + 1} - x{i}**2)**2 + (1 - x{i})**2" for i in range(1, 4))
RASTRIGIN_3 = " + ".join(f"10 + {v}**2 - 10*cos(2*pi*{v})" for v in "xyz")
MUELLER_BROWN = (
    "-200*exp(-(x-1)**2-10*y**2) - 100*exp(-x**2-10*(y-0.5)**2)"
    " - 170*exp(-6.5*(x+0.5)**2+11*(x+0.5)*(y-1.5)-6.5*(y-1.5)**2) + 15*exp(0.7*(x+1)**2+0.6*(x+1)*(y-1)+0.7*(y-1)**2)"
)
GOLDSTEIN_PRICE = (
    "(1+(x+y+1)**2*(19-14*x+3*x**2-14*y+6*x*y+3*y**2))*(30+(2*x-3*y)**2*(18-32*x+12*x**2+48*y-36*x*y+27*y**2))"
)
#: name -> (formula, bounds in the order of the names)
PROBLEMS: dict[str, tuple[str, dict[str, tuple[float, float]]]] = {
    "peaks [-3,3]^2": ("peaks", {"x": (-3, 3), "y": (-3, 3)}),
    "peaks [-9,9]^2, the arena": ("peaks", {"x": (-9, 9), "y": (-9, 9)}),
    "Himmelblau": ("(x**2+y-11)**2 + (x+y**2-7)**2", {"x": (-5, 5), "y": (-5, 5)}),
    "six-hump camel": ("(4-2.1*x**2+x**4/3)*x**2 + x*y + (-4+4*y**2)*y**2", {"x": (-3, 3), "y": (-2, 2)}),
    "Müller-Brown": (MUELLER_BROWN, {"x": (-1.5, 1.2), "y": (-0.2, 2)}),
    "Goldstein-Price": (GOLDSTEIN_PRICE, {"x": (-2, 2), "y": (-2, 2)}),
    "Rastrigin": ("20 + x**2 - 10*cos(2*pi*x) + y**2 - 10*cos(2*pi*y)", {"x": (-5.12, 5.12), "y": (-5.12, 5.12)}),
    "Ackley [-5,5]^2": (
        "-20*exp(-0.2*sqrt((x**2+y**2)/2)) - exp((cos(2*pi*x)+cos(2*pi*y))/2) + 20 + e",
        {"x": (-5, 5), "y": (-5, 5)},
    ),
    "x^4 + y^4": ("x**4 + y**4", {"x": (-2, 2), "y": (-2, 2)}),
    "ring (r^2-1)^2": ("(x**2+y**2-1)**2", {"x": (-2, 2), "y": (-2, 2)}),
    "Rastrigin 3-D [-2.2,2.2]^3": (RASTRIGIN_3, dict.fromkeys("xyz", (-2.2, 2.2))),
    "Styblinski-Tang 4-D": (STYBLINSKI, {f"x{i}": (-5, 5) for i in range(1, 5)}),
    "Rosenbrock 4-D": (ROSENBROCK, {f"x{i}": (-2.048, 2.048) for i in range(1, 5)}),
}


def measure(f: Objective, box: Box, **options: Any) -> tuple[float, Certificate]:
    """CPU seconds of one certificate, and the certificate."""
    start = time.process_time()
    certificate = certify(f, box, **options)
    return time.process_time() - start, certificate


def objective(formula: str, bounds: dict[str, tuple[float, float]]) -> Objective:
    """A function of the catalogue, or of a formula."""
    return named(formula) if formula.isidentifier() else Objective.from_expression(formula, list(bounds))


def catalogue() -> dict[str, Objective]:
    """The functions of at most three coordinates by a name with their number of coordinates."""
    chosen = [
        (name, d)
        for name, entry in ENTRIES.items()
        for d in ((entry.dimensions,) if entry.dimensions else (2, 3))
        if entry.minimum_dimensions <= d <= 3
    ]
    return {f"{name} {d}-D": named(name, d) for name, d in chosen}


def row(name: str, seconds: float, c: Certificate) -> str:
    """One line of the table."""
    counts = "/".join(str(c.counts[kind]) for kind in ("minimum", "saddle", "maximum", "degenerate"))
    agrees = {True: "agrees", False: "CONTRADICTS", None: "-"}[c.degree_agrees]
    cells = [name, c.boxes, f"{seconds:.2f}", counts, len(c.boundary), len(c.undecided), agrees, c.claim]
    return "| " + " | ".join(map(str, cells)) + " |"


def lowest(f: Objective, c: Certificate) -> str:
    """Two more cells: the search for the lowest value after one that did not end complete, as in a study."""
    if c.complete:
        return " - | - |"
    seeds = [p.center for p in c.points] or None
    seconds, found = measure(f, f.domain, level="lowest", seeds=seeds)
    return f" {found.claim} | {seconds:.2f} |"


HEAD = (
    "| problem | boxes | CPU s | min/saddle/max/degenerate | on boundary | undecided | degree | claim |",
    "|---|---|---|---|---|---|---|---|",
)


def table(names: list[str]) -> str:
    """The table of some problems, in Markdown."""
    problems = {name: (objective(*PROBLEMS[name]), Box(PROBLEMS[name][1])) for name in names}
    return "\n".join([*HEAD, *(row(name, *measure(f, box)) for name, (f, box) in problems.items())])


def catalogue_table(names: list[str]) -> str:
    """The table of some functions of the catalogue, in Markdown, with a line that counts the complete ones."""
    functions, rows, complete = catalogue(), [], 0
    for name in names:
        seconds, c = measure(functions[name], functions[name].domain)
        rows.append(row(name, seconds, c) + lowest(functions[name], c))
        complete += c.complete
    head = [f"{HEAD[0]} lowest value alone | CPU s |", f"{HEAD[1]}---|---|"]
    return "\n".join([*head, *rows, "", f"{complete} of {len(names)} are complete."])


def main() -> None:
    """Measure the problems whose names contain one of the arguments, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of names; all problems without any")
    parser.add_argument("--catalogue", action="store_true", help="the functions of the catalogue")
    arguments = parser.parse_args()
    wanted, everything = arguments.names, catalogue() if arguments.catalogue else PROBLEMS
    chosen = [name for name in everything if not wanted or any(w.lower() in name.lower() for w in wanted)]
    print(catalogue_table(chosen) if arguments.catalogue else table(chosen))


if __name__ == "__main__":
    main()
