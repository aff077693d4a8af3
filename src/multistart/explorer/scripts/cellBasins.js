/** Basins from a page's own descents: which class a start is of, in plain arithmetic, by any rule at any numbers. */

import { basinOf, descend } from "../../kernels/javascript/descent.js";
import { judge } from "../../kernels/javascript/orbits.js";
import { pointAt, problemOf } from "./problem.js";
import { ENDINGS } from "../../kernels/javascript/walk.js";

const SIDE = 200; // cells on each side of a map
const ALONG = 4000; // of a line
const NAMED = 239; // minima that have a code each; further ones share the next (explorer/basins.py)
const UNTOLD_CODE = NAMED + 1 + ENDINGS.length; // near a minimum, but only the study could say whether it is that one

/** The cells of a function's map, or of its line: how many columns and rows. */
export function mapCells(data) {
  return data.variables.length === 1 ? { columns: ALONG, rows: 1 } : { columns: SIDE, rows: SIDE };
}

/** The codes of cells from the first to before the last, row by row from the lowest: each that of its middle. */
export function codesOfCells(model, method, { columns, rows }, first, last) {
  const problem = problemOf(model, method),
    codes = new Uint8Array(last - first);
  for (let cell = first; cell < last; cell += 1) {
    const parts = [((cell % columns) + 0.5) / columns, (Math.floor(cell / columns) + 0.5) / rows];
    codes[cell - first] = codeOfStart(model.data, problem, pointAt(model.data, parts));
  }
  return codes;
}

/** The code of where a descent from a start comes to: a minimum's number, or one of its ending. */
function codeOfStart(data, problem, start) {
  const run = judge(problem, descend(problem, start, { exact: false, record: false }));
  const basin = basinOf(run, data.minima, data.tolerances, problem);
  if (basin < -1) return UNTOLD_CODE;
  return basin < 0 ? NAMED + 1 + ENDINGS.indexOf(run.ending) : Math.min(basin, NAMED);
}

/** The classes that codes may stand for, with the colours and patterns of the data. */
export function classesOfCells(data, texts) {
  const { endings: dressed, more } = data.palette;
  const minima = data.minima
    .slice(0, NAMED)
    .map(({ number, colour }, code) => ({ code, minimum: number, ending: null, colour, hatch: "", words: "" }));
  const endings = ENDINGS.map((ending, k) => ({
    code: NAMED + 1 + k,
    minimum: null,
    ending,
    colour: dressed[ending].colour,
    hatch: dressed[ending].hatch,
    words: "",
  }));
  const further = { code: NAMED, minimum: null, ending: null, colour: more[0], hatch: "", words: "" };
  const untold = {
    code: UNTOLD_CODE,
    colour: dressed.undecided.colour,
    hatch: "",
    words: texts?.t("legend.untold") ?? "",
  };
  return [...minima, further, ...endings, untold];
}
