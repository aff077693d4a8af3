/**
 * Descents as runs: from a start to its end, further, and what a row would do without its gradient.
 *
 * A run is `{points, norms, states, steps, ending, end, state, value, period, exact}`: of each point from the start on
 * its d numbers, its gradient norm and the rule's state; updates made; why it ended, `going` where it has not; the last
 * point, with state and value; of a cycle the updates in which it comes back, else 0. Nothing is recorded where that
 * was not asked for.
 */
import { GOING, Walk, endingName } from "./walk.js";

const FEW_POINTS = 64;

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
    states: trace?.states.subarray(0, (steps + 1) * (walk.words - d)) ?? null,
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

/** Points, norms and states in arrays that grow. */
class Trace {
  constructor(d, words) {
    this.d = d;
    this.rest = words - d;
    this.room = 0;
    [this.points, this.norms, this.states] = [new Float64Array(0), new Float64Array(0), new Float64Array(0)];
  }

  put(at, row, norm) {
    if (at >= this.room) this.grow();
    for (let j = 0; j < this.d; j++) this.points[at * this.d + j] = row[j];
    for (let k = 0; k < this.rest; k++) this.states[at * this.rest + k] = row[this.d + k];
    this.norms[at] = norm;
  }

  grow() {
    this.room = Math.max(FEW_POINTS, 2 * this.room);
    this.points = wider(this.points, this.room * this.d);
    this.norms = wider(this.norms, this.room);
    this.states = wider(this.states, this.room * this.rest);
  }
}

function wider(numbers, room) {
  const more = new Float64Array(room);
  more.set(numbers);
  return more;
}

/**
 * By what the next update would move the point were the gradient zero: the rule's velocity. It is what a heavy ball
 * moves by besides -rate*gradient, and of any rule with memory what it would do on level ground. d numbers.
 */
export function driftOf(rule, row, taken, hyper) {
  const d = rule.dimensions;
  const next = new Float64Array(rule.words);
  rule.plain.update(row, new Float64Array(d), 0, taken, hyper, next, 0);
  return next.subarray(0, d).map((x, j) => (Number.isFinite(x - row[j]) ? x - row[j] : 0));
}
