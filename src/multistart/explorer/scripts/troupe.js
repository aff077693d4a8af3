/** The balls on the picture: which descents they are, where each ends, and what is said of them. */

import { ballStyles } from "./colours.js";
import { basinOf, descend } from "../../kernels/javascript/descent.js";
import { judge } from "../../kernels/javascript/orbits.js";
import { partApart, pointAt, problemOf, roundedPointAt, ruleOf, spreadParts } from "./problem.js";
import { MOST_METHODS, studyMethod } from "./state.js";
import { briefWords, capital, endingWords, ruleTitle, showerWords } from "./words.js";

const SHOWER = 50;
const SHOWERED = 4e6; // steps of all balls of a shower, some seconds and 200 MB
const TRIED = 24;
const LOST = 0.2; // of the way counts where it leads to no minimum
const AFFORDED = 400000; // steps of plain descents, a part of a second

/** One descent with its ending and its basin: exact as the study's, or plain for what is redrawn while dragged. */
export function runBall(model, method, start, exact = true) {
  const problem = problemOf(model, method);
  const run = judge(problem, descend(problem, start, { exact, record: true }));
  return { run, basin: basinOf(run, model.data.minima, model.data.tolerances, problem) };
}

/** The balls of a state: one for each method and start, earlier starts first; or a shower by the first method. */
export function rollingBalls(model, state, exact = true) {
  if (state.shower) return showerBalls(model, state.methods[0], exact);
  const starts = [...state.others].reverse().concat([state.start]);
  const names = methodNames(model, state.methods);
  return state.methods.flatMap((method, i) =>
    starts.map((start, k) => {
      const style = ballStyles[(i * starts.length + k) % MOST_METHODS];
      const ball = { ...dressedBall(model, method, start, style, exact), name: names[i] };
      return starts.length > 1
        ? { ...ball, name: numberedName(model.texts, ball.name, k + 1, state.methods.length) }
        : ball;
    }),
  );
}

/** The names of methods; where several have one title, with the study's name of each, its learning rate, or its place. */
export function methodNames({ texts, data }, methods) {
  const titles = methods.map((method) => capital(ruleTitle(texts, ruleOf(data, method))));
  const more = methods.map((method) => studyMethod(data, method)?.name ?? rateOfMethod(texts, method));
  return titles.map((title, i) => {
    const alike = titles.flatMap((other, k) => (other === title ? [more[k]] : []));
    if (alike.length === 1) return title;
    return `${title} (${new Set(alike).size === alike.length ? more[i] : i + 1})`;
  });
}

function rateOfMethod(texts, { values: { learning_rate: rate } }) {
  return typeof rate === "number" ? texts.number(rate, 4) : "";
}

/** A ball's name where several have one method. */
function numberedName(texts, name, n, methods) {
  return methods > 1 ? `${name} (${n})` : texts.t("ball.number", { n });
}

/** The longest of the balls' descents. */
export function longestOf(balls) {
  return balls.reduce((most, { run }) => Math.max(most, run.steps), 0);
}

/** What a ball did, as a sentence, or in a few words as one of many. */
export function ballSentence(model, ball, brief = false) {
  if (brief) return briefWords(model.texts, model.data, ball);
  const said = endingWords(model.texts, model.data, ball.run, ball.basin);
  return model.texts.t("status.one", { name: ball.name, said });
}

/** What became of a shower, as a sentence. */
export function sayShower({ texts, data }, balls) {
  return showerWords(texts, data, ruleTitle(texts, ruleOf(data, balls[0].method)), balls);
}

/** How many whole descents there is time for, at least a few. */
export function affordable({ data }, most) {
  const limit = data.methods.find((one) => one.playable)?.limit ?? 1000;
  return Math.max(4, Math.min(most, Math.floor(AFFORDED / limit)));
}

/** A start to open the page with: of a few the one that a method goes farthest from, best to a minimum. */
export function firstStart(model, method) {
  const { data } = model;
  const tried = Array.from({ length: affordable(model, TRIED) }, (_, n) => {
    const start = roundedPointAt(data, spreadParts(n, Math.min(2, data.variables.length)));
    return { start, ...runBall(model, method, start, false) };
  });
  const far = ({ start, run, basin }) => (basin < 0 ? LOST : 1) * partApart(data, start, run.end);
  return tried.reduce((best, one) => (far(one) > far(best) ? one : best)).start;
}

function dressedBall(model, method, start, { colour, mark }, exact) {
  const rule = ruleOf(model.data, method);
  const name = capital(ruleTitle(model.texts, rule));
  return {
    ...runBall(model, method, start, exact),
    start,
    method,
    name,
    colour,
    mark,
    velocity: rule.memory,
    picked: false,
  };
}

/** Fifty starts, or as many as there is time for, spread evenly; a ball has the colour of the minimum it comes to. */
function showerBalls(model, method, exact) {
  const { data } = model;
  const dimensions = Math.min(2, data.variables.length);
  const { limit } = problemOf(model, method);
  const count = Math.max(MOST_METHODS, Math.min(SHOWER, Math.floor(SHOWERED / limit)));
  return Array.from({ length: count }, (_, n) => {
    const ball = dressedBall(
      model,
      method,
      pointAt(data, spreadParts(n, dimensions)),
      { colour: "#6B6B6B", mark: "none" },
      exact,
    );
    const colour = ball.basin >= 0 ? data.minima[ball.basin].colour : ball.colour;
    return { ...ball, colour, velocity: false };
  });
}
