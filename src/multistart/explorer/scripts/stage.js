/** The picture: which view is on the canvas, and what hands and keys do there. */

import { createMap } from "./map.js";
import { createCurve } from "./curve.js";
import { createSurface } from "./surface.js";
import { listenToKeys } from "./keyboard.js";
import { byId } from "./page.js";
import { listenToPointer } from "./pointer.js";

const MAKERS = { map: createMap, surface: createSurface, curve: createCurve };

/** Holds one view at a time; `actions` has what keys do, and `drag(point)` and `dropAt(point)`. */
export class Stage {
  constructor(model, actions) {
    Object.assign(this, { model, actions });
    this.watching = new ResizeObserver(() => this.resize());
  }

  /** Show another view, on a canvas of its own that takes the old one's place and id. */
  show(name) {
    const focused = document.activeElement === this.canvas;
    this.view?.destroy();
    const old = byId("view");
    this.canvas = old.cloneNode();
    old.replaceWith(this.canvas);
    this.name = name;
    this.view = MAKERS[name](this.canvas, this.model);
    this.listen();
    this.watching.disconnect();
    this.watching.observe(this.canvas);
    if (focused) this.canvas.focus();
    for (const button of document.querySelectorAll("[data-view]"))
      button.setAttribute("aria-pressed", String(button.dataset.view === name));
  }

  draw(frame) {
    this.view?.draw(frame);
  }

  /** Turn the surface by a part of a turn. */
  turn(part) {
    this.view.turn?.(part);
  }

  resize() {
    this.view.resize();
    this.actions.redraw();
  }

  listen() {
    const at = (act) => (x, y) => {
      const point = this.view.pick(x, y);
      if (point) act(Array.from(point));
    };
    listenToPointer(this.canvas, () => this.name === "surface", {
      drag: at(this.actions.drag),
      drop: at(this.actions.dropAt),
    });
    listenToKeys(this.canvas, this.actions);
  }
}
