/** The table of the minima: number, kind, place, value, whether proven, and below which rate each attracts. */

import { criticalRates } from "./problem.js";
import { newElement } from "./slider.js";
import { heightWords } from "./words.js";

const HEADINGS = ["number", "kind", "at", "value", "proven", "curvature", "critical"];
const NUMERIC = ["value", "curvature", "critical"];
const SHOWN_MINIMA = 200; // rows; the page of a function with thousands would be too long to read

/** Fill the table of the minima anew, for a method. */
export function showMinima(table, model, method) {
  const { texts, data } = model;
  if (!data.minima.length) {
    table.replaceChildren(newElement("caption", { textContent: texts.t("minima.none") }));
    return;
  }
  const rates = new Map(criticalRates(model, method).map(({ minimum, rate }) => [minimum, rate]));
  const rows = data.minima.slice(0, SHOWN_MINIMA).map((minimum) => minimumRow(model, minimum, rates.get(minimum)));
  const head = newElement("tr", {}, ...HEADINGS.map((name) => headingCell(texts, name)));
  table.replaceChildren(newElement("thead", {}, head), newElement("tbody", {}, ...rows));
}

function headingCell(texts, name) {
  const cell = newElement("th", { scope: "col", textContent: texts.t(`minima.${name}`) });
  if (NUMERIC.includes(name)) cell.className = "number";
  return cell;
}

function minimumRow({ texts, data }, minimum, rate) {
  const swatch = newElement("span", { className: "swatch" });
  swatch.style.backgroundColor = minimum.colour;
  const first = newElement("th", { scope: "row" }, swatch, ` ${minimum.number}`);
  const said = [
    texts.t(`kind.${minimum.kind}`),
    texts.place(minimum.at, data.variables, data.domain),
    heightWords(texts, data, minimum.value),
    texts.t(minimum.proven ? "yes" : "no"),
    minimum.curvature ? texts.number(minimum.curvature[1], 4) : texts.t("minima.unknown"),
    rateWords(texts, rate),
  ];
  const cells = said.map((textContent, i) =>
    newElement("td", { textContent, className: NUMERIC.includes(HEADINGS[i + 1]) ? "number" : "" }),
  );
  return newElement("tr", {}, first, ...cells);
}

function rateWords(texts, rate) {
  if (rate === undefined) return texts.t("minima.unknown");
  if (rate === Infinity) return texts.t("minima.always");
  return rate === 0 ? texts.t("minima.never") : texts.number(rate, 4);
}
