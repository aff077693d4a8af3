/**
 * Descents as runs: from a start to its end, further, and what a row would do without its gradient.
 *
 * A run is `{points, norms, states, steps, ending, end, state, norm, value, period, exact}`: of each point from the start
 * on its d numbers, its gradient norm and its row, point and state; updates made; why it ended, `going` where it has not;
 * the last point, with state, gradient norm and value; of a cycle the updates in which it comes back, else 0. Points,
 * norms and states are null where nothing was to be recorded.
 */
import { GOING, Walk, endingName } from "./walk.js";

const FEW_POINTS = 64;
const RESTING = ["converged", "stationary", "visited", "stopped", "trapped"]; // these alone have a basin
const NO_BASIN = -1;
const NOT_TOLD = -2;
const POLISHED = 0.04; // widths of the domain: so far at most is an end from the minimum that it is polished to
const ROUNDING = 1e-12; // relative: more than that of a product

/**
 * One descent from a start.
 * @param problem as for `Walk`
 * @param options exact: the kernel's bits (by default); record: every point (by default); upTo: updates to stop after
 */
export function descend(problem, start, { exact = true, record = true, upTo = Infinity } = {}) {
  const walk = new Walk(problem, exact);
  walk.begin(start);
  return runOf(walk, record ? new Trace(walk.d, walk.words) : null, upTo, exact);
}

/** So many more updates of a run that has not ended, or ended at the step limit, which then holds no more. */
export function resume(problem, run, updates) {
  const beyond = ["step_limit", "cycle", "bounded"].includes(run.ending);
  if (run.ending !== "going" && !beyond) return run;
  const walk = new Walk(beyond || run.steps > problem.limit ? { ...problem, limit: Infinity } : problem, run.exact);
  walk.continueFrom([...run.end, ...run.state], run.steps);
  return runOf(walk, run.trace, run.steps + updates, run.exact);
}

/** The run of a walk to where it ends or is due. */
function runOf(walk, trace, due, exact) {
  walk.to(due, trace);
  const { d, row, taken: steps } = walk;
  return {
    points: trace?.points.subarray(0, (steps + 1) * d) ?? null,
    norms: trace?.norms.subarray(0, steps + 1) ?? null,
    states: trace?.states.subarray(0, (steps + 1) * walk.words) ?? null,
    steps,
    ending: endingName(walk.code),
    end: row.slice(0, d),
    state: row.slice(d),
    norm: walk.norm,
    value: walk.formula.value(row, walk.numbers),
    period: 0,
    exact,
    trace,
  };
}

/** Points, norms and rows in arrays that grow. */
class Trace {
  constructor(d, words) {
    this.d = d;
    this.words = words;
    this.room = 0;
    [this.points, this.norms, this.states] = [new Float64Array(0), new Float64Array(0), new Float64Array(0)];
  }

  put(at, row, norm) {
    if (at >= this.room) this.grow();
    for (let j = 0; j < this.d; j++) this.points[at * this.d + j] = row[j];
    for (let k = 0; k < this.words; k++) this.states[at * this.words + k] = row[k];
    this.norms[at] = norm;
  }

  grow() {
    this.room = Math.max(FEW_POINTS, 2 * this.room);
    this.points = wider(this.points, this.room * this.d);
    this.norms = wider(this.norms, this.room);
    this.states = wider(this.states, this.room * this.words);
  }
}

function wider(numbers, room) {
  const more = new Float64Array(room);
  more.set(numbers);
  return more;
}

/**
 * By what the next update would move the point were the gradient zero, d numbers: what a heavy ball moves by besides
 * -rate*gradient, and any rule with memory on level ground. A coordinate of which that is no number stays.
 */
export function driftOf(rule, row, taken, hyper) {
  const d = rule.dimensions;
  const next = new Float64Array(rule.words);
  rule.plain.update(row, new Float64Array(d), 0, taken, hyper, next, 0);
  return next.subarray(0, d).map((x, j) => (Number.isFinite(x - row[j]) ? x - row[j] : 0));
}

/**
 * The number of the minimum that the study says a run came to: -1 where it came to none; -2 where the study would polish
 * the end by Newton's method to tell, since it stands near a minimum but not within the tolerance: a page cannot.
 *
 * @param minima `[{at, value, ball}]`, a ball null or `{center, radius, curvature}`
 * @param tolerances `{position, low, width, value}`: in widths of the domain, its low ends and widths, and by how much
 *   the value at each minimum may differ
 * @param problem of the run: where its rate is known to keep what is in an attraction ball, an end there has its minimum
 */
export function basinOf(run, minima, tolerances, problem = null) {
  if (!RESTING.includes(run.ending)) return NO_BASIN;
  const keeps = ({ ball }) => ball && (run.ending === "trapped" || (problem && staysInBall(problem, ball)));
  const inBall = minima.findLastIndex((one) => keeps(one) && apart(run.end, one.ball.center) <= one.ball.radius);
  if (inBall >= 0 && run.ending !== "stationary") return inBall;
  const away = minima.map(({ at }) => widthsApart(run.end, at, tolerances));
  const nearest = away.indexOf(Math.min(...away));
  if (nearest < 0 || away[nearest] > POLISHED + tolerances.position) return NO_BASIN;
  const off = Math.abs(run.value - minima[nearest].value);
  return away[nearest] < tolerances.position && off <= tolerances.value[nearest] ? nearest : NOT_TOLD;
}

/** Whether descents provably stay in a ball and come to its minimum. */
export function staysInBall({ rule, hyper }, ball) {
  const rate = hyper[rule.hyper.indexOf("learning_rate")];
  return rule.attracts && rate > 0 && rate < (1 - ROUNDING) * rule.critical(ball.curvature, hyper);
}

function apart(point, other) {
  return Math.hypot(...other.map((x, j) => point[j] - x));
}

/** The largest difference of a coordinate, in widths of the domain. */
function widthsApart(point, other, { low, width }) {
  const inBox = (x, j) => (x - low[j]) / width[j];
  return Math.max(...other.map((x, j) => Math.abs(inBox(point[j], j) - inBox(x, j))));
}
