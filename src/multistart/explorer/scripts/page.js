/** What stands in the page around picture and sliders: its words in a language, choices, endings, the legend. */

import { KEYS } from "./keyboard.js";
import { drawnAxes } from "./problem.js";
import { ballSwatch, markSample } from "./samples.js";
import { newElement } from "./slider.js";
import { SHOWN } from "./state.js";

const HATCHINGS = {
  "....": "",
  "...": "dotted",
  "////": "rising",
  "\\\\\\\\": "falling",
  xxxx: "crossed",
  "++++": "squared",
  "||||": "upright",
};

/** The element of an id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Everything that is said in a language and depends on nothing else. */
export function labelPage({ texts, data, objective }, view) {
  const { t } = texts;
  document.documentElement.lang = texts.language;
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of document.querySelectorAll("[data-t-label]"))
    element.setAttribute("aria-label", t(element.dataset.tLabel));
  byId("formula").textContent = `f(${data.variables.join(", ")}) = ${writtenFormula(data.formula)}`;
  byId("formula").title = data.formula;
  byId("slice").textContent = data.slice ? sliceWords(texts, data) : "";
  byId("hint").textContent = t(`hint.${view}`);
  byId("view").setAttribute("aria-label", t(`view.label.${view}`, { name: data.title }));
  byId("proof").textContent = texts.language === data.language ? data.sentence : proofWords(texts, data);
  byId("same-bits").textContent = bitsWords(texts, objective);
  byId("keys").replaceChildren(...KEYS.map((key) => keyWords(t, key)));
}

/** Options of a select, `[[value, words]]`. */
export function showChoices(select, choices, chosen) {
  select.replaceChildren(...choices.map(([value, textContent]) => newElement("option", { value, textContent })));
  select.value = chosen;
}

/** Check boxes of what the picture shows, for what there is. */
export function showBoxes({ texts, data }, state, there, onChange) {
  const boxes = SHOWN.filter((name) => there[name]).map((name) => {
    const box = newElement("input", { type: "checkbox", id: `show-${name}`, checked: state.show[name] });
    box.addEventListener("change", () => {
      state.show[name] = box.checked;
      onChange();
    });
    const sample = markSample(name, data.variables.length);
    return newElement("label", {}, box, ...sample, ` ${texts.t(`show.${name}`)}`);
  });
  byId("show").replaceChildren(...boxes);
}

/** Say in the live region what became of balls, each with its swatch; those said already stay, and are not said again. */
export function showEndings(said) {
  const list = byId("endings");
  said.forEach(({ colour, mark, sentence }, i) => {
    if (list.children[i]?.dataset.said === sentence) return;
    const item = newElement("li", {}, ...(colour ? [ballSwatch(colour, mark), " "] : []), sentence);
    item.dataset.said = sentence;
    list.insertBefore(item, list.children[i] ?? null);
  });
  while (list.children.length > said.length) list.lastChild.remove();
}

/** The chart in words: what it shows, and how it ended. */
export function describeChart({ texts }, sentences) {
  byId("chart").setAttribute("aria-label", texts.t("chart.label", { says: sentences.join(" ") }));
}

/** A sentence in the live region, which takes the place of the last. */
export function say(sentence) {
  byId("message").textContent = sentence;
}

/** The legend of the basins beneath. */
export function showLegend({ texts, data }, basins) {
  const classes = basins ? basins.classes.filter((one) => basins.codes.includes(one.code)) : [];
  byId("legend").replaceChildren(
    ...classes.slice(0, 24).map((one) => {
      const swatch = newElement("span", { className: `swatch ${HATCHINGS[one.hatch] ?? ""}` });
      swatch.style.backgroundColor = one.colour;
      return newElement("li", {}, swatch, ` ${classWords(texts, data, one)}`);
    }),
  );
}

/** A formula as it is read: x² for x**2, and dots for products. */
export function writtenFormula(formula) {
  const raised = (all, digits) => [...digits].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("");
  return formula
    .replace(/\*\*(\d+)(?![\d.eE_]|\s*\*\*)/g, raised)
    .replaceAll("**", "^")
    .replaceAll("*", "·")
    .replaceAll("-", "−");
}

/** What is proven, in a language that the data has no sentence in. */
export function proofWords(texts, { minima, proof }) {
  const proven = minima.filter((minimum) => minimum.proven).length;
  const known = minima.length ? texts.counted("proof.known", minima.length, { proven }) : "";
  const listed = proof.state === "all" ? (proven ? "all" : "empty") : proof.state;
  const said = texts.counted(`proof.${listed}`, proven, { level: texts.number(proof.level ?? NaN, 6) });
  return ["all", "empty", "contradicts"].includes(listed) || !known ? said : `${known} ${said}`;
}

/** Whether a dropped ball has the study's bits: not where the function calls what systems compute each in its way. */
export function bitsWords({ t }, objective) {
  const foreign = objective.platformDependent;
  return foreign.length ? t("other-bits", { names: foreign.join(", ") }) : t("same-bits");
}

function classWords({ t }, { minima }, { minimum, ending, words }) {
  const known = minima.find(({ number }) => number === minimum);
  if (known) return t("legend.minimum", { number: minimum, kind: t(`kind.${known.kind}`) });
  if (ending) return t(`ending.${ending}`);
  return ending === null ? t("legend.more") : words;
}

function sliceWords(texts, data) {
  const drawn = drawnAxes(data);
  const stay = data.variables.map((name, i) => [name, i]).filter(([, i]) => !drawn.includes(i));
  const others = stay.map(([name, i]) => texts.t("slice.at", { name, value: texts.number(data.slice.at[i]) }));
  return texts.t("slice", { axes: texts.listed(drawn.map((i) => data.variables[i])), others: texts.listed(others) });
}

function keyWords(t, key) {
  const keys = newElement("dt", {}, newElement("kbd", { textContent: t(`key.${key}`) }));
  return newElement("div", {}, keys, newElement("dd", { textContent: t(`key.${key}.does`) }));
}
