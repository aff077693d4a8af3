"""What the summary says of shares that are proven: bounds beside the sampled share, and what stays open."""

from __future__ import annotations

from multistart.files.results import PROVEN_CELLS, MethodFiles
from multistart.methods.provable import not_proven
from multistart.plurals import counted, listed, plural
from multistart.reachability import NOTHING
from multistart.reachability.cells import in_percent
from multistart.study import storage
from multistart.study.findings import Findings, MethodFindings, ProvenFindings
from multistart.study.proven_cells import UNMAPPED, read_cells
from multistart.study.spelled import percent
from multistart.study.study import Study

NAMED = 8  # minima whose bounds are written out


def read_proven(files: MethodFiles, variables: tuple[str, ...]) -> ProvenFindings:
    """What the tables of a method say of its proven shares."""
    shares = storage.read_csv(files.table("shares.csv"))
    known = shares[shares["proven_low"].notna()]
    cells = read_cells(files.table(PROVEN_CELLS), variables)
    ends = zip(known["proven_low"].tolist(), known["proven_high"].tolist(), strict=True)
    basins = known["basin"].tolist()
    return ProvenFindings(
        bounds=dict(zip(basins, ends, strict=True)),
        sampled=dict(zip(basins, known["share"].tolist(), strict=True)),
        undecided=cells.undecided,
        elsewhere=cells.bounds(UNMAPPED)[0],
        cells=len(cells.verdict),
    )


def paragraphs(study: Study, found: Findings, method: MethodFindings) -> tuple[str, ...]:
    """Bounds of each share; of a method that allows none, why; nothing where none were asked for."""
    if not study.config.proven_shares:
        return ()
    if method.proven is None:
        reason = not_proven(study.config.methods[method.name])
        return (
            f"No share is proven of this method, which has {reason}: shares are proven of gradient_descent at one "
            "constant learning_rate that stops by its gradient.",
        )
    steps, proven = counted(method.method.max_steps, "step"), method.proven
    lead = f"From all of the domain, and not from the drawn starts alone, descents come to rest within {steps}:"
    minima = [m.basin for m in method.minima if m.basin in proven.bounds]
    lines = [_line(proven, basin, f"at minimum {basin}") for basin in minima[:NAMED]]
    if len(minima) > NAMED:
        lines.append(f"at {len(minima) - NAMED} more minima as in shares.csv")
    lines.append(_line(proven, NOTHING, _nowhere(found)))
    return lead, "\n".join(f"- {line}" for line in lines), " ".join(filter(None, _open(method, proven)))


def _line(proven: ProvenFindings, basin: int, where: str) -> str:
    low, high = in_percent(*proven.bounds[basin])
    return f"{where} between {low} % and {high} % of the domain, proven; sampled {percent(proven.sampled[basin])}"


def _nowhere(found: Findings) -> str:
    """What it means that a descent does not arrive: where there may be more minima, nothing is said of those."""
    return "at no minimum" if found.proof is not None and found.proof.all_minima else "at none of the proven minima"


def _open(method: MethodFindings, proven: ProvenFindings) -> tuple[str, ...]:
    _, undecided = in_percent(0.0, proven.undecided)
    unknown = [str(m.basin) for m in method.minima if m.basin not in proven.bounds]
    elsewhere = f"{in_percent(proven.elsewhere, 1.0)[0]} % of the domain"
    return (
        f"Undecided is {undecided} % of the domain, of {counted(f'{proven.cells:,}', 'cell')} in all."
        if proven.undecided
        else "Nothing is undecided.",
        "No start has a label that contradicts what is proven of its cell.",
        f"At least {elsewhere} leads to proven minima that no start reached." if proven.elsewhere else "",
        f"Nothing is proven of {plural('minimum', len(unknown))} {listed(unknown[:NAMED])}, which the "
        "certificate does not have." if unknown else "",
    )  # fmt: skip
