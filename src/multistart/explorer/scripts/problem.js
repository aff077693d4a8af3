/** From a method of the page to what a descent asks for, and what a rule says of its rates at each minimum. */

import { studyMethod } from "./state.js";

const LIMIT = 1000; // steps of a method in a page whose study says none
const TOLERANCE = 1e-8;

/** The problem that `descend` takes, of a method of the page; limit, tolerance and balls are the study's. */
export function problemOf(model, method) {
  const { data, objective, numbers, rules } = model;
  const study = studyMethod(data, method);
  const stopping = study ?? data.methods.find((one) => one.playable) ?? { limit: LIMIT, tolerance: TOLERANCE };
  return {
    objective,
    rule: rules[method.rule],
    hyper: hyperOf(rules[method.rule], method.values, stopping.limit),
    numbers,
    low: data.arena.low.map((x) => x ?? -Infinity),
    high: data.arena.high.map((x) => x ?? Infinity),
    limit: stopping.limit,
    tolerance: stopping.tolerance,
    balls: study?.balls ?? [],
  };
}

/** The kernel's array: the step limit as N, then values in the rule's order, those of each coordinate in turn. */
export function hyperOf(rule, values, limit) {
  const known = { N: limit, ...values };
  return Float64Array.from([...new Set(rule.hyper)].flatMap((name) => known[name]));
}

/**
 * Above which learning rate each minimum stops attracting: `[{minimum, rate}]`, Infinity where it never does; rates
 * that are not known are left out.
 */
export function criticalRates(model, method) {
  const rule = model.rules[method.rule];
  if (!rule.critical || Array.isArray(method.values.learning_rate)) return [];
  const { hyper } = problemOf(model, method);
  const known = model.data.minima.filter((minimum) => minimum.curvature);
  const rates = known.map((minimum) => ({ minimum, rate: rule.critical(minimum.curvature[1], hyper) }));
  return rates.filter(({ rate }) => rate !== null && rate !== undefined && !Number.isNaN(rate));
}

/** Whether a method provably stays in each attraction ball: gradient descent does below 2 / the largest curvature in it. */
export function allAttract(data, { rule, values }) {
  const balls = data.minima.map(({ ball }) => ball).filter(Boolean);
  return rule === "gradient_descent" && balls.every(({ curvature }) => values.learning_rate < 2 / curvature);
}

/** The rule of a method as the data describes it. */
export function ruleOf(data, method) {
  return data.rules.find((rule) => rule.id === method.rule);
}

/** A start of the domain at parts of its widths, each from 0 to 1; in a slice, coordinates that are not drawn stay. */
export function pointAt(data, parts) {
  const axes = drawnAxes(data);
  const point = data.slice ? [...data.slice.at] : data.variables.map(() => 0);
  axes.forEach((axis, i) => {
    const [low, high] = [data.domain.low[axis], data.domain.high[axis]];
    point[axis] = low + (high - low) * parts[i];
  });
  return point;
}

/** Which coordinates the picture shows. */
export function drawnAxes(data) {
  if (data.slice) return data.slice.axes;
  return data.variables.map((_, i) => i);
}

/** Widths of the domain. */
export function domainWidths(data) {
  return data.domain.high.map((high, i) => high - data.domain.low[i]);
}

/** How far two points are apart, as a part of the domain's diagonal. */
export function partApart(data, some, other) {
  const widths = domainWidths(data);
  return Math.hypot(...widths.map((width, i) => some[i] - other[i])) / Math.hypot(...widths);
}

/** Points spread evenly, the same each time: the n-th of Halton's, parts from 0 to 1 of two coordinates. */
export function spreadParts(n, dimensions) {
  return [2, 3].slice(0, dimensions).map((base) => radicalInverse(n + 1, base));
}

function radicalInverse(n, base) {
  let [sum, factor] = [0, 1 / base];
  for (let rest = n; rest > 0; rest = Math.floor(rest / base)) {
    sum += (rest % base) * factor;
    factor /= base;
  }
  return sum;
}
