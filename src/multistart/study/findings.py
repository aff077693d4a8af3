"""What a study found, as numbers: every sentence of the summary is made from these.

:func:`multistart.study.read_findings.find` reads them off the tables. Nothing here is worded, and nothing is computed
where it is worded.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from multistart.descents.outcomes import ENDINGS, RESTING
from multistart.diagnoses import Diagnosis
from multistart.estimates.shares import BOUNDARY, WARNING
from multistart.methods import Method
from multistart.study.regions import Region

APART = "ends_apart"  # the quantity of estimates.csv that says how far ends are apart, of too many


@dataclass(frozen=True)
class Number:
    """A number with the ends of its interval; nan where there is none. The note says what it rests on."""

    value: float
    low: float = math.nan
    high: float = math.nan
    note: str = ""

    @property
    def ends(self) -> tuple[float, float, float]:
        """The number, the lower and the upper end."""
        return self.value, self.low, self.high

    @property
    def has_ends(self) -> bool:
        """Whether the design gives ends at all."""
        return math.isfinite(self.low)

    @property
    def is_bound(self) -> bool:
        """Whether the ends are a bound and no interval."""
        return BOUNDARY in self.note

    @property
    def advice(self) -> str:
        """What to change where the interval is wider than it need be; empty where it is not."""
        return self.note.partition(WARNING)[2]


@dataclass(frozen=True)
class Minimum:
    """A minimum, and what the starts of one method did there: ``share`` is of all starts."""

    basin: int
    location: tuple[float, ...]
    value: float
    is_global: bool
    certified: bool
    critical_learning_rate: float
    count: int
    share: float
    #: Where bounds hold it, as in ``basins.csv``.
    at_bound: str = ""
    in_corner: bool = False


@dataclass(frozen=True)
class Orbit:
    """What starts of a method went to that is no minimum: a cycle, or a bounded orbit.

    Attributes
    ----------
    kind
        As in ``cycles.csv``: ``cycle``, ``chaotic`` or ``undecided``.
    around
        The minimum that it is around; -1 where it is not known.
    exponent, exponent_error
        Lyapunov exponent per update, and its standard error.
    """

    kind: str
    period: int
    around: int
    exponent: float
    exponent_error: float
    proven: bool
    count: int
    share: float


@dataclass(frozen=True)
class Unseen:
    """What uniform starts may have missed.

    Attributes
    ----------
    reached
        Minima that starts reached.
    coverage
        The probability that one more start ends where one has ended before (Good and Turing).
    chao1
        A lower bound, on average, of the number of minima.
    detectable, level
        A basin of this share would have been met with a probability of ``level`` percent.
    """

    reached: int
    coverage: float
    chao1: float
    detectable: float
    level: str


@dataclass(frozen=True)
class Shock:
    """The smallest displacement found that leaves a basin, a proven lower bound, and where it leads, -1 for none."""

    minimum: int
    low: float
    high: float
    lands_in: int


@dataclass(frozen=True)
class BoundaryFindings:
    """What was found of the boundaries of one method.

    Attributes
    ----------
    between, sharp
        Points on edges of basins, and how many of them are told to 1e-10 of the domain.
    widest
        How well the worst of them is told, in widths of the domain.
    limited
        Points at which only a limit or a tolerance cuts descents short.
    by_steps
        Whether that is the limit of steps at all of them.
    ends
        In one dimension, where basins end, from the left; empty in others.
    verdicts
        How rough boundaries are, in sentences.
    shock
        Of the lowest minimum; none where none was found.
    """

    between: int
    sharp: int
    widest: float
    limited: int
    by_steps: bool
    ends: tuple[float, ...]
    verdicts: tuple[str, ...]
    shock: Shock | None


@dataclass(frozen=True)
class ProvenFindings:
    """What is proven of the shares of one method.

    Attributes
    ----------
    bounds
        Of certified minima by their basin, and of -1, none of the proven ones: at least, and at most.
    sampled
        The share of the starts that each of these has.
    undecided, elsewhere
        What is open, at most; and at least from which part of the domain descents come to rest at a proven minimum that
        no start reached.
    cells
        How many there are.
    """

    bounds: Mapping[int, tuple[float, float]]
    sampled: Mapping[int, float]
    undecided: float
    elsewhere: float
    cells: int


@dataclass(frozen=True)
class MethodFindings:
    """What one method gave.

    Attributes
    ----------
    name, method
        Its name in the config, and the rule with its numbers.
    starts, steps
        How many, all together.
    minima
        All of the study's, by basin.
    global_share
        The share of those that tie for the lowest value, taken together.
    restarts, running_time
        Descents that reach the lowest value with 99 %, and the gradient evaluations that restarts take on average.
    unseen
        None for designs that cannot tell, and where no minimum was reached.
    endings, lost
        The share of all starts with each ending, and with each at no minimum.
    under_way, regions
        The share still under way, with its interval; and where those start.
    facts
        The share of all starts that each fact of the tally holds for.
    diagnoses
        Why starts reach no minimum, and which line of the config changes it.
    seconds
        How long the jobs of its descents took; none where that is not known.
    orbits
        What starts went to that is no minimum.
    boundary
        Where basins end; none where that was not measured.
    proven
        What is proven of its shares; none where that is not asked for, or not possible.
    undefined
        The first row of the starts at which the function is not defined, and where that is; none where none was found.
    apart
        How wide the cells are of which one end each was looked at, in widths of the domain; none where all were.
    """

    name: str
    method: Method
    starts: int
    steps: int
    minima: tuple[Minimum, ...]
    global_share: Number
    restarts: Number
    running_time: Number
    unseen: Unseen | None
    endings: Mapping[str, float]
    lost: Mapping[str, float]
    under_way: Number
    regions: tuple[Region, ...]
    facts: Mapping[str, float]
    diagnoses: tuple[Diagnosis, ...] = ()
    seconds: float | None = None
    orbits: tuple[Orbit, ...] = ()
    boundary: BoundaryFindings | None = None
    proven: ProvenFindings | None = None
    undefined: tuple[int, tuple[float, ...]] | None = None
    apart: float | None = None

    @property
    def best(self) -> list[Minimum]:
        """The minima that tie for the lowest value; none where a lower one is certified."""
        return [m for m in self.minima if m.is_global]

    @property
    def local(self) -> list[Minimum]:
        """The others."""
        return [m for m in self.minima if not m.is_global]

    @property
    def reached(self) -> int:
        """Starts that reached a minimum."""
        return sum(m.count for m in self.minima)

    @property
    def at_rest_at_no_minimum(self) -> float:
        """The share of all starts that came to rest at no minimum."""
        return sum(self.lost.get(ENDINGS[code], 0.0) for code in RESTING)

    @property
    def rests(self) -> list[tuple[str, float]]:
        """Where descents rest that are at no minimum, as in ``("at saddle 3", 0.002)``, most starts first."""
        found = [(fact.removeprefix("rest "), share) for fact, share in self.facts.items() if fact.startswith("rest ")]
        return sorted(found, key=lambda rest: -rest[1])

    @property
    def critical_rates(self) -> list[float]:
        """The learning rate above which each minimum attracts no more."""
        return [m.critical_learning_rate for m in self.minima]

    @property
    def unstable(self) -> int:
        """How many minima attract no more at the method's learning rate; of one that changes that is not asked."""
        constant = self.method.constant_rate
        return 0 if constant is None else sum(rate <= constant for rate in self.critical_rates)


@dataclass(frozen=True)
class PairFindings:
    """What two methods make of the same starts.

    Attributes
    ----------
    first, second
        Their names; the first stands before the second in the config.
    changing
        The share of the starts that end in another basin, no minimum being one.
    more
        The share that reaches the lowest value with the second method, less that with the first.
    ratio
        What restarts with the second cost on average until one reaches the lowest value, over what those with the
        first cost, in gradient evaluations: infinite where only the first reaches it, 0 where only the second does,
        nan where neither does.
    apart
        What a descent evaluates on average besides gradients, as in ``{"function": (0.0, 12.5)}``, with the first and
        with the second method; empty where both evaluate gradients alone.
    """

    first: str
    second: str
    changing: Number
    more: Number
    ratio: Number
    apart: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class DistortionFindings:
    """The share of the starts that a method takes to another basin than the flow does, and to another minimum."""

    method: str
    flow: str
    changing: Number
    between_minima: Number


@dataclass(frozen=True)
class Lowest:
    """A place with the lowest value that is proven, in the arena's interior or on its faces.

    Where descents are held in the arena a minimum on a face is one as any other, and counts as interior.
    """

    location: tuple[float, ...]
    value: float
    interior: bool


@dataclass(frozen=True)
class ProofFindings:
    """What is proven, and where that and what the descents of all methods found differ.

    Attributes
    ----------
    complete
        Whether the list of critical points in the arena is proven to be all there is.
    level
        If given, only what lies at or below this value was searched for.
    contradicted
        Whether the list contradicts itself, so that nothing is to be believed of it.
    counts
        Critical points in the interior, by kind.
    undecided
        Why the search left regions open, each reason once.
    bound
        The lowest value in the arena lies between these; minus infinity where no lower bound is proven.
    lowest
        Where the lowest value is taken, as far as can be told: more than one is a tie. Empty where it is not known.
    falls
        Where no lower bound is proven: the variables that an edge of the domain of definition depends on, and where
        along them the edge is; empty where it is no single place.
    in_domain, missed
        Certified minima in the domain, and how many of them no start reached.
    uncertified
        Minima that descents reached and the certificate does not prove.
    lowest_reached
        Whether starts reached a minimum at which the lowest value is taken.
    lower_elsewhere
        Whether the arena has lower values than that of any minimum reached.
    on_faces
        Where descents are held in the arena, the minima on its faces and in its corners, which are listed as well.
    in_part
        Of a fit whose lowest value in the arena is not known: the bounds of that in the domain, and whether starts
        reached a place where it is proven to be taken; none where the domain was not looked at by itself.
    """

    complete: bool
    level: float | None
    contradicted: bool
    counts: Mapping[str, int]
    undecided: tuple[str, ...]
    bound: tuple[float, float]
    lowest: tuple[Lowest, ...]
    falls: tuple[tuple[str, float], ...]
    in_domain: int
    missed: int
    uncertified: int
    lowest_reached: bool
    lower_elsewhere: bool
    on_faces: int = 0
    in_part: tuple[float, float, bool] | None = None

    @property
    def minima(self) -> int:
        """How many minima are listed."""
        return self.counts.get("minimum", 0) + self.on_faces

    @property
    def unbounded(self) -> bool:
        """Whether no lower bound is proven."""
        return math.isinf(self.bound[0])

    @property
    def all_minima(self) -> bool:
        """Whether the minima listed are proven to be all: no critical point is undecided or degenerate."""
        return self.complete and not self.counts.get("degenerate")


@dataclass(frozen=True)
class FitParameter:
    """A parameter of the best fit, as in ``parameters.csv``; nan where there is no standard error, which is noted."""

    name: str
    estimate: float
    standard_error: float
    log_standard_error: float
    at_bound: str
    indistinct: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class FitFindings:
    """What was found of the best fit.

    Attributes
    ----------
    quantities
        As in ``fit.csv``.
    parameters
        Of the best fit, in order; empty where no start reached a minimum.
    together
        Pairs of parameters that are hardly determined apart, with the correlation of their errors.
    """

    quantities: Mapping[str, Number]
    parameters: tuple[FitParameter, ...]
    together: tuple[tuple[str, str, float], ...]


@dataclass(frozen=True)
class Findings:
    """What a study found.

    Attributes
    ----------
    proof
        What is proven; none where that was not attempted.
    methods
        What each method gave, in order.
    pairs
        Each two methods, as far as they are compared.
    distortions
        Each method beside the gradient flow, where there is one.
    fit
        What was found of the best fit; none where the function is no fit to data.
    """

    proof: ProofFindings | None
    methods: tuple[MethodFindings, ...]
    pairs: tuple[PairFindings, ...] = ()
    distortions: tuple[DistortionFindings, ...] = ()
    fit: FitFindings | None = None
