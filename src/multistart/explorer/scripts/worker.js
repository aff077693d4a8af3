/** What the page's program does in a Worker: cells of a map, one piece after the other, as they are handed out. */

import { codesOfCells } from "./cellBasins.js";

/**
 * Answer messages of `basinsAtRate.js`: first `{data, method, cells}`, then `{first, last}` for each piece, whose codes
 * are sent back, and no longer this side's.
 */
export function serveBasins(port, objective, rules) {
  let task = null;
  port.onmessage = ({ data: asked }) => {
    if (asked.method) {
      task = {
        ...asked,
        model: { data: asked.data, objective, rules, numbers: Float64Array.from(asked.data.numbers) },
      };
      return;
    }
    const codes = codesOfCells(task.model, task.method, task.cells, asked.first, asked.last);
    port.postMessage({ first: asked.first, codes }, [codes.buffer]);
  };
}
