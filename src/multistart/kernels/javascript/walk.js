/**
 * A row on its way, update by update, under the stopping rule to the letter: what the kernel's `walk` and the loop
 * around it do, with the same bits where arithmetic is exact.
 */
import { ballRows, searchBalls } from "./balls.js";

/** Why a descent ended, by its code; `going` has none. */
export const ENDINGS = [
  "converged", "trapped", "step_limit", "left_arena", "nonfinite", "stationary", "visited", "stopped", "cycle",
  "bounded", "undecided",
];
export const GOING = -1;
const CONVERGED = 0;
const TRAPPED = 1;
const STEP_LIMIT = 2;
const LEFT_ARENA = 3;
const NONFINITE = 4;
const STATIONARY = 5;
const VISITED = 6;

const LOOK = 16; // updates between two looks at whether a row is in a region, which need not keep it
const COMES_BACK = 16; // further updates in which a descent at rest in floating point comes back
const LAST_BITS = 4 * 2 ** -52;

/** The name of an ending, `going` before there is one. */
export function endingName(code) {
  return code === GOING ? "going" : ENDINGS[code];
}

/** A row, the numbers that its updates take, and all that ends them. Makes its arrays once. */
export class Walk {
  /**
   * @param problem `{objective, rule, hyper, numbers, low, high, limit, tolerance, balls}`: objects of objective_script
   *   and rule_script; the rule's numbers in the kernel's order, the step limit first; those of free parameters; the
   *   arena, null where it has no end; balls as rows of numbers
   * @param exact whether bits are those of the kernel
   */
  constructor(problem, exact) {
    const { objective, rule } = problem;
    const d = objective.dimensions;
    this.d = d;
    this.words = rule.words;
    this.formula = exact ? objective.exact : objective.plain;
    this.update = (exact ? rule.exact : rule.plain).update;
    this.projected = (exact ? rule.exact : rule.plain).projected; // of a rule that is held in a box
    this.numbers = problem.numbers ?? []; // as they are: of a fit's rows much is computed once
    this.hyper = Float64Array.from(problem.hyper);
    this.low = Float64Array.from({ length: d }, (_, j) => problem.low?.[j] ?? -Infinity);
    this.high = Float64Array.from({ length: d }, (_, j) => problem.high?.[j] ?? Infinity);
    this.limit = problem.limit;
    this.tolerance = problem.tolerance || -1; // no norm is below it, so all updates are made
    this.balls = ballRows(problem.balls ?? [], d);
    this.often = rule.region ? LOOK : 1;
    this.arrived = rule.rest === "never" ? VISITED : CONVERGED;
    this.autonomous = rule.autonomous;
    this.first = Float64Array.from(rule.first(this.hyper));
    this.row = new Float64Array(rule.words);
    this.next = new Float64Array(rule.words);
    this.g = new Float64Array(d);
    this.held = new Float64Array(d);
    this.restart();
  }

  /** To a point, with the rule's first state. */
  begin(point) {
    this.row.set(point);
    this.row.set(this.first, this.d);
    this.restart();
  }

  /** To a point and state, after so many updates. */
  continueFrom(row, taken) {
    this.row.set(row);
    this.restart();
    this.taken = taken;
  }

  restart() {
    this.taken = 0;
    this.norm = NaN;
    this.code = GOING;
  }

  /** Updates until the descent ends or has had so many; a trace keeps each point, its gradient norm and its state. */
  to(due, trace) {
    const { formula, numbers, hyper, g, limit, tolerance, update } = this;
    let { row, next, taken } = this;
    let code = GOING;
    let norm = NaN;
    for (;;) {
      const defined = formula.gradient(row, numbers, g);
      const slope = formula.norm(g);
      norm = this.projected === null ? slope : this.projectedNorm(row);
      code = this.look(row, norm, defined, taken);
      const still = update(row, g, slope, taken, hyper, next, tolerance);
      if (code === CONVERGED && !still) code = taken >= limit ? STEP_LIMIT : GOING; // it rolls on
      if (trace !== null) trace.put(taken, row, norm);
      if (code !== GOING || taken >= due) break;
      const before = row;
      row = next;
      next = before;
      taken += 1;
    }
    Object.assign(this, { row, next, taken, norm, code });
    if (code === STEP_LIMIT && this.autonomous && this.comesBack()) this.code = STATIONARY;
  }

  /** The code of what ends a descent at a row, as the kernel asks one thing after the other. */
  look(row, norm, defined, taken) {
    if (!isFinitePoint(row, this.d)) return NONFINITE;
    if (!this.isInside(row)) return LEFT_ARENA;
    if (!(defined && isFinitePoint(this.g, this.d))) return NONFINITE;
    const asked = this.balls.count > 0 && (this.often === 1 || taken % this.often === 0);
    if (asked && searchBalls(row, this.d, this.balls) >= 0) return TRAPPED;
    if (norm <= this.tolerance) return this.arrived;
    return taken >= this.limit ? STEP_LIMIT : GOING;
  }

  /** The norm of what of the gradient counts on the faces of a box. */
  projectedNorm(row) {
    this.projected(row, this.g, this.hyper, this.held);
    return this.formula.norm(this.held);
  }

  isInside(row) {
    const { d, low, high } = this;
    for (let j = 0; j < d; j++) if (!(low[j] <= row[j] && row[j] <= high[j])) return false;
    return true;
  }

  /** What one update makes of a row, whatever would stop it; false where the gradient there is not finite. */
  makes(row, next) {
    const { formula, g } = this;
    const defined = formula.gradient(row, this.numbers, g);
    this.update(row, g, formula.norm(g), 0, this.hyper, next, -1);
    return isFinitePoint(row, this.d) && defined && isFinitePoint(g, this.d);
  }

  /** Whether further updates come back to point and state, bit for bit, and never are more than last bits away. */
  comesBack() {
    let again = Float64Array.from(this.next);
    let after = new Float64Array(this.words);
    let largest = 0;
    for (let j = 0; j < this.d; j++) largest = Math.max(largest, Math.abs(this.row[j]));
    for (let k = 0; k < COMES_BACK; k++) {
      if (!this.isNear(again, LAST_BITS * largest)) return false;
      if (again.every((word, j) => word === this.row[j])) return true;
      if (!this.isInside(again) || !this.makes(again, after)) return false;
      [again, after] = [after, again];
    }
    return false;
  }

  isNear(again, distance) {
    for (let j = 0; j < this.d; j++) if (!(Math.abs(again[j] - this.row[j]) <= distance)) return false;
    return true;
  }
}

/** Whether the first numbers of an array are all finite. */
export function isFinitePoint(row, d) {
  for (let j = 0; j < d; j++) if (!(Math.abs(row[j]) < Infinity)) return false;
  return true;
}
