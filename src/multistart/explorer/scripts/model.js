/** What views and controls know of the function. */

import { byId } from "./page.js";
import { createTexts } from "./texts.js";

/** The data with what computes: function, rules, free parameters or rows; `texts` is another when the language is. */
export function createModel(data, objective, rules, tables) {
  const numbers = Float64Array.from(data.numbers);
  return {
    data,
    objective,
    rules,
    numbers,
    texts: createTexts(tables, data.language),
    value: (x) => objective.exact.value(x, numbers),
    get reducedMotion() {
      return matchMedia("(prefers-reduced-motion: reduce)").matches;
    },
  };
}

/** What stands as JSON in an element of the page. */
export function readJson(id) {
  return JSON.parse(byId(id).textContent);
}
