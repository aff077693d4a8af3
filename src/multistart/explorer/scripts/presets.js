/**
 * Cases that teach, found for the function at hand: each is looked for with descents, and only those that show what
 * they are to show are offered.
 */

import { betweenBasins, differentPairs, neighbouringPairs, ranStart } from "./neighbours.js";
import { criticalRates, partApart, roundedPointAt, spreadParts } from "./problem.js";
import { ruleMethod } from "./state.js";

const SURVEYED = 144; // starts all over the domain at most
const SHARES = [0.5, 0.25, 0.1, 0.03, 0.01]; // of the critical rate, the first that leads to the lowest minimum
const SOON = 100; // steps, a second or two
const SMALLER = [100, 1000, 10000];
const LARGER = [1.2, 1.3, 1.15, 1.1, 1.05, 1.5]; // first those whose cycles are wide enough to be seen
const HARDLY_MOVED = 0.01; // of the domain's diagonal: who moves less hardly moves
const CLEAR = 0.05; // of the diagonal: farther from all critical points is near none
const PASSED = 0.01; // of the diagonal: a path that comes nearer to a saddle comes to it
const ONE_TO_THE_EYE = 1e-5; // of the diagonal: nearer ones are one to the eye
const JUMPS_SEEN = 12; // steps a second, so that an eye can follow a cycle
const FOLLOWED_POINTS = 8; // of a cycle that an eye can follow
const RACERS = ["heavy_ball", "nesterov", "rmsprop", "adam", "adagrad"];

/**
 * The presets of a function: `[{name, methods, start, others, says: [key of a text, values]}]`, with `speed` in steps a
 * second where a preset has one of its own.
 *
 * `lab` has `run(method, start)`, a descent judged at its end; `basin(run)`, the place of the minimum reached or -1;
 * `agrees(method, start)`, whether the page's exact descent from there ends as that one; and `starts`, how many the
 * time allows to look at.
 */
export function findPresets(model, lab) {
  const { data } = model;
  const rule = data.rules.find((one) => one.id === "gradient_descent");
  if (!rule) return [];
  const descent = (rate) => ({ ...ruleMethod(rule), values: { ...ruleMethod(rule).values, learning_rate: rate } });
  const right = findRight(model, lab, descent);
  const found = right ? [findSmall(lab, right, descent), right.preset, findLarge(lab, right, descent)] : [];
  const survey = right ? right.survey : surveyed(model, lab, ruleMethod(rule));
  const method = right ? descent(right.rate) : ruleMethod(rule);
  found.push(...findBoundary(model, lab, survey, method), findTail(model, lab, survey, method));
  if (right) found.push(findRace(model, lab, method, right.start));
  const whole = found.filter(Boolean).map((preset) => ({ others: [], ...preset }));
  return whole.filter(({ methods, start, others }) => [start, ...others].every((from) => lab.agrees(methods[0], from)));
}

/** Descents from starts all over the domain: `[{start, run, basin}]`. */
function surveyed(model, lab, method) {
  const drawn = model.data.slice ? 2 : Math.min(2, model.data.variables.length);
  return Array.from({ length: Math.min(SURVEYED, lab.starts) }, (_, n) =>
    ranStart(lab, method, surveyStart(model.data, n, drawn)),
  );
}

function surveyStart(data, n, drawn) {
  return roundedPointAt(data, spreadParts(n, drawn), 1);
}

/**
 * A rate that leads to the lowest minimum from some way off, and the farthest of the starts that it does so from; where
 * the steps are too few for that, the first rate without a preset, and the start that comes nearest.
 */
function findRight(model, lab, descent) {
  const { minimum, rate: critical } = lowestRate(model, descent);
  if (!(critical > 0 && critical < Infinity)) return null;
  for (const share of SHARES) {
    const rate = Number((critical * share).toPrecision(3));
    const survey = surveyed(model, lab, descent(rate));
    const there = survey.filter(({ run, basin }) => model.data.minima[basin] === minimum && run.steps >= 5);
    if (there.length) return rightOf({ model, minimum, critical, rate, survey, there, share, descent });
  }
  return nearlyRight(model, lab, descent, minimum, critical);
}

function nearlyRight(model, lab, descent, minimum, critical) {
  const { data } = model;
  const rate = Number((critical * SHARES[0]).toPrecision(3));
  const survey = surveyed(model, lab, descent(rate));
  const coming = survey.filter(({ start, run }) => run.ending === "step_limit" && partApart(data, start, minimum.at) > CLEAR);
  if (!coming.length) return null;
  const left = ({ run }) => partApart(data, run.end, minimum.at);
  const { start } = coming.reduce((one, other) => (left(other) < left(one) ? other : one));
  return { preset: null, survey, minimum, critical, rate, start, data };
}

function rightOf({ model, minimum, critical, rate, survey, there, share, descent }) {
  const far = ({ start }) => partApart(model.data, start, minimum.at);
  const direct = there.filter(({ run }) => run.steps <= SOON);
  const best = (direct.length ? direct : there).reduce((one, other) => (far(other) > far(one) ? other : one));
  const says = [share === SHARES[0] ? "preset.right.says" : "preset.fair.says", { rate, number: minimum.number }];
  const preset = { name: "right", methods: [descent(rate)], start: best.start, says };
  return { preset, survey, minimum, critical, rate, start: best.start, data: model.data };
}

function lowestRate(model, descent) {
  const rates = criticalRates(model, descent(1));
  return rates.reduce((one, other) => (other.minimum.value < one.minimum.value ? other : one), rates[0] ?? {});
}

function findSmall(lab, { start, rate, minimum, data }, descent) {
  const way = partApart(data, start, minimum.at);
  for (const factor of SMALLER) {
    const small = Number((rate / factor).toPrecision(2));
    const run = lab.run(descent(small), start);
    if (run.ending === "step_limit" && partApart(data, run.end, minimum.at) > 0.8 * way) {
      return {
        name: "small",
        methods: [descent(small)],
        start,
        says: ["preset.small.says", { rate: small, count: run.steps }],
      };
    }
  }
  return null;
}

/** A rate above the critical one: best one whose ball enters a cycle, else one that is thrown out. */
function findLarge(lab, { start, critical, minimum, data }, descent) {
  const near = minimum.at.map((x, i) => x + 0.04 * (data.domain.high[i] - data.domain.low[i]) * (i % 2 ? 0.6 : 1));
  const tried = LARGER.flatMap((factor) =>
    [near, start].map((from) => largeRun(lab, descent, critical * factor, from)),
  );
  const cycle = tried.find(
    ({ run }) =>
      run.ending === "cycle" && run.period > 1 && run.period <= FOLLOWED_POINTS && isNear(run, minimum, data),
  );
  const other = tried.find(({ run }) => run.ending !== "cycle" && wildKey(run.ending));
  const { run, rate, from } = cycle ?? other ?? {};
  if (!run) return null;
  const values = { rate, critical, number: minimum.number };
  const says = cycle
    ? ["preset.large.cycle", { ...values, count: run.period }]
    : [`preset.large.${wildKey(run.ending)}`, values];
  return { name: "large", methods: [descent(rate)], start: from, says, ...(cycle ? { speed: JUMPS_SEEN } : {}) };
}

function largeRun(lab, descent, larger, from) {
  const rate = Number(larger.toPrecision(3));
  return { rate, from, run: lab.run(descent(rate), from) };
}

function isNear(run, minimum, data) {
  return partApart(data, run.end, minimum.at) < 0.25;
}

function wildKey(ending) {
  return { left_arena: "away", nonfinite: "away", bounded: "wild" }[ending];
}

/** Two starts a hair apart that end at different minima, and one so near a boundary that it comes to a saddle first. */
function findBoundary(model, lab, survey, method) {
  const { data } = model;
  const known = (data.pair ?? []).map((start) => ranStart(lab, method, start));
  const pairs = [...differentPairs(known), ...neighbouringPairs(data, survey)];
  const found = pairs.map(([one, other]) => betweenBasins(data, lab, method, one, other));
  const saddle = found.find(({ nearly }) => passesSaddle(data, lab.run(method, nearly[0].start)));
  const presets = [];
  if (saddle)
    presets.push({
      name: "saddle",
      methods: [method],
      start: saddle.nearly[0].start,
      says: ["preset.saddle.says", {}],
    });
  const pair = found.find(({ hair }) => partApart(data, hair[0].start, hair[1].start) < ONE_TO_THE_EYE);
  if (pair)
    presets.push(
      pairPreset(
        data,
        method,
        pair.hair.map(({ start }) => start),
      ),
    );
  return presets;
}

function pairPreset(data, method, [start, other]) {
  const distance = Math.hypot(...start.map((x, i) => x - other[i]));
  return { name: "pair", methods: [method], start, others: [other], says: ["preset.pair.says", { distance }] };
}

function passesSaddle(data, run) {
  const dimensions = data.variables.length;
  const points = Array.from({ length: run.steps + 1 }, (_, k) =>
    run.points.subarray(k * dimensions, (k + 1) * dimensions),
  );
  return data.saddles.some(({ at }) => {
    const away = points.map((point) => partApart(data, point, at));
    return Math.min(...away) < PASSED && away[0] > CLEAR && away[away.length - 1] > CLEAR;
  });
}

function findTail(model, lab, survey, method) {
  const { data } = model;
  const critical = [...data.minima, ...data.saddles, ...data.maxima];
  const slow = survey.filter(
    ({ start, run, basin }) =>
      basin < 0 &&
      run.ending === "step_limit" &&
      partApart(data, start, run.end) < HARDLY_MOVED &&
      critical.every(({ at }) => partApart(data, at, run.end) > CLEAR),
  );
  if (!slow.length) return null;
  const moved = ({ start, run }) => partApart(data, start, run.end);
  const best = slow.reduce((one, other) => (moved(other) > moved(one) ? other : one));
  return { name: "tail", methods: [method], start: best.start, says: ["preset.tail.says", { count: best.run.steps }] };
}

/** Several methods from one start, each by a rate that does not throw it out. */
function findRace(model, lab, method, start) {
  const rules = RACERS.map((id) => model.data.rules.find((rule) => rule.id === id)).filter(Boolean);
  const methods = [method, ...rules.map((rule) => tamed(lab, ruleMethod(rule), start))];
  return methods.length > 1 ? { name: "race", methods, start, says: ["preset.race.says", {}] } : null;
}

function tamed(lab, method, start) {
  for (let [tries, tried] = [0, method]; tries < 4; tries += 1) {
    if (lab.basin(lab.run(tried, start)) >= 0) return tried;
    const rate = Number((tried.values.learning_rate / 4).toPrecision(2));
    tried = { ...tried, values: { ...tried.values, learning_rate: rate } };
  }
  return method;
}
