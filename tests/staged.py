"""A study run through its stages in one process, without Snakemake."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from multistart.files.parts import Cut, few, tree
from multistart.files.results import FIT_TABLES, PROVEN_CELLS, MethodFiles
from multistart.proofs import Certificate
from multistart.study import Study, load_study
from multistart.study.boundary import write_edges
from multistart.study.certify import certificate_of, certify_arena, read_certificate
from multistart.study.compare import count_pairs, gather, merge_pairs, read_pairs, write_comparison, write_pairs
from multistart.study.descend import descend_parts
from multistart.study.ends import merge_ends, split_ends
from multistart.study.estimate import write_tables
from multistart.study.fit import write_fit
from multistart.study.fit_words import read_fit
from multistart.study.keep import gather_kept
from multistart.study.label import label_parts, merge_counts, read_counts, write_counts
from multistart.study.measure import measures_writer
from multistart.study.minima import collect_minima
from multistart.study.prove_shares import write_cells
from multistart.study.read_findings import PairTables
from multistart.study.sentences import Summary
from multistart.study.settings import flow_of, is_lattice, proven_methods, settings, swept_methods
from multistart.study.summarize import read_results, summarize, with_proven
from multistart.study.sweep_words import SweepTables
from multistart.study.zoom import write_zoom

DEFAULT = Path(__file__).parent.parent / "config/config.yaml"


def run(study: Study, folder: Path, *, together: bool = False, processes: int = 1) -> Path:
    """The tables of a study; the folder that they are in, those of a method in one of its own where there are several.

    Parameters
    ----------
    together
        Label and estimate in one step whatever the number of parts, and not by the counts of each part.
    processes
        That such a step may take.
    """
    files = files_of(study, folder)
    certificate = folder / "certificate.json"
    certify_arena(_piloted(study), table_path=folder / "critical_points.csv", certificate_path=certificate)
    for method, of_method in files.items():
        for piece in study.pieces:
            descend_parts(study, method, [piece], of_method, threads=2)
        if not few(study.parts, study.pieces, study.config.keep):
            left = in_a_tree(study.pieces, of_method.ends, partial(merge_ends, study))
            split_ends(study, left, of_method)
    collect_minima(study, files.values(), certificate, folder / "minima.csv")
    if study.objective.fit is not None:
        write_fit(study, folder / "minima.csv", {Path(name).stem: folder / name for name in FIT_TABLES})
    for method in proven_methods(study.config):
        write_cells(study, method, files[method], threads=2)
    for method, of_method in files.items():
        _count(study, method, of_method, together=together, processes=processes)
    return folder


def proof_of(study: Study) -> Certificate:
    """The certificate of its arena, which all tests of a session share that claim nothing of how it is made."""
    found = certificate_of(_piloted(study))
    assert found is not None
    return found


def proof_of_peaks(widen: float) -> Certificate:
    """That of peaks in its domain, widened by so many of its own widths."""
    return proof_of(Study(settings({**_default(), "arena": {"widen": widen}})))


def _piloted(study: Study) -> Study:
    """The study of which the arena is proven: for all of peaks with the default study's pilot, so that one is searched.

    A certificate of a box is as good from any pilot; one with the regions of a rule is another one.
    """
    certified = any(study.method(name).stopping == "certified" for name in study.config.methods)
    if study.objective.name != "peaks" or certified:
        return study
    pilot = {key: value for key, value in _default().items() if key in ("methods", "starts")}
    return Study(settings({**study.config.resolved(), **pilot}), study.count)


@cache
def _default() -> dict[str, Any]:
    return load_study(DEFAULT).config.resolved()


def compare(study: Study, folder: Path, *, together: bool = True) -> Path:
    """Compare each method of a study that `run` has run with those before it, as jobs do, which see no later one."""
    files, methods = files_of(study, folder), study.config.methods
    for last in list(methods)[1:]:
        names = list(methods)[: list(methods).index(last) + 1]
        config = study.config.resolved()
        config["methods"] = {name: config["methods"][name] for name in names}
        of_pair, mine = Study(settings(config)), {name: files[name] for name in names}
        if together:
            write_comparison(of_pair, mine, count_pairs(of_pair, mine, study.parts))
        else:
            for part in study.parts:
                write_pairs(of_pair, mine, [part])
            left = in_a_tree(study.parts, files[last].pairs, partial(merge_pairs, of_pair))
            write_comparison(of_pair, mine, read_pairs(of_pair, left))
    return folder


def _count(study: Study, method: str, files: MethodFiles, *, together: bool, processes: int) -> None:
    of_lattice = is_lattice(study.config.starts) and not few(study.parts, study.pieces, study.config.keep)
    reached = (len(study.config.methods) > 1 or of_lattice) and study.config.keep != "all"
    proven = files.table(PROVEN_CELLS) if method in proven_methods(study.config) else None
    if together:
        labelled = label_parts(study, method, files, study.parts, reached=reached, proven=proven)
        write_tables(study, method, files, labelled, processes=processes, proven=proven)
        return
    for part in study.parts:
        write_counts(study, method, files, [part], reached=reached, proven=proven)
    if study.config.keep != "all" and len(study.parts) > 1:
        gather_kept(study, in_a_tree(study.parts, files.kept, partial(gather_kept, study)), files.outcomes)
    left = in_a_tree(study.parts, files.counts, partial(merge_counts, study))
    write_tables(study, method, files, read_counts(study, left), proven=proven)


def in_a_tree(
    cut: Sequence[Cut], path_of: Callable[[Cut], Path], merge: Callable[[list[Path], Path], None]
) -> list[Path]:
    """The files that are left when files of parts, or pieces, have been merged as jobs merge them."""
    left, merged_of = tree(cut)
    for rows, of in merged_of.items():
        merge(list(map(path_of, of)), path_of(rows))
    return list(map(path_of, left))


def bound(study: Study, folder: Path, descents: int, threads: int = 1) -> None:
    """Measure the boundaries of each method of a study that `run` has run, as its job does."""
    for method, files in files_of(study, folder).items():
        plane = folder / "slice.parquet" if study.objective.dimensions > 2 else None
        lattice = is_lattice(study.config.starts) and plane is None
        if few(study.parts, study.pieces, study.config.keep):
            rows = [files.descended(piece) for piece in study.pieces if lattice]
        else:
            rows = [files.compared(part, study.parts, study.config.keep) for part in study.parts if lattice]
        write_edges(study, method, files, rows, plane, descents=descents - descents // 2, threads=threads)
        proven = files.table(PROVEN_CELLS) if method in proven_methods(study.config) else None
        measures_writer(study, method, files, descents=descents // 2, threads=threads, proven=proven)()
        for number, box in enumerate(study.config.figures.zoom, start=1):
            write_zoom(study, method, files, plane, number=number, box=box, descents=descents, threads=threads)


def files_of(study: Study, folder: Path) -> dict[str, MethodFiles]:
    """The files of each method."""
    methods = list(study.config.methods)
    return {m: MethodFiles(folder / m if len(methods) > 1 else folder, folder) for m in methods}


def summary(study: Study, folder: Path) -> Summary:
    """The words for the tables in a folder."""
    names = ("basins.csv", "tally.parquet", "estimates.csv", "diagnoses.csv", "cycles.csv")
    files = files_of(study, folder).values()
    results = read_results(
        study, *([of_method.table(name) for of_method in files] for name in names), [[]] * len(files)
    )
    results = with_proven(study, results, files_of(study, folder))
    pairs = None
    if len(study.config.methods) > 1:
        compare(study, folder)
        names = ["comparison.csv", "changes.csv", *(["distortion.csv"] if flow_of(study.config) else [])]
        tables = ([f.table(name) for f in list(files)[1:] if f.table(name).exists()] for name in names)
        pairs = PairTables(*map(gather, tables))
    of_sweep = {method: files_of(study, folder)[method] for method in swept_methods(study.config)}
    sweeps = [SweepTables.read(*each) for each in of_sweep.items() if each[1].swept("sweep.csv").exists()]
    fit = read_fit(folder) if study.objective.fit is not None else None
    return summarize(study, results, read_certificate(folder / "certificate.json"), pairs, sweeps, fit)
