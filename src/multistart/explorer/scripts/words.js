/**
 * Endings in words, "reached minimum 1 (local, f = −3.05) after 212 steps", as a study's tables and summary have them.
 */

import { settled } from "./texts.js";

const NEAR = 1e-6; // of the domain's widths: a critical point this near is the one that a descent rests at
const UNTOLD = -2; // near a minimum, and only Newton's method would tell whether it belongs there
const NOWHERE = { trapped: "trapped-nowhere", visited: "visited-nowhere", undecided: "converged" };
/** Balls from which on each ending is said in a few words. */
export const BRIEFLY = 3;
const RESTS = ["converged", "stationary", "visited", "stopped", "trapped", "undecided"];

/** What became of a run that ended in a basin (its place in the list of minima, -1 for none), without the subject. */
export function endingWords(texts, data, run, basin) {
  const values = {
    steps: texts.counted("step.count", run.steps),
    value: heightWords(texts, data, run.value),
    norm: texts.number(run.norms[run.norms.length - 1], 3),
  };
  if (basin >= 0) return texts.t(reachedKey(run.ending), { ...values, ...minimumValues(texts, data, basin) });
  const key = `said.${basin === UNTOLD ? "not-told" : lostKey(data, run)}`;
  return run.ending === "cycle" ? texts.counted(key, run.period, values) : texts.t(key, values);
}

/** What became of one ball of several: "Adam: minimum 1, 387 steps". */
export function briefWords(texts, data, { name, run, basin }) {
  const steps = texts.counted("step.count", run.steps);
  if (basin >= 0) return texts.t("race.reached", { name, steps, number: data.minima[basin].number });
  if (run.ending === "step_limit") return texts.t("race.step_limit", { name, steps });
  const ending = texts.t(basin === UNTOLD ? "legend.untold" : `ending.${run.ending}`);
  return texts.t("race.ended", { name, ending, steps });
}

/** A sentence of what became of the balls of a shower, by where they ended, the most frequent first. */
export function showerWords(texts, data, name, ended) {
  const groups = new Map();
  for (const { run, basin } of ended) {
    const key = basin >= 0 ? basin : groupKey(run.ending);
    groups.set(key, (groups.get(key) ?? 0) + 1);
  }
  const sorted = [...groups].sort((a, b) => b[1] - a[1]);
  const said = sorted.map(([key, count]) => groupWords(texts, data, key, texts.counted("ball.count", count)));
  const lead = texts.t("shower.of", { balls: texts.counted("ball.count", ended.length), name });
  return `${lead} ${said.join("; ")}.`;
}

/** A value of the function, nearly zero said as zero. */
export function heightWords(texts, data, value) {
  return texts.number(settled(value, Math.max(data.relief.high - data.relief.low, 1e-300)), 4);
}

/** A method as a label has it: its title in the page's language where there is one. */
export function ruleTitle(texts, rule) {
  return texts.has(`rule.${rule.id}`) ? texts.t(`rule.${rule.id}`) : rule.title;
}

/** A hyperparameter's name as a label. */
export function hyperparameterTitle(texts, name) {
  return texts.has(`hyper.${name}`) ? texts.t(`hyper.${name}`) : name.replaceAll("_", " ");
}

/** The first letter large, as at the beginning of a sentence. */
export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function minimumValues(texts, data, basin) {
  const { number, kind, value } = data.minima[basin];
  return { number, kind: texts.t(`kind.${kind}`), value: heightWords(texts, data, value) };
}

function reachedKey(ending) {
  return { trapped: "said.trapped", visited: "said.visited" }[ending] ?? "said.reached";
}

function lostKey(data, run) {
  if (run.ending === "nonfinite" && run.steps === 0) return Number.isFinite(run.value) ? "kink" : "undefined";
  if (run.ending === "nonfinite" && Number.isNaN(run.value)) return "beyond";
  if (!RESTS.includes(run.ending)) return run.ending;
  if (run.ending === "visited") return NOWHERE.visited;
  if (isAmong(data.saddles, data, run.end)) return "saddle";
  if (isAmong(data.maxima, data, run.end)) return "maximum";
  if (run.steps === 0 && run.ending === "converged") return "start";
  return NOWHERE[run.ending] ?? run.ending;
}

function isAmong(points, data, end) {
  const widths = data.domain.high.map((high, i) => high - data.domain.low[i]);
  return points.some(({ at }) => at.every((x, i) => Math.abs(x - end[i]) <= NEAR * widths[i]));
}

function groupKey(ending) {
  return RESTS.includes(ending) ? "rest" : ending;
}

function groupWords(texts, data, key, balls) {
  if (typeof key === "number") return texts.t("shower.reached", { balls, ...minimumValues(texts, data, key) });
  return texts.t("shower.ended", { balls, said: texts.t(`shower.${key}`) });
}
