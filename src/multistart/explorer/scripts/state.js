/**
 * The state of the page: one plain object, and how it is written into the fragment of the address and read from it.
 *
 * `#start=0.5,1.2&method=adam,learning_rate:0.05&view=surface&lang=vi`: readable keys, numbers with all their digits,
 * so that a link starts the very same descents. What is wrong in an address is left out, with a sentence about it.
 */

export const MOST_METHODS = 6;
export const VIEWS = ["map", "surface", "curve"];
export const THEMES = ["auto", "light", "dark"];
export const SHOWN = ["heat", "contours", "basins", "edges", "minima", "saddles", "maxima", "attraction", "velocity"];
/** Steps a second; and how many seconds a descent takes at most at first. */
export const SPEEDS = { low: 1, high: 10000, first: 60, longest: 16 };

/** The state that a page opens with: the study's first method that can be played, the start given. */
export function firstState(data, start, languages) {
  return {
    view: viewsOf(data)[0],
    methods: [firstMethod(data)],
    start: [...start],
    others: [],
    shower: false,
    speed: firstSpeed(data),
    playing: false,
    show: Object.fromEntries(SHOWN.map((name) => [name, true])),
    language: languages.includes(data.language) ? data.language : "en",
    theme: "auto",
  };
}

/** The views that there are of a function: a curve in one dimension, else map and surface. */
export function viewsOf(data) {
  return data.variables.length === 1 ? ["curve"] : ["map", "surface"];
}

/** A rule with the values it has without any other word. */
export function ruleMethod(rule) {
  return { rule: rule.id, values: Object.fromEntries(rule.hyperparameters.map((h) => [h.name, h.value])) };
}

/** The study's method with the rule and all values of another one, or undefined: what is as in the study. */
export function studyMethod(data, method) {
  return data.methods.find((one) => one.playable && one.rule === method.rule && sameValues(one.values, method.values));
}

/** A method of the study as one of the page: the rule's own values where the study's says none. */
export function playableMethod(data, one) {
  const method = ruleMethod(data.rules.find((rule) => rule.id === one.rule));
  for (const name of Object.keys(method.values)) {
    if (one.values[name] !== undefined) method.values[name] = one.values[name];
  }
  return method;
}

/** The state in an address, on top of another one, and what is wrong: `{state, problems: [[key of a text, values]]}`. */
export function readFragment(fragment, state, data, languages) {
  const read = { ...state, methods: [], show: { ...state.show }, others: [], shower: false };
  const problems = [];
  const starts = [];
  for (const part of fragment.replace(/^#/, "").split("&")) {
    const at = part.indexOf("=");
    if (at > 0) readPart(part.slice(0, at), decoded(part.slice(at + 1)), { read, problems, starts, data, languages });
  }
  if (starts.length) [read.start, ...read.others] = starts;
  if (read.methods.length > MOST_METHODS) problems.push(["bad.methods", { n: MOST_METHODS }]);
  read.methods = read.methods.length ? read.methods.slice(0, MOST_METHODS) : state.methods;
  return { state: read, problems };
}

/** The fragment of the address that brings the state back, without what is as `first` has it. */
export function writeFragment(state, data, first) {
  const parts = [state.start, ...state.others].map((start) => `start=${start.join(",")}`);
  parts.push(...state.methods.map((method) => `method=${writtenMethod(method, data)}`));
  const hidden = SHOWN.filter((name) => !state.show[name]);
  if (hidden.length) parts.push(`hide=${hidden.join(",")}`);
  if (state.shower) parts.push("shower=yes");
  if (state.speed !== first.speed) parts.push(`speed=${state.speed}`);
  if (state.view !== first.view) parts.push(`view=${state.view}`);
  if (state.theme !== first.theme) parts.push(`theme=${state.theme}`);
  if (state.language !== first.language) parts.push(`lang=${state.language}`);
  return `#${parts.join("&")}`;
}

const READERS = { start: readStart, method: readMethod, hide: readHidden, speed: readSpeed };
const CHOICES = {
  view: ({ data }) => ["view", viewsOf(data)],
  theme: () => ["theme", THEMES],
  lang: ({ languages }) => ["language", languages],
};

function readPart(key, value, reading) {
  if (READERS[key]) READERS[key](value, reading);
  else if (CHOICES[key]) readChoice(key, value, CHOICES[key](reading), reading);
  else if (key === "shower") reading.read.shower = value === "yes";
  else reading.problems.push(["bad.key", { key }]);
}

function readChoice(key, value, [name, choices], { read, problems }) {
  if (choices.includes(value)) read[name] = value;
  else problems.push(["bad.value", { key, value, choices: choices.join(", ") }]);
}

function readStart(value, { starts, problems, data }) {
  const point = value.split(",").map(typedNumber);
  if (point.length !== data.variables.length || !point.every(Number.isFinite)) {
    problems.push(["bad.start", { value, n: data.variables.length }]);
  } else if (!isInsideBox(point, data.arena)) problems.push(["bad.outside", { value }]);
  else starts.push(point);
}

function readMethod(value, { read, problems, data }) {
  const [name, ...pairs] = value.split(",");
  const study = data.methods.find((one) => one.name === name && one.playable);
  const rule = data.rules.find((one) => one.id === name);
  if (!study && !rule) {
    problems.push(["bad.method", { value: name }]);
    return;
  }
  const method = rule ? ruleMethod(rule) : playableMethod(data, study);
  for (const pair of pairs) readValue(pair, method, problems);
  read.methods.push(method);
}

function readValue(pair, method, problems) {
  const [name, text = ""] = pair.split(":");
  const numbers = text.split("/").map(typedNumber);
  const before = method.values[name];
  const length = Array.isArray(before) ? before.length : 1;
  if (before === undefined) problems.push(["bad.hyperparameter", { value: name, method: method.rule }]);
  else if (numbers.length !== length || !numbers.every(Number.isFinite)) {
    problems.push(["bad.number", { key: name, value: text }]);
  } else method.values[name] = Array.isArray(before) ? numbers : numbers[0];
}

function readHidden(value, { read, problems }) {
  for (const name of value.split(",")) {
    if (SHOWN.includes(name)) read.show[name] = false;
    else problems.push(["bad.value", { key: "hide", value: name, choices: SHOWN.join(", ") }]);
  }
}

function readSpeed(value, { read, problems }) {
  const speed = typedNumber(value);
  if (speed >= SPEEDS.low && speed <= SPEEDS.high) read.speed = speed;
  else problems.push(["bad.number", { key: "speed", value }]);
}

function writtenMethod(method, data) {
  const rule = data.rules.find((one) => one.id === method.rule);
  const changed = rule.hyperparameters.filter((h) => String(method.values[h.name]) !== String(h.value));
  return [method.rule, ...changed.map((h) => `${h.name}:${[].concat(method.values[h.name]).join("/")}`)].join(",");
}

function firstMethod(data) {
  const study = data.methods.find((one) => one.playable);
  return study ? playableMethod(data, study) : ruleMethod(data.rules[0]);
}

/** So fast that the longest descent takes a quarter of a minute. */
function firstSpeed(data) {
  const limit = data.methods.find((one) => one.playable)?.limit ?? 0;
  return Math.min(SPEEDS.high, Math.max(SPEEDS.first, Number((limit / SPEEDS.longest).toPrecision(1))));
}

function sameValues(some, others) {
  return Object.keys(others).every((name) => some[name] === undefined || String(some[name]) === String(others[name]));
}

function isInsideBox(point, box) {
  return point.every((x, i) => !(x < (box.low[i] ?? -Infinity)) && !(x > (box.high[i] ?? Infinity)));
}

function typedNumber(text) {
  return text.trim() === "" ? NaN : Number(text);
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
