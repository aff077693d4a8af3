"""Say in a few plain sentences what the study found, and record what is needed to repeat it."""

from typing import TYPE_CHECKING

from multistart.study.jobs import job
from multistart.files.results import timings
from multistart.study import storage
from multistart.study.certify import read_certificate
from multistart.study.compare import gather
from multistart.study.fit_words import read_fit
from multistart.study.read_findings import PairTables
from multistart.study.record import record
from multistart.study.settings import swept_methods
from multistart.study.summarize import read_results, with_boundaries, with_proven, write_summary
from multistart.study.sweep_words import SweepTables

if TYPE_CHECKING:  # which takes as long to load as a small job works
    from snakemake.script import Snakemake


def main(snakemake: "Snakemake") -> None:
    with job(snakemake) as study:
        given, made, parameters = snakemake.input, snakemake.output, snakemake.params
        seconds = [timings(study.folder / "timings", method, study.pieces) for method in study.config.methods]
        tables = (given.basins, given.tallies, given.estimates, given.diagnoses, given.cycles)
        files = {method: study.files(method) for method in study.config.methods}
        results = with_boundaries(study, read_results(study, *tables, seconds), files)
        results = with_proven(study, results, files)
        pairs, compared = None, []
        if len(study.config.methods) > 1:
            pairs = PairTables(**{name: gather(given[name]) for name in parameters.of_pairs})
            compared = [made[name] for name in parameters.of_pairs]
            for name in parameters.of_pairs:
                storage.write_csv(made[name], getattr(pairs, name))
        sweeps = [SweepTables.read(name, study.files(name)) for name in swept_methods(study.config)]
        certificate = read_certificate(given.certificate)
        fit = read_fit(study.folder) if given.fit else None
        write_summary(study, results, certificate, pairs, sweeps, fit, text=made.text, page=made.page)
        recorded = [*given.recorded, *compared]
        content = record(study, recorded, study.folder, starts_checksum=parameters.starts_checksum)
        storage.write_json(made.record, content)


main(snakemake)
