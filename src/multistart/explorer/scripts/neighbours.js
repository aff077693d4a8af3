/** Starts beside each other whose descents end at different minima. */

import { partApart } from "./problem.js";

const BOUNDARIES = 6; // that are looked at
const HAIR = 1e-9; // of the diagonal, between two starts: as near as they are brought
const NEARLY_ON = 1e-7;
const BETWEEN = [0.5, 0.4, 0.6, 0.45, 0.55]; // where between two starts the next one is

/** Some pairs of surveyed starts that reached different minima, those nearest to each other first. */
export function neighbouringPairs(data, survey) {
  const apart = ([one, other]) => partApart(data, one.start, other.start);
  return differentPairs(survey)
    .sort((a, b) => apart(a) - apart(b))
    .slice(0, BOUNDARIES);
}

/** Pairs of starts that reached different minima. */
export function differentPairs(survey) {
  const arrived = survey.filter(({ basin }) => basin >= 0);
  return arrived.flatMap((one, i) =>
    arrived
      .slice(i + 1)
      .filter(({ basin }) => basin !== one.basin)
      .map((other) => [one, other]),
  );
}

/** A start with its descent, and the basin where that ended. */
export function ranStart(lab, method, start) {
  const run = lab.run(method, start);
  return { start, run, basin: lab.basin(run) };
}

/** Shorten the way between two starts of different minima until they are a hair apart, or nothing between has one. */
export function betweenBasins(data, lab, method, one, other) {
  let [left, right, nearly] = [one, other, [one, other]];
  while (partApart(data, left.start, right.start) > HAIR) {
    if (partApart(data, left.start, right.start) > NEARLY_ON) nearly = [left, right];
    const middle = reachingBetween(lab, method, left.start, right.start);
    if (!middle) break;
    if (middle.basin === left.basin) left = middle;
    else right = middle;
  }
  return { nearly, hair: [left, right] };
}

/** A start about half way that reaches a minimum: one on the boundary itself reaches none. */
function reachingBetween(lab, method, left, right) {
  for (const part of BETWEEN) {
    const middle = ranStart(lab, method, left.map((x, i) => x + part * (right[i] - x)));
    if (middle.basin >= 0) return middle;
  }
  return null;
}
