/** "Basins at this rate": a map computed beside the page, in as many Workers as there are cores, up to four. */

import { mapCells, classesOfCells } from "./cellBasins.js";

const MOST_WORKERS = 4;
const PIECES = 200; // so many messages: the finer, the smoother the progress

/**
 * Begin to compute the basins of a method: `{promise, cancel}`. The promise gives basins as those of the data, null once it
 * was cancelled, and fails where Workers do. `onProgress(part)` hears of each piece, from 0 to 1.
 */
export function basinsAtRate({ model, method, onProgress }) {
  const pool = new BasinPool(model.data, method, onProgress);
  const promise = pool.codes().then(
    (codes) =>
      codes && {
        ...pool.cells,
        codes,
        classes: classesOfCells(model.data, model.texts),
        edges: [],
      },
  );
  return { promise, cancel: () => pool.end(null) };
}

/** Workers that are each handed a piece, and the next when they bring it back. */
class BasinPool {
  constructor(data, method, onProgress) {
    Object.assign(this, { data, method, onProgress });
    this.cells = mapCells(data);
    this.count = this.cells.columns * this.cells.rows;
    this.handedOut = 0;
    this.brought = 0;
    this.found = new Uint8Array(this.count);
    this.workers = [];
  }

  /** The codes of all cells, or null once it was ended. */
  codes() {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      const address = URL.createObjectURL(
        new Blob([document.getElementById("program").textContent], { type: "text/javascript" }),
      );
      const many = Math.max(1, Math.min(navigator.hardwareConcurrency || 2, MOST_WORKERS));
      for (let k = 0; k < many; k += 1) this.workers.push(this.started(new Worker(address)));
      this.address = address;
    });
  }

  /** A Worker at work: told what for, with two pieces, so that it never waits for the next. */
  started(worker) {
    const { data, method, cells } = this;
    worker.onmessage = ({ data: piece }) => this.take(worker, piece);
    worker.onerror = (event) => this.fail(event.message || "the browser allows no Worker here");
    worker.postMessage({
      data: { ...data, basins: [] },
      method,
      cells,
    });
    this.handOut(worker);
    this.handOut(worker);
    return worker;
  }

  handOut(worker) {
    const first = this.handedOut,
      last = Math.min(this.count, first + Math.ceil(this.count / PIECES));
    if (first >= last) return;
    this.handedOut = last;
    worker.postMessage({ first, last });
  }

  take(worker, { first, codes }) {
    this.found.set(codes, first);
    this.brought += codes.length;
    this.onProgress?.(this.brought / this.count);
    if (this.brought === this.count) this.end(this.found);
    else this.handOut(worker);
  }

  end(codes) {
    this.stop();
    this.resolve(codes);
  }

  fail(why) {
    this.stop();
    this.reject(new Error(why));
  }

  stop() {
    for (const worker of this.workers) worker.terminate();
    URL.revokeObjectURL(this.address);
  }
}
