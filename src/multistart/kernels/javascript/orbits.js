/**
 * What a descent at the step limit does from there on: whether it goes round a cycle, or moves about without end. The
 * decisions of descents/orbits.py, for one row.
 */
import { firstReturn, keepsItsRange, largestOf, smallestDivisor } from "./recurrence.js";
import { Walk, endingName, isFinitePoint } from "./walk.js";

const FALLS = 32; // further updates in each of which the value of a descent under way falls
const LONGEST = 64; // periods that are looked for
const APART = 1e-9; // of its place: how far a neighbour is
const PUT_BACK = 8; // how often a neighbour is put back to that distance
const UPDATES = 16; // updates between
const AGAIN = 3; // looks at an orbit that does not part fast
const LATER = 4096; // updates between them
const FAST = 1e6; // times as far: no more looks
const WATCHES = [512, 8192]; // updates in which an orbit stays in its range
const PARTS = 8; // times as far is a neighbour that an orbit parts from
const LEAST_MOVE = 1e-6; // of its place: the extent of an orbit, below which it is at rest but for its last digits
const ARRIVED = 1e-6; // of its extent: so near its cycle is an orbit that is on it
const LEAST_NORMAL = 2 ** -1022;

/** A run at the step limit with the ending that its further updates give it: a cycle and its period, or bounded. */
export function judge(problem, run) {
  if (run.ending !== "step_limit" || !problem.rule.autonomous) return run;
  const orbits = new Orbits(problem, run.exact);
  const row = Float64Array.from([...run.end, ...run.state]);
  if (orbits.falls(row)) return run;
  const period = orbits.period(row);
  if (period > 1 && orbits.hasArrived(row, period)) return { ...run, ending: "cycle", period };
  const bounded = period === 0 && problem.rule.rest !== "never" && orbits.movesAbout(row) && orbits.stays(row);
  return bounded ? { ...run, ending: "bounded" } : run;
}

/** Further updates of a row, under no rule that stops them but the arena. */
class Orbits {
  constructor(problem, exact) {
    this.walk = new Walk({ ...problem, tolerance: 0, balls: [], limit: LATER }, exact);
    this.d = this.walk.d;
    this.words = this.walk.words;
    this.remembers = this.words > this.d;
  }

  /** A row and what each of so many updates makes of it, rows one after the other; nan from where it has ended. */
  follow(row, updates) {
    const { walk, words, d } = this;
    const orbit = new Float64Array((updates + 1) * words).fill(NaN);
    orbit.set(row);
    let now = orbit.subarray(0, words);
    for (let t = 1; t <= updates; t++) {
      const next = orbit.subarray(t * words, (t + 1) * words);
      if (!walk.makes(now, next) || !isFinitePoint(next, d) || !walk.isInside(next)) {
        next.fill(NaN);
        break;
      }
      now = next;
    }
    return orbit;
  }

  /** A row after many updates, likewise. */
  muchLater(row) {
    this.walk.continueFrom(row, 0);
    this.walk.to(LATER, null);
    const going = ["step_limit", "stationary"].includes(endingName(this.walk.code));
    return going ? Float64Array.from(this.walk.row) : new Float64Array(this.words).fill(NaN);
  }

  /** Whether the value falls in each further update, or the point hardly moves; or it leaves. */
  falls(row) {
    const { words, d, walk } = this;
    const orbit = this.follow(row, FALLS);
    const at = (t) => orbit.subarray(t * words, t * words + d);
    for (let t = 1; t <= FALLS; t++) {
      const falls = walk.formula.value(at(t), walk.numbers) < walk.formula.value(at(t - 1), walk.numbers);
      const small = largestOf(at(t).map((x, j) => x - at(t - 1)[j])) <= LEAST_MOVE * largestOf(at(t - 1));
      if (!falls && !small) return Number.isNaN(at(t)[0]);
    }
    return true;
  }

  /** The period of the orbit from a row on: 1 at rest, 0 where it has none. */
  period(row) {
    const follow = (from, updates) => this.follow(from, updates);
    const { length, row: there } = firstReturn(follow, row, this.d, LONGEST);
    return length === 0 ? 0 : smallestDivisor(follow, there, this.d, length);
  }

  /** Whether after a period a row is where it was, as far as can be told. */
  hasArrived(row, period) {
    const orbit = this.follow(row, period);
    let [away, most] = [0, 0];
    for (let t = 0; t <= period; t++) {
      away = largestOf(orbit.subarray(t * this.words, t * this.words + this.d).map((x, j) => x - row[j]));
      most = Math.max(most, away);
    }
    return away <= ARRIVED * most;
  }

  /** Whether the orbit parts from its neighbours: very fast, or now and much later too. */
  movesAbout(row) {
    for (let again = 0; again < AGAIN; again++) {
      const growth = this.growth(row);
      if (growth > (this.remembers ? Infinity : Math.log(FAST))) return true;
      if (!(growth > Math.log(PARTS))) return false;
      if (again < AGAIN - 1) row = this.muchLater(row);
    }
    return true;
  }

  /** Whether the orbit stays in one range, be it seen soon or after long. */
  stays(row) {
    return WATCHES.some((updates) => keepsItsRange(this.follow(row, updates), this.words, this.d));
  }

  /** The logarithm of how far the orbit parts from neighbours; nan where it leaves. */
  growth(row) {
    const { d, words } = this;
    const unseen = this.remembers ? PUT_BACK : 0;
    let growth = 0;
    let away = new Float64Array(words).fill(1, 0, d);
    for (let look = 0; look < unseen + PUT_BACK; look++) {
      const size = APART * Math.max(largestOf(row.subarray(0, d)), LEAST_NORMAL);
      const near = row.map((x, k) => x + size * away[k]);
      const before = largestOf(near.subarray(0, d).map((x, j) => x - row[j]));
      const after = this.follow(near, UPDATES).slice(UPDATES * words);
      row = this.follow(row, UPDATES).slice(UPDATES * words);
      away = after.map((x, k) => x - row[k]);
      const apart = largestOf(away.subarray(0, d));
      if (look >= unseen) growth += Math.log(apart / before);
      away = away.map((x) => (apart > 0 ? x / apart : 1));
    }
    return growth;
  }
}
