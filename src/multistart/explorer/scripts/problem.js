/** From a method of the page to what a descent asks for, and what a rule says of its rates at each minimum. */

import { staysInBall } from "../../kernels/javascript/descent.js";
import { stoppingMethod, studyMethod } from "./state.js";
import { digitsOfPlace } from "./texts.js";

const LIMIT = 1000; // steps of a method in a page whose study says none
const TOLERANCE = 1e-8;

/** The problem that `descend` takes, of a method of the page; limit, tolerance and balls are the study's. */
export function problemOf(model, method) {
  const { data, objective, numbers, rules } = model;
  const stopping = stoppingMethod(data, method) ?? { limit: LIMIT, tolerance: TOLERANCE };
  return {
    objective,
    rule: rules[method.rule],
    hyper: hyperOf(rules[method.rule], { ...ruleOf(data, method)?.fixed, ...method.values }, stopping.limit),
    numbers,
    low: data.arena.low.map((x) => x ?? -Infinity),
    high: data.arena.high.map((x) => x ?? Infinity),
    limit: stopping.limit,
    tolerance: stopping.tolerance,
    balls: studyMethod(data, method)?.balls ?? [],
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

/**
 * The minima in whose attraction balls each of some methods provably stays, and comes to the minimum; each ball as what
 * of it lies in the picture, which of a slice is smaller.
 */
export function heldMinima(model, methods) {
  const { data } = model;
  const holds = methods.map((method) => {
    const problem = problemOf(model, method);
    const known = studyMethod(data, method)?.attracted ?? [];
    return ({ ball, number }) => known.includes(number) || staysInBall(problem, ball);
  });
  const held = data.minima.filter((one) => one.ball && holds.every((by) => by(one)));
  const cut = held.map((one) => ({ ...one, ball: { ...one.ball, radius: radiusInPicture(data, one.ball) } }));
  return cut.filter(({ ball }) => ball.radius > 0);
}

function radiusInPicture(data, { center, radius }) {
  const drawn = drawnAxes(data);
  const off = center.map((x, i) => (drawn.includes(i) ? 0 : x - data.slice.at[i]));
  return Math.sqrt(Math.max(0, radius ** 2 - Math.hypot(...off) ** 2));
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

/** The same in few digits, as many as tell a thousandth of the domain's width, or more; never outside of it. */
export function roundedPointAt(data, parts, more = 0) {
  const point = pointAt(data, parts);
  for (const axis of drawnAxes(data)) {
    const [low, high] = [data.domain.low[axis], data.domain.high[axis]];
    const rounded = Number(point[axis].toPrecision(Math.min(17, digitsOfPlace(low, high) - 1 + more)));
    point[axis] = Math.min(high, Math.max(low, rounded));
  }
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
