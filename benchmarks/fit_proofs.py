"""Proofs of NIST's nonlinear fits of two to four parameters: the best in a box, in how many cells and seconds.

    python benchmarks/fit_proofs.py [NAME ...]

The box is that of both starts and the certified optimum, a tenth wider on either side. Seconds are of one core's time.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

from multistart import Box, Objective
from multistart.proofs import certify

NIST = Path(__file__).parent.parent / "tests/reference/nist"
MOST = 4  # parameters


def proven(problem: dict) -> str:
    """A row of the table."""
    rows = np.genfromtxt(NIST / problem["file"], delimiter=",", names=True)
    ends = {p["name"]: [float(p[key]) for key in ("start1", "start2", "value")] for p in problem["parameters"]}
    box = Box({key: (min(e) - 0.1 * abs(min(e)), max(e) + 0.1 * abs(max(e))) for key, e in ends.items()})
    data = {key: rows[key] for key in rows.dtype.names}
    fit = Objective.from_model(problem["model"], data, list(ends), response=problem["response"])
    started = time.process_time()
    found = certify(fit, box, level="lowest")
    seconds = time.process_time() - started
    low, high = found.global_value
    said = "the best" if found.complete and found.candidates else f"none better than {low:.6g}"
    return f"| {problem['name']} | {len(ends)} | {len(rows)} | {found.boxes:,} | {seconds:.1f} | {said} | {high:.11g} |"


def main(names: list[str]) -> None:
    """Print the table."""
    problems = json.loads((NIST / "nist_strd.json").read_text())["problems"]
    print("| problem | parameters | rows | cells | seconds | proven | sum of squares |\n|---|---|---|---|---|---|---|")
    for name, problem in problems.items():
        if name in names or (not names and len(problem["parameters"]) <= MOST):
            print(proven(problem), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
