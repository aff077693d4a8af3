"""What is false in a certificate, by a search of its own: nothing here uses SymPy, the package's parser or enclosures.

Thousands of points, Newton's method from them in doubles with second-order jets of the formula's text, and 50 digits
for whatever seems to contradict the certificate. A search can refute a claim, never prove one.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from mpmath import mp, mpf

from multistart.proofs.certificate import Certificate, CriticalPoint
from tests.text_functions import DIGITS, Ambiguous, TextFunction, Truth, Undefined, eigenvalues, newton

SINGULAR = 1e-9  # ratio of eigenvalues below which a critical point may be called degenerate
POLISHED = 25  # candidates that 50 digits are spent on, in the box and on each face
DISTANCES = (1e-6, 1e-9, 1e-12, 1e-15, 1e-18, 1e-22)  # of the box; a minimum may be lowest in no more than 1e-17
NEAR = 1e-9  # of the box's width: what doubles find within this of a listed point is that point


@dataclass
class Search:
    """A search of a box for critical points and low values.

    Attributes
    ----------
    points, values
        Where the function was looked at, and its values in doubles; nan where undefined.
    critical
        Ends of Newton's method in the box, a row each; candidates to double precision.
    """

    f: TextFunction
    low: np.ndarray
    high: np.ndarray
    seed: int = 0
    count: int = 1500
    points: np.ndarray = field(init=False)
    values: np.ndarray = field(init=False)
    critical: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng([self.seed, 77])
        self.width = self.high - self.low
        points = np.vstack([self._uniform(self.count), self._near_faces(self.count // 4), self._near_zero(200)])
        values = self.f.values(points)
        edge = self._near_edges(points, values)
        self.points = np.vstack([points, edge])
        self.critical = self.newton(self.points[: 2 * self.count])
        self.points = np.vstack([self.points, self.critical, self._descended()])
        self.values = self.f.values(self.points)

    @property
    def d(self) -> int:
        return len(self.low)

    def _uniform(self, n: int) -> np.ndarray:
        return np.clip(self.low + self.width * self.rng.random((n, self.d)), self.low, self.high)

    def _near_faces(self, n: int) -> np.ndarray:
        """Points whose coordinates are at, or a power of ten from, an end of the box."""
        points = self._uniform(n)
        distance = self.width * 10.0 ** -self.rng.uniform(0.5, 17, (n, self.d)) * (self.rng.random((n, self.d)) < 0.8)
        close = np.where(self.rng.random((n, self.d)) < 0.5, self.low + distance, self.high - distance)
        return np.clip(np.where(self.rng.random((n, self.d)) < 0.6, close, points), self.low, self.high)

    def _near_zero(self, n: int) -> np.ndarray:
        """Points with coordinates of all sizes around whole numbers and fractions, where formulas have edges."""
        points = self._uniform(n)
        at = self.rng.choice([0.0, 0.0, 0.0, 1.0, -1.0, 1 / 3, 0.5, 2.0], (n, self.d))
        size = np.maximum(self.width, 1e-300)
        close = at + self.rng.choice([-1.0, 0, 1.0], (n, self.d)) * size * 10.0 ** -self.rng.uniform(1, 17, (n, self.d))
        inside = (close >= self.low) & (close <= self.high) & (self.rng.random((n, self.d)) < 0.7)
        return np.where(inside, close, points)

    def _near_edges(self, points: np.ndarray, values: np.ndarray, n: int = 200) -> np.ndarray:
        """The last points at which the function is defined, on lines to points where it is not."""
        good, bad = points[np.isfinite(values)], points[np.isnan(values)]
        if not len(good) or not len(bad):
            return np.empty((0, self.d))
        inner = good[self.rng.integers(len(good), size=n)]
        outer = bad[self.rng.integers(len(bad), size=n)]
        first, kept = inner.copy(), []
        for k in range(60):
            middle = inner + 0.5 * (outer - inner)
            defined = np.isfinite(self.f.values(middle))[:, None]
            inner, outer = np.where(defined, middle, inner), np.where(defined, outer, middle)
            if k % 6 == 5:
                kept.append(inner)
        return np.vstack([*kept, inner + 0.03 * (first - inner)])

    def newton(self, start: np.ndarray, free: Sequence[int] | None = None, steps: int = 40) -> np.ndarray:
        """Ends of Newton's method along the free coordinates that stand still in the box, each once."""
        free = list(range(self.d)) if free is None else list(free)
        x = start.copy()
        done = [np.empty((0, self.d))]
        scale = np.maximum(self.width[free], 1e-300)
        for _ in range(steps):
            _, g, h = self.f.jets(x)
            with np.errstate(over="ignore"):  # what overflows is dropped below
                g, h = g[:, free] * scale, h[:, free][:, :, free] * scale[None, :, None] * scale[None, None, :]
            good = np.isfinite(g).all(axis=1) & np.isfinite(h).all(axis=(1, 2))
            x, g, h = x[good], g[good], h[good]
            if not len(x):
                break
            size = np.maximum(np.abs(h).max(axis=(1, 2)), 1e-300)
            with np.errstate(all="ignore"):
                gh = g / size[:, None]
                finite = np.isfinite(gh).all(axis=1)
                x, gh, size = x[finite], gh[finite], size[finite]
                h = h[finite] / size[:, None, None]
                step = _solved(h, gh)
                rest = np.abs(gh - np.einsum("nij,nj->ni", h, step)).max(axis=1, initial=0)
                length = np.abs(step).max(axis=1, initial=0)
                step *= np.minimum(1, 0.2 / np.maximum(length, 1e-300))[:, None]
            still = (length < 1e-7) & (rest < 1e-7) & (size > 1e-280)  # no zero is where all underflows
            x[:, free] -= step * scale
            x[:, free] = np.clip(
                x[:, free], self.low[free] - 0.3 * self.width[free], self.high[free] + 0.3 * self.width[free]
            )
            done.append(x[still])
            x = x[~still]
        x = np.vstack(done)
        x = x[((x >= self.low) & (x <= self.high)).all(axis=1)]
        keys = np.round((x - self.low) / np.maximum(self.width, 1e-300) * 1e7)
        return x[np.unique(keys, axis=0, return_index=True)[1]] if len(x) else x

    def _descended(self, n: int = 12) -> np.ndarray:
        """Ends of compass searches from the lowest points, in the box."""
        values = self.f.values(self.points)
        order = np.argsort(np.where(np.isnan(values), np.inf, values))[:n]
        x, best = self.points[order], values[order]
        step = np.full(len(x), 0.1)
        for _ in range(100):
            direction = self.rng.normal(size=(2 * self.d + 2, *x.shape))
            direction /= np.maximum(np.abs(direction).max(axis=2, keepdims=True), 1e-300)
            direction[: self.d] = np.eye(self.d)[:, None, :]
            direction[self.d : 2 * self.d] = -np.eye(self.d)[:, None, :]
            tried = np.clip(x + step[:, None] * direction * self.width, self.low, self.high)
            found = self.f.values(tried.reshape(-1, self.d)).reshape(tried.shape[:2])
            found = np.where(np.isnan(found), np.inf, found)
            which = found.argmin(axis=0)
            lower = found.min(axis=0) < best
            x = np.where(lower[:, None], tried[which, np.arange(len(x))], x)
            best = np.where(lower, found.min(axis=0), best)
            step = np.where(lower, np.minimum(step * 1.3, 0.2), step * 0.6)
        self.descended = x
        return x

    def lowest(self, n: int = 20) -> list[tuple[mpf, np.ndarray]]:
        """The lowest values found, at 50 digits, at places apart from each other where the text is defined."""
        order = np.argsort(np.where(np.isnan(self.values), np.inf, self.values))
        points, tried, found = self.points[order[~np.isnan(self.values[order])]], 0, []
        while len(points) and len(found) < n and tried < 2 * n:
            tried += 1
            with contextlib.suppress(Undefined, Ambiguous):
                found.append((self.f.value_at(points[0]), points[0]))
            apart = np.abs(points - points[0]).max(axis=1, initial=0) > (1e-6 if found else 0) * self.width.max()
            points = points[apart]  # doubles may be noise near a pole, all around a place
        return sorted(found, key=lambda pair: pair[0])


@dataclass
class Refutation:
    """A search for what is false in one certificate; iterate :meth:`all`."""

    c: Certificate
    f: TextFunction
    search: Search
    known: float | None = None

    def all(self) -> list[str]:
        """Sentences, each a claim of the certificate that is false; empty if none was found."""
        found = [
            *self._missing(),
            *self._points(),
            *self._boundary(),
            *self._missing_on_faces(),
            *self._lowest(),
            *self._missing_minima(),
            *self._balls(),
        ]
        if self.c.degree_agrees is False:
            found.append(f"SAFE: the certificate contradicts itself: {self.c.claim}")
        return found

    # --- what is listed nowhere ------------------------------------------------------------------------------

    def _below(self, value: mpf) -> bool:
        return self.c.level is None or value <= mpf(self.c.level)

    def _accounted(self, x: Sequence[float], slack: float = NEAR) -> bool:
        """Whether a place is in an enclosure or a cluster, but for rounding."""
        cells = [p.location for p in (*self.c.points, *self.c.boundary)] + [u.hull for u in self.c.undecided]
        return any(
            all(a - slack * w <= v <= b + slack * w for v, (a, b), w in zip(x, cell, self.search.width, strict=True))
            for cell in cells
        )

    def _missing(self) -> Iterator[str]:
        open_ones = [x for x in self.search.critical if not self._accounted(x)]
        for x in open_ones[:: max(1, len(open_ones) // POLISHED)]:
            z, truth = self._zero(x)
            if truth is None or self._accounted([float(v) for v in z]):
                continue
            if not all(
                a + 1e-9 * w < v < b - 1e-9 * w for v, (a, b), w in zip(z, self.c.box, self.search.width, strict=True)
            ):
                continue
            lambdas = eigenvalues(truth.hessian)
            if min(map(abs, lambdas)) <= SINGULAR * max(map(abs, lambdas)) or not self._below(truth.value):
                continue
            yield f"MISSING: critical at {_show(z)}, value {mp.nstr(truth.value, 8)}, eigenvalues {_show(lambdas)}"

    def _zero(self, x: Sequence[float], free: Sequence[int] | None = None) -> tuple[list[mpf], Truth | None]:
        try:
            z = newton(self.f, x, free, reach=1e-3 * self.search.width)
            return (z, self.f.at(z)) if z else ([], None)
        except (Undefined, Ambiguous):
            return [], None

    # --- what is listed --------------------------------------------------------------------------------------

    def _points(self) -> Iterator[str]:
        for p in self.c.points:
            where = f"the {p.kind} at {p.center}"
            if p.kind == "degenerate":
                if self.f.defined_at(p.center) is False and self._nowhere_defined(p):
                    yield f"UNDEFINED: {where}"
                continue
            z, truth = self._zero(p.center)
            if truth is None:
                if self.f.defined_at(p.center) is False:
                    yield f"UNDEFINED: {where}"
                else:
                    yield f"SOFT: no zero confirmed for {where} {self.f.defined_at(p.center)}"
                continue
            yield from self._judged(p, z, truth, where)

    def _nowhere_defined(self, p: CriticalPoint) -> bool:
        low, high = np.array(p.location).T
        points = low + (high - low) * np.random.default_rng(1).random((200, len(low)))
        return all(self.f.defined_at(x) is False for x in points[:20]) and np.isnan(self.f.values(points)).all()

    def _judged(self, p: CriticalPoint, z: list[mpf], truth: Truth, where: str) -> Iterator[str]:
        lambdas = eigenvalues(truth.hessian)
        slack = _slack(truth, lambdas)
        if not _inside(z, p.location, slack):
            yield f"EMPTY: {where} in {p.location}: the zero is at {_show(z, 40)}"
        if not p.touches_boundary and not _inside(z, self.c.box, slack):
            yield f"OUTSIDE: {where}: the zero is outside the box, at {_show(z, 40)}"
        negative = sum(v < 0 for v in lambdas)
        kind = "minimum" if negative == 0 else "maximum" if negative == len(lambdas) else "saddle"
        if kind != p.kind:
            yield f"KIND: {where} is a {kind}: eigenvalues {_show(lambdas)}"
        for v, (a, b) in zip(lambdas, p.eigenvalues, strict=True):
            if not mpf(a) - abs(v) * mpf(10) ** -30 <= v <= mpf(b) + abs(v) * mpf(10) ** -30:
                yield f"EIGENVALUE: {where}: {mp.nstr(v, 20)} is not in ({a!r}, {b!r})"
        if not _between(truth.value, p.value, truth.value_error * 2.0**53 * 10.0 ** (3 - DIGITS)):
            yield f"VALUE: {where}: {mp.nstr(truth.value, 30)} is not in {p.value}"
        for end in (0, 1):
            other, there = self._zero([pair[end] for pair in p.location])
            if there is not None and _inside(other, p.location) and _far(other, z, p.location, slack):
                yield f"TWO: {where} has another zero in {p.location}: {_show(z, 40)} and {_show(other, 40)}"

    def _boundary(self) -> Iterator[str]:
        for p in self.c.boundary:
            where = f"the boundary {p.kind} at {p.center}"
            free = [i for i, (a, b) in enumerate(p.location) if a != b]
            x = list(p.center)
            if free:
                z, truth = self._zero(x, free)
                if truth is None:
                    undefined = self.f.defined_at(x) is False
                    yield f"UNDEFINED: {where}" if undefined else f"SOFT: no zero confirmed for {where}"
                    continue
                if not _inside(z, p.location):
                    yield f"EMPTY: {where} in {p.location}: the zero is at {_show(z, 40)}"
                x = z
            if self.f.defined_at(x) is False:
                yield f"UNDEFINED: {where}"
            elif self.f.defined_at(x):
                value = self.f.value_at(x)
                if not _between(value, p.value, 1e-20 * float(abs(value))):
                    yield f"VALUE: {where}: {mp.nstr(value, 30)} is not in {p.value}"
                yield from self._lower_beside(x, value, where)

    def _lower_beside(self, x: Sequence[mpf], value: mpf, where: str) -> Iterator[str]:
        """Points of the box beside a minimum that are lower, at every distance that is tried."""
        rng = np.random.default_rng(3)
        lower = 0
        for distance in DISTANCES:
            hit = None
            for _ in range(12):
                move = rng.uniform(-1, 1, len(x)) * (rng.random(len(x)) < 0.7) * distance * self.search.width
                with mp.workdps(50):
                    y = [min(max(v + mpf(m), mpf(a)), mpf(b)) for v, m, (a, b) in zip(x, move, self.c.box, strict=True)]
                    try:
                        there = self.f.value_at(y)
                    except (Undefined, Ambiguous):
                        continue
                    if there < value - abs(value) * mpf(10) ** -40 - mpf(10) ** -60:
                        hit = y
            lower += hit is not None
        if lower == len(DISTANCES):
            yield f"NO MINIMUM: {where}: lower beside it, at {_show(hit, 20)}"

    # --- the boundary ----------------------------------------------------------------------------------------

    def _missing_on_faces(self) -> Iterator[str]:
        d = len(self.c.box)
        if d > 3:
            return
        for held in itertools.chain.from_iterable(itertools.combinations(range(d), k) for k in range(1, d + 1)):
            for ends in itertools.product((0, 1), repeat=len(held)):
                yield from self._missing_on_face(dict(zip(held, ends, strict=True)))

    def _missing_on_face(self, held: dict[int, int]) -> Iterator[str]:
        free = [i for i in range(len(self.c.box)) if i not in held]
        start = self.search.points[: 300 if self.search.d < 3 else 120].copy()
        for i, end in held.items():
            start[:, i] = self.c.box[i][end]
        places = self.search.newton(start, free) if free else start[:1]
        open_ones = [x for x in places[self._may_be_minima(places, held, free)] if not self._accounted(x)]
        for x in open_ones[:: max(1, len(open_ones) // POLISHED)]:
            z, truth = self._zero(x, free) if free else self._corner(x)
            if truth is None or not _inside([z[i] for i in free], [self.c.box[i] for i in free]):
                continue
            slopes = [truth.gradient[i] * (1 if end == 0 else -1) for i, end in held.items()]
            lambdas = eigenvalues(truth.hessian, free)
            if any(mp.isnan(s) or not s > 0 for s in slopes) or any(not v > 0 for v in lambdas):
                continue
            if lambdas and lambdas[0] <= SINGULAR * lambdas[-1]:
                continue
            if any(min(z[i] - self.c.box[i][0], self.c.box[i][1] - z[i]) <= 1e-9 * self.search.width[i] for i in free):
                continue
            if self._below(truth.value) and not self._accounted([float(v) for v in z]):
                yield f"MISSING ON A FACE: minimum at {_show(z)}, value {mp.nstr(truth.value, 8)}"

    def _may_be_minima(self, x: np.ndarray, held: dict[int, int], free: list[int]) -> np.ndarray:
        """Which places in a face are minima of the box as far as doubles tell."""
        _, g, h = self.f.jets(x)
        inward = g[:, list(held)] * [1 if end == 0 else -1 for end in held.values()]
        good = (inward > 0).all(axis=1) & np.isfinite(h).all(axis=(1, 2))
        lambdas = np.linalg.eigvalsh(np.where(good[:, None, None], h, 0)[:, free][:, :, free])
        return good & (lambdas > 0).all(axis=1)

    def _corner(self, x: Sequence[float]) -> tuple[Sequence[float], Truth | None]:
        try:
            return list(x), self.f.at(x)
        except (Undefined, Ambiguous):
            return list(x), None

    # --- the lowest value ------------------------------------------------------------------------------------

    def _lowest(self) -> Iterator[str]:
        low, high = self.c.global_value
        best = self.search.lowest()
        if math.isnan(low) or math.isnan(high) or low > high:
            yield f"LOWEST: {self.c.global_value} is no interval"
        if not best:
            return
        value, x = best[0]
        if value < mpf(low) - abs(value) * mpf(10) ** -30:
            yield f"LOWEST: {mp.nstr(value, 12)} at {_show(x, 17)} undercuts {self.c.global_value}"
        if self.c.complete and value > mpf(high) + 1e-3 * max(1, abs(value), abs(high)):
            yield f"SOFT: the lowest value found is {mp.nstr(value, 12)}, the certificate's at most {high!r}"

        yield from self._sentence(value)

    def _sentence(self, value: mpf) -> Iterator[str]:
        """The sentence prints a lowest value as digits: [m +/- r], or exactly m."""
        printed = re.search(r"lowest value \[?(-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)(?: \+/- ([\d.e+-]+)\])?", self.c.sentence)
        if printed and value < mpf(printed[1]) - mpf(printed[2] or "1e-25") - abs(value) * mpf(10) ** -25:
            yield f"SENTENCE: {mp.nstr(value, 12)} undercuts what is printed: {printed[0]}"

    def _missing_minima(self) -> Iterator[str]:
        """Minima without derivatives too, by comparing values; only of certificates that leave nothing open."""
        if not self.c.complete:
            return
        for x in self._valleys():
            if self._accounted(x, 1e-4) or not self._is_lowest_around(x):
                continue
            yield f"MISSING MINIMUM: near {tuple(map(float, x))}, value {mp.nstr(self.f.value_at(x), 12)}"

    def _valleys(self) -> Iterator[np.ndarray]:
        if len(self.c.box) > 1:
            yield from self.search.descended
            return
        low, high = self.c.box[0]
        grid = np.linspace(low, high, 4001)[1:-1]
        value = self.f.values(grid[:, None])
        with np.errstate(invalid="ignore"):
            dips = np.flatnonzero((value[1:-1] < value[:-2]) & (value[1:-1] < value[2:])) + 1
        for i in dips[:40]:
            a, b = grid[i - 1], grid[i + 1]
            for _ in range(60):  # golden section would do; thirds are simpler
                m, n = a + (b - a) / 3, b - (b - a) / 3
                fm, fn = self.f.values(np.array([[m], [n]]))
                a, b = (a, n) if fm < fn else (m, b)
            yield np.array([0.5 * (a + b)])

    def _is_lowest_around(self, x: np.ndarray) -> bool:
        """Whether the function is defined and continuous around a point inside, and higher at some distance."""
        w = self.search.width
        if not all(a + 1e-3 * v < y < b - 1e-3 * v for y, (a, b), v in zip(x, self.c.box, w, strict=True)):
            return False
        rng = np.random.default_rng(5)
        around = rng.normal(size=(300, len(x)))
        around /= np.linalg.norm(around, axis=1)[:, None]
        try:
            here = float(self.f.value_at(x))
        except (Undefined, Ambiguous):
            return False
        far, close = self.f.values(x + 3e-4 * w * around), self.f.values(x + 1e-9 * w * around)
        if not (np.isfinite(far).all() and np.isfinite(close).all()) or not self._below(mpf(here)):
            return False
        if len(x) > 1 and not self._is_bent(x + 1e-9 * w * around):
            return False
        rise = far.min() - here
        noise = 1e-12 * max(abs(here), float(np.abs(far).max()))
        return rise > noise and np.abs(close - here).max() < 0.1 * np.abs(far - here).max()

    def _is_bent(self, x: np.ndarray) -> bool:
        """Whether gradients around differ by more than second derivatives say: else Newton's method had found it."""
        _, g, h = self.f.jets(x)
        if not np.isfinite(h).all():
            return True
        change, expected = g - g[0], np.einsum("nij,nj->ni", h, x - x[0])
        return np.abs(change - expected).max() > 0.1 * np.abs(change).max()

    # --- balls -----------------------------------------------------------------------------------------------

    def _balls(self) -> Iterator[str]:
        for p in self.c.points:
            if p.attraction is None:
                continue
            ball, rng = p.attraction, np.random.default_rng(9)
            way = rng.normal(size=(100, len(ball.center)))
            way *= (ball.radius * (1 - 1e-9) / np.linalg.norm(way, axis=1))[:, None]
            points = np.array(ball.center) + way * np.where(np.arange(100) < 50, 1, rng.random(100))[:, None]
            _, _, hessian = self.f.jets(points)
            for x, h in zip(points, hessian, strict=True):
                doubtful = not np.isfinite(h).all()
                if not doubtful:
                    lambdas = np.linalg.eigvalsh(h)
                    doubtful = lambdas[0] <= 0 or lambdas[-1] > ball.curvature * (1 + 1e-12)
                if doubtful and (why := self._outside_promise(x, ball.curvature)):
                    yield f"BALL: around {ball.center}, radius {ball.radius!r}, at {_show(x, 17)}: {why}"
                    break

    def _outside_promise(self, x: Sequence[float], curvature: float) -> str:
        try:
            truth = self.f.at(x)
        except Undefined:
            return "undefined"
        except Ambiguous:
            return ""
        if not truth.has_derivatives:
            return "no derivatives"
        lambdas = eigenvalues(truth.hessian)
        wrong = lambdas[0] <= 0 or lambdas[-1] > mpf(curvature) * (1 + mpf(10) ** -12)
        return f"eigenvalues {_show(lambdas)}, curvature {curvature!r}" if wrong else ""


def refutations(
    c: Certificate, f: TextFunction, *, seed: int = 0, count: int = 1500, search: Search | None = None
) -> list[str]:
    """What is false in a certificate of a formula, in sentences that begin with a word in capitals.

    "SAFE" is wrong on the safe side, "SOFT" could not be decided here.
    """
    if search is None:
        low, high = np.array(c.box).T
        search = Search(f, low, high, seed, count)
    with mp.workdps(DIGITS):
        return Refutation(c, f, search).all()


def _solved(h: np.ndarray, g: np.ndarray) -> np.ndarray:
    """Solutions of ``n`` linear systems; the shortest where one is singular."""
    if h.shape[1] == 1:
        return g / np.where(h[:, 0] == 0, np.inf, h[:, 0])
    try:
        return np.linalg.solve(h, g[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:
        return np.einsum("nij,nj->ni", np.linalg.pinv(h, rcond=1e-13), g)


def _slack(truth: Truth, lambdas: Sequence[mpf]) -> mpf:
    """By how much a zero of the gradient may be off because 50 digits are not more."""
    lost = max(float(e) for e in truth.gradient_error) * 2.0**53
    return mpf(lost) * mpf(10) ** (3 - DIGITS) / max(min(abs(v) for v in lambdas), mpf(10) ** -300)


def _inside(x: Sequence[mpf], cell: Sequence[tuple[float, float]], slack: mpf | int = 0) -> bool:
    return all(
        mpf(a) - abs(v) * mpf(10) ** -40 - slack <= v <= mpf(b) + abs(v) * mpf(10) ** -40 + slack
        for v, (a, b) in zip(x, cell, strict=True)
    )


def _between(value: mpf, interval: tuple[float, float], slack: float) -> bool:
    low, high = interval
    return mpf(low) - slack - mpf(10) ** -45 <= value <= mpf(high) + slack + mpf(10) ** -45


def _far(x: Sequence[mpf], y: Sequence[mpf], cell: Sequence[tuple[float, float]], slack: mpf) -> bool:
    """Whether two points of a cell are apart: more than digits lose, and more than a millionth of the cell."""
    return any(
        abs(a - b) > max(4 * slack, mpf(10) ** -38 * max(abs(a), abs(b)), mpf(10) ** -6 * (mpf(high) - mpf(low)))
        for a, b, (low, high) in zip(x, y, cell, strict=True)
    )


def _show(x: Sequence[mpf | float] | None, digits: int = 10) -> str:
    return "none" if x is None else "(" + ", ".join(mp.nstr(mpf(v), digits) for v in x) + ")"
