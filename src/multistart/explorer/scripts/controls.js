/** The list of methods: for each ball a choice of rule, and its hyperparameters as sliders with labels and numbers. */

import { ballStyles } from "./colours.js";
import { MOST_METHODS, playableMethod, ruleMethod, studyMethod } from "./state.js";
import { criticalRates, ruleOf } from "./problem.js";
import { ballSwatch } from "./samples.js";
import { createSlider, newElement } from "./slider.js";
import { capital, hyperparameterTitle, ruleTitle } from "./words.js";

/**
 * Fill the list of methods anew. `actions` has `onDrag()` while a slider moves, `onChange()` when a number or a rule is
 * another, `onList()` when balls came or went, `onSay(sentence)`.
 */
export function showMethods(list, model, state, actions) {
  const { texts } = model;
  list.replaceChildren(...state.methods.map((_, i) => methodCard(model, state, i, actions)));
  const add = document.getElementById("add-method");
  add.disabled = state.methods.length >= MOST_METHODS;
  add.textContent = texts.t("method.add");
}

/** A further ball: the first rule that none of the others has, by its own values. */
export function furtherMethod(data, methods) {
  const taken = methods.map((method) => method.rule);
  const preferred = ["heavy_ball", "adam", "nesterov", "rmsprop", "adagrad"];
  const order = [...preferred, ...data.rules.map((rule) => rule.id)];
  const id = order.find((one) => !taken.includes(one) && data.rules.some((rule) => rule.id === one));
  return ruleMethod(data.rules.find((rule) => rule.id === id) ?? data.rules[0]);
}

function methodCard(model, state, i, actions) {
  const { texts, data } = model;
  const method = state.methods[i];
  const { colour, mark } = ballStyles[i];
  const name = newElement("legend", {}, ballSwatch(colour, mark), ` ${texts.t("method.number", { n: i + 1 })}`);
  const select = methodSelect(model, state, i, actions);
  const card = newElement("fieldset", {}, name, newElement("div", { className: "rule" }, select));
  if (state.methods.length > 1) card.lastChild.append(removeButton(texts, state, i, actions));
  const ticks = newElement("p", { className: "note ticks-said" });
  const refresh = () => {
    sayTicks(model, method, ticks);
    select.value = chosenValue(data, method);
  };
  for (const hyperparameter of ruleOf(data, method).hyperparameters) {
    card.append(...hyperparameterSliders(model, i, method, hyperparameter, { ...actions, refresh }));
    if (hyperparameter.name === "learning_rate") card.append(ticks);
  }
  card.append(aboutRule(texts, ruleOf(data, method)));
  card.refresh = refresh;
  refresh();
  return newElement("li", {}, card);
}

function methodSelect({ texts, data }, state, i, actions) {
  const select = newElement("select", { id: `method-${i}` });
  select.setAttribute("aria-label", texts.t("method.choose", { n: i + 1 }));
  const played = data.methods.filter((one) => one.playable);
  const studied = played.map((one) => choice(`study:${one.name}`, studyTitle(texts, data, one)));
  if (studied.length) select.append(choiceGroup(texts.t("method.study"), studied));
  select.append(
    choiceGroup(
      texts.t("method.rules"),
      data.rules.map((rule) => choice(`rule:${rule.id}`, capital(ruleTitle(texts, rule)))),
    ),
  );
  const refused = data.methods.filter((one) => !one.playable);
  const closed = refused.map((one) =>
    newElement("option", { disabled: true, textContent: `${one.title}: ${one.why}` }),
  );
  if (closed.length) select.append(choiceGroup(texts.t("method.not"), closed));
  select.addEventListener("change", () => {
    state.methods[i] = chosenMethod(data, select.value);
    actions.onList(`#method-${i}`);
  });
  return select;
}

/** The choice that a method is: one of the study where all its numbers are that one's. */
function chosenValue(data, method) {
  const study = studyMethod(data, method);
  return study ? `study:${study.name}` : `rule:${method.rule}`;
}

function chosenMethod(data, value) {
  const [kind, name] = [value.slice(0, value.indexOf(":")), value.slice(value.indexOf(":") + 1)];
  if (kind === "study")
    return playableMethod(
      data,
      data.methods.find((one) => one.name === name),
    );
  return ruleMethod(data.rules.find((rule) => rule.id === name));
}

/** What a method of the study is called: with its own name where several have one title. */
function studyTitle(texts, data, one) {
  const title = capital(ruleTitle(texts, { id: one.rule, title: one.title }));
  const several = data.methods.filter((other) => other.title === one.title).length > 1;
  return several ? `${title} (${one.name})` : title;
}

function choice(value, textContent) {
  return newElement("option", { value, textContent });
}

function choiceGroup(label, options) {
  return newElement("optgroup", { label }, ...options);
}

function removeButton(texts, state, i, actions) {
  const button = newElement("button", { type: "button", className: "remove", textContent: "×" });
  button.setAttribute("aria-label", texts.t("method.remove", { n: i + 1 }));
  button.addEventListener("click", () => {
    state.methods.splice(i, 1);
    actions.onList("#add-method");
  });
  return button;
}

function hyperparameterSliders(model, i, method, hyperparameter, actions) {
  const before = method.values[hyperparameter.name];
  if (!Array.isArray(before)) return [hyperparameterSlider(model, i, method, hyperparameter, null, actions)];
  return before.map((_, axis) => hyperparameterSlider(model, i, method, hyperparameter, axis, actions));
}

function hyperparameterSlider({ texts, data }, i, method, hyperparameter, axis, actions) {
  const { name, low, high, unit, whole } = hyperparameter;
  const title = capital(hyperparameterTitle(texts, name));
  const label = axis === null ? title : texts.t("each", { name: title, variable: data.variables[axis] });
  const value = axis === null ? method.values[name] : method.values[name][axis];
  const set = (next) => {
    if (axis === null) method.values[name] = next;
    else method.values[name] = method.values[name].map((old, k) => (k === axis ? next : old));
  };
  const bounds = { low: Math.min(low, value), high: Math.max(high, value) };
  const log = hyperparameter.log && bounds.low > 0;
  const id = `method-${i}-${name}${axis === null ? "" : `-${axis}`}`;
  const typedLabel = texts.t("number.label", { name: label });
  const slider = createSlider(
    { id, name, label, typedLabel, log, whole, unit, value, mark: texts.mark, ...bounds },
    {
      onDrag: (next) => {
        set(next);
        actions.refresh();
        actions.onDrag();
      },
      onChange: (next) => {
        set(next);
        actions.refresh();
        actions.onChange();
      },
      onBad: (typed, stays) => actions.onSay(badNumber(texts, { typed, name: label, ...bounds, value: stays })),
    },
  );
  if (texts.language === data.language) slider.element.title = hyperparameter.meaning ?? "";
  slider.element.showTicks = slider.ticks;
  return slider.element;
}

function badNumber(texts, { typed, name, low, high, value }) {
  const [least, most, stays] = [low, high, value].map((number) => texts.number(number, 15));
  return texts.t("number.bad", { typed, name, low: least, high: most, value: stays });
}

/**
 * Ticks under the rate's slider where each minimum stops attracting, and the same in words below it; none where the rate
 * changes, which may pass them on its way.
 */
function sayTicks(model, method, said) {
  const { texts, data } = model;
  const rates = ruleOf(data, method).schedule ? [] : criticalRates(model, method);
  const element = said.previousElementSibling;
  if (!element || !element.showTicks) return;
  const finite = rates.filter(({ rate }) => rate > 0 && rate < Infinity);
  const at = method.values.learning_rate;
  const words = ({ minimum, rate }) =>
    texts.t(at > rate ? "tick.passed" : "tick", { number: minimum.number, rate: texts.number(rate, 3) });
  element.showTicks(finite.map((one) => ({ value: one.rate, colour: one.minimum.colour, text: words(one) })));
  if (finite.length) said.replaceChildren(...tickWords(texts, finite, words, at));
  else if (rates.length) said.textContent = texts.t(rates[0].rate === 0 ? "ticks.none" : "ticks.all");
  said.hidden = rates.length === 0;
}

const NAMED_TICKS = 6;
const FAR_BELOW = 1e-3; // of the rate: where all critical ones are smaller, no rate of use lets a minimum attract

/** The rates in words: each minimum with its own where these are few, differ and are of use, else all together. */
function tickWords(texts, finite, words, rate) {
  const sorted = [...finite].sort((one, other) => one.rate - other.rate);
  const [low, high] = [sorted[0].rate, sorted[sorted.length - 1].rate].map((bound) => texts.number(bound, 3));
  const count = finite.length;
  if (sorted[count - 1].rate < FAR_BELOW * rate) return [texts.t("ticks.tiny", { high })];
  if (count > 1 && low === high) return [texts.counted("ticks.same", count, { rate: low })];
  if (count > NAMED_TICKS) return [texts.counted("ticks.range", count, { low, high })];
  const items = finite.map((one) => {
    const swatch = newElement("span", { className: "swatch" });
    swatch.style.backgroundColor = one.minimum.colour;
    return newElement("span", { className: `tick-word ${rate > one.rate ? "passed" : ""}` }, swatch, ` ${words(one)}`);
  });
  return [texts.t("ticks"), ...items.flatMap((item) => [" ", item])];
}

function aboutRule(texts, rule) {
  const lines = newElement("pre", { textContent: rule.lines.join("\n") });
  const says = newElement("p", { textContent: rule.says });
  const source = newElement("p", { className: "note", textContent: texts.t("method.source", { source: rule.source }) });
  says.lang = "en";
  const summary = newElement("summary", { textContent: texts.t("method.about") });
  return newElement("details", {}, summary, says, lines, ...(rule.source ? [source] : []));
}
