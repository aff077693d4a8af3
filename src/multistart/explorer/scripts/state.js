/**
 * The state of the page: one plain object, and how it is written into the fragment of the address and read from it.
 *
 * `#start=0.5,1.2&method=adam,learning_rate:0.05&view=surface&lang=vi`: readable keys, numbers with all their digits,
 * so that a link starts the very same descents. What is wrong in an address is left out, with a sentence about it.
 */

export const MOST_METHODS = 6;
/** Starts at once, but for a shower. */
export const MOST_STARTS = 12;
const MOST_PROBLEMS = 5; // that are said of an address
const OF_THE_STUDY = "study:"; // before a method of the study that its rule and numbers do not tell from another
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

/**
 * The study's method with the rule and all values of another one, or undefined: what is as in the study. Of several,
 * which differ in when they stop, the one that it was chosen as.
 */
export function studyMethod(data, method) {
  const same = data.methods.filter(
    (one) => one.playable && one.rule === method.rule && sameValues(one.values, method.values),
  );
  return same.find((one) => one.name === method.study) ?? same[0];
}

/** The study's method whose step limit and tolerance hold for one of the page; undefined where the study has none. */
export function stoppingMethod(data, method) {
  const played = data.methods.filter((one) => one.playable);
  return studyMethod(data, method) ?? played.find((one) => one.name === method.study) ?? played[0];
}

/** Whether a hyperparameter may be so, as in a config. */
function isAllowed({ least, above, most, below, whole }, x) {
  const enough = x >= (least ?? -Infinity) && x > (above ?? -Infinity);
  return enough && x <= (most ?? Infinity) && x < (below ?? Infinity) && !(whole && !Number.isInteger(x));
}

/** A method of the study as one of the page: the rule's own values where the study's says none. */
export function playableMethod(data, one) {
  const method = { study: one.name, ...ruleMethod(ruleById(data, one.rule)) };
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
  if (starts.length > MOST_STARTS) problems.push(["bad.starts", { n: MOST_STARTS }]);
  if (starts.length) [read.start, ...read.others] = starts.slice(0, MOST_STARTS);
  if (read.methods.length > MOST_METHODS) problems.push(["bad.methods", { n: MOST_METHODS }]);
  read.methods = read.methods.length ? read.methods.slice(0, MOST_METHODS) : state.methods;
  return { state: read, problems: problems.slice(0, MOST_PROBLEMS) };
}

/** The fragment of the address that brings the state back, without what is as `first` has it. */
export function writeFragment(state, data, first) {
  const parts = [state.start, ...state.others].map((start) => `start=${start.map(written).join(",")}`);
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
  if (Object.hasOwn(READERS, key)) READERS[key](value, reading);
  else if (Object.hasOwn(CHOICES, key)) readChoice(key, value, CHOICES[key](reading), reading);
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
  const method = namedMethod(data, name);
  if (!method) {
    problems.push(["bad.method", { value: name }]);
    return;
  }
  for (const pair of pairs) readValue(pair, method, problems, data);
  const study = method.study ?? studyMethod(data, method)?.name;
  read.methods.push(study ? { study, ...method } : method);
}

/** A rule by its own values, or a method of the study; undefined where there is neither. */
function namedMethod(data, name) {
  const rule = ruleById(data, name);
  if (rule) return ruleMethod(rule);
  const studied = name.startsWith(OF_THE_STUDY) ? name.slice(OF_THE_STUDY.length) : name;
  const study = data.methods.find((one) => one.name === studied && one.playable);
  return study && playableMethod(data, study);
}

function readValue(pair, method, problems, data) {
  const [name, text = ""] = pair.split(":");
  const known = ruleById(data, method.rule).hyperparameters.find((h) => h.name === name);
  if (!known) {
    problems.push(["bad.hyperparameter", { value: name, method: method.rule }]);
    return;
  }
  const numbers = text.split("/").map(typedNumber);
  const before = method.values[name];
  if (numbers.length !== [before].flat().length || !numbers.every(Number.isFinite)) {
    problems.push(["bad.number", { key: name, value: text }]);
  } else if (!numbers.every((x) => isAllowed(known, x))) {
    problems.push(["bad.range", { key: name, value: text, method: method.rule }]);
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

/** Its rule with what is not the rule's own; a method of the study by name where others with it stop otherwise. */
function writtenMethod(method, data) {
  const { study, ...unnamed } = method;
  const stopping = stoppingMethod(data, method);
  const named = stopping?.name === study && stopping !== stoppingMethod(data, unnamed);
  const plain = named ? playableMethod(data, stopping) : ruleMethod(ruleById(data, method.rule));
  const changed = Object.keys(plain.values).filter((name) => !isSame(method.values[name], plain.values[name]));
  const pairs = changed.map((name) => `${name}:${[method.values[name]].flat().map(written).join("/")}`);
  return [named ? OF_THE_STUDY + study : method.rule, ...pairs].join(",");
}

function ruleById(data, id) {
  return data.rules.find((rule) => rule.id === id);
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
  return Object.keys(others).every((name) => some[name] === undefined || isSame(some[name], others[name]));
}

function isSame(one, other) {
  return String(one) === String(other);
}

/** A number with all its digits, and the sign of zero. */
function written(x) {
  return Object.is(x, -0) ? "-0" : String(x);
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
