"""Where each file of a study is: rules of the workflow, their scripts and the stages take its name from here.

Nothing here is heavy: the workflow plans with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from multistart.files.parts import Cut, Part, few, part_named, rows_named
from multistart.files.whole_files import remove
from multistart.tables import kept_by_method

#: Widths of the domain: of ends nearer to each other than about this, ``ends/`` holds the first.
ENDS_APART = 1e-6
#: What every method has, besides its outcomes and pictures.
TABLES = tuple(name for name in kept_by_method() if name != "outcomes.parquet")
#: How rough a method's boundaries are, and how far from its minima.
MEASURES = ("boundary.csv", "uncertainty.csv", "shocks.csv", "profile.csv")
#: What a method has whose boundaries are measured.
BOUNDARIES = ("boundary.parquet", "mosaic.parquet", *MEASURES)
#: What a method has whose shares are proven.
PROVEN_CELLS = "proven_cells.parquet"
#: What a study has whose function is a fit to data.
FIT_TABLES = ("fit.csv", "parameters.csv", "correlations.csv", "fitted.csv", "curves.csv")
TIMED = 256  # jobs whose timings are read, of those that descend by a method
#: Folders of files that are named by the rows they are of.
BY_ROWS = ("parts", "ends", "counts", "kept", "reached", "pairs")
LARGEST_LATTICE = 2**22  # starts among which neighbours are looked for
#: What a sweep has, besides the descents at its values.
SWEEP_TABLES = ("sweep.csv", "events.csv", "changes.csv", "attractors.csv", "arrivals.csv")


@dataclass(frozen=True)
class MethodFiles:
    """The files of one method: those of its own folder, and those of the study that all methods share."""

    folder: Path
    shared: Path

    @classmethod
    def of(cls, study: str, method: str) -> MethodFiles:
        """The files of a method of a study that is run in the current folder."""
        return cls(Path("results", study, method), Path("results", study))

    @property
    def minima(self) -> Path:
        """The minima of the study."""
        return self.shared / "minima.csv"

    @property
    def certificate(self) -> Path:
        """What is proven of the study's critical points."""
        return self.shared / "certificate.json"

    @property
    def parts(self) -> Path:
        """The folder of outcomes that are not labelled."""
        return self.folder / "parts"

    def descended(self, part: Part) -> Path:
        """The outcomes of a part, one row a start, not labelled."""
        return self.parts / f"{part.name}.parquet"

    def ends(self, part: Cut) -> Path:
        """The distinct ends of a piece, or of some that are merged."""
        return self.folder / f"ends/{part.name}.parquet"

    @property
    def unfinished(self) -> Path:
        """The folder of rows that belong to parts which are not written yet, see :mod:`.unfinished`."""
        return self.folder / "unfinished"

    @property
    def at_rest(self) -> Path:
        """The distinct ends of all pieces, of descents that came to rest; where pieces are not few."""
        return self.folder / "ends.parquet"

    @property
    def orbits(self) -> Path:
        """The same of descents that did not."""
        return self.folder / "orbits.parquet"

    def distinct_ends(self, parts: Sequence[Part], pieces: Sequence[Part], keep: object) -> list[Path]:
        """The files of all distinct ends: of each piece where these are few."""
        return list(map(self.ends, pieces)) if few(parts, pieces, keep) else [self.at_rest, self.orbits]

    def ends_in_orbits(self, parts: Sequence[Part], pieces: Sequence[Part], keep: object) -> list[Path]:
        """Those of them that have ends of descents that did not rest."""
        return list(map(self.ends, pieces)) if few(parts, pieces, keep) else [self.orbits]

    def counts(self, part: Cut) -> Path:
        """The counts of a part, or of some that are merged."""
        return self.folder / f"counts/{part.name}.parquet"

    @property
    def outcomes(self) -> Path:
        """The labelled rows: a file, or where all are kept of several parts a folder of files."""
        return self.folder / "outcomes.parquet"

    def labelled(self, part: Part, parts: Sequence[Part], keep: object = "all") -> Path:
        """The labelled rows of a part, of all parts of the study; those that may be kept, where not all are."""
        if len(parts) == 1:
            return self.outcomes
        return self.outcomes / f"{part.name}.parquet" if keep == "all" else self.kept(part)

    def kept(self, part: Cut) -> Path:
        """The labelled rows of a part, or of some, that may be kept, where not all are."""
        return self.folder / f"kept/{part.name}.parquet"

    @property
    def checksums(self) -> Path:
        """The checksums of the labelled rows, where there are too many files of them to name each in ``study.json``."""
        return self.folder / "outcomes.sha256"

    def reached(self, part: Part) -> Path:
        """Which minimum each start of a part reached, where not all rows are kept, and this is read of all."""
        return self.folder / f"reached/{part.name}.parquet"

    def compared(self, part: Part, parts: Sequence[Part], keep: object) -> Path:
        """The file that says of every start of a part which minimum it reached, whatever rows are kept."""
        return self.labelled(part, parts, keep) if keep == "all" else self.reached(part)

    def pairs(self, part: Cut) -> Path:
        """The counts of a part, or of some that are merged, together with other methods."""
        return self.folder / f"pairs/{part.name}.parquet"

    def table(self, name: str) -> Path:
        """A table of the method, as those of :data:`TABLES`."""
        return self.folder / name

    def swept(self, name: str) -> Path:
        """A table of the method's sweep, as those of :data:`SWEEP_TABLES`."""
        return self.folder / "sweep" / name

    def zoomed(self, what: str, number: int) -> Path:
        """Of the box of that number, from 1, in ``figures.zoom``: its ``map``, or the ``boundary`` in it."""
        return self.folder / f"zoom/{what}-{number}.parquet"

    @property
    def values(self) -> Path:
        """The folder of the descents at the values of a sweep, which are kept by digests of what shapes them."""
        return self.folder / "sweep/values"

    @property
    def value_counts(self) -> Path:
        """The folder of what was counted of them, kept likewise."""
        return self.folder / "sweep/counts"

    def clear_outcomes(self, parts: Sequence[Part], keep: object = "all") -> None:
        """Make way for the labelled rows of these parts where those of another number of parts lie.

        A reader of a folder reads all files in it, so none may stay there that is no part of the study. Their counts go
        with them: else a part that is wanted again would be taken for labelled. Files of the user's own, without a
        checksum, stay.
        """
        own = {self.labelled(part, parts) for part in parts} if keep == "all" else {self.outcomes}
        if self.outcomes.is_file() and self.outcomes not in own:
            remove(self.outcomes)
        for record in self.outcomes.glob(".part-*.parquet.sha256"):
            if (path := record.with_name(record.name[1 : -len(".sha256")])) not in own:
                remove(path)
                self._forget_counts(part_named(path))
        if self.outcomes.is_dir() and not any(self.outcomes.iterdir()):
            self.outcomes.rmdir()

    def _forget_counts(self, part: Part) -> None:
        """Remove the counts of a part, and those that they were added to."""
        remove(self.counts(part))
        for path in self.counts(part).parent.glob("rows-*.parquet"):
            rows = rows_named(path.stem)
            if rows.first <= part.first < rows.last:
                remove(path)


def timing(folder: Path | str, method: str, piece: Part) -> Path:
    """Where Snakemake says how long the job took that descended from a piece."""
    return Path(folder) / f"descend-{method}-{piece.name}.tsv"


def timings(folder: Path | str, method: str, pieces: Sequence[Part]) -> list[Path]:
    """The timings of the jobs that descended from a method's pieces; none where some are missing.

    Of more than :data:`TIMED` pieces, of as many at most that are spread over all.
    """
    found = [timing(folder, method, piece) for piece in pieces[:: -(-len(pieces) // TIMED)]]
    return found if all(path.exists() for path in found) else []
