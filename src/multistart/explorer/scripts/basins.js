/** Basins as the page holds them: packed codes of cells, and which basins belong beneath a ball of some method. */

import { studyMethod } from "./state.js";

/** The basins of the data with their codes as bytes, for each method that has them. */
export async function unpackBasins(packed) {
  return Promise.all(packed.map(async (one) => ({ ...one, codes: await inflated(one.codes) })));
}

/** What tells one set of basins from another: a rule, all its values, and the method of the study that it stops as. */
export function methodKey(method) {
  return JSON.stringify([method.rule, Object.entries(method.values).sort(), method.study]);
}

/** The study's basins of a method of the page, or undefined: those at other numbers would be another map. */
export function basinsOf(data, basins, method) {
  const study = studyMethod(data, method);
  return study && basins.find((one) => one.method === study.name);
}

async function inflated(base64) {
  const stream = new Blob([bytesOf(base64)]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
